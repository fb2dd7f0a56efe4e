//! The installation of Ollama or of OpenClaw, as the window has it: one at a time, told as it goes, to be cancelled;
//! it belongs to the library, so it survives whatever is shown.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{
    slot::{Job, Slot},
    state::Slice,
};
use crate::{
    computer::Computer,
    installing::{InstallPhase, InstallProgram, InstallState},
    ollama, openclaw,
};

/// The installation of this session.
#[derive(Clone)]
pub struct Install {
    computer: Computer,
    look: Arc<Notify>,
    slot: Slot<InstallState>,
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
        Self { computer, look, slot: Slot::new(move |state| publish(Slice::Install(state))) }
    }

    /// Begins it; one that runs goes on.
    pub fn start(&self, program: InstallProgram) {
        let first = InstallState::of(program, InstallPhase::Asking);
        self.slot.begin(first, |job| self.clone().run(job, program));
    }

    /// Asks it to stop: it tells when it has, and that nothing is left.
    pub fn cancel(&self) {
        self.slot.ask_to_end();
    }

    /// Forgets one that is over.
    pub fn dismiss(&self) {
        self.slot.dismiss();
    }

    /// It runs: closing the window would stop it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.slot.is_active()
    }

    /// The window closes: what was downloaded stays for the next time; npm is ended.
    pub(super) fn stop(&self) {
        self.slot.stop();
    }

    async fn run(self, job: Job<InstallState>, program: InstallProgram) {
        let tell = |told| job.tell(|state| *state = told);
        let last = match program {
            InstallProgram::Ollama => {
                let limits = ollama::install::Limits::default();
                ollama::install::install(&self.computer, limits, job.asked(), tell).await
            }
            InstallProgram::Openclaw => {
                let limits = openclaw::install::Limits::default();
                openclaw::install::install(&self.computer, limits, job.asked(), tell).await
            }
        };
        job.end(|state| *state = last);
        // It is there, or something is wrong: the watcher shall see it at once.
        self.look.notify_one();
    }
}
