//! Asking a practice server, for the tests of this crate.
//! Each test uses a part of it.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::time::Duration;

use pincer_practice::{Options, Practice, PracticeModel};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// Far more than anything here takes: only a test that fails reaches it.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Options with a fast tick.
pub(crate) fn quick(models: Vec<PracticeModel>) -> Options {
    Options { tick: Duration::from_millis(2), ..Options::with_models(models) }
}

/// A client that goes nowhere but to the server.
pub(crate) fn client() -> Client {
    Client::builder().no_proxy().timeout(LIMIT).redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// One request; the body is sent when it is not null.
pub(crate) async fn ask(server: &Practice, method: &str, path: &str, body: Value) -> Response {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = client().request(method, format!("{}{path}", server.url()));
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await.unwrap()
}

/// Status and body as text.
pub(crate) async fn told(response: Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The body as JSON.
pub(crate) async fn answer(server: &Practice, method: &str, path: &str, body: Value) -> Value {
    ask(server, method, path, body).await.json().await.unwrap()
}

/// Starts a pull and gives back its lines.
pub(crate) async fn pull(server: &Practice, name: &str) -> Lines {
    let response = ask(server, "POST", "/api/pull", json!({ "model": name })).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    Lines { response, buffer: Vec::new() }
}

/// The lines of a streamed answer, as they come.
pub(crate) struct Lines {
    response: Response,
    buffer: Vec<u8>,
}

impl Lines {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// The next line; `None` at the proper end.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>, reqwest::Error> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line).unwrap()));
            }
            match self.response.chunk().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => return Ok(None),
            }
        }
    }

    /// Lines up to one that is as asked.
    pub(crate) async fn until(&mut self, asked: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.next().await.unwrap().expect("the stream ended before");
            if asked(&line) {
                return line;
            }
        }
    }

    /// All lines to the proper end.
    pub(crate) async fn rest(mut self) -> Vec<Value> {
        let mut lines = Vec::new();
        while let Some(line) = self.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }
}

/// The statuses of lines, one for each run of equal ones.
pub(crate) fn statuses(lines: &[Value]) -> Vec<String> {
    let mut statuses: Vec<String> =
        lines.iter().map(|line| line["status"].as_str().unwrap_or("error").to_owned()).collect();
    statuses.dedup();
    statuses
}

/// Keys in order, and types in place of values; of a list, its first entry.
pub(crate) fn skeleton(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), skeleton(value));
            Value::Object(fields.iter().map(entry).collect())
        }
        Value::Array(list) => list.iter().take(1).map(skeleton).collect(),
        Value::String(_) => json!("text"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("yes or no"),
        Value::Null => json!("null"),
    }
}

/// A captured file.
pub(crate) fn captured(name: &str) -> String {
    let path = format!("{}/fixtures/ollama/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

/// The lines of a captured pull.
pub(crate) fn captured_lines(name: &str) -> Vec<Value> {
    captured(name).lines().filter(|line| line.starts_with('{')).map(|line| line.parse().unwrap()).collect()
}
