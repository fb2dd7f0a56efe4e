//! HTTP below the client: how a connection is made, and which of our codes an error of it is.
//! Kinds are told apart by type, never by text.

use std::{io, net::SocketAddr, time::Duration};

use reqwest::{
    NoProxy, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

use super::address::Address;
use crate::{
    error::{Error, ErrorCode},
    surroundings::Environment,
};

/// An idle connection is closed after this; the watcher asks again sooner.
const IDLE: Duration = Duration::from_secs(30);
/// As many as discovery asks at a time.
const IDLE_CONNECTIONS: usize = 8;

/// The host name did not resolve.
#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve: {0}")]
struct NameUnknown(#[source] io::Error);

/// The system's resolver, with an error of our own that can be told apart.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => Ok(Box::new(found.collect::<Vec<SocketAddr>>().into_iter()) as Addrs),
                Err(error) => Err(Box::new(NameUnknown(error)) as Box<dyn std::error::Error + Send + Sync>),
            }
        })
    }
}

/// A connection pool to one server. A proxy is used only for other machines, and only as the environment
/// that was passed in says; redirects are not followed: another place is another server.
pub(super) fn http(
    address: &Address,
    environment: &Environment,
    connect: Duration,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .dns_resolver(SystemResolver)
        .user_agent(concat!("pincer/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = (!address.is_loopback()).then(|| proxy(address, environment)).flatten() {
        builder = builder.proxy(proxy);
    } else if !address.is_https() {
        // Nothing is encrypted on this way: reading the system's certificates, hundreds of files, would be most of the
        // time of a look at several addresses.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| Error::new(ErrorCode::Internal {}, format!("HTTP client: {error}")))
}

fn proxy(address: &Address, environment: &Environment) -> Option<Proxy> {
    let names: &[&str] =
        if address.is_https() { &["https_proxy", "HTTPS_PROXY"] } else { &["http_proxy", "HTTP_PROXY"] };
    let url = names.iter().chain(&["all_proxy", "ALL_PROXY"]).find_map(|name| environment.get(name))?;
    let except = environment.get("no_proxy").or_else(|| environment.get("NO_PROXY"));
    Some(Proxy::all(url).ok()?.no_proxy(except.and_then(NoProxy::from_string)))
}

/// The code of a failed request.
pub(super) fn classify(error: &reqwest::Error, address: &Address) -> Error {
    let url = address.to_string();
    let io_kind = all::<io::Error>(error).next().map(innermost_kind);
    // A cancelled request carries why it was cancelled: the innermost says it.
    let http = all::<hyper::Error>(error).last();
    let code = if all::<NameUnknown>(error).next().is_some() {
        ErrorCode::OllamaNameUnknown { url }
    } else if error.is_connect() && address.is_https() && is_tls_trouble(io_kind) {
        ErrorCode::OllamaTls { url }
    } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
        ErrorCode::OllamaRefused { url }
    } else if io_kind.is_some_and(is_cut) {
        ErrorCode::OllamaCutOff { url }
    } else if error.is_timeout() {
        if error.is_connect() {
            ErrorCode::OllamaUnreachable { url }
        } else {
            ErrorCode::OllamaSilent { url }
        }
    } else if http.is_some_and(|http| io_kind.is_none() && !is_end(http)) {
        ErrorCode::OllamaNotOllama { url }
    } else if error.is_connect() {
        ErrorCode::OllamaUnreachable { url }
    } else {
        ErrorCode::OllamaCutOff { url }
    };
    Error::new(code, chain(error))
}

/// The connection ended; any other complaint of HTTP without a cause in the system is about what was said.
fn is_end(http: &hyper::Error) -> bool {
    http.is_incomplete_message() || http.is_closed() || http.is_canceled() || http.is_body_write_aborted()
}

fn is_cut(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(kind, ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn is_tls_trouble(kind: Option<io::ErrorKind>) -> bool {
    matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof))
}

/// An `io::Error` can wrap another; the innermost says what happened.
fn innermost_kind(error: &io::Error) -> io::ErrorKind {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.map_or_else(|| error.kind(), innermost_kind)
}

/// Every error of this type in the chain of causes, the outermost first.
fn all<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a T> {
    std::iter::successors(Some(error), |current| current.source())
        .filter_map(|current| current.downcast_ref::<T>())
}

/// The error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(current) = next {
        text.push_str(": ");
        text.push_str(&current.to_string());
        next = current.source();
    }
    text
}
