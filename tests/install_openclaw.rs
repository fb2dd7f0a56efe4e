//! `pincer install-openclaw` as a script runs it: a home with what there is of Node and npm, every way in which it can
//! go wrong, and once the real npm with the real OpenClaw. What is half installed is never called installed.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use support::{
    home::Home,
    npm::{self, LINK, PACKAGE, REQUIRED},
    ollama::free_address,
    openclaw::OpenClaw,
    process, programs,
};

const SAYS: &str =
    "echo 'npm http fetch GET 200 https://registry.example/openclaw/-/openclaw-2026.9.6.tgz 9ms' >&2";

/// A home with nothing but the programs of a test: `PATH` is its own folder alone.
struct Machine {
    home: Home,
    ollama: String,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { home: Home::new(), ollama: free_address().to_string() };
        machine.openclaw("echo 'OpenClaw 2026.9.6 (eb377ac)'");
        machine
    }

    /// A Node of this version, and an npm whose global folder may not be written and that installs with these lines.
    fn with(node: &str, install: &[&str]) -> Self {
        let machine = Self::new();
        npm::add_with_node(&machine.home, node, install);
        machine
    }

    fn npm(&self, view: &str, install: &[&str]) {
        npm::add(&self.home, view, install);
    }

    /// What the program does, once it is installed.
    fn openclaw(&self, lines: &str) {
        npm::brings(&self.home, lines);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(programs::pincer_cli());
        command.env("PATH", self.home.bin()).env("OLLAMA_HOST", &self.ollama).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The last line of `install-openclaw --yes --json`.
    fn install(&self) -> Value {
        let output = self.run(&["install-openclaw", "--yes", "--json"]);
        let last = lines(&output.stdout).pop().unwrap();
        assert_eq!(output.status.code(), Some(if last["state"] == "done" { 0 } else { 2 }), "{output:?}");
        last
    }

    fn is_installed(&self) -> bool {
        let doctor = process::json("doctor", &self.run(&["doctor", "--json"]));
        doctor["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["code"] != "openclaw.not-installed")
    }

    fn local(&self, path: &str) -> PathBuf {
        self.home.path().join(".local").join(path)
    }

    /// Nothing of it is there, and nobody says that it is.
    fn nothing(&self, what: &str) {
        assert!(!self.local("lib").exists() && !self.local("bin").exists(), "{what}: something is left");
        assert!(!self.is_installed(), "{what}: called installed");
    }
}

fn lines(output: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_running(id: &str) -> bool {
    // One that ended and was not waited for is not running.
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

#[test]
fn it_is_installed_into_a_folder_of_the_users_own_and_runs() {
    let machine = Machine::with("v24.16.0", &[SAYS, SAYS, PACKAGE, LINK]);
    assert!(!machine.is_installed());
    let asked = process::json("install-openclaw", &machine.run(&["install-openclaw", "--json"]));
    assert_eq!(asked["error"]["code"], "cli.needs-yes", "nothing is installed unasked");
    machine.nothing("not asked");

    let output = machine.run(&["install-openclaw", "--yes"]);
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // What it can do is said before anything else, then the command, and at the end what a terminal lacks.
    let first = told.lines().next().unwrap();
    assert!(
        first.contains("it can read and change your files and run programs when you ask it to"),
        "{told}"
    );
    let prefix = machine.local("");
    let prefix = prefix.to_str().unwrap().trim_end_matches('/');
    let command = format!("npm install -g openclaw@latest --prefix {prefix} ");
    assert!(told.contains(&command), "{told}");
    assert!(
        told.contains("A terminal will not find it by its name") && !told.contains("background service"),
        "{told}"
    );
    let ran = fs::read_to_string(machine.home.path().join("asked")).unwrap();
    assert!(told.contains(&format!("npm {}", ran.trim())), "what is shown is what is run: {ran}");
    assert!(machine.is_installed());
    assert!(!machine.home.path().join(".openclaw").exists(), "no settings are written");
    let left: Vec<_> = fs::read_dir(machine.local("lib/node_modules"))
        .unwrap()
        .map(|one| one.unwrap().file_name())
        .collect();
    assert_eq!(left, ["openclaw"]);

    // Once it runs there is nothing to do.
    fs::remove_file(machine.home.path().join("asked")).unwrap();
    assert_eq!(machine.install(), json!({ "state": "done" }));
    assert!(!machine.home.path().join("asked").exists());
}

#[test]
fn packages_are_counted_while_npm_works() {
    // It waits until it was heard.
    let hold = "/usr/bin/mkfifo \"$HOME/go\"; read -r line <\"$HOME/go\"";
    let machine = Machine::with("v26.1.0", &[SAYS, SAYS, PACKAGE, LINK, hold]);
    let mut running =
        machine.command(&["install-openclaw", "--yes", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&told.next().unwrap().unwrap()).unwrap();
    while next()["packages"] != 1 {}
    // Not even with its program in its place.
    process::wait_for("the program", || machine.local("bin/openclaw").exists().then_some(()));
    assert!(!machine.is_installed(), "it is not done yet");
    process::wait_for("npm to wait", || {
        fs::OpenOptions::new().write(true).open(machine.home.path().join("go")).ok()
    })
    .write_all(b"go\n")
    .unwrap();
    assert!(running.wait().unwrap().success());
    assert!(machine.is_installed());
}

#[test]
fn what_is_missing_is_said_before_anything_is_done() {
    let machine = Machine::new();
    let bare = |code: &str| json!({ "state": "failed", "code": code, "params": {}, "detail": "" });
    assert_eq!(machine.install(), bare("install.no-node"));
    let output = machine.run(&["install-openclaw", "--yes"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("Install Node from nodejs.org"));
    machine.nothing("no Node");

    machine.home.add_script("node", "echo v24.16.0");
    assert_eq!(machine.install(), bare("install.no-npm"));
    machine.nothing("no npm");

    let machine = Machine::with("v20.20.2", &[PACKAGE, LINK]);
    let old = json!({ "version": "20.20.2", "required": REQUIRED });
    let failed = machine.install();
    assert_eq!((&failed["code"], &failed["params"]), (&json!("install.node-too-old"), &old));
    machine.nothing("old Node");

    // One of nvm's fits, which only a login shell sees.
    let nvm = machine.home.path().join(".nvm/versions/node/v24.16.0/bin");
    fs::create_dir_all(&nvm).unwrap();
    machine.home.add_script("newer", "echo v24.16.0");
    fs::rename(machine.home.bin().join("newer"), nvm.join("node")).unwrap();
    assert_eq!(machine.install(), json!({ "state": "done" }));

    let machine = Machine::with("v24.16.0", &[PACKAGE, LINK]);
    machine.npm("echo '{\"version\":\"1.0.0\",\"dependencies\":{\"a\":\"github:a/b\"}}'", &[PACKAGE, LINK]);
    assert_eq!(machine.install(), bare("install.no-git"));
    machine.nothing("no git");
    machine.home.add_script("git", "exit 0");
    assert_eq!(machine.install(), json!({ "state": "done" }));
}

#[test]
fn npms_failures_are_said_and_leave_nothing() {
    let error = "echo 'npm error code E' >&2";
    let said = |code: &str| error.replace("code E", &format!("code {code}"));
    let fetch = format!(
        "{}\necho 'npm error network request to https://registry.example/openclaw failed, reason: x' >&2\nexit 1",
        said("ECONNRESET")
    );
    let denied = format!("{}\necho 'npm error path /usr/lib/node_modules/x' >&2\nexit 243", said("EACCES"));
    let other = format!("{}\necho 'npm error something else' >&2\nexit 1", said("EWHAT"));
    for (what, last, code, params) in [
        (
            "the registry goes away",
            fetch.as_str(),
            "install.registry-away",
            json!({ "registry": "registry.example", "npmCode": "ECONNRESET" }),
        ),
        ("not permitted", &denied, "install.permission", json!({ "folder": "/usr/lib/node_modules/x" })),
        ("something else", &other, "install.npm-failed", json!({ "npmCode": "EWHAT" })),
        ("killed", "kill -9 $$", "install.npm-failed", json!({ "npmCode": "" })),
    ] {
        let machine = Machine::with("v24.16.0", &[PACKAGE, LINK, last]);
        let failed = machine.install();
        assert_eq!((&failed["code"], &failed["params"]), (&json!(code), &params), "{what}: {failed}");
        machine.nothing(what);
    }
    let machine = Machine::with("v24.16.0", &[]);
    machine.npm("echo '{\"error\":{\"code\":\"ENOTFOUND\",\"summary\":\"request to https://registry.example/openclaw failed\"}}'; exit 1", &[PACKAGE]);
    let failed = machine.install();
    let away = json!({ "registry": "registry.example", "npmCode": "ENOTFOUND" });
    assert_eq!((&failed["code"], &failed["params"]), (&json!("install.registry-away"), &away));
    machine.nothing("registry away");
}

#[test]
fn on_a_full_disk_npm_is_not_waited_for() {
    // npm warns for minutes, and may even call it done.
    let full = "echo $$ >\"$HOME/npm.id\"; echo 'npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write' >&2";
    let machine = Machine::with("v24.16.0", &[PACKAGE, full, "exec /bin/sleep 600"]);
    let failed = machine.install();
    assert_eq!(failed["code"], "install.disk-full", "{failed}");
    assert_eq!(failed["params"]["folder"], machine.home.path().join(".local").to_str().unwrap());
    machine.nothing("full");
    let id = fs::read_to_string(machine.home.path().join("npm.id")).unwrap();
    assert!(!is_running(&id), "npm still runs");
}

#[test]
fn what_does_not_run_is_not_installed() {
    let machine = Machine::with("v24.16.0", &[PACKAGE, LINK]);
    machine.openclaw("echo 'package lifecycle is incomplete' >&2; exit 1");
    let failed = machine.install();
    assert_eq!(failed["code"], "install.does-not-run");
    assert_eq!(failed["detail"], "package lifecycle is incomplete");
    machine.nothing("does not run");
}

/// npm with a child, at the point where all is in its place and its scripts run.
const HALF: &str =
    "(trap '' TERM INT; exec /bin/sleep 600) & echo $$ >\"$HOME/npm.id\"; echo $! >\"$HOME/child.id\"; wait";

fn half(machine: &Machine) -> (std::process::Child, String) {
    let mut command = machine.command(&["install-openclaw", "--yes", "--json"]);
    let running = command.stdout(Stdio::piped()).spawn().unwrap();
    let id = process::wait_for("npm's child", || {
        fs::read_to_string(machine.home.path().join("child.id")).ok().filter(|id| id.ends_with('\n'))
    });
    assert!(is_running(&id) && machine.local("bin/openclaw").exists());
    (running, id)
}

#[test]
fn cancelled_half_way_nothing_is_left_and_nothing_runs_on() {
    let machine = Machine::with("v24.16.0", &[SAYS, PACKAGE, LINK, HALF]);
    let (running, id) = half(&machine);
    process::signal("INT", &running.id().to_string());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output.stdout).pop().unwrap(), json!({ "state": "cancelled" }));
    process::wait_for("the end of npm's child", || (!is_running(&id)).then_some(()));
    machine.nothing("cancelled");
}

/// One that was killed while npm worked; what is there does not run.
fn crashed() -> Machine {
    let machine = Machine::with("v24.16.0", &[SAYS, PACKAGE, LINK, HALF]);
    machine.openclaw("echo 'package lifecycle is incomplete' >&2; exit 1");
    let (mut running, id) = half(&machine);
    process::kill(running.id());
    running.wait().unwrap();
    // A crash takes nobody along; the machine's end would.
    let npm = fs::read_to_string(machine.home.path().join("npm.id")).unwrap();
    process::signal("KILL", &format!("-{}", npm.trim()));
    process::wait_for("the end of npm's child", || (!is_running(&id)).then_some(()));
    machine
}

/// OpenClaw put there by hand, with a program that does this.
fn by_hand(machine: &Machine, does: &str) {
    let package = machine.local("lib/node_modules/openclaw");
    drop(fs::remove_dir_all(&package));
    fs::create_dir_all(&package).unwrap();
    fs::create_dir_all(machine.local("bin")).unwrap();
    fs::write(package.join("package.json"), r#"{"name":"openclaw","version":"2026.9.6"}"#).unwrap();
    machine.home.add_script("mine", does);
    fs::rename(machine.home.bin().join("mine"), package.join("openclaw.mjs")).unwrap();
    drop(fs::remove_file(machine.local("bin/openclaw")));
    symlink("../lib/node_modules/openclaw/openclaw.mjs", machine.local("bin/openclaw")).unwrap();
}

fn is_theirs(machine: &Machine) -> bool {
    fs::read_to_string(machine.local("bin/openclaw")).is_ok_and(|text| text.contains("mine"))
}

#[test]
fn the_users_own_that_does_not_run_is_never_removed() {
    let exists = "echo 'npm error code EEXIST' >&2; exit 1";
    let machine = Machine::with("v24.16.0", &[exists]);
    by_hand(&machine, "echo 'mine: wrong Node' >&2; exit 1");
    for time in ["first", "second", "third"] {
        let failed = machine.install();
        assert_eq!(failed["params"], json!({ "npmCode": "EEXIST" }), "{time}: {failed}");
        assert!(is_theirs(&machine) && machine.is_installed(), "{time}");
    }
}

#[test]
fn what_was_installed_by_hand_after_a_crash_counts_and_stays() {
    let machine = crashed();
    by_hand(&machine, "echo 'OpenClaw 2026.9.6 mine'");
    assert!(machine.is_installed());
    machine.npm("echo '{\"error\":{\"code\":\"ENOTFOUND\",\"summary\":\"x\"}}'; exit 1", &[PACKAGE]);
    assert_eq!(machine.install(), json!({ "state": "done" }));
    assert!(is_theirs(&machine) && machine.is_installed());

    // One that does not run is not known to be theirs: it stays, and that is said.
    let machine = crashed();
    by_hand(&machine, "echo 'mine: wrong Node' >&2; exit 1");
    machine.npm("echo '{\"version\":\"2026.9.6\"}'", &["echo 'npm error code EEXIST' >&2; exit 1"]);
    for time in ["first", "second"] {
        let failed = machine.install();
        assert_eq!(failed["code"], "install.left", "{time}: {failed}");
        assert_eq!(failed["params"]["folder"], machine.local("").to_str().unwrap().trim_end_matches('/'));
        assert!(failed["detail"].as_str().unwrap().starts_with("install.npm-failed"), "{failed}");
        assert!(is_theirs(&machine), "{time}");
    }
}

#[test]
fn a_crash_half_way_is_not_called_installed_and_the_next_try_mends_it() {
    let machine = crashed();
    assert!(machine.local("bin/openclaw").exists() && !machine.is_installed());
    machine.openclaw("echo 'OpenClaw 2026.9.6 (eb377ac)'");
    let other = Machine::with("v24.16.0", &[PACKAGE, &LINK.replace("ln -s", "ln -sf")]);
    fs::copy(other.home.bin().join("npm"), machine.home.path().join("npm")).unwrap();
    fs::rename(machine.home.path().join("npm"), machine.home.bin().join("npm")).unwrap();
    assert_eq!(machine.install(), json!({ "state": "done" }));
    assert!(machine.is_installed());
}

/// The guided installation with the real npm and the real OpenClaw, into an empty folder of the user's own. Its cache
/// is kept beside the OpenClaw of the contract tests, so that only the first run downloads.
#[test]
fn the_real_one_is_installed_into_an_empty_prefix() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let home = Home::new();
    // The Node that it runs on; npm is the machine's.
    symlink(openclaw.bin().join("node"), home.bin().join("node")).unwrap();
    fs::write(home.path().join("global"), "").unwrap();
    let cache =
        PathBuf::from(env::var_os("PINCER_TEST_OPENCLAW").unwrap()).parent().unwrap().join("npm-cache");
    let mut command = home.command(programs::pincer_cli());
    command
        .env("npm_config_cache", cache)
        // Never the machine's own folder: a file in its place cannot be written.
        .env("npm_config_prefix", home.path().join("global"))
        .env("npm_config_prefer_offline", "true");
    // How this machine reaches its registry.
    for name in [
        "NODE_EXTRA_CA_CERTS",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "npm_config_registry",
    ] {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    if let Some(settings) =
        env::home_dir().map(|home| home.join(".npmrc")).filter(|settings| settings.is_file())
    {
        command.env("npm_config_userconfig", settings);
    }
    let output = command.args(["install-openclaw", "--yes", "--json"]).output().unwrap();
    let told = lines(&output.stdout);
    let last = told.last().unwrap();
    if last["code"] == "install.registry-away" {
        assert!(env::var_os("CI").is_none(), "npm reaches no registry: {last}");
        // Not by a macro: what those print, the test runner hides when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED: the guided installation, for npm reaches no registry: {last}"
        );
        return;
    }
    assert_eq!(*last, json!({ "state": "done" }), "{output:?}");
    assert!(told.iter().filter_map(|line| line["packages"].as_u64()).max().unwrap() > 100, "{told:?}");
    let program = home.path().join(".local/bin/openclaw");
    let ran = Command::new(&program)
        .arg("--version")
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", format!("{}:/usr/bin:/bin", home.bin().display()))
        .output()
        .unwrap();
    let version = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success() && version.starts_with("OpenClaw 20"), "{version}");
    let package: Value = serde_json::from_slice(
        &fs::read(home.path().join(".local/lib/node_modules/openclaw/package.json")).unwrap(),
    )
    .unwrap();
    assert!(version.contains(package["version"].as_str().unwrap()), "{version}");
    assert!(!Path::new(&home.path().join(".openclaw/openclaw.json")).exists(), "no settings are written");
    let mut doctor = home.command(programs::pincer_cli());
    let doctor = process::json(
        "doctor",
        &doctor.args(["doctor", "--json"]).env("OLLAMA_HOST", free_address().to_string()).output().unwrap(),
    );
    assert!(
        doctor["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["code"] != "openclaw.not-installed"),
        "{doctor:#}"
    );
}
