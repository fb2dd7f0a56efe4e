//! Ollama's service on Linux, as systemd tells of it: whether there is a unit, how it fares, what it is told.
//! Read with one `systemctl show`; its words are read by a pure function.

use std::{path::PathBuf, time::Duration};

use crate::{
    machine::{command, os::Os},
    openclaw::{secrets, settings::KEY_VALUE},
    surroundings::Surroundings,
};

/// systemd answers in milliseconds; a machine without it must not make us wait.
const SYSTEMCTL: Duration = Duration::from_millis(1200);
/// A shorter secret, in characters, cannot be told from other words.
const SHORTEST: usize = 4;
/// What is asked of the unit.
const PROPERTIES: &str =
    "LoadState,ActiveState,SubState,NRestarts,Environment,FragmentPath,User,MainPID,ExecStart";

/// Whose systemd runs a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// The system's: it takes an administrator.
    #[default]
    System,
    /// The user's own.
    User,
}

/// What this user may do to the system's services.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rights {
    /// Everything, without being asked.
    Root,
    /// With a password, which the desktop asks for (`pkexec`).
    #[default]
    Password,
    /// Nothing from here: an administrator has to type the command.
    Nothing,
}

/// A command to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The argument list.
    pub words: Vec<String>,
    /// The system asks for a password before it is carried out.
    pub password: bool,
    /// It may be run from here; else it is for an administrator to type.
    pub may_run: bool,
}

/// The unit named `ollama`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// systemd knows the unit.
    pub loaded: bool,
    /// `ActiveState`: `active`, `activating`, `inactive`, `failed`.
    pub active: String,
    /// `SubState`: `running`, `auto-restart`, `dead`.
    pub sub: String,
    /// How often systemd started it again by itself.
    pub restarts: u32,
    /// The variables that the unit sets.
    pub environment: Vec<(String, String)>,
    /// The unit's file.
    pub file: Option<PathBuf>,
    /// The user that it runs as; `None`: root.
    pub user: Option<String>,
    /// The program that it starts.
    pub program: Option<PathBuf>,
    /// Its main process while it runs.
    pub main_pid: Option<u32>,
    /// Whose systemd has it.
    pub scope: Scope,
}

impl Service {
    /// From the lines of `systemctl show`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let line = |line: &str| line.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            text.lines().find_map(line).unwrap_or_default()
        };
        let filled = |name: &str| Some(value(name)).filter(|value| !value.is_empty());
        Self {
            loaded: value("LoadState") == "loaded",
            active: value("ActiveState"),
            sub: value("SubState"),
            restarts: value("NRestarts").parse().unwrap_or_default(),
            environment: assignments(&value("Environment")),
            file: filled("FragmentPath").map(PathBuf::from),
            user: filled("User"),
            program: program(&value("ExecStart")),
            main_pid: value("MainPID").parse().ok().filter(|pid| *pid != 0),
            scope: Scope::System,
        }
    }

    /// `systemctl VERB ollama` as this user can give it.
    #[must_use]
    pub fn order(&self, verb: &str, rights: Rights) -> Order {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let plain = |words| Order { words, password: false, may_run: true };
        match (self.scope, rights) {
            (Scope::User, _) => plain(words(&["systemctl", "--user", verb, "ollama"])),
            (Scope::System, Rights::Root) => plain(words(&["systemctl", verb, "ollama"])),
            (Scope::System, Rights::Password) => {
                Order { password: true, ..plain(words(&["pkexec", "systemctl", verb, "ollama"])) }
            }
            (Scope::System, Rights::Nothing) => {
                Order { may_run: false, ..plain(words(&["sudo", "systemctl", verb, "ollama"])) }
            }
        }
    }

    /// The command that prints the last `lines` of its journal, as whose it is.
    #[must_use]
    pub fn journal(&self, lines: u32) -> Vec<String> {
        let whose: &[&str] = if self.scope == Scope::User { &["--user"] } else { &[] };
        let lines = lines.to_string();
        let rest = ["-u", "ollama", "-n", &lines, "--no-pager"];
        ["journalctl"].iter().chain(whose).chain(&rest).map(|word| (*word).to_owned()).collect()
    }

    /// Its last start came to nothing, by what systemd says of it now.
    #[must_use]
    pub fn failed_last(&self) -> bool {
        self.active == "failed" || (self.active == "activating" && self.sub.starts_with("auto-restart"))
    }

    /// Whether this unit runs the program that listens: the same process, or none that we can see while it runs. One
    /// that is seen while the unit has no process, or another, is someone's beside it.
    #[must_use]
    pub fn runs(&self, listener: Option<u32>) -> bool {
        let same = listener.is_none() || self.main_pid == listener;
        self.loaded && !matches!(self.active.as_str(), "inactive" | "failed") && same
    }

    /// A variable that the unit sets, when it is not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let last = self.environment.iter().rev().find(|(known, _)| known == name);
        last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Values of its variables that are secrets, or parts of them: it may print them.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let of = |(name, value): &(String, String)| {
            if secrets::is_secret_key(name) { vec![value.clone()] } else { secrets::found::in_text(value) }
        };
        let all = self.environment.iter().flat_map(of);
        let mut all: Vec<String> =
            all.filter(|secret| secret.chars().count() >= SHORTEST && secret != KEY_VALUE).collect();
        // What holds another goes first.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        all
    }

    /// It ended by itself more than once: systemd waits to start it again, or gave up.
    #[must_use]
    pub fn keeps_crashing(&self) -> bool {
        let waits = self.active == "activating" && self.sub.starts_with("auto-restart");
        self.loaded && self.restarts > 0 && (waits || self.active == "failed")
    }
}

/// Asks systemd: the system's, and where that has no such unit, the user's own. `None` on other systems, and where
/// systemd does not run or does not answer.
pub async fn look(surroundings: &Surroundings) -> Option<Service> {
    // At once: where the one hangs, the other does, too.
    let mut own = std::pin::pin!(ask(surroundings, Scope::User));
    let mut known = None;
    let mut system = std::pin::pin!(ask(surroundings, Scope::System));
    let system = loop {
        tokio::select! {
            said = &mut own, if known.is_none() => known = Some(said),
            said = &mut system => break said,
        }
    };
    if system.as_ref().is_some_and(|service| service.loaded) {
        return system;
    }
    let own = match known {
        Some(own) => own,
        None => own.await,
    };
    own.filter(|service| service.loaded).or(system)
}

/// The program of `{ path=/usr/local/bin/ollama ; argv[]=/usr/local/bin/ollama serve ; ... }`.
fn program(told: &str) -> Option<PathBuf> {
    let (path, _) = told.split_once("path=")?.1.split_once(" ;")?;
    Some(path).filter(|path| path.starts_with('/')).map(PathBuf::from)
}

async fn ask(surroundings: &Surroundings, scope: Scope) -> Option<Service> {
    if surroundings.os != Os::Linux {
        return None;
    }
    let systemctl = command::on_path(surroundings, "systemctl")?;
    let whose: &[&str] = if scope == Scope::User { &["--user"] } else { &[] };
    let arguments = [whose, &["show", "ollama", "-p", PROPERTIES]].concat();
    let output = command::output(surroundings, &systemctl, &arguments, SYSTEMCTL).await.ok()?;
    output.success.then(|| Service { scope, ..Service::parse(&output.stdout) })
}

/// What this user may do to the system's services.
#[must_use]
pub fn rights(surroundings: &Surroundings) -> Rights {
    if is_root() {
        Rights::Root
    } else if command::on_path(surroundings, "pkexec").is_some() {
        Rights::Password
    } else {
        Rights::Nothing
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// `NAME=value` one after another, as systemd writes them: with a space or a special character inside, the whole is
/// in double quotes, with backslashes before quotes and backslashes.
pub(crate) fn assignments(text: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut characters) = (false, text.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '\\' => word.extend(characters.next()),
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    let pair = |word: String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    words.into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_as_systemd_shows_it() {
        let running = Service::parse(
            "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=0\n\
             Environment=PATH=/usr/bin:/bin OLLAMA_HOST=0.0.0.0:8080 \"OLLAMA_MODELS=/mnt/my \\\"big\\\" disk\"\n\
             FragmentPath=/etc/systemd/system/ollama.service\nUser=ollama\n\
             ExecStart={ path=/usr/local/bin/ollama ; argv[]=/usr/local/bin/ollama serve ; ignore_errors=no }\n",
        );
        assert_eq!(running.program, Some("/usr/local/bin/ollama".into()));
        assert!(running.loaded && !running.keeps_crashing());
        assert_eq!(running.variable("OLLAMA_HOST"), Some("0.0.0.0:8080"));
        assert_eq!(running.variable("OLLAMA_MODELS"), Some("/mnt/my \"big\" disk"));
        assert_eq!(running.variable("OLLAMA_ORIGINS"), None);
        assert_eq!(running.file, Some("/etc/systemd/system/ollama.service".into()));
        assert_eq!(running.user.as_deref(), Some("ollama"));
        let told = "LoadState=loaded\nEnvironment=OLLAMA_API_KEY=s3cret-key OLLAMA_HOST=:8080 \
             HTTPS_PROXY=http://me:pa55word@proxy:3128 WEATHER_TOKEN=abc\n";
        assert_eq!(Service::parse(told).secrets(), ["me:pa55word", "s3cret-key", "pa55word"]);
        let absent = Service::parse("LoadState=not-found\nActiveState=inactive\nNRestarts=0\nEnvironment=\n");
        assert_eq!((absent.loaded, absent.environment.len(), absent.user), (false, 0, None));
        assert_eq!(Service::parse("LoadState=loaded\n"), Service { loaded: true, ..Service::default() });
        assert_eq!(Service::parse("no words of systemd's"), Service::default());
    }

    #[test]
    fn an_order_to_a_service_is_given_as_this_user_can_give_it() {
        let unit = |scope| Service { scope, loaded: true, ..Service::default() };
        for (scope, rights, words, password, may_run) in [
            (Scope::System, Rights::Root, "systemctl restart ollama", false, true),
            (Scope::System, Rights::Password, "pkexec systemctl restart ollama", true, true),
            (Scope::System, Rights::Nothing, "sudo systemctl restart ollama", false, false),
            (Scope::User, Rights::Password, "systemctl --user restart ollama", false, true),
            (Scope::User, Rights::Nothing, "systemctl --user restart ollama", false, true),
        ] {
            let order = unit(scope).order("restart", rights);
            let expected = (words.to_owned(), password, may_run);
            assert_eq!((order.words.join(" "), order.password, order.may_run), expected);
        }
    }

    #[test]
    fn a_unit_is_told_from_a_program_that_someone_runs_beside_it() {
        let unit = |active: &str, main_pid| Service {
            loaded: true,
            active: active.into(),
            main_pid,
            ..Service::default()
        };
        for (service, listener, runs) in [
            (unit("active", Some(7)), Some(7), true),
            (unit("active", Some(7)), Some(8), false),
            // The process of another user is hidden from us.
            (unit("active", Some(7)), None, true),
            (unit("activating", None), None, true),
            // It has no process at all: what listens keeps it from its port.
            (unit("activating", None), Some(8), false),
            (unit("active", None), Some(8), false),
            (unit("inactive", None), Some(8), false),
            (unit("failed", None), None, false),
            (Service::default(), Some(7), false),
        ] {
            assert_eq!(service.runs(listener), runs, "{service:?} {listener:?}");
        }
        assert_eq!(Service::parse("LoadState=loaded\nMainPID=812\n").main_pid, Some(812));
        assert_eq!(Service::parse("LoadState=loaded\nMainPID=0\n").main_pid, None);
    }

    #[test]
    fn a_later_assignment_wins_and_an_empty_one_is_none() {
        let unit = Service::parse("Environment=A=1 B=x=y A=2 C=");
        assert_eq!(
            [unit.variable("A"), unit.variable("B"), unit.variable("C")],
            [Some("2"), Some("x=y"), None]
        );
    }

    #[test]
    fn one_that_keeps_crashing_is_told_from_one_that_was_stopped() {
        for (active, sub, restarts, crashing) in [
            ("activating", "auto-restart", 7, true),
            ("activating", "auto-restart-queued", 1, true),
            ("failed", "failed", 5, true),
            // The first end may have been anything; a stop by hand is none; a start is none.
            ("activating", "auto-restart", 0, false),
            ("failed", "failed", 0, false),
            ("inactive", "dead", 3, false),
            ("activating", "start", 3, false),
            ("active", "running", 9, false),
        ] {
            let unit = Service {
                loaded: true,
                active: active.into(),
                sub: sub.into(),
                restarts,
                ..Service::default()
            };
            assert_eq!(unit.keeps_crashing(), crashing, "{active} ({sub}), {restarts}");
        }
    }
}
