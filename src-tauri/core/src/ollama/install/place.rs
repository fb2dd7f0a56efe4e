//! Puts what was unpacked in its place: the libraries first, the program last, each by a rename; what was there is
//! put back when a later step fails. Blocking.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::TempDir;
use time::OffsetDateTime;

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

/// Among the libraries: that Pincer put them there, and which program with them.
const MARK: &str = ".pincer";

/// What is at the places for program and libraries and was not put there by Pincer: it would be moved aside.
pub(super) fn foreign(prefix: &Path) -> Vec<PathBuf> {
    let (program, libraries) = (prefix.join(PROGRAM), prefix.join(LIBRARIES));
    let mark = fs::read_to_string(libraries.join(MARK)).ok();
    let is_own = |place: &Path| {
        mark.is_some()
            && (place == libraries || program.symlink_metadata().ok().map(|of| marked(&of)) == mark)
    };
    // A folder in the program's place stays: putting the program there fails, and nothing changes.
    let moves =
        |place: &PathBuf| is_there(place) && (*place == libraries || !place.is_dir()) && !is_own(place);
    [program.clone(), libraries.clone()].into_iter().filter(moves).collect()
}

/// A file that was put in its place keeps its size and its time of change.
fn marked(of: &fs::Metadata) -> String {
    let changed = of.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("{} {}\n", of.len(), changed.unwrap_or_default().as_nanos())
}

/// A name beside it that is free: `ollama.2026-11-23`, `ollama.2026-11-23-2`.
fn beside(place: &Path, now: SystemTime) -> PathBuf {
    let date = OffsetDateTime::from(now).date();
    let (year, month, day) = date.to_calendar_date();
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let first = place.with_file_name(format!("{name}.{year:04}-{:02}-{day:02}", u8::from(month)));
    let next = |number: u32| PathBuf::from(format!("{}-{number}", first.display()));
    std::iter::once(first.clone()).chain((2..).map(next)).find(|free| !is_there(free)).unwrap_or(first)
}

/// Takes program and libraries of `staging` into `prefix`. What is there and is not Pincer's own is moved aside: where
/// the program is then, where there was one.
pub(super) fn put(
    staging: &Path,
    prefix: &Path,
    now: SystemTime,
) -> Result<Option<PathBuf>, (PathBuf, io::Error)> {
    let (program, libraries) = (prefix.join(PROGRAM), prefix.join(LIBRARIES));
    for place in [&program, &libraries] {
        let folder = place.parent().unwrap_or(prefix);
        fs::create_dir_all(folder).map_err(|error| (folder.to_path_buf(), error))?;
    }
    let new = staging.join(LIBRARIES);
    mark(staging, &new).map_err(|error| (staging.to_path_buf(), error))?;
    // A program that is there after a power cut shall be whole.
    written(staging).map_err(|error| (staging.to_path_buf(), error))?;
    let mut aside = Vec::new();
    for place in foreign(prefix) {
        let kept = beside(&place, now);
        let moved = fs::rename(&place, &kept).map_err(|error| (place.clone(), error));
        if moved.is_err() {
            back(&aside);
        }
        moved?;
        aside.push((place, kept));
    }
    let old = staging.join("old");
    let placed =
        swap(&new, &libraries, &old).map_err(|error| (libraries.clone(), error)).and_then(|swapped| {
            fs::rename(staging.join(PROGRAM), &program).map_err(|error| {
                // The old program needs its own libraries.
                drop(swapped.back(&libraries, &new, &old));
                (program.clone(), error)
            })
        });
    if placed.is_err() {
        back(&aside);
    }
    placed?;
    Ok(aside.into_iter().find(|(place, _)| *place == program).map(|(_, kept)| kept))
}

fn mark(staging: &Path, libraries: &Path) -> io::Result<()> {
    let program = fs::metadata(staging.join(PROGRAM))?;
    fs::create_dir_all(libraries)?;
    fs::write(libraries.join(MARK), marked(&program))
}

/// What was moved aside is where it was.
fn back(aside: &[(PathBuf, PathBuf)]) {
    for (place, kept) in aside {
        drop(fs::rename(kept, place));
    }
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
            put(staging.path(), &prefix, SystemTime::UNIX_EPOCH).unwrap();
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
    fn what_is_not_pincers_is_moved_aside_and_stays() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().join(".local");
        let (program, libraries) = (prefix.join(PROGRAM), prefix.join(LIBRARIES));
        let install = |round: &str| {
            let staging = staging(&prefix).unwrap();
            file(&staging.path().join(PROGRAM), round);
            file(&staging.path().join(LIBRARIES).join(round), round);
            put(staging.path(), &prefix, SystemTime::UNIX_EPOCH).unwrap()
        };
        file(&program, "theirs");
        file(&libraries.join("mine"), "mine");
        assert_eq!(foreign(&prefix), [program.clone(), libraries.clone()]);
        assert_eq!(install("first"), Some(prefix.join("bin/ollama.1970-01-01")));
        assert_eq!(read(&program), "first");
        assert_eq!(read(&prefix.join("bin/ollama.1970-01-01")), "theirs");
        assert_eq!(read(&prefix.join("lib/ollama.1970-01-01/mine")), "mine");
        assert!(foreign(&prefix).is_empty(), "Pincer's own");
        assert_eq!(install("second"), None);
        assert_eq!(fs::read_dir(prefix.join("lib")).unwrap().count(), 2, "Pincer's own is replaced");
        // Replaced by the user since.
        fs::remove_file(&program).unwrap();
        file(&program, "another of theirs");
        assert_eq!(foreign(&prefix), std::slice::from_ref(&program));
        install("third");
        assert_eq!(read(&prefix.join("bin/ollama.1970-01-01-2")), "another of theirs");
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
        let (place, _) = put(staging.path(), &prefix, SystemTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(place, prefix.join(PROGRAM));
        assert_eq!(read(&prefix.join(LIBRARIES).join("old")), "old");
        assert!(!prefix.join(LIBRARIES).join("new").exists());
        assert_eq!(fs::read_dir(prefix.join("lib")).unwrap().count(), 1, "nothing is left aside");
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
