//! An OpenClaw that lives on this computer and yet not here: in a container, or in a Linux beside Windows (WSL). It
//! has its own settings there. Asked only where no program of OpenClaw is found.

mod container;
mod forward;
pub mod route;
mod wsl;

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use container::{Container, Engine, Network};
pub use forward::{Behind, behind};
pub use wsl::{Distribution, Networking};

use crate::{
    machine::{command, os::Os, own_address},
    surroundings::Surroundings,
};

/// A container engine that is up answers in a moment; one that hangs must not hold the verdict up.
const ASK: Duration = Duration::from_secs(2);
/// Containers do not come and go by the second.
const KEPT: Duration = Duration::from_secs(30);
/// An engine that hung may be started anew.
const KEPT_UNASKED: Duration = Duration::from_secs(5);

/// Where an OpenClaw was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// A running container.
    pub container: Option<Container>,
    /// A running distribution of WSL.
    pub distribution: Option<Distribution>,
    /// The engine that is here and did not answer: what it runs is not known. Only where nothing else was seen.
    pub unasked: Option<Engine>,
    /// This computer's own address in its network, for whoever is not on it.
    pub own: Option<IpAddr>,
}

impl Elsewhere {
    /// It was seen somewhere by name.
    #[must_use]
    pub const fn is_seen(&self) -> bool {
        self.container.is_some() || self.distribution.is_some()
    }
}

/// A program that is here gave no answer in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NoAnswer;

/// What was seen last, for which port, and when.
#[derive(Debug, Default)]
pub(crate) struct LastSeen(Mutex<Option<(Instant, Option<u16>, Elsewhere)>>);

/// What is known when there was no time to ask the engine that is here.
pub(crate) fn not_asked(surroundings: &Surroundings) -> Elsewhere {
    let unasked = [Engine::Docker, Engine::Podman]
        .into_iter()
        .find(|engine| command::on_path(surroundings, engine.program()).is_some());
    Elsewhere { unasked, own: own_address::in_network(), ..Elsewhere::default() }
}

/// Looks, unless it did so half a minute ago. `port`: where a gateway answers; a container that publishes that port is
/// it, whatever its name.
pub(crate) async fn look(surroundings: &Surroundings, last: &LastSeen, port: Option<u16>) -> Elsewhere {
    let lock = || last.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((when, asked, seen)) = lock().clone()
        && asked == port
        && when.elapsed() < if seen.unasked.is_some() { KEPT_UNASKED } else { KEPT }
    {
        return seen;
    }
    let mut seen = Elsewhere { own: own_address::in_network(), ..Elsewhere::default() };
    // At once: one that hangs must not add its time to the other's.
    let (docker, podman) = tokio::join!(
        container::look(surroundings, Engine::Docker, port),
        container::look(surroundings, Engine::Podman, port)
    );
    if docker.is_err() {
        seen.unasked = Some(Engine::Docker);
    } else if podman.is_err() {
        seen.unasked = Some(Engine::Podman);
    }
    seen.container = docker.ok().flatten().or(podman.ok().flatten());
    if surroundings.os == Os::Windows && seen.container.is_none() {
        seen.distribution = wsl::look(surroundings).await;
    }
    if seen.is_seen() {
        seen.unasked = None;
    }
    *lock() = Some((Instant::now(), port, seen.clone()));
    seen
}
