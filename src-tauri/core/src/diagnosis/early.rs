//! What is asked of systemd while a silent server is still being waited for: after that wait there is no time for it.
//! Gathers; nothing is concluded here.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::{
    computer::Computer,
    ollama::{
        log::{self, Log},
        service::{self, Service},
    },
};

/// A healthy server answers sooner: for it no program is started.
const AFTER: Duration = Duration::from_millis(250);
/// For the log, after systemd has told where it is. Together with that a little less than a silent server takes.
const LOG: Duration = Duration::from_millis(1500);

/// What was asked early, and said.
pub(super) struct Said {
    pub(super) service: Option<Service>,
    pub(super) log: Option<Log>,
}

/// The question, under way; dropping it gives it up.
pub(super) struct Early(JoinHandle<Said>);

impl Drop for Early {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Early {
    pub(super) fn ask(computer: &Computer) -> Self {
        let computer = computer.clone();
        Self(tokio::spawn(async move {
            tokio::time::sleep(AFTER).await;
            let service = service::look(&computer.surroundings).await;
            let log = log::read(&computer.surroundings, &computer.folders, service.as_ref());
            Said { log: tokio::time::timeout(LOG, log).await.ok().flatten(), service }
        }))
    }

    pub(super) async fn said(mut self) -> Option<Said> {
        (&mut self.0).await.ok()
    }
}
