//! The time of day as Ollama writes it.
//! The only place of the crate that reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, plus `later`, in RFC 3339 and UTC with nanoseconds, as Ollama's answers have it.
pub(crate) fn timestamp(later: Duration) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_add(later);
    format(since.as_secs(), since.subsec_nanos())
}

/// Seconds since 1970, as the OpenAI-shaped answers have it.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn format(seconds: u64, nanos: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Civil date from a day count: shift to years that begin in March, so that the leap day is the last.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn known_dates() {
        assert_eq!(format(0, 0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(format(951_782_399, 5), "2000-02-28T23:59:59.000000005Z");
        assert_eq!(format(951_782_400, 0), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(format(1_795_367_556, 42_162_553), "2026-11-22T17:12:36.042162553Z");
    }
}
