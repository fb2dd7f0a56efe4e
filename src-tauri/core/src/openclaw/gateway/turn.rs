//! One question to an agent through the running gateway, by OpenClaw's own command: it knows how to sign in.
//!
//! Measured on 2026.9.6 with a default configuration (no token of ours): `openclaw agent --json` prints one document.
//! Exit 0: `{"runId","status":"ok","result":{"payloads":[{"text"}],"meta":{"agentMeta":{"provider","model"},
//! "executionTrace":{"winnerProvider","winnerModel"}}}}`. Exit 1: the same with `"status":"timeout"` when `--timeout`
//! passed; `{"ok":false,"runId","origin":"gateway","error":{"message"}}` when the turn failed; without `runId` when
//! it never began (`gateway token mismatch`, `requires credentials`). With `--model` no fallback is tried, so nothing
//! but the chosen model answers. SIGTERM makes it abort the turn at the gateway (exit 143). Older versions answered
//! from the command itself when the gateway did not: that document has no `status`, and is no answer of the gateway.

use std::{path::Path, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    machine::command::{self, Output},
    openclaw::settings::PREFIX,
    surroundings::Surroundings,
};

/// Neutral, and answered without a tool.
const QUESTION: &str = "This is a test of the connection. Answer with one short sentence.";
/// A conversation of its own, so that the user's stays as it is.
const SESSION: &str = "pincer";
/// The command gives up half a minute after the turn's own limit.
const AFTER: Duration = Duration::from_secs(60);

/// What is asked of whom.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The agent.
    pub(super) agent: String,
    /// The model, as Ollama lists it.
    pub(super) model: String,
    /// It is the agent's own first choice.
    pub(super) primary: bool,
    /// How long the turn may take.
    pub(super) limit: Duration,
}

/// How a turn ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// Its name at the gateway; `None`: it never began.
    pub(super) run: Option<String>,
    /// The gateway's word: `ok`, `timeout`; `None` when it failed.
    pub(super) status: Option<String>,
    /// What the model said.
    pub(super) words: String,
    /// Which model answered, as OpenClaw names it (`ollama/qwen3:8b`).
    pub(super) model: Option<String>,
    /// How long the turn took by the gateway's clock, in milliseconds; without the start of the command.
    pub(super) milliseconds: Option<u64>,
    /// OpenClaw's words on what went wrong; empty when nothing did.
    pub(super) error: String,
}

/// Asks. A command that could not be run, or did not end, is a turn that never began.
pub(super) async fn ask(surroundings: &Surroundings, program: &Path, question: &Question) -> Turn {
    let limit = question.limit + AFTER;
    let run = async |arguments: Vec<String>| {
        command::output_or_stop(surroundings, program, &arguments, limit).await
    };
    let mut ended = run(arguments(question, true)).await;
    // An older version that does not know these options says so at once. It asks the first choice anyway.
    if question.primary && ended.as_ref().is_ok_and(lacks_option) {
        ended = run(arguments(question, false)).await;
    }
    match ended {
        Ok(output) => read(&output),
        Err(error) => Turn { error: format!("openclaw agent: {error}"), ..Turn::default() },
    }
}

fn arguments(question: &Question, newer: bool) -> Vec<String> {
    let Question { agent, model, limit, .. } = question;
    let seconds = limit.as_secs().to_string();
    let mut all = vec!["agent", "--agent", agent, "--message", QUESTION, "--json", "--timeout", &seconds];
    let (model, session) = (format!("{PREFIX}{model}"), format!("agent:{agent}:{SESSION}"));
    if newer {
        all.extend(["--model", &model, "--session-key", &session]);
    }
    all.into_iter().map(str::to_owned).collect()
}

fn lacks_option(output: &Output) -> bool {
    !output.success && [&output.stderr, &output.stdout].iter().any(|text| text.contains("unknown option"))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    run_id: Option<String>,
    status: Option<String>,
    error: Option<Failure>,
    result: Option<Outcome>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome {
    payloads: Vec<Payload>,
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    text: Option<String>,
    is_error: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    duration_ms: Option<u64>,
    agent_meta: Named,
    execution_trace: Winner,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    provider: Option<String>,
    model: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Winner {
    winner_provider: Option<String>,
    winner_model: Option<String>,
}

fn read(output: &Output) -> Turn {
    let Some(answer) = document::<Answer>(&output.stdout) else {
        let words = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
        let error = words.trim();
        let error = if error.is_empty() { "openclaw agent printed nothing" } else { error };
        return Turn { error: error.to_owned(), ..Turn::default() };
    };
    let Answer { run_id, status, error, result } = answer;
    let Outcome { payloads, meta } = result.unwrap_or_default();
    let Winner { winner_provider, winner_model } = meta.execution_trace;
    let provider = winner_provider.or(meta.agent_meta.provider);
    let model = winner_model.or(meta.agent_meta.model);
    let said = |failed: bool| {
        let texts = payloads.iter().filter(|payload| payload.is_error == failed);
        let texts: Vec<&str> = texts.filter_map(|payload| payload.text.as_deref()).map(str::trim).collect();
        texts.join("\n").trim().to_owned()
    };
    let mut failure = error.map(|error| error.message).unwrap_or_default();
    if failure.is_empty() {
        failure = said(true);
    }
    if failure.is_empty() && status.is_none() {
        // An answer that did not come through the gateway.
        failure.clone_from(&output.stderr);
    }
    Turn {
        words: said(false),
        model: provider.zip(model).map(|(provider, model)| format!("{provider}/{model}")),
        milliseconds: meta.duration_ms,
        error: failure.trim().to_owned(),
        run: run_id,
        status,
    }
}

/// The JSON document in what a command printed; other lines can come before and after it.
pub(super) fn document<T: DeserializeOwned>(text: &str) -> Option<T> {
    let starts = text.match_indices('{').map(|(at, _)| at).take(8);
    starts
        .filter_map(|at| text.get(at..))
        .find_map(|rest| serde_json::Deserializer::from_str(rest).into_iter::<T>().next()?.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(success: bool, stdout: &str, stderr: &str) -> Turn {
        read(&Output { success, status: None, stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn an_answer_is_read_as_2026_9_6_prints_it() {
        let answered = turn(
            true,
            r#"{"runId":"r","status":"ok","summary":"completed","result":{"payloads":[{"text":"Hello there. ","mediaUrl":null}],
               "meta":{"durationMs":3743,"agentMeta":{"provider":"ollama","model":"qwen3:8b"},
               "executionTrace":{"winnerProvider":"ollama","winnerModel":"llama3.2:3b","fallbackUsed":true}}}}"#,
            "noise",
        );
        assert_eq!(
            answered,
            Turn {
                run: Some("r".into()),
                status: Some("ok".into()),
                words: "Hello there.".into(),
                model: Some("ollama/llama3.2:3b".into()),
                milliseconds: Some(3743),
                error: String::new(),
            }
        );
    }

    #[test]
    fn failures_are_told_apart_by_whether_a_turn_began() {
        let failed = turn(
            false,
            r#"{"ok":false,"runId":"r","origin":"gateway","error":{"type":"cli_error","message":"All models failed"}}"#,
            "[openclaw] The CLI command failed.",
        );
        assert_eq!((failed.run.as_deref(), failed.status), (Some("r"), None));
        assert_eq!(failed.error, "All models failed");
        let refused = turn(
            false,
            r#"{"ok":false,"error":{"type":"cli_error","message":"unauthorized: gateway token mismatch"}}"#,
            "",
        );
        assert_eq!((refused.run, refused.error.as_str()), (None, "unauthorized: gateway token mismatch"));
        let late = turn(
            false,
            r#"{"runId":"r","status":"timeout","result":{"payloads":[{"text":"Request timed out","isError":true}],"meta":{}}}"#,
            "",
        );
        assert_eq!((late.status.as_deref(), late.error.as_str()), (Some("timeout"), "Request timed out"));
        assert_eq!(late.words, "");
    }

    #[test]
    fn an_answer_that_did_not_come_through_the_gateway_has_no_status() {
        let embedded = turn(
            true,
            r#"{"payloads":[{"text":"Hello"}],"meta":{}}"#,
            "Gateway agent failed; falling back to embedded",
        );
        assert_eq!(embedded.status, None);
        assert!(embedded.error.contains("falling back to embedded"));
        for (stdout, stderr, error) in [
            ("", "command not found", "command not found"),
            ("", "", "openclaw agent printed nothing"),
            ("no json", "", "no json"),
        ] {
            assert_eq!(turn(false, stdout, stderr).error, error);
        }
    }

    #[test]
    fn nothing_but_the_chosen_model_is_asked() {
        let question = Question {
            agent: "main".into(),
            model: "qwen3:8b".into(),
            primary: true,
            limit: Duration::from_secs(600),
        };
        let newer = arguments(&question, true).join(" ");
        assert!(newer.ends_with("--model ollama/qwen3:8b --session-key agent:main:pincer"), "{newer}");
        let older = arguments(&question, false).join(" ");
        assert!(older.ends_with("--json --timeout 600"), "{older}");
        let output = |stderr: &str| Output {
            success: false,
            status: Some(1),
            stdout: String::new(),
            stderr: stderr.into(),
        };
        assert!(lacks_option(&output("error: unknown option '--model'")));
        assert!(!lacks_option(&output("unauthorized")));
    }
}
