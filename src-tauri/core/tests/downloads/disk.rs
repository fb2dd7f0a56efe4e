//! A disk that is too full, seen before it fills up.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use pincer_core::{
    error::{Error, ErrorCode},
    machine::disk::MoveModels,
    ollama::pull::PullPhase,
};
use pincer_practice::{Options, PullFault};

use crate::stage::{MODEL, OTHER, Stage, models};

/// A stage whose disk has this many bytes free, with a models folder that holds nothing yet.
async fn with_disk(free: &Arc<AtomicU64>) -> Stage {
    let free = Arc::clone(free);
    // Long enough that a transfer is still under way when its size is seen to be too much.
    let stage = Stage::with(Options { pull_ticks: 500, ..Options::default() }, |surroundings| {
        surroundings.with_free_space(move |_| Ok(free.load(Ordering::SeqCst)))
    })
    .await;
    fs::create_dir_all(models(stage.home.path()).join("blobs")).unwrap();
    stage
}

fn is_full(failure: Option<Error>) -> (Option<u64>, Option<u64>, Option<String>, Option<MoveModels>) {
    match failure {
        Some(Error {
            code: ErrorCode::PullDiskFull { need_bytes, free_bytes, folder, moving, .. }, ..
        }) => (need_bytes, free_bytes, folder, moving),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_full_disk_is_seen_before_it_fills_up() {
    const FREE: u64 = 1_000_000_000;
    let free = Arc::new(AtomicU64::new(FREE));
    let mut stage = with_disk(&free).await;
    let folder = models(stage.home.path()).display().to_string();

    // One of the catalogue is not even asked for.
    stage.live.pull(MODEL, false).unwrap();
    let (need, seen, place, how) = is_full(stage.phase(MODEL, &[PullPhase::Failed]).await.failure);
    assert!(need > Some(5_000_000_000), "{need:?}");
    assert_eq!((seen, place, how), (Some(FREE), Some(folder.clone()), Some(MoveModels::Linux)));
    assert_eq!(stage.asked(MODEL), 0);

    // Any other says its size when it comes.
    stage.live.pull("llama3.2:3b", false).unwrap();
    let (need, seen, ..) = is_full(stage.phase("llama3.2:3b", &[PullPhase::Failed]).await.failure);
    assert!(need > Some(FREE) && need <= Some(2_019_393_189) && seen == Some(FREE), "{need:?} {seen:?}");
    assert!(stage.stopped("llama3.2:3b").await, "and is stopped at once");

    // Room was made.
    free.store(u64::MAX, Ordering::SeqCst);
    for name in [MODEL, "llama3.2:3b"] {
        stage.live.pulls().resume(name, false);
        stage.phase(name, &[PullPhase::Done]).await;
    }

    // Ollama's own word for it is completed with what is known here.
    free.store(450_000_000, Ordering::SeqCst);
    stage.live.pull("practice/disk-full", false).unwrap();
    let (need, seen, place, _) =
        is_full(stage.phase("practice/disk-full", &[PullPhase::Failed]).await.failure);
    assert!(need > Some(0) && seen == Some(450_000_000) && place == Some(folder), "{need:?} {seen:?}");
}

#[tokio::test]
async fn what_is_there_already_needs_no_room() {
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let mut stage = with_disk(&free).await;
    stage.practice.set_pull_fault(MODEL, Some(PullFault::Stalls { after_bytes: 5_000_000_000, ticks: None }));
    stage.live.pull(MODEL, false).unwrap();
    stage.until(|pulls| pulls.iter().any(|pull| pull.completed_bytes == 5_000_000_000)).await;
    stage.live.pulls().cancel(MODEL);
    assert!(stage.stopped(MODEL).await);
    fs::write(models(stage.home.path()).join("blobs/sha256-0123-partial"), "").unwrap();
    // 5.2 GB in all, 5 are there.
    free.store(400_000_000, Ordering::SeqCst);
    stage.practice.set_pull_fault(MODEL, None);
    stage.live.pull(MODEL, false).unwrap();
    stage.phase(MODEL, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn two_that_fit_only_one_by_one_do_not_both_begin() {
    const FREE: u64 = 7_000_000_000;
    let free = Arc::new(AtomicU64::new(FREE));
    let mut stage = with_disk(&free).await;
    stage.practice.set_pull_fault(MODEL, Some(PullFault::Stalls { after_bytes: 1_000_000, ticks: None }));
    stage.live.pull(MODEL, false).unwrap();
    stage.flowing(MODEL).await;
    stage.live.pull(OTHER, false).unwrap();
    let failed = stage.phase(OTHER, &[PullPhase::Failed]).await.failure.unwrap();
    let ErrorCode::PullDiskFull { free_bytes, room_bytes, .. } = failed.code else { panic!("{failed:?}") };
    assert_eq!(free_bytes, Some(FREE));
    assert!(room_bytes < Some(2_000_000_000), "the first one still needs 5.2 GB: {room_bytes:?}");
    assert_eq!(stage.bars[MODEL].state, PullPhase::Downloading, "it came first");
    // The first one gives way: there is room.
    stage.live.pulls().cancel(MODEL);
    assert!(stage.stopped(MODEL).await);
    stage.live.pulls().resume(OTHER, false);
    stage.phase(OTHER, &[PullPhase::Done]).await;
}

#[tokio::test]
async fn the_user_knows_the_disk_better() {
    let free = Arc::new(AtomicU64::new(1_000_000_000));
    let mut stage = with_disk(&free).await;
    for name in [MODEL, "llama3.2:3b"] {
        stage.live.pull(name, false).unwrap();
        let failed = stage.phase(name, &[PullPhase::Failed]).await.failure.unwrap();
        let ErrorCode::PullDiskFull { room_bytes, .. } = failed.code else { panic!("{failed:?}") };
        assert_eq!(room_bytes, Some(1_000_000_000), "our own look");
        stage.live.pulls().resume(name, true);
        stage.phase(name, &[PullPhase::Done]).await;
    }
    // Ollama's own word is no guess: there is nothing to overrule.
    stage.live.pull("practice/disk-full", false).unwrap();
    stage.live.pulls().resume("practice/disk-full", true);
    let failed = stage.phase("practice/disk-full", &[PullPhase::Failed]).await.failure.unwrap();
    let ErrorCode::PullDiskFull { room_bytes: None, free_bytes: Some(_), .. } = failed.code else {
        panic!("{failed:?}")
    };
}
