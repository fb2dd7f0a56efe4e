//! Installs Ollama without an administrator: downloads what it publishes, checks it, unpacks it into the user's own
//! folders and starts it; where there is an installer, that is checked and opened. Nothing half done stays.

mod archive;
mod fetch;
mod place;
pub mod plan;
pub(crate) mod room;
pub mod state;

use std::{
    fs,
    path::{Path, PathBuf},
    pin::pin,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::watch::Receiver;

use archive::Refused;
pub use fetch::Limits;
use fetch::{Ended, Partial, Source};
use plan::{Plan, Way};
use state::{InstallPhase, InstallState, Meter};

use super::{
    address::Address,
    client::{self, Client},
    program,
    restart::{self, RestartWay},
    start,
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    installing::{
        Installed, RunningOllama,
        stop::{Stop, is_stopped, stopped, unless_stopped},
    },
    machine::{blocking, command, os::Os},
};

/// How far it is, is told so often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// `open` hands the file over and returns.
const OPEN: Duration = Duration::from_secs(30);

/// What an installation would do, before it is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct InstallOffer {
    /// Where it comes from.
    pub url: String,
    /// Bytes to download; `null` when not told.
    pub download_bytes: Option<u64>,
    /// Where it is unpacked; `null` where an installer decides that.
    pub folder: Option<String>,
    /// What is there already, is not Pincer's, and would be moved aside to a dated name.
    pub aside: Vec<String>,
    /// An Ollama that answers already where the new one would, and goes on until it is restarted; `null`: none.
    pub running: Option<RunningOllama>,
}

/// What an installation would do here. Asks for the file's size and nothing else.
///
/// # Errors
/// `install.unsupported`, `install.bad-address`, `install.offline`, `install.unavailable`.
pub async fn offer(computer: &Computer, limits: Limits) -> Result<InstallOffer, Error> {
    let plan = plan_here(computer)?;
    let source = Source::new(plan, &computer.surroundings.environment, limits)?;
    let prefix = (plan.way == Way::Unpack).then(|| plan::prefix(&computer.surroundings.home));
    let folder = prefix.as_ref().map(|prefix| prefix.display().to_string());
    let aside = blocking(move || prefix.map(|prefix| place::foreign(&prefix)).unwrap_or_default()).await?;
    let aside = aside.iter().map(|path| path.display().to_string()).collect();
    let (size, running) = tokio::join!(source.size(), running(computer));
    Ok(InstallOffer { url: source.file_url(), download_bytes: size?, folder, aside, running: running? })
}

/// The Ollama that answers where the new one would.
async fn running(computer: &Computer) -> Result<Option<RunningOllama>, Error> {
    let Computer { surroundings, folders, .. } = computer;
    let address = address(computer).await?;
    let client = Client::new(&address, &surroundings.environment, client::Limits::default())?;
    let Ok(version) = client.version().await else { return Ok(None) };
    let takes = restart::takes(surroundings, folders, &address).await?;
    let place = plan::program(&surroundings.home);
    let found = program::find(surroundings);
    // A service, or a program that is found before it, would be what runs again.
    let restarts = takes.way == RestartWay::Own && found.is_none_or(|found| found == place);
    Ok(Some(RunningOllama { version, url: address.to_string(), restarts }))
}

/// Where it shall answer: the effective address, unless that is another computer's.
async fn address(computer: &Computer) -> Result<Address, Error> {
    let computer = computer.clone();
    let effective = blocking(move || computer.effective().0).await?;
    Ok(if effective.is_loopback() { effective } else { Address::default() })
}

/// Installs and starts Ollama, telling each state as it changes; the last one, which is over, is returned. `stop`
/// turning `true` cancels it. Whatever way it ends, nothing half done is left. Dropping the future keeps what was
/// downloaded, as a crash would: the next one goes on from there.
pub async fn install(
    computer: &Computer,
    limits: Limits,
    stop: Receiver<bool>,
    tell: impl FnMut(InstallState),
) -> InstallState {
    let mut run = Run { computer, limits, stop, tell };
    match run.all().await {
        Ok(last) => InstallState { fraction: 1.0, ..last },
        Err(Stop::Cancelled) => InstallState::at(InstallPhase::Cancelled),
        Err(Stop::Failed(error)) => InstallState::failed(error),
    }
}

struct Run<'a, T> {
    computer: &'a Computer,
    limits: Limits,
    stop: Receiver<bool>,
    tell: T,
}

impl<T: FnMut(InstallState)> Run<'_, T> {
    async fn all(&mut self) -> Result<InstallState, Stop> {
        (self.tell)(InstallState::at(InstallPhase::Asking));
        let plan = plan_here(self.computer)?;
        let downloads = self.computer.folders.downloads();
        let folder = downloads.clone();
        // Held until the end: two would unpack over each other.
        let _lock = blocking(move || room::lock(&folder)).await??;
        let ended = match unless_stopped(self.stop.clone(), self.bring(plan, &downloads)).await {
            Ok(Ok(file)) if plan.way == Way::Unpack => self.unpack(file).await,
            Ok(Ok(file)) => self.open(plan, &file).await,
            Ok(Err(error)) => Err(error.into()),
            Err(stop) => Err(stop),
        };
        // An installer that was opened is still read.
        if !is_opened(&ended) {
            blocking(move || room::clear(&downloads, None)).await?;
        }
        ended
    }

    /// Downloads the file, over as many connections as it takes, and holds it against its checksum.
    async fn bring(&mut self, plan: Plan, downloads: &Path) -> Result<PathBuf, Error> {
        let source = Source::new(plan, &self.computer.surroundings.environment, self.limits)?;
        let sum = source.checksum().await?;
        // A mirror need not tell the size beforehand.
        let size = source.size().await.ok().flatten();
        // Named by what it shall become: what is left of another release is not gone on with.
        let path = downloads.join(format!("{}-{}.part", sum.get(..16).unwrap_or(&sum), plan.file));
        let (folder, kept) = (downloads.to_path_buf(), path.clone());
        blocking(move || room::clear(&folder, Some(&kept))).await?;
        let mut partial = Partial::open(&path).await?;
        if let Some(size) = size {
            let mut wants = vec![(downloads.to_path_buf(), size.saturating_sub(partial.bytes))];
            if plan.way == Way::Unpack {
                // At least as much again; once it is here, it is known how much.
                wants.push((plan::prefix(&self.computer.surroundings.home), size));
            }
            room::check(&self.computer.surroundings, wants).await?;
        }
        self.follow(&source, &mut partial).await?;
        if partial.checksum() == sum {
            return Ok(path);
        }
        let detail = format!("{} has SHA-256 {}, published is {sum}", source.file_url(), partial.checksum());
        Err(Error::new(ErrorCode::InstallChecksum { file: plan.file.into() }, detail))
    }

    async fn follow(&mut self, source: &Source, partial: &mut Partial) -> Result<(), Error> {
        let begun = Instant::now();
        let mut meter = Meter::new(Duration::ZERO);
        let (mut in_vain, mut size) = (0, 0);
        loop {
            let before = partial.bytes;
            // Bytes come in thousands of pieces a second: they are counted, and told now and then, also while
            // nothing comes.
            let (here, total) = (AtomicU64::new(before), AtomicU64::new(size));
            let seen = || (here.load(Ordering::Relaxed), total.load(Ordering::Relaxed));
            let count = |now: u64, of: u64| {
                here.store(now, Ordering::Relaxed);
                total.store(of, Ordering::Relaxed);
            };
            let ended = {
                let mut ended = pin!(source.go_on(partial, count));
                let mut tick = tokio::time::interval(TELL_EVERY);
                loop {
                    tokio::select! {
                        ended = &mut ended => break ended,
                        _ = tick.tick() => {}
                    }
                    let (here, total) = seen();
                    (self.tell)(meter.bytes(here, total, begun.elapsed()));
                }
            };
            let (here, total) = seen();
            size = total;
            let last = meter.bytes(here, total, begun.elapsed());
            let why = match ended {
                Ok(()) => {
                    (self.tell)(last);
                    return Ok(());
                }
                Err(Ended::Failed(error)) => return Err(error),
                Err(Ended::Cut(error)) => error,
            };
            in_vain = if partial.bytes > before { 0 } else { in_vain + 1 };
            let Some(wait) = self.limits.wait(in_vain) else { return Err(why) };
            (self.tell)(meter.waiting(why, begun.elapsed()));
            tokio::time::sleep(wait).await;
        }
    }

    /// Unpacks the archive, which is what Ollama published, puts it in its place and starts it.
    async fn unpack(&mut self, archive: PathBuf) -> Result<InstallState, Stop> {
        let prefix = plan::prefix(&self.computer.surroundings.home);
        (self.tell)(InstallState::at(InstallPhase::Checking));
        let (measured, stop) = (archive.clone(), self.stop.clone());
        let total = blocking(move || archive::measure(&measured, &|| is_stopped(&stop))).await?;
        let total = total.map_err(|refused| self.refused(refused))?;
        room::check(&self.computer.surroundings, vec![(prefix.clone(), total)]).await?;
        let written = Arc::new(AtomicU64::new(0));
        let (counted, stop) = (Arc::clone(&written), self.stop.clone());
        let folder = prefix.clone();
        let mut job = tokio::task::spawn_blocking(move || {
            let staging = place::staging(&folder).map_err(|error| Refused::Disk(folder, error))?;
            archive::unpack(&archive, staging.path(), total, &|bytes| {
                counted.fetch_add(bytes, Ordering::Relaxed);
                !is_stopped(&stop)
            })?;
            Ok(staging)
        });
        // That it unpacks is told, however quickly it is done.
        (self.tell)(InstallState::unpacking(0, total));
        let mut tick = tokio::time::interval(TELL_EVERY);
        let staging = loop {
            tokio::select! {
                _ = tick.tick() => (self.tell)(InstallState::unpacking(written.load(Ordering::Relaxed), total)),
                done = &mut job => break done,
            }
        };
        let staging = staging.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
        let staging = staging.map_err(|refused| self.refused(refused))?;
        // What is there works, perhaps: it makes room only for what runs here.
        let fresh = staging.path().join(archive::PROGRAM);
        let tried = program::tried(&self.computer.surroundings, &fresh);
        let version = unless_stopped(self.stop.clone(), tried).await?;
        let version = version.map_err(|why| Error::new(ErrorCode::InstallDoesNotFit {}, why))?;
        let now = self.computer.surroundings.now();
        // From here on it is done to the end.
        let put = blocking(move || {
            place::put(staging.path(), &prefix, now).map_err(|(place, error)| Refused::Disk(place, error))
        });
        let aside = put.await?.map_err(|refused| self.refused(refused))?;
        let aside = aside.map(|path| path.display().to_string());
        (self.tell)(InstallState::at(InstallPhase::Starting));
        Ok(self.start(Installed { version, running: None, aside }).await)
    }

    /// It is there, however this ends.
    async fn start(&self, installed: Installed) -> InstallState {
        let Computer { surroundings, folders, .. } = self.computer;
        let begun = async {
            let running = running(self.computer).await?;
            if running.is_none() {
                let address = address(self.computer).await?;
                start::start(surroundings, folders, &address, &|_| {}).await?;
            }
            Ok(running)
        };
        // What was begun is done to its end.
        let ended = tokio::select! {
            ended = begun => Some(ended),
            () = stopped(self.stop.clone()) => None,
        };
        let (phase, running, failure) = match ended {
            None => (InstallPhase::Waking, None, None),
            Some(Ok(None)) => (InstallPhase::Done, None, None),
            Some(Ok(running)) => (InstallPhase::RestartPending, running, None),
            Some(Err(error)) => (InstallPhase::NotStarted, None, Some(error)),
        };
        let installed = Some(Installed { running, ..installed });
        InstallState { installed, failure, ..InstallState::at(phase) }
    }

    /// Opens the installer; what happens then is the system's and the user's.
    async fn open(&mut self, plan: Plan, file: &Path) -> Result<InstallState, Stop> {
        (self.tell)(InstallState::at(InstallPhase::Starting));
        let installer = file.with_file_name(plan.file);
        fs::rename(file, &installer)
            .map_err(|error| room::wrote(&self.computer.folders.downloads(), &installer, &error))?;
        let words = plan::opening(self.computer.surroundings.os, &installer);
        open(self.computer, &words).await.map_err(|detail| {
            Error::new(ErrorCode::InstallNotOpened { path: installer.display().to_string() }, detail)
        })?;
        Ok(InstallState::at(InstallPhase::Opened))
    }

    fn refused(&self, refused: Refused) -> Stop {
        Stop::Failed(match refused {
            Refused::Stopped => return Stop::Cancelled,
            Refused::Unsafe { entry, why } => Error::new(ErrorCode::InstallUnsafeArchive { entry }, why),
            Refused::Disk(path, error) => {
                let prefix = plan::prefix(&self.computer.surroundings.home);
                room::wrote(&prefix, &path, &error)
            }
        })
    }
}

/// It was opened, or is to be.
fn is_opened(ended: &Result<InstallState, Stop>) -> bool {
    match ended {
        Ok(last) => last.phase == InstallPhase::Opened,
        Err(Stop::Failed(error)) => matches!(error.code, ErrorCode::InstallNotOpened { .. }),
        Err(Stop::Cancelled) => false,
    }
}

fn plan_here(computer: &Computer) -> Result<Plan, Error> {
    Plan::here(computer.surroundings.os).ok_or_else(|| ErrorCode::InstallUnsupported {}.into())
}

async fn open(computer: &Computer, words: &[String]) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("empty command")?;
    let surroundings = &computer.surroundings;
    let program = command::on_path(surroundings, program).unwrap_or_else(|| PathBuf::from(program));
    if surroundings.os == Os::Windows {
        // The installer itself: it runs for as long as the user takes.
        let mut command = command::command(surroundings, &program, arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        return command.spawn().map(drop).map_err(|error| error.to_string());
    }
    let output = command::output(surroundings, &program, arguments, OPEN).await;
    match output.map_err(|error| error.to_string())? {
        output if output.success => Ok(()),
        output => Err(output.stderr.trim().to_owned()),
    }
}
