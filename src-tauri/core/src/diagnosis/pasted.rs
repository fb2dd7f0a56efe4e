//! A text that someone pasted ("the error I saw"): what it is about, and which finding explains it. Pure.
//! The text only steers: what the checks find wins over what it suggests, and an unknown text is said to be unknown.

use serde::{Deserialize, Serialize};

use super::finding::{Cause, Diagnosis, Finding, Link, Severity};

/// More than this of a pasted text is not read: the error stands near its beginning or its end.
const READ: usize = 64 << 10;

/// What a text is about (the last part of the table of causes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// "Connection refused" and its relatives.
    Unreached,
    /// A name that does not resolve.
    NameUnknown,
    /// "No API key found for provider ollama".
    NoKey,
    /// "does not support tools".
    NoTools,
    /// "ollama: command not found".
    NoProgram,
    /// "Gateway start blocked", for want of `gateway.mode`.
    GatewayMode,
    /// "x509: certificate signed by unknown authority".
    Intercepted,
    /// "Unknown model", "is not allowed".
    UnknownModel,
    /// "context window too small", "context overflow".
    Context,
    /// "Unrecognized key".
    RefusedKey,
    /// A file that is no JSON5.
    Syntax,
    /// "requires more system memory".
    Memory,
    /// "address already in use": Ollama often runs already.
    AlreadyRunning,
    /// Time-outs, endless "typing".
    Slow,
    /// No space on the disk.
    DiskFull,
    /// A web page of OpenClaw's that wants its token.
    GatewayToken,
}

/// What a text that is in lower case must contain, all parts of one row; the first row that fits counts.
const SIGNS: &[(Topic, &[&str])] = &[
    (Topic::AlreadyRunning, &["address already in use"]),
    (Topic::AlreadyRunning, &["only one usage of each socket address"]),
    (Topic::AlreadyRunning, &["eaddrinuse"]),
    (Topic::NoKey, &["no api key found"]),
    (Topic::NoKey, &["missing api key", "ollama"]),
    (Topic::GatewayMode, &["gateway.mode"]),
    (Topic::GatewayMode, &["gateway start blocked"]),
    (Topic::NoProgram, &["ollama", "command not found"]),
    (Topic::NoProgram, &["ollama: not found"]),
    (Topic::NoProgram, &["ollama", "is not recognized"]),
    (Topic::Intercepted, &["x509"]),
    (Topic::Intercepted, &["unable to get local issuer certificate"]),
    (Topic::Intercepted, &["self-signed certificate"]),
    (Topic::NoTools, &["does not support tools"]),
    (Topic::Memory, &["requires more system memory"]),
    (Topic::Memory, &["out of memory"]),
    (Topic::DiskFull, &["no space left on device"]),
    (Topic::DiskFull, &["enospc"]),
    (Topic::Context, &["context window too small"]),
    (Topic::Context, &["context overflow"]),
    (Topic::Context, &["context length exceeded"]),
    (Topic::Context, &["exceeds the available context"]),
    (Topic::UnknownModel, &["unknown model"]),
    (Topic::UnknownModel, &["model", "is not allowed"]),
    (Topic::UnknownModel, &["model", "not found"]),
    (Topic::UnknownModel, &["file does not exist"]),
    (Topic::RefusedKey, &["unrecognized key"]),
    (Topic::RefusedKey, &["config reload skipped"]),
    (Topic::RefusedKey, &["invalid config"]),
    (Topic::Syntax, &["json5"]),
    (Topic::Syntax, &["failed to parse", "openclaw.json"]),
    (Topic::GatewayToken, &["gateway token"]),
    (Topic::GatewayToken, &["unauthorized", "gateway"]),
    (Topic::NameUnknown, &["enotfound"]),
    (Topic::NameUnknown, &["no such host"]),
    (Topic::NameUnknown, &["getaddrinfo"]),
    (Topic::Unreached, &["econnrefused"]),
    (Topic::Unreached, &["connection refused"]),
    (Topic::Unreached, &["actively refused"]),
    (Topic::Unreached, &["could not connect to ollama"]),
    (Topic::Unreached, &["econnreset"]),
    (Topic::Unreached, &["socket hang up"]),
    (Topic::Unreached, &["ehostunreach"]),
    (Topic::Unreached, &["fetch failed"]),
    (Topic::Unreached, &["connection error"]),
    (Topic::Slow, &["timed out"]),
    (Topic::Slow, &["timeout"]),
    (Topic::Slow, &["etimedout"]),
    (Topic::Slow, &["typing"]),
];

/// A pasted text as it is understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What the text is about; `null` when Pincer does not know it.
    pub topic: Option<Topic>,
    /// What the checks found that explains it, else the first problem they found; `null` when there is none.
    pub finding: Option<Finding>,
    /// The finding is what the text speaks of; `false`: another problem was found.
    pub fits: bool,
}

/// What a text is about; `None` for one that is not known.
#[must_use]
pub fn topic(text: &str) -> Option<Topic> {
    let text = bounded(text).to_lowercase();
    SIGNS.iter().find(|(_, parts)| parts.iter().all(|part| text.contains(part))).map(|(topic, _)| *topic)
}

/// What the checks say to a text. A problem that fits comes first, then any problem, then what else fits.
#[must_use]
pub fn explain(text: &str, diagnosis: &Diagnosis) -> Explanation {
    let topic = topic(text);
    let fits = |finding: &&Finding| topic.is_some_and(|topic| speaks_of(topic, finding));
    let problem = |finding: &&Finding| finding.severity == Severity::Problem;
    let findings = || diagnosis.findings.iter();
    let found = findings()
        .find(|finding| problem(finding) && fits(finding))
        .or_else(|| findings().find(problem))
        .or_else(|| findings().find(fits));
    Explanation { topic, fits: found.as_ref().is_some_and(fits), finding: found.cloned() }
}

/// Whether a finding is about the same thing as the text.
fn speaks_of(topic: Topic, finding: &Finding) -> bool {
    let cause = &finding.cause;
    match topic {
        // "Fetch failed" of one who asks the wrong place is a matter of the settings.
        Topic::Unreached | Topic::AlreadyRunning => {
            matches!(finding.link, Link::Engine | Link::Connection)
                || matches!(cause, Cause::SettingsBaseUrlWrong { .. } | Cause::SettingsStaleAgentFile { .. })
        }
        Topic::NameUnknown => matches!(finding.link, Link::Connection),
        Topic::NoKey => matches!(
            cause,
            Cause::SettingsOllamaOff { .. }
                | Cause::SettingsKeyNotSeen { .. }
                | Cause::SettingsKeyAlone { .. }
                | Cause::SettingsListEmpty { .. }
                | Cause::SettingsEnvMissing { .. }
        ),
        Topic::NoTools => {
            matches!(
                cause,
                Cause::SettingsModelWithoutTools { .. }
                    | Cause::ModelsNoneWithTools { .. }
                    | Cause::ModelsCallsAsText { .. }
            )
        }
        Topic::NoProgram => {
            matches!(cause, Cause::EngineNotInstalled { .. } | Cause::EngineNotExecutable { .. })
        }
        Topic::GatewayMode => matches!(cause, Cause::OpenclawGatewayModeUnset {}),
        Topic::Intercepted => matches!(
            cause,
            Cause::ConnectionProxyIntercepts { .. }
                | Cause::ConnectionHttpsOnHttp { .. }
                | Cause::ConnectionFailed { .. }
        ),
        Topic::UnknownModel => matches!(
            cause,
            Cause::SettingsModelNotInstalled { .. }
                | Cause::SettingsNotAllowed { .. }
                | Cause::SettingsBareModelName { .. }
                | Cause::ModelsNoneInstalled { .. }
                | Cause::OpenclawDoesNotSeeModel { .. }
        ),
        Topic::Context => {
            matches!(cause, Cause::ModelsContextTooSmall { .. } | Cause::SettingsContextNotSent { .. })
        }
        Topic::Memory => {
            matches!(cause, Cause::ModelsDoesNotFit { .. } | Cause::SettingsContextTooLarge { .. })
        }
        Topic::RefusedKey => matches!(
            cause,
            Cause::SettingsApiUnsupported { .. }
                | Cause::SettingsFallbackKey { .. }
                | Cause::OpenclawRejectsSettings { .. }
        ),
        Topic::Syntax => matches!(cause, Cause::SettingsUnreadable { .. }),
        Topic::Slow => matches!(
            cause,
            Cause::SettingsGivesUpTooEarly { .. }
                | Cause::EngineSilent { .. }
                | Cause::EngineStarting { .. }
                | Cause::EngineBusy { .. }
                | Cause::ModelsOnCpu { .. }
        ),
        Topic::DiskFull | Topic::GatewayToken => false,
    }
}

/// The beginning and the end of a text that is too long.
fn bounded(text: &str) -> String {
    if text.len() <= READ {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(READ / 2);
    let tail = text.ceil_char_boundary(text.len() - READ / 2);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}\n{}", part(0..head), part(tail..text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste() {
        use Topic::{
            AlreadyRunning, Context, DiskFull, GatewayMode, GatewayToken, Intercepted, Memory, NameUnknown,
            NoKey, NoProgram, NoTools, RefusedKey, Slow, Syntax, UnknownModel, Unreached,
        };
        for (text, expected) in [
            ("Error: connect ECONNREFUSED 127.0.0.1:11434", Some(Unreached)),
            ("TypeError: fetch failed\n  cause: Error: connect ECONNREFUSED ::1:11434", Some(Unreached)),
            ("could not connect to ollama app, is it running?", Some(Unreached)),
            (
                "dial tcp 127.0.0.1:11434: connectex: No connection could be made because the target machine actively refused it.",
                Some(Unreached),
            ),
            ("connection refused by the provider endpoint", Some(Unreached)),
            ("No API key found for provider \"ollama\". Auth store: /home/x", Some(NoKey)),
            ("400 registry.ollama.ai/library/gemma2:2b does not support tools", Some(NoTools)),
            ("Unknown model: ollama/qwen3", Some(UnknownModel)),
            ("Model \"ollama/qwen3:8b\" is not allowed. Use /models", Some(UnknownModel)),
            ("{\"error\":\"model 'x:latest' not found\"}", Some(UnknownModel)),
            ("Context window too small (4096 tokens). Minimum is 16000.", Some(Context)),
            ("Context overflow: prompt too large for the model", Some(Context)),
            ("agents.defaults.model: Unrecognized key: \"fallback\"", Some(RefusedKey)),
            ("JSON5: invalid character 'o' at 2:3", Some(Syntax)),
            ("model requires more system memory (5.5 GiB) than is available (2.1 GiB)", Some(Memory)),
            ("Error: listen tcp 127.0.0.1:11434: bind: address already in use", Some(AlreadyRunning)),
            (
                "bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.",
                Some(AlreadyRunning),
            ),
            ("write /root/.ollama/models/blobs/sha256-1-partial: no space left on device", Some(DiskFull)),
            ("LLM request timed out.", Some(Slow)),
            ("getaddrinfo ENOTFOUND host.docker.internal", Some(NameUnknown)),
            ("unauthorized: gateway token missing (open the dashboard URL)", Some(GatewayToken)),
            ("Gateway start blocked: set gateway.mode=local (current: unset)", Some(GatewayMode)),
            ("Error: pull model manifest: file does not exist", Some(UnknownModel)),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                Some(Intercepted),
            ),
            ("bash: ollama: command not found", Some(NoProgram)),
            ("zsh: command not found: ollama", Some(NoProgram)),
            ("sh: 1: ollama: not found", Some(NoProgram)),
            ("'ollama' is not recognized as an internal or external command,", Some(NoProgram)),
            ("", None),
            ("it does not work", None),
            ("panic: runtime error: index out of range", None),
        ] {
            assert_eq!(topic(text), expected, "{text}");
        }
    }

    /// Every code that the table of pasted texts leads to.
    #[test]
    fn a_text_leads_to_the_findings_that_explain_it() {
        let finding = |cause: Cause, link| Finding {
            cause,
            link,
            severity: Severity::Warning,
            evidence: Vec::new(),
            remedies: Vec::new(),
        };
        let name = || "qwen3:8b".to_owned();
        let does_not_fit = || Cause::ModelsDoesNotFit {
            name: name(),
            need_bytes: None,
            have_bytes: None,
            tokens: 1,
            measured: true,
        };
        let on_cpu = Cause::ModelsOnCpu { name: name(), percent: 0, graphics: None, seconds: None };
        let too_large = Cause::SettingsContextTooLarge { name: name(), tokens: 2, fits: 1 };
        for (text, cause, link) in [
            ("model requires more system memory", does_not_fit(), Link::Models),
            ("model requires more system memory", too_large, Link::Settings),
            (
                "Context window too small",
                Cause::ModelsContextTooSmall { name: name(), tokens: 1 },
                Link::Models,
            ),
            ("LLM request timed out", on_cpu, Link::Models),
            ("does not support tools", Cause::ModelsCallsAsText { name: name() }, Link::Models),
            ("Unknown model", Cause::OpenclawDoesNotSeeModel { name: name() }, Link::Openclaw),
            ("Gateway start blocked", Cause::OpenclawGatewayModeUnset {}, Link::Openclaw),
            (
                "ollama: command not found",
                Cause::EngineNotExecutable { path: "/usr/bin/ollama".into() },
                Link::Engine,
            ),
        ] {
            let topic = topic(text).unwrap();
            assert!(speaks_of(topic, &finding(cause, link)), "{text}");
        }
        let other = finding(does_not_fit(), Link::Models);
        assert!(!speaks_of(Topic::NoTools, &other), "it is about something else");
    }

    #[test]
    fn a_long_text_is_read_at_both_ends() {
        let long = "é".repeat(200_000);
        assert_eq!(topic(&format!("{long}ECONNREFUSED")), Some(Topic::Unreached));
        assert_eq!(topic(&format!("ECONNREFUSED{long}")), Some(Topic::Unreached));
        assert_eq!(topic(&format!("{long}ECONNREFUSED{long}")), None);
    }
}
