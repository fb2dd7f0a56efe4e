//! What a person sees while a command waits: what it waits for, with what is normal and the limit, and for how long
//! already. Without a terminal a line a step, on standard error: standard output is for the answer.

use std::{
    cell::RefCell,
    io::{self, Write},
};

use indicatif::ProgressBar;
use serde::Serialize;

use crate::{
    output::{self, Output},
    progress,
};

/// The one line of a command that waits.
pub(crate) struct Waiting {
    bar: Option<ProgressBar>,
    last: RefCell<String>,
}

impl Waiting {
    pub(crate) fn new(output: &Output) -> Self {
        let bar = progress::bar(output, "{spinner} {msg} ({elapsed})");
        Self { bar, last: RefCell::default() }
    }

    /// Says what it waits for now; the same again is not repeated.
    pub(crate) fn say(&self, output: &Output, key: &str, params: &impl Serialize) {
        // Names in it come from a server.
        let text = output::clean(&output.words.say_with(key, params)).into_owned();
        if self.last.replace(text.clone()) == text {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        } else if !output.json {
            // A reader that went away is no reason to end what runs.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
