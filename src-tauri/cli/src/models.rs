//! `pincer models`: the installed models, in the server's order, and what OpenClaw can do with each.

use pincer_core::{
    computer::Computer,
    machine::own_address::is_here,
    models::{
        assess::{self, Assessed},
        catalogue,
        check::store,
        discovery::Discovery,
        fit::{FitBasis, FitVerdict},
        model::Verdict,
    },
    ollama::{address::Address, names},
    openclaw::{
        asked::Asking,
        dialect::Dialect,
        settings::{KEY_VARIABLE, Settings},
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Done,
    output::{Failure, Output},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    host: String,
    server_version: &'a str,
    models: &'a [Assessed],
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
    let known = computer.known(&address, &loaded, &checked);
    let told = told(computer);
    let offered = catalogue::on_offer(&found.models, &[], &known);
    let models = assess::assess(&found.models, &known, &asking(computer, &told), &offered);
    if output.json {
        let answer =
            Answer { host: address.to_string(), server_version: &found.server_version, models: &models };
        output.document(&answer)?;
        return Ok(Done::Fine);
    }
    output.say("cli.models.at", &json!({ "host": address.to_string(), "version": found.server_version }))?;
    if models.is_empty() {
        output.say("finding.models.none-installed.title", &json!({}))?;
    }
    tell_where(output, &address, &models)?;
    let width = models.iter().map(|one| one.model.id.chars().count()).max().unwrap_or(0);
    for one in &models {
        output.line(&format!("  {:width$}  {}", one.model.id, describe(output, one)))?;
        let more = more(output, one, &models);
        if !more.is_empty() {
            output.line(&format!("    {more}"))?;
        }
    }
    let untried = |one: &Assessed| {
        one.checked.is_none() && !matches!(one.model.verdict, Verdict::ChatOnly | Verdict::Embedding)
    };
    if models.iter().any(untried) {
        output.say("cli.models.untried", &json!({}))?;
    }
    Ok(Done::Fine)
}

/// Once for all: what they cost, where what is written goes, and what another computer does not say.
fn tell_where(output: &Output, address: &Address, models: &[Assessed]) -> Result<(), Failure> {
    let online = |one: &&Assessed| one.model.verdict == Verdict::Cloud;
    let some_online = models.iter().any(|one| online(&one));
    if models.iter().any(|one| !online(&one)) {
        let key = if is_here(address) { "cli.models.free" } else { "cli.models.free-remote" };
        output.say(key, &json!({ "host": address.to_string() }))?;
    }
    if some_online {
        output.say("cli.models.online", &json!({}))?;
    }
    Ok(())
}

/// What there is to say beside the line of every model, in sentences; empty when there is nothing.
fn more(output: &Output, one: &Assessed, all: &[Assessed]) -> String {
    let (words, mut said) = (&output.words, Vec::new());
    if let Some(reason) = &one.model.reason {
        said.push(words.say(&format!("unknown-reason.{}", name(reason))));
    }
    if let Some(checked) = &one.checked {
        let outcome = serde_json::to_value(&checked.outcome).unwrap_or_default();
        let code = outcome.get("code").and_then(Value::as_str).unwrap_or_default();
        let what = words.say(&format!("check.{code}.title"));
        said.push(words.say_with("cli.models.tried", &json!({ "what": what })));
    }
    if let Some(loaded) = &one.in_memory {
        let share = loaded.on_graphics_card;
        let place = match share {
            share if share >= 0.995 => "graphics",
            share if share < 0.005 => "processor",
            _ => "both",
        };
        let percent = words.numbers.percent(share);
        let place = words.say_with(&format!("model.loaded.{place}"), &json!({ "percent": percent }));
        let params = json!({ "where": place, "tokens": loaded.context });
        said.push(words.say_with("cli.models.runs", &params));
    }
    if let Some(tokens) = one.asked_context {
        said.push(words.say_with("cli.models.asked", &json!({ "tokens": tokens })));
    }
    if let Some(better) = &one.better {
        let installed = all.iter().any(|other| names::same(&other.model.id, better));
        let command = if installed { "use" } else { "pull" };
        said.push(words.say_with("cli.models.better", &json!({ "name": better, "command": command })));
    }
    words.sentences(said)
}

/// A value of a closed list as it is named in JSON.
fn name(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
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
    // One that runs online has but its entry here.
    if model.verdict != Verdict::Cloud {
        parts.push(words.numbers.size(model.size_bytes));
    }
    match (one.fit.verdict, one.fit.basis) {
        (FitVerdict::Unknown, FitBasis::NoMemory) => parts.push(words.say("cli.models.fit.unknown")),
        (FitVerdict::Unknown, _) => {}
        (verdict, basis) => {
            let key = format!("cli.models.fit.{}.{}", name(&verdict), name(&basis));
            parts.push(words.say_with(&key, &json!({ "tokens": one.fit.context })));
        }
    }
    words.clauses(parts)
}
