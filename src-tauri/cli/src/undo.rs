//! `pincer undo`: takes a change back, the newest when none is named.

use pincer_core::{computer::Computer, openclaw::change};
use serde_json::json;

use crate::{
    Done,
    arguments::Undo,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output, wanted: Undo) -> Result<Done, Failure> {
    let receipt = change::undo(computer, wanted.id, wanted.force).await?;
    if output.json {
        output.document(&json!({ "undone": true, "receipt": receipt }))?;
    } else {
        output.say("cli.undo.done", &json!({ "files": receipt.files }))?;
    }
    Ok(Done::Fine)
}
