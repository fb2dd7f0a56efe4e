//! Running programs: loudly (their output is the progress), or quietly for an answer.
//! The one place of xtask that starts a process and reads its status.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
};

use crate::failure::Failure;

/// A command from its words.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// Runs it with the terminal as its output, after saying what is run.
///
/// # Errors
/// When it cannot start or ends badly.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    println!("    $ {}", line(command));
    let status = command.status().map_err(|source| Failure::Start { program: program(command), source })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Ended { line: line(command), status: status.to_string() })
    }
}

/// Runs it quietly and gives what it printed, without the last line's end.
///
/// # Errors
/// When it cannot start or ends badly (what it said of that goes to the terminal).
pub(crate) fn answer(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Failure::Start { program: program(command), source })?;
    if !output.status.success() {
        return Err(Failure::Ended { line: line(command), status: output.status.to_string() });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether it runs and ends well; says nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let mut words = vec![program(command)];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}
