//! `pincer models`: the installed models, in the server's order, and what OpenClaw can do with each.

use pincer_core::{
    computer::Computer,
    models::{
        assess::{self, Assessed, Group},
        check::store,
        discovery::Discovery,
        fit::{Fit, FitVerdict, Known},
        model::{Model, Verdict},
    },
    openclaw::{
        asked::Asking,
        dialect::Dialect,
        settings::{KEY_VARIABLE, Settings},
    },
};
use serde::Serialize;
use serde_json::json;

use crate::{
    Done,
    output::{Failure, Output},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    host: String,
    server_version: &'a str,
    models: Vec<Entry<'a>>,
}

/// A model as `pincer models` tells it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(flatten)]
    model: &'a Model,
    group: Group,
    fit: Fit,
    recommended_context: u64,
}

impl<'a> Entry<'a> {
    fn of(assessed: &'a Assessed) -> Self {
        Self {
            model: &assessed.model,
            group: assessed.group,
            fit: assessed.fit,
            recommended_context: assessed.recommended_context,
        }
    }
}

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let (address, _) = computer.effective();
    let client = computer.client(&address)?;
    let mut discovery = Discovery::patient();
    let (found, loaded) = tokio::join!(discovery.look(&client), client.ps());
    let found = found?;
    // What is loaded only refines the fit.
    let loaded = loaded.map(|running| running.models).unwrap_or_default();
    let checked =
        store::by_id(&found.models, &store::read(&computer.folders), &store::Here::of(computer, &address));
    let known = Known {
        remote: !address.is_loopback(),
        memory: computer.memory(),
        loaded: &loaded,
        checked: Some(&checked),
    };
    let told = told(computer);
    let models = assess::assess(&found.models, &known, &asking(computer, &told), &[]);
    if output.json {
        let answer = Answer {
            host: address.to_string(),
            server_version: &found.server_version,
            models: models.iter().map(Entry::of).collect(),
        };
        output.document(&answer)?;
        return Ok(Done::Fine);
    }
    output.say("cli.models.at", &json!({ "host": address.to_string(), "version": found.server_version }))?;
    if models.is_empty() {
        output.say("finding.models.none-installed.title", &json!({}))?;
    }
    let width = models.iter().map(|one| one.model.id.chars().count()).max().unwrap_or(0);
    for one in &models {
        output.line(&format!("  {:width$}  {}", one.model.id, describe(output, one)))?;
    }
    Ok(Done::Fine)
}

/// OpenClaw's settings; a file that cannot be read says nothing here.
fn told(computer: &Computer) -> Settings {
    let configuration = computer.configuration().ok().flatten();
    configuration.map(|all| Settings::of(all.value())).unwrap_or_default()
}

/// What decides which context OpenClaw asks for.
fn asking<'a>(computer: &Computer, told: &'a Settings) -> Asking<'a> {
    let here = computer.surroundings.environment.get(KEY_VARIABLE).is_some();
    let key = computer.key_beside(&computer.openclaw()) || here;
    Asking { told, mode: told.mode(key), dialect: Dialect::of(computer.openclaw_version(Some(told))) }
}

fn describe(output: &Output, one: &Assessed) -> String {
    let (words, model) = (&output.words, &one.model);
    let key = match model.verdict {
        Verdict::Ready => "verdict.ready.name",
        Verdict::ChatOnly => "verdict.chat-only.name",
        Verdict::Embedding => "verdict.embedding.name",
        Verdict::Cloud => "verdict.cloud.name",
        Verdict::Unknown => "verdict.unknown.name",
    };
    let mut parts = vec![words.say(key)];
    if one.weak && model.verdict == Verdict::Ready {
        parts.push(words.say("cli.models.weak"));
    }
    if one.checked.as_ref().is_some_and(|checked| checked.outcome.failed()) {
        parts.push(words.say("cli.models.failed"));
    }
    if model.context_known {
        parts.push(words.say_with("cli.models.context", &json!({ "tokens": model.context_window })));
    }
    parts.push(size(model.size_bytes));
    let fit = match one.fit.verdict {
        FitVerdict::Fits => Some("cli.models.fit.fits"),
        FitVerdict::Tight => Some("cli.models.fit.tight"),
        FitVerdict::TooBig => Some("cli.models.fit.too-big"),
        FitVerdict::Unknown => None,
    };
    parts.extend(fit.map(|key| words.say_with(key, &json!({ "tokens": one.fit.context }))));
    parts.join(", ")
}

/// Bytes as people read them on a disk.
pub(crate) fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // one decimal is shown
    let bytes = bytes as f64;
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}
