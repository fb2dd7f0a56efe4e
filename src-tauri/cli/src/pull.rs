//! `pincer pull`: downloads a model, with a bar on a terminal and NDJSON for scripts. Ctrl-C cancels; Ollama keeps
//! what has arrived. A server that goes away ends it: to wait for it is the window's.

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
    output::{Failure, Output},
    progress::{self, Progress, Told},
    words::Words,
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
    let mut progress = Progress::new(output, "{prefix} [{bar:30}] {msg}", name);
    let last = tokio::select! {
        last = follow(&client, &room, name, |state| progress.tell(&state)) => last,
        _ = tokio::signal::ctrl_c() => {
            progress.clear();
            if output.json {
                output.document(&json!({ "state": "cancelled" }))?;
            } else {
                output.say("pull.phase.cancelled", &json!({}))?;
            }
            return Err(Failure::Told);
        }
    };
    progress.clear();
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
    output.document(&progress::failed(PullPhase::Failed, error))?;
    Err(Failure::Told)
}

impl Told for PullState {
    type Phase = PullPhase;

    fn phase(&self) -> PullPhase {
        self.state
    }

    fn fraction(&self) -> f64 {
        self.fraction
    }

    fn document(&self) -> Value {
        json!({
            "state": self.state,
            "completedBytes": self.completed_bytes,
            "totalBytes": self.total_bytes,
            "bytesPerSecond": self.bytes_per_second,
            "secondsLeft": self.seconds_left,
        })
    }

    fn message(&self, words: &Words) -> String {
        let phase = match self.state {
            PullPhase::Queued => "pull.phase.queued",
            PullPhase::Waiting => "pull.phase.waiting",
            PullPhase::Paused => "pull.phase.paused",
            PullPhase::Starting => "pull.phase.starting",
            PullPhase::Downloading => {
                let speed = self.bytes_per_second.map(|speed| words.speed(speed));
                let left = self.seconds_left.map(|left| {
                    let time = time(words, left);
                    words.say_with("pull.left", &json!({ "time": time }))
                });
                return words.clauses([Some(bytes(words, self)), speed, left].into_iter().flatten());
            }
            PullPhase::Stalled if self.total_bytes > 0 => {
                return format!("{} · {}", bytes(words, self), words.say("pull.phase.stalled"));
            }
            PullPhase::Stalled => "pull.phase.stalled",
            PullPhase::Verifying => "pull.phase.verifying",
            PullPhase::Writing => "pull.phase.writing",
            PullPhase::Done => "pull.phase.done",
            PullPhase::Cancelled => "pull.phase.cancelled",
            PullPhase::Failed => "pull.phase.failed",
        };
        words.say(phase)
    }
}

/// A length of time, as coarse as people say it.
fn time(words: &Words, seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    let key = match (hours, minutes) {
        (0, 0) => "pull.less-than-minute",
        (0, _) => "cli.time.minutes",
        (_, 0) => "cli.time.hours",
        (_, _) => "cli.time.hours-minutes",
    };
    words.say_with(key, &json!({ "hours": hours, "minutes": minutes }))
}

fn bytes(words: &Words, state: &PullState) -> String {
    let size = |bytes| words.numbers.size(bytes);
    format!("{} / {}", size(state.completed_bytes), size(state.total_bytes))
}
