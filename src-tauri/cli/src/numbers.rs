//! Numbers as people of a language read them, by the same rules as the window (`ui/src/lib/words/format.ts`):
//! sizes in decimal units, digits in groups of three. The signs and units are the catalogue's.

/// From the smallest unit to the largest, each a thousand of the one before.
const SIZES: [&str; 5] = [
    "cli.size.bytes",
    "cli.size.kilobytes",
    "cli.size.megabytes",
    "cli.size.gigabytes",
    "cli.size.terabytes",
];

/// How a language writes numbers, as its catalogue says.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// What stands between groups of three digits.
    group: String,
    /// What stands before the decimals.
    point: String,
    percent: String,
    sizes: [String; 5],
}

impl Numbers {
    /// By the catalogue's `cli.number` (a pattern as Unicode's, `#,##0.0`), `cli.percent` and `cli.size.*`.
    pub(crate) fn of(message: impl Fn(&str) -> String) -> Self {
        let pattern = message("cli.number");
        let mut signs = pattern.split(['#', '0']).filter(|sign| !sign.is_empty()).map(str::to_owned);
        Self {
            group: signs.next().unwrap_or_default(),
            point: signs.next().unwrap_or_default(),
            percent: message("cli.percent"),
            sizes: SIZES.map(message),
        }
    }

    /// A whole number with its digits in groups.
    #[must_use]
    pub fn integer(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(&self.group);
            }
            text.push(digit);
        }
        text
    }

    /// A measured number with one decimal.
    #[must_use]
    pub fn tenths(&self, number: f64) -> String {
        format!("{number:.1}").replace('.', &self.point)
    }

    /// A share of 1 as whole percent.
    #[must_use]
    pub fn percent(&self, share: f64) -> String {
        put(&self.percent, &format!("{:.0}", share * 100.0))
    }

    /// Bytes as people read them on a disk.
    #[must_use]
    pub fn size(&self, bytes: u64) -> String {
        #[allow(clippy::cast_precision_loss)] // one decimal is shown
        let mut number = bytes as f64;
        let mut units = self.sizes.iter();
        let mut unit = units.next().map_or("", String::as_str);
        let whole = bytes < 1000;
        // What would be rounded to a thousand is one of the next unit.
        while number >= 999.5
            && let Some(next) = units.next()
        {
            (number, unit) = (number / 1000.0, next);
        }
        let text = if whole || number >= 99.95 { format!("{number:.0}") } else { self.tenths(number) };
        put(unit, text.strip_suffix(&format!("{}0", self.point)).unwrap_or(&text))
    }
}

fn put(words: &str, number: &str) -> String {
    words.replace("{number}", number)
}

#[cfg(test)]
mod tests {
    use pincer_core::surroundings::Environment;

    use super::Numbers;
    use crate::words::Words;

    fn numbers(language: &str) -> Numbers {
        Words::of(&Environment::new([("LANG", language)])).numbers
    }

    #[test]
    fn sizes_are_of_the_language() {
        let (english_numbers, french_numbers, chinese_numbers) =
            (numbers("en"), numbers("fr"), numbers("zh"));
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
            assert_eq!(english_numbers.size(bytes), english, "{bytes}");
            assert_eq!(french_numbers.size(bytes), french, "{bytes}");
        }
        assert_eq!([999, 5_225_388_164].map(|bytes| chinese_numbers.size(bytes)), ["999 字节", "5.2 GB"]);
    }

    #[test]
    fn digits_stand_in_groups() {
        let (english_numbers, french_numbers) = (numbers("en"), numbers("fr"));
        for (number, english, french) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (8_192, "8,192", "8\u{202f}192"),
            (131_072, "131,072", "131\u{202f}072"),
            (1_048_576, "1,048,576", "1\u{202f}048\u{202f}576"),
        ] {
            assert_eq!(
                (english_numbers.integer(number), french_numbers.integer(number)),
                (english.into(), french.into())
            );
        }
        assert_eq!((english_numbers.tenths(0.04), french_numbers.tenths(0.04)), ("0.0".into(), "0,0".into()));
        assert_eq!(
            (english_numbers.percent(0.401), french_numbers.percent(1.0)),
            ("40%".into(), "100\u{202f}%".into())
        );
        assert_eq!(
            (english_numbers.tenths(12.25), french_numbers.tenths(12.35)),
            ("12.2".into(), "12,3".into())
        );
    }
}
