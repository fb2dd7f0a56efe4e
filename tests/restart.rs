//! `pincer start` and `pincer restart` on services and programs that really run: what is Pincer's to stop, what takes a
//! password, and what is someone else's.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    io::Write,
    net::SocketAddr,
    process::{Command, Output, Stdio},
    time::SystemTime,
};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        finding::Remedy,
        remedy::{Carried, carry_out},
    },
    error::ErrorCode,
    machine::os::Os,
    openclaw::{change, outcome::ReceiptKind},
    surroundings::{Environment, Surroundings},
};
use serde_json::{Value, json};
use support::{
    home::Home,
    ollama::{self, Ollama, free_address},
    process, programs, settings,
    unit::Unit,
};

fn run(home: &Home, address: SocketAddr, command: &str) -> Output {
    let mut pincer = home.command(programs::pincer_cli());
    pincer.args([command, "--json"]).env("OLLAMA_HOST", address.to_string()).output().unwrap()
}

/// The same as a user who is no administrator, whoever runs the tests.
fn run_as_nobody(home: &Home, address: SocketAddr, command: &str) -> Output {
    let mut pincer = home.command("/usr/bin/unshare");
    pincer.args(["--user", "--"]).arg(programs::pincer_cli()).args([command, "--json"]);
    pincer.env("OLLAMA_HOST", address.to_string()).output().unwrap()
}

fn can_be_nobody() -> bool {
    let allowed = Command::new("unshare").args(["--user", "true"]).stderr(Stdio::null()).status();
    let allowed = allowed.is_ok_and(|status| status.success());
    if !allowed {
        assert!(std::env::var_os("CI").is_none(), "no user of a test's own here: passwords cannot be tested");
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: this system allows no user of a test's own (unshare --user)"
        );
    }
    allowed
}

fn error(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    process::json("pincer", output)["error"].clone()
}

#[test]
fn what_pincer_started_is_ended_and_started_anew() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    assert!(run(&home, address, "start").status.success());
    let before = home.running();
    assert_eq!(before.len(), 1);
    let output = run(&home, address, "restart");
    assert_eq!(
        process::json("restart", &output),
        json!({ "restarted": true, "url": format!("http://{address}") })
    );
    assert!(ollama::answers(address));
    let after = home.running();
    assert_eq!(after.len(), 1);
    assert_ne!(after, before, "another process answers");
    // Again: the new one is remembered as Pincer's, too.
    assert!(run(&home, address, "restart").status.success());
    assert_ne!(home.running(), after);
}

#[test]
fn what_someone_else_started_is_left_alone() {
    let home = Home::new();
    let theirs = Ollama::start(&home);
    assert_eq!(error(&run(&home, theirs.address(), "restart"))["code"], "start.not-ours");
    assert!(ollama::answers(theirs.address()));
    // Not even beside one that is Pincer's own.
    let own = free_address();
    assert!(run(&home, own, "start").status.success());
    assert_eq!(error(&run(&home, theirs.address(), "restart"))["code"], "start.not-ours");
    assert!(ollama::answers(theirs.address()) && ollama::answers(own));
}

#[test]
fn a_service_is_restarted_by_systemd_and_a_program_beside_it_is_not() {
    let home = Home::new();
    let address = free_address();
    let unit = Unit::add(&home, address);
    unit.start("");
    let before = unit.pid();
    assert!(run(&home, address, "restart").status.success());
    assert!(ollama::answers(address) && unit.pid() != before);
    let other = Home::new();
    let theirs = Ollama::start(&other);
    assert_eq!(error(&run(&home, theirs.address(), "restart"))["code"], "start.not-ours");
    unit.refuse("Job for ollama.service failed.");
    let refused = error(&run(&home, address, "restart"));
    assert_eq!(
        (&refused["code"], &refused["detail"]),
        (&json!("start.failed"), &json!("Job for ollama.service failed."))
    );
}

/// A unit that waits to be started again has no process: whatever answers in its place is someone's own.
#[test]
fn a_service_without_a_process_is_not_said_to_be_restarted() {
    let home = Home::new();
    let theirs = Ollama::start(&home);
    let shows = "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nNRestarts=3\nMainPID=0";
    home.add_script("systemctl", &format!("echo \"$@\" >>\"$HOME/unit.log\"\necho '{shows}'"));
    home.add_script("pkexec", "exec \"$@\"");
    assert_eq!(error(&run(&home, theirs.address(), "restart"))["code"], "start.not-ours");
    assert!(ollama::answers(theirs.address()));
    let asked = std::fs::read_to_string(home.path().join("unit.log")).unwrap();
    assert!(asked.lines().all(|line| line.contains("show")), "nothing is restarted: {asked}");
}

/// systemd says that it restarted it; the same process still answers, and it is not the unit's.
#[test]
fn a_restart_that_changed_nothing_is_told() {
    let home = Home::new();
    let theirs = Ollama::start(&home);
    let shows = "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=0";
    let (before, after) = (theirs.id(), std::process::id());
    home.add_script(
        "systemctl",
        &format!(
            "case \"$*\" in *restart*) : >\"$HOME/done\" ;; esac\npid={before}\n\
             [ -f \"$HOME/done\" ] && pid={after}\necho '{shows}'\necho \"MainPID=$pid\""
        ),
    );
    home.add_script("pkexec", "exec \"$@\"");
    assert_eq!(error(&run(&home, theirs.address(), "restart"))["code"], "start.not-ours");
    assert!(home.path().join("done").is_file());
}

#[test]
fn a_password_that_is_refused_is_told_from_a_failure() {
    if !can_be_nobody() {
        return;
    }
    let home = Home::new();
    let address = free_address();
    let unit = Unit::add(&home, address);
    // Stopped: a start asks for the password.
    for (status, code) in [(126, "start.dismissed"), (127, "start.not-allowed"), (3, "start.failed")] {
        unit.refuse_password(status);
        let refused = error(&run_as_nobody(&home, address, "start"));
        let command = json!({ "command": "pkexec systemctl start ollama" });
        assert_eq!((&refused["code"], &refused["params"]), (&json!(code), &command), "{status}");
        assert_eq!(unit.pid(), None, "nothing was changed");
    }
    unit.allow();
    let started = run_as_nobody(&home, address, "start");
    assert!(started.status.success(), "{started:?}");
    let before = unit.pid();
    unit.refuse_password(126);
    assert_eq!(error(&run_as_nobody(&home, address, "restart"))["code"], "start.dismissed");
    assert_eq!(unit.pid(), before);
    unit.allow();
    assert!(run_as_nobody(&home, address, "restart").status.success());
    assert_ne!(unit.pid(), before);
    assert_eq!(unit.asked().lines().last(), Some("systemctl restart ollama"));

    // It is said before the box appears.
    let mut pincer = home.command("/usr/bin/unshare");
    pincer
        .args(["--user", "--"])
        .arg(programs::pincer_cli())
        .arg("restart")
        .env("OLLAMA_HOST", address.to_string());
    let said = String::from_utf8(pincer.output().unwrap().stdout).unwrap();
    let announced = support::words::Words::english().say("remedy.password", &[]);
    assert!(said.starts_with(&announced), "{said}");

    // Nothing here can ask: the command is for an administrator.
    std::fs::remove_file(home.bin().join("pkexec")).unwrap();
    let alone = Command::new("sh").args(["-c", "command -v pkexec"]).stdout(Stdio::null()).status().unwrap();
    if !alone.success() {
        let told = error(&run_as_nobody(&home, address, "restart"));
        let command = json!({ "command": "sudo systemctl restart ollama" });
        assert_eq!((&told["code"], &told["params"]), (&json!("start.needs-administrator"), &command));
    }
}

#[tokio::test]
async fn what_pincer_started_can_start_with_the_computer_and_be_taken_back() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    settings::add_openclaw(&home, "2026.9.6");
    let address = free_address();
    let host = address.to_string();
    settings::write(&home, "openclaw.json", &settings::whole(&format!("http://{host}")).to_string());
    // systemd runs and knows no such unit.
    home.add_script("systemctl", "echo LoadState=not-found");
    assert!(run(&home, address, "start").status.success());
    let codes = || {
        let output = run(&home, address, "doctor");
        let answer = process::json("doctor", &output);
        assert_eq!(answer["ok"], true, "{answer:#}");
        let all = answer["findings"].as_array().unwrap();
        all.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(), ["engine.not-at-login", "openclaw.gateway-stopped"]);

    let before = settings::tree(&home.path().join(".config"));
    let own = home.environment().into_iter().map(|(name, value)| (name, value.into_string().unwrap()));
    let environment = Environment::new(own.chain([("OLLAMA_HOST", host.clone())]));
    let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
    let computer = Computer::new(surroundings, None);
    let Carried::Prepared(prepared) = carry_out(&computer, &Remedy::StartAtLogin {}).await.unwrap() else {
        panic!("it is shown before it is done");
    };
    assert_eq!(settings::tree(&home.path().join(".config")), before, "a preview writes nothing");
    let shown: Vec<&str> = prepared.preview.files.iter().map(|file| file.diff.as_str()).collect();
    let program = home.bin().join("ollama");
    assert!(shown[0].contains(&format!("+ExecStart=\"{}\" serve", program.display())), "{shown:?}");
    assert!(shown[0].contains(&format!("+Environment=\"OLLAMA_HOST={host}\"")), "{shown:?}");
    assert!(shown[1].contains("+Wants=ollama.service"), "{shown:?}");
    let receipt = change::apply(&computer, prepared.plan).await.unwrap().unwrap();
    assert_eq!(receipt.kind, ReceiptKind::StartAtLogin {});
    assert!(home.path().join(".config/systemd/user/ollama.service").is_file());
    assert_eq!(codes(), ["openclaw.gateway-stopped"]);

    change::undo(&computer, None, false).await.unwrap();
    assert_eq!(settings::tree(&home.path().join(".config")), before);
    assert_eq!(codes(), ["engine.not-at-login", "openclaw.gateway-stopped"]);
    // A unit of the user's own is not written over.
    let unit = home.path().join(".config/systemd/user/ollama.service");
    std::fs::create_dir_all(unit.parent().unwrap()).unwrap();
    std::fs::write(&unit, "# mine\n").unwrap();
    let refused = carry_out(&computer, &Remedy::StartAtLogin {}).await.unwrap_err();
    assert!(matches!(refused.code, ErrorCode::StartLoginTaken { .. }));
}
