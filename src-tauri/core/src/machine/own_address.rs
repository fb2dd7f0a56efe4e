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

/// The address of this computer that others of its network reach it by: the one that it would send from. Asks the
/// system, sends nothing. `None` without a network.
#[must_use]
pub fn in_network() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address for documentation (RFC 5737): nobody has it, and nothing is sent there.
    socket.connect("192.0.2.77:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
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
}
