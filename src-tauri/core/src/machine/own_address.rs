//! Which addresses are this computer's own: a server under its address in the local network is here, too, with this
//! memory and these disks.

use std::net::{IpAddr, UdpSocket};

use crate::ollama::address::Address;

/// Whether the address is loopback, or one of this computer's own by number. Asks the system, no network; names are
/// not resolved.
#[must_use]
pub fn is_here(address: &Address) -> bool {
    // A system lets only an address of its own be bound.
    let own = |ip: IpAddr| UdpSocket::bind((ip, 0)).is_ok();
    address.is_loopback() || address.host().parse().is_ok_and(own)
}

/// The address of this computer that others of its network reach it by: the one that it would send from. `None` without
/// a network.
#[must_use]
pub fn in_network() -> Option<IpAddr> {
    // An address for documentation (RFC 5737): nobody has it, and nothing is sent there.
    seen_from([192, 0, 2, 77].into()).filter(|own| !own.is_loopback() && !own.is_unspecified())
}

/// The address of this computer that one at `there` would see. Asks the system, sends nothing; `None` without a way
/// there.
#[must_use]
pub fn seen_from(there: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if there.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // The port of "discard": nothing is sent to it.
    socket.connect((there, 9)).ok()?;
    socket.local_addr().ok().map(|own| own.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_own_numbers_are_here() {
        for (text, here) in [
            ("http://127.0.0.1:1", true),
            ("localhost", true),
            ("[::1]:11434", true),
            // Addresses for documentation (RFC 5737, 3849): nobody has them.
            ("192.0.2.77", false),
            ("[2001:db8::77]:11434", false),
            ("ollama.example", false),
        ] {
            assert_eq!(is_here(&Address::parse(text).unwrap()), here, "{text}");
        }
        if let Some(own) = in_network() {
            assert!(is_here(&Address::parse(&own.to_string()).unwrap()), "{own}");
        }
    }

    #[test]
    fn from_here_it_is_loopback() {
        assert_eq!(seen_from([127, 0, 0, 1].into()), Some([127, 0, 0, 1].into()));
    }
}
