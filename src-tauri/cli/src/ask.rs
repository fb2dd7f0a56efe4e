//! Asks a person on the terminal; where there is none, what would ask is refused unless `--yes`.

use std::io::{self, Write};

use crate::output::{Failure, Output, has_person};

/// Whether to go on. The default answer is yes: what will happen was just shown.
pub(crate) fn may(output: &Output, yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if output.json || !has_person() {
        return Err(Failure::NeedsYes(question.to_owned()));
    }
    let mut out = io::stdout().lock();
    write!(out, "{} ", output.words.say(question))?;
    out.flush()?;
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer)?;
    // A bare return takes the default; the end of the input is no yes.
    Ok(read > 0 && output.words.is_yes(&answer))
}
