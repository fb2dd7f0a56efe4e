//! A home for one test: folders, a PATH, an environment, and nothing of the machine's own.
//! Whatever runs out of it when it is dropped is killed, a server that Pincer started detached included.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{process, programs};

pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("pincer-test-").tempdir().unwrap();
        for name in ["bin", "run", ".config", ".local/share", ".local/state", ".cache"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let home = Self { folder };
        // A machine may have a real Ollama as a service, or an OpenClaw in a container: no test looks at it, let alone
        // starts it.
        for name in ["systemctl", "journalctl", "docker", "podman"] {
            home.add_script(name, "exit 1");
        }
        home
    }

    /// Puts a shell script on PATH.
    pub fn add_script(&self, name: &str, lines: &str) {
        let place = self.bin().join(name);
        let draft = self.path().join("draft");
        fs::write(&draft, format!("#!/bin/sh\n{lines}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        copy(&draft, &place);
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that stands first on PATH.
    pub fn bin(&self) -> PathBuf {
        self.path().join("bin")
    }

    /// OpenClaw's file; it need not exist.
    pub fn openclaw_json(&self) -> PathBuf {
        self.path().join(".openclaw").join("openclaw.json")
    }

    /// Puts a copy of a program on PATH under another name (a copy: what a link points at is named otherwise).
    pub fn add_program(&self, program: &Path, name: &str) -> PathBuf {
        let place = self.bin().join(name);
        copy(program, &place);
        place
    }

    /// Practice under a name of its own, serving at `host`; it answers when this returns, with the line that it says.
    pub fn play(&self, name: &str, host: &str, environment: &[(&str, &str)]) -> (process::Group, String) {
        let mut command = self.command(self.add_program(&programs::practice(), name));
        command.arg("serve").env("OLLAMA_HOST", host).envs(environment.iter().copied());
        let mut server = process::Group::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let said = server.first_line();
        (server, said)
    }

    /// A program that sees this home and nothing else of the environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.environment()).current_dir(self.path());
        command
    }

    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let below = |name: &str| self.path().join(name).into_os_string();
        let mut path = self.bin().into_os_string();
        path.push(":/usr/bin:/bin");
        vec![
            ("HOME", self.path().into()),
            ("PATH", path),
            ("LANG", "C.UTF-8".into()),
            // What fits does not depend on the machine that tests.
            ("PINCER_MEMORY", "64000000000".into()),
            ("XDG_CONFIG_HOME", below(".config")),
            ("XDG_DATA_HOME", below(".local/share")),
            ("XDG_STATE_HOME", below(".local/state")),
            ("XDG_CACHE_HOME", below(".cache")),
            ("XDG_RUNTIME_DIR", below("run")),
        ]
    }

    /// Ids of the processes whose program lies in this home.
    pub fn running(&self) -> Vec<u32> {
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        processes
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let id = entry.file_name().to_str()?.parse().ok()?;
                let program = fs::read_link(entry.path().join("exe")).ok()?;
                program.starts_with(self.path()).then_some(id)
            })
            .collect()
    }

    /// Kills them.
    pub fn kill_running(&self) {
        for id in self.running() {
            process::kill(id);
        }
    }
}

/// Copies by a program of its own: were the copy open for writing here, a process that another test starts at that
/// moment would hold it open, and it could not be run ("text file busy").
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("--preserve=mode").args([from, to]).status().unwrap().success());
}

impl Drop for Home {
    fn drop(&mut self) {
        self.kill_running();
    }
}
