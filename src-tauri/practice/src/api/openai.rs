//! The OpenAI-shaped side of Ollama: `/v1/models` and `/v1/chat/completions`.
//! Same models and same answers as the native side, in the other form.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State as Shared,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::{
    body::{flag, json_answer, named},
    chat::{answer, call_id, prompt_text, reply_text},
    generate::{Refusal, usable},
    reply::{self, Counts, Reply},
    stream::{ClientGone, Lines, events},
};
use crate::{clock, model::Pace, state::State};

pub(super) async fn models(Shared(state): Shared<Arc<State>>) -> Response {
    let models = state.read().models.clone();
    let data: Vec<Value> = models
        .iter()
        .map(|model| {
            json!({
                "id": model.name, "object": "model", "created": clock::unix_seconds(), "owned_by": "library",
            })
        })
        .collect();
    json_answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

pub(super) async fn completions(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let Ok(Value::Object(asked)) = serde_json::from_slice(&body) else {
        return error(StatusCode::BAD_REQUEST, "invalid character looking for beginning of value");
    };
    let said = asked.get("messages").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if !said {
        return error(StatusCode::BAD_REQUEST, "[] is too short - 'messages'");
    }
    let reply = match usable(&state, &asked).and_then(|model| answer(&state, &model, &asked)) {
        Ok(Some((_, reply))) => reply,
        Ok(None) => Reply::Words(String::new()),
        Err(refusal) => return refuse(refusal),
    };
    let counts = Counts::of(&prompt_text(&asked), &reply_text(&reply), Pace::default());
    if !flag(&asked, "stream", false) {
        return whole(&asked, &reply, &counts);
    }
    let (lines, streamed) = events();
    let delay = state.options.token_delay;
    tokio::spawn(async move {
        // A client that left needs no more events.
        speak(&lines, &asked, &reply, &counts, delay).await.ok();
    });
    streamed.into_response()
}

fn whole(asked: &Map<String, Value>, reply: &Reply, counts: &Counts) -> Response {
    let (message, reason) = match reply {
        Reply::Words(words) => (json!({ "role": "assistant", "content": words }), "stop"),
        call @ Reply::Call { .. } => {
            (json!({ "role": "assistant", "content": "", "tool_calls": [call_form(call)] }), "tool_calls")
        }
    };
    let mut answer = head(asked, "chat.completion");
    answer.insert("choices".into(), json!([{ "index": 0, "message": message, "finish_reason": reason }]));
    answer.insert("usage".into(), usage(counts));
    json_answer(StatusCode::OK, &Value::Object(answer))
}

async fn speak(
    lines: &Lines,
    asked: &Map<String, Value>,
    reply: &Reply,
    counts: &Counts,
    delay: Duration,
) -> Result<(), ClientGone> {
    let chunk = |delta: Value, reason: Option<&str>| {
        let mut chunk = head(asked, "chat.completion.chunk");
        chunk.insert("choices".into(), json!([{ "index": 0, "delta": delta, "finish_reason": reason }]));
        Value::Object(chunk).to_string()
    };
    let reason = match reply {
        Reply::Words(words) => {
            for piece in reply::pieces(words) {
                tokio::time::sleep(delay).await;
                let delta = json!({ "role": "assistant", "content": piece });
                lines.event(&chunk(delta, None)).await?;
            }
            "stop"
        }
        call @ Reply::Call { .. } => {
            tokio::time::sleep(delay).await;
            let delta = json!({ "role": "assistant", "content": "", "tool_calls": [call_form(call)] });
            lines.event(&chunk(delta, None)).await?;
            "tool_calls"
        }
    };
    lines.event(&chunk(json!({ "role": "assistant", "content": "" }), Some(reason))).await?;
    let wants_usage = asked.get("stream_options").and_then(|options| options.get("include_usage"));
    if wants_usage.and_then(Value::as_bool).unwrap_or(false) {
        let mut last = head(asked, "chat.completion.chunk");
        last.insert("choices".into(), json!([]));
        last.insert("usage".into(), usage(counts));
        lines.event(&Value::Object(last).to_string()).await?;
    }
    lines.event("[DONE]").await
}

fn head(asked: &Map<String, Value>, object: &str) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("id".into(), "chatcmpl-101".into());
    head.insert("object".into(), object.into());
    head.insert("created".into(), clock::unix_seconds().into());
    head.insert("model".into(), named(asked).into());
    head.insert("system_fingerprint".into(), "fp_ollama".into());
    head
}

/// A call in the other form, where the arguments are text.
fn call_form(reply: &Reply) -> Value {
    let Reply::Call { name, arguments } = reply else {
        return Value::Null;
    };
    json!({
        "id": call_id(name), "index": 0, "type": "function",
        "function": { "name": name, "arguments": arguments.to_string() },
    })
}

fn usage(counts: &Counts) -> Value {
    json!({
        "prompt_tokens": counts.prompt, "completion_tokens": counts.answer,
        "total_tokens": counts.prompt + counts.answer,
    })
}

fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound(name) => error(StatusCode::NOT_FOUND, &format!("model '{name}' not found")),
        Refusal::SignIn => error(StatusCode::UNAUTHORIZED, "unauthorized"),
        Refusal::Status(status, text) => error(status, &text),
    }
}

fn error(status: StatusCode, text: &str) -> Response {
    let kind = match status {
        StatusCode::BAD_REQUEST => "invalid_request_error",
        StatusCode::NOT_FOUND => "not_found_error",
        _ => "api_error",
    };
    json_answer(status, &json!({ "error": { "message": text, "type": kind, "param": null, "code": null } }))
}
