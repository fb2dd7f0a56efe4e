//! `openclaw agent --json`: one question through the gateway to a model, and the document on how it ended.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{gateway, settings::Settings};
use crate::{
    plain::{self, Reply},
    program::say,
};

/// The turn's name: there is one at a time.
const RUN: &str = "practice";
/// When the command says nothing of it.
const LIMIT: Duration = Duration::from_secs(600);

/// One turn of the agent.
pub(crate) async fn turn(settings: &Settings, words: &[&str], log: &Path) -> io::Result<ExitCode> {
    let port = settings.port();
    if !gateway::answers(port).await {
        let why = format!("gateway connect failed: connect ECONNREFUSED 127.0.0.1:{port}");
        return failed(None, &why);
    }
    let after = |name: &str| words.iter().skip_while(|word| **word != name).nth(1).copied();
    let written = after("--model").or(settings.primary()).unwrap_or_default();
    let model = written.strip_prefix("ollama/").unwrap_or(written);
    let limit =
        after("--timeout").and_then(|seconds| seconds.parse().ok()).map_or(LIMIT, Duration::from_secs);
    let question = json!({ "model": model, "stream": true,
        "messages": [{ "role": "user", "content": after("--message").unwrap_or_default() }] });
    let (host, ollama) = settings.ollama();
    let begun = Instant::now();
    match plain::ask(&host, ollama, "POST", "/api/chat", Some(&question), limit).await {
        Ok(reply) if reply.status == 200 => answered(model, &reply, begun.elapsed()),
        Ok(reply) => {
            let reason = match reply.status {
                401 | 403 => "auth",
                404 => "model_not_found",
                _ => "server_error",
            };
            note(log, reason, &format!("{} {}", reply.status, reply.body))?;
            let gone = "The selected model was not found by the provider. Check the model id.";
            failed(Some(RUN), if reason == "model_not_found" { gone } else { "All models failed" })
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            let late = json!({ "text": "Request timed out", "isError": true });
            let result = json!({ "payloads": [late], "meta": {} });
            say(&json!({ "runId": RUN, "status": "timeout", "result": result }).to_string())?;
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            note(log, "timeout", &format!("fetch failed: {error}"))?;
            failed(Some(RUN), "All models failed")
        }
    }
}

fn answered(model: &str, reply: &Reply, took: Duration) -> io::Result<ExitCode> {
    let lines = reply.body.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let words = lines.filter_map(|line| Some(line.pointer("/message/content")?.as_str()?.to_owned()));
    let text: String = words.collect();
    let named = json!({ "provider": "ollama", "model": model });
    let trace = json!({ "winnerProvider": "ollama", "winnerModel": model, "fallbackUsed": false });
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let meta = json!({ "durationMs": took, "agentMeta": named, "executionTrace": trace });
    let result = json!({ "payloads": [{ "text": text, "mediaUrl": null }], "meta": meta });
    say(&json!({ "runId": RUN, "status": "ok", "summary": "completed", "result": result }).to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// `run`: the turn had begun.
fn failed(run: Option<&str>, why: &str) -> io::Result<ExitCode> {
    let error = json!({ "type": "cli_error", "message": why });
    let document = match run {
        Some(run) => json!({ "ok": false, "runId": run, "origin": "gateway", "error": error }),
        None => json!({ "ok": false, "error": error }),
    };
    say(&document.to_string())?;
    Ok(ExitCode::FAILURE)
}

/// The line of the gateway's log that tells why.
fn note(log: &Path, reason: &str, raw: &str) -> io::Result<()> {
    let attempt = json!({ "event": "embedded_run_agent_end", "runId": RUN, "isError": true,
        "failoverReason": reason, "rawErrorPreview": raw });
    let mut file = fs::OpenOptions::new().append(true).create(true).open(log)?;
    writeln!(file, "{}", json!({ "0": "{}", "1": attempt }))
}
