//! An OpenClaw that lives on this computer and yet not here: in a container, or in a Linux beside Windows (WSL). It
//! has its own settings there. Asked only where no program of OpenClaw is found.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// A container engine that is up answers in a moment; one that hangs must not hold the verdict up.
const ASK: Duration = Duration::from_secs(2);
/// Containers do not come and go by the second.
const KEPT: Duration = Duration::from_secs(30);
/// More users than this are not looked at.
const HOMES: usize = 64;

/// Where an OpenClaw was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// A running container, by its name.
    pub container: Option<String>,
    /// A running distribution of WSL, by its name.
    pub distribution: Option<String>,
}

/// What was seen last, and when.
#[derive(Debug, Default)]
pub(crate) struct LastSeen(Mutex<Option<(Instant, Elsewhere)>>);

/// Looks, unless it did so half a minute ago.
pub(crate) async fn look(surroundings: &Surroundings, last: &LastSeen) -> Elsewhere {
    let lock = || last.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((when, seen)) = lock().clone()
        && when.elapsed() < KEPT
    {
        return seen;
    }
    let mut seen = Elsewhere::default();
    // At once: one that hangs must not add its time to the other's.
    let (docker, podman) =
        tokio::join!(container_of(surroundings, "docker"), container_of(surroundings, "podman"));
    seen.container = docker.or(podman);
    if surroundings.os == Os::Windows && seen.container.is_none() {
        seen.distribution = distribution(surroundings).await;
    }
    *lock() = Some((Instant::now(), seen.clone()));
    seen
}

async fn container_of(surroundings: &Surroundings, engine: &str) -> Option<String> {
    let engine = command::on_path(surroundings, engine)?;
    let output =
        command::output(surroundings, &engine, &["ps", "--format", "{{.Names}}\t{{.Image}}"], ASK).await;
    container(&output.ok().filter(|output| output.success)?.stdout)
}

/// The first container whose name or image says so. The sandboxes that an OpenClaw outside makes for its tools are
/// none.
fn container(text: &str) -> Option<String> {
    let is_openclaw = |line: &str| {
        let line = line.to_lowercase();
        line.contains("openclaw") && !line.contains("sandbox") && !line.contains("sbx")
    };
    let line = text.lines().find(|line| is_openclaw(line))?;
    line.split('\t').next().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Only distributions that run: asking another one would start it.
async fn distribution(surroundings: &Surroundings) -> Option<String> {
    let wsl = command::on_path(surroundings, "wsl.exe")?;
    let output = command::output(surroundings, &wsl, &["--list", "--running", "--quiet"], ASK).await.ok()?;
    let names = distributions(&output.stdout);
    let found = tokio::task::spawn_blocking(move || {
        names.into_iter().find(|name| is_home_of_openclaw(&PathBuf::from(format!(r"\\wsl.localhost\{name}"))))
    });
    tokio::time::timeout(ASK, found).await.ok()?.ok()?
}

/// `wsl.exe` writes UTF-16: read as bytes, every second one of a name is nothing.
fn distributions(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|c| *c != '\0' && *c != '\u{feff}' && *c != '\u{fffd}').collect();
    text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Whether someone in this Linux has OpenClaw's state folder.
fn is_home_of_openclaw(root: &Path) -> bool {
    let homes = fs::read_dir(root.join("home")).into_iter().flatten().flatten().take(HOMES);
    let mut homes = homes.map(|home| home.path()).chain([root.join("root")]);
    homes.any(|home| home.join(".openclaw").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_known_by_its_name_or_image() {
        for (text, expected) in [
            ("", None),
            ("web\tnginx:latest\n", None),
            ("web\tnginx\nassistant\tghcr.io/openclaw/openclaw:latest\n", Some("assistant")),
            ("my-OpenClaw-1\tnode:24\n", Some("my-OpenClaw-1")),
            ("openclaw-sbx-main-1\topenclaw-sandbox:bookworm-slim\n", None),
        ] {
            assert_eq!(container(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_linux_beside_windows_is_looked_into() {
        let utf16 = "\u{fffd}\u{fffd}U\0b\0u\0n\0t\0u\0\r\0\n\0D\0e\0b\0i\0a\0n\0\r\0\n\0";
        assert_eq!(distributions(utf16), ["Ubuntu", "Debian"]);
        let root = tempfile::tempdir().unwrap();
        assert!(!is_home_of_openclaw(root.path()));
        fs::create_dir_all(root.path().join("home/ada/.openclaw")).unwrap();
        assert!(is_home_of_openclaw(root.path()));
    }
}
