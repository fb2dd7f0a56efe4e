//! Why a download failed, from Ollama's own words to a code.
//! Part of `ollama`; `live::pulls` adds what this computer knows (free space, names that are near).

use crate::error::{Error, ErrorCode};

/// The code behind Ollama's own words. They come with HTTP 200 and nothing but text, so text it must be.
#[must_use]
pub fn classify(name: &str, message: &str) -> Error {
    // Go's words, those of the systems below it, and those of Windows: their case differs.
    let lower = message.to_lowercase();
    let says = |part: &str| lower.contains(part);
    let code = if says("dial tcp") || says("lookup ") {
        // It did not get as far as a registry, whatever the words behind it.
        ErrorCode::PullOffline {}
    } else if says("file does not exist") {
        ErrorCode::PullUnknownModel { name: name.into(), nearest: Vec::new() }
    } else if says("invalid model name") {
        ErrorCode::PullBadName { name: name.into() }
    } else if says("manifest: 412:") {
        ErrorCode::PullEngineTooOld {}
    } else if says("x509:") || says("invalid character '<'") {
        ErrorCode::PullIntercepted {}
    } else if says("no space left") || says("not enough space") {
        ErrorCode::PullDiskFull {
            need_bytes: None,
            free_bytes: None,
            room_bytes: None,
            folder: None,
            moving: None,
        }
    } else if says("permission denied") || says("access is denied") {
        ErrorCode::PullPermission {}
    } else if says("unauthorized") {
        ErrorCode::PullUnauthorized {}
    } else if says("digest mismatch") {
        ErrorCode::PullDamaged {}
    } else if [
        "no such host",
        "i/o timeout",
        "connection refused",
        "actively refused",
        "connection reset by peer",
        "max retries exceeded",
        "network is unreachable",
        "no route to host",
        "server misbehaving",
        "tls handshake timeout",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_every_system_have_their_code() {
        let full = ErrorCode::PullDiskFull {
            need_bytes: None,
            free_bytes: None,
            room_bytes: None,
            folder: None,
            moving: None,
        };
        for (message, code) in [
            ("open /srv/models/blobs/sha256-1-partial: permission denied", ErrorCode::PullPermission {}),
            (r"open C:\models\blobs\sha256-1-partial: Access is denied.", ErrorCode::PullPermission {}),
            ("dial tcp 127.0.0.1:5412: connect: connection refused", ErrorCode::PullOffline {}),
            ("dial tcp [2001:db8::412:1]:443: connect: permission denied", ErrorCode::PullOffline {}),
            ("pull model manifest: 412: this model needs a newer version", ErrorCode::PullEngineTooOld {}),
            ("write sha256-1-partial: no space left on device", full.clone()),
            ("write sha256-1-partial: There is not enough space on the disk.", full),
            ("dial tcp: lookup registry.ollama.ai: no such host", ErrorCode::PullOffline {}),
            ("lookup registry.ollama.ai on 127.0.0.53:53: server misbehaving", ErrorCode::PullOffline {}),
            (
                "connectex: No connection could be made because the target machine actively refused it.",
                ErrorCode::PullOffline {},
            ),
            (
                "Get \"https://registry.ollama.ai/v2/\": net/http: TLS handshake timeout",
                ErrorCode::PullOffline {},
            ),
            ("dial tcp 104.21.75.227:443: connect: no route to host", ErrorCode::PullOffline {}),
            ("dial tcp 104.21.75.227:443: connect: network is unreachable", ErrorCode::PullOffline {}),
            (
                "read tcp 10.0.0.2:5->104.21.75.227:443: read: connection reset by peer",
                ErrorCode::PullOffline {},
            ),
            ("pull model manifest: Get \"https://r/\": EOF", ErrorCode::PullFailed {}),
        ] {
            assert_eq!(classify("a:1b", message).code, code, "{message}");
            assert_eq!(classify("a:1b", message).detail, message);
        }
    }
}
