//! A network of a test's own, where nothing is reached but what the test puts there.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{home::Home, process, programs};

/// `doctor` in a network of its own: loopback, the address 192.0.2.7 that is ours and yet no loopback, these lines as
/// `/etc/hosts`, and practice listening at `serves`. `None` where the system allows no such network.
pub fn apart(home: &Home, hosts: &str, serves: Option<&str>) -> Option<Value> {
    let allowed = Command::new("unshare").args(["-Urnm", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        assert!(
            std::env::var_os("CI").is_none(),
            "no network of a test's own here: addresses cannot be tested"
        );
        // Not by a macro: what those print, the test runner hides when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: this system allows no network of a test's own (unshare -Urnm)"
        );
        return None;
    }
    fs::write(home.path().join("hosts"), hosts).unwrap();
    home.add_program(&programs::practice(), "ollama");
    home.add_script(
        "world",
        "set -e\nPATH=$PATH:/usr/sbin:/sbin\nip link set lo up\nip addr add 192.0.2.7/32 dev lo\n\
         mount --bind \"$HOME/hosts\" /etc/hosts\n\
         if [ -n \"$SERVES\" ]; then\n  mkfifo \"$HOME/said\"\n  OLLAMA_HOST=$SERVES ollama serve >\"$HOME/said\" 2>/dev/null &\n  \
         trap 'kill $!' EXIT\n  read -r line <\"$HOME/said\"\nfi\n\
         \"$DOCTOR\" doctor --json || [ $? = 1 ]",
    );
    let mut command = home.command("/usr/bin/unshare");
    command.args(["-Urnm", "--", "world"]).env("DOCTOR", programs::pincer_cli());
    command.env("SERVES", serves.unwrap_or_default());
    Some(process::json("doctor", &command.output().unwrap()))
}
