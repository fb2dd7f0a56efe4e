//! The report's parts on memory, models and OpenClaw's settings.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::{
    facts::{Facts, SettingsFact},
    finding::Remedy,
    report::{KEY, Page, at, code, key, state, word},
};
use crate::{
    machine::memory::Memory,
    models::{
        assess::{self, Assessed},
        check::{CheckOutcome, Checked},
    },
    ollama::service::Service,
    openclaw::{dialect::Dialect, outcome::Mode, secrets, settings::Settings},
};

/// More models than these say nothing more.
const MODELS: usize = 100;

/// The memory in a line.
pub(super) fn memory(memory: Option<&Memory>) -> String {
    let Some(memory) = memory else { return "unknown".to_owned() };
    let mut text = bytes(memory.total_bytes);
    for card in &memory.graphics {
        text += &format!(", {} with {}", card.name, bytes(card.total_bytes));
    }
    if memory.unified { text + ", shared with graphics" } else { text }
}

/// The installed models, and those in memory.
pub(super) fn models(page: &mut Page<'_>, facts: &Facts) {
    let Some(Ok(found)) = &facts.models else { return };
    page.section(&format!("Models ({})", found.models.len()));
    let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
    let assessed = assess::assess(&found.models, &facts.known(), &facts.openclaw.asking(&told), &[]);
    for one in assessed.iter().take(MODELS) {
        let name = page.shown(&one.model.id);
        page.plain(&format!("{name}: {}", model(one)));
    }
    if assessed.len() > MODELS {
        page.plain(&format!("and {} more", assessed.len() - MODELS));
    }
    page.section("In memory");
    if facts.loaded.is_empty() {
        page.plain("none");
    }
    for loaded in facts.loaded.iter().take(MODELS) {
        let name = page.shown(&loaded.name);
        let share = loaded.graphics_share() * 100.0;
        let (size, context) = (bytes(loaded.size), loaded.context_length);
        page.plain(&format!("{name}: {size}, {share:.0} % on graphics, context {context}"));
    }
}

fn model(one: &Assessed) -> String {
    let (model, fit) = (&one.model, &one.fit);
    // Where they are the same, one says it.
    let mut kinds = vec![word(&model.verdict), word(&one.group)];
    kinds.dedup();
    let mut text = format!(
        "{}, {}, context {}{}, {} with {} ({})",
        kinds.join(", "),
        bytes(model.size_bytes),
        model.context_window,
        if model.context_known { "" } else { " (guessed)" },
        word(&fit.verdict),
        fit.context,
        word(&fit.basis),
    );
    if let Some(need) = fit.need_bytes {
        text += &format!(", needs {}", bytes(need));
    }
    if let Some(reason) = &model.reason {
        text += &format!(", {}", word(reason));
    }
    match &one.checked {
        Some(checked) => text + &check(checked),
        None => text + ", not tried",
    }
}

fn check(checked: &Checked) -> String {
    let outcome = match &checked.outcome {
        CheckOutcome::Failed { failure } => code(failure),
        other => {
            let value = serde_json::to_value(other).unwrap_or_default();
            value.get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
    };
    let when = at(UNIX_EPOCH + Duration::from_millis(checked.at));
    format!(", tried {when}: {outcome} in {:.0} s", checked.seconds)
}

/// OpenClaw and what its settings say of Ollama.
pub(super) fn openclaw(page: &mut Page<'_>, facts: &Facts) {
    let found = &facts.openclaw;
    page.section("OpenClaw");
    let version = found.version().map(|version| version.to_string());
    page.safe("Version", version.as_deref().unwrap_or("unknown"));
    let program = found.program.as_ref().map(|program| program.path.display().to_string());
    page.row("Program", program.as_deref().unwrap_or("not found"));
    page.row("Settings file", &found.file.display().to_string());
    page.row("Settings", &state(&found.settings));
    page.safe("State folder", if found.state_folder { "there" } else { "not there" });
    let told = found.settings.read().cloned().unwrap_or_default();
    page.safe("Gateway", &format!("{} (port {})", word(&found.gateway), told.gateway()));
    let mode = match told.mode(found.key_anywhere()) {
        _ if matches!(found.settings, SettingsFact::Unreadable(_)) => "unknown",
        Mode::Off => "off",
        Mode::Pinned => "pinned",
        Mode::Automatic => "automatic",
    };
    page.safe("Mode", mode);
    page.safe(KEY, key(facts));
    if found.settings.read().is_some() {
        settings(page, &told);
    }
    let dialect = Dialect::of(found.version());
    for sent in &told.sends {
        let running = sent.asks(dialect).map_or_else(|| "left to Ollama".to_owned(), |n| n.to_string());
        page.row("Context", &format!("{}: {running}", sent.id));
    }
    for key in &found.refused {
        page.row("Refused", key);
    }
    for unset in &found.unset {
        page.row(if unset.here { "Not set for its service" } else { "Set nowhere" }, &unset.name);
    }
    for (file, url) in &found.stale {
        page.row("Another address", &format!("{} in {file}", secrets::masked_address(url)));
    }
    if let Some(refusals) = &found.verdict {
        page.safe("Its own check", if refusals.is_empty() { "valid" } else { "refuses" });
        for refusal in refusals {
            page.row("  refuses", &format!("{}: {}", refusal.path, refusal.message));
        }
    }
}

fn settings(page: &mut Page<'_>, told: &Settings) {
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    page.row("Primary", told.primary.as_deref().unwrap_or("none"));
    page.row("Next choices", &list(&told.fallbacks));
    page.safe("Provider entry", if told.provider { "there" } else { "none" });
    if told.provider {
        let url = told.base_url.as_deref().map(secrets::masked_address);
        page.row("baseUrl", url.as_deref().unwrap_or("not set"));
        page.row("api", told.api.as_deref().unwrap_or("not set"));
        page.safe("apiKey", if told.api_key { "set" } else { "not set" });
        page.safe(
            "timeoutSeconds",
            &told.timeout.map_or_else(|| "not set".to_owned(), |seconds| seconds.to_string()),
        );
        page.row("Listed", &list(&told.listed));
    }
    if let Some(allowed) = &told.allowed {
        page.row("Allowed", &list(allowed));
    }
    for (name, model) in &told.agents {
        page.row("Agent", &format!("{name}: {model}"));
    }
}

/// What a remedy does, as a code.
pub(super) fn remedy(remedy: &Remedy) -> String {
    let value = serde_json::to_value(remedy).unwrap_or_default();
    value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The unit as systemd tells of it.
pub(super) fn service(page: &mut Page<'_>, service: Option<&Service>) {
    let Some(service) = service else { return };
    if !service.loaded {
        return page.safe("Service unit", "none");
    }
    let Service { active, sub, restarts, .. } = service;
    page.row("Service unit", &format!("{active}, {sub}, started again {restarts} times"));
    for name in ["OLLAMA_HOST", "OLLAMA_MODELS"] {
        if let Some(value) = service.variable(name) {
            page.row(&format!("Its {name}"), &secrets::masked_address(value));
        }
    }
}

/// A log without what people said to a model, which Ollama writes there when it is asked to be talkative.
pub(super) fn without_talk(log: &str) -> String {
    let lines = log.lines().map(|line| match TALK.iter().filter_map(|mark| line.find(mark)).min() {
        Some(at) => format!("{} ***", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where talk begins in a line of Ollama's log.
const TALK: [&str; 6] = [" prompt=", " messages=", " content=", " response=", " input=", " thinking="];

/// Bytes as people count them.
fn bytes(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // one decimal is shown
    let bytes = bytes as f64;
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}
