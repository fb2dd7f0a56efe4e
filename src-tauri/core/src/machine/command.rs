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
    process::{ChildStderr, ChildStdout, Command},
};

use super::group::Group;
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
    let mut child = piped(surroundings, program, arguments).kill_on_drop(true).spawn()?;
    let pipes = (child.stdout.take(), child.stderr.take());
    listen(pipes, Keep::Beginning, child.wait(), limit).await
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
    let mut child = piped(surroundings, program, arguments).kill_on_drop(true).spawn()?;
    let pipes = (child.stdout.take(), child.stderr.take());
    listen(pipes, Keep::End, child.wait(), limit).await
}

/// Runs `program` to its end as [`output`] does, but one that is given up is asked to end with all that it started, so
/// that it can clear up behind itself; where there are no signals it is killed.
///
/// # Errors
/// The system's, or `TimedOut` after `limit`.
pub async fn output_or_stop<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
) -> io::Result<Output> {
    let mut running = Group::spawn(&mut piped(surroundings, program, arguments))?;
    listen(running.pipes(), Keep::Beginning, running.wait(), limit).await
}

/// Runs `program` to its end as [`output`] does, but one that is given up is killed with all that it started.
///
/// # Errors
/// The system's, or `TimedOut` after `limit`.
pub async fn output_or_kill<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
) -> io::Result<Output> {
    let mut running = Group::spawn(&mut piped(surroundings, program, arguments))?;
    let pipes = running.pipes();
    let said = listen(pipes, Keep::Beginning, running.wait(), limit).await;
    running.kill();
    said
}

/// Runs `program` to its end as [`output`] does, but one that is given up, or that `stop` ends, is asked to end with all
/// that it started, and is gone when this returns. A Ctrl-C of ours does not reach it. `begun` hears its number.
///
/// # Errors
/// The system's, `TimedOut` after `limit`, or `Interrupted` by `stop`.
pub async fn output_unless<A: AsRef<OsStr>>(
    surroundings: &Surroundings,
    program: &Path,
    arguments: &[A],
    limit: Duration,
    stop: impl Future<Output = ()>,
    begun: &mut dyn FnMut(u32),
) -> io::Result<Output> {
    let mut running = Group::spawn(&mut piped(surroundings, program, arguments))?;
    if let Some(number) = running.first() {
        begun(number);
    }
    let pipes = running.pipes();
    let said = tokio::select! {
        said = listen(pipes, Keep::Beginning, running.wait(), limit) => said,
        () = stop => Err(io::ErrorKind::Interrupted.into()),
    };
    if said.is_err() {
        running.end().await;
    }
    said
}

/// What is kept of a long output.
#[derive(Clone, Copy)]
enum Keep {
    Beginning,
    End,
}

async fn listen(
    (stdout, stderr): (Option<ChildStdout>, Option<ChildStderr>),
    keep: Keep,
    ended: impl Future<Output = io::Result<ExitStatus>>,
    limit: Duration,
) -> io::Result<Output> {
    let stdout = async {
        match keep {
            Keep::Beginning => text(stdout).await,
            Keep::End => end(stdout).await,
        }
    };
    let run = async {
        let (stdout, stderr, status) = tokio::join!(stdout, text(stderr), ended);
        let status = status?;
        Ok(Output { success: status.success(), status: status.code(), stdout: stdout?, stderr: stderr? })
    };
    tokio::time::timeout(limit, run).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn piped<A: AsRef<OsStr>>(surroundings: &Surroundings, program: &Path, arguments: &[A]) -> Command {
    let mut command = command(surroundings, program, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `CREATE_NO_WINDOW`: no console comes up, for it or for what it starts.
#[cfg(windows)]
pub(super) const NO_WINDOW: u32 = 0x0800_0000;

/// A command with the environment of `surroundings`.
pub fn command<A: AsRef<OsStr>>(surroundings: &Surroundings, program: &Path, arguments: &[A]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(surroundings.environment.iter());
    #[cfg(windows)]
    command.creation_flags(NO_WINDOW);
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
