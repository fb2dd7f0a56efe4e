//! What the user chose in Pincer itself: kept in Pincer's own folder, never in a file of OpenClaw's.
//! A file that cannot be read counts as empty; it is written whole and atomically.

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::{error::Error, folders::Folders, openclaw::settings::read_bounded};

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
        let failed = |error: std::io::Error| Error::file(&path, &error);
        let mut file = tempfile::NamedTempFile::new_in(&folders.data).map_err(failed)?;
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
