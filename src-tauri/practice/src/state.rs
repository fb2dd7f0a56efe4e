//! What a practice server holds while it runs: models, blobs, what is loaded, what was asked.
//! One lock, never held across an await; every change moves a revision that others can wait for.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::sync::watch;

use crate::{
    model::PracticeModel,
    name::{self, Name},
    options::Options,
    registry::{PullFault, RegistryModel},
    transfer::Blob,
};

/// One request that reached the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The body as JSON; `Null` when empty, a string when it is not JSON.
    pub body: Value,
}

/// Something that happened inside the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The last client of a transfer went away, and so it stopped.
    TransferStopped {
        /// The model that was pulled.
        model: String,
        /// Bytes of the current layer that are kept.
        completed: u64,
    },
    /// A pull ended well.
    Installed {
        /// The model's listed name.
        model: String,
    },
    /// A model was deleted.
    Deleted {
        /// The model's listed name.
        model: String,
    },
    /// The client of a chat went away before its end.
    ChatStopped {
        /// The model's listed name.
        model: String,
    },
    /// A model was loaded.
    Loaded {
        /// The model's listed name.
        model: String,
    },
    /// A model was unloaded.
    Unloaded {
        /// The model's listed name.
        model: String,
    },
}

/// An answer given on one path in place of Ollama's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No answer at all.
    Silent,
    /// This status, content type and body.
    Reply {
        /// HTTP status.
        status: u16,
        /// The header `Content-Type`; empty: none.
        content_type: String,
        /// The body as it is.
        body: Vec<u8>,
    },
}

/// A model in memory, as `/api/ps` lists it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) model: String,
    pub(crate) context: u64,
    pub(crate) expires_at: String,
}

/// Everything that changes.
pub(crate) struct Inner {
    pub(crate) models: Vec<PracticeModel>,
    pub(crate) registry: Vec<RegistryModel>,
    pub(crate) blobs: HashMap<String, Blob>,
    pub(crate) loaded: Vec<Loaded>,
    pub(crate) answers: HashMap<String, Answer>,
    pub(crate) requests: Vec<Request>,
    pub(crate) events: Vec<Event>,
}

impl Inner {
    /// The installed model of this name.
    pub(crate) fn model(&self, asked: &str) -> Option<&PracticeModel> {
        // Nearly always the listed name itself, which needs no reading of all the others.
        let listed = Name::parse(asked)?.short();
        let by_listing = self.models.iter().find(|model| model.name.eq_ignore_ascii_case(&listed));
        by_listing.or_else(|| self.models.iter().find(|model| name::same(&model.name, asked)))
    }

    /// What the registry has under this name.
    pub(crate) fn entry(&self, asked: &str) -> Option<&RegistryModel> {
        self.registry.iter().find(|entry| name::same(&entry.model.name, asked))
    }

    /// The fault of pulling this name.
    pub(crate) fn fault(&self, asked: &str) -> Option<&PullFault> {
        self.entry(asked)?.fault.as_ref()
    }

    /// Puts a model among the installed ones, in place of one of the same name.
    pub(crate) fn install(&mut self, model: PracticeModel) {
        self.models.retain(|other| !name::same(&other.name, &model.name));
        self.models.push(model);
    }
}

/// The state of one server, shared by its connections.
pub(crate) struct State {
    pub(crate) options: Options,
    /// It listens to this machine alone.
    pub(crate) loopback: bool,
    inner: Mutex<Inner>,
    revision: watch::Sender<u64>,
    shows: AtomicUsize,
    most_shows: AtomicUsize,
}

impl State {
    pub(crate) fn new(options: Options, loopback: bool) -> Self {
        let models = options.models.clone();
        let registry = options.registry.clone();
        let mut blobs = HashMap::new();
        for entry in &registry {
            // What is installed has its blobs already: pulling it again finds them.
            if models.iter().any(|model| name::same(&model.name, &entry.model.name)) {
                blobs.extend(
                    entry.layers.iter().map(|layer| (layer.digest.clone(), Blob::complete(layer.size))),
                );
            }
        }
        let inner = Inner {
            models,
            registry,
            blobs,
            loaded: Vec::new(),
            answers: HashMap::new(),
            requests: Vec::new(),
            events: Vec::new(),
        };
        Self {
            loopback,
            options,
            inner: Mutex::new(inner),
            revision: watch::Sender::new(0),
            shows: AtomicUsize::new(0),
            most_shows: AtomicUsize::new(0),
        }
    }

    /// Looks at the state. A panic elsewhere does not make it unreadable.
    pub(crate) fn read(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes those who wait.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut self.read());
        self.revision.send_modify(|revision| *revision += 1);
        result
    }

    /// Waits until the state is as asked; `false` after `limit`. The lock is free while `asked` looks.
    pub(crate) async fn until(&self, limit: Duration, mut asked: impl FnMut() -> bool) -> bool {
        let mut revision = self.revision.subscribe();
        let wait = async {
            loop {
                revision.borrow_and_update();
                if asked() {
                    return true;
                }
                if revision.changed().await.is_err() {
                    return false;
                }
            }
        };
        tokio::time::timeout(limit, wait).await.unwrap_or(false)
    }

    /// Counts a show request while the result lives.
    pub(crate) fn show_begins(self: &Arc<Self>) -> ShowInFlight {
        let now = self.shows.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_shows.fetch_max(now, Ordering::SeqCst);
        ShowInFlight(Arc::clone(self))
    }

    /// The most show requests that were ever in flight together.
    pub(crate) fn most_shows(&self) -> usize {
        self.most_shows.load(Ordering::SeqCst)
    }
}

/// One show request in flight.
pub(crate) struct ShowInFlight(Arc<State>);

impl Drop for ShowInFlight {
    fn drop(&mut self) {
        self.0.shows.fetch_sub(1, Ordering::SeqCst);
    }
}
