//! The address of an Ollama server: all rules of `OLLAMA_HOST`, and what a client must connect to.
//! Rules read in Ollama's `envconfig` (0.32) and measured; see docs/decisions for the choices.

use std::{fmt, net::IpAddr};

use reqwest::Url;

use crate::error::{Error, ErrorCode};

/// Ollama's own port.
pub const DEFAULT_PORT: u16 = 11434;

/// How the address is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// An address that a client can connect to: never a listening wildcard, always with a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: Scheme,
    /// Lower case, IPv6 without brackets.
    host: String,
    port: u16,
    /// Empty, or begins with `/` and does not end with one; never the OpenAI API's `/v1`.
    path: String,
}

impl Default for Address {
    fn default() -> Self {
        Self::loopback(DEFAULT_PORT)
    }
}

impl Address {
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn loopback(port: u16) -> Self {
        Self { scheme: Scheme::Http, host: "127.0.0.1".into(), port, path: String::new() }
    }

    /// What a client must connect to when a server reads this `OLLAMA_HOST`: quotes and spaces trimmed, a port
    /// that is none falls back silently, as in the server. An empty value, or a host that none can be, is no address.
    #[must_use]
    pub fn from_ollama_host(value: &str) -> Option<Self> {
        let value = value.trim().trim_matches(['"', '\'']).trim();
        if value.is_empty() {
            return None;
        }
        let parts = Parts::of(value);
        let (scheme, fallback) = match parts.scheme {
            None => (Scheme::Http, DEFAULT_PORT),
            Some("https") => (Scheme::Https, 443),
            // The server takes any other scheme as it is and listens in plain HTTP.
            Some("http") => (Scheme::Http, 80),
            Some(_) => (Scheme::Http, DEFAULT_PORT),
        };
        let (host, port) = split_port(parts.authority);
        if !is_host(host) || (parts.user.is_some() && parts.authority.is_empty()) {
            return None;
        }
        let port = port.and_then(|port| port.parse().ok()).unwrap_or(fallback);
        Some(Self { scheme, host: connectable(host)?, port, path: client_path(parts.path) })
    }

    /// An address as a person or a settings file gives it: the same defaults as `OLLAMA_HOST`, but what is
    /// wrong is an error instead of a silent fallback. The `/v1` of the OpenAI API at the end is dropped.
    ///
    /// # Errors
    /// [`ErrorCode::AddressInvalid`] with the reason in `detail`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value = text.trim().trim_matches(['"', '\'']).trim();
        let invalid = |why: &str| Error::new(ErrorCode::AddressInvalid { text: without_password(text) }, why);
        if value.is_empty() {
            return Err(invalid("empty"));
        }
        if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(invalid("a space or control character"));
        }
        let parts = Parts::of(value);
        let (scheme, fallback) = match parts.scheme.map(str::to_ascii_lowercase).as_deref() {
            None => (Scheme::Http, DEFAULT_PORT),
            Some("http") => (Scheme::Http, 80),
            Some("https") => (Scheme::Https, 443),
            Some(_) => return Err(invalid("neither http nor https")),
        };
        if parts.user.is_some() {
            return Err(invalid("a user name in the address"));
        }
        let (host, port) = split_port(parts.authority);
        if host.is_empty() && port.is_none() {
            return Err(invalid("no host"));
        }
        if !is_host(host) {
            return Err(invalid("a host name with a character that none can have"));
        }
        let port = match port {
            None => fallback,
            Some(port) => match port.parse() {
                Ok(0) | Err(_) => return Err(invalid("a port that is not between 1 and 65535")),
                Ok(port) => port,
            },
        };
        if value.contains(['?', '#']) {
            return Err(invalid("a question mark or hash sign"));
        }
        let host = connectable(host).ok_or_else(|| invalid("a host name that none can have"))?;
        Ok(Self { scheme, host, port, path: client_path(parts.path) })
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host: a name, or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Spoken to over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The same place under another host.
    #[must_use]
    pub fn with_host(&self, host: &str) -> Self {
        Self { host: connectable(host).unwrap_or_else(|| host.to_owned()), ..self.clone() }
    }

    /// The same place at another port.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// The same place spoken to in plain HTTP.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { scheme: Scheme::Http, ..self.clone() }
    }

    /// The same place spoken to over TLS.
    #[must_use]
    pub fn secure(&self) -> Self {
        Self { scheme: Scheme::Https, ..self.clone() }
    }

    /// The same server without a path.
    #[must_use]
    pub fn root(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    /// On this computer: `localhost`, `127.0.0.0/8` or `::1`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The URL of an API path such as `/api/tags`.
    #[must_use]
    pub fn endpoint(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// For `OLLAMA_HOST` of a server that shall listen here.
    #[must_use]
    pub fn listen_value(&self) -> String {
        format!("{}:{}", bracketed(&self.host), self.port)
    }
}

/// For `OLLAMA_HOST` of a server that shall listen at `address`: open to the network where the user's own `OLLAMA_HOST`
/// (`written`) says so of this very address, else as narrow as the address is.
#[must_use]
pub fn listen_value_as_written(address: &Address, written: Option<&str>) -> String {
    let narrow = address.listen_value();
    let Some(written) = written.filter(|text| Address::from_ollama_host(text).as_ref() == Some(address))
    else {
        return narrow;
    };
    let value = written.trim().trim_matches(['"', '\'']).trim();
    let host = split_port(Parts::of(value).authority).0.trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => format!("{}:{}", bracketed(host), address.port),
        _ => narrow,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), bracketed(&self.host))?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// What an address as written does beside naming a place: the slips that are known (docs/causes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// A scheme and no port: the scheme's own port counts (80, 443), not 11434.
    PortMissing,
    /// A port that is none.
    PortInvalid,
    /// `0.0.0.0` or `::`, which is for listening.
    Wildcard,
}

/// The slip in an address as written, if there is one.
#[must_use]
pub fn slip(text: &str) -> Option<Slip> {
    let value = text.trim().trim_matches(['"', '\'']).trim();
    let parts = Parts::of(value);
    let (host, port) = split_port(parts.authority);
    let host = host.trim_matches(['[', ']']);
    match port {
        Some(port) if !port.parse::<u16>().is_ok_and(|port| port > 0) => Some(Slip::PortInvalid),
        _ if host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified()) => Some(Slip::Wildcard),
        None if parts.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http")) => {
            Some(Slip::PortMissing)
        }
        _ => None,
    }
}

/// Whether an address as written has no scheme. `OLLAMA_HOST` may do without; `baseUrl` of OpenClaw's settings may not:
/// its Node takes `localhost:` for a scheme and `127.0.0.1:11434` for no URL (2026.9.6).
#[must_use]
pub fn lacks_scheme(text: &str) -> bool {
    Parts::of(text.trim()).scheme.is_none()
}

/// Who asks, in an address as written, for the one who takes it out of other texts: the whole before the at sign, and
/// its pieces between the characters where a reader of addresses would cut it. Never shown.
#[must_use]
pub fn user_parts(text: &str) -> Vec<String> {
    let value = text.trim().trim_matches(['"', '\'']).trim();
    let user = Parts::of(value).user.unwrap_or_default();
    let password = user.split_once(':').map(|(_, password)| password);
    let all = [Some(user), password].into_iter().flatten().chain(user.split([':', '/', '?', '#', '@']));
    all.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

struct Parts<'a> {
    scheme: Option<&'a str>,
    /// Never part of where to connect, and may hold a password.
    user: Option<&'a str>,
    authority: &'a str,
    /// Without query and fragment, which may hold a token.
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(value: &'a str) -> Self {
        let (scheme, rest) =
            value.split_once("://").map_or((None, value), |(scheme, rest)| (Some(scheme), rest));
        // A password may hold a slash, or anything else that ends a host: the last at sign counts.
        let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Self { scheme, user, authority, path }
    }
}

/// Host and port text; an IPv6 address without brackets has no port (`::1`).
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if authority.parse::<IpAddr>().is_ok() {
        return (authority, None);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Empty (this computer), an IP address, or a name.
fn is_host(host: &str) -> bool {
    let named = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || host.chars().all(named)
}

/// A text as it may be shown: `http://***@host/?***`.
fn without_password(text: &str) -> String {
    let shown = without_user(text);
    match shown.find(['?', '#']) {
        Some(at) => format!("{}***", shown.get(..=at).unwrap_or_default()),
        None => shown,
    }
}

fn without_user(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    match rest.rsplit_once('@') {
        Some((_, host)) if scheme.is_empty() => format!("***@{host}"),
        Some((_, host)) => format!("{scheme}://***@{host}"),
        None => text.to_owned(),
    }
}

/// The host as a client connects to it: a wildcard is for listening, a client goes to loopback; an IP address in
/// another form (`127.1`, `0x7f000001`) is that address. `None`: nothing that a client could connect to.
fn connectable(host: &str) -> Option<String> {
    let host = host.trim_matches(['[', ']']).to_lowercase();
    if host.is_empty() {
        return Some("127.0.0.1".into());
    }
    let ip = match host.parse::<IpAddr>() {
        // One of IPv4 in the form of IPv6 is the one of IPv4.
        Ok(ip) => Some(ip.to_canonical()),
        // As the HTTP client reads it.
        Err(_) => Url::parse(&format!("http://{host}/")).ok()?.host_str()?.parse().ok(),
    };
    Some(match ip {
        Some(ip) if ip.is_unspecified() => "127.0.0.1".into(),
        Some(ip) => ip.to_string(),
        None => host,
    })
}

/// The path as a client asks for it: in the form of an address of the web, without the `/v1` of the OpenAI API.
fn client_path(path: &str) -> String {
    let asked = Url::parse(&format!("http://host/{}", path.trim_matches('/')));
    // Quotes around an address are trimmed; one at its end is none of them.
    let asked = asked.as_ref().map_or(path, Url::path).replace('\'', "%27");
    let mut path = asked.trim_matches('/');
    // Also written twice: what is left must read back as itself.
    while let Some(rest) = path.strip_suffix("v1").filter(|rest| rest.is_empty() || rest.ends_with('/')) {
        path = rest.trim_end_matches('/');
    }
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ollama_host_is_read_as_the_server_reads_it() {
        let table = [
            ("127.0.0.1", "http://127.0.0.1:11434"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("  \"127.0.0.1:8080\"  ", "http://127.0.0.1:8080"),
            ("'example.com'", "http://example.com:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("127.1", "http://127.0.0.1:11434"),
            ("0x7f000001:9000", "http://127.0.0.1:9000"),
            ("0:9000", "http://127.0.0.1:9000"),
            ("[::ffff:127.0.0.1]:9000", "http://127.0.0.1:9000"),
            ("0.0.0.0:9000", "http://127.0.0.1:9000"),
            ("::", "http://127.0.0.1:11434"),
            ("[::]:9000", "http://127.0.0.1:9000"),
            ("::1", "http://[::1]:11434"),
            ("[::1]:9000", "http://[::1]:9000"),
            ("[::1]", "http://[::1]:11434"),
            (":9000", "http://127.0.0.1:9000"),
            ("http://example.com", "http://example.com"),
            ("http://example.com:11434", "http://example.com:11434"),
            ("https://example.com", "https://example.com"),
            ("https://example.com:11434/ollama/", "https://example.com:11434/ollama"),
            ("example.com:1/ollama/v1//v1/", "http://example.com:1/ollama"),
            ("example.com:1/a b/./\u{202e}", "http://example.com:1/a%20b/%E2%80%AE"),
            ("example.com:66000", "http://example.com:11434"),
            ("example.com:-1", "http://example.com:11434"),
            ("example.com:abc", "http://example.com:11434"),
            ("http://example.com:66000", "http://example.com"),
            ("LOCALHOST", "http://localhost:11434"),
            ("http://me:secret@127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://bob:pa/Sw0rdxyz@127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("bob:pa/Sw0?rd#xyz@127.0.0.1:9000/x", "http://127.0.0.1:9000/x"),
            ("http://127.0.0.1:9000/x?token=hunter2#y", "http://127.0.0.1:9000/x"),
            ("http://127.0.0.1:9000/?token=hunter2", "http://127.0.0.1:9000"),
        ];
        for (value, url) in table {
            let address = Address::from_ollama_host(value).unwrap();
            assert_eq!(address.to_string(), url, "{value}");
        }
        for empty in ["", "   ", "\"\"", "' '", "http://foo bar", "http://a:b/secret@", "http://a?b=c"] {
            assert_eq!(Address::from_ollama_host(empty), None, "{empty:?}");
        }
    }

    #[test]
    fn an_address_of_a_person_is_normalised() {
        let table = [
            ("127.0.0.1", "http://127.0.0.1:11434"),
            ("http://ollama-host:11434/v1", "http://ollama-host:11434"),
            ("http://ollama-host:11434/v1/", "http://ollama-host:11434"),
            ("https://example.com/ollama/v1", "https://example.com/ollama"),
            ("https://example.com/v1beta", "https://example.com/v1beta"),
            ("HTTP://Example.COM:11434/", "http://example.com:11434"),
            ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
            ("[::1]:11434", "http://[::1]:11434"),
            ("my_box.local", "http://my_box.local:11434"),
        ];
        for (text, url) in table {
            assert_eq!(Address::parse(text).unwrap().to_string(), url, "{text}");
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_known() {
        for (text, lacks) in [
            ("127.0.0.1:11434", true),
            (" localhost:11434", true),
            ("//box:11434", true),
            ("http://127.0.0.1:11434", false),
            ("HTTPS://box", false),
        ] {
            assert_eq!(lacks_scheme(text), lacks, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let table = [
            "",
            "  ",
            "ftp://example.com",
            "http://",
            "http:///v1",
            "exa mple.com",
            "example.com:0",
            "example.com:66000",
            "example.com:abc",
            "http://user:secret@example.com",
            "http://user:pa/secret@example.com",
            "http://example.com/?a=secret",
            "http://example.com?a=secret",
            "http://us?er:secret@example.com/#secret",
            "http://exa\u{0}mple",
            "a,b",
        ];
        for text in table {
            let error = Address::parse(text).unwrap_err();
            assert!(matches!(&error.code, ErrorCode::AddressInvalid { text } if !text.contains("secret")));
            assert!(!error.detail.is_empty());
        }
    }

    #[test]
    fn a_server_listens_as_wide_as_the_user_wrote_and_no_wider() {
        let here = Address::loopback(9000);
        for (written, listens) in [
            (Some("0.0.0.0:9000"), "0.0.0.0:9000"),
            (Some(" 'http://0.0.0.0:9000' "), "0.0.0.0:9000"),
            (Some("[::]:9000"), "[::]:9000"),
            // Another port, or no wildcard.
            (Some("0.0.0.0"), "127.0.0.1:9000"),
            (Some("127.0.0.1:9000"), "127.0.0.1:9000"),
            (Some(""), "127.0.0.1:9000"),
            (None, "127.0.0.1:9000"),
        ] {
            assert_eq!(listen_value_as_written(&here, written), listens, "{written:?}");
        }
    }

    #[test]
    fn who_asks_is_known_in_all_its_pieces() {
        let parts = user_parts("\"http://bob:pa/Sw0rdxyz@127.0.0.1:9000\"");
        assert_eq!(parts, ["bob:pa/Sw0rdxyz", "pa/Sw0rdxyz", "bob", "pa", "Sw0rdxyz"]);
        assert!(user_parts("http://127.0.0.1:9000/x").is_empty() && user_parts("").is_empty());
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        for text in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]:1", "0.0.0.0"] {
            assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["192.0.2.7", "example.com", "[2001:db8::1]"] {
            assert!(!Address::parse(text).unwrap().is_loopback(), "{text}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        for text in ["127.0.0.1", "https://example.com", "http://x", "[::1]:9", "https://h:8443/p/q"] {
            let address = Address::parse(text).unwrap();
            assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
        }
        assert_eq!(Address::parse("[::1]:9").unwrap().listen_value(), "[::1]:9");
    }

    #[test]
    fn slips_in_an_address_as_written() {
        use Slip::{PortInvalid, PortMissing, Wildcard};
        for (text, expected) in [
            ("http://ai.example", Some(PortMissing)),
            ("HTTP://127.0.0.1/v1", Some(PortMissing)),
            ("https://ai.example", None),
            ("127.0.0.1", None),
            ("127.0.0.1:11434", None),
            ("http://[::1]:11434", None),
            ("::1", None),
            ("127.0.0.1:0", Some(PortInvalid)),
            ("http://127.0.0.1:114340", Some(PortInvalid)),
            ("127.0.0.1:port", Some(PortInvalid)),
            ("'0.0.0.0:11434' ", Some(Wildcard)),
            ("http://[::]:11434", Some(Wildcard)),
            ("", None),
        ] {
            assert_eq!(slip(text), expected, "{text}");
        }
    }
}
