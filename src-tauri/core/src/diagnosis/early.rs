//! What is asked of programs while a silent server is still being waited for: after that wait there is no time for it.
//! Gathers; nothing is concluded here.

use std::{path::PathBuf, time::Duration};

use tokio::task::JoinHandle;

use crate::{
    computer::Computer,
    ollama::{
        log::{self, Log},
        service::{self, Service},
    },
    openclaw::{
        elsewhere::{self, Elsewhere},
        gateway::{self, Gateway},
        node,
    },
};

/// A healthy server answers sooner: for it no program is started.
const AFTER: Duration = Duration::from_millis(250);
/// For the log, after systemd has told where it is. Together with that a little less than a silent server takes.
const LOG: Duration = Duration::from_millis(1500);

/// For OpenClaw's side, with that a little less than a silent server takes.
const OPENCLAW: Duration = Duration::from_millis(2600);

/// What was asked early, and said.
pub(super) struct Said {
    pub(super) service: Option<Service>,
    pub(super) log: Option<Log>,
    pub(super) openclaw: OfOpenclaw,
}

/// What OpenClaw runs on; where it is, when it is not here.
#[derive(Default)]
pub(super) struct OfOpenclaw {
    pub(super) nodes: Vec<String>,
    pub(super) silent_node: bool,
    pub(super) elsewhere: Elsewhere,
}

/// The question, under way; dropping it gives it up.
pub(super) struct Early(JoinHandle<Said>);

impl Drop for Early {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Early {
    /// `openclaw`: its program, when it is here; `gateway`: the port of its gateway.
    pub(super) fn ask(computer: &Computer, openclaw: Option<PathBuf>, gateway: u16) -> Self {
        let computer = computer.clone();
        Self(tokio::spawn(async move {
            tokio::time::sleep(AFTER).await;
            let of_ollama = async {
                let service = service::look(&computer.surroundings).await;
                let log = log::read(&computer.surroundings, &computer.folders, service.as_ref());
                (tokio::time::timeout(LOG, log).await.ok().flatten(), service)
            };
            let asked = tokio::join!(of_ollama, of_openclaw(&computer, openclaw, gateway));
            let ((log, service), openclaw) = asked;
            Said { service, log, openclaw }
        }))
    }

    pub(super) async fn said(mut self) -> Option<Said> {
        (&mut self.0).await.ok()
    }
}

/// A program that hangs is not waited for longer than the server.
async fn of_openclaw(computer: &Computer, program: Option<PathBuf>, gateway: u16) -> OfOpenclaw {
    let (surroundings, remembered) = (&computer.surroundings, computer.remembered());
    let asked = async {
        if let Some(program) = program {
            let (nodes, silent_node) = node::versions(surroundings, &program, &remembered.nodes).await;
            return OfOpenclaw { nodes, silent_node, ..OfOpenclaw::default() };
        }
        let answers = gateway::look(gateway).await == Gateway::Answers;
        let elsewhere = elsewhere::look(surroundings, &remembered.elsewhere, answers.then_some(gateway));
        OfOpenclaw { elsewhere: elsewhere.await, ..OfOpenclaw::default() }
    };
    let asked = tokio::time::timeout(OPENCLAW, asked).await;
    asked.unwrap_or_else(|_| OfOpenclaw {
        silent_node: true,
        // An engine that is here may run it.
        elsewhere: elsewhere::not_asked(surroundings),
        ..OfOpenclaw::default()
    })
}
