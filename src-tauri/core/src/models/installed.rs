//! One installed model of the effective Ollama: found by its name, deleted, taken out of memory.
//! What is said before deleting (how much it frees, whether OpenClaw uses it) is the face's business.

use std::time::Duration;

use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        client::Client,
        names::{self, ModelName},
        wire::Tag,
    },
};

/// Deleting frees tens of gigabytes, which slow disks take their time for.
const DELETE: Duration = Duration::from_secs(60);

/// The model as the server lists it, with a client of that server.
///
/// # Errors
/// `model.bad-name`, `model.not-installed` with the nearest names, `ollama.*`.
pub async fn find(computer: &Computer, name: &str) -> Result<(Client, Tag), Error> {
    ModelName::parse(name)?;
    let looked = {
        let computer = computer.clone();
        tokio::task::spawn_blocking(move || computer.client(&computer.effective().0))
    };
    let client = looked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))??;
    let tags = client.tags().await?.models;
    match tags.iter().find(|tag| names::same(&tag.name, name)) {
        Some(tag) => Ok((client, tag.clone())),
        None => {
            let nearest = names::nearest(name, tags.iter().map(|tag| tag.name.as_str()));
            Err(ErrorCode::ModelNotInstalled { name: name.trim().into(), nearest }.into())
        }
    }
}

/// Deletes a model from Ollama.
///
/// # Errors
/// As [`find`], and `ollama.*` when the server refuses.
pub async fn remove(computer: &Computer, name: &str) -> Result<(), Error> {
    let (client, tag) = find(computer, name).await?;
    client.delete(&tag.name, DELETE).await.map_err(|error| gone(name, error))
}

/// Takes a model out of memory; it stays installed.
///
/// # Errors
/// As [`find`], and `ollama.*` when the server refuses.
pub async fn unload(computer: &Computer, name: &str) -> Result<(), Error> {
    let (client, tag) = find(computer, name).await?;
    client.unload(&tag.name).await.map_err(|error| gone(name, error))
}

/// It was there a moment ago.
fn gone(name: &str, error: Error) -> Error {
    match error.code {
        ErrorCode::OllamaStatus { status: 404, .. } => {
            let code = ErrorCode::ModelNotInstalled { name: name.trim().into(), nearest: Vec::new() };
            Error::new(code, error.detail)
        }
        _ => error,
    }
}
