//! The downloads: each a task that folds its stream into a state; several at once, each can be cancelled.
//! They belong to the library, so they survive whatever the window shows.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::AbortHandle};

use super::state::Slice;
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        client::Client,
        names::ModelName,
        pull::{self, PullFold, PullPhase, PullState},
    },
};

/// A stalled stream sends nothing new: the state is looked at all the same.
const TICK: Duration = Duration::from_secs(1);

type Publish = Arc<dyn Fn(Slice) + Send + Sync>;

/// All downloads of this session.
#[derive(Clone)]
pub struct Pulls {
    shared: Arc<Shared>,
}

struct Shared {
    computer: Computer,
    publish: Publish,
    look: Arc<Notify>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    asked: u64,
    by_name: BTreeMap<ModelName, Entry>,
}

struct Entry {
    /// Counts up: the order in which they were asked for, and which task an entry belongs to.
    number: u64,
    state: PullState,
    /// `None` when it is over.
    task: Option<AbortHandle>,
}

impl std::fmt::Debug for Pulls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pulls").finish_non_exhaustive()
    }
}

impl Pulls {
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Send + Sync + 'static,
        look: Arc<Notify>,
    ) -> Self {
        let shared = Shared { computer, publish: Arc::new(publish), look, entries: Mutex::default() };
        let pulls = Self { shared: Arc::new(shared) };
        pulls.publish();
        pulls
    }

    /// Starts a download; one that runs already goes on.
    ///
    /// # Errors
    /// `pull.bad-name`.
    pub fn start(&self, name: &str) -> Result<(), Error> {
        let key =
            ModelName::parse(name).map_err(|_| Error::from(ErrorCode::PullBadName { name: name.into() }))?;
        {
            let mut entries = self.entries();
            if entries.by_name.get(&key).is_some_and(|entry| entry.task.is_some()) {
                return Ok(());
            }
            entries.asked += 1;
            let number = entries.asked;
            let task = tokio::spawn(self.clone().run(key.clone(), name.trim().to_owned(), number));
            let state = PullFold::new(name.trim(), Duration::ZERO).state(Duration::ZERO);
            entries.by_name.insert(key, Entry { number, state, task: Some(task.abort_handle()) });
        }
        self.publish();
        Ok(())
    }

    /// Stops a download; the server keeps what it has, so that asking again goes on from there.
    pub fn cancel(&self, name: &str) {
        let Ok(key) = ModelName::parse(name) else { return };
        if let Some(entry) = self.entries().by_name.get_mut(&key)
            && let Some(task) = entry.task.take()
        {
            task.abort();
            entry.state.state = PullPhase::Cancelled;
            entry.state.bytes_per_second = None;
            entry.state.seconds_left = None;
        }
        self.publish();
    }

    /// Forgets a download that is over.
    pub fn dismiss(&self, name: &str) {
        let Ok(key) = ModelName::parse(name) else { return };
        {
            let mut entries = self.entries();
            if entries.by_name.get(&key).is_some_and(|entry| entry.task.is_none()) {
                entries.by_name.remove(&key);
            }
        }
        self.publish();
    }

    /// Stops all downloads: the window closes.
    pub(super) fn stop(&self) {
        for task in self.entries().by_name.values_mut().filter_map(|entry| entry.task.take()) {
            task.abort();
        }
    }

    async fn run(self, key: ModelName, name: String, number: u64) {
        let computer = self.shared.computer.clone();
        let address = tokio::task::spawn_blocking(move || {
            let address = computer.effective().0;
            computer.client(&address)
        });
        let client = match address.await {
            Ok(client) => client,
            Err(error) => Err(Error::new(ErrorCode::Internal {}, error.to_string())),
        };
        let last = match client {
            Ok(client) => follow(&client, &name, |state| self.tell(&key, number, state, false)).await,
            Err(error) => {
                let mut fold = PullFold::new(&name, Duration::ZERO);
                fold.fail(error);
                fold.state(Duration::ZERO)
            }
        };
        self.tell(&key, number, last, true);
        // A new model is there, or the server is not: the watcher shall see it at once.
        self.shared.look.notify_one();
    }

    fn tell(&self, key: &ModelName, number: u64, state: PullState, over: bool) {
        if let Some(entry) = self.entries().by_name.get_mut(key)
            // A cancelled or newer download is not overwritten by a late word of the old one.
            && entry.number == number && entry.task.is_some()
        {
            entry.state = state;
            if over {
                entry.task = None;
            }
        }
        self.publish();
    }

    fn publish(&self) {
        // Sent while the lock is held, so that an older state cannot overtake a newer one.
        let entries = self.entries();
        let mut all: Vec<(u64, PullState)> =
            entries.by_name.values().map(|entry| (entry.number, entry.state.clone())).collect();
        all.sort_by_key(|(number, _)| *number);
        (self.shared.publish)(Slice::Pulls(all.into_iter().map(|(_, state)| state).collect()));
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Downloads to the end, telling each state as it changes; the last one is returned. Dropping the future
/// stops the download.
pub async fn follow(client: &Client, name: &str, mut tell: impl FnMut(PullState)) -> PullState {
    let begun = Instant::now();
    let mut fold = PullFold::new(name, Duration::ZERO);
    tell(fold.state(Duration::ZERO));
    match client.pull(name).await {
        Err(error) => fold.fail(pull::refused(name, error)),
        Ok(mut lines) => {
            let mut tick = tokio::time::interval(TICK);
            while !fold.is_over() {
                tokio::select! {
                    line = lines.next() => match line {
                        Ok(Some(line)) => fold.raw_line(&line, begun.elapsed()),
                        Ok(None) => fold.ended(),
                        Err(error) => fold.fail(pull::refused(name, error)),
                    },
                    _ = tick.tick() => {}
                }
                if !fold.is_over() {
                    tell(fold.state(begun.elapsed()));
                }
            }
        }
    }
    fold.state(begun.elapsed())
}
