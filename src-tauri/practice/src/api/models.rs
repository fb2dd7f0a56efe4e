//! Looking at models and deleting them: version, tags, show, delete, recommendations.
//! The shapes of the answers are in `shape.rs`.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State as Shared,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::body::{error, json_answer, named, not_found, object};
use crate::{
    model::ShowAnswer,
    name::{self, Name},
    shape,
    state::{Event, State},
};

pub(super) async fn version(Shared(state): Shared<Arc<State>>) -> Response {
    json_answer(StatusCode::OK, &json!({ "version": state.options.version }))
}

/// Newest first; Ollama compares whole seconds and leaves the rest in any order.
pub(super) async fn tags(Shared(state): Shared<Arc<State>>) -> Response {
    let mut models = state.read().models.clone();
    models.sort_by(|a, b| second(&b.modified_at).cmp(second(&a.modified_at)));
    let entries: Vec<Value> = models.iter().map(shape::tags_entry).collect();
    json_answer(StatusCode::OK, &json!({ "models": entries }))
}

fn second(timestamp: &str) -> &str {
    timestamp.get(..19).unwrap_or(timestamp)
}

pub(super) async fn show(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let verbose = asked.get("verbose").and_then(Value::as_bool).unwrap_or(false);
    let asked = named(&asked);
    if asked.is_empty() {
        return error(StatusCode::BAD_REQUEST, "model is required");
    }
    let Some(name) = Name::parse(asked) else {
        return error(StatusCode::BAD_REQUEST, "invalid model name");
    };
    let Some(model) = state.read().model(asked).cloned() else {
        return not_found(&name.short());
    };
    match &model.show {
        ShowAnswer::Full => json_answer(StatusCode::OK, &shape::show(&model, verbose)),
        ShowAnswer::Fails(status, text) => {
            error(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text)
        }
        ShowAnswer::Text(text) => {
            let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
            (kind, Body::from(text.clone())).into_response()
        }
        ShowAnswer::Silent => std::future::pending().await,
    }
}

pub(super) async fn delete(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let asked = named(&asked);
    if Name::parse(asked).is_none() {
        return error(StatusCode::BAD_REQUEST, &format!("name \"{asked}\" is invalid"));
    }
    let deleted = state.change(|inner| {
        let listed = inner.model(asked)?.name.clone();
        inner.models.retain(|model| model.name != listed);
        inner.loaded.retain(|loaded| !name::same(&loaded.model, &listed));
        let digests: Vec<String> = inner
            .entry(asked)
            .map(|entry| entry.layers.iter().map(|layer| layer.digest.clone()).collect())
            .unwrap_or_default();
        for digest in digests {
            inner.blobs.remove(&digest);
        }
        inner.events.push(Event::Deleted { model: listed });
        Some(())
    });
    match deleted {
        Some(()) => StatusCode::OK.into_response(),
        None => not_found(asked),
    }
}

/// A curated list, as Ollama sends it since 0.22.1.
pub(super) async fn recommendations() -> Response {
    let list = json!({ "recommendations": [
        { "model": "qwen3.5", "description": "Reasoning, coding, and visual understanding locally",
          "context_length": 262_144, "vram_bytes": 11_000_000_000_u64 },
        { "model": "gemma4", "description": "Reasoning and code generation locally",
          "context_length": 131_072, "vram_bytes": 16_000_000_000_u64 },
        { "model": "gpt-oss:20b", "description": "Reasoning and agentic tasks locally",
          "context_length": 131_072, "vram_bytes": 16_000_000_000_u64 },
        { "model": "granite4.1:8b", "description": "Tools and long documents locally",
          "context_length": 131_072, "vram_bytes": 8_000_000_000_u64 },
        { "model": "gpt-oss:120b-cloud", "description": "Reasoning on ollama.com" },
    ] });
    json_answer(StatusCode::OK, &list)
}
