//! What is half installed is not called installed. While npm works, a mark lies beside the package: what bears it counts
//! only once it runs (`openclaw::program`). What was there before stays; only what was made here is removed again.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::{
    error::Error, machine::os::Os, ollama::install::room, openclaw::node, surroundings::Surroundings,
};

/// The mark, in the folder with the packages.
const MARK: &str = ".pincer-installing-openclaw";
/// How far above its program a package's folder of packages can be.
const LEVELS: usize = 5;
/// A mark is some hundred bytes.
const MARK_BYTES: u64 = 1 << 20;
/// For `openclaw --version` of one that bears a mark: 0.3 s measured.
const RUN: Duration = Duration::from_secs(10);

/// Whether this program of OpenClaw is one that an installation of ours began and did not end: its mark is there, and
/// somebody installs, or it does not run. A mark that outlived the truth goes. Blocking.
pub(crate) fn is_half(surroundings: &Surroundings, program: &Path) -> bool {
    let Some(mark) = mark_of(program) else { return false };
    let lock = Mark::read(&mark).map(|mark| mark.lock);
    if lock.as_deref().is_some_and(|lock| taken(lock).is_err()) || !runs(surroundings, program) {
        return true;
    }
    // Only with the lock in hand: an installation may have begun meanwhile.
    match lock.as_deref().map(taken) {
        Some(Ok(_lock)) => drop(fs::remove_file(mark)),
        Some(Err(())) => return true,
        None => {}
    }
    false
}

/// Takes the mark from a program that runs. For one who holds the lock of installing. Blocking.
pub(crate) fn settle(surroundings: &Surroundings, program: &Path) {
    if let Some(mark) = mark_of(program)
        && runs(surroundings, program)
    {
        drop(fs::remove_file(mark));
    }
}

fn mark_of(program: &Path) -> Option<PathBuf> {
    let target = program.canonicalize().ok()?;
    let above = target.ancestors().skip(1).take(LEVELS).map(|folder| folder.join(MARK));
    // A Windows starter stands beside the packages.
    let beside = target.parent().map(|folder| folder.join("node_modules").join(MARK));
    above.chain(beside).find(|mark| mark.exists())
}

/// The lock of installing, unless somebody holds it. One that is not there, or not ours to open, nobody of us holds.
fn taken(lock: &Path) -> Result<Option<File>, ()> {
    let Ok(file) = File::options().write(true).open(lock) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(()),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Whether it says its version, with the Node beside it where there is one.
fn runs(surroundings: &Surroundings, program: &Path) -> bool {
    let node = program.with_file_name("node");
    let here = if node.is_file() { node::with_node(surroundings, &node) } else { surroundings.clone() };
    let program = program.to_path_buf();
    // A thread of its own: the caller may be within a runtime, or within none.
    let asked = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(super::version(&here, &program, RUN)).ok()
    });
    asked.join().ok().flatten().is_some()
}

/// What tells a file or folder from another of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    itself: Identity,
    /// A package's `package.json`, or what a file or link holds.
    content: Option<(Identity, Option<u64>, u64)>,
}

/// Device, number and time of birth in nanoseconds, as far as the system tells them.
type Identity = (u64, u64, Option<u64>);

fn nanoseconds(time: io::Result<SystemTime>) -> Option<u64> {
    u64::try_from(time.ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

fn identity(found: &Metadata) -> Identity {
    #[cfg(unix)]
    let (device, number) = {
        use std::os::unix::fs::MetadataExt;
        (found.dev(), found.ino())
    };
    #[cfg(not(unix))]
    let (device, number) = (0, 0);
    (device, number, nanoseconds(found.created()))
}

impl Seen {
    /// A link counts itself, wherever it leads.
    fn at(path: &Path) -> Option<Self> {
        let itself = path.symlink_metadata().ok()?;
        let content =
            if itself.is_file() { Ok(itself.clone()) } else { path.join("package.json").metadata() };
        let content = content.ok().map(|one| (identity(&one), nanoseconds(one.modified()), one.len()));
        Some(Self { itself: identity(&itself), content })
    }
}

type AllSeen = BTreeMap<PathBuf, Seen>;

/// What a mark says. Without it nothing can be told apart, and nothing is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The lock that is held while npm works.
    lock: PathBuf,
    /// What was there before, and is not ours to remove; `null` where it cannot be told whose it is.
    theirs: BTreeMap<PathBuf, Option<Seen>>,
    /// What was made, as it was last seen.
    made: AllSeen,
}

impl Mark {
    fn read(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        serde_json::from_reader(io::Read::take(file, MARK_BYTES)).ok()
    }

    /// In one step: one who looks meanwhile sees the old one or the new one.
    fn write(&self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension("new");
        let written = fs::write(&draft, serde_json::to_vec(self)?).and_then(|()| fs::rename(&draft, path));
        written.inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

/// An installation that was begun: what was there before is known.
#[derive(Debug)]
pub(super) struct Attempt {
    os: Os,
    place: Place,
    path: PathBuf,
    mark: Mark,
    /// What was there when it was begun, and was not made by an earlier one of ours.
    here: AllSeen,
    /// Folders that were made for it, the innermost first.
    folders: Vec<PathBuf>,
}

impl Attempt {
    /// Makes the folders and sets the mark. `lock`: the file of the lock that is held meanwhile. Blocking.
    ///
    /// # Errors
    /// `install.permission`, `install.disk-full`, `file.failed`.
    pub(super) fn begin(os: Os, place: &Place, lock: &Path) -> Result<Self, Error> {
        let path = place.modules.join(MARK);
        let mut here = there(os, place);
        let mut theirs: BTreeMap<PathBuf, Option<Seen>> = BTreeMap::new();
        if is_there(&path) {
            // An earlier one did not end. What it made may go; what cannot be told apart stays.
            let old = Mark::read(&path).unwrap_or_default();
            here.retain(|path, seen| old.made.get(path) != Some(seen));
            theirs.extend(here.keys().map(|path| (path.clone(), None)));
            for (path, seen) in old.theirs {
                if here.get(&path).is_none_or(|here| seen.as_ref() == Some(here)) {
                    theirs.insert(path, seen);
                }
            }
        } else {
            theirs.extend(here.iter().map(|(path, seen)| (path.clone(), Some(seen.clone()))));
        }
        let mark = Mark { lock: lock.to_path_buf(), theirs, made: AllSeen::new() };
        let mut attempt = Self { os, place: place.clone(), path, mark, here, folders: Vec::new() };
        if let Err((path, error)) = attempt.prepare() {
            attempt.remove_folders();
            return Err(room::wrote(&attempt.place.prefix, &path, &error));
        }
        Ok(attempt)
    }

    fn prepare(&mut self) -> Result<(), (PathBuf, io::Error)> {
        for folder in [&self.place.modules, &self.place.bin] {
            let missing = folder.ancestors().take_while(|folder| !folder.exists()).map(Path::to_path_buf);
            let mut missing: Vec<PathBuf> = missing.collect();
            fs::create_dir_all(folder).map_err(|error| (folder.clone(), error))?;
            missing.append(&mut self.folders);
            self.folders = missing;
        }
        self.mark.made = self.made();
        self.mark.write(&self.path).map_err(|error| (self.path.clone(), error))
    }

    /// What is there and was made here: neither was it there before, nor is it that, moved aside.
    fn made(&self) -> AllSeen {
        let mut all = there(self.os, &self.place);
        all.retain(|path, seen| {
            let moved = self.mark.theirs.values().any(|one| one.as_ref() == Some(seen));
            self.here.get(path) != Some(seen) && !moved
        });
        all
    }

    /// Writes down what was made so far: should we crash, that may go. Blocking, microseconds.
    pub(super) fn note(&mut self) {
        let made = self.made();
        if made != self.mark.made {
            self.mark.made = made;
            // The one before is still true; what it lacks will be left.
            drop(self.mark.write(&self.path));
        }
    }

    /// It is installed and runs. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub(super) fn done(self) -> Result<(), Error> {
        fs::remove_file(&self.path).map_err(|error| Error::file(&self.path, &error))
    }

    /// Removes what was made, and puts back what npm moved aside. `false`: something is left that may be ours or
    /// another's, or that cannot be removed; it keeps the mark, and so does not count until it runs. Blocking.
    pub(super) fn undo(mut self) -> bool {
        let made = self.made();
        // A starter may lead to what is not known to be ours.
        let package = self.mark.theirs.get(&self.place.package());
        let starters = if package == Some(&None) { self.place.starters(self.os) } else { Vec::new() };
        let ours = |path: &&PathBuf| !self.mark.theirs.contains_key(*path) && !starters.contains(path);
        for path in made.keys().filter(ours) {
            remove(path);
        }
        self.put_back(&made);
        let left = there(self.os, &self.place);
        let as_before = left.len() == self.mark.theirs.len()
            && left.iter().all(|(path, seen)| self.mark.theirs.get(path) == Some(&Some(seen.clone())));
        if (left.is_empty() || as_before) && fs::remove_file(&self.path).is_ok() {
            self.remove_folders();
            return true;
        }
        self.note();
        false
    }

    /// npm moves a package aside before it replaces it, and one that is ended does not move it back.
    fn put_back(&self, made: &AllSeen) {
        let package = self.place.package();
        let Some(Some(theirs)) = self.mark.theirs.get(&package) else { return };
        let aside = there(self.os, &self.place).into_iter().find(|(_, seen)| seen == theirs);
        let Some((aside, _)) = aside.filter(|(path, _)| *path != package) else { return };
        if made.contains_key(&package) {
            remove(&package);
        }
        if !is_there(&package) {
            drop(fs::rename(aside, package));
        }
    }

    fn remove_folders(&self) {
        for folder in &self.folders {
            // One that is used by now stays.
            drop(fs::remove_dir(folder));
        }
    }
}

/// What there is of OpenClaw: the package, its starters, and what npm has beside it while it works.
fn there(os: Os, place: &Place) -> AllSeen {
    let beside = fs::read_dir(&place.modules).into_iter().flatten().flatten();
    let aside = beside
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".openclaw-")));
    let all = aside.chain([place.package()]).chain(place.starters(os));
    all.filter_map(|path| Seen::at(&path).map(|seen| (path, seen))).collect()
}

/// A link counts, wherever it leads.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// A link goes, not what it leads to.
fn remove(path: &Path) {
    let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    drop(if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) });
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::surroundings::Environment;

    fn place(prefix: &Path) -> Place {
        Place::below(Os::Linux, prefix, true)
    }

    fn begin(place: &Place) -> Attempt {
        Attempt::begin(Os::Linux, place, &place.prefix.with_file_name("lock")).unwrap()
    }

    fn is_half(place: &Place) -> bool {
        let environment = Environment::new([("PATH", "/usr/bin:/bin")]);
        let surroundings = Surroundings::new(Os::Linux, environment, &place.prefix, || UNIX_EPOCH);
        super::is_half(&surroundings, &place.program(Os::Linux))
    }

    /// A package by hand, with a program that does this. Copied: no test holds it open for writing while it runs.
    fn package(place: &Place, does: &str) {
        fs::create_dir_all(place.package().join("dist")).unwrap();
        fs::create_dir_all(&place.bin).unwrap();
        fs::write(place.package().join("package.json"), format!("{{\"name\":\"openclaw\"}}{does}")).unwrap();
        let draft = place.modules.join("draft");
        fs::write(&draft, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        let to = place.package().join("openclaw.mjs");
        assert!(std::process::Command::new("cp").arg(&draft).arg(to).status().unwrap().success());
        fs::remove_file(draft).unwrap();
        if !is_there(&place.program(Os::Linux)) {
            symlink("../lib/node_modules/openclaw/openclaw.mjs", place.program(Os::Linux)).unwrap();
        }
    }

    /// As npm leaves it half-way.
    fn install(place: &Place) {
        package(place, "echo 'package lifecycle is incomplete' >&2; exit 1");
        fs::create_dir_all(place.modules.join(".openclaw-x1Y2/dist")).unwrap();
    }

    fn says(place: &Place) -> String {
        fs::read_to_string(place.package().join("openclaw.mjs")).unwrap()
    }

    #[test]
    fn what_is_begun_does_not_count_until_it_is_done() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        let attempt = begin(&place);
        install(&place);
        assert!(is_half(&place));
        attempt.done().unwrap();
        assert!(!is_half(&place) && place.program(Os::Linux).exists());
    }

    #[test]
    fn what_was_begun_goes_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        let attempt = begin(&place);
        install(&place);
        assert!(attempt.undo());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "no folder is left");
        // Others live there, too, and a crash left a half one.
        fs::create_dir_all(place.modules.join("other")).unwrap();
        let mut attempt = begin(&place);
        install(&place);
        attempt.note();
        drop(attempt);
        assert!(is_half(&place));
        assert!(begin(&place).undo());
        let left: Vec<_> =
            fs::read_dir(&place.modules).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["other"]);
        assert!(!is_there(&place.program(Os::Linux)));
    }

    #[test]
    fn what_is_the_users_own_stays_and_counts_however_often_it_is_tried() {
        let home = tempfile::tempdir().unwrap();
        let link = place(&home.path().join("link"));
        let checkout = home.path().join("checkout");
        fs::create_dir_all(&checkout).unwrap();
        fs::write(checkout.join("openclaw.mjs"), "mine").unwrap();
        fs::create_dir_all(&link.modules).unwrap();
        symlink(&checkout, link.package()).unwrap();
        // One that does not run is theirs all the same.
        let broken = place(&home.path().join("broken"));
        package(&broken, "exit 1");
        for time in ["first", "second"] {
            for place in [&link, &broken] {
                assert!(begin(place).undo(), "{time}");
                assert!(place.package().join("openclaw.mjs").exists(), "{time}");
                assert!(!is_there(&place.modules.join(MARK)), "{time}: nothing was changed");
            }
            assert!(is_there(&broken.program(Os::Linux)) && !is_half(&broken), "{time}");
        }
        // Killed before npm did anything, it is theirs still.
        drop(begin(&broken));
        assert!(begin(&broken).undo() && is_there(&broken.program(Os::Linux)) && !is_half(&broken));
    }

    #[test]
    fn what_was_put_there_after_a_crash_stays() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        for noted in [true, false] {
            let mut attempt = begin(&place);
            install(&place);
            if noted {
                attempt.note();
            }
            drop(attempt);
            fs::remove_dir_all(place.package()).unwrap();
            package(&place, "exit 1 # by hand");
            for _ in 0..2 {
                assert!(!begin(&place).undo(), "it is said that something is left");
                assert!(says(&place).contains("by hand"));
            }
            assert!(is_half(&place), "nobody knows what it is, and it does not run");
            // It runs: the mark has outlived the truth.
            package(&place, "echo OpenClaw 2026.9.6");
            assert!(!is_half(&place) && !is_there(&place.modules.join(MARK)));
            fs::remove_dir_all(&place.prefix).unwrap();
        }
    }

    #[test]
    fn while_somebody_installs_it_is_half_although_it_runs() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        let lock = room::lock(home.path()).unwrap();
        let attempt = Attempt::begin(Os::Linux, &place, &room::lock_file(home.path())).unwrap();
        package(&place, "echo OpenClaw 2026.9.6");
        assert!(is_half(&place));
        drop((attempt, lock));
        assert!(!is_half(&place));
    }

    #[test]
    fn a_mark_that_says_nothing_removes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        package(&place, "exit 1");
        fs::write(place.modules.join(MARK), "").unwrap();
        assert!(!begin(&place).undo());
        assert!(is_there(&place.package()) && is_there(&place.program(Os::Linux)) && is_half(&place));
    }

    #[test]
    fn what_npm_moved_aside_is_put_back() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        package(&place, "exit 1 # theirs");
        for crash in [false, true] {
            let mut attempt = begin(&place);
            fs::rename(place.package(), place.modules.join(".openclaw-a1")).unwrap();
            install(&place);
            if crash {
                attempt.note();
                drop(attempt);
                attempt = begin(&place);
            }
            attempt.undo();
            assert!(says(&place).contains("theirs"), "{crash}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("lib"), "a file").unwrap();
        let place = place(home.path());
        let error = Attempt::begin(Os::Linux, &place, &place.prefix).unwrap_err();
        assert!(format!("{:?}", error.code).starts_with("FileFailed"), "{error:?}");
        assert!(!home.path().join("bin").exists());
    }
}
