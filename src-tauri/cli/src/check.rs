//! `pincer check`: asks a model one real question with one tool, and says what came back. Ctrl-C cancels.
//! It proves the model, not OpenClaw.

use pincer_core::{
    computer::Computer,
    models::{
        catalogue::LEAST_CONTEXT,
        check::{CheckOutcome, CheckPhase, Checked, ask},
    },
};
use serde::Serialize;
use serde_json::json;

use crate::{
    Done,
    output::{Failure, Output},
    waiting::Waiting,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    model: &'a str,
    tool_call: bool,
    first_token_seconds: Option<f64>,
    seconds: f64,
    tokens_per_second: Option<f64>,
    context_running: Option<u64>,
    on_graphics_card: Option<f64>,
    outcome: &'a CheckOutcome,
}

pub(crate) async fn run(
    computer: &Computer,
    output: &Output,
    name: &str,
    context: Option<u64>,
) -> Result<Done, Failure> {
    let waiting = Waiting::new(output);
    let tried = tokio::select! {
        tried = ask::run(computer, name, context, |phase| say(output, &waiting, phase)) => tried,
        _ = tokio::signal::ctrl_c() => {
            waiting.clear();
            return Err(Failure::Cancelled);
        }
    };
    waiting.clear();
    let (model, checked) = tried?;
    // It could not be asked at all.
    if let CheckOutcome::Failed { failure } = checked.outcome {
        return Err(failure.into());
    }
    let called = checked.outcome == CheckOutcome::CalledTool {};
    if output.json {
        output.document(&Answer {
            model: &model.id,
            tool_call: called,
            first_token_seconds: checked.first_token_seconds,
            seconds: checked.seconds,
            tokens_per_second: checked.tokens_per_second,
            context_running: checked.context_running,
            on_graphics_card: checked.on_graphics_card,
            outcome: &checked.outcome,
        })?;
    } else {
        tell(output, &model.id, &checked)?;
    }
    Ok(if called { Done::Fine } else { Done::NeedsUser })
}

fn tell(output: &Output, name: &str, checked: &Checked) -> Result<(), Failure> {
    let numbers = &output.words.numbers;
    let params = match &checked.outcome {
        CheckOutcome::NotEnoughMemory { need_bytes, have_bytes } => {
            let size = |bytes: &Option<u64>| bytes.map(|bytes| numbers.size(bytes));
            json!({ "name": name, "need": size(need_bytes), "have": size(have_bytes) })
        }
        _ => json!({ "name": name, "minutes": limit_minutes() }),
    };
    let outcome = serde_json::to_value(&checked.outcome).unwrap_or_default();
    let code = outcome.get("code").and_then(|code| code.as_str()).unwrap_or_default();
    output.say(&format!("cli.check.{code}"), &params)?;
    if let CheckOutcome::NoCall { called: Some(other) } = &checked.outcome {
        output.say("cli.check.called", &json!({ "name": other }))?;
    }
    if checked.asked_context.is_some_and(|tokens| tokens < LEAST_CONTEXT) {
        output.say("cli.check.small", &json!({}))?;
    }
    if checked.first_token_seconds.is_none() {
        return Ok(());
    }
    let measures = [
        (
            "seconds",
            checked.first_token_seconds.map(
                |first| json!({ "first": numbers.tenths(first), "seconds": numbers.tenths(checked.seconds) }),
            ),
        ),
        ("speed", checked.tokens_per_second.map(|speed| json!({ "speed": numbers.tenths(speed) }))),
        ("context", checked.context_running.map(|tokens| json!({ "tokens": tokens }))),
        (
            "graphics",
            checked.on_graphics_card.map(|share| json!({ "percent": format!("{:.0}", share * 100.0) })),
        ),
    ];
    for (measure, params) in measures {
        if let Some(params) = params {
            output.line(&format!("  {}", output.words.say_with(&format!("cli.check.{measure}"), &params)))?;
        }
    }
    output.say("cli.check.proves", &json!({}))?;
    Ok(())
}

fn say(output: &Output, waiting: &Waiting, phase: CheckPhase) {
    let key = match phase {
        CheckPhase::Loading => "cli.check.loading",
        CheckPhase::Answering => "cli.check.answering",
        CheckPhase::Queued | CheckPhase::Cancelled | CheckPhase::Ended => return,
    };
    waiting.say(output, key, &json!({ "minutes": limit_minutes() }));
}

/// [`ask::LIMIT`] as it is said.
const fn limit_minutes() -> u64 {
    ask::LIMIT.as_secs() / 60
}
