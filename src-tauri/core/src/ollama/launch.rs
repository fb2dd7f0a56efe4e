//! Ollama's program as a process of its own, which outlives this one: ended and started without a gap that a
//! cancelled wait could fall into, one Pincer at a time.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    process::Stdio,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{process::Child, sync::mpsc};

use super::{
    address::{Address, listen_value_as_written},
    client::{Client, Limits},
    own::Own,
    start::{START, Step, Tell, until_it_answers},
};
use crate::{
    error::{Error, ErrorCode, FileReason},
    folders::{self, Folders},
    machine::command,
    openclaw::lock::Lock,
    surroundings::Surroundings,
};

/// Another Pincer holds the lock until its Ollama answers.
const OTHER: Duration = START.saturating_add(Duration::from_secs(20));
/// Ending an Ollama takes 15 s at the worst, starting the next milliseconds.
const FINISH: Duration = Duration::from_secs(20);
/// The end of the log that goes with a failure.
const LOG_TAIL: usize = 2000;

/// A start of the program, after the end of the one that Pincer started before where it is a restart.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    surroundings: Surroundings,
    folders: Folders,
    address: Address,
    words: Vec<String>,
    ends: Option<Own>,
}

impl Launch {
    /// `words`: the command; it will listen at `address`.
    pub(super) fn new(
        surroundings: &Surroundings,
        folders: &Folders,
        address: &Address,
        words: Vec<String>,
    ) -> Self {
        Self {
            surroundings: surroundings.clone(),
            folders: folders.clone(),
            address: address.clone(),
            words,
            ends: None,
        }
    }

    /// First ends this one.
    pub(super) fn after(self, own: Own) -> Self {
        Self { ends: Some(own), ..self }
    }

    /// Does it and waits until Ollama answers. Dropped, nobody waits, and what was begun goes on.
    pub(super) async fn run(self, tell: Tell<'_>) -> Result<(), Error> {
        let (steps, mut told) = mpsc::unbounded_channel();
        let mut task = tokio::spawn(self.whole(steps));
        let ended = loop {
            tokio::select! {
                biased;
                Some(step) = told.recv() => tell(step),
                ended = &mut task => break ended,
            }
        };
        ended.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
    }

    async fn whole(self, steps: mpsc::UnboundedSender<Step>) -> Result<(), Error> {
        // Nobody listening is no reason to stop half-way.
        let tell = |step| {
            let _ = steps.send(step);
        };
        let client = Client::new(&self.address, &self.surroundings.environment, Limits::default())?;
        self.folders.create()?;
        let lock = self.folders.start_lock();
        let _lock = blocking(move || Lock::on_within(&lock, OTHER)).await??;
        // Another Pincer may have been quicker.
        if self.ends.is_none() && client.version().await.is_ok() {
            return Ok(());
        }
        let begun = Begun::new();
        if steps.is_closed() {
            return Ok(());
        }
        if let Some(own) = &self.ends {
            tell(Step::Stopping);
            own.stop().await?;
        }
        tell(Step::Starting);
        let folders = self.folders.clone();
        let before = blocking(move || Own::running(&folders)).await?;
        let mut child = self.spawn(before.is_some())?;
        let own = self.remember(child.id()).await?;
        drop(begun);
        let ended = tokio::select! {
            answered = until_it_answers(&client, &tell) => match child.try_wait() {
                Ok(Some(status)) => Ok(status),
                _ => return answered,
            },
            ended = child.wait() => ended,
        };
        self.forget(own, before).await?;
        // It may have ended because another program has its place: an Ollama will do.
        if client.version().await.is_ok() { Ok(()) } else { Err(self.ended(ended)) }
    }

    /// Runs the program in a process group of its own, so that it outlives this one, its words in our log file.
    fn spawn(&self, goes_on: bool) -> Result<Child, Error> {
        let (program, arguments) =
            self.words.split_first().ok_or_else(|| self.failed("empty command".into()))?;
        let log = self.folders.ollama_log();
        let file = open_log(&log, goes_on)?;
        let out = file.try_clone().map_err(|error| Error::file(&log, &error))?;
        let surroundings = &self.surroundings;
        let mut command = command::command(surroundings, Path::new(program), arguments);
        let host = listen_value_as_written(&self.address, surroundings.environment.get("OLLAMA_HOST"));
        command.env("OLLAMA_HOST", host).stdin(Stdio::null()).stdout(out).stderr(file);
        detach(&mut command);
        command.spawn().map_err(|error| self.failed(error.to_string()))
    }

    /// Who started it may stop it later. One that cannot be remembered runs all the same, and is then restarted by
    /// hand.
    async fn remember(&self, pid: Option<u32>) -> Result<Option<Own>, Error> {
        let folders = self.folders.clone();
        blocking(move || {
            let own = pid.and_then(Own::of)?;
            drop(own.write(&folders));
            Some(own)
        })
        .await
    }

    /// It ended: the one before it, if that still runs, is Pincer's as it was.
    async fn forget(&self, own: Option<Own>, before: Option<Own>) -> Result<(), Error> {
        let folders = self.folders.clone();
        blocking(move || match before {
            Some(before) => drop(before.write(&folders)),
            None => drop(own.map(|own| own.forget(&folders))),
        })
        .await
    }

    fn ended(&self, status: io::Result<std::process::ExitStatus>) -> Error {
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.failed(format!("{status}\n{}", log_tail(&self.folders.ollama_log())))
    }

    fn failed(&self, detail: String) -> Error {
        Error::new(ErrorCode::StartFailed { command: self.words.join(" ") }, detail)
    }
}

/// Launches that must not be left where they are.
static UNDER_WAY: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// One of them, until dropped.
struct Begun;

impl Begun {
    fn new() -> Self {
        *under_way() += 1;
        Self
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        *under_way() -= 1;
        UNDER_WAY.1.notify_all();
    }
}

fn under_way() -> MutexGuard<'static, usize> {
    // Nothing panics while it is held, and a number is whole even so.
    UNDER_WAY.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For a process that is about to end: waits until no Ollama is ended without the next one started, 20 s at the most.
/// Blocking, and the runtime has to go on meanwhile.
pub fn finish() {
    drop(UNDER_WAY.1.wait_timeout_while(under_way(), FINISH, |launches| *launches > 0));
}

/// `goes_on`: another Ollama may still write there.
fn open_log(path: &Path, goes_on: bool) -> Result<File, Error> {
    let failed = |error| Error::file(path, &error);
    path.parent().map_or(Ok(()), folders::make_private).map_err(failed)?;
    let no_file = || {
        let code = ErrorCode::FileFailed { path: path.display().to_string(), reason: FileReason::NotAFile };
        Error::from(code)
    };
    // Looked at before, because opening may have effects; and after, because only that is sure.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(no_file());
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe that nobody reads would hold us for good.
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(no_file());
    }
    if !goes_on {
        file.set_len(0).map_err(failed)?;
    }
    Ok(file)
}

fn log_tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let tail = text.get(text.len().saturating_sub(LOG_TAIL)..).unwrap_or_default();
    String::from_utf8_lossy(tail).trim().to_owned()
}

#[cfg(unix)]
fn detach(command: &mut tokio::process::Command) {
    command.process_group(0);
}

#[cfg(windows)]
fn detach(command: &mut tokio::process::Command) {
    /// `DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP`: no console window.
    const FLAGS: u32 = 0x0000_0008 | 0x0000_0200;
    command.creation_flags(FLAGS);
}

async fn blocking<A: Send + 'static>(work: impl FnOnce() -> A + Send + 'static) -> Result<A, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}
