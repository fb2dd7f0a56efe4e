//! Which names are a secret's: keys, flags, query parameters, variables.
//! Names are compared without case and without anything but letters and digits.

/// What is masked below a name, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Secrecy {
    Open,
    /// Texts, at any depth.
    Texts,
    /// Texts at any depth, and the number that the name has (`password: 1234`).
    All,
}

impl Secrecy {
    /// What a name alone says.
    pub(super) fn of(name: &str) -> Self {
        let flat = flat(name);
        let ends = |flat: &str| ENDS.iter().any(|end| flat.ends_with(end));
        let is_word = |word: &str| WORDS.contains(&word.to_ascii_uppercase().as_str());
        // Written like a variable (`DB_PASS`) or like a header of one's own (`X-Auth`).
        let marked = !name.chars().any(char::is_lowercase)
            || name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        if ends(&flat) || (marked && name.split(|c: char| !c.is_alphanumeric()).any(is_word)) {
            Self::All
        } else if flat.ends_with("headers") || flat.strip_suffix('s').is_some_and(ends) {
            // `tokens: ["..."]` is a secret, `maxTokens: 5` counts some.
            let counts = flat.ends_with("tokens") && COUNTS.iter().any(|start| flat.starts_with(start));
            if counts { Self::Open } else { Self::Texts }
        } else {
            Self::Open
        }
    }

    /// What a parameter of an address says: there, shorter names are usual.
    pub(super) fn of_parameter(name: &str) -> Self {
        let name = percent_decoded(name);
        if PARAMETERS.contains(&flat(&name).as_str()) { Self::All } else { Self::of(&name) }
    }

    /// What holds for a value at `name`, where this holds for what it stands in.
    pub(super) fn within(self, name: &str) -> Self {
        match Self::of(name) {
            Self::Open => self.below(),
            own => own,
        }
    }

    /// What holds for the inner values.
    pub(super) fn below(self) -> Self {
        self.min(Self::Texts)
    }

    /// What holds for each element of an array, by its texts: the one after `--token` is a secret.
    pub(super) fn of_elements<'t>(self, texts: impl Iterator<Item = Option<&'t str>>) -> Vec<Self> {
        let mut before: Option<&str> = None;
        texts
            .map(|text| {
                let announced =
                    before.map_or(Self::Open, |before| announced(before, text.unwrap_or_default()));
                // A secret announces nothing, even when it looks like a name.
                let secret = announced != Self::Open && text.is_none_or(|text| !text.starts_with('-'));
                before = text.filter(|_| !secret);
                announced.max(self.below())
            })
            .collect()
    }

    /// What holds for each member of an object, by its keys and texts: of `{name: "API_KEY", value: "..."}` the
    /// value is a secret.
    pub(super) fn of_members<'t, I>(self, members: I) -> Vec<Self>
    where
        I: Iterator<Item = (&'t str, Option<&'t str>)> + Clone,
    {
        let names_secret = members.clone().any(|(key, text)| {
            matches!(flat(key).as_str(), "name" | "key" | "header" | "field")
                && text.is_some_and(|text| is_name(text) && Self::of(text) == Self::All)
        });
        members
            .map(|(key, _)| {
                let named = names_secret && matches!(flat(key).as_str(), "value" | "values");
                if named { Self::All } else { self.within(key) }
            })
            .collect()
    }
}

/// Ends of names whose values are secrets; with an `s` too.
const ENDS: [&str; 17] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "privatekey",
    "secretkey",
    "accesskey",
    "signingkey",
    "encryptionkey",
];

/// Words of variables (`HF_KEY`) and of headers (`X-Auth`).
const WORDS: [&str; 13] = [
    "KEY",
    "KEYS",
    "TOKEN",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PAT",
    "PWD",
    "CREDENTIALS",
    "AUTH",
    "COOKIE",
];

/// Parameters of addresses (`?key=`, `?sig=`) that are secrets there.
const PARAMETERS: [&str; 6] = ["key", "auth", "sig", "signature", "pwd", "pass"];

/// Beginnings of names that count tokens.
const COUNTS: [&str; 13] = [
    "max",
    "min",
    "context",
    "num",
    "total",
    "reserve",
    "budget",
    "input",
    "output",
    "prompt",
    "completion",
    "thinking",
    "cache",
];

fn flat(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether the text could be a name: no whitespace, nothing that separates.
fn is_name(text: &str) -> bool {
    text.chars().all(is_name_char)
}

/// A character of a name that stands bare in a text.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.')
}

/// What the element `before` says of the one that follows: a flag (`--token`), or a name (`x.apiKey`).
fn announced(before: &str, text: &str) -> Secrecy {
    let last = before.split_whitespace().next_back().unwrap_or_default().trim_end_matches(':');
    if last.starts_with('-') {
        return of_flag(last, text);
    }
    // A word of its own: `["token", "..."]`, but not a sentence that ends so.
    let alone = last.len() == before.trim().trim_end_matches(':').len() && is_name(last);
    if alone && Secrecy::of(last) == Secrecy::All { Secrecy::All } else { Secrecy::Open }
}

/// What a flag with its hyphens says of the text that follows it.
pub(super) fn of_flag(flag: &str, text: &str) -> Secrecy {
    // As `curl` has them: a header, a `user:password`.
    let user = || text.split(char::is_whitespace).next().is_some_and(|word| word.contains(':'));
    if matches!(flag, "-H" | "--header") || (matches!(flag, "-u" | "--user") && user()) {
        return Secrecy::All;
    }
    if is_name(flag) { Secrecy::of(flag.trim_start_matches('-')) } else { Secrecy::Open }
}

/// `%41` as `A`; only what is ASCII, as names are.
fn percent_decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii);
        match code {
            Some(code) => out.push(char::from(code)),
            None => out.push('%'),
        }
        rest = code.and_then(|_| after.get(2..)).unwrap_or(after);
    }
    out + rest
}
