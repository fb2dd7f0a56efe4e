//! The practice computer: every situation is what its name says, OpenClaw's command says what the real one does, and
//! nothing of it outlives it.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Command, Output},
};

use common::{client, told};
use pincer_practice::{OPENCLAW_VERSION, Stage};
use serde_json::{Value, json};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_pincer-practice"))
}

/// A command on the stage's computer.
fn run(stage: &Stage, words: &[&str]) -> Output {
    let mut command = Command::new(stage.home().join("bin").join(words[0]));
    command.args(&words[1..]).env_clear().envs(stage.environment()).output().unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn variable(stage: &Stage, name: &str) -> String {
    stage.environment().into_iter().find(|(known, _)| known == name).unwrap().1
}

fn gateway(stage: &Stage) -> String {
    let text = fs::read_to_string(stage.home().join(".openclaw/openclaw.json")).unwrap();
    let settings: Value = serde_json::from_str(&text).unwrap();
    format!("127.0.0.1:{}", settings["gateway"]["port"])
}

async fn models(stage: &Stage) -> Option<usize> {
    let url = format!("http://{}/api/tags", variable(stage, "OLLAMA_HOST"));
    let answer = client().get(url).send().await.ok()?;
    let tags: Value = serde_json::from_str(&told(answer).await.1).ok()?;
    Some(tags["models"].as_array()?.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_goes_through_the_gateway_to_ollama() {
    let stage = Stage::open(program()).await.unwrap();
    assert_eq!(models(&stage).await, Some(0), "Ollama runs from the start");
    let ask = [
        "openclaw",
        "agent",
        "--agent",
        "main",
        "--message",
        "Hello?",
        "--json",
        "--model",
        "ollama/qwen3:8b",
    ];
    let answer = run(&stage, &ask);
    assert!(!answer.status.success());
    let said = document(&answer);
    assert!(
        said["runId"].is_null() && said["error"]["message"].as_str().unwrap().contains("ECONNREFUSED"),
        "{said}"
    );

    stage.play(None).await.unwrap();
    let answer = run(&stage, &ask);
    let said = document(&answer);
    assert!(answer.status.success(), "{said}");
    assert_eq!(
        (&said["status"], &said["result"]["meta"]["agentMeta"]["model"]),
        (&json!("ok"), &json!("qwen3:8b"))
    );
    assert!(!said["result"]["payloads"][0]["text"].as_str().unwrap().is_empty(), "{said}");

    // One that Ollama does not have, with the reason in the log that `gateway status` names.
    let gone =
        run(&stage, &["openclaw", "agent", "--message", "Hello?", "--json", "--model", "ollama/gone:1b"]);
    let said = document(&gone);
    assert_eq!((gone.status.code(), &said["origin"]), (Some(1), &json!("gateway")), "{said}");
    let status = document(&run(&stage, &["openclaw", "gateway", "status", "--json", "--no-probe"]));
    let log = fs::read_to_string(status["logFile"].as_str().unwrap()).unwrap();
    assert!(log.contains("\"failoverReason\":\"model_not_found\""), "{log}");

    let listed =
        document(&run(&stage, &["openclaw", "models", "list", "--all", "--provider", "ollama", "--json"]));
    let keys: Vec<&str> =
        listed["models"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["ollama/qwen3:8b", "ollama/llama3.2:3b"]);
    let page = document(&run(&stage, &["openclaw", "dashboard", "--json"]));
    assert!(
        page["browserUrl"].as_str().unwrap().starts_with(&format!("http://{}/#", gateway(&stage))),
        "{page}"
    );
    let version = run(&stage, &["openclaw", "--version"]);
    assert!(String::from_utf8(version.stdout).unwrap().contains(OPENCLAW_VERSION));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_situation_is_what_its_name_says() {
    let stage = Stage::open(program()).await.unwrap();
    let valid =
        |stage: &Stage| document(&run(stage, &["openclaw", "config", "validate", "--json"]))["valid"] == true;
    let file = stage.home().join(".openclaw/openclaw.json");
    let written = || fs::read_to_string(&file).unwrap();
    for (name, expected, runs, is_valid) in [
        ("new", Some(0), false, true),
        ("stopped", None, true, true),
        ("hangs", None, true, true),
        ("other-program", None, true, true),
        ("no-models", Some(0), true, true),
        ("chat-only", Some(4), false, true),
        ("missing-model", Some(9), true, true),
        ("cannot-act", Some(9), true, true),
        ("no-choice", Some(9), true, true),
        ("wrong-address", Some(9), true, true),
        ("wrong-key", Some(9), false, false),
        ("damaged-settings", Some(9), false, false),
        ("gateway-stopped", Some(9), false, true),
    ] {
        stage.play(Some(name)).await.unwrap();
        assert!(Stage::names().contains(&name.to_owned()));
        // What says nothing is not waited for.
        if name != "hangs" {
            assert_eq!(models(&stage).await, expected, "{name}");
        }
        assert_eq!(valid(&stage), is_valid, "{name}: {}", written());
        if is_valid {
            assert_eq!(TcpStream::connect(gateway(&stage)).is_ok(), runs, "{name}");
        }
    }
    // A fault of the table: the whole of Ollama, or its downloads alone.
    stage.play(Some("error-500")).await.unwrap();
    assert_eq!(models(&stage).await, None);
    stage.play(Some("pull-cut")).await.unwrap();
    assert_eq!(models(&stage).await, Some(7));
    assert!(stage.play(Some("no such")).await.is_err());
    stage.play(None).await.unwrap();
    assert!(models(&stage).await == Some(9) && valid(&stage) && TcpStream::connect(gateway(&stage)).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_it() {
    let stage = Stage::open(program()).await.unwrap();
    stage.play(None).await.unwrap();
    let (home, ollama, gateway) =
        (stage.home().to_path_buf(), variable(&stage, "OLLAMA_HOST"), gateway(&stage));
    // One that somebody else started on this computer belongs to it, too.
    let mut own = Command::new(home.join("bin/ollama"));
    own.arg("serve").env_clear().envs(stage.environment()).env("OLLAMA_HOST", "127.0.0.1:0");
    let mut own =
        own.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(own.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    stage.end().await;
    assert!(own.wait().unwrap().success());
    assert!(TcpStream::connect(&ollama).is_err() && TcpStream::connect(&gateway).is_err());
    stage.play(None).await.unwrap();
    drop(stage);
    assert!(!home.exists());
    // It ends a moment after the stage.
    let gone = async {
        while TcpStream::connect(&ollama).is_ok() || TcpStream::connect(&gateway).is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(common::LIMIT, gone).await.expect("they end");
}
