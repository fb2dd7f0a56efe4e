//! `pincer check MODEL --through-openclaw` and `pincer start --openclaw` as a user or script runs them: the built
//! program, and an OpenClaw that says what the real one was seen to say (another test asks that one).
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use support::{
    broken::NEWEST,
    gateway::Gateway,
    home::Home,
    ollama::{Ollama, free_address},
    process::{Group, json, signal, wait_for},
    programs, settings,
    words::Words,
};

const MODEL: &str = "qwen3:8b";

/// An OpenClaw that writes down what it is called with, and then does these lines.
struct Machine {
    gateway: Option<Gateway>,
    ollama: Ollama,
    port: u16,
    home: Home,
}

impl Machine {
    fn new(lines: &str) -> Self {
        let gateway = Gateway::start(None);
        let port = gateway.port();
        Self { gateway: Some(gateway), ..Self::without_gateway(port, lines) }
    }

    fn without_gateway(port: u16, lines: &str) -> Self {
        let home = Home::new();
        let ollama = Ollama::start(&home);
        let script = format!("echo \"$*\" >> \"$HOME/calls\"\n{lines}");
        settings::add_openclaw_that(&home, NEWEST, &script);
        let mut file = settings::whole(&ollama.url());
        file["gateway"]["port"] = port.into();
        settings::write(&home, "openclaw.json", &file.to_string());
        Self { gateway: None, ollama, port, home }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn check(&self, model: &str) -> (Option<i32>, Value) {
        let output = self.run(&["check", model, "--through-openclaw", "--json"]);
        (output.status.code(), json("check", &output))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// What `openclaw agent` prints, and its exit status.
fn prints(document: &Value, status: u8) -> String {
    format!("case \"$1\" in agent) cat <<'END'\n{document}\nEND\nexit {status};; esac\nexit 1")
}

fn answer(provider: &str, model: &str, words: &str) -> Value {
    json!({ "runId": "r", "status": "ok", "result": { "payloads": [{ "text": words }],
        "meta": { "durationMs": 41_200, "agentMeta": { "provider": provider, "model": model } } } })
}

fn failure(run: Option<&str>, message: &str) -> Value {
    let mut document = json!({ "ok": false, "error": { "type": "cli_error", "message": message } });
    if let Some(run) = run {
        document["runId"] = run.into();
    }
    document
}

#[test]
fn every_outcome_has_its_exit_status_and_its_document() {
    let not_found = "The selected model was not found by the provider. Check the model id.";
    let late = json!({ "runId": "r", "status": "timeout", "result": { "payloads": [{ "text": "late", "isError": true }] } });
    for (model, document, status, outcome) in [
        (
            MODEL,
            answer("ollama", MODEL, "Hello."),
            0,
            json!({ "code": "answered", "params": { "words": "Hello." } }),
        ),
        (
            MODEL,
            answer("anthropic", "claude", "Hello."),
            0,
            json!({ "code": "other-model", "params": { "name": "anthropic/claude" } }),
        ),
        (MODEL, answer("ollama", MODEL, " "), 0, json!({ "code": "no-words", "params": {} })),
        (
            MODEL,
            failure(None, "unauthorized: gateway token mismatch"),
            1,
            json!({ "code": "gateway-refused", "params": {} }),
        ),
        ("gone:1b", failure(Some("r"), not_found), 1, json!({ "code": "model-missing", "params": {} })),
        (MODEL, failure(Some("r"), "something new"), 1, json!({ "code": "failed", "params": {} })),
        (MODEL, late, 1, json!({ "code": "too-slow", "params": { "minutes": 10 } })),
    ] {
        let machine = Machine::new(&prints(&document, status));
        let (ended, said) = machine.check(model);
        assert_eq!(said["outcome"], outcome, "{said}");
        let answered = outcome["code"] == "answered";
        assert_eq!((ended, &said["answered"]), (Some(i32::from(!answered)), &json!(answered)), "{said}");
        assert_eq!((&said["model"], &said["throughOpenclaw"]), (&json!(model), &json!(true)));
        assert_eq!(said["evidence"].as_array().unwrap().is_empty(), answered, "{said}");
        assert_eq!(said["seconds"] == 41.2, answered, "{said}");
        let asked = machine.calls().into_iter().find(|call| call.starts_with("agent ")).unwrap();
        assert!(
            asked.contains("--agent main") && asked.contains(&format!("--model ollama/{model}")),
            "{asked}"
        );
    }
}

#[test]
fn why_it_failed_is_in_the_log_of_the_gateway() {
    let memory = r#"500 {"error":"model requires more system memory (5.5 GiB) than is available (2.1 GiB)"}"#;
    let gib = |tenths: u64| (1_u64 << 30) * tenths / 10;
    let key = "401 {\"error\":\"unauthorized\"}";
    for (reason, raw, code, params) in [
        (
            "server_error",
            memory,
            "not-enough-memory",
            Some(json!({ "needBytes": gib(55), "haveBytes": gib(21) })),
        ),
        ("auth", key, "key-refused", None),
    ] {
        let lines = format!(
            "case \"$1 $2\" in \"gateway status\") echo \"{{\\\"logFile\\\":\\\"$HOME/own.log\\\"}}\"; exit 0;; esac\n{}",
            prints(&failure(Some("run-7"), "Something went wrong"), 1)
        );
        let machine = Machine::new(&lines);
        let line = json!({ "1": { "event": "embedded_run_agent_end", "runId": "run-7", "isError": true,
            "failoverReason": reason, "rawErrorPreview": raw } });
        fs::write(machine.file("own.log"), format!("{line}\n")).unwrap();
        let (ended, said) = machine.check(MODEL);
        assert_eq!((ended, &said["outcome"]["code"]), (Some(1), &json!(code)), "{said}");
        let params = params.unwrap_or_else(|| json!({ "url": machine.ollama.url() }));
        assert_eq!(said["outcome"]["params"], params, "{said}");
        assert!(said["evidence"].to_string().contains("the gateway's log"), "{said}");
    }
}

#[test]
fn in_words_it_says_what_happened() {
    let machine = Machine::new(&prints(&answer("ollama", MODEL, "Hello, I can hear you."), 0));
    let words = Words::english();
    let output = machine.run(&["check", MODEL, "--through-openclaw"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let title = words.say("proof.answered.title", &[("model", MODEL), ("time", "41.2 s")]);
    let way = words.say("proof.answered.way", &[("words", "Hello, I can hear you.")]);
    assert_eq!(said, format!("{title}\n  {way}\n"));
    // Nothing moves where there is no terminal: a line for each step, with what is normal and the limit.
    let waits = String::from_utf8(output.stderr).unwrap();
    assert_eq!(waits.lines().next(), Some(words.say("proof.phase.asking", &[("minutes", "10")]).as_str()));
    let mut french = machine.command(&["check", MODEL, "--through-openclaw"]);
    let said = String::from_utf8(french.env("LANG", "fr_FR.UTF-8").output().unwrap().stdout).unwrap();
    assert!(said.starts_with("qwen3:8b a répondu via OpenClaw (41,2 s)"), "{said}");

    let machine = Machine::new(&prints(&failure(None, "pairing required"), 1));
    let output = machine.run(&["check", MODEL, "--through-openclaw"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said.lines().next(), Some(words.say("proof.gateway-refused.title", &[]).as_str()));
    assert!(said.contains("(openclaw agent: pairing required)"), "{said}");
}

#[test]
fn what_cannot_be_asked_costs_no_question() {
    // No gateway: said at once.
    let port = free_address().port();
    let machine = Machine::without_gateway(port, "exit 1");
    let (ended, said) = machine.check(MODEL);
    assert_eq!(ended, Some(1));
    assert_eq!(said["outcome"], json!({ "code": "gateway-silent", "params": { "port": port } }), "{said}");
    assert_eq!(machine.calls(), Vec::<String>::new());

    // Ollama gone: OpenClaw would ask it for minutes.
    let mut machine = Machine::new("case \"$1\" in agent) exec sleep 600;; esac\nexit 1");
    machine.ollama.kill();
    let (ended, said) = machine.check(MODEL);
    let url = machine.ollama.url();
    assert_eq!(ended, Some(1));
    assert_eq!(said["outcome"], json!({ "code": "ollama-stopped", "params": { "url": url } }), "{said}");

    let home = Home::new();
    let output = home
        .command(programs::pincer_cli())
        .args(["check", MODEL, "--through-openclaw", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(json("check", &output)["error"]["code"], "gateway.no-program");
    let usage = machine.run(&["check", MODEL, "--through-openclaw", "--context", "20000", "--json"]);
    assert_eq!(
        (usage.status.code(), &json("check", &usage)["error"]["code"]),
        (Some(2), &json!("cli.usage"))
    );
}

#[test]
fn nothing_is_said_of_an_ollama_whose_address_is_not_known() {
    let mut machine = Machine::new(&prints(&failure(Some("r"), "something new"), 1));
    machine.ollama.kill();
    let url = machine.ollama.url();
    let write = |base_url: &str, mode: &str| {
        let mut file = settings::whole(base_url);
        file["gateway"]["port"] = machine.port.into();
        file["gateway"]["mode"] = mode.into();
        settings::write(&machine.home, "openclaw.json", &file.to_string());
    };
    let stopped = json!({ "code": "ollama-stopped", "params": { "url": url } });
    let failed = json!({ "code": "failed", "params": {} });
    for (base_url, mode, variable, expected) in [
        ("${MY_OLLAMA}", "local", None, &failed),
        ("${MY_OLLAMA}", "local", Some(&url), &stopped),
        (url.as_str(), "local", None, &stopped),
        (url.as_str(), "remote", None, &failed),
    ] {
        write(base_url, mode);
        let mut command = machine.command(&["check", MODEL, "--through-openclaw", "--json"]);
        let output = command.envs(variable.map(|url| ("MY_OLLAMA", url))).output().unwrap();
        assert_eq!(&json("check", &output)["outcome"], expected, "{base_url} {mode} {variable:?}");
    }
}

#[test]
fn an_older_openclaw_is_asked_in_its_own_way() {
    let lines = format!(
        "case \"$*\" in *--model*) echo \"error: unknown option '--model'\" >&2; exit 1;; esac\n{}",
        prints(&answer("ollama", MODEL, "Hello."), 0)
    );
    let machine = Machine::new(&lines);
    let (ended, said) = machine.check(MODEL);
    assert_eq!((ended, &said["outcome"]["code"]), (Some(0), &json!("answered")), "{said}");
    assert_eq!(machine.calls().len(), 2);
    // Only for its own first choice: another model it could not be told.
    let (ended, said) = machine.check("llama3.2:3b");
    assert_eq!((ended, &said["outcome"]["code"]), (Some(1), &json!("failed")), "{said}");
}

/// Notes when it is asked to end.
const UNTIL_ASKED: &str = "trap 'echo asked > \"$HOME/ended\"; exit 143' TERM
echo up > \"$HOME/up\"
sleep 600 & wait";

fn start(command: &mut Command) -> Group {
    Group::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
}

fn interrupted(machine: &Machine, arguments: &[&str]) {
    let mut group = start(&mut machine.command(arguments));
    wait_for("OpenClaw's command", || machine.file("up").exists().then_some(()));
    signal("INT", &group.id().to_string());
    wait_for("its end", || machine.file("ended").exists().then_some(()));
    wait_for("the end of pincer", || group.has_ended().then_some(()));
}

#[test]
fn ctrl_c_asks_openclaw_to_abort_its_turn() {
    let machine = Machine::new(&format!("case \"$1\" in agent) {UNTIL_ASKED};; esac"));
    interrupted(&machine, &["check", MODEL, "--through-openclaw"]);
}

#[test]
fn the_gateway_is_started_by_its_program_or_its_service() {
    let service = "case \"$2\" in status) echo '{\"service\":{\"loaded\":true}}';; start) echo up > \"$HOME/up\";; esac";
    let program = "case \"$2\" in status) exit 1;; run) echo up > \"$HOME/up\"; exec sleep 600;; esac";
    for (lines, expected) in [(service, "gateway start"), (program, "gateway run --bind loopback")] {
        let machine = Machine::without_gateway(free_address().port(), lines);
        let mut group = start(&mut machine.command(&["start", "--openclaw"]));
        wait_for("the start", || machine.file("up").exists().then_some(()));
        assert!(!group.has_ended(), "it does not answer yet");
        let _gateway = Gateway::start_at(machine.port, None);
        wait_for("the end of pincer", || group.has_ended().then_some(()));
        assert_eq!(machine.calls().last().map(String::as_str), Some(expected));
        // One that answers is not started again.
        let again = machine.run(&["start", "--openclaw", "--json"]);
        assert_eq!((again.status.code(), json("start", &again)), (Some(0), json!({ "started": true })));
        assert_eq!(machine.calls().len(), 2);
        end_what_sleeps(&machine);
    }
}

#[test]
fn a_start_that_is_given_up_ends_what_it_started() {
    let lines = format!("case \"$2\" in run) {UNTIL_ASKED};; esac\nexit 1");
    let machine = Machine::without_gateway(free_address().port(), &lines);
    interrupted(&machine, &["start", "--openclaw"]);
}

#[test]
fn a_gateway_that_does_not_start_says_why() {
    let lines = "case \"$2\" in run) echo 'Refusing to bind gateway to auto without auth.' >&2; exit 1;; esac\nexit 1";
    let machine = Machine::without_gateway(free_address().port(), lines);
    let output = machine.run(&["start", "--openclaw", "--json"]);
    let error = json("start", &output)["error"].clone();
    assert_eq!((output.status.code(), &error["code"]), (Some(2), &json!("gateway.failed")), "{error}");
    assert!(error["detail"].as_str().unwrap().contains("Refusing to bind gateway"), "{error}");

    let remote = json!({ "gateway": { "mode": "remote" } });
    settings::write(&machine.home, "openclaw.json", &remote.to_string());
    let output = machine.run(&["start", "--openclaw", "--json"]);
    assert_eq!(json("start", &output)["error"]["code"], "gateway.remote");
    fs::remove_file(machine.home.bin().join("openclaw")).unwrap();
    let output = machine.run(&["start", "--openclaw", "--json"]);
    assert_eq!(json("start", &output)["error"]["code"], "gateway.no-program");
}

#[test]
fn a_start_that_gives_way_to_another_waits_for_that_one() {
    for last in ["echo 'gateway already running (pid 7); lock timeout after 5000ms' >&2; exit 1", "exit 0"] {
        let lines = format!("case \"$2\" in run) echo up > \"$HOME/up\"; {last};; esac\nexit 1");
        let machine = Machine::without_gateway(free_address().port(), &lines);
        let mut command = machine.command(&["start", "--openclaw", "--json"]);
        let pincer = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the start", || machine.file("up").exists().then_some(()));
        let _gateway = Gateway::start_at(machine.port, None);
        let output = pincer.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), json("start", &output)),
            (Some(0), json!({ "started": true })),
            "{last}"
        );
    }
}

#[test]
fn a_second_start_waits_for_the_first_and_takes_its_place() {
    let lines = format!("case \"$2\" in run) {UNTIL_ASKED};; esac\nexit 1");
    let machine = Machine::without_gateway(free_address().port(), &lines);
    let mut first = start(&mut machine.command(&["start", "--openclaw"]));
    wait_for("the first", || machine.file("up").exists().then_some(()));
    fs::remove_file(machine.file("up")).unwrap();
    let mut second = start(&mut machine.command(&["start", "--openclaw"]));
    signal("INT", &first.id().to_string());
    wait_for("the end of the first", || first.has_ended().then_some(()));
    wait_for("the second", || machine.file("up").exists().then_some(()));
    let _gateway = Gateway::start_at(machine.port, None);
    wait_for("the end of the second", || second.has_ended().then_some(()));
    let runs = machine.calls().iter().filter(|call| call.starts_with("gateway run")).count();
    assert_eq!(runs, 2, "{:?}", machine.calls());
    end_what_sleeps(&machine);
}

/// The fake gateway outlives whoever started it, as the real one does.
fn end_what_sleeps(machine: &Machine) {
    drop(support::openclaw::Ending::of(&machine.home));
}

#[test]
fn doctor_says_how_it_is_started_and_asks_what_it_sees() {
    let lists = json!({ "count": 1, "models": [{ "key": "ollama/llama3.2:3b", "available": true }] });
    let lines = format!(
        "case \"$1\" in models) cat <<'END'\n{lists}\nEND\n;; config) echo '{{\"valid\":true}}';; *) exit 1;; esac"
    );
    let machine = Machine::without_gateway(free_address().port(), &lines);
    let deep = json("doctor", &machine.run(&["doctor", "--deep", "--json"]));
    let codes: Vec<&str> =
        deep["findings"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.contains(&"openclaw.does-not-see-model"), "{codes:?}");
    let text = String::from_utf8(machine.run(&["doctor"]).stdout).unwrap();
    assert!(text.contains("pincer start --openclaw"), "{text}");
    assert!(!text.contains("OpenClaw does not see"), "{text}");
    drop(machine.gateway);
}
