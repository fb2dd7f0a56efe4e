//! A program in a process group of its own: a Ctrl-C of ours does not reach it, and it is ended with all that it
//! started, or let go to outlive us. `lines` reads what one says; `command`'s answers and the gateway's start use it.

use std::{io, process::ExitStatus, time::Duration};

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// To end after it was asked to.
const GRACE: Duration = Duration::from_secs(4);

/// A running program and all that it started. Dropped while it runs, they are asked to end, unless it was let go.
#[derive(Debug)]
pub struct Group {
    child: Child,
    /// The first process's number, which is the group's and outlives it.
    number: Option<u32>,
    ours: bool,
}

impl Group {
    /// Starts it.
    ///
    /// # Errors
    /// The system's.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        apart(command);
        let child = command.spawn()?;
        Ok(Self { number: child.id(), child, ours: true })
    }

    /// Starts it to outlive us.
    ///
    /// # Errors
    /// The system's.
    pub fn leave(command: &mut Command) -> io::Result<Self> {
        let mut group = Self::spawn(command)?;
        group.ours = false;
        Ok(group)
    }

    /// The number of its first process.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.number
    }

    /// How its first process ended, where it did; does not wait.
    ///
    /// # Errors
    /// The system's.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// What it writes to, where that was piped; once.
    pub fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits for the end of its first process, which ends our part in it.
    ///
    /// # Errors
    /// The system's.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let ended = self.child.wait().await;
        self.ours = false;
        ended
    }

    /// Lets it outlive us.
    pub fn let_go(mut self) {
        self.ours = false;
    }

    /// Ends all of it: asks first, so that it can tidy up, and does not wait long.
    pub async fn end(&mut self) {
        if self.ours {
            self.signal(false);
            drop(tokio::time::timeout(GRACE, self.child.wait()).await);
            self.signal(true);
            drop(tokio::time::timeout(GRACE, self.child.wait()).await);
            self.ours = false;
        }
    }

    /// Kills all of it, if it still runs.
    pub fn kill(&mut self) {
        if self.ours {
            self.signal(true);
            self.ours = false;
        }
    }

    fn signal(&self, kill: bool) {
        if let Some(number) = self.number {
            signal(number, kill);
        }
    }

    /// The group's number.
    #[cfg(all(test, unix))]
    pub(super) fn number(&self) -> Option<rustix::process::Pid> {
        self.number.and_then(group)
    }
}

#[cfg(unix)]
fn group(number: u32) -> Option<rustix::process::Pid> {
    i32::try_from(number).ok().and_then(rustix::process::Pid::from_raw)
}

/// Ends the group of this number, by asking or (`kill`) at once: of a process that was seen to be the one that began it.
#[cfg(unix)]
pub(crate) fn signal(number: u32, kill: bool) {
    use rustix::process::{Signal, kill_process_group};
    if let Some(group) = group(number) {
        // All of it may be gone already.
        let _ = kill_process_group(group, if kill { Signal::KILL } else { Signal::TERM });
    }
}

/// The same. A console program cannot be asked; `taskkill` ends what it started, too.
#[cfg(windows)]
pub(crate) fn signal(number: u32, _kill: bool) {
    use std::{os::windows::process::CommandExt as _, process::Stdio};
    let mut command = std::process::Command::new("taskkill");
    command.args(["/PID", &number.to_string(), "/T", "/F"]).creation_flags(super::command::NO_WINDOW);
    drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.ours {
            self.signal(false);
        }
    }
}

#[cfg(unix)]
fn apart(command: &mut Command) {
    command.process_group(0);
}

#[cfg(windows)]
fn apart(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    command.creation_flags(super::command::NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
}
