//! What an installation needs of the disk: room, a folder of its own, and nobody else at it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    error::{Error, ErrorCode},
    folders,
    machine::disk,
    surroundings::Surroundings,
};

/// A disk answers in microseconds; one on a network that is gone never does.
const DISK: Duration = Duration::from_secs(2);
const LOCK: &str = "install.lock";

/// The file of the lock.
pub(crate) fn lock_file(downloads: &Path) -> PathBuf {
    downloads.join(LOCK)
}

/// Makes the folder for downloads and takes its lock; the system lets go of it when the process ends. Blocking.
pub(crate) fn lock(downloads: &Path) -> Result<File, Error> {
    folders::make_private(downloads).map_err(|error| wrote(downloads, downloads, &error))?;
    let path = lock_file(downloads);
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|error| wrote(downloads, &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(ErrorCode::FileLocked { path: path.display().to_string() }.into())
        }
        Err(TryLockError::Error(error)) => Err(Error::file(&path, &error)),
    }
}

/// Removes what was downloaded, all but `keep`. Blocking.
pub(super) fn clear(downloads: &Path, keep: Option<&Path>) {
    let Ok(found) = fs::read_dir(downloads) else { return };
    for path in found.flatten().map(|entry| entry.path()) {
        if Some(path.as_path()) != keep && !path.ends_with(LOCK) {
            // What cannot go is in nobody's way.
            drop(fs::remove_file(&path));
        }
    }
}

/// `install.disk-full` when bytes that are to come do not fit where they go; what goes to one disk counts together.
pub(crate) async fn check(surroundings: &Surroundings, wants: Vec<(PathBuf, u64)>) -> Result<(), Error> {
    let asked = surroundings.clone();
    let lacking = tokio::task::spawn_blocking(move || lacking(&asked, &wants));
    match tokio::time::timeout(DISK, lacking).await {
        Ok(Ok(Some(code))) => Err(code.into()),
        // A disk that says nothing refuses nothing: writing will show it.
        _ => Ok(()),
    }
}

fn lacking(surroundings: &Surroundings, wants: &[(PathBuf, u64)]) -> Option<ErrorCode> {
    let disks: Vec<Option<u64>> = wants.iter().map(|(folder, _)| device(folder)).collect();
    wants.iter().zip(&disks).find_map(|((folder, _), disk)| {
        let together = wants.iter().zip(&disks).filter(|(_, other)| *other == disk);
        let need = together.fold(0_u64, |sum, ((_, bytes), _)| sum.saturating_add(*bytes));
        let free = disk::free(surroundings, folder)?;
        (need > free).then(|| ErrorCode::InstallDiskFull {
            need_bytes: Some(need),
            free_bytes: Some(free),
            folder: folder.display().to_string(),
        })
    })
}

/// The disk of a folder that may not be there yet.
#[cfg(unix)]
fn device(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    folder.ancestors().find_map(|folder| Some(folder.metadata().ok()?.dev()))
}

#[cfg(not(unix))]
fn device(_folder: &Path) -> Option<u64> {
    None
}

/// The error of writing `path`, which is in `folder` or below.
pub(crate) fn wrote(folder: &Path, path: &Path, error: &io::Error) -> Error {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let detail = format!("{}: {error}", path.display());
    let folder = folder.display().to_string();
    match error.kind() {
        StorageFull | QuotaExceeded => {
            let code = ErrorCode::InstallDiskFull { need_bytes: None, free_bytes: None, folder };
            Error::new(code, detail)
        }
        PermissionDenied | ReadOnlyFilesystem => Error::new(ErrorCode::InstallPermission { folder }, detail),
        _ => Error::file(path, error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    #[test]
    fn what_goes_to_one_disk_counts_together() {
        let home = tempfile::tempdir().unwrap();
        let with = |free: u64| {
            Surroundings::new(Os::Linux, Environment::default(), home.path(), || UNIX_EPOCH)
                .with_free_space(move |_| Ok(free))
        };
        let wants = [(home.path().join("not").join("yet"), 60), (home.path().to_path_buf(), 50)];
        assert_eq!(lacking(&with(110), &wants), None);
        let folder = home.path().join("not").join("yet").display().to_string();
        let full = ErrorCode::InstallDiskFull { need_bytes: Some(110), free_bytes: Some(109), folder };
        assert_eq!(lacking(&with(109), &wants), Some(full));
    }

    #[test]
    fn one_installs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("downloads");
        let first = lock(&downloads).unwrap();
        assert!(matches!(lock(&downloads).unwrap_err().code, ErrorCode::FileLocked { .. }));
        fs::write(downloads.join("part"), "x").unwrap();
        fs::write(downloads.join("other"), "x").unwrap();
        clear(&downloads, Some(&downloads.join("part")));
        assert!(downloads.join("part").exists() && !downloads.join("other").exists());
        drop(first);
        lock(&downloads).unwrap();
    }
}
