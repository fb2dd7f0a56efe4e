//! Links, modes and owners of replaced files; these rules are the system's, so they run where there are modes.

#![cfg(unix)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use super::*;
use crate::openclaw::{
    apply::tests::{Fixture, kind},
    plan::{FileEdit, Plan},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn the_mode_is_kept() {
    for kept in [0o600, 0o640, 0o644, 0o777] {
        let home = Fixture::new();
        home.put("a", "old");
        fs::set_permissions(home.path("a"), fs::Permissions::from_mode(kept)).unwrap();
        home.write(&[("a", Some("new"))]);
        assert_eq!(mode(&home.path("a")), kept);
        home.undo(None).unwrap();
        assert_eq!(mode(&home.path("a")), kept);
    }
}

#[test]
fn the_group_is_kept_or_gains_nothing() {
    let home = Fixture::new();
    home.put("a", "old");
    let own = fs::metadata(home.path("a")).unwrap().gid();
    // Only root may give a file to any group; others keep their own here.
    let group = if rustix::process::geteuid().is_root() { own + 12_345 } else { own };
    chown(home.path("a"), None, Some(group)).unwrap();
    fs::set_permissions(home.path("a"), fs::Permissions::from_mode(0o640)).unwrap();
    home.write(&[("a", Some("new"))]);
    assert_eq!(fs::metadata(home.path("a")).unwrap().gid(), group);
    assert_eq!(mode(&home.path("a")), 0o640);
}

#[test]
fn a_new_file_is_private_in_private_folders() {
    let home = Fixture::new();
    home.write(&[("state/deep/openclaw.json", Some("{}"))]);
    assert_eq!(mode(&home.path("state/deep/openclaw.json")), 0o600);
    assert_eq!(mode(&home.path("state/deep")), 0o700);
    assert_eq!(mode(&home.path("state")), 0o700);
    for entry in fs::read_dir(home.folders.snapshots()).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600);
    }
    for entry in fs::read_dir(home.folders.history()).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600);
    }
    assert_eq!(mode(&home.folders.lock()), 0o600);
}

#[test]
fn a_linked_file_stays_a_link() {
    let home = Fixture::new();
    home.put("dotfiles/openclaw.json", "old");
    fs::create_dir(home.path("state")).unwrap();
    symlink("../dotfiles/openclaw.json", home.path("state/openclaw.json")).unwrap();
    symlink("openclaw.json", home.path("state/second.json")).unwrap();
    let receipt = home.write(&[("state/second.json", Some("new"))]);
    assert_eq!(receipt.files[0].path, home.path("state/second.json"));
    assert_eq!(receipt.files[0].target, fs::canonicalize(home.path("dotfiles/openclaw.json")).unwrap());
    assert_eq!(
        fs::read_link(home.path("state/openclaw.json")).unwrap(),
        Path::new("../dotfiles/openclaw.json")
    );
    assert!(fs::symlink_metadata(home.path("dotfiles/openclaw.json")).unwrap().is_file());
    assert_eq!(home.get("dotfiles/openclaw.json").unwrap(), "new");
    home.undo(None).unwrap();
    assert_eq!(home.get("dotfiles/openclaw.json").unwrap(), "old");
    assert!(fs::symlink_metadata(home.path("state/second.json")).unwrap().is_symlink());
}

#[test]
fn a_linked_folder_stays_a_link() {
    let home = Fixture::new();
    home.put("disk/state/openclaw.json", "old");
    symlink(home.path("disk/state"), home.path("state")).unwrap();
    home.write(&[("state/.env", Some("A=1")), ("state/openclaw.json", Some("new"))]);
    assert!(fs::symlink_metadata(home.path("state")).unwrap().is_symlink());
    assert_eq!(home.get("disk/state/openclaw.json").unwrap(), "new");
    assert_eq!(home.get("disk/state/.env").unwrap(), "A=1");
    home.undo(None).unwrap();
    assert_eq!(home.get("disk/state/openclaw.json").unwrap(), "old");
    assert_eq!(home.get("disk/state/.env"), None);
}

#[test]
fn a_link_to_nowhere_is_where_the_file_comes() {
    let home = Fixture::new();
    symlink("elsewhere/deep", home.path("state")).unwrap();
    home.write(&[("state/openclaw.json", Some("{}"))]);
    assert_eq!(home.get("elsewhere/deep/openclaw.json").unwrap(), "{}");
    home.undo(None).unwrap();
    assert!(!home.path("elsewhere").exists());
    assert!(fs::symlink_metadata(home.path("state")).unwrap().is_symlink());
}

#[test]
fn links_in_a_circle_are_an_error() {
    let home = Fixture::new();
    symlink("b", home.path("a")).unwrap();
    symlink("a", home.path("b")).unwrap();
    let error = locate(&home.path("a")).unwrap_err();
    assert!(matches!(error.code, ErrorCode::FileFailed { reason: FileReason::Other, .. }), "{error}");
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let home = Fixture::new();
    fs::create_dir(home.path("folder")).unwrap();
    home.put("file", "");
    // Opening this for reading would wait for ever.
    assert!(std::process::Command::new("mkfifo").arg(home.path("pipe")).status().unwrap().success());
    for name in ["folder", "pipe", "file/below", "file/deep/below"] {
        let edit = FileEdit::new(home.path(name), None, Some(b"x".to_vec()));
        let plan = Plan { kind: kind(), edits: vec![edit], starts: None };
        let error = home.try_apply(&plan).unwrap_err();
        assert!(
            matches!(error.code, ErrorCode::FileFailed { reason: FileReason::NotAFile, .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_huge_file_is_not_read() {
    let home = Fixture::new();
    File::create(home.path("huge")).unwrap().set_len(READ_LIMIT + 1).unwrap();
    let error = read(&home.path("huge")).unwrap_err();
    assert!(matches!(error.code, ErrorCode::FileFailed { reason: FileReason::TooLarge, .. }), "{error}");
}

#[test]
fn a_file_that_appears_is_not_overwritten() {
    let home = Fixture::new();
    let target = home.path("a");
    let result = replace(&target, None, Some(b"ours"), None, &mut |step| {
        if step == Step::Synced {
            fs::write(&target, "theirs")?;
        }
        Ok(())
    });
    assert!(matches!(result, Err(NotReplaced::Changed(Some(bytes))) if bytes == b"theirs"));
    assert_eq!(home.get("a").unwrap(), "theirs");
    home.assert_clean();
}
