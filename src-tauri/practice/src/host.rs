//! `OLLAMA_HOST` by Ollama's own rules, for the program that stands in for it.
//! Written apart from the core, so that one checks the other.

use std::net::{IpAddr, Ipv4Addr};

/// Ollama's port.
const PORT: u16 = 11434;

/// Where to listen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// `http` or `https`.
    pub(crate) scheme: String,
    /// A name or a number; empty: every address.
    pub(crate) host: String,
    /// 0: any free one.
    pub(crate) port: u16,
}

impl Host {
    /// Reads the variable. Every text means something: what makes no sense falls back to a default.
    pub(crate) fn parse(variable: &str) -> Self {
        let text = variable.trim().trim_matches(['"', '\'']).trim();
        let (scheme, rest, default) = match text.split_once("://") {
            None => ("http", text, PORT),
            Some(("http", rest)) => ("http", rest, 80),
            Some(("https", rest)) => ("https", rest, 443),
            Some((scheme, rest)) => (scheme, rest, PORT),
        };
        let rest = rest.split('/').next().unwrap_or_default();
        let bare = rest.trim_start_matches('[').trim_end_matches(']');
        let (host, port) = if rest.is_empty() {
            ("127.0.0.1", default)
        } else if bare.parse::<IpAddr>().is_ok() {
            (bare, default)
        } else {
            match rest.rsplit_once(':') {
                Some((host, port)) => (host, port.parse().unwrap_or(default)),
                None => (rest, default),
            }
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Self { scheme: scheme.into(), host: host.into(), port }
    }

    /// The name to bind or to look up.
    pub(crate) fn to_bind(&self) -> (&str, u16) {
        (if self.host.is_empty() { "0.0.0.0" } else { &self.host }, self.port)
    }

    /// Where a client connects: listening everywhere is no place to go.
    pub(crate) fn to_connect(&self) -> (String, u16) {
        let everywhere = self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
        if self.host.is_empty() || everywhere {
            (Ipv4Addr::LOCALHOST.to_string(), self.port)
        } else {
            (self.host.clone(), self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn rules_of_the_variable() {
        for (text, scheme, host, port) in [
            ("", "http", "127.0.0.1", 11434),
            ("1.2.3.4", "http", "1.2.3.4", 11434),
            ("1.2.3.4:80", "http", "1.2.3.4", 80),
            (" \"1.2.3.4:0\" ", "http", "1.2.3.4", 0),
            (":8080", "http", "", 8080),
            ("0.0.0.0", "http", "0.0.0.0", 11434),
            ("http://box", "http", "box", 80),
            ("https://box/path", "https", "box", 443),
            ("http://box:70000", "http", "box", 80),
            ("box:70000", "http", "box", 11434),
            ("::1", "http", "::1", 11434),
            ("[::1]", "http", "::1", 11434),
            ("[::1]:9", "http", "::1", 9),
            ("localhost", "http", "localhost", 11434),
        ] {
            let expected = Host { scheme: scheme.into(), host: host.into(), port };
            assert_eq!(Host::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_client_goes_to_this_machine_when_the_server_listens_everywhere() {
        for text in [":99", "0.0.0.0:99", "[::]:99"] {
            assert_eq!(Host::parse(text).to_connect(), ("127.0.0.1".into(), 99), "{text}");
        }
    }
}
