//! A download as it is told: lines of `/api/pull` folded into one bar that never goes backwards.
//! Pure: the clock comes in with each line, so that captured streams can be replayed.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{pull_error, wire::PullLine};
use crate::error::{Error, ErrorCode};

/// Unchanged for this long is "stalled" (causes: `pull.stalled`).
const STALLED_AFTER: Duration = Duration::from_secs(20);
/// Speed is told over this window.
const SPEED_WINDOW: Duration = Duration::from_secs(5);
/// A speed over less than this is noise.
const SPEED_LEAST: Duration = Duration::from_millis(500);
/// Between two samples: however fast the lines come, the window holds fifty.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);
/// A bar that is full but for the last word.
pub(crate) const NEARLY: f64 = 0.999;
/// More layers than any model has, and longer names than any digest: beyond is no download, and must not fill our
/// memory.
const LAYERS: usize = 1024;
const DIGEST_BYTES: usize = 256;

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
    /// Bytes that are here, over all layers seen; falls when Ollama throws some away.
    pub completed_bytes: u64,
    /// Bytes of all layers seen; grows as layers come.
    pub total_bytes: u64,
    /// Bytes that were here and are here no more: Ollama fetches them anew, while the bar stands.
    pub lost_bytes: u64,
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
    /// Why it is here and could not be listed; `null` when it was, or nothing had to be.
    pub not_listed: Option<Error>,
}

/// The state of one download, fed line by line; over several streams, when the first ones broke off.
#[derive(Debug)]
pub struct PullFold {
    name: String,
    phase: PullPhase,
    /// In the order in which they were seen: few, and nearly every line is of the last one.
    layers: Vec<Layer>,
    /// What is here now.
    completed: u64,
    /// The most that ever was.
    most: u64,
    fraction: f64,
    last_progress: Duration,
    /// (when, bytes that this stream brought until then), oldest first.
    samples: VecDeque<(Duration, u64)>,
    /// The same of the last line.
    latest: u64,
    failure: Option<Error>,
}

#[derive(Debug, Default)]
struct Layer {
    digest: String,
    total: u64,
    completed: u64,
    /// What was there when this stream first spoke of it: not downloaded now, so no part of the speed.
    first: Option<u64>,
}

/// One line of the stream of the model `name`.
///
/// # Errors
/// The `pull.*` code of an error that came as a line; `pull.interrupted` for one that is not JSON.
pub fn read(name: &str, line: &[u8]) -> Result<PullLine, Error> {
    match serde_json::from_slice(line) {
        Ok(PullLine { error: Some(text), .. }) => Err(pull_error::classify(name, &text)),
        Ok(line) => Ok(line),
        Err(error) => Err(Error::new(ErrorCode::PullInterrupted {}, format!("unreadable line: {error}"))),
    }
}

impl PullFold {
    /// A download that was just asked for. `now` counts from any fixed moment.
    #[must_use]
    pub fn new(name: impl Into<String>, now: Duration) -> Self {
        Self {
            name: name.into(),
            phase: PullPhase::Starting,
            layers: Vec::new(),
            completed: 0,
            most: 0,
            fraction: 0.0,
            last_progress: now,
            samples: VecDeque::new(),
            latest: 0,
            failure: None,
        }
    }

    /// Asked for once more, after whatever ended or held it: the bar goes on from where it was, as the server does.
    /// Only what came damaged is downloaded anew, and counted anew.
    pub fn ask_again(&mut self, now: Duration) {
        if matches!(&self.failure, Some(Error { code: ErrorCode::PullDamaged {}, .. })) {
            *self = Self::new(std::mem::take(&mut self.name), now);
            return;
        }
        self.hold(PullPhase::Starting, None);
        self.last_progress = now;
    }

    /// Nothing comes for now: queued, waiting for the server (and why), paused.
    pub fn hold(&mut self, phase: PullPhase, why: Option<Error>) {
        self.phase = phase;
        self.failure = why;
        self.samples.clear();
        self.latest = 0;
        for layer in &mut self.layers {
            layer.first = None;
        }
    }

    /// Takes one raw line.
    pub fn raw_line(&mut self, line: &[u8], now: Duration) {
        match read(&self.name, line) {
            Ok(line) => self.line(line, now),
            Err(error) => self.fail(error),
        }
    }

    /// Takes one line as [`read()`] gives it.
    pub fn line(&mut self, line: PullLine, now: Duration) {
        if self.is_over() {
            return;
        }
        if line.digest.is_some() || line.total.is_some() {
            // Some models come as one layer without a digest, "pulling model".
            let layer = line.digest.unwrap_or(line.status);
            self.layer(layer, line.total.unwrap_or(0), line.completed.unwrap_or(0), now);
        } else {
            self.phase = match line.status.as_str() {
                "success" => PullPhase::Done,
                status if status.starts_with("verifying") => PullPhase::Verifying,
                "writing manifest" | "removing unused layers" => PullPhase::Writing,
                _ => self.phase,
            };
            if self.phase == PullPhase::Done {
                self.completed = self.total();
                self.most = self.completed;
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

    /// Where it stands, "stalled" aside.
    #[must_use]
    pub const fn phase(&self) -> PullPhase {
        self.phase
    }

    /// Where it stands at `now`, as it is shown: one that brings nothing is stalled.
    #[must_use]
    pub fn phase_at(&self, now: Duration) -> PullPhase {
        let stalled = matches!(self.phase, PullPhase::Starting | PullPhase::Downloading)
            && now.saturating_sub(self.last_progress) >= STALLED_AFTER;
        if stalled { PullPhase::Stalled } else { self.phase }
    }

    /// Bytes that are here.
    #[must_use]
    pub const fn completed(&self) -> u64 {
        self.completed
    }

    /// Bytes that this stream brought.
    #[must_use]
    pub const fn brought(&self) -> u64 {
        self.latest
    }

    /// Bytes of all layers seen.
    #[must_use]
    pub fn total(&self) -> u64 {
        // Never below what was complete: with layers that say nothing, `completed` counts.
        self.layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.total)).max(self.completed)
    }

    /// Bytes of the layers seen that are still to come.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.layers
            .iter()
            .fold(0_u64, |sum, layer| sum.saturating_add(layer.total.saturating_sub(layer.completed)))
    }

    /// As a face shows it at `now`.
    #[must_use]
    pub fn state(&self, now: Duration) -> PullState {
        let phase = self.phase_at(now);
        let speed = (phase == PullPhase::Downloading).then(|| self.speed(now)).flatten();
        let total = self.total();
        let left = total.saturating_sub(self.completed);
        PullState {
            name: self.name.clone(),
            state: phase,
            completed_bytes: self.completed,
            total_bytes: total,
            lost_bytes: self.most.saturating_sub(self.completed),
            fraction: self.fraction,
            bytes_per_second: speed,
            seconds_left: speed.and_then(|speed| left.checked_div(speed)),
            failure: self.failure.clone(),
            for_openclaw: false,
            listed_by: None,
            not_listed: None,
        }
    }

    fn layer(&mut self, digest: String, total: u64, completed: u64, now: Duration) {
        let place = self.layers.iter().rposition(|layer| layer.digest == digest);
        if place.is_none() {
            if self.layers.len() >= LAYERS || digest.len() > DIGEST_BYTES {
                self.fail(Error::new(ErrorCode::PullInterrupted {}, "more layers than a model has"));
                return;
            }
            self.layers.push(Layer { digest, ..Layer::default() });
        }
        let known = place.is_some();
        let place = place.unwrap_or(self.layers.len() - 1);
        let Some(layer) = self.layers.get_mut(place) else { return };
        let before = layer.completed;
        layer.total = layer.total.max(total);
        layer.completed = completed.min(layer.total);
        // What is fetched a second time comes over the line, too.
        layer.first = Some(layer.first.unwrap_or(layer.completed).min(layer.completed));
        // Also a number that falls moves: it stands still when nothing comes.
        if !known || layer.completed != before {
            self.last_progress = now;
        }
        self.phase = PullPhase::Downloading;
        let (mut total, mut there, mut brought) = (0_u64, 0_u64, 0_u64);
        for layer in self.layers.iter() {
            total = total.saturating_add(layer.total);
            there = there.saturating_add(layer.completed);
            let first = layer.first.unwrap_or(layer.completed);
            brought = brought.saturating_add(layer.completed.saturating_sub(first));
        }
        self.sample(brought, now);
        self.completed = there;
        self.most = self.most.max(there);
        // A new layer makes the total grow: the bar waits for it rather than going back. It is full only at the
        // end, when the server says "success".
        if total > 0 {
            #[allow(clippy::cast_precision_loss)] // a share for a bar
            let fraction = self.completed as f64 / total.max(self.completed) as f64;
            self.fraction = self.fraction.max(fraction.min(NEARLY));
        }
    }

    fn sample(&mut self, brought: u64, now: Duration) {
        self.latest = brought;
        if self.samples.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= SAMPLE_EVERY) {
            self.samples.push_back((now, brought));
        }
        while self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > SPEED_WINDOW) {
            self.samples.pop_front();
        }
    }

    fn speed(&self, now: Duration) -> Option<u64> {
        let (first_at, first) = *self.samples.front()?;
        let span = now.saturating_sub(first_at);
        if span < SPEED_LEAST {
            return None;
        }
        let bytes = u128::from(self.latest.saturating_sub(first)) * 1000 / span.as_millis().max(1);
        u64::try_from(bytes).ok().filter(|speed| *speed > 0)
    }
}
