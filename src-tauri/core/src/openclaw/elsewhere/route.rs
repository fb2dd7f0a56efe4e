//! The address of Ollama as seen from where OpenClaw lives, and what to write there. Pure: facts in, one row out.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Behind, Elsewhere, Engine, Network, Networking};
use crate::ollama::address::Address;

/// How Ollama is reached from there, which decides what must be told to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It shares this computer's network: loopback is the same.
    Shared,
    /// By a name that leads to this computer, its loopback included.
    Desktop,
    /// By this computer's address in the container's network: Ollama must listen beyond loopback.
    Bridge,
    /// By the address of Windows in the network of WSL: Ollama must listen beyond loopback.
    WslNat,
    /// By this computer's address in its network: Ollama must listen beyond loopback.
    Network,
    /// Ollama is on the network itself: the same address from everywhere.
    Same,
    /// By an address of this computer's that is not known: the text has a gap where the user puts it. Ollama must listen
    /// beyond loopback.
    Gap,
    /// Nobody knows where that OpenClaw is.
    Unknown,
}

/// Stands for an address that is not known. It is no name of a host, so that OpenClaw refuses a text that still has it.
const GAP: &str = "<address-of-this-computer>";

/// Where Ollama is, seen from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its address.
    pub url: String,
    /// How it is reached.
    pub way: Way,
}

impl Route {
    /// What to write into OpenClaw's settings there, as JSON5: valid by itself, and to be merged with what is there.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{{ models: {{ providers: {{ ollama: {{ baseUrl: \"{}\", api: \"ollama\", apiKey: \"ollama-local\" }} }} }} }}",
            self.url
        )
    }
}

/// `ollama`: as seen from here; `behind`: who holds the gateway's port for someone else.
#[must_use]
pub fn route(elsewhere: &Elsewhere, behind: Option<Behind>, ollama: &Address) -> Route {
    let to = |address: Address, way: Way| Route { url: address.to_string(), way };
    if !ollama.is_loopback() {
        return to(ollama.clone(), Way::Same);
    }
    let at = |ip: IpAddr, way: Way| to(ollama.with_host(&ip.to_string()), way);
    let gap = || Route { url: format!("http://{GAP}:{}", ollama.port()), way: Way::Gap };
    let over_network = || elsewhere.own.map_or_else(gap, |ip| at(ip, Way::Network));
    if let Some(container) = &elsewhere.container {
        let name = match container.engine {
            Engine::Docker => "host.docker.internal",
            Engine::Podman => "host.containers.internal",
        };
        return match (container.network, container.engine) {
            (Network::Host, _) => to(ollama.clone(), Way::Shared),
            (Network::Desktop, _) => to(ollama.with_host(name), Way::Desktop),
            (Network::Named, _) => to(ollama.with_host("host.docker.internal"), Way::Bridge),
            // Podman gives the name to every container.
            (Network::Bridge(_), Engine::Podman) => to(ollama.with_host(name), Way::Bridge),
            (Network::Bridge(Some(ip)), _) => at(ip, Way::Bridge),
            (Network::Bridge(None), _) => to(ollama.with_host("172.17.0.1"), Way::Bridge),
        };
    }
    if let Some(distribution) = &elsewhere.distribution {
        return match distribution.networking {
            Networking::Shared => to(ollama.clone(), Way::Shared),
            Networking::Nat(Some(ip)) => at(ip, Way::WslNat),
            Networking::Nat(None) | Networking::Apart => over_network(),
        };
    }
    match behind {
        // Its engine holds the port and does not say more: the address in the network leads here from everywhere.
        Some(Behind::Container | Behind::Wsl | Behind::Remote) => over_network(),
        None => to(ollama.clone(), Way::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openclaw::elsewhere::{Container, Distribution};

    fn container(engine: Engine, network: Network) -> Elsewhere {
        let container = Container { name: "assistant".into(), engine, network };
        Elsewhere { container: Some(container), ..nowhere() }
    }

    fn wsl(networking: Networking) -> Elsewhere {
        Elsewhere { distribution: Some(Distribution { name: "Ubuntu".into(), networking }), ..nowhere() }
    }

    fn nowhere() -> Elsewhere {
        Elsewhere { own: "192.168.1.5".parse().ok(), ..Elsewhere::default() }
    }

    #[test]
    fn ollama_as_seen_from_there() {
        use Engine::{Docker, Podman};
        let ip = |text: &str| text.parse().ok();
        /// What, where it was seen, who holds the port, Ollama from here, Ollama from there, how.
        type Row<'a> = (&'a str, Elsewhere, Option<Behind>, &'a str, &'a str, Way);
        let table: &[Row<'_>] = &[
            // Linux.
            (
                "docker's own network",
                container(Docker, Network::Bridge(ip("172.17.0.1"))),
                None,
                "127.0.0.1:11434",
                "http://172.17.0.1:11434",
                Way::Bridge,
            ),
            (
                "a network of compose",
                container(Docker, Network::Bridge(ip("172.20.0.1"))),
                None,
                "127.0.0.1:11434",
                "http://172.20.0.1:11434",
                Way::Bridge,
            ),
            (
                "nothing said",
                container(Docker, Network::Bridge(None)),
                None,
                "127.0.0.1:11434",
                "http://172.17.0.1:11434",
                Way::Bridge,
            ),
            (
                "--add-host",
                container(Docker, Network::Named),
                None,
                "127.0.0.1:11434",
                "http://host.docker.internal:11434",
                Way::Bridge,
            ),
            (
                "--network host",
                container(Docker, Network::Host),
                None,
                "127.0.0.1:11500",
                "http://127.0.0.1:11500",
                Way::Shared,
            ),
            (
                "podman",
                container(Podman, Network::Bridge(ip("10.88.0.1"))),
                None,
                "127.0.0.1:11434",
                "http://host.containers.internal:11434",
                Way::Bridge,
            ),
            // macOS and Windows.
            (
                "Docker Desktop",
                container(Docker, Network::Desktop),
                None,
                "127.0.0.1:11434",
                "http://host.docker.internal:11434",
                Way::Desktop,
            ),
            (
                "a machine of podman's",
                container(Podman, Network::Desktop),
                None,
                "localhost:11434",
                "http://host.containers.internal:11434",
                Way::Desktop,
            ),
            // Windows.
            (
                "WSL, mirrored",
                wsl(Networking::Shared),
                None,
                "127.0.0.1:11434",
                "http://127.0.0.1:11434",
                Way::Shared,
            ),
            (
                "WSL, NAT",
                wsl(Networking::Nat(ip("172.30.208.1"))),
                None,
                "127.0.0.1:11434",
                "http://172.30.208.1:11434",
                Way::WslNat,
            ),
            (
                "WSL that does not tell",
                wsl(Networking::Nat(None)),
                None,
                "127.0.0.1:11434",
                "http://192.168.1.5:11434",
                Way::Network,
            ),
            (
                "WSL, bridged",
                wsl(Networking::Apart),
                None,
                "127.0.0.1:11434",
                "http://192.168.1.5:11434",
                Way::Network,
            ),
            // Everywhere.
            (
                "a tunnel",
                nowhere(),
                Some(Behind::Remote),
                "127.0.0.1:11434",
                "http://192.168.1.5:11434",
                Way::Network,
            ),
            (
                "an engine that does not tell",
                nowhere(),
                Some(Behind::Container),
                "127.0.0.1:11434",
                "http://192.168.1.5:11434",
                Way::Network,
            ),
            (
                "no network",
                Elsewhere::default(),
                Some(Behind::Remote),
                "127.0.0.1:11434",
                "http://<address-of-this-computer>:11434",
                Way::Gap,
            ),
            ("another user's", nowhere(), None, "127.0.0.1:11434", "http://127.0.0.1:11434", Way::Unknown),
            (
                "an Ollama of the network",
                container(Docker, Network::Host),
                None,
                "http://192.0.2.7:11434",
                "http://192.0.2.7:11434",
                Way::Same,
            ),
        ];
        for (what, elsewhere, behind, ollama, url, way) in table {
            let found = route(elsewhere, *behind, &Address::parse(ollama).unwrap());
            assert_eq!((found.url.as_str(), found.way), (*url, *way), "{what}");
            let written = found.text();
            let read =
                crate::openclaw::document::Document::parse(std::path::Path::new("x"), written.as_bytes());
            let told = crate::openclaw::settings::Settings::of(read.unwrap().value());
            assert_eq!((told.base_url.as_deref(), told.api_key), (Some(*url), true), "{what}");
            assert_eq!(Address::parse(url).is_ok(), *way != Way::Gap, "{what}: a gap is no address");
        }
    }
}
