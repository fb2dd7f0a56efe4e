//! A network of a test's own, where nothing is reached but what the test puts there.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{home::Home, programs};

/// Loopback, the address 192.0.2.7 that is ours and yet no loopback, and nothing else.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The lines of `/etc/hosts`.
    pub hosts: &'a str,
    /// Where practice listens.
    pub serves: Option<&'a str>,
}

/// `localhost` in both families, as most systems have it.
pub const LOCALHOST: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// Whether the system allows such a network.
pub fn is_allowed() -> bool {
    let tried = Command::new("unshare").args(["-Urnm", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Makes it, with practice at `$SERVES`, and runs a program in it, timed.
const SCRIPT: &str = r#"set -e
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
ip addr add 192.0.2.7/32 dev lo
mount --bind "$HOME/hosts" /etc/hosts
if [ -n "$SERVES" ]; then
  rm -f "$HOME/said"
  mkfifo "$HOME/said"
  OLLAMA_HOST=$SERVES ollama serve >"$HOME/said" 2>/dev/null &
  trap 'kill $!' EXIT
  read -r line <"$HOME/said"
fi
begun=$(date +%s%N)
status=0
"$@" || status=$?
echo $(($(date +%s%N) - begun)) >"$HOME/nanoseconds"
exit $status"#;

impl World<'_> {
    /// Runs a program in it; with the seconds that it took. Only the home's files outlive it.
    pub fn run(&self, home: &Home, program: &Path, arguments: &[&str]) -> (Output, f64) {
        fs::write(home.path().join("hosts"), self.hosts).unwrap();
        if !home.bin().join("world").exists() {
            home.add_program(&programs::practice(), "ollama");
            home.add_script("world", SCRIPT);
        }
        let mut command = home.command("/usr/bin/unshare");
        command.args(["-Urnm", "--", "world"]).arg(program).args(arguments);
        command.env("SERVES", self.serves.unwrap_or_default());
        let output = command.output().unwrap();
        let nanoseconds = fs::read_to_string(home.path().join("nanoseconds"));
        let nanoseconds = nanoseconds.unwrap_or_else(|_| panic!("the network was not made: {output:?}"));
        (output, nanoseconds.trim().parse::<f64>().unwrap() / 1e9)
    }
}
