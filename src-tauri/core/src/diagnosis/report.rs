//! The report that a person hands to whoever helps them: everything that was seen, as text, without anything private.
//! Pure: facts, diagnosis and what is known of the system in, text out. In English, whatever the face speaks: it is
//! for support.

use std::{fmt::Write, time::SystemTime};

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    facts::{Answer, Candidate, Facts, SettingsFact},
    finding::{Diagnosis, Finding},
    redact::Redactor,
    report_parts as parts,
};
use crate::{
    error::Error,
    inert,
    openclaw::{
        outcome::ReceiptSummary,
        secrets,
        settings::{KEY_VARIABLE, PREFIX},
    },
};

/// The longest line, in characters: more is no fact but a dump.
const LINE: usize = 600;
/// So many lines of Ollama's log are shown.
const LOG_LINES: usize = 60;

/// What the report says beside the facts.
#[derive(Debug, Clone)]
pub struct System {
    /// When the facts were gathered.
    pub made: SystemTime,
    /// The operating system with its version and the processor's architecture.
    pub name: String,
    /// The variables that matter, by name.
    pub environment: Vec<(String, String)>,
    /// The newest changes that Pincer made.
    pub changes: Vec<ReceiptSummary>,
}

/// The report. `redactor` learns from the facts which names are private.
#[must_use]
pub fn report(facts: &Facts, diagnosis: &Diagnosis, system: &System, redactor: &mut Redactor) -> String {
    know(facts, redactor);
    let mut page = Page { text: String::new(), redactor };
    page.plain("Pincer report");
    page.plain("Keys, names of people and of other computers, and the home folder are left out of it.");
    page.plain("Names of models and of providers are in it as they are written: look whether one of them is private.");
    page.plain("");
    page.safe("Made", &at(system.made));
    page.safe("Pincer", env!("CARGO_PKG_VERSION"));
    page.row("System", &system.name);
    page.safe("Memory", &parts::memory(facts.memory.as_ref()));
    path(&mut page, diagnosis);
    findings(&mut page, diagnosis);
    ollama(&mut page, facts);
    parts::models(&mut page, facts);
    parts::openclaw(&mut page, facts);
    changes(&mut page, system);
    environment(&mut page, system);
    log(&mut page, facts);
    page.text
}

/// What the facts say of names: those of other computers, and of whoever owns the port.
fn know(facts: &Facts, redactor: &mut Redactor) {
    let told = facts.openclaw.settings.read();
    let looked = [Some(&facts.effective), facts.openclaws.as_ref()].into_iter().flatten();
    for candidate in looked.chain(&facts.others) {
        redactor.know_host(candidate.address.host());
    }
    let found = facts.models.iter().flatten().flat_map(|found| &found.models);
    found.for_each(|model| redactor.know_model(&model.id));
    facts.loaded.iter().for_each(|loaded| redactor.know_model(&loaded.name));
    if let Some(told) = told {
        // Another provider's reference has slashes, too, and no host in it.
        let chosen = told.primary.iter().chain(&told.fallbacks).filter(|name| name.starts_with(PREFIX));
        chosen.chain(&told.listed).for_each(|name| redactor.know_model(name));
    }
    if let Some(user) = facts.owner.as_ref().and_then(|owner| owner.user.as_deref()) {
        redactor.know_user(user);
    }
}

fn path(page: &mut Page<'_>, diagnosis: &Diagnosis) {
    page.section("Path");
    for station in &diagnosis.path {
        page.safe(&word(&station.link), &word(&station.state));
    }
}

fn findings(page: &mut Page<'_>, diagnosis: &Diagnosis) {
    page.section("Findings");
    if diagnosis.findings.is_empty() {
        page.plain("none");
    }
    for found in &diagnosis.findings {
        finding(page, found);
    }
}

fn finding(page: &mut Page<'_>, finding: &Finding) {
    let cause = serde_json::to_value(&finding.cause).unwrap_or_default();
    let code = cause.get("code").and_then(Value::as_str).unwrap_or_default();
    page.plain(&format!("{}: {code} ({})", word(&finding.severity), word(&finding.link)));
    for (name, value) in cause.get("params").and_then(Value::as_object).into_iter().flatten() {
        // What stands at a key that is a secret's is one, wherever it came from.
        let value = secrets::masked_value(name, value);
        page.row(&format!("  {name}"), &plainly(&value));
    }
    for seen in &finding.evidence {
        page.row("  seen", seen);
    }
    let offered: Vec<String> = finding.remedies.iter().map(|offer| parts::remedy(&offer.remedy)).collect();
    page.safe(
        "  offered",
        if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") }.as_str(),
    );
}

fn ollama(page: &mut Page<'_>, facts: &Facts) {
    page.section("Ollama");
    page.row("Address", &format!("{} (from {})", facts.effective.address, word(&facts.effective.source)));
    if let Some(written) = &facts.written {
        page.row("As written", &secrets::masked_address(written));
    }
    answer(page, "Answer", &facts.effective);
    if let Some(openclaws) = &facts.openclaws {
        answer(page, "OpenClaw's address", openclaws);
    }
    for other in &facts.others {
        answer(page, "Also looked at", other);
    }
    match &facts.models {
        Some(Ok(found)) => page.row("Version", &found.server_version),
        Some(Err(error)) => page.row("Models", &failure(error)),
        None => {}
    }
    let program = facts.program.as_ref().map(|program| program.display().to_string());
    page.row("Program", program.as_deref().unwrap_or("not found"));
    if let Some(version) = &facts.client_version {
        page.row("Program's version", version);
    }
    parts::service(page, facts.service.as_ref());
    for store in &facts.stores {
        page.row("Models in", &format!("{}: {}", store.folder.display(), store.models.len()));
    }
    if let Some(owner) = &facts.owner {
        let pid = owner.pid.map(|pid| pid.to_string());
        let [program, pid, user] =
            [&owner.name, &pid, &owner.user].map(|known| known.as_deref().unwrap_or("unknown"));
        page.row("Port is held by", &format!("{program}, process {pid}, account {user}"));
    }
    if let Some(proxy) = &facts.proxy {
        page.row("Proxy", &format!("{} in {} covers the address", proxy.variable, proxy.place));
    }
}

fn answer(page: &mut Page<'_>, label: &str, candidate: &Candidate) {
    let said = match &candidate.answer {
        Answer::Ollama => "ollama".to_owned(),
        Answer::Refused => "refused".to_owned(),
        Answer::Silent => "silent".to_owned(),
        Answer::Other => "something else".to_owned(),
        Answer::Failed(error) => code(error),
    };
    page.row(label, &format!("{said}: {} (from {})", candidate.evidence, word(&candidate.source)));
}

fn changes(page: &mut Page<'_>, system: &System) {
    page.section("Changes that Pincer made, newest first");
    if system.changes.is_empty() {
        page.plain("none");
    }
    for receipt in &system.changes {
        let kind = serde_json::to_value(&receipt.kind).unwrap_or_default();
        let kind = kind.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        page.safe(
            &receipt.id,
            &format!("{kind}{}", if receipt.undone_by.is_some() { ", undone" } else { "" }),
        );
    }
}

fn environment(page: &mut Page<'_>, system: &System) {
    page.section("Environment");
    if system.environment.is_empty() {
        page.plain("nothing that matters is set");
    }
    for (name, value) in &system.environment {
        let value = secrets::masked_value(name, &Value::from(value.as_str()));
        let address = ["HOST", "PROXY", "proxy"].iter().any(|end| name.ends_with(end));
        let value = plainly(&value);
        page.row(name, &if address { secrets::masked_address(&value) } else { value });
    }
}

fn log(page: &mut Page<'_>, facts: &Facts) {
    page.section("Last lines of Ollama's log");
    let Some(log) = &facts.log else {
        return page.plain("none found");
    };
    page.row("From", &log.place);
    // As one text: a secret may go over several lines.
    let shown = page.redactor.text(&parts::without_talk(&log.end(LOG_LINES)));
    for line in shown.lines() {
        page.plain(line);
    }
}

/// The settings as far as they are told: what they are when they cannot be read.
pub(super) fn state(settings: &SettingsFact) -> String {
    match settings {
        SettingsFact::Absent => "not there".to_owned(),
        SettingsFact::Unreadable(error) => format!("cannot be read: {}", failure(error)),
        SettingsFact::Read(_) => "read".to_owned(),
    }
}

/// Whether a key is where OpenClaw's service sees it.
pub(super) fn key(facts: &Facts) -> &'static str {
    let in_file = facts.openclaw.settings.read().is_some_and(|told| told.key_in_file);
    match (facts.openclaw.key, in_file, facts.openclaw.key_here) {
        (true, ..) => "set beside the file",
        (_, true, _) => "set in the file",
        (_, _, true) => "set in this environment alone",
        _ => "not set",
    }
}

/// The name of the key's row.
pub(super) const KEY: &str = KEY_VARIABLE;

pub(super) fn code(error: &Error) -> String {
    let value = serde_json::to_value(&error.code).unwrap_or_default();
    value.get("code").and_then(Value::as_str).unwrap_or("internal").to_owned()
}

fn failure(error: &Error) -> String {
    format!("{} {}", code(error), error.detail)
}

/// The public word of a value of a closed list.
pub(super) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn plainly(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "unknown".to_owned(),
        Value::Array(elements) => elements.iter().map(plainly).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A time as everyone reads it: `2026-11-23 05:53 UTC`.
pub(super) fn at(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", time.hour(), time.minute())
}

/// The text as it grows. What was read anywhere goes through [`Page::row`].
pub(super) struct Page<'r> {
    text: String,
    redactor: &'r mut Redactor,
}

impl Page<'_> {
    /// Begins a part.
    pub(super) fn section(&mut self, title: &str) {
        self.plain("");
        self.plain(title);
        self.plain(&"-".repeat(title.chars().count()));
    }

    /// A value that came from somewhere: without what is private in it.
    pub(super) fn row(&mut self, label: &str, value: &str) {
        let shown = self.redactor.text(value);
        self.safe(label, &shown);
    }

    /// A value that is Pincer's own word, or was redacted.
    pub(super) fn safe(&mut self, label: &str, value: &str) {
        self.plain(&format!("{label}: {value}"));
    }

    /// A text without what is private in it, to go on with.
    pub(super) fn shown(&mut self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// A line as it is, but for what a terminal would take for a command.
    pub(super) fn plain(&mut self, line: &str) {
        let line = line.chars().map(|c| if inert::steers(c) { ' ' } else { c });
        let line: String = line.take(LINE).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}
