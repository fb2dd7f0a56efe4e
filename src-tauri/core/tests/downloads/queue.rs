//! Queue, pause, a server that goes and comes back, what is told and how often.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use pincer_core::{
    error::{Error, ErrorCode},
    live::state::{Slice, Update},
    ollama::pull::{PullPhase, PullState},
    surroundings::Surroundings,
};
use pincer_practice::{Event, Options, RawServer, faults};
use tokio::sync::mpsc::unbounded_channel;

use crate::stage::{LIMIT, MODEL, OTHER, Stage, THIRD, phases, slow, stalled};

#[tokio::test]
async fn two_run_side_by_side_and_the_third_waits_for_its_turn() {
    let mut stage = Stage::new(slow()).await;
    let bad = stage.live.pull("not a name", true);
    assert!(matches!(bad, Err(Error { code: ErrorCode::PullBadName { .. }, .. })));
    for name in [MODEL, OTHER, THIRD, "QWEN3:8b"] {
        stage.live.pull(name, false).unwrap();
    }
    let three =
        stage.until(|pulls| pulls.len() == 3 && pulls[..2].iter().all(|pull| pull.completed_bytes > 0)).await;
    assert_eq!(three.iter().map(|pull| pull.name.as_str()).collect::<Vec<_>>(), [MODEL, OTHER, THIRD]);
    assert_eq!(phases(&three)[2], PullPhase::Queued);
    assert_eq!(stage.asked(THIRD), 0);
    assert!(stage.live.pulls().are_active());

    // A place becomes free; the one that comes back waits, too, and the order of the list stays.
    stage.live.pulls().pause("mistral:latest");
    assert!(stage.stopped(OTHER).await, "the connection closed");
    stage.flowing(THIRD).await;
    stage.live.pulls().resume(OTHER, false);
    let three = stage.until(|pulls| pulls[1].state == PullPhase::Queued).await;
    assert_eq!(three.iter().map(|pull| pull.name.as_str()).collect::<Vec<_>>(), [MODEL, OTHER, THIRD]);
    assert!(three[1].completed_bytes > 0, "what is there stays on the bar");
    stage.live.pulls().cancel(MODEL);
    assert!(stage.stopped(MODEL).await);
    stage.flowing(OTHER).await;
    stage.live.pulls().dismiss(OTHER);
    stage.live.pulls().dismiss(MODEL);
    stage.until(|pulls| pulls.len() == 2 && pulls[0].name == OTHER).await;
    stage.live.pulls().cancel(OTHER);
    stage.live.pulls().cancel(THIRD);
    stage.until(|pulls| phases(pulls) == [PullPhase::Cancelled; 2]).await;
    assert!(!stage.live.pulls().are_active());
}

#[tokio::test]
async fn a_paused_one_goes_on_from_what_it_had() {
    let mut stage = Stage::new(Options { pull_ticks: 100, ..Options::default() }).await;
    stage.practice.set_pull_fault(MODEL, Some(stalled()));
    stage.live.pull(MODEL, false).unwrap();
    stage.until(|pulls| pulls.iter().any(|pull| pull.completed_bytes == 1_000_000_000)).await;
    stage.live.pulls().pause(MODEL);
    let kept = Event::TransferStopped { model: MODEL.into(), completed: 1_000_000_000 };
    assert!(stage.practice.until_event(LIMIT, |event| *event == kept).await);
    let paused = stage.phase(MODEL, &[PullPhase::Paused]).await;
    assert_eq!((paused.bytes_per_second, paused.completed_bytes), (None, 1_000_000_000));
    assert!(!stage.live.pulls().are_active(), "closing the window loses nothing");
    stage.practice.set_pull_fault(MODEL, None);
    stage.live.pulls().resume(MODEL, false);
    let done = stage.phase(MODEL, &[PullPhase::Done]).await;
    assert_eq!(done.completed_bytes, done.total_bytes);
    // Asked for again, it is an update: nothing is left to load.
    stage.bars.clear();
    stage.live.pull(MODEL, false).unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
    assert_eq!(stage.asked(MODEL), 3);
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_asked_again() {
    let mut stage = Stage::new(Options { pull_ticks: 100, ..Options::default() }).await;
    for name in [MODEL, OTHER] {
        stage.practice.set_pull_fault(name, Some(stalled()));
        stage.live.pull(name, false).unwrap();
        stage.flowing(name).await;
    }
    stage.practice.stop().await;
    let waiting = stage.until(|pulls| phases(pulls) == [PullPhase::Waiting; 2]).await;
    let why = waiting[0].failure.as_ref().map(|error| &error.code);
    assert!(
        matches!(why, Some(ErrorCode::OllamaCutOff { .. } | ErrorCode::OllamaRefused { .. })),
        "{waiting:?}"
    );
    assert!(stage.live.pulls().are_active());
    // The user does not want this one to go on by itself.
    stage.live.pulls().pause(OTHER);
    for name in [MODEL, OTHER] {
        stage.practice.set_pull_fault(name, None);
    }
    let asked = stage.asked(OTHER);
    stage.practice.start_again().await.unwrap();
    let end = stage.until(|pulls| pulls[0].state == PullPhase::Done).await;
    assert_eq!((end[1].state, stage.asked(OTHER)), (PullPhase::Paused, asked));
    stage.live.pulls().resume(OTHER, false);
    stage.phase(OTHER, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn a_download_asked_for_while_the_server_is_away_begins_when_it_comes() {
    let mut stage = Stage::new(Options::default()).await;
    stage.practice.stop().await;
    stage.live.pull(MODEL, false).unwrap();
    let waiting = stage.phase(MODEL, &[PullPhase::Waiting]).await;
    assert!(matches!(waiting.failure.unwrap().code, ErrorCode::OllamaRefused { .. }));
    stage.practice.start_again().await.unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn another_program_in_its_place_is_not_believed() {
    let mut stage = Stage::new(Options { pull_ticks: 100, ..Options::default() }).await;
    stage.practice.set_pull_fault(MODEL, Some(stalled()));
    stage.live.pull(MODEL, false).unwrap();
    stage.flowing(MODEL).await;
    let address = stage.practice.addr();
    stage.practice.stop().await;
    stage.phase(MODEL, &[PullPhase::Waiting]).await;
    let html = faults::named("html").unwrap();
    let other = RawServer::start(html, address.port()).await.unwrap();
    let is_told = |pull: &PullState| {
        let why = pull.failure.as_ref().map(|error| &error.code);
        pull.state == PullPhase::Waiting && matches!(why, Some(ErrorCode::OllamaNotOllama { .. }))
    };
    stage.until(|pulls| pulls.iter().any(is_told)).await;
    other.stop().await;
    stage.practice.set_pull_fault(MODEL, None);
    stage.practice.start_again().await.unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_and_a_real_failure_is_not() {
    let mut stage = Stage::new(Options::default()).await;
    for name in ["practice/cut", "practice/reset"] {
        stage.live.pull(name, false).unwrap();
        let waiting = stage.phase(name, &[PullPhase::Waiting]).await;
        assert!(matches!(waiting.failure.unwrap().code, ErrorCode::OllamaCutOff { .. }));
        stage.practice.set_pull_fault(name, None);
        // Not after a wait only: the user may say when.
        stage.live.pulls().resume(name, false);
        stage.phase(name, &[PullPhase::Done]).await;
    }
    for (name, code) in [
        ("practice/private", ErrorCode::PullUnauthorized {}),
        ("practice/damaged", ErrorCode::PullDamaged {}),
        ("practice/ends-early", ErrorCode::PullInterrupted {}),
    ] {
        stage.live.pull(name, false).unwrap();
        let failed = stage.phase(name, &[PullPhase::Failed]).await;
        assert_eq!(failed.failure.unwrap().code, code);
        assert_eq!(stage.asked(name), 1);
        stage.practice.set_pull_fault(name, None);
        // A damaged one is counted anew.
        stage.bars.remove(name);
        stage.live.pulls().resume(name, false);
        stage.phase(name, &[PullPhase::Done]).await;
    }
}

#[tokio::test]
async fn one_that_stands_still_is_asked_for_anew() {
    let ahead = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || SystemTime::now() + Duration::from_secs(clock.load(Ordering::SeqCst));
    let mut stage = Stage::with(Options { pull_ticks: 100, ..Options::default() }, |known| {
        Surroundings::new(known.os, known.environment, known.home, now)
    })
    .await;
    stage.practice.set_pull_fault(MODEL, Some(stalled()));
    stage.live.pull(MODEL, false).unwrap();
    stage.until(|pulls| pulls.iter().any(|pull| pull.completed_bytes == 1_000_000_000)).await;
    ahead.store(20, Ordering::SeqCst);
    stage.phase(MODEL, &[PullPhase::Stalled]).await;
    stage.live.pulls().resume(MODEL, false);
    assert!(stage.practice.until(LIMIT, |_| stage.asked(MODEL) == 2).await, "a second question");
    stage.practice.set_pull_fault(MODEL, None);
    stage.phase(MODEL, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn one_that_brings_nothing_leaves_its_place_to_the_next() {
    let ahead = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || SystemTime::now() + Duration::from_secs(clock.load(Ordering::SeqCst));
    let mut stage = Stage::with(Options { pull_ticks: 100, ..Options::default() }, |known| {
        Surroundings::new(known.os, known.environment, known.home, now)
    })
    .await;
    for name in [MODEL, OTHER] {
        stage.practice.set_pull_fault(name, Some(stalled()));
        stage.live.pull(name, false).unwrap();
    }
    // As far as they get: what still came after the clock was moved would count as movement.
    stage
        .until(|pulls| pulls.len() == 2 && pulls.iter().all(|pull| pull.completed_bytes == 1_000_000_000))
        .await;
    stage.live.pull(THIRD, false).unwrap();
    stage.until(|pulls| pulls.len() == 3 && pulls[2].state == PullPhase::Queued).await;
    ahead.store(20, Ordering::SeqCst);
    let end = stage.until(|pulls| pulls[2].state == PullPhase::Done).await;
    assert_eq!(phases(&end)[..2], [PullPhase::Stalled; 2], "they go on in the background");
}

#[tokio::test]
async fn those_that_wait_for_a_server_leave_their_places_and_line_up_when_it_is_back() {
    let mut stage = Stage::new(slow()).await;
    // Lost alone: its connection breaks, the server stays.
    stage.live.pull("practice/cut", false).unwrap();
    stage.phase("practice/cut", &[PullPhase::Waiting, PullPhase::Starting]).await;
    for name in [MODEL, OTHER, THIRD] {
        stage.live.pull(name, false).unwrap();
    }
    stage.practice.stop().await;
    stage.until(|pulls| phases(pulls) == [PullPhase::Waiting; 4]).await;
    stage.practice.start_again().await.unwrap();
    let back = stage
        .until(|pulls| {
            let queued = pulls.iter().filter(|pull| pull.state == PullPhase::Queued).count();
            let flowing = pulls.iter().filter(|pull| pull.state == PullPhase::Downloading).count();
            queued + flowing >= 3 && flowing > 0 && queued > 0
        })
        .await;
    let busy = back.iter().filter(|pull| {
        matches!(pull.state, PullPhase::Starting | PullPhase::Downloading | PullPhase::Verifying)
    });
    assert!(busy.count() <= 2, "{:?}", phases(&back));
}

#[tokio::test]
async fn a_mistyped_name_is_answered_with_near_ones() {
    let mut stage = Stage::new(Options::demo()).await;
    stage.live.pull("llama3.2:4b", false).unwrap();
    let failed = stage.phase("llama3.2:4b", &[PullPhase::Failed]).await;
    let Some(Error { code: ErrorCode::PullUnknownModel { nearest, .. }, .. }) = failed.failure else {
        panic!("{failed:?}")
    };
    assert!(nearest.contains(&"llama3.2:3b".to_owned()), "an installed one: {nearest:?}");
    assert!(nearest.contains(&"llama3.3".to_owned()), "one on offer: {nearest:?}");
}

#[tokio::test]
async fn a_fast_stream_is_told_ten_times_a_second_at_most() {
    let mut stage =
        Stage::new(Options { tick: Duration::from_millis(1), pull_ticks: 1000, ..Options::default() }).await;
    let (send, mut updates) = unbounded_channel();
    let begun = Instant::now();
    stage.live.subscribe(move |update| send.send(update).is_ok());
    stage.live.pull(MODEL, false).unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
    let (mut told, mut revision) = (0_u64, 0);
    while let Some(update) = updates.recv().await {
        if let Slice::Pulls(pulls) = &update.slice {
            told += 1;
            revision = update.revision;
            if pulls.first().is_some_and(|pull| pull.state == PullPhase::Done) {
                break;
            }
        }
    }
    let tenths = u64::try_from(begun.elapsed().as_millis() / 100).unwrap();
    assert!(told <= tenths + 2, "{told} in {tenths} tenths of a second");
    assert!(revision > 5 * told, "{revision} changes were told in {told} updates");
}

#[tokio::test]
async fn names_are_suggested_by_what_is_known() {
    let mut stage = Stage::new(Options::demo()).await;
    let has_models =
        |update: &Update| matches!(&update.slice, Slice::Models(state) if !state.models.is_empty());
    while !has_models(&tokio::time::timeout(LIMIT, stage.updates.recv()).await.unwrap().unwrap()) {}
    let typed = stage.live.suggest("Gemma2:2B");
    assert!(typed.valid);
    assert_eq!(typed.installed.as_deref(), Some("gemma2:2b"));
    let typed = stage.live.suggest("qwen3");
    assert!(typed.nearest.contains(&"qwen3:8b".to_owned()), "installed: {typed:?}");
    assert!(typed.nearest.contains(&"qwen3.5:4b".to_owned()), "on offer: {typed:?}");
}

#[tokio::test]
async fn a_model_that_is_removed_takes_its_ended_download_along() {
    let mut stage = Stage::new(Options::default()).await;
    stage.live.pull(MODEL, false).unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
    stage.live.remove(MODEL).await.unwrap();
    stage.until(<[_]>::is_empty).await;
}
