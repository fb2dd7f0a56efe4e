//! The end of Ollama's own log: where it is on each system, and what its known lines mean (read in Ollama 0.32).
//! Only the last run counts: one that said where it listens had its folders.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::service::Service;
use crate::{
    folders::Folders,
    machine::{command, os::Os},
    openclaw::secrets,
    surroundings::Surroundings,
};

/// So much of the end of a log is read, in bytes: hundreds of lines.
const TAIL: usize = 64 << 10;
/// A journal is indexed; a slow disk gets its time.
const JOURNALCTL: Duration = Duration::from_secs(2);
/// Lines of a journal.
const LINES: u32 = 200;
/// A line is shown up to here, in characters.
const SHOWN: usize = 240;

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The file, or the command that printed it.
    pub place: String,
    /// Its last lines, whole ones, at most 64 KiB.
    pub text: String,
    /// How long ago it was last written; unknown for a journal.
    pub age: Option<Duration>,
}

/// Why Ollama's last run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// It may not make or enter a folder of its models.
    FolderForbidden {
        /// The folder.
        folder: String,
    },
    /// The place of a folder of its models is not there.
    FolderMissing {
        /// The folder.
        folder: String,
    },
    /// Its port was taken.
    AddressInUse {},
}

/// How a failed `mkdir` ends, on each system; `true`: forbidden, `false`: its place is missing.
const MKDIR: &[(&str, bool)] = &[
    (": permission denied", true),
    (": Access is denied", true),
    (": operation not permitted", true),
    (": no such file or directory", false),
    (": not a directory", false),
    (": The system cannot find the path specified", false),
    (": The system cannot find the drive specified", false),
];
/// How Go's programs begin the last line before their end.
const OWN_ERRORS: [&str; 4] = ["Error:", "panic:", "fatal error:", "runtime: "];
/// How systemd's own lines in the unit's journal begin.
const UNIT: &str = "ollama.service: ";
/// What systemd says in the journal of a unit that it cannot start (systemd 245 to 257).
const NOT_STARTED: &[&str] = &[
    "Failed at step ",
    "Unable to locate executable ",
    "Failed to determine user credentials",
    "Failed to load environment files",
    "killed by the OOM killer",
];
/// What systemd says of every process that ended badly.
const ENDED: &[&str] = &["rocess exited, code="];
/// What a port that is taken says.
const IN_USE: [&str; 2] = ["bind: address already in use", "Only one usage of each socket address"];

impl Log {
    /// What ended the last run, with its line.
    #[must_use]
    pub fn sign(&self) -> Option<(Sign, String)> {
        let signed = |line: &str| Some((sign(line)?, shown(line)));
        last_run(&self.text).lines().rev().find_map(signed)
    }

    /// Why the last run ended, in one line: what a program prints when it ends (`Error: ...`), or what systemd says
    /// of one that it could not start; else how it ended, by systemd's word.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        let lines = || last_run(&self.text).lines().rev().map(str::trim);
        let of_systemd = |words: &'static [&str]| {
            move |line: &&str| line.starts_with(UNIT) && words.iter().any(|part| line.contains(part))
        };
        let own = |line: &&str| OWN_ERRORS.iter().any(|start| line.starts_with(start));
        let cause = lines().find(|line| own(line) || of_systemd(NOT_STARTED)(line));
        let line = cause.or_else(|| lines().find(of_systemd(ENDED)))?;
        // In systemd's own words "credentials" are no secret.
        Some(if own(&line) { shown(line) } else { line.chars().take(SHOWN).collect() })
    }

    /// The last lines, oldest first.
    #[must_use]
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let lines = self.text.lines().filter(|line| !line.trim().is_empty());
        let mut last: Vec<String> = lines.rev().take(count).map(shown).collect();
        last.reverse();
        last
    }

    /// The last lines as they are, in one text.
    #[must_use]
    pub fn end(&self, count: usize) -> String {
        let lines: Vec<&str> = self.text.trim_end().lines().collect();
        lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
    }

    /// Takes out what is known to be a secret, wherever it stands.
    pub fn hide(&mut self, secrets: &[String]) {
        for secret in secrets {
            self.text = self.text.replace(secret, "***");
        }
    }

    /// A variable as the last run that got so far had it: the server prints its whole environment first.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let line = self.text.lines().rev().find(|line| line.contains("msg=\"server config\""))?;
        let (_, map) = line.split_once("env=\"map[")?;
        let map = map.trim_end().strip_suffix('"')?.strip_suffix(']')?;
        let variables = variables(map);
        let (_, value) = variables.into_iter().find(|(known, _)| known == name)?;
        Some(value).filter(|value| !value.is_empty())
    }
}

/// The end of the log of this computer's Ollama: the journal where a service runs it, else the newest file.
pub async fn read(surroundings: &Surroundings, folders: &Folders, service: Option<&Service>) -> Option<Log> {
    if let Some(service) = service.filter(|service| service.loaded) {
        return journal(surroundings, service).await;
    }
    let (files, now) = (files(surroundings, folders), surroundings.now());
    tokio::task::spawn_blocking(move || newest(&files, now)).await.ok().flatten()
}

async fn journal(surroundings: &Surroundings, service: &Service) -> Option<Log> {
    let journalctl = command::on_path(surroundings, "journalctl")?;
    let mut words = service.journal(LINES);
    words.extend(["-o", "cat"].map(str::to_owned));
    let arguments = words.get(1..).unwrap_or_default();
    let output = command::output_end(surroundings, &journalctl, arguments, JOURNALCTL).await.ok()?;
    let place = words.join(" ");
    (output.success && !output.stdout.trim().is_empty()).then(|| Log {
        place,
        text: end_of(&output.stdout),
        age: None,
    })
}

/// The files that Ollama's apps, and Pincer for an Ollama that it started, write.
fn files(surroundings: &Surroundings, folders: &Folders) -> Vec<PathBuf> {
    let home = &surroundings.home;
    let apps = match surroundings.os {
        Os::Linux => None,
        Os::MacOs => Some(home.join(".ollama").join("logs").join("server.log")),
        Os::Windows => {
            let local = surroundings.environment.get("LOCALAPPDATA").map(PathBuf::from);
            let local = local.unwrap_or_else(|| home.join("AppData").join("Local"));
            Some(local.join("Ollama").join("server.log"))
        }
    };
    apps.into_iter().chain([folders.ollama_log()]).collect()
}

fn newest(files: &[PathBuf], now: SystemTime) -> Option<Log> {
    let written = |file: &&PathBuf| file.metadata().and_then(|found| found.modified()).ok();
    let file = files.iter().filter(|file| file.is_file()).max_by_key(written)?;
    let text = tail(file).ok().filter(|text| !text.trim().is_empty())?;
    let age = written(&file).map(|written| now.duration_since(written).unwrap_or_default());
    Some(Log { place: file.display().to_string(), text, age })
}

fn tail(file: &Path) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    // One byte more than is kept shows whether a line is cut.
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL as u64 + 1)))?;
    let mut bytes = Vec::new();
    file.take(TAIL as u64 + 1).read_to_end(&mut bytes)?;
    Ok(end_of(&String::from_utf8_lossy(&bytes)))
}

/// The last whole lines: half a secret would not be known as one.
fn end_of(text: &str) -> String {
    let start = text.len().saturating_sub(TAIL);
    let end = text.get(text.ceil_char_boundary(start)..).unwrap_or_default();
    let whole = if start == 0 { end } else { end.split_once('\n').map_or("", |(_, rest)| rest) };
    whole.to_owned()
}

/// What came after the server last said where it listens.
fn last_run(text: &str) -> &str {
    let after = text.rfind("msg=\"Listening on ").and_then(|at| text.get(at..));
    after.map_or(text, |rest| rest.split_once('\n').map_or("", |(_, rest)| rest))
}

fn sign(line: &str) -> Option<Sign> {
    if IN_USE.iter().any(|words| line.contains(words)) {
        return Some(Sign::AddressInUse {});
    }
    let (_, made) = line.split_once("mkdir ")?;
    let (folder, forbidden) =
        MKDIR.iter().find_map(|(end, forbidden)| Some((made.split_once(end)?.0, *forbidden)))?;
    // What is made first is the folder of the layers, inside the one that people know.
    let folder = folder.strip_suffix("/blobs").or_else(|| folder.strip_suffix("\\blobs")).unwrap_or(folder);
    let folder = folder.to_owned();
    (!folder.is_empty()).then_some(if forbidden {
        Sign::FolderForbidden { folder }
    } else {
        Sign::FolderMissing { folder }
    })
}

/// The variables of Go's `map[NAME:value NAME:value]`, in whose values spaces and colons may stand.
fn variables(map: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for word in map.split(' ') {
        match word.split_once(':').filter(|(name, _)| is_variable(name)) {
            Some((name, value)) => all.push((name.to_owned(), value.to_owned())),
            None => {
                if let Some((_, value)) = all.last_mut() {
                    value.push(' ');
                    value.push_str(word);
                }
            }
        }
    }
    // The line is a quoted text.
    all.into_iter().map(|(name, value)| (name, value.replace("\\\\", "\\").replace("\\\"", "\""))).collect()
}

fn is_variable(name: &str) -> bool {
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.contains('_') && (name.chars().all(upper) || name.ends_with("_proxy"))
}

/// A line as it is evidence: without what its form says to be a secret.
fn shown(line: &str) -> String {
    secrets::masked_words(line.trim()).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::surroundings::Environment;

    fn log(text: &str) -> Log {
        Log { place: "here".into(), text: text.into(), age: None }
    }

    const CONFIG: &str = "time=2026-11-20T10:00:00.000+01:00 level=INFO source=routes.go:1259 msg=\"server config\" \
        env=\"map[CUDA_VISIBLE_DEVICES: HTTP_PROXY: OLLAMA_DEBUG:INFO OLLAMA_HOST:http://0.0.0.0:8080 \
        OLLAMA_MODELS:/mnt/my disk/models OLLAMA_ORIGINS:[http://localhost https://localhost:*] http_proxy: no_proxy:]\"";
    const LISTENS: &str =
        "time=... level=INFO source=routes.go:1312 msg=\"Listening on [::]:11434 (version 0.32.15)\"";

    #[test]
    fn known_lines_have_a_meaning() {
        let forbidden = |folder: &str| Some(Sign::FolderForbidden { folder: folder.into() });
        let missing = |folder: &str| Some(Sign::FolderMissing { folder: folder.into() });
        for (line, expected) in [
            (
                "Error: mkdir /mnt/big/models/blobs: permission denied: ensure path elements are traversable",
                forbidden("/mnt/big/models"),
            ),
            (
                "Error: could not create directory mkdir /usr/share/ollama: permission denied",
                forbidden("/usr/share/ollama"),
            ),
            ("Error: mkdir /mnt/gone: no such file or directory", missing("/mnt/gone")),
            (
                "Error: mkdir E:\\models\\blobs: The system cannot find the path specified.: ensure path elements are traversable",
                missing("E:\\models"),
            ),
            ("Error: listen tcp 127.0.0.1:11434: bind: address already in use", Some(Sign::AddressInUse {})),
            (
                "Error: listen tcp 127.0.0.1:11434: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.",
                Some(Sign::AddressInUse {}),
            ),
            ("Error: open /mnt/x/blobs/sha256-1: permission denied", None),
            ("mkdir : permission denied", None),
            ("[GIN] 2026/11/20 - 10:00:00 | 200 | 1ms | 127.0.0.1 | GET \"/\"", None),
        ] {
            assert_eq!(sign(line), expected, "{line}");
        }
    }

    #[test]
    fn only_the_last_run_counts() {
        let error = "Error: mkdir /m/blobs: permission denied: ensure path elements are traversable";
        let found = log(&format!("{LISTENS}\nstopped\n{CONFIG}\n{error}\n"));
        assert_eq!(found.sign().unwrap().1, error);
        assert_eq!(found.last_error().as_deref(), Some(error));
        let mended = log(&format!("{error}\n{CONFIG}\n{LISTENS}\n[GIN] 200\n"));
        assert_eq!((mended.sign(), mended.last_error()), (None, None));
        assert_eq!(log(LISTENS).last_error(), None);
        assert_eq!(log("a\n\nb\nc\n").last_lines(2), ["b", "c"]);
    }

    #[test]
    fn systemds_own_word_is_a_reason_too() {
        let end = "ollama.service: Main process exited, code=exited, status=203/EXEC\n\
             ollama.service: Failed with result 'exit-code'.\nollama.service: Scheduled restart job, restart counter is at 9.";
        let exec =
            "ollama.service: Failed at step EXEC spawning /usr/local/bin/ollama: No such file or directory";
        let absent =
            "ollama.service: Unable to locate executable '/usr/local/bin/ollama': No such file or directory";
        let user = "ollama.service: Failed to determine user credentials: No such process";
        for step in [exec, absent, user, "Error: something of its own"] {
            assert_eq!(log(&format!("{step}\n{end}\n")).last_error().as_deref(), Some(step));
        }
        // Without a step, how it ended is what is known.
        let killed = "ollama.service: Main process exited, code=killed, status=9/KILL";
        let log =
            log(&format!("{LISTENS}\n[GIN] 200\n{killed}\nollama.service: Failed with result 'signal'.\n"));
        assert_eq!(log.last_error().as_deref(), Some(killed));
    }

    #[test]
    fn the_environment_of_the_last_run_is_read() {
        let found = log(&format!("{}\n{CONFIG}\n{LISTENS}\n", CONFIG.replace("8080", "9999")));
        assert_eq!(found.variable("OLLAMA_HOST").as_deref(), Some("http://0.0.0.0:8080"));
        assert_eq!(found.variable("OLLAMA_MODELS").as_deref(), Some("/mnt/my disk/models"));
        assert_eq!(
            found.variable("OLLAMA_ORIGINS").as_deref(),
            Some("[http://localhost https://localhost:*]")
        );
        assert_eq!(found.variable("HTTP_PROXY"), None);
        let windows = CONFIG.replace("/mnt/my disk/models", "C:\\\\Users\\\\me\\\\.ollama\\\\models");
        assert_eq!(
            log(&windows).variable("OLLAMA_MODELS").as_deref(),
            Some("C:\\Users\\me\\.ollama\\models")
        );
        assert_eq!(log("nothing\n").variable("OLLAMA_HOST"), None);
    }

    #[test]
    fn every_system_has_its_files() {
        let on = |os, environment: &[(&str, &str)]| {
            let environment = Environment::new(environment.iter().copied());
            let folders = Folders::locate(os, &environment, Path::new("/home/me"));
            let surroundings = Surroundings::new(os, environment, "/home/me", || UNIX_EPOCH);
            (files(&surroundings, &folders), folders.ollama_log())
        };
        let (linux, own) = on(Os::Linux, &[]);
        assert_eq!(linux, [own]);
        let (mac, own) = on(Os::MacOs, &[]);
        assert_eq!(mac, [PathBuf::from("/home/me/.ollama/logs/server.log"), own]);
        let (windows, own) = on(Os::Windows, &[("LOCALAPPDATA", "/local")]);
        assert_eq!(windows, [PathBuf::from("/local/Ollama/server.log"), own]);
    }

    #[test]
    fn a_long_log_is_read_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.log");
        std::fs::write(&file, format!("{}\nthe end", "é".repeat(TAIL))).unwrap();
        let found = newest(&[folder.path().join("none"), file], SystemTime::now()).unwrap();
        assert!(found.age.is_some());
        assert_eq!(found.text, "the end", "half a line is left out");
        let lines = "a line of it\n".repeat(TAIL);
        assert!(end_of(&lines).len() > TAIL - 20 && end_of(&lines).starts_with("a line"));
        assert_eq!(end_of("short\n"), "short\n");
    }
}
