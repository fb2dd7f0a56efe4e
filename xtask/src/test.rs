//! `cargo xtask test`: every check of the project, in the order in which a mistake shows soonest, and a table.
//! A step that fails holds back only those that need it; CI runs exactly this.

use std::{process::ExitCode, time::Instant};

use crate::{
    failure::Failure,
    openclaw,
    project::{self, Project},
    shell,
    system::{self, Purpose},
    types, ui,
};

/// How a step ended well.
enum Done {
    /// It ran and found nothing wrong.
    Passed,
    /// It could not run here, and why; said loudly, never on a build server where that matters.
    Skipped(String),
}

struct Step {
    name: &'static str,
    says: &'static str,
    needs: &'static [&'static str],
    run: fn(&Project, &[String]) -> Result<Done, Failure>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", says: "Rust is formatted", needs: &[], run: fmt },
    Step { name: "system", says: "System packages", needs: &[], run: system },
    Step { name: "node", says: "Node and npm packages", needs: &[], run: node },
    Step { name: "ui-build", says: "The window's pages", needs: &["node"], run: ui_build },
    Step { name: "ui-check", says: "Their types and style", needs: &["ui-build"], run: ui_check },
    Step { name: "ui-test", says: "Their tests", needs: &["ui-build"], run: ui_test },
    Step { name: "ui-browser", says: "Contrast and room, in Chromium", needs: &["ui-test"], run: ui_browser },
    Step { name: "openclaw", says: "The real OpenClaw for the contract", needs: &["node"], run: openclaw },
    Step { name: "clippy", says: "Lints, warnings are errors", needs: &["system"], run: clippy },
    Step { name: "build", says: "All programs and tests", needs: &["system", "ui-build"], run: build },
    Step { name: "types", says: "TypeScript types are what Rust says", needs: &["build"], run: types },
    Step {
        name: "tests",
        says: "Rust tests, the real window among them",
        needs: &["build", "openclaw"],
        run: tests,
    },
    Step { name: "docs", says: "Documentation of the library", needs: &[], run: docs },
    Step { name: "deny", says: "Licences, bans, sources", needs: &[], run: deny },
];

/// The names that `--only` takes.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

enum Ending {
    Passed,
    Skipped(String),
    Failed(String),
    HeldBack(&'static str),
}

/// Runs all steps, or one with those that it needs; `args` go to `cargo test`.
///
/// # Errors
/// When `only` names no step.
pub(crate) fn test(project: &Project, only: Option<&str>, args: &[String]) -> Result<ExitCode, Failure> {
    let chosen = chosen(STEPS, only)?;
    let mut endings: Vec<(&Step, f64, Ending)> = Vec::new();
    for (number, step) in chosen.iter().enumerate() {
        println!("\n{}/{} {}: {}", number + 1, chosen.len(), step.name, step.says);
        let started = Instant::now();
        let ending = match held_back(step, &endings) {
            Some(need) => Ending::HeldBack(need),
            None => match (step.run)(project, args) {
                Ok(Done::Passed) => Ending::Passed,
                Ok(Done::Skipped(why)) => Ending::Skipped(why),
                Err(failure) => Ending::Failed(failure.to_string()),
            },
        };
        match &ending {
            Ending::Passed => {}
            Ending::Skipped(why) => println!("    SKIPPED: {why}"),
            Ending::Failed(why) => println!("    FAILED: {why}"),
            Ending::HeldBack(need) => println!("    not run, because {need} failed"),
        }
        endings.push((step, started.elapsed().as_secs_f64(), ending));
    }
    print!("{}", table(&endings));
    let bad = endings.iter().any(|(_, _, ending)| matches!(ending, Ending::Failed(_) | Ending::HeldBack(_)));
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The steps to run, in their order: all, or the one asked for and what it needs, and what that needs.
fn chosen<'a>(steps: &'a [Step], only: Option<&str>) -> Result<Vec<&'a Step>, Failure> {
    let Some(only) = only else { return Ok(steps.iter().collect()) };
    let mut wanted = vec![only];
    // Needs come before what needs them, so one walk backwards finds them all.
    for step in steps.iter().rev() {
        if wanted.contains(&step.name) {
            wanted.extend(step.needs);
        }
    }
    let chosen: Vec<&Step> = steps.iter().filter(|step| wanted.contains(&step.name)).collect();
    if chosen.iter().any(|step| step.name == only) {
        Ok(chosen)
    } else {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        Err(Failure::Needs(format!("There is no step {only}. Steps: {}", names.join(", "))))
    }
}

fn held_back(step: &Step, endings: &[(&Step, f64, Ending)]) -> Option<&'static str> {
    step.needs.iter().copied().find(|need| {
        endings.iter().any(|(other, _, ending)| {
            other.name == *need && matches!(ending, Ending::Failed(_) | Ending::HeldBack(_))
        })
    })
}

fn table(endings: &[(&Step, f64, Ending)]) -> String {
    let mut text = String::from("\nstep        seconds  result\n");
    for (step, seconds, ending) in endings {
        let result = match ending {
            Ending::Passed => "passed".to_owned(),
            Ending::Skipped(why) => format!("SKIPPED: {why}"),
            Ending::Failed(why) => format!("FAILED: {}", why.lines().next().unwrap_or_default()),
            Ending::HeldBack(need) => format!("not run ({need} failed)"),
        };
        text.push_str(&format!("{:<10} {seconds:>8.1}  {result}\n", step.name));
    }
    text
}

fn said(words: &str) -> Done {
    println!("    {words}");
    Done::Passed
}

fn fmt(project: &Project, _: &[String]) -> Result<Done, Failure> {
    shell::run(&mut project.cargo(&["fmt", "--all", "--check"]))?;
    Ok(Done::Passed)
}

fn system(_: &Project, _: &[String]) -> Result<Done, Failure> {
    system::ensure(Purpose::Test).map(|words| said(&words))
}

fn node(project: &Project, _: &[String]) -> Result<Done, Failure> {
    said(&ui::node()?);
    ui::packages(project).map(|words| said(&words))
}

fn ui_build(project: &Project, _: &[String]) -> Result<Done, Failure> {
    ui::build(project).map(|words| said(&words))
}

fn ui_check(project: &Project, _: &[String]) -> Result<Done, Failure> {
    shell::run(&mut project.npm(&["run", "check"]))?;
    Ok(Done::Passed)
}

fn ui_test(project: &Project, _: &[String]) -> Result<Done, Failure> {
    shell::run(&mut project.npm(&["test"]))?;
    Ok(Done::Passed)
}

fn ui_browser(project: &Project, _: &[String]) -> Result<Done, Failure> {
    match ui::browser(project) {
        Ok(words) => drop(said(&words)),
        Err(failure) if project::on_ci() => return Err(failure),
        Err(failure) => return Ok(Done::Skipped(failure.to_string())),
    }
    shell::run(&mut project.npm(&["run", "test:browser"]))?;
    Ok(Done::Passed)
}

fn openclaw(_: &Project, _: &[String]) -> Result<Done, Failure> {
    match openclaw::ensure() {
        Ok(folder) => Ok(said(&folder.display().to_string())),
        Err(failure) if project::on_ci() => Err(failure),
        // Without the network a developer can still test the rest; the contract test says it again.
        Err(failure) => Ok(Done::Skipped(failure.to_string())),
    }
}

// One set of features for every step that compiles the workspace, or Cargo builds half of it twice.
const ALL: [&str; 4] = ["--workspace", "--all-targets", "--features", types::FEATURE];

fn clippy(project: &Project, _: &[String]) -> Result<Done, Failure> {
    shell::run(project.cargo(&["clippy"]).args(ALL).args(["--", "--deny", "warnings"]))?;
    Ok(Done::Passed)
}

fn types(project: &Project, _: &[String]) -> Result<Done, Failure> {
    types::check_built(project).map(|()| Done::Passed)
}

fn build(project: &Project, _: &[String]) -> Result<Done, Failure> {
    if !ui::is_built(project) {
        return Err(Failure::Needs(
            "ui/dist holds a placeholder, not the real pages: nothing to test.".into(),
        ));
    }
    // With the tests' own targets, so that `cargo test` finds its dependencies built; it makes the programs too.
    shell::run(project.cargo(&["build"]).args(ALL))?;
    Ok(Done::Passed)
}

fn tests(project: &Project, args: &[String]) -> Result<Done, Failure> {
    let mut cargo = project.cargo(&["test"]);
    cargo.args(["--workspace", "--no-fail-fast", "--features", types::FEATURE]).args(args);
    if let Some(folder) = openclaw::installed()? {
        cargo.env("PINCER_TEST_OPENCLAW", folder);
    }
    shell::run(&mut cargo)?;
    Ok(Done::Passed)
}

fn docs(project: &Project, _: &[String]) -> Result<Done, Failure> {
    let mut cargo = project.cargo(&["doc", "--package", "pincer-core", "--no-deps"]);
    shell::run(cargo.env("RUSTDOCFLAGS", "--deny warnings"))?;
    Ok(Done::Passed)
}

fn deny(project: &Project, _: &[String]) -> Result<Done, Failure> {
    if !shell::succeeds(&mut project.cargo(&["deny", "--version"])) {
        return Ok(Done::Skipped("cargo-deny is not installed (cargo install cargo-deny --locked)".into()));
    }
    shell::run(&mut project.cargo(&[
        "deny",
        "--log-level",
        "error",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))?;
    Ok(Done::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(_: &Project, _: &[String]) -> Result<Done, Failure> {
        Ok(Done::Passed)
    }

    #[test]
    fn needs_exist_and_come_first() {
        for (at, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(
                    STEPS[..at].iter().any(|earlier| earlier.name == *need),
                    "{} needs {need} before it",
                    step.name
                );
            }
        }
    }

    #[test]
    fn one_step_brings_all_that_it_needs() {
        let names: Vec<&str> = chosen(STEPS, Some("tests")).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(names, ["system", "node", "ui-build", "openclaw", "build", "tests"]);
        assert_eq!(chosen(STEPS, None).unwrap().len(), STEPS.len());
        assert!(chosen(STEPS, Some("lunch")).is_err());
    }

    #[test]
    fn a_failure_holds_back_only_what_needs_it() {
        let step = |name, needs| Step { name, says: "", needs, run: pass };
        let (first, second, third, other) =
            (step("first", &[]), step("second", &["first"]), step("third", &["second"]), step("other", &[]));
        let mut endings = vec![(&first, 0.0, Ending::Failed("why".into()))];
        assert_eq!(held_back(&second, &endings), Some("first"));
        assert_eq!(held_back(&other, &endings), None);
        endings.push((&second, 0.0, Ending::HeldBack("first")));
        assert_eq!(held_back(&third, &endings), Some("second"), "and what needs that");
        let skipped = [(&first, 0.0, Ending::Skipped("why".into()))];
        assert_eq!(held_back(&second, &skipped), None, "a skipped step holds nothing back");
    }
}
