//! Ollama as a service of systemd's, for a test: `systemctl` and `pkexec` first on PATH, which really start and end a
//! practice of that name. What they are to refuse is said by files in the home.

use std::{fs, net::SocketAddr};

use super::{home::Home, programs};

pub struct Unit<'a> {
    home: &'a Home,
}

impl<'a> Unit<'a> {
    /// A unit that is stopped; it serves at `address`.
    pub fn add(home: &'a Home, address: SocketAddr) -> Self {
        home.add_program(&programs::practice(), "ollama");
        home.add_script(
            "systemctl",
            &format!(
                r#"cd "$HOME" || exit 1
end() {{
  pid=$(cat unit.pid 2>/dev/null) || return 0
  kill "$pid"
  # Ended, or ended and waiting for its parent.
  while kill -0 "$pid" 2>/dev/null && ! grep -q ') Z' "/proc/$pid/stat" 2>/dev/null; do sleep 0.02; done
  rm -f unit.pid
}}
run() {{
  : >unit.out
  env OLLAMA_HOST={address} $(cat unit.environment 2>/dev/null) ollama serve </dev/null >unit.out 2>&1 &
  echo $! >unit.pid
  until grep -q '^listening' unit.out; do sleep 0.02; done
}}
refuse() {{ if [ -f unit.refuse ]; then cat unit.refuse >&2; exit 1; fi; }}
[ "$1" = --user ] && exit 1
echo "$@" >>unit.log
case "$1" in
  show)
    if pid=$(cat unit.pid 2>/dev/null); then state=active; else state=inactive; pid=0; fi
    echo "LoadState=loaded
ActiveState=$state
SubState=running
NRestarts=0
Environment=$(cat unit.told 2>/dev/null)
MainPID=$pid" ;;
  start) refuse; run ;;
  restart) refuse; end; run ;;
  *) exit 1 ;;
esac"#
            ),
        );
        home.add_script(
            "pkexec",
            r#"echo "$@" >>"$HOME/pkexec.log"
if [ -f "$HOME/pkexec.refuse" ]; then echo 'Error executing command as another user' >&2; exit "$(cat "$HOME/pkexec.refuse")"; fi
exec "$@""#,
        );
        Self { home }
    }

    /// Starts it as an administrator would, with variables (`NAME=value`).
    pub fn start(&self, environment: &str) {
        self.write("unit.environment", environment);
        let started = self.home.command(self.home.bin().join("systemctl")).args(["start", "ollama"]).status();
        assert!(started.unwrap().success());
        // The next start has none.
        fs::remove_file(self.home.path().join("unit.environment")).unwrap();
    }

    /// What the unit's own file says (`NAME=value`).
    pub fn tell(&self, environment: &str) {
        self.write("unit.told", environment);
    }

    /// systemd refuses, with these words, until [`Self::allow`].
    pub fn refuse(&self, words: &str) {
        self.write("unit.refuse", words);
    }

    /// The password box ends with this status, until [`Self::allow`].
    pub fn refuse_password(&self, status: i32) {
        self.write("pkexec.refuse", &status.to_string());
    }

    pub fn allow(&self) {
        for file in ["unit.refuse", "pkexec.refuse"] {
            drop(fs::remove_file(self.home.path().join(file)));
        }
    }

    /// The process that it runs.
    pub fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.home.path().join("unit.pid")).ok()?.trim().parse().ok()
    }

    /// What `pkexec` was asked to run, a line each.
    pub fn asked(&self) -> String {
        fs::read_to_string(self.home.path().join("pkexec.log")).unwrap_or_default()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.home.path().join(file), text).unwrap();
    }
}
