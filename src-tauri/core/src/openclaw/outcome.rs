//! What a change of OpenClaw's settings looks like from outside: preview, result, receipt, undo.
//! Codes and parameters only; the words are in `ui/messages`.

use serde::{Deserialize, Serialize};

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

/// How OpenClaw shall be told of Ollama's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum SetMode {
    /// A provider entry with a list of models (the page's explicit provider).
    Pinned,
    /// The key alone, in `<state>/.env`: OpenClaw discovers by itself (the page's implicit provider).
    Automatic,
}

/// One model of an exact list, with the user's own numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedModel {
    /// The model.
    pub id: String,
    /// `contextWindow` in tokens, instead of the model's own; `null` leaves what is written, or the model's.
    pub context_window: Option<u64>,
    /// `maxTokens` in tokens; `null` leaves what is written, or ten times the context.
    pub max_tokens: Option<u64>,
}

/// What the user wants (`pincer use`, the settings screen, and the buttons that stand for it). Fields left out
/// mean: as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UseRequest {
    /// The model that OpenClaw shall use.
    pub primary: String,
    /// The next choices in order; `null` leaves the present ones.
    pub fallbacks: Option<Vec<String>>,
    /// More models to list under the provider.
    pub models: Vec<String>,
    /// Also list every ready model (the window's one-click set-up).
    pub all_ready: bool,
    /// The context that Ollama shall run, in tokens; `null` for the recommended one (at most 32768, what fits this
    /// computer, what the model has).
    pub context: Option<u64>,
    /// Automatic or pinned; `null` is the way that is there, pinned where there is none.
    pub mode: Option<SetMode>,
    /// The address of Ollama to write; `null` is the effective one.
    pub address: Option<String>,
    /// The exact list under the provider: others that are there go (and are shown); `null` adds to what is there.
    pub listed: Option<Vec<ListedModel>>,
    /// Fallbacks of other providers, and models that run on ollama.com, go.
    pub local_only: bool,
    /// Seconds that OpenClaw shall wait for a word of a model; `null` leaves what is there.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub timeout: Option<u64>,
    /// Ollama shall keep the primary in memory for a day after each question.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub keep_loaded: bool,
}

/// Something that the user should know before applying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Warning {
    /// The primary cannot use tools: OpenClaw can chat with it, not act.
    ChatOnly {
        /// The model.
        name: String,
    },
    /// The primary makes embeddings: it cannot chat.
    Embedding {
        /// The model.
        name: String,
    },
    /// The last live check of the primary failed: it did not call the tool, or there was not enough memory.
    FailedCheck {
        /// The model.
        name: String,
    },
    /// The server did not say what the primary can do.
    UnknownAbilities {
        /// The model.
        name: String,
    },
    /// The model's context is unknown (the page's 8192 is written) or under what OpenClaw's instructions need.
    ContextSmall {
        /// The model.
        name: String,
        /// Tokens written as `contextWindow`.
        tokens: u64,
        /// The server did not say; the number is the page's guess.
        guessed: bool,
    },
    /// The primary does not fit this computer with the context that will run, as far as it can be computed or was
    /// seen.
    TooBig {
        /// The model.
        name: String,
        /// What it needs, in bytes.
        need_bytes: u64,
        /// What this computer has (main and graphics memory together), in bytes.
        have_bytes: u64,
        /// That context, in tokens.
        tokens: u64,
    },
    /// The model runs on ollama.com.
    RunsOnline {
        /// The model.
        name: String,
    },
    /// OpenClaw's version is not known; the newest form is written.
    VersionUnknown {
        /// The version whose form is written.
        assumed: String,
    },
    /// This version of OpenClaw cannot be told a context.
    ContextNotSettable {},
    /// Automatic: OpenClaw's own discovery may offer models that can only chat, and on newer versions online ones.
    AutomaticOffersMore {
        /// Also models that run on ollama.com.
        online: bool,
    },
    /// Automatic: this version lets Ollama run this context.
    AutomaticContext {
        /// Tokens; `null`: whatever Ollama's own default is, often 4096.
        tokens: Option<u64>,
        /// The model's own maximum, whatever the memory.
        maximum: bool,
    },
    /// Automatic is better left to a newer OpenClaw.
    AutomaticNotAdvised {
        /// The first version where it is.
        since: String,
    },
    /// Models that the user listed by hand go from the list.
    DropsModels {
        /// Their ids.
        names: Vec<String>,
    },
    /// Next choices that run online go.
    DropsOnline {
        /// As written.
        names: Vec<String>,
    },
    /// Agents with a model of their own: the default does not count for them.
    AgentsDiffer {
        /// The agents' names.
        names: Vec<String>,
    },
}

/// One value that changes, at its dotted path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Change {
    /// Where, dotted; an array element by its `id` (`models.providers.ollama.models[qwen3:8b]`).
    pub path: String,
    /// The value before, secrets masked; `null` when absent.
    pub before: Option<serde_json::Value>,
    /// The value after, secrets masked; `null` when removed.
    pub after: Option<serde_json::Value>,
}

/// One file of a change, with its masked unified diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct FileDiff {
    /// The file.
    pub path: String,
    /// Unified diff, secrets masked; empty when nothing changes.
    pub diff: String,
}

/// What a change would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// To be given to apply.
    pub plan: String,
    /// OpenClaw's main file.
    pub file: String,
    /// The files that change.
    pub files: Vec<FileDiff>,
    /// Anything changes at all.
    pub changed: bool,
    /// How Ollama is set afterwards.
    pub mode: Mode,
    /// The form that is written, as a version range (`2026.5.28+`).
    pub dialect: String,
    /// OpenClaw's version, when known.
    pub openclaw_version: Option<String>,
    /// What to know first.
    pub warnings: Vec<Warning>,
    /// The values that change.
    pub changes: Vec<Change>,
    /// What that means, in the order in which it is said.
    pub effects: Vec<Effect>,
    /// The primary afterwards, as written.
    pub primary: Option<String>,
    /// The fallbacks afterwards, as written.
    pub fallbacks: Vec<String>,
}

/// A change that Pincer made, as history lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct ReceiptSummary {
    /// Its name, to give to undo.
    pub id: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// What it did.
    pub kind: ReceiptKind,
    /// The files it wrote.
    pub files: Vec<String>,
    /// It was undone since, by this receipt.
    pub undone_by: Option<String>,
}

/// One thing that a change really changes, from before to after. Names are Ollama's ids; a model of another provider
/// is named as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Effect {
    /// OpenClaw, which knew nothing of Ollama, is told of it.
    Connect {
        /// In which way.
        mode: SetMode,
    },
    /// Another model is the primary.
    Model {
        /// It.
        name: String,
        /// The one before; `null` when there was none.
        before: Option<String>,
    },
    /// The next choices are other ones.
    Fallbacks {
        /// All of them afterwards, in order.
        names: Vec<String>,
    },
    /// The next choices are the same in another order.
    FallbacksOrder {
        /// In their new order.
        names: Vec<String>,
    },
    /// No next choice is left.
    FallbacksGone {},
    /// From the automatic way to the pinned one, or back.
    Mode {
        /// The way afterwards.
        mode: SetMode,
    },
    /// OpenClaw asks Ollama at another address.
    Address {
        /// That address, a password in it masked.
        url: String,
    },
    /// Models are new in the list, beside those that the other effects name as chosen.
    ListAdded {
        /// Their ids.
        names: Vec<String>,
    },
    /// Models go from the list.
    ListRemoved {
        /// Their ids.
        names: Vec<String>,
    },
    /// Ollama runs another context with these models.
    Context {
        /// Their ids.
        names: Vec<String>,
        /// Tokens; `null` when it is not the same for all.
        tokens: Option<u64>,
    },
    /// Other numbers (`contextWindow`, `maxTokens`) are written for these models.
    Numbers {
        /// Their ids.
        names: Vec<String>,
    },
    /// OpenClaw waits another time for a word of a model.
    Timeout {
        /// In seconds.
        seconds: u64,
    },
    /// Ollama keeps these models in memory for hours after a question.
    KeptLoaded {
        /// Their ids.
        names: Vec<String>,
    },
    /// The key is put where OpenClaw's service reads it.
    Key {},
    /// OpenClaw's gateway, which was told no place, runs on this computer.
    Gateway {},
    /// OpenClaw's gateway gets a token to ask for.
    GatewayToken {},
    /// OpenClaw's own command lets its gateway start with the computer.
    GatewayAtLogin {
        /// The command, as an argument list joined by spaces.
        command: String,
        /// The file that it writes.
        file: String,
    },
    /// Something else is written as this OpenClaw takes it: limits, spellings, forms, files of agents.
    InOrder {},
}

/// What a change did, in one word with parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "kind", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum ReceiptKind {
    /// What the settings say of Ollama was changed.
    Settings {
        /// What changed.
        effects: Vec<Effect>,
    },
    /// A model became OpenClaw's model. Receipts of earlier versions say so of any change that was chosen.
    UseModel {
        /// Its id.
        name: String,
    },
    /// The address of Ollama was set.
    UseAddress {
        /// That address.
        url: String,
    },
    /// `fallback` became `fallbacks`.
    RenameFallback {},
    /// The settings were put in order for the model that is chosen.
    Repair {},
    /// The key was put where OpenClaw's service reads it.
    WriteKey {},
    /// Missing models were listed.
    AddModels {},
    /// A model that was downloaded was listed.
    ListModel {
        /// The model.
        name: String,
    },
    /// Next choices that run online were dropped.
    LocalOnly {},
    /// A next choice was taken out.
    DropFallback {
        /// Its name.
        name: String,
    },
    /// OpenClaw's gateway was told to run on this computer.
    SetGatewayMode {},
    /// OpenClaw's gateway was given a token.
    SetGatewayToken {},
    /// Ollama starts with the computer.
    StartAtLogin {},
    /// OpenClaw's gateway starts with the computer.
    GatewayAtLogin {},
    /// The context that Ollama shall run with a model was set.
    SetContext {
        /// The model.
        name: String,
        /// In tokens.
        tokens: u64,
    },
    /// OpenClaw waits longer for an answer.
    SetTimeout {
        /// The model that needs it.
        name: String,
        /// In seconds.
        seconds: u64,
    },
    /// A model stays in memory between questions.
    KeepLoaded {
        /// The model.
        name: String,
    },
    /// An earlier change was undone.
    Undo {
        /// That change's receipt.
        receipt: String,
    },
}
