// No console window behind the real one on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]
//! `pincer`: opens the window, or, given a command, is `pincer-cli` before GTK is touched.

use std::process::ExitCode;

fn main() -> ExitCode {
    if pincer_cli::is_command(std::env::args_os()) {
        return pincer_cli::main(std::env::args_os());
    }
    let practice = std::env::args_os().any(|argument| argument == "--practice");
    pincer_window::main(practice)
}
