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
    model: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Only fails when it has ended by itself already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Stage {
    /// Starts practice with `many` models more than usual and `delay` before each answer.
    ///
    /// # Errors
    /// When it does not start, or has no model.
    pub(super) fn open(cli: &Path, practice: &Path, many: u32, delay: Duration) -> Result<Self, Failure> {
        let home = tempfile::tempdir().map_err(Failure::file(env::temp_dir()))?;
        let bin = home.path().join("bin");
        fs::create_dir(&bin).map_err(Failure::file(&bin))?;
        let ollama = bin.join(format!("ollama{}", env::consts::EXE_SUFFIX));
        fs::copy(practice, &ollama).map_err(Failure::file(&ollama))?;
        stand_in(&bin)?;

        let mut serve = Command::new(&ollama);
        // Port 0: practice takes a free one and says which.
        serve.arg("serve").env("OLLAMA_HOST", "127.0.0.1:0").env("HOME", home.path());
        if many > 0 {
            serve.env("PRACTICE_MANY", many.to_string());
        }
        serve.env("PRACTICE_DELAY_MS", delay.as_millis().to_string());
        let mut server = serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "pincer-practice".into(), source })?;
        let said = first_line(&mut server);
        let address = said.strip_prefix("listening on ").and_then(|address| address.trim().parse().ok());
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut stage = Self {
            home,
            cli: cli.to_path_buf(),
            server,
            address: address.unwrap_or(nowhere),
            model: String::new(),
        };
        if address.is_none() {
            return Err(Failure::Unreadable { what: "practice's address".into(), detail: said });
        }
        stage.model = stage.first_model()?;
        Ok(stage)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A model that can use tools.
    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// A model that OpenClaw can use, as Pincer lists it.
    fn first_model(&self) -> Result<String, Failure> {
        let answer = self.ask(&["models", "--json"])?;
        let ready = |model: &&Value| model.get("verdict").and_then(Value::as_str) == Some("ready");
        answer
            .get("models")
            .and_then(Value::as_array)
            .and_then(|models| models.iter().find(ready))
            .and_then(|model| model.get("id")?.as_str())
            .map(str::to_owned)
            .ok_or_else(|| Failure::Needs("practice lists no model that OpenClaw can use.".into()))
    }

    /// Makes that model OpenClaw's, so that nothing is left to complain about.
    ///
    /// # Errors
    /// When `pincer use` refuses.
    pub(super) fn set_up(&self) -> Result<(), Failure> {
        self.ask(&["use", &self.model, "--yes", "--json"]).map(drop)
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
        let mut command = self.command(&self.cli, &self.home.path().join("bin"));
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

    /// The median time of OpenClaw's own list, on the same server and the same settings.
    ///
    /// # Errors
    /// When it fails.
    pub(super) fn median_of_openclaw(&self, runs: usize, folder: &Path) -> Result<Duration, Failure> {
        let bin = folder.join("node_modules").join(".bin");
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let mut list = self.command(&bin.join("openclaw"), &bin);
            list.args(["models", "list", "--refresh", "--json"]);
            let started = Instant::now();
            shell::answer(&mut list)?;
            times.push(started.elapsed());
        }
        Ok(http::median(times))
    }

    /// How long OpenClaw's own command takes to set one value.
    ///
    /// # Errors
    /// When it fails.
    pub(super) fn openclaw_sets(&self, folder: &Path) -> Result<Duration, Failure> {
        let bin = folder.join("node_modules").join(".bin");
        let mut set = self.command(&bin.join("openclaw"), &bin);
        set.args(["config", "set", "models.providers.ollama.timeoutSeconds", "240"]);
        let started = Instant::now();
        shell::answer(&mut set)?;
        Ok(started.elapsed())
    }
}

/// The line by which practice says that it answers; empty when it ended, or took too long.
fn first_line(server: &mut Child) -> String {
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
