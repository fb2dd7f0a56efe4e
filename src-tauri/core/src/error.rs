//! What can go wrong, as codes that a face acts on; the words for people are in `ui/messages`.
//! Every fallible function of the library ends in this one enum, and it crosses to the window as it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{inert, machine::disk::MoveModels, openclaw::outcome::ReceiptSummary};

/// Longest technical part, in characters.
const DETAIL: usize = 8000;

/// The result of every fallible function of the library.
pub type Result<T> = std::result::Result<T, Error>;

/// One failure: a code with typed parameters, and the technical part that a face folds away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
// `Error` is taken in TypeScript.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "Failure", export_to = "./"))]
#[error("{code:?}: {detail}")]
pub struct Error {
    /// What happened, for a face to act on and to say in words.
    #[serde(flatten)]
    pub code: ErrorCode,
    /// Technical English for the folded part and for logs; empty when the code says it all.
    pub detail: String,
}

impl Error {
    /// An error with its technical part, which may quote what came from outside: it is made inert, and has an end.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Cow::Owned(inert) = inert::lines(&detail, DETAIL) {
            detail = inert;
        }
        Self { code, detail }
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self { code, detail: String::new() }
    }
}

/// The codes. A new one needs its words in `ui/messages` (`error.<code>`): the UI does not compile without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all_fields = "camelCase")]
pub enum ErrorCode {
    /// Nothing listens at the address of Ollama.
    #[serde(rename = "ollama.refused")]
    OllamaRefused {
        /// The address asked.
        url: String,
    },
    /// No connection within the limit, or no route: another machine that is off, or a firewall.
    #[serde(rename = "ollama.unreachable")]
    OllamaUnreachable {
        /// The address asked.
        url: String,
    },
    /// Connected, but no answer within the limit, or an answer that stopped half-way.
    #[serde(rename = "ollama.silent")]
    OllamaSilent {
        /// The address asked.
        url: String,
    },
    /// The connection was closed before or within the answer.
    #[serde(rename = "ollama.cut-off")]
    OllamaCutOff {
        /// The address asked.
        url: String,
    },
    /// The host name does not resolve.
    #[serde(rename = "ollama.name-unknown")]
    OllamaNameUnknown {
        /// The address asked.
        url: String,
    },
    /// A TLS error, mostly `https://` against a plain port.
    #[serde(rename = "ollama.tls")]
    OllamaTls {
        /// The address asked.
        url: String,
    },
    /// Something answers there, but it is not Ollama.
    #[serde(rename = "ollama.not-ollama")]
    OllamaNotOllama {
        /// The address asked.
        url: String,
    },
    /// Ollama answered with an HTTP error.
    #[serde(rename = "ollama.status")]
    OllamaStatus {
        /// The address asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// Ollama's own message, empty when it sent none.
        message: String,
    },
    /// The answer is larger than we read, or not what the protocol says.
    #[serde(rename = "ollama.unreadable")]
    OllamaUnreadable {
        /// The address asked.
        url: String,
    },
    /// A text that is no address.
    #[serde(rename = "address.invalid")]
    AddressInvalid {
        /// The text as given.
        text: String,
    },
    /// A text that is no model name (facts: `[host/][namespace/]model[:tag]`).
    #[serde(rename = "model.bad-name")]
    ModelBadName {
        /// The text as given.
        name: String,
    },
    /// The model is not installed.
    #[serde(rename = "model.not-installed")]
    ModelNotInstalled {
        /// The name as given.
        name: String,
        /// Installed names that look most like it, best first.
        nearest: Vec<String>,
    },
    /// A model that makes embeddings: it cannot be asked anything.
    #[serde(rename = "model.cannot-chat")]
    ModelCannotChat {
        /// Its name as listed.
        name: String,
    },
    /// No installed model that OpenClaw can use to act.
    #[serde(rename = "model.none-ready")]
    ModelNoneReady {},
    /// OpenClaw's file cannot be read as JSON5.
    #[serde(rename = "settings.unreadable")]
    SettingsUnreadable {
        /// The file.
        path: String,
        /// 1-based line; 0 when there is no place to point at.
        line: usize,
        /// 1-based column, in characters; 0 when unknown.
        column: usize,
        /// The text of that line, shortened, secrets masked.
        text: String,
    },
    /// OpenClaw's `.env` is not UTF-8.
    #[serde(rename = "settings.env-unreadable")]
    SettingsEnvUnreadable {
        /// The file.
        path: String,
        /// The 1-based line where it stops being.
        line: usize,
    },
    /// OpenClaw reads the file, but we cannot edit it without risk: paste this by hand.
    #[serde(rename = "settings.not-editable")]
    SettingsNotEditable {
        /// The file.
        path: String,
        /// Where in the document, as a dotted path.
        at: String,
        /// The exact text to put there.
        paste: String,
    },
    /// The value lives in a file that the settings include, and an edit there is not safe: it must be made by hand.
    #[serde(rename = "settings.included")]
    SettingsIncluded {
        /// The settings file.
        path: String,
        /// The value, as a dotted path of the settings as a whole; empty for all of them.
        at: String,
        /// The included file where it lives; several joined by `, `.
        include: String,
    },
    /// Automatic needs a newer OpenClaw, or Ollama at its default address.
    #[serde(rename = "settings.automatic-not-possible")]
    SettingsAutomaticNotPossible {
        /// The first version where it is.
        since: String,
        /// The address that an older version cannot be given without a list of models; `null`: it is the version alone.
        address: Option<String>,
    },
    /// Automatic would lose what the user wrote in the provider entry: this version takes none without a list.
    #[serde(rename = "settings.automatic-drops")]
    SettingsAutomaticDrops {
        /// The user's own keys.
        names: Vec<String>,
        /// The first version that keeps them.
        since: String,
    },
    /// Someone else wrote the file between preview and apply.
    #[serde(rename = "settings.changed-meanwhile")]
    SettingsChangedMeanwhile {
        /// The file.
        path: String,
        /// What changed, as a masked unified diff.
        diff: String,
    },
    /// OpenClaw lives elsewhere on this computer: what is written here would not count for it.
    #[serde(rename = "settings.elsewhere")]
    SettingsElsewhere {
        /// The container that it runs in.
        container: Option<String>,
        /// The distribution of WSL that it runs in.
        distribution: Option<String>,
        /// The file that would be written.
        path: String,
    },
    /// OpenClaw may live in a container: nothing of it is here, and the engine of containers does not answer.
    #[serde(rename = "settings.engine-silent")]
    SettingsEngineSilent {
        /// The engine's program.
        engine: String,
        /// The file that would be written.
        path: String,
    },
    /// The asked preview is not known any more (the window was left open long, or it was applied).
    #[serde(rename = "settings.preview-gone")]
    SettingsPreviewGone {},
    /// A file or folder cannot be read or written.
    #[serde(rename = "file.failed")]
    FileFailed {
        /// The file or folder.
        path: String,
        /// Why, as a word of a closed list.
        reason: FileReason,
    },
    /// Another Pincer is writing right now.
    #[serde(rename = "file.locked")]
    FileLocked {
        /// The lock file.
        path: String,
    },
    /// There is nothing to undo.
    #[serde(rename = "undo.nothing")]
    UndoNothing {},
    /// What was to be undone is not there any more: every file holds already what it held before.
    #[serde(rename = "undo.already")]
    UndoAlready {},
    /// No receipt of that name.
    #[serde(rename = "undo.unknown")]
    UndoUnknown {
        /// The name as given.
        id: String,
    },
    /// Later changes of Pincer's that are in force would go with it, and nobody was shown all of them.
    #[serde(rename = "undo.takes-later")]
    UndoTakesLater {
        /// They, newest first.
        later: Vec<ReceiptSummary>,
    },
    /// The file was changed by someone else since: undoing would lose that.
    #[serde(rename = "undo.changed-since")]
    UndoChangedSince {
        /// The file.
        path: String,
        /// From what Pincer wrote to what is there now, as a masked unified diff.
        diff: String,
    },
    /// Ollama cannot be started from here: it is not on this computer.
    #[serde(rename = "start.not-installed")]
    StartNotInstalled {},
    /// The address belongs to another machine: nothing to start here.
    #[serde(rename = "start.remote")]
    StartRemote {
        /// The address.
        url: String,
    },
    /// The address is `https://`, and Ollama itself listens in plain HTTP: nothing was started.
    #[serde(rename = "start.encrypted")]
    StartEncrypted {
        /// The address.
        url: String,
    },
    /// Another program, which does not answer, has the port: nothing was started.
    #[serde(rename = "start.port-taken")]
    StartPortTaken {
        /// The port.
        port: u16,
        /// The program's name.
        program: String,
    },
    /// The service runs, but its unit has it listen at another address.
    #[serde(rename = "start.elsewhere")]
    StartElsewhere {
        /// The address asked.
        url: String,
        /// Where it answers.
        serves: String,
    },
    /// The program to start Ollama failed or could not be run.
    #[serde(rename = "start.failed")]
    StartFailed {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// The password box was closed: nothing was changed.
    #[serde(rename = "start.dismissed")]
    StartDismissed {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// The system did not allow it: a wrong password, not an administrator, or no desktop that could ask.
    #[serde(rename = "start.not-allowed")]
    StartNotAllowed {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// Only an administrator can do it, and nothing here can ask for the password: the command is for them to type.
    #[serde(rename = "start.needs-administrator")]
    StartNeedsAdministrator {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// Someone else started this Ollama: it is theirs to stop.
    #[serde(rename = "start.not-ours")]
    StartNotOurs {},
    /// What answers there is no Ollama: nothing was ended.
    #[serde(rename = "start.other-program")]
    StartOtherProgram {
        /// The port.
        port: u16,
        /// The program's name.
        program: String,
    },
    /// The Ollama that Pincer had started was ended, and the next one could not be started: none runs now.
    #[serde(rename = "start.left-stopped")]
    StartLeftStopped {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// A file that would start Ollama with the computer is there already, and is not Pincer's.
    #[serde(rename = "start.login-taken")]
    StartLoginTaken {
        /// That file.
        path: String,
    },
    /// The Ollama that Pincer started does not end.
    #[serde(rename = "start.not-stopped")]
    StartNotStopped {
        /// Its process id.
        pid: u32,
    },
    /// Started, but it did not answer within the limit.
    #[serde(rename = "start.slow")]
    StartSlow {
        /// Seconds waited.
        seconds: u64,
    },
    /// OpenClaw's program is not on this computer.
    #[serde(rename = "gateway.no-program")]
    GatewayNoProgram {},
    /// OpenClaw's settings say that its gateway is on another computer: nothing to start here.
    #[serde(rename = "gateway.remote")]
    GatewayRemote {},
    /// Nothing on this computer starts programs for the user at login as OpenClaw's own command needs it.
    #[serde(rename = "gateway.login-unavailable")]
    GatewayLoginUnavailable {},
    /// OpenClaw's own command did not let its gateway start with the computer, or not stop doing so; its words are in
    /// `detail`.
    #[serde(rename = "gateway.login-failed")]
    GatewayLoginFailed {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// The gateway does not start before its settings say something, and nobody said yes to writing it.
    #[serde(rename = "gateway.lacks-setting")]
    GatewayLacksSetting {
        /// What they lack, dotted.
        setting: String,
    },
    /// Something else has the gateway's port.
    #[serde(rename = "gateway.port-taken")]
    GatewayPortTaken {
        /// That port.
        port: u16,
    },
    /// The gateway could not be started, or ended at once; its last words are in `detail`.
    #[serde(rename = "gateway.failed")]
    GatewayFailed {
        /// The command, as an argument list joined by spaces.
        command: String,
    },
    /// Started, but it did not answer within the limit.
    #[serde(rename = "gateway.slow")]
    GatewaySlow {
        /// Seconds waited.
        seconds: u64,
    },
    /// The gateway does not answer, so its page cannot be opened.
    #[serde(rename = "gateway.stopped")]
    GatewayStopped {
        /// Its port.
        port: u16,
    },
    /// No such model or tag in the registry.
    #[serde(rename = "pull.unknown-model")]
    PullUnknownModel {
        /// The name asked.
        name: String,
        /// Names on offer and installed that look most like it, best first.
        nearest: Vec<String>,
    },
    /// Not a model name.
    #[serde(rename = "pull.bad-name")]
    PullBadName {
        /// The name asked.
        name: String,
    },
    /// The registry cannot be reached.
    #[serde(rename = "pull.offline")]
    PullOffline {},
    /// A company proxy or a sign-in page answered in the registry's place.
    #[serde(rename = "pull.intercepted")]
    PullIntercepted {},
    /// No space left where Ollama keeps its models.
    #[serde(rename = "pull.disk-full")]
    PullDiskFull {
        /// Bytes that are still to come; `null` when not known.
        need_bytes: Option<u64>,
        /// Bytes that are free there; `null` when it cannot be seen (another computer).
        free_bytes: Option<u64>,
        /// Bytes that are free there and that no other download still needs, where Pincer's own look at the disk
        /// stopped it, which may be another disk than the server's; `null` when Ollama said it.
        room_bytes: Option<u64>,
        /// The folder where Ollama keeps its models; `null` when it cannot be seen.
        folder: Option<String>,
        /// How to keep the models elsewhere; `null` when Ollama is on another computer.
        moving: Option<MoveModels>,
    },
    /// Ollama may not write where it keeps its models.
    #[serde(rename = "pull.permission")]
    PullPermission {},
    /// The model needs a newer Ollama.
    #[serde(rename = "pull.engine-too-old")]
    PullEngineTooOld {},
    /// A private model.
    #[serde(rename = "pull.unauthorized")]
    PullUnauthorized {},
    /// What came does not match its checksum.
    #[serde(rename = "pull.damaged")]
    PullDamaged {},
    /// The stream ended without success or an error, or made no sense.
    #[serde(rename = "pull.interrupted")]
    PullInterrupted {},
    /// Ollama gave an error that we do not know; its own words are in `detail`.
    #[serde(rename = "pull.failed")]
    PullFailed {},
    /// The place that Ollama is downloaded from cannot be reached.
    #[serde(rename = "install.offline")]
    InstallOffline {
        /// What was asked for.
        url: String,
    },
    /// It answered, but not with what it should: an error, or a list of checksums without this file.
    #[serde(rename = "install.unavailable")]
    InstallUnavailable {
        /// What was asked for.
        url: String,
        /// HTTP status; 0 when that was fine.
        status: u16,
    },
    /// The place set for downloads is none: `https://`, or `http://` on this computer.
    #[serde(rename = "install.bad-address")]
    InstallBadAddress {
        /// The text as set.
        text: String,
    },
    /// What came is not what Ollama published: its SHA-256 is another. It was deleted.
    #[serde(rename = "install.checksum")]
    InstallChecksum {
        /// The file's name.
        file: String,
    },
    /// The download broke off, and asking again did not help. What had come was deleted.
    #[serde(rename = "install.cut")]
    InstallCut {
        /// What was asked for.
        url: String,
    },
    /// Not enough room to install.
    #[serde(rename = "install.disk-full")]
    InstallDiskFull {
        /// Bytes that are needed there; `null` when not known.
        need_bytes: Option<u64>,
        /// Bytes that are free there; `null` when not known.
        free_bytes: Option<u64>,
        /// The folder.
        folder: String,
    },
    /// The archive holds what must not be unpacked, or cannot be read. Nothing of it was installed.
    #[serde(rename = "install.unsafe-archive")]
    InstallUnsafeArchive {
        /// The entry; empty when it is about the whole.
        entry: String,
    },
    /// What Ollama publishes does not run on this computer; why is in `detail`. Nothing was put in its place.
    #[serde(rename = "install.does-not-fit")]
    InstallDoesNotFit {},
    /// The folder to install into may not be written.
    #[serde(rename = "install.permission")]
    InstallPermission {
        /// The folder.
        folder: String,
    },
    /// Ollama publishes nothing that could be installed here without an administrator.
    #[serde(rename = "install.unsupported")]
    InstallUnsupported {},
    /// The installer was downloaded and is in order, but the system would not open it.
    #[serde(rename = "install.not-opened")]
    InstallNotOpened {
        /// The installer.
        path: String,
    },
    /// No Node on this computer that answers.
    #[serde(rename = "install.no-node")]
    InstallNoNode {},
    /// No Node here is one that the package asks for (`engines.node`).
    #[serde(rename = "install.node-too-old")]
    InstallNodeTooOld {
        /// The version of the first one found.
        version: String,
        /// What the package asks for, as written there.
        required: String,
    },
    /// No Node here is known to fit, and one did not tell its version in time.
    #[serde(rename = "install.node-silent")]
    InstallNodeSilent {
        /// The program.
        path: String,
    },
    /// Node is here without npm.
    #[serde(rename = "install.no-npm")]
    InstallNoNpm {},
    /// The package needs git, which is not here.
    #[serde(rename = "install.no-git")]
    InstallNoGit {},
    /// npm cannot reach its registry, or the registry does not let it in.
    #[serde(rename = "install.registry-away")]
    InstallRegistryAway {
        /// The registry's host; `null` when npm does not say.
        registry: Option<String>,
        /// npm's own code (`ENOTFOUND`, `E503`), or `timeout`.
        npm_code: String,
    },
    /// npm failed otherwise; its last lines are in `detail`.
    #[serde(rename = "install.npm-failed")]
    InstallNpmFailed {
        /// npm's own code; empty when it gave none.
        npm_code: String,
    },
    /// npm has said nothing for too long, and was ended.
    #[serde(rename = "install.stalled")]
    InstallStalled {
        /// For how long it was waited.
        minutes: u64,
    },
    /// npm says that it is installed, but the program does not run; what it said is in `detail`.
    #[serde(rename = "install.does-not-run")]
    InstallDoesNotRun {
        /// The program.
        path: String,
    },
    /// It failed or was cancelled, and something is left that may be ours or another's; why it ended is in `detail`.
    #[serde(rename = "install.left")]
    InstallLeft {
        /// The folder that it is in.
        folder: String,
    },
    /// The system has no browser to show a page, or would not open it.
    #[serde(rename = "page.not-opened")]
    PageNotOpened {
        /// The page's address.
        page: String,
    },
    /// A fault of Pincer's own.
    #[serde(rename = "internal")]
    Internal {},
}

/// Why a file could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum FileReason {
    /// Not there.
    Missing,
    /// Not allowed.
    Permission,
    /// The file system is read-only.
    ReadOnly,
    /// No space left.
    DiskFull,
    /// Larger than we read.
    TooLarge,
    /// Not a regular file (a folder, a device).
    NotAFile,
    /// Anything else; the system's words are in `detail`.
    Other,
}

impl FileReason {
    /// The reason behind an error of the system.
    #[must_use]
    pub fn of(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::Missing,
            Kind::PermissionDenied => Self::Permission,
            Kind::ReadOnlyFilesystem => Self::ReadOnly,
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull,
            Kind::FileTooLarge => Self::TooLarge,
            Kind::IsADirectory => Self::NotAFile,
            _ => Self::Other,
        }
    }
}

impl Error {
    /// A failed read or write of `path`.
    #[must_use]
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            ErrorCode::FileFailed { path: path.display().to_string(), reason: FileReason::of(error) },
            error.to_string(),
        )
    }
}
