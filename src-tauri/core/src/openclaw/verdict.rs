//! OpenClaw's own command as the judge of its settings: `openclaw config validate --json` (there since 2026.3.13).
//! It takes seconds, so it runs in the background or when asked for, and its word is kept by file and version.

use std::{path::Path, time::Duration};

use serde::Deserialize;

use crate::{machine::command, surroundings::Surroundings};

/// Two to five seconds measured; a slow computer gets a minute.
const LIMIT: Duration = Duration::from_secs(60);

/// One thing that OpenClaw refuses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// Where, dotted; empty for the whole file.
    #[serde(default)]
    pub path: String,
    /// OpenClaw's own words.
    #[serde(default)]
    pub message: String,
}

/// What OpenClaw says of its settings: nothing refused, or what. `None` when it could not be asked, or does not know
/// the command: an older version is no refusal.
pub async fn ask(surroundings: &Surroundings, program: &Path) -> Option<Vec<Refusal>> {
    #[derive(Deserialize)]
    struct Answer {
        valid: bool,
        #[serde(default)]
        issues: Vec<Refusal>,
    }
    let arguments = ["config", "validate", "--json"];
    let output = command::output(surroundings, program, &arguments, LIMIT).await.ok()?;
    let text = output.stdout.trim();
    // Other lines can come before the document.
    let text = text.find('{').and_then(|start| text.get(start..))?;
    let answer: Answer = serde_json::from_str(text).ok()?;
    let nothing_named = Refusal { path: String::new(), message: output.stderr.trim().to_owned() };
    Some(match (answer.valid, answer.issues.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => vec![nothing_named],
        (false, false) => answer.issues,
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::SystemTime};

    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    #[cfg(unix)]
    async fn said(lines: &str) -> Option<Vec<Refusal>> {
        let folder = tempfile::tempdir().unwrap();
        let program: PathBuf = folder.path().join("openclaw");
        let draft = folder.path().join("draft");
        fs::write(&draft, format!("#!/bin/sh\n{lines}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        // Renamed by another program, so that no test holds it open for writing while it is run.
        assert!(std::process::Command::new("cp").args([&draft, &program]).status().unwrap().success());
        let path = Environment::new([("PATH", "/usr/bin:/bin")]);
        ask(&Surroundings::new(Os::Linux, path, folder.path(), SystemTime::now), &program).await
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_word_is_taken_as_it_is() {
        assert_eq!(said(r#"echo '{"valid":true,"path":"p","warnings":[]}'"#).await, Some(vec![]));
        let refused = said(
            r#"echo noise; echo '{"ok":false,"valid":false,"issues":[{"path":"agents.defaults.model","message":"Unrecognized key"}]}'; exit 1"#,
        );
        let refusal = Refusal { path: "agents.defaults.model".into(), message: "Unrecognized key".into() };
        assert_eq!(refused.await, Some(vec![refusal]));
        assert_eq!(said("echo unknown command >&2; exit 1").await, None);
        assert_eq!(said("echo '{'").await, None);
    }
}
