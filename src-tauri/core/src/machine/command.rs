//! Runs other programs: by argument list, never through a shell; with a limit in time and in output.
//! The environment is the one passed in, not this process's.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

use crate::surroundings::Surroundings;

/// More output than this is not read: what we ask for is a few lines.
const OUTPUT_BYTES: u64 = 1 << 20;

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status 0.
    pub success: bool,
    /// Exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output, at most 1 MiB.
    pub stdout: String,
    /// Standard error, at most 1 MiB.
    pub stderr: String,
}

/// Runs `program` to its end.
///
/// # Errors
/// The system's, or `TimedOut` after `limit` (the program is killed).
pub async fn output<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
) -> io::Result<Output> {
    let mut child = command(surroundings, program, arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        let (stdout, stderr, status) = tokio::join!(text(stdout), text(stderr), child.wait());
        Ok(said(status?, stdout?, stderr?))
    };
    tokio::time::timeout(limit, run).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Runs `program` to its end as [`output`] does; of what it prints the end is kept, not the beginning.
///
/// # Errors
/// The system's, or `TimedOut` after `limit` (the program is killed).
pub async fn output_end<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
) -> io::Result<Output> {
    let mut command = command(surroundings, program, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        let (stdout, stderr, status) = tokio::join!(end(stdout), text(stderr), child.wait());
        Ok(said(status?, stdout?, stderr?))
    };
    tokio::time::timeout(limit, run).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Runs `program` to its end as [`output`] does, but one that is given up is asked to end (SIGTERM), so that it can
/// clear up behind itself; where there are no signals it is killed.
///
/// # Errors
/// The system's, or `TimedOut` after `limit`.
pub async fn output_or_stop<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
) -> io::Result<Output> {
    let mut command = command(surroundings, program, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Group::spawn(&mut command)?;
    let (stdout, stderr) = (running.child.stdout.take(), running.child.stderr.take());
    let run = async {
        let (stdout, stderr, status) = tokio::join!(text(stdout), text(stderr), running.wait());
        Ok(said(status?, stdout?, stderr?))
    };
    tokio::time::timeout(limit, run).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn said(status: ExitStatus, stdout: String, stderr: String) -> Output {
    Output { success: status.success(), status: status.code(), stdout, stderr }
}

/// A program in a process group of its own, so that a Ctrl-C of ours does not reach it. Dropped while it runs, it and
/// what it started are asked to end, unless it was let go.
#[derive(Debug)]
pub struct Group {
    child: Child,
    ours: bool,
}

impl Group {
    /// Starts it.
    ///
    /// # Errors
    /// The system's.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        own_group(command);
        Ok(Self { child: command.spawn()?, ours: true })
    }

    /// Waits for its end.
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
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.ours {
            stop(&mut self.child);
        }
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    command.process_group(0);
}

#[cfg(windows)]
fn own_group(command: &mut Command) {
    /// `CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP`: no console comes up, for it or for what it starts.
    const FLAGS: u32 = 0x0800_0000 | 0x0000_0200;
    command.creation_flags(FLAGS);
}

#[cfg(unix)]
fn stop(child: &mut Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // It may have ended just now.
        let _ = rustix::process::kill_process_group(id, rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn stop(child: &mut Child) {
    // It may have ended just now.
    let _ = child.start_kill();
}

/// A command with the environment of `surroundings`.
pub fn command<A: AsRef<OsStr>>(surroundings: &Surroundings, program: &Path, arguments: &[A]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(surroundings.environment.iter());
    command
}

/// A program on the `PATH` of `surroundings`, by its name.
#[must_use]
pub fn on_path(surroundings: &Surroundings, name: &str) -> Option<PathBuf> {
    let path = surroundings.environment.get("PATH")?;
    which::which_in(name, Some(path), &surroundings.home).ok()
}

async fn text(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let mut pipe = pipe.take(OUTPUT_BYTES);
        pipe.read_to_end(&mut bytes).await?;
        // The rest is read and forgotten, so that the program can end.
        tokio::io::copy(&mut pipe.into_inner(), &mut tokio::io::sink()).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn end(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> io::Result<String> {
    let kept = usize::try_from(OUTPUT_BYTES).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        while pipe.read_buf(&mut bytes).await? > 0 {
            // Twice as much at most is held, so that little is moved.
            if bytes.len() >= kept.saturating_mul(2) {
                bytes.drain(..bytes.len() - kept);
            }
        }
    }
    bytes.drain(..bytes.len().saturating_sub(kept));
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
