//! What Pincer started itself: ended and started anew without a gap, as it was told the first time, each at its address.

use std::process::{Command, Stdio};

use serde_json::json;

use super::{
    error, run,
    support::{
        home::Home,
        ollama::{self, free_address},
        process, programs,
    },
};

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

fn until(what: &str, is: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is() {
        assert!(begun.elapsed().as_secs() < 30, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_restart_that_is_cancelled_does_not_leave_ollama_ended() {
    // Ctrl-C, a terminal that is closed, a session that ends.
    for signal in ["-INT", "-HUP", "-TERM"] {
        cancelled_by(signal);
    }
}

fn cancelled_by(signal: &str) {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    assert!(run(&home, address, "start").status.success());
    let before = home.running()[0];
    let send = |signal: &str, id: u32| {
        assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
    };
    // As Ollama takes its runners down first: it ends when it may.
    send("-STOP", before);
    let mut pincer = home.command(programs::pincer_cli());
    let pincer = pincer.args(["restart", "--json"]).env("OLLAMA_HOST", address.to_string());
    let pincer = pincer.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_asked = || {
        let status = std::fs::read_to_string(format!("/proc/{before}/status")).unwrap();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap().trim().to_owned();
        u64::from_str_radix(&pending, 16).unwrap() & (1 << 14) != 0
    };
    until("the old one is asked to end", is_asked);
    send(signal, pincer.id());
    send("-CONT", before);
    let output = pincer.wait_with_output().unwrap();
    assert_eq!(error(&output)["code"], "cli.cancelled");
    until("the next one answers", || ollama::answers(address));
    assert_ne!(home.running(), [before]);
    // It is remembered as Pincer's.
    assert!(run(&home, address, "restart").status.success());
}

#[test]
fn a_restart_that_could_not_start_the_next_one_ends_nothing() {
    if ollama::is_on_this_machine() {
        return;
    }
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    assert!(run(&home, address, "start").status.success());
    let before = home.running();
    let mut pincer = home.command(programs::pincer_cli());
    pincer.args(["restart", "--json"]).env("OLLAMA_HOST", address.to_string()).env("PATH", "/usr/bin:/bin");
    assert_eq!(error(&pincer.output().unwrap())["code"], "start.not-installed");
    assert!(ollama::answers(address));
    assert_eq!(home.running(), before);
}

/// A log that cannot be written, and programs that do not run: each is found while the old one still runs.
#[test]
fn what_would_keep_the_next_one_from_starting_is_found_before_the_old_one_is_ended() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    assert!(run(&home, address, "start").status.success());
    let before = home.running();
    let log = home.path().join(".local/share/dev.pincer.desktop/logs/ollama.log");
    std::fs::rename(&log, log.with_extension("kept")).unwrap();
    std::fs::create_dir(&log).unwrap();
    assert_eq!(error(&run(&home, address, "restart"))["code"], "file.failed");
    assert_eq!(home.running(), before);
    std::fs::remove_dir(&log).unwrap();
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let restart = || {
        let mut pincer = home.command(programs::pincer_cli());
        pincer.args(["restart", "--json"]).env("OLLAMA_HOST", address.to_string());
        pincer.env("PATH", format!("{}:/usr/bin:/bin", other.display())).output().unwrap()
    };
    home.add_script("failing", "echo 'GLIBC_2.99 not found' >&2; exit 1");
    std::fs::rename(home.bin().join("failing"), other.join("ollama")).unwrap();
    let failed = error(&restart());
    assert_eq!(failed["code"], "start.failed");
    assert!(failed["detail"].as_str().unwrap().contains("GLIBC_2.99 not found"), "{failed}");
    std::fs::write(other.join("draft"), b"\x7fELF and nothing more").unwrap();
    assert!(Command::new("chmod").arg("+x").arg(other.join("draft")).status().unwrap().success());
    std::fs::rename(other.join("draft"), other.join("ollama")).unwrap();
    assert_eq!(error(&restart())["code"], "start.failed");
    assert_eq!(home.running(), before);
    assert!(ollama::answers(address));
    assert!(run(&home, address, "restart").status.success());
}

#[test]
fn a_restart_after_which_none_runs_says_so() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let address = free_address();
    assert!(run(&home, address, "start").status.success());
    let mut pincer = home.command(programs::pincer_cli());
    pincer
        .args(["restart", "--json"])
        .env("OLLAMA_HOST", address.to_string())
        .env("PRACTICE_EXIT", "no card");
    let failed = error(&pincer.output().unwrap());
    assert_eq!(failed["code"], "start.left-stopped");
    assert!(failed["detail"].as_str().unwrap().contains("no card"), "{failed}");
    assert!(home.running().is_empty());
    // Nothing is there to be ended: it is started.
    assert!(run(&home, address, "restart").status.success());
    assert!(ollama::answers(address));
}

#[test]
fn what_it_was_told_when_it_was_started_holds_after_a_restart() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let port = free_address().port();
    let told = |own: &[(&str, &str)], command: &str| {
        let mut pincer = home.command(programs::pincer_cli());
        let pincer = pincer.args([command, "--json", "--host", &format!("http://127.0.0.1:{port}")]);
        let output = pincer.envs(own.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let environment = std::fs::read(format!("/proc/{}/environ", home.running()[0])).unwrap();
        let environment = String::from_utf8(environment).unwrap();
        move |one: &str| environment.split('\0').any(|other| other == one)
    };
    let wide = format!("0.0.0.0:{port}");
    let first = [
        ("OLLAMA_HOST", wide.as_str()),
        ("OLLAMA_MODELS", "/data/models"),
        ("OLLAMA_CONTEXT_LENGTH", "32768"),
        ("OLLAMA_API_KEY", "s3cret-of-mine"),
    ];
    assert!(told(&first, "start")("OLLAMA_API_KEY=s3cret-of-mine"));
    let file = home.path().join(".local/share/dev.pincer.desktop/ollama.json");
    assert!(!std::fs::read_to_string(&file).unwrap().contains("s3cret"));
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&file.metadata().unwrap()) & 0o777, 0o600);
    // From a shell that sets one of them and none of the others, twice.
    for own in [&[("OLLAMA_CONTEXT_LENGTH", "4096")][..], &[]] {
        let told = told(own, "restart");
        for one in [format!("OLLAMA_HOST={wide}"), "OLLAMA_MODELS=/data/models".into()] {
            assert!(told(&one), "{one}");
        }
        assert!(told("OLLAMA_CONTEXT_LENGTH=4096"));
    }
}

#[test]
fn each_of_two_that_pincer_started_is_its_own() {
    let home = Home::new();
    home.add_program(&programs::practice(), "ollama");
    let (one, other) = (free_address(), free_address());
    for address in [one, other] {
        assert!(run(&home, address, "start").status.success());
    }
    for address in [one, other, one] {
        let output = run(&home, address, "restart");
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(home.running().len(), 2);
}
