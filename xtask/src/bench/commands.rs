//! The commands that people wait for: `pincer models` and `pincer doctor`.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    http,
    report::{Quantity, Report},
    stage::Stage,
};
use crate::{failure::Failure, shell};

/// How long the server takes for each answer.
const ANSWER: &str = "5";

/// Questions that discovery has open at a time.
const AT_A_TIME: u32 = 8;

/// Runs of each command, the median counts.
const RUNS: usize = 9;

/// Discovery of few, many and very many models.
///
/// # Errors
/// When it cannot be measured.
pub(super) fn discovery(cli: &Path, practice: &Path, report: &mut Report) -> Result<(), Failure> {
    for many in [10, 200, 1000_u32] {
        let stage = Stage::open(cli, practice, &crowd(&many.to_string()))?;
        let ours = Quantity::Time(of_models(&stage, many)?);
        // The list, then rounds of questions: nobody can be quicker who asks so many at a time.
        let rounds = many.div_ceil(AT_A_TIME);
        let model = stage.models()?.pop().unwrap_or_default();
        let floor = http::round_trip(stage.address(), &model)? * (1 + rounds);
        let name = format!("discovery-{many}");
        report.beside(&name, ours, format!("floor: 1 + {rounds} round trips"), Quantity::Time(floor))?;

        let curl = format!("{name}-curl");
        if !shell::succeeds(&mut shell::command("curl", ["--version"])) {
            report.skipped(&curl, "there is no curl here")?;
            continue;
        }
        let theirs = Quantity::Time(of_curl(&stage)?);
        report.beside(&curl, ours, format!("curl --parallel, the same {} requests", many + 1), theirs)?;
    }
    Ok(())
}

/// The environment of a server with so many models that takes its time.
pub(super) fn crowd(many: &str) -> [(&'static str, &str); 2] {
    [("PRACTICE_MANY", many), ("PRACTICE_DELAY_MS", ANSWER)]
}

/// The median time of `pincer models`, whose list must be whole.
///
/// # Errors
/// When it is not.
pub(super) fn of_models(stage: &Stage, many: u32) -> Result<Duration, Failure> {
    stage.median(RUNS, &["models", "--json"], |answer| {
        let count = answer.get("models").and_then(Value::as_array).map(Vec::len);
        (count == usize::try_from(many).ok())
            .then_some(())
            .ok_or_else(|| format!("{count:?} models listed, not {many}"))
    })
}

/// The median time of curl for the list, then for all questions. It gets all answers, and keeps none.
fn of_curl(stage: &Stage) -> Result<Duration, Failure> {
    let address = stage.address();
    let (tags, show) = (format!("http://{address}/api/tags"), format!("http://{address}/api/show"));
    let models = stage.models()?;
    let config = stage.path("questions.curl");
    fs::write(&config, questions(&show, &models)).map_err(Failure::file(&config))?;
    let parallel = ["--silent", "--fail-early", "--parallel", "--parallel-max", "8", "--config"];
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        run(shell::command("curl", ["--silent", "--fail", "--output", NOWHERE]).arg(&tags))?;
        let said = run(shell::command("curl", parallel).arg(&config))?;
        times.push(begun.elapsed());
        let answered = said.matches("200\n").count();
        if answered != models.len() {
            return Err(Failure::Needs(format!(
                "curl has {answered} answers to {} questions.",
                models.len()
            )));
        }
    }
    Ok(http::median(times))
}

/// Where curl's answers go.
const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Runs it, and gives what it printed; what it says of its progress is nobody's business.
fn run(command: &mut Command) -> Result<String, Failure> {
    let line = shell::line(command);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| Failure::Start { program: line.clone(), source })?;
    if !output.status.success() {
        return Err(Failure::Ended { line, status: output.status.to_string() });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One question each, as curl's own file of options; it says the status of each answer in a line.
fn questions(url: &str, models: &[String]) -> String {
    let mut config = String::new();
    for (number, model) in models.iter().enumerate() {
        let asked = serde_json::json!({ "model": model }).to_string();
        let next = if number == 0 { "" } else { "next\n" };
        // Twice quoted: curl takes C's escapes in a quoted value, which for these are JSON's.
        let quoted = |text: &str| Value::from(text).to_string();
        config.push_str(&format!(
            "{next}url = {}\nfail\ndata = {}\nheader = \"Content-Type: application/json\"\noutput = {}\n\
             write-out = \"%{{http_code}}\\n\"\n",
            quoted(url),
            quoted(&asked),
            quoted(NOWHERE),
        ));
    }
    config
}

/// The diagnosis of a healthy machine, and of one whose Ollama never answers.
///
/// # Errors
/// When it cannot be measured.
pub(super) fn doctor(cli: &Path, practice: &Path, report: &mut Report) -> Result<(), Failure> {
    let healthy = Stage::open(cli, practice, &[])?;
    healthy.set_up()?;
    let well = |answer: &Value| {
        let well = answer.get("ok") == Some(&Value::Bool(true));
        well.then_some(()).ok_or_else(|| format!("the machine is not healthy: {answer}"))
    };
    report.most("doctor", Quantity::Time(healthy.median(RUNS, &["doctor", "--json"], well)?))?;

    let silent = Stage::open(cli, practice, &[("PRACTICE_SILENT", "1")])?;
    let ill = |answer: &Value| {
        let ill = answer.get("ok") == Some(&Value::Bool(false));
        ill.then_some(()).ok_or_else(|| format!("a silent port is no fault: {answer}"))
    };
    report.most("doctor-worst", Quantity::Time(silent.median(3, &["doctor", "--json"], ill)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curl_is_asked_the_same_of_each_model() {
        let models = ["qwen3:8b".to_owned(), "a\"b".to_owned()];
        let text = questions("http://127.0.0.1:1/api/show", &models);
        assert_eq!(text.matches("url = \"http://127.0.0.1:1/api/show\"\n").count(), 2);
        assert_eq!(text.matches("write-out = \"%{http_code}\\n\"\n").count(), 2, "{text}");
        assert_eq!(text.matches("next\n").count(), 1, "between them: {text}");
        assert!(text.contains(r#"data = "{\"model\":\"qwen3:8b\"}""#), "{text}");
        assert!(text.contains(r#"data = "{\"model\":\"a\\\"b\"}""#), "{text}");
    }
}
