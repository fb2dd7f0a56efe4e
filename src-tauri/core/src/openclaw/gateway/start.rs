//! Starts OpenClaw's gateway: by its own service where one is installed, else its program, detached.
//! Dropping the future gives up, and ends what was started here; a service is left to its system.
//!
//! Measured on 2026.9.6: `gateway run` listens after 6 to 25 s; `gateway status --json` (3 s) tells of the service;
//! in a container it binds to all addresses and then refuses to start without a token, unless told to bind to loopback.

use std::{path::Path, process::Stdio, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::{Gateway, look};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::{command, group::Group, log_file::LogFile, port_owner::port_owner},
    ollama::address::Address,
    openclaw::{
        lock::Lock,
        node, program,
        settings::{LOCAL, Settings},
    },
    surroundings::Surroundings,
};

/// A start takes 6 to 25 s here; four times as long on a slow computer that reads Node's files for the first time.
pub const LIMIT: Duration = Duration::from_secs(120);
/// `gateway status` takes 3 s.
const ASK: Duration = Duration::from_secs(30);
/// A service's own command returns when it runs.
const SERVICE: Duration = Duration::from_secs(90);
/// Between two looks while it starts. The port has no event to wait for.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What a start is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum StartPhase {
    /// OpenClaw is asked whether it has a service.
    Asking,
    /// Its program was started, and does not answer yet.
    Starting,
    /// Its service was started, and does not answer yet.
    StartingService,
    /// The user stopped it.
    Cancelled,
    /// It failed.
    Failed,
    /// It answers.
    Done,
}

/// A start as the window follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct StartState {
    /// What it is doing.
    pub phase: StartPhase,
    /// Since when, in milliseconds since 1970 (UTC).
    pub since: u64,
    /// Why it failed.
    pub failure: Option<Error>,
}

/// What the settings say of the gateway.
pub(crate) fn told(computer: &Computer) -> Settings {
    // A file that cannot be read says nothing.
    let configuration = computer.configuration().ok().flatten();
    configuration.map(|all| Settings::of(all.value())).unwrap_or_default()
}

/// Starts the gateway of this computer's OpenClaw and waits until it answers.
///
/// # Errors
/// `gateway.*` codes; the end of its log is in `detail`.
pub async fn start(computer: &Computer, mut tell: impl FnMut(StartPhase)) -> Result<(), Error> {
    tell(StartPhase::Asking);
    let asked = {
        let computer = computer.clone();
        tokio::task::spawn_blocking(move || (told(&computer), program::find(&computer.surroundings)))
    };
    let (told, found) = asked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
    let port = told.gateway();
    let found = found.ok_or_else(|| Error::from(ErrorCode::GatewayNoProgram {}))?;
    if told.gateway_mode.as_deref().is_some_and(|mode| mode != LOCAL) {
        return Err(ErrorCode::GatewayRemote {}.into());
    }
    match look(port).await {
        Gateway::Answers => return Ok(()),
        // It may be one that is just starting; a second one could not listen.
        Gateway::Silent => {
            let now = computer.surroundings.now();
            let owner = tokio::task::spawn_blocking(move || port_owner(&Address::loopback(port), now))
                .await
                .ok()
                .flatten();
            if super::is_other(port, owner.as_ref()).await {
                return Err(ErrorCode::GatewayPortTaken { port }.into());
            }
            tell(StartPhase::Starting);
            return until_it_answers(port).await.map_err(|_| ErrorCode::GatewayPortTaken { port }.into());
        }
        Gateway::None => {}
    }
    let Some(_lock) = turn_to_start(computer, port).await? else { return Ok(()) };
    let led = node::lead(computer, &found).await;
    if has_service(&led, &found.path).await {
        tell(StartPhase::StartingService);
        by_service(&led, &found.path).await?;
        return until_it_answers(port).await;
    }
    tell(StartPhase::Starting);
    let mut command = command::command(&led, &found.path, &arguments(&told));
    detached(computer, &mut command, &told, port).await
}

/// One Pincer at a time starts it. `None`: it answers, by another's start.
async fn turn_to_start(computer: &Computer, port: u16) -> Result<Option<Lock>, Error> {
    computer.folders.create()?;
    let path = computer.folders.gateway_start_lock();
    let turn = async {
        loop {
            let lock = Lock::attempt(&path)?;
            if look(port).await == Gateway::Answers {
                return Ok(None);
            }
            if lock.is_some() {
                return Ok(lock);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(LIMIT, turn).await.map_err(|_| slow())?
}

/// Whether OpenClaw's own service is installed, by its own word. One that cannot be asked has none.
async fn has_service(surroundings: &Surroundings, program: &Path) -> bool {
    let arguments = ["gateway", "status", "--json", "--no-probe"];
    let said = command::output(surroundings, program, &arguments, ASK).await;
    said.is_ok_and(|output| tells_of_service(&output.stdout))
}

fn tells_of_service(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Status {
        service: Service,
    }
    #[derive(Deserialize)]
    struct Service {
        #[serde(default)]
        loaded: bool,
        #[serde(default)]
        command: Option<serde_json::Value>,
    }
    let status: Option<Status> = super::turn::document(text);
    status.is_some_and(|status| status.service.loaded || status.service.command.is_some())
}

async fn by_service(surroundings: &Surroundings, program: &Path) -> Result<(), Error> {
    let failed = |detail: &str| {
        Error::new(ErrorCode::GatewayFailed { command: "openclaw gateway start".into() }, detail.trim())
    };
    match command::output(surroundings, program, &["gateway", "start"], SERVICE).await {
        Ok(output) if output.success => Ok(()),
        Ok(output) => Err(failed(&format!("{}\n{}", output.stdout.trim(), output.stderr.trim()))),
        Err(error) => Err(failed(&error.to_string())),
    }
}

/// What its program is called with: on this computer alone, unless its settings say where it listens.
fn arguments(told: &Settings) -> Vec<&'static str> {
    let mut arguments = vec!["gateway", "run"];
    if told.gateway_bind.is_none() {
        arguments.extend(["--bind", "loopback"]);
    }
    arguments
}

/// Runs the program in a process group of its own, its words in our log file, and lets it go once it answers.
async fn detached(
    computer: &Computer,
    command: &mut Command,
    told: &Settings,
    port: u16,
) -> Result<(), Error> {
    let shown = format!("openclaw {}", arguments(told).join(" "));
    let failed = |detail: String| Error::new(ErrorCode::GatewayFailed { command: shown.clone() }, detail);
    computer.folders.create()?;
    // A gateway that lives may still write there.
    let log = LogFile::open(&computer.folders.gateway_log())?;
    command.current_dir(&computer.surroundings.home).stdin(Stdio::null());
    command.stdout(log.handle()?).stderr(log.handle()?);
    let mut group = Group::spawn(command).map_err(|error| failed(error.to_string()))?;
    tokio::select! {
        answered = until_it_answers(port) => {
            // One that is too slow for us is not left behind half-started: dropping asks it to end.
            answered?;
            group.let_go();
            Ok(())
        }
        ended = group.wait() => {
            // It writes them and ends, so they are there.
            let said = tokio::task::spawn_blocking(move || log.last_words()).await.unwrap_or_default();
            // It may have handed over to a process of its own, or another start was quicker and is not there yet.
            let handed_over = ended.as_ref().is_ok_and(std::process::ExitStatus::success);
            let another = is_another(&said) || look(port).await.is_there();
            if (handed_over || another) && until_it_answers(port).await.is_ok() {
                return Ok(());
            }
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(failed(format!("{status}\n{said}")))
        }
    }
}

async fn until_it_answers(port: u16) -> Result<(), Error> {
    let answers = async {
        while look(port).await != Gateway::Answers {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(LIMIT, answers).await.map_err(|_| slow())
}

fn slow() -> Error {
    ErrorCode::GatewaySlow { seconds: LIMIT.as_secs() }.into()
}

/// It gave way to a gateway that runs or starts, by its own words (2026.9.6; as a service it exits with 78, as it does
/// for settings that it refuses, so the status does not tell).
fn is_another(said: &str) -> bool {
    ["gateway already running", "another gateway instance", "failed to acquire gateway"]
        .iter()
        .any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_one_that_is_loaded_or_has_a_command() {
        for (text, has) in [
            (r#"{"service":{"loaded":false,"command":null}}"#, false),
            (r#"{"service":{"loaded":true,"command":null}}"#, true),
            (r#"noise {"service":{"loaded":false,"command":{"programArguments":["node"]}}}"#, true),
            (r#"{"service":{}}"#, false),
            ("error: unknown command", false),
            ("", false),
        ] {
            assert_eq!(tells_of_service(text), has, "{text}");
        }
    }

    #[test]
    fn it_is_bound_to_this_computer_unless_the_settings_say_otherwise() {
        assert_eq!(arguments(&Settings::default()), ["gateway", "run", "--bind", "loopback"]);
        let lan = Settings { gateway_bind: Some("lan".into()), ..Settings::default() };
        assert_eq!(arguments(&lan), ["gateway", "run"]);
    }
}
