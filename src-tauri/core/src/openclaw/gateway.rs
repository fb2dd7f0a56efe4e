//! OpenClaw's gateway, the program that answers people: whether it runs, and whether it still answers after a change.
//! It watches its settings and takes a change by itself, in about half a second (measured).

pub mod dashboard;
mod failures;
mod judge;
pub mod kept;
pub mod lack;
pub mod login;
pub mod proof;
pub mod sees;
pub mod settled;
pub mod start;
mod turn;

use std::{net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::settings::Settings;
use crate::{computer::Computer, machine::port_owner::PortOwner};

/// It is on loopback: it connects at once or not at all.
const CONNECT: Duration = Duration::from_millis(300);
/// For an answer. It is busy for a moment while it takes new settings.
const ANSWER: Duration = Duration::from_secs(2);
/// Its answer has some forty bytes.
const ANSWER_BYTES: usize = 16 << 10;
/// So long it must go on answering after a change: four times what taking one needs.
const SETTLES: Duration = Duration::from_secs(2);
/// One that went away may come back; a start takes 10 to 25 s (measured), which the watcher of a window sees.
const RETURNS: Duration = Duration::from_secs(10);
/// Between two looks after a change.
const PAUSE: Duration = Duration::from_millis(100);

/// What runs an OpenClaw that is installed on this very system. Newer Nodes call themselves by their thread on Linux.
const RUNTIMES: [&str; 5] = ["node", "openclaw", "bun", "deno", "MainThread"];

/// Whether who listens on a gateway's port is an OpenClaw of this very system: a program that our `PATH` does not show,
/// of nvm say, runs on a Node that is seen.
pub(crate) fn is_runtime(owner: Option<&PortOwner>) -> bool {
    let name = owner.and_then(|owner| owner.name.as_deref());
    name.is_some_and(|name| RUNTIMES.iter().any(|runtime| name.starts_with(runtime)))
}

/// Whether OpenClaw's gateway runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Gateway {
    /// Nothing listens on its port.
    None,
    /// It answers `/healthz` as itself.
    Answers,
    /// Something listens there and does not answer so; after a change also one that answered before and is gone.
    Silent,
}

impl Gateway {
    /// Something listens on its port.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Asks the gateway on this port of this computer: `GET /healthz` gives `{"ok":true,...}`.
pub async fn look(port: u16) -> Gateway {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    // Most often nothing listens: known at once, without a client.
    let connect = tokio::net::TcpStream::connect(address);
    if !matches!(tokio::time::timeout(CONNECT, connect).await, Ok(Ok(_))) {
        return Gateway::None;
    }
    match tokio::time::timeout(ANSWER, healthz(address)).await {
        Ok(Some(Word::Health { ok: true })) => Gateway::Answers,
        _ => Gateway::Silent,
    }
}

/// Whether what is on this port without being a gateway that answers is another program: by its name, or by an answer
/// that no gateway gives. A Node that says nothing may be a gateway that is just starting, or busy.
pub(crate) async fn is_other(port: u16, owner: Option<&PortOwner>) -> bool {
    let name = owner.and_then(|owner| owner.name.as_deref());
    if name.is_some() && !is_runtime(owner) {
        return true;
    }
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    matches!(tokio::time::timeout(ANSWER, healthz(address)).await, Ok(Some(Word::Other)))
}

/// What is said at `/healthz`.
enum Word {
    /// As a gateway says it.
    Health { ok: bool },
    /// By something else.
    Other,
}

/// `None`: nothing, or a failure of the server's own, which passes.
async fn healthz(address: SocketAddr) -> Option<Word> {
    #[derive(Deserialize)]
    struct Health {
        ok: bool,
    }
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        // Plain HTTP: the system's certificates need not be read.
        .tls_certs_only([])
        .build()
        .ok()?;
    let mut response = client.get(format!("http://{address}/healthz")).send().await.ok()?;
    if !response.status().is_success() {
        return (!response.status().is_server_error()).then_some(Word::Other);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Some(Word::Other);
        }
    }
    let health = serde_json::from_slice::<Health>(&body);
    Some(health.map_or(Word::Other, |health| Word::Health { ok: health.ok }))
}

/// Looks at the gateway of this computer's OpenClaw.
pub async fn now(computer: &Computer) -> Gateway {
    look(port(computer).await).await
}

/// How the gateway is after a change, from how it was `before`. One that answered is watched as long as taking the
/// change needs; should it go away meanwhile, until it is back, for ten seconds at most.
pub async fn after_change(computer: &Computer, before: Gateway) -> Gateway {
    let port = port(computer).await;
    if before == Gateway::Answers { watch(port, SETTLES, RETURNS).await } else { look(port).await }
}

/// Looks until it answers after `settles`; until `returns` at most.
async fn watch(port: u16, settles: Duration, returns: Duration) -> Gateway {
    let begun = Instant::now();
    loop {
        let answers = look(port).await == Gateway::Answers;
        if answers && begun.elapsed() >= settles {
            return Gateway::Answers;
        }
        if begun.elapsed() >= returns {
            return Gateway::Silent;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The port that the settings say. A file that cannot be read says nothing.
async fn port(computer: &Computer) -> u16 {
    let computer = computer.clone();
    let read = tokio::task::spawn_blocking(move || {
        let configuration = computer.configuration().ok().flatten();
        configuration.map(|all| Settings::of(all.value()).gateway())
    });
    read.await.ok().flatten().unwrap_or_else(|| Settings::default().gateway())
}

#[cfg(test)]
mod tests {
    use pincer_practice::{Answer, Options, Practice};

    use super::*;

    fn reply(status: u16, body: &str) -> Answer {
        Answer::Reply { status, content_type: "application/json".into(), body: body.into() }
    }

    /// Something on a real port whose `/healthz` a test sets.
    async fn stand_in() -> (Practice, u16) {
        let practice = Practice::start(Options::default()).await.unwrap();
        let port = practice.addr().port();
        (practice, port)
    }

    #[tokio::test]
    async fn it_is_there_when_it_says_so_itself() {
        let (practice, port) = stand_in().await;
        let long = format!("{{\"ok\":true,\"more\":\"{}\"}}", "x".repeat(ANSWER_BYTES));
        for (answer, gateway) in [
            (reply(200, r#"{"ok":true,"status":"live"}"#), Gateway::Answers),
            (reply(200, r#"{"ok":false}"#), Gateway::Silent),
            (reply(503, r#"{"ok":true}"#), Gateway::Silent),
            (reply(200, "<html>"), Gateway::Silent),
            (reply(200, &long), Gateway::Silent),
            (Answer::Silent, Gateway::Silent),
        ] {
            practice.set_answer("/healthz", Some(answer.clone()));
            assert_eq!(look(port).await, gateway, "{answer:?}");
        }
        practice.set_answer("/healthz", None);
        assert_eq!(look(port).await, Gateway::Silent, "another program");
        practice.stop().await;
        assert_eq!(look(port).await, Gateway::None);
    }

    #[tokio::test]
    async fn another_program_is_known_by_its_name_or_its_answer() {
        let (practice, port) = stand_in().await;
        let owner = |name: &str| PortOwner { pid: None, name: Some(name.into()), user: None, age: None };
        for (answer, other) in [
            (reply(404, ""), true),
            (reply(200, "<html>"), true),
            (reply(200, r#"{"ok":false}"#), false),
            (reply(503, ""), false),
            (Answer::Silent, false),
        ] {
            practice.set_answer("/healthz", Some(answer.clone()));
            assert_eq!(is_other(port, Some(&owner("node"))).await, other, "{answer:?}");
            assert_eq!(is_other(port, None).await, other, "{answer:?}");
            assert!(is_other(port, Some(&owner("nginx"))).await, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn one_that_goes_away_for_a_moment_is_waited_for() {
        let (practice, port) = stand_in().await;
        practice.set_answer("/healthz", Some(reply(503, "")));
        let watched = tokio::spawn(watch(port, Duration::ZERO, Duration::from_secs(60)));
        let asked_twice = |practice: &Practice| practice.requests().len() >= 2;
        assert!(practice.until(Duration::from_secs(45), asked_twice).await);
        practice.set_answer("/healthz", Some(reply(200, r#"{"ok":true}"#)));
        assert_eq!(watched.await.unwrap(), Gateway::Answers);
    }

    #[tokio::test]
    async fn one_that_dies_after_the_change_is_not_said_to_answer() {
        let (practice, port) = stand_in().await;
        practice.set_answer("/healthz", Some(reply(200, r#"{"ok":true}"#)));
        // It goes on answering for a while, so that the first look alone would be content.
        let watched = tokio::spawn(watch(port, Duration::from_millis(500), Duration::from_millis(1500)));
        assert!(practice.until_request(Duration::from_secs(45), |request| request.path == "/healthz").await);
        practice.stop().await;
        assert_eq!(watched.await.unwrap(), Gateway::Silent);
    }
}
