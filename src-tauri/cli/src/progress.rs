//! How far a command is that takes minutes: a bar on a terminal, a line a phase in a file, a JSON line a state for
//! scripts.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use pincer_core::error::Error;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    output::{Output, code, params},
    words::Words,
};

/// The full bar.
const FULL: u32 = 1000;

/// A bar or a spinner on standard error, where a person sees it.
pub(crate) fn bar(output: &Output, template: &str) -> Option<ProgressBar> {
    (!output.json && io::stderr().is_terminal()).then(|| {
        let bar = ProgressBar::new(FULL.into());
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    })
}

/// The JSON line of what failed in this state.
pub(crate) fn failed(state: impl Serialize, error: &Error) -> Value {
    json!({ "state": state, "code": code(error), "params": params(error), "detail": error.detail })
}

/// A state that is told.
pub(crate) trait Told {
    /// What it is one of.
    type Phase: PartialEq;
    /// Where it stands.
    fn phase(&self) -> Self::Phase;
    /// The bar, from 0 to 1.
    fn fraction(&self) -> f64;
    /// All of it, for scripts.
    fn document(&self) -> Value;
    /// Beside the bar.
    fn message(&self, words: &Words) -> String;
    /// The line of a new phase, where there is no bar.
    fn line(&self, words: &Words) -> String {
        self.message(words)
    }
}

/// What is told while a command goes on, by one state `T` after the other.
pub(crate) struct Progress<'a, T: Told> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    last: Option<Value>,
    phase: Option<T::Phase>,
}

impl<'a, T: Told> Progress<'a, T> {
    /// `template`: the bar's, in indicatif's form; `prefix`: the `{prefix}` in it.
    pub(crate) fn new(output: &'a Output, template: &str, prefix: &str) -> Self {
        let bar = bar(output, template).inspect(|bar| bar.set_prefix(prefix.to_owned()));
        Self { output, bar, last: None, phase: None }
    }

    /// Tells where it is; the same again is not repeated.
    pub(crate) fn tell(&mut self, state: &T) {
        // A reader that went away ends the command.
        if self.output.json {
            let document = Some(state.document());
            if self.last != document {
                let _ = self.output.document(&document);
                self.last = document;
            }
        } else if let Some(bar) = &self.bar {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to FULL
            bar.set_position((state.fraction() * f64::from(FULL)) as u64);
            bar.set_message(state.message(&self.output.words));
        } else if self.phase != Some(state.phase()) {
            self.phase = Some(state.phase());
            let _ = self.output.line(&state.line(&self.output.words));
        }
    }

    /// The bar goes, before the last word.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
