//! Why a download failed, from Ollama's own words to a code.
//! Part of `ollama`; `live::pulls` adds what this computer knows (free space, names that are near).

use crate::error::{Error, ErrorCode};

/// The code behind Ollama's own words. They come with HTTP 200 and nothing but text, so text it must be.
#[must_use]
pub fn classify(name: &str, message: &str) -> Error {
    let says = |part: &str| message.contains(part);
    let code = if says("file does not exist") {
        ErrorCode::PullUnknownModel { name: name.into(), nearest: Vec::new() }
    } else if says("invalid model name") {
        ErrorCode::PullBadName { name: name.into() }
    } else if says("412:") {
        ErrorCode::PullEngineTooOld {}
    } else if says("x509:") || says("invalid character '<'") {
        ErrorCode::PullIntercepted {}
    } else if says("no space left") || says("not enough space") {
        ErrorCode::PullDiskFull { need_bytes: None, free_bytes: None, folder: None, moving: None }
    } else if says("permission denied") {
        ErrorCode::PullPermission {}
    } else if says("unauthorized") {
        ErrorCode::PullUnauthorized {}
    } else if says("digest mismatch") {
        ErrorCode::PullDamaged {}
    } else if [
        "no such host",
        "i/o timeout",
        "connection refused",
        "max retries exceeded",
        "network is unreachable",
    ]
    .iter()
    .any(|part| says(part))
    {
        ErrorCode::PullOffline {}
    } else {
        ErrorCode::PullFailed {}
    };
    Error::new(code, message)
}

/// The code of a pull that could not even begin, as a `pull.*` code where there is one.
#[must_use]
pub fn refused(name: &str, error: Error) -> Error {
    match &error.code {
        ErrorCode::OllamaStatus { message, .. } if !message.is_empty() => classify(name, message),
        ErrorCode::OllamaCutOff { .. } | ErrorCode::OllamaSilent { .. } => {
            Error::new(ErrorCode::PullInterrupted {}, error.detail)
        }
        _ => error,
    }
}

/// The server itself is away, or going: the same question may do better when it is back.
#[must_use]
pub const fn is_lost(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::OllamaRefused { .. }
            | ErrorCode::OllamaUnreachable { .. }
            | ErrorCode::OllamaSilent { .. }
            | ErrorCode::OllamaCutOff { .. }
            | ErrorCode::OllamaNameUnknown { .. }
            // A proxy before it says so.
            | ErrorCode::OllamaStatus { status: 502..=504, .. }
    )
}
