//! OpenClaw's gateway starts with the computer by OpenClaw's own command: set and taken back whole, whoever ends what,
//! and whenever.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{
    Machine, find,
    support::{ollama::free_address, process, programs, settings},
};

#[test]
fn a_unit_of_the_users_own_is_neither_written_over_nor_taken_away() {
    let machine = Machine::new();
    settings::add_openclaw(&machine.home, "2026.9.6");
    machine.write(&json!({ "gateway": { "mode": "local" } }));
    let unit = machine.home.path().join(".config/systemd/user/openclaw-gateway.service");
    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "[Service]\nExecStart=/opt/mine\n").unwrap();
    let mut command = machine.home.command(programs::pincer_cli());
    let output = command.args(["start", "--openclaw", "--at-login", "--yes", "--json"]).output().unwrap();
    let answer = process::json("start", &output);
    assert_eq!(answer["error"]["code"], "start.login-taken", "{answer:#}");
    assert_eq!(fs::read_to_string(&unit).unwrap(), "[Service]\nExecStart=/opt/mine\n");
}

/// OpenClaw's own service commands: each comes half-way, and to its end when it may. `meddle` in the home: taking it away
/// changes the settings, and the next command may not go on.
const HALF: &str = r#"units=$HOME/.config/systemd/user unit=$units/openclaw-gateway.service link=$units/default.target.wants/openclaw-gateway.service
half() { echo $$ >"$HOME/begun.draft"; mv "$HOME/begun.draft" "$HOME/begun"; while [ ! -e "$HOME/go" ]; do sleep 0.05; done; }
case "$*" in
  "gateway install --json") mkdir -p "$units"; echo half >"$unit"; half; mkdir -p "${link%/*}"; ln -s "$unit" "$link" ;;
  "gateway uninstall --json") if [ -e "$link" ]; then half; rm "$link"; rmdir "${link%/*}"; fi; rm "$unit"
    if [ -e "$HOME/meddle" ]; then echo >>"$HOME/.openclaw/openclaw.json"; rm "$HOME/go"; fi ;;
  *) exit 1 ;;
esac"#;
const AT_LOGIN: [&str; 5] = ["start", "--openclaw", "--at-login", "--yes", "--json"];

/// A computer whose OpenClaw's commands take their time.
struct Slow {
    machine: Machine,
    settings: PathBuf,
    before: Vec<u8>,
    unit: PathBuf,
}

impl Slow {
    fn new() -> Self {
        let machine = Machine::new();
        machine.home.add_script("systemctl", "echo Version=255");
        settings::add_openclaw_that(&machine.home, "2026.9.6", HALF);
        let settings = machine.write(&json!({ "gateway": { "port": free_address().port() } }));
        let before = fs::read(&settings).unwrap();
        let unit = machine.home.path().join(".config/systemd/user/openclaw-gateway.service");
        Self { machine, settings, before, unit }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.machine.home.command(programs::pincer_cli());
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The command's process, as soon as it is half-way.
    fn half_way(&self) -> String {
        let begun = self.machine.home.path().join("begun");
        let number = process::wait_for("OpenClaw's own command", || fs::read_to_string(&begun).ok());
        fs::remove_file(begun).unwrap();
        number.trim().to_owned()
    }

    fn may_go_on(&self, may: bool) {
        let go = self.machine.home.path().join("go");
        if may { fs::write(go, "").unwrap() } else { fs::remove_file(go).unwrap() }
    }

    /// The next start, at which the command goes on only once that has begun to settle what the last one left.
    fn settle_meanwhile(&self) {
        let child =
            self.start(&["use", "qwen3:8b", "--dry-run", "--json", "--host", &self.machine.ollama.url()]);
        let lock = find(self.machine.home.path(), "pincer.lock").expect("a lock");
        process::wait_for("the settling", || {
            let file = fs::OpenOptions::new().write(true).open(&lock).unwrap();
            file.try_lock().err()
        });
        self.may_go_on(true);
        process::json("use", &child.wait_with_output().unwrap());
        self.may_go_on(false);
    }

    /// It was never set.
    fn assert_as_before(&self, what: &str) {
        assert!(!self.unit.exists() && !self.unit.parent().unwrap().exists(), "{what}");
        assert_eq!(fs::read(&self.settings).unwrap(), self.before, "{what}");
    }

    fn assert_set(&self, what: &str) {
        let link = self.unit.with_file_name("default.target.wants").join("openclaw-gateway.service");
        assert!(link.exists(), "{what}");
        assert_ne!(fs::read(&self.settings).unwrap(), self.before, "{what}");
    }

    fn history(&self) -> Vec<Value> {
        self.machine.json(&["history", "--json"])["receipts"].as_array().unwrap().clone()
    }
}

/// What is told where nothing was done because it was ended, and OpenClaw's own command with it.
fn assert_cancelled(signal: &str, child: Child, command: &str) {
    let output = child.wait_with_output().unwrap();
    let answer = process::json(signal, &output);
    assert_eq!((&answer["error"]["code"], output.status.code()), (&json!("cli.cancelled"), Some(2)));
    assert!(!Path::new("/proc").join(command).exists(), "{signal}: OpenClaw's own command ended");
}

#[test]
fn a_start_at_login_that_is_ended_half_way_is_taken_back() {
    for signal in ["INT", "TERM", "KILL"] {
        let slow = Slow::new();
        let child = slow.start(&AT_LOGIN);
        let command = slow.half_way();
        assert!(slow.unit.exists() && fs::read(&slow.settings).unwrap() != slow.before, "{signal}");
        process::signal(signal, &child.id().to_string());
        if signal == "KILL" {
            child.wait_with_output().unwrap();
            process::signal("KILL", &command);
            // The next start of any face settles it.
            slow.machine.json(&["use", "qwen3:8b", "--dry-run", "--json"]);
        } else {
            assert_cancelled(signal, child, &command);
        }
        slow.assert_as_before(signal);
        assert!(slow.history().is_empty(), "{signal}");
    }
}

#[test]
fn a_start_at_login_whose_command_outlives_pincer_is_settled_by_what_it_comes_to() {
    let slow = Slow::new();
    let mut child = slow.start(&AT_LOGIN);
    slow.half_way();
    process::signal("KILL", &child.id().to_string());
    child.wait().unwrap();
    slow.settle_meanwhile();
    slow.assert_set("it came to its end");
    assert_eq!(slow.history()[0]["kind"]["kind"], "gateway-at-login");

    // The same on the way back.
    let mut child = slow.start(&["undo", "--json"]);
    slow.half_way();
    process::signal("KILL", &child.id().to_string());
    child.wait().unwrap();
    slow.settle_meanwhile();
    slow.assert_as_before("it came to its end");
    let history = slow.history();
    assert_eq!((&history[0]["kind"]["kind"], &history[1]["undoneBy"]), (&json!("undo"), &history[0]["id"]));
}

#[test]
fn an_undo_of_a_start_at_login_that_is_ended_half_way_leaves_it_whole() {
    for signal in ["INT", "TERM"] {
        let slow = Slow::new();
        slow.may_go_on(true);
        slow.start(&AT_LOGIN).wait_with_output().unwrap();
        slow.half_way();
        slow.assert_set(signal);
        slow.may_go_on(false);
        let child = slow.start(&["undo", "--json"]);
        let command = slow.half_way();
        process::signal(signal, &child.id().to_string());
        assert_cancelled(signal, child, &command);
        slow.assert_set(signal);
        assert_eq!(slow.history().len(), 1, "{signal}");
        slow.may_go_on(true);
        assert_eq!(slow.machine.json(&["undo", "--json"])["undone"], true, "{signal}");
        slow.assert_as_before(signal);
    }
}

#[test]
fn an_undo_that_cannot_write_sets_it_again_although_it_is_to_stop() {
    for signal in ["INT", "TERM"] {
        let slow = Slow::new();
        slow.may_go_on(true);
        slow.start(&AT_LOGIN).wait_with_output().unwrap();
        slow.half_way();
        slow.may_go_on(false);
        let set = fs::read(&slow.settings).unwrap();
        fs::write(slow.machine.home.path().join("meddle"), "").unwrap();
        let child = slow.start(&["undo", "--json"]);
        slow.half_way();
        slow.may_go_on(true);
        // It is gone, and the settings are not what they were: now it is being set again.
        let again = slow.half_way();
        assert!(!slow.machine.home.path().join("go").exists() && Path::new("/proc").join(again).exists());
        process::signal(signal, &child.id().to_string());
        slow.may_go_on(true);
        let output = child.wait_with_output().unwrap();
        let error = process::json(signal, &output)["error"].clone();
        assert_eq!(
            (&error["code"], output.status.code()),
            (&json!("settings.changed-meanwhile"), Some(2)),
            "{error:#}"
        );
        assert_eq!(error["detail"], "", "it is set again");
        slow.assert_set(signal);
        assert_eq!(fs::read(&slow.settings).unwrap(), [&set[..], b"\n"].concat(), "{signal}");
        assert_eq!(slow.history().len(), 1, "{signal}");
    }
}
