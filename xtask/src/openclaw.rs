//! The real OpenClaw for the contract test and the bench, from npm, in the cache folder outside the clone.
//! Installed beside its place and renamed into it, so that a half install is never taken for a whole one.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    project::{self, NPM},
    shell,
};

/// The release that the contract is tested against.
pub(crate) const VERSION: &str = "2026.9.6";

/// The Node that this release runs on (it needs 24.16 or newer): npm's package `node` ships one.
const NODE: &str = "node@24";

/// Written last, before the rename.
const MARK: &str = "complete";

/// The folder of an installed OpenClaw, `None` when it is not (wholly) there.
///
/// # Errors
/// When there is no place for a cache.
pub(crate) fn installed() -> Result<Option<PathBuf>, Failure> {
    let folder = folder()?;
    Ok(folder.join(MARK).is_file().then_some(folder))
}

fn folder() -> Result<PathBuf, Failure> {
    Ok(project::cache()?.join(format!("openclaw-{VERSION}")))
}

/// Installs it unless it is there (about a minute, 770 MB), and gives its folder.
///
/// # Errors
/// When npm cannot install it, or what it installed does not run.
pub(crate) fn ensure() -> Result<PathBuf, Failure> {
    if let Some(folder) = installed()? {
        return Ok(folder);
    }
    let place = folder()?;
    let cache = project::cache()?;
    fs::create_dir_all(&cache).map_err(Failure::file(&cache))?;
    let making =
        tempfile::Builder::new().prefix("openclaw-").tempdir_in(&cache).map_err(Failure::file(&cache))?;
    install(making.path())?;
    if place.exists() {
        fs::remove_dir_all(&place).map_err(Failure::file(&place))?;
    }
    match fs::rename(making.path(), &place) {
        // Two runs at once: the other one was first, and its install is as good.
        Err(source) if installed()?.is_none() => Err(Failure::File { path: place, source }),
        _ => Ok(place),
    }
}

fn install(folder: &Path) -> Result<(), Failure> {
    let manifest = folder.join("package.json");
    fs::write(&manifest, "{ \"private\": true }\n").map_err(Failure::file(&manifest))?;
    let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    shell::run(shell::command(NPM, ["install", NODE]).args(quiet).current_dir(folder))?;

    // npm must itself run on the new Node, or OpenClaw's own install scripts run on the old one.
    let bin = folder.join("node_modules").join(".bin");
    let wanted = format!("openclaw@{VERSION}");
    let mut npm = match npm_script() {
        Some(script) => {
            let mut npm = shell::command(&bin.join("node").to_string_lossy(), [script]);
            npm.args(["install", "--save-exact", &wanted]);
            npm
        }
        None => shell::command(NPM, ["install", "--save-exact", &wanted]),
    };
    shell::run(npm.args(quiet).current_dir(folder).env("PATH", first_on_path(&bin)))?;

    let version = shell::answer(
        shell::command(&bin.join("openclaw").to_string_lossy(), ["--version"])
            .env("PATH", first_on_path(&bin)),
    )?;
    if !version.contains(VERSION) {
        return Err(Failure::Unreadable {
            what: "the version of the installed OpenClaw".into(),
            detail: version,
        });
    }
    let mark = folder.join(MARK);
    fs::write(&mark, format!("{version}\n")).map_err(Failure::file(&mark))
}

/// The JavaScript file behind the `npm` on PATH; `None` when something else stands there.
fn npm_script() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let npm = env::split_paths(&path).map(|folder| folder.join(NPM)).find(|npm| npm.is_file())?;
    let script = npm.canonicalize().ok()?;
    script.extension().is_some_and(|extension| extension == "js").then_some(script)
}

/// The PATH of this process with one folder before all others.
pub(crate) fn first_on_path(folder: &Path) -> std::ffi::OsString {
    let rest = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&rest));
    env::join_paths(all).unwrap_or_else(|_| folder.into())
}
