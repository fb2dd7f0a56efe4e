//! Ollama's HTTP interface: which path is answered by what, and what happens around every answer.
//! The rules are those of Ollama 0.32.

mod body;
mod chat;
mod generate;
mod models;
mod openai;
mod pull;
mod reply;
mod stream;

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request as HttpRequest, State as Shared},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};
use serde_json::Value;

use crate::state::{Answer, Request, State};

/// The largest request body that is taken, in bytes.
const LARGEST_BODY: usize = 64 << 20;

/// Everything that is answered.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(|| async { "Ollama is running" }))
        .route("/api/version", get(models::version))
        .route("/api/tags", get(models::tags))
        .route("/api/show", post(models::show))
        .route("/api/delete", delete(models::delete))
        .route("/api/experimental/model-recommendations", get(models::recommendations))
        .route("/api/ps", get(generate::ps))
        .route("/api/generate", post(generate::generate))
        .route("/api/pull", post(pull::pull))
        .route("/api/chat", post(chat::chat))
        .route("/v1/models", get(openai::models))
        .route("/v1/chat/completions", post(openai::completions))
        .fallback(|| async { (StatusCode::NOT_FOUND, "404 page not found") })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed") })
        .layer(from_fn_with_state(Arc::clone(&state), around))
        .with_state(state)
}

/// Around every answer: the refusals of strangers, the log, an answer set by a test, the delay.
async fn around(Shared(state): Shared<Arc<State>>, request: HttpRequest, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_owned();
    let _show = (path == "/api/show").then(|| state.show_begins());
    let logged = Request { method: parts.method.to_string(), path: path.clone(), body: log_form(&bytes) };
    state.change(|inner| inner.requests.push(logged));
    if parts.method != Method::OPTIONS && !welcome(&parts.headers, state.loopback) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if state.options.answer_delay > Duration::ZERO {
        wait_exactly(state.options.answer_delay).await;
    }
    if let Some(answer) = set_answer(&state, &path).await {
        return answer;
    }
    next.run(HttpRequest::from_parts(parts, Body::from(bytes))).await
}

/// The timer rounds up to whole milliseconds, and benches count in fives: the end is waited out in turns.
async fn wait_exactly(time: Duration) {
    const ROUNDING: Duration = Duration::from_millis(2);
    let end = Instant::now() + time;
    tokio::time::sleep(time.saturating_sub(ROUNDING)).await;
    while Instant::now() < end {
        tokio::task::yield_now().await;
    }
}

/// The answer that a test set for this path. Silence lasts until the test takes it back.
async fn set_answer(state: &State, path: &str) -> Option<Response> {
    loop {
        let answer = state.read().answers.get(path).cloned()?;
        match answer {
            Answer::Reply { status, content_type, body } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = (status, Body::from(body)).into_response();
                response.headers_mut().remove(header::CONTENT_TYPE);
                if let Ok(value) = content_type.parse()
                    && !content_type.is_empty()
                {
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                }
                return Some(response);
            }
            Answer::Silent => {
                let spoken = || state.read().answers.get(path) != Some(&Answer::Silent);
                state.until(Duration::from_secs(3600), spoken).await;
            }
        }
    }
}

fn log_form(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}

/// Whether Ollama answers this caller: pages of other sites get 403 without a word, and so do unknown host names where it
/// listens to this machine alone (over the network it goes by any name).
fn welcome(headers: &HeaderMap, loopback: bool) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host_ok = !loopback || text(header::HOST).is_none_or(|host| local_name(without_port(host)));
    let origin_ok = text(header::ORIGIN).is_none_or(|origin| match origin.split_once("://") {
        Some(("http" | "https", host)) => ["localhost", "127.0.0.1", "0.0.0.0"].contains(&without_port(host)),
        Some((scheme, _)) => ["app", "file", "tauri", "vscode-webview", "vscode-file"].contains(&scheme),
        None => false,
    });
    host_ok && origin_ok
}

fn without_port(host: &str) -> &str {
    if host.ends_with(']') {
        return host;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn local_name(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.is_empty()
        || bare.parse::<IpAddr>().is_ok()
        || bare.eq_ignore_ascii_case("localhost")
        || [".localhost", ".local", ".internal"].iter().any(|end| bare.ends_with(end))
}
