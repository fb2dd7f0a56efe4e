//! Undo, undo of an undo, and a crash in them, where OpenClaw's own command has a part: what came first, and what is left.

use std::{fs, io};

use super::*;
use crate::{
    computer::Computer,
    machine::os::Os,
    ollama::own::Process,
    openclaw::{
        apply::{
            apply_with,
            service::of,
            tests::{Fixture, mask, now},
        },
        atomic::Step,
        change,
    },
    surroundings::{Environment, Surroundings},
};

/// Where a file alone says that it is set.
const SCRIPT: &str = "made/gateway.cmd";
const OLD: &str = "{ /* mine */ }";
const NEW: &str = "{ /* mine */ token: 1 }";

/// What OpenClaw's own command does.
fn command(home: &Fixture, order: Order) -> Result<(), Error> {
    let file = home.path(SCRIPT);
    if order.wanted() {
        home.put(SCRIPT, "run");
        Ok(())
    } else {
        fs::remove_file(&file).map_err(|error| Error::file(&file, &error))
    }
}

fn set() -> (Fixture, Receipt) {
    let home = Fixture::new();
    home.put("openclaw.json", OLD);
    let plan = Plan { kind: ReceiptKind::GatewayAtLogin {}, ..home.plan(&[("openclaw.json", Some(NEW))]) };
    let service = &mut |order: Order, _: &mut dyn FnMut(u32)| command(&home, order);
    let receipt = apply_with(&home.folders, &plan, &home.path(SCRIPT), now(), &mask, service).unwrap();
    assert_eq!(state(&home), (Some(NEW.into()), true));
    (home, receipt)
}

fn state(home: &Fixture) -> (Option<String>, bool) {
    (home.get("openclaw.json"), home.path(SCRIPT).exists())
}

fn undo_by(home: &Fixture, id: Option<&str>, service: &mut SetService<'_>) -> Result<Receipt, Error> {
    undo_with(&home.folders, Wanted { id, ..Wanted::default() }, now(), &mask, service)
}

fn refusal() -> Error {
    ErrorCode::GatewayNoProgram {}.into()
}

#[test]
fn the_way_there_writes_first_and_the_way_back_asks_first() {
    let (home, _) = set();
    let mut seen = Vec::new();
    let mut service = |order: Order, _: &mut dyn FnMut(u32)| {
        let pending = home.receipts().last().unwrap().status;
        seen.push((order, home.get("openclaw.json").unwrap(), pending));
        command(&home, order)
    };
    let undone = undo_by(&home, None, &mut service).unwrap();
    assert_eq!(state(&home), (Some(OLD.into()), false));
    assert!(!home.path("made").exists(), "nor its folder");
    let again = undo_by(&home, Some(&undone.id), &mut service).unwrap();
    assert_eq!(state(&home), (Some(NEW.into()), true));
    undo_by(&home, Some(&again.id), &mut service).unwrap();
    assert_eq!(state(&home), (Some(OLD.into()), false));
    assert!(!home.path("made").exists(), "nor the folder that was made anew");
    let new = |wanted| (Order::Set(wanted), NEW.to_owned(), Status::Pending);
    assert_eq!(seen, [new(false), new(true), new(false)]);
    assert!(home.receipts().iter().all(|receipt| receipt.command.is_none()));
    home.assert_clean();
}

#[test]
fn one_that_cannot_be_set_again_is_left_as_it_was() {
    let (home, _) = set();
    let undone = undo_by(&home, None, &mut |order, _| command(&home, order)).unwrap();
    let before = home.receipts();
    let refused = undo_by(&home, Some(&undone.id), &mut |_, _| Err(refusal())).unwrap_err();
    assert_eq!(refused, refusal());
    assert_eq!((state(&home), home.receipts()), ((Some(OLD.into()), false), before.clone()));
    // One that the user set meanwhile is theirs: a command that fails would take it away.
    home.put(SCRIPT, "theirs");
    let theirs = undo_by(&home, Some(&undone.id), &mut |_, _| panic!("it is set")).unwrap_err();
    assert!(matches!(theirs.code, ErrorCode::SettingsChangedMeanwhile { .. }), "{theirs}");
    assert_eq!((state(&home), home.receipts()), ((Some(OLD.into()), true), before.clone()));
    fs::remove_file(home.path(SCRIPT)).unwrap();
    // One of the user's own is not written over.
    home.put("made/openclaw-gateway.service", "theirs");
    let mut receipt = home.receipts().remove(0);
    receipt.files.last_mut().unwrap().path = home.path("made/openclaw-gateway.service");
    store::save(&home.folders, &receipt).unwrap();
    let taken = undo_by(&home, Some(&undone.id), &mut |_, _| panic!("it would be written over")).unwrap_err();
    assert!(matches!(taken.code, ErrorCode::StartLoginTaken { .. }), "{taken}");
    assert_eq!(state(&home).0.as_deref(), Some(OLD));
}

/// An undo on a disk that is full.
fn undo_in_vain(home: &Fixture, service: &mut SetService<'_>) -> Error {
    let mut full = |step: Step| match step {
        Step::TemporaryMade => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    };
    undo_watched(&home.folders, Wanted::default(), now(), &mask, (&mut full, service)).unwrap_err()
}

#[test]
fn an_undo_that_cannot_write_sets_it_again_whoever_wishes_to_stop() {
    let (home, set) = set();
    let mut asked = Vec::new();
    let failed = undo_in_vain(&home, &mut |order, begun| {
        begun(std::process::id());
        let pending = home.receipts().pop().unwrap();
        asked.push((order, pending.status, pending.command.unwrap().process.map(|process| process.pid)));
        command(&home, order)
    });
    let pending = |order| (order, Status::Pending, Some(std::process::id()));
    assert_eq!(asked, [pending(Order::Set(false)), pending(Order::Mend(true))], "a crash is settled by it");
    assert!(matches!(failed.code, ErrorCode::FileFailed { .. }), "{failed}");
    assert!(!failed.detail.contains("set again"), "{failed}");
    assert_eq!((state(&home), home.receipts()), ((Some(NEW.into()), true), vec![set]));
}

#[test]
fn an_undo_that_can_neither_write_nor_set_it_again_tells_both_and_can_be_repeated() {
    let (home, set) = set();
    let failed = undo_in_vain(&home, &mut |order, _| match order {
        // Stopped, and gone all the same.
        Order::Set(_) => command(&home, order).and(Err(Error::new(ErrorCode::Internal {}, "stopped"))),
        Order::Mend(_) => Err(refusal()),
    });
    assert!(matches!(failed.code, ErrorCode::FileFailed { .. }), "{failed}");
    assert!(failed.detail.contains(&format!("could not be set again: {}", refusal())), "{failed}");
    assert_eq!(state(&home), (Some(NEW.into()), false));
    // It does not look as if nothing had been done.
    let left = home.receipts();
    assert_eq!((left.len(), left[1].status), (2, Status::Uncertain));
    let undone = undo_by(&home, None, &mut |order, _| command(&home, order)).unwrap();
    assert_eq!(undone.kind, ReceiptKind::Undo { receipt: set.id });
    assert_eq!(state(&home), (Some(OLD.into()), false));
}

#[test]
fn an_undo_whose_command_fails_goes_by_what_it_came_to() {
    // Nothing was done.
    let (home, set_) = set();
    assert_eq!(undo_by(&home, None, &mut |_, _| Err(refusal())).unwrap_err(), refusal());
    assert_eq!((state(&home), home.receipts()), ((Some(NEW.into()), true), vec![set_]));
    // It is gone all the same.
    let (home, _) = set();
    let undone = undo_by(&home, None, &mut |order, _| command(&home, order).and(Err(refusal())));
    assert_eq!(undone.unwrap().status, Status::Done);
    assert_eq!(state(&home), (Some(OLD.into()), false));
}

/// An undo that a crash interrupted before its files: as its pending receipt leaves it.
fn interrupted(process: Option<Process>) -> (Fixture, String) {
    let (home, set) = set();
    let undone = undo_by(&home, None, &mut |order, _| command(&home, order)).unwrap();
    home.put("openclaw.json", NEW);
    home.put(SCRIPT, "run");
    let mut receipt = undone.clone();
    let of = of(false, home.path(SCRIPT), vec![home.path("made")]);
    receipt.status = Status::Pending;
    receipt.command = Some(Box::new(ServiceCommand { process, ..of }));
    store::save(&home.folders, &receipt).unwrap();
    assert_eq!(list(&home.folders).unwrap()[0].id, set.id);
    (home, undone.id)
}

/// What it put back, and whether it said first that it takes its time.
fn settle_telling(home: &Fixture) -> (Vec<String>, bool) {
    let (mut told, held) = (false, home.receipts());
    let settled = settle_with(&home.folders, &mut no_command, || told = home.receipts() == held).unwrap();
    (settled.put_back, told)
}

#[test]
fn an_undo_that_was_interrupted_is_finished_where_the_service_went_else_forgotten() {
    let (home, id) = interrupted(None);
    assert_eq!(settle_telling(&home), (vec![id], true));
    assert_eq!((state(&home), home.receipts().len()), ((Some(NEW.into()), true), 1));

    let (home, id) = interrupted(None);
    command(&home, Order::Set(false)).unwrap();
    assert_eq!(settle(&home.folders).unwrap().completed, [id]);
    assert_eq!((state(&home), home.receipts()[1].status), ((Some(OLD.into()), false), Status::Done));
    assert!(!home.path("made").exists());
    assert_eq!(settle_telling(&home), (Vec::new(), false), "and the next start need not take its time");
    assert_eq!(
        undo(&home.folders, Wanted::default(), now(), &mask).unwrap_err().code,
        ErrorCode::UndoNothing {}
    );

    // What someone else wrote meanwhile is theirs.
    let (home, id) = interrupted(None);
    command(&home, Order::Set(false)).unwrap();
    home.put("openclaw.json", "theirs");
    assert_eq!(settle(&home.folders).unwrap().uncertain, [id]);
    assert_eq!(state(&home).0.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_face_is_told_that_settling_takes_its_time_and_only_then() {
    let (home, id) = interrupted(None);
    let surroundings =
        Surroundings::new(Os::Linux, Environment::default(), home.path(""), || SystemTime::UNIX_EPOCH);
    let mut computer = Computer::new(surroundings, None);
    computer.folders = home.folders.clone();
    for (put_back, slow) in [(vec![id], 1), (Vec::new(), 0)] {
        let mut told = 0;
        let settled = change::settle_telling(&computer, || told += 1).await.unwrap();
        assert_eq!((settled.put_back, told), (put_back, slow));
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_outlived_its_pincer_is_waited_for() {
    use std::{
        io::Write as _,
        os::unix::process::CommandExt as _,
        process::{Command, Stdio},
        thread,
    };
    let script = tempfile::tempdir().unwrap();
    let place = script.path().join("place");
    // It takes the file away when it is told to.
    let mut child = Command::new("sh")
        .args(["-c", "read go; rm \"$(cat \"$0\")\""])
        .arg(&place)
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let (home, id) = interrupted(Process::of(child.id()));
    fs::write(&place, home.path(SCRIPT).to_str().unwrap()).unwrap();
    let settled = thread::scope(|scope| {
        let settling = scope.spawn(|| settle(&home.folders).unwrap());
        while Lock::attempt(&home.folders.lock()).unwrap().is_some() {
            assert!(!settling.is_finished(), "it did not wait");
            thread::yield_now();
        }
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        settling.join().unwrap()
    });
    assert!(child.wait().unwrap().success());
    assert_eq!(settled.completed, [id]);
    assert_eq!(state(&home), (Some(OLD.into()), false));
}
