//! Where other computers are named in a text: in addresses (`http://name:port`, `name@name`), as IP addresses, and as
//! names with a port or a well-known ending. File names, keys and versions, which look alike, are left.

use std::net::{IpAddr, Ipv6Addr};

use super::redact::Redactor;

/// Names that everyone has: this computer's own for itself, those of container networks, and public places.
const PUBLIC: [&str; 16] = [
    "localhost",
    "ip6-localhost",
    "ollama",
    "openclaw",
    "pincer",
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
    "ollama.com",
    "ollama.ai",
    "openclaw.ai",
    "github.com",
    "githubusercontent.com",
    "huggingface.co",
    "hf.co",
    "npmjs.org",
];

/// Endings by which a dotted name is a computer's: the usual ones of the net, and those that stay inside of it.
const ENDINGS: [&str; 70] = [
    "com",
    "net",
    "org",
    "io",
    "dev",
    "ai",
    "app",
    "co",
    "eu",
    "uk",
    "de",
    "fr",
    "us",
    "ca",
    "au",
    "nl",
    "be",
    "ch",
    "at",
    "it",
    "es",
    "pt",
    "se",
    "no",
    "dk",
    "fi",
    "pl",
    "cz",
    "ru",
    "ua",
    "jp",
    "cn",
    "kr",
    "in",
    "br",
    "mx",
    "me",
    "tv",
    "ie",
    "gr",
    "hu",
    "ro",
    "tr",
    "il",
    "za",
    "nz",
    "cloud",
    "tech",
    "online",
    "site",
    "xyz",
    "info",
    "biz",
    "edu",
    "gov",
    "mil",
    "lan",
    "local",
    "home",
    "box",
    "internal",
    "intranet",
    "corp",
    "private",
    "localdomain",
    "domain",
    "arpa",
    "test",
    "example",
    "invalid",
];

/// Endings of files with a line number after them (`routes.go:1503`).
const SOURCES: [&str; 14] =
    ["go", "rs", "py", "js", "ts", "mjs", "cjs", "c", "cc", "cpp", "cu", "h", "hpp", "json"];

/// Words before a number that is no port, and after a look-up that names no host.
const NO_HOSTS: [&str; 16] = [
    "port", "pid", "line", "size", "time", "count", "id", "code", "status", "column", "failed", "error",
    "of", "for", "timed", "address",
];

/// Words after which a program names a host that it looked for.
const BEFORE_HOSTS: [&str; 3] = ["lookup", "enotfound", "eai_again"];

/// Whether everyone knows the host, so that it says nothing.
pub(super) fn is_public(host: &str) -> bool {
    let host = host.to_lowercase();
    host.ends_with(".localhost")
        || PUBLIC.iter().any(|known| {
            host == *known
                || (known.contains('.') && host.strip_suffix(known).is_some_and(|start| start.ends_with('.')))
        })
}

/// The text with numbers in place of other computers' names, and without e-mail addresses.
pub(super) fn without(text: &str, redactor: &mut Redactor) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = String::new();
    let separates = |c: char| c.is_whitespace() || "\"'`<>(){}|,;=".contains(c);
    for part in text.split_inclusive(separates) {
        let word = part.trim_end_matches(separates);
        let announced = BEFORE_HOSTS.contains(&before.to_lowercase().as_str());
        out.push_str(&of_word(word, announced, redactor));
        out.push_str(part.get(word.len()..).unwrap_or_default());
        if !word.is_empty() {
            word.clone_into(&mut before);
        }
    }
    out
}

fn of_word(word: &str, announced: bool, redactor: &mut Redactor) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(&of_path(before, false, redactor));
        out.push_str("://");
        let end = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
        let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
        out.push_str(&of_authority(authority, redactor));
        rest = path;
    }
    out + &of_path(rest, announced, redactor)
}

/// `user@host:port`, as addresses have it.
fn of_authority(authority: &str, redactor: &mut Redactor) -> String {
    let (user, place) = authority.rsplit_once('@').map_or(("", authority), |(_, place)| ("***@", place));
    let bracketed = place.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    let (open, host, rest) = match bracketed {
        Some((host, rest)) => ("[", host, format!("]{rest}")),
        None => {
            let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
            let end = place.find(|c| !is_host(c)).unwrap_or(place.len());
            let (host, rest) = place.split_at_checked(end).unwrap_or((place, ""));
            ("", host, rest.to_owned())
        }
    };
    let shown =
        if host.is_empty() || host.contains("***") { host.to_owned() } else { redactor.sure_host(host) };
    format!("{user}{open}{shown}{rest}")
}

/// What stands between slashes: parts of a path, of a model's name, or a lone word.
fn of_path(text: &str, announced: bool, redactor: &mut Redactor) -> String {
    // `\\NAME\folder`: another computer's folder on Windows.
    let shared = text.strip_prefix("\\\\").filter(|rest| rest.starts_with(char::is_alphanumeric));
    if let Some(rest) = shared {
        let end = rest.find('\\').unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        return format!("\\\\{}{}", redactor.host(host), of_path(path, false, redactor));
    }
    let parts = text.split_inclusive(['/', '\\']);
    parts
        .map(|part| {
            let body = part.trim_end_matches(['/', '\\']);
            let end = part.get(body.len()..).unwrap_or_default();
            format!("{}{end}", of_part(body, announced, redactor))
        })
        .collect()
}

fn of_part(part: &str, announced: bool, redactor: &mut Redactor) -> String {
    let outside = |c: char| !c.is_alphanumeric() && !matches!(c, '[' | ']' | ':' | '*' | '@');
    let core = part.trim_start_matches(outside);
    let start = part.get(..part.len() - core.len()).unwrap_or_default();
    let body = core.trim_end_matches(|c: char| outside(c) || matches!(c, ':' | '@'));
    let end = core.get(body.len()..).unwrap_or_default();
    format!("{start}{}{end}", of_core(body, announced, redactor))
}

fn of_core(core: &str, announced: bool, redactor: &mut Redactor) -> String {
    if let Some((user, place)) = core.rsplit_once('@') {
        // `openclaw@2026.9.6` is a version, `user@1000.service` a unit.
        let version = place.starts_with(|c: char| c.is_ascii_digit()) && place.parse::<IpAddr>().is_err();
        let named = matches!(place, "latest" | "beta" | "next" | "") || user.is_empty();
        return if version || named { core.to_owned() } else { "***@***".to_owned() };
    }
    if let Some(shown) = with_ipv6(core, redactor) {
        return shown;
    }
    if redactor.is_model(core) {
        return core.to_owned();
    }
    let pieces: Vec<&str> = core.split(':').collect();
    let shown = pieces.iter().enumerate().map(|(index, piece)| {
        let next = pieces.get(index + 1).map(|next| next.trim_end_matches(|c: char| !c.is_alphanumeric()));
        let host = piece.trim_matches(['[', ']', '*']);
        if is_host(host, next, announced && index == 0) {
            let shown = if announced { redactor.sure_host(host) } else { redactor.host(host) };
            piece.replace(host, &shown)
        } else {
            (*piece).to_owned()
        }
    });
    shown.collect::<Vec<_>>().join(":")
}

/// Whether a word names a computer; `next`: what follows it after a colon.
fn is_host(word: &str, next: Option<&str>, announced: bool) -> bool {
    if word.parse::<IpAddr>().is_ok() {
        return true;
    }
    let legal = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let labels: Vec<&str> = word.split('.').collect();
    let Some(last) = labels.last().map(|last| last.to_lowercase()) else { return false };
    if !labels.iter().all(|label| legal(label)) || !word.contains(char::is_alphabetic) {
        return false;
    }
    if NO_HOSTS.contains(&last.as_str()) {
        return false;
    }
    let port = next.filter(|next| next.len() <= 5 && next.parse::<u16>().is_ok());
    let alphabetic = last.chars().all(char::is_alphabetic);
    if announced || (labels.len() > 1 && ENDINGS.contains(&last.as_str())) {
        return true;
    }
    if labels.len() > 1 {
        return alphabetic && port.is_some_and(|port| port.len() > 1) && !SOURCES.contains(&last.as_str());
    }
    port.is_some_and(|port| port.len() > 3)
}

/// With IPv6 addresses, in brackets or bare, with a zone, with a name before and a port behind.
fn with_ipv6(core: &str, redactor: &mut Redactor) -> Option<String> {
    if core.matches(':').count() < 2 {
        return None;
    }
    let mut show = |text: &str| {
        let (address, zone) = text.split_once('%').map_or((text, false), |(address, _)| (address, true));
        let known = address.parse::<Ipv6Addr>().ok()?;
        let shown = redactor.host(&known.to_string());
        // A zone names a network card of this computer.
        Some(if zone {
            format!("{shown}%")
        } else if shown == known.to_string() {
            text.to_owned()
        } else {
            shown
        })
    };
    if let Some((before, (inner, after))) =
        core.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
    {
        return show(inner).map(|shown| format!("{before}[{shown}]{after}"));
    }
    let starts = std::iter::once(0).chain(core.match_indices(':').map(|(at, _)| at + 1));
    for start in starts {
        let (before, text) = core.split_at_checked(start)?;
        if let Some(shown) = show(text) {
            return Some(format!("{before}{shown}"));
        }
        if let Some((address, port)) = text.rsplit_once(':')
            && let Some(shown) = show(address)
        {
            return Some(format!("{before}{shown}:{port}"));
        }
    }
    None
}
