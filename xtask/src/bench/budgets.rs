//! The budgets that are checked in, and the table of what was measured against them.
//! A measurement without a budget is an error: a row that cannot break says nothing.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use crate::failure::Failure;

/// `xtask/budgets.json`: by name, `times` (the highest ratio to what stands beside it) and, for a promise in
/// seconds, `seconds`, in megabytes, `megabytes`, of so many a second at most, `perSecond`.
pub(crate) struct Budgets(Value);

impl Budgets {
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(Failure::file(path))?;
        serde_json::from_str(&text).map(Self).map_err(Failure::unreadable("xtask/budgets.json"))
    }

    fn number(&self, name: &str, key: &str) -> Result<f64, Failure> {
        self.0
            .get(name)
            .and_then(|budget| budget.get(key))
            .and_then(Value::as_f64)
            .filter(|number| *number > 0.0)
            .ok_or_else(|| {
                Failure::Needs(format!("xtask/budgets.json lacks {name}.{key}, a number above 0."))
            })
    }

    /// A promise in seconds.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn seconds(&self, name: &str) -> Result<Duration, Failure> {
        self.number(name, "seconds").map(Duration::from_secs_f64)
    }

    /// A promise of so many a second, as the time that each has.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn apart(&self, name: &str) -> Result<Duration, Failure> {
        self.number(name, "perSecond").map(|number| Duration::from_secs_f64(1.0 / number))
    }

    /// A promise in megabytes.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn megabytes(&self, name: &str) -> Result<f64, Failure> {
        self.number(name, "megabytes")
    }
}

/// One measurement beside what it is measured against.
pub(super) struct Row {
    what: String,
    measured: Duration,
    against: String,
    reference: Duration,
    times: f64,
}

impl Row {
    /// # Errors
    /// When there is no budget of that name.
    pub(super) fn new(
        name: &str,
        what: String,
        measured: Duration,
        against: String,
        reference: Duration,
        budgets: &Budgets,
    ) -> Result<Self, Failure> {
        Ok(Self { what, measured, against, reference, times: budgets.number(name, "times")? })
    }

    fn ratio(&self) -> f64 {
        self.measured.as_secs_f64() / self.reference.as_secs_f64().max(f64::EPSILON)
    }

    /// Within its budget.
    pub(super) fn kept(&self) -> bool {
        self.ratio() <= self.times
    }
}

/// The table, one line a measurement, then a line for each budget that is broken.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "\n{:<28} {:>9}   {:<44} {:>9} {:>7} {:>7}\n",
        "measured", "seconds", "against", "seconds", "ratio", "budget"
    );
    for row in rows {
        text.push_str(&format!(
            "{:<28} {:>9.3}   {:<44} {:>9.3} {:>7.2} {:>7.2}  {}\n",
            row.what,
            row.measured.as_secs_f64(),
            row.against,
            row.reference.as_secs_f64(),
            row.ratio(),
            row.times,
            if row.kept() { "kept" } else { "BROKEN" }
        ));
    }
    for row in rows.iter().filter(|row| !row.kept()) {
        text.push_str(&format!(
            "BROKEN: {} took {:.2} x of {}, the budget is {:.2} x\n",
            row.what,
            row.ratio(),
            row.against,
            row.times
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(milliseconds: u64) -> Row {
        let budgets = Budgets(serde_json::json!({ "a": { "times": 1.5, "seconds": 0.2 } }));
        let reference = budgets.seconds("a").unwrap();
        Row::new(
            "a",
            "ours".into(),
            Duration::from_millis(milliseconds),
            "the floor".into(),
            reference,
            &budgets,
        )
        .unwrap()
    }

    #[test]
    fn a_budget_breaks_above_its_ratio_and_the_table_says_which() {
        assert!(row(300).kept());
        assert!(!row(301).kept());
        let text = table(&[row(100), row(400)]);
        assert!(text.contains("kept"), "{text}");
        assert!(text.contains("BROKEN: ours took 2.00 x of the floor, the budget is 1.50 x"), "{text}");
    }

    #[test]
    fn a_name_without_a_budget_is_an_error() {
        let budgets = Budgets(serde_json::json!({ "a": { "times": 0 } }));
        assert!(budgets.number("a", "times").is_err(), "0 keeps nothing");
        assert!(budgets.number("b", "times").is_err());
    }
}
