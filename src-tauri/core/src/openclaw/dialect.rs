//! What each version of OpenClaw accepts and really sends to Ollama: one table, oldest row first.
//! Measured on eight releases from 2026.2.3 to 2026.9.6; for a version between two, the older row holds.

use super::version::Version;

/// What one range of versions accepts. Unknown keys stop the gateway: the schema is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// First version of the range.
    pub since: Version,
    /// The range in words of the command line (`2026.5.28+`).
    pub label: &'static str,
    /// `api: "ollama"` without `/v1`; before: `openai-completions` with `/v1`.
    pub native: bool,
    /// Model key `compat.supportsTools`.
    pub supports_tools_key: bool,
    /// Model key `contextTokens`: what runs, apart from what the model has.
    pub context_tokens: bool,
    /// Model key `params` (`num_ctx`, `keep_alive`) and provider key `timeoutSeconds`.
    pub params: bool,
    /// `env.OLLAMA_API_KEY` flat in the file; from 2026.8.2 on only `env.vars`.
    pub flat_env: bool,
    /// What the automatic way does.
    pub automatic: Automatic,
    /// The automatic way runs a context that is enough: to be recommended.
    pub automatic_advised: bool,
    /// An address without a list of models is accepted.
    pub address_alone: bool,
    /// The key also makes models of ollama.com look available.
    pub key_offers_online: bool,
    /// A proxy of the environment stands between it and an Ollama on this computer, too.
    pub proxied_loopback: bool,
    /// It starts, and answers, although the key of the provider is a reference that is set nowhere.
    pub starts_without_key: bool,
    /// Seconds after which a silent model of Ollama's is given up where no setting says so; `None`: not known.
    pub gives_up_after: Option<u64>,
}

/// What Ollama runs when OpenClaw discovers by itself (measured).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automatic {
    /// The key is ignored: not possible.
    Ignored,
    /// This many tokens.
    Tokens(u64),
    /// The model's own maximum, whatever the memory.
    Maximum,
    /// Whatever Ollama's own default is, often 4096.
    OllamasOwn,
}

impl Automatic {
    /// Tokens, when it is a number of its own.
    #[must_use]
    pub const fn tokens(self) -> Option<u64> {
        if let Self::Tokens(tokens) = self { Some(tokens) } else { None }
    }
}

/// The first version that turns Ollama on by the key alone.
pub const AUTOMATIC_SINCE: Version = Version::new(2026, 2, 17);
/// The first version where that is to be recommended: it runs a context that is enough.
pub const AUTOMATIC_ADVISED: Version = Version::new(2026, 8, 2);
/// The first version that takes an address without a list of models.
pub const ADDRESS_ALONE_SINCE: Version = Version::new(2026, 5, 28);
/// The first version where the key also makes models of ollama.com look available.
const KEY_OFFERS_ONLINE: Version = Version::new(2026, 9, 6);

/// Measured on this version: neither a proxy variable nor a key that is set nowhere keeps a turn from Ollama. Versions
/// before it were not measured: there both are said to.
const FORGIVES: Version = Version::new(2026, 9, 6);

/// Without a setting: 300 s for Ollama in the program of 2026.9.6; before it 120 s for every provider, by its own schema.
const GIVES_UP: (Version, u64, u64) = (Version::new(2026, 9, 6), 300, 120);

const fn row(since: Version, label: &'static str) -> Dialect {
    Dialect {
        since,
        label,
        native: false,
        supports_tools_key: false,
        context_tokens: false,
        params: false,
        flat_env: true,
        automatic: Automatic::Ignored,
        automatic_advised: false,
        address_alone: false,
        key_offers_online: false,
        proxied_loopback: true,
        starts_without_key: false,
        gives_up_after: None,
    }
}

const TABLE: [Dialect; 5] = [
    row(Version::new(0, 0, 0), "before 2026.2.17"),
    Dialect { native: true, ..row(Version::new(2026, 2, 17), "2026.2.17+") },
    Dialect { native: true, supports_tools_key: true, ..row(Version::new(2026, 3, 13), "2026.3.13+") },
    Dialect {
        native: true,
        supports_tools_key: true,
        context_tokens: true,
        ..row(Version::new(2026, 4, 15), "2026.4.15+")
    },
    Dialect {
        native: true,
        supports_tools_key: true,
        context_tokens: true,
        params: true,
        ..row(Version::new(2026, 5, 28), "2026.5.28+")
    },
];

impl Dialect {
    /// The form for a version; unknown: the newest.
    #[must_use]
    pub fn of(version: Option<Version>) -> Self {
        let [oldest, .., newest] = TABLE;
        let pinned = match version {
            None => newest,
            Some(version) => TABLE.iter().rev().find(|row| row.since <= version).copied().unwrap_or(oldest),
        };
        let since = |first: Version| version.is_none_or(|version| version >= first);
        let automatic = if since(AUTOMATIC_ADVISED) {
            Automatic::Tokens(32_768)
        } else if since(Version::new(2026, 5, 28)) {
            Automatic::OllamasOwn
        } else if since(Version::new(2026, 3, 13)) {
            Automatic::Maximum
        } else if since(AUTOMATIC_SINCE) {
            Automatic::Tokens(128_000)
        } else {
            Automatic::Ignored
        };
        Self {
            flat_env: !since(AUTOMATIC_ADVISED),
            automatic,
            automatic_advised: since(AUTOMATIC_ADVISED),
            address_alone: since(ADDRESS_ALONE_SINCE),
            key_offers_online: since(KEY_OFFERS_ONLINE),
            proxied_loopback: !since(FORGIVES),
            starts_without_key: since(FORGIVES),
            gives_up_after: pinned.params.then_some(if since(GIVES_UP.0) { GIVES_UP.1 } else { GIVES_UP.2 }),
            ..pinned
        }
    }

    /// Whether Ollama can be told the context to run.
    #[must_use]
    pub const fn tells_context(self) -> bool {
        self.native
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_between_two_takes_the_older_row() {
        for (version, label) in [
            ("2026.2.3", "before 2026.2.17"),
            ("2026.2.17", "2026.2.17+"),
            ("2026.3.12", "2026.2.17+"),
            ("2026.3.13", "2026.3.13+"),
            ("2026.4.15", "2026.4.15+"),
            ("2026.5.27", "2026.4.15+"),
            ("2026.5.28", "2026.5.28+"),
            ("2026.9.6", "2026.5.28+"),
            ("2027.1.1", "2026.5.28+"),
        ] {
            assert_eq!(Dialect::of(Version::find(version)).label, label, "{version}");
        }
        assert_eq!(Dialect::of(None).label, "2026.5.28+");
    }

    #[test]
    fn automatic_by_version() {
        for (version, automatic, flat_env) in [
            ("2026.2.3", Automatic::Ignored, true),
            ("2026.2.17", Automatic::Tokens(128_000), true),
            ("2026.3.13", Automatic::Maximum, true),
            ("2026.4.15", Automatic::Maximum, true),
            ("2026.5.28", Automatic::OllamasOwn, true),
            ("2026.6.11", Automatic::OllamasOwn, true),
            ("2026.8.2", Automatic::Tokens(32_768), false),
            ("2026.9.6", Automatic::Tokens(32_768), false),
        ] {
            let dialect = Dialect::of(Version::find(version));
            assert_eq!((dialect.automatic, dialect.flat_env), (automatic, flat_env), "{version}");
        }
    }

    #[test]
    fn rows_are_in_order() {
        assert!(TABLE.is_sorted_by(|a, b| a.since < b.since));
    }
}
