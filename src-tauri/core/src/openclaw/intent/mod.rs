//! From what the user wants to edits of OpenClaw's file, in the form that its version accepts. Pure.
//! What is there is understood first: foreign keys, models listed by hand and their values are kept.

mod automatic;
mod gateway;
mod of_one;
mod provider;

use serde_json::json;

use super::{
    asked::Asking,
    dialect::Dialect,
    document::{Edit, Step, Value, edit},
    outcome::{SetMode, UseRequest, Warning},
    settings::{KEY_VARIABLE, PREFIX, Settings},
};
use crate::{
    error::{Error, ErrorCode},
    models::{
        catalogue::{self, LEAST_CONTEXT},
        fit::{self, FitVerdict, Known},
        model::{Model, Verdict},
    },
    ollama::{
        address::Address,
        names::{self, ModelName},
    },
    openclaw::outcome::Mode,
};
pub use gateway::{gateway_at_login, gateway_mode, gateway_token};
pub use of_one::{keep_loaded, set_context, set_timeout};
use provider::Listing;
pub(crate) use provider::refused;

/// Everything that a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The file's value; an empty object when there is no file.
    pub value: &'a Value,
    /// What the server has; `None` when it does not answer.
    pub installed: Option<&'a [Model]>,
    /// The computer that runs the models, and what ran there.
    pub known: Known<'a>,
    /// Where Ollama is.
    pub address: &'a Address,
    /// The user asked for this address: it replaces whatever is there.
    pub address_asked: bool,
    /// What OpenClaw accepts.
    pub dialect: Dialect,
    /// OpenClaw's service sees `OLLAMA_API_KEY` from outside the file.
    pub key: bool,
    /// Variables that the provider entry refers to and that are set nowhere.
    pub unset: &'a [String],
}

/// What to do to the files, and what to tell the user first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edits {
    /// Of OpenClaw's settings, in the order in which they are applied.
    pub edits: Vec<Edit>,
    /// Put the key into `<state>/.env`.
    pub write_key: bool,
    /// What to know first.
    pub warnings: Vec<Warning>,
}

/// Makes `request.primary` OpenClaw's model, pinned or automatic.
///
/// # Errors
/// `model.not-installed` with the nearest names; without a server also for a model that the file does not
/// describe already; `settings.automatic-not-possible`.
pub fn use_model(request: &UseRequest, situation: Situation<'_>) -> Result<Edits, Error> {
    let settings = Settings::of(situation.value);
    let names = Names { settings: &settings, installed: situation.installed };
    let primary = names.resolve(&request.primary)?;
    let mut result = Edits::default();
    let fallbacks = match &request.fallbacks {
        None => settings.fallbacks.iter().map(|reference| names.respell(reference)).collect(),
        Some(asked) => asked.iter().map(|name| names.reference(name)).collect::<Result<Vec<_>, _>>()?,
    };
    let primary_reference = format!("{PREFIX}{primary}");
    let mut fallbacks = distinct(fallbacks.into_iter().filter(|reference| *reference != primary_reference));
    if request.local_only {
        drop_online(&mut fallbacks, situation.installed, &mut result.warnings);
    }

    let mut pinned = vec![primary.clone()];
    pinned.extend(fallbacks.iter().filter_map(|reference| reference.strip_prefix(PREFIX)).map(str::to_owned));
    for name in &request.models {
        pinned.push(names.resolve(name)?);
    }
    for listed in request.listed.iter().flatten() {
        pinned.push(names.resolve_or_listed(&listed.id)?);
    }
    if request.all_ready {
        pinned.extend(ready(situation.installed).map(|model| model.id.clone()));
    }
    let pinned = distinct(pinned);
    let mode = request.mode.unwrap_or_else(|| present_mode(&settings, situation));
    match mode {
        SetMode::Automatic => automatic::automatic(&mut result, situation)?,
        SetMode::Pinned => {
            let listing = Listing {
                exact: request.listed.as_deref(),
                context: request.context,
                timeout: request.timeout,
                kept: request.keep_loaded.then_some(primary.as_str()),
                ..Listing::of(&pinned)
            };
            provider::provider(&mut result.edits, &mut result.warnings, situation, &listing);
        }
    }
    flat_key(&mut result, situation);
    choice(&mut result.edits, situation.value, &settings, &primary_reference, &fallbacks);
    allow(&mut result.edits, situation.value, [&primary_reference].into_iter().chain(&fallbacks));
    // Settings that say nothing of a gateway are new: without its mode it would refuse to start.
    if situation.value.get("gateway").is_none() {
        result.edits.extend(gateway_mode(situation.value).edits);
    }
    let automatic = mode == SetMode::Automatic;
    result.warnings.extend(warnings(situation, &primary, automatic));
    result.warnings.extend(context_warnings(situation, &primary, &result));
    let differ: Vec<String> = settings
        .agents
        .iter()
        .filter(|(_, model)| *model != primary_reference)
        .map(|(name, _)| name.clone())
        .collect();
    if !differ.is_empty() {
        result.warnings.push(Warning::AgentsDiffer { names: differ });
    }
    Ok(result)
}

/// Writes the settings anew for the model that is chosen, in the present way and the form of this version; without
/// one, for the best that is installed.
///
/// # Errors
/// Those of [`use_model`]; `model.none-ready`.
pub fn repair(situation: Situation<'_>) -> Result<Edits, Error> {
    let settings = Settings::of(situation.value);
    let names = Names { settings: &settings, installed: situation.installed };
    let chosen = settings.primary.as_deref().and_then(|primary| names.resolve(primary).ok());
    let best = || catalogue::best_ready(situation.installed?, &situation.known).map(|model| model.id.clone());
    let primary = chosen.or_else(best).ok_or_else(|| Error::from(ErrorCode::ModelNoneReady {}))?;
    use_model(&UseRequest { primary, ..UseRequest::default() }, situation)
}

/// The way that is there: automatic stays so where this version can, everything else is pinned.
fn present_mode(settings: &Settings, situation: Situation<'_>) -> SetMode {
    let is_automatic = settings.mode(situation.key) == Mode::Automatic && !settings.list_empty;
    if is_automatic && automatic::possible(situation).is_ok() { SetMode::Automatic } else { SetMode::Pinned }
}

/// Lists the ready models that are missing; the choice stays.
#[must_use]
pub fn add_models(situation: Situation<'_>) -> Edits {
    let pinned: Vec<String> = ready(situation.installed).map(|model| model.id.clone()).collect();
    let listing = Listing::of(&pinned);
    let mut result = Edits::default();
    provider::provider(&mut result.edits, &mut result.warnings, situation, &listing);
    result
}

/// Lists one model beside those that are there, and touches nothing else. Nothing to do where no list is, where it is
/// listed already, or where the model cannot act.
///
/// # Errors
/// `model.not-installed`, `model.bad-name`.
pub fn list_model(name: &str, situation: Situation<'_>) -> Result<Edits, Error> {
    let settings = Settings::of(situation.value);
    let mut result = Edits::default();
    let is_listed = names::find(name, settings.listed.iter().map(String::as_str)).is_some();
    if settings.mode(situation.key) != Mode::Pinned || is_listed {
        return Ok(result);
    }
    let id = Names { settings: &settings, installed: situation.installed }.resolve(name)?;
    if !ready(situation.installed).any(|model| model.id == id) {
        return Ok(result);
    }
    let reference = format!("{PREFIX}{id}");
    let pinned = [id];
    let listing = Listing::of(&pinned);
    provider::list(&mut result.edits, &mut result.warnings, situation, &listing);
    allow(&mut result.edits, situation.value, [&reference].into_iter());
    Ok(result)
}

/// Drops next choices that run online; the rest stays.
#[must_use]
pub fn local_only(situation: Situation<'_>) -> Edits {
    let mut result = Edits::default();
    let settings = Settings::of(situation.value);
    let mut fallbacks = settings.fallbacks.clone();
    drop_online(&mut fallbacks, situation.installed, &mut result.warnings);
    keep_fallbacks(&mut result.edits, situation.value, &settings, &fallbacks);
    result
}

/// Takes one of Ollama's models out of the next choices; the rest stays.
#[must_use]
pub fn drop_fallback(name: &str, situation: Situation<'_>) -> Edits {
    let mut result = Edits::default();
    let settings = Settings::of(situation.value);
    let is_it = |reference: &str| reference.strip_prefix(PREFIX).is_some_and(|id| names::same(id, name));
    let kept: Vec<String> =
        settings.fallbacks.iter().filter(|reference| !is_it(reference)).cloned().collect();
    keep_fallbacks(&mut result.edits, situation.value, &settings, &kept);
    result
}

/// These of the next choices stay, under the name that OpenClaw knows.
fn keep_fallbacks(edits: &mut Vec<Edit>, value: &Value, settings: &Settings, kept: &[String]) {
    fallback_key(edits, value);
    if kept != settings.fallbacks {
        let at = path(&["agents", "defaults", "model", "fallbacks"]);
        edits.push(Edit::Set { path: at, value: json!(kept).into() });
    }
}

/// Points OpenClaw at `situation.address`, where its settings use Ollama; nothing where they do not, or where this
/// version takes no address without a list of models.
#[must_use]
pub fn use_address(situation: Situation<'_>) -> Edits {
    let mut result = Edits::default();
    let told = Settings::of(situation.value);
    let on = told.mode(situation.key) != Mode::Off;
    let takes_it = situation.dialect.address_alone || !told.listed.is_empty();
    if told.base_url.is_some() || (on && takes_it) {
        let mut set = |key: &str, value: Value| {
            result.edits.push(Edit::Set { path: provider::of_provider(key), value });
        };
        set("baseUrl", provider::base_url(situation));
        // An entry that is made here says how it is spoken to; one that is there keeps its own way.
        if !told.provider && situation.dialect.native {
            set("api", "ollama".into());
        }
    }
    result
}

/// `fallback` becomes `fallbacks`, which OpenClaw accepts. With both there, the accepted one stays.
#[must_use]
pub fn rename_fallback(value: &Value) -> Edits {
    let mut result = Edits::default();
    fallback_key(&mut result.edits, value);
    result
}

/// Whether a reference leaves this computer: another provider's, or a model that runs on ollama.com.
#[must_use]
pub fn is_online(reference: &str, installed: Option<&[Model]>) -> bool {
    let Some(id) = reference.strip_prefix(PREFIX) else { return true };
    let known = installed.unwrap_or_default().iter().find(|model| names::same(&model.id, id));
    known.map_or_else(
        || ModelName::parse(id).is_ok_and(|name| name.is_cloud()),
        |model| model.verdict == Verdict::Cloud,
    )
}

fn drop_online(fallbacks: &mut Vec<String>, installed: Option<&[Model]>, warnings: &mut Vec<Warning>) {
    let gone: Vec<String> =
        fallbacks.iter().filter(|reference| is_online(reference, installed)).cloned().collect();
    fallbacks.retain(|reference| !gone.contains(reference));
    if !gone.is_empty() {
        warnings.push(Warning::DropsOnline { names: gone });
    }
}

fn ready(installed: Option<&[Model]>) -> impl Iterator<Item = &Model> {
    installed.unwrap_or_default().iter().filter(|model| model.verdict == Verdict::Ready)
}

/// A flat `env.OLLAMA_API_KEY` stops the gateway of a newer version: it goes where that version reads it.
fn flat_key(result: &mut Edits, situation: Situation<'_>) {
    let Some(key) = situation.value.get_path(&["env", KEY_VARIABLE]).filter(|_| !situation.dialect.flat_env)
    else {
        return;
    };
    if situation.value.get_path(&["env", "vars", KEY_VARIABLE]).is_none() {
        let path = path(&["env", "vars", KEY_VARIABLE]);
        result.edits.push(Edit::Set { path, value: key.clone() });
    }
    result.edits.push(Edit::Remove { path: path(&["env", KEY_VARIABLE]) });
}

/// Spells names as the server lists them, or, without a server, as the file does.
struct Names<'a> {
    settings: &'a Settings,
    installed: Option<&'a [Model]>,
}

impl Names<'_> {
    fn resolve(&self, name: &str) -> Result<String, Error> {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        ModelName::parse(name)?;
        let known: Vec<&str> = match self.installed {
            Some(models) => models.iter().map(|model| model.id.as_str()).collect(),
            None => self.settings.listed.iter().map(String::as_str).collect(),
        };
        names::find(name, known.iter().copied()).map(str::to_owned).ok_or_else(|| {
            let nearest = names::nearest(name, known);
            ErrorCode::ModelNotInstalled { name: name.into(), nearest }.into()
        })
    }

    /// As [`Self::resolve`]; a model that the user listed by hand may stay although it is not installed.
    fn resolve_or_listed(&self, name: &str) -> Result<String, Error> {
        let listed = self.settings.listed.iter().find(|listed| names::same(listed, name));
        self.resolve(name).or_else(|error| listed.cloned().ok_or(error))
    }

    /// A fallback as given: one that is there already, or a model of Ollama's.
    fn reference(&self, name: &str) -> Result<String, Error> {
        if self.settings.fallbacks.iter().any(|present| present == name) {
            return Ok(self.respell(name));
        }
        Ok(format!("{PREFIX}{}", self.resolve(name)?))
    }

    /// A present reference, spelled as the server lists it when it is there.
    fn respell(&self, reference: &str) -> String {
        let installed = |name: &&str| {
            names::find(name, self.installed.unwrap_or_default().iter().map(|model| model.id.as_str()))
                .is_some()
        };
        // A bare name that Ollama has is meant as Ollama's: OpenClaw would read it as another provider's.
        let name = reference.strip_prefix(PREFIX).or_else(|| Some(reference).filter(installed));
        let resolved = name.and_then(|name| self.resolve(name).ok());
        resolved.map_or_else(|| reference.to_owned(), |id| format!("{PREFIX}{id}"))
    }
}

fn choice(edits: &mut Vec<Edit>, value: &Value, settings: &Settings, primary: &str, fallbacks: &[String]) {
    let at = ["agents", "defaults", "model"];
    let is_object = value.get_path(&at).is_some_and(|model| model.as_object().is_some());
    if !is_object {
        // A plain name, or nothing: the long form, with fallbacks only when there are some.
        let long = if fallbacks.is_empty() {
            json!({ "primary": primary })
        } else {
            json!({ "primary": primary, "fallbacks": fallbacks })
        };
        edits.push(Edit::Set { path: path(&at), value: long.into() });
        return;
    }
    fallback_key(edits, value);
    edits.push(Edit::Set { path: path(&[&at[..], &["primary"]].concat()), value: primary.into() });
    let there = value.get_path(&[&at[..], &["fallbacks"]].concat()).is_some() || settings.fallback_key;
    if there || !fallbacks.is_empty() {
        edits.push(Edit::Set {
            path: path(&[&at[..], &["fallbacks"]].concat()),
            value: json!(fallbacks).into(),
        });
    }
}

fn fallback_key(edits: &mut Vec<Edit>, value: &Value) {
    let at = ["agents", "defaults", "model"];
    let Some(model) = value.get_path(&at) else { return };
    let Some(old) = model.get("fallback") else { return };
    let key = path(&[&at[..], &["fallback"]].concat());
    if model.get("fallbacks").is_some() {
        edits.push(Edit::Remove { path: key });
        // Both are meant: what only the page's key names comes after the others.
        let both = Settings::of(value).fallbacks;
        let list = path(&[&at[..], &["fallbacks"]].concat());
        edits.push(Edit::Set { path: list, value: json!(both).into() });
    } else {
        edits.push(Edit::Rename { path: key, to: "fallbacks".into() });
        if old.as_array().is_none() {
            let list = Value::Array(old.as_str().map(Value::from).into_iter().collect());
            edits.push(Edit::Set { path: path(&[&at[..], &["fallbacks"]].concat()), value: list });
        }
    }
}

/// A non-empty `agents.defaults.models` is an allow-list: a model that is not in it is refused.
fn allow<'a>(edits: &mut Vec<Edit>, value: &Value, references: impl Iterator<Item = &'a String>) {
    let at = ["agents", "defaults", "models"];
    // An empty one allows all.
    let is_list = |list: &&Value| list.as_object().is_some_and(|entries| !entries.is_empty());
    let Some(list) = value.get_path(&at).filter(is_list) else { return };
    for reference in references.filter(|reference| list.get(reference).is_none()) {
        let path = [path(&at), vec![Step::Key(reference.clone())]].concat();
        edits.push(Edit::Set { path, value: Value::empty_object() });
    }
}

fn warnings(situation: Situation<'_>, primary: &str, automatic: bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = || primary.to_owned();
    let model = situation.installed.unwrap_or_default().iter().find(|model| model.id == primary);
    if let Some(model) = model {
        match model.verdict {
            Verdict::Cloud => warnings.push(Warning::RunsOnline { name: name() }),
            Verdict::Unknown => warnings.push(Warning::UnknownAbilities { name: name() }),
            Verdict::ChatOnly => warnings.push(Warning::ChatOnly { name: name() }),
            Verdict::Embedding => warnings.push(Warning::Embedding { name: name() }),
            Verdict::Ready => {}
        }
        if matches!(model.verdict, Verdict::Ready | Verdict::Unknown) && situation.known.failed(model) {
            warnings.push(Warning::FailedCheck { name: name() });
        }
    }
    if !automatic && !situation.dialect.tells_context() {
        warnings.push(Warning::ContextNotSettable {});
    }
    warnings
}

/// What to know of the context that OpenClaw will ask for once this is written, whoever wrote it.
fn context_warnings(situation: Situation<'_>, primary: &str, wanted: &Edits) -> Vec<Warning> {
    let model = situation.installed.unwrap_or_default().iter().find(|model| model.id == primary);
    let Some(model) = model.filter(|model| model.verdict != Verdict::Cloud) else { return Vec::new() };
    let mut after = situation.value.clone();
    for edit in &wanted.edits {
        // One that has no place is refused later, with the text to paste.
        let _ = edit::apply(&mut after, edit);
    }
    let told = Settings::of(&after);
    let mode = told.mode(situation.key || wanted.write_key);
    let asked = Asking { told: &told, mode, dialect: situation.dialect }.context(model);
    // A version that cannot be told runs Ollama's own default, or the model's; what fits is said of the model's.
    let tokens = asked.unwrap_or_else(|| provider::running_context(model, None, &situation.known));
    let mut warnings: Vec<Warning> = too_big(model, tokens, situation).into_iter().collect();
    if mode == Mode::Pinned && tokens < LEAST_CONTEXT {
        let name = primary.to_owned();
        warnings.push(Warning::ContextSmall { name, tokens, guessed: !model.context_known });
    }
    warnings
}

/// A primary that does not fit this computer with the context that will run.
fn too_big(model: &Model, tokens: u64, situation: Situation<'_>) -> Option<Warning> {
    let fit = fit::fit(model, tokens, &situation.known);
    let (need_bytes, have_bytes) = (fit.need_bytes?, fit.memory_bytes?);
    let name = model.id.clone();
    (fit.verdict == FitVerdict::TooBig).then_some(Warning::TooBig { name, need_bytes, have_bytes, tokens })
}

fn path(keys: &[&str]) -> Vec<Step> {
    keys.iter().map(|key| Step::from(*key)).collect()
}

fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests;
