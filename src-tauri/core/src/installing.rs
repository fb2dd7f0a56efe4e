//! An installation as it is told to a face, of Ollama or of OpenClaw: where it stands, how far this step is, why it
//! failed. The two are told alike, so that a face needs one way to show them.

pub(crate) mod stop;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What is being installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum InstallProgram {
    /// Ollama, downloaded by Pincer.
    Ollama,
    /// OpenClaw, by npm.
    Openclaw,
}

/// Where an installation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum InstallPhase {
    /// Asks what there is: checksum and size, or Node, npm and the package. Nothing came yet.
    Asking,
    /// Bytes, or packages, are coming.
    Downloading,
    /// The download broke off and is asked for again in a moment; nothing is lost.
    Waiting,
    /// What arrived is looked at: the archive before it is unpacked, or whether the program runs.
    Checking,
    /// Unpacks into a folder beside its place.
    Unpacking,
    /// It is in its place and is being started; or its installer is being opened.
    Starting,
    /// It is there and runs.
    Done,
    /// It is there, and another Ollama still answers: it runs once that one has ended.
    RestartPending,
    /// It is there; whether it runs was not waited for.
    Waking,
    /// It is there, and could not be started or does not answer.
    NotStarted,
    /// Its own installer was opened: the user goes on there.
    Opened,
    /// Stopped by the user; nothing is left behind.
    Cancelled,
    /// Ended by an error.
    Failed,
}

/// The Ollama that an installation put in its place, and what became of the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Installed {
    /// Its version; `null` when it does not say.
    pub version: Option<String>,
    /// Another Ollama that goes on answering in its stead; `null`: none.
    pub running: Option<RunningOllama>,
    /// Where the program is now that was in its place and was not Pincer's; `null`: none was.
    pub aside: Option<String>,
}

/// An Ollama that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct RunningOllama {
    /// Its version.
    pub version: String,
    /// Its address.
    pub url: String,
    /// A restart by Pincer brings the installed one in its place.
    pub restarts: bool,
}

/// An installation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct InstallState {
    /// What is being installed.
    pub program: InstallProgram,
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
    /// Packages that have arrived, where that is all that is told; `null` elsewhere.
    pub packages: Option<u64>,
    /// Seconds since it was begun, where nobody can say how many are left; `null` elsewhere.
    pub elapsed_seconds: Option<u64>,
    /// The last lines of the program that does it, oldest first, each shortened: text, never markup.
    pub said: Vec<String>,
    /// What is in its place now; `null` before, and where Pincer does not put it there itself.
    pub installed: Option<Installed>,
    /// Why it failed, or what it waits for.
    pub failure: Option<Error>,
}

impl InstallState {
    /// At the start of a step of which nothing is measured.
    #[must_use]
    pub const fn of(program: InstallProgram, phase: InstallPhase) -> Self {
        Self {
            program,
            phase,
            completed_bytes: 0,
            total_bytes: 0,
            fraction: 0.0,
            bytes_per_second: None,
            seconds_left: None,
            packages: None,
            elapsed_seconds: None,
            said: Vec::new(),
            installed: None,
            failure: None,
        }
    }

    /// Nothing more will come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        use InstallPhase::{Cancelled, Done, Failed, NotStarted, Opened, RestartPending, Waking};
        matches!(self.phase, Done | RestartPending | Waking | NotStarted | Opened | Cancelled | Failed)
    }
}
