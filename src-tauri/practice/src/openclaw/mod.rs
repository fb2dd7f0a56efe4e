//! OpenClaw's command as practice plays it: the calls that Pincer makes, in the documents that 2026.9.6 was seen to
//! print. Its settings are read as OpenClaw would, its gateway is a real server, and a question reaches a real Ollama.

mod agent;
mod gateway;
mod settings;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    host::Host,
    plain,
    program::{say, variable, warn},
};
use settings::Settings;

/// The version that it claims to be.
pub const OPENCLAW_VERSION: &str = "2026.9.6";
/// For what answers at once.
const ANSWER: Duration = Duration::from_secs(5);

/// Does what the arguments (without the program's name) say.
pub(crate) async fn main(arguments: &[String]) -> io::Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let home = std::env::home_dir().ok_or(io::ErrorKind::NotFound)?;
    let state = home.join(".openclaw");
    let settings = Settings::read(&state.join("openclaw.json"));
    match words.as_slice() {
        ["--version" | "-V", ..] => say(&format!("OpenClaw {OPENCLAW_VERSION} (practice)"))?,
        ["config", "validate", ..] => return validate(&settings),
        ["gateway", "status", ..] => status(&log_file(&state))?,
        ["gateway", "run", ..] => return gateway::run(settings).await,
        ["models", "list", ..] => list(&settings?).await?,
        ["agent", ..] => return agent::turn(&settings?, &words, &log_file(&state)).await,
        ["dashboard", "--json", ..] => dashboard(&settings?).await?,
        _ => {
            warn(&format!("error: unknown command '{}'", words.join(" ")))?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn log_file(state: &Path) -> PathBuf {
    state.join("gateway.log")
}

fn validate(settings: &io::Result<Settings>) -> io::Result<ExitCode> {
    let issues = settings::issues(settings);
    let valid = issues.is_empty();
    say(&json!({ "ok": valid, "valid": valid, "issues": issues }).to_string())?;
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// It has no service.
fn status(log: &Path) -> io::Result<()> {
    say(&json!({ "service": { "loaded": false, "command": null }, "logFile": log }).to_string())
}

/// The models that the settings list; where they list none, all that Ollama has, but those for embeddings.
async fn list(settings: &Settings) -> io::Result<()> {
    let mut names = settings.listed();
    if names.is_empty() && settings.has_ollama() {
        let (host, port) = settings.ollama();
        let tags = plain::ask(&host, port, "GET", "/api/tags", None, ANSWER).await?.json()?;
        let embeds = |model: &&Value| {
            let can = model.get("capabilities").and_then(Value::as_array);
            can.is_some_and(|can| can.iter().any(|word| word == "embedding"))
        };
        let models = tags.get("models").and_then(Value::as_array);
        let found = models.into_iter().flatten().filter(|model| !embeds(model));
        names = found.filter_map(|model| Some(model.get("name")?.as_str()?.to_owned())).collect();
    }
    let models: Vec<Value> = names
        .iter()
        .map(|name| json!({ "key": format!("ollama/{name}"), "available": true, "missing": false }))
        .collect();
    say(&json!({ "count": models.len(), "models": models }).to_string())
}

/// A page of the gateway's, with something to sign in by, as the real one has it.
async fn dashboard(settings: &Settings) -> io::Result<()> {
    let url = format!("http://127.0.0.1:{}/", settings.port());
    let answers = gateway::answers(settings.port()).await;
    let page = format!("{url}#bootstrapToken=practice");
    say(&json!({ "ok": answers, "url": url, "browserUrl": page }).to_string())
}

/// Ollama where the environment says it is: practice never asks at the usual place, where the user's own may be.
fn usual() -> (String, u16) {
    Host::parse(&variable("OLLAMA_HOST").unwrap_or_else(|| "127.0.0.1:0".into())).to_connect()
}
