//! Applying plans to real files: what is written, where, and with which mode.
//! The fixture here serves the other tests of changing files too.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, UNIX_EPOCH},
};

use proptest::prelude::*;

use super::*;

/// A home with the user's files and a data folder of Pincer's.
pub(crate) struct Fixture {
    root: tempfile::TempDir,
    pub(crate) folders: Folders,
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_428_930)
}

pub(crate) fn mask(_path: &Path, before: &str, after: &str) -> String {
    format!("-{before}+{after}")
}

pub(crate) fn kind() -> ReceiptKind {
    ReceiptKind::UseModel { name: "qwen3:8b".into() }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { data: root.path().join("share").join("pincer") };
        Self { root, folders }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        atomic::read(&self.path(name)).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// A plan from what the files hold now.
    pub(crate) fn plan(&self, edits: &[(&str, Option<&str>)]) -> Plan {
        let edit = |(name, after): &(&str, Option<&str>)| {
            let path = self.path(name);
            let before = atomic::read(&path).unwrap();
            FileEdit::new(path, before, after.map(Into::into))
        };
        Plan { kind: kind(), edits: edits.iter().map(edit).collect(), starts: None }
    }

    pub(crate) fn try_apply(&self, plan: &Plan) -> Result<Applied, Error> {
        apply(&self.folders, plan, now(), &mask)
    }

    /// Plans and applies.
    pub(crate) fn write(&self, edits: &[(&str, Option<&str>)]) -> Receipt {
        match self.try_apply(&self.plan(edits)).unwrap() {
            Applied::Written(receipt) => receipt,
            Applied::Unchanged => panic!("nothing was written"),
        }
    }

    pub(crate) fn undo(&self, id: Option<&str>) -> Result<Receipt, Error> {
        self.undo_as(id, false)
    }

    /// Whatever goes with it.
    pub(crate) fn undo_as(&self, id: Option<&str>, force: bool) -> Result<Receipt, Error> {
        let all = store::receipts(&self.folders).unwrap_or_default();
        let later: Vec<String> = all.into_iter().map(|receipt| receipt.id).collect();
        history::undo(&self.folders, history::Wanted { id, force, later: &later }, now(), &mask)
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        store::receipts(&self.folders).unwrap()
    }

    /// No temporary file anywhere, and nothing pending.
    pub(crate) fn assert_clean(&self) {
        fn walk(folder: &Path) {
            assert_eq!(atomic::temporaries(folder), [""; 0], "{folder:?}");
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path());
                }
            }
        }
        walk(self.root());
        assert!(self.receipts().iter().all(|receipt| receipt.status != Status::Pending));
    }
}

#[test]
fn a_plan_is_written_with_a_receipt() {
    let home = Fixture::new();
    home.put("openclaw.json", "{ a: 1 }");
    let receipt = home.write(&[(".env", Some("KEY=secret\n")), ("openclaw.json", Some("{ a: 2 }"))]);
    assert_eq!(home.get(".env").unwrap(), "KEY=secret\n");
    assert_eq!(home.get("openclaw.json").unwrap(), "{ a: 2 }");

    assert_eq!(receipt.id, "2026-11-23T10-15-30Z-0001");
    assert_eq!((receipt.status, receipt.kind.clone(), receipt.at), (Status::Done, kind(), 1_795_428_930_000));
    let paths: Vec<_> = receipt.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, [home.path(".env"), home.path("openclaw.json")]);
    assert_eq!(receipt.files[0].before, None);
    assert_eq!(receipt.files[1].before, Some(Hash::of(b"{ a: 1 }")));
    assert_eq!(receipt.files[1].after, Some(Hash::of(b"{ a: 2 }")));
    assert_eq!(home.receipts(), std::slice::from_ref(&receipt));
    let on_disk = fs::read_to_string(store::receipt_path(&home.folders, &receipt.id)).unwrap();
    assert!(!on_disk.contains("secret"), "contents are in the snapshots alone: {on_disk}");
    home.assert_clean();
}

#[test]
fn a_plan_that_changes_nothing_touches_nothing() {
    let home = Fixture::new();
    home.put("openclaw.json", "{}");
    let plan = home.plan(&[("openclaw.json", Some("{}")), (".env", None)]);
    assert_eq!(home.try_apply(&plan), Ok(Applied::Unchanged));
    assert!(!home.folders.data.exists());
    // Of a plan that changes something, only those files are written and listed.
    let receipt = home.write(&[(".env", Some("A=1")), ("openclaw.json", Some("{}"))]);
    assert_eq!(receipt.files.len(), 1);
}

#[test]
fn a_file_that_changed_since_the_plan_stops_it() {
    let home = Fixture::new();
    home.put("openclaw.json", "old");
    let plan = home.plan(&[(".env", Some("A=1")), ("openclaw.json", Some("new"))]);
    home.put("openclaw.json", "theirs");
    let error = home.try_apply(&plan).unwrap_err();
    let path = home.path("openclaw.json").display().to_string();
    assert_eq!(error.code, ErrorCode::SettingsChangedMeanwhile { path, diff: "-old+theirs".into() });
    assert_eq!(home.get(".env"), None);
    assert_eq!(home.get("openclaw.json").unwrap(), "theirs");
    assert_eq!(home.receipts(), []);
    home.assert_clean();
}

#[test]
fn a_file_that_was_removed_or_appeared_since_the_plan_stops_it() {
    let home = Fixture::new();
    home.put("a", "old");
    let plan = home.plan(&[("a", Some("new"))]);
    fs::remove_file(home.path("a")).unwrap();
    let error = home.try_apply(&plan).unwrap_err();
    assert!(matches!(error.code, ErrorCode::SettingsChangedMeanwhile { diff, .. } if diff == "-old+"));

    let plan = home.plan(&[("b", Some("new"))]);
    home.put("b", "theirs");
    let error = home.try_apply(&plan).unwrap_err();
    assert!(matches!(error.code, ErrorCode::SettingsChangedMeanwhile { diff, .. } if diff == "-+theirs"));
    assert_eq!(home.get("b").unwrap(), "theirs");
}

#[test]
fn one_file_under_two_names_is_refused() {
    let home = Fixture::new();
    home.put("a", "old");
    fs::create_dir(home.path("folder")).unwrap();
    let plan = home.plan(&[("a", Some("1")), ("folder/../a", Some("2"))]);
    assert_eq!(home.try_apply(&plan).unwrap_err().code, ErrorCode::Internal {});
    assert_eq!(home.get("a").unwrap(), "old");
    assert_eq!(home.receipts(), []);
}

#[test]
fn two_at_once_lose_nothing() {
    const WRITERS: usize = 6;
    let home = Fixture::new();
    home.put("list", "");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let home = &home;
            scope.spawn(move || {
                loop {
                    let seen = home.get("list").unwrap();
                    let longer = format!("{seen}{writer}\n");
                    let edit = FileEdit::new(home.path("list"), Some(seen.into()), Some(longer.into()));
                    match home.try_apply(&Plan { kind: kind(), edits: vec![edit], starts: None }) {
                        Ok(_) => break,
                        Err(error) => {
                            assert!(
                                matches!(error.code, ErrorCode::SettingsChangedMeanwhile { .. }),
                                "{error}"
                            );
                        }
                    }
                }
            });
        }
    });
    let text = home.get("list").unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["0", "1", "2", "3", "4", "5"]);
    let receipts = home.receipts();
    assert_eq!(receipts.len(), WRITERS);
    assert!(receipts.is_sorted_by(|a, b| a.id < b.id), "one second, different names, in order");
    home.undo(Some(&receipts[0].id)).unwrap();
    assert_eq!(home.get("list").unwrap(), "");
    home.assert_clean();
}

#[test]
fn history_is_bounded_in_number() {
    let home = Fixture::new();
    home.put("a", "0");
    let template = home.write(&[("a", Some("1"))]);
    for number in 2..=210 {
        let id = receipt::id(template.at, number);
        let text = serde_json::to_vec(&Receipt { id: id.clone(), number, ..template.clone() }).unwrap();
        fs::write(store::receipt_path(&home.folders, &id), text).unwrap();
    }
    let newest = home.write(&[("a", Some("2"))]);
    let receipts = home.receipts();
    assert_eq!(receipts.len(), 200);
    assert_eq!(receipts.last(), Some(&newest));
    // What the file held at first can be put back for ever.
    assert_eq!((receipts[0].number, receipts[1].number), (1, 13));
}

#[test]
fn history_is_bounded_in_size_and_forgets_what_nobody_needs() {
    let home = Fixture::new();
    for content in ["aaaa", "bbbb", "cccc", "dddd"] {
        home.write(&[("a", Some(content))]);
    }
    let snapshots = || fs::read_dir(home.folders.snapshots()).unwrap().count();
    assert_eq!((home.receipts().len(), snapshots()), (4, 4));
    // Two changes of 4 bytes to 4 bytes share one content: 12 bytes.
    store::prune(&home.folders, store::Limits { receipts: 200, snapshot_bytes: 12 }).unwrap();
    let numbers = || home.receipts().iter().map(|receipt| receipt.number).collect::<Vec<_>>();
    assert_eq!((numbers(), snapshots()), (vec![1, 3, 4], 3));
    // The newest stays whatever its size.
    store::prune(&home.folders, store::Limits { receipts: 200, snapshot_bytes: 1 }).unwrap();
    assert_eq!((numbers(), snapshots()), (vec![1, 4], 2));
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "cccc");
    home.undo(None).unwrap();
    assert_eq!(home.get("a"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn apply_then_undo_gives_the_same_bytes(
        contents in prop::collection::vec(
            (prop::option::of(prop::collection::vec(any::<u8>(), 0..3000)),
             prop::option::of(prop::collection::vec(any::<u8>(), 0..3000))),
            1..4,
        )
    ) {
        let home = Fixture::new();
        let mut edits = Vec::new();
        for (number, (before, after)) in contents.iter().enumerate() {
            let path = home.path(&format!("file{number}"));
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            edits.push(FileEdit::new(path, before.clone(), after.clone()));
        }
        let plan = Plan { kind: kind(), edits, starts: None };
        let applied = home.try_apply(&plan).unwrap();
        for (edit, (_, after)) in plan.edits.iter().zip(&contents) {
            prop_assert_eq!(&atomic::read(&edit.path).unwrap(), after);
        }
        prop_assert_eq!(applied.receipt().is_some(), plan.is_effective());
        if applied.receipt().is_some() {
            home.undo(None).unwrap();
        }
        for (edit, (before, _)) in plan.edits.iter().zip(&contents) {
            prop_assert_eq!(&atomic::read(&edit.path).unwrap(), before);
        }
        home.assert_clean();
    }
}
