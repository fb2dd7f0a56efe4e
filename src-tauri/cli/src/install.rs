//! `pincer install-ollama` and `pincer install-openclaw`: say what they will do, ask, and do it; a bar on a terminal,
//! NDJSON for scripts. Ctrl-C cancels, and nothing is left behind.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use pincer_core::{
    computer::Computer,
    error::Error,
    installing::{InstallPhase, InstallProgram, InstallState},
    ollama::{self, launch},
    openclaw,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    Done, ask,
    ending::Ending,
    output::{Failure, Output, code},
};

/// A command gives up after about a minute without a byte; the window waits for as long as the user does.
const IN_VAIN: u32 = 6;

pub(crate) async fn ollama(computer: &Computer, output: &Output, yes: bool) -> Result<Done, Failure> {
    let limits = ollama::install::Limits { in_vain: Some(IN_VAIN), ..ollama::install::Limits::default() };
    if !output.json {
        let offer = ollama::install::offer(computer, limits).await?;
        let size = offer.download_bytes.map(|bytes| output.words.numbers.size(bytes));
        output.line(&output.words.say_with(
            if offer.folder.is_some() { "cli.install.offer" } else { "cli.install.offer.installer" },
            &json!({ "url": offer.url, "size": size, "folder": offer.folder }),
        ))?;
        if let Some(running) = offer.running {
            output.say("remedy.install-ollama.runs", &running)?;
        }
        for path in offer.aside {
            output.say("remedy.install-ollama.aside", &json!({ "path": path }))?;
        }
    }
    if !ask::may(output, yes, "cli.install.ask")? {
        return Err(Failure::Cancelled);
    }
    let (stop, asked) = watch::channel(false);
    let mut show = Show::new(output, InstallProgram::Ollama);
    let installing = ollama::install::install(computer, limits, asked, |state| show.state(&state));
    let last = until_it_ends(installing, &stop).await?;
    show.ended(&last)
}

pub(crate) async fn openclaw(computer: &Computer, output: &Output, yes: bool) -> Result<Done, Failure> {
    let limits = openclaw::install::Limits::default();
    let mut after = Vec::new();
    if !output.json {
        output.say("install.openclaw.can", &json!({}))?;
        let offer = openclaw::install::offer(computer, limits).await?;
        if let Some(version) = offer.installed {
            output.say("install.openclaw.here", &json!({ "version": version }))?;
            return Ok(Done::Fine);
        }
        if let Some(error) = offer.blocked {
            return Err(error.into());
        }
        let size = |bytes| output.words.numbers.size(bytes);
        let sizes = (size(offer.download_bytes), size(offer.installed_bytes));
        output.say(
            "cli.install-openclaw.what",
            &json!({ "version": offer.version, "prefix": offer.prefix, "download": sizes.0, "size": sizes.1 }),
        )?;
        output.line(&format!("  {}", offer.command.join(" ")))?;
        let folder = json!({ "folder": offer.bin });
        let say = |key: &str| output.words.say_with(key, &folder);
        after.extend((!offer.on_path).then(|| say("install.openclaw.not-on-path")));
        after.extend((!offer.on_service_path).then(|| say("install.openclaw.not-on-service-path")));
    }
    if !ask::may(output, yes, "cli.install-openclaw.ask")? {
        return Err(Failure::Cancelled);
    }
    let (stop, asked) = watch::channel(false);
    let mut show = Show::new(output, InstallProgram::Openclaw);
    let installing = openclaw::install::install(computer, limits, asked, |state| show.state(&state));
    let last = until_it_ends(installing, &stop).await?;
    let done = show.ended(&last)?;
    for line in after {
        output.line(&line)?;
    }
    Ok(done)
}

async fn until_it_ends(
    installing: impl Future<Output = InstallState>,
    stop: &watch::Sender<bool>,
) -> Result<InstallState, Failure> {
    let mut ending = Ending::listen()?;
    let mut installing = std::pin::pin!(installing);
    loop {
        tokio::select! {
            last = &mut installing => {
                // An Ollama whose start was not waited for is started all the same.
                launch::finish();
                return Ok(last);
            }
            // Once it has stopped, nothing is left.
            () = ending.wished() => drop(stop.send_replace(true)),
        }
    }
}

fn failed_line(output: &Output, last: &InstallState, error: &Error) -> Result<Done, Failure> {
    let params =
        serde_json::to_value(&error.code).unwrap_or_default().get("params").cloned().unwrap_or_default();
    let mut line =
        json!({ "state": last.phase, "code": code(error), "params": params, "detail": error.detail });
    add_installed(&mut line, last);
    output.document(&line)?;
    Err(Failure::Told)
}

/// What is in its place, where that says more than the state.
fn add_installed(line: &mut Value, last: &InstallState) {
    if let (Some(installed), Some(line)) = (&last.installed, line.as_object_mut())
        && last.phase != InstallPhase::Done
    {
        line.insert("installed".into(), json!(installed));
    }
}

fn phase_key(program: InstallProgram, phase: InstallPhase) -> String {
    let name = serde_json::to_value(phase).unwrap_or_default();
    let program = match program {
        InstallProgram::Ollama => "install",
        InstallProgram::Openclaw => "install.openclaw",
    };
    format!("{program}.phase.{}", name.as_str().unwrap_or_default())
}

/// What is shown while it runs: a bar, a line a phase, or a JSON line a state.
struct Show<'a> {
    output: &'a Output,
    program: InstallProgram,
    bar: Option<ProgressBar>,
    last: Option<Value>,
    phase: Option<InstallPhase>,
}

impl<'a> Show<'a> {
    fn new(output: &'a Output, program: InstallProgram) -> Self {
        let bar = (!output.json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(1000);
            // npm does not say how much there is.
            let style = ProgressStyle::with_template(match program {
                InstallProgram::Ollama => "[{bar:30}] {msg}",
                InstallProgram::Openclaw => "{spinner} {elapsed} {msg}",
            });
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { output, program, bar, last: None, phase: None }
    }

    // A reader that went away ends the command.
    fn state(&mut self, state: &InstallState) {
        if self.output.json {
            let line = match self.program {
                InstallProgram::Ollama => json!({
                    "state": state.phase,
                    "completedBytes": state.completed_bytes,
                    "totalBytes": state.total_bytes,
                    "bytesPerSecond": state.bytes_per_second,
                    "secondsLeft": state.seconds_left,
                }),
                InstallProgram::Openclaw => json!({
                    "state": state.phase,
                    "packages": state.packages,
                    "elapsedSeconds": state.elapsed_seconds,
                }),
            };
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
            let _ = self.output.line(&self.output.words.say(&phase_key(self.program, state.phase)));
        }
    }

    fn message(&self, state: &InstallState) -> String {
        let words = self.output.words.say(&phase_key(self.program, state.phase));
        if let Some(packages) = state.packages.filter(|packages| *packages > 0) {
            let many = if packages == 1 { "one" } else { "other" };
            let count = self.output.words.numbers.integer(packages);
            let key = format!("install.openclaw.packages.{many}");
            return format!("{words}: {}", self.output.words.say_with(&key, &json!({ "count": count })));
        }
        if state.total_bytes == 0 {
            return words;
        }
        let size = |bytes| self.output.words.numbers.size(bytes);
        let speed = state.bytes_per_second.map(|speed| self.output.words.speed(speed));
        let (done, total) = (size(state.completed_bytes), size(state.total_bytes));
        let numbers = [Some(format!("{done} / {total}")), speed].into_iter().flatten();
        format!("{words} {}", self.output.words.clauses(numbers))
    }

    /// How it ended.
    fn words(&self, last: &InstallState) -> String {
        let words = &self.output.words;
        let key = phase_key(self.program, last.phase);
        let running = last.installed.as_ref().and_then(|installed| installed.running.as_ref());
        let Some(running) = running else {
            let own = format!("cli.{key}");
            return words.say(if words.has(&own) { &own } else { &key });
        };
        let version = last.installed.as_ref().and_then(|installed| installed.version.as_ref());
        let said = json!({ "version": version, "running": running.version, "url": running.url });
        if running.restarts {
            let how = words.say("cli.install.restart");
            return words.sentences([words.say_with(&key, &said), how]);
        }
        words.say_with(&format!("{key}.theirs"), &said)
    }

    /// Tells the last state, and says how the command ends.
    fn ended(&self, last: &InstallState) -> Result<Done, Failure> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let output = self.output;
        match &last.failure {
            Some(error) if output.json => return failed_line(output, last, error),
            Some(error) => {
                if let Some(installed) = &last.installed {
                    output.line(&self.words(last))?;
                    if let Some(path) = &installed.aside {
                        output.say("install.aside", &json!({ "path": path }))?;
                    }
                }
                return Err(error.clone().into());
            }
            None if output.json => {
                let mut line = json!({ "state": last.phase });
                add_installed(&mut line, last);
                output.document(&line)?;
            }
            None => output.line(&self.words(last))?,
        }
        match last.phase {
            InstallPhase::Cancelled => Err(Failure::Told),
            InstallPhase::Opened | InstallPhase::RestartPending | InstallPhase::Waking => Ok(Done::NeedsUser),
            _ => Ok(Done::Fine),
        }
    }
}
