//! The client against every fault of the table, over real sockets: a clear code each, bounded memory and time,
//! never a panic. And against the true protocol.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::time::Duration;

use pincer_core::{
    error::{Error, ErrorCode},
    ollama::{
        address::Address,
        client::{Client, Limits},
    },
    surroundings::{Environment, PRACTICE_VARIABLE},
};
use pincer_practice::{Options, Practice, PracticeModel, RawServer, faults};

/// Short, so that a silent server does not hold the test up; nothing asserts a time.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    answer: Duration::from_millis(700),
    stream: Duration::from_millis(700),
};

fn client(url: &str) -> Client {
    client_with(url, &Environment::default(), LIMITS)
}

fn client_with(url: &str, environment: &Environment, limits: Limits) -> Client {
    Client::new(&Address::parse(url).unwrap(), environment, limits).unwrap()
}

fn patient(url: &str) -> Client {
    client_with(url, &Environment::default(), Limits::default())
}

fn name(error: &Error) -> &'static str {
    match error.code {
        ErrorCode::OllamaRefused { .. } => "refused",
        ErrorCode::OllamaUnreachable { .. } => "unreachable",
        ErrorCode::OllamaSilent { .. } => "silent",
        ErrorCode::OllamaCutOff { .. } => "cut-off",
        ErrorCode::OllamaNameUnknown { .. } => "name-unknown",
        ErrorCode::OllamaTls { .. } => "tls",
        ErrorCode::OllamaNotOllama { .. } => "not-ollama",
        ErrorCode::OllamaStatus { .. } => "status",
        ErrorCode::OllamaUnreadable { .. } => "unreadable",
        _ => "other",
    }
}

#[tokio::test]
async fn every_fault_has_its_code() {
    let expected = |fault: &str| match fault {
        "never-accepts" | "silent" | "slow-head" | "body-stops" | "drip" => &["silent"][..],
        "closes-at-once"
        | "resets-at-once"
        | "empty-reply"
        | "reset-after-request"
        | "half-head"
        | "short-body" => &["cut-off"],
        "ssh" | "ftp" | "tls" | "http2-only" | "noise" | "huge-head" | "bad-length" => &["not-ollama"],
        "html" | "not-found" | "error-500-html" | "error-502" | "redirect" => &["not-ollama"],
        "error-500" | "queue-full" | "forbidden" | "proxy-login" | "https-port" => &["status"],
        "other-json" | "empty-body" | "no-content" | "not-json" | "half-json" | "wrong-types"
        | "deep-json" | "invalid-utf8" => &["unreadable"],
        // Endless ones end by size or by time, whichever comes first on this machine.
        "endless-json" | "endless-chunks" => &["unreadable", "silent"],
        // A broken chunk shows when the body is read; more than promised is not read at all.
        "bad-chunk" => &["cut-off", "not-ollama"],
        // We ask for no compression, so its claim does not matter.
        "long-body" | "false-gzip" => &["fine"],
        other => panic!("a new fault needs its code here: {other}"),
    };
    let faults = faults::table().into_iter().filter(|fault| fault.place != faults::Place::Pull);
    for fault in faults {
        let told = fault.name.clone();
        let server = RawServer::start(fault, 0).await.unwrap();
        let client = client(&server.url());
        // Another program's JSON shows only where a field is needed.
        let answer = if told == "other-json" {
            client.version().await.map(drop)
        } else {
            client.tags().await.map(drop)
        };
        let got = answer.as_ref().err().map_or("fine", name);
        assert!(expected(&told).contains(&got), "{told}: {got} ({answer:?})");
        if told == "redirect" {
            assert_eq!(server.requests().len(), 1, "a redirect is not followed");
        }
    }
}

#[tokio::test]
async fn nothing_there_and_no_such_name() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(name(&client(&url).version().await.unwrap_err()), "refused");
    // RFC 6761: never resolves.
    assert_eq!(name(&client("http://nowhere.invalid:1").version().await.unwrap_err()), "name-unknown");
}

#[tokio::test]
async fn https_on_a_plain_port_is_told_apart() {
    let practice = Practice::start(Options::default()).await.unwrap();
    let url = practice.url().replace("http://", "https://");
    assert_eq!(name(&client(&url).version().await.unwrap_err()), "tls");
}

#[tokio::test]
async fn a_proxy_is_never_used_for_loopback() {
    let practice = Practice::start(Options::default()).await.unwrap();
    let catcher = RawServer::start(faults::named("html").unwrap(), 0).await.unwrap();
    let environment = Environment::new([("HTTP_PROXY", catcher.url()), ("ALL_PROXY", catcher.url())]);
    let client = client_with(&practice.url(), &environment, Limits::default());
    assert!(client.version().await.is_ok());
    assert_eq!(catcher.connections(), 0);
    // For another machine it is used, as the environment says.
    let client = client_with("http://ollama.test:11434", &environment, Limits::default());
    assert_eq!(name(&client.version().await.unwrap_err()), "not-ollama");
    assert_eq!(catcher.connections(), 1);
    let environment = Environment::new([("HTTP_PROXY", catcher.url()), ("NO_PROXY", "ollama.test".into())]);
    let client = client_with("http://ollama.test:11434", &environment, Limits::default());
    assert_eq!(name(&client.version().await.unwrap_err()), "name-unknown");
    assert_eq!(catcher.connections(), 1);
}

#[tokio::test]
async fn practice_asks_neither_another_computer_nor_the_usual_port() {
    let practice = Practice::start(Options::default()).await.unwrap();
    let catcher = RawServer::start(faults::named("html").unwrap(), 0).await.unwrap();
    let bounds =
        Environment::new([(PRACTICE_VARIABLE, "127.0.0.1:1".to_owned()), ("HTTP_PROXY", catcher.url())]);
    assert!(client_with(&practice.url(), &bounds, Limits::default()).version().await.is_ok());
    // The first would be answered by the proxy; what is at the usual port of this computer is not known here.
    for url in ["http://ollama.test:8080", "http://127.0.0.1:11434", "http://localhost:11434"] {
        let refused = client_with(url, &bounds, Limits::default()).version().await.unwrap_err();
        assert_eq!(name(&refused), "refused", "{url}");
    }
    assert_eq!(catcher.connections(), 0);
}

#[tokio::test]
async fn ollamas_own_words_come_through() {
    let practice = Practice::start(Options::with_models(vec![PracticeModel::tools("a:1b")])).await.unwrap();
    let client = patient(&practice.url());
    assert!(client.greeting().await.unwrap());
    let error = client.show("nope").await.unwrap_err();
    let url = practice.url();
    assert_eq!(
        error.code,
        ErrorCode::OllamaStatus { url, status: 404, message: "model 'nope:latest' not found".into() }
    );
    assert_eq!(client.tags().await.unwrap().models[0].name, "a:1b");
    assert!(client.ps().await.unwrap().models.is_empty());
    assert!(client.show("a:1b").await.unwrap().capabilities.unwrap().contains(&"tools".to_owned()));
}
