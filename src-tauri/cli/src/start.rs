//! `pincer start`, `pincer restart`: starts Ollama or OpenClaw's gateway, or ends Ollama and starts it again, and waits
//! until it answers.

use pincer_core::{
    computer::Computer,
    error::Error,
    ollama::{
        launch, restart,
        start::{self, Step},
    },
    openclaw::gateway::start::{self as gateway, StartPhase},
};
use serde_json::json;

use crate::{
    Done,
    output::{Failure, Output},
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

/// Ctrl-C stops waiting; an Ollama that is being ended is started again all the same.
async fn unless_cancelled(work: impl Future<Output = Result<(), Error>>) -> Result<(), Failure> {
    let done = {
        let work = std::pin::pin!(work);
        tokio::select! {
            done = work => Some(done),
            _ = tokio::signal::ctrl_c() => None,
        }
    };
    match done {
        Some(done) => Ok(done?),
        None => {
            launch::finish();
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

/// Ctrl-C gives up; what was started here ends.
pub(crate) async fn gateway(computer: &Computer, output: &Output) -> Result<Done, Failure> {
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
        _ = tokio::signal::ctrl_c() => {
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
