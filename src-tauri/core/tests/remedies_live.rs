//! Remedies as the window has them: every step told, a failure remembered, one that did not help told from one that
//! did, and waiting given up. systemd is a script first on PATH; Ollama is practice on a real port.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::mpsc::{Receiver, channel},
    time::{Duration, SystemTime},
};

use pincer_core::{
    computer::Computer,
    diagnosis::{finding::Remedy, remedy::Carried},
    error::ErrorCode,
    live::{
        Live,
        remedies::{RemedyPhase, RemedyState},
        state::{Slice, Update},
    },
    machine::os::Os,
    ollama::restart::RestartWay,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Answer, Options, Practice};

/// Only a failing test waits so long.
const LIMIT: Duration = Duration::from_secs(60);
const RESTART: Remedy = Remedy::RestartOllama { way: RestartWay::Service };

/// A service whose main process is this one, since practice lives in it; `restart`: what systemd does then.
fn add_systemd(home: &Path, restart: &str) {
    let show = format!(
        "echo 'LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=0\nMainPID={}'",
        std::process::id()
    );
    let script =
        format!("#!/bin/sh\ncase \"$1\" in show) {show} ;; restart) {restart} ;; *) exit 1 ;; esac\n");
    // Copied by a program of its own: a file that is open for writing here cannot be run.
    for (name, text) in [("systemctl", script.as_str()), ("pkexec", "#!/bin/sh\nexec \"$@\"\n")] {
        let draft = home.join("draft");
        fs::write(&draft, text).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Command::new("cp").arg("-p").args([&draft, &home.join(name)]).status().unwrap().success());
    }
}

fn live(home: &Path, url: &str) -> (Live, Receiver<Update>) {
    let path = format!("{}:/usr/bin:/bin", home.display());
    let environment =
        Environment::new([("PATH", path.as_str()), ("OLLAMA_HOST", url), ("PINCER_MEMORY", "64000000000")]);
    let live =
        Live::start(Computer::new(Surroundings::new(Os::Linux, environment, home, SystemTime::now), None));
    let (send, updates) = channel();
    live.subscribe(move |update| send.send(update).is_ok());
    (live, updates)
}

/// Waits for the state of the one remedy in a phase; the phases on the way there.
fn until(updates: &Receiver<Update>, phase: RemedyPhase) -> (RemedyState, Vec<RemedyPhase>) {
    let mut way = Vec::new();
    loop {
        let update = updates.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("no {phase:?} after {way:?}"));
        if let Slice::Remedies(states) = update.slice
            && let Some(state) = states.first()
        {
            way.push(state.phase);
            if state.phase == phase {
                return (state.clone(), way);
            }
        }
    }
}

/// Waits for a whole look that satisfies.
fn until_found(updates: &Receiver<Update>, is: impl Fn(&[String]) -> bool) {
    loop {
        let update = updates.recv_timeout(LIMIT).expect("a look in time");
        if let Slice::Path(found) = update.slice
            && found.checking.is_empty()
        {
            let code =
                |finding: &_| serde_json::to_value(finding).unwrap()["code"].as_str().unwrap().to_owned();
            if is(&found.findings.iter().map(code).collect::<Vec<_>>()) {
                return;
            }
        }
    }
}

fn is_busy(codes: &[String]) -> bool {
    codes.iter().any(|code| code == "engine.busy")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_did_not_help_is_told_from_one_that_did() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    practice.set_answer("/api/ps", Some(Answer::Silent));
    let home = tempfile::tempdir().unwrap();
    add_systemd(home.path(), ":");
    let (live, updates) = live(home.path(), &practice.url());
    until_found(&updates, is_busy);
    assert_eq!(live.remedies().run(RESTART).await.unwrap(), Carried::Done);
    let (state, way) = until(&updates, RemedyPhase::NoHelp);
    assert_eq!(state.remedy, RESTART);
    assert!(way.contains(&RemedyPhase::Checking), "{way:?}");

    // It is mended otherwise: what was tried in vain is forgotten with the cause.
    practice.set_answer("/api/ps", None);
    live.look_again();
    loop {
        let update = updates.recv_timeout(LIMIT).unwrap();
        if matches!(&update.slice, Slice::Remedies(states) if states.is_empty()) {
            break;
        }
    }
    practice.set_answer("/api/ps", Some(Answer::Silent));
    until_found(&updates, is_busy);
    let again = tokio::spawn({
        let remedies = live.remedies().clone();
        async move { remedies.run(RESTART).await }
    });
    until(&updates, RemedyPhase::Checking);
    practice.set_answer("/api/ps", None);
    let (state, _) = until(&updates, RemedyPhase::Done);
    assert_eq!(state.failure, None);
    assert_eq!(again.await.unwrap().unwrap(), Carried::Done);
    live.remedies().dismiss(&RESTART);
    loop {
        let update = updates.recv_timeout(LIMIT).unwrap();
        if matches!(&update.slice, Slice::Remedies(states) if states.is_empty()) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_remembered_with_its_reason() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    practice.set_answer("/api/ps", Some(Answer::Silent));
    let home = tempfile::tempdir().unwrap();
    add_systemd(home.path(), "{ echo 'Access denied' >&2; exit 4; }");
    let (live, updates) = live(home.path(), &practice.url());
    until_found(&updates, is_busy);
    let error = live.remedies().run(RESTART).await.unwrap_err();
    let (state, _) = until(&updates, RemedyPhase::Failed);
    assert_eq!(state.failure, Some(error.clone()));
    assert!(matches!(error.code, ErrorCode::StartFailed { .. }));
    assert_eq!(error.detail, "Access denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_can_be_given_up() {
    let practice = Practice::start(Options::demo()).await.unwrap();
    practice.set_answer("/api/ps", Some(Answer::Silent));
    let home = tempfile::tempdir().unwrap();
    add_systemd(home.path(), "exec sleep 600");
    let (live, updates) = live(home.path(), &practice.url());
    until_found(&updates, is_busy);
    let running = tokio::spawn({
        let remedies = live.remedies().clone();
        async move { remedies.run(RESTART).await }
    });
    let waited = loop {
        let update = updates.recv_timeout(LIMIT).unwrap();
        let waits = [RemedyPhase::Password, RemedyPhase::Starting];
        let Slice::Remedies(states) = &update.slice else { continue };
        if let Some(one) = states.iter().find(|one| waits.contains(&one.phase)) {
            break one.phase;
        }
    };
    // A second press begins nothing.
    assert_eq!(live.remedies().run(RESTART).await.unwrap(), Carried::Done);
    live.remedies().cancel(&RESTART);
    // The question for a password ends with the waiting.
    let asked = waited == RemedyPhase::Password;
    until(&updates, if asked { RemedyPhase::Unanswered } else { RemedyPhase::Cancelled });
    assert_eq!(running.await.unwrap().unwrap(), Carried::Done);
}
