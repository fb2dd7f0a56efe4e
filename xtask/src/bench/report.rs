//! What was measured, beside what it is held against and its budget. The list of all rows is data ([`super::rows`]):
//! a row that nobody measured is in the table all the same, and says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    budgets::Budgets,
    rows::{self, ROWS},
};
use crate::failure::Failure;

/// A figure with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quantity {
    Time(Duration),
    /// Of a million bytes.
    Megabytes(f64),
    /// Of one core.
    Percent(f64),
    PerSecond(f64),
}

impl Quantity {
    pub(super) fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Megabytes(number) | Self::Percent(number) | Self::PerSecond(number) => number,
        }
    }

    /// The budget's key for it, and how the same unit is made of its number.
    fn key(self) -> (&'static str, fn(f64) -> Self) {
        match self {
            Self::Time(_) => ("seconds", |number| Self::Time(Duration::from_secs_f64(number))),
            Self::Megabytes(_) => ("megabytes", Self::Megabytes),
            Self::Percent(_) => ("percent", Self::Percent),
            Self::PerSecond(_) => ("perSecond", Self::PerSecond),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Time(time) if time < Duration::from_secs(1) => {
                format!("{:.1} ms", time.as_secs_f64() * 1e3)
            }
            Self::Time(time) => format!("{:.2} s", time.as_secs_f64()),
            Self::Megabytes(number) => format!("{number:.2} MB"),
            Self::Percent(number) => format!("{number:.2} %"),
            Self::PerSecond(number) => format!("{number:.1} /s"),
        }
    }
}

/// What came of a row.
#[derive(Debug)]
pub(super) enum Outcome {
    /// At most `times` as much as what it is held against.
    Beside { measured: Quantity, against: String, reference: Quantity, times: f64 },
    /// At most `more` above what it is held against.
    Above { measured: Quantity, against: String, reference: Quantity, more: Quantity },
    /// At most so much.
    Most { measured: Quantity, most: Quantity },
    /// Something that it takes is not here, and nobody said that it should be.
    Skipped { why: String },
    /// It should have been measured and could not be.
    Failed { why: String },
}

impl Outcome {
    /// Within its budget, or with a reason not to be held against it.
    pub(super) fn is_kept(&self) -> bool {
        match self {
            Self::Beside { measured, reference, times, .. } => ratio(*measured, *reference) <= *times,
            Self::Above { measured, reference, more, .. } => {
                measured.number() - reference.number() <= more.number()
            }
            Self::Most { measured, most } => measured.number() <= most.number(),
            Self::Skipped { .. } => true,
            Self::Failed { .. } => false,
        }
    }

    pub(super) fn verdict(&self) -> &'static str {
        match self {
            Self::Skipped { .. } | Self::Failed { .. } => "NOT MEASURED",
            _ if self.is_kept() => "kept",
            _ => "BROKEN",
        }
    }

    /// Measured, against, its figure, how it compares, the budget.
    pub(super) fn cells(&self) -> [String; 5] {
        match self {
            Self::Beside { measured, against, reference, times } => [
                measured.text(),
                against.clone(),
                reference.text(),
                format!("{:.2} x", ratio(*measured, *reference)),
                format!("{times:.2} x"),
            ],
            Self::Above { measured, against, reference, more } => {
                let (_, of) = measured.key();
                let above = measured.number() - reference.number();
                let sign = if above < 0.0 { "−" } else { "+" };
                [
                    measured.text(),
                    against.clone(),
                    reference.text(),
                    format!("{sign}{}", of(above.abs()).text()),
                    format!("+{}", more.text()),
                ]
            }
            Self::Most { measured, most } => {
                [measured.text(), "the promise".into(), String::new(), String::new(), most.text()]
            }
            Self::Skipped { why } | Self::Failed { why } => {
                ["-".into(), why.clone(), String::new(), String::new(), String::new()]
            }
        }
    }
}

fn ratio(measured: Quantity, reference: Quantity) -> f64 {
    measured.number() / reference.number().max(f64::EPSILON)
}

/// All that one run found out.
pub(super) struct Report {
    budgets: Budgets,
    found: BTreeMap<&'static str, Outcome>,
    left_out: BTreeSet<&'static str>,
}

impl Report {
    pub(super) const fn new(budgets: Budgets) -> Self {
        Self { budgets, found: BTreeMap::new(), left_out: BTreeSet::new() }
    }

    /// A group that nobody asked for: one line instead of its rows.
    pub(super) fn leave_out(&mut self, group: &'static str) {
        self.left_out.insert(group);
    }

    fn put(&mut self, name: &str, outcome: Outcome) -> Result<(), Failure> {
        let row = rows::named(name)?;
        println!("    {:<13} {} {}", outcome.verdict(), row.what, outcome.cells().join("  ").trim_end());
        self.found.insert(row.name, outcome);
        Ok(())
    }

    /// A ratio within this run.
    ///
    /// # Errors
    /// When there is no such row, or no budget for it.
    pub(super) fn beside(
        &mut self,
        name: &str,
        measured: Quantity,
        against: impl Into<String>,
        reference: Quantity,
    ) -> Result<(), Failure> {
        let times = self.budgets.number(name, "times")?;
        self.put(name, Outcome::Beside { measured, against: against.into(), reference, times })
    }

    /// A difference within this run.
    ///
    /// # Errors
    /// When there is no such row, or no budget for it.
    pub(super) fn above(
        &mut self,
        name: &str,
        measured: Quantity,
        against: impl Into<String>,
        reference: Quantity,
    ) -> Result<(), Failure> {
        let (key, of) = measured.key();
        let more = of(self.budgets.number(name, key)?);
        self.put(name, Outcome::Above { measured, against: against.into(), reference, more })
    }

    /// A promise in its own unit.
    ///
    /// # Errors
    /// When there is no such row, or no budget for it.
    pub(super) fn most(&mut self, name: &str, measured: Quantity) -> Result<(), Failure> {
        let (key, of) = measured.key();
        let most = of(self.budgets.number(name, key)?);
        self.put(name, Outcome::Most { measured, most })
    }

    /// Says why a row is not measured.
    ///
    /// # Errors
    /// When there is no such row.
    pub(super) fn skipped(&mut self, name: &str, why: impl Into<String>) -> Result<(), Failure> {
        self.put(name, Outcome::Skipped { why: why.into() })
    }

    /// Says of all rows of a group that nothing was said of yet why not.
    pub(super) fn rest_of(&mut self, group: &str, outcome: impl Fn() -> Outcome) {
        for row in ROWS.iter().filter(|row| row.group == group) {
            self.found.entry(row.name).or_insert_with(&outcome);
        }
    }

    /// Every row that was asked for, in order, with what came of it.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static rows::About, Option<&Outcome>)> {
        ROWS.iter()
            .filter(|row| !self.left_out.contains(row.group))
            .map(|row| (row, self.found.get(row.name)))
    }

    /// All that was to be measured was, and is within its budget.
    pub(super) fn is_kept(&self) -> bool {
        self.rows().all(|(_, outcome)| outcome.is_some_and(Outcome::is_kept))
    }

    /// The table for a terminal, then a line for each budget that is broken and each row that is not measured.
    pub(super) fn table(&self) -> String {
        let (mut text, mut loud) = (String::from("\n"), String::new());
        let mut line = |what: &str, cells: [&str; 5], verdict: &str| {
            let [measured, against, reference, compared, budget] = cells;
            text.push_str(&format!(
                "{what:<44} {measured:>10}   {against:<46} {reference:>10} {compared:>10} {budget:>10}  {verdict}\n"
            ));
        };
        line("measured", ["", "against", "", "compared", "budget"], "");
        for (row, outcome) in self.rows() {
            let verdict = outcome.map_or("NOT MEASURED", Outcome::verdict);
            let [measured, against, reference, compared, budget] =
                outcome.map(Outcome::cells).unwrap_or_default();
            if verdict == "NOT MEASURED" {
                line(row.what, ["-", "-", "", "", ""], verdict);
                loud.push_str(&format!("NOT MEASURED: {}: {against}\n", row.what));
                continue;
            }
            line(row.what, [&measured, &against, &reference, &compared, &budget], verdict);
            if verdict == "BROKEN" {
                let is = if compared.is_empty() { measured } else { format!("{compared} of {against}") };
                loud.push_str(&format!("BROKEN: {}: {is}, the budget is {budget}\n", row.what));
            }
        }
        if !self.left_out.is_empty() {
            let groups: Vec<&str> = self.left_out.iter().copied().collect();
            loud.push_str(&format!("NOT MEASURED: nobody asked for {}\n", groups.join(", ")));
        }
        text + &loud
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let budgets = serde_json::json!({
            "discovery-10": { "times": 1.5 }, "doctor": { "seconds": 0.3 }, "window-memory": { "megabytes": 25 },
        });
        Report::new(Budgets::of(budgets))
    }

    fn milliseconds(number: u64) -> Quantity {
        Quantity::Time(Duration::from_millis(number))
    }

    #[test]
    fn a_budget_breaks_above_it_and_the_table_says_which() {
        let mut report = report();
        report.beside("discovery-10", milliseconds(300), "the floor", milliseconds(200)).unwrap();
        report.most("doctor", milliseconds(300)).unwrap();
        let blank = Quantity::Megabytes(100.0);
        report.above("window-memory", Quantity::Megabytes(125.0), "blank", blank).unwrap();
        assert!(report.found.values().all(Outcome::is_kept));
        report.beside("discovery-10", milliseconds(301), "the floor", milliseconds(200)).unwrap();
        report.most("doctor", milliseconds(301)).unwrap();
        report.above("window-memory", Quantity::Megabytes(125.1), "blank", blank).unwrap();
        assert!(!report.found.values().any(Outcome::is_kept));
        let text = report.table();
        for words in [
            "1.50 x of the floor, the budget is 1.50 x",
            "301.0 ms, the budget is 300.0 ms",
            "+25.10 MB of blank, the budget is +25.00 MB",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
    }

    #[test]
    fn a_row_that_nobody_measured_is_in_the_table_and_says_so() {
        let mut report = report();
        report.skipped("deb", "there is no package").unwrap();
        report.rest_of("doctor", || Outcome::Failed { why: "the stage fell".into() });
        let text = report.table();
        assert!(text.contains("there is no package"), "{text}");
        assert!(text.contains("the stage fell"), "{text}");
        assert_eq!(text.matches("NOT MEASURED: ").count(), ROWS.len(), "each row: {text}");
        assert!(!report.is_kept(), "what was forgotten is not kept");
        report.leave_out("doctor");
        assert!(!report.table().contains("the stage fell"));
        assert!(report.table().contains("NOT MEASURED: nobody asked for doctor"));
    }

    #[test]
    fn a_row_or_a_budget_that_is_not_there_is_an_error() {
        let mut report = report();
        assert!(report.most("no-such-row", milliseconds(1)).is_err());
        assert!(report.most("deb", Quantity::Megabytes(1.0)).is_err(), "no budget for it here");
    }
}
