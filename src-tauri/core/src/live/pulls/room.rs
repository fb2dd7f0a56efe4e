//! What this computer and its server add to a download: room on the disk, before it runs out, and names that are
//! near, where one was mistyped. An Ollama elsewhere has its own disk: nothing is said of it.

use std::{sync::Arc, time::Duration};

use tokio::sync::OnceCell;

use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::{
        disk::{self, ModelsFolder},
        own_address::is_here,
    },
    models::{catalogue, suggest},
    ollama::{
        address::Address,
        client::Client,
        names::{self, ModelName},
        service::{self, Service},
    },
    surroundings::Surroundings,
};

/// A disk answers in microseconds; one on a network that is gone never does.
const DISK: Duration = Duration::from_secs(2);

/// The room for models on this computer.
#[derive(Debug, Clone)]
pub struct Room {
    surroundings: Option<Surroundings>,
    /// The unit of Ollama's service, asked once a download.
    service: Arc<OnceCell<Option<Service>>>,
    /// A download that does not fit is stopped.
    refuses: bool,
}

impl Room {
    /// The room of the Ollama at `address`; unknown when that is another computer.
    #[must_use]
    pub fn of(computer: &Computer, address: &Address) -> Self {
        Self {
            surroundings: is_here(address).then(|| computer.surroundings.clone()),
            service: Arc::default(),
            refuses: true,
        }
    }

    /// Nothing is known of it, nothing is refused.
    #[must_use]
    pub fn unknown() -> Self {
        Self { surroundings: None, service: Arc::default(), refuses: false }
    }

    /// The same, and nothing is refused for want of it: what answers at this computer's address may keep its models
    /// elsewhere (a container, WSL, a tunnel), and the user knows.
    #[must_use]
    pub fn anyway(self) -> Self {
        Self { refuses: false, ..self }
    }

    /// `pull.disk-full` when `missing` bytes do not fit beside the `others` that are spoken for.
    pub(super) async fn lacks(&self, missing: u64, others: u64) -> Option<Error> {
        if missing == 0 || !self.refuses {
            return None;
        }
        let (folder, free) = self.look(false).await?;
        let room = free.saturating_sub(others);
        (missing > room).then(|| full(&folder, free, Some(room), missing).into())
    }

    /// `pull.disk-full` when a model of the catalogue does not fit as a whole, where it is sure to come as a whole:
    /// nothing of it was begun, and no other of its family is there, that may be the same.
    pub(super) async fn too_small_for(&self, client: &Client, name: &str, others: u64) -> Option<Error> {
        if !self.refuses {
            return None;
        }
        let size = size_of(name)?;
        let (folder, free) = self.look(true).await?;
        let room = free.saturating_sub(others);
        if size <= room {
            return None;
        }
        let family = ModelName::parse(name).ok()?;
        let installed = client.tags().await.ok()?.models;
        let akin = |tag: &str| ModelName::parse(tag).is_ok_and(|tag| tag.family() == family.family());
        let alone = !installed.iter().any(|tag| akin(&tag.name));
        alone.then(|| full(&folder, free, Some(room), size).into())
    }

    /// Adds what is known here to the error of a download with so many bytes still to come.
    pub(super) async fn explain(&self, client: &Client, error: Error, missing: u64) -> Error {
        let code = match error.code {
            ErrorCode::PullUnknownModel { name, .. } => {
                let installed = client.tags().await.map(|tags| tags.models).unwrap_or_default();
                let installed = installed.iter().map(|tag| tag.name.as_str());
                let nearest = suggest::nearest(&name, installed, &catalogue::shipped());
                ErrorCode::PullUnknownModel { name, nearest }
            }
            ErrorCode::PullDiskFull { .. } => match self.look(false).await {
                Some((folder, free)) => full(&folder, free, None, missing),
                None => error.code,
            },
            code => code,
        };
        Error { code, detail: error.detail }
    }

    /// The folder and its free bytes; with `untouched`, only when no download was begun there.
    async fn look(&self, untouched: bool) -> Option<(ModelsFolder, u64)> {
        let surroundings = self.surroundings.clone()?;
        let service = self.service.get_or_init(|| service::look(&surroundings)).await.clone();
        let found = tokio::task::spawn_blocking(move || roomiest(&surroundings, service.as_ref(), untouched));
        tokio::time::timeout(DISK, found).await.ok()?.ok()?
    }
}

/// Of several folders we do not know which one this server uses: the one with the most room counts, and all must be
/// known.
fn roomiest(
    surroundings: &Surroundings,
    service: Option<&Service>,
    untouched: bool,
) -> Option<(ModelsFolder, u64)> {
    let mut found = Vec::new();
    for folder in disk::models_folders(surroundings, service) {
        if untouched && disk::may_have_partials(&folder.path) {
            return None;
        }
        let free = disk::free(surroundings, &folder.path)?;
        found.push((folder, free));
    }
    found.into_iter().max_by_key(|(_, free)| *free)
}

fn full(folder: &ModelsFolder, free: u64, room: Option<u64>, need: u64) -> ErrorCode {
    ErrorCode::PullDiskFull {
        need_bytes: (need > 0).then_some(need),
        free_bytes: Some(free),
        room_bytes: room,
        folder: Some(folder.path.display().to_string()),
        moving: Some(folder.moving),
    }
}

/// The size of a model of the catalogue, in bytes, about.
pub(super) fn size_of(name: &str) -> Option<u64> {
    let known = catalogue::shipped();
    known.iter().find(|entry| names::same(&entry.name, name)).and_then(|entry| entry.download_bytes)
}
