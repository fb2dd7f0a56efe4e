//! "Also for OpenClaw": a model that was downloaded is listed in OpenClaw's settings, by the one way in which Pincer
//! writes them, so that undo knows it.

use super::Pulls;
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::names::ModelName,
    openclaw::change::{self, Wish},
};

/// Someone else may write the file between our reading and writing; nobody does so three times in a row.
const TRIES: usize = 3;

impl Pulls {
    /// Lists a download that is here, and tells how that went.
    pub(super) async fn list(&self, key: &ModelName) {
        let name = self.entries().by_name.get(key).map(|entry| entry.name.clone());
        let Some(name) = name else { return };
        let listed = {
            let _one_at_a_time = self.shared.listing.lock().await;
            list(&self.shared.computer, &name).await
        };
        self.change(&name, |entry, _| {
            entry.listing = false;
            match listed {
                // Nothing had to be written: an earlier receipt stays.
                Ok(None) => entry.not_listed = None,
                Ok(receipt) => (entry.listed_by, entry.not_listed) = (receipt, None),
                Err(error) => entry.not_listed = Some(error),
            }
        });
        self.shared.look.notify_one();
    }
}

/// The receipt's name; `None` when there was nothing to write: the settings list no models, list it already, or it
/// cannot act.
async fn list(computer: &Computer, name: &str) -> Result<Option<String>, Error> {
    let mut tries = 1;
    loop {
        let prepared = change::prepare(computer, Wish::ListModel(name.to_owned())).await?;
        match change::apply(computer, prepared.plan).await {
            Err(Error { code: ErrorCode::SettingsChangedMeanwhile { .. }, .. }) if tries < TRIES => {
                tries += 1;
            }
            applied => return Ok(applied?.map(|receipt| receipt.id)),
        }
    }
}
