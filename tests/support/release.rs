//! A release of Ollama to be installed: an archive as its release script packs it, on a real port, with an Ollama in it
//! that really starts and answers.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::Command,
};

use super::{home::Home, programs};

const FILES: [&str; 2] = ["ollama-linux-amd64.tar.zst", "ollama-linux-arm64.tar.zst"];

/// A place for downloads; it ends with the test's process.
pub fn place(archive: Vec<u8>, list: String) -> String {
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
pub fn release(home: &Home) -> Vec<u8> {
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

pub fn sums(archive: &[u8]) -> String {
    let mut sum = Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    sum.stdin.take().unwrap().write_all(archive).unwrap();
    let output = sum.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let sum = told.split(' ').next().unwrap();
    FILES.map(|file| format!("{sum}  ./{file}\n")).concat()
}
