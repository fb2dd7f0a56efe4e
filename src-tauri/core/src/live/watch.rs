//! The watcher: the cheap stage and the same judge as `doctor`, again and again, so that Home and the diagnosis
//! cannot disagree. Started by [`super::Live`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch::Receiver};

use super::{
    checks::Checks,
    look::Looks,
    state::{AgentModel, AutomaticState, LookState, ModelsState, OpenclawState, SettingsState, Slice},
};
use crate::{
    computer::Computer,
    diagnosis::{
        self,
        facts::{Facts, SettingsFact},
    },
    error::Error,
    models::{
        assess, catalogue,
        check::{Checked, store},
        discovery::{Discovered, Discovery},
        fit::Known,
        model::Model,
    },
    ollama::{address::Address, names, wire::Recommendation},
    openclaw::outcome::Mode,
    openclaw::{
        asked::Asking,
        change,
        dialect::{Automatic, Dialect},
        gateway::{
            Gateway,
            kept::{self, Circumstances},
            proof::Proof,
            sees::{self, Sees},
            settled,
        },
        node,
        plan::Hash,
        secrets,
        settings::Settings,
        verdict::{self, Refusal},
        version::Version,
    },
};

/// While something is wrong, people are mending it.
const LOOK_WHILE_WRONG: Duration = Duration::from_secs(2);
/// When all is well.
const LOOK_WHILE_WELL: Duration = Duration::from_secs(5);

/// What a server recommends changes with its releases.
const ADVICE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Watches until it is aborted.
pub(super) async fn watch(
    computer: Computer,
    publish: impl Fn(Slice) + Send + Sync + 'static,
    look: Arc<Notify>,
    looks: Looks,
    mut visible: Receiver<bool>,
    checks: Checks,
) {
    let publish = Arc::new(publish);
    let last: Arc<Mutex<Option<LastLook>>> = Arc::default();
    let kept = {
        let folders = computer.folders.clone();
        tokio::task::spawn_blocking(move || store::read(&folders)).await.unwrap_or_default()
    };
    let mut discovery = {
        let (computer, publish, last) = (computer.clone(), Arc::clone(&publish), Arc::clone(&last));
        Discovery::default().telling(move |address, found| {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner);
            publish(Slice::Models(early(&computer, address, found, last.as_ref(), &kept)));
        })
    };
    let mut last_models: Vec<Model> = Vec::new();
    let mut judge = OpenclawsWord::default();
    let mut sight = OpenclawsSight::default();
    let mut advice = ServersAdvice::default();
    // What the cheap facts alone said, and what was found in the end.
    let (mut seen, mut told) = (None, None);
    loop {
        // The last handle going away ends the watcher anyway.
        if visible.wait_for(|visible| *visible).await.is_err() {
            return;
        }
        looks.begin();
        let well = match diagnosis::first_stage(&computer, &mut discovery).await {
            Ok(mut facts) => {
                with_checks_of_this_session(&computer, &mut facts, &checks);
                let settings = settings(&computer, &facts).await;
                facts.openclaw.verdict = judge.on(&computer, &facts, &look);
                facts.openclaw.sees = sight.on(&computer, &facts, &look);
                let newest = change::newest_of_settings(&computer).await;
                facts.openclaw.last_change = newest.map(|change| change.id);
                let recommended = advice.of(&computer, &facts, &look);
                publish(Slice::Models(models(&facts, &recommended, &mut last_models)));
                publish(Slice::Settings(Box::new(settings)));
                publish(Slice::Openclaw(openclaw(&computer, &facts).await));
                // What is known by now is told at once, where it is news; the rest follows in this same look.
                let cheap = diagnosis::judge(&facts);
                if Some(&cheap) != seen.as_ref() {
                    if let Some(partial) = diagnosis::judge_partly(&facts, told.as_ref()) {
                        publish(Slice::Path(partial));
                    }
                    seen = Some(cheap);
                }
                diagnosis::complete(&computer, &mut facts).await;
                let found = diagnosis::judge(&facts);
                let well = found.ok;
                publish(Slice::Path(found.clone()));
                told = Some(found);
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(LastLook { facts, recommended });
                publish(Slice::Look(LookState { at: computer.surroundings.milliseconds() }));
                well
            }
            // A fault of our own: the next look may do better.
            Err(_) => false,
        };
        looks.end();
        let pause = if well { LOOK_WHILE_WELL } else { LOOK_WHILE_WRONG };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = look.notified() => {}
        }
    }
}

/// Live checks that this session made are known before they are kept, and some are never kept.
fn with_checks_of_this_session(computer: &Computer, facts: &mut Facts, checks: &Checks) {
    let installed = facts.models.as_ref().and_then(|found| found.as_ref().ok());
    let of_this_session = checks.shown().into_iter().collect();
    let here = store::Here::of(computer, &facts.effective.address);
    let shown = installed.map(|found| store::by_id(&found.models, &of_this_session, &here));
    for (id, shown) in shown.unwrap_or_default() {
        let kept = facts.checked.entry(id).or_insert_with(|| shown.clone());
        if kept.at < shown.at {
            *kept = shown;
        }
    }
}

/// What OpenClaw itself says of its settings: asked in the background once for each file and version, since it takes
/// seconds; the watcher looks again when the answer is there.
#[derive(Default)]
struct OpenclawsWord {
    on: Option<(Hash, Option<Version>)>,
    said: Arc<Mutex<Option<Vec<Refusal>>>>,
}

impl OpenclawsWord {
    /// The word on the file of these facts; `None` while it is not known.
    fn on(&mut self, computer: &Computer, facts: &Facts, look: &Arc<Notify>) -> Option<Vec<Refusal>> {
        let program = facts.openclaw.program.as_ref()?;
        let on = (facts.openclaw.hash?, program.version);
        if self.on != Some(on) {
            self.on = Some(on);
            self.said = Arc::default();
            let (said, look) = (Arc::clone(&self.said), Arc::clone(look));
            let (computer, program) = (computer.clone(), program.clone());
            tokio::spawn(async move {
                let led = node::lead(&computer, &program).await;
                let answer = verdict::ask(&led, &program.path).await;
                if answer.is_some() {
                    *said.lock().unwrap_or_else(PoisonError::into_inner) = answer;
                    look.notify_one();
                }
            });
        }
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What OpenClaw itself sees of Ollama's models: asked in the background once for each file, version and list of
/// models, since it takes seconds; the watcher looks again when the answer is there.
#[derive(Default)]
struct OpenclawsSight {
    on: Option<Sighted>,
    said: Arc<Mutex<Option<Vec<String>>>>,
}

/// What a list of OpenClaw's is true for.
#[derive(PartialEq)]
struct Sighted {
    settings: Hash,
    version: Option<Version>,
    mode: Mode,
    models: Vec<String>,
}

impl OpenclawsSight {
    /// The ids that it lists; `None` while they are not known, or say nothing.
    fn on(&mut self, computer: &Computer, facts: &Facts, look: &Arc<Notify>) -> Option<Vec<String>> {
        let program = facts.openclaw.program.as_ref()?;
        let mode = facts.openclaw.lists_by()?;
        let models = &facts.models.as_ref()?.as_ref().ok()?.models;
        let on = Sighted {
            settings: facts.openclaw.hash?,
            version: program.version,
            mode,
            models: models.iter().map(|model| model.id.clone()).collect(),
        };
        if self.on.as_ref() != Some(&on) {
            self.on = Some(on);
            self.said = Arc::default();
            let (said, look) = (Arc::clone(&self.said), Arc::clone(look));
            let (computer, program) = (computer.clone(), program.clone());
            tokio::spawn(async move {
                let led = node::lead(&computer, &program).await;
                let answer = sees::ask(&led, &program.path, mode).await;
                if answer.is_some() {
                    *said.lock().unwrap_or_else(PoisonError::into_inner) = answer;
                    look.notify_one();
                }
            });
        }
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the server itself recommends: asked in the background once an hour for each server and version, since it may
/// look it up elsewhere. A server that has no such list is asked as rarely.
#[derive(Default)]
struct ServersAdvice {
    on: Option<(String, String)>,
    asked: Option<Instant>,
    said: Arc<Mutex<Vec<Recommendation>>>,
}

impl ServersAdvice {
    /// The recommendations of the server of these facts; none while they are not known.
    fn of(&mut self, computer: &Computer, facts: &Facts, look: &Arc<Notify>) -> Vec<Recommendation> {
        let address = &facts.effective.address;
        if let Some(Ok(found)) = &facts.models {
            let on = (address.to_string(), found.server_version.clone());
            let is_new = self.on.as_ref() != Some(&on);
            if is_new {
                self.said = Arc::default();
            }
            if is_new || self.asked.is_none_or(|asked| asked.elapsed() >= ADVICE_EVERY) {
                (self.on, self.asked) = (Some(on), Some(Instant::now()));
                let (said, look, client) =
                    (Arc::clone(&self.said), Arc::clone(look), computer.client(address));
                tokio::spawn(async move {
                    let Ok(client) = client else { return };
                    if let Ok(answer) = client.recommendations().await {
                        let mut known = said.lock().unwrap_or_else(PoisonError::into_inner);
                        if *known != answer.recommendations {
                            *known = answer.recommendations;
                            look.notify_one();
                        }
                    }
                });
            }
        }
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The last known models stay while the server does not answer.
fn models(facts: &Facts, recommended: &[Recommendation], last: &mut Vec<Model>) -> ModelsState {
    let (server_version, problem) = match &facts.models {
        Some(Ok(found)) => {
            last.clone_from(&found.models);
            (Some(found.server_version.clone()), None)
        }
        Some(Err(error)) => (None, Some(error.clone())),
        None => (None, Some(unreached(facts))),
    };
    let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
    let asking = facts.openclaw.asking(&told);
    let state = state(&facts.effective.address, last, &facts.known(), &asking, recommended);
    ModelsState { server_version, problem, ..state }
}

/// What the last look saw.
struct LastLook {
    facts: Facts,
    recommended: Vec<Recommendation>,
}

/// The list while Ollama is still being asked about its models, judged by what the last look saw. `kept`: the checks
/// of earlier times, for the first look.
fn early(
    computer: &Computer,
    address: &Address,
    found: &Discovered,
    last: Option<&LastLook>,
    kept: &HashMap<String, Checked>,
) -> ModelsState {
    let version = Some(found.server_version.clone());
    let state = match last.filter(|last| last.facts.effective.address == *address) {
        Some(LastLook { facts, recommended }) => {
            let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
            let asking = facts.openclaw.asking(&told);
            state(address, &found.models, &facts.known(), &asking, recommended)
        }
        None => {
            let checked = store::by_id(&found.models, kept, &store::Here::of(computer, address));
            let known = computer.known(address, &[], &checked);
            let told = Settings::default();
            let asking = Asking { told: &told, mode: Mode::Off, dialect: Dialect::of(None) };
            state(address, &found.models, &known, &asking, &[])
        }
    };
    ModelsState { server_version: version, ..state }
}

fn state(
    address: &Address,
    models: &[Model],
    known: &Known<'_>,
    asking: &Asking<'_>,
    recommended: &[Recommendation],
) -> ModelsState {
    let catalogue = catalogue::on_offer(models, recommended, known);
    ModelsState {
        host: address.to_string(),
        server_version: None,
        models: assess::assess(models, known, asking, &catalogue),
        remote: known.remote,
        memory: known.memory.cloned().filter(|_| !known.remote),
        problem: None,
        catalogue,
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
    let dialect = Dialect::of(facts.openclaw.version());
    let own = told.own_model().map(|model| AgentModel { agent: told.agent().into(), model: model.into() });
    SettingsState {
        context: context(&told, dialect),
        context_settable: dialect.tells_context(),
        file: facts.openclaw.file.display().to_string(),
        exists: facts.openclaw.settings != SettingsFact::Absent,
        mode: if problem.is_some() { Mode::Off } else { told.mode(facts.openclaw.key_anywhere()) },
        problem,
        primary: told.primary,
        fallbacks: told.fallbacks,
        entries: told.entries,
        base_url: told.base_url.as_deref().map(secrets::masked_address),
        automatic: automatic(facts),
        own,
        agents: told.agents.into_iter().map(|(name, _)| name).collect(),
        listed: told.listed,
        last_change: change::newest(computer).await,
    }
}

/// The context that runs with the chosen model; with another provider's, or none, what all listed ones have.
fn context(told: &Settings, dialect: Dialect) -> Option<u64> {
    let is_chosen = |id: &str| told.primary_id().is_some_and(|primary| names::same(id, primary));
    if let Some(chosen) = told.sends.iter().find(|sent| is_chosen(&sent.id)) {
        return chosen.asks(dialect);
    }
    let mut all = told.sends.iter().map(|sent| sent.asks(dialect));
    let first = all.next()?;
    first.filter(|_| all.all(|other| other == first))
}

fn automatic(facts: &Facts) -> AutomaticState {
    let dialect = Dialect::of(facts.openclaw.version());
    AutomaticState {
        possible: dialect.automatic != Automatic::Ignored,
        advised: dialect.automatic_advised,
        tokens: dialect.automatic.tokens(),
        maximum: dialect.automatic == Automatic::Maximum,
        offers_online: dialect.key_offers_online,
    }
}

async fn openclaw(computer: &Computer, facts: &Facts) -> OpenclawState {
    let program = facts.openclaw.program.as_ref();
    let version = facts.openclaw.version();
    let behind = is_behind(computer, facts).await;
    OpenclawState {
        program: program.map(|program| program.path.display().to_string()),
        version: version.map(|version| version.to_string()),
        gateway: facts.openclaw.gateway,
        proof: if behind { None } else { proven(computer, facts).await },
        behind,
        sees: sees(facts),
    }
}

/// Whether the gateway that answers may run older settings.
async fn is_behind(computer: &Computer, facts: &Facts) -> bool {
    let Some(told) = facts.openclaw.settings.read().filter(|_| facts.openclaw.gateway == Gateway::Answers)
    else {
        return false;
    };
    let (computer, told) = (computer.clone(), told.clone());
    tokio::task::spawn_blocking(move || settled::is_behind(&computer, &told)).await.unwrap_or_default()
}

/// What was proven of the model that answers when none is named, and still holds.
async fn proven(computer: &Computer, facts: &Facts) -> Option<Proof> {
    let told = facts.openclaw.settings.read()?;
    let used = told.used_id()?;
    let models = &facts.models.as_ref()?.as_ref().ok()?.models;
    let model = models.iter().find(|model| names::same(&model.id, used))?;
    let (digest, settings) = (model.digest.clone(), facts.openclaw.hash?);
    let version = facts.openclaw.version().map(|version| version.to_string());
    let (computer, told) = (computer.clone(), told.clone());
    let kept = tokio::task::spawn_blocking(move || {
        let host = settled::asked_url(&computer, &told);
        let on = Circumstances { digest, version, settings, host };
        kept::find(&kept::read(&computer.folders), &on).cloned()
    });
    kept.await.ok().flatten()
}

/// What OpenClaw sees of the installed models.
fn sees(facts: &Facts) -> Option<Sees> {
    let listed = facts.openclaw.sees.as_deref()?;
    let models = &facts.models.as_ref()?.as_ref().ok()?.models;
    let told = facts.openclaw.settings.read()?;
    Some(sees::compare(models, listed, told, facts.openclaw.lists_by()?))
}
