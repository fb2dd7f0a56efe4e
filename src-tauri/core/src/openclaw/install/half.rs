//! What is half installed is not called installed. While npm works, a mark lies beside the package: what bears it does
//! not count (`openclaw::program`), whatever ended the work, and what was begun here is removed again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::place::Place;
use crate::{error::Error, machine::os::Os, ollama::install::room};

/// The mark, in the folder with the packages.
const MARK: &str = ".pincer-installing-openclaw";
/// How far above its program a package's folder of packages can be.
const LEVELS: usize = 5;

/// Whether this program of OpenClaw is one that an installation of ours began and did not end. Blocking.
pub(crate) fn is_half(program: &Path) -> bool {
    let Ok(target) = program.canonicalize() else { return false };
    let above = target.ancestors().skip(1).take(LEVELS).any(|folder| folder.join(MARK).exists());
    // A Windows starter stands beside the packages.
    above || target.parent().is_some_and(|folder| folder.join("node_modules").join(MARK).exists())
}

/// An installation that was begun: what was there before is known.
#[derive(Debug)]
pub(super) struct Attempt {
    place: Place,
    mark: PathBuf,
    /// Files and folders that the installation makes.
    ours: Vec<PathBuf>,
    /// Something of OpenClaw was there that is not from us: it is not ours to remove.
    found: bool,
    /// Folders that were made for it, the innermost first.
    folders: Vec<PathBuf>,
}

impl Attempt {
    /// Makes the folders and sets the mark. Blocking.
    ///
    /// # Errors
    /// `install.permission`, `install.disk-full`, `file.failed`.
    pub(super) fn begin(os: Os, place: &Place) -> Result<Self, Error> {
        let mark = place.modules.join(MARK);
        // An earlier one of ours that did not end: all of it may go.
        let again = is_there(&mark);
        let ours = [vec![place.package()], place.starters(os)].concat();
        let found = !again && ours.iter().any(|path| is_there(path));
        let mut attempt = Self { place: place.clone(), mark, ours, found, folders: Vec::new() };
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
        fs::write(&self.mark, "").map_err(|error| (self.mark.clone(), error))
    }

    /// It is installed and runs. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub(super) fn done(self) -> Result<(), Error> {
        fs::remove_file(&self.mark).map_err(|error| Error::file(&self.mark, &error))
    }

    /// Removes what it made. What cannot be removed keeps the mark, and so does not count. Blocking.
    pub(super) fn undo(self) {
        if self.found {
            // What npm moved aside may be theirs.
            return;
        }
        let left = fs::read_dir(&self.place.modules).into_iter().flatten().flatten();
        let aside = left.map(|entry| entry.path()).filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".openclaw-"))
        });
        let all: Vec<PathBuf> = aside.chain(self.ours.iter().cloned()).collect();
        for path in &all {
            remove(path);
        }
        if !all.iter().any(|path| is_there(path)) && fs::remove_file(&self.mark).is_ok() {
            self.remove_folders();
        }
    }

    fn remove_folders(&self) {
        for folder in &self.folders {
            // One that is used by now stays.
            drop(fs::remove_dir(folder));
        }
    }
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
    use std::os::unix::fs::symlink;

    use super::*;

    fn place(prefix: &Path) -> Place {
        Place::below(Os::Linux, prefix, true)
    }

    /// As npm leaves it.
    fn install(place: &Place) {
        fs::create_dir_all(place.package().join("dist")).unwrap();
        fs::write(place.package().join("openclaw.mjs"), "").unwrap();
        fs::create_dir_all(place.modules.join(".openclaw-x1Y2/dist")).unwrap();
        symlink("../lib/node_modules/openclaw/openclaw.mjs", place.program(Os::Linux)).unwrap();
    }

    #[test]
    fn what_is_begun_does_not_count_until_it_is_done() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        let attempt = Attempt::begin(Os::Linux, &place).unwrap();
        install(&place);
        let program = place.program(Os::Linux);
        assert!(is_half(&program));
        attempt.done().unwrap();
        assert!(!is_half(&program) && program.exists());
    }

    #[test]
    fn what_was_begun_goes_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let place = place(&home.path().join(".local"));
        let attempt = Attempt::begin(Os::Linux, &place).unwrap();
        install(&place);
        attempt.undo();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "no folder is left");
        // Others live there, too, and a crash left a half one.
        fs::create_dir_all(place.modules.join("other")).unwrap();
        drop(Attempt::begin(Os::Linux, &place).unwrap());
        install(&place);
        assert!(is_half(&place.program(Os::Linux)));
        Attempt::begin(Os::Linux, &place).unwrap().undo();
        let left: Vec<_> =
            fs::read_dir(&place.modules).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["other"]);
        assert!(!is_there(&place.program(Os::Linux)));
    }

    #[test]
    fn what_is_the_users_own_stays_and_counts_as_half() {
        let home = tempfile::tempdir().unwrap();
        let place = place(home.path());
        let checkout = home.path().join("checkout");
        fs::create_dir_all(&checkout).unwrap();
        fs::write(checkout.join("openclaw.mjs"), "mine").unwrap();
        fs::create_dir_all(&place.modules).unwrap();
        symlink(&checkout, place.package()).unwrap();
        Attempt::begin(Os::Linux, &place).unwrap().undo();
        assert!(is_there(&place.package()) && checkout.join("openclaw.mjs").exists());
        assert!(is_there(&place.modules.join(MARK)));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("lib"), "a file").unwrap();
        let error = Attempt::begin(Os::Linux, &place(home.path())).unwrap_err();
        assert!(format!("{:?}", error.code).starts_with("FileFailed"), "{error:?}");
        assert!(!home.path().join("bin").exists());
    }
}
