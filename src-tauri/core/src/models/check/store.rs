//! What live checks showed, kept by the digest of the model's files in Pincer's own folder: other files are another
//! model. A file that cannot be read counts as empty.

use std::collections::HashMap;

use super::{CheckOutcome, Checked};
use crate::{
    computer::Computer,
    error::Error,
    folders::Folders,
    models::model::Model,
    ollama::address::Address,
    openclaw::{atomic, lock::Lock, settings::read_bounded},
};

/// So many are kept, the newest.
const MOST: usize = 200;

/// Whether an outcome says something of the model that a later look may rely on. The rest is about this moment, or
/// about Ollama itself, and may be mended without the model's files changing.
#[must_use]
pub const fn is_lasting(outcome: &CheckOutcome) -> bool {
    matches!(
        outcome,
        CheckOutcome::CalledTool {}
            | CheckOutcome::CallAsText {}
            | CheckOutcome::NoCall { .. }
            | CheckOutcome::NoTools {}
            | CheckOutcome::NotEnoughMemory { .. }
    )
}

/// What was remembered, by digest. Blocking.
#[must_use]
pub fn read(folders: &Folders) -> HashMap<String, Checked> {
    let bytes = read_bounded(&folders.checks()).ok().flatten().unwrap_or_default();
    let all: HashMap<String, serde_json::Value> = serde_json::from_slice(&bytes).unwrap_or_default();
    // One that a newer Pincer wrote may not make sense here; the others do.
    all.into_iter()
        .filter_map(|(digest, checked)| Some((digest, serde_json::from_value(checked).ok()?)))
        .collect()
}

/// Remembers what a check of these files showed, if that lasts. Blocking.
///
/// # Errors
/// `file.failed`, `file.locked` when another Pincer that writes does not end.
pub fn remember(folders: &Folders, digest: &str, checked: &Checked) -> Result<(), Error> {
    if digest.is_empty() || !is_lasting(&checked.outcome) {
        return Ok(());
    }
    folders.create()?;
    // What another Pincer writes between reading and writing would be lost.
    let _lock = Lock::on(&folders.checks_lock())?;
    let mut all: Vec<(String, Checked)> = read(folders).into_iter().collect();
    all.retain(|(known, _)| known != digest);
    all.push((digest.to_owned(), checked.clone()));
    all.sort_by_key(|(_, checked)| std::cmp::Reverse(checked.at));
    all.truncate(MOST);
    let map: serde_json::Map<String, serde_json::Value> = all
        .into_iter()
        .filter_map(|(digest, checked)| Some((digest, serde_json::to_value(checked).ok()?)))
        .collect();
    let path = folders.checks();
    let text =
        serde_json::to_vec_pretty(&map).map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
    atomic::write_own(&path, &text)
}

/// Under which a check of this model is known: its digest, or, on a server that gives none, its name.
#[must_use]
pub fn key(model: &Model) -> &str {
    if model.digest.is_empty() { &model.id } else { &model.digest }
}

/// Where and when a check is looked at again.
#[derive(Debug, Clone)]
pub struct Here {
    /// The address of the server.
    pub host: String,
    /// Now, in milliseconds since 1970 (UTC).
    pub now: u64,
}

impl Here {
    /// The server at `address`, by this computer's clock.
    #[must_use]
    pub fn of(computer: &Computer, address: &Address) -> Self {
        Self { host: address.to_string(), now: computer.surroundings.milliseconds() }
    }

    /// What a check still says here. How a model answers holds wherever the same files run; memory, speed and
    /// Ollama's own parts are those of one server, and a lack of memory those of one day.
    fn still(&self, checked: &Checked) -> Option<Checked> {
        let here = checked.host.as_ref() == Some(&self.host);
        match checked.outcome {
            CheckOutcome::CalledTool {}
            | CheckOutcome::CallAsText {}
            | CheckOutcome::NoCall { .. }
            | CheckOutcome::NoTools {} => Some(if here { checked.clone() } else { without_numbers(checked) }),
            CheckOutcome::NotEnoughMemory { .. } => {
                let young = self.now.saturating_sub(checked.at) < FULL_FOR_MILLIS;
                (here && young).then(|| checked.clone())
            }
            _ => here.then(|| checked.clone()),
        }
    }
}

/// What else was in memory then may long be gone.
const FULL_FOR_MILLIS: u64 = 24 * 60 * 60 * 1000;

fn without_numbers(checked: &Checked) -> Checked {
    Checked { host: checked.host.clone(), ..Checked::new(checked.at, checked.outcome.clone()) }
}

/// The checks of these models as far as they count here, by id, from those by [`key`].
#[must_use]
pub fn by_id(models: &[Model], checks: &HashMap<String, Checked>, here: &Here) -> HashMap<String, Checked> {
    let of = |model: &Model| Some((model.id.clone(), here.still(checks.get(key(model))?)?));
    models.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::ErrorCode;

    fn folders() -> (tempfile::TempDir, Folders) {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { data: home.path().join("data") };
        (home, folders)
    }

    fn checked(at: u64, outcome: CheckOutcome) -> Checked {
        Checked {
            host: Some("http://here".into()),
            asked_context: Some(32_768),
            first_token_seconds: Some(1.5),
            prompt_tokens: Some(170),
            context_running: Some(32_768),
            on_graphics_card: Some(0.5),
            ..Checked::new(at, outcome)
        }
    }

    #[test]
    fn what_lasts_is_remembered_by_digest_and_the_rest_is_not() {
        let (_home, folders) = folders();
        assert!(read(&folders).is_empty());
        let failure = Error::from(ErrorCode::Internal {});
        for passing in [
            CheckOutcome::Busy {},
            CheckOutcome::TooSlow {},
            CheckOutcome::SignIn {},
            CheckOutcome::RunnerMissing {},
            CheckOutcome::CpuUnsupported {},
            CheckOutcome::Failed { failure },
        ] {
            remember(&folders, "d", &checked(1, passing)).unwrap();
        }
        remember(&folders, "", &checked(1, CheckOutcome::CalledTool {})).unwrap();
        assert!(!folders.checks().exists(), "nothing is written for nothing");
        let lasting = [
            CheckOutcome::CalledTool {},
            CheckOutcome::CallAsText {},
            CheckOutcome::NoCall { called: None },
            CheckOutcome::NoTools {},
            CheckOutcome::NotEnoughMemory { need_bytes: Some(2), have_bytes: None },
        ];
        for (digest, outcome) in ["a", "b", "c", "d", "e"].into_iter().zip(lasting) {
            let one = checked(1, outcome);
            remember(&folders, digest, &one).unwrap();
            assert_eq!(read(&folders).get(digest), Some(&one));
        }
        // A newer one takes the place of the old; one that does not last leaves it.
        remember(&folders, "a", &checked(2, CheckOutcome::NoCall { called: None })).unwrap();
        remember(&folders, "a", &checked(3, CheckOutcome::Busy {})).unwrap();
        assert_eq!(read(&folders)["a"], checked(2, CheckOutcome::NoCall { called: None }));
        assert_eq!(read(&folders).len(), 5);
    }

    #[test]
    fn of_those_written_at_the_same_time_none_is_lost() {
        let (_home, folders) = folders();
        let names = |round: u64| (0..6).map(move |writer| format!("{round}-{writer}"));
        for round in 0..5 {
            let begin = std::sync::Barrier::new(6);
            std::thread::scope(|scope| {
                for digest in names(round) {
                    let (begin, folders) = (&begin, &folders);
                    scope.spawn(move || {
                        begin.wait();
                        remember(folders, &digest, &checked(round, CheckOutcome::CalledTool {})).unwrap();
                    });
                }
            });
            let kept = read(&folders);
            assert!((0..=round).flat_map(names).all(|digest| kept.contains_key(&digest)), "{kept:?}");
        }
    }

    #[test]
    fn it_stays_bounded_and_the_oldest_go() {
        let (_home, folders) = folders();
        let one = |at: u64| (format!("digest-{at}"), checked(at, CheckOutcome::CalledTool {}));
        let too_many: HashMap<String, Checked> = (0..MOST as u64 + 2).map(one).collect();
        folders.create().unwrap();
        fs::write(folders.checks(), serde_json::to_vec(&too_many).unwrap()).unwrap();
        let (digest, newest) = one(MOST as u64 + 2);
        remember(&folders, &digest, &newest).unwrap();
        let kept = read(&folders);
        assert_eq!(kept.len(), MOST);
        assert!(!kept.contains_key("digest-2") && kept.contains_key("digest-3"));
        assert!(kept.contains_key(&digest));
    }

    #[test]
    fn a_damaged_file_counts_as_empty_and_is_written_anew() {
        let (_home, folders) = folders();
        folders.create().unwrap();
        for damaged in ["", "{", "[]", "\u{0}\u{0}", r#"{"a":7}"#, r#"{"a":{"at":1}}"#] {
            fs::write(folders.checks(), damaged).unwrap();
            assert!(read(&folders).is_empty(), "{damaged:?}");
        }
        // An outcome of a newer Pincer does not take the others with it.
        let newer = r#"{"new":{"at":1,"seconds":1.0,"outcome":{"code":"sang","params":{}}},
                        "old":{"at":1,"seconds":1.0,"outcome":{"code":"no-call","params":{}}}}"#;
        fs::write(folders.checks(), newer).unwrap();
        assert_eq!(read(&folders).keys().collect::<Vec<_>>(), ["old"]);
        remember(&folders, "a", &checked(1, CheckOutcome::NoTools {})).unwrap();
        assert_eq!(read(&folders).len(), 2);
    }

    #[test]
    fn numbers_and_memory_count_on_the_same_server_alone() {
        let tag = crate::ollama::wire::Tag { name: "m".into(), digest: "d".into(), ..Default::default() };
        let models = [crate::models::discovery::judge(&tag, None)];
        let full = CheckOutcome::NotEnoughMemory { need_bytes: None, have_bytes: None };
        let day = FULL_FOR_MILLIS;
        // Outcome, server, age; whether it counts, and whether with its numbers.
        for (outcome, host, age, counts, numbers) in [
            (CheckOutcome::CalledTool {}, "http://here", 9 * day, true, true),
            (CheckOutcome::CalledTool {}, "http://there", 0, true, false),
            (CheckOutcome::NoCall { called: None }, "http://there", 0, true, false),
            (CheckOutcome::NoTools {}, "http://there", 0, true, false),
            (full.clone(), "http://here", day - 1, true, true),
            (full.clone(), "http://here", day, false, false),
            (full, "http://there", 0, false, false),
            (CheckOutcome::RunnerMissing {}, "http://there", 0, false, false),
            (CheckOutcome::RunnerMissing {}, "http://here", 0, true, true),
        ] {
            let all = HashMap::from([("d".to_owned(), checked(1, outcome.clone()))]);
            let here = Here { host: host.into(), now: 1 + age };
            let found = by_id(&models, &all, &here);
            assert_eq!(
                found.get("m").map(|one| one.outcome.clone()),
                counts.then_some(outcome),
                "{host} {age}"
            );
            assert_eq!(
                found.get("m").is_some_and(|one| one.context_running.is_some()),
                numbers,
                "{host} {age}"
            );
        }
    }
}
