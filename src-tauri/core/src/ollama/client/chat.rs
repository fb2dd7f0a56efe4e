//! What makes a server work: a chat, and taking a model out of memory or off the disk.
//! Part of [`Client`]; the rules are those of its other calls.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::{Client, ERROR_BYTES, Limits, Named, lines::Lines};
use crate::error::Error;

/// `POST /api/chat`, streamed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatRequest<'a> {
    /// The model.
    pub model: &'a str,
    /// What was said so far (`role`, `content`).
    pub messages: Value,
    /// The tools on offer, in Ollama's form.
    pub tools: Value,
    /// `num_ctx` and such.
    pub options: Value,
    /// How long the model stays in memory afterwards (`15m`).
    pub keep_alive: &'a str,
}

/// How a server refused to chat.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What it said.
    pub error: Error,
    /// 401 with a page to sign in at: the model runs online.
    pub sign_in: bool,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, sign_in: false }
    }
}

#[derive(Serialize)]
struct Unload<'a> {
    model: &'a str,
    keep_alive: u8,
}

impl Client {
    /// `POST /api/chat`: the lines of an answer as they come. A model that has to be loaded says nothing for
    /// minutes: `limit` holds for its first word and for each next one. Dropping the stream stops the model.
    ///
    /// # Errors
    /// `ollama.*` codes; an error after the first word comes as a line.
    pub async fn chat(&self, request: &ChatRequest<'_>, limit: Duration) -> Result<Lines, Refusal> {
        let patient = self.patient(limit);
        // Streaming is what Ollama does when it is not told otherwise.
        let response = patient.send(Method::POST, "/api/chat", Some(request), None).await?;
        let response = patient.accepted(response).await?;
        Ok(Lines::of(patient, response))
    }

    /// `POST /api/generate` with `keep_alive` 0: takes a model out of memory; one that is not there stays so.
    ///
    /// # Errors
    /// `ollama.*` codes; 404 when it is not installed.
    pub async fn unload(&self, name: &str) -> Result<(), Error> {
        let body = Unload { model: name, keep_alive: 0 };
        let limit = Some(self.limits.answer);
        let response = self.send(Method::POST, "/api/generate", Some(&body), limit).await?;
        let response = self.check_status(response).await?;
        self.body(response, ERROR_BYTES).await.map(drop)
    }

    /// `DELETE /api/delete`: deletes a model. The answer comes when its files are gone: `limit` holds for that.
    ///
    /// # Errors
    /// `ollama.*` codes; 404 when it is not installed.
    pub async fn delete(&self, name: &str, limit: Duration) -> Result<(), Error> {
        let patient = self.patient(limit);
        let named = Named { model: name };
        let response = patient.send(Method::DELETE, "/api/delete", Some(&named), Some(limit)).await?;
        patient.check_status(response).await.map(drop)
    }

    fn patient(&self, limit: Duration) -> Self {
        Self { limits: Limits { answer: limit, stream: limit, ..self.limits }, ..self.clone() }
    }
}
