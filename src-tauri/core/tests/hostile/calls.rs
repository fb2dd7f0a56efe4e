//! Every question that the library asks over HTTP, each by the function that the rest of it calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use pincer_core::{
    error::Error,
    live::pulls::{Room, follow},
    models::discovery::Discovery,
    ollama::{
        address::Address,
        client::{ChatRequest, Client, Limits, Lines},
    },
    openclaw::gateway::{self, Gateway},
    surroundings::Environment,
};
use pincer_practice::RawServer;
use serde_json::json;
use tokio::sync::Notify;

/// A stream that brings so many lines goes on for ever: only its user ends it.
const MANY_LINES: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Greeting,
    Version,
    Tags,
    Ps,
    Show,
    ShowVerbose,
    Recommendations,
    Unload,
    Delete,
    Discovery,
    Pull,
    Chat,
    Gateway,
    Install,
}

pub(crate) const CALLS: [Call; 14] = [
    Call::Greeting,
    Call::Version,
    Call::Tags,
    Call::Ps,
    Call::Show,
    Call::ShowVerbose,
    Call::Recommendations,
    Call::Unload,
    Call::Delete,
    Call::Discovery,
    Call::Pull,
    Call::Chat,
    Call::Gateway,
    Call::Install,
];

pub(crate) fn client(url: &str, limits: Limits) -> Client {
    Client::new(&Address::parse(url).unwrap(), &Environment::default(), limits).unwrap()
}

impl Call {
    /// Asks, and tells the code: `fine` for an answer, `goes-on` for a stream without an end.
    pub(crate) async fn make(self, server: &RawServer, limits: Limits) -> String {
        let client = client(&server.url(), limits);
        match self {
            Self::Greeting => told(client.greeting().await),
            Self::Version => told(client.version().await),
            Self::Tags => told(client.tags().await),
            Self::Ps => told(client.ps().await),
            Self::Show => told(client.show("a:1b").await),
            Self::ShowVerbose => told(client.show_verbose("a:1b").await),
            Self::Recommendations => told(client.recommendations().await),
            Self::Unload => told(client.unload("a:1b").await),
            Self::Delete => told(client.delete("a:1b", limits.answer).await),
            Self::Discovery => told(Discovery::default().look(&client).await),
            Self::Pull => pull(&client).await,
            Self::Chat => chat(&client, limits).await,
            Self::Gateway => match gateway::look(server.addr().port()).await {
                Gateway::Answers => "fine".into(),
                Gateway::Silent => "gateway.silent".into(),
                Gateway::None => "gateway.none".into(),
            },
            Self::Install => super::install::code(server, limits).await,
        }
    }
}

fn told<T>(answer: Result<T, Error>) -> String {
    answer.map_or_else(|error| code(&error), |_| "fine".into())
}

/// The code of an error, after what any reader of it would be shown was looked at.
pub(crate) fn code(error: &Error) -> String {
    let shown = serde_json::to_value(error).unwrap();
    super::names::is_inert(&shown);
    assert!(shown.to_string().chars().count() < 40_000, "an error of bounded length");
    shown["code"].as_str().unwrap().to_owned()
}

async fn pull(client: &Client) -> String {
    let (lines, many) = (AtomicUsize::new(0), Notify::new());
    let room = Room::unknown();
    let pull = follow(client, &room, "a:1b", |state| {
        assert!((0.0..=1.0).contains(&state.fraction) && state.completed_bytes <= state.total_bytes);
        if lines.fetch_add(1, Ordering::Relaxed) == MANY_LINES {
            many.notify_one();
        }
    });
    tokio::select! {
        end = pull => end.failure.map_or_else(|| "fine".into(), |failure| code(&failure)),
        () = many.notified() => "goes-on".into(),
    }
}

async fn chat(client: &Client, limits: Limits) -> String {
    let request = ChatRequest {
        model: "a:1b",
        messages: json!([{ "role": "user", "content": "hi" }]),
        tools: json!([]),
        options: json!({}),
        keep_alive: "1m",
    };
    match client.chat(&request, limits.stream).await {
        Ok(lines) => heard(lines).await,
        Err(refusal) => code(&refusal.error),
    }
}

async fn heard(mut lines: Lines) -> String {
    for _ in 0..MANY_LINES {
        match lines.next().await {
            Ok(Some(line)) => assert!(line.len() <= (9 << 20)),
            Ok(None) => return "fine".into(),
            Err(error) => return code(&error),
        }
    }
    "goes-on".into()
}
