//! The program under the name `ollama`: it serves, lists, says its version, and fails in Ollama's words.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// The program with an environment of the test's own.
fn ollama(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pincer-practice"));
    command.env_clear().envs(environment.iter().copied());
    command
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    ollama(environment).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A server that runs, killed with the test.
struct Serving {
    child: Child,
    address: SocketAddr,
}

impl Serving {
    fn start(environment: &[(&str, &str)]) -> Self {
        let mut command = ollama(environment);
        command.env("OLLAMA_HOST", "127.0.0.1:0").arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
        Self { address: address.parse().unwrap(), child }
    }

    fn host(&self) -> String {
        self.address.to_string()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn it_serves_lists_and_stops_when_asked() {
    let mut server = Serving::start(&[]);
    assert!(server.get("/").ends_with("\r\n\r\nOllama is running"));
    let listed = run(&["list"], &[("OLLAMA_HOST", &server.host())]);
    let listed = text(&listed.stdout);
    assert!(listed.starts_with("NAME"), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with("qwen3:8b ") && line.contains("5.2 GB")), "{listed}");

    #[cfg(unix)]
    {
        let pid = server.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(server.child.wait().unwrap().success());
        assert!(TcpStream::connect(server.address).is_err());
    }
    let mut log = String::new();
    server.child.kill().ok();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.lines().next().unwrap().contains("OLLAMA_HOST:http://127.0.0.1:"), "{log}");
}

#[test]
fn it_says_its_version() {
    // A port that is bound and closed again: nobody is there.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for flag in ["--version", "-v"] {
        let said = run(&[flag], &[("OLLAMA_HOST", &nobody)]);
        assert_eq!(text(&said.stdout), "ollama version is 0.32.15\n");
    }
    let server = Serving::start(&[("PRACTICE_VERSION", "0.31.0")]);
    let said = run(&["--version"], &[("OLLAMA_HOST", &server.host())]);
    assert_eq!(text(&said.stdout), "ollama version is 0.31.0\nWarning: client version is 0.32.15\n");
    let failed = run(&["list"], &[("OLLAMA_HOST", &nobody)]);
    assert!(!failed.status.success());
    assert!(text(&failed.stderr).starts_with("Error: could not connect to ollama server"));
}

#[test]
fn a_port_in_use_is_said_in_ollamas_words() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = taken.local_addr().unwrap().to_string();
    let failed = run(&["serve"], &[("OLLAMA_HOST", &host)]);
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(text(&failed.stderr), format!("Error: listen tcp {host}: bind: address already in use\n"));
    let failed = run(&["serve"], &[("PRACTICE_EXIT", "mkdir /nowhere: no such file or directory")]);
    assert_eq!(text(&failed.stderr), "Error: mkdir /nowhere: no such file or directory\n");
}

#[test]
fn the_environment_chooses_what_it_plays() {
    let names = |server: &Serving| server.get("/api/tags").matches("\"name\":").count();
    assert_eq!(names(&Serving::start(&[("PRACTICE_MODELS", "none")])), 0);
    assert_eq!(names(&Serving::start(&[("PRACTICE_MODELS", "fixtures")])), 7);
    assert_eq!(names(&Serving::start(&[("PRACTICE_MANY", "200")])), 200);
    let chat_only = Serving::start(&[("PRACTICE_MODELS", "chat-only")]).get("/api/tags");
    assert!(chat_only.contains("gemma2:2b") && !chat_only.contains("\"tools\""), "{chat_only}");
    let html = Serving::start(&[("PRACTICE_FAULT", "html")]).get("/");
    assert!(html.contains("Server: nginx"), "{html}");
    let later = Serving::start(&[("PRACTICE_SILENT_MS", "100")]);
    assert!(later.get("/").ends_with("Ollama is running"));
    for (name, value) in [("PRACTICE_MODELS", "some"), ("PRACTICE_FAULT", "no"), ("PRACTICE_MANY", "x")] {
        let failed = run(&["serve"], &[("OLLAMA_HOST", "127.0.0.1:0"), (name, value)]);
        assert_eq!(failed.status.code(), Some(1), "{name}");
    }
}

#[test]
fn a_silent_server_takes_connections_and_says_nothing() {
    let server = Serving::start(&[("PRACTICE_SILENT", "1")]);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let cause = stream.read(&mut [0; 16]).unwrap_err();
    assert!(matches!(cause.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{cause}");
}
