//! The judge's part on models: is there one that can act, and how the chosen one runs on this computer. What really
//! happened overrules what is computed; nothing is said of the memory of another computer.

use super::{action, finding, installed, link, slow};
use crate::{
    diagnosis::{
        facts::Facts,
        finding::{Cause, Finding, Offer, Remedy},
    },
    models::{
        assess, catalogue,
        fit::{self, DEFAULT_CONTEXT, Fit, FitBasis, FitVerdict},
        model::{Model, UnknownReason, Verdict},
    },
    ollama::{names, wire::Loaded},
    openclaw::outcome::Mode,
};

/// What OpenClaw's instructions need with tools, in tokens (measured: 16,400): below this nothing is left to say.
const LEAST_RUNNING: u64 = 16_384;
/// The first version whose `/api/show` says what a model can do.
const SAYS_CAPABILITIES: (u32, u32, u32) = (0, 6, 4);

/// The list of models as a whole.
pub(super) fn models(facts: &Facts) -> Option<Finding> {
    let models = match facts.models.as_ref()? {
        Ok(found) => &found.models,
        Err(_) if facts.busy.is_some() => return None,
        // It greets and then does not list: the connection is not what it seems.
        Err(error) => {
            let cause = Cause::ConnectionFailed {
                url: facts.effective.address.to_string(),
                source: facts.effective.source,
            };
            return Some(finding(cause, vec![format!("the list of models: {}", error.detail)], Vec::new()));
        }
    };
    let with_download = |cause: Cause, mut seen: Vec<String>| {
        let remedy = match catalogue::first_download(&facts.known()) {
            Some(name) => Remedy::DownloadModel { name },
            None => {
                seen.push("none of the models that Pincer offers fits this computer's memory".into());
                Remedy::ChooseModel {}
            }
        };
        Some(finding(cause, seen, vec![action(remedy)]))
    };
    if models.is_empty() {
        return with_download(Cause::ModelsNoneInstalled {}, vec!["/api/tags is empty".into()]);
    }
    // Only what the server said counts: an unknown model might have tools.
    if models.iter().all(|model| model.tools == Some(false)) {
        let seen =
            models.iter().map(|model| format!("{}: {}", model.id, model.capabilities.join(", "))).collect();
        return with_download(Cause::ModelsNoneWithTools { count: models.len() }, seen);
    }
    None
}

/// How the chosen model does here.
pub(super) fn chosen(facts: &Facts) -> Vec<Finding> {
    let Some(chosen) = Chosen::of(facts) else { return Vec::new() };
    let mut findings = Vec::new();
    findings.extend(chosen.unknown());
    findings.extend(chosen.fits());
    findings.extend(chosen.running());
    findings.extend(chosen.weak());
    findings
}

/// The model that OpenClaw will use, when it is installed and runs here or on a server of the user's.
pub(super) struct Chosen<'a> {
    pub(super) facts: &'a Facts,
    pub(super) models: &'a [Model],
    pub(super) model: &'a Model,
    /// Tokens of context that OpenClaw asks for.
    pub(super) asked: Option<u64>,
    recommended: u64,
}

impl<'a> Chosen<'a> {
    pub(super) fn of(facts: &'a Facts) -> Option<Self> {
        let told = facts.openclaw.settings.read()?;
        let asking = facts.openclaw.asking(told);
        if asking.mode == Mode::Off {
            return None;
        }
        let models = installed(facts)?;
        let id = names::find(told.primary_id()?, models.iter().map(|model| model.id.as_str()))?;
        let model = models.iter().find(|model| model.id == id)?;
        let is_local = model.verdict != Verdict::Cloud;
        let recommended = fit::recommended_context(model, &facts.known(), DEFAULT_CONTEXT);
        is_local.then(|| Self { facts, models, model, asked: asking.context(model), recommended })
    }

    pub(super) fn name(&self) -> String {
        self.model.id.clone()
    }

    fn set_context(&self) -> Offer {
        action(Remedy::SetContext { name: self.name(), tokens: self.recommended })
    }

    /// Another model that fits: an installed one, else one to download, else the screen to choose one.
    fn another(&self) -> Offer {
        let others: Vec<Model> =
            self.models.iter().filter(|model| model.id != self.model.id).cloned().collect();
        let known = self.facts.known();
        if let Some(model) = catalogue::best_ready(&others, &known) {
            return action(Remedy::UseModel { name: model.id.clone() });
        }
        let offered = catalogue::on_offer(self.models, &[], &known);
        let fits = |fit| matches!(fit, FitVerdict::Fits | FitVerdict::Tight);
        let first = offered.into_iter().find(|offer| fits(offer.fit) && !offer.entry.weak);
        action(first.map_or(Remedy::ChooseModel {}, |offer| Remedy::DownloadModel { name: offer.entry.name }))
    }

    fn unknown(&self) -> Option<Finding> {
        let silent = self.model.reason == Some(UnknownReason::NoCapabilities);
        let version = &self.facts.models.as_ref()?.as_ref().ok()?.server_version;
        let cause = Cause::ModelsCapabilitiesUnknown { name: self.name() };
        let seen = vec![format!("/api/show of {} has no capabilities; Ollama {version}", self.model.id)];
        let offers = vec![link(Remedy::GetOllama {}), action(Remedy::ChooseModel {})];
        (silent && should_say(version)).then(|| finding(cause, seen, offers))
    }

    /// At the context that OpenClaw asks for, and at the one that is best here.
    fn fits(&self) -> Option<Finding> {
        let known = self.facts.known();
        let best = fit::fit(self.model, self.recommended, &known);
        if best.verdict == FitVerdict::TooBig {
            let cause = Cause::ModelsDoesNotFit {
                name: self.name(),
                need_bytes: best.need_bytes,
                have_bytes: best.memory_bytes,
                tokens: self.recommended,
                measured: best.basis == FitBasis::Measured,
            };
            return Some(finding(cause, vec![self.numbers(&best)], vec![self.another()]));
        }
        let tokens = self.asked.filter(|asked| *asked > self.recommended)?;
        let asked = fit::fit(self.model, tokens, &known);
        let cause = Cause::SettingsContextTooLarge { name: self.name(), tokens, fits: self.recommended };
        (asked.verdict == FitVerdict::TooBig)
            .then(|| finding(cause, vec![self.numbers(&asked)], vec![self.set_context(), self.another()]))
    }

    fn numbers(&self, fit: &Fit) -> String {
        let number =
            |bytes: Option<u64>| bytes.map_or_else(|| "unknown".to_owned(), |bytes| bytes.to_string());
        let how = match fit.basis {
            FitBasis::Measured => "the last load failed for lack of memory",
            FitBasis::Guessed => "computed, with a guess for the conversation",
            _ => "computed",
        };
        format!(
            "{} at {} tokens needs {} bytes ({how}); memory {} bytes, of that {} on graphics cards",
            self.model.id,
            fit.context,
            number(fit.need_bytes),
            number(fit.memory_bytes),
            number(fit.graphics_bytes),
        )
    }

    /// As it runs now, by `/api/ps`.
    fn running(&self) -> Vec<Finding> {
        let Some(loaded) = self.facts.known().loaded(self.model) else { return Vec::new() };
        [self.too_small(loaded), slow::on_processor(self, loaded)].into_iter().flatten().collect()
    }

    /// Another program may have loaded it so: where OpenClaw asks for enough, its next question loads it anew.
    fn too_small(&self, loaded: &Loaded) -> Option<Finding> {
        let tokens = loaded.context_length;
        let short =
            (1..LEAST_RUNNING).contains(&tokens) && self.asked.is_none_or(|asked| asked < LEAST_RUNNING);
        let cause = Cause::ModelsContextTooSmall { name: self.name(), tokens };
        let seen = vec![format!("/api/ps: {} runs with {tokens} tokens", self.model.id)];
        let can_more = self.recommended >= LEAST_RUNNING;
        let offer = if can_more { self.set_context() } else { self.another() };
        short.then(|| finding(cause, seen, vec![offer]))
    }

    fn weak(&self) -> Option<Finding> {
        if !catalogue::is_weak(&self.model.id) {
            return None;
        }
        let known = self.facts.known();
        let offered = catalogue::on_offer(self.models, &[], &known);
        let better = assess::better(self.models, &known, &offered);
        let offer = match &better {
            Some(name) if self.models.iter().any(|model| model.id == *name) => {
                Remedy::UseModel { name: name.clone() }
            }
            Some(name) => Remedy::DownloadModel { name: name.clone() },
            None => Remedy::ChooseModel {},
        };
        let cause = Cause::ModelsWeakForAgents { name: self.name(), better };
        let seen = vec![format!(
            "{} is on Ollama's list of models that do not work well with OpenClaw",
            self.model.id
        )];
        Some(finding(cause, seen, vec![action(offer)]))
    }
}

/// A server of this version says what models can do; one of an unknown version or a development build, too.
pub(super) fn should_say(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next()) {
        (Some(major), Some(minor), Some(patch)) => {
            (major, minor, patch) >= SAYS_CAPABILITIES || (major, minor, patch) == (0, 0, 0)
        }
        _ => true,
    }
}
