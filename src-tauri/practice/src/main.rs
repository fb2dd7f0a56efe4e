//! `pincer-practice`: the Ollama that lives in memory as a program, and OpenClaw's when it is called `openclaw`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pincer_practice::program::main(std::env::args_os())
}
