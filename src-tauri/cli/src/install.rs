//! `pincer install-ollama` and `pincer install-openclaw`: say what they will do, ask, and do it; a bar on a terminal,
//! NDJSON for scripts. Ctrl-C cancels, and nothing is left behind.

use pincer_core::{
    computer::Computer,
    error::Error,
    installing::{InstallPhase, InstallProgram, InstallState},
    machine::unfinished,
    ollama, openclaw,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    Done, ask,
    ending::Ending,
    output::{Failure, Output},
    progress::{self, Progress, Told},
    words::Words,
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
    let mut progress = Progress::new(output, "[{bar:30}] {msg}", "");
    let installing = ollama::install::install(computer, limits, asked, |state| progress.tell(&state));
    let last = until_it_ends(installing, &stop).await?;
    ended(output, &progress, &last)
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
    // npm does not say how much there is.
    let mut progress = Progress::new(output, "{spinner} {elapsed} {msg}", "");
    let installing = openclaw::install::install(computer, limits, asked, |state| progress.tell(&state));
    let last = until_it_ends(installing, &stop).await?;
    let done = ended(output, &progress, &last)?;
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
                unfinished::finish();
                return Ok(last);
            }
            // Once it has stopped, nothing is left.
            () = ending.wished() => drop(stop.send_replace(true)),
        }
    }
}

fn failed_line(output: &Output, last: &InstallState, error: &Error) -> Result<Done, Failure> {
    let mut line = progress::failed(last.phase, error);
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

impl Told for InstallState {
    type Phase = InstallPhase;

    fn phase(&self) -> InstallPhase {
        self.phase
    }

    fn fraction(&self) -> f64 {
        self.fraction
    }

    fn document(&self) -> Value {
        match self.program {
            InstallProgram::Ollama => json!({
                "state": self.phase,
                "completedBytes": self.completed_bytes,
                "totalBytes": self.total_bytes,
                "bytesPerSecond": self.bytes_per_second,
                "secondsLeft": self.seconds_left,
            }),
            InstallProgram::Openclaw => json!({
                "state": self.phase,
                "packages": self.packages,
                "elapsedSeconds": self.elapsed_seconds,
            }),
        }
    }

    fn message(&self, words: &Words) -> String {
        let phase = self.line(words);
        if let Some(packages) = self.packages.filter(|packages| *packages > 0) {
            let many = if packages == 1 { "one" } else { "other" };
            let count = words.numbers.integer(packages);
            let key = format!("install.openclaw.packages.{many}");
            return format!("{phase}: {}", words.say_with(&key, &json!({ "count": count })));
        }
        if self.total_bytes == 0 {
            return phase;
        }
        let size = |bytes| words.numbers.size(bytes);
        let speed = self.bytes_per_second.map(|speed| words.speed(speed));
        let (done, total) = (size(self.completed_bytes), size(self.total_bytes));
        let numbers = [Some(format!("{done} / {total}")), speed].into_iter().flatten();
        format!("{phase} {}", words.clauses(numbers))
    }

    fn line(&self, words: &Words) -> String {
        words.say(&phase_key(self.program, self.phase))
    }
}

/// How it ended.
fn ending(words: &Words, last: &InstallState) -> String {
    let key = phase_key(last.program, last.phase);
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
fn ended(
    output: &Output,
    progress: &Progress<'_, InstallState>,
    last: &InstallState,
) -> Result<Done, Failure> {
    progress.clear();
    match &last.failure {
        Some(error) if output.json => return failed_line(output, last, error),
        Some(error) => {
            if let Some(installed) = &last.installed {
                output.line(&ending(&output.words, last))?;
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
        None => output.line(&ending(&output.words, last))?,
    }
    match last.phase {
        InstallPhase::Cancelled => Err(Failure::Told),
        InstallPhase::Opened | InstallPhase::RestartPending | InstallPhase::Waking => Ok(Done::NeedsUser),
        _ => Ok(Done::Fine),
    }
}
