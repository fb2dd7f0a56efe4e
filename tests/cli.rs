//! The commands as a user or script runs them: the built program, a home of its own, an Ollama on a real port.
//! `pincer COMMAND` and `pincer-cli COMMAND` are the same.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::{Ollama, free_address},
    process, programs,
};

const NASTY: &[u8] = include_bytes!("../src-tauri/core/fixtures/json5/nasty.json5");

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

    fn with_settings(text: &[u8]) -> Self {
        let machine = Self::new();
        write_settings(&machine.home, text);
        machine
    }

    fn run(&self, arguments: &[&str]) -> Output {
        // By option: settings of a test may name another address, and theirs counts before OLLAMA_HOST.
        let url = self.ollama.url();
        let arguments = [arguments, &["--host", &url]].concat();
        run(&self.home, &programs::pincer_cli(), "", &arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        process::json(&arguments.join(" "), &output)
    }

    fn settings(&self) -> Vec<u8> {
        fs::read(self.home.openclaw_json()).unwrap()
    }
}

fn write_settings(home: &Home, text: &[u8]) {
    fs::create_dir_all(home.openclaw_json().parent().unwrap()).unwrap();
    fs::write(home.openclaw_json(), text).unwrap();
}

fn run(home: &Home, program: &Path, host: &str, arguments: &[&str]) -> Output {
    home.command(program).args(arguments).env("OLLAMA_HOST", host).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn models_follow_openclaws_page() {
    let machine = Machine::new();
    let answer = machine.json(&["models", "--json"]);
    assert_eq!(answer["host"], machine.ollama.url());
    assert_eq!(answer["serverVersion"], "0.32.15");
    let model = |id: &str| {
        let models = answer["models"].as_array().unwrap();
        models.iter().find(|model| model["id"] == id).unwrap_or_else(|| panic!("{id}: {answer}")).clone()
    };
    let ready = model("qwen3:8b");
    assert_eq!(ready["verdict"], "ready");
    assert_eq!((&ready["tools"], &ready["reasoning"]), (&json!(true), &json!(true)));
    assert_eq!((&ready["contextWindow"], &ready["maxTokens"]), (&json!(40960), &json!(409_600)));
    assert_eq!(ready["cost"], json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 }));
    assert_eq!(ready["sizeBytes"], 5_225_388_164_u64);
    assert_eq!((&ready["group"], &ready["recommendedContext"]), (&json!("recommended"), &json!(32_768)));
    let fit = json!({ "verdict": "fits", "basis": "estimated", "context": 32_768, "needBytes": 11_557_226_372_u64,
        "memoryBytes": 64_000_000_000_u64, "graphicsBytes": 0, "runsOn": "processor" });
    assert_eq!(ready["fit"], fit);
    assert_eq!(model("llama3.2:3b")["group"], "often-fails");
    assert_eq!(model("gemma2:2b")["verdict"], "chat-only");
    assert_eq!(model("llava:7b")["input"], json!(["text", "image"]));
    assert_eq!(model("nomic-embed-text:latest")["verdict"], "embedding");
    assert_eq!(model("gpt-oss:20b-cloud")["verdict"], "cloud");
}

#[test]
fn models_say_whether_they_fit() {
    let machine = Machine::new();
    let told = |memory: &str, language: &str| {
        let mut command = machine.home.command(programs::pincer_cli());
        command.args(["models", "--host", &machine.ollama.url()]);
        let output = command.env("PINCER_MEMORY", memory).env("LANG", language).output().unwrap();
        assert_eq!(code(&output), 0, "{output:?}");
        text(&output.stdout).lines().find(|line| line.starts_with("  qwen3:8b")).unwrap().to_owned()
    };
    for (memory, language, words) in [
        ("64000000000", "C", "should fit at 32,768 tokens"),
        ("13000000000", "C", "should just fit at 32,768 tokens"),
        ("8000000000", "C", "looks too big for this computer at 16,384 tokens"),
        ("8000000000", "fr_FR.UTF-8", "semble trop gros pour cet ordinateur avec 16\u{202f}384 jetons"),
        ("8000000000,16000000000", "C", "should fit at 32,768 tokens"),
    ] {
        let line = told(memory, language);
        assert!(line.ends_with(words), "{memory}: {line}");
    }
}

#[test]
fn both_programs_are_the_same() {
    let machine = Machine::new();
    let of = |program: &Path| run(&machine.home, program, &machine.ollama.host(), &["models", "--json"]);
    assert_eq!(of(&programs::pincer()).stdout, of(&programs::pincer_cli()).stdout);
    assert_eq!(code(&run(&machine.home, &programs::pincer(), "", &["no-such-command"])), 2);
    let version = run(&machine.home, &programs::pincer(), "", &["--version"]);
    assert_eq!(text(&version.stdout), format!("pincer {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_display_the_window_says_how_to_see_it() {
    let home = Home::new();
    let output = run(&home, &programs::pincer(), "", &[]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("xvfb-run"), "{output:?}");
}

#[test]
fn an_error_in_json_is_one_document() {
    let home = Home::new();
    let host = free_address().to_string();
    let output = run(&home, &programs::pincer_cli(), &host, &["models", "--json"]);
    assert_eq!(code(&output), 2);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "ollama.refused");
    assert_eq!(answer["error"]["params"]["url"], format!("http://{host}"));
    // In words: what, why, what to do; in the user's language; nothing on standard output.
    let english = run(&home, &programs::pincer_cli(), &host, &["models"]);
    assert!(text(&english.stderr).starts_with("Nothing answers at"), "{english:?}");
    assert!(english.stdout.is_empty());
    let french = home
        .command(programs::pincer_cli())
        .arg("models")
        .env("OLLAMA_HOST", &host)
        .env("LANG", "fr_FR.UTF-8")
        .output();
    assert!(text(&french.unwrap().stderr).starts_with("Rien ne répond"));
}

#[test]
fn bad_arguments_are_told_and_nothing_is_done() {
    let machine = Machine::new();
    for (arguments, error) in [
        (&["use", "qwen3:8b", "--json", "--nonsense"][..], "cli.usage"),
        (&["use", "qwen3:8b", "--json", "--context", "7"], "cli.usage"),
        (&["use", "qwen3:8b", "--json"], "cli.needs-yes"),
        (&["use", "qwen3:9b", "--json", "--yes"], "model.not-installed"),
        (&["use", "not a name", "--json", "--yes"], "model.bad-name"),
        (&["undo", "--json"], "undo.nothing"),
        (&["undo", "nope", "--json"], "undo.unknown"),
    ] {
        let output = machine.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["error"]["code"], error, "{arguments:?}");
    }
    let bad = run(&machine.home, &programs::pincer_cli(), "", &["models", "--json", "--host", "ftp://x"]);
    assert_eq!(process::json("models", &bad)["error"]["code"], "address.invalid");
    assert!(!machine.home.openclaw_json().exists());
    let near = machine.run(&["use", "qwen3:9b", "--yes"]);
    assert!(text(&near.stderr).contains("qwen3:8b"), "the nearest name is offered: {near:?}");
}

#[test]
fn use_on_an_empty_home_makes_a_private_file_and_undo_takes_it_away() {
    let machine = Machine::new();
    let answer = machine.json(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--yes", "--json"]);
    assert_eq!(
        (&answer["changed"], &answer["applied"], &answer["mode"]),
        (&json!(true), &json!(true), &json!("pinned"))
    );
    assert_eq!(answer["dialect"], "2026.5.28+");
    let settings: Value = serde_json::from_slice(&machine.settings()).unwrap();
    assert_eq!(
        settings["agents"]["defaults"]["model"],
        json!({ "primary": "ollama/qwen3:8b", "fallbacks": ["ollama/llama3.2:3b"] })
    );
    assert_eq!(settings["models"]["providers"]["ollama"]["baseUrl"], machine.ollama.url());
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&machine.home.openclaw_json()), 0o600);
    assert_eq!(mode(machine.home.openclaw_json().parent().unwrap()), 0o700);

    let again = machine.json(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--json"]);
    assert_eq!(
        (&again["changed"], &again["applied"], &again["undo"]),
        (&json!(false), &json!(false), &Value::Null)
    );

    let history = machine.json(&["history", "--json"]);
    assert_eq!(history["receipts"][0]["id"], answer["undo"]);
    machine.json(&["undo", answer["undo"].as_str().unwrap(), "--json"]);
    assert!(!machine.home.openclaw_json().exists());
}

#[test]
fn a_nasty_file_keeps_every_byte_outside_the_replaced_values() {
    let machine = Machine::with_settings(NASTY);
    let before = text(NASTY);
    let dry = machine.json(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--dry-run", "--json"]);
    assert_eq!((&dry["changed"], &dry["applied"]), (&json!(true), &json!(false)));
    assert_eq!(machine.settings(), NASTY, "a dry run writes nothing");

    let answer = machine.json(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--yes", "--json"]);
    let after = text(&machine.settings());
    for comment in [
        "// top comment: do not lose me — é, 漢字, 🦞",
        "/* block\n   comment */",
        "// models section",
        "// single quoted",
        "/* ollama block */",
        "// trailing comment on edited value",
        "// first model",
        "/* inline */",
        "// after comma",
        "/* mid */",
        "// one-liner",
        "// tab-indented",
        "/* keep */ // keep2",
        "// comment of deleted key",
        "// dangling comment before close",
        "// eof comment, no newline",
    ] {
        assert!(before.contains(comment), "the fixture has {comment}");
        assert!(after.contains(comment), "lost: {comment}\n{after}");
    }
    // Line by line: what is not about Ollama or the model is there as it was, in its order.
    let mut rest = after.as_str();
    for line in before.lines().filter(|line| !touched(line)) {
        let at = rest.find(line).unwrap_or_else(|| panic!("lost or moved: {line}\n{after}"));
        rest = &rest[at + line.len()..];
    }
    let value: Value = json5::from_str(&after).unwrap();
    assert_eq!(value["agents"]["defaults"]["model"]["primary"], "ollama/qwen3:8b");
    assert_eq!(value["agents"]["defaults"]["model"]["fallbacks"], json!(["ollama/llama3.2:3b"]));
    // Secrets are not shown.
    let shown = answer.to_string();
    assert!(!shown.contains("sk-") && !shown.contains("t0k"), "{shown}");

    machine.json(&["undo", "--json"]);
    assert_eq!(machine.settings(), NASTY, "undo gives back the same bytes");
}

/// Lines of the nasty file that the change is about: the address, the second model, the choice.
fn touched(line: &str) -> bool {
    ["baseUrl:", "weird: NaN", "fallbacks:", "]", "}, // after comma", "},"]
        .iter()
        .any(|part| line.trim_start().starts_with(part))
        || line.contains("weird: NaN")
        || line.contains("fallbacks:")
        || line.contains("baseUrl:")
        || line.contains("id: 'qwen3:8b'")
        || line.contains("'api'")
}

#[test]
fn a_file_that_does_not_parse_is_never_written() {
    let broken = b"{\n  agents: {\n    defaults: oops,\n  },\n}\n";
    let machine = Machine::with_settings(broken);
    let output = machine.run(&["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!(code(&output), 2);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "settings.unreadable");
    assert_eq!(
        (&answer["error"]["params"]["line"], &answer["error"]["params"]["text"]),
        (&json!(3), &json!("defaults: oops,"))
    );
    assert_eq!(machine.settings(), broken);
}

#[test]
fn undo_refuses_to_lose_what_someone_else_wrote() {
    let machine = Machine::with_settings(b"{}\n");
    machine.json(&["use", "qwen3:8b", "--yes", "--json"]);
    let theirs = [b"// mine\n".as_slice(), &machine.settings()].concat();
    fs::write(machine.home.openclaw_json(), &theirs).unwrap();
    let refused = machine.run(&["undo", "--json"]);
    assert_eq!(code(&refused), 2);
    let answer: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "undo.changed-since");
    assert!(answer["error"]["params"]["diff"].as_str().unwrap().contains("// mine"));
    assert_eq!(machine.settings(), theirs);
    let forced = machine.json(&["undo", "--force", "--json"]);
    assert_eq!(machine.settings(), b"{}\n");
    machine.json(&["undo", forced["receipt"]["id"].as_str().unwrap(), "--json"]);
    assert_eq!(machine.settings(), theirs, "undoing the forced undo brings it back");
}

#[test]
fn without_a_server_only_what_the_file_describes() {
    let home = Home::new();
    write_settings(
        &home,
        br#"{ "models": { "providers": { "ollama": { "models": [ { "id": "qwen3:8b" } ] } } } }"#,
    );
    let host = free_address().to_string();
    let of = |arguments: &[&str]| run(&home, &programs::pincer_cli(), &host, arguments);
    assert_eq!(code(&of(&["use", "llama3.2:3b", "--yes", "--json"])), 2);
    assert_eq!(code(&of(&["use", "qwen3:8b", "--yes", "--json"])), 0);
}

#[test]
fn a_pull_is_told_line_by_line_to_its_end() {
    let machine = Machine::new();
    let output = machine.run(&["pull", "mistral", "--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap(), &json!({ "state": "done" }));
    let states: Vec<&str> = lines.iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert!(states.starts_with(&["starting"]) && states.contains(&"downloading"), "{states:?}");
    let bytes: Vec<u64> = lines.iter().filter_map(|line| line["completedBytes"].as_u64()).collect();
    assert!(bytes.is_sorted(), "the bytes never fall");
    let models = machine.json(&["models", "--json"]);
    assert!(models.to_string().contains("mistral:latest"));

    for (name, code_told) in [
        ("nobody/nothing", "pull.unknown-model"),
        ("a b", "pull.bad-name"),
        ("practice/disk-full", "pull.disk-full"),
    ] {
        let output = machine.run(&["pull", name, "--json"]);
        assert_eq!(code(&output), 2);
        let last: Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
        assert_eq!((&last["state"], &last["code"]), (&json!("failed"), &json!(code_told)), "{name}");
    }
}

#[test]
fn a_download_that_does_not_fit_says_what_is_needed_and_where() {
    let machine = Machine::new();
    let folder = machine.home.path().join(".ollama/models");
    fs::create_dir_all(&folder).unwrap();
    let pull = ["pull", "practice/enormous"];
    let output = machine.run(&[&pull[..], &["--json"]].concat());
    assert_eq!(code(&output), 2);
    let last: Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
    assert_eq!(last["code"], "pull.disk-full");
    let params = &last["params"];
    assert!(params["needBytes"].as_u64() > Some(1 << 59) && params["freeBytes"].is_u64(), "{last}");
    assert!(params["folder"].as_str().unwrap().ends_with(".ollama/models"), "{last}");
    let said = text(&machine.run(&pull).stderr);
    assert!(said.contains(" GB") && said.contains("OLLAMA_MODELS") && !said.contains('{'), "{said}");
    assert!(params["roomBytes"].is_u64() && said.contains("--anyway"), "{said}");
}

#[test]
fn a_mistyped_name_is_answered_with_near_ones() {
    let machine = Machine::new();
    let output = machine.run(&["pull", "mistrall"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains(": mistral"), "{output:?}");
}

#[test]
fn a_download_that_is_stopped_half_way_says_so() {
    let home = Home::new();
    let mut ollama = Ollama::start_with(&home, &[("PRACTICE_PULL_TICKS", "100000")]);
    let begun = |name: &str| {
        let mut command = home.command(programs::pincer_cli());
        command.args(["pull", name, "--json", "--host", &ollama.url()]).stdout(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("downloading")));
        (program, lines)
    };
    // Ctrl-C.
    let (mut program, lines) = begun("mistral");
    process::signal("INT", &program.id().to_string());
    assert_eq!(lines.last().unwrap(), r#"{"state":"cancelled"}"#);
    assert_eq!(program.wait().unwrap().code(), Some(2));
    // A server that goes away ends it: to wait for it is the window's.
    let (mut program, lines) = begun("qwen3:4b");
    ollama.kill();
    let last: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!((&last["state"], &last["code"]), (&json!("failed"), &json!("pull.interrupted")));
    assert_eq!(program.wait().unwrap().code(), Some(2));
}

#[test]
fn start_really_starts_ollama_and_leaves_it_running() {
    let mut machine = Machine::new();
    machine.ollama.kill();
    assert_eq!(machine.json(&["start", "--json"])["started"], true);
    assert!(support::ollama::answers(machine.ollama.address()));
    // A second start finds it running.
    assert_eq!(machine.json(&["start", "--json"])["started"], true);
    assert_eq!(machine.home.running().len(), 1);
}

#[test]
fn automatic_writes_the_key_beside_and_undo_takes_both_back() {
    let machine = Machine::with_settings(b"{ gateway: { mode: 'local' }, } // mine\n");
    let env_file = machine.home.path().join(".openclaw/.env");
    fs::write(&env_file, "A=1").unwrap();
    let answer = machine.json(&["use", "qwen3:8b", "--automatic", "--yes", "--json"]);
    assert_eq!((&answer["mode"], &answer["applied"]), (&json!("automatic"), &json!(true)));
    let files: Vec<&str> =
        answer["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(
        files[0].ends_with(".env") && files[1].ends_with("openclaw.json"),
        "the main file comes last: {files:?}"
    );
    assert_eq!(fs::read_to_string(&env_file).unwrap(), "A=1\nOLLAMA_API_KEY=ollama-local\n");
    machine.json(&["undo", "--json"]);
    assert_eq!(fs::read_to_string(&env_file).unwrap(), "A=1");
    assert_eq!(machine.settings(), b"{ gateway: { mode: 'local' }, } // mine\n");
}

#[test]
fn a_server_that_is_away_is_not_called_a_missing_model() {
    let home = Home::new();
    let host = free_address().to_string();
    let output = run(&home, &programs::pincer_cli(), &host, &["use", "qwen3:8b", "--yes", "--json"]);
    assert_eq!(process::json("use", &output)["error"]["code"], "ollama.refused");
}

#[test]
fn start_does_not_wait_for_another_program() {
    let home = Home::new();
    let (_server, said) = home.play("webserver", "127.0.0.1:0", &[("PRACTICE_FAULT", "html")]);
    let host = said.rsplit(' ').next().unwrap();
    let output = run(&home, &programs::pincer_cli(), host, &["start", "--json"]);
    assert_eq!(process::json("start", &output)["error"]["code"], "ollama.not-ollama");
}

/// The checks win over the text; a text that nobody knows is said to be unknown.
#[test]
fn a_pasted_error_is_explained() {
    let home = Home::new();
    let host = free_address().to_string();
    home.add_program(&programs::practice(), "ollama");
    let refused = format!("Error: connect ECONNREFUSED {host}");
    let ask = |arguments: &[&str], input: &str| {
        let mut command = home.command(programs::pincer_cli());
        command.args(["doctor"]).args(arguments).env("OLLAMA_HOST", &host);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let said = process::json("doctor", &ask(&["--json", "--error", &refused], ""));
    let explanation = &said["explanation"];
    assert_eq!((&explanation["topic"], &explanation["fits"]), (&json!("unreached"), &json!(true)));
    assert_eq!(explanation["finding"]["code"], "engine.not-running");
    let typed = ask(&["--error", "-"], &refused);
    assert_eq!(code(&typed), 1);
    assert!(text(&typed.stdout).starts_with("This is what the error comes from\n"), "{typed:?}");
    let other = text(&ask(&["--error", "x does not support tools"], "").stdout);
    assert!(
        other.starts_with(
            "The checks find something else first\nThe text says that a model cannot use tools.\n"
        )
    );
    let unknown = ask(&["--error", "it does not work"], "");
    assert!(text(&unknown.stdout).starts_with("Pincer does not know this error\n"), "{unknown:?}");
    assert!(process::json("doctor", &ask(&["--json"], ""))["explanation"].is_null());
}
