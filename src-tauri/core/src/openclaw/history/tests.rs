//! Undo by the rule: allowed when every change since is Pincer's own, else shown and refused, else forced.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::openclaw::{
    apply::tests::{Fixture, kind, mask, now},
    plan::Plan,
};

fn force(home: &Fixture, id: Option<&str>) -> Receipt {
    home.undo_as(id, true).unwrap()
}

fn undone_by(home: &Fixture) -> Vec<(String, Option<String>)> {
    let list = list(&home.folders).unwrap();
    list.into_iter().rev().map(|summary| (summary.id, summary.undone_by)).collect()
}

#[test]
fn undo_gives_back_the_same_bytes_and_is_listed() {
    let home = Fixture::new();
    home.put("openclaw.json", "\u{feff}{ a: 1, /* mid */ }\r\n");
    let change = home.write(&[("openclaw.json", Some("{}"))]);
    let undo = home.undo(None).unwrap();
    assert_eq!(home.get("openclaw.json").unwrap(), "\u{feff}{ a: 1, /* mid */ }\r\n");
    assert_eq!(undo.kind, ReceiptKind::Undo { receipt: change.id.clone() });
    assert_eq!(undone_by(&home), [(change.id.clone(), Some(undo.id.clone())), (undo.id.clone(), None)]);
    let newest = &list(&home.folders).unwrap()[0];
    assert_eq!(newest.id, undo.id);
    assert_eq!(newest.files, [home.path("openclaw.json").display().to_string()]);
    assert_eq!(home.undo(None).unwrap_err().code, ErrorCode::UndoNothing {});
    home.assert_clean();
}

#[test]
fn absent_before_undoes_to_absent_with_the_folders_made_for_it() {
    let home = Fixture::new();
    home.write(&[("state/deep/.env", Some("A=1")), ("state/openclaw.json", Some("{}"))]);
    let undo = home.undo(None).unwrap();
    assert!(!home.path("state").exists());
    // And back again.
    home.undo(Some(&undo.id)).unwrap();
    assert_eq!(home.get("state/deep/.env").unwrap(), "A=1");
    assert_eq!(home.get("state/openclaw.json").unwrap(), "{}");
}

#[test]
fn what_was_written_last_is_put_back_first() {
    let home = Fixture::new();
    home.put("openclaw.json", "old");
    home.write(&[(".env", Some("A=1")), ("openclaw.json", Some("new"))]);
    let undo = home.undo(None).unwrap();
    let paths: Vec<_> = undo.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, [home.path("openclaw.json"), home.path(".env")]);
}

#[test]
fn folders_that_hold_something_else_by_now_stay() {
    let home = Fixture::new();
    home.write(&[("state/openclaw.json", Some("{}"))]);
    home.put("state/sessions.json", "theirs");
    home.undo(None).unwrap();
    assert_eq!(home.get("state/openclaw.json"), None);
    assert_eq!(home.get("state/sessions.json").unwrap(), "theirs");
}

#[cfg(unix)]
#[test]
fn a_removed_file_comes_back_with_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Fixture::new();
    home.put("agent.json", "agent");
    fs::set_permissions(home.path("agent.json"), fs::Permissions::from_mode(0o640)).unwrap();
    home.write(&[("agent.json", None)]);
    assert_eq!(home.get("agent.json"), None);
    home.undo(None).unwrap();
    assert_eq!(home.get("agent.json").unwrap(), "agent");
    let mode = fs::metadata(home.path("agent.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_foreign_change_is_shown_and_refused() {
    let home = Fixture::new();
    home.put("a", "old");
    home.write(&[("a", Some("new"))]);
    for (theirs, diff) in [(Some("theirs"), "-new+theirs"), (None, "-new+")] {
        match theirs {
            Some(theirs) => home.put("a", theirs),
            None => fs::remove_file(home.path("a")).unwrap(),
        }
        let error = home.undo(None).unwrap_err();
        let path = home.path("a").display().to_string();
        assert_eq!(error.code, ErrorCode::UndoChangedSince { path, diff: diff.into() });
        assert_eq!(home.get("a").as_deref(), theirs);
    }
    assert_eq!(home.receipts().len(), 1);
}

#[test]
fn a_foreign_change_in_one_of_two_files_leaves_both() {
    let home = Fixture::new();
    home.put("a", "a1");
    home.put("b", "b1");
    home.write(&[("a", Some("a2")), ("b", Some("b2"))]);
    home.put("a", "theirs");
    home.undo(None).unwrap_err();
    assert_eq!((home.get("a").unwrap(), home.get("b").unwrap()), ("theirs".into(), "b2".into()));
}

#[test]
fn force_keeps_what_was_there_and_its_undo_brings_it_back() {
    let home = Fixture::new();
    home.put("a", "old");
    let change = home.write(&[("a", Some("new"))]);
    home.put("a", "theirs");
    let undo = force(&home, None);
    assert_eq!(home.get("a").unwrap(), "old");
    let again = home.undo(Some(&undo.id)).unwrap();
    assert_eq!(home.get("a").unwrap(), "theirs");
    // The change is in force again, and its undo would still lose what they wrote.
    assert_eq!(
        undone_by(&home),
        [(change.id.clone(), None), (undo.id.clone(), Some(again.id.clone())), (again.id, None)]
    );
    let error = home.undo(None).unwrap_err();
    assert!(matches!(error.code, ErrorCode::UndoChangedSince { diff, .. } if diff == "-new+theirs"));
}

#[test]
fn undo_goes_further_back_each_time() {
    let home = Fixture::new();
    home.put("a", "1");
    for content in ["2", "3", "4"] {
        home.write(&[("a", Some(content))]);
    }
    for content in ["3", "2", "1"] {
        home.undo(None).unwrap();
        assert_eq!(home.get("a").unwrap(), content);
    }
    assert_eq!(home.undo(None).unwrap_err().code, ErrorCode::UndoNothing {});
}

#[test]
fn an_older_one_takes_all_later_ones_with_it() {
    let home = Fixture::new();
    home.put("a", "a1");
    let first = home.write(&[("a", Some("a2"))]);
    let second = home.write(&[("a", Some("a3")), ("b", Some("b1"))]);
    let third = home.write(&[("b", Some("b2"))]);
    let undo = home.undo(Some(&first.id)).unwrap();
    assert_eq!((home.get("a").as_deref(), home.get("b")), (Some("a1"), None));
    let by = Some(undo.id.clone());
    assert_eq!(
        undone_by(&home),
        [(first.id.clone(), by.clone()), (second.id, by.clone()), (third.id, by), (undo.id.clone(), None)]
    );
    assert_eq!(home.undo(Some(&first.id)).unwrap_err().code, ErrorCode::UndoNothing {});
    home.undo(Some(&undo.id)).unwrap();
    assert_eq!((home.get("a").as_deref(), home.get("b").as_deref()), (Some("a3"), Some("b2")));
}

#[test]
fn later_ones_go_with_it_only_where_they_were_shown() {
    let home = Fixture::new();
    home.put("a", "a1");
    let first = home.write(&[("a", Some("a2"))]);
    home.write(&[("a", Some("a3"))]);
    home.undo(None).unwrap();
    let login = Plan { kind: ReceiptKind::StartAtLogin {}, ..home.plan(&[("unit", Some("start it"))]) };
    let login = home.try_apply(&login).unwrap().receipt().unwrap().clone();
    let as_shown = |later: &[String]| {
        let wanted = Wanted { id: Some(&first.id), later, ..Wanted::default() };
        undo(&home.folders, wanted, now(), &mask)
    };
    // What is undone already, and undos, are not told.
    let later = vec![login.summary(None)];
    let refused = Err(ErrorCode::UndoTakesLater { later }.into());
    assert_eq!(as_shown(&[]), refused);
    assert_eq!((home.get("a").unwrap(), home.get("unit").unwrap()), ("a2".into(), "start it".into()));
    // One more came since: all are told anew.
    let shown = [login.id.clone()];
    let newest = home.write(&[("b", Some("b1"))]);
    let later = vec![newest.summary(None), login.summary(None)];
    assert_eq!(as_shown(&shown), Err(ErrorCode::UndoTakesLater { later }.into()));
    // Said before what someone else wrote.
    home.put("a", "theirs");
    assert!(matches!(as_shown(&shown).unwrap_err().code, ErrorCode::UndoTakesLater { .. }));
    home.put("a", "a2");
    as_shown(&[newest.id, login.id]).unwrap();
    assert_eq!((home.get("a").unwrap(), home.get("unit"), home.get("b")), ("a1".into(), None, None));
    // Nothing to undo takes nothing with it.
    home.write(&[("a", Some("a2"))]);
    home.write(&[("a", Some("a1"))]);
    let first = home.receipts().into_iter().rev().nth(1).unwrap();
    let wanted = Wanted { id: Some(&first.id), ..Wanted::default() };
    assert_eq!(undo(&home.folders, wanted, now(), &mask), Err(ErrorCode::UndoAlready {}.into()));
    assert_eq!(first.kind, kind());
}

#[test]
fn a_foreign_change_between_two_of_ours_is_not_lost() {
    let home = Fixture::new();
    home.put("a", "1");
    let first = home.write(&[("a", Some("2"))]);
    home.put("a", "theirs");
    home.write(&[("a", Some("3"))]);
    let error = home.undo(Some(&first.id)).unwrap_err();
    assert!(matches!(error.code, ErrorCode::UndoChangedSince { diff, .. } if diff == "-2+theirs"));
    // The newer alone can be undone: that loses nothing.
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "theirs");
}

#[test]
fn a_foreign_change_that_was_taken_back_does_not_stop_undo() {
    let home = Fixture::new();
    home.put("a", "1");
    home.write(&[("a", Some("2"))]);
    home.put("a", "theirs");
    home.put("a", "2");
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "1");
}

#[test]
fn what_the_user_took_back_by_hand_is_said_and_makes_no_receipt() {
    let home = Fixture::new();
    home.put("a", "1");
    let first = home.write(&[("a", Some("2"))]);
    home.write(&[("a", Some("3"))]);
    home.put("a", "2");
    assert_eq!(home.undo(None).unwrap_err().code, ErrorCode::UndoAlready {});
    assert_eq!(home.receipts().len(), 2);
    home.undo(Some(&first.id)).unwrap();
    assert_eq!(home.get("a").unwrap(), "1");
}

#[cfg(unix)]
#[test]
fn a_link_that_became_a_file_of_its_own_is_a_foreign_change() {
    let home = Fixture::new();
    home.put("dotfiles/a", "1");
    std::os::unix::fs::symlink("dotfiles/a", home.path("a")).unwrap();
    home.write(&[("a", Some("2"))]);
    fs::remove_file(home.path("a")).unwrap();
    home.put("a", "theirs");
    let error = home.undo(None).unwrap_err();
    assert!(matches!(error.code, ErrorCode::UndoChangedSince { diff, .. } if diff == "-2+theirs"));
    assert_eq!(home.get("dotfiles/a").unwrap(), "2");
}

#[test]
fn a_history_that_cannot_be_read_is_no_empty_one() {
    let home = Fixture::new();
    fs::create_dir_all(home.folders.data.parent().unwrap()).unwrap();
    fs::write(&home.folders.data, "a file").unwrap();
    let listed = list(&home.folders).unwrap_err();
    assert_eq!(home.undo(None).unwrap_err(), listed);
}

#[test]
fn an_unknown_name_is_told() {
    let home = Fixture::new();
    let unknown = ErrorCode::UndoUnknown { id: "x".into() };
    assert_eq!(home.undo(Some("x")).unwrap_err().code, unknown);
    home.write(&[("a", Some("1"))]);
    assert_eq!(home.undo(Some("x")).unwrap_err().code, unknown);
}

/// A change, and then so few receipts are kept.
fn write_keeping(home: &Fixture, edits: &[(&str, Option<&str>)], receipts: usize) -> Receipt {
    let receipt = home.write(edits);
    store::prune(&home.folders, store::Limits { receipts, snapshot_bytes: 1 << 20 }).unwrap();
    receipt
}

#[test]
fn everything_can_be_put_back_after_more_changes_than_are_kept() {
    let home = Fixture::new();
    home.put("a", "before Pincer");
    let first = write_keeping(&home, &[("a", Some("0"))], 5);
    for change in 1..=20 {
        let content = change.to_string();
        let edits = [("a", Some(content.as_str())), ("new/b", Some(content.as_str()))];
        write_keeping(&home, &edits[..if change < 10 { 1 } else { 2 }], 5);
    }
    let kept: Vec<u64> = home.receipts().iter().map(|receipt| receipt.number).collect();
    assert_eq!(kept, [1, 11, 19, 20, 21], "the first of each file, and the newest");
    assert!(undone_by(&home).iter().all(|(_, by)| by.is_none()));
    // One back, then all: no change of someone else's is seen where there was none.
    home.undo(None).unwrap();
    assert_eq!((home.get("a").unwrap(), home.get("new/b").unwrap()), ("19".into(), "19".into()));
    home.undo(Some(&first.id)).unwrap();
    assert_eq!(home.get("a").unwrap(), "before Pincer");
    assert!(!home.path("new").exists());
}

#[test]
fn the_oldest_can_be_put_back_after_202_changes() {
    let home = Fixture::new();
    home.put("a", "before Pincer");
    for change in 1..=202 {
        home.write(&[("a", Some(&change.to_string()))]);
    }
    let oldest = list(&home.folders).unwrap().pop().unwrap();
    home.undo(Some(&oldest.id)).unwrap();
    assert_eq!(home.get("a").unwrap(), "before Pincer");
    assert_eq!(home.receipts().len(), 200);
}

#[test]
fn a_forgotten_change_of_someone_else_is_still_not_lost_without_a_word() {
    let home = Fixture::new();
    home.put("a", "before Pincer");
    let first = write_keeping(&home, &[("a", Some("1"))], 3);
    home.put("a", "theirs");
    for content in ["2", "3", "4", "5"] {
        write_keeping(&home, &[("a", Some(content))], 3);
    }
    let error = home.undo(Some(&first.id)).unwrap_err();
    assert!(matches!(error.code, ErrorCode::UndoChangedSince { .. }), "{error}");
    force(&home, Some(&first.id));
    assert_eq!(home.get("a").unwrap(), "before Pincer");
}

#[test]
fn an_undo_of_a_forgotten_change_leaves_the_first_in_force() {
    let home = Fixture::new();
    home.put("a", "0");
    let first = write_keeping(&home, &[("a", Some("1"))], 3);
    let second = write_keeping(&home, &[("a", Some("2"))], 3);
    let undo = home.undo(Some(&second.id)).unwrap();
    let last = write_keeping(&home, &[("a", Some("3"))], 3);
    assert_eq!(undone_by(&home), [(first.id.clone(), None), (undo.id, None), (last.id, None)]);
    home.undo(Some(&first.id)).unwrap();
    assert_eq!(home.get("a").unwrap(), "0");
}

#[test]
fn a_damaged_receipt_is_skipped() {
    let home = Fixture::new();
    home.put("a", "1");
    let first = home.write(&[("a", Some("2"))]);
    let second = home.write(&[("a", Some("3"))]);
    fs::write(store::receipt_path(&home.folders, &second.id), "{ half").unwrap();
    fs::write(home.folders.history().join("notes.txt"), "not ours").unwrap();
    assert_eq!(undone_by(&home), [(first.id.clone(), None)]);
    assert!(settle(&home.folders).is_ok());
    // A link of the chain lacks, so what is there may be anyone's.
    let error = home.undo(None).unwrap_err();
    assert!(matches!(error.code, ErrorCode::UndoChangedSince { .. }), "{error}");
    let third = home.write(&[("a", Some("4"))]);
    assert_ne!(third.id, second.id);
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "3");
}

#[test]
fn a_damaged_snapshot_is_never_written() {
    let home = Fixture::new();
    home.put("a", "1");
    home.write(&[("a", Some("2"))]);
    fs::write(home.folders.snapshots().join(Hash::of(b"1").to_string()), "damaged").unwrap();
    let error = home.undo(None).unwrap_err();
    assert!(matches!(error.code, ErrorCode::FileFailed { .. }), "{error}");
    assert_eq!(home.get("a").unwrap(), "2");
    // Kept anew by the next change that needs it.
    let other = home.write(&[("b", Some("1"))]);
    home.undo(Some(&other.id)).unwrap();
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random walks of changes and undos of Pincer's own: every undo goes to the state before its receipt.
    #[test]
    fn undo_of_any_receipt_goes_to_the_state_before_it(
        steps in prop::collection::vec((any::<bool>(), 0..3_usize, 0..3_u8, any::<prop::sample::Index>()), 1..9)
    ) {
        let home = Fixture::new();
        let names = ["a", "b", "c"];
        let state = || names.map(|name| home.get(name));
        let mut before = Vec::new();
        for (is_undo, file, content, chosen) in steps {
            let now = state();
            if is_undo && !before.is_empty() {
                let (id, expected): &(String, [Option<String>; 3]) = chosen.get(&before);
                let expected = expected.clone();
                match home.undo(Some(id)) {
                    Ok(undo) => before.push((undo.id, now)),
                    Err(error) => {
                        let nothing =
                            matches!(error.code, ErrorCode::UndoNothing {} | ErrorCode::UndoAlready {});
                        prop_assert!(nothing);
                    }
                }
                prop_assert_eq!(state(), expected);
            } else {
                let content = (content > 0).then(|| content.to_string());
                let plan = home.plan(&[(names[file], content.as_deref())]);
                if let Some(receipt) = home.try_apply(&plan).unwrap().receipt() {
                    before.push((receipt.id.clone(), now));
                }
            }
        }
        home.assert_clean();
    }
}
