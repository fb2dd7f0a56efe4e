//! What a change really changes, as codes with parameters: from the settings before and after it, not from what was
//! asked. Pure; the preview's one sentence, the notice and the history speak from it.

use serde_json::{Map, Value as Json};

use super::{
    dialect::Dialect,
    document::Value,
    outcome::{Effect, Mode, SetMode},
    settings::{LOCAL, PREFIX, PROVIDER, Sends, Settings},
};
use crate::ollama::{address::Address, names};

/// Kept for so many seconds a model is there for one question after the other, and that goes without saying.
const HOUR: u64 = 60 * 60;

/// Both sides of a change.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The settings before; an empty object when there was no file.
    pub before: &'a Value,
    /// The settings after.
    pub after: &'a Value,
    /// What this OpenClaw accepts: where it keeps the context that runs.
    pub dialect: Dialect,
    /// OpenClaw's service saw `OLLAMA_API_KEY` from outside the file before.
    pub key: bool,
    /// The key is put beside the file.
    pub writes_key: bool,
    /// The user asked for a context: it is worth a word for models that are new in the list, too.
    pub context_asked: bool,
    /// Agents' own files get the address.
    pub refreshes_agents: bool,
}

/// What changes, in the order in which it is said. Empty when nothing does.
#[must_use]
pub fn effects(sides: Sides<'_>) -> Vec<Effect> {
    let (old, new) = (Settings::of(sides.before), Settings::of(sides.after));
    let mut effects = Vec::new();
    let modes = (old.mode(sides.key), new.mode(sides.key || sides.writes_key));
    let way = way(modes);
    effects.extend(way.clone().filter(|way| matches!(way, Effect::Connect { .. })));
    let model = model(&old, &new);
    effects.extend(model.clone());
    let fallbacks = fallbacks(&old, &new);
    effects.extend(fallbacks.clone());
    effects.extend(way.clone().filter(|way| matches!(way, Effect::Mode { .. })));
    let address = address(&old, &new);
    effects.extend(address.clone());

    let chosen = Chosen { model: model.is_some(), fallbacks: fallbacks.is_some(), settings: &new };
    // That the chosen models are listed goes without saying.
    let added = distinct(new.listed.iter().filter(|id| !has(&old.listed, id) && !chosen.names(id)));
    if !added.is_empty() {
        effects.push(Effect::ListAdded { names: added });
    }
    let removed = distinct(old.listed.iter().filter(|id| !has(&new.listed, id)));
    if !removed.is_empty() {
        effects.push(Effect::ListRemoved { names: removed });
    }
    let context = context(sides);
    let running: Vec<String> = context.iter().map(|(id, _)| id.clone()).collect();
    effects.extend(context_effect(&context));
    let numbers = numbers(sides, &running);
    if !numbers.is_empty() {
        effects.push(Effect::Numbers { names: numbers.clone() });
    }
    let timeout = timeout(&old, &new, sides.dialect);
    effects.extend(timeout.clone());
    let kept = kept(sides);
    if !kept.is_empty() {
        effects.push(Effect::KeptLoaded { names: kept.clone() });
    }
    if sides.writes_key {
        effects.push(Effect::Key {});
    }
    let gateway = old.gateway_mode.is_none() && new.gateway_mode.as_deref() == Some(LOCAL);
    if gateway {
        effects.push(Effect::Gateway {});
    }
    let token = !old.gateway_token && new.gateway_token;
    if token {
        effects.push(Effect::GatewayToken {});
    }

    let respelled = model.is_none() && old.primary != new.primary
        || fallbacks.is_none() && old.fallbacks != new.fallbacks;
    let spoken = Spoken {
        choice: model.is_some() || fallbacks.is_some(),
        provider: way.is_some(),
        address: address.is_some(),
        gateway,
        timeout: timeout.is_some(),
        kept: &kept,
        token,
        listed: (&old.listed, &new.listed),
        context: &running,
        numbers: &numbers,
    };
    let more = remainder(sides.before, &spoken) != remainder(sides.after, &spoken);
    if respelled || more || (sides.refreshes_agents && address.is_none()) {
        effects.push(Effect::InOrder {});
    }
    effects
}

fn way((before, after): (Mode, Mode)) -> Option<Effect> {
    let mode = match after {
        _ if before == after => return None,
        Mode::Pinned => SetMode::Pinned,
        Mode::Automatic => SetMode::Automatic,
        Mode::Off => return None,
    };
    Some(if before == Mode::Off { Effect::Connect { mode } } else { Effect::Mode { mode } })
}

fn model(old: &Settings, new: &Settings) -> Option<Effect> {
    let name = new.primary.as_deref()?;
    let before = old.primary.as_deref();
    if before.is_some_and(|before| means_same(before, name)) {
        return None;
    }
    Some(Effect::Model { name: plain(name), before: before.map(plain) })
}

fn fallbacks(old: &Settings, new: &Settings) -> Option<Effect> {
    let (old, new) = (&old.fallbacks, &new.fallbacks);
    if old.len() == new.len() && old.iter().zip(new).all(|(old, new)| means_same(old, new)) {
        return None;
    }
    let names = new.iter().map(|name| plain(name)).collect();
    let known = |name: &String| old.iter().any(|other| means_same(other, name));
    Some(if new.is_empty() {
        Effect::FallbacksGone {}
    } else if old.len() == new.len() && new.iter().all(known) {
        Effect::FallbacksOrder { names }
    } else {
        Effect::Fallbacks { names }
    })
}

/// Where OpenClaw asks Ollama: without an address in the settings, at the usual one. One that cannot be read (a
/// reference) counts as it is written.
fn address(old: &Settings, new: &Settings) -> Option<Effect> {
    let of = |settings: &Settings| match settings.base_url.as_deref() {
        None => Address::default().to_string(),
        Some(written) => Address::parse(written).map_or_else(
            |_| super::secrets::masked_address(written),
            |address| super::secrets::masked_address(&address.to_string()),
        ),
    };
    let url = of(new);
    (url != of(old)).then_some(Effect::Address { url })
}

/// The models whose context that runs is another one afterwards, with it.
fn context(sides: Sides<'_>) -> Vec<(String, u64)> {
    let running = |entry: &Value| Sends::of(entry)?.asks(sides.dialect);
    let before = entries(sides.before);
    let mut found: Vec<(String, u64)> = Vec::new();
    for (id, entry) in entries(sides.after) {
        let was = before.iter().find(|(other, _)| names::same(other, id)).map(|(_, entry)| *entry);
        let Some(tokens) = running(entry) else { continue };
        let told = match was {
            Some(was) => running(was) != Some(tokens),
            None => sides.context_asked,
        };
        if told && !found.iter().any(|(known, _)| known == id) {
            found.push((id.to_owned(), tokens));
        }
    }
    found
}

fn context_effect(context: &[(String, u64)]) -> Option<Effect> {
    let (_, first) = context.first()?;
    let tokens = context.iter().all(|(_, tokens)| tokens == first).then_some(*first);
    Some(Effect::Context { names: context.iter().map(|(id, _)| id.clone()).collect(), tokens })
}

/// How long OpenClaw waits, where that is another time; writing what it does anyway changes nothing.
fn timeout(old: &Settings, new: &Settings, dialect: Dialect) -> Option<Effect> {
    let seconds = new.gives_up_after(dialect)?;
    (new.timeout.is_some() && old.gives_up_after(dialect) != Some(seconds))
        .then_some(Effect::Timeout { seconds })
}

/// The models that stay loaded for hours, and did not.
fn kept(sides: Sides<'_>) -> Vec<String> {
    let before = entries(sides.before);
    let kept = |entry: &Value| Sends::of(entry)?.kept_seconds.filter(|seconds| *seconds > HOUR);
    let is_new = |(id, entry): &&(&str, &Value)| {
        let was = before.iter().find(|(other, _)| names::same(other, id)).and_then(|(_, entry)| kept(entry));
        kept(entry).is_some() && kept(entry) != was
    };
    let after = entries(sides.after);
    distinct(after.iter().filter(is_new).map(|(id, _)| (*id).to_owned()).collect::<Vec<_>>().iter())
}

/// Models that stay in the list with another `maxTokens`, or another `contextWindow` beside the same context.
fn numbers(sides: Sides<'_>, running: &[String]) -> Vec<String> {
    let before = entries(sides.before);
    let after = entries(sides.after);
    let differ = after.iter().enumerate().filter(|(place, (id, entry))| {
        // Of several entries of one model each is compared with its own.
        let same = |other: &&(&str, &Value)| names::same(other.0, id);
        let earlier = after.iter().take(*place).filter(same).count();
        let Some((_, was)) = before.iter().filter(same).nth(earlier) else { return false };
        let number = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_u64);
        let other = |key: &str| number(was, key).is_some_and(|was| Some(was) != number(entry, key));
        other("maxTokens") || (other("contextWindow") && !running.iter().any(|known| known == id))
    });
    distinct(differ.map(|(_, (id, _))| (*id).to_owned()).collect::<Vec<_>>().iter())
}

fn entries(value: &Value) -> Vec<(&str, &Value)> {
    let models = value.get_path(&PROVIDER).and_then(|provider| provider.get("models"));
    let models = models.and_then(Value::as_array).unwrap_or_default();
    models.iter().filter_map(|model| Some((super::settings::id(model)?, model))).collect()
}

/// The models that the choice names, where that changed.
struct Chosen<'a> {
    model: bool,
    fallbacks: bool,
    settings: &'a Settings,
}

impl Chosen<'_> {
    fn names(&self, id: &str) -> bool {
        let is = |reference: &str| reference.strip_prefix(PREFIX).is_some_and(|name| names::same(name, id));
        self.model && self.settings.primary.as_deref().is_some_and(is)
            || self.fallbacks && self.settings.fallbacks.iter().any(|reference| is(reference))
    }
}

/// What other effects speak of already.
struct Spoken<'a> {
    choice: bool,
    provider: bool,
    address: bool,
    gateway: bool,
    timeout: bool,
    kept: &'a [String],
    token: bool,
    listed: (&'a [String], &'a [String]),
    context: &'a [String],
    numbers: &'a [String],
}

/// The settings without what other effects speak of: where two of these differ, something else was put in order.
fn remainder(value: &Value, spoken: &Spoken<'_>) -> Json {
    let mut json = value.to_json();
    if let Some(defaults) = object(&mut json, "/agents/defaults") {
        match defaults.get_mut("model") {
            Some(Json::Object(model)) => {
                model.remove("primary");
                model.remove("fallbacks");
            }
            Some(Json::String(_)) => drop(defaults.remove("model")),
            _ => {}
        }
        if spoken.timeout {
            defaults.remove("timeoutSeconds");
        }
        // The chosen models are let in by the list of those that are allowed.
        if spoken.choice {
            defaults.remove("models");
        }
    }
    if spoken.provider {
        if let Some(providers) = object(&mut json, "/models/providers") {
            providers.remove("ollama");
        }
    } else if let Some(provider) = object(&mut json, "/models/providers/ollama") {
        if spoken.address {
            provider.remove("baseUrl");
        }
        if spoken.timeout {
            provider.remove("timeoutSeconds");
        }
        if let Some(Json::Array(models)) = provider.get_mut("models") {
            models.retain(|model| id(model).is_none_or(|id| stays(spoken, id)));
            models.iter_mut().for_each(|model| without_numbers(model, spoken));
        }
    }
    if spoken.gateway
        && let Some(gateway) = object(&mut json, "/gateway")
    {
        gateway.remove("mode");
    }
    if spoken.token
        && let Some(gateway) = object(&mut json, "/gateway")
    {
        gateway.remove("auth");
    }
    prune(&mut json);
    json
}

fn stays(spoken: &Spoken<'_>, id: &str) -> bool {
    has(spoken.listed.0, id) && has(spoken.listed.1, id)
}

fn without_numbers(model: &mut Json, spoken: &Spoken<'_>) {
    let Some(id) = id(model).map(str::to_owned) else { return };
    let Json::Object(entry) = model else { return };
    if has(spoken.context, &id) {
        entry.remove("contextWindow");
        entry.remove("contextTokens");
        if let Some(Json::Object(params)) = entry.get_mut("params") {
            params.remove("num_ctx");
        }
    }
    if has(spoken.kept, &id)
        && let Some(Json::Object(params)) = entry.get_mut("params")
    {
        params.remove("keep_alive");
    }
    if has(spoken.numbers, &id) {
        entry.remove("contextWindow");
        entry.remove("maxTokens");
    }
}

fn id(model: &Json) -> Option<&str> {
    model.get("id").and_then(Json::as_str)
}

fn object<'a>(json: &'a mut Json, pointer: &str) -> Option<&'a mut Map<String, Json>> {
    json.pointer_mut(pointer).and_then(Json::as_object_mut)
}

/// Takes empty objects out: one that is made to hold something says nothing itself.
fn prune(json: &mut Json) {
    if let Json::Object(entries) = json {
        entries.values_mut().for_each(prune);
        entries.retain(|_, value| value.as_object().is_none_or(|inner| !inner.is_empty()));
    }
}

/// A model as people know it: without Ollama's own prefix, another provider's as it is written.
fn plain(reference: &str) -> String {
    reference.strip_prefix(PREFIX).unwrap_or(reference).to_owned()
}

/// Both mean one model. A bare name is read as Ollama's: that is what people mean by it.
fn means_same(one: &str, other: &str) -> bool {
    let bare = |reference: &str| !reference.contains('/');
    let id = |reference: &str| reference.strip_prefix(PREFIX).map(str::to_owned);
    let (first, second) = (id(one), id(other));
    one == other
        || match (first, second) {
            (Some(first), Some(second)) => names::same(&first, &second),
            (Some(first), None) => bare(other) && names::same(&first, other),
            (None, Some(second)) => bare(one) && names::same(one, &second),
            (None, None) => false,
        }
}

fn has(names: &[String], id: &str) -> bool {
    names.iter().any(|name| names::same(name, id))
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !has(&seen, name) {
            seen.push(name.clone());
        }
    }
    seen
}

#[cfg(test)]
mod tests;
