//! A computer to practise on: a home in a temporary folder with an OpenClaw, an Ollama at a port of its own, and
//! situations to put both into. All of it is gone when the stage is.

mod situation;

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{children::Children, faults, openclaw::OPENCLAW_VERSION, program::PARENT};
use situation::{Ollama, Situation};

pub use situation::whole;

/// For a program to say that it listens. It is started from a cold disk, on a busy computer.
const LISTENS: Duration = Duration::from_secs(30);
/// Of Windows and of Linux: where programs find their libraries.
const LIBRARIES: [&str; 3] = ["LD_LIBRARY_PATH", "SystemRoot", "SystemDrive"];

/// The computer; dropped, its programs end and its home is removed.
pub struct Stage {
    // First: what runs in the home ends before it goes.
    children: Children,
    home: TempDir,
    ollama: SocketAddr,
    gateway: u16,
}

impl Stage {
    /// Sets it up, as a computer where Ollama and OpenClaw were just installed: no model, nothing set. `program` plays the programs when it
    /// is started under their names with [`PARENT`] set. Within a tokio runtime.
    ///
    /// # Errors
    /// The system's, when a folder, a port or a program cannot be had.
    pub async fn open(program: &Path) -> io::Result<Self> {
        let children = Children::listen()?;
        let home = tempfile::Builder::new().prefix("pincer-practice-").tempdir()?;
        add_programs(home.path(), program)?;
        let gateway = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut stage = Self { children, home, ollama: anywhere, gateway };
        let new = situation::named("new").ok_or(io::ErrorKind::NotFound)?;
        stage.write_settings(&new)?;
        let said = stage.start_ollama(new.ollama).await?;
        stage.ollama = said.and_then(|said| said.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(stage)
    }

    /// The home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The variables of a login on this computer.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.home().display().to_string();
        let own = [
            ("HOME", home.clone()),
            ("USERPROFILE", home),
            ("PATH", self.home().join("bin").display().to_string()),
            ("OLLAMA_HOST", self.ollama.to_string()),
            (PARENT, self.children.address().to_string()),
        ];
        let libraries = LIBRARIES.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        own.into_iter().chain(libraries).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What can be played: the situations, each with words of its own somewhere, and then the table of faults.
    #[must_use]
    pub fn names() -> Vec<String> {
        let situations = situation::TABLE.iter().map(|situation| situation.name.to_owned());
        situations.chain(faults::table().into_iter().map(|fault| fault.name.into_owned())).collect()
    }

    /// Puts the computer into a situation, or plays a fault of the table in Ollama's place; `None`: all is well, with
    /// OpenClaw set up and running. Whatever was done here before is undone.
    ///
    /// # Errors
    /// `NotFound` for an unknown name; else the system's, when a file cannot be written or a program does not start.
    pub async fn play(&self, name: Option<&str>) -> io::Result<()> {
        let situation = match name {
            None => situation::HEALTHY,
            Some(name) => match situation::named(name) {
                Some(situation) => situation,
                None if faults::named(name).is_some() => situation::HEALTHY,
                None => return Err(io::ErrorKind::NotFound.into()),
            },
        };
        self.children.end().await;
        self.write_settings(&situation)?;
        let fault = name.filter(|name| situation::named(name).is_none());
        match fault {
            Some(fault) => {
                self.start("webserver", &["serve"], &[("PRACTICE_FAULT", fault)]).await.map(drop)?;
            }
            None => self.start_ollama(situation.ollama).await.map(drop)?,
        }
        if situation.gateway {
            self.start("openclaw", &["gateway", "run"], &[]).await?;
        }
        Ok(())
    }

    /// Ends what runs. The home stays until the stage is dropped.
    pub async fn end(&self) {
        self.children.end().await;
    }

    /// Where it listens, when it is to.
    async fn start_ollama(&self, ollama: Ollama) -> io::Result<Option<String>> {
        let (program, variables) = match ollama {
            Ollama::Stopped => return Ok(None),
            Ollama::Has(models) => ("ollama", ("PRACTICE_MODELS", models)),
            Ollama::Hangs => ("ollama", ("PRACTICE_SILENT", "1")),
            Ollama::Other(fault) => ("webserver", ("PRACTICE_FAULT", fault)),
        };
        self.start(program, &["serve"], &[variables]).await.map(Some)
    }

    /// Starts a program of this computer, and waits until it says where it listens.
    async fn start(&self, program: &str, arguments: &[&str], more: &[(&str, &str)]) -> io::Result<String> {
        let folder = self.home().join(if program == "webserver" { "other" } else { "bin" });
        let mut command = Command::new(executable(&folder, program));
        command.args(arguments).env_clear().envs(self.environment()).envs(more.iter().copied());
        command.current_dir(self.home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(out).lines();
        let line =
            tokio::time::timeout(LISTENS, lines.next_line()).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let said = line.as_deref().and_then(|line| line.strip_prefix("listening on ")).map(str::to_owned);
        said.ok_or_else(|| io::Error::other(format!("{program} does not start")))
    }

    fn write_settings(&self, situation: &Situation) -> io::Result<()> {
        let state = self.home().join(".openclaw");
        if state.exists() {
            fs::remove_dir_all(&state)?;
        }
        fs::create_dir_all(&state)?;
        let address = format!("http://{}", self.ollama);
        fs::write(state.join("openclaw.json"), situation.settings(&address, self.gateway))
    }
}

/// A program's file in a folder.
fn executable(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Puts the programs where people have them: Ollama's on the path, OpenClaw's as npm installs it, and a stranger.
fn add_programs(home: &Path, program: &Path) -> io::Result<()> {
    let bin = home.join("bin");
    // npm puts its modules beside its programs on Windows.
    let modules = if cfg!(windows) { bin.join("node_modules") } else { home.join("lib/node_modules") };
    let package = modules.join("openclaw");
    let other = home.join("other");
    for folder in [&bin, &package, &other] {
        fs::create_dir_all(folder)?;
    }
    let manifest = format!(r#"{{"name":"openclaw","version":"{OPENCLAW_VERSION}"}}"#);
    fs::write(package.join("package.json"), manifest)?;
    copy(program, &executable(&bin, "ollama"))?;
    copy(program, &executable(&other, "webserver"))?;
    #[cfg(unix)]
    {
        let entry = package.join("openclaw.mjs");
        copy(program, &entry)?;
        std::os::unix::fs::symlink(&entry, bin.join("openclaw"))?;
    }
    #[cfg(not(unix))]
    {
        copy(program, &executable(&bin, "ollama app"))?;
        copy(program, &executable(&bin, "openclaw"))?;
    }
    Ok(())
}

/// A second name costs nothing; another disk needs a copy. (A link would be called as what it points at.)
fn copy(program: &Path, place: &Path) -> io::Result<()> {
    fs::hard_link(program, place).or_else(|_| fs::copy(program, place).map(drop))
}
