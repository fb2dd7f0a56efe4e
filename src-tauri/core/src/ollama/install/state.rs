//! An installation as it is told to a face: where it stands, how far this step is, why it failed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    ollama::{pull::PullFold, wire::PullLine},
};

/// Where an installation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum InstallPhase {
    /// Asks for the checksum and the size; nothing came yet.
    Asking,
    /// Bytes are coming.
    Downloading,
    /// The download broke off and is asked for again in a moment; nothing is lost.
    Waiting,
    /// The checksum was right; the archive is looked through before it is unpacked.
    Checking,
    /// Unpacks into a folder beside its place.
    Unpacking,
    /// It is in its place and is being started; or its installer is being opened.
    Starting,
    /// Ollama is there and answers.
    Done,
    /// Ollama's own installer was opened: the user goes on there.
    Opened,
    /// Stopped by the user; nothing is left behind.
    Cancelled,
    /// Ended by an error.
    Failed,
}

/// An installation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct InstallState {
    /// Where it stands.
    pub phase: InstallPhase,
    /// Bytes that are here (downloading), or written (unpacking).
    pub completed_bytes: u64,
    /// Bytes of this step in all; 0 when not known.
    pub total_bytes: u64,
    /// The bar of this step, from 0 to 1.
    pub fraction: f64,
    /// Speed over the last seconds; `null` until known.
    pub bytes_per_second: Option<u64>,
    /// Time left of the download at that speed; `null` until known.
    pub seconds_left: Option<u64>,
    /// Why it failed, or what it waits for.
    pub failure: Option<Error>,
}

impl InstallState {
    /// At the start of a step of which nothing is measured.
    #[must_use]
    pub const fn at(phase: InstallPhase) -> Self {
        Self {
            phase,
            completed_bytes: 0,
            total_bytes: 0,
            fraction: 0.0,
            bytes_per_second: None,
            seconds_left: None,
            failure: None,
        }
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

    /// Nothing more will come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        use InstallPhase::{Cancelled, Done, Failed, Opened};
        matches!(self.phase, Done | Opened | Cancelled | Failed)
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
            phase,
            completed_bytes: told.completed_bytes,
            total_bytes: told.total_bytes,
            fraction: told.fraction,
            bytes_per_second: told.bytes_per_second,
            seconds_left: told.seconds_left,
            failure: None,
        }
    }
}
