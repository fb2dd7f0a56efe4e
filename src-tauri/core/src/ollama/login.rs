//! Starts Ollama with the computer, where Pincer started it as the user's own: files of the user's, planned and shown
//! like any change, and taken back byte for byte. Per-system data; on Windows Ollama's app does it by itself.

use std::path::{Path, PathBuf};

use super::{
    address::{Address, listen_value_as_written},
    own::Own,
    program,
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::os::Os,
    openclaw::{
        change::Prepared,
        outcome::{Change, FileDiff, Mode, Preview, ReceiptKind},
        plan::{FileEdit, Plan},
        settings::read_bounded,
    },
    surroundings::Surroundings,
};

/// Units of the system's that packages and Ollama's installer put there.
const SYSTEM_UNITS: [&str; 4] = [
    "/etc/systemd/system/ollama.service",
    "/usr/lib/systemd/system/ollama.service",
    "/lib/systemd/system/ollama.service",
    "/etc/systemd/user/ollama.service",
];
/// What makes a unit of the user's start at login: Pincer's drop-in, or the link of `systemctl --user enable`.
const WANTS: [&str; 2] = ["default.target.d/ollama.conf", "default.target.wants/ollama.service"];
/// The links of `systemctl enable`.
const SYSTEM_WANTS: [&str; 2] = [
    "/etc/systemd/system/default.target.wants/ollama.service",
    "/etc/systemd/system/multi-user.target.wants/ollama.service",
];
/// What the user chose of these counts at login, too.
const VARIABLES: [&str; 1] = ["OLLAMA_MODELS"];

/// The files that start `program` at login, in the order of writing; none where the system has no such place.
#[must_use]
pub fn files(surroundings: &Surroundings, program: &Path, address: &Address) -> Vec<(PathBuf, String)> {
    let told =
        VARIABLES.iter().filter_map(|name| Some((*name, surroundings.environment.get(name)?.to_owned())));
    let host = listen_value_as_written(address, surroundings.environment.get("OLLAMA_HOST"));
    let told: Vec<(&str, String)> = [("OLLAMA_HOST", host)].into_iter().chain(told).collect();
    let program = program.display().to_string();
    match surroundings.os {
        Os::Linux => {
            let folder = units(surroundings);
            let set = told
                .iter()
                .map(|(name, value)| format!("Environment={}\n", quoted(&format!("{name}={value}"))));
            let unit = format!(
                "# Written by Pincer: starts Ollama when you log in.\n[Unit]\nDescription=Ollama\n\n[Service]\n\
                 ExecStart={} serve\n{}Restart=on-failure\nRestartSec=3\n",
                quoted(&program).replace('$', "$$"),
                set.collect::<String>(),
            );
            // A drop-in says what a link of `systemctl enable` would, and is a file that can be taken back.
            let wants = "# Written by Pincer: starts Ollama when you log in.\n[Unit]\nWants=ollama.service\n";
            vec![
                (folder.join("ollama.service"), unit),
                (folder.join("default.target.d").join("ollama.conf"), wants.to_owned()),
            ]
        }
        Os::MacOs => {
            let set = told.iter().map(|(name, value)| {
                format!("    <key>{}</key><string>{}</string>\n", in_xml(name), in_xml(value))
            });
            let agent = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                 \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  \
                 <key>Label</key><string>dev.pincer.ollama</string>\n  <key>ProgramArguments</key>\n  <array>\n    \
                 <string>{}</string>\n    <string>serve</string>\n  </array>\n  <key>EnvironmentVariables</key>\n  \
                 <dict>\n{}  </dict>\n  <key>RunAtLoad</key><true/>\n</dict>\n</plist>\n",
                in_xml(&program),
                set.collect::<String>(),
            );
            vec![(agents(surroundings).join("dev.pincer.ollama.plist"), agent)]
        }
        Os::Windows => Vec::new(),
    }
}

/// Something starts Ollama with this computer already, as far as files say. Blocking.
#[must_use]
pub fn is_set(surroundings: &Surroundings) -> bool {
    let places: Vec<PathBuf> = match surroundings.os {
        Os::Linux => {
            let own = units(surroundings).join("ollama.service");
            SYSTEM_UNITS.iter().map(PathBuf::from).chain([own]).collect()
        }
        Os::MacOs => ["dev.pincer.ollama.plist", "homebrew.mxcl.ollama.plist", "com.ollama.ollama.plist"]
            .iter()
            .map(|name| agents(surroundings).join(name))
            .collect(),
        // Its app starts itself.
        Os::Windows => return true,
    };
    places.iter().any(|place| place.exists())
}

/// A login, or the start of the computer, is set to start Ollama, as far as files say: a unit alone is not enough.
/// Nothing is said of Windows, where its app has a switch of its own. Blocking.
#[must_use]
pub fn is_enabled(surroundings: &Surroundings) -> bool {
    match surroundings.os {
        Os::Linux => {
            let units = units(surroundings);
            let own =
                units.join("ollama.service").exists() && WANTS.iter().any(|name| units.join(name).exists());
            own || SYSTEM_WANTS.iter().any(|place| Path::new(place).exists())
        }
        Os::MacOs => is_set(surroundings),
        Os::Windows => false,
    }
}

/// Plans it for the Ollama that Pincer started. Writes nothing. Blocking.
///
/// # Errors
/// `start.not-installed`, `file.failed`; `start.login-taken` where a file of that name is there.
pub fn prepare(computer: &Computer) -> Result<Prepared, Error> {
    let surroundings = &computer.surroundings;
    let address = computer.effective().0;
    let address = if address.is_loopback() { address } else { Address::default() };
    let program = program::find(surroundings)
        .or_else(|| Own::at(&computer.folders, &address).map(|own| own.process.program))
        .ok_or_else(|| Error::from(ErrorCode::StartNotInstalled {}))?;
    let (mut edits, mut diffs, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (path, text) in files(surroundings, &program, &address) {
        if read_bounded(&path)?.is_some() {
            return Err(ErrorCode::StartLoginTaken { path: path.display().to_string() }.into());
        }
        diffs.push(FileDiff { path: path.display().to_string(), diff: all_new(&path, &text) });
        changes.push(Change {
            path: path.display().to_string(),
            before: None,
            after: Some(text.clone().into()),
        });
        edits.push(FileEdit::new(path, None, Some(text.into_bytes())));
    }
    let preview = Preview {
        plan: String::new(),
        file: edits.first().map(|edit| edit.path.display().to_string()).unwrap_or_default(),
        changed: !edits.is_empty(),
        files: diffs,
        // OpenClaw's settings stay as they are: nothing is said of them.
        mode: Mode::Off,
        dialect: String::new(),
        openclaw_version: None,
        warnings: Vec::new(),
        changes,
        effects: Vec::new(),
        primary: None,
        fallbacks: Vec::new(),
    };
    Ok(Prepared { preview, plan: Plan { kind: ReceiptKind::StartAtLogin {}, edits, starts: None } })
}

/// A new file as a unified diff. Nothing is masked: every word of it is Pincer's, or a path.
fn all_new(path: &Path, text: &str) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let lines: String = text.lines().map(|line| format!("+{line}\n")).collect();
    format!("--- {name}\n+++ {name}\n@@ -0,0 +1,{} @@\n{lines}", text.lines().count())
}

/// The user's units (systemd.unit(5): `$XDG_CONFIG_HOME/systemd/user`).
fn units(surroundings: &Surroundings) -> PathBuf {
    let config = surroundings.environment.get("XDG_CONFIG_HOME").filter(|value| value.starts_with('/'));
    config.map_or_else(|| surroundings.home.join(".config"), PathBuf::from).join("systemd/user")
}

fn agents(surroundings: &Surroundings) -> PathBuf {
    surroundings.home.join("Library/LaunchAgents")
}

/// A word in a unit (systemd.syntax(7)): in quotes, with specifiers taken literally.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::surroundings::Environment;

    #[test]
    fn every_system_has_its_own_files() {
        let here = |os, pairs: &[(&str, &str)]| {
            Surroundings::new(os, Environment::new(pairs.iter().copied()), "/home/me", SystemTime::now)
        };
        let address = Address::default();
        let linux = files(
            &here(Os::Linux, &[("OLLAMA_MODELS", "/my \"big\" 100%")]),
            Path::new("/opt/my $tools/ollama"),
            &address,
        );
        let unit = "# Written by Pincer: starts Ollama when you log in.\n[Unit]\nDescription=Ollama\n\n[Service]\n\
            ExecStart=\"/opt/my $$tools/ollama\" serve\nEnvironment=\"OLLAMA_HOST=127.0.0.1:11434\"\n\
            Environment=\"OLLAMA_MODELS=/my \\\"big\\\" 100%%\"\nRestart=on-failure\nRestartSec=3\n";
        assert_eq!(linux.len(), 2);
        assert_eq!(
            linux.first(),
            Some(&("/home/me/.config/systemd/user/ollama.service".into(), unit.to_owned()))
        );
        let (wants, text) = linux.last().unwrap();
        assert_eq!(wants, Path::new("/home/me/.config/systemd/user/default.target.d/ollama.conf"));
        assert!(text.ends_with("[Unit]\nWants=ollama.service\n"));
        let wide = here(Os::Linux, &[("OLLAMA_HOST", "0.0.0.0:11434")]);
        let (_, text) = files(&wide, Path::new("/bin/ollama"), &address).swap_remove(0);
        assert!(text.contains("Environment=\"OLLAMA_HOST=0.0.0.0:11434\""), "{text}");
        let elsewhere = here(Os::Linux, &[("XDG_CONFIG_HOME", "/c")]);
        let linux = files(&elsewhere, Path::new("/bin/ollama"), &address);
        assert_eq!(linux.first().unwrap().0, Path::new("/c/systemd/user/ollama.service"));
        let mac = files(&here(Os::MacOs, &[]), Path::new("/a & b/ollama"), &Address::loopback(11500));
        let (path, text) = mac.first().unwrap();
        assert_eq!(path, Path::new("/home/me/Library/LaunchAgents/dev.pincer.ollama.plist"));
        assert!(text.contains("<string>/a &amp; b/ollama</string>\n    <string>serve</string>"), "{text}");
        assert!(text.contains("<key>OLLAMA_HOST</key><string>127.0.0.1:11500</string>"), "{text}");
        let windows = here(Os::Windows, &[]);
        assert!(files(&windows, Path::new("o.exe"), &address).is_empty() && is_set(&windows));
    }
}
