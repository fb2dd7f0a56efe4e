//! `pincer-cli`: the commands without the window's libraries, so that they start in a millisecond.
//! The same as `pincer COMMAND`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pincer_cli::main(std::env::args_os())
}
