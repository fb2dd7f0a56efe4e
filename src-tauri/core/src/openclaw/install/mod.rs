//! Installs OpenClaw as its makers publish it: with the user's own npm, into npm's global folder or one of the user's,
//! told as it goes. It counts as installed only when it runs; what is half done is removed, and never counts.

mod half;
mod npm;
mod place;
pub mod tools;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::watch::Receiver;

use half::Attempt;
pub(crate) use half::{is_half, settle};
use npm::{Heard, Package};
use place::Place;
use tools::FoundNode;

use super::{node, program};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    installing::{
        InstallPhase, InstallProgram, InstallState,
        stop::{Stop, stopped, unless_stopped},
    },
    machine::{
        blocking, command,
        lines::{Event, Lines},
    },
    ollama::install::room,
    surroundings::Surroundings,
};

/// How far it is, is told so often.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// What 2026.9.6 takes with all that it needs: 678 MB measured.
const INSTALLED_BYTES: u64 = 700_000_000;
/// What npm keeps of it in its cache: 234 MB measured.
const CACHED_BYTES: u64 = 250_000_000;

/// Time limits of an installation.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For npm's answer on the package, of its registry: two seconds measured, and one retry of its own takes ten.
    pub ask: Duration,
    /// For npm's answers on its settings, and for Node's on its version: milliseconds measured, and over three seconds
    /// of a program that was read from a slow disk for the first time.
    pub settings: Duration,
    /// Without a line of npm's: the package itself on a slow line, or a part that is built here.
    pub silence: Duration,
    /// For all of npm's work.
    pub all: Duration,
    /// For `openclaw --version`: 0.3 s measured; the first run of a new package is slower.
    pub run: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ask: Duration::from_secs(60),
            settings: Duration::from_secs(20),
            silence: Duration::from_secs(15 * 60),
            all: Duration::from_secs(3 * 60 * 60),
            run: Duration::from_secs(60),
        }
    }
}

/// What an installation of OpenClaw would do, before it is begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct OpenclawOffer {
    /// The version that runs here already; nothing is to be done then.
    pub installed: Option<String>,
    /// The Node that it would run on; the first one found when none fits.
    pub node: Option<FoundNode>,
    /// The Node that the package asks for (`engines.node`); `null` when not known.
    pub required: Option<String>,
    /// npm.
    pub npm: Option<String>,
    /// The package needs git.
    pub needs_git: bool,
    /// The version that would be installed.
    pub version: Option<String>,
    /// About how many bytes are downloaded, with all that it needs.
    pub download_bytes: u64,
    /// About how many bytes it takes on the disk.
    pub installed_bytes: u64,
    /// The folder that it goes to (npm's prefix).
    pub prefix: Option<String>,
    /// The program, once it is there.
    pub program: Option<String>,
    /// The folder with the program.
    pub bin: Option<String>,
    /// It is a folder of the user's own, since npm's may not be written.
    pub own_prefix: bool,
    /// A terminal finds the program by its name.
    pub on_path: bool,
    /// OpenClaw's own service finds the program by its name.
    pub on_service_path: bool,
    /// The exact command, as an argument list.
    pub command: Vec<String>,
    /// Why it cannot be begun; `null` when it can.
    pub blocked: Option<Error>,
}

/// What an installation would do here. Asks Node, npm, and npm's registry; changes nothing.
///
/// # Errors
/// [`ErrorCode::Internal`]; what stands in its way is in the offer.
pub async fn offer(computer: &Computer, limits: Limits) -> Result<OpenclawOffer, Error> {
    let mut offer = OpenclawOffer {
        download_bytes: CACHED_BYTES,
        installed_bytes: INSTALLED_BYTES,
        ..OpenclawOffer::default()
    };
    if let Err(error) = look(computer, limits, &mut offer).await {
        if error.code == (ErrorCode::Internal {}) {
            return Err(error);
        }
        offer.blocked = Some(error);
    }
    Ok(offer)
}

/// Installs OpenClaw, telling each state as it changes; the last one, which is over, is returned. `stop` turning
/// `true` cancels it: npm is ended with all that it started. Cancelled or failed, what it made is removed. Dropping
/// the future ends npm, too; what lies there then does not count as installed.
pub async fn install(
    computer: &Computer,
    limits: Limits,
    stop: Receiver<bool>,
    tell: impl FnMut(InstallState),
) -> InstallState {
    let mut run = Run { computer, limits, stop, tell, begun: Instant::now(), heard: Heard::default() };
    let ended = run.all().await;
    let at = |phase| InstallState { said: run.heard.shown(), ..state(phase) };
    match ended {
        Ok(()) => InstallState { fraction: 1.0, ..state(InstallPhase::Done) },
        Err(Stop::Cancelled) => state(InstallPhase::Cancelled),
        Err(Stop::Failed(error)) => InstallState { failure: Some(error), ..at(InstallPhase::Failed) },
    }
}

const fn state(phase: InstallPhase) -> InstallState {
    InstallState::of(InstallProgram::Openclaw, phase)
}

/// Everything that npm needs.
struct Ready {
    /// With the Node that fits first on `PATH`.
    surroundings: Surroundings,
    npm: PathBuf,
    place: Place,
}

/// Looks at what is here, and writes it into the offer as far as it comes. `None`: OpenClaw is here and runs.
async fn look(
    computer: &Computer,
    limits: Limits,
    offer: &mut OpenclawOffer,
) -> Result<Option<Ready>, Error> {
    let surroundings = &computer.surroundings;
    let found = {
        let surroundings = surroundings.clone();
        blocking(move || program::find(&surroundings)).await?
    };
    if let Some(found) = found
        && let Ok(version) = version(surroundings, &found.path, limits.run).await
    {
        offer.installed = Some(version);
        return Ok(None);
    }
    let (nodes, silent) = tools::nodes(surroundings, &computer.remembered().nodes, limits.settings).await;
    // Of one that did not answer nobody knows whether it fits.
    let silent = silent.map(|path| ErrorCode::InstallNodeSilent { path });
    let Some(first) = nodes.first().cloned() else {
        return Err(silent.unwrap_or(ErrorCode::InstallNoNode {}).into());
    };
    offer.node = Some(first.clone());
    let (here, npm) = npm_of(surroundings, &first).await?;
    offer.npm = Some(npm.display().to_string());
    let package = package(&here, &npm, limits.ask).await?;
    offer.version.clone_from(&package.version);
    offer.required.clone_from(&package.node);
    offer.needs_git = package.needs_git;
    let required = package.node.unwrap_or_default();
    // A range that we do not understand refuses none.
    let fits = |node: &&FoundNode| required.is_empty() || node::fits(&required, &node.version) != Some(false);
    let Some(node) = nodes.iter().find(fits) else {
        let old = ErrorCode::InstallNodeTooOld { version: first.version, required };
        return Err(silent.unwrap_or(old).into());
    };
    let (here, npm) = npm_of(surroundings, node).await?;
    offer.node = Some(node.clone());
    offer.npm = Some(npm.display().to_string());
    if package.needs_git && command::on_path(&here, "git").is_none() {
        return Err(ErrorCode::InstallNoGit {}.into());
    }
    let place = place(&here, &npm, limits.settings).await?;
    offer.prefix = Some(place.prefix.display().to_string());
    offer.program = Some(place.program(here.os).display().to_string());
    offer.bin = Some(place.bin.display().to_string());
    offer.own_prefix = place.told;
    offer.on_path = place.is_on_path(surroundings);
    offer.on_service_path = place.is_on_service_path(surroundings);
    offer.command = ["npm".to_owned()].into_iter().chain(npm::install(&place)).collect();
    let wants = vec![(place.prefix.clone(), INSTALLED_BYTES), (here.home.clone(), CACHED_BYTES)];
    room::check(&here, wants).await?;
    Ok(Some(Ready { surroundings: here, npm, place }))
}

/// npm with this Node, and the surroundings in which it runs on it.
async fn npm_of(surroundings: &Surroundings, node: &FoundNode) -> Result<(Surroundings, PathBuf), Error> {
    let (surroundings, node) = (surroundings.clone(), PathBuf::from(&node.path));
    let found = blocking(move || {
        let npm = tools::npm(&surroundings, &node)?;
        Some((node::with_node(&surroundings, &node), npm))
    });
    found.await?.ok_or_else(|| ErrorCode::InstallNoNpm {}.into())
}

async fn package(surroundings: &Surroundings, npm: &Path, limit: Duration) -> Result<Package, Error> {
    match command::output(surroundings, npm, &npm::VIEW, limit).await {
        Ok(output) => Package::read(&output.stdout, &output.stderr),
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            let code = ErrorCode::InstallRegistryAway { registry: None, npm_code: "timeout".into() };
            Err(Error::new(code, format!("npm view said nothing for {} s", limit.as_secs())))
        }
        Err(error) => Err(not_run(npm, &error)),
    }
}

async fn place(surroundings: &Surroundings, npm: &Path, limit: Duration) -> Result<Place, Error> {
    let output = command::output(surroundings, npm, &npm::PREFIX, limit).await;
    let told = output.as_ref().ok().filter(|output| output.success);
    let global = told.map(|output| PathBuf::from(output.stdout.trim())).filter(|path| path.is_absolute());
    let surroundings = surroundings.clone();
    let place = blocking(move || Place::choose(&surroundings, global.as_deref())).await?;
    place.ok_or_else(|| {
        let detail = output.map_or_else(|error| error.to_string(), |output| output.stderr);
        Error::new(ErrorCode::InstallNpmFailed { npm_code: String::new() }, detail.trim())
    })
}

fn not_run(program: &Path, error: &std::io::Error) -> Error {
    let detail = format!("{}: {error}", program.display());
    Error::new(ErrorCode::InstallNpmFailed { npm_code: String::new() }, detail)
}

/// The version that a program of OpenClaw says; what it says instead when it does not run.
async fn version(surroundings: &Surroundings, program: &Path, limit: Duration) -> Result<String, String> {
    let output = command::output(surroundings, program, &["--version"], limit).await;
    let output = output.map_err(|error| error.to_string())?;
    let version = super::version::Version::find(&output.stdout).filter(|_| output.success);
    version.map(|version| version.to_string()).ok_or_else(|| {
        let said = [output.stdout.trim(), output.stderr.trim()];
        said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    })
}

struct Run<'a, T> {
    computer: &'a Computer,
    limits: Limits,
    stop: Receiver<bool>,
    tell: T,
    begun: Instant,
    heard: Heard,
}

impl<T: FnMut(InstallState)> Run<'_, T> {
    async fn all(&mut self) -> Result<(), Stop> {
        (self.tell)(state(InstallPhase::Asking));
        let downloads = self.computer.folders.downloads();
        // Held until the end: two would write into each other's.
        let lock = room::lock_file(&downloads);
        let _lock = blocking(move || room::lock(&downloads)).await??;
        let surroundings = self.computer.surroundings.clone();
        blocking(move || program::settle(&surroundings)).await?;
        let mut offer = OpenclawOffer::default();
        let looked = look(self.computer, self.limits, &mut offer);
        let ready = unless_stopped(self.stop.clone(), looked).await??;
        let Some(ready) = ready else { return Ok(()) };
        let (os, place) = (ready.surroundings.os, ready.place.clone());
        let mut attempt = blocking(move || Attempt::begin(os, &place, &lock)).await??;
        let ended = match self.npm(&ready, &mut attempt).await {
            Ok(()) => self.try_it(&ready).await,
            Err(stop) => Err(stop),
        };
        match ended {
            Ok(()) => Ok(blocking(move || attempt.done()).await??),
            Err(stop) => {
                let folder = ready.place.prefix.display().to_string();
                if blocking(move || attempt.undo()).await? { Err(stop) } else { Err(left(folder, stop)) }
            }
        }
    }

    async fn npm(&mut self, ready: &Ready, attempt: &mut Attempt) -> Result<(), Stop> {
        let mut command = command::command(&ready.surroundings, &ready.npm, &npm::install(&ready.place));
        // A folder that is gone, or a project's settings, are none of its business.
        command.current_dir(&ready.surroundings.home);
        let mut npm = Lines::start(&mut command).map_err(|error| not_run(&ready.npm, &error))?;
        let ended = self.follow(&mut npm, ready, attempt).await;
        // One that ended by itself is not asked to.
        npm.end().await;
        ended
    }

    async fn follow(&mut self, npm: &mut Lines, ready: &Ready, attempt: &mut Attempt) -> Result<(), Stop> {
        let mut tick = tokio::time::interval(TELL_EVERY);
        let mut last_line = Instant::now();
        let mut stop = std::pin::pin!(stopped(self.stop.clone()));
        loop {
            let event = tokio::select! {
                biased;
                () = &mut stop => return Err(Stop::Cancelled),
                _ = tick.tick() => None,
                event = npm.next() => Some(event.map_err(|error| not_run(&ready.npm, &error))?),
            };
            match event {
                None => {
                    // A few looks at files: no work for a thread of its own.
                    attempt.note();
                    if last_line.elapsed() > self.limits.silence || self.begun.elapsed() > self.limits.all {
                        let minutes = last_line.elapsed().max(self.limits.silence).as_secs() / 60;
                        return Err(
                            Error::new(ErrorCode::InstallStalled { minutes }, self.heard.tail()).into()
                        );
                    }
                    let told = InstallState {
                        packages: Some(self.heard.packages()),
                        elapsed_seconds: Some(self.begun.elapsed().as_secs()),
                        said: self.heard.shown(),
                        ..state(InstallPhase::Downloading)
                    };
                    (self.tell)(told);
                }
                Some(Event::Line(line)) => {
                    last_line = Instant::now();
                    self.heard.line(&line);
                    if self.heard.is_full {
                        return Err(self.failure(ready));
                    }
                }
                Some(Event::Ended(true)) => return Ok(()),
                Some(Event::Ended(false)) => return Err(self.failure(ready)),
            }
        }
    }

    fn failure(&self, ready: &Ready) -> Stop {
        Stop::Failed(self.heard.failure(Some(&ready.place.prefix)))
    }

    /// npm says that it is done: it is when the program runs.
    async fn try_it(&mut self, ready: &Ready) -> Result<(), Stop> {
        let elapsed_seconds = Some(self.begun.elapsed().as_secs());
        (self.tell)(InstallState { elapsed_seconds, ..state(InstallPhase::Checking) });
        let program = ready.place.program(ready.surroundings.os);
        let ran = version(&ready.surroundings, &program, self.limits.run);
        let ran = unless_stopped(self.stop.clone(), ran).await?;
        ran.map(drop).map_err(|said| {
            let code = ErrorCode::InstallDoesNotRun { path: program.display().to_string() };
            Stop::Failed(Error::new(code, said))
        })
    }
}

/// Not all is gone: why it ended is told with it.
fn left(folder: String, stop: Stop) -> Stop {
    let why = match stop {
        Stop::Cancelled => "cancelled".to_owned(),
        Stop::Failed(error) => {
            let code = serde_json::to_value(&error.code).unwrap_or_default();
            format!(
                "{}\n{}",
                code.get("code").and_then(|code| code.as_str()).unwrap_or_default(),
                error.detail
            )
        }
    };
    Stop::Failed(Error::new(ErrorCode::InstallLeft { folder }, why.trim()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
