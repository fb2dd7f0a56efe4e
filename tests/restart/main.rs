//! `pincer start` and `pincer restart` on services and programs that really run: what is Pincer's to stop, what takes a
//! password, and what is someone else's.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod own;
#[path = "../support/mod.rs"]
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

/// A web server has the port: it is named, and nobody is said to have started an Ollama.
#[test]
fn what_is_no_ollama_is_not_called_one() {
    let home = Home::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 1024];
            let _ = std::io::Read::read(&mut stream, &mut head);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot found",
            );
        }
    });
    let told = error(&run(&home, address, "restart"));
    assert_eq!(
        (&told["code"], &told["params"]["port"]),
        (&json!("start.other-program"), &json!(address.port()))
    );
}

#[test]
fn starts_at_once_are_one_start_and_its_process_is_remembered() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    let start = || {
        let mut pincer = home.command(programs::pincer_cli());
        pincer.args(["start", "--json"]).env("OLLAMA_HOST", address.to_string());
        pincer.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(|_| start()).collect();
    for pincer in all {
        let output = pincer.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let running = home.running();
    assert_eq!(running.len(), 1);
    let data = home.path().join(".local/share/dev.pincer.desktop");
    let own: Value = serde_json::from_slice(&std::fs::read(data.join("ollama.json")).unwrap()).unwrap();
    assert_eq!(own[0]["pid"], running[0]);
    let log = || std::fs::read_to_string(data.join("logs/ollama.log")).unwrap();
    let said = log();
    assert!(said.contains("listening on"), "{said}");
    // One that fails beside it takes neither its log nor its place.
    home.add_script("failing", "echo no such card >&2; exit 1");
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::rename(home.bin().join("failing"), other.join("ollama")).unwrap();
    let mut pincer = home.command(programs::pincer_cli());
    pincer.args(["start", "--json"]).env("OLLAMA_HOST", free_address().to_string());
    let failed = error(&pincer.env("PATH", format!("{}:/usr/bin:/bin", other.display())).output().unwrap());
    assert_eq!(failed["code"], "start.failed");
    assert!(failed["detail"].as_str().unwrap().contains("no such card"), "{failed}");
    assert!(log().starts_with(&said));
    let own: Value = serde_json::from_slice(&std::fs::read(data.join("ollama.json")).unwrap()).unwrap();
    assert_eq!(own[0]["pid"], running[0]);
}

#[test]
fn a_pipe_in_the_place_of_the_log_is_refused() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let logs = home.path().join(".local/share/dev.pincer.desktop/logs");
    std::fs::create_dir_all(&logs).unwrap();
    assert!(Command::new("mkfifo").arg(logs.join("ollama.log")).status().unwrap().success());
    let refused = error(&run(&home, free_address(), "start"));
    assert_eq!(
        (&refused["code"], &refused["params"]["reason"]),
        (&json!("file.failed"), &json!("not-a-file"))
    );
    assert!(home.running().is_empty());
}

#[test]
fn what_cannot_answer_as_asked_is_said_at_once() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    // Plain HTTP behind an https:// address.
    let address = free_address();
    let mut pincer = home.command(programs::pincer_cli());
    let encrypted =
        pincer.args(["start", "--json", "--host", &format!("https://{address}")]).output().unwrap();
    assert_eq!(error(&encrypted)["code"], "start.encrypted");
    assert!(home.running().is_empty());
    // A stranger that says nothing: this test.
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap();
    let taken = error(&run(&home, address, "start"));
    assert_eq!(
        (&taken["code"], &taken["params"]["port"]),
        (&json!("start.port-taken"), &json!(address.port()))
    );
    assert!(home.running().is_empty());
}

#[tokio::test]
async fn a_second_ollama_is_started_when_the_change_to_it_is_applied() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    settings::add_openclaw(&home, "2026.9.6");
    settings::write(
        &home,
        "openclaw.json",
        &settings::whole(&format!("http://{}", free_address())).to_string(),
    );
    let own = home.environment().into_iter().map(|(name, value)| (name, value.into_string().unwrap()));
    let surroundings = Surroundings::new(Os::Linux, Environment::new(own), home.path(), SystemTime::now);
    let computer = Computer::new(surroundings, None);
    let address = free_address();
    let remedy = Remedy::MoveOllama { port: address.port() };
    let Carried::Prepared(prepared) = carry_out(&computer, &remedy).await.unwrap() else {
        panic!("it is shown before it is done");
    };
    assert!(home.running().is_empty(), "refused, nothing runs");
    change::apply(&computer, prepared.plan).await.unwrap().unwrap();
    assert!(ollama::answers(address));
    // One that cannot start changes nothing.
    home.kill_running();
    std::fs::remove_file(home.bin().join("ollama")).unwrap();
    home.add_script("ollama", "exit 1");
    let before = settings::read(&home, "openclaw.json");
    let remedy = Remedy::MoveOllama { port: free_address().port() };
    let Carried::Prepared(prepared) = carry_out(&computer, &remedy).await.unwrap() else { panic!() };
    let failed = change::apply(&computer, prepared.plan).await.unwrap_err();
    assert!(matches!(failed.code, ErrorCode::StartFailed { .. }), "{failed:?}");
    assert_eq!(settings::read(&home, "openclaw.json"), before);
}

#[test]
fn a_wildcard_of_the_users_own_stays_one() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let port = free_address().port();
    let wide = format!("0.0.0.0:{port}");
    let mut pincer = home.command(programs::pincer_cli());
    let started =
        pincer.args(["start", "--json"]).env("OLLAMA_HOST", format!("http://{wide}")).output().unwrap();
    assert!(started.status.success(), "{started:?}");
    let environment = std::fs::read(format!("/proc/{}/environ", home.running()[0])).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    assert!(environment.split('\0').any(|one| one == format!("OLLAMA_HOST={wide}")), "{environment}");
}

#[test]
fn a_service_that_serves_elsewhere_is_told_where() {
    let home = Home::new();
    let (serves, asked) = (free_address(), free_address());
    let unit = Unit::add(&home, serves);
    unit.tell(&format!("OLLAMA_HOST={serves}"));
    for command in ["start", "restart"] {
        let told = error(&run(&home, asked, command));
        let params = json!({ "url": format!("http://{asked}"), "serves": format!("http://{serves}") });
        assert_eq!((&told["code"], &told["params"]), (&json!("start.elsewhere"), &params), "{command}");
        assert!(ollama::answers(serves));
    }
    assert!(run(&home, serves, "restart").status.success());
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
