//! The state of the window, kept fresh: a watcher that looks again by itself, and downloads and checks that
//! belong to the library, not to a screen. Subscribers get the whole state, then the slices that changed.

pub mod checks;
pub mod gateway;
pub mod install;
pub mod look;
pub mod pulls;
pub mod remedies;
mod slot;
pub mod state;
mod watch;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use state::{Slice, Update};
use tokio::sync::{Notify, watch as channel};

use crate::{
    computer::Computer,
    diagnosis::finding::Diagnosis,
    error::Error,
    models::{
        catalogue::{CatalogueEntry, Suggestion},
        installed, suggest,
    },
};
use checks::Checks;
use gateway::GatewayTasks;
use install::Install;
use look::Looks;
use pulls::Pulls;
use remedies::Remedies;

/// At most ten updates a second reach a subscriber.
const UPDATE_EVERY: Duration = Duration::from_millis(100);

/// A look takes some 3 s when something is silent.
const LOOK: Duration = Duration::from_secs(10);

/// The latest of every slice, each with the revision of its last change.
#[derive(Debug, Clone, Default)]
struct Board {
    revision: u64,
    slices: Vec<(u64, Slice)>,
}

impl Board {
    /// What was found last.
    fn path(&self) -> Option<&Diagnosis> {
        self.slices.iter().find_map(|(_, slice)| match slice {
            Slice::Path(found) => Some(found),
            _ => None,
        })
    }

    /// Puts a slice; `false` when it is the same as before.
    fn put(&mut self, slice: Slice) -> bool {
        let place = self
            .slices
            .iter_mut()
            .find(|(_, known)| std::mem::discriminant(known) == std::mem::discriminant(&slice));
        match place {
            Some((_, known)) if *known == slice => return false,
            Some(place) => {
                self.revision += 1;
                *place = (self.revision, slice);
            }
            None => {
                self.revision += 1;
                self.slices.push((self.revision, slice));
            }
        }
        true
    }
}

/// The live state. Dropping the last handle stops the watcher, the downloads and the checks.
#[derive(Debug)]
pub struct Live {
    computer: Computer,
    board: channel::Sender<Board>,
    looks: Looks,
    visible: channel::Sender<bool>,
    pulls: Pulls,
    checks: Checks,
    install: Install,
    remedies: Remedies,
    gateway: GatewayTasks,
    watcher: tokio::task::JoinHandle<()>,
}

impl Live {
    /// Starts watching. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(computer: Computer) -> Self {
        let (board, _) = channel::channel(Board::default());
        let look = Arc::new(Notify::new());
        let publish = {
            let board = board.clone();
            move |slice: Slice| {
                board.send_if_modified(|board| board.put(slice));
            }
        };
        let pulls = Pulls::new(computer.clone(), publish.clone(), Arc::clone(&look));
        let checks = Checks::new(computer.clone(), publish.clone(), Arc::clone(&look));
        let install = Install::new(computer.clone(), publish.clone(), Arc::clone(&look));
        let looks = Looks::new(Arc::clone(&look));
        let found = {
            let board = board.clone();
            move || board.borrow().path().cloned()
        };
        let remedies = Remedies::new(computer.clone(), publish.clone(), found, looks.clone());
        let gateway = GatewayTasks::new(computer.clone(), publish.clone(), Arc::clone(&look));
        let (visible, seen) = channel::channel(true);
        let watched = {
            let (pulls, remedies, answered) = (pulls.clone(), remedies.clone(), AtomicBool::new(true));
            move |slice: Slice| {
                if let Slice::Path(found) = &slice
                    && found.checking.is_empty()
                {
                    remedies.hear(found);
                }
                if let Slice::Models(models) = &slice {
                    let answers = models.problem.is_none();
                    if !answered.swap(answers, Ordering::Relaxed) && answers {
                        pulls.server_is_back();
                    }
                }
                publish(slice);
            }
        };
        let watching = watch::watch(computer.clone(), watched, look, looks.clone(), seen, checks.clone());
        let watcher = tokio::spawn(watching);
        Self { computer, board, looks, visible, pulls, checks, install, remedies, gateway, watcher }
    }

    /// Everything changed perhaps: look again at once.
    pub fn look_again(&self) {
        self.looks.look_again();
    }

    /// Looks again, and waits until everything was looked at; `false` when that did not come to its end.
    pub async fn look_through(&self) -> bool {
        self.looks.fresh(LOOK).await
    }

    /// Nothing is watched while nobody looks; downloads go on. Becoming visible looks at once.
    pub fn set_visible(&self, visible: bool) {
        self.visible.send_replace(visible);
    }

    /// The downloads.
    #[must_use]
    pub const fn pulls(&self) -> &Pulls {
        &self.pulls
    }

    /// The live checks.
    #[must_use]
    pub const fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The installation of Ollama or OpenClaw.
    #[must_use]
    pub const fn install(&self) -> &Install {
        &self.install
    }

    /// The remedies.
    #[must_use]
    pub const fn remedies(&self) -> &Remedies {
        &self.remedies
    }

    /// The start of OpenClaw's gateway, and the proof that it works.
    #[must_use]
    pub const fn gateway(&self) -> &GatewayTasks {
        &self.gateway
    }

    /// Closing the window would stop a download or the installation.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pulls.are_active() || self.install.is_active()
    }

    /// Deletes an installed model from Ollama; its ended download leaves the list.
    ///
    /// # Errors
    /// `model.*`, `ollama.*`.
    pub async fn remove(&self, name: &str) -> Result<(), Error> {
        installed::remove(&self.computer, name).await?;
        self.checks.forget(name);
        // That it was downloaded here is no longer true.
        self.pulls.dismiss(name);
        self.look_again();
        Ok(())
    }

    /// Takes a model out of memory; it stays installed.
    ///
    /// # Errors
    /// `model.*`, `ollama.*`.
    pub async fn unload(&self, name: &str) -> Result<(), Error> {
        installed::unload(&self.computer, name).await?;
        self.look_again();
        Ok(())
    }

    /// Sends the whole state, then what changes, until `send` says that nobody listens (`false`).
    pub fn subscribe(
        &self,
        mut send: impl FnMut(Update) -> bool + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let mut board = self.board.subscribe();
        tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let current = board.borrow_and_update().clone();
                let mut news: Vec<_> =
                    current.slices.into_iter().filter(|(revision, _)| *revision > seen).collect();
                news.sort_by_key(|(revision, _)| *revision);
                seen = current.revision;
                for (revision, slice) in news {
                    if !send(Update { revision, slice }) {
                        return;
                    }
                }
                if board.changed().await.is_err() {
                    return;
                }
                // Changes that come close together are told together.
                tokio::time::sleep(UPDATE_EVERY).await;
            }
        })
    }

    /// Downloads a model, when it is its turn; it goes on when the window shows something else. `for_openclaw`: it
    /// is listed in OpenClaw's settings then, where they list models and it can act.
    ///
    /// # Errors
    /// `pull.bad-name`.
    pub fn pull(&self, name: &str, for_openclaw: bool) -> Result<(), Error> {
        self.pulls.start(name, for_openclaw)
    }

    /// What can be said of a model's name as it is typed, by what is known now: nobody is asked.
    #[must_use]
    pub fn suggest(&self, text: &str) -> Suggestion {
        let board = self.board.borrow();
        let models = board.slices.iter().find_map(|(_, slice)| match slice {
            Slice::Models(models) => Some(models),
            _ => None,
        });
        let installed = models.iter().flat_map(|state| &state.models).map(|model| model.model.id.as_str());
        let on_offer: Vec<CatalogueEntry> =
            models.iter().flat_map(|state| &state.catalogue).map(|offered| offered.entry.clone()).collect();
        suggest::suggest(text, installed, &on_offer)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.watcher.abort();
        self.pulls.stop();
        self.checks.stop();
        self.install.stop();
        self.remedies.stop();
        self.gateway.stop();
    }
}
