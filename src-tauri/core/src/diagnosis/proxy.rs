//! Whether a proxy variable covers an address, by the rules that Node's clients follow.
//! `NO_PROXY`: names, suffixes with a leading dot or `*.`, an optional port, `*` for all.

use super::facts::ProxyFact;
use crate::ollama::address::Address;

/// The variable that makes a client send requests for `address` to a proxy. `variables`: name, value, place,
/// the ones that win first.
pub(super) fn covering(
    address: &Address,
    variables: &[(String, String, String)],
    here: bool,
) -> Option<ProxyFact> {
    let lookup = |name: &str| {
        let find =
            |wanted: &str| variables.iter().find(|(name, value, _)| name == wanted && !value.is_empty());
        find(&name.to_lowercase()).or_else(|| find(&name.to_uppercase()))
    };
    let by_scheme = if address.is_https() { "https_proxy" } else { "http_proxy" };
    // Node's own clients know no ALL_PROXY.
    let (variable, _, place) = lookup(by_scheme)?;
    let except = lookup("no_proxy").map(|(_, value, _)| value.as_str()).unwrap_or_default();
    (!is_excepted(address, except)).then(|| ProxyFact {
        variable: variable.clone(),
        place: place.clone(),
        here,
    })
}

fn is_excepted(address: &Address, list: &str) -> bool {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let is_host = entry.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !is_host => (host, port.parse::<u16>().ok()),
            _ => (entry, None),
        };
        let host = host.trim_matches(['[', ']']).to_lowercase();
        let suffix = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let matches = match suffix {
            Some(suffix) => address.host().ends_with(&format!(".{suffix}")) || address.host() == suffix,
            None => address.host() == host,
        };
        matches && port.is_none_or(|port| port == address.port())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_covers_what_no_proxy_leaves() {
        let address = Address::default();
        let named = Address::parse("http://box.local:11434").unwrap();
        for (address, variables, covers) in [
            (&address, &[][..], false),
            (&address, &[("HTTP_PROXY", "http://p:1")], true),
            (&address, &[("http_proxy", "http://p:1")], true),
            (&address, &[("HTTPS_PROXY", "http://p:1")], false),
            (&address, &[("ALL_PROXY", "http://p:1")], false),
            (&address, &[("HTTP_PROXY", "http://p:1"), ("NO_PROXY", "localhost")], true),
            (&address, &[("HTTP_PROXY", "http://p:1"), ("NO_PROXY", "localhost, 127.0.0.1")], false),
            (&address, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", "127.0.0.1:11434")], false),
            (&address, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", "127.0.0.1:80")], true),
            (&address, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", "*")], false),
            (&named, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", ".local")], false),
            (&named, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", "*.local")], false),
            (&named, &[("HTTP_PROXY", "http://p:1"), ("no_proxy", "local")], true),
        ] {
            let variables: Vec<_> =
                variables.iter().map(|(n, v)| ((*n).into(), (*v).into(), "here".into())).collect();
            assert_eq!(covering(address, &variables, false).is_some(), covers, "{variables:?}");
        }
    }
}
