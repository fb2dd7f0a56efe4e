//! The installation of Ollama as it is told to a face: how far this step is, and how fast.
//! The shape is `installing`'s.

use std::time::Duration;

pub use crate::installing::{InstallPhase, InstallState};
use crate::{
    error::Error,
    installing::InstallProgram,
    ollama::{pull::PullFold, wire::PullLine},
};

impl InstallState {
    /// At the start of a step of which nothing is measured.
    #[must_use]
    pub const fn at(phase: InstallPhase) -> Self {
        Self::of(InstallProgram::Ollama, phase)
    }

    /// Ended by an error.
    #[must_use]
    pub fn failed(error: Error) -> Self {
        Self { failure: Some(error), ..Self::at(InstallPhase::Failed) }
    }

    /// So much is unpacked.
    #[must_use]
    pub fn unpacking(written: u64, total: u64) -> Self {
        #[allow(clippy::cast_precision_loss)] // a share for a bar
        let fraction = if total > 0 { (written as f64 / total as f64).min(1.0) } else { 0.0 };
        Self { completed_bytes: written, total_bytes: total, fraction, ..Self::at(InstallPhase::Unpacking) }
    }
}

/// The download's part: speed and bar as of a model's, which is told the same way.
pub(super) struct Meter {
    fold: PullFold,
}

impl Meter {
    pub(super) fn new(now: Duration) -> Self {
        Self { fold: PullFold::new("ollama", now) }
    }

    /// So many bytes are here, of so many (0: not known).
    pub(super) fn bytes(&mut self, here: u64, total: u64, now: Duration) -> InstallState {
        if total == 0 {
            // Nothing can be said of speed and bar.
            return InstallState { completed_bytes: here, ..InstallState::at(InstallPhase::Downloading) };
        }
        let line = PullLine {
            status: "file".into(),
            digest: None,
            total: Some(total.max(here)),
            completed: Some(here),
            error: None,
        };
        self.fold.line(line, now);
        self.state(InstallPhase::Downloading, now)
    }

    /// It broke off.
    pub(super) fn waiting(&mut self, why: Error, now: Duration) -> InstallState {
        self.fold.ask_again(now);
        InstallState { failure: Some(why), ..self.state(InstallPhase::Waiting, now) }
    }

    fn state(&self, phase: InstallPhase, now: Duration) -> InstallState {
        let told = self.fold.state(now);
        InstallState {
            completed_bytes: told.completed_bytes,
            total_bytes: told.total_bytes,
            fraction: told.fraction,
            bytes_per_second: told.bytes_per_second,
            seconds_left: told.seconds_left,
            ..InstallState::at(phase)
        }
    }
}
