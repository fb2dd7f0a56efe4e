//! Where the project's own things lie: sources, built programs, the cache outside the clone.
//! Every other module asks here instead of joining paths by itself.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Failure, shell};

/// The clone in which the command was typed.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The clone that this program was built from.
    pub(crate) fn here() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: own.parent().unwrap_or(own).to_path_buf() }
    }

    /// A path in the clone.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// `cargo` with these words, in the clone.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut command = shell::command("cargo", args);
        command.current_dir(&self.root);
        command
    }

    /// `npm` with these words, in the window's folder.
    pub(crate) fn npm(&self, args: &[&str]) -> Command {
        let mut command = shell::command(NPM, args);
        command.current_dir(self.path("ui"));
        command
    }

    /// A built program, for example `("debug", "pincer")`; it need not exist.
    ///
    /// # Errors
    /// When Cargo does not say where it builds.
    pub(crate) fn built(&self, profile: &str, name: &str) -> Result<PathBuf, Failure> {
        let metadata =
            shell::answer(&mut self.cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).map_err(Failure::unreadable("the answer of cargo metadata"))?;
        let target =
            metadata.get("target_directory").and_then(serde_json::Value::as_str).ok_or_else(|| {
                Failure::Unreadable {
                    what: "the answer of cargo metadata".into(),
                    detail: "no target_directory".into(),
                }
            })?;
        Ok(Path::new(target).join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX)))
    }
}

/// npm's program: a script on Windows.
pub(crate) const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// The folder for big downloads of the tests, outside every clone: `$XDG_CACHE_HOME` or `~/.cache`, then `pincer/test`.
///
/// # Errors
/// When neither variable says where.
pub(crate) fn cache() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .or_else(|| absolute("LOCALAPPDATA"))
        .map(|cache| cache.join("pincer").join("test"))
        .ok_or_else(|| {
            Failure::Needs("Set HOME (or XDG_CACHE_HOME): downloads for tests are kept there.".into())
        })
}

/// Whether this runs on a build server, where nothing may be skipped.
pub(crate) fn on_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}
