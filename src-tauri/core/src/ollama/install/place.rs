//! Puts what was unpacked in its place: the libraries first, the program last, each by a rename; what was there is
//! put back when a later step fails. Blocking.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::archive::{LIBRARIES, PROGRAM};

/// Begins the name of the folder that an archive is unpacked into, beside its place so that renames suffice.
const STAGING: &str = ".pincer-ollama-";

/// A new folder in `prefix`, for the user alone, gone when dropped. What a crash left of others goes too: the caller
/// holds the lock.
pub(super) fn staging(prefix: &Path) -> io::Result<TempDir> {
    fs::create_dir_all(prefix)?;
    for left in fs::read_dir(prefix)?.flatten() {
        if left.file_name().to_string_lossy().starts_with(STAGING) {
            // One that cannot go takes room, and nothing else.
            drop(fs::remove_dir_all(left.path()));
        }
    }
    tempfile::Builder::new().prefix(STAGING).tempdir_in(prefix)
}

/// Takes program and libraries of `staging` into `prefix`.
pub(super) fn put(staging: &Path, prefix: &Path) -> Result<(), (PathBuf, io::Error)> {
    let (program, libraries) = (prefix.join(PROGRAM), prefix.join(LIBRARIES));
    for place in [&program, &libraries] {
        let folder = place.parent().unwrap_or(prefix);
        fs::create_dir_all(folder).map_err(|error| (folder.to_path_buf(), error))?;
    }
    // A program that is there after a power cut shall be whole.
    written(staging).map_err(|error| (staging.to_path_buf(), error))?;
    let new = staging.join(LIBRARIES);
    let old = staging.join("old");
    let swapped = swap(&new, &libraries, &old).map_err(|error| (libraries.clone(), error))?;
    fs::rename(staging.join(PROGRAM), &program).map_err(|error| {
        // The old program needs its own libraries.
        drop(swapped.back(&libraries, &new, &old));
        (program.clone(), error)
    })
}

/// What a swap did, to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Swapped {
    had_old: bool,
    has_new: bool,
}

impl Swapped {
    fn back(self, place: &Path, new: &Path, old: &Path) -> io::Result<()> {
        if self.has_new {
            fs::rename(place, new)?;
        }
        if self.had_old { fs::rename(old, place) } else { Ok(()) }
    }
}

/// `new` comes to `place`, and what was there to `old`; at once where the file system can.
fn swap(new: &Path, place: &Path, old: &Path) -> io::Result<Swapped> {
    let swapped = Swapped { had_old: is_there(place), has_new: is_there(new) };
    if swapped.had_old && swapped.has_new && exchange(new, place).is_ok() {
        fs::rename(new, old)?;
        return Ok(swapped);
    }
    if swapped.had_old {
        fs::rename(place, old)?;
    }
    if swapped.has_new
        && let Err(error) = fs::rename(new, place)
    {
        if swapped.had_old {
            fs::rename(old, place)?;
        }
        return Err(error);
    }
    Ok(swapped)
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Everything of this folder's file system is on the disk.
#[cfg(target_os = "linux")]
fn written(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn written(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn the_new_takes_the_place_of_the_old() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().join(".local");
        for round in ["first", "second"] {
            let staging = staging(&prefix).unwrap();
            file(&staging.path().join(PROGRAM), round);
            file(&staging.path().join(LIBRARIES).join(round), round);
            put(staging.path(), &prefix).unwrap();
        }
        assert_eq!(read(&prefix.join(PROGRAM)), "second");
        assert_eq!(read(&prefix.join(LIBRARIES).join("second")), "second");
        assert!(!prefix.join(LIBRARIES).join("first").exists(), "libraries of another release do not mix");
        let mut left: Vec<_> =
            fs::read_dir(&prefix).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["bin", "lib"]);
    }

    #[test]
    fn the_old_comes_back_when_the_program_cannot_be_replaced() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().join(".local");
        file(&prefix.join(LIBRARIES).join("old"), "old");
        // A folder in the program's place is not ours to remove.
        file(&prefix.join(PROGRAM).join("theirs"), "theirs");
        let staging = staging(&prefix).unwrap();
        file(&staging.path().join(PROGRAM), "new");
        file(&staging.path().join(LIBRARIES).join("new"), "new");
        let (place, _) = put(staging.path(), &prefix).unwrap_err();
        assert_eq!(place, prefix.join(PROGRAM));
        assert_eq!(read(&prefix.join(LIBRARIES).join("old")), "old");
        assert!(!prefix.join(LIBRARIES).join("new").exists());
        assert_eq!(read(&prefix.join(PROGRAM).join("theirs")), "theirs");
    }

    #[test]
    fn what_a_crash_left_goes() {
        let home = tempfile::tempdir().unwrap();
        file(&home.path().join(".pincer-ollama-old").join("x"), "x");
        let staging = staging(home.path()).unwrap();
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [staging.path()]);
    }
}
