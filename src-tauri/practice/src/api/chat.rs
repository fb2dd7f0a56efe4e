//! `POST /api/chat`: an answer in words or a tool call, in one piece or streamed.
//! Which of them it is, `reply.rs` decides.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State as Shared,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::{
    body::{flag, json_answer, named, object},
    generate::{Refusal, load, usable},
    reply::{self, Counts, Reply},
    stream::{ClientGone, Lines, ndjson},
};
use crate::{
    clock,
    model::{ChatAnswer, PracticeModel},
    name::Name,
    shape,
    state::{Event, State},
};

pub(super) async fn chat(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let answered = usable(&state, &asked).and_then(|model| answer(&state, &model, &asked));
    let (model, reply) = match answered {
        Ok(Some(answered)) => answered,
        Ok(None) => return loaded(&asked),
        Err(refusal) => return refusal.native(),
    };
    let watched = Watched { state: Arc::clone(&state), model: model.name.clone(), ended: false };
    match &model.chat {
        ChatAnswer::Full
        | ChatAnswer::Says(_)
        | ChatAnswer::Calls(_)
        | ChatAnswer::CutOff
        | ChatAnswer::Fails(..) => {}
        ChatAnswer::Silent => return std::future::pending().await,
        ChatAnswer::Breaks(_) | ChatAnswer::Stops => return first_word(watched, model.chat.clone()),
    }
    let name = named(&asked).to_owned();
    let counts = Counts::of(&prompt_text(&asked), &reply_text(&reply), model.pace);
    // Ollama lets a model think that can, unless it is told not to.
    let thinks = model.can("thinking") && flag(&asked, "think", true);
    if !flag(&asked, "stream", true) {
        let mut line = json!({
            "model": name, "created_at": clock::timestamp(Duration::ZERO),
            "message": message(&reply, thinks), "done": true, "done_reason": done_reason(&model.chat),
        });
        if let Some(fields) = line.as_object_mut() {
            counts.write(fields);
        }
        watched.ended();
        return json_answer(StatusCode::OK, &line);
    }
    let (lines, streamed) = ndjson();
    let delay = state.options.token_delay;
    let reason = done_reason(&model.chat);
    tokio::spawn(async move {
        // A client that left needs no more lines.
        let answer = Spoken { name: &name, reply: &reply, counts: &counts, thinks, reason };
        if speak(&lines, &answer, delay).await.is_ok() {
            watched.ended();
        }
    });
    streamed.into_response()
}

/// A chat under way; one that is dropped before its end was left by its client.
struct Watched {
    state: Arc<State>,
    model: String,
    ended: bool,
}

impl Watched {
    fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.ended {
            let model = std::mem::take(&mut self.model);
            self.state.change(|inner| inner.events.push(Event::ChatStopped { model }));
        }
    }
}

/// A first word, and then an error or nothing.
fn first_word(watched: Watched, chat: ChatAnswer) -> Response {
    let (lines, streamed) = ndjson();
    tokio::spawn(async move {
        let message = json!({ "role": "assistant", "content": "Well" });
        let line = json!({
            "model": watched.model, "created_at": clock::timestamp(Duration::ZERO), "message": message, "done": false,
        });
        // A client that left before the first word is seen by `client_gone`.
        lines.send(&line).await.ok();
        if let ChatAnswer::Breaks(error) = chat {
            if lines.send(&json!({ "error": error })).await.is_ok() {
                watched.ended();
            }
        } else {
            lines.client_gone().await;
        }
    });
    streamed.into_response()
}

/// What a model answers to a request; `None`: nothing was said, only loading was meant.
pub(super) fn answer(
    state: &State,
    model: &PracticeModel,
    asked: &Map<String, Value>,
) -> Result<Option<(PracticeModel, Reply)>, Refusal> {
    let list = |key| asked.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let (messages, tools) = (list("messages"), list("tools"));
    let refuse = |what: &str| {
        let full = Name::parse(&model.name).map_or_else(|| model.name.clone(), |name| name.full());
        let text = if what == "thinking" {
            format!("\"{}\" does not support thinking", named(asked))
        } else {
            format!("{full} does not support {what}")
        };
        Err(Refusal::Status(StatusCode::BAD_REQUEST, text))
    };
    if !tools.is_empty() && !can_call(model) {
        return refuse("tools");
    }
    if flag(asked, "think", false) && !model.can("thinking") {
        return refuse("thinking");
    }
    if model.can("embedding") && !model.can("completion") && !messages.is_empty() {
        return Err(Refusal::Status(
            StatusCode::BAD_REQUEST,
            format!("\"{}\" does not support chat", named(asked)),
        ));
    }
    if let ChatAnswer::Fails(status, text) = &model.chat {
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Err(Refusal::Status(status, text.clone()));
    }
    load(state, model, asked)?;
    if messages.is_empty() {
        return Ok(None);
    }
    let reply = match &model.chat {
        ChatAnswer::Says(words) => Reply::Words(words.clone()),
        ChatAnswer::CutOff => Reply::Words(String::new()),
        _ => reply::to(model, &messages, &tools),
    };
    Ok(Some((model.clone(), reply)))
}

/// A server without `capabilities` in its answers still knows for itself.
fn can_call(model: &PracticeModel) -> bool {
    model.capabilities.is_none() || model.can("tools")
}

fn loaded(asked: &Map<String, Value>) -> Response {
    let unload = asked.get("keep_alive").is_some_and(|time| time.as_f64() == Some(0.0));
    let line = json!({
        "model": named(asked), "created_at": clock::timestamp(Duration::ZERO),
        "message": { "role": "assistant", "content": "" },
        "done": true, "done_reason": if unload { "unload" } else { "load" },
    });
    json_answer(StatusCode::OK, &line)
}

/// Why an answer ends.
const fn done_reason(chat: &ChatAnswer) -> &'static str {
    if matches!(chat, ChatAnswer::CutOff) { "length" } else { "stop" }
}

/// An answer to stream.
struct Spoken<'a> {
    name: &'a str,
    reply: &'a Reply,
    counts: &'a Counts,
    thinks: bool,
    reason: &'a str,
}

async fn speak(lines: &Lines, answer: &Spoken<'_>, delay: Duration) -> Result<(), ClientGone> {
    let Spoken { name, reply, counts, thinks, reason } = *answer;
    let line = |message: Value| {
        json!({
            "model": name, "created_at": clock::timestamp(Duration::ZERO), "message": message, "done": false,
        })
    };
    if thinks {
        for piece in ["I ", "am ", "only ", "practice."] {
            tokio::time::sleep(delay).await;
            let message = json!({ "role": "assistant", "content": "", "thinking": piece });
            lines.send(&line(message)).await?;
        }
    }
    match reply {
        Reply::Words(words) => {
            for piece in reply::pieces(words) {
                tokio::time::sleep(delay).await;
                lines.send(&line(json!({ "role": "assistant", "content": piece }))).await?;
            }
        }
        Reply::Call { .. } => {
            tokio::time::sleep(delay).await;
            lines.send(&line(message(reply, false))).await?;
        }
    }
    let mut last = line(json!({ "role": "assistant", "content": "" }));
    if let Some(fields) = last.as_object_mut() {
        fields.insert("done".into(), true.into());
        fields.insert("done_reason".into(), reason.into());
        counts.write(fields);
    }
    lines.send(&last).await
}

fn message(reply: &Reply, thinks: bool) -> Value {
    let mut message = json!({ "role": "assistant" });
    if let Some(fields) = message.as_object_mut() {
        let words = if let Reply::Words(words) = reply { words.as_str() } else { "" };
        fields.insert("content".into(), words.into());
        if thinks {
            fields.insert("thinking".into(), "I am only practice.".into());
        }
        if let Reply::Call { name, arguments } = reply {
            let function = json!({ "index": 0, "name": name, "arguments": arguments });
            fields.insert("tool_calls".into(), json!([{ "id": call_id(name), "function": function }]));
        }
    }
    message
}

/// The id of a tool call: `call_` and eight characters.
pub(super) fn call_id(name: &str) -> String {
    let digest = shape::digest_of(&format!("{name}{}", clock::timestamp(Duration::ZERO)));
    format!("call_{}", digest.chars().take(8).collect::<String>())
}

/// Everything that was said, to count it.
pub(super) fn prompt_text(asked: &Map<String, Value>) -> String {
    asked.get("messages").map(Value::to_string).unwrap_or_default()
}

/// Everything that is answered, to count it.
pub(super) fn reply_text(reply: &Reply) -> String {
    match reply {
        Reply::Words(words) => words.clone(),
        Reply::Call { name, arguments } => format!("{name} {arguments}"),
    }
}
