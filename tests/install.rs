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

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Command, Output},
};

use serde_json::{Value, json};
use support::{home::Home, ollama::free_address, process, programs};

const FILES: [&str; 2] = ["ollama-linux-amd64.tar.zst", "ollama-linux-arm64.tar.zst"];

/// A place for downloads; it ends with the test's process.
fn place(archive: Vec<u8>, list: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked = head.next().unwrap_or_default();
            head.find(String::is_empty);
            let body = if asked.contains("sha256sum.txt") { list.as_bytes() } else { &archive };
            let length = body.len();
            let sent =
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            if sent.is_ok() && !asked.starts_with("HEAD") {
                // Who has seen enough goes away.
                let _ = stream.write_all(body);
            }
        }
    });
    url
}

/// An archive as Ollama's release script packs it, made by the system's own tools.
fn release(home: &Home) -> Vec<u8> {
    let folder = home.path().join("release");
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::create_dir_all(folder.join("lib/ollama")).unwrap();
    run("cp", &[programs::practice().to_str().unwrap(), folder.join("bin/ollama").to_str().unwrap()]);
    fs::write(folder.join("lib/ollama/libggml.so.1"), "library").unwrap();
    std::os::unix::fs::symlink("libggml.so.1", folder.join("lib/ollama/libggml.so")).unwrap();
    let tar = home.path().join("release.tar");
    run("tar", &["-C", folder.to_str().unwrap(), "-cf", tar.to_str().unwrap(), "."]);
    let packed = zstd::encode_all(fs::File::open(&tar).unwrap(), 1).unwrap();
    fs::remove_dir_all(folder).unwrap();
    fs::remove_file(tar).unwrap();
    packed
}

fn run(program: &str, arguments: &[&str]) {
    assert!(Command::new(program).args(arguments).status().unwrap().success(), "{program} {arguments:?}");
}

fn sums(archive: &[u8]) -> String {
    let mut sum = Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    sum.stdin.take().unwrap().write_all(archive).unwrap();
    let output = sum.wait_with_output().unwrap();
    let sum = String::from_utf8(output.stdout).unwrap();
    FILES.map(|file| format!("{}  ./{file}\n", &sum[..64])).concat()
}

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

fn machine_has_ollama() -> bool {
    ["/usr/local/bin/ollama", "/usr/bin/ollama", "/bin/ollama", "/opt/ollama/bin/ollama", "/snap/bin/ollama"]
        .iter()
        .any(|place| fs::exists(place).unwrap())
}

#[test]
fn a_missing_ollama_is_installed_starts_and_answers() {
    if machine_has_ollama() {
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
