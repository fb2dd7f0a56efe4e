//! Programs that a test starts: each in a process group of its own, which ends with the test, however it ends.
//! Waiting is for a condition, with a limit.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longer than anything here takes on a loaded build server; only a failing test waits so long.
pub const LIMIT: Duration = Duration::from_secs(45);

/// For a program that was asked to end; then it is killed.
const END: Duration = Duration::from_secs(3);

/// Between two looks at a condition that has no event.
const LOOK: Duration = Duration::from_millis(10);

/// A program and all that it started in its group; killed when dropped.
pub struct Group {
    child: Child,
    name: String,
}

impl Group {
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).stdin(Stdio::null()).spawn().unwrap_or_else(|error| {
            panic!("{name} does not start: {error} (`cargo xtask test` installs what tests need)")
        });
        Self { child, name }
    }

    /// The first line that it prints; its standard output must be piped.
    pub fn first_line(&mut self) -> String {
        let stdout = self.stdout();
        let (said, heard) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let mut reader = BufReader::new(stdout);
            let _ = reader.read_line(&mut line);
            let _ = said.send(line);
            // Read on: a full or closed pipe would stop the program.
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        });
        let line = heard.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("{} printed no line", self.name));
        line.trim().to_owned()
    }

    /// Its standard output, which must be piped.
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("a piped standard output")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills the group, which may outlive its first process, and waits for that one.
    pub fn kill(&mut self) {
        signal("KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }
}

impl Drop for Group {
    /// Asks first: D-Bus and Xvfb take their sockets in `/tmp` away only then.
    fn drop(&mut self) {
        signal("TERM", &format!("-{}", self.child.id()));
        let deadline = Instant::now() + END;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        self.kill();
    }
}

/// Sends a signal to a process, or to a group by its negative number; it may be gone already.
pub fn signal(name: &str, target: &str) {
    let _ = Command::new("kill").args([&format!("-{name}"), "--", target]).stderr(Stdio::null()).status();
}

/// Kills a process.
pub fn kill(id: u32) {
    signal("KILL", &id.to_string());
}

/// The JSON that a program printed.
///
/// # Panics
/// When it printed something else: with all of it.
pub fn json(what: &str, output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{what} printed no JSON ({error}), {}:\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Waits until a condition gives something.
///
/// # Panics
/// When it does not within the limit.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", LIMIT.as_secs());
        thread::sleep(LOOK);
    }
}
