//! The download of Ollama's release from a place that wants harm.

use std::time::{Duration, SystemTime};

use pincer_core::{
    computer::Computer,
    machine::os::Os,
    ollama::{
        client,
        install::{self, Limits},
    },
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{RawServer, faults::Fault, faults::Place};
use tokio::sync::watch;

use super::{ALONE, BUDGET, HANGS, MEMORY, calls, limits, peak_from_here};

/// Installs from this server, and tells the code; the home is empty afterwards.
pub(crate) async fn code(server: &RawServer, limits: client::Limits) -> String {
    let home = tempfile::tempdir().unwrap();
    let environment = Environment::new([("PINCER_OLLAMA_DOWNLOAD", server.url())]);
    let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
    let limits = Limits {
        connect: limits.connect,
        silence: limits.answer,
        first_wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
        in_vain: Some(1),
    };
    let (_stop, asked) = watch::channel(false);
    let ended = install::install(&Computer::new(surroundings, None), limits, asked, |_| {}).await;
    assert!(!home.path().join(".local/bin/ollama").exists(), "nothing of a hostile place is installed");
    ended.failure.map_or_else(|| "fine".into(), |failure| calls::code(&failure))
}

/// The list of checksums is honest, the file is not.
#[tokio::test]
async fn a_hostile_file_is_not_installed() {
    let _alone = ALONE.lock().await;
    let file =
        format!("ollama-linux-{}.tar.zst", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let list = format!("{}  {file}\n", "0".repeat(64));
    let honest = |body: &str| {
        let steps = pincer_practice::hostile::page(body.as_bytes());
        Fault::new("honest", "a list of checksums", Place::Answer, steps)
    };
    let names = [
        ("short-body", &["install.cut"][..]),
        ("long-body", &["install.checksum"]),
        ("bad-length", &["install.cut"]),
        ("bad-chunk", &["install.cut"]),
        ("two-lengths", &["install.cut"]),
        ("huge-chunk", &["install.cut"]),
        ("huge-length", &["install.cut", "install.unavailable"]),
        ("endless-json", &["install.unavailable"]),
        ("endless-status", &["install.cut"]),
        ("endless-trailers", &["install.cut"]),
        ("body-stops", &["install.cut"]),
        ("silent", &["install.cut"]),
        ("error-endless", &["install.cut", "install.unavailable"]),
        ("html", &["install.checksum"]),
        ("not-found", &["install.unavailable"]),
        ("false-gzip", &["install.checksum"]),
    ];
    let mut wrong = Vec::new();
    for (name, expected) in names {
        let lists = RawServer::start(honest(&list), 0).await.unwrap();
        let fault = super::table().find(|fault| fault.name == name).unwrap();
        let server = RawServer::start_before(fault, 0, &format!("/{file}"), lists.addr()).await.unwrap();
        let before = peak_from_here();
        let code = tokio::time::timeout(HANGS, code(&server, limits(name))).await.expect(name);
        let used = MEMORY.peak_usage().saturating_sub(before);
        if !expected.contains(&code.as_str()) || used > BUDGET {
            wrong.push(format!("{name}: {code} in {used} bytes, want {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
