//! One stream of a download: captured ones replayed, ones broken everywhere, and real ones against practice.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{sync::Arc, time::Duration};

use pincer_core::{
    error::ErrorCode,
    live::pulls::{Room, follow},
    ollama::{
        address::Address,
        client::{Client, Limits},
        pull::{PullFold, PullPhase, PullState},
    },
    surroundings::Environment,
};
use pincer_practice::{Event, Options, Practice, RawServer, faults};
use proptest::prelude::*;

const STREAMS: [&str; 5] = [
    include_str!("../../practice/fixtures/ollama/pull_ok.ndjson"),
    include_str!("../../practice/fixtures/ollama/pull_cached.ndjson"),
    include_str!("../../practice/fixtures/ollama/pull_resume.ndjson"),
    include_str!("../../practice/fixtures/ollama/pull_registry_lost.ndjson"),
    include_str!("../../practice/fixtures/ollama/pull_two_clients.ndjson"),
];
const LIMIT: Duration = Duration::from_secs(20);

/// The lines of a stream; one capture begins with the head of the answer.
fn lines(stream: &str) -> Vec<&[u8]> {
    stream.lines().filter(|line| line.starts_with('{')).map(str::as_bytes).collect()
}

/// Feeds lines 60 ms apart and checks every state on the way.
fn fold(lines: &[&[u8]]) -> PullState {
    over(&[lines])
}

/// The same over several streams, as when each but the last broke off and was asked for again.
fn over(streams: &[&[&[u8]]]) -> PullState {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let mut last = fold.state(Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut step = |fold: &mut PullFold, now: Duration| {
        let state = fold.state(now);
        check(&last, &state);
        last = state;
    };
    for (nth, lines) in streams.iter().enumerate() {
        if nth > 0 {
            fold.hold(PullPhase::Waiting, Some(ErrorCode::PullInterrupted {}.into()));
            step(&mut fold, now);
            fold.ask_again(now);
            step(&mut fold, now);
        }
        for line in *lines {
            now += Duration::from_millis(60);
            fold.raw_line(line, now);
            step(&mut fold, now);
        }
    }
    fold.ended();
    step(&mut fold, now);
    last
}

fn check(before: &PullState, after: &PullState) {
    assert!(after.fraction >= before.fraction, "the bar fell");
    assert!(after.completed_bytes <= after.total_bytes);
    assert!((0.0..=1.0).contains(&after.fraction));
    assert_eq!(after.fraction >= 1.0, after.state == PullPhase::Done);
}

#[test]
fn every_captured_stream_is_replayed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../practice/fixtures/ollama");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let pulls = names.filter(|name| name.to_string_lossy().starts_with("pull_")).count();
    assert_eq!(pulls, STREAMS.len());
}

#[test]
fn captured_streams_end_well() {
    for stream in STREAMS {
        let end = fold(&lines(stream));
        assert_eq!(end.state, PullPhase::Done, "{:?}", end.failure);
        assert_eq!(end.completed_bytes, end.total_bytes);
    }
}

#[test]
fn a_stream_broken_at_any_line_is_interrupted() {
    for stream in STREAMS {
        let lines = lines(stream);
        for cut in 0..lines.len() {
            let end = fold(&lines[..cut]);
            assert_eq!(end.state, PullPhase::Failed);
            assert_eq!(end.failure.map(|error| error.code), Some(ErrorCode::PullInterrupted {}));
        }
    }
}

#[test]
fn a_stream_broken_at_any_line_goes_on_where_it_was() {
    for stream in STREAMS {
        let lines = lines(stream);
        // Every tenth: each cut replays the stream twice.
        for cut in (0..lines.len()).step_by(10) {
            let end = over(&[&lines[..cut], &lines[..cut / 2], &lines]);
            assert_eq!(end.state, PullPhase::Done, "{cut}: {:?}", end.failure);
            assert_eq!(end.completed_bytes, end.total_bytes);
        }
    }
}

proptest! {
    #[test]
    fn a_stream_cut_at_any_byte_goes_on_or_says_why_not(which in 0..STREAMS.len(), at in any::<prop::sample::Index>()) {
        let whole = lines(STREAMS[which]);
        let bytes = whole.join(&b'\n');
        let at = at.index(bytes.len());
        let cut: Vec<&[u8]> = bytes[..at].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let end = fold(&cut);
        assert_eq!(end.state, PullPhase::Failed);
        assert_eq!(end.failure.map(|error| error.code), Some(ErrorCode::PullInterrupted {}));
        // Half a line is a fault; without it the next stream goes on.
        let whole_lines = cut.len().saturating_sub(1);
        assert_eq!(over(&[&cut[..whole_lines], &whole]).state, PullPhase::Done);
    }

    #[test]
    fn a_stream_broken_at_any_byte_never_lies(which in 0..STREAMS.len(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = lines(STREAMS[which]).join(&b'\n');
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        fold(&lines);
    }

    #[test]
    fn numbers_without_sense_never_lie(numbers in prop::collection::vec((0..4u8, any::<u64>(), any::<u64>()), 0..60)) {
        let lines: Vec<String> = numbers
            .iter()
            .map(|(layer, total, completed)| format!(r#"{{"status":"x","digest":"{layer}","total":{total},"completed":{completed}}}"#))
            .collect();
        fold(&lines.iter().map(String::as_bytes).collect::<Vec<_>>());
    }
}

#[test]
fn stalled_is_said_after_twenty_seconds_and_taken_back() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let line = |completed: u64| {
        format!(r#"{{"status":"pulling x","digest":"x","total":100,"completed":{completed}}}"#)
    };
    fold.raw_line(line(10).as_bytes(), Duration::from_secs(1));
    fold.raw_line(line(10).as_bytes(), Duration::from_secs(20));
    assert_eq!(fold.state(Duration::from_secs(20)).state, PullPhase::Downloading);
    assert_eq!(fold.state(Duration::from_secs(21)).state, PullPhase::Stalled);
    fold.raw_line(line(11).as_bytes(), Duration::from_secs(22));
    assert_eq!(fold.state(Duration::from_secs(22)).state, PullPhase::Downloading);
}

fn layer(digest: &str, total: u64, completed: u64) -> Vec<u8> {
    format!(r#"{{"status":"pulling","digest":"{digest}","total":{total},"completed":{completed}}}"#)
        .into_bytes()
}

#[test]
fn a_number_that_falls_and_climbs_again_is_not_stalled() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let at = Duration::from_secs;
    fold.raw_line(&layer("x", 100, 90), at(1));
    for second in 2..60 {
        fold.raw_line(&layer("x", 100, second), at(second));
        let state = fold.state(at(second));
        assert_eq!((state.state, state.completed_bytes), (PullPhase::Downloading, second));
        assert!(state.fraction >= 0.9);
    }
}

#[test]
fn bytes_that_are_gone_are_neither_shown_nor_left_out_of_the_time() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let at = Duration::from_secs;
    fold.raw_line(&layer("x", 1000, 0), at(0));
    fold.raw_line(&layer("x", 1000, 900), at(9));
    fold.hold(PullPhase::Paused, None);
    assert_eq!(fold.state(at(10)).completed_bytes, 900);
    // Meanwhile Ollama deleted what was there.
    fold.ask_again(at(5000));
    for second in 0..=4 {
        fold.raw_line(&layer("x", 1000, second * 50), at(5000 + second));
    }
    let state = fold.state(at(5004));
    assert_eq!((state.completed_bytes, state.lost_bytes), (200, 700));
    assert_eq!((state.bytes_per_second, state.seconds_left), (Some(50), Some(16)));
    assert!(state.fraction >= 0.9, "the bar stands");
    // The same when they go while the stream flows.
    fold.raw_line(&layer("x", 1000, 0), at(5005));
    for second in 6..=16 {
        fold.raw_line(&layer("x", 1000, (second - 5) * 50), at(5000 + second));
    }
    let state = fold.state(at(5016));
    assert_eq!((state.completed_bytes, state.bytes_per_second, state.seconds_left), (550, Some(50), Some(9)));
    fold.raw_line(br#"{"status":"success"}"#, at(5017));
    assert_eq!((fold.state(at(5017)).completed_bytes, fold.state(at(5017)).lost_bytes), (1000, 0));
}

#[test]
fn what_was_there_before_is_no_speed() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let at = Duration::from_secs;
    fold.raw_line(&layer("x", 1000, 10), at(1));
    fold.raw_line(&layer("x", 1000, 20), at(2));
    // Lost, and someone else went on meanwhile; then a layer that was there already.
    fold.hold(PullPhase::Waiting, None);
    fold.ask_again(at(60));
    fold.raw_line(&layer("x", 1000, 900), at(61));
    assert_eq!(fold.state(at(61)).bytes_per_second, None);
    fold.raw_line(&layer("y", 5000, 5000), at(61));
    fold.raw_line(&layer("x", 1000, 910), at(62));
    assert_eq!(fold.state(at(62)).bytes_per_second, Some(10));
}

#[test]
fn what_came_damaged_is_counted_anew() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    fold.raw_line(&layer("x", 100, 100), Duration::ZERO);
    fold.raw_line(br#"{"error":"digest mismatch, file must be downloaded again"}"#, Duration::ZERO);
    assert_eq!(fold.state(Duration::ZERO).failure.map(|error| error.code), Some(ErrorCode::PullDamaged {}));
    fold.ask_again(Duration::ZERO);
    assert_eq!(fold.state(Duration::ZERO).completed_bytes, 0);
}

#[test]
fn a_model_without_layers_has_a_bar_too() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    fold.raw_line(br#"{"status":"pulling model","total":100,"completed":25}"#, Duration::ZERO);
    let state = fold.state(Duration::ZERO);
    assert_eq!((state.state, state.completed_bytes, state.total_bytes), (PullPhase::Downloading, 25, 100));
}

#[test]
fn layers_without_end_are_no_download() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let before = (0..5000).take_while(|number| {
        fold.raw_line(&layer(&number.to_string(), 1, 0), Duration::ZERO);
        !fold.is_over()
    });
    assert_eq!(before.count(), 1024);
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    fold.raw_line(&layer(&"x".repeat(300), 1, 0), Duration::ZERO);
    assert!(fold.is_over());
}

#[test]
fn speed_and_time_left_come_from_the_last_seconds() {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    for second in 0..=10_u64 {
        let line =
            format!(r#"{{"status":"pulling x","digest":"x","total":3000,"completed":{}}}"#, second * 100);
        fold.raw_line(line.as_bytes(), Duration::from_secs(second));
    }
    let state = fold.state(Duration::from_secs(10));
    assert_eq!((state.bytes_per_second, state.seconds_left), (Some(100), Some(20)));
}

fn client(url: &str) -> Client {
    let limits = Limits { stream: Duration::from_secs(2), ..Limits::default() };
    Client::new(&Address::parse(url).unwrap(), &Environment::default(), limits).unwrap()
}

fn quick() -> Options {
    Options { tick: Duration::from_millis(2), ..Options::default() }
}

#[tokio::test]
async fn every_way_a_pull_fails_has_its_code() {
    let practice = Practice::start(quick()).await.unwrap();
    let client = client(&practice.url());
    for entry in pincer_practice::faulty() {
        let name = entry.model.name.clone();
        let expected = match name.trim_start_matches("practice/").split(':').next().unwrap() {
            "offline-dns" | "offline-timeout" | "offline-refused" | "retries" => "PullOffline",
            "company-proxy" | "blob-proxy" | "sign-in-page" => "PullIntercepted",
            "disk-full" => "PullDiskFull",
            "no-permission" => "PullPermission",
            "too-old" => "PullEngineTooOld",
            "private" => "PullUnauthorized",
            "damaged" => "PullDamaged",
            "cut" | "reset" | "ends-early" => "PullInterrupted",
            "stalls-a-while" | "goes-back" | "mlx" | "replaces-old" | "enormous" => "",
            // For good: the user cancels it.
            "stalls" => continue,
            other => panic!("a new fault needs its code here: {other}"),
        };
        let end = follow(&client, &Room::unknown(), &name, |_| {}).await;
        let code = end.failure.map(|error| format!("{:?}", error.code)).unwrap_or_default();
        assert!(code.starts_with(expected) && code.is_empty() == expected.is_empty(), "{name}: {code}");
    }
    let end = follow(&client, &Room::unknown(), "nobody/has-this", |_| {}).await;
    assert_eq!(
        end.failure.map(|error| error.code),
        Some(ErrorCode::PullUnknownModel { name: "nobody/has-this".into(), nearest: Vec::new() })
    );
    let end = follow(&client, &Room::unknown(), "not a name", |_| {}).await;
    assert_eq!(
        end.failure.map(|error| error.code),
        Some(ErrorCode::PullBadName { name: "not a name".into() })
    );
}

#[tokio::test]
async fn every_broken_stream_ends_with_a_clear_code() {
    let upstream = Practice::start(quick()).await.unwrap();
    for fault in faults::table().into_iter().filter(|fault| fault.place == faults::Place::Pull) {
        let name = fault.name.clone();
        // The same line for ever is a stall, not an end: the user cancels it.
        if name == "pull-endless-lines" {
            continue;
        }
        let server = RawServer::start_before(fault, 0, "/api/pull", upstream.addr()).await.unwrap();
        let end = follow(&client(&server.url()), &Room::unknown(), "a:1b", |_| {}).await;
        let code = end.failure.as_ref().map(|error| &error.code);
        match (&*name, code) {
            ("pull-over-total", None) => assert_eq!(end.state, PullPhase::Done),
            (_, Some(ErrorCode::PullInterrupted {} | ErrorCode::OllamaUnreadable { .. })) => {}
            (name, code) => panic!("{name}: {code:?}"),
        }
    }
}

#[tokio::test]
async fn a_pull_goes_on_from_what_it_had() {
    let practice = Practice::start(Options { pull_ticks: 60, ..quick() }).await.unwrap();
    let client = client(&practice.url());
    let practice = Arc::new(practice);
    let stopped = |event: &Event| matches!(event, Event::TransferStopped { .. });
    {
        let room = Room::unknown();
        let mut first = std::pin::pin!(follow(&client, &room, "qwen3:8b", |_| {}));
        // Dropping the stream half-way is how a download is cancelled.
        let half_way = practice.until_request(LIMIT, |request| request.path == "/api/pull");
        tokio::select! {
            _ = &mut first => panic!("it ended by itself"),
            asked = half_way => assert!(asked),
        }
        let some = tokio::time::timeout(Duration::from_millis(40), &mut first).await;
        assert!(some.is_err());
    }
    assert!(practice.until_event(LIMIT, stopped).await, "the server sees that the client left");
    let end = follow(&client, &Room::unknown(), "qwen3:8b", |_| {}).await;
    assert_eq!(end.state, PullPhase::Done);
    assert!(practice.models().iter().any(|model| model.name == "qwen3:8b"));
}

#[tokio::test]
async fn a_server_killed_in_the_middle_is_an_interruption() {
    let practice = Practice::start(Options { pull_ticks: 10_000, ..quick() }).await.unwrap();
    let client = client(&practice.url());
    let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let room = Room::unknown();
    let pull = follow(&client, &room, "qwen3:8b", move |state| {
        if state.completed_bytes > 0 {
            let _ = began.send(());
        }
    });
    let kill = async {
        begun.recv().await;
        practice.stop().await;
    };
    let (end, ()) = tokio::join!(pull, kill);
    assert_eq!(end.state, PullPhase::Failed);
    assert_eq!(end.failure.map(|error| error.code), Some(ErrorCode::PullInterrupted {}));
}
