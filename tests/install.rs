//! `pincer install-ollama` as a script runs it: a home without Ollama, a place for downloads on a real port, and in the
//! archive an Ollama that really starts and answers.
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

use std::{fs, process::Output};

use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::{free_address, is_on_this_machine},
    process, programs,
    release::{place, release, sums},
};

/// A path without any Ollama of the machine's.
fn install(home: &Home, place: &str, host: &str, arguments: &[&str]) -> Output {
    home.command(programs::pincer_cli())
        .env("PATH", home.bin())
        .env("PINCER_OLLAMA_DOWNLOAD", place)
        .env("OLLAMA_HOST", host)
        .arg("install-ollama")
        .args(arguments)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_missing_ollama_is_installed_starts_and_answers() {
    if is_on_this_machine() {
        eprintln!("SKIPPED: this machine has an Ollama where installers put it");
        return;
    }
    let home = Home::new();
    let archive = release(&home);
    let place = place(archive.clone(), sums(&archive));
    let host = free_address().to_string();
    let doctor = || {
        let mut command = home.command(programs::pincer_cli());
        command.env("PATH", home.bin()).env("OLLAMA_HOST", &host);
        process::json("doctor", &command.args(["doctor", "--json"]).output().unwrap())
    };
    let before = doctor();
    assert_eq!(before["findings"][0]["code"], "engine.not-installed");
    let offered: Vec<&Value> =
        before["findings"][0]["remedies"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(offered, ["install-ollama", "get-ollama"]);

    let asked = install(&home, &place, &host, &["--json"]);
    assert_eq!(asked.status.code(), Some(2), "nothing is installed unasked");
    assert!(!home.path().join(".local/bin").exists());

    let output = install(&home, &place, &host, &["--yes", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.last().unwrap(), &json!({ "state": "done" }));
    let size = json!(archive.len());
    assert!(lines.iter().any(|line| line["state"] == "downloading" && line["completedBytes"] == size));
    let after = doctor();
    assert_eq!(after["path"][0], json!({ "link": "engine", "state": "ok" }), "{after:#}");
    assert_eq!(fs::read(home.path().join(".local/lib/ollama/libggml.so")).unwrap(), b"library");
    let running = home.running();
    let program = fs::read_link(format!("/proc/{}/exe", running[0])).unwrap();
    assert_eq!((running.len(), program), (1, home.path().join(".local/bin/ollama")));

    // Again, as an update: what runs goes on until it is restarted, and that is said before and after.
    let url = format!("http://{host}");
    let said = install(&home, &place, &host, &["--yes"]);
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains(&format!("already runs at {url}")), "{said}");
    assert!(said.trim_end().ends_with("“pincer restart” does that."), "{said}");
    assert_eq!(home.running(), running);
    let mut restart = home.command(programs::pincer_cli());
    restart.env("PATH", home.bin()).env("OLLAMA_HOST", &host).arg("restart");
    let output = restart.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_ne!(home.running(), running);
}

#[test]
fn a_wrong_checksum_is_said_and_leaves_nothing() {
    let home = Home::new();
    let place = place(b"not what was published".to_vec(), sums(b"what was published"));
    let host = free_address().to_string();
    let output = install(&home, &place, &host, &["--yes"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("its checksum is another. It was deleted, and nothing was installed"), "{said}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("No administrator is needed"), "{told}");
    assert!(!home.path().join(".local/bin").exists());
    let downloads = home.path().join(".local/share/dev.pincer.desktop/downloads");
    let left: Vec<_> = fs::read_dir(downloads).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["install.lock"]);

    let output = install(&home, &place, &host, &["--yes", "--json"]);
    let lines = lines(&output);
    let last = lines.last().unwrap();
    assert_eq!((&last["state"], &last["code"]), (&json!("failed"), &json!("install.checksum")));
}
