//! `cargo xtask bench`: the speed that Pincer promises, measured on its release programs against practice.
//! Budgets are ratios within one run, so that a slow machine is slow on both sides.

pub(crate) mod budgets;
mod http;
mod stage;

use std::{process::ExitCode, time::Duration};

use crate::{failure::Failure, openclaw, project::Project, shell};
use budgets::{Budgets, Row};
use stage::Stage;

/// Models on the server for discovery, and how long it takes for each answer.
const MANY: u32 = 200;
const ANSWER: Duration = Duration::from_millis(5);

/// Questions that discovery has open at a time.
const AT_A_TIME: u32 = 8;

/// Runs of each command, the median counts: of ours, and of OpenClaw's slow one.
const RUNS: usize = 9;
const RUNS_OF_OPENCLAW: usize = 3;

/// Measures and prints the table; 1 when a budget is broken.
///
/// # Errors
/// When something cannot be measured.
pub(crate) fn bench(project: &Project) -> Result<ExitCode, Failure> {
    let budgets = Budgets::read(&project.path("xtask/budgets.json"))?;
    println!("1/7 Release programs");
    shell::run(&mut project.cargo(&[
        "build",
        "--release",
        "--package",
        "pincer-cli",
        "--package",
        "pincer-practice",
    ]))?;
    let (cli, practice) =
        (project.built("release", "pincer-cli")?, project.built("release", "pincer-practice")?);
    let mut rows = Vec::new();

    println!("2/7 Discovery of {MANY} models, {} ms an answer", ANSWER.as_millis());
    let crowd = Stage::open(&cli, &practice, MANY, ANSWER)?;
    let discovery = crowd.median(RUNS, &["models", "--json"], |answer| {
        let count = answer.get("models").and_then(serde_json::Value::as_array).map(Vec::len);
        (count == Some(MANY as usize))
            .then_some(())
            .ok_or_else(|| format!("{count:?} models listed, not {MANY}"))
    })?;
    // The list, then rounds of questions: nobody can be quicker who asks so many at a time.
    let rounds = MANY.div_ceil(AT_A_TIME);
    let floor = http::round_trip(crowd.address(), crowd.model())? * (1 + rounds);
    rows.push(Row::new(
        "discovery",
        format!("pincer models, {MANY} models"),
        discovery,
        format!("floor: 1 + {rounds} round trips"),
        floor,
        &budgets,
    )?);

    println!("3/7 Doctor on a healthy machine");
    let healthy = Stage::open(&cli, &practice, 0, Duration::ZERO)?;
    healthy.set_up()?;
    let doctor = healthy.median(RUNS, &["doctor", "--json"], |answer| {
        let well = answer.get("ok") == Some(&serde_json::Value::Bool(true));
        well.then_some(()).ok_or_else(|| format!("the machine is not healthy: {answer}"))
    })?;
    let promised = budgets.seconds("doctor")?;
    rows.push(Row::new("doctor", "pincer doctor".into(), doctor, "the promise".into(), promised, &budgets)?);

    println!("4/7 An edit of a 1 MB settings file, read to renamed");
    let timed = Timed::by(project, "edit")?;
    let (edit, parse) = (timed.seconds("editSeconds")?, timed.seconds("parseSeconds")?);
    rows.push(Row::new(
        "edit",
        "an edit, read to renamed".into(),
        edit,
        "one parse by json5".into(),
        parse,
        &budgets,
    )?);

    println!("5/7 A long download, line by line");
    let timed = Timed::by(project, "pull")?;
    let lines = timed.number("lines")?;
    rows.push(Row::new(
        "pull",
        format!("a download of {lines} lines"),
        timed.seconds("foldSeconds")?,
        "parsing its JSON alone".into(),
        timed.seconds("parseSeconds")?,
        &budgets,
    )?);
    let (grown, most) = (timed.number("grownBytes")? / 1e6, budgets.megabytes("pull")?);

    println!("6/7 How often the window is told of a fast download");
    let timed = Timed::by(project, "updates")?;
    // Upside down, so that more of it is worse: the time that each update should have, to the time that it had.
    let apart = timed.number("seconds")? / timed.number("updates")?.max(1.0);
    rows.push(Row::new(
        "updates",
        "an update should have".into(),
        budgets.apart("updates")?,
        "an update had".into(),
        Duration::from_secs_f64(apart),
        &budgets,
    )?);

    println!("7/7 OpenClaw's own list and setting");
    match openclaw::installed()? {
        Some(folder) => {
            crowd.set_up()?;
            let theirs = crowd.median_of_openclaw(RUNS_OF_OPENCLAW, &folder)?;
            let name = || format!("openclaw models list --refresh ({})", openclaw::VERSION);
            rows.push(Row::new(
                "discovery-openclaw",
                "pincer models".into(),
                discovery,
                name(),
                theirs,
                &budgets,
            )?);
            let setting = crowd.openclaw_sets(&folder)?;
            let says = format!("openclaw config set ({})", openclaw::VERSION);
            rows.push(Row::new("edit-openclaw", "an edit of 1 MB".into(), edit, says, setting, &budgets)?);
            rows.push(Row::new("doctor-openclaw", "pincer doctor".into(), doctor, name(), theirs, &budgets)?);
        }
        None => println!(
            "    SKIPPED: OpenClaw is not in the cache (`cargo xtask test --only openclaw` puts it there)"
        ),
    }

    print!("{}", budgets::table(&rows));
    let flat = grown <= most;
    let told = if flat { "kept" } else { "BROKEN" };
    println!("memory: the download grew it by {grown:.1} MB, the budget is {most:.1} MB  {told}");
    Ok(if flat && rows.iter().all(Row::kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What an example of the core printed: one line of JSON with numbers.
struct Timed {
    example: &'static str,
    told: serde_json::Value,
}

impl Timed {
    /// Runs it as a release program.
    fn by(project: &Project, example: &'static str) -> Result<Self, Failure> {
        let cargo = ["run", "--release", "--quiet", "--package", "pincer-core", "--example", example];
        let line = shell::answer(&mut project.cargo(&cargo))?;
        let told = serde_json::from_str(&line).map_err(Failure::unreadable("what an example printed"))?;
        Ok(Self { example, told })
    }

    fn number(&self, key: &str) -> Result<f64, Failure> {
        let number = self.told.get(key).and_then(serde_json::Value::as_f64);
        number.ok_or_else(|| {
            let example = self.example;
            Failure::unreadable("what an example printed")(format!(
                "{example}: {key} is not there: {}",
                self.told
            ))
        })
    }

    fn seconds(&self, key: &str) -> Result<Duration, Failure> {
        self.number(key).map(Duration::from_secs_f64)
    }
}
