//! The judge's part on live checks: what the chosen model showed when it was tried, and what a load showed of Ollama
//! itself. Only what was seen is said: a model that was never tried has no finding.

use super::{action, finding, installed, link, manual};
use crate::{
    diagnosis::{
        facts::Facts,
        finding::{Cause, Finding, Offer, Remedy},
    },
    models::{catalogue, check::CheckOutcome, model::Model},
    ollama::names,
};

pub(super) fn checks(facts: &Facts) -> Vec<Finding> {
    [engine(facts), chosen(facts)].into_iter().flatten().collect()
}

/// Ollama's own faults show when a model is loaded. Only the newest check counts: a later one that went well, of
/// whatever model, says that it is mended, and so does a model that is in memory.
fn engine(facts: &Facts) -> Option<Finding> {
    if !facts.loaded.is_empty() {
        return None;
    }
    let tried = |model: &Model| Some((facts.checked.get(&model.id)?.clone(), model.id.clone()));
    let (newest, name) = installed(facts)?.iter().filter_map(tried).max_by_key(|(checked, _)| checked.at)?;
    let cause = match newest.outcome {
        CheckOutcome::RunnerMissing {} => Cause::EngineRunnerMissing { name: name.clone() },
        CheckOutcome::CpuUnsupported {} => Cause::EngineCpuUnsupported { name: name.clone() },
        _ => return None,
    };
    let seen = format!("the live check of {name}: Ollama could not load it");
    Some(finding(cause, vec![seen], vec![link(Remedy::GetOllama {})]))
}

fn chosen(facts: &Facts) -> Option<Finding> {
    let models = installed(facts)?;
    let primary = facts.openclaw.settings.read()?.primary_id()?;
    let id = names::find(primary, models.iter().map(|model| model.id.as_str()))?;
    let model = models.iter().find(|model| model.id == id)?;
    let name = model.id.clone();
    match &facts.checked.get(&model.id)?.outcome {
        CheckOutcome::CallAsText {} => {
            let seen = format!("the live check of {name}: it wrote the tool call as text");
            Some(finding(Cause::ModelsCallsAsText { name }, vec![seen], another(facts, models, model)))
        }
        CheckOutcome::NoCall { called } => {
            let instead = called.as_ref().map(|other| format!(", it called {other}")).unwrap_or_default();
            let seen = format!("the live check of {name}: it answered without calling the tool{instead}");
            Some(finding(Cause::ModelsNoCall { name }, vec![seen], another(facts, models, model)))
        }
        // Where the server says so of itself, the settings' own part names it.
        CheckOutcome::NoTools {} if model.tools != Some(false) => {
            let seen = format!("the live check of {name}: Ollama says that it does not support tools");
            let cause = Cause::SettingsModelWithoutTools { name, primary: true };
            Some(finding(cause, vec![seen], another(facts, models, model)))
        }
        CheckOutcome::SignIn {} => {
            let seen = format!("the live check of {name}: /api/chat answered 401 with signin_url");
            let command = ["ollama", "signin"].map(str::to_owned).to_vec();
            let mut offers = vec![manual(Remedy::SignIn {}, Some(command))];
            offers.extend(another(facts, models, model));
            Some(finding(Cause::ModelsCloudSignIn { name }, vec![seen], offers))
        }
        _ => None,
    }
}

/// The best other model, none that failed its own check; else the screen to choose one.
fn another(facts: &Facts, models: &[Model], chosen: &Model) -> Vec<Offer> {
    let called = |model: &Model| {
        let checked = facts.checked.get(&model.id);
        checked.is_none_or(|checked| checked.outcome == CheckOutcome::CalledTool {})
    };
    let others: Vec<Model> =
        models.iter().filter(|model| model.id != chosen.id && called(model)).cloned().collect();
    let best = catalogue::best_ready(&others, &facts.known())
        .map(|model| Remedy::UseModel { name: model.id.clone() });
    vec![action(best.unwrap_or(Remedy::ChooseModel {}))]
}
