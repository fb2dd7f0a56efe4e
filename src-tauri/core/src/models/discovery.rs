//! Discovery exactly as OpenClaw's page on Ollama says: tags, then show for each model; `tools` decides.
//! One model whose show fails does not sink the rest.

use std::{collections::HashMap, time::Duration};

use futures_util::{StreamExt, stream};

use super::{
    model::{Cost, Input, Model, UnknownReason, Verdict},
    shape::{self, CacheShape},
};
use crate::{
    error::{Error, ErrorCode},
    ollama::{
        client::Client,
        names::ModelName,
        wire::{Show, Tag},
    },
};

/// `show` requests at a time: quick, and gentle with a server that is also answering chats.
const AT_A_TIME: usize = 8;
/// `contextWindow` when the server does not say (the page).
pub const UNKNOWN_CONTEXT: u64 = 8192;
/// `maxTokens` is this many times the context (the page).
const MAX_TOKENS_FACTOR: u64 = 10;

/// For all shows together: a server that hangs on them must not hold a diagnosis up. What is missing then is
/// `unknown`, and asked again at the next look.
const DEADLINE: Duration = Duration::from_secs(8);

/// What a server has.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// The server's version.
    pub server_version: String,
    /// All installed models, in the server's order.
    pub models: Vec<Model>,
}

/// Discovers, and remembers what show said of each digest: a later look asks only about what is new.
#[derive(Debug, Default)]
pub struct Discovery {
    shown: HashMap<(String, String), Show>,
    server_version: String,
}

impl Discovery {
    /// Asks the server.
    ///
    /// # Errors
    /// `ollama.*` codes when version or tags fail.
    pub async fn look(&mut self, client: &Client) -> Result<Discovered, Error> {
        let (version, tags) = tokio::join!(client.version(), client.tags());
        let (version, tags) = (without_version(version)?, tags?);
        let key = |tag: &Tag| (tag.name.clone(), tag.digest.clone());
        if self.server_version != version {
            // Another version may say more of the same model.
            self.shown.clear();
            self.server_version.clone_from(&version);
        }
        self.shown.retain(|known, _| tags.models.iter().any(|tag| key(tag) == *known));
        let unknown: Vec<Tag> =
            tags.models.iter().filter(|tag| !self.shown.contains_key(&key(tag))).cloned().collect();
        // Answers that are not to be remembered.
        let mut once = HashMap::new();
        let answers = stream::iter(unknown)
            .map(|tag| async move { (shown(client, &tag.name).await, tag) })
            .buffer_unordered(AT_A_TIME);
        let mut answers = std::pin::pin!(answers);
        let deadline = tokio::time::Instant::now() + DEADLINE;
        while let Ok(Some((answer, tag))) = tokio::time::timeout_at(deadline, answers.next()).await {
            match answer {
                // Without a digest two looks cannot be told to mean the same model.
                Ok(show) if tag.digest.is_empty() => drop(once.insert(key(&tag), show)),
                Ok(show) => drop(self.shown.insert(key(&tag), show)),
                Err(_) => {}
            }
        }
        let models = tags.models.iter().map(|tag| {
            let key = key(tag);
            judge(tag, self.shown.get(&key).or(once.get(&key)))
        });
        Ok(Discovered { models: models.collect(), server_version: version })
    }
}

/// What show says of a model; where its layers differ, with the lists that say how.
async fn shown(client: &Client, name: &str) -> Result<Show, Error> {
    let mut show = client.show(name).await?;
    if show.model_info.as_ref().is_some_and(shape::hides_lists) {
        // Without them the model is known all the same, its memory less well.
        let whole = client.show_verbose(name).await.ok().and_then(|whole| whole.model_info);
        show.model_info = whole.or(show.model_info);
    }
    Ok(show)
}

/// The page asks for tags and show only: a server that has no `/api/version` has an empty one.
fn without_version(version: Result<String, Error>) -> Result<String, Error> {
    match version {
        Err(Error { code: ErrorCode::OllamaStatus { status: 404, .. }, .. }) => Ok(String::new()),
        other => other,
    }
}

/// The verdict on one model, from what tags and show said; `None`: show failed. Pure.
#[must_use]
pub fn judge(tag: &Tag, show: Option<&Show>) -> Model {
    let capabilities = show.and_then(|show| show.capabilities.clone());
    let has = |name: &str| capabilities.as_ref().map(|all| all.iter().any(|one| one == name));
    let remote = tag.remote_model.is_some()
        || tag.remote_host.is_some()
        || show.is_some_and(|show| show.remote_host.is_some())
        || ModelName::parse(&tag.name).is_ok_and(|name| name.is_cloud());
    let (verdict, reason) = if remote {
        (Verdict::Cloud, None)
    } else if show.is_none() {
        (Verdict::Unknown, Some(UnknownReason::ShowFailed))
    } else if capabilities.is_none() {
        (Verdict::Unknown, Some(UnknownReason::NoCapabilities))
    } else if has("embedding") == Some(true) && has("completion") == Some(false) {
        (Verdict::Embedding, None)
    } else if has("tools") == Some(true) {
        (Verdict::Ready, None)
    } else {
        (Verdict::ChatOnly, None)
    };
    let context = show.and_then(Show::context_length);
    let context_window = context.unwrap_or(UNKNOWN_CONTEXT);
    let sees = has("vision") == Some(true);
    Model {
        id: tag.name.clone(),
        verdict,
        reason,
        tools: has("tools"),
        reasoning: has("thinking"),
        input: if sees { vec![Input::Text, Input::Image] } else { vec![Input::Text] },
        context_window,
        context_known: context.is_some(),
        max_tokens: context_window.saturating_mul(MAX_TOKENS_FACTOR),
        cost: Cost::default(),
        size_bytes: tag.size,
        digest: tag.digest.clone(),
        cache: CacheShape::of(show.and_then(|show| show.model_info.as_ref()), tag.size),
        capabilities: capabilities.unwrap_or_default(),
    }
}
