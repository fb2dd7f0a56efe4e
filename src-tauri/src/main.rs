// No console window behind the real one on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]
//! `pincer`: opens the window, or, given a command, is `pincer-cli` before GTK is touched. Practice mode starts it as the
//! programs of its computer.

use std::process::ExitCode;

use pincer_practice::program;

fn main() -> ExitCode {
    if std::env::var_os(program::PARENT).is_some() {
        return program::main(std::env::args_os());
    }
    if pincer_cli::is_command(std::env::args_os()) {
        return pincer_cli::main(std::env::args_os());
    }
    let practice = std::env::args_os().any(|argument| argument == "--practice");
    pincer_window::main(practice)
}
