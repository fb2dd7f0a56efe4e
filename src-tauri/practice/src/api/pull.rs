//! `POST /api/pull`: the stream of a download, line by line as Ollama sends it.
//! A client that goes away drops its stream, and with it its part in the transfers.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{ConnectInfo, State as Shared},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{
    body::{error, flag, json_answer, named, object},
    stream::{Lines, ndjson},
};
use crate::{
    connection::Handle,
    name::Name,
    registry::{PullFault, RegistryModel},
    state::{Event, State},
    transfer::{self, End, Found, Part},
};

/// How a pull ends, when it does not end in `success`.
enum Stop {
    /// With a line `{"error":...}`.
    Failed(String),
    /// With the connection.
    Cut { reset: bool },
    /// With the stream, and no word.
    EndsEarly,
    /// The client is gone.
    Left,
}

/// The handler.
pub(super) async fn pull(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(handle): ConnectInfo<Handle>,
    body: Bytes,
) -> Response {
    let asked = match object(&body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let Some(name) = Name::parse(named(&asked)) else {
        return error(StatusCode::BAD_REQUEST, "invalid model name");
    };
    let (lines, answer) = ndjson();
    let work = async move {
        let stop = tokio::select! {
            () = lines.client_gone() => Some(Stop::Left),
            result = run(&state, &name, &lines) => result.err(),
        };
        match stop {
            Some(Stop::Failed(text)) => drop(lines.send(&json!({ "error": text })).await),
            Some(Stop::Cut { reset }) => {
                if reset {
                    handle.reset_at_end();
                }
                lines.break_off().await;
            }
            None | Some(Stop::EndsEarly | Stop::Left) => {}
        }
    };
    if flag(&asked, "stream", true) {
        tokio::spawn(work);
        return answer.into_response();
    }
    let (last, ()) = tokio::join!(answer.last(), work);
    match last {
        Some(line) if line.get("error").is_some() => json_answer(StatusCode::INTERNAL_SERVER_ERROR, &line),
        Some(line) => json_answer(StatusCode::OK, &line),
        None => error(StatusCode::INTERNAL_SERVER_ERROR, "unexpected end of stream"),
    }
}

async fn run(state: &Arc<State>, name: &Name, lines: &Lines) -> Result<(), Stop> {
    lines.send(&json!({ "status": "pulling manifest" })).await?;
    let Some(entry) = state.read().entry(&name.short()).cloned() else {
        return Err(Stop::Failed("pull model manifest: file does not exist".into()));
    };
    if let Some(PullFault::Fails { text, after_bytes: 0 }) = &entry.fault {
        return Err(Stop::Failed(text.clone()));
    }
    let step = entry.total().div_ceil(u64::from(state.options.pull_ticks.max(1))).max(1);
    let mut before = 0;
    for layer in &entry.layers {
        let part = Part { model: entry.model.name.clone(), layer: layer.clone(), before, step };
        pull_layer(state, &entry, &part, lines).await?;
        before += layer.size;
    }
    lines.send(&json!({ "status": "verifying sha256 digest" })).await?;
    tokio::time::sleep(state.options.verifying).await;
    let fault = state.read().fault(&entry.model.name).cloned();
    if let Some(PullFault::FailsVerifying { text }) = fault {
        for layer in &entry.layers {
            transfer::forget(state, &layer.digest);
        }
        return Err(Stop::Failed(text));
    }
    lines.send(&json!({ "status": "writing manifest" })).await?;
    if entry.replaces_old {
        lines.send(&json!({ "status": "removing unused layers" })).await?;
    }
    let mut model = entry.model;
    model.modified_at = crate::clock::timestamp(std::time::Duration::ZERO);
    let listed = model.name.clone();
    state.change(|inner| {
        inner.install(model);
        inner.events.push(Event::Installed { model: listed });
    });
    Ok(lines.send(&json!({ "status": "success" })).await?)
}

async fn pull_layer(
    state: &Arc<State>,
    entry: &RegistryModel,
    part: &Part,
    lines: &Lines,
) -> Result<(), Stop> {
    let mut progress = match transfer::join(state, part) {
        Found::Complete => return Ok(lines.send(&line(entry, part, part.layer.size)).await?),
        Found::Running(progress) => progress,
    };
    let mut ticks = tokio::time::interval(state.options.tick.max(std::time::Duration::from_millis(1)));
    // The first tick of an interval comes at once.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            changed = progress.changed() => {
                let now = progress.borrow_and_update().clone();
                match now.end {
                    Some(End::Done) => return Ok(()),
                    Some(End::Failed(text)) => return Err(Stop::Failed(text)),
                    Some(End::Cut { reset }) => return Err(Stop::Cut { reset }),
                    Some(End::EndsEarly) => return Err(Stop::EndsEarly),
                    None if changed.is_err() => return Err(Stop::EndsEarly),
                    None => {}
                }
            }
            _ = ticks.tick() => {
                let completed = progress.borrow().completed;
                lines.send(&line(entry, part, completed)).await?;
            }
        }
    }
}

/// One line of progress. `completed` is left out when it is 0, as Go leaves out empty fields.
fn line(entry: &RegistryModel, part: &Part, completed: u64) -> Value {
    let total = if entry.single_pseudo_layer { entry.total() } else { part.layer.size };
    let mut line = if entry.single_pseudo_layer {
        json!({ "status": "pulling model", "total": total })
    } else {
        let hex = part.layer.digest.trim_start_matches("sha256:");
        let short: String = hex.chars().take(12).collect();
        json!({ "status": format!("pulling {short}"), "digest": part.layer.digest, "total": total })
    };
    let shown = if entry.single_pseudo_layer { part.before + completed } else { completed };
    if let (true, Some(fields)) = (shown > 0, line.as_object_mut()) {
        fields.insert("completed".into(), shown.into());
    }
    line
}

impl From<super::stream::ClientGone> for Stop {
    fn from(_: super::stream::ClientGone) -> Self {
        Self::Left
    }
}
