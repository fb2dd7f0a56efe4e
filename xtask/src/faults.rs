//! `cargo xtask faults`: plays the fault laboratory (`tests/faults`) one scenario after the other and prints the
//! scoreboard. The scenarios are the tests' own: each writes its line into a file that this command reads.

use std::{fs, process::ExitCode};

use serde_json::Value;

use crate::{
    failure::Failure,
    project::Project,
    shell,
    system::{self, Purpose},
};

/// Where the scenarios write their lines (`tests/faults/lab.rs`).
const SCOREBOARD: &str = "PINCER_SCOREBOARD";

/// A verdict on whatever is wrong, in seconds: a silent port is waited for 3 s.
const VERDICT: f64 = 3.5;
/// A verdict on a machine where nothing is wrong, in seconds.
const HEALTHY: f64 = 0.3;

/// One scenario, as it was played.
#[derive(Debug)]
struct Row {
    scenario: String,
    expected: String,
    named: String,
    seconds: f64,
    repaired: String,
    /// `None`: a download, which takes what it takes.
    budget: Option<f64>,
    passed: bool,
}

impl Row {
    fn read(line: &str) -> Result<Self, Failure> {
        let row: Value =
            serde_json::from_str(line).map_err(Failure::unreadable("a line of the scoreboard"))?;
        let lacks = |key: &str| {
            Failure::unreadable("a line of the scoreboard")(format!("{key} is not there: {line}"))
        };
        let text =
            |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| lacks(key));
        let expected = text("expected")?;
        let budget = match text("budget")?.as_str() {
            "healthy" => Some(HEALTHY),
            _ if expected.starts_with("pull.") => None,
            _ => Some(VERDICT),
        };
        Ok(Self {
            scenario: text("scenario")?,
            named: text("named")?,
            seconds: row.get("seconds").and_then(Value::as_f64).ok_or_else(|| lacks("seconds"))?,
            repaired: text("repaired")?,
            passed: row.get("passed") == Some(&Value::Bool(true)),
            expected,
            budget,
        })
    }

    fn was_skipped(&self) -> bool {
        self.named == "skipped"
    }

    /// What is wrong with it; `None`: nothing.
    fn fault(&self) -> Option<&'static str> {
        if self.was_skipped() {
            return None;
        }
        match self.budget {
            _ if self.named != self.expected => Some("MISNAMED"),
            _ if !self.passed => Some("FAILED"),
            Some(budget) if self.seconds > budget => Some("TOO SLOW"),
            _ => None,
        }
    }
}

/// Plays all and prints the table; 1 when one is misnamed, fails, or is over its budget.
///
/// # Errors
/// When the laboratory cannot be built, or wrote nothing.
pub(crate) fn faults(project: &Project, release: bool) -> Result<ExitCode, Failure> {
    let build = if release { "release" } else { "debug" };
    println!("1/3 System packages");
    println!("    {}", system::ensure(Purpose::Test)?);
    println!("2/3 Programs and tests ({build} build)");
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let programs = ["build", "--bins", "--package", "pincer-cli", "--package", "pincer-practice"];
    shell::run(project.cargo(&programs).args(profile))?;
    // Of this package alone: others have tests of that name.
    let tests = ["test", "--package", "pincer", "--test", "faults"];
    shell::run(project.cargo(&tests).args(profile).arg("--no-run"))?;
    println!("3/3 The scenarios, one after the other");
    let folder = tempfile::tempdir().map_err(Failure::file(std::env::temp_dir()))?;
    let board = folder.path().join("scoreboard");
    let mut play = project.cargo(&tests);
    play.args(profile).args(["--no-fail-fast", "--", "--test-threads=1", "--quiet"]).env(SCOREBOARD, &board);
    // A scenario that fails stands in the table; a test without a line of its own fails here.
    let played = shell::run(&mut play);
    let text = fs::read_to_string(&board).map_err(Failure::file(&board))?;
    let mut rows = text.lines().map(Row::read).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|one, other| one.expected.cmp(&other.expected));
    print!("{}", table(&rows, build));
    let bad = rows.iter().any(|row| row.fault().is_some());
    if let (false, Err(failure)) = (bad, &played) {
        println!("The scenarios are well, a test beside them is not: {failure}");
    }
    Ok(if bad || played.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(rows: &[Row], build: &str) -> String {
    let head = ["scenario", "expected", "named", "seconds", "repaired"].map(str::to_owned);
    let cells = |row: &Row| {
        let seconds = format!("{:.2}", row.seconds);
        [row.scenario.clone(), row.expected.clone(), row.named.clone(), seconds, row.repaired.clone()]
    };
    let lines: Vec<[String; 5]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let faults = std::iter::once("").chain(rows.iter().map(|row| row.fault().unwrap_or_default()));
    let mut text = String::from("\n");
    for (line, fault) in lines.iter().zip(faults) {
        for (cell, width) in line.iter().zip(widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(fault);
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push_str(&summary(rows, build));
    text
}

fn summary(rows: &[Row], build: &str) -> String {
    let count = |wanted: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let slowest = |budget: f64| {
        let of_it = rows.iter().filter(|row| row.budget == Some(budget));
        of_it.map(|row| row.seconds).fold(0.0, f64::max)
    };
    let is_healthy = |row: &Row| row.budget == Some(HEALTHY);
    let repaired = |how: &'static str| count(&move |row: &Row| row.repaired == how);
    format!(
        "\n{} scenarios, {} named right, {} skipped; {} repaired by what Pincer offers, {} by hand, {} have advice alone\n\
         {} healthy set-ups, {} without a finding\n\
         slowest verdict {:.2} s (budget {VERDICT} s), slowest healthy one {:.2} s (budget {HEALTHY} s), {build} build\n",
        count(&|row| !is_healthy(row)),
        count(&|row| !is_healthy(row) && row.named == row.expected),
        count(&Row::was_skipped),
        repaired("yes"),
        repaired("by hand"),
        repaired("advice only"),
        count(&is_healthy),
        count(&|row| is_healthy(row) && row.named == row.expected),
        slowest(VERDICT),
        slowest(HEALTHY),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(expected: &str, named: &str, seconds: f64, budget: &str) -> Row {
        let passed = expected == named;
        let line = serde_json::json!({ "scenario": "s", "expected": expected, "named": named, "seconds": seconds,
            "repaired": "yes", "budget": budget, "passed": passed });
        Row::read(&line.to_string()).unwrap()
    }

    #[test]
    fn a_row_is_held_against_what_it_promises() {
        let fault = |row: Row| row.fault();
        assert_eq!(fault(row("engine.silent", "engine.silent", 3.4, "verdict")), None);
        assert_eq!(fault(row("engine.silent", "engine.silent", 3.6, "verdict")), Some("TOO SLOW"));
        assert_eq!(fault(row("engine.silent", "nothing", 0.1, "verdict")), Some("MISNAMED"));
        assert_eq!(fault(row("nothing", "nothing", 0.2, "healthy")), None);
        assert_eq!(fault(row("nothing", "nothing", 0.4, "healthy")), Some("TOO SLOW"));
        assert_eq!(fault(row("nothing", "engine.busy", 0.2, "healthy")), Some("MISNAMED"));
        assert_eq!(fault(row("pull.stalled", "pull.stalled", 20.0, "verdict")), None);
        assert_eq!(fault(row("engine.silent", "skipped", 0.0, "verdict")), None);
        let failed = Row { passed: false, ..row("engine.silent", "engine.silent", 1.0, "verdict") };
        assert_eq!(fault(failed), Some("FAILED"));
        assert!(Row::read("{}").is_err());
    }

    #[test]
    fn the_table_names_the_build_and_what_is_wrong() {
        let rows =
            [row("engine.silent", "nothing", 1.0, "verdict"), row("nothing", "nothing", 0.1, "healthy")];
        let table = table(&rows, "debug");
        assert!(table.contains("engine.silent  nothing  1.00     yes       MISNAMED\n"), "{table}");
        assert!(table.contains("1 scenarios, 0 named right") && table.contains("debug build"), "{table}");
    }
}
