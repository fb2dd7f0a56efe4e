//! Takes out of a text what is private: keys, who the user is, where other computers are. What is left is for anyone.
//! Pure: what is known to be private is handed in, what is private by its form is recognised. Rather too much goes
//! than too little, but for the names that everyone has (`ollama`, `localhost`), which say nothing about anyone.

use std::net::IpAddr;

use super::redact_hosts as hosts;
use crate::openclaw::secrets;

/// What stands in a secret's place.
const MASK: &str = "***";
/// What stands in a user's place.
const USER: &str = "user";
/// What stands in place of this computer's own name.
const THIS_COMPUTER: &str = "this-computer";
/// A shorter secret cannot be told from other words; at its own place it is masked by its name all the same.
const SHORTEST: usize = 4;
/// A secret of fewer characters is taken out only where it stands as a word of its own.
const SHORT: usize = 8;
/// A word so long with letters and digits in it is nobody's word.
const OPAQUE: usize = 24;

/// Accounts and words that say nothing about a person.
const EVERYONES: [&str; 36] = [
    "ollama",
    "openclaw",
    "pincer",
    "root",
    "user",
    "users",
    "admin",
    "administrator",
    "home",
    "public",
    "shared",
    "default",
    "guest",
    "nobody",
    "daemon",
    "system",
    "service",
    "ubuntu",
    "debian",
    "fedora",
    "pi",
    "vagrant",
    "runner",
    "node",
    "linuxbrew",
    "docker",
    "nginx",
    "caddy",
    "apache",
    "www-data",
    "http",
    "postgres",
    "redis",
    "host",
    "true",
    "false",
];

/// What is known to be private.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private {
    /// The home folder, in each form that it may be written in.
    pub homes: Vec<String>,
    /// The user's names.
    pub users: Vec<String>,
    /// Names of this computer.
    pub computers: Vec<String>,
    /// Tokens, keys, passwords.
    pub secrets: Vec<String>,
}

/// Takes private things out; the same host has the same number in all of its texts.
#[derive(Debug)]
pub struct Redactor {
    private: Private,
    /// Hosts in the order of their numbers, in lower case.
    hosts: Vec<String>,
    /// Those that are taken out wherever they stand as a word.
    known_hosts: Vec<String>,
    /// Names of models, which look like a host with a port at times.
    models: Vec<String>,
}

impl Redactor {
    /// With what is known from the start.
    #[must_use]
    pub fn new(mut private: Private) -> Self {
        private.secrets.retain(|secret| secret.chars().count() >= SHORTEST && !is_everyones(secret));
        // Part of a home folder's name: masked as a user's, or the folder would not be known any more.
        let in_a_home = |secret: &String| private.homes.iter().any(|home| home.contains(secret.as_str()));
        private.users.extend(private.secrets.extract_if(.., |secret| in_a_home(secret)));
        private.homes.retain(|home| home.trim_matches(['/', '\\', '.']).chars().count() > 1);
        private.users.retain(|user| !user.trim().is_empty() && !is_everyones(user));
        private.computers.retain(|name| !name.trim().is_empty() && !hosts::is_public(name));
        for names in [&mut private.secrets, &mut private.homes, &mut private.users, &mut private.computers] {
            // What holds another goes first.
            names.sort_by_key(|name| std::cmp::Reverse(name.len()));
            names.dedup();
        }
        Self { private, hosts: Vec::new(), known_hosts: Vec::new(), models: Vec::new() }
    }

    /// One more user's name.
    pub fn know_user(&mut self, name: &str) {
        if !name.trim().is_empty() && !is_everyones(name) {
            self.private.users.push(name.to_owned());
        }
    }

    /// A host that is taken out wherever it stands, also where nothing else says that it is one.
    pub fn know_host(&mut self, host: &str) {
        let shown = self.host(host);
        if shown != host && !self.known_hosts.iter().any(|known| known == host) {
            self.known_hosts.push(host.to_owned());
        }
    }

    /// A model's name, which stays; the registry that it comes from goes, unless everyone knows it.
    pub fn know_model(&mut self, name: &str) {
        let name = name.strip_prefix(crate::openclaw::settings::PREFIX).unwrap_or(name);
        if let [host, _, _] = name.split('/').collect::<Vec<_>>().as_slice() {
            // `host:port/namespace/model:tag`.
            self.know_host(host.split(':').next().unwrap_or(host));
        }
        self.models.push(name.to_lowercase());
    }

    /// The text without anything private. It has as many lines as before.
    pub fn text(&mut self, text: &str) -> String {
        let text = self.without_secrets(&without_colours(text));
        let text = secrets::masked_words(&text);
        let text = self.without_homes(&text);
        let text = hosts::without(&text, self);
        let text = self.without_names(text);
        without_opaque(&text)
    }

    /// What stands in place of a host; itself when everyone knows it.
    pub(super) fn host(&mut self, host: &str) -> String {
        let plain = host.trim_end_matches('.').to_lowercase();
        let address = plain.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let here = address.is_some_and(|address| address.is_loopback() || address.is_unspecified());
        if here || hosts::is_public(&plain) || is_placeholder(&plain) {
            return host.to_owned();
        }
        let is_own = |name: &String| {
            let name = name.to_lowercase();
            plain == name || plain.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'))
        };
        if self.private.computers.iter().any(is_own) {
            return THIS_COMPUTER.to_owned();
        }
        let number = self.hosts.iter().position(|known| *known == plain).unwrap_or_else(|| {
            self.hosts.push(plain);
            self.hosts.len() - 1
        });
        format!("host-{}", number + 1)
    }

    /// The same for a host that surely is one, by where it stands. A name of letters alone may be a word elsewhere, one
    /// of digits alone a number.
    pub(super) fn sure_host(&mut self, host: &str) -> String {
        let letters = host.chars().all(char::is_alphabetic);
        let digits = host.chars().all(|c| c.is_ascii_digit());
        if !letters && !digits {
            self.know_host(host);
        }
        self.host(host)
    }

    pub(super) fn is_model(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.models.contains(&name)
    }

    fn without_secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.private.secrets {
            text = if secret.chars().count() < SHORT {
                replaced(&text, secret, MASK, Edges::Word)
            } else {
                text.replace(secret.as_str(), MASK)
            };
        }
        text
    }

    fn without_homes(&self, text: &str) -> String {
        let homes = self.private.homes.iter();
        let text = homes.fold(text.to_owned(), |text, home| replaced(&text, home, "~", Edges::Path));
        without_other_homes(&text)
    }

    fn without_names(&self, mut text: String) -> String {
        for user in &self.private.users {
            text = replaced(&text, user, USER, Edges::Word);
        }
        for computer in &self.private.computers {
            text = replaced(&text, computer, THIS_COMPUTER, Edges::Word);
        }
        for host in &self.known_hosts {
            let number = self.hosts.iter().position(|known| known.eq_ignore_ascii_case(host));
            let shown = number.map_or_else(|| MASK.to_owned(), |number| format!("host-{}", number + 1));
            text = replaced(&text, host, &shown, Edges::Word);
        }
        text
    }
}

/// What takes a name out already.
fn is_placeholder(host: &str) -> bool {
    let numbered = host.strip_prefix("host-").is_some_and(|number| number.parse::<usize>().is_ok());
    numbered || host == THIS_COMPUTER || host.contains(MASK)
}

fn is_everyones(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    EVERYONES.contains(&name.as_str())
}

/// Where a name ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edges {
    /// No letter or digit on either side.
    Word,
    /// As a folder's path: what follows is no part of the same name.
    Path,
}

/// The text with another word in place of a name, whatever its letter case.
fn replaced(text: &str, name: &str, with: &str, edges: Edges) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(c) = rest.chars().next() {
        let found = (!before.is_some_and(char::is_alphanumeric) || !name.starts_with(char::is_alphanumeric))
            .then(|| after_name(rest, name))
            .flatten()
            .filter(|after| ends(after, edges));
        if let Some(after) = found {
            out.push_str(with);
            before = with.chars().next_back();
            rest = after;
        } else {
            out.push(c);
            before = Some(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

fn ends(after: &str, edges: Edges) -> bool {
    let next = after.chars().next();
    match edges {
        Edges::Word => !next.is_some_and(char::is_alphanumeric),
        Edges::Path => !next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_')),
    }
}

/// What follows a name that the text begins with, letter case aside.
fn after_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in name.chars() {
        let c = rest.next()?;
        if c != wanted && !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Whose home another folder is: `/home/NAME`, `/Users/NAME`, `C:\Users\NAME`.
fn without_other_homes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let places = ["/home/", "/Users/", "\\Users\\", "\\\\Users\\\\"];
        // The longer form wins where both begin: `\\Users\\` has `\Users\` in it.
        let found = places.iter().filter_map(|place| Some((rest.find(place)?, place.len())));
        let Some((at, length)) = found.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length))) else {
            out.push_str(rest);
            return out;
        };
        let (before, after) = rest.split_at_checked(at + length).unwrap_or((rest, ""));
        out.push_str(before);
        let ends = |c: char| c.is_whitespace() || "/\\\"'`:;,<>()[]{}|=".contains(c);
        let name = after.get(..after.find(ends).unwrap_or(after.len())).unwrap_or_default();
        out.push_str(if name.is_empty() || is_everyones(name) || name == MASK { name } else { USER });
        rest = after.get(name.len()..).unwrap_or_default();
    }
}

/// Without a terminal's colours (ECMA-48, `ESC [ ... m`), whose letters would touch the words.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ended = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | '?'));
        out.push_str(ended.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(ended));
    }
    out
}

/// `***` in place of what only a machine makes: long words of letters and digits, the digests of models excepted.
fn without_opaque(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        let mixed = word.contains(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic);
        let digest = ["sha256-", "sha256:"].iter().any(|start| out.ends_with(start))
            && word.chars().all(|c| c.is_ascii_hexdigit());
        if mixed && !digest && word.chars().count() >= OPAQUE {
            out.push_str(MASK);
            out.push_str(part.get(word.len()..).unwrap_or_default());
        } else {
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
