//! What `pincer use` says of a change: what it really changes, in one sentence and as codes; and what becomes of an
//! OpenClaw that runs meanwhile.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod at_login;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Value, json};
use support::{gateway::Gateway, home::Home, ollama::Ollama, process, programs, settings};

struct Machine {
    home: Home,
    ollama: Ollama,
}

impl Machine {
    fn new() -> Self {
        let home = Home::new();
        let ollama = Ollama::start(&home);
        Self { home, ollama }
    }

    fn run(&self, language: &str, arguments: &[&str]) -> Output {
        let mut command = self.home.command(programs::pincer_cli());
        let output =
            command.args(arguments).args(["--host", &self.ollama.url()]).env("LANG", language).output();
        output.unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        process::json(&arguments.join(" "), &self.run("C.UTF-8", arguments))
    }

    /// What it prints; it must have been done.
    fn says(&self, language: &str, arguments: &[&str]) -> String {
        let output = self.run(language, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn effects(&self, arguments: &[&str]) -> Vec<Value> {
        let answer = self.json(&[&["use"], arguments, &["--yes", "--json"]].concat());
        answer["effects"].as_array().unwrap_or_else(|| panic!("no effects: {answer:#}")).clone()
    }

    fn write(&self, settings: &Value) -> PathBuf {
        let file = self.home.openclaw_json();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, settings.to_string()).unwrap();
        file
    }
}

fn effect(code: &str, params: &Value) -> Value {
    json!({ "code": code, "params": params })
}

#[test]
fn a_change_is_what_it_really_changes() {
    let machine = Machine::new();
    let url = machine.ollama.url();
    let names = |names: &[&str]| json!({ "names": names });
    let first = machine.effects(&["qwen3:8b", "--fallback", "llama3.2:3b", "--model", "gemma2:2b"]);
    let expected = [
        effect("connect", &json!({ "mode": "pinned" })),
        effect("model", &json!({ "name": "qwen3:8b", "before": null })),
        effect("fallbacks", &names(&["llama3.2:3b"])),
        effect("address", &json!({ "url": url })),
        effect("list-added", &names(&["gemma2:2b"])),
        effect("gateway", &json!({})),
    ];
    assert_eq!(first, expected, "and nothing is called put in order where nothing was");
    assert_eq!(machine.effects(&["qwen3:8b"]), Vec::<Value>::new());
    // Another context, and what it cannot be.
    let context = machine.effects(&["qwen3:8b", "--context", "16384"]);
    assert_eq!(
        context,
        [effect("context", &json!({ "names": ["qwen3:8b", "llama3.2:3b"], "tokens": 16384 }))]
    );
    let swapped = machine.effects(&["llama3.2:3b", "--fallback", "qwen3:8b"]);
    assert_eq!(
        swapped,
        [
            effect("model", &json!({ "name": "llama3.2:3b", "before": "qwen3:8b" })),
            effect("fallbacks", &names(&["qwen3:8b"])),
        ]
    );
    let automatic = machine.effects(&["llama3.2:3b", "--automatic"]);
    assert_eq!(
        automatic,
        [
            effect("mode", &json!({ "mode": "automatic" })),
            effect("list-removed", &names(&["qwen3:8b", "llama3.2:3b", "gemma2:2b"])),
            effect("key", &json!({})),
        ]
    );
    let history = machine.json(&["history", "--json"]);
    assert_eq!(
        history["receipts"][0]["kind"],
        json!({ "kind": "settings", "params": { "effects": automatic } }),
        "the history keeps it"
    );
}

#[test]
fn a_change_is_said_in_one_sentence_and_kept() {
    let machine = Machine::new();
    machine.effects(&["llama3.2:3b"]);
    let arguments = ["use", "qwen3:8b", "--model", "gemma2:2b", "--model", "llava:7b"];
    let dry = machine.says("en_GB.UTF-8", &[&arguments[..], &["--dry-run"]].concat());
    let sentence = "qwen3:8b becomes OpenClaw’s model instead of llama3.2:3b, and 2 models are added to OpenClaw’s list.";
    assert!(dry.lines().any(|line| line == sentence), "{dry}");
    let french = machine.says("fr_FR.UTF-8", &[&arguments[..], &["--yes"]].concat());
    let phrase = "qwen3:8b devient le modèle d’OpenClaw (jusqu’ici llama3.2:3b), et 2 modèles entrent dans la liste d’OpenClaw.";
    assert!(french.lines().any(|line| line == phrase), "{french}");

    let history = machine.says("en_GB.UTF-8", &["history"]);
    let told = "qwen3:8b became OpenClaw’s model, and 2 models were added to OpenClaw’s list";
    assert!(history.lines().next().unwrap().ends_with(told), "{history}");
    let undone = machine.says("en_GB.UTF-8", &["undo"]);
    assert!(undone.starts_with(&format!("Undone: {told}. Restored: ")), "{undone}");
}

#[test]
fn a_receipt_of_an_earlier_version_is_still_told() {
    let machine = Machine::new();
    machine.effects(&["qwen3:8b"]);
    let history = machine.home.path().join(".local/share");
    let receipt = find(&history, "-0001.json").expect("a receipt");
    let mut kept: Value = serde_json::from_slice(&fs::read(&receipt).unwrap()).unwrap();
    kept["kind"] = json!({ "kind": "use-model", "params": { "name": "qwen3:8b" } });
    fs::write(&receipt, kept.to_string()).unwrap();
    let told = machine.says("en_GB.UTF-8", &["history"]);
    assert!(told.trim_end().ends_with("qwen3:8b became OpenClaw’s model"), "{told}");
    machine.json(&["undo", "--json"]);
    assert!(!machine.home.openclaw_json().exists());
}

/// A file below a folder, by the end of its name.
fn find(folder: &Path, end: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, end) } else { path.to_str()?.ends_with(end).then_some(path) }
    })
}

#[test]
fn a_context_goes_by_what_the_server_says() {
    let mut machine = Machine::new();
    machine.effects(&["qwen3:8b"]);
    machine.ollama.kill();
    let answer = machine.json(&["use", "qwen3:8b", "--context", "16384", "--yes", "--json"]);
    assert_eq!(answer["error"]["code"], "ollama.refused", "not silently left out");
}

#[test]
fn an_openclaw_that_runs_still_answers_after_the_change() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let gateway = Gateway::start(None);
    machine.write(&json!({ "gateway": { "mode": "local", "port": gateway.port() } }));
    let dry = machine.json(&["use", "qwen3:8b", "--dry-run", "--json"]);
    assert_eq!(dry["gateway"], "answers");
    let answer = machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!((&answer["applied"], &answer["gateway"]), (&json!(true), &json!("answers")));
    let text = machine.says("en_GB.UTF-8", &["use", "llama3.2:3b", "--yes"]);
    assert!(
        text.contains("OpenClaw is running: it takes the change by itself, and it still answers."),
        "{text}"
    );
    let text = machine.says("fr_FR.UTF-8", &["use", "qwen3:8b", "--automatic", "--yes"]);
    assert!(text.contains("qu’à son démarrage"), "the key is beside the settings: {text}");
}

#[test]
fn an_openclaw_that_dies_of_the_change_is_told_with_the_way_back() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let file = machine.home.openclaw_json();
    let gateway = Gateway::start(Some(&file));
    machine.write(&json!({ "gateway": { "mode": "local", "port": gateway.port() } }));
    let text = machine.says("en_GB.UTF-8", &["use", "qwen3:8b", "--yes"]);
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("OpenClaw was running, and since the change it no longer answers."), "{text}");
    let id = last.rsplit(' ').next().unwrap();
    machine.json(&["undo", id, "--json"]);
}

#[test]
fn an_openclaw_that_dies_is_silent_in_json_and_one_that_does_not_run_is_none() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let file = machine.home.openclaw_json();
    let gateway = Gateway::start(Some(&file));
    machine.write(&json!({ "gateway": { "mode": "local", "port": gateway.port() } }));
    let died = machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!((&died["applied"], &died["gateway"]), (&json!(true), &json!("silent")));
    let gone = machine.json(&["use", "llama3.2:3b", "--yes", "--json"]);
    assert_eq!((&gone["applied"], &gone["gateway"]), (&json!(true), &json!("none")));
    let text = machine.says("en_GB.UTF-8", &["use", "qwen3:8b", "--yes"]);
    assert!(!text.contains("OpenClaw is running") && !text.contains("OpenClaw was running"), "{text}");
}

#[test]
fn an_undo_looks_at_the_gateway_and_says_what_it_removed() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let gateway = Gateway::start(None);
    machine.write(&json!({ "gateway": { "mode": "local", "port": gateway.port() } }));
    machine.json(&["use", "qwen3:8b", "--automatic", "--yes", "--json"]);
    let text = machine.says("en_GB.UTF-8", &["undo"]);
    assert!(text.contains("Removed, as it was not there before: ") && text.contains("Restored: "), "{text}");
    assert!(text.contains("and it still answers."), "{text}");
    machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    let undone = machine.json(&["undo", "--json"]);
    assert_eq!((&undone["undone"], &undone["gateway"]), (&json!(true), &json!("answers")));
}

#[test]
fn an_undo_of_what_is_gone_already_makes_no_receipt() {
    let machine = Machine::new();
    machine.write(&json!({ "gateway": { "mode": "local" } }));
    let before = fs::read(machine.home.openclaw_json()).unwrap();
    machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    fs::write(machine.home.openclaw_json(), before).unwrap();
    let undone = machine.json(&["undo", "--json"]);
    assert_eq!((&undone["undone"], &undone["receipt"]), (&json!(false), &Value::Null));
    assert!(machine.says("en_GB.UTF-8", &["undo"]).contains("everything is already as it was"));
    assert_eq!(machine.json(&["history", "--json"])["receipts"].as_array().unwrap().len(), 1);
}

#[test]
fn an_undo_names_the_later_changes_that_go_with_it_and_asks() {
    let machine = Machine::new();
    machine.write(&json!({ "gateway": { "mode": "local" } }));
    let before = fs::read(machine.home.openclaw_json()).unwrap();
    let first = machine.json(&["use", "qwen3:8b", "--yes", "--json"])["undo"].clone();
    let first = first.as_str().unwrap();
    let login = machine.json(&["start", "--at-login", "--yes", "--json"])["undo"].clone();
    let unit = machine.home.path().join(".config/systemd/user/ollama.service");
    assert!(unit.exists());

    // Nobody is there to be asked.
    let refused = machine.json(&["undo", first, "--json"]);
    assert_eq!(refused["error"]["code"], "undo.takes-later", "{refused:#}");
    let later = &refused["error"]["params"]["later"];
    assert_eq!((later.as_array().unwrap().len(), &later[0]["id"]), (1, &login));
    assert_eq!(later[0]["kind"]["kind"], "start-at-login");
    let refused = machine.run("en_GB.UTF-8", &["undo", first]);
    let (said, complaint) =
        (String::from_utf8(refused.stdout).unwrap(), String::from_utf8(refused.stderr).unwrap());
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.starts_with("1 later change goes with it.\n"), "{said}");
    assert!(
        said.contains(login.as_str().unwrap()) && said.contains("Ollama starts when you log in"),
        "{said}"
    );
    assert!(complaint.contains("--yes"), "{complaint}");
    assert!(unit.exists(), "nothing was undone");

    let undone = machine.json(&["undo", first, "--yes", "--json"]);
    assert_eq!((&undone["undone"], &undone["later"]), (&json!(true), later), "{undone:#}");
    assert!(!unit.exists());
    assert_eq!(fs::read(machine.home.openclaw_json()).unwrap(), before);
    // The newest takes nothing with it, and is not asked about.
    machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!(machine.json(&["undo", "--json"])["later"], json!([]));
}

#[test]
fn a_change_whose_answer_cannot_be_written_is_told_with_the_way_back() {
    let machine = Machine::new();
    machine.write(&json!({ "gateway": { "mode": "local" } }));
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let use_it = ["use", "qwen3:8b", "--yes", "--json", "--host", &machine.ollama.url()];
    for (arguments, told) in [
        (&use_it[..], "The change was made"),
        (&["undo", "--json"], "The change was made"),
        (&["history", "--json"], "The answer could not be written"),
    ] {
        let mut command = machine.home.command(programs::pincer_cli());
        let output = command.args(arguments).env("LANG", "C.UTF-8").stdout(full()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.starts_with(told), "{arguments:?}: {said}");
    }
}

#[test]
fn settings_of_a_client_of_another_computers_gateway_are_not_written() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let remote = json!({ "gateway": { "mode": "remote", "remote": { "url": "ws://nas.local:18789" } } });
    let file = machine.write(&remote);
    let before = fs::read(&file).unwrap();
    let answer = machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!(answer["error"]["code"], "gateway.remote", "{answer:#}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_a_gateway_lacks_is_shown_and_asked_for_before_it_is_started() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    let mut whole = settings::whole(&machine.ollama.url());
    let gateway = whole["gateway"].as_object_mut().unwrap();
    gateway.remove("mode");
    gateway.insert("port".into(), support::ollama::free_address().port().into());
    let file = machine.write(&whole);
    let before = fs::read(&file).unwrap();
    let host = machine.ollama.host();
    let start = |arguments: &[&str]| {
        let mut command = machine.home.command(programs::pincer_cli());
        command.args(["start", "--openclaw"]).args(arguments).env("OLLAMA_HOST", &host).output().unwrap()
    };
    let shown = String::from_utf8(start(&[]).stdout).unwrap();
    assert!(shown.contains("\"mode\":\"local\""), "{shown}");
    assert_eq!(fs::read(&file).unwrap(), before, "nobody said yes");
    let lacks = |setting: &str| {
        let answer = process::json("start", &start(&["--json"]));
        let expected =
            json!({ "code": "gateway.lacks-setting", "params": { "setting": setting }, "detail": "" });
        assert_eq!(answer["error"], expected);
    };
    lacks("gateway.mode");
    assert_eq!(fs::read(&file).unwrap(), before, "nobody can be asked");
    // That OpenClaw runs no gateway, but what it lacked is written, and is taken back like any change.
    let answer = process::json("start", &start(&["--yes", "--json"]));
    assert_eq!(answer["error"]["code"], "gateway.failed", "{answer:#}");
    assert!(fs::read_to_string(&file).unwrap().contains("\"mode\":\"local\""));
    assert_eq!(machine.json(&["undo", "--json"])["undone"], true);
    assert_eq!(fs::read(&file).unwrap(), before);
    // For the network it needs a token.
    let gateway = whole["gateway"].as_object_mut().unwrap();
    gateway.insert("mode".into(), "local".into());
    gateway.insert("bind".into(), "lan".into());
    gateway.remove("auth");
    machine.write(&whole);
    lacks("gateway.auth.token");
}

#[test]
fn what_a_gateway_lacks_is_known_without_a_word_of_ollama() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    // One that would be silent.
    let ollama = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = ollama.local_addr().unwrap().to_string();
    let mut whole = settings::whole(&format!("http://{host}"));
    let gateway = whole["gateway"].as_object_mut().unwrap();
    gateway.remove("mode");
    gateway.insert("port".into(), support::ollama::free_address().port().into());
    machine.write(&whole);
    let mut command = machine.home.command(programs::pincer_cli());
    let start = command.args(["start", "--openclaw", "--json"]).env("OLLAMA_HOST", host).output().unwrap();
    assert_eq!(process::json("start", &start)["error"]["code"], "gateway.lacks-setting");
    ollama.set_nonblocking(true).unwrap();
    let asked = ollama.accept().map(|(_, from)| from).map_err(|error| error.kind());
    assert_eq!(asked, Err(ErrorKind::WouldBlock), "nobody asked it");
}
