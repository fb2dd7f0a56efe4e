//! What a turn through the gateway showed. Pure. Nothing is guessed: each outcome rests on what OpenClaw or Ollama
//! itself says, and what neither explains is only said to have failed.

use std::time::Duration;

use super::{Gateway, failures::Attempt, proof::ProofOutcome, turn::Turn};
use crate::{
    error::{Error, ErrorCode},
    inert,
    models::check::{CheckOutcome, judge},
    ollama::{client::Refusal, names},
    openclaw::{secrets, settings::PREFIX},
};

/// More of a model's words than this are not kept; characters.
const WORDS: usize = 200;
/// More of one piece of evidence than this is not kept; characters.
const EVIDENCE: usize = 400;

/// What Ollama itself says when a turn is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OllamaNow {
    /// It answers: whether it has the model, and whether that is in memory.
    Answers { installed: bool, loaded: bool },
    /// Nothing listens.
    Refuses,
    /// It does not answer in time.
    Silent,
    /// It could not be asked; nothing is concluded.
    Unknown,
}

/// Everything that was seen of a turn.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) turn: &'a Turn,
    /// The model, as Ollama lists it.
    pub(super) model: &'a str,
    /// What the gateway's log says of the failure.
    pub(super) attempt: Option<&'a Attempt>,
    /// The gateway, when the turn was over.
    pub(super) gateway: Gateway,
    /// Its port.
    pub(super) port: u16,
    pub(super) ollama: &'a OllamaNow,
    /// Where OpenClaw asks Ollama.
    pub(super) url: &'a str,
    /// The limit of the turn.
    pub(super) limit: Duration,
}

pub(super) fn outcome(seen: &Seen<'_>) -> ProofOutcome {
    let Seen { turn, port, .. } = seen;
    if turn.run.is_none() {
        return if seen.gateway != Gateway::Answers {
            ProofOutcome::GatewaySilent { port: *port }
        } else if refuses_us(&turn.error) {
            ProofOutcome::GatewayRefused {}
        } else {
            ProofOutcome::Failed {}
        };
    }
    if turn.status.as_deref() == Some("ok") {
        return answered(seen);
    }
    let url = seen.url.to_owned();
    match seen.ollama {
        OllamaNow::Refuses => return ProofOutcome::OllamaStopped { url },
        OllamaNow::Silent => return ProofOutcome::OllamaSilent { url },
        OllamaNow::Answers { .. } | OllamaNow::Unknown => {}
    }
    let (reason, raw) = said(seen);
    let absent = matches!(seen.ollama, OllamaNow::Answers { installed: false, .. });
    let present = matches!(seen.ollama, OllamaNow::Answers { installed: true, .. });
    // Without an address no Ollama was asked: there is none whose key it could be.
    if reason == "auth" && !url.is_empty() {
        return ProofOutcome::KeyRefused { url };
    }
    // A model that Ollama has can still be unknown to OpenClaw for a reason of its own.
    if absent || (reason == "model_not_found" && !present) {
        return ProofOutcome::ModelMissing {};
    }
    if let Some(CheckOutcome::NotEnoughMemory { need_bytes, have_bytes }) = by_ollamas_words(raw) {
        return ProofOutcome::NotEnoughMemory { need_bytes, have_bytes };
    }
    if turn.status.as_deref() == Some("timeout") {
        return ProofOutcome::TooSlow { minutes: seen.limit.as_secs().div_ceil(60) };
    }
    if seen.gateway != Gateway::Answers {
        return ProofOutcome::GatewaySilent { port: *port };
    }
    ProofOutcome::Failed {}
}

fn answered(seen: &Seen<'_>) -> ProofOutcome {
    match &seen.turn.model {
        Some(name) if name.strip_prefix(PREFIX).is_some_and(|id| names::same(id, seen.model)) => {
            if seen.turn.words.is_empty() {
                ProofOutcome::NoWords {}
            } else {
                ProofOutcome::Answered { words: inert::quote(&seen.turn.words, WORDS) }
            }
        }
        Some(name) => ProofOutcome::OtherModel { name: name.clone() },
        // Which one it was is the whole point.
        None => ProofOutcome::Failed {},
    }
}

/// The gateway's own refusals (2026.9.6): `unauthorized: gateway token mismatch`, `gateway agent requires credentials
/// before opening a websocket`, `pairing required`.
fn refuses_us(error: &str) -> bool {
    let error = error.to_lowercase();
    ["unauthorized", "requires credentials", "pairing required"].iter().any(|words| error.contains(words))
}

/// OpenClaw's name of the reason, and the words of the model's server: by the log, else by the message
/// (`ollama/qwen3:8b: 404 {...} (model_not_found)`, or a sentence about the provider).
fn said<'a>(seen: &'a Seen<'_>) -> (&'a str, &'a str) {
    if let Some(attempt) = seen.attempt
        && !attempt.reason.is_empty()
    {
        return (&attempt.reason, &attempt.raw);
    }
    let error = seen.turn.error.as_str();
    let reason = if error.contains("(model_not_found)") || error.contains("was not found by the provider") {
        "model_not_found"
    } else if error.contains("(auth)") || error.contains("provider returned HTTP 401") {
        "auth"
    } else {
        ""
    };
    (reason, error)
}

/// What a live check would make of the same words.
fn by_ollamas_words(raw: &str) -> Option<CheckOutcome> {
    let code = ErrorCode::OllamaStatus { url: String::new(), status: 500, message: raw.to_owned() };
    match judge::refusal(Refusal { error: Error::from(code), sign_in: false }) {
        CheckOutcome::Failed { .. } => None,
        known => Some(known),
    }
}

/// What was seen, in technical English, secrets masked.
pub(super) fn evidence(seen: &Seen<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if !seen.turn.error.is_empty() {
        all.push(format!("openclaw agent: {}", seen.turn.error));
    }
    if let Some(attempt) = seen.attempt {
        all.push(format!("the gateway's log: {} {} {}", attempt.reason, attempt.raw, attempt.error));
    }
    if seen.gateway != Gateway::Answers {
        all.push(format!("port {}: no answer from the gateway", seen.port));
    }
    let (url, model) = (seen.url, seen.model);
    let asked = match seen.ollama {
        OllamaNow::Answers { installed: false, .. } => format!("{url}/api/tags: no {model}"),
        OllamaNow::Answers { loaded: true, .. } => format!("{url}/api/ps: {model} is in memory"),
        OllamaNow::Answers { .. } => format!("{url}/api/ps: {model} is not in memory"),
        OllamaNow::Refuses => format!("{url}: connection refused"),
        OllamaNow::Silent => format!("{url}: connected, silent"),
        OllamaNow::Unknown => format!("{url}: could not be asked"),
    };
    // With Ollama off in the settings OpenClaw asks none.
    all.extend(Some(asked).filter(|_| !url.is_empty()));
    all.iter().map(|line| inert::quote(&secrets::masked_words(line), EVIDENCE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: OllamaNow = OllamaNow::Answers { installed: true, loaded: true };
    const GONE: OllamaNow = OllamaNow::Answers { installed: false, loaded: false };

    fn turn(status: Option<&str>, model: Option<&str>, words: &str, error: &str) -> Turn {
        Turn {
            run: Some("run".into()),
            status: status.map(str::to_owned),
            words: words.into(),
            model: model.map(str::to_owned),
            milliseconds: None,
            error: error.into(),
        }
    }

    fn judged(
        turn: &Turn,
        attempt: Option<(&str, &str)>,
        gateway: Gateway,
        ollama: &OllamaNow,
    ) -> ProofOutcome {
        let attempt = attempt.map(|(reason, raw)| Attempt {
            reason: reason.into(),
            raw: raw.into(),
            ..Attempt::default()
        });
        outcome(&Seen {
            turn,
            model: "qwen3:8b",
            attempt: attempt.as_ref(),
            gateway,
            port: 18789,
            ollama,
            url: "http://here",
            limit: Duration::from_secs(600),
        })
    }

    #[test]
    fn an_answer_counts_only_from_the_chosen_model() {
        let ok = |model: Option<&str>, words: &str| {
            judged(&turn(Some("ok"), model, words, ""), None, Gateway::Answers, &HERE)
        };
        assert_eq!(
            ok(Some("ollama/Qwen3:8b"), "Hello\n there"),
            ProofOutcome::Answered { words: "Hello there".into() }
        );
        assert_eq!(
            ok(Some("ollama/qwen3:8b"), &"é".repeat(WORDS + 1)),
            ProofOutcome::Answered { words: format!("{}…", "é".repeat(WORDS)) }
        );
        assert_eq!(ok(Some("ollama/qwen3:8b"), ""), ProofOutcome::NoWords {});
        for other in ["ollama/llama3.2:3b", "anthropic/claude", "qwen3:8b"] {
            assert_eq!(ok(Some(other), "Hello"), ProofOutcome::OtherModel { name: other.into() });
        }
        assert_eq!(ok(None, "Hello"), ProofOutcome::Failed {});
        let embedded = Turn { run: None, ..turn(None, Some("ollama/qwen3:8b"), "Hello", "embedded") };
        assert_eq!(judged(&embedded, None, Gateway::Answers, &HERE), ProofOutcome::Failed {});
    }

    #[test]
    fn a_failure_is_what_openclaw_and_ollama_say_it_is() {
        use Gateway::{Answers, None as Nothing};
        let url = || "http://here".to_owned();
        let not_found = "The selected model was not found by the provider. Check the model id.";
        let key = "Authentication failed (provider returned HTTP 401). Your provider token may have expired";
        let memory =
            "500 {\"error\": \"model requires more system memory (5.5 GiB) than is available (2.1 GiB)\"}";
        type Line<'a> =
            (Option<&'a str>, &'a str, Option<(&'a str, &'a str)>, Gateway, OllamaNow, ProofOutcome);
        let lines: [Line<'_>; 13] = [
            (None, not_found, Some(("model_not_found", "404")), Answers, GONE, ProofOutcome::ModelMissing {}),
            (None, not_found, None, Answers, GONE, ProofOutcome::ModelMissing {}),
            (None, not_found, None, Answers, OllamaNow::Unknown, ProofOutcome::ModelMissing {}),
            // Ollama has it: then it is something else.
            (None, not_found, None, Answers, HERE, ProofOutcome::Failed {}),
            (None, "", Some(("auth", "401")), Answers, HERE, ProofOutcome::KeyRefused { url: url() }),
            (None, key, None, Answers, HERE, ProofOutcome::KeyRefused { url: url() }),
            (
                None,
                "x",
                Some(("timeout", "fetch failed")),
                Answers,
                OllamaNow::Refuses,
                ProofOutcome::OllamaStopped { url: url() },
            ),
            (
                Some("timeout"),
                "late",
                None,
                Answers,
                OllamaNow::Silent,
                ProofOutcome::OllamaSilent { url: url() },
            ),
            (Some("timeout"), "late", None, Answers, HERE, ProofOutcome::TooSlow { minutes: 10 }),
            (
                None,
                "x",
                Some(("server_error", memory)),
                Answers,
                HERE,
                ProofOutcome::NotEnoughMemory {
                    need_bytes: Some(5_905_580_032),
                    have_bytes: Some(2_254_857_830),
                },
            ),
            (None, "x", Some(("server_error", "500 oops")), Answers, HERE, ProofOutcome::Failed {}),
            (None, "closed", None, Nothing, HERE, ProofOutcome::GatewaySilent { port: 18789 }),
            (None, "", None, Answers, HERE, ProofOutcome::Failed {}),
        ];
        for (status, error, attempt, gateway, ollama, expected) in lines {
            let turn = turn(status, None, "", error);
            assert_eq!(judged(&turn, attempt, gateway, &ollama), expected, "{error} {attempt:?} {ollama:?}");
        }
    }

    #[test]
    fn a_turn_that_never_began_is_the_gateways() {
        let never = |error: &str| Turn { run: None, ..turn(None, None, "", error) };
        for refusal in [
            "unauthorized: gateway token mismatch (use this gateway's gateway.auth.token or pair the device)",
            "gateway agent requires credentials before opening a websocket",
            "pairing required",
        ] {
            assert_eq!(
                judged(&never(refusal), None, Gateway::Answers, &HERE),
                ProofOutcome::GatewayRefused {}
            );
            // One that is gone refuses nobody.
            assert_eq!(
                judged(&never(refusal), None, Gateway::None, &HERE),
                ProofOutcome::GatewaySilent { port: 18789 }
            );
        }
        assert_eq!(judged(&never("node: not found"), None, Gateway::Answers, &HERE), ProofOutcome::Failed {});
    }

    #[test]
    fn without_an_address_nothing_is_said_of_one() {
        let failed = turn(None, None, "", "No API key found for provider \"ollama\". (auth)");
        let seen = Seen {
            turn: &failed,
            model: "qwen3:8b",
            attempt: None,
            gateway: Gateway::Answers,
            port: 18789,
            ollama: &OllamaNow::Unknown,
            url: "",
            limit: Duration::from_secs(1),
        };
        assert_eq!(outcome(&seen), ProofOutcome::Failed {});
        assert_eq!(evidence(&seen), [format!("openclaw agent: {}", failed.error)]);
    }

    #[test]
    fn evidence_is_short_and_has_no_secrets() {
        let failed = turn(None, None, "", &format!("token=abcdef0123456789abcdef0123 {}", "x".repeat(1000)));
        let seen = Seen {
            turn: &failed,
            model: "qwen3:8b",
            attempt: None,
            gateway: Gateway::None,
            port: 1,
            ollama: &OllamaNow::Refuses,
            url: "http://here",
            limit: Duration::from_secs(1),
        };
        let said = evidence(&seen);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said.iter().all(|line| line.chars().count() <= EVIDENCE + 1 && !line.contains("abcdef")),
            "{said:?}"
        );
    }
}
