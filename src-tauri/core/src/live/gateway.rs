//! A start of OpenClaw's gateway and the proof that it works, as the window has them: one of each at a time, told as
//! they go, to be cancelled; they belong to the library, so they survive whatever is shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};

use super::state::Slice;
use crate::{
    computer::Computer,
    error::Error,
    ollama::names::ModelName,
    openclaw::gateway::{
        proof::{self, Limits, ProofPhase, ProofState},
        start::{self, StartPhase, StartState},
    },
};

type Publish = Arc<dyn Fn(Slice) + Send + Sync>;

/// The start and the proof of this session.
#[derive(Clone)]
pub struct GatewayTasks {
    shared: Arc<Shared>,
}

struct Shared {
    computer: Computer,
    publish: Publish,
    look: Arc<Notify>,
    runtime: Handle,
    start: Mutex<Entry<StartState>>,
    proof: Mutex<Entry<ProofState>>,
}

struct Entry<T> {
    /// Counts up: a late word of a cancelled task is not taken for one of the next.
    number: u64,
    state: Option<T>,
    /// `None` when it is over.
    task: Option<AbortHandle>,
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self { number: 0, state: None, task: None }
    }
}

impl<T> Entry<T> {
    /// Dropping the task gives it up.
    fn abort(&mut self) -> bool {
        self.task.take().map(|task| task.abort()).is_some()
    }
}

impl std::fmt::Debug for GatewayTasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayTasks").finish_non_exhaustive()
    }
}

impl GatewayTasks {
    /// Within a tokio runtime.
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Send + Sync + 'static,
        look: Arc<Notify>,
    ) -> Self {
        let shared = Shared {
            computer,
            publish: Arc::new(publish),
            look,
            runtime: Handle::current(),
            start: Mutex::default(),
            proof: Mutex::default(),
        };
        let tasks = Self { shared: Arc::new(shared) };
        tasks.publish_start(&tasks.starting());
        tasks.publish_proof(&tasks.proving());
        tasks
    }

    /// Starts the gateway; a start that runs goes on.
    pub fn start(&self) {
        let mut entry = self.starting();
        if entry.task.is_some() {
            return;
        }
        entry.number += 1;
        entry.state = Some(StartState { phase: StartPhase::Asking, since: self.now(), failure: None });
        self.publish_start(&entry);
        let task = self.shared.runtime.spawn(self.clone().run_start(entry.number));
        entry.task = Some(task.abort_handle());
    }

    /// Gives the start up; what Pincer started ends.
    pub fn cancel_start(&self) {
        let mut entry = self.starting();
        if entry.abort()
            && let Some(state) = &mut entry.state
        {
            state.phase = StartPhase::Cancelled;
        }
        self.publish_start(&entry);
    }

    /// Asks a model one real question through OpenClaw; one that runs goes on.
    ///
    /// # Errors
    /// `model.bad-name`.
    pub fn prove(&self, name: &str) -> Result<(), Error> {
        ModelName::parse(name)?;
        let mut entry = self.proving();
        if entry.task.is_some() {
            return Ok(());
        }
        entry.number += 1;
        let model = name.trim().to_owned();
        entry.state = Some(ProofState {
            model: model.clone(),
            phase: ProofPhase::Asking,
            since: self.now(),
            result: None,
            failure: None,
        });
        self.publish_proof(&entry);
        let task = self.shared.runtime.spawn(self.clone().run_proof(entry.number, model));
        entry.task = Some(task.abort_handle());
        Ok(())
    }

    /// Stops the question; OpenClaw aborts its turn, and Ollama stops.
    pub fn cancel_proof(&self) {
        let mut entry = self.proving();
        if entry.abort()
            && let Some(state) = &mut entry.state
        {
            state.phase = ProofPhase::Cancelled;
        }
        self.publish_proof(&entry);
    }

    /// The window closes.
    pub(super) fn stop(&self) {
        self.starting().abort();
        self.proving().abort();
    }

    async fn run_start(self, number: u64) {
        let started = start::start(&self.shared.computer, |phase| {
            let mut entry = self.starting();
            if let Some(state) = entry.current(number) {
                state.phase = phase;
            }
            self.publish_start(&entry);
        });
        let started = started.await;
        {
            let mut entry = self.starting();
            if let Some(state) = entry.current(number) {
                state.phase = if started.is_ok() { StartPhase::Done } else { StartPhase::Failed };
                state.failure = started.err();
                entry.task = None;
            }
            self.publish_start(&entry);
        }
        self.shared.look.notify_one();
    }

    async fn run_proof(self, number: u64, model: String) {
        let proved = proof::prove(&self.shared.computer, &model, Limits::default(), |phase| {
            let mut entry = self.proving();
            if let Some(state) = entry.current(number) {
                state.phase = phase;
            }
            self.publish_proof(&entry);
        });
        let proved = proved.await;
        {
            let mut entry = self.proving();
            if let Some(state) = entry.current(number) {
                state.phase = ProofPhase::Ended;
                match proved {
                    Ok(proof) => state.result = Some(proof),
                    Err(failure) => state.failure = Some(failure),
                }
                entry.task = None;
            }
            self.publish_proof(&entry);
        }
        // What is proven is known now: the watcher shall say it at once.
        self.shared.look.notify_one();
    }

    fn now(&self) -> u64 {
        self.shared.computer.surroundings.milliseconds()
    }

    /// Told while the lock is held, so that an older state cannot overtake a newer one.
    fn publish_start(&self, entry: &Entry<StartState>) {
        (self.shared.publish)(Slice::GatewayStart(entry.state.clone()));
    }

    /// As [`Self::publish_start`].
    fn publish_proof(&self, entry: &Entry<ProofState>) {
        (self.shared.publish)(Slice::Proof(entry.state.clone()));
    }

    fn starting(&self) -> MutexGuard<'_, Entry<StartState>> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn proving(&self) -> MutexGuard<'_, Entry<ProofState>> {
        // As above.
        self.shared.proof.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Entry<T> {
    /// The state, while this task is the one that runs.
    fn current(&mut self, number: u64) -> Option<&mut T> {
        let runs = self.number == number && self.task.is_some();
        self.state.as_mut().filter(|_| runs)
    }
}
