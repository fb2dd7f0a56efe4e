//! The download of one blob: shared by all who pull it, stopped when the last of them goes.
//! Bytes that arrived are kept, so asking again goes on from there.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    registry::{Layer, PullFault},
    state::{Event, Inner, State},
};

/// What is known of one blob.
pub(crate) struct Blob {
    total: u64,
    completed: u64,
    /// Weak, since a server that is stopped drops its transfers without a word.
    running: Weak<watch::Sender<Progress>>,
}

impl Blob {
    /// A blob that is all there.
    pub(crate) fn complete(total: u64) -> Self {
        Self { total, completed: total, running: Weak::new() }
    }
}

/// How far a transfer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) completed: u64,
    pub(crate) end: Option<End>,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Failed(String),
    Cut { reset: bool },
    EndsEarly,
}

/// What one who pulls finds.
pub(crate) enum Found {
    /// The blob is here already.
    Complete,
    /// A transfer runs. It goes on while anyone holds such a receiver.
    Running(watch::Receiver<Progress>),
}

/// The part of a pull that a transfer needs to know.
#[derive(Clone)]
pub(crate) struct Part {
    /// The model's name.
    pub(crate) model: String,
    /// The blob.
    pub(crate) layer: Layer,
    /// Bytes of the layers before this one.
    pub(crate) before: u64,
    /// Bytes of one tick.
    pub(crate) step: u64,
}

/// Joins the transfer of a blob, or starts it.
pub(crate) fn join(state: &Arc<State>, part: &Part) -> Found {
    state.change(|inner| {
        let blob = inner.blobs.entry(part.layer.digest.clone()).or_insert(Blob {
            total: part.layer.size,
            completed: 0,
            running: Weak::new(),
        });
        if blob.completed >= blob.total {
            return Found::Complete;
        }
        if let Some(running) = blob.running.upgrade() {
            return Found::Running(running.subscribe());
        }
        let (sender, receiver) = watch::channel(Progress { completed: blob.completed, end: None });
        let sender = Arc::new(sender);
        blob.running = Arc::downgrade(&sender);
        tokio::spawn(run(Arc::clone(state), part.clone(), sender));
        Found::Running(receiver)
    })
}

/// Throws a blob away, as after a digest that does not match.
pub(crate) fn forget(state: &State, digest: &str) {
    state.change(|inner| inner.blobs.remove(digest));
}

async fn run(state: Arc<State>, part: Part, progress: Arc<watch::Sender<Progress>>) {
    let mut memory = Memory::default();
    let tick = state.options.tick.max(Duration::from_millis(1));
    // A small blob is there before anyone sees a line of it.
    let mut wait = if part.layer.size <= part.step { tick / 8 } else { tick };
    loop {
        tokio::select! {
            biased;
            () = progress.closed() => {
                let left = state.change(|inner| stop_if_left(inner, &part, &progress));
                if left {
                    return;
                }
            }
            () = tokio::time::sleep(wait) => {
                wait = tick;
                let now = state.change(|inner| advance(inner, &part, &mut memory));
                let ended = now.end.is_some();
                progress.send_replace(now);
                if ended {
                    return;
                }
            }
        }
    }
}

/// Stops when nobody holds a receiver any more. Joining takes the same lock, so nobody slips in between.
fn stop_if_left(inner: &mut Inner, part: &Part, progress: &watch::Sender<Progress>) -> bool {
    if progress.receiver_count() > 0 {
        return false;
    }
    if let Some(blob) = inner.blobs.get_mut(&part.layer.digest) {
        blob.running = Weak::new();
        let completed = blob.completed;
        inner.events.push(Event::TransferStopped { model: part.model.clone(), completed });
    }
    true
}

/// What a transfer remembers of its own faults.
#[derive(Default)]
struct Memory {
    stalled_ticks: u32,
    went_back: bool,
}

/// One tick.
fn advance(inner: &mut Inner, part: &Part, memory: &mut Memory) -> Progress {
    let fault = inner.fault(&part.model).cloned();
    let Some(blob) = inner.blobs.get_mut(&part.layer.digest) else {
        return Progress { completed: 0, end: Some(End::EndsEarly) };
    };
    let here = |after: u64| after.saturating_sub(part.before);
    let next = blob.completed.saturating_add(part.step).min(blob.total);
    let mut end = None;
    // Each fault waits at its very byte, so that the number in front of it is always the same.
    match fault {
        Some(PullFault::Fails { text, after_bytes }) if next >= here(after_bytes) => {
            blob.completed = blob.completed.max(here(after_bytes));
            end = Some(End::Failed(text));
        }
        Some(PullFault::Cut { after_bytes, reset }) if next >= here(after_bytes) => {
            blob.completed = blob.completed.max(here(after_bytes));
            end = Some(End::Cut { reset });
        }
        Some(PullFault::EndsEarly { after_bytes }) if next >= here(after_bytes) => {
            blob.completed = blob.completed.max(here(after_bytes));
            end = Some(End::EndsEarly);
        }
        Some(PullFault::Stalls { after_bytes, ticks })
            if next >= here(after_bytes) && ticks.is_none_or(|ticks| memory.stalled_ticks < ticks) =>
        {
            blob.completed = blob.completed.max(here(after_bytes));
            memory.stalled_ticks += 1;
        }
        Some(PullFault::GoesBack { after_bytes, by }) if next >= here(after_bytes) && !memory.went_back => {
            blob.completed = blob.completed.max(here(after_bytes)).saturating_sub(by);
            memory.went_back = true;
        }
        _ => blob.completed = next,
    }
    if end.is_none() && blob.completed >= blob.total {
        end = Some(End::Done);
    }
    if end.is_some() {
        blob.running = Weak::new();
    }
    Progress { completed: blob.completed, end }
}
