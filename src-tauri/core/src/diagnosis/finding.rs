//! What the judge finds: a cause with its station and severity, and the remedies that go with it.
//! Ids of remedies are public names (they stand in `pincer doctor --json`), like the codes of causes.

use serde::{Deserialize, Serialize};

pub use super::cause::Cause;
use crate::{
    computer::SourcedAddress, machine::variable::VariableKind, ollama::restart::RestartWay,
    openclaw::elsewhere::route::Way,
};

/// A station of the path, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// Ollama itself.
    Engine,
    /// Its address.
    Connection,
    /// What is installed there.
    Models,
    /// What OpenClaw was told.
    Settings,
    /// OpenClaw itself.
    Openclaw,
}

impl Link {
    /// All stations, in the order of the path.
    pub const ALL: [Self; 5] = [Self::Engine, Self::Connection, Self::Models, Self::Settings, Self::Openclaw];
}

/// The state of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// No problem found there.
    Ok,
    /// The first station with a problem; at most one.
    Broken,
    /// After the broken one: not judged.
    Waiting,
    /// Could not be told (yet).
    Unknown,
}

/// One station with its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Station {
    /// Which one.
    pub link: Link,
    /// How it is.
    pub state: LinkState,
}

/// How much a finding matters. Ordered: problems first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// OpenClaw cannot work with Ollama.
    Problem,
    /// Works, badly or not for long.
    Warning,
    /// Good to know.
    Note,
}

/// What can be done about a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "id", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Remedy {
    /// Open Ollama's download page.
    GetOllama {},
    /// Install Ollama: without an administrator, or by its own installer.
    InstallOllama {},
    /// Start Ollama.
    StartOllama {},
    /// Restart Ollama: Pincer does it where a service or Pincer itself runs it, else by hand.
    RestartOllama {
        /// What it takes here.
        way: RestartWay,
    },
    /// Start Ollama with the computer.
    StartAtLogin {},
    /// Let Ollama use the folder of its models, by hand.
    GiveFolder {
        /// The folder.
        folder: String,
    },
    /// Let the file of Ollama's program be run, by hand.
    AllowRun {
        /// The file.
        path: String,
    },
    /// Bring the folder of the models back or correct where it is named, by hand.
    FindFolder {
        /// The folder.
        folder: String,
    },
    /// Read what Ollama says itself, by hand.
    ReadLog {},
    /// Use the Ollama that has the models, by hand.
    UseStore {
        /// The folder with the models.
        folder: String,
    },
    /// Run Ollama on another port by hand.
    MoveOllama {
        /// A port that is free.
        port: u16,
    },
    /// Close the other program by hand.
    CloseProgram {
        /// Its process id.
        pid: u32,
    },
    /// Use the address where Ollama answers.
    UseAddress {
        /// That address.
        url: String,
    },
    /// Correct a variable where it is set, by hand.
    CorrectVariable {
        /// Its name.
        variable: String,
        /// What kind of place sets it.
        kind: VariableKind,
        /// The file, or the key of the registry; `null` when it is not known.
        place: Option<String>,
        /// 1-based line of the file.
        line: Option<usize>,
    },
    /// Make Ollama on the other machine listen to the network, by hand there.
    ServeNetwork {
        /// Its port.
        port: u16,
    },
    /// Let a VPN or antivirus leave Ollama alone, by hand.
    LetThrough {},
    /// Let Ollama accept the host name, by hand.
    AllowHost {},
    /// Free a port that Windows keeps, by hand.
    FreeReservedPort {},
    /// Let the proxy variables leave loopback alone, by hand.
    BypassProxy {},
    /// Download a model.
    DownloadModel {
        /// Its name.
        name: String,
    },
    /// Sign in at ollama.com, by hand.
    SignIn {},
    /// Choose another model, on the Models screen.
    ChooseModel {},
    /// Make a model that can act OpenClaw's model.
    UseModel {
        /// Its name as listed.
        name: String,
    },
    /// Correct the file by hand.
    EditFile {
        /// The file.
        path: String,
    },
    /// Rename `fallback` to `fallbacks`.
    RenameFallback {},
    /// Write the settings anew for the chosen model, in the form of this OpenClaw; what is the user's own stays.
    RepairSettings {},
    /// Put `OLLAMA_API_KEY` where OpenClaw's service reads it.
    WriteKey {},
    /// List the ready models that are missing.
    AddModels {},
    /// Drop next choices that run online.
    LocalOnly {},
    /// Take one next choice out.
    DropFallback {
        /// Its name, without `ollama/`.
        name: String,
    },
    /// Let Ollama run a context of so many tokens with this model.
    SetContext {
        /// The model.
        name: String,
        /// In tokens.
        tokens: u64,
    },
    /// Let OpenClaw wait longer for an answer of this model.
    SetTimeout {
        /// The model.
        name: String,
        /// In seconds.
        seconds: u64,
    },
    /// Let Ollama keep this model in memory between questions: what it has read of OpenClaw's instructions stays, too.
    KeepLoaded {
        /// The model.
        name: String,
    },
    /// Let OpenClaw's gateway run on this computer.
    SetGatewayMode {},
    /// Give OpenClaw's gateway a token to ask for.
    SetGatewayToken {},
    /// Start OpenClaw's gateway.
    StartGateway {},
    /// Start OpenClaw's gateway with the computer.
    GatewayAtLogin {},
    /// Install a newer Node, by hand.
    UpdateNode {
        /// What OpenClaw asks for.
        required: String,
    },
    /// Write the address of Ollama where that OpenClaw's settings are, by hand.
    ConfigureElsewhere {
        /// Ollama's address as seen from there.
        url: String,
        /// Its port.
        port: u16,
        /// How it is reached from there.
        way: Way,
        /// What to write there, as JSON5.
        text: String,
    },
    /// Take Pincer's last change back.
    UndoChange {
        /// Its receipt.
        receipt: String,
    },
    /// Install OpenClaw with npm, after the user's yes.
    InstallOpenclaw {},
    /// Open OpenClaw's page on installing it.
    GetOpenclaw {},
    /// Open the page where Node, and npm with it, is to be had.
    GetNode {},
    /// Open the page where git is to be had.
    GetGit {},
}

/// Who carries a remedy out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum RemedyKind {
    /// Pincer, with one click.
    Action,
    /// The user, by hand; a command to copy where one does it.
    Manual,
    /// A page to open.
    Link,
}

/// A remedy as offered with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Offer {
    /// What it does.
    #[serde(flatten)]
    pub remedy: Remedy,
    /// Who does it.
    pub kind: RemedyKind,
    /// The command that does it, as an argument list; never run silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub command: Option<Vec<String>>,
    /// The system asks for a password first; refusing it changes nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub password: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Finding {
    /// The cause.
    #[serde(flatten)]
    pub cause: Cause,
    /// How much it matters.
    pub severity: Severity,
    /// The station it belongs to.
    pub link: Link,
    /// What was seen, in technical English, for the folded part.
    pub evidence: Vec<String>,
    /// What can be done, the best first.
    pub remedies: Vec<Offer>,
}

/// The whole diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Diagnosis {
    /// No problem found (warnings and notes may be there).
    pub ok: bool,
    /// The effective address of Ollama.
    pub address: SourcedAddress,
    /// The five stations, in order.
    pub path: Vec<Station>,
    /// Problems by path, then warnings, then notes.
    pub findings: Vec<Finding>,
    /// Stations whose checks still run: what is said of them is of the look before, or nothing. Empty in the end.
    pub checking: Vec<Link>,
}
