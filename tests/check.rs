//! `pincer check` as a user or script runs it: the built program, a home of its own, an Ollama on a real port with a
//! model for every way in which a check can end.
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
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::{Ollama, free_address},
    process, programs,
    words::Words,
};

struct Machine {
    home: Home,
    ollama: Ollama,
}

impl Machine {
    fn new() -> Self {
        let home = Home::new();
        let ollama = Ollama::start_with(&home, &[("PRACTICE_MODELS", "checks")]);
        Self { home, ollama }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).env("OLLAMA_HOST", self.ollama.host());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What `/api/ps` says, as text.
    fn loaded(&self) -> String {
        let mut stream = TcpStream::connect(self.ollama.address()).unwrap();
        stream.set_read_timeout(Some(process::LIMIT)).unwrap();
        stream.write_all(b"GET /api/ps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_outcome_has_its_exit_status_and_its_document() {
    let machine = Machine::new();
    let gib = |tenths: u64| (1_u64 << 30) * tenths / 10;
    for (model, status, outcome, params) in [
        ("calls:1b", 0, "called-tool", json!({})),
        ("thinks-then-calls:1b", 0, "called-tool", json!({})),
        ("writes-call:1b", 1, "call-as-text", json!({})),
        ("writes-marks:1b", 1, "call-as-text", json!({})),
        ("ignores-tools:1b", 1, "no-call", json!({})),
        ("wrong-call:1b", 1, "no-call", json!({ "called": "functions.get_current_time" })),
        ("thinks-on:1b", 1, "cut-off", json!({})),
        ("no-tools:1b", 1, "no-tools", json!({})),
        ("too-big:70b", 1, "not-enough-memory", json!({ "needBytes": gib(55), "haveBytes": gib(21) })),
        ("no-runner:1b", 1, "runner-missing", json!({})),
        ("old-processor:1b", 1, "cpu-unsupported", json!({})),
        ("busy:1b", 1, "busy", json!({})),
        ("online:20b-cloud", 1, "sign-in", json!({})),
    ] {
        let output = machine.run(&["check", model, "--json"]);
        let answer = process::json(model, &output);
        assert_eq!(code(&output), status, "{model}: {answer}");
        assert_eq!((&answer["model"], &answer["toolCall"]), (&json!(model), &json!(status == 0)));
        assert_eq!(answer["outcome"], json!({ "code": outcome, "params": params }), "{model}");
        assert!(answer["seconds"].is_f64());
        let answered = ["called-tool", "call-as-text", "no-call", "cut-off"].contains(&outcome);
        for measure in ["firstTokenSeconds", "tokensPerSecond", "contextRunning", "onGraphicsCard"] {
            assert_eq!(answer[measure].is_number(), answered, "{model}: {measure} in {answer}");
        }
    }
    let answer = process::json("check", &machine.run(&["check", "Calls:1b", "--context", "9000", "--json"]));
    assert_eq!((&answer["model"], &answer["contextRunning"]), (&json!("calls:1b"), &json!(9000)));
}

#[test]
fn a_try_with_less_than_openclaw_needs_says_so_and_is_not_remembered() {
    let machine = Machine::new();
    let words = Words::english();
    let failed = |arguments: &[&str]| {
        let said = text(&machine.run(arguments).stdout);
        let list = text(&machine.run(&["models"]).stdout);
        let line = list.lines().find(|line| line.contains("  ignores-tools:1b ")).unwrap().to_owned();
        (
            said.contains(&words.say("cli.check.small", &[])),
            line.contains(&words.say("cli.models.failed", &[])),
        )
    };
    assert_eq!(failed(&["check", "ignores-tools:1b", "--context", "1024"]), (true, false));
    assert_eq!(failed(&["check", "ignores-tools:1b"]), (false, true));
}

#[test]
fn what_could_not_be_asked_is_an_error() {
    let machine = Machine::new();
    for (arguments, error) in [
        (&["check", "writes:1b", "--json"][..], "model.not-installed"),
        (&["check", "not a name", "--json"], "model.bad-name"),
        (&["check", "broken:1b", "--json"], "ollama.status"),
        (&["check", "breaks:1b", "--json"], "ollama.status"),
        (&["check", "calls:1b", "--context", "7", "--json"], "cli.usage"),
    ] {
        let output = machine.run(arguments);
        let answer = process::json("check", &output);
        assert_eq!((code(&output), &answer["error"]["code"]), (2, &json!(error)), "{arguments:?}");
    }
    let near = machine.run(&["check", "call:1b"]);
    assert_eq!(code(&near), 2);
    assert!(text(&near.stderr).contains("Perhaps you meant calls:1b?"), "{near:?}");
    let far = text(&machine.run(&["check", "gpt-oss:20b-cloud"]).stderr);
    assert_eq!(far.trim_end(), "Ollama does not have gpt-oss:20b-cloud. Download it first.");
    let broke_off = text(&machine.run(&["check", "breaks:1b"]).stderr);
    assert!(broke_off.contains("then broke off and said: an error was encountered"), "{broke_off}");
    assert!(!broke_off.contains("200") && !broke_off.contains('{'), "{broke_off}");
    let away = machine.run(&["check", "calls:1b", "--json", "--host", &free_address().to_string()]);
    assert_eq!(process::json("check", &away)["error"]["code"], "ollama.refused");
}

#[test]
fn in_words_it_says_what_it_means_and_what_it_proves() {
    let machine = Machine::new();
    let words = Words::english();
    let output = machine.run(&["check", "calls:1b"]);
    let said = text(&output.stdout);
    assert_eq!(code(&output), 0);
    let first = words.say("cli.check.called-tool", &[("name", "calls:1b")]);
    assert_eq!(said.lines().next(), Some(first.as_str()));
    assert_eq!(said.lines().last(), Some(words.say("cli.check.proves", &[]).as_str()));
    for line in [
        words.say("cli.check.speed", &[("speed", "50.0")]),
        words.say("cli.check.context", &[("tokens", "32,768")]),
        words.say("cli.check.graphics", &[("percent", "40")]),
    ] {
        assert!(said.contains(&line), "{line:?} in {said}");
    }
    // Nothing moves where there is no terminal: a line for each phase, with the limit.
    let phases =
        ["loading", "answering"].map(|key| words.say(&format!("cli.check.{key}"), &[("minutes", "10")]));
    assert_eq!(text(&output.stderr).lines().collect::<Vec<_>>(), phases);
    for (model, key) in [
        ("writes-call:1b", "call-as-text"),
        ("ignores-tools:1b", "no-call"),
        ("no-tools:1b", "no-tools"),
        ("no-runner:1b", "runner-missing"),
        ("old-processor:1b", "cpu-unsupported"),
        ("online:20b-cloud", "sign-in"),
    ] {
        let output = machine.run(&["check", model]);
        let expected = words.say(&format!("cli.check.{key}"), &[("name", model)]);
        assert_eq!(text(&output.stdout).lines().next(), Some(expected.as_str()));
        assert_eq!(code(&output), 1);
    }
    let memory = text(&machine.run(&["check", "too-big:70b"]).stdout);
    assert!(memory.contains("5.9 GB") && memory.contains("2.3 GB"), "{memory}");
    let mut french = machine.command(&["check", "calls:1b"]);
    let said = text(&french.env("LANG", "fr_FR.UTF-8").output().unwrap().stdout);
    assert!(said.contains("50,0 jetons"), "{said}");
    assert!(said.contains("32\u{202f}768 jetons"), "{said}");
    let memory = text(&machine.command(&["check", "too-big:70b"]).env("LANG", "fr").output().unwrap().stdout);
    assert!(memory.contains("5,9\u{202f}Go") && memory.contains("2,3\u{202f}Go"), "{memory}");
    let wrong = text(&machine.run(&["check", "wrong-call:1b"]).stdout);
    assert!(wrong.contains("“functions.get_current_time”"), "{wrong}");
    let busy = text(&machine.run(&["check", "busy:1b"]).stdout);
    assert_eq!(busy.trim_end(), words.say("cli.check.busy", &[]));
}

#[test]
fn what_it_showed_of_the_chosen_model_is_found_by_doctor() {
    let machine = Machine::new();
    let model = "writes-call:1b";
    assert_eq!(code(&machine.run(&["use", model, "--yes", "--json"])), 0);
    let found = |machine: &Machine| {
        let answer = process::json("doctor", &machine.run(&["doctor", "--json"]));
        let findings = answer["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["code"] == "models.calls-as-text")
    };
    assert_eq!(found(&machine), None, "nothing is said of what was not tried");
    // The settings say how long a conversation may be: that is what is tried.
    let checked = process::json("check", &machine.run(&["check", model, "--json"]));
    assert_eq!(checked["contextRunning"], 32768);
    let finding = found(&machine).expect("doctor knows");
    assert_eq!((&finding["severity"], &finding["params"]["name"]), (&json!("problem"), &json!(model)));
    assert_eq!(finding["remedies"][0]["id"], "use-model");
    assert_ne!(finding["remedies"][0]["params"]["name"], model);
    // A damaged memory is none.
    let memory = machine.home.path().join(".local/share/dev.pincer.desktop/checks.json");
    assert!(memory.is_file());
    fs::write(&memory, "{").unwrap();
    assert_eq!(found(&machine), None);
}

#[test]
fn ctrl_c_cancels_it_and_ollama_is_left_alone() {
    let machine = Machine::new();
    let mut command = machine.command(&["check", "silent:1b", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Practice lists a model as loaded from the question on.
    process::wait_for("the question", || machine.loaded().contains("silent:1b").then_some(()));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    let answer: Value = process::json("check", &output);
    assert_eq!((code(&output), &answer["error"]["code"]), (2, &json!("cli.cancelled")));
}
