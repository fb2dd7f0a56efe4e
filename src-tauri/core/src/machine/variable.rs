//! Where a variable of the environment is set: the file and line, the registry, or launchd. Found to be shown; nothing
//! is changed here. The places of each system are data, tested for all three on any.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{command, os::Os};
use crate::{openclaw::settings::read_bounded, surroundings::Surroundings};

/// `reg` and `launchctl` answer in a moment.
const ASK: Duration = Duration::from_secs(2);
/// The variables of one user, and of all, in the registry of Windows.
const OF_USER: &str = r"HKCU\Environment";
const OF_MACHINE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// What kind of place sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum VariableKind {
    /// No place was found: it came from whoever started Pincer.
    Unknown,
    /// A file of the user's.
    File,
    /// A file that only an administrator may change.
    SystemFile,
    /// The user's variables in the registry.
    RegistryUser,
    /// Everyone's variables in the registry: for an administrator.
    RegistryMachine,
    /// launchd's environment on macOS.
    Launchd,
}

/// Where a variable is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariablePlace {
    /// What kind of place.
    pub kind: VariableKind,
    /// The file, or the key of the registry.
    pub place: Option<String>,
    /// 1-based line of the file.
    pub line: Option<usize>,
}

impl VariablePlace {
    /// A command that opens the place, or takes the variable away; for the user to run.
    #[must_use]
    pub fn command(&self, name: &str) -> Option<Vec<String>> {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let line = format!("+{}", self.line.unwrap_or(1));
        let place = self.place.as_deref().unwrap_or_default();
        match self.kind {
            VariableKind::Unknown => None,
            VariableKind::File => words(&["nano", &line, place]),
            VariableKind::SystemFile => words(&["sudo", "nano", &line, place]),
            VariableKind::RegistryUser | VariableKind::RegistryMachine => {
                words(&["reg", "delete", place, "/v", name, "/f"])
            }
            VariableKind::Launchd => words(&["launchctl", "unsetenv", name]),
        }
    }
}

/// Files that set variables, in the order in which they are looked through: the user's first, since they win.
#[must_use]
pub fn files(os: Os, home: &Path) -> Vec<(PathBuf, VariableKind)> {
    const SHELLS: [&str; 11] = [
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".profile",
        ".zshrc",
        ".zprofile",
        ".zshenv",
        ".zlogin",
        ".config/fish/config.fish",
        ".config/environment.d/ollama.conf",
        ".pam_environment",
    ];
    const SYSTEM: [&str; 6] = [
        "/etc/environment",
        "/etc/profile",
        "/etc/bash.bashrc",
        "/etc/zsh/zshenv",
        "/etc/zshenv",
        "/etc/security/pam_env.conf",
    ];
    if os == Os::Windows {
        return Vec::new();
    }
    let own = SHELLS.iter().map(|name| (home.join(name), VariableKind::File));
    own.chain(SYSTEM.iter().map(|path| (PathBuf::from(path), VariableKind::SystemFile))).collect()
}

/// Folders whose files set variables, and how these end.
fn folders(os: Os, home: &Path) -> Vec<(PathBuf, &'static str, VariableKind)> {
    if os == Os::Windows {
        return Vec::new();
    }
    vec![
        (home.join(".config/environment.d"), "conf", VariableKind::File),
        (home.join(".config/fish/conf.d"), "fish", VariableKind::File),
        (PathBuf::from("/etc/profile.d"), "sh", VariableKind::SystemFile),
        (PathBuf::from("/etc/environment.d"), "conf", VariableKind::SystemFile),
    ]
}

/// Finds where `name` is set to `value`, else where it is set at all.
pub async fn find(surroundings: &Surroundings, name: &str, value: &str) -> VariablePlace {
    let unknown = VariablePlace { kind: VariableKind::Unknown, place: None, line: None };
    match surroundings.os {
        Os::Windows => {
            for (kind, key) in
                [(VariableKind::RegistryUser, OF_USER), (VariableKind::RegistryMachine, OF_MACHINE)]
            {
                if says(surroundings, "reg", &["query", key, "/v", name]).await.contains(name) {
                    return VariablePlace { kind, place: Some(key.to_owned()), line: None };
                }
            }
            unknown
        }
        Os::MacOs if !says(surroundings, "launchctl", &["getenv", name]).await.trim().is_empty() => {
            VariablePlace { kind: VariableKind::Launchd, ..unknown }
        }
        os => {
            let (home, name, value) = (surroundings.home.clone(), name.to_owned(), value.to_owned());
            let found = tokio::task::spawn_blocking(move || in_files(os, &home, &name, &value)).await;
            found.ok().flatten().unwrap_or(unknown)
        }
    }
}

async fn says(surroundings: &Surroundings, program: &str, arguments: &[&str]) -> String {
    let Some(program) = command::on_path(surroundings, program) else { return String::new() };
    let output = command::output(surroundings, &program, arguments, ASK).await;
    output.ok().filter(|output| output.success).map(|output| output.stdout).unwrap_or_default()
}

fn in_files(os: Os, home: &Path, name: &str, value: &str) -> Option<VariablePlace> {
    let inside = folders(os, home).into_iter().flat_map(|(folder, end, kind)| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == end));
        paths.sort();
        paths.into_iter().map(move |path| (path, kind)).collect::<Vec<_>>()
    });
    let mut first = None;
    for (path, kind) in files(os, home).into_iter().chain(inside) {
        let bytes = read_bounded(&path).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // In one file the last one counts.
        let Some((line, text)) = text.lines().enumerate().filter(|(_, line)| sets(line, name)).last() else {
            continue;
        };
        let found = VariablePlace { kind, place: Some(path.display().to_string()), line: Some(line + 1) };
        if text.contains(value) {
            return Some(found);
        }
        first = first.or(Some(found));
    }
    first
}

/// Whether a line of a shell's, PAM's or systemd's file sets the variable: `NAME=`, `export NAME=`, `set -gx NAME`,
/// `setenv NAME`, `NAME DEFAULT=`.
fn sets(line: &str, name: &str) -> bool {
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        if word.starts_with('#') {
            return false;
        }
        if word.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')) {
            return true;
        }
        if word == name {
            return words.next().is_some();
        }
        let leads = ["export", "declare", "typeset", "set", "setenv", "-", "if", "then", "&&"];
        if !leads.iter().any(|lead| word.starts_with(lead)) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::{fs, time::SystemTime};

    use super::*;
    use crate::surroundings::Environment;

    const NAME: &str = "OLLAMA_HOST";

    #[test]
    fn a_line_that_sets_it_is_told_from_one_that_speaks_of_it() {
        for (line, expected) in [
            ("export OLLAMA_HOST=0.0.0.0", true),
            ("  OLLAMA_HOST=\"http://x\"", true),
            ("declare -x OLLAMA_HOST=x", true),
            ("set -gx OLLAMA_HOST http://x", true),
            ("setenv OLLAMA_HOST x", true),
            ("OLLAMA_HOST DEFAULT=x", true),
            ("# export OLLAMA_HOST=x", false),
            ("export OLLAMA_HOSTS=x", false),
            ("export OLLAMA_HOST", false),
            ("echo OLLAMA_HOST=$OLLAMA_HOST", false),
            ("", false),
        ] {
            assert_eq!(sets(line, NAME), expected, "{line}");
        }
    }

    fn surroundings(os: Os, home: &Path, path: &Path) -> Surroundings {
        let environment = Environment::new([("PATH", path.display().to_string())]);
        Surroundings::new(os, environment, home, SystemTime::now)
    }

    #[tokio::test]
    async fn the_file_and_line_that_set_it_are_found() {
        let home = tempfile::tempdir().unwrap();
        let here = surroundings(Os::Linux, home.path(), Path::new("/nowhere"));
        let place = |file: &str, line| VariablePlace {
            kind: VariableKind::File,
            place: Some(home.path().join(file).display().to_string()),
            line: Some(line),
        };
        // One of the machine's own may be found: only what is in this home is asserted.
        fs::write(home.path().join(".profile"), "# mine\nexport OLLAMA_HOST=old\nexport OLLAMA_HOST=nas\n")
            .unwrap();
        assert_eq!(find(&here, NAME, "other").await, place(".profile", 3));
        let folder = home.path().join(".config/environment.d");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("90-mine.conf"), "OLLAMA_HOST=http://x\n").unwrap();
        fs::write(folder.join("90-mine.conf~"), "OLLAMA_HOST=http://y\n").unwrap();
        assert_eq!(find(&here, NAME, "http://x").await, place(".config/environment.d/90-mine.conf", 1));
        assert_eq!(find(&here, NAME, "nas").await, place(".profile", 3));
        let command = place(".profile", 3).command(NAME).unwrap();
        assert_eq!(command, ["nano", "+3", &home.path().join(".profile").display().to_string()]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_registry_and_launchd_are_asked() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        for (name, lines) in [
            ("reg", "[ \"$2\" = 'HKCU\\Environment' ] && exit 1\necho \"    $4    REG_SZ    0.0.0.0\""),
            ("launchctl", "[ \"$1 $2\" = 'getenv OLLAMA_HOST' ] && echo nas"),
        ] {
            // By a program of its own: a file that is open here for writing cannot be run.
            let file = home.path().join(name);
            fs::write(home.path().join("draft"), format!("#!/bin/sh\n{lines}\n")).unwrap();
            fs::set_permissions(home.path().join("draft"), fs::Permissions::from_mode(0o755)).unwrap();
            let copied =
                std::process::Command::new("cp").arg("-p").arg(home.path().join("draft")).arg(&file).status();
            assert!(copied.unwrap().success());
        }
        let windows = find(&surroundings(Os::Windows, home.path(), home.path()), NAME, "0.0.0.0").await;
        assert_eq!(
            (windows.kind, windows.place.as_deref()),
            (VariableKind::RegistryMachine, Some(OF_MACHINE))
        );
        let command = windows.command(NAME).unwrap();
        assert_eq!(command, ["reg", "delete", OF_MACHINE, "/v", NAME, "/f"]);
        let mac = find(&surroundings(Os::MacOs, home.path(), home.path()), NAME, "nas").await;
        assert_eq!(mac.kind, VariableKind::Launchd);
        assert_eq!(mac.command(NAME).unwrap(), ["launchctl", "unsetenv", NAME]);
        let none = find(&surroundings(Os::Windows, home.path(), Path::new("/nowhere")), NAME, "x").await;
        assert_eq!((none.kind, none.command(NAME)), (VariableKind::Unknown, None));
    }
}
