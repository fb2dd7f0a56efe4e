//! Where npm puts OpenClaw: its global folder when we may write there, else one of the user's own. Rules per system
//! are data (npm 11: `npm help folders`; the service's path as OpenClaw 2026.9.6 makes it).

use std::path::{Path, PathBuf};

use crate::{machine::os::Os, surroundings::Surroundings};

/// A place for a global installation by npm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// npm's prefix.
    pub(super) prefix: PathBuf,
    /// It is not npm's own choice: npm is told.
    pub(super) told: bool,
    /// The folder with the programs.
    pub(super) bin: PathBuf,
    /// The folder with the packages.
    pub(super) modules: PathBuf,
}

impl Place {
    /// The place below a prefix.
    pub(super) fn below(os: Os, prefix: &Path, told: bool) -> Self {
        let (bin, modules) = match os {
            Os::Windows => (prefix.to_path_buf(), prefix.join("node_modules")),
            Os::Linux | Os::MacOs => (prefix.join("bin"), prefix.join("lib").join("node_modules")),
        };
        Self { prefix: prefix.to_path_buf(), told, bin, modules }
    }

    /// npm's global prefix when it may be written, else the user's own. Blocking.
    pub(super) fn choose(surroundings: &Surroundings, global: Option<&Path>) -> Option<Self> {
        let os = surroundings.os;
        let global = global.map(|prefix| Self::below(os, prefix, false));
        let own = own_prefix(os, &surroundings.home).map(|prefix| Self::below(os, &prefix, true));
        match global {
            Some(place) if own.is_none() || place.is_writable() => Some(place),
            _ => own,
        }
    }

    fn is_writable(&self) -> bool {
        [&self.bin, &self.modules].into_iter().all(|folder| is_writable(folder))
    }

    /// The program, once it is there.
    pub(super) fn program(&self, os: Os) -> PathBuf {
        self.bin.join(if os == Os::Windows { "openclaw.cmd" } else { "openclaw" })
    }

    /// All that npm makes to start it.
    pub(super) fn starters(&self, os: Os) -> Vec<PathBuf> {
        let names: &[&str] = match os {
            Os::Windows => &["openclaw", "openclaw.cmd", "openclaw.ps1"],
            Os::Linux | Os::MacOs => &["openclaw"],
        };
        names.iter().map(|name| self.bin.join(name)).collect()
    }

    /// The package's folder.
    pub(super) fn package(&self) -> PathBuf {
        self.modules.join("openclaw")
    }

    /// A terminal finds the program by its name, as far as our own `PATH` tells.
    pub(super) fn is_on_path(&self, surroundings: &Surroundings) -> bool {
        surroundings.environment.path_folders().contains(&self.bin)
    }

    /// OpenClaw's own service finds it by its name.
    pub(super) fn is_on_service_path(&self, surroundings: &Surroundings) -> bool {
        service_path(surroundings.os, &surroundings.home)
            .map_or_else(|| self.is_on_path(surroundings), |folders| folders.contains(&self.bin))
    }
}

/// A prefix of the user's own; `None` where npm's own choice is the user's already.
fn own_prefix(os: Os, home: &Path) -> Option<PathBuf> {
    match os {
        Os::Linux | Os::MacOs => Some(home.join(".local")),
        // `%APPDATA%\npm`
        Os::Windows => None,
    }
}

/// The folders that OpenClaw gives its service as `PATH`, of those that can be ours; `None` where the service has the
/// user's.
fn service_path(os: Os, home: &Path) -> Option<Vec<PathBuf>> {
    let own = [".local/bin", ".npm-global/bin", "bin"].map(|folder| home.join(folder));
    let of_system: &[&str] = match os {
        Os::Linux => &["/usr/local/bin", "/usr/bin", "/bin"],
        Os::MacOs => &["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/bin"],
        Os::Windows => return None,
    };
    Some(own.into_iter().chain(of_system.iter().map(PathBuf::from)).collect())
}

/// Whether we may make files in a folder, or make the folder.
#[cfg(unix)]
fn is_writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    let nearest = folder.ancestors().find(|folder| folder.exists());
    nearest
        .is_some_and(|folder| folder.is_dir() && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

/// Not asked: npm's own word is heard.
#[cfg(not(unix))]
fn is_writable(_folder: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::surroundings::Environment;

    fn on(os: Os, home: &Path, path: &str) -> Surroundings {
        Surroundings::new(os, Environment::new([("PATH", path)]), home, || UNIX_EPOCH)
    }

    #[test]
    fn every_system_has_its_folders() {
        let home = Path::new("/home/ada");
        for os in [Os::Linux, Os::MacOs] {
            let place = Place::below(os, &home.join(".local"), true);
            assert_eq!(place.program(os), home.join(".local/bin/openclaw"));
            assert_eq!(place.package(), home.join(".local/lib/node_modules/openclaw"));
            assert!(place.is_on_service_path(&on(os, home, "/usr/bin")), "{os:?}");
            assert!(!place.is_on_path(&on(os, home, "/usr/bin")));
            assert!(place.is_on_path(&on(os, home, "/usr/bin:/home/ada/.local/bin")) || cfg!(windows));
            let nvm = Place::below(os, &home.join(".nvm/versions/node/v24.16.0"), false);
            assert!(!nvm.is_on_service_path(&on(os, home, "/usr/bin")));
        }
        assert!(Place::below(Os::MacOs, Path::new("/opt/homebrew"), false).is_on_service_path(&on(
            Os::MacOs,
            home,
            ""
        )));
        let roaming = Path::new("/users/ada/AppData/Roaming/npm");
        let windows = on(Os::Windows, home, &roaming.display().to_string());
        let place = Place::choose(&windows, Some(roaming)).unwrap();
        assert_eq!((place.told, place.program(Os::Windows)), (false, roaming.join("openclaw.cmd")));
        assert_eq!(place.starters(Os::Windows).len(), 3);
        assert_eq!(place.package(), roaming.join("node_modules/openclaw"));
        assert!(place.is_on_path(&windows) && place.is_on_service_path(&windows));
        assert_eq!(Place::choose(&windows, None), None);
    }

    #[cfg(unix)]
    #[test]
    fn npms_own_prefix_is_taken_where_it_may_be_written() {
        let home = tempfile::tempdir().unwrap();
        let here = on(Os::Linux, home.path(), "/usr/bin");
        let global = home.path().join("global");
        fs::create_dir(&global).unwrap();
        assert_eq!(Place::choose(&here, Some(&global)), Some(Place::below(Os::Linux, &global, false)));
        let own = Place::below(Os::Linux, &home.path().join(".local"), true);
        assert_eq!(Place::choose(&here, None), Some(own.clone()));
        // A file in its place cannot be written, not even by root.
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(Place::choose(&here, Some(&file)), Some(own));
    }
}
