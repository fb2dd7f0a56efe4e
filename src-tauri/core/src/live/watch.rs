//! The watcher: the cheap stage and the same judge as `doctor`, again and again, so that Home and the diagnosis
//! cannot disagree. Started by [`super::Live`].

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::state::{ModelsState, OpenclawState, SettingsState, Slice};
use crate::{
    computer::Computer,
    diagnosis::{
        self,
        facts::{Facts, SettingsFact},
    },
    error::Error,
    live::state::Mode,
    models::{catalogue, discovery::Discovery, model::Model},
    openclaw::{change, outcome::ReceiptKind, outcome::ReceiptSummary},
};

/// While something is wrong, people are mending it.
const LOOK_WHILE_WRONG: Duration = Duration::from_secs(2);
/// When all is well.
const LOOK_WHILE_WELL: Duration = Duration::from_secs(5);

/// Watches until it is aborted.
pub(super) async fn watch(computer: Computer, publish: impl Fn(Slice), look: Arc<Notify>) {
    let mut discovery = Discovery::default();
    let mut last_models: Vec<Model> = Vec::new();
    loop {
        let well = match diagnosis::diagnose(&computer, &mut discovery).await {
            Ok((facts, found)) => {
                let models = models(&facts, &mut last_models);
                publish(Slice::Models(models));
                publish(Slice::Settings(settings(&computer, &facts).await));
                publish(Slice::Openclaw(openclaw(&facts)));
                let well = found.ok;
                publish(Slice::Path(found));
                well
            }
            // A fault of our own: the next look may do better.
            Err(_) => false,
        };
        let pause = if well { LOOK_WHILE_WELL } else { LOOK_WHILE_WRONG };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = look.notified() => {}
        }
    }
}

/// The last known models stay while the server does not answer.
fn models(facts: &Facts, last: &mut Vec<Model>) -> ModelsState {
    let (server_version, problem) = match &facts.models {
        Some(Ok(found)) => {
            last.clone_from(&found.models);
            (Some(found.server_version.clone()), None)
        }
        Some(Err(error)) => (None, Some(error.clone())),
        None => (None, Some(unreached(facts))),
    };
    ModelsState {
        host: facts.effective.address.to_string(),
        server_version,
        models: last.clone(),
        problem,
        catalogue: catalogue::on_offer(last),
    }
}

fn unreached(facts: &Facts) -> Error {
    use crate::{diagnosis::facts::Answer, error::ErrorCode};
    let url = facts.effective.address.to_string();
    let code = match &facts.effective.answer {
        Answer::Failed(error) => return error.clone(),
        Answer::Silent => ErrorCode::OllamaSilent { url },
        Answer::Other => ErrorCode::OllamaNotOllama { url },
        Answer::Refused | Answer::Ollama => ErrorCode::OllamaRefused { url },
    };
    Error::new(code, facts.effective.evidence.clone())
}

async fn settings(computer: &Computer, facts: &Facts) -> SettingsState {
    let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
    let problem = if let SettingsFact::Unreadable(error) = &facts.openclaw.settings {
        Some(error.clone())
    } else {
        None
    };
    SettingsState {
        file: facts.openclaw.file.display().to_string(),
        exists: facts.openclaw.settings != SettingsFact::Absent,
        mode: if problem.is_some() { Mode::Off } else { told.mode(facts.openclaw.key) },
        problem,
        primary: told.primary,
        fallbacks: told.fallbacks,
        listed: told.listed,
        last_change: last_change(computer).await,
    }
}

/// What a plain undo would take back. A history that cannot be read has nothing to offer.
async fn last_change(computer: &Computer) -> Option<ReceiptSummary> {
    let all = change::list(computer).await.unwrap_or_default();
    all.into_iter()
        .find(|receipt| receipt.undone_by.is_none() && !matches!(receipt.kind, ReceiptKind::Undo { .. }))
}

fn openclaw(facts: &Facts) -> OpenclawState {
    let program = facts.openclaw.program.as_ref();
    let last_touched = facts.openclaw.settings.read().and_then(|settings| settings.last_touched);
    let version = program.and_then(|program| program.version).or(last_touched);
    OpenclawState {
        program: program.map(|program| program.path.display().to_string()),
        version: version.map(|version| version.to_string()),
    }
}
