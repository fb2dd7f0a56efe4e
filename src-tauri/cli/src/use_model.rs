//! `pincer use`: plans the change, shows it, asks on a terminal, applies.

use pincer_core::{
    computer::Computer,
    openclaw::{
        change::{self, Wish},
        gateway::{self, Gateway},
        outcome::{Effect, Preview, SetMode, UseRequest},
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Done,
    arguments::Use,
    ask,
    effects::{self, Tense},
    output::{Failure, Output},
};

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    preview: Value,
    applied: bool,
    undo: Option<&'a str>,
    gateway: Gateway,
}

pub(crate) async fn run(computer: &Computer, output: &Output, wanted: Use) -> Result<Done, Failure> {
    let request = UseRequest {
        primary: wanted.primary,
        fallbacks: (!wanted.fallbacks.is_empty()).then_some(wanted.fallbacks),
        models: wanted.models,
        context: wanted.context,
        mode: Some(if wanted.automatic { SetMode::Automatic } else { SetMode::Pinned }),
        local_only: wanted.local_only,
        timeout: wanted.timeout,
        keep_loaded: wanted.keep_loaded,
        ..UseRequest::default()
    };
    let prepared = change::prepare(computer, Wish::Use(request)).await?;
    let preview = prepared.preview;
    if !output.json {
        show(output, &preview)?;
    }
    let wants_apply = preview.changed && !wanted.dry_run;
    let apply = wants_apply && ask::may(output, wanted.yes, "cli.use.ask")?;
    let before = gateway::now(computer).await;
    let receipt = if apply { change::apply(computer, prepared.plan).await? } else { None };
    if output.json {
        let undo = receipt.as_ref().map(|receipt| receipt.id.as_str());
        let gateway = if receipt.is_some() { gateway::after_change(computer, before).await } else { before };
        output.document(&Answer { preview: without_plan(&preview), applied: apply, undo, gateway })?;
    } else if let Some(receipt) = receipt {
        output.say("cli.use.applied", &json!({ "id": receipt.id }))?;
        if before == Gateway::Answers {
            output.say("change.gateway.watching", &json!({}))?;
            let still = gateway::after_change(computer, before).await == Gateway::Answers;
            let key = if still { "change.gateway.answers" } else { "cli.use.gateway.silent" };
            output.say(key, &json!({ "id": receipt.id }))?;
            if still && preview.effects.contains(&Effect::Key {}) {
                output.say("change.gateway.key", &json!({}))?;
            }
        }
    } else {
        unwritten(output, &preview, wanted.dry_run, "change.nothing")?;
    }
    Ok(Done::Fine)
}

/// Why nothing was written. `already`: the words for what is so without a change.
pub(crate) fn unwritten(
    output: &Output,
    preview: &Preview,
    dry_run: bool,
    already: &str,
) -> Result<(), Failure> {
    if !preview.changed {
        return Ok(output.say(already, &json!({}))?);
    }
    if dry_run {
        return Ok(output.say("cli.use.dry-run", &json!({}))?);
    }
    // The file is not as asked.
    output.say("cli.use.not-applied", &json!({}))?;
    Err(Failure::Told)
}

/// A plan's name means nothing outside the window.
pub(crate) fn without_plan(preview: &Preview) -> Value {
    let mut value = serde_json::to_value(preview).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("plan");
    }
    value
}

/// Before it is asked for: what to know, the masked diffs, what it means.
pub(crate) fn show(output: &Output, preview: &Preview) -> Result<(), Failure> {
    for warning in &preview.warnings {
        let value = serde_json::to_value(warning).unwrap_or_default();
        let code = value.get("code").and_then(Value::as_str).unwrap_or_default();
        let params = value.get("params").cloned().unwrap_or_default();
        let key = output.words.flagged(&format!("warning.{code}"), &params);
        output.line(&format!("! {}", output.words.say_with(&key, &params)))?;
    }
    for file in preview.files.iter().filter(|file| !file.diff.is_empty()) {
        output.line(&file.path)?;
        output.line(file.diff.trim_end())?;
    }
    if let Some(sentence) = effects::sentence(&output.words, &preview.effects, Tense::Will) {
        output.say("join.end", &json!({ "sentence": sentence }))?;
    }
    Ok(())
}
