//! Where Ollama keeps its models on this computer, and how much room is there.
//! The places are data per system (Ollama's installers, 0.32); `live::pulls` asks before it lets a disk fill up.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::os::Os;
use crate::{ollama::service::Service, surroundings::Surroundings};

/// The home of the user that Ollama's Linux service runs as.
const SERVICE_HOME: &str = "/usr/share/ollama";

/// How Ollama is told to keep its models elsewhere; the words of each are in `ui/messages` (`move-models.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum MoveModels {
    /// `OLLAMA_MODELS` in the unit of Linux's service.
    LinuxService,
    /// `OLLAMA_MODELS` for the user's own `ollama serve`.
    Linux,
    /// In the settings of the app.
    MacOs,
    /// In the settings of the app.
    Windows,
}

/// A folder where Ollama may keep its models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsFolder {
    /// The folder; it is there.
    pub path: PathBuf,
    /// How to move it.
    pub moving: MoveModels,
}

/// The folders where an Ollama on this computer keeps its models, as far as we can see. More than one where a
/// service and a server of the user's own have run; none where none has (in a container, it keeps them there).
/// `service`: the unit as systemd tells of it, where it does.
/// Blocking.
#[must_use]
pub fn models_folders(surroundings: &Surroundings, service: Option<&Service>) -> Vec<ModelsFolder> {
    places(surroundings, service).into_iter().filter(|folder| is_there(&folder.path)).collect()
}

/// `OLLAMA_MODELS` counts for a server that has our environment; the service has its own, in its unit.
fn places(surroundings: &Surroundings, service: Option<&Service>) -> Vec<ModelsFolder> {
    let moving = match surroundings.os {
        Os::Linux => MoveModels::Linux,
        Os::MacOs => MoveModels::MacOs,
        Os::Windows => MoveModels::Windows,
    };
    if let Some(path) = surroundings.environment.get("OLLAMA_MODELS") {
        return vec![ModelsFolder { path: surroundings.expand(path), moving }];
    }
    // Without a word from systemd, a folder that is there counts.
    let may_serve = service.is_none_or(|service| service.loaded);
    let told = service.and_then(|service| service.variable("OLLAMA_MODELS")).map(PathBuf::from);
    let service = (surroundings.os == Os::Linux && may_serve).then(|| ModelsFolder {
        path: told.unwrap_or_else(|| Path::new(SERVICE_HOME).join(".ollama").join("models")),
        moving: MoveModels::LinuxService,
    });
    let own = ModelsFolder { path: surroundings.home.join(".ollama").join("models"), moving };
    service.into_iter().chain([own]).collect()
}

/// The service's folder may be closed to us and there all the same.
fn is_there(folder: &Path) -> bool {
    match folder.metadata() {
        Ok(found) => found.is_dir(),
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

/// Bytes that are free where a folder is, asked of the nearest folder above that lets us. Blocking.
#[must_use]
pub fn free(surroundings: &Surroundings, folder: &Path) -> Option<u64> {
    folder.ancestors().find_map(|folder| surroundings.free_space(folder))
}

/// Whether a download was begun there that may go on: then the catalogue's size is not what is still to come.
/// `true` also when the folder cannot be read. Blocking.
#[must_use]
pub fn may_have_partials(folder: &Path) -> bool {
    let Ok(blobs) = folder.join("blobs").read_dir() else { return true };
    blobs.flatten().any(|blob| blob.file_name().to_string_lossy().contains("-partial"))
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::surroundings::Environment;

    fn on(os: Os, home: &Path, environment: &[(&str, &str)]) -> Surroundings {
        Surroundings::new(os, Environment::new(environment.iter().copied()), home, || UNIX_EPOCH)
    }

    #[test]
    fn every_system_has_its_places() {
        let home = Path::new("/home/ada");
        let own = home.join(".ollama").join("models");
        let of = |os, environment: &[(&str, &str)]| {
            let found = places(&on(os, home, environment), None).into_iter();
            found.map(|folder| (folder.path, folder.moving)).collect::<Vec<_>>()
        };
        let service = PathBuf::from("/usr/share/ollama/.ollama/models");
        assert_eq!(
            of(Os::Linux, &[]),
            [(service, MoveModels::LinuxService), (own.clone(), MoveModels::Linux)]
        );
        assert_eq!(of(Os::MacOs, &[]), [(own.clone(), MoveModels::MacOs)]);
        assert_eq!(of(Os::Windows, &[]), [(own, MoveModels::Windows)]);
        let told = [("OLLAMA_MODELS", "~/big")];
        assert_eq!(of(Os::Linux, &told), [(home.join("big"), MoveModels::Linux)]);
        // The unit says where its models are, or that there is no service.
        let unit = |text: &str| {
            let found = places(&on(Os::Linux, home, &[]), Some(&Service::parse(text))).into_iter();
            found.map(|folder| folder.path).collect::<Vec<_>>()
        };
        let own = home.join(".ollama").join("models");
        assert_eq!(
            unit("LoadState=loaded\nEnvironment=OLLAMA_MODELS=/data/models\n"),
            [PathBuf::from("/data/models"), own.clone()]
        );
        assert_eq!(unit("LoadState=not-found\n"), [own]);
    }

    #[test]
    fn only_folders_that_are_there_count_and_the_nearest_that_answers_is_asked() {
        let home = tempfile::tempdir().unwrap();
        let big = home.path().join("big");
        let told = big.display().to_string();
        let surroundings = on(Os::MacOs, home.path(), &[("OLLAMA_MODELS", &told)]);
        assert_eq!(models_folders(&surroundings, None), []);
        fs::create_dir(&big).unwrap();
        assert_eq!(models_folders(&surroundings, None).len(), 1);
        assert_eq!(free(&surroundings, &big), None, "nothing is known of the disks");
        let above = home.path().to_path_buf();
        let surroundings = surroundings.with_free_space(move |folder| {
            if folder == above { Ok(7) } else { Err(io::ErrorKind::PermissionDenied.into()) }
        });
        assert_eq!(free(&surroundings, &big.join("blobs")), Some(7));
        assert!(Surroundings::of_this_process().free_space(home.path()).is_some(), "the real disk answers");
    }

    #[test]
    fn partials_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert!(may_have_partials(folder.path()), "not known");
        let blobs = folder.path().join("blobs");
        fs::create_dir(&blobs).unwrap();
        fs::write(blobs.join("sha256-0123"), "x").unwrap();
        assert!(!may_have_partials(folder.path()));
        fs::write(blobs.join("sha256-4567-partial-0"), "x").unwrap();
        assert!(may_have_partials(folder.path()));
    }
}
