//! The contract with OpenClaw's own service commands on Linux: the real one writes its unit, enables it, and removes it
//! again, asked by Pincer. It takes only the account's own home and the system's own `systemctl`, so both are put in
//! place of the real ones in a world of the test's own.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use std::{fs, io::Write, path::Path, process::Output};

use serde_json::{Value, json};
use support::{
    home::Home,
    openclaw::OpenClaw,
    process, programs,
    settings::{self, tree},
};

/// The user's systemd, as far as it shows in files. OpenClaw asks it by D-Bus (`busctl`) what a unit holds.
const SYSTEMCTL: &str = r#"echo "$*" >>"@HOME@/systemctl.log"
units=@HOME@/.config/systemd/user
link=$units/default.target.wants/openclaw-gateway.service
case "$*" in
  "show --property=LoadState --value "*) echo not-found ;;
  "show --property=UnitPath --value") echo /etc/systemd/system ;;
  "--user show -p Version") echo Version=255 ;;
  "--user enable openclaw-gateway.service") mkdir -p "${link%/*}"; ln -sf ../openclaw-gateway.service "$link" ;;
  "--user disable --now openclaw-gateway.service") rm -f "$link"; rmdir "${link%/*}" ;;
  "--user is-enabled openclaw-gateway.service") if [ -L "$link" ]; then echo enabled; else echo disabled; exit 1; fi ;;
  "--user is-active"*) exit 3 ;;
esac
exit 0"#;
const BUSCTL: &str = r#"unit=@HOME@/.config/systemd/user/openclaw-gateway.service
strings() { awk 'BEGIN { printf "[" } { gsub(/^"|"$/, ""); printf "%s\"%s\"", (NR > 1 ? "," : ""), $0 } END { print "]" }'; }
case "$*" in
  *" Version") echo 's "255"' ;;
  *" LoadUnit "*|*" GetUnit "*)
    if [ ! -f "$unit" ]; then echo "Call failed: Unit openclaw-gateway.service not found." >&2; exit 1; fi
    echo '{"type":"o","data":["/org/freedesktop/systemd1/unit/openclaw_2dgateway_2eservice"]}' ;;
  *".Unit FragmentPath DropInPaths NeedDaemonReload LoadState")
    printf '{"type":"s","data":"%s"}\n' "$unit"
    echo '{"type":"as","data":[]}
{"type":"b","data":false}
{"type":"s","data":"loaded"}' ;;
  *".Service ExecStart WorkingDirectory Environment EnvironmentFiles UnsetEnvironment")
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    words=$(echo "$command" | tr ' ' '\n' | strings)
    echo '{"type":"a(sasbttttuii)","data":[["'"${command%% *}"'",'"$words"',false,0,0,0,0,0,0,0]]}'
    echo '{"type":"s","data":""}'
    echo '{"type":"as","data":'"$(sed -n 's/^Environment=//p' "$unit" | strings)"'}'
    echo '{"type":"a(sb)","data":[]}
{"type":"as","data":[]}' ;;
  *) exit 1 ;;
esac"#;
/// Makes the world, and runs a program in it.
const WORLD: &str = r#"set -e
mount --bind "$HOME/passwd" /etc/passwd
for tool in systemctl busctl; do mount --bind "$HOME/bin/$tool" "/usr/bin/$tool"; done
exec "$@""#;

struct Machine {
    openclaw: OpenClaw,
    home: Home,
}

impl Machine {
    fn new(openclaw: OpenClaw) -> Self {
        let home = Home::new();
        let place = home.path().display().to_string();
        for (name, lines) in [("systemctl", SYSTEMCTL), ("busctl", BUSCTL), ("world", WORLD)] {
            home.add_script(name, &lines.replace("@HOME@", &place));
        }
        fs::write(home.path().join("passwd"), format!("root:x:0:0:root:{place}:/bin/sh\n")).unwrap();
        Self { openclaw, home }
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        let path = format!(
            "{}:{}:/usr/bin:/bin:/usr/sbin:/sbin",
            self.home.bin().display(),
            self.openclaw.bin().display()
        );
        let bus = format!("unix:path={}", self.home.path().join("run/bus").display());
        let mut command = self.home.command("/usr/bin/unshare");
        command.args(["-Urm", "--", "world"]).arg(program).args(arguments);
        command.env("PATH", path).env("DBUS_SESSION_BUS_ADDRESS", bus).output().unwrap()
    }

    fn pincer(&self, arguments: &[&str]) -> Value {
        let output = self.run(&programs::pincer_cli(), arguments);
        process::json("pincer", &output)
    }

    fn unit(&self) -> std::path::PathBuf {
        self.home.path().join(".config/systemd/user/openclaw-gateway.service")
    }

    /// The settings, and all that systemd reads.
    fn files(&self) -> (Option<String>, Vec<File>) {
        (settings::read(&self.home, "openclaw.json"), tree(&self.home.path().join(".config")))
    }
}

/// Its path, bytes and mode.
type File = (std::path::PathBuf, Vec<u8>, u32);

/// `None` where this system does not let a test put its own programs in place, said loudly.
fn machine() -> Option<Machine> {
    let machine = Machine::new(OpenClaw::installed()?);
    if machine.run(Path::new("/bin/true"), &[]).status.success() {
        return Some(machine);
    }
    let _ = writeln!(
        std::io::stderr(),
        "\nSKIPPED: OpenClaw's own service commands, for no world of the test's own can be made here (unshare, mount)"
    );
    None
}

#[test]
fn the_gateway_starts_with_the_computer_by_openclaws_own_command_and_is_taken_back() {
    let Some(machine) = machine() else { return };
    let port = support::ollama::free_address().port();
    let text = format!("// mine\n{{ gateway: {{ mode: 'local', port: {port} }}, /* and this */ }}\n");
    settings::write(&machine.home, "openclaw.json", &text);
    let before = machine.files();
    let dry = machine.pincer(&["start", "--openclaw", "--at-login", "--dry-run", "--json"]);
    assert_eq!(dry["effects"][1]["params"]["file"], json!(machine.unit()), "{dry:#}");
    assert_eq!((machine.files(), &dry["applied"]), (before.clone(), &json!(false)));

    let done = machine.pincer(&["start", "--openclaw", "--at-login", "--yes", "--json"]);
    assert_eq!(done["applied"], true, "{done:#}");
    let unit = fs::read_to_string(machine.unit()).unwrap();
    assert!(
        unit.contains("dist/index.js gateway --port") && unit.contains("WantedBy=default.target"),
        "{unit}"
    );
    let asked = fs::read_to_string(machine.home.path().join("systemctl.log")).unwrap();
    for order in ["--user enable openclaw-gateway.service", "--user restart openclaw-gateway.service"] {
        assert!(asked.contains(order), "{asked}");
    }
    // What OpenClaw would have written anew, without the comments, is Pincer's, with them.
    let written = settings::read(&machine.home, "openclaw.json").unwrap();
    assert!(written.starts_with("// mine\n") && written.contains("/* and this */"), "{written}");
    // That systemd runs nothing: what was to come up did not.
    let answer = machine.pincer(&["doctor", "--json"]);
    let found = answer["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap());
    assert!(found.clone().any(|code| code == "openclaw.gateway-did-not-start"), "{answer:#}");
    // It is set.
    let again = machine.pincer(&["start", "--openclaw", "--at-login", "--yes", "--json"]);
    assert_eq!((&again["changed"], &again["applied"]), (&json!(false), &json!(false)), "{again:#}");

    let undone = machine.pincer(&["undo", "--json"]);
    assert_eq!(undone["undone"], true, "{undone:#}");
    assert_eq!(machine.files(), before, "byte for byte");
    assert!(!machine.home.path().join(".config/systemd").exists(), "folders that were made for it go, too");

    // Taken back in its turn: OpenClaw meets settings that lack nothing, and leaves their comments.
    let again = machine.pincer(&["undo", undone["receipt"]["id"].as_str().unwrap(), "--json"]);
    assert_eq!(again["undone"], true, "{again:#}");
    assert_eq!(
        (settings::read(&machine.home, "openclaw.json"), machine.unit().exists()),
        (Some(written), true)
    );
    let gone = machine.pincer(&["undo", again["receipt"]["id"].as_str().unwrap(), "--json"]);
    assert_eq!((&gone["undone"], machine.files()), (&json!(true), before), "{gone:#}");
    assert!(!machine.home.path().join(".config/systemd").exists());
}

#[test]
fn where_openclaws_own_command_cannot_it_is_said_and_nothing_is_changed() {
    let Some(machine) = machine() else { return };
    let text = "{ gateway: { mode: 'local' } }";
    settings::write(&machine.home, "openclaw.json", text);
    // A home that is not the account's: OpenClaw refuses to touch its service.
    fs::write(machine.home.path().join("passwd"), "root:x:0:0:root:/elsewhere:/bin/sh\n").unwrap();
    let before = machine.files();
    let refused = machine.pincer(&["start", "--openclaw", "--at-login", "--yes", "--json"]);
    assert_eq!(refused["error"]["code"], "gateway.login-failed", "{refused:#}");
    assert!(refused["error"]["detail"].as_str().unwrap().contains("OS account home"), "{refused:#}");
    assert_eq!(machine.files(), before);
    // Without a systemd of the user's it is known before.
    machine.home.add_script("systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1");
    let refused = machine.pincer(&["start", "--openclaw", "--at-login", "--yes", "--json"]);
    assert_eq!(refused["error"]["code"], "gateway.login-unavailable", "{refused:#}");
    assert_eq!(machine.files(), before);
}

#[test]
fn one_that_was_taken_away_outside_and_set_anew_is_taken_back_all_the_same() {
    let Some(machine) = machine() else { return };
    let port = support::ollama::free_address().port();
    let text = format!("{{ gateway: {{ mode: 'local', port: {port} }} }}\n");
    settings::write(&machine.home, "openclaw.json", &text);
    let set = ["start", "--openclaw", "--at-login", "--yes", "--json"];
    assert_eq!(machine.pincer(&set)["applied"], true);
    fs::remove_dir_all(machine.home.path().join(".config/systemd")).unwrap();
    let between = machine.files();
    assert_eq!(machine.pincer(&set)["applied"], true);
    assert!(machine.unit().exists());
    let undone = machine.pincer(&["undo", "--json"]);
    assert_eq!(undone["undone"], true, "{undone:#}");
    assert_eq!(machine.files(), between);
}
