//! Runs other programs: by argument list, never through a shell; with a limit in time and in output.
//! The environment is the one passed in, not this process's.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::Command};

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
        let status = status?;
        let (stdout, stderr) = (stdout?, stderr?);
        Ok(Output { success: status.success(), status: status.code(), stdout, stderr })
    };
    tokio::time::timeout(limit, run).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
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
