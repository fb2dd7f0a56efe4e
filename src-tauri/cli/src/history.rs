//! `pincer history`: what Pincer changed, newest first.

use std::io;

use pincer_core::{
    computer::Computer,
    openclaw::{change, outcome::ReceiptSummary},
};
use serde_json::json;

use crate::{
    Done, effects,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let receipts = change::list(computer).await?;
    if output.json {
        output.document(&json!({ "receipts": receipts }))?;
        return Ok(Done::Fine);
    }
    if receipts.is_empty() {
        output.say("settings.history.none", &json!({}))?;
    }
    lines(output, &receipts)?;
    Ok(Done::Fine)
}

/// One a line, with its name.
pub(crate) fn lines(output: &Output, receipts: &[ReceiptSummary]) -> io::Result<()> {
    for receipt in receipts {
        let what = effects::receipt(&output.words, &receipt.kind);
        let undone = receipt.undone_by.as_ref().map(|_| format!(" ({})", output.words.say("receipt.undone")));
        output.line(&format!("{}  {what}{}", receipt.id, undone.unwrap_or_default()))?;
    }
    Ok(())
}
