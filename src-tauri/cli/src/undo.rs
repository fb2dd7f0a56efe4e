//! `pincer undo`: takes a change back, the newest when none is named.

use std::path::Path;

use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    openclaw::{
        change,
        gateway::{self, Gateway},
        outcome::{ReceiptKind, ReceiptSummary},
    },
};
use serde_json::json;

use crate::{
    Done,
    arguments::Undo,
    ask, effects,
    ending::once_wished,
    history, newest,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output, wanted: Undo) -> Result<Done, Failure> {
    let before = gateway::now(computer).await;
    let mut later = Vec::new();
    let mut ended = undo_or_stop(computer, &wanted, Vec::new()).await?;
    // Nobody can be asked in JSON: without a yes that it would take them, too, is the answer.
    while let (Err(Error { code: ErrorCode::UndoTakesLater { later: all }, .. }), true) =
        (&ended, wanted.yes || !output.json)
    {
        later.clone_from(all);
        if !output.json {
            show(output, &later)?;
        }
        if !ask::may(output, wanted.yes, "cli.undo.ask")? {
            output.say("cli.undo.not-done", &json!({}))?;
            return Err(Failure::Told);
        }
        let names = later.iter().map(|change| change.id.clone()).collect();
        ended = undo_or_stop(computer, &wanted, names).await?;
    }
    let receipt = match ended {
        // All is as was wished.
        Err(error) if error.code == (ErrorCode::UndoAlready {}) => {
            if output.json {
                output
                    .document(&json!({ "undone": false, "receipt": null, "later": [], "gateway": before }))?;
            } else {
                output.line(&output.error(&error))?;
            }
            return Ok(Done::Fine);
        }
        receipt => receipt?,
    };
    if output.json {
        let gateway = gateway::after_change(computer, before).await;
        let answer = json!({ "undone": true, "receipt": receipt, "later": later, "gateway": gateway });
        output.document(&answer)?;
        return Ok(Done::Fine);
    }
    let undone = undone(computer, &receipt).await;
    let what = undone.map(|undone| effects::receipt(&output.words, &undone.kind));
    let mut parts = vec![output.words.say_with("cli.undo.done", &json!({ "what": what }))];
    let (restored, removed): (Vec<&String>, Vec<&String>) =
        receipt.files.iter().partition(|file| Path::new(file).exists());
    for (key, files) in [("cli.undo.restored", restored), ("cli.undo.removed", removed)] {
        if !files.is_empty() {
            parts.push(output.words.say_with(key, &json!({ "files": files })));
        }
    }
    output.line(&output.words.sentences(parts))?;
    if before == Gateway::Answers {
        output.say("change.gateway.watching", &json!({}))?;
        let still = gateway::after_change(computer, before).await == Gateway::Answers;
        let key = if still { "change.gateway.answers" } else { "change.gateway.silent.undone" };
        output.say(key, &json!({}))?;
    }
    Ok(Done::Fine)
}

/// Ctrl-C, or a terminal that closes, ends OpenClaw's own command, and waits until nothing is half undone.
async fn undo_or_stop(
    computer: &Computer,
    wanted: &Undo,
    later: Vec<String>,
) -> Result<Result<ReceiptSummary, Error>, Failure> {
    let before = newest(computer).await;
    let (stop, was_stopped) = once_wished();
    let undone = change::undo_unless(computer, wanted.id.clone(), wanted.force, later, stop).await;
    // What else went wrong meanwhile is told as it is.
    let ended = matches!(&undone, Err(Error { code: ErrorCode::GatewayLoginFailed { .. }, .. }));
    if ended && *was_stopped.borrow() && newest(computer).await == before {
        return Err(Failure::Cancelled);
    }
    Ok(undone)
}

/// The later changes that would go with it.
fn show(output: &Output, later: &[ReceiptSummary]) -> Result<(), Failure> {
    let form = if later.len() == 1 { "one" } else { "other" };
    output.say(&format!("settings.history.later.{form}"), &json!({ "count": later.len() }))?;
    Ok(history::lines(output, later)?)
}

/// The change that was taken back. What cannot be read is done all the same, and told without it.
async fn undone(computer: &Computer, undo: &ReceiptSummary) -> Option<ReceiptSummary> {
    let ReceiptKind::Undo { receipt } = &undo.kind else { return None };
    change::list(computer).await.ok()?.into_iter().find(|change| change.id == *receipt)
}
