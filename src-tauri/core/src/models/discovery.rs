//! Discovery exactly as OpenClaw's page on Ollama says: tags, then show for each model; `tools` decides.
//! One model whose show fails does not sink the rest.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};

use super::{
    model::{Cost, Input, Model, UnknownReason, Verdict},
    shape::{self, CacheShape},
};
use crate::{
    error::{Error, ErrorCode},
    ollama::{
        address::Address,
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
/// For one that looks only once.
const PATIENT: Duration = Duration::from_secs(60);
/// A list of a thousand is not put together anew for each of its answers.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// What a server has.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// The server's version.
    pub server_version: String,
    /// All installed models, in the server's order.
    pub models: Vec<Model>,
}

/// Discovers, and remembers what show said of each digest: a later look asks only about what is new.
pub struct Discovery {
    shown: HashMap<Key, Show>,
    tried: HashMap<Key, Tried>,
    server_version: String,
    patience: Duration,
    told: Option<Box<Told>>,
}

/// Name and digest.
type Key = (String, String);
/// Who is told of a list that is not whole yet: the server's address, and what is known.
type Told = dyn Fn(&Address, &Discovered) + Send + Sync;

/// How often a model was asked for, and what came of the last time.
#[derive(Default)]
struct Tried {
    times: u32,
    failed: bool,
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery").field("shown", &self.shown.len()).finish_non_exhaustive()
    }
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            shown: HashMap::new(),
            tried: HashMap::new(),
            server_version: String::new(),
            patience: DEADLINE,
            told: None,
        }
    }
}

fn key(tag: &Tag) -> Key {
    (tag.name.clone(), tag.digest.clone())
}

impl Discovery {
    /// One that waits longer, for who looks only once.
    #[must_use]
    pub fn patient() -> Self {
        Self { patience: PATIENT, ..Self::default() }
    }

    /// `told` hears of new models at once, by what the server's list says, and again as answers come; [`Self::look`]
    /// gives the whole.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(&Address, &Discovered) + Send + Sync + 'static) -> Self {
        self.told = Some(Box::new(told));
        self
    }

    /// Asks the server.
    ///
    /// # Errors
    /// `ollama.*` codes when version or tags fail.
    pub async fn look(&mut self, client: &Client) -> Result<Discovered, Error> {
        let (version, tags) = tokio::join!(client.version(), client.tags());
        let (version, tags) = (without_version(version)?, tags?);
        if self.server_version != version {
            // Another version may say more of the same model.
            self.shown.clear();
            self.tried.clear();
            self.server_version.clone_from(&version);
        }
        let there: HashSet<Key> = tags.models.iter().map(key).collect();
        self.shown.retain(|known, _| there.contains(known));
        self.tried.retain(|known, _| there.contains(known));
        let mut unknown: Vec<Tag> =
            tags.models.iter().filter(|tag| !self.shown.contains_key(&key(tag))).cloned().collect();
        // Those that hang do not keep the others waiting, look after look.
        unknown.sort_by_key(|tag| self.tried.get(&key(tag)).map_or(0, |tried| tried.times));
        let has_new = unknown.iter().any(|tag| !self.tried.contains_key(&key(tag)));
        // Answers that are not to be remembered.
        let mut once = HashMap::new();
        let mut waiting = unknown.into_iter();
        let mut asked = FuturesUnordered::new();
        let mut told: Option<Instant> = None;
        let deadline = tokio::time::Instant::now() + self.patience;
        loop {
            while asked.len() < AT_A_TIME
                && let Some(tag) = waiting.next()
            {
                self.tried.entry(key(&tag)).or_default().times += 1;
                asked.push(async move { (shown(client, &tag.name).await, tag) });
            }
            if has_new
                && told.is_none_or(|told| told.elapsed() >= TELL_EVERY)
                && let Some(tell) = &self.told
            {
                let models = self.judged(&tags.models, &once);
                tell(client.address(), &Discovered { models, server_version: version.clone() });
                told = Some(Instant::now());
            }
            let Ok(Some((answer, tag))) = tokio::time::timeout_at(deadline, asked.next()).await else {
                break;
            };
            self.tried.entry(key(&tag)).or_default().failed = answer.is_err();
            match answer {
                // Without a digest two looks cannot be told to mean the same model.
                Ok(show) if tag.digest.is_empty() => drop(once.insert(key(&tag), show)),
                Ok(show) => drop(self.shown.insert(key(&tag), show)),
                Err(_) => {}
            }
        }
        Ok(Discovered { models: self.judged(&tags.models, &once), server_version: version })
    }

    /// The models as far as they are known. `once`: answers that are not remembered.
    fn judged(&self, tags: &[Tag], once: &HashMap<Key, Show>) -> Vec<Model> {
        let of = |tag: &Tag| {
            let key = key(tag);
            let mut model = judge(tag, self.shown.get(&key).or(once.get(&key)));
            let failed = self.tried.get(&key).is_some_and(|tried| tried.failed);
            if model.reason == Some(UnknownReason::ShowFailed) && !failed {
                model.reason = Some(UnknownReason::NotAskedYet);
            }
            model
        };
        tags.iter().map(of).collect()
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
