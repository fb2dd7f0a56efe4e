//! Causes in Ollama itself: real sockets and programs, and `systemctl` and `journalctl` first on PATH that say what
//! those of a broken machine say.

use std::fs;

use pincer_core::live::{Live, state::Slice};
use pincer_practice::{Answer, Options, Practice};
use serde_json::{Value, json};

use crate::{
    lab::{Lab, Stage, block_on, click, codes, remedies, scenarios},
    support::{
        home::Home,
        ollama::{Ollama, free_address, is_on_this_machine},
        process, programs, release,
        settings::{add_openclaw, whole, write},
    },
};

scenarios! {
    not_installed: "engine.not-installed";
    service_without_its_program: "engine.not-installed";
    program_that_may_not_be_run: "engine.not-executable";
    not_running: "engine.not-running";
    not_running_with_only_a_service: "engine.not-running";
    stopped_by_hand: "engine.not-running";
    gone_after_the_next_login: "engine.not-at-login";
    starting: "engine.starting";
    silent: "engine.silent";
    silent_with_its_own_log: "engine.silent";
    silent_beside_a_program_at_another_address: "engine.silent";
    busy: "engine.busy";
    busy_and_pincers_own: "engine.busy";
    too_many_requests: "engine.busy";
    too_many_requests_for_the_list: "engine.busy";
    too_old: "engine.too-old";
    too_old_with_a_newer_one_installed: "engine.too-old";
    update_pending: "engine.update-pending";
    runner_missing: "engine.runner-missing";
    processor_too_old: "engine.cpu-unsupported";
}

pub const NEWEST: &str = "2026.9.6";

/// A home with an OpenClaw and a whole set-up at `url`.
pub fn set_up(url: &str) -> Home {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(url).to_string());
    home
}

/// A home where nothing listens at the address of a whole set-up.
pub fn down() -> (Home, String) {
    let host = free_address().to_string();
    (set_up(&format!("http://{host}")), host)
}

/// A home with a whole set-up at an Ollama that answers.
pub fn running() -> (Home, Ollama) {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let ollama = Ollama::start(&home);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    (home, ollama)
}

/// A unit named ollama that says so, and its journal.
pub fn add_unit(home: &Home, properties: &str, journal: &str) {
    home.add_script(
        "systemctl",
        &format!("[ \"$1 $2\" = 'show ollama' ] || exit 1\ncat <<'EOF'\nLoadState=loaded\n{properties}\nEOF"),
    );
    home.add_script("journalctl", &format!("cat <<'EOF'\n{journal}\nEOF"));
}

/// What mends a unit: the service runs, at this address.
pub fn mend_unit(home: &Home, host: &str) -> Ollama {
    add_unit(home, "ActiveState=active\nSubState=running\nNRestarts=9\nUser=ollama", "");
    Ollama::start_at(home, host.parse().unwrap())
}

pub const CRASHING: &str = "ActiveState=activating\nSubState=auto-restart\nNRestarts=9\nUser=ollama";
pub const CONFIG: &str = "time=2026-11-20T10:00:00Z level=INFO source=routes.go:1259 msg=\"server config\" env=\"map[OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_MODELS:/mnt/x]\"";

fn not_installed(lab: &Lab) {
    if is_on_this_machine() {
        return lab.skip("this machine has an Ollama where installers put it");
    }
    let (home, host) = down();
    let archive = release::release(&home);
    let place = release::place(archive.clone(), release::sums(&archive));
    // A path without any Ollama of the machine's.
    let path = home.bin().into_os_string().into_string().unwrap();
    let told = [("PATH", path.as_str()), ("OLLAMA_HOST", &host), ("PINCER_OLLAMA_DOWNLOAD", &place)];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(remedies(&found), ["install-ollama", "get-ollama"]);
    lab.mends(stage);
}

/// A unit that was left behind: what it starts is gone.
fn service_without_its_program(lab: &Lab) {
    if is_on_this_machine() {
        return lab.skip("this machine has an Ollama where installers put it");
    }
    let (home, host) = down();
    let start =
        "ExecStart={ path=/nowhere/bin/ollama ; argv[]=/nowhere/bin/ollama serve ; ignore_errors=no }";
    add_unit(&home, &format!("ActiveState=inactive\nSubState=dead\nNRestarts=0\n{start}"), "");
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(remedies(&found), ["install-ollama", "get-ollama"]);
    let seen = "the unit ollama starts /nowhere/bin/ollama, which is not there";
    assert!(found["evidence"].as_array().unwrap().contains(&json!(seen)), "{found:#}");
    let _ollama = mend_unit(&home, &host);
    lab.mended(stage);
}

fn program_that_may_not_be_run(lab: &Lab) {
    if is_on_this_machine() {
        return lab.skip("this machine has an Ollama where installers put it");
    }
    let (home, host) = down();
    let place = home.bin().join("ollama");
    fs::write(&place, "#!/bin/sh\n").unwrap();
    let stage = Stage::at(&home, &[]);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["params"]["path"], remedies(&found)), (&json!(place), vec!["allow-run"]));
    let command: Vec<String> = serde_json::from_value(found["remedies"][0]["command"].clone()).unwrap();
    assert!(std::process::Command::new(&command[0]).args(&command[1..]).status().unwrap().success());
    lab.first_is("engine.not-running", &lab.doctor(stage));
    let _ollama = Ollama::start_at(&home, host.parse().unwrap());
    lab.mended(stage);
}

fn not_running(lab: &Lab) {
    let (home, mut ollama) = running();
    ollama.kill();
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str())];
    let found = lab.named(&lab.doctor(Stage::at(&home, &told)));
    assert_eq!(remedies(&found)[0], "start-ollama");
    lab.mends(Stage::at(&home, &told));
}

fn not_running_with_only_a_service(lab: &Lab) {
    let (home, host) = down();
    add_startable_unit(&home, "");
    let told = [("OLLAMA_HOST", host.as_str())];
    lab.named(&lab.doctor(Stage::at(&home, &told)));
    lab.mends(Stage::at(&home, &told));
}

/// A unit that systemd starts when it is told to, with the right that the user gives.
fn add_startable_unit(home: &Home, properties: &str) {
    fs::rename(home.add_program(&programs::practice(), "service"), home.path().join("service")).unwrap();
    let told = format!("cat <<'EOF'\nLoadState=loaded\n{properties}\nEOF");
    let start = "\"$HOME/service\" serve >/dev/null 2>&1 &";
    home.add_script("systemctl", &format!("case \"$*\" in *start*) {start} ;; esac\n{told}"));
    home.add_script("pkexec", "exec \"$@\"");
}

/// A service that was stopped by hand is only not running, however often it crashed before.
fn stopped_by_hand(lab: &Lab) {
    let (home, host) = down();
    add_startable_unit(&home, "ActiveState=inactive\nSubState=dead\nNRestarts=0");
    let told = [("OLLAMA_HOST", host.as_str())];
    lab.named(&lab.doctor(Stage::at(&home, &told)));
    lab.mends(Stage::at(&home, &told));
}

/// Pincer started it; systemd runs, and nothing else will start it the next time.
fn gone_after_the_next_login(lab: &Lab) {
    let (home, host) = down();
    home.add_program(&programs::practice(), "ollama");
    home.add_script("systemctl", "echo LoadState=not-found");
    let told = [("OLLAMA_HOST", host.as_str())];
    let stage = Stage::at(&home, &told);
    let (started, _) = stage.run(&["start"]);
    assert!(started.status.success(), "{started:?}");
    lab.named(&lab.doctor(stage));
    lab.mends(stage);
}

fn starting(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT_MS", "4000")]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let stage = Stage::at(&home, &[]);
    let answer = lab.doctor(stage);
    let found = lab.named(&answer);
    assert_eq!((&found["severity"], remedies(&found).len()), (&json!("warning"), 0));
    assert!(answer["path"].as_array().unwrap().iter().take(3).all(|station| station["state"] == "unknown"));
    // It wakes up by itself.
    process::wait_for("Ollama", || crate::support::ollama::answers(ollama.address()).then_some(()));
    lab.mended(stage);
}

fn silent(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT", "1")]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    // A minute later: the clock is moved on, nobody waits.
    let answer = a_minute_later(lab, &home);
    let found = lab.named(&answer);
    assert!(found["params"]["seconds"].as_u64().unwrap() >= 60);
    assert_eq!(remedies(&found), ["restart-ollama"]);
    start_again(lab, &home, ollama);
}

/// The same port of another address is none of its business: nobody is told to close what is there.
fn silent_beside_a_program_at_another_address(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT", "1")]);
    let beside = format!("127.0.0.2:{}", ollama.address().port());
    let _beside = home.play("nginx", &beside, &[("PRACTICE_FAULT", "html")]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let found = lab.named(&a_minute_later(lab, &home));
    assert!(found["params"]["seconds"].as_u64().unwrap() >= 60);
    assert_eq!(remedies(&found), ["restart-ollama"]);
    start_again(lab, &home, ollama);
}

fn start_again(lab: &Lab, home: &Home, mut ollama: Ollama) {
    ollama.kill();
    let _again = Ollama::start_at(home, ollama.address());
    lab.mended(Stage::at(home, &[]));
}

/// A service: its journal's last lines are the evidence.
fn silent_with_its_own_log(lab: &Lab) {
    let home = Home::new();
    let ollama = Ollama::start_with(&home, &[("PRACTICE_SILENT", "1")]);
    add_openclaw(&home, NEWEST);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    add_unit(
        &home,
        &format!("ActiveState=active\nSubState=running\nNRestarts=0\nMainPID={}", ollama.id()),
        "level=WARN msg=\"discovering GPUs\"",
    );
    let found = lab.named(&a_minute_later(lab, &home));
    assert!(found["evidence"].to_string().contains("discovering GPUs"), "{found:#}");
    assert_eq!(found["remedies"][0]["command"], json!(["systemctl", "restart", "ollama"]));
    start_again(lab, &home, ollama);
}

fn a_minute_later(lab: &Lab, home: &Home) -> Value {
    let mut later = home.command("/usr/bin/faketime");
    later.args(["-f", "+60s"]).arg(programs::pincer_cli()).args(["doctor", "--json"]);
    let begun = std::time::Instant::now();
    let output = later.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").output().unwrap();
    lab.took(begun.elapsed().as_secs_f64());
    process::json("doctor", &output)
}

fn busy(lab: &Lab) {
    busy_by(lab, "/api/ps", Answer::Silent);
}

/// One that Pincer started it restarts with one click. What was measured there says how long an answer takes.
fn busy_and_pincers_own(lab: &Lab) {
    let (home, host) = down();
    home.add_program(&programs::practice(), "ollama");
    write(&home, "openclaw.json", &whole(&format!("http://{host}")).to_string());
    let told = [("OLLAMA_HOST", host.as_str())];
    let busy = [told[0], ("PRACTICE_BUSY", "1")];
    let (started, _) = Stage::at(&home, &busy).run(&["start"]);
    assert!(started.status.success(), "{started:?}");
    let stage = Stage::at(&home, &told);
    assert_eq!(lab.named(&lab.doctor(stage))["params"]["seconds"], Value::Null);
    // As a check of an hour ago left it: a minute to load, twenty tokens read in a second.
    let checked = json!({ "digest": { "at": 1, "host": format!("http://{host}"), "outcome": { "code": "called-tool",
        "params": {} }, "firstTokenSeconds": 60.0, "seconds": 61.0, "tokensPerSecond": 2.5,
        "tokensReadPerSecond": 20.0, "loadSeconds": 60.0, "contextRunning": 32768, "onGraphicsCard": 0.0 } });
    let folder = home.path().join(".local/share/dev.pincer.desktop");
    fs::write(folder.join("checks.json"), checked.to_string()).unwrap();
    let found = lab.named(&lab.doctor(stage));
    assert_eq!(
        (&found["params"]["seconds"], remedies(&found)),
        (&json!(880), vec!["restart-ollama", "set-timeout"])
    );
    assert_eq!(found["remedies"][1]["params"], json!({ "name": "qwen3:8b", "seconds": 1800 }));
    let words = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
    assert!(words.contains("begins after about 880 seconds here"), "{words}");
    // The other way beside it is a change of the settings, whether Ollama says anything or not.
    click(stage, &found["remedies"][1]);
    assert_eq!(remedies(&lab.named(&lab.doctor(stage))), ["restart-ollama"]);
    lab.mends(stage);
}

fn too_many_requests(lab: &Lab) {
    busy_by(lab, "/api/ps", full());
}

fn too_many_requests_for_the_list(lab: &Lab) {
    busy_by(lab, "/api/tags", full());
}

pub fn full() -> Answer {
    let full = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    Answer::Reply { status: 503, content_type: "application/json".into(), body: full.into() }
}

fn busy_by(lab: &Lab, path: &str, answer: Answer) {
    block_on(async {
        let practice = Practice::start(Options::demo()).await.unwrap();
        let home = set_up(&practice.url());
        let stage = Stage::at(&home, &[]);
        assert_eq!(codes(&lab.doctor(stage)), ["openclaw.gateway-stopped"]);
        practice.set_answer(path, Some(answer));
        let answer = lab.doctor(stage);
        let found = lab.named(&answer);
        assert_eq!((&found["severity"], remedies(&found)), (&json!("warning"), vec!["restart-ollama"]));
        assert_eq!(codes(&answer), ["engine.busy", "openclaw.gateway-stopped"]);
        practice.set_answer(path, None);
        lab.mended(stage);
    });
}

fn old(client: &str) -> (Home, Ollama, [(&'static str, String); 2]) {
    let home = Home::new();
    add_openclaw(&home, NEWEST);
    let ollama = Ollama::start_with(&home, &[("PRACTICE_VERSION", "0.6.3")]);
    write(&home, "openclaw.json", &whole(&ollama.url()).to_string());
    let told = [("OLLAMA_HOST", ollama.host()), ("PRACTICE_CLIENT_VERSION", client.to_owned())];
    (home, ollama, told)
}

fn too_old(lab: &Lab) {
    let (home, mut ollama, told) = old("0.6.3");
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor(stage));
    assert_eq!((&found["params"], remedies(&found)), (&json!({ "version": "0.6.3" }), vec!["get-ollama"]));
    ollama.kill();
    let _newer = Ollama::start_at(&home, ollama.address());
    lab.mended(stage);
}

fn too_old_with_a_newer_one_installed(lab: &Lab) {
    let (home, mut ollama, told) = old("0.32.15");
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stage = Stage::at(&home, &told);
    assert_eq!(remedies(&lab.named(&lab.doctor(stage))), ["restart-ollama", "get-ollama"]);
    ollama.kill();
    let _newer = Ollama::start_at(&home, ollama.address());
    lab.mended(stage);
}

fn update_pending(lab: &Lab) {
    let (home, mut ollama) = running();
    let host = ollama.host();
    let told = [("OLLAMA_HOST", host.as_str()), ("PRACTICE_CLIENT_VERSION", "0.40.0")];
    let stage = Stage::at(&home, &told);
    let found = lab.named(&lab.doctor_with(stage, &["--deep"]));
    assert_eq!(found["params"], json!({ "running": "0.32.15", "installed": "0.40.0" }));
    assert_eq!(found["severity"], "note");
    // It costs a program's start: without --deep nobody asks.
    assert_eq!(codes(&lab.doctor(stage)), ["openclaw.gateway-stopped"]);
    ollama.kill();
    let newer = [("PRACTICE_VERSION", "0.40.0"), ("OLLAMA_HOST", host.as_str())];
    let (_newer, _) = home.play("ollama", &host, &newer);
    assert_eq!(codes(&lab.doctor_with(stage, &["--deep"])), ["openclaw.gateway-stopped"]);
    lab.mended(stage);
}

fn runner_missing(lab: &Lab) {
    tried(lab, "no-runner:1b");
}

fn processor_too_old(lab: &Lab) {
    tried(lab, "old-processor:1b");
}

/// What a live check shows of this moment only, the window's watcher knows, and only in its session: it is the library's
/// own, over real sockets. A check of another model that goes well says that it is over, where Ollama itself was at
/// fault; else another one is chosen.
pub fn tried(lab: &Lab, model: &str) {
    block_on(async {
        let practice = Practice::start(Options::checks()).await.unwrap();
        let home = set_up(&practice.url());
        let stage = Stage::at(&home, &[]);
        let choose = |model: &str| {
            let mut used = home.command(programs::pincer_cli());
            let used = used.args(["use", model, "--yes", "--json"]).output().unwrap();
            assert!(used.status.success(), "{used:?}");
        };
        choose(model);
        let live = Live::start(stage.computer());
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let listening = live.subscribe(move |update| told.send(update.slice).is_ok());
        let mut until = async |wanted: &dyn Fn(&Value) -> bool| {
            tokio::time::timeout(process::LIMIT, async {
                loop {
                    let Some(Slice::Path(diagnosis)) = heard.recv().await else { continue };
                    let answer = serde_json::to_value(diagnosis).unwrap();
                    if wanted(&answer) {
                        return answer;
                    }
                }
            })
            .await
            .unwrap_or_else(|_| panic!("{}: the watcher does not say it", lab.code()))
        };
        // A first look, so that only the look after the check is timed.
        until(&|_| true).await;
        let begun = std::time::Instant::now();
        live.checks().start(model).unwrap();
        let answer = until(&|answer| codes(answer).contains(&lab.code())).await;
        lab.told(lab.code(), begun.elapsed().as_secs_f64());
        lab.named(&answer);
        if lab.code().starts_with("engine.") {
            live.checks().start("calls:1b").unwrap();
        } else {
            choose("calls:1b");
            live.look_again();
        }
        until(&|answer| !codes(answer).contains(&lab.code())).await;
        lab.gone_by_hand();
        listening.abort();
    });
}
