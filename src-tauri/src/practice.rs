//! Practice mode: a computer in a temporary folder, with an Ollama and an OpenClaw of its own, and faults to try.
//! Ollama's, OpenClaw's and Pincer's real folders are not touched.

use std::{
    io,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use pincer_core::{
    computer::Computer,
    machine::memory::MEMORY_VARIABLE,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::Stage;

/// Asks for practice mode.
pub(crate) const OPTION: &str = "--practice";
/// The memory of the practice computer, in bytes: what fits there does not depend on the real one.
const MEMORY: &str = "16000000000";

/// The practice computer of this window; none where it looks at the real one.
#[derive(Default)]
pub(crate) struct Practice {
    stage: Mutex<Option<Arc<Stage>>>,
    /// One situation at a time is set up.
    turn: tokio::sync::Mutex<()>,
}

impl Practice {
    /// Sets it up; the user's language and the memory to assume are kept, nothing else of the environment.
    pub(crate) async fn start(real: &Surroundings) -> io::Result<(Computer, Self)> {
        let stage = Stage::open(&std::env::current_exe()?).await?;
        let kept = ["LC_ALL", "LC_MESSAGES", "LANG", MEMORY_VARIABLE]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), real.environment.get(name)?.to_owned())));
        let memory = std::iter::once((MEMORY_VARIABLE.to_owned(), MEMORY.to_owned()));
        let environment = Environment::new(memory.chain(kept).chain(stage.environment()));
        let surroundings = Surroundings::new(real.os, environment, stage.home(), SystemTime::now);
        let practice = Self { stage: Mutex::new(Some(Arc::new(stage))), turn: tokio::sync::Mutex::default() };
        Ok((Computer::new(surroundings, None), practice))
    }

    /// The practice computer's home folder; `None` outside of practice mode.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.stage().map(|stage| stage.home().to_path_buf())
    }

    /// What can be played, in order; `None` outside of practice mode.
    pub(crate) fn faults(&self) -> Option<Vec<String>> {
        self.stage().map(|_| Stage::names())
    }

    /// Puts the practice computer into a situation; `None`: all is well.
    ///
    /// # Errors
    /// `Unsupported` outside of practice mode, else as [`Stage::play`].
    pub(crate) async fn play(&self, name: Option<&str>) -> io::Result<()> {
        let stage = self.stage().ok_or(io::ErrorKind::Unsupported)?;
        let _turn = self.turn.lock().await;
        stage.play(name).await
    }

    /// The window is gone: its programs end, and the home with them.
    pub(crate) fn close(&self) {
        drop(self.stage.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn stage(&self) -> Option<Arc<Stage>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens practice mode as a program of its own, which outlives this one.
///
/// # Errors
/// The system's, when it cannot be started.
pub(crate) fn open() -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut child = command.arg(OPTION).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    // Waited for, so that the system can forget it when it ends.
    std::thread::Builder::new().name("practice".into()).spawn(move || child.wait()).map(drop)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_knows_practice_by_the_variable_that_its_programs_have() {
        assert_eq!(pincer_core::surroundings::PRACTICE_VARIABLE, pincer_practice::program::PARENT);
    }
}
