//! OpenClaw's version numbers: year, month, release (`2026.9.6`), compared by number.
//! A pre-release (`2026.9.6-beta.1`) counts as its release.

use std::fmt;

/// A version of OpenClaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Year.
    pub year: u32,
    /// Month.
    pub month: u32,
    /// Release of the month.
    pub release: u32,
}

impl Version {
    /// From its numbers.
    #[must_use]
    pub const fn new(year: u32, month: u32, release: u32) -> Self {
        Self { year, month, release }
    }

    /// The first version in a text: `2026.9.6`, or `OpenClaw 2026.9.6 (eb377ac)`.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == '(').find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let numbers = word.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok());
        let (year, month, release) = (parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && year >= 2025).then_some(Self { year, month, release })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.year, self.month, self.release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_and_compared() {
        for (text, expected) in [
            ("2026.9.6", Some((2026, 9, 6))),
            ("v2026.9.6", Some((2026, 9, 6))),
            ("OpenClaw 2026.9.6 (eb377ac)\n", Some((2026, 9, 6))),
            ("2026.2.3-beta.1", Some((2026, 2, 3))),
            ("0.32.15", None),
            ("2026.9", None),
            ("2026.9.6.1", None),
            ("", None),
        ] {
            let version = Version::find(text).map(|version| (version.year, version.month, version.release));
            assert_eq!(version, expected, "{text}");
        }
        assert!(Version::new(2026, 10, 1) > Version::new(2026, 9, 30));
    }
}
