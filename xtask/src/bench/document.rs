//! `docs/benchmarks.md`: the table of one run, when and on what machine it was made, and what each row means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    report::{Outcome, Report},
    rows::ROWS,
};

/// The whole page; `machine` as pairs of a name and what is there.
pub(super) fn page(report: &Report, machine: &[(&str, String)], now: SystemTime, took: Duration) -> String {
    let mut text = format!(
        "# Benchmarks\n\n\
         <!-- Made by `cargo xtask bench --write`: change the rows there (xtask/src/bench), not here. -->\n\n\
         Made by `cargo xtask bench --write` on {}; the whole run took {} minutes. Every comparison is within this one \
         run, on this one machine, and so are the budgets (`xtask/budgets.json`): a slow machine is slow on both sides. \
         Times are medians. Ollama is played by `pincer-practice`, which takes 5 ms for each answer where many are \
         asked. The command ends with 1 when a budget is broken.\n\n",
        date(now),
        took.as_secs().div_ceil(60),
    );
    for (name, what) in machine {
        text.push_str(&format!("- {name}: {what}\n"));
    }
    text.push_str("\n| measured | | against | | compared | budget | |\n|---|--:|---|--:|--:|--:|---|\n");
    for (row, outcome) in report.rows() {
        let [measured, against, reference, compared, budget] =
            outcome.map(Outcome::cells).unwrap_or_default();
        let verdict = match outcome {
            Some(outcome) if outcome.verdict() == "kept" => "kept".to_owned(),
            Some(outcome) => format!("**{}**", outcome.verdict()),
            None => "**NOT MEASURED**".into(),
        };
        let against = against.replace('|', "\\|");
        text.push_str(&format!(
            "| {} | {measured} | {against} | {reference} | {compared} | {budget} | {verdict} |\n",
            row.what
        ));
    }
    text.push_str("\n## What each row means\n\n");
    let mut said: Vec<&str> = Vec::new();
    for row in ROWS {
        if said.contains(&row.means) {
            continue;
        }
        said.push(row.means);
        let mut names: Vec<&str> =
            ROWS.iter().filter(|other| other.means == row.means).map(|row| row.what).collect();
        names.dedup();
        text.push_str(&format!("- **{}**: {}\n", names.join("; "), row.means));
    }
    text
}

/// The day, in UTC.
fn date(now: SystemTime) -> String {
    let days = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    let (mut year, mut rest) = (1970, days);
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    while rest >= 365 + u64::from(leap(year)) {
        rest -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{budgets::Budgets, report::Quantity};

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        let of = |seconds| date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(of(0), "1970-01-01");
        assert_eq!(of(951_782_399), "2000-02-28");
        assert_eq!(of(951_868_799), "2000-02-29");
        assert_eq!(of(951_868_800), "2000-03-01");
        assert_eq!(of(1_798_761_599), "2026-12-31");
    }

    #[test]
    fn the_page_has_the_machine_every_row_and_what_it_means() {
        let mut report = Report::new(Budgets::of(serde_json::json!({ "doctor": { "seconds": 0.3 } })));
        report.most("doctor", Quantity::Time(Duration::from_millis(400))).unwrap();
        report.skipped("deb", "there is | no package").unwrap();
        let page = page(&report, &[("cores", "2".into())], UNIX_EPOCH, Duration::from_secs(61));
        for words in [
            "on 1970-01-01; the whole run took 2 minutes",
            "- cores: 2\n",
            "| pincer doctor, all well | 400.0 ms | the promise |  |  | 300.0 ms | **BROKEN** |",
            "| the .deb package | - | there is \\| no package |  |  |  | **NOT MEASURED** |",
        ] {
            assert!(page.contains(words), "{words} in {page}");
        }
        for row in ROWS {
            assert!(page.contains(&format!("| {} |", row.what)), "{}", row.name);
            assert_eq!(page.matches(row.means).count(), 1, "{}", row.name);
        }
    }
}
