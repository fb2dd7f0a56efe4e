//! The budgets that are checked in. A measurement without one is an error: a row that cannot break says nothing.

use std::{fs, path::Path};

use serde_json::Value;

use crate::failure::Failure;

/// `xtask/budgets.json`: by the name of a row, `times` (the highest ratio to what stands beside it), or the most in its
/// own unit (`seconds`, `megabytes`, `percent` of a core, `perSecond`); where it is held against something, in
/// megabytes, the most above that.
pub(crate) struct Budgets(Value);

impl Budgets {
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(Failure::file(path))?;
        serde_json::from_str(&text).map(Self).map_err(Failure::unreadable("xtask/budgets.json"))
    }

    #[cfg(test)]
    pub(super) const fn of(value: Value) -> Self {
        Self(value)
    }

    /// # Errors
    /// When there is none of that name.
    pub(super) fn number(&self, name: &str, key: &str) -> Result<f64, Failure> {
        self.0
            .get(name)
            .and_then(|budget| budget.get(key))
            .and_then(Value::as_f64)
            .filter(|number| *number > 0.0)
            .ok_or_else(|| {
                Failure::Needs(format!("xtask/budgets.json lacks {name}.{key}, a number above 0."))
            })
    }

    /// A promise in megabytes.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn megabytes(&self, name: &str) -> Result<f64, Failure> {
        self.number(name, "megabytes")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{bench::rows::ROWS, project::Project};

    #[test]
    fn a_name_without_a_budget_is_an_error() {
        let budgets = Budgets(serde_json::json!({ "a": { "times": 0 } }));
        assert!(budgets.number("a", "times").is_err(), "0 keeps nothing");
        assert!(budgets.number("b", "times").is_err());
    }

    #[test]
    fn every_row_has_one_budget_and_every_budget_a_row() {
        let budgets = Budgets::read(&Project::here().path("xtask/budgets.json")).unwrap();
        let given = budgets.0.as_object().unwrap();
        let names: BTreeSet<&str> = given.keys().map(String::as_str).collect();
        assert_eq!(names, ROWS.iter().map(|row| row.name).collect());
        for (name, budget) in given {
            assert_eq!(budget.as_object().unwrap().len(), 1, "{name}");
        }
    }
}
