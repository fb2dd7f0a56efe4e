//! One installed model as Pincer judges it: the shape of `pincer models --json` and of the Models screen.
//! The field names are OpenClaw's own (`contextWindow`, `maxTokens`); see `docs` on the command line.

use serde::{Deserialize, Serialize};

use super::shape::CacheShape;

/// What OpenClaw can do with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Has `tools`: OpenClaw can act with it. What OpenClaw's page calls discovered.
    Ready,
    /// Can talk, has no `tools`.
    ChatOnly,
    /// Embeddings only.
    Embedding,
    /// Runs on ollama.com, whatever it can do.
    Cloud,
    /// The server did not say what it can do.
    Unknown,
}

/// Why a verdict is `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum UnknownReason {
    /// `/api/show` failed for this model.
    ShowFailed,
    /// `/api/show` has not answered yet; the next look asks again.
    NotAskedYet,
    /// The server is too old to say (before 0.6.4), or left `capabilities` out.
    NoCapabilities,
}

/// What a model takes as input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// Text.
    Text,
    /// Pictures.
    Image,
}

/// Prices per token; always zero, as OpenClaw's page says of local models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Per token read.
    pub input: u32,
    /// Per token written.
    pub output: u32,
    /// Per token read from a cache.
    pub cache_read: u32,
    /// Per token written to a cache.
    pub cache_write: u32,
}

/// One installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The name as the server lists it, tag included.
    pub id: String,
    /// What OpenClaw can do with it.
    pub verdict: Verdict,
    /// Why the verdict is `unknown`; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub reason: Option<UnknownReason>,
    /// The server's own list, in its order; empty when it gave none.
    pub capabilities: Vec<String>,
    /// Has `tools`; `null` when unknown.
    pub tools: Option<bool>,
    /// Has `thinking`; `null` when unknown.
    pub reasoning: Option<bool>,
    /// What it takes.
    pub input: Vec<Input>,
    /// Largest conversation in tokens; 8192 when the server does not say (OpenClaw's page).
    pub context_window: u64,
    /// Whether the server said so, or the 8192 is the page's guess.
    pub context_known: bool,
    /// 10 x `contextWindow`, saturating (OpenClaw's page).
    pub max_tokens: u64,
    /// All zero.
    pub cost: Cost,
    /// Size on disk in bytes, as `/api/tags` says.
    pub size_bytes: u64,
    /// The digest of its manifest, as `/api/tags` says: what was seen of a model is of these files. For the library
    /// alone; empty when the server gave none.
    #[serde(skip)]
    pub digest: String,
    /// What it keeps in memory for a conversation; for the fit alone.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub cache: CacheShape,
}
