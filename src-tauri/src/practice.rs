//! Practice mode: an Ollama in memory and a home of its own, gone when the window closes.
//! Ollama's, OpenClaw's and Pincer's real folders are not touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use pincer_core::{
    computer::Computer,
    machine::memory::MEMORY_VARIABLE,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::Options;

/// What must live as long as the window.
pub(crate) struct Practice {
    _ollama: pincer_practice::Practice,
    _home: tempfile::TempDir,
}

impl Practice {
    /// Starts the Ollama and makes the home; the user's language and the memory to assume are kept, nothing else of
    /// the environment.
    pub(crate) async fn start(real: &Surroundings) -> io::Result<(Computer, Self)> {
        let ollama = pincer_practice::Practice::start(Options::demo()).await?;
        let home = tempfile::tempdir()?;
        let bin = openclaw(home.path())?;
        let language = ["LC_ALL", "LC_MESSAGES", "LANG", MEMORY_VARIABLE]
            .into_iter()
            .filter_map(|name| Some((name, real.environment.get(name)?)));
        let (path, url) = (bin.display().to_string(), ollama.url());
        let environment =
            Environment::new(language.chain([("PATH", path.as_str()), ("OLLAMA_HOST", url.as_str())]));
        let surroundings = Surroundings::new(real.os, environment, home.path(), SystemTime::now);
        Ok((Computer::new(surroundings, None), Self { _ollama: ollama, _home: home }))
    }
}

/// An OpenClaw to be found: its package as npm installs it, with nothing behind it.
fn openclaw(home: &Path) -> io::Result<PathBuf> {
    let package = home.join("lib/node_modules/openclaw");
    let bin = home.join("bin");
    fs::create_dir_all(&package)?;
    fs::create_dir_all(&bin)?;
    fs::write(package.join("package.json"), r#"{"name":"openclaw","version":"2026.9.6"}"#)?;
    let program = package.join("openclaw.mjs");
    fs::write(&program, "#!/usr/bin/env node\n")?;
    link(&program, &bin.join("openclaw"))?;
    Ok(bin)
}

#[cfg(unix)]
fn link(program: &Path, name: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    std::os::unix::fs::symlink(program, name)
}

#[cfg(not(unix))]
fn link(program: &Path, name: &Path) -> io::Result<()> {
    fs::copy(program, name.with_extension("cmd")).map(drop)
}
