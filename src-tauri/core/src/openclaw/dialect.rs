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
}

const fn row(since: Version, label: &'static str) -> Dialect {
    Dialect { since, label, native: false, supports_tools_key: false, context_tokens: false, params: false }
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
        let Some(version) = version else { return newest };
        TABLE.iter().rev().find(|row| row.since <= version).copied().unwrap_or(oldest)
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
    fn rows_are_in_order() {
        assert!(TABLE.is_sorted_by(|a, b| a.since < b.since));
    }
}
