//! The steps of the live state, as lines for the log: a line when something begins, ends or turns, none for progress.
//! Codes and names only; below `journal`.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    error::Error,
    live::state::{Slice, Update},
};

/// Remembers what was said last of each thing.
#[derive(Debug, Default)]
pub struct Steps {
    said: HashMap<String, String>,
}

impl Steps {
    /// What is new, a line each.
    pub fn hear(&mut self, update: &Update) -> Vec<String> {
        let now: Vec<(String, String)> = match &update.slice {
            // A look that is under way speaks of the one before.
            Slice::Path(found) if !found.checking.is_empty() => Vec::new(),
            Slice::Path(found) => {
                let stations = found.path.iter().map(|at| format!("{} {}", word(&at.link), word(&at.state)));
                let causes = found.findings.iter().map(|finding| word(&finding.cause));
                vec![("path".into(), joined(stations)), ("found".into(), joined(causes))]
            }
            Slice::Models(models) => {
                let count = models.models.len();
                let how = models.problem.as_ref().map_or_else(|| format!("{count} here"), failure);
                vec![("models".into(), how)]
            }
            Slice::Settings(settings) => {
                let how = settings.problem.as_ref().map_or_else(|| word(&settings.mode), failure);
                vec![("settings".into(), how)]
            }
            Slice::Pulls(all) => all
                .iter()
                .map(|pull| (format!("download {}", pull.name), ended(&pull.state, pull.failure.as_ref())))
                .collect(),
            Slice::Checks(all) => {
                all.iter().map(|check| (format!("check {}", check.model), word(&check.phase))).collect()
            }
            Slice::Install(all) => all
                .iter()
                .map(|one| {
                    let what = format!("installation {}", word(&one.program));
                    (what, ended(&one.phase, one.failure.as_ref()))
                })
                .collect(),
            Slice::Remedies(all) => all
                .iter()
                .map(|one| (format!("remedy {}", word(&one.remedy)), ended(&one.phase, one.failure.as_ref())))
                .collect(),
            Slice::GatewayStart(all) => {
                all.iter().map(|one| ("gateway".into(), ended(&one.phase, one.failure.as_ref()))).collect()
            }
            Slice::Proof(all) => all
                .iter()
                .map(|one| {
                    let outcome = one.result.as_ref().map(|proof| word(&proof.outcome)).unwrap_or_default();
                    let how = ended(&one.phase, one.failure.as_ref());
                    (format!("question to {}", one.model), format!("{how} {outcome}").trim_end().to_owned())
                })
                .collect(),
            Slice::Openclaw(openclaw) => {
                let version = openclaw.version.as_deref().unwrap_or("not found");
                vec![("openclaw".into(), format!("{version}, gateway {}", word(&openclaw.gateway)))]
            }
            Slice::Look(_) => Vec::new(),
        };
        let news = now.into_iter().filter_map(|(what, how)| {
            let line = format!("{what}: {how}");
            let before = self.said.insert(what, how.clone());
            (before.as_ref() != Some(&how)).then_some(line)
        });
        news.collect()
    }
}

fn ended(phase: &impl Serialize, failed: Option<&Error>) -> String {
    let phase = word(phase);
    failed.map_or_else(|| phase.clone(), |error| format!("{phase}, {}", failure(error)))
}

fn failure(error: &Error) -> String {
    let code = word(&error.code);
    if error.detail.is_empty() { code } else { format!("{code} ({})", error.detail) }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = words.collect();
    if all.is_empty() { "nothing".into() } else { all.join(", ") }
}

/// The name that a value has for a face, without its parameters.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(tagged)) => {
            let name = ["code", "id", "mode", "state"].iter().find_map(|tag| tagged.get(*tag)?.as_str());
            name.unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::ErrorCode,
        ollama::pull::{PullPhase, PullState},
    };

    fn pull(state: PullPhase, fraction: f64, failure: Option<Error>) -> Update {
        let pull = PullState {
            name: "qwen3:8b".into(),
            state,
            completed_bytes: 1,
            total_bytes: 10,
            lost_bytes: 0,
            fraction,
            bytes_per_second: None,
            seconds_left: None,
            failure,
            for_openclaw: false,
            listed_by: None,
            not_listed: None,
        };
        Update { revision: 1, slice: Slice::Pulls(vec![pull]) }
    }

    #[test]
    fn a_download_is_told_at_its_turns() {
        let mut steps = Steps::default();
        assert_eq!(steps.hear(&pull(PullPhase::Downloading, 0.1, None)), ["download qwen3:8b: downloading"]);
        assert!(steps.hear(&pull(PullPhase::Downloading, 0.2, None)).is_empty(), "progress is no news");
        let failed = Error::new(ErrorCode::OllamaRefused { url: "http://box:11434".into() }, "refused");
        assert_eq!(
            steps.hear(&pull(PullPhase::Failed, 0.2, Some(failed))),
            ["download qwen3:8b: failed, ollama.refused (refused)"]
        );
        assert_eq!(steps.hear(&pull(PullPhase::Done, 1.0, None)), ["download qwen3:8b: done"]);
    }
}
