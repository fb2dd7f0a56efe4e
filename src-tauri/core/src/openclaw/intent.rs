//! From what the user wants to edits of OpenClaw's file, in the form that its version accepts. Pure.
//! What is there is understood first: foreign keys, models listed by hand and their values are kept.

use serde_json::{Map, json};

use super::{
    dialect::Dialect,
    document::{Edit, Step, Value},
    outcome::{UseRequest, Warning},
    settings::{self, KEY_VALUE, PREFIX, Settings},
};
use crate::{
    error::{Error, ErrorCode},
    models::{
        catalogue::LEAST_CONTEXT,
        model::{Input, Model, Verdict},
    },
    ollama::{address::Address, names},
};

/// OpenClaw's own cap for models that it discovers, and a sane default (measured).
const DEFAULT_CONTEXT: u64 = 32_768;
/// Slow computers are the largest group of complaints: OpenClaw gives up after this many seconds.
const TIMEOUT_SECONDS: u64 = 300;
/// How long Ollama keeps the model loaded between two questions.
const KEEP_ALIVE: &str = "15m";

/// Everything that a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The file's value; an empty object when there is no file.
    pub value: &'a Value,
    /// What the server has; `None` when it does not answer.
    pub installed: Option<&'a [Model]>,
    /// Where Ollama is.
    pub address: &'a Address,
    /// What OpenClaw accepts.
    pub dialect: Dialect,
}

/// What to do to the file, and what to tell the user first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edits {
    /// In the order in which they are applied.
    pub edits: Vec<Edit>,
    /// What to know first.
    pub warnings: Vec<Warning>,
}

/// Makes `request.primary` OpenClaw's model, pinned.
///
/// # Errors
/// `model.not-installed` with the nearest names; without a server also for a model that the file does not
/// describe already.
pub fn use_model(request: &UseRequest, situation: Situation<'_>) -> Result<Edits, Error> {
    let settings = Settings::of(situation.value);
    let names = Names { settings: &settings, installed: situation.installed };
    let primary = names.resolve(&request.primary)?;
    let fallbacks = match &request.fallbacks {
        None => settings.fallbacks.iter().map(|reference| names.respell(reference)).collect(),
        Some(asked) => asked.iter().map(|name| names.reference(name)).collect::<Result<Vec<_>, _>>()?,
    };
    let primary_reference = format!("{PREFIX}{primary}");
    let fallbacks = distinct(fallbacks.into_iter().filter(|reference| *reference != primary_reference));

    let mut pinned = vec![primary.clone()];
    pinned.extend(fallbacks.iter().filter_map(|reference| reference.strip_prefix(PREFIX)).map(str::to_owned));
    for name in &request.models {
        pinned.push(names.resolve(name)?);
    }
    if request.all_ready {
        let ready =
            situation.installed.unwrap_or_default().iter().filter(|model| model.verdict == Verdict::Ready);
        pinned.extend(ready.map(|model| model.id.clone()));
    }
    let pinned = distinct(pinned);

    let mut result = Edits::default();
    provider(&mut result.edits, situation, &pinned, request.context);
    choice(&mut result.edits, situation.value, &settings, &primary_reference, &fallbacks);
    allow(&mut result.edits, situation.value, [&primary_reference].into_iter().chain(&fallbacks));
    result.warnings = warnings(situation, &primary, request.context);
    Ok(result)
}

/// Points the provider at `situation.address`; nothing when there is no provider entry.
#[must_use]
pub fn use_address(situation: Situation<'_>) -> Edits {
    let mut result = Edits::default();
    if Settings::of(situation.value).base_url.is_some() {
        let value = base_url(situation);
        result.edits.push(Edit::Set { path: path(&["models", "providers", "ollama", "baseUrl"]), value });
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

/// Spells names as the server lists them, or, without a server, as the file does.
struct Names<'a> {
    settings: &'a Settings,
    installed: Option<&'a [Model]>,
}

impl Names<'_> {
    fn resolve(&self, name: &str) -> Result<String, Error> {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        names::ModelName::parse(name)?;
        let known: Vec<&str> = match self.installed {
            Some(models) => models.iter().map(|model| model.id.as_str()).collect(),
            None => self.settings.listed.iter().map(String::as_str).collect(),
        };
        names::find(name, known.iter().copied()).map(str::to_owned).ok_or_else(|| {
            let nearest = names::nearest(name, known);
            ErrorCode::ModelNotInstalled { name: name.into(), nearest }.into()
        })
    }

    /// A fallback as given: a model of Ollama's, or one of another provider's that is there already.
    fn reference(&self, name: &str) -> Result<String, Error> {
        if self.settings.fallbacks.iter().any(|present| present == name) && !name.starts_with(PREFIX) {
            return Ok(name.to_owned());
        }
        Ok(format!("{PREFIX}{}", self.resolve(name)?))
    }

    /// A present reference, spelled as the server lists it when it is there.
    fn respell(&self, reference: &str) -> String {
        let resolved = reference.strip_prefix(PREFIX).and_then(|name| self.resolve(name).ok());
        resolved.map_or_else(|| reference.to_owned(), |id| format!("{PREFIX}{id}"))
    }
}

fn provider(edits: &mut Vec<Edit>, situation: Situation<'_>, pinned: &[String], context: Option<u64>) {
    let at = ["models", "providers", "ollama"];
    let present = situation.value.get_path(&at);
    let missing = |key: &str| present.and_then(|entry| entry.get(key)).is_none();
    let mut set =
        |key: &str, value: Value| edits.push(Edit::Set { path: path(&[&at[..], &[key]].concat()), value });
    if !same_base_url(present, situation) {
        set("baseUrl", base_url(situation));
    }
    set("api", if situation.dialect.native { "ollama" } else { "openai-completions" }.into());
    if missing("apiKey") {
        set("apiKey", KEY_VALUE.into());
    }
    if situation.dialect.params && missing("timeoutSeconds") {
        set("timeoutSeconds", json!(TIMEOUT_SECONDS).into());
    }
    let list = [&at[..], &["models"]].concat();
    let listed = present.and_then(|entry| entry.get("models")).and_then(Value::as_array);
    let installed = situation.installed.unwrap_or_default();
    let entry = |id: &str, present: Option<&Value>| {
        let model = installed.iter().find(|model| model.id == id);
        model.map(|model| model_entry(model, present, situation.dialect, context))
    };
    let Some(listed) = listed else {
        let all = pinned.iter().filter_map(|id| entry(id, None)).map(serde_json::Value::Object).collect();
        edits.push(Edit::Set { path: path(&list), value: serde_json::Value::Array(all).into() });
        return;
    };
    for name in pinned {
        let index =
            listed.iter().position(|model| settings::id(model).is_some_and(|id| names::same(id, name)));
        let step = |index| [path(&list), vec![Step::Index(index)]].concat();
        match index {
            Some(index) => {
                if let Some(entry) = entry(name, listed.get(index)) {
                    edits.push(Edit::Merge {
                        path: step(index),
                        value: serde_json::Value::Object(entry).into(),
                    });
                }
            }
            None => {
                if let Some(entry) = entry(name, None) {
                    let element = serde_json::Value::Object(entry).into();
                    edits.push(Edit::Append { path: path(&list), value: element });
                }
            }
        }
    }
}

/// The keys of a model's entry. Of one that is there, values of the user's stay: only what is missing is
/// added, its name is spelled as the server lists it, and an asked context is set.
fn model_entry(
    model: &Model,
    present: Option<&Value>,
    dialect: Dialect,
    context: Option<u64>,
) -> Map<String, serde_json::Value> {
    // A window that the user wrote by hand is what the model shall have.
    let by_hand = present.and_then(|present| present.get("contextWindow")).and_then(Value::as_u64);
    let running =
        running_context(model, context).min(by_hand.filter(|_| context.is_none()).unwrap_or(u64::MAX));
    // From 2.17 to 4.14 `contextWindow` is what runs: the model's own maximum can exhaust the memory.
    let window = if dialect.native && !dialect.context_tokens { running } else { model.context_window };
    let inputs: Vec<&str> =
        model.input.iter().map(|input| if *input == Input::Image { "image" } else { "text" }).collect();
    let mut all = vec![
        ("id", json!(model.id), true),
        ("name", json!(model.id), false),
        ("reasoning", json!(model.reasoning.unwrap_or(false)), false),
        ("input", json!(inputs), false),
        ("cost", json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 }), false),
        ("contextWindow", json!(window), context.is_some() && dialect.native && !dialect.context_tokens),
    ];
    if dialect.context_tokens {
        all.push(("contextTokens", json!(running), context.is_some()));
    }
    all.push(("maxTokens", json!(model.max_tokens), false));
    if dialect.supports_tools_key && model.tools == Some(false) {
        all.push(("compat", json!({ "supportsTools": false }), false));
    }
    let mut entry: Map<String, serde_json::Value> = all
        .into_iter()
        .filter(|(key, _, always)| *always || present.and_then(|present| present.get(key)).is_none())
        .map(|(key, value, _)| (key.to_owned(), value))
        .collect();
    if dialect.params {
        let params = params(present, running, context.is_some());
        if !params.is_empty() {
            entry.insert("params".into(), serde_json::Value::Object(params));
        }
    }
    entry
}

/// `params` goes with `contextTokens`: what a present entry says there is what shall run.
fn params(present: Option<&Value>, running: u64, asked: bool) -> Map<String, serde_json::Value> {
    let has = |key: &str| present.and_then(|present| present.get_path(&["params", key])).is_some();
    let told = present.and_then(|present| present.get("contextTokens")).and_then(Value::as_u64);
    let mut params = Map::new();
    if asked || !has("num_ctx") {
        params.insert("num_ctx".into(), json!(told.filter(|_| !asked).unwrap_or(running)));
    }
    if !has("keep_alive") {
        params.insert("keep_alive".into(), json!(KEEP_ALIVE));
    }
    params
}

/// The context that Ollama shall run: as asked, never more than the model has.
fn running_context(model: &Model, context: Option<u64>) -> u64 {
    let most =
        if model.context_known { model.context_window } else { context.unwrap_or(model.context_window) };
    context.unwrap_or(DEFAULT_CONTEXT).min(most)
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
    } else {
        edits.push(Edit::Rename { path: key, to: "fallbacks".into() });
        if old.as_array().is_none() {
            let list = Value::Array(old.as_str().map(Value::from).into_iter().collect());
            edits.push(Edit::Set { path: path(&[&at[..], &["fallbacks"]].concat()), value: list });
        }
    }
}

/// An existing `agents.defaults.models` is an allow-list: a model that is not in it is refused.
fn allow<'a>(edits: &mut Vec<Edit>, value: &Value, references: impl Iterator<Item = &'a String>) {
    let at = ["agents", "defaults", "models"];
    let Some(list) = value.get_path(&at).filter(|list| list.as_object().is_some()) else { return };
    for reference in references.filter(|reference| list.get(reference).is_none()) {
        let path = [path(&at), vec![Step::Key(reference.clone())]].concat();
        edits.push(Edit::Set { path, value: Value::empty_object() });
    }
}

fn warnings(situation: Situation<'_>, primary: &str, context: Option<u64>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = || primary.to_owned();
    let model = situation.installed.unwrap_or_default().iter().find(|model| model.id == primary);
    if let Some(model) = model {
        match model.verdict {
            Verdict::Cloud => warnings.push(Warning::RunsOnline { name: name() }),
            Verdict::Unknown => warnings.push(Warning::UnknownAbilities { name: name() }),
            Verdict::ChatOnly | Verdict::Embedding => warnings.push(Warning::ChatOnly { name: name() }),
            Verdict::Ready => {}
        }
        let tokens = running_context(model, context);
        if tokens < LEAST_CONTEXT && model.verdict != Verdict::Cloud {
            warnings.push(Warning::ContextSmall { name: name(), tokens, guessed: !model.context_known });
        }
    }
    if !situation.dialect.tells_context() {
        warnings.push(Warning::ContextNotSettable {});
    }
    warnings
}

/// Native versions take the address as it is; older ones speak the OpenAI API under `/v1`.
fn base_url(situation: Situation<'_>) -> Value {
    let address = situation.address;
    Value::String(if situation.dialect.native { address.to_string() } else { format!("{address}/v1") })
}

/// The address that is there means the same and has the form of this version: it stays as written.
fn same_base_url(provider: Option<&Value>, situation: Situation<'_>) -> bool {
    let Some(present) = provider.and_then(|entry| entry.get("baseUrl")).and_then(Value::as_str) else {
        return false;
    };
    let openai = present.trim_end_matches('/').ends_with("/v1");
    openai != situation.dialect.native
        && Address::parse(present).is_ok_and(|present| present == *situation.address)
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
#[path = "intent_tests.rs"]
mod tests;
