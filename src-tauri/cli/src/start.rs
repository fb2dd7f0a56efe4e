//! `pincer start`, `pincer restart`: starts Ollama or OpenClaw's gateway, or ends Ollama and starts it again, and waits
//! until it answers.

use pincer_core::{
    computer::Computer,
    diagnosis::{
        finding::Remedy,
        remedy::{self, Carried},
    },
    error::{Error, ErrorCode},
    machine::unfinished,
    ollama::{
        restart,
        start::{self, Step},
    },
    openclaw::{
        change::{self, Wish},
        gateway::{
            lack::{self, Lack},
            start::{self as gateway, StartPhase},
        },
        outcome::ReceiptSummary,
        plan::Plan,
    },
};
use serde_json::json;

use crate::{
    Done,
    arguments::Start,
    ask,
    ending::{Ending, once_wished},
    newest,
    output::{Failure, Output},
    use_model::{show, unwritten, without_plan},
    waiting::Waiting,
};

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let (address, _) = computer.effective();
    let tell = |step| tell(output, step);
    unless_cancelled(start::start(&computer.surroundings, &computer.folders, &address, &tell)).await?;
    let url = address.to_string();
    if output.json {
        output.document(&json!({ "started": true, "url": url }))?;
    } else {
        output.say("cli.start.done", &json!({ "url": url }))?;
    }
    Ok(Done::Fine)
}

/// What runs as a service, or was started by Pincer; the rest is its owner's to stop.
pub(crate) async fn again(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let (address, _) = computer.effective();
    let tell = |step| tell(output, step);
    unless_cancelled(restart::restart(&computer.surroundings, &computer.folders, &address, &tell)).await?;
    let url = address.to_string();
    if output.json {
        output.document(&json!({ "restarted": true, "url": url }))?;
    } else {
        output.say("cli.start.again", &json!({ "url": url }))?;
    }
    Ok(Done::Fine)
}

/// Ctrl-C stops waiting, as does a terminal that closes; an Ollama that is being ended is started again all the same.
async fn unless_cancelled(work: impl Future<Output = Result<(), Error>>) -> Result<(), Failure> {
    let mut ending = Ending::listen()?;
    let done = {
        let work = std::pin::pin!(work);
        tokio::select! {
            done = work => Some(done),
            () = ending.wished() => None,
        }
    };
    match done {
        Some(done) => Ok(done?),
        None => {
            unfinished::finish();
            Err(Failure::Cancelled)
        }
    }
}

/// Said before the system's password box appears.
fn tell(output: &Output, step: Step) {
    if step == Step::Password && !output.json {
        // A reader that went away misses nothing.
        let _ = output.say("remedy.password", &json!({}));
    }
}

/// What it lacks in its settings is shown and written first, as any change. Ctrl-C gives up; what was started here ends.
pub(crate) async fn gateway(computer: &Computer, output: &Output, wanted: &Start) -> Result<Done, Failure> {
    let lacks = lack::lacking(computer).await?.map(|lack| match lack {
        Lack::Mode => (Wish::GatewayMode, "gateway.mode"),
        Lack::Token => (Wish::GatewayToken, "gateway.auth.token"),
    });
    if let Some((wish, setting)) = lacks {
        // Nobody can be asked in JSON: without a yes what it lacks is the answer.
        if output.json && !wanted.yes {
            return Err(Error::from(ErrorCode::GatewayLacksSetting { setting: setting.to_owned() }).into());
        }
        let prepared = change::prepare(computer, wish).await?;
        if !output.json {
            show(output, &prepared.preview)?;
        }
        if !ask::may(output, wanted.yes, "cli.use.ask")? {
            return unwritten(output, &prepared.preview, false, "change.nothing").map(|()| Done::Fine);
        }
        let receipt = change::apply(computer, prepared.plan).await?;
        if let Some(receipt) = receipt.filter(|_| !output.json) {
            output.say("cli.use.applied", &json!({ "id": receipt.id }))?;
        }
    }
    let mut ending = Ending::listen()?;
    let waiting = Waiting::new(output);
    let started = tokio::select! {
        started = gateway::start(computer, |phase| {
            let key = match phase {
                StartPhase::Asking => "gateway-start.phase.asking",
                StartPhase::Starting => "gateway-start.phase.starting",
                StartPhase::StartingService => "gateway-start.phase.starting-service",
                StartPhase::Cancelled | StartPhase::Failed | StartPhase::Done => return,
            };
            waiting.say(output, key, &json!({}));
        }) => started,
        () = ending.wished() => {
            waiting.clear();
            return Err(Failure::Cancelled);
        }
    };
    waiting.clear();
    started?;
    if output.json {
        output.document(&json!({ "started": true }))?;
    } else {
        output.say("gateway-start.phase.done", &json!({}))?;
    }
    Ok(Done::Fine)
}

/// Ctrl-C, or a terminal that closes, ends OpenClaw's own command, and waits until everything is as it was.
async fn apply_or_stop(computer: &Computer, plan: Plan) -> Result<Option<ReceiptSummary>, Failure> {
    let before = newest(computer).await;
    let (stop, was_stopped) = once_wished();
    match change::apply_unless(computer, plan, stop).await {
        // One that could not be taken back whole is told as it is.
        Err(_) if *was_stopped.borrow() && newest(computer).await == before => Err(Failure::Cancelled),
        applied => Ok(applied?),
    }
}

/// Lets Ollama, or OpenClaw's gateway, start with the computer: shown, asked for, applied, and taken back like any change.
pub(crate) async fn at_login(computer: &Computer, output: &Output, wanted: &Start) -> Result<Done, Failure> {
    let remedy = if wanted.openclaw { Remedy::GatewayAtLogin {} } else { Remedy::StartAtLogin {} };
    let Carried::Prepared(prepared) = remedy::carry_out(computer, &remedy).await? else {
        return Ok(Done::Fine);
    };
    let preview = prepared.preview;
    if !output.json {
        show(output, &preview)?;
    }
    let apply = preview.changed && !wanted.dry_run && ask::may(output, wanted.yes, "cli.use.ask")?;
    let receipt = if apply { apply_or_stop(computer, prepared.plan).await? } else { None };
    if output.json {
        let mut answer = without_plan(&preview);
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("applied".into(), apply.into());
            fields.insert("undo".into(), receipt.map(|receipt| receipt.id).into());
        }
        output.document(&answer)?;
    } else if let Some(receipt) = receipt {
        output.say("cli.use.applied", &json!({ "id": receipt.id }))?;
    } else {
        unwritten(output, &preview, wanted.dry_run, "cli.start.at-login.is-set")?;
    }
    Ok(Done::Fine)
}
