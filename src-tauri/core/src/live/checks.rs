//! The live checks: each a task that asks one model one question. One at a time, since two would share processor and
//! memory and falsify what each shows; the others wait in order, and each can be cancelled.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    sync::{Notify, Semaphore},
    task::AbortHandle,
};

use super::state::Slice;
use crate::{
    computer::Computer,
    error::Error,
    models::check::{CheckOutcome, CheckPhase, CheckState, Checked, ask, store},
    ollama::names::ModelName,
};

/// So many ended ones are shown; older ones are told by the model itself.
const ENDED: usize = 50;

type Publish = Arc<dyn Fn(Slice) + Send + Sync>;

/// All checks of this session.
#[derive(Clone)]
pub struct Checks {
    shared: Arc<Shared>,
}

struct Shared {
    computer: Computer,
    publish: Publish,
    look: Arc<Notify>,
    entries: Mutex<Entries>,
    /// Given in the order of asking; let go when a task ends in whatever way.
    turn: Semaphore,
}

#[derive(Default)]
struct Entries {
    asked: u64,
    by_name: BTreeMap<ModelName, Entry>,
    /// What this session showed, by [`store::key`], also what is not kept for the next.
    shown: HashMap<String, Checked>,
}

struct Entry {
    /// Counts up: the order in which they were asked for, and which task an entry belongs to.
    number: u64,
    state: CheckState,
    /// `None` when it is over.
    task: Option<AbortHandle>,
}

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").finish_non_exhaustive()
    }
}

impl Checks {
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Send + Sync + 'static,
        look: Arc<Notify>,
    ) -> Self {
        let (publish, turn) = (Arc::new(publish), Semaphore::new(1));
        let shared = Shared { computer, publish, look, entries: Mutex::default(), turn };
        let checks = Self { shared: Arc::new(shared) };
        checks.publish();
        checks
    }

    /// Starts a check, or lets it wait until the others are done; one of the same model that there is goes on.
    ///
    /// # Errors
    /// `model.bad-name`.
    pub fn start(&self, name: &str) -> Result<(), Error> {
        let key = ModelName::parse(name)?;
        {
            let mut entries = self.entries();
            if entries.by_name.get(&key).is_some_and(|entry| entry.task.is_some()) {
                return Ok(());
            }
            entries.asked += 1;
            let number = entries.asked;
            let (name, since) = (name.trim().to_owned(), self.now());
            let alone = entries.by_name.values().all(|entry| entry.task.is_none());
            let phase = if alone { CheckPhase::Loading } else { CheckPhase::Queued };
            let task = tokio::spawn(self.clone().run(key.clone(), name.clone(), number));
            let state = CheckState { model: name, phase, since, result: None };
            entries.by_name.insert(key, Entry { number, state, task: Some(task.abort_handle()) });
            entries.forget_oldest();
        }
        self.publish();
        Ok(())
    }

    /// Stops a check; Ollama stops working on it.
    pub fn cancel(&self, name: &str) {
        let Ok(key) = ModelName::parse(name) else { return };
        if let Some(entry) = self.entries().by_name.get_mut(&key)
            && let Some(task) = entry.task.take()
        {
            task.abort();
            entry.state.phase = CheckPhase::Cancelled;
        }
        self.publish();
    }

    /// Forgets a model that is gone; its check is stopped.
    pub(super) fn forget(&self, name: &str) {
        let Ok(key) = ModelName::parse(name) else { return };
        if let Some(task) = self.entries().by_name.remove(&key).and_then(|entry| entry.task) {
            task.abort();
        }
        self.publish();
    }

    /// Stops all checks: the window closes.
    pub(super) fn stop(&self) {
        for task in self.entries().by_name.values_mut().filter_map(|entry| entry.task.take()) {
            task.abort();
        }
    }

    /// What this session showed, by [`store::key`].
    pub(super) fn shown(&self) -> HashMap<String, Checked> {
        self.entries().shown.clone()
    }

    async fn run(self, key: ModelName, name: String, number: u64) {
        // Never closed, so it is always given.
        let _turn = self.shared.turn.acquire().await;
        let now = self.now();
        self.tell(&key, number, |state| (state.phase, state.since) = (CheckPhase::Loading, now));
        let ran = ask::run(&self.shared.computer, &name, None, |phase| {
            self.tell(&key, number, |state| state.phase = phase);
        });
        let (model, checked) = match ran.await {
            Ok((model, checked)) => (Some(model), checked),
            Err(failure) => (None, Checked::new(self.now(), CheckOutcome::Failed { failure })),
        };
        self.tell(&key, number, |state| {
            state.phase = CheckPhase::Ended;
            state.result = Some(checked.clone());
            if let Some(model) = &model {
                state.model.clone_from(&model.id);
            }
        });
        if let Some(model) = model.filter(|_| tells_of_the_model(&checked.outcome)) {
            self.entries().shown.insert(store::key(&model).to_owned(), checked);
        }
        // What the model can do is known now: the watcher shall say it at once.
        self.shared.look.notify_one();
    }

    fn tell(&self, key: &ModelName, number: u64, change: impl FnOnce(&mut CheckState)) {
        if let Some(entry) = self.entries().by_name.get_mut(key)
            // A cancelled or newer check is not overwritten by a late word of the old one.
            && entry.number == number && entry.task.is_some()
        {
            change(&mut entry.state);
            if entry.state.phase == CheckPhase::Ended {
                entry.task = None;
            }
        }
        self.publish();
    }

    fn publish(&self) {
        // Sent while the lock is held, so that an older state cannot overtake a newer one.
        let entries = self.entries();
        let mut all: Vec<(u64, CheckState)> =
            entries.by_name.values().map(|entry| (entry.number, entry.state.clone())).collect();
        all.sort_by_key(|(number, _)| *number);
        (self.shared.publish)(Slice::Checks(all.into_iter().map(|(_, state)| state).collect()));
    }

    fn now(&self) -> u64 {
        self.shared.computer.surroundings.milliseconds()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn forget_oldest(&mut self) {
        let ended = |entry: &Entry| entry.task.is_none();
        while self.by_name.values().filter(|entry| ended(entry)).count() > ENDED {
            let oldest = self.by_name.iter().filter(|(_, entry)| ended(entry));
            let Some(key) = oldest.min_by_key(|(_, entry)| entry.number).map(|(key, _)| key.clone()) else {
                return;
            };
            self.by_name.remove(&key);
        }
    }
}

/// The rest is about this moment, and is told by the check alone.
const fn tells_of_the_model(outcome: &CheckOutcome) -> bool {
    !matches!(outcome, CheckOutcome::Busy {} | CheckOutcome::TooSlow {} | CheckOutcome::Failed { .. })
}
