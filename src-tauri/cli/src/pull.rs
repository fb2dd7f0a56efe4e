//! `pincer pull`: downloads a model, with a bar on a terminal and NDJSON for scripts. Ctrl-C cancels; Ollama keeps
//! what has arrived. A server that goes away ends it: to wait for it is the window's.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    live::pulls::{Room, follow},
    ollama::{
        names::{self, ModelName},
        pull::{PullPhase, PullState},
    },
};
use serde_json::{Value, json};

use crate::{
    Done,
    output::{Failure, Output, code},
};

pub(crate) async fn run(
    computer: &Computer,
    output: &Output,
    name: &str,
    anyway: bool,
) -> Result<Done, Failure> {
    let bad_name = |_| Error::from(ErrorCode::PullBadName { name: name.trim().into() });
    let unwrapped = names::unwrapped(name);
    let name = ModelName::parse(unwrapped).map(|_| unwrapped).map_err(bad_name);
    let name = match name {
        Ok(name) => name,
        Err(error) if output.json => return failed_line(output, &error),
        Err(error) => return Err(error.into()),
    };
    let (address, _) = computer.effective();
    let client = computer.client(&address)?;
    let room = Room::of(computer, &address);
    let room = if anyway { room.anyway() } else { room };
    let mut show = Show::new(output, name);
    let last = tokio::select! {
        last = follow(&client, &room, name, |state| show.state(&state)) => last,
        _ = tokio::signal::ctrl_c() => {
            show.clear();
            if output.json {
                output.document(&json!({ "state": "cancelled" }))?;
            } else {
                output.say("pull.phase.cancelled", &json!({}))?;
            }
            return Err(Failure::Told);
        }
    };
    show.clear();
    match last.failure {
        None => {
            if output.json {
                output.document(&json!({ "state": "done" }))?;
            } else {
                output.say("pull.say.done", &json!({ "name": name }))?;
            }
            Ok(Done::Fine)
        }
        Some(error) if output.json => failed_line(output, &error),
        Some(error) => Err(error.into()),
    }
}

fn failed_line(output: &Output, error: &Error) -> Result<Done, Failure> {
    let params =
        serde_json::to_value(&error.code).unwrap_or_default().get("params").cloned().unwrap_or_default();
    output.document(
        &json!({ "state": "failed", "code": code(error), "params": params, "detail": error.detail }),
    )?;
    Err(Failure::Told)
}

/// What is shown while it runs: a bar, a line a phase, or a JSON line a state.
struct Show<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    last: Option<Value>,
    phase: Option<PullPhase>,
}

impl<'a> Show<'a> {
    fn new(output: &'a Output, name: &str) -> Self {
        let bar = (!output.json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(1000);
            let style = ProgressStyle::with_template("{prefix} [{bar:30}] {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { output, bar, last: None, phase: None }
    }

    fn state(&mut self, state: &PullState) {
        if self.output.json {
            let line = json!({
                "state": state.state,
                "completedBytes": state.completed_bytes,
                "totalBytes": state.total_bytes,
                "bytesPerSecond": state.bytes_per_second,
                "secondsLeft": state.seconds_left,
            });
            if self.last.as_ref() != Some(&line) {
                // A reader that went away ends the command.
                let _ = self.output.document(&line);
                self.last = Some(line);
            }
        } else if let Some(bar) = &self.bar {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 1000
            bar.set_position((state.fraction * 1000.0) as u64);
            bar.set_message(self.message(state));
        } else if self.phase != Some(state.state) {
            self.phase = Some(state.state);
            let _ = self.output.line(&self.message(state));
        }
    }

    fn message(&self, state: &PullState) -> String {
        let phase = match state.state {
            PullPhase::Queued => "pull.phase.queued",
            PullPhase::Waiting => "pull.phase.waiting",
            PullPhase::Paused => "pull.phase.paused",
            PullPhase::Starting => "pull.phase.starting",
            PullPhase::Downloading => {
                let words = &self.output.words;
                let speed = state.bytes_per_second.map(|speed| words.speed(speed));
                let left = state
                    .seconds_left
                    .map(|seconds| words.say_with("pull.left", &json!({ "time": self.time(seconds) })));
                return words.clauses([Some(self.bytes(state)), speed, left].into_iter().flatten());
            }
            PullPhase::Stalled if state.total_bytes > 0 => {
                return format!("{} · {}", self.bytes(state), self.output.words.say("pull.phase.stalled"));
            }
            PullPhase::Stalled => "pull.phase.stalled",
            PullPhase::Verifying => "pull.phase.verifying",
            PullPhase::Writing => "pull.phase.writing",
            PullPhase::Done => "pull.phase.done",
            PullPhase::Cancelled => "pull.phase.cancelled",
            PullPhase::Failed => "pull.phase.failed",
        };
        self.output.words.say(phase)
    }

    /// A length of time, as coarse as people say it.
    fn time(&self, seconds: u64) -> String {
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        let key = match (hours, minutes) {
            (0, 0) => "pull.less-than-minute",
            (0, _) => "cli.time.minutes",
            (_, 0) => "cli.time.hours",
            (_, _) => "cli.time.hours-minutes",
        };
        self.output.words.say_with(key, &json!({ "hours": hours, "minutes": minutes }))
    }

    fn bytes(&self, state: &PullState) -> String {
        let size = |bytes| self.output.words.numbers.size(bytes);
        format!("{} / {}", size(state.completed_bytes), size(state.total_bytes))
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
