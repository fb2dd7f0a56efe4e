//! Reading what was asked, and Ollama's form of errors.
//! Shared by all handlers.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

/// The body as a JSON object, or Ollama's 400.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Box<Response>> {
    let refuse = |text: &str| Err(Box::new(error(StatusCode::BAD_REQUEST, text)));
    if body.iter().all(u8::is_ascii_whitespace) {
        return refuse("missing request body");
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => refuse("json: cannot unmarshal into Go value"),
        Err(cause) if cause.is_eof() => refuse("unexpected EOF"),
        Err(_) => refuse("invalid character looking for beginning of value"),
    }
}

/// The model that is asked for: `model`, or the older `name`; empty when neither is there.
pub(super) fn named(asked: &Map<String, Value>) -> &str {
    let text = |key| asked.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("model").or_else(|| text("name")).unwrap_or_default()
}

/// A yes or no with its default.
pub(super) fn flag(asked: &Map<String, Value>, key: &str, default: bool) -> bool {
    asked.get(key).and_then(Value::as_bool).unwrap_or(default)
}

/// Ollama's error: a status and `{"error":text}`.
pub(super) fn error(status: StatusCode, text: &str) -> Response {
    json_answer(status, &json!({ "error": text }))
}

/// The error for a model that is not installed.
pub(super) fn not_found(name: &str) -> Response {
    error(StatusCode::NOT_FOUND, &format!("model '{name}' not found"))
}

/// An answer in JSON, with the content type as Ollama writes it.
pub(super) fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], Body::from(value.to_string()))
        .into_response()
}
