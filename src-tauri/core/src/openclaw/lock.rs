//! One Pincer at a time writes: a lock on a file of the data folder, let go by the system when the process ends in
//! whatever way. Taken by `apply` and `history` for files of the user's, by the checks' store for its own, and by
//! a start of Ollama.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
};

/// How long to wait for another Pincer. It holds the lock for a few file writes, tens of milliseconds; a disk
/// that stalls may take seconds, and nobody watches a button longer than this.
const WAIT: Duration = Duration::from_secs(5);

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting for another Pincer for a bounded time.
    ///
    /// # Errors
    /// `file.locked` when the other one does not let go, `file.failed` when the file cannot be made or locked.
    pub(crate) fn take(folders: &Folders) -> Result<Self, Error> {
        Self::take_within(folders, WAIT)
    }

    /// Takes the lock on this file of the data folder, as [`Lock::take`] does on `pincer.lock`.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub(crate) fn on(path: &Path) -> Result<Self, Error> {
        Self::on_within(path, WAIT)
    }

    fn take_within(folders: &Folders, wait: Duration) -> Result<Self, Error> {
        Self::on_within(&folders.lock(), wait)
    }

    /// Takes the lock on this file of the data folder, unless another Pincer has it: then `None`, at once.
    ///
    /// # Errors
    /// `file.failed` when the file cannot be made or locked.
    pub(crate) fn attempt(path: &Path) -> Result<Option<Self>, Error> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::file(path, &error)),
        }
    }

    /// The same, waiting so long.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub(crate) fn on_within(path: &Path, wait: Duration) -> Result<Self, Error> {
        let failed = |error| Error::file(path, &error);
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => return Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The system has no lock with a time limit, so a thread waits for it. Should it come too late, nobody
        // receives the file, and dropping it lets go at once.
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("lock".into())
            .spawn(move || {
                let locked = file.lock().map(|()| Self { _file: file });
                drop(sender.send(locked));
            })
            .map_err(failed)?;
        match receiver.recv_timeout(wait) {
            Ok(locked) => locked.map_err(failed),
            Err(_) => Err(ErrorCode::FileLocked { path: path.display().to_string() }.into()),
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Error::file(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_for_the_first_and_gives_way_after_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { data: root.path().join("data") };
        folders.create().unwrap();
        let first = Lock::take(&folders).unwrap();
        assert!(Lock::attempt(&folders.lock()).unwrap().is_none());
        assert!(Lock::attempt(&folders.proofs_lock()).unwrap().is_some());
        let refused = Lock::take_within(&folders, Duration::from_millis(1)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::FileLocked { path: folders.lock().display().to_string() });

        let (asking, asked) = mpsc::channel();
        let waiting = thread::spawn({
            let folders = folders.clone();
            move || {
                asking.send(()).unwrap();
                Lock::take_within(&folders, Duration::from_secs(60)).map(drop)
            }
        });
        asked.recv().unwrap();
        drop(first);
        waiting.join().unwrap().unwrap();
        // The late lock of the refused one was let go too.
        Lock::take_within(&folders, Duration::from_secs(60)).unwrap();
    }
}
