//! OpenClaw in a container: by the lists of Docker and Podman, and how that container reaches this computer.

use std::{io, net::IpAddr};

use super::{ASK, NoAnswer};
use crate::{
    machine::{command, os::Os},
    surroundings::Surroundings,
};

/// The name under which Docker's own desktop program keeps its engine.
const DESKTOP_CONTEXT: &str = "desktop";

/// What runs the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl Engine {
    /// Its program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// How a container reaches the computer that it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It shares the computer's own network (`--network host`): loopback is the same.
    Host,
    /// The engine runs in a virtual machine and leads a name to the computer, its loopback included.
    Desktop,
    /// A network of its own in this very system, in which the engine was told to give the computer a name.
    Named,
    /// The same without such a name: the computer has this address there.
    Bridge(Option<IpAddr>),
}

/// A running container that has OpenClaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// What runs it.
    pub engine: Engine,
    /// How it reaches this computer.
    pub network: Network,
}

/// Asks the engine, when its program is here. One that is not running says so at once, and runs nothing.
///
/// # Errors
/// [`NoAnswer`] where it hangs: it may run anything.
pub(super) async fn look(
    surroundings: &Surroundings,
    engine: Engine,
    port: Option<u16>,
) -> Result<Option<Container>, NoAnswer> {
    let Some(program) = command::on_path(surroundings, engine.program()) else { return Ok(None) };
    let run =
        async |arguments: &[&str]| command::output_or_kill(surroundings, &program, arguments, ASK).await;
    let ask = async |arguments: &[&str]| {
        let output = run(arguments).await.ok()?;
        output.success.then_some(output.stdout)
    };
    let listed = match run(&["ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Ports}}"]).await {
        Ok(output) if output.success => output.stdout,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(NoAnswer),
        _ => return Ok(None),
    };
    let Some(name) = named(&listed, port) else { return Ok(None) };
    // On other systems the engine runs in a virtual machine, and so does Docker's own desktop program on Linux.
    let inspect = ["inspect", "--format", INSPECT, &name];
    let (inspected, desktop) = tokio::join!(ask(&inspect), async {
        match (surroundings.os, engine) {
            (Os::Linux, Engine::Docker) => {
                ask(&["context", "show"]).await.is_some_and(|name| name.trim().starts_with(DESKTOP_CONTEXT))
            }
            (Os::Linux, Engine::Podman) => false,
            _ => true,
        }
    });
    let network = network(inspected.as_deref().unwrap_or_default(), desktop);
    Ok(Some(Container { name, engine, network }))
}

/// The mode of its network, the names that it was given for other computers, and the computer's address in each of its
/// networks: one a line.
const INSPECT: &str = "{{.HostConfig.NetworkMode}}\n{{json .HostConfig.ExtraHosts}}\n{{range .NetworkSettings.Networks}}{{.Gateway}}\n{{end}}";

/// The first container whose name or image says so, else one that publishes the port. The sandboxes that an OpenClaw
/// outside makes for its tools are none.
fn named(text: &str, port: Option<u16>) -> Option<String> {
    let is_openclaw = |line: &&str| {
        let line = line.to_lowercase();
        line.contains("openclaw") && !line.contains("sandbox") && !line.contains("sbx")
    };
    let published = port.map(|port| format!(":{port}->"));
    let publishes = |line: &&str| published.as_ref().is_some_and(|published| line.contains(published));
    let line = text.lines().find(is_openclaw).or_else(|| text.lines().find(publishes))?;
    line.split('\t').next().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// How the container reaches this computer, by what `inspect` said of it.
fn network(inspected: &str, desktop: bool) -> Network {
    let mut lines = inspected.lines().map(str::trim);
    let mode = lines.next().unwrap_or_default();
    let names = lines.next().unwrap_or_default();
    if mode == "host" {
        return Network::Host;
    }
    if desktop {
        return Network::Desktop;
    }
    if names.contains("host.docker.internal") || names.contains("host-gateway") {
        return Network::Named;
    }
    Network::Bridge(lines.find_map(|line| line.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_known_by_its_name_image_or_port() {
        let other = "web\tnginx:latest\t0.0.0.0:18789->18789/tcp, :::18789->18789/tcp\n";
        for (text, port, expected) in [
            ("", None, None),
            ("web\tnginx:latest\n", None, None),
            ("web\tnginx\nassistant\tghcr.io/openclaw/openclaw:latest\n", None, Some("assistant")),
            ("my-OpenClaw-1\tnode:24\n", None, Some("my-OpenClaw-1")),
            ("openclaw-sbx-main-1\topenclaw-sandbox:bookworm-slim\n", None, None),
            (other, None, None),
            (other, Some(18789), Some("web")),
            (other, Some(1878), None),
            ("x\tnode\t0.0.0.0:18789->18789/tcp\nb\topenclaw\t\n", Some(18789), Some("b")),
        ] {
            assert_eq!(named(text, port).as_deref(), expected, "{text} {port:?}");
        }
    }

    #[test]
    fn how_it_reaches_this_computer() {
        let bridge = |text: &str| Network::Bridge(text.parse().ok());
        for (inspected, desktop, expected) in [
            ("host\nnull\n\n", false, Network::Host),
            ("host\nnull\n\n", true, Network::Host),
            ("bridge\nnull\n172.17.0.1\n", false, bridge("172.17.0.1")),
            ("assistant_default\n[]\n172.18.0.1\n", false, bridge("172.18.0.1")),
            ("assistant_default\n[]\n\n172.19.0.1\n", false, bridge("172.19.0.1")),
            ("bridge\n[\"host.docker.internal:host-gateway\"]\n172.17.0.1\n", false, Network::Named),
            ("bridge\nnull\n172.17.0.1\n", true, Network::Desktop),
            ("none\nnull\n\n", false, Network::Bridge(None)),
            ("", false, Network::Bridge(None)),
            ("", true, Network::Desktop),
        ] {
            assert_eq!(network(inspected, desktop), expected, "{inspected:?} {desktop}");
        }
    }
}
