//! Ollama's service on Linux, as systemd tells of it: whether there is a unit, how it fares, what it is told.
//! Read with one `systemctl show`; its words are read by a pure function.

use std::{path::PathBuf, time::Duration};

use crate::{
    machine::{command, os::Os},
    openclaw::{secrets, settings::KEY_VALUE},
    surroundings::Surroundings,
};

/// systemd answers in milliseconds; a machine without it must not make us wait.
const SYSTEMCTL: Duration = Duration::from_secs(2);
/// A shorter secret, in characters, cannot be told from other words.
const SHORTEST: usize = 4;
/// What is asked of the unit.
const PROPERTIES: &str = "LoadState,ActiveState,SubState,NRestarts,Environment,FragmentPath,User";

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
        }
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

/// Asks systemd. `None` on other systems, and where systemd does not run or does not answer.
pub async fn look(surroundings: &Surroundings) -> Option<Service> {
    if surroundings.os != Os::Linux {
        return None;
    }
    let systemctl = command::on_path(surroundings, "systemctl")?;
    let arguments = ["show", "ollama", "-p", PROPERTIES];
    let output = command::output(surroundings, &systemctl, &arguments, SYSTEMCTL).await.ok()?;
    output.success.then(|| Service::parse(&output.stdout))
}

/// `NAME=value` one after another, as systemd writes them: with a space or a special character inside, the whole is
/// in double quotes, with backslashes before quotes and backslashes.
fn assignments(text: &str) -> Vec<(String, String)> {
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
             FragmentPath=/etc/systemd/system/ollama.service\nUser=ollama\n",
        );
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
