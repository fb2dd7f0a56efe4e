//! What can go wrong in a command of the project; words for the person who typed it.
//! Every command returns one of these, `main` prints it and exits with 2.

use std::{fmt, io, path::PathBuf};

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A program could not be started.
    Start { program: String, source: io::Error },
    /// A program ended with another status than 0.
    Ended { line: String, status: String },
    /// A file or folder could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// An answer that could not be read.
    Unreadable { what: String, detail: String },
    /// Something that only the person can do, said in full.
    Needs(String),
}

impl Failure {
    /// For `map_err` on file calls.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// For `map_err` on answers of programs.
    pub(crate) fn unreadable<E: fmt::Display>(what: &str) -> impl FnOnce(E) -> Self {
        let what = what.to_owned();
        move |detail| Self::Unreadable { what, detail: detail.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { program, source } => write!(f, "{program} could not be started: {source}"),
            Self::Ended { line, status } => write!(f, "`{line}` ended with {status}"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Unreadable { what, detail } => write!(f, "{what} could not be read: {detail}"),
            Self::Needs(words) => f.write_str(words),
        }
    }
}
