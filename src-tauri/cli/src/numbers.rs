//! Numbers as people of a language read them, by the same rules as the window (`ui/src/lib/words/format.ts`):
//! sizes in decimal units, digits in groups of three.

/// A narrow space that no line is broken at: before units and between groups in French.
const NARROW: char = '\u{202f}';
const ENGLISH_UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
const FRENCH_UNITS: [&str; 5] = ["octets", "ko", "Mo", "Go", "To"];

/// How a language writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// `32,768`, `5.2 GB`.
    English,
    /// `32 768`, `5,2 Go`.
    French,
}

impl Numbers {
    /// A whole number with its digits in groups.
    #[must_use]
    pub fn integer(self, number: u64) -> String {
        let separator = match self {
            Self::English => ',',
            Self::French => NARROW,
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// A measured number with one decimal.
    #[must_use]
    pub fn tenths(self, number: f64) -> String {
        let text = format!("{number:.1}");
        match self {
            Self::English => text,
            Self::French => text.replace('.', ","),
        }
    }

    /// A share of 1 as whole percent.
    #[must_use]
    pub fn percent(self, share: f64) -> String {
        let percent = format!("{:.0}", share * 100.0);
        match self {
            Self::English => format!("{percent}%"),
            Self::French => format!("{percent}{NARROW}%"),
        }
    }

    /// Bytes as people read them on a disk.
    #[must_use]
    pub fn size(self, bytes: u64) -> String {
        let units = match self {
            Self::English => ENGLISH_UNITS,
            Self::French => FRENCH_UNITS,
        };
        #[allow(clippy::cast_precision_loss)] // one decimal is shown
        let mut number = bytes as f64;
        let mut units = units.into_iter();
        let mut unit = units.next().unwrap_or_default();
        let whole = bytes < 1000;
        // What would be rounded to a thousand is one of the next unit.
        while number >= 999.5
            && let Some(next) = units.next()
        {
            (number, unit) = (number / 1000.0, next);
        }
        let text = if whole || number >= 99.95 { format!("{number:.0}") } else { self.tenths(number) };
        let text = text.strip_suffix(".0").or_else(|| text.strip_suffix(",0")).unwrap_or(&text);
        match self {
            Self::English => format!("{text} {unit}"),
            Self::French => format!("{text}{NARROW}{unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers::{English, French};

    #[test]
    fn sizes_are_of_the_language() {
        for (bytes, english, french) in [
            (0, "0 bytes", "0\u{202f}octets"),
            (999, "999 bytes", "999\u{202f}octets"),
            (1_000, "1 kB", "1\u{202f}ko"),
            (5_225_388_164, "5.2 GB", "5,2\u{202f}Go"),
            (99_960_000, "100 MB", "100\u{202f}Mo"),
            (274_302_450, "274 MB", "274\u{202f}Mo"),
            (999_600_000, "1 GB", "1\u{202f}Go"),
            (1_340_000_000_000, "1.3 TB", "1,3\u{202f}To"),
            (u64::MAX, "18446744 TB", "18446744\u{202f}To"),
        ] {
            assert_eq!((English.size(bytes), French.size(bytes)), (english.into(), french.into()), "{bytes}");
        }
    }

    #[test]
    fn digits_stand_in_groups() {
        for (number, english, french) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (8_192, "8,192", "8\u{202f}192"),
            (131_072, "131,072", "131\u{202f}072"),
            (1_048_576, "1,048,576", "1\u{202f}048\u{202f}576"),
        ] {
            assert_eq!((English.integer(number), French.integer(number)), (english.into(), french.into()));
        }
        assert_eq!((English.tenths(0.04), French.tenths(0.04)), ("0.0".into(), "0,0".into()));
        assert_eq!((English.percent(0.401), French.percent(1.0)), ("40%".into(), "100\u{202f}%".into()));
        assert_eq!((English.tenths(12.25), French.tenths(12.35)), ("12.2".into(), "12,3".into()));
    }
}
