//! The real OpenClaw, from the cache folder that `cargo xtask test` fills and names in `PINCER_TEST_OPENCLAW`.
//! It runs in the test's home, on the Node that was installed beside it.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{home::Home, process};

/// A turn takes 20 s; a program that hangs must not hold the test up.
const LIMIT_SECONDS: &str = "240";

pub struct OpenClaw {
    bin: PathBuf,
}

impl OpenClaw {
    /// `None` when there is none here, said loudly; on a build server that is a failure.
    pub fn installed() -> Option<Self> {
        if let Some(folder) = env::var_os("PINCER_TEST_OPENCLAW") {
            let bin = PathBuf::from(folder).join("node_modules").join(".bin");
            assert!(bin.join("openclaw").exists(), "no openclaw in {}", bin.display());
            return Some(Self { bin });
        }
        assert!(env::var_os("CI").is_none(), "PINCER_TEST_OPENCLAW is not set: run `cargo xtask test`");
        // Not by a macro: what those print, the test runner hides when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "
SKIPPED: the contract with OpenClaw, for PINCER_TEST_OPENCLAW is not set (`cargo xtask test` sets it)"
        );
        None
    }

    /// The folder with `openclaw` and `node`.
    pub fn bin(&self) -> &PathBuf {
        &self.bin
    }

    /// Runs it in a home, with nothing else of the environment.
    pub fn run(&self, home: &Home, args: &[&str]) -> Output {
        Command::new("/usr/bin/timeout")
            .arg(LIMIT_SECONDS)
            .arg(self.bin.join("openclaw"))
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", format!("{}:/usr/bin:/bin", self.bin.display()))
            .output()
            .unwrap()
    }
}

/// Ends, when dropped, every process that was started with this home: a gateway outlives whoever starts it.
pub struct Ending(PathBuf);

impl Ending {
    pub fn of(home: &Home) -> Self {
        Self(home.path().to_path_buf())
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        for id in started_with(&self.0) {
            process::kill(id);
        }
    }
}

/// Ids of the processes whose environment names this home.
fn started_with(home: &Path) -> Vec<u32> {
    let wanted = format!("HOME={}", home.display());
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()).then_some(id)
        })
        .collect()
}
