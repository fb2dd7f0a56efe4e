//! What the built program cannot be brought to in a test: a disk of any size, an npm that falls silent, a face that
//! goes away meanwhile.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process, time::SystemTime};

use tokio::sync::watch;

use super::*;
use crate::{machine::os::Os, surroundings::Environment};

/// Puts a script on the home's `PATH`, by another program: no test holds it open for writing while it is run.
fn script(home: &Path, name: &str, lines: &str) -> PathBuf {
    let bin = home.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let draft = home.join("draft");
    fs::write(&draft, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    let place = bin.join(name);
    assert!(process::Command::new("cp").args([&draft, &place]).status().unwrap().success());
    place
}

/// A computer with Node and an npm that works like this.
fn computer(home: &Path, install: &str) -> Computer {
    script(home, "node", "echo v24.16.0");
    let npm = format!(
        "case $1 in\nview) echo '{{\"version\":\"2026.9.6\"}}' ;;\nprefix) echo {} ;;\ninstall) {install} ;;\nesac",
        home.join("global").display()
    );
    script(home, "npm", &npm);
    let environment = Environment::new([("PATH", home.join("bin").display().to_string())]);
    let surroundings = Surroundings::new(Os::Linux, environment, home, SystemTime::now);
    Computer::new(surroundings, None)
}

#[tokio::test]
async fn the_offer_says_all_and_what_stands_in_its_way() {
    let home = tempfile::tempdir().unwrap();
    let mut computer = computer(home.path(), "exit 1");
    let found = offer(&computer, Limits::default()).await.unwrap();
    let shown = |path: &str| Some(home.path().join(path).display().to_string());
    assert_eq!(found.blocked, None);
    assert_eq!(found.node, Some(FoundNode { path: shown("bin/node").unwrap(), version: "24.16.0".into() }));
    assert_eq!((found.npm, found.version.as_deref()), (shown("bin/npm"), Some("2026.9.6")));
    // npm's own folder can be written: it is not told another.
    assert_eq!((found.prefix, found.program), (shown("global"), shown("global/bin/openclaw")));
    assert!(!found.own_prefix && !found.on_path && !found.on_service_path);
    assert_eq!(found.command[..4], ["npm", "install", "-g", "openclaw@latest"]);
    assert!(!found.command.contains(&"--prefix".to_owned()));
    assert!(!home.path().join("global").exists(), "nothing is changed");

    computer.surroundings = computer.surroundings.with_free_space(|_| Ok(INSTALLED_BYTES + CACHED_BYTES));
    assert_eq!(offer(&computer, Limits::default()).await.unwrap().blocked, None);
    computer.surroundings = computer.surroundings.with_free_space(|_| Ok(INSTALLED_BYTES + CACHED_BYTES - 1));
    let full = offer(&computer, Limits::default()).await.unwrap().blocked.unwrap().code;
    assert!(matches!(full, ErrorCode::InstallDiskFull { need_bytes: Some(950_000_000), .. }), "{full:?}");
    let (_stop, asked) = watch::channel(false);
    let ended = install(&computer, Limits::default(), asked, |_| {}).await;
    assert_eq!(ended.failure.unwrap().code, full);
}

#[tokio::test]
async fn a_node_that_does_not_tell_its_version_is_neither_none_nor_too_old() {
    let home = tempfile::tempdir().unwrap();
    let mut computer = computer(home.path(), "exit 1");
    let hung = script(home.path(), "node", "exec /bin/sleep 600");
    let limits = Limits { settings: Duration::from_secs(2), ..Limits::default() };
    let silent = Some(ErrorCode::InstallNodeSilent { path: hung.display().to_string() });
    let blocked =
        async |computer: &Computer| offer(computer, limits).await.unwrap().blocked.map(|error| error.code);
    assert_eq!(blocked(&computer).await, silent);

    // Nor is what another one says of itself said of it.
    let npm = r#"echo '{"version":"2026.9.6","engines":{"node":">=24.16.0"}}'"#;
    script(home.path(), "npm", npm);
    let old = home.path().join("old");
    fs::create_dir(&old).unwrap();
    fs::rename(script(home.path(), "old-node", "echo v20.20.2"), old.join("node")).unwrap();
    let path = format!("{}:{}", home.path().join("bin").display(), old.display());
    computer.surroundings.environment = Environment::new([("PATH", path)]);
    assert_eq!(blocked(&computer).await, silent);
}

#[tokio::test]
async fn an_npm_that_falls_silent_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), "echo working; exec /bin/sleep 600");
    let limits = Limits { silence: Duration::from_millis(1), ..Limits::default() };
    let (_stop, asked) = watch::channel(false);
    let ended = install(&computer, limits, asked, |_| {}).await;
    assert_eq!(ended.phase, InstallPhase::Failed);
    assert_eq!(ended.failure.unwrap().code, ErrorCode::InstallStalled { minutes: 0 });
    assert!(!home.path().join("global").exists());
}

#[tokio::test]
async fn a_registry_that_never_answers_is_away() {
    let home = tempfile::tempdir().unwrap();
    let computer = computer(home.path(), "exit 1");
    script(home.path(), "npm", "exec /bin/sleep 600");
    let limits = Limits { ask: Duration::from_millis(1), ..Limits::default() };
    let away = offer(&computer, limits).await.unwrap().blocked.unwrap();
    let timeout = ErrorCode::InstallRegistryAway { registry: None, npm_code: "timeout".into() };
    assert_eq!(away.code, timeout);
}

#[tokio::test]
async fn when_the_face_goes_away_npm_goes_too_and_nothing_counts() {
    let home = tempfile::tempdir().unwrap();
    let half = "p=$HOME/global/lib/node_modules/openclaw; /bin/mkdir -p $p; \
                echo '{\"name\":\"openclaw\",\"version\":\"2026.9.6\"}' >$p/package.json; /bin/cp \"$0\" $p/openclaw.mjs; \
                /bin/ln -s ../lib/node_modules/openclaw/openclaw.mjs $HOME/global/bin/openclaw; echo $$; exec /bin/sleep 600";
    let half = half.replace("$HOME", &home.path().display().to_string());
    let mut computer = computer(home.path(), &half);
    let (_stop, asked) = watch::channel(false);
    let (said, mut heard) = watch::channel(String::new());
    let installing = computer.clone();
    let task = tokio::spawn(async move {
        let tell = |state: InstallState| _ = said.send(state.said.last().cloned().unwrap_or_default());
        install(&installing, Limits::default(), asked, tell).await
    });
    let id: i32 = heard.wait_for(|line| !line.is_empty()).await.unwrap().parse().unwrap();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let npm = rustix::process::Pid::from_raw(id).unwrap();
    let gone = async {
        while rustix::process::test_kill_process_group(npm).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
    let path = home.path().join("global/bin").display().to_string();
    computer.surroundings.environment = Environment::new([("PATH", path)]);
    assert!(home.path().join("global/bin/openclaw").is_file());
    assert_eq!(program::find(&computer.surroundings), None);
}
