//! A machine for the bench: a home of its own, practice as the program `ollama`, an environment and nothing else.
//! The person's own settings and models are neither read nor touched; all of it goes when it is dropped.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::http;
use crate::{failure::Failure, openclaw, shell};

/// Practice answers within milliseconds of its start; a loaded machine gets more.
const START: Duration = Duration::from_secs(10);

pub(super) struct Stage {
    home: TempDir,
    cli: PathBuf,
    server: Child,
    address: SocketAddr,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Only fails when it has ended by itself already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Stage {
    /// Starts practice with an environment on top of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn open(cli: &Path, practice: &Path, environment: &[(&str, &str)]) -> Result<Self, Failure> {
        let home = tempfile::tempdir().map_err(Failure::file(env::temp_dir()))?;
        let bin = home.path().join("bin");
        fs::create_dir(&bin).map_err(Failure::file(&bin))?;
        let ollama = bin.join(format!("ollama{}", env::consts::EXE_SUFFIX));
        fs::copy(practice, &ollama).map_err(Failure::file(&ollama))?;
        stand_in(&bin)?;

        let mut serve = Command::new(&ollama);
        // Port 0: practice takes a free one and says which.
        serve.arg("serve").env("OLLAMA_HOST", "127.0.0.1:0").env("HOME", home.path());
        let mut server = serve
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "pincer-practice".into(), source })?;
        let said = first_line(&mut server);
        let address = said.strip_prefix("listening on ").and_then(|address| address.trim().parse().ok());
        let stage = Self {
            home,
            cli: cli.to_path_buf(),
            server,
            address: address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
        };
        match address {
            Some(_) => Ok(stage),
            None => Err(Failure::Unreadable { what: "practice's address".into(), detail: said }),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A file or folder in its home.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The models that OpenClaw can use, as Pincer lists them.
    ///
    /// # Errors
    /// When `pincer models` fails.
    pub(super) fn models(&self) -> Result<Vec<String>, Failure> {
        let answer = self.ask(&["models", "--json"])?;
        let ready = |model: &&Value| model.get("verdict").and_then(Value::as_str) == Some("ready");
        let models = answer.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let id = |model: &Value| model.get("id").and_then(Value::as_str).map(str::to_owned);
        Ok(models.iter().filter(ready).filter_map(id).collect())
    }

    /// Makes the first of them OpenClaw's, so that nothing is left to complain about.
    ///
    /// # Errors
    /// When there is none, or `pincer use` refuses.
    pub(super) fn set_up(&self) -> Result<(), Failure> {
        let models = self.models()?;
        let first = models
            .first()
            .ok_or_else(|| Failure::Needs("practice lists no model that OpenClaw can use.".into()))?;
        self.ask(&["use", first, "--yes", "--json"]).map(drop)
    }

    /// The median time of making a model OpenClaw's: another one each time, or there would be nothing to change.
    ///
    /// # Errors
    /// When `pincer use` refuses, or there are too few models.
    pub(super) fn median_of_uses(&self, runs: usize) -> Result<Duration, Failure> {
        let mut times = Vec::with_capacity(runs);
        for model in self.models()?.iter().skip(1).take(runs) {
            let begun = Instant::now();
            let answer = self.ask(&["use", model, "--yes", "--json"])?;
            times.push(begun.elapsed());
            if answer.get("changed") == Some(&Value::Bool(false)) {
                return Err(Failure::Needs(format!("`pincer use {model}` changed nothing: {answer}")));
            }
        }
        Ok(http::median(times))
    }

    /// A program in this home, its own programs before all others.
    pub(super) fn program(&self, program: &Path) -> Command {
        self.command(program, &self.path("bin"))
    }

    fn command(&self, program: &Path, first: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.home.path()).env("LANG", "C.UTF-8");
        // What a program needs on Windows whatever its home is.
        for name in ["SystemRoot", "TEMP"] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        command.env("PATH", openclaw::first_on_path(first)).env("OLLAMA_HOST", self.address.to_string());
        command.stdin(Stdio::null());
        command
    }

    fn cli(&self, args: &[&str]) -> Command {
        let mut command = self.program(&self.cli);
        command.args(args);
        command
    }

    fn ask(&self, args: &[&str]) -> Result<Value, Failure> {
        let answer = shell::answer(&mut self.cli(args))?;
        serde_json::from_str(&answer).map_err(Failure::unreadable("the JSON of pincer-cli"))
    }

    /// The median time of a command of Pincer's, whose answer must be right each time.
    ///
    /// # Errors
    /// When it fails, or `right` says why the answer is not.
    pub(super) fn median(
        &self,
        runs: usize,
        args: &[&str],
        right: impl Fn(&Value) -> Result<(), String>,
    ) -> Result<Duration, Failure> {
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let started = Instant::now();
            let output = self
                .cli(args)
                .output()
                .map_err(|source| Failure::Start { program: self.cli.display().to_string(), source })?;
            times.push(started.elapsed());
            let wrong = Failure::unreadable::<String>("what `pincer-cli` said");
            let answer: Value = match serde_json::from_slice(&output.stdout) {
                Ok(answer) => answer,
                Err(error) => {
                    return Err(wrong(format!("{error}: {}", String::from_utf8_lossy(&output.stderr))));
                }
            };
            right(&answer).map_err(wrong)?;
        }
        Ok(http::median(times))
    }

    /// The median time of a command of OpenClaw's own, on the same server and the same settings.
    ///
    /// # Errors
    /// When it fails.
    pub(super) fn median_of_openclaw(
        &self,
        runs: usize,
        folder: &Path,
        args: &[&str],
    ) -> Result<Duration, Failure> {
        let bin = folder.join("node_modules").join(".bin");
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let mut asked = self.command(&bin.join("openclaw"), &bin);
            let started = Instant::now();
            shell::answer(asked.args(args))?;
            times.push(started.elapsed());
        }
        Ok(http::median(times))
    }
}

/// The line by which a server says that it answers; empty when it ended, or took too long.
pub(super) fn first_line(server: &mut Child) -> String {
    let Some(stdout) = server.stdout.take() else { return String::new() };
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        // Not read, not said: both leave it empty.
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = said.send(line);
    });
    heard.recv_timeout(START).unwrap_or_default()
}

/// What Pincer looks for to know that OpenClaw is installed: a link on PATH and the `package.json` behind it.
/// `doctor` reads these and never runs OpenClaw, so this measures the same with the real one.
fn stand_in(bin: &Path) -> Result<(), Failure> {
    let package = bin.join("openclaw-package");
    fs::create_dir(&package).map_err(Failure::file(&package))?;
    let manifest =
        serde_json::json!({ "name": "openclaw", "version": openclaw::VERSION, "bin": "openclaw.mjs" });
    let write = |path: PathBuf, text: String| fs::write(&path, text).map_err(Failure::file(&path));
    write(package.join("package.json"), manifest.to_string())?;
    write(
        package.join("openclaw.mjs"),
        format!("#!/usr/bin/env node\nconsole.log('OpenClaw {}')\n", openclaw::VERSION),
    )?;
    link(&package.join("openclaw.mjs"), &bin.join("openclaw"))
}

#[cfg(unix)]
fn link(script: &Path, place: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).map_err(Failure::file(script))?;
    symlink(script, place).map_err(Failure::file(place))
}

#[cfg(not(unix))]
fn link(script: &Path, place: &Path) -> Result<(), Failure> {
    let shim = place.with_extension("cmd");
    fs::write(&shim, format!("@node \"{}\" %*\r\n", script.display())).map_err(Failure::file(&shim))
}
