//! Pincer's own data folder: where history, preferences, logs and the lock live, for window and commands alike.
//! A pure function of system, environment and home; nothing here touches the disk but `create`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::Error, machine::os::Os, surroundings::Environment};

/// The bundle identifier, and so the name of the data folder. For good: another one would lose people's undo.
pub const IDENTIFIER: &str = "dev.pincer.desktop";

/// Pincer's own folders and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The data folder; all others are inside it.
    pub data: PathBuf,
}

impl Folders {
    /// The data folder by the platform's rules:
    /// - Linux: `$XDG_DATA_HOME`, else `~/.local/share` (XDG Base Directory Specification 0.8, which has a
    ///   relative value ignored);
    /// - macOS: `~/Library/Application Support`;
    /// - Windows: `%LOCALAPPDATA%`, else `AppData\Local` in the home.
    ///
    /// An empty variable counts as unset.
    #[must_use]
    pub fn locate(os: Os, environment: &Environment, home: &Path) -> Self {
        let base = match os {
            Os::Linux => environment
                .get("XDG_DATA_HOME")
                // Not `Path::is_absolute`: it would ask the system of the build, not `os`.
                .filter(|value| value.starts_with('/'))
                .map_or_else(|| home.join(".local").join("share"), PathBuf::from),
            Os::MacOs => home.join("Library").join("Application Support"),
            Os::Windows => environment
                .get("LOCALAPPDATA")
                .map_or_else(|| home.join("AppData").join("Local"), PathBuf::from),
        };
        Self { data: base.join(IDENTIFIER) }
    }

    /// One receipt a file, `<id>.json`.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.data.join("history")
    }

    /// What files held before and after a change, each named by the SHA-256 of its bytes.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    /// Locked while a Pincer writes files of the user's; empty.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.data.join("pincer.lock")
    }

    /// What the user chose in Pincer (language, theme, address).
    #[must_use]
    pub fn preferences(&self) -> PathBuf {
        self.data.join("preferences.json")
    }

    /// Locked while a Pincer writes [`Folders::preferences`]; empty.
    #[must_use]
    pub fn preferences_lock(&self) -> PathBuf {
        self.data.join("preferences.lock")
    }

    /// Where the window was last, and how large.
    #[must_use]
    pub fn window_place(&self) -> PathBuf {
        self.data.join("window.json")
    }

    /// Locked as long as a Pincer has its window open; empty.
    #[must_use]
    pub fn window_lock(&self) -> PathBuf {
        self.data.join("window.lock")
    }

    /// How a second start reaches the Pincer whose window is open.
    #[must_use]
    pub fn window_door(&self) -> PathBuf {
        self.data.join("window-door.json")
    }

    /// What live checks of models showed.
    #[must_use]
    pub fn checks(&self) -> PathBuf {
        self.data.join("checks.json")
    }

    /// Locked while a Pincer writes [`Folders::checks`]; empty.
    #[must_use]
    pub fn checks_lock(&self) -> PathBuf {
        self.data.join("checks.lock")
    }

    /// Which models answered through OpenClaw.
    #[must_use]
    pub fn proofs(&self) -> PathBuf {
        self.data.join("proofs.json")
    }

    /// Locked while a Pincer writes [`Folders::proofs`]; empty.
    #[must_use]
    pub fn proofs_lock(&self) -> PathBuf {
        self.data.join("proofs.lock")
    }

    /// Locked while a Pincer starts OpenClaw's gateway; empty.
    #[must_use]
    pub fn gateway_start_lock(&self) -> PathBuf {
        self.data.join("gateway-start.lock")
    }

    /// Where all logs are.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// What the window did, without anything private; older ones beside it end in `.1` and so on.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.logs().join("pincer.log")
    }

    /// What a gateway of OpenClaw's that Pincer started says; answers of models are in it.
    #[must_use]
    pub fn gateway_log(&self) -> PathBuf {
        self.logs().join("openclaw-gateway.log")
    }

    /// What an Ollama that Pincer started says.
    #[must_use]
    pub fn ollama_log(&self) -> PathBuf {
        self.logs().join("ollama.log")
    }

    /// The process of an Ollama that Pincer started.
    #[must_use]
    pub fn ollama_process(&self) -> PathBuf {
        self.data.join("ollama.json")
    }

    /// Locked while a Pincer starts Ollama's program; empty.
    #[must_use]
    pub fn start_lock(&self) -> PathBuf {
        self.data.join("start.lock")
    }

    /// What is being downloaded to be installed.
    #[must_use]
    pub fn downloads(&self) -> PathBuf {
        self.data.join("downloads")
    }

    /// Makes the data folder with its history and snapshots, all for the user alone (0700).
    ///
    /// # Errors
    /// `file.failed` with the folder that cannot be made.
    pub fn create(&self) -> Result<(), Error> {
        for folder in [self.data.clone(), self.history(), self.snapshots()] {
            make_private(&folder).map_err(|error| Error::file(&folder, &error))?;
        }
        // An older or copied data folder may be open to others; what these two hold must not be.
        for folder in [self.history(), self.snapshots()] {
            close_to_others(&folder).map_err(|error| Error::file(&folder, &error))?;
        }
        Ok(())
    }
}

/// Makes a folder and its missing parents, each for the user alone (0700 where there are modes).
///
/// # Errors
/// The system's.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(folder)?.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close_to_others(_folder: &Path) -> io::Result<()> {
    Ok(()) // The profile folder's access list is inherited.
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(os: Os, variables: &[(&str, &str)]) -> PathBuf {
        let environment = Environment::new(variables.iter().copied());
        Folders::locate(os, &environment, Path::new("/home/ada")).data
    }

    #[test]
    fn each_system_has_its_place() {
        let unset = [];
        assert_eq!(located(Os::Linux, &unset), Path::new("/home/ada/.local/share/dev.pincer.desktop"));
        assert_eq!(
            located(Os::MacOs, &[("XDG_DATA_HOME", "/xdg")]),
            Path::new("/home/ada/Library/Application Support/dev.pincer.desktop")
        );
        assert_eq!(
            located(Os::Windows, &unset),
            Path::new("/home/ada").join("AppData").join("Local").join("dev.pincer.desktop")
        );
        assert_eq!(
            located(Os::Windows, &[("LOCALAPPDATA", r"D:\Local")]),
            Path::new(r"D:\Local").join("dev.pincer.desktop")
        );
    }

    #[test]
    fn xdg_data_home_counts_only_when_absolute() {
        assert_eq!(located(Os::Linux, &[("XDG_DATA_HOME", "/data")]), Path::new("/data/dev.pincer.desktop"));
        for ignored in ["", "data", "./data", "~/data"] {
            assert_eq!(
                located(Os::Linux, &[("XDG_DATA_HOME", ignored)]),
                Path::new("/home/ada/.local/share/dev.pincer.desktop"),
                "{ignored:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { data: root.path().join("share").join(IDENTIFIER) };
        folders.create().unwrap();
        fs::set_permissions(folders.snapshots(), fs::Permissions::from_mode(0o755)).unwrap();
        folders.create().unwrap();
        for folder in
            [root.path().join("share"), folders.data.clone(), folders.history(), folders.snapshots()]
        {
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "{folder:?}");
        }
    }
}
