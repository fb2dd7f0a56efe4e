//! Killed at every step, and settled at the next start: always the old or the new state, whole, undo possible.
//! The kill is a real one: the test runs itself in another process, which ends itself by SIGKILL.

#![cfg(unix)]

use std::{
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    process::{Command, ExitStatus},
};

use super::{tests::*, *};
use crate::openclaw::history::Settled;

const ROOT: &str = "PINCER_TEST_CRASH_ROOT";
const STEP: &str = "PINCER_TEST_CRASH_STEP";

/// In the other process: where to work, and after how many steps to die.
fn asked() -> Option<(Folders, std::path::PathBuf, usize)> {
    let root = std::path::PathBuf::from(std::env::var_os(ROOT)?);
    let step = std::env::var(STEP).unwrap().parse().unwrap();
    Some((Folders { data: root.join("share").join("pincer") }, root, step))
}

/// Runs a test of this file in another process.
fn run(test: &str, home: &Fixture, step: usize) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("openclaw::apply::crash::{test}")])
        .env(ROOT, home.root())
        .env(STEP, step.to_string())
        .output()
        .unwrap()
        .status
}

fn die_after(steps: usize) -> impl FnMut(Step) -> std::io::Result<()> {
    let mut seen = 0;
    move |_| {
        if seen == steps {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
        }
        seen += 1;
        Ok(())
    }
}

const OLD: [Option<&str>; 3] = [None, Some("agent"), Some("old")];
const NEW: [Option<&str>; 3] = [Some("A=1"), None, Some("new")];
const NAMES: [&str; 3] = ["state/.env", "agent.json", "openclaw.json"];

fn prepared() -> Fixture {
    let home = Fixture::new();
    home.put("agent.json", "agent");
    home.put("openclaw.json", "old");
    fs::set_permissions(home.path("openclaw.json"), fs::Permissions::from_mode(0o640)).unwrap();
    home
}

fn state(home: &Fixture) -> Vec<Option<String>> {
    NAMES.iter().map(|name| home.get(name)).collect()
}

fn edits(root: &Path) -> Plan {
    let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    let edit = |((name, old), new): ((&str, _), _)| FileEdit::new(root.join(name), bytes(old), bytes(new));
    Plan { kind: kind(), edits: NAMES.into_iter().zip(OLD).zip(NEW).map(edit).collect(), starts: None }
}

fn owned(state: [Option<&str>; 3]) -> Vec<Option<String>> {
    state.iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn apply_killed_at_every_step() {
    if let Some((folders, root, step)) = asked() {
        apply_watched(&folders, &edits(&root), now(), &mask, &mut die_after(step)).unwrap();
        return;
    }
    let mut completed = 0;
    for step in 0.. {
        let home = prepared();
        let status = run("apply_killed_at_every_step", &home, step);
        if status.success() {
            assert_eq!(step, 12, "every step was there to die at");
            break;
        }
        assert_eq!(status.signal(), Some(9), "step {step}: {status}");
        let settled = history::settle(&home.folders).unwrap();
        assert_eq!(settled.uncertain, [""; 0], "step {step}");
        home.assert_clean();
        let mode = fs::metadata(home.path("openclaw.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "step {step}");
        if home.receipts().is_empty() {
            assert_eq!(state(&home), owned(OLD), "step {step}");
            assert!(!home.path("state").exists(), "step {step}");
            home.try_apply(&edits(home.root())).unwrap();
        } else {
            completed += 1;
        }
        assert_eq!(state(&home), owned(NEW), "step {step}");
        home.undo(None).unwrap();
        assert_eq!(state(&home), owned(OLD), "step {step}");
        home.assert_clean();
    }
    assert_eq!(completed, 2, "after the last rename, and after the receipt");
}

#[test]
fn undo_killed_at_every_step() {
    if let Some((folders, _, step)) = asked() {
        history::undo_watched(
            &folders,
            history::Wanted::default(),
            now(),
            &mask,
            (&mut die_after(step), &mut |_, _| Ok(())),
        )
        .unwrap();
        return;
    }
    for step in 0.. {
        let home = prepared();
        home.try_apply(&edits(home.root())).unwrap();
        let status = run("undo_killed_at_every_step", &home, step);
        if status.success() {
            assert_eq!(step, 12, "every step was there to die at");
            break;
        }
        assert_eq!(status.signal(), Some(9), "step {step}: {status}");
        assert_eq!(history::settle(&home.folders).unwrap().uncertain, [""; 0], "step {step}");
        home.assert_clean();
        if home.receipts().len() == 1 {
            assert_eq!(state(&home), owned(NEW), "step {step}");
            home.undo(None).unwrap();
        }
        assert_eq!(state(&home), owned(OLD), "step {step}");
        assert!(matches!(home.undo(None).unwrap_err().code, ErrorCode::UndoNothing {}), "step {step}");
    }
}

const UNIT: &str = "units/openclaw-gateway.service";

/// The command that makes the unit, as far as it comes.
fn half(root: &Path, steps: usize) {
    let unit = root.join(UNIT);
    if steps > 0 {
        fs::create_dir_all(unit.parent().unwrap()).unwrap();
        fs::write(&unit, "[Service]").unwrap();
    }
    if steps > 1 {
        let wants = unit.with_file_name("default.target.wants");
        fs::create_dir(&wants).unwrap();
        std::os::unix::fs::symlink(&unit, wants.join("openclaw-gateway.service")).unwrap();
    }
}

#[test]
fn a_command_of_openclaws_killed_half_way_is_finished_or_taken_back() {
    if let Some((folders, root, step)) = asked() {
        let plan = Plan { kind: ReceiptKind::GatewayAtLogin {}, ..edits(&root) };
        let mut command = |_: history::Order, _: &mut dyn FnMut(u32)| {
            half(&root, step);
            die_after(0)(Step::Done).map_err(|error| Error::file(&root, &error))
        };
        apply_with(&folders, &plan, &root.join(UNIT), now(), &mask, &mut command).unwrap();
        return;
    }
    let killed = |step: usize| {
        let home = prepared();
        let status = run("a_command_of_openclaws_killed_half_way_is_finished_or_taken_back", &home, step);
        assert_eq!(status.signal(), Some(9), "step {step}: {status}");
        let receipts = home.receipts();
        assert_eq!(receipts[0].status, Status::Pending, "step {step}: the command did not end");
        (home, receipts[0].id.clone())
    };
    let as_before = |home: &Fixture, step: usize| {
        assert_eq!((state(home), home.receipts()), (owned(OLD), Vec::new()), "step {step}");
        assert!(!home.path("units").exists(), "step {step}");
        home.assert_clean();
    };
    let (home, id) = killed(0);
    let settled = history::settle_with(&home.folders, &mut |_, _| panic!("nothing is left of it"), || {});
    assert_eq!(settled.unwrap().put_back, [id]);
    as_before(&home, 0);

    let (home, id) = killed(1);
    let mut asked = Vec::new();
    let settled = history::settle_with(
        &home.folders,
        &mut |order, _| {
            asked.push(order.wanted());
            fs::remove_file(home.path(UNIT)).map_err(|error| Error::file(&home.path(UNIT), &error))
        },
        || {},
    );
    assert_eq!((settled.unwrap().put_back, asked), (vec![id], vec![false]));
    as_before(&home, 1);

    // Where that cannot be asked for, the change stays in the history, and undo takes it away.
    let (home, id) = killed(1);
    assert_eq!(history::settle(&home.folders).unwrap().uncertain, [id]);
    assert_eq!(home.receipts()[0].status, Status::Uncertain);
    let unset = &mut |order: history::Order, _: &mut dyn FnMut(u32)| {
        assert!(!order.wanted());
        fs::remove_file(home.path(UNIT)).map_err(|error| Error::file(&home.path(UNIT), &error))
    };
    history::undo_with(&home.folders, history::Wanted::default(), now(), &mask, unset).unwrap();
    assert!(!home.path("units").exists());
    assert_eq!(state(&home), owned(OLD));

    // It is set: what came after that does not matter.
    let (home, id) = killed(2);
    assert_eq!(history::settle(&home.folders).unwrap().completed, [id]);
    assert_eq!((state(&home), home.receipts()[0].status), (owned(NEW), Status::Done));
}

/// A receipt made pending again, as a crash leaves it before the last save.
fn pending(home: &Fixture) -> Receipt {
    let mut receipt = home.write(&[("a", Some("a2")), ("b", Some("b2")), ("c", Some("c2"))]);
    receipt.status = Status::Pending;
    store::save(&home.folders, &receipt).unwrap();
    receipt
}

/// What the three files hold after the crash, and after it is settled.
fn settled(found: [&str; 3], expected: [&str; 3]) -> (Fixture, Receipt, Settled) {
    let home = Fixture::new();
    for name in ["a", "b", "c"] {
        home.put(name, &format!("{name}1"));
    }
    let receipt = pending(&home);
    for (name, content) in ["a", "b", "c"].into_iter().zip(found) {
        home.put(name, content);
    }
    home.put(".pincer-left.tmp", "half");
    fs::write(home.folders.snapshots().join(".pincer-left.tmp"), "half").unwrap();
    let settled = history::settle(&home.folders).unwrap();
    for (name, content) in ["a", "b", "c"].into_iter().zip(expected) {
        assert_eq!(home.get(name).as_deref(), Some(content), "{found:?}");
    }
    home.assert_clean();
    assert_eq!(history::settle(&home.folders).unwrap(), Settled::default(), "nothing is left to settle");
    (home, receipt, settled)
}

#[test]
fn all_written_is_completed() {
    let (home, receipt, settled) = settled(["a2", "b2", "c2"], ["a2", "b2", "c2"]);
    assert_eq!(settled, Settled { completed: vec![receipt.id], ..Settled::default() });
    assert_eq!(home.receipts()[0].status, Status::Done);
}

#[test]
fn none_or_some_written_is_put_back() {
    for found in [["a1", "b1", "c1"], ["a2", "b1", "c1"], ["a2", "b2", "c1"]] {
        let (home, receipt, settled) = settled(found, ["a1", "b1", "c1"]);
        assert_eq!(settled, Settled { put_back: vec![receipt.id], ..Settled::default() });
        assert_eq!(home.receipts(), []);
    }
}

#[test]
fn a_file_behind_that_someone_else_wrote_was_never_ours() {
    let (home, receipt, settled) = settled(["a2", "b1", "theirs"], ["a1", "b1", "theirs"]);
    assert_eq!(settled, Settled { put_back: vec![receipt.id], ..Settled::default() });
    assert_eq!(home.receipts(), []);
}

#[test]
fn a_written_file_that_someone_else_wrote_since_is_left_and_told() {
    let (home, receipt, settled) = settled(["theirs", "b2", "c1"], ["theirs", "b1", "c1"]);
    assert_eq!(settled, Settled { uncertain: vec![receipt.id], ..Settled::default() });
    assert_eq!(home.receipts()[0].status, Status::Uncertain);
}

#[test]
fn a_complete_change_that_openclaw_wrote_over_stays() {
    let (home, receipt, settled) = settled(["a2", "b2", "theirs"], ["a2", "b2", "theirs"]);
    assert_eq!(settled, Settled { uncertain: vec![receipt.id.clone()], ..Settled::default() });
    // Undo shows what would be lost, and forced it goes back all the way.
    let error = home.undo(None).unwrap_err();
    assert!(
        matches!(&error.code, ErrorCode::UndoChangedSince { diff, .. } if diff == "-c2+theirs"),
        "{error}"
    );
    home.undo_as(Some(&receipt.id), true).unwrap();
    for name in ["a", "b", "c"] {
        assert_eq!(home.get(name).unwrap(), format!("{name}1"));
    }
}

#[test]
fn without_its_snapshot_a_file_is_left_and_told() {
    let home = Fixture::new();
    for name in ["a", "b", "c"] {
        home.put(name, &format!("{name}1"));
    }
    let receipt = pending(&home);
    home.put("c", "c1");
    fs::write(home.folders.snapshots().join(Hash::of(b"a1").to_string()), "damaged").unwrap();
    let settled = history::settle(&home.folders).unwrap();
    assert_eq!(settled, Settled { uncertain: vec![receipt.id], ..Settled::default() });
    assert_eq!(home.get("a").unwrap(), "a2", "never the damaged content");
    assert_eq!(home.get("b").unwrap(), "b1");
}

#[test]
fn the_next_change_settles_first() {
    let home = Fixture::new();
    for name in ["a", "b", "c"] {
        home.put(name, &format!("{name}1"));
    }
    pending(&home);
    home.put("c", "c1");
    // Planned on the half-written state: settling changes what the plan saw, so it stops.
    let plan = home.plan(&[("a", Some("a3"))]);
    let error = home.try_apply(&plan).unwrap_err();
    assert!(matches!(error.code, ErrorCode::SettingsChangedMeanwhile { .. }), "{error}");
    assert_eq!(home.get("a").unwrap(), "a1");
    home.write(&[("a", Some("a3"))]);
    home.undo(None).unwrap();
    assert_eq!(home.get("a").unwrap(), "a1");
}

#[test]
fn a_start_without_history_makes_no_folder() {
    let home = Fixture::new();
    assert_eq!(history::settle(&home.folders).unwrap(), Settled::default());
    assert_eq!(history::list(&home.folders).unwrap(), []);
    assert!(matches!(home.undo(None).unwrap_err().code, ErrorCode::UndoNothing {}));
    assert!(!home.folders.data.exists());
}
