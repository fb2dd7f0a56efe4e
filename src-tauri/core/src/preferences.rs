//! What the user chose in Pincer itself: kept in Pincer's own folder, never in a file of OpenClaw's.
//! A file that cannot be read counts as empty; it is written whole and atomically.

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    folders::Folders,
    openclaw::{atomic, settings::read_bounded},
};

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// The address of Ollama chosen in Pincer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Preferences {
    /// Reads them. Blocking.
    #[must_use]
    pub fn read(folders: &Folders) -> Self {
        let bytes = read_bounded(&folders.preferences()).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Writes them. Blocking.
    ///
    /// # Errors
    /// `file.failed`.
    pub fn write(&self, folders: &Folders) -> Result<(), Error> {
        let path = folders.preferences();
        folders.create()?;
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::file(&path, &std::io::Error::other(error)))?;
        atomic::write_own(&path, &text)
    }
}
