//! The Ollama that Pincer itself started: remembered across windows, so that it may be stopped and started anew.
//! Nobody else's program is ever ended.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, Signal, System, UpdateKind};

use super::{address::Address, told::Told};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    machine::blocking,
    openclaw::{atomic, settings::read_bounded},
};

/// Ollama takes its runners down first: seconds.
const END: Duration = Duration::from_secs(10);
/// One that does not hear is ended by the system, at once.
const END_BY_FORCE: Duration = Duration::from_secs(5);
/// Between two looks at a process that is not our child: the system has no event for it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A process as the system knows it: no other ever has the same id and start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// When it started, in seconds since 1970.
    pub started: u64,
    /// Its program.
    pub program: PathBuf,
}

/// An Ollama that Pincer started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Its process.
    #[serde(flatten)]
    pub process: Process,
    /// Where it was asked to answer.
    pub url: String,
    /// What it was told by variables, so that the one after it can be told the same.
    #[serde(default)]
    pub told: Told,
}

impl Own {
    /// Remembers it, beside others that still run. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn write(&self, folders: &Folders) -> Result<(), Error> {
        let others = Self::all(folders).into_iter().filter(|other| other.process != self.process);
        keep(folders, &others.chain([self.clone()]).collect::<Vec<_>>())
    }

    /// No longer remembers it; others that still run stay. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn forget(&self, folders: &Folders) -> Result<(), Error> {
        let others: Vec<Self> =
            Self::all(folders).into_iter().filter(|other| other.process != self.process).collect();
        if others.is_empty() {
            let path = folders.ollama_process();
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(&path, &error)),
                _ => Ok(()),
            };
        }
        keep(folders, &others)
    }

    /// All that Pincer started, that still run and are still those programs; the last one last. Blocking, a
    /// millisecond each.
    #[must_use]
    pub fn all(folders: &Folders) -> Vec<Self> {
        let bytes = read_bounded(&folders.ollama_process()).ok().flatten();
        let known: Vec<Self> =
            bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        known.into_iter().filter(|own| own.process.runs()).collect()
    }

    /// The one of them that `address` leads to, as far as its port says. Blocking, a millisecond each.
    #[must_use]
    pub fn at(folders: &Folders, address: &Address) -> Option<Self> {
        let mut all = Self::all(folders);
        let url = address.to_string();
        let exact = all.iter().rposition(|own| own.url == url);
        let port = || {
            all.iter().rposition(|own| Address::parse(&own.url).is_ok_and(|of| of.port() == address.port()))
        };
        let found = exact.or_else(port)?;
        Some(all.swap_remove(found))
    }
}

/// The file is for the user alone.
fn keep(folders: &Folders, all: &[Own]) -> Result<(), Error> {
    let path = folders.ollama_process();
    let text = serde_json::to_vec(all).map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
    atomic::write_own(&path, &text)
}

impl Process {
    /// The process of this id, as it is now. Blocking, a millisecond.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        with_process(pid, |process| {
            Some(Self { pid, started: process.start_time(), program: process.exe()?.to_path_buf() })
        })?
    }

    /// It still runs. A program that was replaced or moved aside beneath it has the same name with an addition.
    fn runs(&self) -> bool {
        let named = |program: &Path| program.to_string_lossy().starts_with(&*self.program.to_string_lossy());
        Self::of(self.pid).is_some_and(|now| now.started == self.started && named(&now.program))
    }

    /// It still runs, whatever program it became meanwhile: what begins as a script's `env` goes on as its interpreter.
    pub(crate) fn goes_on(&self) -> bool {
        Self::of(self.pid).is_some_and(|now| now.started == self.started)
    }

    /// Ends it, first by asking.
    ///
    /// # Errors
    /// `start.not-ours` when it is another program meanwhile, `start.not-stopped`.
    pub async fn stop(&self) -> Result<(), Error> {
        for (signal, limit) in [(Signal::Term, END), (Signal::Kill, END_BY_FORCE)] {
            if !self.signal(signal).await? || self.ends_within(limit).await {
                return Ok(());
            }
        }
        Err(ErrorCode::StartNotStopped { pid: self.pid }.into())
    }

    /// `false`: it is gone.
    async fn signal(&self, signal: Signal) -> Result<bool, Error> {
        let known = self.clone();
        blocking(move || {
            if !known.runs() {
                return Ok(false);
            }
            // Systems without signals end it at once.
            let sent = with_process(known.pid, |process| {
                process.kill_with(signal).unwrap_or_else(|| process.kill())
            });
            match sent {
                None => Ok(false),
                Some(true) => Ok(true),
                Some(false) => Err(ErrorCode::StartNotStopped { pid: known.pid }.into()),
            }
        })
        .await?
    }

    async fn ends_within(&self, limit: Duration) -> bool {
        let ended = async {
            loop {
                let known = self.clone();
                let runs = blocking(move || known.runs()).await;
                if !runs.unwrap_or(true) {
                    return;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limit, ended).await.is_ok()
    }
}

/// Asks the system about a process that runs; one that has ended and waits for its parent does not.
fn with_process<A>(pid: u32, ask: impl FnOnce(&sysinfo::Process) -> A) -> Option<A> {
    let mut system = System::new().ok()?;
    let pid = Pid::from_u32(pid);
    let what = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    let process = system.process(pid)?;
    let ended = matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead);
    (!ended).then(|| ask(process))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    fn own(process: Process, url: &str) -> Own {
        Own { process, url: url.into(), told: Told::default() }
    }

    #[tokio::test]
    async fn only_the_very_process_that_was_remembered_is_ended() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::locate(Os::Linux, &Environment::default(), home.path());
        folders.create().unwrap();
        let url = "http://127.0.0.1:4242";
        let address = Address::parse(url).unwrap();
        assert_eq!(Own::at(&folders, &address), None, "nothing was started");
        let start = || std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let mut child = start();
        let process = Process::of(child.id()).unwrap();
        own(process.clone(), url).write(&folders).unwrap();
        assert_eq!(Own::at(&folders, &address), Some(own(process.clone(), url)));

        // The same id, but another start or program: a stranger.
        for stranger in [
            Process { started: process.started.saturating_sub(60), ..process.clone() },
            Process { program: "/usr/bin/other".into(), ..process.clone() },
        ] {
            own(process.clone(), url).forget(&folders).unwrap();
            own(stranger.clone(), url).write(&folders).unwrap();
            assert_eq!(Own::at(&folders, &address), None);
            stranger.stop().await.unwrap();
            assert_eq!(child.try_wait().unwrap(), None, "a stranger is left alone");
        }
        process.stop().await.unwrap();
        own(process.clone(), url).write(&folders).unwrap();
        assert_eq!(Own::at(&folders, &address), None, "ended, though nobody waited for it yet");
        assert!(!child.wait().unwrap().success());
        process.stop().await.unwrap();
    }

    #[test]
    fn each_address_has_its_own() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::locate(Os::Linux, &Environment::default(), home.path());
        folders.create().unwrap();
        let start = || std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let (mut first, mut second) = (start(), start());
        let one = own(Process::of(first.id()).unwrap(), "http://127.0.0.1:4242");
        let other = own(Process::of(second.id()).unwrap(), "http://127.0.0.1:4343");
        one.write(&folders).unwrap();
        other.write(&folders).unwrap();
        let at = |url: &str| Own::at(&folders, &Address::parse(url).unwrap());
        assert_eq!(at("http://127.0.0.1:4242").as_ref(), Some(&one));
        assert_eq!(at("http://localhost:4343").as_ref(), Some(&other), "the port says it");
        assert_eq!(at("http://127.0.0.1:4444"), None);
        one.forget(&folders).unwrap();
        assert_eq!((at("http://127.0.0.1:4242"), at("http://127.0.0.1:4343")), (None, Some(other.clone())));
        other.forget(&folders).unwrap();
        assert!(!folders.ollama_process().exists());
        for child in [&mut first, &mut second] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[tokio::test]
    async fn one_that_does_not_listen_is_ended_all_the_same() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        std::io::Read::read_exact(&mut child.stdout.take().unwrap(), &mut ready).unwrap();
        let own = Process::of(child.id()).unwrap();
        assert!(own.signal(Signal::Term).await.unwrap());
        assert!(!own.ends_within(Duration::from_millis(300)).await, "it does not hear");
        assert!(own.signal(Signal::Kill).await.unwrap());
        assert!(own.ends_within(END_BY_FORCE).await);
        assert!(!child.wait().unwrap().success());
    }
}
