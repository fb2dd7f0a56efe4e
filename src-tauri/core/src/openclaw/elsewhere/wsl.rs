//! OpenClaw in a Linux beside Windows: by `wsl.exe`, and how that Linux reaches Windows. Only distributions that run are
//! asked: asking another one would start it.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use super::ASK;
use crate::{machine::command, surroundings::Surroundings};

/// Where the DNS of Windows is within a WSL that forwards it: nothing else listens there.
const DNS_TUNNEL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 255, 255, 254));

/// How a Linux beside Windows is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networking {
    /// It shares the network of Windows (mirrored, and WSL 1): loopback is the same.
    Shared,
    /// It has a network of its own, in which Windows has this address.
    Nat(Option<IpAddr>),
    /// It is in the network as a computer of its own.
    Apart,
}

/// A running distribution that has OpenClaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Its name.
    pub name: String,
    /// How it reaches Windows.
    pub networking: Networking,
}

/// Asks each running distribution.
pub(super) async fn look(surroundings: &Surroundings) -> Option<Distribution> {
    let program = command::on_path(surroundings, "wsl.exe")?;
    let ask = async |arguments: &[&str]| {
        let output = command::output(surroundings, &program, arguments, ASK).await.ok()?;
        output.success.then(|| plain(&output.stdout))
    };
    let running = ask(&["--list", "--running", "--quiet"]).await?;
    for name in names(&running) {
        let within = async |command: &[&str]| ask(&[&["-d", name, "--exec"], command].concat()).await;
        // The home of whoever uses it, and of everyone else there.
        let look = "ls -d ~/.openclaw /home/*/.openclaw /root/.openclaw 2>/dev/null; true";
        let folders = within(&["sh", "-c", look]).await.unwrap_or_default();
        if folders.trim().is_empty() {
            continue;
        }
        let (mode, routes, resolver) = tokio::join!(
            within(&["wslinfo", "--networking-mode"]),
            within(&["cat", "/proc/net/route"]),
            within(&["cat", "/etc/resolv.conf"]),
        );
        let mode = match mode {
            Some(mode) => Some(mode),
            // Older ones have no such program: what they were told counts.
            None => mode_of_config(&surroundings.home).await,
        };
        let networking = networking(
            mode.as_deref().unwrap_or_default(),
            routes.as_deref().unwrap_or_default(),
            resolver.as_deref().unwrap_or_default(),
        );
        return Some(Distribution { name: name.to_owned(), networking });
    }
    None
}

async fn mode_of_config(home: &Path) -> Option<String> {
    let file = home.join(".wslconfig");
    let text = tokio::task::spawn_blocking(move || fs::read_to_string(file)).await.ok()?.ok()?;
    in_config(&text)
}

/// `networkingMode` of `[wsl2]` in a `.wslconfig`.
fn in_config(text: &str) -> Option<String> {
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_lowercase();
        } else if let Some((key, value)) = line.split_once('=')
            && section == "wsl2"
            && key.trim().eq_ignore_ascii_case("networkingMode")
        {
            return Some(value.split('#').next().unwrap_or_default().trim().to_owned());
        }
    }
    None
}

/// What the mode, the routes (`/proc/net/route`) and the resolver's file say together.
fn networking(mode: &str, routes: &str, resolver: &str) -> Networking {
    match mode.trim().to_lowercase().as_str() {
        "mirrored" | "wsl1" => Networking::Shared,
        // The way out leads elsewhere than to Windows.
        "bridged" | "virtioproxy" | "none" => Networking::Apart,
        _ => Networking::Nat(gateway(routes).or_else(|| nameserver(resolver))),
    }
}

/// The gateway of the default route, written as a number in the byte order of the machine (little-endian).
fn gateway(routes: &str) -> Option<IpAddr> {
    routes.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (to, by) = (fields.next()?, fields.next()?);
        let by = u32::from_str_radix(by, 16).ok()?;
        (to == "00000000" && by != 0).then(|| IpAddr::V4(Ipv4Addr::from(by.to_le_bytes())))
    })
}

/// Windows answers names there, unless it forwards them or someone wrote another server.
fn nameserver(resolver: &str) -> Option<IpAddr> {
    let servers = resolver.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let mut servers = servers.filter_map(|server| server.trim().parse::<IpAddr>().ok());
    servers.find(|server| match server {
        IpAddr::V4(ip) => ip.is_private() && *server != DNS_TUNNEL,
        IpAddr::V6(_) => false,
    })
}

fn names(running: &str) -> impl Iterator<Item = &str> {
    running.lines().map(str::trim).filter(|name| !name.is_empty())
}

/// `wsl.exe` itself writes UTF-16: read as bytes, every second one of a name is nothing.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '\0' && *c != '\u{feff}' && *c != '\u{fffd}').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_lists_are_read() {
        let utf16 = "\u{fffd}\u{fffd}U\0b\0u\0n\0t\0u\0\r\0\n\0D\0e\0b\0i\0a\0n\0\r\0\n\0";
        assert_eq!(names(&plain(utf16)).collect::<Vec<_>>(), ["Ubuntu", "Debian"]);
    }

    #[test]
    fn how_it_reaches_windows() {
        let routes = "Iface\tDestination\tGateway \tFlags\n\
            eth0\t00D01EAC\t00000000\t0001\neth0\t00000000\t01D01EAC\t0003\n";
        let nat = |text: &str| Networking::Nat(text.parse().ok());
        for (mode, routes, resolver, expected) in [
            ("mirrored\n", routes, "", Networking::Shared),
            ("Mirrored", "", "", Networking::Shared),
            ("wsl1\n", routes, "", Networking::Shared),
            ("nat\n", routes, "nameserver 10.255.255.254\n", nat("172.30.208.1")),
            ("", routes, "nameserver 192.168.7.1\n", nat("172.30.208.1")),
            ("", "", "# made by WSL\nnameserver 172.25.0.1\n", nat("172.25.0.1")),
            ("nat", "", "nameserver 10.255.255.254\n", Networking::Nat(None)),
            ("nat", "", "nameserver 1.1.1.1\nnameserver 127.0.0.53\n", Networking::Nat(None)),
            ("nat", "Iface\neth0\t00000000\tnonsense\n", "", Networking::Nat(None)),
            ("bridged", routes, "", Networking::Apart),
            ("virtioproxy", routes, "", Networking::Apart),
        ] {
            assert_eq!(networking(mode, routes, resolver), expected, "{mode:?} {resolver:?}");
        }
    }

    #[test]
    fn what_wsl_was_told() {
        for (text, expected) in [
            ("[wsl2]\nnetworkingMode=mirrored\n", Some("mirrored")),
            ("[wsl2]\r\nmemory=8GB\r\nNetworkingMode = NAT # usual\r\n", Some("NAT")),
            ("[experimental]\nnetworkingMode=mirrored\n", None),
            ("", None),
        ] {
            assert_eq!(in_config(text).as_deref(), expected, "{text:?}");
        }
    }
}
