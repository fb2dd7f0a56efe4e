//! The real OpenClaw, from the cache folder that `cargo xtask test` fills and names in `PINCER_TEST_OPENCLAW`.
//! It runs in the test's home, on the Node that was installed beside it.

use std::{
    env,
    io::Write,
    path::PathBuf,
    process::{Command, Output},
};

use super::home::Home;

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
