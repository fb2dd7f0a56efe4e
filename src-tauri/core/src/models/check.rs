//! The live check: one real question with one small tool and the context that OpenClaw will use, judged by what
//! came back. It proves the model, not OpenClaw.

pub mod ask;
pub mod judge;
pub mod pace;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What one check showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// When, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// The address of the server that was asked: another one has other memory. Absent when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub host: Option<String>,
    /// The context that was asked for, in tokens; absent when it was left to Ollama.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub asked_context: Option<u64>,
    /// What came back.
    pub outcome: CheckOutcome,
    /// Seconds until the first word or call; `null` when none came.
    pub first_token_seconds: Option<f64>,
    /// Seconds in all.
    pub seconds: f64,
    /// Tokens written per second, as the server counts; `null` when it did not say.
    pub tokens_per_second: Option<f64>,
    /// Tokens of the question as the server counts; absent when it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the question read per second, as the server counts; absent when it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub tokens_read_per_second: Option<f64>,
    /// Seconds until the model was in memory, as the server counts; absent when it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub load_seconds: Option<f64>,
    /// The context that really ran, in tokens (`/api/ps`); `null` when the server did not say.
    pub context_running: Option<u64>,
    /// The share of the model on the graphics card, 0 to 1 (`/api/ps`); `null` when the server did not say.
    pub on_graphics_card: Option<f64>,
}

impl Checked {
    /// An outcome of which nothing was measured.
    #[must_use]
    pub const fn new(at: u64, outcome: CheckOutcome) -> Self {
        Self {
            at,
            host: None,
            asked_context: None,
            outcome,
            first_token_seconds: None,
            seconds: 0.0,
            tokens_per_second: None,
            prompt_tokens: None,
            tokens_read_per_second: None,
            load_seconds: None,
            context_running: None,
            on_graphics_card: None,
        }
    }
}

/// What came back from a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum CheckOutcome {
    /// It called the tool: OpenClaw can act with it.
    CalledTool {},
    /// It wrote the call as text (`models.calls-as-text`): OpenClaw would do nothing.
    CallAsText {},
    /// It answered without calling the tool, twice.
    NoCall {
        /// The tool that it called in its place, which there is none of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        called: Option<String>,
    },
    /// Ollama says that it does not support tools.
    NoTools {},
    /// Ollama could not load it: not enough memory, in Ollama's own words.
    NotEnoughMemory {
        /// Bytes that it needs, when Ollama said.
        need_bytes: Option<u64>,
        /// Bytes that there were, when Ollama said.
        have_bytes: Option<u64>,
    },
    /// A part of Ollama is missing (`engine.runner-missing`).
    RunnerMissing {},
    /// This processor cannot run it (`engine.cpu-unsupported`).
    CpuUnsupported {},
    /// Ollama is still working on something else (`engine.busy`).
    Busy {},
    /// It runs online and wants a sign-in (`models.cloud-sign-in`).
    SignIn {},
    /// Its answer was cut off before it said or called anything: the conversation was too short for it.
    CutOff {},
    /// No whole answer came within the limit ([`ask::LIMIT`]).
    TooSlow {},
    /// Something else went wrong; never remembered.
    #[serde(skip_deserializing)]
    Failed {
        /// What.
        failure: Error,
    },
}

impl CheckOutcome {
    /// The model answered, and OpenClaw cannot act with such an answer: it is not chosen by itself. A lack of memory
    /// is of one context, and the fit's to say.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self, Self::CallAsText {} | Self::NoCall { .. } | Self::NoTools {})
    }
}

/// A check as the window follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct CheckState {
    /// The model, as the server lists it.
    pub model: String,
    /// What it is doing.
    pub phase: CheckPhase,
    /// Since when the model is asked, or, while it is queued, since when it waits; milliseconds since 1970 (UTC).
    pub since: u64,
    /// What it showed, once it has ended.
    pub result: Option<Checked>,
}

/// What a running check is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum CheckPhase {
    /// Another check runs: two at once would falsify each other's seconds and memory.
    Queued,
    /// Ollama loads the model and reads the question: a minute is normal without a graphics card.
    Loading,
    /// The answer is coming.
    Answering,
    /// The user stopped it.
    Cancelled,
    /// There is a result.
    Ended,
}
