//! The log of a program that Pincer starts and leaves running: private, bounded, continued where another may still
//! write. Ollama's start and the gateway's write theirs here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, ErrorCode, FileReason},
    folders,
};

/// The end of the log that goes with a failure; bytes.
const TAIL: u64 = 2000;
/// A log that is longer when a start begins is put aside, once; bytes.
const MOST: u64 = 1 << 20;

/// A log that one start writes to.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    /// Bytes of earlier starts.
    before: u64,
}

impl LogFile {
    /// Opens it to write at its end, mode 0600. The words of earlier starts stay, and a program that lives may go on
    /// writing.
    ///
    /// # Errors
    /// `file.failed`: what is there is no file, or the system's reason.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::file(path, &error);
        path.parent().map_or(Ok(()), folders::make_private).map_err(failed)?;
        let no_file = || {
            let code =
                ErrorCode::FileFailed { path: path.display().to_string(), reason: FileReason::NotAFile };
            Error::from(code)
        };
        // Looked at before, because opening may have effects; and after, because only that is sure.
        let found = path.metadata().ok();
        if found.as_ref().is_some_and(|found| !found.is_file()) {
            return Err(no_file());
        }
        if found.is_some_and(|found| found.len() > MOST) {
            // Windows does not move a file that is being written; it grows on then.
            drop(fs::rename(path, path.with_extension("old.log")));
        }
        let file = options().open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(no_file());
        }
        // One of an earlier Pincer was open to others.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
        let before = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, before })
    }

    /// The words of earlier starts go: whoever wrote them has ended since it was opened.
    ///
    /// # Errors
    /// `file.failed`.
    pub(crate) fn drop_earlier(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(|error| Error::file(&self.path, &error))?;
        self.before = 0;
        Ok(())
    }

    /// A handle for the standard output or error of the program.
    ///
    /// # Errors
    /// `file.failed`.
    pub(crate) fn handle(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(|error| Error::file(&self.path, &error))
    }

    /// The last words since it was opened, at most 2,000 bytes of them. Reads a file: not on an async thread.
    pub(crate) fn last_words(&self) -> String {
        let written = fs::metadata(&self.path).map_or(0, |found| found.len().saturating_sub(self.before));
        tail(&self.path, written.min(TAIL)).trim().to_owned()
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe that nobody reads would hold us for good.
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options
}

/// The end of a file, as text; nothing when it cannot be read. Blocking.
pub(crate) fn tail(path: &Path, bytes: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        let mut tail = Vec::new();
        file.take(bytes).read_to_end(&mut tail)?;
        Ok(tail)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_continued_private_and_bounded() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("logs").join("gateway.log");
        let write = |text: &[u8]| {
            let log = LogFile::open(&path).unwrap();
            io::Write::write_all(&mut log.handle().unwrap(), text).unwrap();
            log
        };
        write(b"first ");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(write(b"second").last_words(), "second");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first second");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777, 0o600);
        write(&vec![b'x'; usize::try_from(MOST).unwrap()]);
        write(b"anew");
        assert_eq!(fs::read_to_string(&path).unwrap(), "anew");
        assert!(fs::metadata(path.with_extension("old.log")).unwrap().len() > MOST);
        let mut log = LogFile::open(&path).unwrap();
        log.drop_earlier().unwrap();
        io::Write::write_all(&mut log.handle().unwrap(), b"alone").unwrap();
        assert_eq!((log.last_words().as_str(), &*fs::read_to_string(&path).unwrap()), ("alone", "alone"));
    }

    #[test]
    fn what_is_no_file_is_not_written_to() {
        let home = tempfile::tempdir().unwrap();
        let code = LogFile::open(home.path()).unwrap_err().code;
        assert!(matches!(code, ErrorCode::FileFailed { reason: FileReason::NotAFile, .. }), "{code:?}");
    }

    #[test]
    fn only_the_end_of_a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        fs::write(&file, "0123456789").unwrap();
        assert_eq!(tail(&file, 4), "6789");
        assert_eq!(tail(&file, 40), "0123456789");
        assert_eq!(tail(&folder.path().join("absent"), 4), "");
    }
}
