//! What the core does by itself, measured by its own examples as release programs; each prints one line of numbers.

use std::time::Duration;

use super::report::{Quantity, Report};
use crate::{failure::Failure, project::Project, shell};

/// # Errors
/// When an example fails, or does not print its numbers.
pub(super) fn core(project: &Project, report: &mut Report) -> Result<(), Failure> {
    let small = Timed::by(project, "edit", &["10240"])?;
    report.beside(
        "edit-10k",
        small.time("editSeconds")?,
        "one write to the disk",
        small.time("writeSeconds")?,
    )?;
    let large = Timed::by(project, "edit", &["1048576"])?;
    report.beside("edit", large.time("editSeconds")?, "one parse by json5", large.time("parseSeconds")?)?;

    let pull = Timed::by(project, "pull", &[])?;
    report.beside("pull", pull.time("foldSeconds")?, "parsing its JSON alone", pull.time("parseSeconds")?)?;
    report.most("pull-memory", Quantity::Megabytes(pull.number("grownBytes")? / 1e6))?;

    let updates = Timed::by(project, "updates", &[])?;
    let often = updates.number("updates")? / updates.number("seconds")?.max(f64::EPSILON);
    report.most("updates", Quantity::PerSecond(often))
}

/// What an example printed.
struct Timed {
    example: &'static str,
    told: serde_json::Value,
}

impl Timed {
    fn by(project: &Project, example: &'static str, args: &[&str]) -> Result<Self, Failure> {
        let cargo = ["run", "--release", "--quiet", "--package", "pincer-core", "--example", example, "--"];
        let line = shell::answer(project.cargo(&cargo).args(args))?;
        let told = serde_json::from_str(&line).map_err(Failure::unreadable("what an example printed"))?;
        Ok(Self { example, told })
    }

    fn number(&self, key: &str) -> Result<f64, Failure> {
        let number = self.told.get(key).and_then(serde_json::Value::as_f64);
        number.ok_or_else(|| Failure::Unreadable {
            what: "what an example printed".into(),
            detail: format!("{}: {key} is not there: {}", self.example, self.told),
        })
    }

    fn time(&self, key: &str) -> Result<Quantity, Failure> {
        self.number(key).map(|seconds| Quantity::Time(Duration::from_secs_f64(seconds)))
    }
}
