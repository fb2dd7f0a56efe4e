//! `pincer install-ollama`: says what it will do, asks, and does it; a bar on a terminal, NDJSON for scripts.
//! Ctrl-C cancels, and nothing is left behind.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use pincer_core::{
    computer::Computer,
    error::Error,
    ollama::install::{
        self, Limits,
        state::{InstallPhase, InstallState},
    },
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    Done, ask,
    output::{Failure, Output, code},
};

/// A command gives up after about a minute without a byte; the window waits for as long as the user does.
const IN_VAIN: u32 = 6;

pub(crate) async fn run(computer: &Computer, output: &Output, yes: bool) -> Result<Done, Failure> {
    let limits = Limits { in_vain: Some(IN_VAIN), ..Limits::default() };
    if !output.json {
        let offer = install::offer(computer, limits).await?;
        let size = offer.download_bytes.map(|bytes| output.words.numbers.size(bytes));
        output.line(&output.words.say_with(
            if offer.folder.is_some() { "cli.install.offer" } else { "cli.install.offer.installer" },
            &json!({ "url": offer.url, "size": size, "folder": offer.folder }),
        ))?;
    }
    if !ask::may(output, yes, "cli.install.ask")? {
        return Err(Failure::Cancelled);
    }
    let (stop, asked) = watch::channel(false);
    let mut show = Show::new(output);
    let last = {
        let installing = install::install(computer, limits, asked, |state| show.state(&state));
        let mut installing = std::pin::pin!(installing);
        loop {
            tokio::select! {
                last = &mut installing => break last,
                // Once it has stopped, nothing is left.
                _ = tokio::signal::ctrl_c() => drop(stop.send_replace(true)),
            }
        }
    };
    show.clear();
    match (last.phase, last.failure) {
        (_, Some(error)) if output.json => failed_line(output, &error),
        (_, Some(error)) => Err(error.into()),
        (InstallPhase::Cancelled, None) => {
            if output.json {
                output.document(&json!({ "state": InstallPhase::Cancelled }))?;
            } else {
                output.say("install.phase.cancelled", &json!({}))?;
            }
            Err(Failure::Told)
        }
        (phase, None) => {
            if output.json {
                output.document(&json!({ "state": phase }))?;
            } else {
                output.line(&output.words.say(&phase_key(phase)))?;
            }
            Ok(if phase == InstallPhase::Opened { Done::NeedsUser } else { Done::Fine })
        }
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

fn phase_key(phase: InstallPhase) -> String {
    let name = serde_json::to_value(phase).unwrap_or_default();
    format!("install.phase.{}", name.as_str().unwrap_or_default())
}

/// What is shown while it runs: a bar, a line a phase, or a JSON line a state.
struct Show<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    last: Option<Value>,
    phase: Option<InstallPhase>,
}

impl<'a> Show<'a> {
    fn new(output: &'a Output) -> Self {
        let bar = (!output.json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(1000);
            let style = ProgressStyle::with_template("[{bar:30}] {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { output, bar, last: None, phase: None }
    }

    // A reader that went away ends the command.
    fn state(&mut self, state: &InstallState) {
        if self.output.json {
            let line = json!({
                "state": state.phase,
                "completedBytes": state.completed_bytes,
                "totalBytes": state.total_bytes,
                "bytesPerSecond": state.bytes_per_second,
                "secondsLeft": state.seconds_left,
            });
            if self.last.as_ref() != Some(&line) {
                let _ = self.output.document(&line);
                self.last = Some(line);
            }
        } else if let Some(bar) = &self.bar {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 1000
            bar.set_position((state.fraction * 1000.0) as u64);
            bar.set_message(self.message(state));
        } else if self.phase != Some(state.phase) {
            self.phase = Some(state.phase);
            let _ = self.output.line(&self.output.words.say(&phase_key(state.phase)));
        }
    }

    fn message(&self, state: &InstallState) -> String {
        let words = self.output.words.say(&phase_key(state.phase));
        if state.total_bytes == 0 {
            return words;
        }
        let size = |bytes| self.output.words.numbers.size(bytes);
        let speed = state.bytes_per_second.map(|speed| format!(", {}/s", size(speed)));
        let (done, total) = (size(state.completed_bytes), size(state.total_bytes));
        format!("{words} {done} / {total}{}", speed.unwrap_or_default())
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
