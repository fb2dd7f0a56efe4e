//! What the window is told: slices, each sent whole when it changes, with a revision.
//! The shapes cross to TypeScript by ts-rs (`cargo xtask types`).

use serde::Serialize;

use super::remedies::RemedyState;
use crate::{
    diagnosis::finding::Diagnosis,
    error::Error,
    installing::InstallState,
    machine::memory::Memory,
    models::{assess::Assessed, catalogue::Offered, check::CheckState},
    ollama::pull::PullState,
    openclaw::{
        gateway::{
            Gateway,
            proof::{Proof, ProofState},
            sees::Sees,
            start::StartState,
        },
        outcome::{ListedModel, Mode, ReceiptSummary},
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
    /// Live checks that run, and how the last one of each model ended.
    Checks(Vec<CheckState>),
    /// The installation of Ollama or OpenClaw; `null` when none was begun, or it was dismissed.
    Install(Option<InstallState>),
    /// Remedies under way, and how the last of each ended.
    Remedies(Vec<RemedyState>),
    /// When everything was looked at last.
    Look(LookState),
    /// The start of OpenClaw's gateway; `null` when none was asked for.
    GatewayStart(Option<StartState>),
    /// The question through OpenClaw; `null` when none was asked.
    Proof(Option<ProofState>),
    /// OpenClaw itself.
    Openclaw(OpenclawState),
}

/// When everything was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct LookState {
    /// In milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at: u64,
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
    pub models: Vec<Assessed>,
    /// Why the list could not be read just now; `null` when it is fresh.
    pub problem: Option<Error>,
    /// Ollama runs on another computer.
    pub remote: bool,
    /// This computer's memory; `null` when it is not known, or Ollama is elsewhere.
    pub memory: Option<Memory>,
    /// What Pincer offers to download, best first; installed ones left out.
    pub catalogue: Vec<Offered>,
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
    /// The own model of the agent that answers when none is named; `null`: it uses the chosen one.
    pub own: Option<AgentModel>,
    /// The newest change of Pincer's that undo would take back; `null` when there is none.
    pub last_change: Option<ReceiptSummary>,
}

/// An agent with a model of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct AgentModel {
    /// Its name.
    pub agent: String,
    /// Its model as written.
    pub model: String,
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

/// OpenClaw itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct OpenclawState {
    /// Its program, when one was found.
    pub program: Option<String>,
    /// Its version, when known.
    pub version: Option<String>,
    /// Whether its gateway runs.
    pub gateway: Gateway,
    /// The model that its agent uses answered through it, and nothing that matters changed since; `null`: that is not
    /// proven.
    pub proof: Option<Proof>,
    /// The gateway may run older settings than the file holds, since it does not reload them: nothing is proven then.
    pub behind: bool,
    /// What it sees of the installed models; `null` while that is not known, or its list says nothing.
    pub sees: Option<Sees>,
}
