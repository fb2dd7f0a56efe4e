//! Remedies under way and how the last of each ended, as the window has them: told step by step, to be cancelled, and
//! remembered whatever is shown. A remedy that ended well is held against a new look: what is still offered after it
//! did not help.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};

use super::{look::Looks, state::Slice};
use crate::{
    computer::Computer,
    diagnosis::{
        finding::{Diagnosis, Remedy},
        remedy::{self, Carried},
    },
    error::{Error, ErrorCode},
    ollama::start::Step,
};

/// A look takes some 3 s when something is silent; while the window is hidden there is none.
const LOOK: Duration = Duration::from_secs(10);
/// So many are remembered.
const KEPT: usize = 16;

/// How far a remedy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum RemedyPhase {
    /// It has begun.
    Working,
    /// The system asks for a password.
    Password,
    /// Ollama ends.
    Stopping,
    /// Ollama is started.
    Starting,
    /// Ollama runs and does not answer yet.
    Waking,
    /// It was carried out; whether it helped is being looked at.
    Checking,
    /// It was carried out, and its cause is gone.
    Done,
    /// It was carried out, and its cause is still there.
    NoHelp,
    /// It failed.
    Failed,
    /// The user did not want to wait.
    Cancelled,
    /// The same while the system asked for the password: that question ends, too, and nothing was done.
    Unanswered,
}

impl RemedyPhase {
    /// It goes on by itself.
    #[must_use]
    pub const fn runs(self) -> bool {
        !matches!(self, Self::Done | Self::NoHelp | Self::Failed | Self::Cancelled | Self::Unanswered)
    }
}

impl From<Step> for RemedyPhase {
    fn from(step: Step) -> Self {
        match step {
            Step::Password => Self::Password,
            Step::Stopping => Self::Stopping,
            Step::Starting => Self::Starting,
            Step::Waking => Self::Waking,
        }
    }
}

/// A remedy under way, or how it ended last.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct RemedyState {
    /// Which one.
    pub remedy: Remedy,
    /// How far it is.
    pub phase: RemedyPhase,
    /// When it came to that phase, in milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub since: u64,
    /// Why it failed.
    pub failure: Option<Error>,
}

/// The remedies of this session.
#[derive(Clone)]
pub struct Remedies {
    shared: Arc<Shared>,
}

struct Shared {
    computer: Computer,
    publish: Box<dyn Fn(Slice) + Send + Sync>,
    found: Box<dyn Fn() -> Option<Diagnosis> + Send + Sync>,
    looks: Looks,
    runtime: Handle,
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    state: RemedyState,
    stop: Option<watch::Sender<bool>>,
    abort: Option<AbortHandle>,
}

impl std::fmt::Debug for Remedies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remedies").finish_non_exhaustive()
    }
}

impl Remedies {
    /// Within a tokio runtime. `found`: what was published last.
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Send + Sync + 'static,
        found: impl Fn() -> Option<Diagnosis> + Send + Sync + 'static,
        looks: Looks,
    ) -> Self {
        let shared = Shared {
            computer,
            publish: Box::new(publish),
            found: Box::new(found),
            looks,
            runtime: Handle::current(),
            entries: Mutex::default(),
        };
        let remedies = Self { shared: Arc::new(shared) };
        remedies.publish(&remedies.entries());
        remedies
    }

    /// Carries one out to its end; it goes on when nobody waits for it any more. One that runs is not begun again.
    ///
    /// # Errors
    /// Those of [`remedy::carry_out`]; they are told in the state, too.
    pub async fn run(&self, remedy: Remedy) -> Result<Carried, Error> {
        let (stop, asked) = watch::channel(false);
        let task = {
            let mut entries = self.entries();
            if entries.iter().any(|entry| entry.state.remedy == remedy && entry.state.phase.runs()) {
                return Ok(Carried::Done);
            }
            // Newest last; another try replaces the former one.
            entries.retain(|entry| entry.state.remedy != remedy);
            while entries.len() >= KEPT
                && let Some(oldest) = entries.iter().position(|entry| !entry.state.phase.runs())
            {
                entries.remove(oldest);
            }
            let task = self.shared.runtime.spawn(self.clone().carry_out(remedy.clone(), asked));
            let since = self.shared.computer.surroundings.milliseconds();
            let state = RemedyState { remedy, phase: RemedyPhase::Working, since, failure: None };
            entries.push(Entry { state, stop: Some(stop), abort: Some(task.abort_handle()) });
            self.publish(&entries);
            task
        };
        task.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
    }

    /// Waits no longer; what was started goes on by itself.
    pub fn cancel(&self, remedy: &Remedy) {
        let entries = self.entries();
        let running = entries.iter().find(|entry| entry.state.remedy == *remedy);
        if let Some(stop) = running.and_then(|entry| entry.stop.as_ref()) {
            stop.send_replace(true);
        }
    }

    /// Forgets how one ended.
    pub fn dismiss(&self, remedy: &Remedy) {
        let mut entries = self.entries();
        entries.retain(|entry| entry.state.remedy != *remedy || entry.state.phase.runs());
        self.publish(&entries);
    }

    /// What was tried in vain counts for as long as it is offered, and what helped until it is needed again.
    pub(super) fn hear(&self, found: &Diagnosis) {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|entry| match entry.state.phase {
            phase if phase.runs() => true,
            RemedyPhase::Done => !offers(found, &entry.state.remedy),
            _ => offers(found, &entry.state.remedy),
        });
        if entries.len() != before {
            self.publish(&entries);
        }
    }

    /// The window closes.
    pub(super) fn stop(&self) {
        for entry in self.entries().iter_mut() {
            if let Some(abort) = entry.abort.take() {
                abort.abort();
            }
        }
    }

    async fn carry_out(self, remedy: Remedy, mut asked: watch::Receiver<bool>) -> Result<Carried, Error> {
        let ended = {
            let tell = |step: Step| self.tell(&remedy, step.into(), None);
            tokio::select! {
                ended = remedy::carry_out_telling(&self.shared.computer, &remedy, &tell) => Some(ended),
                _ = asked.wait_for(|stop| *stop) => None,
            }
        };
        match &ended {
            None => self.tell(&remedy, self.given_up(&remedy), None),
            Some(Err(error)) => self.tell(&remedy, RemedyPhase::Failed, Some(error.clone())),
            // A preview is a question, and a face's business is none of ours: neither is a try.
            Some(Ok(Carried::Prepared(_) | Carried::ForTheFace)) => {
                self.entries().retain(|entry| entry.state.remedy != remedy);
            }
            Some(Ok(Carried::Done)) => {
                self.tell(&remedy, RemedyPhase::Checking, None);
                let seen = self.shared.looks.fresh(LOOK).await;
                let helped = !seen || !self.is_offered(&remedy);
                self.tell(&remedy, if helped { RemedyPhase::Done } else { RemedyPhase::NoHelp }, None);
            }
        }
        self.publish(&self.entries());
        self.shared.looks.look_again();
        ended.unwrap_or(Ok(Carried::Done))
    }

    fn given_up(&self, remedy: &Remedy) -> RemedyPhase {
        let asks =
            |entry: &Entry| entry.state.remedy == *remedy && entry.state.phase == RemedyPhase::Password;
        if self.entries().iter().any(asks) { RemedyPhase::Unanswered } else { RemedyPhase::Cancelled }
    }

    fn is_offered(&self, remedy: &Remedy) -> bool {
        (self.shared.found)().is_some_and(|found| offers(&found, remedy))
    }

    fn tell(&self, remedy: &Remedy, phase: RemedyPhase, failure: Option<Error>) {
        let mut entries = self.entries();
        let since = self.shared.computer.surroundings.milliseconds();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.state.remedy == *remedy) {
            entry.state = RemedyState { remedy: remedy.clone(), phase, since, failure };
            if !phase.runs() {
                (entry.stop, entry.abort) = (None, None);
            }
        }
        self.publish(&entries);
    }

    /// Told while the lock is held, so that an older state cannot overtake a newer one.
    fn publish(&self, entries: &[Entry]) {
        let states = entries.iter().map(|entry| entry.state.clone()).collect();
        (self.shared.publish)(Slice::Remedies(states));
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn offers(found: &Diagnosis, remedy: &Remedy) -> bool {
    found.findings.iter().flat_map(|finding| &finding.remedies).any(|offer| offer.remedy == *remedy)
}
