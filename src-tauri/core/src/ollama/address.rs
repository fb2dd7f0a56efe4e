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
    // Only ASCII: `İ` in lower case has a mark that no host name has, and the client lowers what is left.
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
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
mod tests;
