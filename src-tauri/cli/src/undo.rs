//! `pincer undo`: takes a change back, the newest when none is named.

use pincer_core::{
    computer::Computer,
    openclaw::{
        change,
        outcome::{ReceiptKind, ReceiptSummary},
    },
};
use serde_json::json;

use crate::{
    Done,
    arguments::Undo,
    effects,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output, wanted: Undo) -> Result<Done, Failure> {
    let receipt = change::undo(computer, wanted.id, wanted.force).await?;
    if output.json {
        output.document(&json!({ "undone": true, "receipt": receipt }))?;
    } else {
        let undone = undone(computer, &receipt).await;
        let what = undone.map(|undone| effects::receipt(&output.words, &undone.kind));
        output.say("cli.undo.done", &json!({ "what": what, "files": receipt.files }))?;
    }
    Ok(Done::Fine)
}

/// The change that was taken back. What cannot be read is done all the same, and told without it.
async fn undone(computer: &Computer, undo: &ReceiptSummary) -> Option<ReceiptSummary> {
    let ReceiptKind::Undo { receipt } = &undo.kind else { return None };
    change::list(computer).await.ok()?.into_iter().find(|change| change.id == *receipt)
}
