//! What the gateway's own log says of a turn that failed: the reason that OpenClaw itself gives it, and the words of
//! the model's server. Read after a failure only, and only the lines of that turn.
//!
//! Measured on 2026.9.6: one JSON object a line; `"1"` of a failed attempt is `{"event":"embedded_run_agent_end",
//! "runId","isError":true,"failoverReason":"auth"|"model_not_found"|"server_error"|"timeout","rawErrorPreview"}`.
//! `gateway status --json` names the file (`logFile`), which is outside of the state folder.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::{
    machine::{command, log_file::tail},
    surroundings::Surroundings,
};

/// `gateway status` takes 3 s.
const ASK: Duration = Duration::from_secs(30);
/// So much of the end of the log is looked through; a failed turn of eight attempts writes some 20 kB. Bytes.
const TAIL: u64 = 1 << 20;

/// One attempt that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attempt {
    /// What the line is.
    pub(super) event: String,
    /// The turn that it is of.
    pub(super) run_id: String,
    /// It tells of a failure.
    pub(super) is_error: bool,
    /// OpenClaw's own name of the reason; empty when it gave none.
    #[serde(rename = "failoverReason")]
    pub(super) reason: String,
    /// What the model's server said, as far as the log keeps it.
    #[serde(rename = "rawErrorPreview")]
    pub(super) raw: String,
    /// OpenClaw's words for people.
    pub(super) error: String,
}

/// The last attempt of a turn that failed; `None` when the log does not tell of one.
pub(super) async fn last(surroundings: &Surroundings, program: &Path, run: &str) -> Option<Attempt> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        log_file: PathBuf,
    }
    let arguments = ["gateway", "status", "--json", "--no-probe"];
    let said = command::output(surroundings, program, &arguments, ASK).await.ok()?;
    let status: Status = super::turn::document(&said.stdout)?;
    let text = tokio::task::spawn_blocking(move || tail(&status.log_file, TAIL)).await.ok()?;
    find(&text, run)
}

fn find(text: &str, run: &str) -> Option<Attempt> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "1")]
        attempt: Attempt,
    }
    let mut lines = text.lines().rev().filter(|line| line.contains(run));
    lines.find_map(|line| {
        let attempt = serde_json::from_str::<Line>(line).ok()?.attempt;
        (attempt.event == "embedded_run_agent_end" && attempt.is_error && attempt.run_id == run)
            .then_some(attempt)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_failed_attempt_of_this_turn_counts() {
        let line = |run: &str, reason: &str, raw: &str| {
            serde_json::json!({ "0": "{}", "1": { "event": "embedded_run_agent_end", "runId": run, "isError": true,
                "failoverReason": reason, "rawErrorPreview": raw, "error": "words" }, "2": "embedded run agent end" })
            .to_string()
        };
        let text = [
            line("ours", "server_error", "500 first"),
            line("ours", "auth", "401 last"),
            r#"{"0":"{}","1":"res agent errorCode=UNAVAILABLE runId=ours","_meta":{}}"#.into(),
            line("another", "timeout", "fetch failed"),
            "ours, and no JSON".into(),
        ]
        .join("\n");
        let found = find(&text, "ours").unwrap();
        assert_eq!((found.reason.as_str(), found.raw.as_str()), ("auth", "401 last"));
        assert_eq!(find(&text, "never"), None);
        assert_eq!(find("", "ours"), None);
    }
}
