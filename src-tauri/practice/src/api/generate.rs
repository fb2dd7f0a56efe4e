//! Loading and unloading models, and what is loaded: `/api/generate` and `/api/ps`.
//! Practice never generates text here beyond one sentence: loading is what clients use it for.

use std::{sync::Arc, time::Duration};

use axum::{body::Bytes, extract::State as Shared, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::body::{error, json_answer, named, not_found, object};
use super::reply::{self, Counts};
use crate::{
    clock,
    model::PracticeModel,
    shape,
    state::{Event, Loaded, State},
};

/// How long Ollama keeps a model after the last request, unless asked for another time.
const KEEP_ALIVE: Duration = Duration::from_secs(5 * 60);
/// "For good", as far as a date can say it.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

pub(super) async fn ps(Shared(state): Shared<Arc<State>>) -> Response {
    let inner = state.read();
    let entries: Vec<Value> = inner
        .loaded
        .iter()
        .filter_map(|loaded| {
            let model = inner.model(&loaded.model)?;
            let digest = shape::tags_entry(model).get("digest").cloned();
            // The weights, and a rough share for the conversation.
            let size = model.size + model.size / 8;
            Some(json!({
                "name": model.name,
                "model": model.name,
                "size": size,
                "digest": digest,
                "details": shape::details(model),
                "expires_at": loaded.expires_at,
                "size_vram": size / 100 * u64::from(model.on_graphics_card),
                "context_length": loaded.context,
            }))
        })
        .collect();
    drop(inner);
    json_answer(StatusCode::OK, &json!({ "models": entries }))
}

pub(super) async fn generate(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let model = match usable(&state, &asked) {
        Ok(model) => model,
        Err(refusal) => return refusal.native(),
    };
    let prompt = asked.get("prompt").and_then(Value::as_str).unwrap_or_default();
    if let Err(refusal) = load(&state, &model, &asked) {
        return refusal.native();
    }
    let mut answer = json!({
        "model": named(&asked), "created_at": clock::timestamp(Duration::ZERO), "response": "", "done": true,
    });
    if let Some(fields) = answer.as_object_mut() {
        if prompt.is_empty() {
            let reason = if wants_unloading(&asked) { "unload" } else { "load" };
            fields.insert("done_reason".into(), reason.into());
        } else {
            let words = reply::in_words(prompt);
            fields.insert("done_reason".into(), "stop".into());
            Counts::of(prompt, &words, model.pace).write(fields);
            fields.insert("response".into(), words.into());
        }
    }
    json_answer(StatusCode::OK, &answer)
}

/// Why a model cannot be used.
pub(super) enum Refusal {
    /// It is not installed. The name as it was asked for.
    NotFound(String),
    /// It is a cloud model and nobody is signed in.
    SignIn,
    /// Another status and text.
    Status(StatusCode, String),
}

impl Refusal {
    /// As the native interface says it.
    pub(super) fn native(self) -> Response {
        match self {
            Self::NotFound(name) => not_found(&name),
            Self::SignIn => json_answer(
                StatusCode::UNAUTHORIZED,
                &json!({ "error": "unauthorized", "signin_url": "https://ollama.com/connect?name=practice" }),
            ),
            Self::Status(status, text) => error(status, &text),
        }
    }
}

/// The model that is asked for, if it can be used.
pub(super) fn usable(state: &State, asked: &Map<String, Value>) -> Result<PracticeModel, Refusal> {
    let name = named(asked);
    let found = state.read().model(name).cloned();
    let model = found.ok_or_else(|| Refusal::NotFound(name.to_owned()))?;
    if model.remote.is_some() {
        return Err(Refusal::SignIn);
    }
    Ok(model)
}

/// Loads a model, or unloads it with `keep_alive` 0.
pub(super) fn load(state: &State, model: &PracticeModel, asked: &Map<String, Value>) -> Result<(), Refusal> {
    if wants_unloading(asked) {
        state.change(|inner| {
            let before = inner.loaded.len();
            inner.loaded.retain(|loaded| loaded.model != model.name);
            if inner.loaded.len() < before {
                inner.events.push(Event::Unloaded { model: model.name.clone() });
            }
        });
        return Ok(());
    }
    if let Some(text) = &model.load_error {
        return Err(Refusal::Status(StatusCode::INTERNAL_SERVER_ERROR, text.clone()));
    }
    let wished = asked.get("options").and_then(|options| options.get("num_ctx")).and_then(Value::as_u64);
    let own =
        model.parameters.iter().find(|(key, _)| key == "num_ctx").and_then(|(_, value)| value.parse().ok());
    let context = wished.or(own).unwrap_or(state.options.default_context);
    let context = model.context_length.map_or(context, |most| context.min(most));
    let expires_at = clock::timestamp(keep_alive(asked));
    state.change(|inner| {
        let known = inner.loaded.iter().any(|loaded| loaded.model == model.name);
        inner.loaded.retain(|loaded| loaded.model != model.name);
        inner.loaded.push(Loaded { model: model.name.clone(), context, expires_at });
        if !known {
            inner.events.push(Event::Loaded { model: model.name.clone() });
        }
    });
    Ok(())
}

fn wants_unloading(asked: &Map<String, Value>) -> bool {
    asked.contains_key("keep_alive") && keep_alive(asked).is_zero()
}

/// `keep_alive`: seconds as a number, or a text like `15m`; below zero: for good.
fn keep_alive(asked: &Map<String, Value>) -> Duration {
    let seconds = |number: f64| Duration::try_from_secs_f64(number).map_or(FOREVER, |time| time.min(FOREVER));
    match asked.get("keep_alive") {
        Some(Value::Number(number)) => number.as_f64().map_or(KEEP_ALIVE, seconds),
        Some(Value::String(text)) => {
            let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match text.trim_start_matches(|c: char| c.is_ascii_digit() || ".-".contains(c)) {
                "" | "s" => 1.0,
                "ms" => 0.001,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return KEEP_ALIVE,
            };
            digits.parse::<f64>().map_or(KEEP_ALIVE, |number| seconds(number * unit))
        }
        _ => KEEP_ALIVE,
    }
}
