//! The provider entry of the pinned way: address, api, key, limits, and the list of models, in the form that this
//! version accepts. What the user wrote stays; what this version refuses goes.

use serde_json::{Map, json};

use super::{Situation, distinct, path};
use crate::{
    models::{
        fit::{self, DEFAULT_CONTEXT, Known},
        model::{Input, Model},
    },
    ollama::{
        address::{Address, Slip, lacks_scheme, slip},
        names,
    },
    openclaw::{
        dialect::Dialect,
        document::{Edit, Step, Value},
        outcome::{ListedModel, Warning},
        settings::{self, KEY_VALUE, PROVIDER, Sends, TURN_TIMEOUT},
    },
};

/// Slow computers are the largest group of complaints: OpenClaw gives up after this many seconds.
pub(super) const TIMEOUT_SECONDS: u64 = 300;
/// How long Ollama keeps the model loaded between two questions.
const KEEP_ALIVE: &str = "15m";
/// How long where reading OpenClaw's instructions anew takes minutes: a day of work, and the night before it.
pub(super) const KEEP_LOADED: &str = "24h";

/// Keys of a model that came after `params`: older versions refuse them (measured on 9.6 and on those before 5.28).
const NEWER_KEYS: [&str; 5] = ["baseUrl", "thinkingLevelMap", "agentRuntime", "mediaInput", "metadataSource"];

/// What shall be listed.
pub(super) struct Listing<'a> {
    /// Ids as the server lists them; an entry is made or completed for each.
    pub(super) pinned: &'a [String],
    /// The exact list, when the user gave one.
    pub(super) exact: Option<&'a [ListedModel]>,
    /// The context that shall run, when the user said.
    pub(super) context: Option<u64>,
    /// Seconds that OpenClaw shall wait, when the user said.
    pub(super) timeout: Option<u64>,
    /// The model that stays loaded, when the user said.
    pub(super) kept: Option<&'a str>,
}

impl<'a> Listing<'a> {
    /// These models, and nothing else asked.
    pub(super) const fn of(pinned: &'a [String]) -> Self {
        Self { pinned, exact: None, context: None, timeout: None, kept: None }
    }
}

pub(super) fn provider(
    edits: &mut Vec<Edit>,
    warnings: &mut Vec<Warning>,
    situation: Situation<'_>,
    listing: &Listing<'_>,
) {
    let present = situation.value.get_path(&PROVIDER);
    let missing = |key: &str| present.and_then(|entry| entry.get(key)).is_none();
    let mut set = |key: &str, value: Value| edits.push(Edit::Set { path: of_provider(key), value });
    if !same_base_url(present, situation) {
        set("baseUrl", base_url(situation));
    }
    set("api", if situation.dialect.native { "ollama" } else { "openai-completions" }.into());
    // A reference that is set nowhere has put gateways into a restart loop.
    let dangling = |key: &Value| {
        let names = key.as_str().map(settings::variables_in).unwrap_or_default();
        names.iter().any(|name| situation.unset.contains(name))
    };
    let key = present.and_then(|entry| entry.get("apiKey"));
    if key.is_none_or(|key| !settings::is_key(key) || dangling(key)) {
        set("apiKey", KEY_VALUE.into());
    }
    if situation.dialect.params {
        if let Some(seconds) = listing.timeout {
            set("timeoutSeconds", json!(seconds).into());
        } else if missing("timeoutSeconds") {
            set("timeoutSeconds", json!(TIMEOUT_SECONDS).into());
        }
    }
    turn_timeout(edits, situation, listing);
    refused_keys(edits, present, situation.dialect);
    list(edits, warnings, situation, listing);
}

/// A turn that must end sooner would end the wait with it.
fn turn_timeout(edits: &mut Vec<Edit>, situation: Situation<'_>, listing: &Listing<'_>) {
    let Some(seconds) = listing.timeout.filter(|_| situation.dialect.params) else { return };
    let turn = situation.value.get_path(&TURN_TIMEOUT).and_then(Value::as_u64);
    if turn.is_some_and(|turn| turn > 0 && turn < seconds) {
        edits.push(Edit::Set { path: path(&TURN_TIMEOUT), value: json!(seconds).into() });
    }
}

/// Makes or completes an entry for each pinned model; of an exact list, what is not in it goes.
pub(super) fn list(
    edits: &mut Vec<Edit>,
    warnings: &mut Vec<Warning>,
    situation: Situation<'_>,
    listing: &Listing<'_>,
) {
    let at = of_provider("models");
    let present = situation.value.get_path(&PROVIDER).and_then(|entry| entry.get("models"));
    let installed = situation.installed.unwrap_or_default();
    let entry = |id: &str, present: Option<&Value>| {
        let model = installed.iter().find(|model| model.id == id)?;
        let own = listing.exact.unwrap_or_default().iter().find(|listed| names::same(&listed.id, id));
        let entry = model_entry(model, present, situation, listing, own);
        Some(Value::from(serde_json::Value::Object(entry)))
    };
    let Some(listed) = present.and_then(Value::as_array) else {
        let all = listing.pinned.iter().filter_map(|id| entry(id, None)).collect();
        edits.push(Edit::Set { path: at, value: Value::Array(all) });
        return;
    };
    let step = |index: usize| [at.clone(), vec![Step::Index(index)]].concat();
    let names_it = |model: &Value, name: &str| settings::id(model).is_some_and(|id| names::same(id, name));
    for name in listing.pinned {
        // Written exactly so, else the same by Ollama's rules.
        let exactly = listed.iter().position(|model| settings::id(model) == Some(name));
        let index = exactly.or_else(|| listed.iter().position(|model| names_it(model, name)));
        let Some(value) = entry(name, index.and_then(|index| listed.get(index))) else { continue };
        edits.push(match index {
            Some(index) => Edit::Merge { path: step(index), value },
            None => Edit::Append { path: at.clone(), value },
        });
    }
    if listing.exact.is_some() {
        let stays = |model: &Value| listing.pinned.iter().any(|name| names_it(model, name));
        let gone: Vec<usize> =
            (0..listed.len()).filter(|index| !listed.get(*index).is_some_and(stays)).collect();
        let names = gone.iter().filter_map(|index| settings::id(listed.get(*index)?)).map(str::to_owned);
        let names = distinct(names);
        if !names.is_empty() {
            warnings.push(Warning::DropsModels { names });
        }
        // From the end, so that the places before stay.
        edits.extend(gone.into_iter().rev().map(|index| Edit::Remove { path: step(index) }));
    }
}

/// Keys of a newer version stop the gateway of an older one.
fn refused_keys(edits: &mut Vec<Edit>, present: Option<&Value>, dialect: Dialect) {
    let mut remove = |path: Vec<Step>| edits.push(Edit::Remove { path });
    for refused in refused(present, dialect) {
        remove([path(&PROVIDER), refused].concat());
    }
}

/// What of the provider entry this version refuses: paths within the entry.
pub(crate) fn refused(present: Option<&Value>, dialect: Dialect) -> Vec<Vec<Step>> {
    let Some(present) = present else { return Vec::new() };
    let mut found = Vec::new();
    if !dialect.params && present.get("timeoutSeconds").is_some() {
        found.push(path(&["timeoutSeconds"]));
    }
    // Another spelling of `baseUrl`, which every version refuses.
    if present.get("baseURL").is_some() {
        found.push(path(&["baseURL"]));
    }
    let models = present.get("models").and_then(Value::as_array).unwrap_or_default();
    for (index, model) in models.iter().enumerate() {
        let keys: [(&[&str], bool); 3] = [
            (&["contextTokens"], dialect.context_tokens),
            (&["params"], dialect.params),
            (&["compat", "supportsTools"], dialect.supports_tools_key),
        ];
        let newer = NEWER_KEYS.iter().map(|key| (std::slice::from_ref(key), dialect.params));
        for (key, accepted) in keys.into_iter().chain(newer) {
            if !accepted && model.get_path(key).is_some() {
                found.push([path(&["models"]), vec![Step::Index(index)], path(key)].concat());
            }
        }
    }
    found
}

/// The keys of a model's entry. Of one that is there, values of the user's stay: only what is missing is
/// added, its name is spelled as the server lists it, and an asked context is set.
fn model_entry(
    model: &Model,
    present: Option<&Value>,
    situation: Situation<'_>,
    listing: &Listing<'_>,
    own: Option<&ListedModel>,
) -> Map<String, serde_json::Value> {
    let (dialect, context) = (situation.dialect, listing.context);
    // A window that the user wrote by hand is what the model shall have.
    let written = present.and_then(|present| present.get("contextWindow")).and_then(Value::as_u64);
    let own_window = own.and_then(|own| own.context_window);
    let own_most = own.and_then(|own| own.max_tokens);
    let by_hand = own_window.or(written);
    // What a newer or older version was told to run, in a key that goes: it moves to the key that this one reads.
    let told = present.and_then(Sends::of).and_then(|told| told.num_ctx.or(told.context_tokens));
    let moved = told.filter(|_| context.is_none() && own_window.is_none());
    let running = match moved {
        Some(tokens) => running_context(model, Some(tokens), &situation.known),
        None => running_context(model, context, &situation.known)
            .min(by_hand.filter(|_| context.is_none()).unwrap_or(u64::MAX)),
    };
    // From 2.17 to 4.14 `contextWindow` is what runs: the model's own maximum can exhaust the memory.
    let sends_window = dialect.native && !dialect.context_tokens;
    let window = if sends_window { running } else { own_window.unwrap_or(model.context_window) };
    let inputs: Vec<&str> =
        model.input.iter().map(|input| if *input == Input::Image { "image" } else { "text" }).collect();
    // What runs follows what the user says of the window, too.
    let asked = context.is_some() || own_window.is_some();
    let mut all = vec![
        ("id", json!(model.id), true),
        ("name", json!(model.id), false),
        ("reasoning", json!(model.reasoning.unwrap_or(false)), false),
        ("input", json!(inputs), false),
        ("cost", json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 }), false),
        (
            "contextWindow",
            json!(window),
            own_window.is_some() || ((context.is_some() || moved.is_some()) && sends_window),
        ),
    ];
    if dialect.context_tokens {
        all.push(("contextTokens", json!(running), asked));
    }
    all.push(("maxTokens", json!(own_most.unwrap_or(model.max_tokens)), own_most.is_some()));
    if dialect.supports_tools_key && model.tools == Some(false) {
        all.push(("compat", json!({ "supportsTools": false }), false));
    }
    let mut entry: Map<String, serde_json::Value> = all
        .into_iter()
        .filter(|(key, _, always)| *always || present.and_then(|present| present.get(key)).is_none())
        .map(|(key, value, _)| (key.to_owned(), value))
        .collect();
    if dialect.params {
        let kept = listing.kept == Some(model.id.as_str());
        let params = params(present, running, asked, kept);
        if !params.is_empty() {
            entry.insert("params".into(), serde_json::Value::Object(params));
        }
    }
    entry
}

/// `params` goes with `contextTokens`: what a present entry says there is what shall run.
fn params(present: Option<&Value>, running: u64, asked: bool, kept: bool) -> Map<String, serde_json::Value> {
    let has = |key: &str| present.and_then(|present| present.get_path(&["params", key])).is_some();
    let told = present.and_then(|present| present.get("contextTokens")).and_then(Value::as_u64);
    let mut params = Map::new();
    if asked || !has("num_ctx") {
        params.insert("num_ctx".into(), json!(told.filter(|_| !asked).unwrap_or(running)));
    }
    if kept {
        params.insert("keep_alive".into(), json!(KEEP_LOADED));
    } else if !has("keep_alive") {
        params.insert("keep_alive".into(), json!(KEEP_ALIVE));
    }
    params
}

/// The context that Ollama shall run: as asked, never more than the model has; else the one to recommend here.
pub(super) fn running_context(model: &Model, context: Option<u64>, known: &Known<'_>) -> u64 {
    let Some(asked) = context else { return fit::recommended_context(model, known, DEFAULT_CONTEXT) };
    if model.context_known { asked.min(model.context_window) } else { asked }
}

/// Native versions take the address as it is; older ones speak the OpenAI API under `/v1`.
pub(super) fn base_url(situation: Situation<'_>) -> Value {
    let address = situation.address;
    Value::String(if situation.dialect.native { address.to_string() } else { format!("{address}/v1") })
}

/// The address that is there means the same and has the form of this version: it stays as written.
fn same_base_url(provider: Option<&Value>, situation: Situation<'_>) -> bool {
    let Some(present) = provider.and_then(|entry| entry.get("baseUrl")).and_then(Value::as_str) else {
        return false;
    };
    // One that we cannot read is the user's own way (a reference, a password): it stays unless another is asked for.
    let Ok(read) = Address::parse(present) else { return !situation.address_asked };
    // Read as the address to connect to, and yet not fit to stand there.
    if slip(present) == Some(Slip::Wildcard) || lacks_scheme(present) {
        return false;
    }
    let openai = present.trim_end_matches('/').ends_with("/v1");
    openai != situation.dialect.native && read == *situation.address
}

/// A key of the provider entry.
pub(super) fn of_provider(key: &str) -> Vec<Step> {
    [path(&PROVIDER), path(&[key])].concat()
}
