//! The contract with OpenClaw's gateway: Pincer starts the real one, asks a real question through it, judges why one
//! is not answered, tells what it sees, and opens its page. One gateway for all of it, since a start takes 20 s.
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
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use pincer_core::{
    computer::Computer,
    error::ErrorCode,
    models::discovery::Discovery,
    ollama::address::Address,
    openclaw::{
        gateway::{
            Gateway, dashboard, kept, look,
            proof::{self, Limits, Proof, ProofOutcome},
            sees::{self, Sees, Unseen},
            start::{self, StartPhase},
        },
        outcome::Mode,
        settings::Settings,
    },
};
use pincer_practice::{Answer, ChatAnswer, Event, Options, Practice, PracticeModel};
use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::free_address,
    openclaw::{Ending, OpenClaw},
    process::{self, LIMIT},
    programs, settings,
};

const MODEL: &str = "qwen3:8b";

/// A home with the real OpenClaw on its PATH, whose settings Pincer writes, and an Ollama that is practice.
struct Machine {
    openclaw: OpenClaw,
    practice: Practice,
    port: u16,
    // Last: what runs in it ends before it goes.
    home: Home,
    _ending: Ending,
}

impl Machine {
    async fn new(openclaw: OpenClaw) -> Self {
        let practice =
            Practice::start(Options { token_delay: Duration::ZERO, ..Options::demo() }).await.unwrap();
        let home = Home::new();
        let port = free_address().port();
        let machine = Self { _ending: Ending::of(&home), openclaw, practice, port, home };
        // A log of its own: the usual one is shared by all OpenClaws of the machine.
        let log = machine.home.path().join("gateway-own.log");
        let before = json!({ "gateway": { "mode": "local", "port": port }, "logging": { "file": log } });
        settings::write(&machine.home, "openclaw.json", &before.to_string());
        let mut using = machine.pincer(&["use", MODEL, "--fallback", "llama3.2:3b", "--yes", "--json"]);
        let using = tokio::task::spawn_blocking(move || using.output().unwrap()).await.unwrap();
        assert!(using.status.success(), "{}", process::json("use", &using));
        machine
    }

    /// Variables as a user's login has them, with the real OpenClaw first on PATH.
    fn environment(&self) -> Vec<(String, String)> {
        let own = self.home.environment();
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.into_string().unwrap()));
        let path = format!("{}:{}:/usr/bin:/bin", self.openclaw.bin().display(), self.home.bin().display());
        own.chain([("PATH".to_owned(), path)]).collect()
    }

    fn computer(&self, more: &[(&str, &str)]) -> Computer {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        support::computer(&self.home, self.environment().into_iter().chain(more))
    }

    fn pincer(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).args(["--host", &self.practice.url()]).envs(self.environment());
        command
    }

    async fn prove(&self, limits: Limits) -> Proof {
        proof::prove(&self.computer(&[]), MODEL, limits, |_| {}).await.unwrap()
    }

    fn answer_chats(&self, answer: Option<Answer>) {
        self.practice.set_answer("/api/chat", answer);
    }

    fn told(&self) -> Settings {
        let configuration = self.computer(&[]).configuration().unwrap().unwrap();
        Settings::of(configuration.value())
    }
}

fn short() -> Limits {
    Limits { answer: Duration::from_secs(20), silent: Duration::from_secs(4) }
}

fn is_private(file: &Path) -> bool {
    settings::mode(file.parent().unwrap()) == 0o700
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_started_asked_judged_and_opened() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let machine = Machine::new(openclaw).await;
    let computer = machine.computer(&[]);

    // Nothing runs yet.
    let silent = machine.prove(Limits::default()).await;
    assert_eq!(silent.outcome, ProofOutcome::GatewaySilent { port: machine.port }, "{silent:?}");
    let error = dashboard::page(&computer).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::GatewayStopped { port: machine.port });

    started(&machine, &computer).await;
    answered(&machine, &computer).await;
    seen(&machine, &computer).await;
    opened(&machine, &computer).await;
    judged(&machine).await;
}

async fn started(machine: &Machine, computer: &Computer) {
    let mut phases = Vec::new();
    start::start(computer, |phase| phases.push(phase)).await.unwrap();
    assert_eq!(phases, [StartPhase::Asking, StartPhase::Starting]);
    assert_eq!(look(machine.port).await, Gateway::Answers);
    let log = computer.folders.gateway_log();
    assert!(log.is_file() && is_private(&log));
    // One that runs is not started again.
    start::start(computer, |phase| assert_eq!(phase, StartPhase::Asking)).await.unwrap();
}

/// By the command, as a user asks: the model calls a tool of OpenClaw's, gets its answer, and answers.
async fn answered(machine: &Machine, computer: &Computer) {
    let model = machine.practice.models().into_iter().find(|model| model.name == MODEL).unwrap();
    machine.practice.install(PracticeModel { chat: ChatAnswer::Calls("ls".into()), ..model });
    let mut check = machine.pincer(&["check", MODEL, "--through-openclaw", "--json"]);
    let output = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    let answer = process::json("check", &output);
    assert_eq!(output.status.code(), Some(0), "{answer}");
    assert_eq!((&answer["model"], &answer["answered"]), (&json!(MODEL), &json!(true)), "{answer}");
    let words = answer["outcome"]["params"]["words"].as_str().unwrap();
    assert!(words.starts_with("The tool answered:"), "{answer}");
    assert_eq!(answer["evidence"], json!([]));
    let chats: Vec<Value> = machine
        .practice
        .requests()
        .into_iter()
        .filter(|request| request.path == "/api/chat")
        .map(|request| serde_json::to_value(&request.body).unwrap())
        .collect();
    assert!(chats.len() >= 2 && chats.iter().all(|chat| chat["model"] == MODEL), "{}", chats.len());
    let kept = kept::read(&computer.folders);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((kept[0].proof.model.as_str(), kept[0].on.version.as_deref()), (MODEL, Some("2026.9.6")));
}

async fn seen(machine: &Machine, computer: &Computer) {
    let ask = async |mode| {
        let program = machine.openclaw.bin().join("openclaw");
        sees::ask(&computer.surroundings, &program, mode).await.unwrap()
    };
    let client = computer.client(&Address::parse(&machine.practice.url()).unwrap()).unwrap();
    let found = Discovery::default().look(&client).await.unwrap().models;
    let sees = sees::compare(&found, &ask(Mode::Pinned).await, &machine.told(), Mode::Pinned);
    let why = |sees: &Sees, why: Unseen| -> Vec<String> {
        sees.unseen.iter().filter(|model| model.why == why).map(|model| model.name.clone()).collect()
    };
    assert_eq!(sees.seen, [MODEL, "llama3.2:3b"]);
    assert_eq!(why(&sees, Unseen::Embedding), ["nomic-embed-text:latest"]);
    assert_eq!(why(&sees, Unseen::NoTools), ["gemma2:2b", "deepseek-r1:1.5b", "llava:7b"]);
    assert_eq!(why(&sees, Unseen::NotListed), ["gpt-oss:20b-cloud"]);
    assert_eq!(why(&sees, Unseen::Unexplained), Vec::<String>::new());
    assert_eq!(sees.seen.len() + sees.unseen.len(), found.len());
}

/// The page is there, signed in by a key that shows nowhere.
async fn opened(machine: &Machine, computer: &Computer) {
    let page = dashboard::page(computer).await.unwrap();
    assert!(page.signed_in);
    let (address, key) = page.url().split_once('#').unwrap();
    assert_eq!((address, page.plain()), (format!("http://127.0.0.1:{}/", machine.port).as_str(), address));
    assert!(key.starts_with("bootstrapToken="), "another form of link");
    assert!(!format!("{page:?}").contains(key));
    let port = machine.port;
    let body = tokio::task::spawn_blocking(move || get(port)).await.unwrap();
    assert!(body.starts_with("HTTP/1.1 200") && body.to_lowercase().contains("<!doctype html>"), "{body}");
}

/// The page at the root of a port, as text.
fn get(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer).unwrap();
    answer
}

async fn judged(machine: &Machine) {
    let url = machine.practice.url();
    let folders = machine.computer(&[]).folders;

    // The key: Ollama's place answers 401.
    let body = r#"{"error":"unauthorized"}"#.into();
    let refuses = Answer::Reply { status: 401, content_type: "application/json".into(), body };
    machine.answer_chats(Some(refuses));
    let refused = machine.prove(short()).await;
    assert_eq!(refused.outcome, ProofOutcome::KeyRefused { url: url.clone() }, "{refused:?}");
    assert!(kept::read(&folders).is_empty(), "what failed is not proven any more");

    // The gateway's own key: its command comes with another.
    machine.answer_chats(None);
    let other = machine.computer(&[("OPENCLAW_GATEWAY_TOKEN", "another-token-than-the-gateways")]);
    let refused = proof::prove(&other, MODEL, short(), |_| {}).await.unwrap();
    assert_eq!(refused.outcome, ProofOutcome::GatewayRefused {}, "{refused:?}");

    // It is there and does not finish.
    machine.answer_chats(Some(Answer::Silent));
    let slow = machine.prove(short()).await;
    assert_eq!(slow.outcome, ProofOutcome::TooSlow { minutes: 1 }, "{slow:?}");

    // It says nothing at all.
    for path in ["/api/ps", "/api/tags", "/api/version"] {
        machine.practice.set_answer(path, Some(Answer::Silent));
    }
    let silent = machine.prove(Limits { answer: Duration::from_secs(120), ..short() }).await;
    assert_eq!(silent.outcome, ProofOutcome::OllamaSilent { url: url.clone() }, "{silent:?}");
    for path in ["/api/ps", "/api/tags", "/api/version", "/api/chat"] {
        machine.practice.set_answer(path, None);
    }

    // Given up by the user: OpenClaw aborts the turn, and Ollama stops.
    let model = machine.practice.models().into_iter().find(|model| model.name == MODEL).unwrap();
    let silent = PracticeModel { chat: ChatAnswer::Silent, ..model.clone() };
    machine.practice.install(silent);
    let asked = machine.practice.requests().len();
    let computer = machine.computer(&[]);
    let proving =
        tokio::spawn(async move { proof::prove(&computer, MODEL, Limits::default(), |_| {}).await });
    let chat =
        |practice: &Practice| practice.requests().iter().skip(asked).any(|one| one.path == "/api/chat");
    assert!(machine.practice.until(LIMIT, chat).await, "no question came");
    proving.abort();
    let stopped = |event: &Event| matches!(event, Event::ChatStopped { .. });
    assert!(machine.practice.until_event(LIMIT, stopped).await, "Ollama still works on it");
    machine.practice.install(PracticeModel { chat: ChatAnswer::Full, ..model });

    // The model is gone.
    machine.practice.remove(MODEL);
    let missing = machine.prove(short()).await;
    assert_eq!(missing.outcome, ProofOutcome::ModelMissing {}, "{missing:?}");

    // Ollama is gone: that is not waited for.
    machine.practice.stop().await;
    let stopped = machine.prove(Limits::default()).await;
    assert_eq!(stopped.outcome, ProofOutcome::OllamaStopped { url }, "{stopped:?}");
}
