//! The commands against a server whose names and words want to harm who reads them, and settings that do: whatever is
//! printed, for people or as JSON, steers no terminal and turns no reading direction.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(unix)]

use std::{fs, path::Path, process::Output};

use pincer_core::inert;
use pincer_practice::{RawServer, hostile};
use serde_json::Value;

/// As a terminal gets it, both ends.
async fn run(home: &Path, url: &str, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_pincer-cli"));
    command.args(arguments).env_clear().env("HOME", home).env("OLLAMA_HOST", url).env("LANG", "C.UTF-8");
    // Nothing of the machine's own is found, asked or started.
    let output = command.env("PATH", home).current_dir(home).kill_on_drop(true).output();
    tokio::time::timeout(std::time::Duration::from_secs(120), output)
        .await
        .expect("it ends by itself")
        .unwrap()
}

fn is_inert(what: &str, output: &[u8]) {
    let text = std::str::from_utf8(output).unwrap_or_else(|why| panic!("{what}: {why}"));
    let steers = |c: char| inert::steers(c) && !matches!(c, '\n' | '\t');
    if let Some(at) = text.find(steers) {
        let near: String = text[..at].chars().rev().take(60).collect();
        panic!("{what}: {:?} after {:?}", text[at..].chars().next(), near.chars().rev().collect::<String>());
    }
}

#[tokio::test]
async fn what_is_printed_is_inert() {
    let names = ["hostile-names", "long-names", "long-error", "stream-long-error"];
    let evil = hostile::NAMES.concat();
    for name in names {
        let server = RawServer::start(hostile::named(name).unwrap(), 0).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".openclaw")).unwrap();
        let model = Value::from(format!("ollama/{evil}"));
        let id = Value::from(evil.as_str());
        let settings = format!(
            r#"{{"models":{{"providers":{{"ollama":{{"baseUrl":"{}","api":"ollama","models":[{{"id":{id},"name":{id}}}]}}}}}},"agents":{{"defaults":{{"model":{{"primary":{model},"fallbacks":[{model}]}}}}}}}}"#,
            server.url()
        );
        fs::write(home.path().join(".openclaw/openclaw.json"), settings).unwrap();
        let (mut printed, evil_name) = (0, hostile::NAMES[3]);
        for arguments in [
            &["models"][..],
            &["models", "--json"],
            &["doctor"],
            &["doctor", "--json"],
            &["report"],
            &["use", evil_name, "--yes"],
            &["use", "qwen3:8b", "--yes", "--json"],
            &["pull", "qwen3:8b"],
            &["pull", evil_name, "--json"],
            &["history"],
        ] {
            let output = run(home.path(), &server.url(), arguments).await;
            let what = format!("{name}, {arguments:?}");
            is_inert(&what, &output.stdout);
            is_inert(&what, &output.stderr);
            printed += output.stdout.len() + output.stderr.len();
            assert!(output.status.code().is_some(), "{what}: a signal ended it");
            if arguments.contains(&"--json") {
                let text = String::from_utf8(output.stdout).unwrap();
                assert!(
                    text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
                    "{what}: {text}"
                );
            }
        }
        assert!(printed > 500, "they said something");
    }
}
