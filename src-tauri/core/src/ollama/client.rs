//! A client of one Ollama server: version, tags, show, ps, pull; chat, unloading and deleting in `chat`.
//! Every call has a limit in time and in size, and fails with a code that tells what happened.

mod chat;
mod lines;

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    address::{Address, DEFAULT_PORT},
    transport,
    wire::{ErrorBody, Recommendations, Running, Show, Tags, Version},
};
use crate::{
    error::{Error, ErrorCode},
    surroundings::{Environment, PRACTICE_VARIABLE},
};

pub use chat::{ChatRequest, Refusal};
pub use lines::Lines;

/// Longest answer of `/api/show` that lists every token of the model: 20 MB for a quarter of a million.
const VERBOSE_BYTES: usize = 64 << 20;
/// Longest other answer: 1,000 models are under 1 MiB.
const ANSWER_BYTES: usize = 16 << 20;
/// Longest list of recommendations: some dozen entries.
const RECOMMENDATIONS_BYTES: usize = 1 << 20;
/// Longest error body, greeting or version.
const ERROR_BYTES: usize = 64 << 10;

/// How long a client waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection. Loopback answers at once; a machine on the network within a second or two.
    pub connect: Duration,
    /// For a whole answer, from the request on.
    pub answer: Duration,
    /// For the next line of a download. The server sends one every 60 ms, but none while it checks what came, which
    /// takes minutes on big models.
    pub stream: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(10),
            stream: Duration::from_secs(30 * 60),
        }
    }
}

/// A client of one server. Cheap to clone; connections are kept.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    limits: Limits,
    /// For practice mode nobody is at this address.
    out_of_bounds: bool,
}

impl Client {
    /// A client of the server at `address`, with the proxies of `environment` for other machines. In practice mode
    /// (see [`PRACTICE_VARIABLE`]) an address out of bounds refuses every connection, as one where nobody listens.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] when the platform gives no TLS.
    pub fn new(address: &Address, environment: &Environment, limits: Limits) -> Result<Self, Error> {
        let http = transport::http(address, environment, limits.connect)?;
        let practice = environment.get(PRACTICE_VARIABLE).is_some();
        let out_of_bounds = practice && (!address.is_loopback() || address.port() == DEFAULT_PORT);
        Ok(Self { http, address: address.clone(), limits, out_of_bounds })
    }

    /// The server's address.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// `GET /`: whether it is exactly Ollama's greeting. Another program's answer is `false`, not an error.
    ///
    /// # Errors
    /// `ollama.*` codes when there is no readable answer at all.
    pub async fn greeting(&self) -> Result<bool, Error> {
        let response = self.send::<()>(Method::GET, "/", None, Some(self.limits.answer)).await?;
        if !response.status().is_success() {
            return Ok(false);
        }
        let body = self.body(response, ERROR_BYTES).await?;
        Ok(body.trim_ascii() == b"Ollama is running")
    }

    /// `GET /api/version`.
    ///
    /// # Errors
    /// `ollama.*` codes.
    pub async fn version(&self) -> Result<String, Error> {
        Ok(self.get::<Version>("/api/version", ERROR_BYTES).await?.version)
    }

    /// `GET /api/tags`: the installed models, newest first.
    ///
    /// # Errors
    /// `ollama.*` codes.
    pub async fn tags(&self) -> Result<Tags, Error> {
        self.get("/api/tags", ANSWER_BYTES).await
    }

    /// `GET /api/ps`: the loaded models.
    ///
    /// # Errors
    /// `ollama.*` codes.
    pub async fn ps(&self) -> Result<Running, Error> {
        self.get("/api/ps", ANSWER_BYTES).await
    }

    /// `POST /api/show`: what a model can do.
    ///
    /// # Errors
    /// `ollama.*` codes.
    pub async fn show(&self, name: &str) -> Result<Show, Error> {
        let response = self
            .send(Method::POST, "/api/show", Some(&Named { model: name }), Some(self.limits.answer))
            .await?;
        self.read(response, ANSWER_BYTES).await
    }

    /// The same with `verbose`: lists of the model file are told, too. Long (megabytes), for the few models whose
    /// layers differ.
    ///
    /// # Errors
    /// `ollama.*` codes.
    pub async fn show_verbose(&self, name: &str) -> Result<Show, Error> {
        let body = Verbose { model: name, verbose: true };
        let response = self.send(Method::POST, "/api/show", Some(&body), Some(self.limits.answer)).await?;
        self.read(response, VERBOSE_BYTES).await
    }

    /// `GET /api/experimental/model-recommendations`: what the server itself recommends (0.22.1 on).
    ///
    /// # Errors
    /// `ollama.*` codes; `ollama.status` 404 on older servers.
    pub async fn recommendations(&self) -> Result<Recommendations, Error> {
        self.get("/api/experimental/model-recommendations", RECOMMENDATIONS_BYTES).await
    }

    /// `POST /api/pull`: the lines of a download as they come. Dropping the stream stops the download; the
    /// server keeps what it has.
    ///
    /// # Errors
    /// `ollama.*` codes; errors of the download itself come as lines.
    pub async fn pull(&self, name: &str) -> Result<Lines, Error> {
        let response = self.send(Method::POST, "/api/pull", Some(&Named { model: name }), None).await?;
        let response = self.check_status(response).await?;
        Ok(Lines::of(self.clone(), response))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, limit: usize) -> Result<T, Error> {
        let response = self.send::<()>(Method::GET, path, None, Some(self.limits.answer)).await?;
        self.read(response, limit).await
    }

    async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
        limit: Option<Duration>,
    ) -> Result<Response, Error> {
        if self.out_of_bounds {
            return Err(ErrorCode::OllamaRefused { url: self.address.to_string() }.into());
        }
        let mut request = self.http.request(method, self.address.endpoint(path));
        if let Some(limit) = limit {
            request = request.timeout(limit);
        }
        if let Some(body) = body {
            let body = serde_json::to_vec(body)
                .map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
            request = request.header("content-type", "application/json").body(body);
        }
        // A stream has no limit as a whole, but its head must come like any answer.
        let sent = tokio::time::timeout(self.limits.answer, request.send());
        match sent.await {
            Ok(answer) => answer.map_err(|error| transport::classify(&error, &self.address)),
            Err(_) => Err(self.silent()),
        }
    }

    async fn check_status(&self, response: Response) -> Result<Response, Error> {
        self.accepted(response).await.map_err(|refusal| refusal.error)
    }

    /// The answer when it is one, else how it was refused.
    async fn accepted(&self, response: Response) -> Result<Response, Refusal> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let server = server_name(&response);
        let body = tokio::time::timeout(self.limits.answer, self.body(response, ERROR_BYTES)).await;
        let body = body.map_err(|_| self.silent())?.unwrap_or_default();
        let detail = format!("HTTP {status}{server}: {}", excerpt(&body));
        let url = self.address.to_string();
        let told = serde_json::from_slice::<ErrorBody>(&body).ok();
        let foreign = status.is_redirection() || looks_like_html(&body);
        let sign_in = status.as_u16() == 401 && told.as_ref().is_some_and(|told| told.signin_url.is_some());
        let code = match told {
            None if foreign => ErrorCode::OllamaNotOllama { url },
            told => {
                let message = told.map(|told| told.error).unwrap_or_default();
                ErrorCode::OllamaStatus { url, status: status.as_u16(), message }
            }
        };
        Err(Refusal { error: Error::new(code, detail), sign_in })
    }

    async fn read<T: DeserializeOwned>(&self, response: Response, limit: usize) -> Result<T, Error> {
        let response = self.check_status(response).await?;
        let server = server_name(&response);
        let body = self.body(response, limit).await?;
        serde_json::from_slice(&body).map_err(|error| {
            let url = self.address.to_string();
            let code = if looks_like_html(&body) {
                ErrorCode::OllamaNotOllama { url }
            } else {
                ErrorCode::OllamaUnreadable { url }
            };
            Error::new(code, format!("{error}{server}: {}", excerpt(&body)))
        })
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            if body.len() + chunk.len() > limit {
                let code = ErrorCode::OllamaUnreadable { url: self.address.to_string() };
                return Err(Error::new(code, format!("the answer is longer than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Error> {
        response.chunk().await.map_err(|error| transport::classify(&error, &self.address))
    }

    fn silent(&self) -> Error {
        ErrorCode::OllamaSilent { url: self.address.to_string() }.into()
    }
}

#[derive(Serialize)]
struct Named<'a> {
    model: &'a str,
}

#[derive(Serialize)]
struct Verbose<'a> {
    model: &'a str,
    verbose: bool,
}

fn looks_like_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

fn server_name(response: &Response) -> String {
    let name = response.headers().get("server").and_then(|value| value.to_str().ok());
    name.map(|name| format!(" (Server: {name})")).unwrap_or_default()
}

/// The beginning of a body, for the folded part.
fn excerpt(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(160).collect();
    text.escape_debug().to_string()
}
