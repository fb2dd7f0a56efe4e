//! A download as it is told: lines of `/api/pull` folded into one bar that never goes backwards.
//! Pure: the clock comes in with each line, so that captured streams can be replayed.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::wire::PullLine;
use crate::error::{Error, ErrorCode};

/// Unchanged for this long is "stalled" (causes: `pull.stalled`).
const STALLED_AFTER: Duration = Duration::from_secs(20);
/// Speed is told over this window.
const SPEED_WINDOW: Duration = Duration::from_secs(5);
/// A speed over less than this is noise.
const SPEED_LEAST: Duration = Duration::from_millis(500);

/// Where a download stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum PullPhase {
    /// Waits for its turn: two run at once.
    Queued,
    /// Asked, no bytes yet.
    Starting,
    /// Bytes are coming.
    Downloading,
    /// No new bytes for 20 s.
    Stalled,
    /// Ollama checks what came; minutes on big models.
    Verifying,
    /// Ollama writes the manifest.
    Writing,
    /// The model is there.
    Done,
    /// Ollama went away; asked again when it is back.
    Waiting,
    /// Stopped by the user, to go on later: Ollama keeps what is here.
    Paused,
    /// Stopped by the user.
    Cancelled,
    /// Ended by an error.
    Failed,
}

/// One download.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct PullState {
    /// The model's name as asked.
    pub name: String,
    /// Where it stands.
    pub state: PullPhase,
    /// Bytes that are here, over all layers seen; never falls.
    pub completed_bytes: u64,
    /// Bytes of all layers seen; grows as layers come.
    pub total_bytes: u64,
    /// The bar, from 0 to 1; never falls, and is 1 only when done.
    pub fraction: f64,
    /// Speed over the last seconds; `null` until known.
    pub bytes_per_second: Option<u64>,
    /// Time left at that speed; `null` until known.
    pub seconds_left: Option<u64>,
    /// Why it failed, or what it waits for.
    pub failure: Option<Error>,
    /// To be listed in OpenClaw's settings when it is there and can act (the pinned way).
    pub for_openclaw: bool,
    /// The change that listed it, for undo; `null` when none did.
    pub listed_by: Option<String>,
}

/// The state of one download, fed line by line.
#[derive(Debug)]
pub struct PullFold {
    name: String,
    phase: PullPhase,
    layers: HashMap<String, Layer>,
    /// The most that was ever complete: what a failed chunk takes back is not shown.
    completed: u64,
    fraction: f64,
    last_progress: Duration,
    /// (when, bytes really there then), oldest first.
    samples: VecDeque<(Duration, u64)>,
    failure: Option<Error>,
}

#[derive(Debug, Default)]
struct Layer {
    total: u64,
    completed: u64,
}

impl PullFold {
    /// A download that was just asked for. `now` counts from any fixed moment.
    #[must_use]
    pub fn new(name: impl Into<String>, now: Duration) -> Self {
        Self {
            name: name.into(),
            phase: PullPhase::Starting,
            layers: HashMap::new(),
            completed: 0,
            fraction: 0.0,
            last_progress: now,
            samples: VecDeque::new(),
            failure: None,
        }
    }

    /// Takes one raw line. A line that is not JSON ends the download as interrupted.
    pub fn raw_line(&mut self, line: &[u8], now: Duration) {
        match serde_json::from_slice(line) {
            Ok(line) => self.line(line, now),
            Err(error) => {
                self.fail(Error::new(ErrorCode::PullInterrupted {}, format!("unreadable line: {error}")));
            }
        }
    }

    /// Takes one line.
    pub fn line(&mut self, line: PullLine, now: Duration) {
        if self.is_over() {
            return;
        }
        if let Some(error) = line.error {
            self.fail(classify(&self.name, &error));
        } else if let Some(digest) = line.digest {
            self.layer(digest, line.total.unwrap_or(0), line.completed.unwrap_or(0), now);
        } else {
            self.phase = match line.status.as_str() {
                "success" => PullPhase::Done,
                status if status.starts_with("verifying") => PullPhase::Verifying,
                "writing manifest" | "removing unused layers" => PullPhase::Writing,
                _ => self.phase,
            };
            if self.phase == PullPhase::Done {
                self.completed = self.total();
                self.fraction = 1.0;
            }
        }
    }

    /// The stream ended; without success or an error that is an interruption.
    pub fn ended(&mut self) {
        if !self.is_over() {
            self.fail(ErrorCode::PullInterrupted {}.into());
        }
    }

    /// The user stopped it.
    pub fn cancelled(&mut self) {
        if !self.is_over() {
            self.phase = PullPhase::Cancelled;
        }
    }

    /// It failed for a reason outside the stream.
    pub fn fail(&mut self, error: Error) {
        if !self.is_over() {
            self.phase = PullPhase::Failed;
            self.failure = Some(error);
        }
    }

    /// Nothing more will come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, PullPhase::Done | PullPhase::Cancelled | PullPhase::Failed)
    }

    /// As a face shows it at `now`.
    #[must_use]
    pub fn state(&self, now: Duration) -> PullState {
        let stalled = matches!(self.phase, PullPhase::Starting | PullPhase::Downloading)
            && now.saturating_sub(self.last_progress) >= STALLED_AFTER;
        let phase = if stalled { PullPhase::Stalled } else { self.phase };
        let speed = (phase == PullPhase::Downloading).then(|| self.speed(now)).flatten();
        let left = self.total().saturating_sub(self.completed);
        PullState {
            name: self.name.clone(),
            state: phase,
            completed_bytes: self.completed,
            total_bytes: self.total(),
            fraction: self.fraction,
            bytes_per_second: speed,
            seconds_left: speed.and_then(|speed| left.checked_div(speed)),
            failure: self.failure.clone(),
            for_openclaw: false,
            listed_by: None,
        }
    }

    fn layer(&mut self, digest: String, total: u64, completed: u64, now: Duration) {
        let layer = self.layers.entry(digest).or_default();
        layer.total = layer.total.max(total);
        layer.completed = completed.min(layer.total);
        self.phase = PullPhase::Downloading;
        let there = self.layers.values().fold(0_u64, |sum, layer| sum.saturating_add(layer.completed));
        self.sample(there, now);
        if there > self.completed {
            self.completed = there;
            self.last_progress = now;
        }
        // A new layer makes the total grow: the bar waits for it rather than going back. It is full only at the
        // end, when the server says "success".
        let total = self.total();
        if total > 0 {
            #[allow(clippy::cast_precision_loss)] // a share for a bar
            let fraction = self.completed as f64 / total as f64;
            self.fraction = self.fraction.max(fraction.min(0.999));
        }
    }

    /// Never below what was complete: with layers that say nothing, `completed` counts.
    fn total(&self) -> u64 {
        self.layers.values().fold(0_u64, |sum, layer| sum.saturating_add(layer.total)).max(self.completed)
    }

    fn sample(&mut self, there: u64, now: Duration) {
        self.samples.push_back((now, there));
        // Lines come every 60 ms: the window holds about a hundred.
        while self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > SPEED_WINDOW) {
            self.samples.pop_front();
        }
    }

    fn speed(&self, now: Duration) -> Option<u64> {
        let (first_at, first) = *self.samples.front()?;
        let (_, last) = *self.samples.back()?;
        let span = now.saturating_sub(first_at);
        if span < SPEED_LEAST {
            return None;
        }
        let bytes = u128::from(last.saturating_sub(first)) * 1000 / span.as_millis().max(1);
        u64::try_from(bytes).ok().filter(|speed| *speed > 0)
    }
}

/// The code behind Ollama's own words. They come with HTTP 200 and nothing but text, so text it must be.
fn classify(name: &str, message: &str) -> Error {
    let says = |part: &str| message.contains(part);
    let code = if says("file does not exist") {
        ErrorCode::PullUnknownModel { name: name.into() }
    } else if says("invalid model name") {
        ErrorCode::PullBadName { name: name.into() }
    } else if says("412:") {
        ErrorCode::PullEngineTooOld {}
    } else if says("x509:") || says("invalid character '<'") {
        ErrorCode::PullIntercepted {}
    } else if says("no space left") || says("not enough space") {
        ErrorCode::PullDiskFull {}
    } else if says("permission denied") {
        ErrorCode::PullPermission {}
    } else if says("unauthorized") {
        ErrorCode::PullUnauthorized {}
    } else if says("digest mismatch") {
        ErrorCode::PullDamaged {}
    } else if [
        "no such host",
        "i/o timeout",
        "connection refused",
        "max retries exceeded",
        "network is unreachable",
    ]
    .iter()
    .any(|part| says(part))
    {
        ErrorCode::PullOffline {}
    } else {
        ErrorCode::PullFailed {}
    };
    Error::new(code, message)
}

/// The code of a pull that could not even begin, as a `pull.*` code where there is one.
#[must_use]
pub fn refused(name: &str, error: Error) -> Error {
    match &error.code {
        ErrorCode::OllamaStatus { message, .. } if !message.is_empty() => classify(name, message),
        ErrorCode::OllamaCutOff { .. } | ErrorCode::OllamaSilent { .. } => {
            Error::new(ErrorCode::PullInterrupted {}, error.detail)
        }
        _ => error,
    }
}
