//! Starts Ollama: by its service where there is one, else its program, detached.
//! Per-system commands are data; on macOS and Windows they are tested as such only.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use super::{
    address::Address,
    client::{Client, Limits},
    program, service,
};
use crate::{
    error::{Error, ErrorCode},
    folders::{self, Folders},
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// A start looks for graphics cards first, up to 30 s (measured); then something is wrong.
const START: Duration = Duration::from_secs(45);
/// `systemctl start` returns when the program runs; a password box waits for a person.
const SERVICE: Duration = Duration::from_secs(120);
/// Between two looks while it starts. The port has no event to wait for.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// The end of the log that goes with a failure.
const LOG_TAIL: usize = 2000;

/// How Ollama is started on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Ask the system; the command returns by itself.
    Ask(Vec<String>),
    /// Run the program and leave it running.
    Leave(Vec<String>),
}

/// How to start Ollama, as a pure rule.
#[must_use]
pub fn how(os: Os, program: Option<&Path>, service: bool, root: bool) -> Option<Start> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if os == Os::Linux && service {
        let start = words(&["systemctl", "start", "ollama"]);
        return Some(Start::Ask(if root { start } else { [words(&["pkexec"]), start].concat() }));
    }
    let program = program?;
    let text = program.display().to_string();
    Some(match os {
        Os::MacOs => match text.find(".app/") {
            Some(end) => {
                let bundle = text.get(..end + 4).unwrap_or(&text);
                Start::Ask(words(&["/usr/bin/open", "-j", "-a", bundle, "--args", "--fast-startup"]))
            }
            None => Start::Leave(words(&[&text, "serve"])),
        },
        Os::Windows => {
            let app = program.with_file_name("ollama app.exe").display().to_string();
            Start::Leave(words(&[&app, "--hide", "--fast-startup"]))
        }
        Os::Linux => Start::Leave(words(&[&text, "serve"])),
    })
}

/// Starts Ollama so that it answers at `address`, and waits until it does.
///
/// # Errors
/// `start.*` codes; the end of its log is in `detail`.
pub async fn start(surroundings: &Surroundings, folders: &Folders, address: &Address) -> Result<(), Error> {
    if !address.is_loopback() {
        return Err(ErrorCode::StartRemote { url: address.to_string() }.into());
    }
    let client = Client::new(address, &surroundings.environment, Limits::default())?;
    match client.version().await {
        Ok(_) => return Ok(()),
        Err(Error { code: ErrorCode::OllamaRefused { .. }, .. }) => {}
        // It may be an Ollama that is waking up: a second one could not listen.
        Err(Error { code: ErrorCode::OllamaSilent { .. } | ErrorCode::OllamaCutOff { .. }, .. }) => {
            return until_it_answers(&client).await;
        }
        // Another program has its place.
        Err(error) => return Err(error),
    }
    let service = service::look(surroundings).await.is_some_and(|service| service.loaded);
    let found = program::find(surroundings);
    let start = how(surroundings.os, found.as_deref(), service, is_root())
        .ok_or_else(|| Error::from(ErrorCode::StartNotInstalled {}))?;
    match start {
        Start::Ask(words) => {
            ask(surroundings, &words).await?;
            until_it_answers(&client).await
        }
        Start::Leave(words) => leave(surroundings, folders, address, &client, &words).await,
    }
}

/// Starts Ollama's program at `address` although its service or another program has the usual place.
///
/// # Errors
/// `start.*` codes.
pub async fn start_at(
    surroundings: &Surroundings,
    folders: &Folders,
    address: &Address,
) -> Result<(), Error> {
    let client = Client::new(address, &surroundings.environment, Limits::default())?;
    let found = program::find(surroundings).ok_or_else(|| Error::from(ErrorCode::StartNotInstalled {}))?;
    let words = [found.display().to_string(), "serve".to_owned()];
    leave(surroundings, folders, address, &client, &words).await
}

async fn ask(surroundings: &Surroundings, words: &[String]) -> Result<(), Error> {
    let failed = |detail: String| Error::new(ErrorCode::StartFailed { command: words.join(" ") }, detail);
    let (program, arguments) = words.split_first().ok_or_else(|| failed("empty command".into()))?;
    let program = command::on_path(surroundings, program).unwrap_or_else(|| PathBuf::from(program));
    match command::output(surroundings, &program, arguments, SERVICE).await {
        Ok(output) if output.success => Ok(()),
        Ok(output) => Err(failed(output.stderr.trim().to_owned())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Runs the program in a process group of its own, so that it outlives this one, its words in our log file.
async fn leave(
    surroundings: &Surroundings,
    folders: &Folders,
    address: &Address,
    client: &Client,
    words: &[String],
) -> Result<(), Error> {
    let shown = words.join(" ");
    let failed = |detail: String| Error::new(ErrorCode::StartFailed { command: shown.clone() }, detail);
    let (program, arguments) = words.split_first().ok_or_else(|| failed("empty command".into()))?;
    let log = folders.ollama_log();
    folders.create()?;
    let (out, err) = open_log(&log).map_err(|error| Error::file(&log, &error))?;
    let mut command = command::command(surroundings, Path::new(program), arguments);
    command.env("OLLAMA_HOST", address.listen_value()).stdin(Stdio::null()).stdout(out).stderr(err);
    detach(&mut command);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    tokio::select! {
        answered = until_it_answers(client) => answered,
        ended = child.wait() => {
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            // It may have ended because another start was quicker.
            if client.version().await.is_ok() {
                return Ok(());
            }
            Err(failed(format!("{status}\n{}", log_tail(&log))))
        }
    }
}

async fn until_it_answers(client: &Client) -> Result<(), Error> {
    let answers = async {
        while client.version().await.is_err() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let slow = || ErrorCode::StartSlow { seconds: START.as_secs() }.into();
    tokio::time::timeout(START, answers).await.map_err(|_| slow())
}

fn open_log(path: &Path) -> std::io::Result<(Stdio, Stdio)> {
    path.parent().map_or(Ok(()), folders::make_private)?;
    let file = std::fs::File::create(path)?;
    Ok((file.try_clone()?.into(), file.into()))
}

fn log_tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let tail = text.get(text.len().saturating_sub(LOG_TAIL)..).unwrap_or_default();
    String::from_utf8_lossy(tail).trim().to_owned()
}

#[cfg(unix)]
fn detach(command: &mut tokio::process::Command) {
    command.process_group(0);
}

#[cfg(windows)]
fn detach(command: &mut tokio::process::Command) {
    /// `DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP`: no console window.
    const FLAGS: u32 = 0x0000_0008 | 0x0000_0200;
    command.creation_flags(FLAGS);
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_starts_it_its_own_way() {
        let ask = |words: &[&str]| Some(Start::Ask(words.iter().map(|word| (*word).to_owned()).collect()));
        let leave =
            |words: &[&str]| Some(Start::Leave(words.iter().map(|word| (*word).to_owned()).collect()));
        let local = Path::new("/usr/local/bin/ollama");
        let bundle = Path::new("/Applications/Ollama.app/Contents/Resources/ollama");
        for (os, program, service, root, expected) in [
            (Os::Linux, Some(local), true, true, ask(&["systemctl", "start", "ollama"])),
            (Os::Linux, None, true, false, ask(&["pkexec", "systemctl", "start", "ollama"])),
            (Os::Linux, Some(local), false, false, leave(&["/usr/local/bin/ollama", "serve"])),
            (Os::Linux, None, false, false, None),
            (
                Os::MacOs,
                Some(bundle),
                false,
                false,
                ask(&["/usr/bin/open", "-j", "-a", "/Applications/Ollama.app", "--args", "--fast-startup"]),
            ),
            (Os::MacOs, Some(local), true, false, leave(&["/usr/local/bin/ollama", "serve"])),
            (
                Os::Windows,
                Some(Path::new("/p/ollama.exe")),
                false,
                false,
                leave(&["/p/ollama app.exe", "--hide", "--fast-startup"]),
            ),
        ] {
            assert_eq!(how(os, program, service, root), expected, "{os:?} {program:?}");
        }
    }
}
