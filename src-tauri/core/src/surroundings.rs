//! What surrounds the library: system, environment, home, clock. Passed in, never read from globals,
//! so that a test or practice mode gives its own.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{machine::os::Os, openclaw::receipt};

/// Set in the environment of practice mode, where nothing but practice is asked for models: neither another computer nor
/// the usual port, at which the user's own Ollama may be.
pub const PRACTICE_VARIABLE: &str = "PINCER_PRACTICE";

/// Environment variables, as the process that asks has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// From pairs; a later one of the same name wins.
    pub fn new<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { variables: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// The variable, when it is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The folders of `PATH`, in order.
    #[must_use]
    pub fn path_folders(&self) -> Vec<PathBuf> {
        self.get("PATH").map(|path| std::env::split_paths(path).collect()).unwrap_or_default()
    }
}

/// Everything the library may know of its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// The system whose rules hold.
    pub os: Os,
    /// Environment variables.
    pub environment: Environment,
    /// The user's home folder.
    pub home: PathBuf,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    free_space: Option<Arc<FreeSpace>>,
}

/// Bytes that are free for the user on the disk of a folder. May block for as long as the disk does.
type FreeSpace = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

impl Surroundings {
    /// Surroundings with a clock of the caller's. Nothing is known of the disks (see
    /// [`Self::with_free_space`]): an Ollama that lives in memory fills none.
    pub fn new(
        os: Os,
        environment: Environment,
        home: impl Into<PathBuf>,
        clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self { os, environment, home: home.into(), clock: Arc::new(clock), free_space: None }
    }

    /// With disks: the bytes that are free on the disk of a folder.
    #[must_use]
    pub fn with_free_space(self, ask: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self { free_space: Some(Arc::new(ask)), ..self }
    }

    /// Those of this process. Variables that are not UTF-8 are left out.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("."));
        Self::new(Os::current(), Environment::new(variables), home, SystemTime::now)
            .with_free_space(|folder| fs4::available_space(folder))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// Bytes that are free on the disk of an existing folder; `None` when it cannot be told. Blocking.
    #[must_use]
    pub fn free_space(&self, folder: &Path) -> Option<u64> {
        self.free_space.as_ref()?(folder).ok()
    }

    /// The time now, in milliseconds since 1970 (UTC).
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        receipt::milliseconds(self.now())
    }

    /// A path from the environment: a leading `~` is the home folder.
    #[must_use]
    pub fn expand(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with(['/', '\\']) => {
                self.home.join(rest.trim_start_matches(['/', '\\']))
            }
            _ => Path::new(path).to_path_buf(),
        }
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment stays out: it holds secrets.
        f.debug_struct("Surroundings").field("os", &self.os).field("home", &self.home).finish_non_exhaustive()
    }
}
