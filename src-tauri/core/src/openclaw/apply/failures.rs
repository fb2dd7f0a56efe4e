//! What the disk and the system refuse: a clear error, and every file as it was.
//! Where it matters that the user is not root, the tests run themselves again as one who is not.

use std::io;

use super::{tests::*, *};

/// An error of the disk at the `n`th step; the steps that were reached.
fn fail_at(home: &Fixture, plan: &Plan, n: usize) -> (Result<Applied, Error>, Vec<Step>) {
    let mut steps = Vec::new();
    let result = apply_watched(&home.folders, plan, now(), &mask, &mut |step| {
        steps.push(step);
        if steps.len() > n { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    });
    (result, steps)
}

#[test]
fn a_full_disk_at_any_step_leaves_every_file_as_it_was() {
    let mut n = 0;
    loop {
        let home = Fixture::new();
        home.put("openclaw.json", "old");
        home.put("agent.json", "agent");
        let plan =
            home.plan(&[("new/.env", Some("A=1")), ("agent.json", None), ("openclaw.json", Some("new"))]);
        let (result, steps) = fail_at(&home, &plan, n);
        if *steps.last().unwrap() == Step::Done {
            break;
        }
        let error = result.unwrap_err();
        let what = format!("step {n}, {:?}: {error}", steps.last());
        assert!(matches!(error.code, ErrorCode::FileFailed { reason: FileReason::DiskFull, .. }), "{what}");
        assert_eq!(home.get("openclaw.json").as_deref(), Some("old"), "{what}");
        assert_eq!(home.get("agent.json").as_deref(), Some("agent"), "{what}");
        assert!(!home.path("new").exists(), "{what}");
        assert_eq!(home.receipts(), [], "{what}");
        home.assert_clean();
        n += 1;
    }
    assert_eq!(n, 11, "snapshots, pending, four for each file written, one for the removal");
}

#[test]
fn a_second_file_that_cannot_be_written_puts_the_first_back() {
    let home = Fixture::new();
    home.put("main", "old");
    // What is to be a folder becomes a file by the first edit: no check beforehand can see that.
    let plan = home.plan(&[("a", Some("A")), ("main", Some("new")), ("a/below", Some("B"))]);
    let error = home.try_apply(&plan).unwrap_err();
    assert!(matches!(&error.code, ErrorCode::FileFailed { path, .. } if path.ends_with('a')), "{error}");
    assert_eq!(home.get("a"), None);
    assert_eq!(home.get("main").unwrap(), "old");
    assert_eq!(home.receipts(), []);
    home.assert_clean();
}

#[test]
fn someone_else_writing_right_before_the_rename_is_not_overwritten() {
    let home = Fixture::new();
    home.put("main", "old");
    let plan = home.plan(&[(".env", Some("A=1")), ("main", Some("new"))]);
    let mut synced = 0;
    let error = apply_watched(&home.folders, &plan, now(), &mask, &mut |step| {
        synced += usize::from(step == Step::Synced);
        if step == Step::Synced && synced == 2 { fs::write(home.path("main"), "theirs") } else { Ok(()) }
    })
    .unwrap_err();
    assert!(
        matches!(&error.code, ErrorCode::SettingsChangedMeanwhile { diff, .. } if diff == "-old+theirs"),
        "{error}"
    );
    assert_eq!(home.get("main").unwrap(), "theirs");
    assert_eq!(home.get(".env"), None, "put back");
    assert_eq!(home.receipts(), []);
    home.assert_clean();
}

#[test]
fn a_file_that_someone_else_wrote_is_not_removed() {
    let home = Fixture::new();
    home.put("agent.json", "old");
    let plan = home.plan(&[(".env", Some("A=1")), ("agent.json", None)]);
    let error = apply_watched(&home.folders, &plan, now(), &mask, &mut |step| {
        if step == Step::Synced { fs::write(home.path("agent.json"), "theirs") } else { Ok(()) }
    })
    .unwrap_err();
    assert!(matches!(error.code, ErrorCode::SettingsChangedMeanwhile { .. }), "{error}");
    assert_eq!(home.get("agent.json").unwrap(), "theirs");
    assert_eq!(home.get(".env"), None, "put back");
}

#[test]
fn what_cannot_be_put_back_is_kept_for_undo() {
    let home = Fixture::new();
    home.put("first", "old");
    home.put("main", "old");
    let plan = home.plan(&[("first", Some("new")), ("main", Some("new"))]);
    let mut renamed = false;
    let error = apply_watched(&home.folders, &plan, now(), &mask, &mut |step| {
        if renamed && step == Step::TemporaryMade {
            fs::write(home.path("first"), "theirs")?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        renamed |= step == Step::Renamed;
        Ok(())
    })
    .unwrap_err();
    assert!(error.detail.contains("put back"), "{error}");
    assert_eq!((home.get("first").unwrap(), home.get("main").unwrap()), ("theirs".into(), "old".into()));
    assert_eq!(home.receipts()[0].status, Status::Uncertain);
    assert!(matches!(home.undo(None).unwrap_err().code, ErrorCode::UndoChangedSince { .. }));
    home.undo_as(None, true).unwrap();
    assert_eq!((home.get("first").unwrap(), home.get("main").unwrap()), ("old".into(), "old".into()));
    home.assert_clean();
}

#[cfg(unix)]
mod not_root {
    use std::{
        os::unix::fs::{PermissionsExt as _, chown, symlink},
        process::Command,
    };

    use super::*;

    const OTHER_USER: u32 = 65_534;

    /// True for an ordinary user. Root runs this one test again as one, and gets false.
    fn ordinary_user(test: &str) -> bool {
        if !rustix::process::geteuid().is_root() {
            return true;
        }
        let folder = tempfile::tempdir().unwrap();
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(folder.path(), open.clone()).unwrap();
        // The build may be in a folder that only root can enter.
        let program = folder.path().join("tests");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::set_permissions(&program, open).unwrap();
        let user = OTHER_USER.to_string();
        let output = Command::new("setpriv")
            .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
            .arg(&program)
            .args(["--exact", &format!("openclaw::apply::failures::not_root::{test}")])
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        false
    }

    fn set_mode(home: &Fixture, name: &str, mode: u32) {
        fs::set_permissions(home.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn assert_not_permitted(home: &Fixture, plan: &Plan, named: &str) {
        let error = home.try_apply(plan).unwrap_err();
        let path = fs::canonicalize(home.path(named)).unwrap().display().to_string();
        assert_eq!(error.code, ErrorCode::FileFailed { path, reason: FileReason::Permission }, "{error}");
        assert_eq!(home.receipts(), [], "refused before anything was written");
        home.assert_clean();
    }

    #[test]
    fn a_read_only_file_is_refused_although_a_rename_would_succeed() {
        if !ordinary_user("a_read_only_file_is_refused_although_a_rename_would_succeed") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        home.put("openclaw.json", "old");
        set_mode(&home, "openclaw.json", 0o444);
        let plan = home.plan(&[(".env", Some("A=1")), ("openclaw.json", Some("new"))]);
        assert_not_permitted(&home, &plan, "openclaw.json");
        assert_eq!(home.get("openclaw.json").unwrap(), "old");
        assert_eq!(home.get(".env"), None);
        // It would have succeeded.
        home.put("temporary", "new");
        fs::rename(home.path("temporary"), home.path("openclaw.json")).unwrap();
    }

    #[test]
    fn a_read_only_folder_is_refused() {
        if !ordinary_user("a_read_only_folder_is_refused") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        home.put("state/openclaw.json", "old");
        let plan = home.plan(&[(".env", Some("A=1")), ("state/openclaw.json", Some("new"))]);
        set_mode(&home, "state", 0o500);
        assert_not_permitted(&home, &plan, "state");
        assert_eq!(home.get("state/openclaw.json").unwrap(), "old");
        set_mode(&home, "state", 0o700);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused() {
        if !ordinary_user("a_folder_that_cannot_be_made_is_refused") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        fs::create_dir(home.path("closed")).unwrap();
        set_mode(&home, "closed", 0o500);
        let plan = home.plan(&[(".env", Some("A=1")), ("closed/state/openclaw.json", Some("new"))]);
        let error = home.try_apply(&plan).unwrap_err();
        assert!(
            matches!(error.code, ErrorCode::FileFailed { reason: FileReason::Permission, .. }),
            "{error}"
        );
        assert_eq!(home.get(".env"), None, "put back");
        assert_eq!(home.receipts(), []);
        set_mode(&home, "closed", 0o700);
    }

    #[test]
    fn an_unreadable_file_is_refused() {
        if !ordinary_user("an_unreadable_file_is_refused") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        home.put("openclaw.json", "old");
        let plan = home.plan(&[("openclaw.json", Some("new"))]);
        set_mode(&home, "openclaw.json", 0o200);
        assert_not_permitted(&home, &plan, "openclaw.json");
    }

    #[test]
    fn a_data_folder_that_cannot_be_made_leaves_the_files_alone() {
        if !ordinary_user("a_data_folder_that_cannot_be_made_leaves_the_files_alone") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        home.put("openclaw.json", "old");
        fs::create_dir(home.path("share")).unwrap();
        set_mode(&home, "share", 0o500);
        let error = home.try_apply(&home.plan(&[("openclaw.json", Some("new"))])).unwrap_err();
        let path = home.folders.data.display().to_string();
        assert_eq!(error.code, ErrorCode::FileFailed { path, reason: FileReason::Permission });
        assert_eq!(home.get("openclaw.json").unwrap(), "old");
        set_mode(&home, "share", 0o700);
    }

    #[test]
    fn the_owner_decides_even_when_a_link_leads_to_another_s_file() {
        if !ordinary_user("the_owner_decides_even_when_a_link_leads_to_another_s_file") {
            return;
        }
        assert!(!rustix::process::geteuid().is_root());
        let home = Fixture::new();
        symlink("/etc/passwd", home.path("openclaw.json")).unwrap();
        let plan = home.plan(&[("openclaw.json", Some("new"))]);
        assert_not_permitted(&home, &plan, "openclaw.json");
    }

    /// Only root can make another's file inside a folder of its own, and for root every write succeeds.
    #[test]
    fn another_s_file_or_folder_is_refused_for_root_too() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let home = Fixture::new();
        home.put("state/openclaw.json", "old");
        let plan = home.plan(&[("state/openclaw.json", Some("new"))]);
        chown(home.path("state/openclaw.json"), Some(OTHER_USER), None).unwrap();
        assert_not_permitted(&home, &plan, "state/openclaw.json");
        chown(home.path("state/openclaw.json"), Some(0), None).unwrap();
        chown(home.path("state"), Some(OTHER_USER), None).unwrap();
        assert_not_permitted(&home, &plan, "state");
        assert_eq!(home.get("state/openclaw.json").unwrap(), "old");
        chown(home.path("state"), Some(0), None).unwrap();
        home.try_apply(&plan).unwrap();
    }
}
