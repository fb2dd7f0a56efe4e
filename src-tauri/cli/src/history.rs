//! `pincer history`: what Pincer changed, newest first.

use pincer_core::{computer::Computer, openclaw::change};
use serde_json::{Value, json};

use crate::{
    Done,
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
    for receipt in &receipts {
        let kind = serde_json::to_value(&receipt.kind).unwrap_or_default();
        let name = kind.get("kind").and_then(Value::as_str).unwrap_or_default();
        let what = output
            .words
            .say_with(&format!("receipt.{name}"), &kind.get("params").cloned().unwrap_or_default());
        let undone = receipt.undone_by.as_ref().map(|_| format!(" ({})", output.words.say("receipt.undone")));
        output.line(&format!("{}  {what}{}", receipt.id, undone.unwrap_or_default()))?;
    }
    Ok(Done::Fine)
}
