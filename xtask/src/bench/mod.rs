//! `cargo xtask bench`: the speed and size that Pincer promises, measured on its release programs against practice.
//! Budgets are ratios within one run wherever there is something to compare with, so that a slow machine is slow on both
//! sides. `docs/benchmarks.md` is made here.

pub(crate) mod budgets;
mod commands;
mod core;
mod document;
mod driver;
mod hour;
mod http;
mod machine;
mod openclaw;
mod report;
mod rows;
mod scene;
mod screen;
mod size;
mod stage;
mod tree;
mod window;

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Instant, SystemTime},
};

use crate::{
    bundle,
    failure::Failure,
    project::Project,
    shell,
    system::{self, Purpose},
    ui,
};
use budgets::Budgets;
use report::{Outcome, Report};
use stage::Stage;

/// What is measured together, in order; `--only` takes these. The first are quick, and nothing is slower for the last.
const GROUPS: [&str; 8] = ["discovery", "doctor", "core", "openclaw", "window", "hour", "idle", "size"];

const PAGE: &str = "docs/benchmarks.md";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish<'a> {
    /// These groups alone.
    only: Vec<&'a str>,
    /// Make the packages first.
    bundle: bool,
    /// Write the page.
    write: bool,
}

impl<'a> Wish<'a> {
    fn of(args: &[&'a str]) -> Result<Self, Failure> {
        let mut wish = Self::default();
        let mut words = args.iter();
        while let Some(word) = words.next() {
            match *word {
                "--bundle" => wish.bundle = true,
                "--write" => wish.write = true,
                "--only" => match words.next().filter(|group| GROUPS.contains(*group)) {
                    Some(group) => wish.only.push(group),
                    None => {
                        return Err(Failure::Needs(format!("--only takes one of: {}", GROUPS.join(", "))));
                    }
                },
                other => {
                    return Err(Failure::Needs(format!(
                        "bench does not know {other}: it takes --only GROUP, --bundle, --write."
                    )));
                }
            }
        }
        if wish.write && !wish.only.is_empty() {
            return Err(Failure::Needs(format!(
                "{PAGE} is of a whole run: --write does not go with --only."
            )));
        }
        Ok(wish)
    }

    fn has(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }

    /// Whether the window itself is needed, or the commands are enough.
    fn has_window(&self) -> bool {
        ["window", "hour", "idle", "size"].iter().any(|group| self.has(group))
    }
}

/// The programs that are measured.
struct Programs {
    cli: PathBuf,
    practice: PathBuf,
    pincer: PathBuf,
    blank: PathBuf,
}

/// Measures and prints the table; 1 when a budget is broken, or a row that should have been measured was not.
///
/// # Errors
/// When a program cannot be built, or the page cannot be written.
pub(crate) fn bench(project: &Project, args: &[&str]) -> Result<ExitCode, Failure> {
    let wish = Wish::of(args)?;
    let begun = Instant::now();
    let mut report = Report::new(Budgets::read(&project.path("xtask/budgets.json"))?);
    // Before the builds: what they load the machine with is over when something is measured.
    let machine = machine::machine(project);
    if wish.bundle {
        // Its own verdict on the size is in the table, too.
        bundle::bundle(project, &[])?;
    }
    println!("Release programs");
    let programs = build(project, wish.has_window())?;
    let mut faults = Vec::new();
    for group in GROUPS {
        if !wish.has(group) {
            report.leave_out(group);
            continue;
        }
        println!("{group}");
        if let Err(failure) = measure(group, project, &programs, &mut report) {
            let why = failure.to_string().replace('\n', " ");
            report.rest_of(group, || Outcome::Failed { why: why.clone() });
            faults.push(format!("{group}: {why}"));
        }
    }
    print!("{}", report.table());
    if wish.write {
        let page = document::page(&report, &machine, SystemTime::now(), begun.elapsed());
        let file = project.path(PAGE);
        fs::write(&file, page).map_err(Failure::file(&file))?;
        println!("{PAGE} is written.");
    }
    for fault in &faults {
        println!("FAILED: {fault}");
    }
    Ok(if report.is_kept() && faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn build(project: &Project, window: bool) -> Result<Programs, Failure> {
    let mut cargo = project.cargo(&["build", "--release", "--bins", "--package", "pincer-cli"]);
    cargo.args(["--package", "pincer-practice"]);
    if window {
        println!("    {}", system::ensure(Purpose::Build)?);
        println!("    {}", ui::packages(project)?);
        println!("    {}", ui::build(project)?);
        cargo.args(["--package", "pincer", "--package", "blank"]);
    }
    shell::run(&mut cargo)?;
    let built = |name: &str| project.built("release", name);
    Ok(Programs {
        cli: built("pincer-cli")?,
        practice: built("pincer-practice")?,
        pincer: built("pincer")?,
        blank: built("blank")?,
    })
}

fn measure(group: &str, project: &Project, programs: &Programs, report: &mut Report) -> Result<(), Failure> {
    let Programs { cli, practice, pincer, blank } = programs;
    if let ("window" | "hour" | "idle", Some(why)) = (group, scene::lacks()) {
        report.rest_of(group, || Outcome::Skipped { why: why.clone() });
        return Ok(());
    }
    let stage = |environment: &[(&str, &str)]| Stage::open(cli, practice, environment);
    match group {
        "discovery" => commands::discovery(cli, practice, report),
        "doctor" => commands::doctor(cli, practice, report),
        "core" => core::core(project, report),
        "openclaw" => openclaw::openclaw(cli, practice, report),
        "window" => window::window(stage(&[])?, pincer, blank, report),
        "hour" => hour::hour(stage(&hour::FAST)?, pincer, report),
        "idle" => window::idle(stage(&[])?, pincer, blank, report),
        _ => size::size(project, report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_of_a_group_that_is_measured() {
        assert!(rows::ROWS.iter().all(|row| GROUPS.contains(&row.group)));
        assert!(GROUPS.iter().all(|group| rows::ROWS.iter().any(|row| row.group == *group)));
    }

    #[test]
    fn a_part_of_a_run_makes_no_page() {
        let wish = Wish::of(&["--only", "idle", "--only", "hour"]).unwrap();
        assert!(wish.has("idle") && wish.has("hour") && !wish.has("size"));
        assert!(Wish::of(&["--bundle", "--write"]).unwrap().has("size"));
        assert!(Wish::of(&["--write", "--only", "idle"]).is_err());
        assert!(Wish::of(&["--only", "nothing"]).is_err());
        assert!(Wish::of(&["--quick"]).is_err());
    }
}
