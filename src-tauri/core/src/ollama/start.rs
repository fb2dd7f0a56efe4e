//! Starts Ollama: by its service where there is one, else its program, detached.
//! Per-system commands are data; on macOS and Windows they are tested as such only.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use super::{
    address::Address,
    client::{Client, Limits},
    launch::Launch,
    program,
    service::{self, Order, Rights, Service},
};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    machine::{command, os::Os, port_owner},
    surroundings::Surroundings,
};

/// A start looks for graphics cards first, up to 30 s (measured); then something is wrong.
pub(super) const START: Duration = Duration::from_secs(45);
/// `systemctl start` returns when the program runs; a password box waits for a person.
const SERVICE: Duration = Duration::from_secs(120);
/// Between two looks while it starts. The port has no event to wait for.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// `pkexec`'s exit status when the password box was closed, and when the password or the right was missing
/// (pkexec(1)).
const DISMISSED: i32 = 126;
const NOT_ALLOWED: i32 = 127;

/// What is being done, while it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The system asks for a password.
    Password,
    /// Ollama ends.
    Stopping,
    /// Its program or service is started.
    Starting,
    /// It runs and does not answer yet.
    Waking,
}

/// Is told of every step.
pub type Tell<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// How Ollama is started on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Ask the system; the command returns by itself.
    Ask(Order),
    /// Run the program and leave it running.
    Leave(Vec<String>),
}

/// How to start Ollama, as a pure rule.
#[must_use]
pub fn how(os: Os, program: Option<&Path>, service: Option<&Service>, rights: Rights) -> Option<Start> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if os == Os::Linux
        && let Some(service) = service.filter(|service| service.loaded)
    {
        return Some(Start::Ask(service.order("start", rights)));
    }
    let program = program?;
    let text = program.display().to_string();
    Some(match os {
        Os::MacOs => match text.find(".app/") {
            Some(end) => {
                let bundle = text.get(..end + 4).unwrap_or(&text);
                let words = words(&["/usr/bin/open", "-j", "-a", bundle, "--args", "--fast-startup"]);
                Start::Ask(Order { words, password: false, may_run: true })
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

/// Starts Ollama so that it answers at `address`, and waits until it does. Dropping it stops waiting: what was begun is
/// done to its end, see [`crate::machine::unfinished::finish`].
///
/// # Errors
/// `start.*` codes; the end of its log is in `detail`.
pub async fn start(
    surroundings: &Surroundings,
    folders: &Folders,
    address: &Address,
    tell: Tell<'_>,
) -> Result<(), Error> {
    if !address.is_loopback() {
        return Err(ErrorCode::StartRemote { url: address.to_string() }.into());
    }
    let client = Client::new(address, &surroundings.environment, Limits::default())?;
    let waking = match client.version().await {
        Ok(_) => return Ok(()),
        Err(Error { code: ErrorCode::OllamaRefused { .. }, .. }) => false,
        // It may be an Ollama that is waking up: a second one could not listen.
        Err(Error { code: ErrorCode::OllamaSilent { .. } | ErrorCode::OllamaCutOff { .. }, .. }) => true,
        // Another program has its place.
        Err(error) => return Err(error),
    };
    if waking {
        not_a_stranger(surroundings, address).await?;
        return until_it_answers(&client, tell).await;
    }
    plain(address)?;
    let service = service::look(surroundings).await;
    let found = program::find(surroundings);
    let start = how(surroundings.os, found.as_deref(), service.as_ref(), service::rights(surroundings))
        .ok_or_else(|| Error::from(ErrorCode::StartNotInstalled {}))?;
    match (start, service) {
        (Start::Ask(order), Some(service)) => by_service(surroundings, &service, &order, &client, tell).await,
        (Start::Ask(order), None) => {
            ask(surroundings, &order, tell).await?;
            until_it_answers(&client, tell).await
        }
        (Start::Leave(words), _) => Launch::new(surroundings, folders, address, words).run(tell).await,
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
    tell: Tell<'_>,
) -> Result<(), Error> {
    Launch::new(surroundings, folders, address, by_hand(surroundings)?).run(tell).await
}

/// The command that serves, wherever a service may have the usual place.
pub(super) fn by_hand(surroundings: &Surroundings) -> Result<Vec<String>, Error> {
    let found = program::find(surroundings).ok_or_else(|| Error::from(ErrorCode::StartNotInstalled {}))?;
    Ok(vec![found.display().to_string(), "serve".to_owned()])
}

/// Ollama listens in plain HTTP: nothing that is started here would answer in TLS.
pub(super) fn plain(address: &Address) -> Result<(), Error> {
    if address.is_https() {
        return Err(ErrorCode::StartEncrypted { url: address.to_string() }.into());
    }
    Ok(())
}

/// A program that has Ollama's port and is not Ollama will never answer as one: said at once, where it can be seen.
async fn not_a_stranger(surroundings: &Surroundings, address: &Address) -> Result<(), Error> {
    let (port, now) = (address.port(), surroundings.now());
    let asked = address.clone();
    let owner = tokio::task::spawn_blocking(move || port_owner::port_owner(&asked, now)).await;
    let owner = owner.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
    match owner.filter(|owner| !owner.is_ollama()).and_then(|owner| owner.name) {
        Some(program) => Err(ErrorCode::StartPortTaken { port, program }.into()),
        None => Ok(()),
    }
}

/// Gives an order to the service and waits until it answers where it was asked to, or where its unit says.
pub(super) async fn by_service(
    surroundings: &Surroundings,
    service: &Service,
    order: &Order,
    client: &Client,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let told = service.variable("OLLAMA_HOST").and_then(Address::from_ollama_host);
    let own = told.clone().unwrap_or_default();
    let asked = client.address();
    let elsewhere = if own.port() == asked.port() && own.is_loopback() {
        None
    } else {
        let client = Client::new(&own, &surroundings.environment, Limits::default())?;
        // What answers there already need not be the service, unless the unit says so.
        (told.is_some() || client.version().await.is_err()).then_some(client)
    };
    let moved = || ErrorCode::StartElsewhere { url: asked.to_string(), serves: own.to_string() }.into();
    ask(surroundings, order, tell).await?;
    tokio::select! {
        // Both may be true: then it answers as asked.
        biased;
        answered = until_it_answers(client, tell) => answered,
        answered = until_elsewhere(elsewhere.as_ref(), client) => answered.and_then(|()| Err(moved())),
    }
}

async fn until_elsewhere(elsewhere: Option<&Client>, asked: &Client) -> Result<(), Error> {
    let Some(elsewhere) = elsewhere else { return std::future::pending().await };
    until_it_answers(elsewhere, &|_| {}).await?;
    // Looked at last, so that an answer there never hides one here.
    if asked.version().await.is_ok() { std::future::pending().await } else { Ok(()) }
}

/// Gives an order to the system and waits until it is carried out.
pub(super) async fn ask(surroundings: &Surroundings, order: &Order, tell: Tell<'_>) -> Result<(), Error> {
    let command = order.words.join(" ");
    if !order.may_run {
        return Err(ErrorCode::StartNeedsAdministrator { command }.into());
    }
    tell(if order.password { Step::Password } else { Step::Starting });
    let failed = |detail: String| Error::new(ErrorCode::StartFailed { command: command.clone() }, detail);
    let (program, arguments) = order.words.split_first().ok_or_else(|| failed("empty command".into()))?;
    let program = command::on_path(surroundings, program).unwrap_or_else(|| PathBuf::from(program));
    let output = command::output(surroundings, &program, arguments, SERVICE).await;
    let output = output.map_err(|error| failed(error.to_string()))?;
    if output.success {
        return Ok(());
    }
    let detail = output.stderr.trim().to_owned();
    Err(match output.status {
        Some(DISMISSED) if order.password => Error::new(ErrorCode::StartDismissed { command }, detail),
        Some(NOT_ALLOWED) if order.password => Error::new(ErrorCode::StartNotAllowed { command }, detail),
        _ => failed(detail),
    })
}

pub(super) async fn until_it_answers(client: &Client, tell: Tell<'_>) -> Result<(), Error> {
    tell(Step::Waking);
    let answers = async {
        while client.version().await.is_err() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let slow = || ErrorCode::StartSlow { seconds: START.as_secs() }.into();
    tokio::time::timeout(START, answers).await.map_err(|_| slow())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_starts_it_its_own_way() {
        let ask = |words: &[&str], password| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            Some(Start::Ask(Order { words, password, may_run: true }))
        };
        let leave =
            |words: &[&str]| Some(Start::Leave(words.iter().map(|word| (*word).to_owned()).collect()));
        let unit = Service { loaded: true, ..Service::default() };
        let own = Service { scope: service::Scope::User, ..unit.clone() };
        let absent = Service::default();
        let local = Path::new("/usr/local/bin/ollama");
        let bundle = Path::new("/Applications/Ollama.app/Contents/Resources/ollama");
        let opened = ["/usr/bin/open", "-j", "-a", "/Applications/Ollama.app", "--args", "--fast-startup"];
        let (root, password) = (Rights::Root, Rights::Password);
        for (os, program, service, rights, expected) in [
            (Os::Linux, Some(local), Some(&unit), root, ask(&["systemctl", "start", "ollama"], false)),
            (Os::Linux, None, Some(&unit), password, ask(&["pkexec", "systemctl", "start", "ollama"], true)),
            (Os::Linux, None, Some(&own), password, ask(&["systemctl", "--user", "start", "ollama"], false)),
            (Os::Linux, Some(local), Some(&absent), password, leave(&["/usr/local/bin/ollama", "serve"])),
            (Os::Linux, Some(local), None, password, leave(&["/usr/local/bin/ollama", "serve"])),
            (Os::Linux, None, None, password, None),
            (Os::MacOs, Some(bundle), None, password, ask(&opened, false)),
            (Os::MacOs, Some(local), Some(&unit), password, leave(&["/usr/local/bin/ollama", "serve"])),
            (
                Os::Windows,
                Some(Path::new("/p/ollama.exe")),
                None,
                password,
                leave(&["/p/ollama app.exe", "--hide", "--fast-startup"]),
            ),
        ] {
            assert_eq!(how(os, program, service, rights), expected, "{os:?} {program:?} {service:?}");
        }
    }
}
