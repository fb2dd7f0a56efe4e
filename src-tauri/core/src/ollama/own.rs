//! The Ollama that Pincer itself started: remembered across windows, so that it may be stopped and started anew.
//! Nobody else's program is ever ended.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, Signal, System, UpdateKind};

use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
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
pub struct Own {
    /// Process id.
    pub pid: u32,
    /// When it started, in seconds since 1970.
    pub started: u64,
    /// Its program.
    pub program: PathBuf,
}

impl Own {
    /// The process of this id, as it is now. Blocking, a millisecond.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        with_process(pid, |process| {
            Some(Self { pid, started: process.start_time(), program: process.exe()?.to_path_buf() })
        })?
    }

    /// Remembers it. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn write(&self, folders: &Folders) -> Result<(), Error> {
        let path = folders.ollama_process();
        let text =
            serde_json::to_vec(self).map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
        atomic::write_own(&path, &text)
    }

    /// No longer remembers it; another one that is remembered stays. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn forget(&self, folders: &Folders) -> Result<(), Error> {
        let path = folders.ollama_process();
        if Self::known(folders).as_ref() != Some(self) {
            return Ok(());
        }
        std::fs::remove_file(&path).map_err(|error| Error::file(&path, &error))
    }

    fn known(folders: &Folders) -> Option<Self> {
        let bytes = read_bounded(&folders.ollama_process()).ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The one that Pincer started last, if it still runs and is still that program. Blocking, a millisecond.
    #[must_use]
    pub fn running(folders: &Folders) -> Option<Self> {
        let known = Self::known(folders)?;
        (Self::of(known.pid)? == known).then_some(known)
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
            if Self::of(known.pid).is_none_or(|now| now != known) {
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
                let runs = blocking(move || Self::of(known.pid).is_some_and(|now| now == known)).await;
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

async fn blocking<A: Send + 'static>(work: impl FnOnce() -> A + Send + 'static) -> Result<A, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    #[tokio::test]
    async fn only_the_very_process_that_was_remembered_is_ended() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::locate(Os::Linux, &Environment::default(), home.path());
        folders.create().unwrap();
        assert_eq!(Own::running(&folders), None, "nothing was started");
        let start = || std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let mut child = start();
        let own = Own::of(child.id()).unwrap();
        own.write(&folders).unwrap();
        assert_eq!(Own::running(&folders), Some(own.clone()));

        // The same id, but another start or program: a stranger.
        for stranger in [
            Own { started: own.started.saturating_sub(60), ..own.clone() },
            Own { program: "/usr/bin/other".into(), ..own.clone() },
        ] {
            stranger.write(&folders).unwrap();
            assert_eq!(Own::running(&folders), None);
            stranger.stop().await.unwrap();
            assert_eq!(child.try_wait().unwrap(), None, "a stranger is left alone");
        }
        own.stop().await.unwrap();
        own.write(&folders).unwrap();
        assert_eq!(Own::running(&folders), None, "ended, though nobody waited for it yet");
        assert!(!child.wait().unwrap().success());
        own.stop().await.unwrap();
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
        let own = Own::of(child.id()).unwrap();
        assert!(own.signal(Signal::Term).await.unwrap());
        assert!(!own.ends_within(Duration::from_millis(300)).await, "it does not hear");
        assert!(own.signal(Signal::Kill).await.unwrap());
        assert!(own.ends_within(END_BY_FORCE).await);
        assert!(!child.wait().unwrap().success());
    }
}
