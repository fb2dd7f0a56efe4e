//! `pincer models`: the installed models, in the server's order, and what OpenClaw can do with each.

use pincer_core::{
    computer::Computer,
    models::{
        discovery::Discovery,
        model::{Model, Verdict},
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
    models: &'a [Model],
}

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let (address, _) = computer.effective();
    let found = Discovery::default().look(&computer.client(&address)?).await?;
    if output.json {
        let answer = Answer {
            host: address.to_string(),
            server_version: &found.server_version,
            models: &found.models,
        };
        output.document(&answer)?;
        return Ok(Done::Fine);
    }
    output.say("cli.models.at", &json!({ "host": address.to_string(), "version": found.server_version }))?;
    if found.models.is_empty() {
        output.say("finding.models.none-installed.title", &json!({}))?;
    }
    let width = found.models.iter().map(|model| model.id.chars().count()).max().unwrap_or(0);
    for model in &found.models {
        output.line(&format!("  {:width$}  {}", model.id, describe(output, model)))?;
    }
    Ok(Done::Fine)
}

fn describe(output: &Output, model: &Model) -> String {
    let words = &output.words;
    let key = match model.verdict {
        Verdict::Ready => "verdict.ready.name",
        Verdict::ChatOnly => "verdict.chat-only.name",
        Verdict::Embedding => "verdict.embedding.name",
        Verdict::Cloud => "verdict.cloud.name",
        Verdict::Unknown => "verdict.unknown.name",
    };
    let mut parts = vec![words.say(key)];
    if model.context_known {
        parts.push(words.say_with("cli.models.context", &json!({ "tokens": model.context_window })));
    }
    parts.push(size(model.size_bytes));
    parts.join(", ")
}

/// Bytes as people read them on a disk.
pub(crate) fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // one decimal is shown
    let bytes = bytes as f64;
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}
