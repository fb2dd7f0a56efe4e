//! Which models answered through OpenClaw, kept in Pincer's own folder for as long as what was proven is the same: the
//! model's files, OpenClaw's version, its settings and where it asks Ollama. A file that cannot be read counts as
//! empty.

use serde::{Deserialize, Serialize};

use super::proof::{Proof, ProofOutcome};
use crate::{
    error::Error,
    folders::Folders,
    openclaw::{atomic, lock::Lock, plan::Hash, settings::read_bounded},
};

/// So many are kept, the newest.
const MOST: usize = 50;

/// What a proof holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// The digest of the model's files.
    pub digest: String,
    /// OpenClaw's version, when it is known.
    pub version: Option<String>,
    /// The hash of OpenClaw's settings.
    pub settings: Hash,
    /// Where OpenClaw asks Ollama.
    pub host: String,
}

/// A proof with what it holds for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What must be the same.
    pub on: Circumstances,
    /// What was seen.
    pub proof: Proof,
}

/// What was remembered, the newest first. Blocking.
#[must_use]
pub fn read(folders: &Folders) -> Vec<Kept> {
    let bytes = read_bounded(&folders.proofs()).ok().flatten().unwrap_or_default();
    let all: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap_or_default();
    // One that a newer Pincer wrote may not make sense here; the others do.
    all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
}

/// The proof that still holds.
#[must_use]
pub fn find<'a>(all: &'a [Kept], on: &Circumstances) -> Option<&'a Proof> {
    all.iter().find(|kept| kept.on == *on).map(|kept| &kept.proof)
}

/// Remembers an answer; a failure proves nothing that lasts, and what held before does not hold after it. Blocking.
///
/// # Errors
/// `file.failed`, `file.locked` when another Pincer that writes does not end.
pub fn remember(folders: &Folders, on: &Circumstances, proof: &Proof) -> Result<(), Error> {
    if on.digest.is_empty() {
        return Ok(());
    }
    let answered = matches!(proof.outcome, ProofOutcome::Answered { .. });
    if !answered && find(&read(folders), on).is_none() {
        return Ok(());
    }
    folders.create()?;
    // What another Pincer writes between reading and writing would be lost.
    let _lock = Lock::on(&folders.proofs_lock())?;
    let mut all = read(folders);
    all.retain(|kept| kept.on != *on);
    if answered {
        all.insert(0, Kept { on: on.clone(), proof: proof.clone() });
    }
    all.truncate(MOST);
    let path = folders.proofs();
    let text =
        serde_json::to_vec_pretty(&all).map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
    atomic::write_own(&path, &text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn on(digest: &str) -> Circumstances {
        Circumstances {
            digest: digest.into(),
            version: Some("2026.9.6".into()),
            settings: Hash::of(b"settings"),
            host: "http://127.0.0.1:11434".into(),
        }
    }

    fn proof(outcome: ProofOutcome) -> Proof {
        Proof { at: 1, model: "qwen3:8b".into(), outcome, seconds: 4.0, evidence: Vec::new() }
    }

    fn answer() -> Proof {
        proof(ProofOutcome::Answered { words: "Hello".into() })
    }

    #[test]
    fn it_holds_only_while_all_is_the_same() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { data: home.path().join("data") };
        assert!(read(&folders).is_empty());
        remember(&folders, &on("d"), &proof(ProofOutcome::Failed {})).unwrap();
        remember(&folders, &on(""), &answer()).unwrap();
        assert!(!folders.proofs().exists(), "nothing is written for nothing");
        remember(&folders, &on("d"), &answer()).unwrap();
        let all = read(&folders);
        assert_eq!(find(&all, &on("d")), Some(&answer()));
        for other in [
            on("other"),
            Circumstances { version: None, ..on("d") },
            Circumstances { version: Some("2026.8.2".into()), ..on("d") },
            Circumstances { settings: Hash::of(b"other"), ..on("d") },
            Circumstances { host: "http://nas:11434".into(), ..on("d") },
        ] {
            assert_eq!(find(&all, &other), None, "{other:?}");
        }
        // One failure, and it does not hold any more.
        remember(&folders, &on("d"), &proof(ProofOutcome::Failed {})).unwrap();
        assert_eq!(find(&read(&folders), &on("d")), None);
    }

    #[test]
    fn it_stays_bounded_and_survives_damage() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { data: home.path().join("data") };
        for number in 0..=MOST {
            remember(&folders, &on(&number.to_string()), &answer()).unwrap();
        }
        let all = read(&folders);
        assert_eq!(all.len(), MOST);
        assert!(find(&all, &on("0")).is_none() && find(&all, &on(&MOST.to_string())).is_some());
        for damaged in ["", "{", "{}", "[7]", "[{\"on\":1}]"] {
            fs::write(folders.proofs(), damaged).unwrap();
            assert!(read(&folders).is_empty(), "{damaged:?}");
        }
        remember(&folders, &on("a"), &answer()).unwrap();
        assert_eq!(read(&folders).len(), 1);
    }
}
