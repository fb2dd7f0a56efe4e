//! The installation of Ollama or of OpenClaw, as the window has it: one at a time, told as it goes, to be cancelled; it belongs to
//! the library, so it survives whatever is shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    runtime::Handle,
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::state::Slice;
use crate::{
    computer::Computer,
    installing::{InstallPhase, InstallProgram, InstallState},
    ollama, openclaw,
};

type Publish = Arc<dyn Fn(Slice) + Send + Sync>;

/// The installation of this session.
#[derive(Clone)]
pub struct Install {
    shared: Arc<Shared>,
}

struct Shared {
    computer: Computer,
    publish: Publish,
    look: Arc<Notify>,
    runtime: Handle,
    entry: Mutex<Entry>,
}

#[derive(Default)]
struct Entry {
    state: Option<InstallState>,
    task: Option<Task>,
}

struct Task {
    abort: AbortHandle,
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Install {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Install").finish_non_exhaustive()
    }
}

impl Install {
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
            entry: Mutex::default(),
        };
        let install = Self { shared: Arc::new(shared) };
        install.publish(&install.entry());
        install
    }

    /// Begins it; one that runs goes on.
    pub fn start(&self, program: InstallProgram) {
        let mut entry = self.entry();
        if entry.task.is_some() {
            return;
        }
        let (stop, asked) = watch::channel(false);
        entry.state = Some(InstallState::of(program, InstallPhase::Asking));
        self.publish(&entry);
        let task = self.shared.runtime.spawn(self.clone().run(program, asked));
        entry.task = Some(Task { abort: task.abort_handle(), stop });
    }

    /// Asks it to stop: it tells when it has, and that nothing is left.
    pub fn cancel(&self) {
        if let Some(task) = &self.entry().task {
            task.stop.send_replace(true);
        }
    }

    /// Forgets one that is over.
    pub fn dismiss(&self) {
        let mut entry = self.entry();
        if entry.task.is_none() {
            entry.state = None;
            self.publish(&entry);
        }
    }

    /// It runs: closing the window would stop it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.entry().task.is_some()
    }

    /// The window closes: what was downloaded stays for the next time; npm is ended.
    pub(super) fn stop(&self) {
        if let Some(task) = self.entry().task.take() {
            task.abort.abort();
        }
    }

    async fn run(self, program: InstallProgram, asked: watch::Receiver<bool>) {
        let computer = self.shared.computer.clone();
        let tell = |state| self.tell(state);
        let last = match program {
            InstallProgram::Ollama => {
                let limits = ollama::install::Limits::default();
                ollama::install::install(&computer, limits, asked, tell).await
            }
            InstallProgram::Openclaw => {
                let limits = openclaw::install::Limits::default();
                openclaw::install::install(&computer, limits, asked, tell).await
            }
        };
        {
            let mut entry = self.entry();
            entry.task = None;
            entry.state = Some(last);
            self.publish(&entry);
        }
        // It is there, or something is wrong: the watcher shall see it at once.
        self.shared.look.notify_one();
    }

    fn tell(&self, state: InstallState) {
        let mut entry = self.entry();
        entry.state = Some(state);
        self.publish(&entry);
    }

    /// Told while the lock is held, so that an older state cannot overtake a newer one.
    fn publish(&self, entry: &Entry) {
        (self.shared.publish)(Slice::Install(entry.state.clone()));
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
