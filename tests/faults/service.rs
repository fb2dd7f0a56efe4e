//! Causes in the service that Ollama is: it crashes, or systemd says nothing. `systemctl` and `journalctl` first on
//! PATH say what those of a broken machine say.

use serde_json::{Value, json};

use crate::{
    engine::{CONFIG, CRASHING, NEWEST, add_unit, down, mend_unit},
    lab::{Lab, Stage, remedies, scenarios},
    support::{
        home::Home,
        ollama::Ollama,
        process, programs,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    service_that_keeps_crashing: "engine.crash-looping";
    service_whose_port_is_taken: "engine.crash-looping";
    service_that_cannot_be_started: "engine.crash-looping";
    service_that_gave_up: "engine.crash-looping";
    users_own_service_with_a_long_log: "engine.crash-looping";
    systemd_that_hangs: "engine.not-running";
    systemd_that_hangs_beside_a_silent_port: "engine.starting";
    container_engines_that_hang_beside_a_silent_port: "openclaw.not-installed";
    node_that_hangs_beside_a_silent_port: "engine.starting";
    journal_that_hangs: "engine.crash-looping";
}

const JOURNAL: &str = "journalctl -u ollama -n 200 --no-pager -o cat";

fn service_that_keeps_crashing(lab: &Lab) {
    let (home, host) = down();
    let reason = "Error: something that no one has seen before";
    add_unit(&home, CRASHING, &format!("{CONFIG}\n{reason}"));
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(found["params"], json!({ "restarts": 9, "reason": reason, "log": JOURNAL }));
    assert_eq!(remedies(&found), ["read-log", "restart-ollama"]);
    assert_eq!(found["remedies"][0]["command"][0], "journalctl");
    // A journal that is closed to us takes the reason away, not the cause.
    home.add_script("journalctl", "echo 'No journal files were opened due to insufficient permissions.' >&2");
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["reason"], Value::Null);
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

/// What Ollama says itself is told to people word for word.
fn service_whose_port_is_taken(lab: &Lab) {
    let (home, host) = down();
    let reason = "Error: listen tcp 127.0.0.1:11434: bind: address already in use";
    add_unit(&home, CRASHING, &format!("{CONFIG}\n{reason}"));
    let stage = Stage::at(&home, &[]);
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["reason"], reason);
    let words = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
    assert!(words.contains(&format!("It says: {reason}\n")), "{words}");
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

/// Then the reason is systemd's own word.
fn service_that_cannot_be_started(lab: &Lab) {
    let (home, host) = down();
    let stage = Stage::at(&home, &[]);
    for reason in [
        "ollama.service: Failed at step EXEC spawning /usr/local/bin/ollama: No such file or directory",
        "ollama.service: Failed to determine user credentials: No such process",
        "ollama.service: Main process exited, code=exited, status=217/USER",
    ] {
        add_unit(&home, CRASHING, &format!("{reason}\nollama.service: Failed with result 'exit-code'."));
        assert_eq!(lab.named(&lab.doctor(stage))["params"]["reason"], reason);
    }
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

fn service_that_gave_up(lab: &Lab) {
    let (home, host) = down();
    add_unit(&home, "ActiveState=failed\nSubState=failed\nNRestarts=5", "panic: runtime error");
    let stage = Stage::at(&home, &[]);
    assert_eq!(
        lab.named(&lab.doctor(stage))["params"],
        json!({ "restarts": 5, "reason": "panic: runtime error", "log": JOURNAL })
    );
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

/// A user's own unit has its own journal; the end of more than a mebibyte of it counts. One that names no reason was read
/// all the same.
fn users_own_service_with_a_long_log(lab: &Lab) {
    let (home, host) = down();
    let shows = "ActiveState=failed\nSubState=failed\nNRestarts=5";
    home.add_script(
        "systemctl",
        &format!("[ \"$1\" = --user ] || {{ echo LoadState=not-found; exit; }}\ncat <<'EOF'\nLoadState=loaded\n{shows}\nEOF"),
    );
    let long = "head -c 1300000 /dev/zero | tr '\\0' x | fold -w 6000\necho";
    let journal = |last: &str| {
        home.add_script("journalctl", &format!("[ \"$1\" = --user ] || exit 1\n{long}\necho '{last}'"));
    };
    journal("panic: runtime error");
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    let place = JOURNAL.replace("journalctl", "journalctl --user");
    assert_eq!(found["params"], json!({ "restarts": 5, "reason": "panic: runtime error", "log": place }));
    assert_eq!(found["remedies"][0]["command"][1], "--user");
    journal("bye");
    assert_eq!(
        lab.named(&lab.doctor(stage))["params"],
        json!({ "restarts": 5, "reason": null, "log": place })
    );
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

/// The verdict does not wait for it.
fn systemd_that_hangs(lab: &Lab) {
    let (home, host) = down();
    home.add_program(&programs::practice(), "ollama");
    home.add_script("systemctl", "exec sleep 600");
    let told = [("OLLAMA_HOST", host.as_str())];
    lab.named(&lab.doctor(Stage::at(&home, &told)));
    lab.mends(Stage::at(&home, &told));
}

/// It is asked while the port is waited for, the system's and the user's at once.
fn systemd_that_hangs_beside_a_silent_port(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT_MS", "8000")]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    home.add_script("systemctl", "exec sleep 600");
    let stage = Stage::at(&home, &[]);
    lab.named(&lab.doctor(stage));
    process::wait_for("Ollama", || crate::support::ollama::answers(ollama.address()).then_some(()));
    lab.mended(stage);
}

/// So are the container engines, where no OpenClaw is here: without one nothing else counts.
fn container_engines_that_hang_beside_a_silent_port(lab: &Lab) {
    let (home, ollama) = silent_among(&["docker", "podman", "systemctl"]);
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["unasked"], "docker");
    process::wait_for("Ollama", || crate::support::ollama::answers(ollama.address()).then_some(()));
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.mended(stage);
}

/// So is OpenClaw's Node.
fn node_that_hangs_beside_a_silent_port(lab: &Lab) {
    let (home, ollama) = silent_among(&["node", "systemctl"]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    lab.named(&lab.doctor(Stage::at(&home, &[])));
}

/// A server that is silent longer than a verdict may take, and programs that hang.
fn silent_among(programs: &[&str]) -> (Home, Ollama) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT_MS", "8000")]);
    programs.iter().for_each(|program| home.add_script(program, "exec sleep 600"));
    (home, ollama)
}

fn journal_that_hangs(lab: &Lab) {
    let (home, host) = down();
    add_unit(&home, CRASHING, "");
    home.add_script("journalctl", "exec sleep 600");
    let stage = Stage::at(&home, &[]);
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["reason"], Value::Null);
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}
