//! The downloads of the window: a queue, two at a time, each with a state that outlives its connections: paused,
//! waiting for a server that went away, going on. They belong to the library, so they survive whatever is shown.

mod listing;
mod room;
mod stream;
mod task;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};

use super::state::Slice;
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        names::{self, ModelName},
        pull::{NEARLY, PullFold, PullPhase, PullState},
    },
};
pub use room::Room;
pub use stream::follow;
use task::Ours;

/// Downloads at a time: more only share the same line. One that brings nothing (it stands still, or its server is
/// away) leaves its place to the next.
const AT_ONCE: usize = 2;

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
    /// The server answers again.
    back: Notify,
    begun: SystemTime,
    /// Commands of the window come from threads that know no runtime.
    runtime: Handle,
    entries: Mutex<Entries>,
    /// One change of the settings at a time.
    listing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Entries {
    asked: u64,
    runs: u64,
    by_name: BTreeMap<ModelName, Entry>,
}

struct Entry {
    /// Counts up: the order in which they were asked for, of the list and of the queue.
    place: u64,
    name: String,
    fold: PullFold,
    /// The task that runs or waits for the server, by number: the late word of an older one does not count.
    task: Option<(u64, AbortHandle)>,
    /// Not held back by the room that Pincer sees on the disk.
    anyway: bool,
    for_openclaw: bool,
    /// Here, and about to be listed.
    listing: bool,
    listed_by: Option<String>,
    not_listed: Option<Error>,
}

impl Entry {
    /// Goes on by itself, now or in its turn.
    fn is_active(&self) -> bool {
        self.task.is_some() || self.fold.phase() == PullPhase::Queued
    }

    /// Takes one of the few places.
    fn is_busy(&self, now: Duration) -> bool {
        self.task.is_some() && !matches!(self.fold.phase_at(now), PullPhase::Waiting | PullPhase::Stalled)
    }

    /// Ends the task; the server sees the connection close, and keeps what is there.
    fn drop_task(&mut self) {
        if let Some((_, task)) = self.task.take() {
            task.abort();
        }
    }

    fn state(&self, now: Duration) -> PullState {
        let mut state = PullState {
            for_openclaw: self.for_openclaw,
            listed_by: self.listed_by.clone(),
            not_listed: self.not_listed.clone(),
            ..self.fold.state(now)
        };
        if self.listing && self.fold.phase() == PullPhase::Done {
            state.state = PullPhase::Writing;
            state.fraction = state.fraction.min(NEARLY);
        }
        state
    }
}

impl Entries {
    /// Whether one more may begin.
    fn has_place(&self, now: Duration) -> bool {
        self.by_name.values().filter(|entry| entry.is_busy(now)).count() < AT_ONCE
    }

    /// Bytes still to come of the downloads that began before the run `number`: of two that do not fit together, the
    /// later one gives way. What has not said its size yet counts as the catalogue has it.
    fn needed_before(&self, number: u64) -> u64 {
        let before = |entry: &&Entry| entry.task.as_ref().is_some_and(|(run, _)| *run < number);
        self.by_name.values().filter(before).fold(0, |sum, entry| {
            let unknown = entry.fold.total() == 0;
            let need = if unknown { room::size_of(&entry.name).unwrap_or(0) } else { entry.fold.missing() };
            sum.saturating_add(need)
        })
    }
}

impl std::fmt::Debug for Pulls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pulls").finish_non_exhaustive()
    }
}

impl Pulls {
    /// Within a tokio runtime.
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Send + Sync + 'static,
        look: Arc<Notify>,
    ) -> Self {
        let shared = Shared {
            begun: computer.surroundings.now(),
            computer,
            publish: Arc::new(publish),
            look,
            back: Notify::new(),
            runtime: Handle::current(),
            entries: Mutex::default(),
            listing: tokio::sync::Mutex::default(),
        };
        let pulls = Self { shared: Arc::new(shared) };
        pulls.publish(&pulls.entries());
        pulls
    }

    /// Asks for a download: it starts when it is its turn. One that runs already goes on; one that ended or was
    /// paused is asked for once more, in its old place.
    ///
    /// # Errors
    /// `pull.bad-name`.
    pub fn start(&self, name: &str, for_openclaw: bool) -> Result<(), Error> {
        let name = names::unwrapped(name);
        let key =
            ModelName::parse(name).map_err(|_| Error::from(ErrorCode::PullBadName { name: name.into() }))?;
        let now = self.now();
        let mut entries = self.entries();
        entries.asked += 1;
        let place = entries.asked;
        let entry = entries.by_name.entry(key).or_insert_with(|| Entry {
            place,
            name: name.trim().to_owned(),
            fold: PullFold::new(name.trim(), now),
            task: None,
            anyway: false,
            for_openclaw: false,
            listing: false,
            listed_by: None,
            not_listed: None,
        });
        if entry.is_active() || entry.listing {
            entry.for_openclaw |= for_openclaw;
        } else {
            if entry.fold.phase() == PullPhase::Done {
                // Asked for again, it is an update: a download of its own.
                entry.fold = PullFold::new(&entry.name, now);
            }
            entry.for_openclaw = for_openclaw;
            entry.anyway = false;
            (entry.listed_by, entry.not_listed) = (None, None);
            entry.fold.ask_again(now);
            entry.fold.hold(PullPhase::Queued, None);
        }
        self.fill_places(&mut entries);
        self.publish(&entries);
        Ok(())
    }

    /// Stops one that runs, waits or is queued; the server keeps what it has.
    pub fn pause(&self, name: &str) {
        self.change(name, |entry, _| {
            if entry.is_active() {
                entry.drop_task();
                entry.fold.hold(PullPhase::Paused, None);
            }
        });
    }

    /// Goes on with one that was paused, failed or cancelled, when it is its turn. One that runs, stands still or
    /// waits for the server is asked for anew at once. `anyway`: also when Pincer sees no room for it on the disk.
    pub fn resume(&self, name: &str, anyway: bool) {
        let Ok(key) = ModelName::parse(name) else { return };
        let now = self.now();
        let mut entries = self.entries();
        let Some(entry) = entries.by_name.get_mut(&key) else { return };
        entry.anyway |= anyway;
        if entry.task.is_some() {
            entry.drop_task();
            self.launch(&mut entries, &key);
        } else if !matches!(entry.fold.phase(), PullPhase::Done | PullPhase::Queued) {
            entry.fold.ask_again(now);
            entry.fold.hold(PullPhase::Queued, None);
            self.fill_places(&mut entries);
        }
        self.publish(&entries);
    }

    /// Stops a download for good. The server keeps what it has for a while, so that asking again goes on from there.
    pub fn cancel(&self, name: &str) {
        self.change(name, |entry, _| {
            entry.drop_task();
            entry.fold.cancelled();
        });
    }

    /// Forgets a download that is over.
    pub fn dismiss(&self, name: &str) {
        let Ok(key) = ModelName::parse(name) else { return };
        let mut entries = self.entries();
        if entries.by_name.get(&key).is_some_and(|entry| entry.fold.is_over()) {
            entries.by_name.remove(&key);
        }
        self.publish(&entries);
    }

    /// Whether a download is to be listed in OpenClaw's settings when it is there; one that is there already is
    /// listed at once.
    pub fn set_for_openclaw(&self, name: &str, on: bool) {
        let Ok(key) = ModelName::parse(name) else { return };
        let mut list_now = false;
        self.change(name, |entry, _| {
            list_now = on && entry.fold.phase() == PullPhase::Done && entry.listed_by.is_none();
            entry.for_openclaw = on;
        });
        if list_now {
            let pulls = self.clone();
            self.shared.runtime.spawn(async move { pulls.list(&key).await });
        }
    }

    /// Something goes on by itself, now or in its turn: closing the window would stop it.
    #[must_use]
    pub fn are_active(&self) -> bool {
        self.entries().by_name.values().any(|entry| entry.is_active() || entry.listing)
    }

    /// The server answers again: those who wait for it ask at once.
    pub(super) fn server_is_back(&self) {
        self.shared.back.notify_waiters();
    }

    /// Stops all downloads: the window closes.
    pub(super) fn stop(&self) {
        self.entries().by_name.values_mut().for_each(Entry::drop_task);
    }

    /// Starts queued ones while there is room, in their order.
    fn fill_places(&self, entries: &mut Entries) {
        let now = self.now();
        loop {
            let queued = entries.by_name.iter().filter(|(_, entry)| entry.fold.phase() == PullPhase::Queued);
            let next = queued.min_by_key(|(_, entry)| entry.place).map(|(key, _)| key.clone());
            match next {
                Some(key) if entries.has_place(now) => self.launch(entries, &key),
                _ => return,
            }
        }
    }

    fn launch(&self, entries: &mut Entries, key: &ModelName) {
        entries.runs += 1;
        let number = entries.runs;
        let Some(entry) = entries.by_name.get_mut(key) else { return };
        entry.fold.ask_again(self.now());
        let ours = Ours { pulls: self.clone(), key: key.clone(), number };
        let task = self.shared.runtime.spawn(task::run(ours, entry.name.clone()));
        entry.task = Some((number, task.abort_handle()));
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Entry, Duration)) {
        let Ok(key) = ModelName::parse(name) else { return };
        let mut entries = self.entries();
        if let Some(entry) = entries.by_name.get_mut(&key) {
            change(entry, self.now());
        }
        self.fill_places(&mut entries);
        self.publish(&entries);
    }

    /// Told while the lock is held, so that an older state cannot overtake a newer one.
    fn publish(&self, entries: &Entries) {
        let now = self.now();
        let mut all: Vec<&Entry> = entries.by_name.values().collect();
        all.sort_by_key(|entry| entry.place);
        (self.shared.publish)(Slice::Pulls(all.into_iter().map(|entry| entry.state(now)).collect()));
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.shared.computer.surroundings.now().duration_since(self.shared.begun).unwrap_or_default()
    }
}
