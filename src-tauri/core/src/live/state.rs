//! What the window is told: five slices, each sent whole when it changes, with a revision.
//! The shapes cross to TypeScript by ts-rs (`cargo xtask types`).

use serde::{Deserialize, Serialize};

use crate::{
    diagnosis::finding::Diagnosis,
    error::Error,
    models::model::{Model, Verdict},
    openclaw::{
        gateway::Gateway,
        outcome::{ListedModel, ReceiptSummary},
    },
};

/// One message on the subscription: a slice and its revision (counts up over all slices).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Update {
    /// Counts up; a lower one than seen is old news.
    pub revision: u64,
    /// The slice.
    #[serde(flatten)]
    pub slice: Slice,
}

/// A slice of the state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "slice", content = "state", rename_all = "kebab-case")]
pub enum Slice {
    /// The diagnosis: path and findings.
    Path(Diagnosis),
    /// The models of the effective server.
    Models(ModelsState),
    /// What OpenClaw was told.
    Settings(Box<SettingsState>),
    /// Downloads, in the order in which they were asked for.
    Pulls(Vec<PullState>),
    /// OpenClaw itself.
    Openclaw(OpenclawState),
}

/// The models of the effective server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct ModelsState {
    /// The server that was asked.
    pub host: String,
    /// Its version; `null` while it does not answer.
    pub server_version: Option<String>,
    /// All installed models in the server's order; the last known ones while it does not answer.
    pub models: Vec<Model>,
    /// Why the list could not be read just now; `null` when it is fresh.
    pub problem: Option<Error>,
    /// What Pincer offers to download, best first; installed ones left out.
    pub catalogue: Vec<CatalogueEntry>,
}

/// One model on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// The name to pull.
    pub name: String,
    /// Size of the download in bytes, about.
    pub download_bytes: u64,
    /// Memory that it wants in bytes, about.
    pub memory_bytes: u64,
    /// What it is expected to be; the user's own server decides once it is installed.
    pub verdict: Verdict,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// It sees pictures.
    pub vision: bool,
    /// On Ollama's own list of models that do not work well with OpenClaw.
    pub weak: bool,
}

/// How OpenClaw is told of Ollama.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Not at all.
    Off,
    /// The key alone: OpenClaw discovers by itself.
    Automatic,
    /// A provider entry with a list of models.
    Pinned,
}

/// What OpenClaw was told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct SettingsState {
    /// OpenClaw's file.
    pub file: String,
    /// It is there.
    pub exists: bool,
    /// Why it could not be read; `null` when it was, or is not there.
    pub problem: Option<Error>,
    /// How Ollama is set.
    pub mode: Mode,
    /// The chosen model as written (`ollama/qwen3:8b`, or another provider's).
    pub primary: Option<String>,
    /// The next choices in order, as written.
    pub fallbacks: Vec<String>,
    /// The ids listed under the provider, as written.
    pub listed: Vec<String>,
    /// The same with the numbers written for each.
    pub entries: Vec<ListedModel>,
    /// Tokens that Ollama is told to run with the chosen model, else with all that are listed alike; `null` when
    /// it is not told.
    pub context: Option<u64>,
    /// This version of OpenClaw can be told a context.
    pub context_settable: bool,
    /// `baseUrl` as written, a password in it masked; `null` when there is none.
    pub base_url: Option<String>,
    /// What the automatic way does on the OpenClaw that is here.
    pub automatic: AutomaticState,
    /// Agents with a model of their own, for which the choice does not count.
    pub agents: Vec<String>,
    /// The newest change of Pincer's that undo would take back; `null` when there is none.
    pub last_change: Option<ReceiptSummary>,
}

/// What the automatic way does on the OpenClaw that is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct AutomaticState {
    /// This version turns Ollama on by the key alone.
    pub possible: bool,
    /// It runs a context that is enough (2026.8.2 on).
    pub advised: bool,
    /// Tokens that it lets Ollama run; `null`: the model's maximum, or Ollama's own default.
    pub tokens: Option<u64>,
    /// It is the model's own maximum, whatever the memory.
    pub maximum: bool,
    /// Models that run online are offered, too.
    pub offers_online: bool,
}

/// What an address answered when it was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct AddressTest {
    /// The address, normalised.
    pub url: String,
    /// Ollama's version there.
    pub server_version: String,
    /// How many models it has.
    pub models: usize,
    /// These models, in the server's order; the first thousand when there are more.
    pub found: Vec<Model>,
}

/// Where a download stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum PullPhase {
    /// Asked, no bytes yet.
    Starting,
    /// Bytes are coming.
    Downloading,
    /// No new bytes for 20 s.
    Stalled,
    /// Ollama checks what came; minutes on big models.
    Verifying,
    /// Ollama writes the manifest.
    Writing,
    /// The model is there.
    Done,
    /// Stopped by the user.
    Cancelled,
    /// Ended by an error.
    Failed,
}

/// One download.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct PullState {
    /// The model's name as asked.
    pub name: String,
    /// Where it stands.
    pub state: PullPhase,
    /// Bytes that are here, over all layers seen; never falls.
    pub completed_bytes: u64,
    /// Bytes of all layers seen; grows as layers come.
    pub total_bytes: u64,
    /// The bar, from 0 to 1; never falls, and is 1 only when done.
    pub fraction: f64,
    /// Speed over the last seconds; `null` until known.
    pub bytes_per_second: Option<u64>,
    /// Time left at that speed; `null` until known.
    pub seconds_left: Option<u64>,
    /// Why it failed.
    pub failure: Option<Error>,
}

/// OpenClaw itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct OpenclawState {
    /// Its program, when one was found.
    pub program: Option<String>,
    /// Its version, when known.
    pub version: Option<String>,
    /// Whether its gateway runs.
    pub gateway: Gateway,
}
