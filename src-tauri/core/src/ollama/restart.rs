//! Restarts Ollama: by its service, or the process that Pincer itself started; anyone else's is theirs to stop.
//! What a restart takes is a pure rule, so that the judge can offer what will be done.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    address::Address,
    client::{Client, Limits},
    launch::Launch,
    own::Own,
    service::{self, Order, Rights, Service},
    start::{self, Tell},
};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    machine::{
        os::Os,
        port_owner::{self, PortOwner},
    },
    surroundings::Surroundings,
};

/// What a restart takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum RestartWay {
    /// systemd runs it.
    Service,
    /// Pincer started it.
    Own,
    /// Ollama's app on macOS: quit from its menu, and opened again.
    AppMac,
    /// Ollama's app on Windows: quit from its symbol, and opened again.
    AppWindows,
    /// Someone started it: there it is stopped, too.
    ByHand,
}

/// A restart as it can be done here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// What it takes.
    pub way: RestartWay,
    /// Pincer can do it; else it is the user's to do.
    pub acts: bool,
    /// The system asks for a password.
    pub password: bool,
    /// The command that does it, or the last part of it by hand.
    pub command: Option<Vec<String>>,
}

/// What is known of the Ollama that runs.
#[derive(Debug, Clone, Copy)]
pub struct Running<'a> {
    /// The system whose rules hold.
    pub os: Os,
    /// Its unit.
    pub service: Option<&'a Service>,
    /// What this user may do to a service.
    pub rights: Rights,
    /// The process that listens, where it can be seen.
    pub listener: Option<u32>,
    /// The process that Pincer started, where that still runs.
    pub own: Option<u32>,
    /// Its program.
    pub program: Option<&'a Path>,
}

/// How the Ollama that runs is restarted, as a pure rule.
#[must_use]
pub fn how(running: &Running<'_>) -> Restart {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let by_hand = |way, command| Restart { way, acts: false, password: false, command };
    if running.own.is_some() && running.own == running.listener {
        return Restart { way: RestartWay::Own, acts: true, password: false, command: None };
    }
    match running.os {
        Os::Linux => match running.service.filter(|service| service.runs(running.listener)) {
            Some(service) => {
                let Order { words, password, may_run } = service.order("restart", running.rights);
                Restart { way: RestartWay::Service, acts: may_run, password, command: Some(words) }
            }
            None => by_hand(RestartWay::ByHand, words(&["ollama", "serve"])),
        },
        Os::MacOs => {
            let text = running.program.map(|program| program.display().to_string()).unwrap_or_default();
            if text.contains(".app/") {
                by_hand(RestartWay::AppMac, words(&["open", "-a", "Ollama"]))
            } else {
                by_hand(RestartWay::ByHand, words(&["ollama", "serve"]))
            }
        }
        Os::Windows => {
            let app = running.program.map(|program| program.with_file_name("ollama app.exe"));
            by_hand(RestartWay::AppWindows, app.map(|app| vec![app.display().to_string()]))
        }
    }
}

/// Restarts the Ollama at `address` and waits until it answers. Dropping it stops waiting: one that was ended is started
/// all the same, see [`crate::machine::unfinished::finish`].
///
/// # Errors
/// `start.*`: `start.not-ours` when it is someone's own; the end of its log is in `detail`.
pub async fn restart(
    surroundings: &Surroundings,
    folders: &Folders,
    address: &Address,
    tell: Tell<'_>,
) -> Result<(), Error> {
    if !address.is_loopback() {
        return Err(ErrorCode::StartRemote { url: address.to_string() }.into());
    }
    let client = Client::new(address, &surroundings.environment, Limits::default())?;
    // Looked at anew: what was offered may be of another time.
    let Looked { restart, own, service, owner } = look(surroundings, folders, address).await?;
    match (restart.way, own, service.as_ref()) {
        (RestartWay::Service, _, Some(service)) => {
            let order = service.order("restart", service::rights(surroundings));
            start::by_service(surroundings, service, &order, &client, tell).await?;
            the_service_answers(surroundings, address).await
        }
        (RestartWay::Own, Some(own), _) => {
            // What would keep the next one from starting is found before this one is ended.
            start::plain(address)?;
            let words = start::by_hand(surroundings)?;
            Launch::new(surroundings, folders, address, words).after(own).run(tell).await
        }
        _ => match client.version().await {
            // Nothing is there to be ended.
            Err(Error { code: ErrorCode::OllamaRefused { .. }, .. }) => {
                start::start(surroundings, folders, address, tell).await
            }
            Err(error) => Err(no_ollama(error, owner, address.port())),
            Ok(_) => Err(ErrorCode::StartNotOurs {}.into()),
        },
    }
}

/// What a restart of the Ollama at `address` takes now.
///
/// # Errors
/// `internal`.
pub async fn takes(
    surroundings: &Surroundings,
    folders: &Folders,
    address: &Address,
) -> Result<Restart, Error> {
    Ok(look(surroundings, folders, address).await?.restart)
}

struct Looked {
    restart: Restart,
    own: Option<Own>,
    service: Option<Service>,
    owner: Option<PortOwner>,
}

async fn look(surroundings: &Surroundings, folders: &Folders, address: &Address) -> Result<Looked, Error> {
    let service = service::look(surroundings).await;
    let (own, owner) = {
        let (folders, address, now) = (folders.clone(), address.clone(), surroundings.now());
        let look = move || {
            let owner = port_owner::port_owner(&address, now);
            let pid = owner.as_ref().and_then(|owner| owner.pid);
            // Who listens says it better than where it was once asked to.
            let listens = |own: &Own| Some(own.process.pid) == pid;
            (Own::all(&folders).into_iter().find(listens), owner)
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
    };
    let running = Running {
        os: surroundings.os,
        service: service.as_ref(),
        rights: service::rights(surroundings),
        listener: owner.as_ref().and_then(|owner| owner.pid),
        own: own.as_ref().map(|own| own.process.pid),
        program: None,
    };
    Ok(Looked { restart: how(&running), own, service, owner })
}

/// Why there is nothing to restart where no Ollama answers well.
fn no_ollama(error: Error, owner: Option<PortOwner>, port: u16) -> Error {
    let code = match (error.code, owner) {
        (_, Some(owner)) if owner.is_another() => {
            let program = owner.name.unwrap_or_default();
            ErrorCode::StartOtherProgram { port, program }
        }
        // Surely none, whoever it is.
        (code @ (ErrorCode::OllamaNotOllama { .. } | ErrorCode::OllamaTls { .. }), _) => code,
        // It may be one that is busy.
        _ => ErrorCode::StartNotOurs {},
    };
    Error::new(code, error.detail)
}

/// What answered may be another program, which was there before and is still.
async fn the_service_answers(surroundings: &Surroundings, address: &Address) -> Result<(), Error> {
    let (address, now) = (address.clone(), surroundings.now());
    let looked = tokio::task::spawn_blocking(move || port_owner::port_owner(&address, now)).await;
    let listener = looked.ok().flatten().and_then(|owner| owner.pid);
    match (service::look(surroundings).await, listener) {
        (Some(service), Some(_)) if !service.runs(listener) => Err(ErrorCode::StartNotOurs {}.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_and_pincers_own_are_restarted_for_the_user() {
        let unit = |active: &str, main_pid| Service {
            loaded: true,
            active: active.into(),
            main_pid,
            ..Service::default()
        };
        let running = Running {
            os: Os::Linux,
            service: None,
            rights: Rights::Password,
            listener: Some(7),
            own: None,
            program: None,
        };
        let (mine, crashing, stopped) =
            (unit("active", Some(7)), unit("activating", None), unit("inactive", None));
        let bundle = Path::new("/Applications/Ollama.app/Contents/Resources/ollama");
        let exe = Path::new("/p/ollama.exe");
        let serve = "ollama serve";
        for (running, way, acts, password, command) in [
            (
                Running { service: Some(&mine), ..running },
                RestartWay::Service,
                true,
                true,
                "pkexec systemctl restart ollama",
            ),
            (
                Running { service: Some(&mine), rights: Rights::Nothing, ..running },
                RestartWay::Service,
                false,
                false,
                "sudo systemctl restart ollama",
            ),
            (
                Running { service: Some(&crashing), listener: None, ..running },
                RestartWay::Service,
                true,
                true,
                "pkexec systemctl restart ollama",
            ),
            // Someone runs it although there is a unit, which is stopped.
            (Running { service: Some(&stopped), ..running }, RestartWay::ByHand, false, false, serve),
            (
                Running { service: Some(&mine), listener: Some(8), ..running },
                RestartWay::ByHand,
                false,
                false,
                serve,
            ),
            (running, RestartWay::ByHand, false, false, serve),
            (Running { own: Some(7), ..running }, RestartWay::Own, true, false, ""),
            // Pincer's own runs, but another listens here.
            (Running { own: Some(9), ..running }, RestartWay::ByHand, false, false, serve),
            (Running { own: Some(9), listener: None, ..running }, RestartWay::ByHand, false, false, serve),
            (
                Running { os: Os::MacOs, program: Some(bundle), ..running },
                RestartWay::AppMac,
                false,
                false,
                "open -a Ollama",
            ),
            (Running { os: Os::MacOs, ..running }, RestartWay::ByHand, false, false, serve),
            (
                Running { os: Os::Windows, program: Some(exe), ..running },
                RestartWay::AppWindows,
                false,
                false,
                "/p/ollama app.exe",
            ),
        ] {
            let restart = how(&running);
            let said = restart.command.unwrap_or_default().join(" ");
            let expected = (way, acts, password, command.to_owned());
            assert_eq!((restart.way, restart.acts, restart.password, said), expected, "{running:?}");
        }
    }
}
