//! Every cause that the judge names, with its typed parameters: the public codes of `pincer doctor --json`.
//! Their table is docs/causes; where each stands on the path and how much it matters is the judge's to say.

use serde::{Deserialize, Serialize};

use crate::{computer::AddressSource, error::FileReason};

/// One cause. `params` of each are its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all_fields = "camelCase")]
pub enum Cause {
    /// Refused, and no program of Ollama anywhere.
    #[serde(rename = "engine.not-installed")]
    EngineNotInstalled {
        /// The effective address.
        url: String,
    },
    /// Refused on every candidate; the program or a service unit is there.
    #[serde(rename = "engine.not-running")]
    EngineNotRunning {
        /// The effective address.
        url: String,
        /// The program found, when one was.
        program: Option<String>,
        /// It is set to start with the computer.
        enabled: bool,
    },
    /// Refused, and the file where Ollama's program should be may not be run.
    #[serde(rename = "engine.not-executable")]
    EngineNotExecutable {
        /// The file.
        path: String,
    },
    /// Bound but silent, younger than 45 s.
    #[serde(rename = "engine.starting")]
    EngineStarting {
        /// The effective address.
        url: String,
        /// Age of the process in seconds.
        seconds: u64,
    },
    /// Bound but silent for longer than a start takes.
    #[serde(rename = "engine.silent")]
    EngineSilent {
        /// The effective address.
        url: String,
        /// Age of the process in seconds; unknown: it may just be starting.
        seconds: Option<u64>,
        /// The process, where the system lets us see it.
        pid: Option<u32>,
    },
    /// The service ends again and again.
    #[serde(rename = "engine.crash-looping")]
    EngineCrashLooping {
        /// How often systemd started it again.
        restarts: u32,
        /// Its own last error, when the log can be read and names one.
        reason: Option<String>,
        /// Where its log was read.
        log: Option<String>,
    },
    /// It may not make or enter the folder of its models.
    #[serde(rename = "engine.models-dir-permission")]
    EngineModelsDirPermission {
        /// The folder.
        folder: String,
        /// The user that Ollama runs as, where a service runs it.
        user: Option<String>,
    },
    /// The folder of its models is not there.
    #[serde(rename = "engine.models-dir-missing")]
    EngineModelsDirMissing {
        /// The folder.
        folder: String,
    },
    /// Older than what OpenClaw can work with.
    #[serde(rename = "engine.too-old")]
    EngineTooOld {
        /// What runs.
        version: String,
    },
    /// A newer Ollama is installed than the one that runs.
    #[serde(rename = "engine.update-pending")]
    EngineUpdatePending {
        /// What runs.
        running: String,
        /// What is installed.
        installed: String,
    },
    /// Ollama runs as the user's own program, and nothing starts it with the computer.
    #[serde(rename = "engine.not-at-login")]
    EngineNotAtLogin {},
    /// It greets, and does not get to anything else.
    #[serde(rename = "engine.busy")]
    EngineBusy {
        /// The effective address.
        url: String,
        /// Seconds until the first word of an answer by the last live check there; `null` when none was measured.
        seconds: Option<u64>,
    },
    /// A live check could not load a model: a part of Ollama is missing.
    #[serde(rename = "engine.runner-missing")]
    EngineRunnerMissing {
        /// The model that was tried.
        name: String,
    },
    /// A live check could not load a model: Ollama asks more of the processor than it can do.
    #[serde(rename = "engine.cpu-unsupported")]
    EngineCpuUnsupported {
        /// The model that was tried.
        name: String,
    },
    /// Something else answers at the address.
    #[serde(rename = "connection.other-program")]
    ConnectionOtherProgram {
        /// The effective address.
        url: String,
        /// Its port.
        port: u16,
        /// Name of the program, where the system lets us see it.
        program: Option<String>,
        /// Its process id.
        pid: Option<u32>,
        /// Its user.
        owner: Option<String>,
        /// It accepts the connection and says nothing.
        silent: bool,
    },
    /// The address has a path behind which nothing of Ollama's is; without it Ollama answers.
    #[serde(rename = "connection.path-wrong")]
    ConnectionPathWrong {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
        /// Where Ollama answers.
        answers_at: String,
    },
    /// `http://` against a port that wants TLS, by its own word.
    #[serde(rename = "connection.http-on-https")]
    ConnectionHttpOnHttps {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
        /// The same with `https://`.
        meant: String,
    },
    /// Refused there; Ollama answers on another candidate.
    #[serde(rename = "connection.listening-elsewhere")]
    ConnectionListeningElsewhere {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
        /// Where Ollama answers.
        answers_at: String,
    },
    /// A proxy variable covers loopback for OpenClaw.
    #[serde(rename = "connection.proxy-intercepts")]
    ConnectionProxyIntercepts {
        /// The effective address.
        url: String,
        /// The variable.
        variable: String,
        /// Only what is started from this environment has it, not OpenClaw's service (a note).
        here: bool,
    },
    /// `localhost` is only one family here, and Ollama listens on the other.
    #[serde(rename = "connection.localhost-is-ipv6")]
    ConnectionLocalhostIsIpv6 {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
        /// `localhost` is `::1` here (`false`: 127.0.0.1).
        ipv6: bool,
        /// Where Ollama answers.
        answers_at: String,
    },
    /// OpenClaw is told to connect to `0.0.0.0` or `::`, which are for listening.
    #[serde(rename = "connection.wildcard-address")]
    ConnectionWildcardAddress {
        /// The address as written.
        url: String,
        /// The one to connect to.
        numeric: String,
    },
    /// A scheme without a port: the scheme's own port counts, not Ollama's.
    #[serde(rename = "connection.port-missing")]
    ConnectionPortMissing {
        /// The effective address.
        url: String,
        /// As written.
        written: String,
        /// Where it is written.
        source: AddressSource,
        /// The same with Ollama's port.
        meant: String,
    },
    /// A port that is out of range or no number.
    #[serde(rename = "connection.port-invalid")]
    ConnectionPortInvalid {
        /// As written.
        written: String,
        /// Where it is written.
        source: AddressSource,
    },
    /// Windows keeps the port for itself (error 10013).
    #[serde(rename = "connection.port-reserved")]
    ConnectionPortReserved {
        /// The port.
        port: u16,
    },
    /// Connected, and closed before any answer.
    #[serde(rename = "connection.reset")]
    ConnectionReset {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// `https://` against a plain port.
    #[serde(rename = "connection.https-on-http")]
    ConnectionHttpsOnHttp {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
        /// The plain address, when Ollama answers there.
        plain: Option<String>,
        /// Nothing listens there at all.
        refused: bool,
    },
    /// 403 without a word: Ollama, or a proxy before it, refuses the host name.
    #[serde(rename = "connection.forbidden")]
    ConnectionForbidden {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// No connection to another machine: off, out of reach, or a firewall.
    #[serde(rename = "connection.unreachable")]
    ConnectionUnreachable {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// The host name does not resolve: no such name, or no name server now.
    #[serde(rename = "connection.name-unknown")]
    ConnectionNameUnknown {
        /// The effective address.
        url: String,
        /// The name.
        host: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// Another machine refuses: Ollama is not running there, or listens only to that machine itself.
    #[serde(rename = "connection.refused-remote")]
    ConnectionRefusedRemote {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// The address could not be used for a reason that has no code of its own yet.
    #[serde(rename = "connection.failed")]
    ConnectionFailed {
        /// The effective address.
        url: String,
        /// Where that address came from.
        source: AddressSource,
    },
    /// No model.
    #[serde(rename = "models.none-installed")]
    ModelsNoneInstalled {},
    /// Models, but none that can act.
    #[serde(rename = "models.none-with-tools")]
    ModelsNoneWithTools {
        /// How many models there are.
        count: usize,
    },
    /// The chosen model wrote a tool call as text when it was tried: OpenClaw would show it and do nothing.
    #[serde(rename = "models.calls-as-text")]
    ModelsCallsAsText {
        /// Its name as listed.
        name: String,
    },
    /// The chosen model answered without calling the tool when it was tried.
    #[serde(rename = "models.no-call")]
    ModelsNoCall {
        /// Its name as listed.
        name: String,
    },
    /// The chosen model runs online, and nobody is signed in.
    #[serde(rename = "models.cloud-sign-in")]
    ModelsCloudSignIn {
        /// Its name as listed.
        name: String,
    },
    /// The chosen model runs with a context that OpenClaw's own instructions fill.
    #[serde(rename = "models.context-too-small")]
    ModelsContextTooSmall {
        /// The model.
        name: String,
        /// What runs, in tokens.
        tokens: u64,
    },
    /// The chosen model does not fit this computer, not even with the shortest context that OpenClaw needs: computed
    /// (a warning), or Ollama could not load it (a problem).
    #[serde(rename = "models.does-not-fit")]
    ModelsDoesNotFit {
        /// The model.
        name: String,
        /// What it needs, in bytes, when known.
        need_bytes: Option<u64>,
        /// What this computer has, in bytes, when known.
        have_bytes: Option<u64>,
        /// The context that it is about, in tokens.
        tokens: u64,
        /// Ollama could not load it.
        measured: bool,
    },
    /// The chosen model runs mostly on the processor, so it is slow.
    #[serde(rename = "models.on-cpu")]
    ModelsOnCpu {
        /// The model.
        name: String,
        /// The share on the graphics card, in percent.
        percent: u64,
        /// This computer has graphics memory that models can use; `null` when not known (Ollama is elsewhere).
        graphics: Option<bool>,
        /// Seconds until OpenClaw's first answer by the last live check; `null` when none was measured.
        seconds: Option<u64>,
    },
    /// The chosen model is on Ollama's own list of models that do not work well with OpenClaw.
    #[serde(rename = "models.weak-for-agents")]
    ModelsWeakForAgents {
        /// The model.
        name: String,
        /// A better one that fits: installed, or on offer.
        better: Option<String>,
    },
    /// A server that should say what the chosen model can do does not.
    #[serde(rename = "models.capabilities-unknown")]
    ModelsCapabilitiesUnknown {
        /// The model.
        name: String,
    },
    /// Another folder on this computer has models that this Ollama does not see.
    #[serde(rename = "models.second-store")]
    ModelsSecondStore {
        /// That folder.
        folder: String,
        /// Their names.
        names: Vec<String>,
    },
    /// OpenClaw asks for a context that does not fit the memory with the chosen model; a shorter one does.
    #[serde(rename = "settings.context-too-large")]
    SettingsContextTooLarge {
        /// The model.
        name: String,
        /// What OpenClaw asks for, in tokens.
        tokens: u64,
        /// What fits, in tokens.
        fits: u64,
    },
    /// OpenClaw's file cannot be read.
    #[serde(rename = "settings.unreadable")]
    SettingsUnreadable {
        /// The file.
        path: String,
        /// 1-based line; 0 when there is no place to point at.
        line: usize,
        /// 1-based column; 0 when unknown.
        column: usize,
        /// The text of that line.
        text: String,
        /// Why, when the file could not even be opened.
        reason: Option<FileReason>,
    },
    /// OpenClaw does not know that Ollama is to be used.
    #[serde(rename = "settings.ollama-off")]
    SettingsOllamaOff {},
    /// Ollama is on, no model was chosen.
    #[serde(rename = "settings.no-primary")]
    SettingsNoPrimary {},
    /// The page's `fallback` key, which OpenClaw refuses.
    #[serde(rename = "settings.fallback-key")]
    SettingsFallbackKey {},
    /// The key is only where OpenClaw's service does not see it.
    #[serde(rename = "settings.key-not-seen")]
    SettingsKeyNotSeen {},
    /// Only `apiKey` under the provider: enables nothing.
    #[serde(rename = "settings.key-alone")]
    SettingsKeyAlone {},
    /// `models: []` and no key in `.env`: "No API key found" from 2026.4.15 on.
    #[serde(rename = "settings.list-empty")]
    SettingsListEmpty {},
    /// Pinned, and ready models are installed that the list lacks.
    #[serde(rename = "settings.discovery-off")]
    SettingsDiscoveryOff {
        /// Their names.
        names: Vec<String>,
    },
    /// A chosen model has no tools.
    #[serde(rename = "settings.model-without-tools")]
    SettingsModelWithoutTools {
        /// Its name.
        name: String,
        /// It is the primary (a problem), or a fallback (a warning).
        primary: bool,
    },
    /// A chosen model is written without `ollama/`.
    #[serde(rename = "settings.bare-model-name")]
    SettingsBareModelName {
        /// The name as written.
        name: String,
    },
    /// A next choice belongs to an online provider while the primary is local.
    #[serde(rename = "settings.fallback-is-online")]
    SettingsFallbackIsOnline {
        /// As written.
        name: String,
    },
    /// `/v1` or `openai-completions` on a version with native support: tool calls come out as text.
    #[serde(rename = "settings.base-url-v1")]
    SettingsBaseUrlV1 {
        /// The address as written.
        url: String,
    },
    /// The file's address does not answer; the effective one does.
    #[serde(rename = "settings.base-url-wrong")]
    SettingsBaseUrlWrong {
        /// The address as written.
        url: String,
        /// The one that answers.
        answers_at: String,
    },
    /// The file's address has no `http://` before it: OpenClaw takes it for none.
    #[serde(rename = "settings.base-url-no-scheme")]
    SettingsBaseUrlNoScheme {
        /// The address as written.
        url: String,
        /// The same with its scheme.
        meant: String,
    },
    /// A form that this version of OpenClaw refuses.
    #[serde(rename = "settings.api-unsupported")]
    SettingsApiUnsupported {
        /// The key that it refuses, dotted.
        key: String,
        /// OpenClaw's version.
        version: String,
    },
    /// The allow-list lacks the chosen model.
    #[serde(rename = "settings.not-allowed")]
    SettingsNotAllowed {
        /// Its name as written.
        name: String,
    },
    /// OpenClaw's service does not find a `${NAME}` of the provider entry.
    #[serde(rename = "settings.env-missing")]
    SettingsEnvMissing {
        /// The variable.
        variable: String,
        /// It is part of Ollama's address.
        address: bool,
        /// It is set for what is started from this environment (a warning).
        here: bool,
        /// This version starts, and answers, all the same (a warning).
        starts: bool,
    },
    /// The window that people see is not the one that runs.
    #[serde(rename = "settings.context-not-sent")]
    SettingsContextNotSent {
        /// The model.
        name: String,
    },
    /// OpenClaw stops waiting before this model has answered here.
    #[serde(rename = "settings.gives-up-too-early")]
    SettingsGivesUpTooEarly {
        /// The model.
        name: String,
        /// Seconds until its first word to OpenClaw by the last live check; `null` when none was measured.
        seconds: Option<u64>,
        /// Seconds after which OpenClaw gives up.
        limit: u64,
    },
    /// An agent's own file names another address of Ollama.
    #[serde(rename = "settings.stale-agent-file")]
    SettingsStaleAgentFile {
        /// The file.
        path: String,
        /// The address in it.
        url: String,
    },
    /// A chosen model is not installed.
    #[serde(rename = "settings.model-not-installed")]
    SettingsModelNotInstalled {
        /// Its name, without `ollama/`.
        name: String,
        /// It is the primary (a problem), or a fallback or listed one (a warning).
        primary: bool,
    },
    /// OpenClaw's own `config validate` refuses the settings.
    #[serde(rename = "openclaw.rejects-settings")]
    OpenclawRejectsSettings {
        /// The key that it refuses, dotted; empty for the whole file.
        key: String,
        /// Its own words.
        message: String,
    },
    /// No Node that OpenClaw can run on.
    #[serde(rename = "openclaw.node-too-old")]
    OpenclawNodeTooOld {
        /// The version that would run it.
        version: String,
        /// What its package asks for.
        required: String,
    },
    /// `gateway.mode` is not set: the gateway refuses to start.
    #[serde(rename = "openclaw.gateway-mode-unset")]
    OpenclawGatewayModeUnset {},
    /// Nothing listens on the gateway's port.
    #[serde(rename = "openclaw.gateway-stopped")]
    OpenclawGatewayStopped {
        /// That port.
        port: u16,
    },
    /// Nothing listens on the gateway's port although OpenClaw's own service is set to start it with the computer.
    #[serde(rename = "openclaw.gateway-did-not-start")]
    OpenclawGatewayDidNotStart {
        /// That port.
        port: u16,
    },
    /// The gateway runs, and nothing starts it with the computer.
    #[serde(rename = "openclaw.gateway-not-at-login")]
    OpenclawGatewayNotAtLogin {},
    /// The gateway is to listen to the network and has no token to ask for: it refuses to start.
    #[serde(rename = "openclaw.gateway-no-token")]
    OpenclawGatewayNoToken {
        /// `gateway.bind`.
        bind: String,
    },
    /// Another program is on the gateway's port.
    #[serde(rename = "openclaw.gateway-port-taken")]
    OpenclawGatewayPortTaken {
        /// That port.
        port: u16,
        /// Name of the program, where the system lets us see it.
        program: Option<String>,
        /// Its process id.
        pid: Option<u32>,
        /// Its user.
        owner: Option<String>,
    },
    /// The chosen model is installed, and OpenClaw itself does not list it.
    #[serde(rename = "openclaw.does-not-see-model")]
    OpenclawDoesNotSeeModel {
        /// Its name as listed by Ollama.
        name: String,
    },
    /// OpenClaw runs in a container, beside Windows or on another computer, and its settings are there.
    #[serde(rename = "openclaw.elsewhere")]
    OpenclawElsewhere {
        /// The container that it runs in, when it is known.
        container: Option<String>,
        /// The distribution of WSL that it runs in, when it is known.
        distribution: Option<String>,
        /// The engine of containers holds its gateway's port, and does not say for which one.
        contained: bool,
        /// Its gateway's port leads to another computer.
        forwarded: bool,
        /// The other computer by the settings (`gateway.remote.url`), and its port.
        remote: Option<String>,
        /// Its gateway's port.
        port: u16,
    },
    /// No OpenClaw here.
    #[serde(rename = "openclaw.not-installed")]
    OpenclawNotInstalled {
        /// Its state folder is there all the same: it was here, or lives elsewhere.
        state_folder: bool,
        /// The engine of containers that is here and does not answer: OpenClaw may be in one of them.
        unasked: Option<String>,
    },
}
