//! The programs under test, as Cargo built them.
//! Cargo builds the window's program for these tests by itself; the others stand beside it.

use std::path::{Path, PathBuf};

/// The program with the window.
pub fn pincer() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_pincer"))
}

/// The commands.
pub fn pincer_cli() -> PathBuf {
    beside("pincer-cli")
}

/// The Ollama that lives in memory.
pub fn practice() -> PathBuf {
    beside("pincer-practice")
}

fn beside(name: &str) -> PathBuf {
    let pincer = pincer();
    let program = pincer.parent().unwrap_or(Path::new("")).join(name);
    assert!(
        program.is_file(),
        "{} is not built. Run `cargo build --workspace --bins` first; `cargo xtask test` does.",
        program.display()
    );
    program
}
