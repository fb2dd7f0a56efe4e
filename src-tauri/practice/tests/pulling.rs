//! Pulls, compared with captured ones, and every way they go wrong.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use common::{LIMIT, answer, ask, captured_lines, pull, quick, skeleton, statuses, told};
use pincer_practice::{Event, Options, Practice, PracticeModel, PullFault, RegistryModel, faulty};
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

/// A server that offers `big`: 24 MiB and three small blobs, as in the captured pull.
async fn server(ticks: u32, fault: Option<PullFault>) -> Practice {
    let mut big = RegistryModel::new(PracticeModel::tools("big")).with_layers(&[24 * MIB, 219, 66, 209]);
    big.fault = fault;
    let options = Options { registry: vec![big], pull_ticks: ticks, ..quick(Vec::new()) };
    Practice::start(options).await.unwrap()
}

fn completed(line: &Value) -> u64 {
    line["completed"].as_u64().unwrap_or(0)
}

fn is_success(lines: &[Value]) -> bool {
    lines.last().is_some_and(|line| *line == json!({ "status": "success" }))
}

/// Names of layers differ from server to server.
fn order(lines: &[Value]) -> Vec<String> {
    let layer = |status: &String| status.starts_with("pulling ") && status != "pulling manifest";
    let word = |status: String| if layer(&status) { "layer".to_owned() } else { status };
    let mut order: Vec<String> = statuses(lines).into_iter().map(word).collect();
    order.dedup();
    order
}

#[tokio::test]
async fn a_pull_has_the_captured_lines_and_installs() {
    let server = server(30, None).await;
    let lines = pull(&server, "BIG").await.rest().await;
    let real = captured_lines("pull_ok.ndjson");
    assert_eq!(order(&lines), order(&real));
    let with_bytes =
        |lines: &[Value]| skeleton(lines.iter().find(|line| completed(line) > 0).unwrap()).to_string();
    assert_eq!(with_bytes(&lines), with_bytes(&real));
    let mut last = 0;
    for line in lines.iter().filter(|line| line["total"] == 24 * MIB) {
        let digest = line["digest"].as_str().unwrap();
        assert_eq!(line["status"], format!("pulling {}", &digest["sha256:".len()..][..12]));
        assert!(completed(line) >= last, "{line}");
        last = completed(line);
    }
    assert!(last > 0 && last <= 24 * MIB);
    let tags = answer(&server, "GET", "/api/tags", Value::Null).await;
    assert_eq!(tags["models"][0]["name"], "big:latest");
    assert_eq!(tags["models"][0]["size"], 24 * MIB + 219 + 66 + 209);
    assert_eq!(server.events(), [Event::Installed { model: "big:latest".into() }]);
}

#[tokio::test]
async fn pulling_what_is_there_shows_each_layer_once() {
    let server = server(3, None).await;
    pull(&server, "big").await.rest().await;
    let again = pull(&server, "big").await.rest().await;
    let real = captured_lines("pull_cached.ndjson");
    let form = |lines: &[Value]| lines.iter().map(|line| skeleton(line).to_string()).collect::<Vec<_>>();
    assert_eq!(form(&again), form(&real));
    assert!(again.iter().all(|line| line["completed"] == line["total"]));
}

#[tokio::test]
async fn what_is_installed_from_the_start_is_found_too() {
    let server =
        Practice::start(Options { tick: Duration::from_millis(2), ..Options::demo() }).await.unwrap();
    let lines = pull(&server, "qwen3:8b").await.rest().await;
    assert_eq!(lines.len(), 1 + 5 + 3, "{lines:?}");
    assert!(is_success(&lines));
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_transfer_and_the_next_goes_on() {
    // A stall keeps the transfer at a known number for as long as the test needs.
    let stall = PullFault::Stalls { after_bytes: 10 * MIB, ticks: None };
    let server = server(12, Some(stall)).await;
    let mut first = pull(&server, "big").await;
    first.until(|line| completed(line) == 10 * MIB).await;
    drop(first);
    let left = Event::TransferStopped { model: "big:latest".into(), completed: 10 * MIB };
    assert!(server.until_event(LIMIT, |event| *event == left).await);
    server.set_pull_fault("big", None);
    let lines = pull(&server, "big").await.rest().await;
    assert!(completed(&lines[1]) >= 10 * MIB, "{}", lines[1]);
    assert!(is_success(&lines));
    assert_eq!(order(&lines), order(&captured_lines("pull_resume.ndjson")));
}

#[tokio::test]
async fn two_clients_share_a_transfer_and_one_may_leave() {
    let stall = PullFault::Stalls { after_bytes: 10 * MIB, ticks: None };
    let server = server(12, Some(stall)).await;
    let mut first = pull(&server, "big").await;
    first.until(|line| completed(line) == 10 * MIB).await;
    let mut second = pull(&server, "big").await;
    second.until(|line| line["status"] == "pulling manifest").await;
    let joined = second.next().await.unwrap().unwrap();
    assert_eq!(completed(&joined), 10 * MIB, "the second sees what the first has");
    drop(first);
    server.set_pull_fault("big", None);
    assert!(is_success(&second.rest().await));
    assert_eq!(server.events(), [Event::Installed { model: "big:latest".into() }], "nothing was stopped");
}

#[tokio::test]
async fn a_stall_repeats_the_number_and_completed_is_absent_at_zero() {
    let server = server(12, Some(PullFault::Stalls { after_bytes: 0, ticks: None })).await;
    let mut lines = pull(&server, "big").await;
    lines.next().await.unwrap();
    for _ in 0..5 {
        let line = lines.next().await.unwrap().unwrap();
        assert_eq!(line["total"], 24 * MIB);
        assert!(line.get("completed").is_none(), "{line}");
    }
    server.set_pull_fault("big", Some(PullFault::Stalls { after_bytes: 6 * MIB, ticks: Some(40) }));
    let lines = lines.rest().await;
    let stalled = lines.iter().filter(|line| completed(line) == 6 * MIB).count();
    assert!(stalled > 2, "{stalled}");
    assert!(is_success(&lines));
}

#[tokio::test]
async fn completed_can_go_back() {
    let server = server(96, Some(PullFault::GoesBack { after_bytes: 12 * MIB, by: 6 * MIB })).await;
    let lines = pull(&server, "big").await.rest().await;
    let numbers: Vec<u64> = lines.iter().filter(|line| line["total"] == 24 * MIB).map(completed).collect();
    assert!(numbers.windows(2).any(|pair| pair[1] < pair[0]), "{numbers:?}");
    assert!(is_success(&lines));
}

#[tokio::test]
async fn a_cut_is_an_error_of_the_connection_and_an_early_end_is_not() {
    for reset in [false, true] {
        let server = server(4, Some(PullFault::Cut { after_bytes: 10 * MIB, reset })).await;
        let mut lines = pull(&server, "big").await;
        let cause = loop {
            match lines.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a proper end"),
                Err(cause) => break format!("{cause:?}"),
            }
        };
        assert_eq!(cause.contains("ConnectionReset"), reset, "{cause}");
        server.set_pull_fault("big", None);
        assert!(is_success(&pull(&server, "big").await.rest().await), "the server lives on");
    }
    let server = server(4, Some(PullFault::EndsEarly { after_bytes: 10 * MIB })).await;
    let lines = pull(&server, "big").await.rest().await;
    assert!(lines.iter().all(|line| line["status"] != "success" && line.get("error").is_none()));
}

#[tokio::test]
async fn a_killed_server_cuts_its_pulls_and_keeps_their_bytes() {
    let stall = PullFault::Stalls { after_bytes: 10 * MIB, ticks: None };
    let server = server(12, Some(stall)).await;
    let mut lines = pull(&server, "big").await;
    lines.until(|line| completed(line) == 10 * MIB).await;
    server.stop().await;
    while let Ok(line) = lines.next().await {
        assert!(line.is_some(), "a proper end");
    }
    server.set_pull_fault("big", None);
    server.start_again().await.unwrap();
    let lines = pull(&server, "big").await.rest().await;
    assert!(completed(&lines[1]) >= 10 * MIB);
    assert!(is_success(&lines));
}

#[tokio::test]
async fn every_known_error_comes_with_status_200_as_the_last_line() {
    let server = Practice::start(quick(Vec::new())).await.unwrap();
    let expected = [
        ("offline-dns", "no such host"),
        ("offline-timeout", "i/o timeout"),
        ("offline-refused", "connection refused"),
        ("company-proxy", "x509: certificate signed by unknown authority"),
        ("blob-proxy", "r2.cloudflarestorage.com"),
        ("sign-in-page", "invalid character '<' looking for beginning of value"),
        ("disk-full", "no space left on device"),
        ("no-permission", "permission denied"),
        ("too-old", "pull model manifest: 412: "),
        ("private", "unauthorized: access denied"),
        ("retries", "max retries exceeded: "),
        ("damaged", "digest mismatch, file must be downloaded again"),
    ];
    let failing = faulty().into_iter().filter(|entry| {
        matches!(entry.fault, Some(PullFault::Fails { .. } | PullFault::FailsVerifying { .. }))
    });
    assert_eq!(failing.count(), expected.len(), "every error of the registry is looked at");
    for (name, words) in expected {
        let lines = pull(&server, &format!("practice/{name}")).await.rest().await;
        let error = lines.last().unwrap()["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(words), "{name}: {lines:?}");
    }
    let lines = pull(&server, "no-such-model").await.rest().await;
    let unknown = json!({ "error": "pull model manifest: file does not exist" });
    assert_eq!(lines, [json!({ "status": "pulling manifest" }), unknown]);
    assert!(server.models().is_empty());
}

#[tokio::test]
async fn damaged_bytes_are_downloaded_again() {
    let server = server(6, Some(PullFault::FailsVerifying { text: "digest mismatch".into() })).await;
    let lines = pull(&server, "big").await.rest().await;
    assert_eq!(order(&lines), ["pulling manifest", "layer", "verifying sha256 digest", "error"]);
    server.set_pull_fault("big", Some(PullFault::Stalls { after_bytes: 0, ticks: None }));
    let mut again = pull(&server, "big").await;
    again.next().await.unwrap();
    assert!(again.next().await.unwrap().unwrap().get("completed").is_none(), "from nothing");
}

#[tokio::test]
async fn without_streaming_there_is_one_answer() {
    let server = server(3, None).await;
    let asked = |name: &str| json!({ "model": name, "stream": false });
    let done = told(ask(&server, "POST", "/api/pull", asked("big")).await).await;
    assert_eq!(done, (200, r#"{"status":"success"}"#.into()));
    let failed = told(ask(&server, "POST", "/api/pull", asked("nothing")).await).await;
    assert_eq!(failed, (500, r#"{"error":"pull model manifest: file does not exist"}"#.into()));
    for (body, text) in [
        (Value::Null, r#"{"error":"missing request body"}"#),
        (json!({ "model": "a b" }), r#"{"error":"invalid model name"}"#),
        (json!({}), r#"{"error":"invalid model name"}"#),
    ] {
        assert_eq!(told(ask(&server, "POST", "/api/pull", body).await).await, (400, text.into()));
    }
}

#[tokio::test]
async fn other_forms_of_pulls() {
    let server = Practice::start(quick(Vec::new())).await.unwrap();
    let lines = pull(&server, "practice/mlx").await.rest().await;
    assert!(lines.iter().any(|line| line["status"] == "pulling model" && line.get("digest").is_none()));
    assert!(is_success(&lines));
    let lines = pull(&server, "practice/replaces-old").await.rest().await;
    let end: Vec<&str> = lines.iter().rev().take(3).map(|line| line["status"].as_str().unwrap()).collect();
    assert_eq!(end, ["success", "removing unused layers", "writing manifest"]);
}

#[tokio::test]
async fn deleting_forgets_the_bytes() {
    let server = server(3, None).await;
    pull(&server, "big").await.rest().await;
    ask(&server, "DELETE", "/api/delete", json!({ "model": "big" })).await;
    server.set_pull_fault("big", Some(PullFault::Stalls { after_bytes: MIB, ticks: None }));
    pull(&server, "big").await.until(|line| completed(line) == MIB).await;
}
