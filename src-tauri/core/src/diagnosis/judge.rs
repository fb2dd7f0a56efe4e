//! From facts to findings: pure, no I/O. The rules of judging stand in docs/causes.md: a cause hides its
//! consequences, independent problems stay in the list, only the first broken station is broken.

use super::{
    facts::{Answer, Candidate, Facts, Need, SettingsFact},
    finding::{
        Cause, Diagnosis, Finding, Link, LinkState, Offer, Remedy, RemedyKind, Severity, SourcedAddress,
        Station,
    },
};
use crate::{
    error::ErrorCode,
    live::state::Mode,
    models::{catalogue, model::Model},
    ollama::names,
    openclaw::settings::{PREFIX, Settings},
};

/// A start looks for graphics cards before it answers: up to 30 s measured, 45 s allowed.
const START_SECONDS: u64 = 45;

/// What must be known before judging.
#[must_use]
pub fn needs(facts: &Facts) -> Vec<Need> {
    let port = facts.effective.address.port();
    if !facts.effective.address.is_loopback() {
        return Vec::new();
    }
    match facts.effective.answer {
        Answer::Refused if facts.program.is_none() && elsewhere(facts).is_none() => vec![Need::Service],
        Answer::Silent => vec![Need::PortOwner(port), Need::FreePort(port)],
        Answer::Other => vec![Need::PortOwner(port), Need::FreePort(port)],
        _ => Vec::new(),
    }
}

/// Judges the facts.
#[must_use]
pub fn judge(facts: &Facts) -> Diagnosis {
    let mut findings: Vec<Finding> = reach(facts).into_iter().collect();
    let answers = facts.effective.answer == Answer::Ollama;
    if answers {
        findings.extend(proxy(facts));
        findings.extend(models(facts));
    }
    findings.extend(settings(facts));
    findings.extend(openclaw(facts));
    findings.sort_by_key(|finding| (finding.severity, finding.link));
    let path = path(facts, &findings);
    let ok = findings.iter().all(|finding| finding.severity != Severity::Problem);
    let address = SourcedAddress { url: facts.effective.address.to_string(), source: facts.effective.source };
    Diagnosis { ok, address, path, findings }
}

fn path(facts: &Facts, findings: &[Finding]) -> Vec<Station> {
    let broken = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Problem)
        .map(|finding| finding.link)
        .min();
    let answers = facts.effective.answer == Answer::Ollama;
    let listed = matches!(facts.models, Some(Ok(_)));
    let state = |link: Link| match (broken, link) {
        (Some(broken), link) if link == broken => LinkState::Broken,
        (Some(broken), link) if link > broken => LinkState::Waiting,
        // Connected but silent, or not asked: nothing can be said yet.
        (_, Link::Engine | Link::Connection) if !answers && broken.is_none() => LinkState::Unknown,
        (_, Link::Models) if !listed => LinkState::Unknown,
        (_, Link::Openclaw) if facts.openclaw.program.is_none() => LinkState::Unknown,
        _ => LinkState::Ok,
    };
    Link::ALL.into_iter().map(|link| Station { link, state: state(link) }).collect()
}

/// Whether Ollama is reached, and if not, why: one finding at most.
fn reach(facts: &Facts) -> Option<Finding> {
    let effective = &facts.effective;
    let url = effective.address.to_string();
    let local = effective.address.is_loopback();
    match &effective.answer {
        Answer::Ollama => None,
        Answer::Refused => Some(refused(facts, url, local)),
        Answer::Silent if local => Some(silent(facts, url)),
        Answer::Other => Some(other_program(facts, url)),
        Answer::Silent | Answer::Failed(_) => Some(failed(facts, url)),
    }
}

fn refused(facts: &Facts, url: String, local: bool) -> Finding {
    if let Some(found) = elsewhere(facts) {
        let answers_at = found.address.to_string();
        let cause = Cause::ConnectionListeningElsewhere {
            url,
            source: facts.effective.source,
            answers_at: answers_at.clone(),
        };
        let offers = vec![action(Remedy::UseAddress { url: answers_at })];
        return finding(cause, evidence(facts), offers);
    }
    if !local {
        return failed(facts, url);
    }
    let program = facts.program.as_ref().map(|path| path.display().to_string());
    let mut seen = evidence(facts);
    if program.is_some() || facts.service == Some(true) {
        seen.push(program.as_ref().map_or_else(
            || "systemd has a unit named ollama".to_owned(),
            |program| format!("the program is {program}"),
        ));
        let offers = vec![action(Remedy::StartOllama {})];
        return finding(Cause::EngineNotRunning { url, program }, seen, offers);
    }
    seen.push("no program named ollama on PATH or where installers put it, no service unit".to_owned());
    finding(Cause::EngineNotInstalled { url }, seen, vec![link(Remedy::GetOllama {})])
}

fn silent(facts: &Facts, url: String) -> Finding {
    let owner = facts.owner.as_ref();
    let mut seen = evidence(facts);
    seen.extend(owner.map(|owner| format!("the port belongs to {} (pid {})", owner.name, owner.pid)));
    let Some(owner) = owner else {
        let offers = vec![manual(Remedy::RestartOllama {}, None)];
        return finding(Cause::EngineSilent { url, seconds: None, pid: None }, seen, offers);
    };
    if !owner.is_ollama() {
        return other_program(facts, url);
    }
    let seconds = owner.age.map(|age| age.as_secs());
    match seconds {
        Some(seconds) if seconds < START_SECONDS => {
            finding(Cause::EngineStarting { url, seconds }, seen, Vec::new())
        }
        _ => {
            let offers = vec![manual(Remedy::RestartOllama {}, None)];
            finding(Cause::EngineSilent { url, seconds, pid: Some(owner.pid) }, seen, offers)
        }
    }
}

fn other_program(facts: &Facts, url: String) -> Finding {
    let owner = facts.owner.as_ref();
    let mut seen = evidence(facts);
    seen.extend(owner.map(|owner| format!("the port belongs to {} (pid {})", owner.name, owner.pid)));
    let mut offers = Vec::new();
    if let Some(found) = elsewhere(facts) {
        offers.push(action(Remedy::UseAddress { url: found.address.to_string() }));
    }
    if let Some(port) = facts.free_port {
        let host = format!("OLLAMA_HOST=127.0.0.1:{port}");
        let command = ["env", &host, "ollama", "serve"].map(str::to_owned).to_vec();
        offers.push(manual(Remedy::MoveOllama { port }, Some(command)));
    }
    // A forward belongs to something else that is wanted: closing it is never offered.
    let forward = |name: &str| name.starts_with("docker") || name.starts_with("ssh");
    if let Some(owner) = owner.filter(|owner| !forward(&owner.name)) {
        let command = vec!["kill".to_owned(), owner.pid.to_string()];
        offers.push(manual(Remedy::CloseProgram { pid: owner.pid }, Some(command)));
    }
    let cause = Cause::ConnectionOtherProgram {
        port: facts.effective.address.port(),
        url,
        program: owner.map(|owner| owner.name.clone()),
        pid: owner.map(|owner| owner.pid),
        owner: owner.and_then(|owner| owner.user.clone()),
    };
    finding(cause, seen, offers)
}

fn failed(facts: &Facts, url: String) -> Finding {
    let elsewhere =
        elsewhere(facts).map(|found| action(Remedy::UseAddress { url: found.address.to_string() }));
    let cause = Cause::ConnectionFailed { url, source: facts.effective.source };
    finding(cause, evidence(facts), elsewhere.into_iter().collect())
}

fn proxy(facts: &Facts) -> Option<Finding> {
    let proxy = facts.proxy.as_ref()?;
    let url = facts.effective.address.to_string();
    let seen = format!(
        "{} is set in {} and NO_PROXY does not name the address; without a proxy it answers",
        proxy.variable, proxy.place
    );
    let cause = Cause::ConnectionProxyIntercepts { url, variable: proxy.variable.clone() };
    let command = vec!["export".to_owned(), format!("NO_PROXY={},localhost", facts.effective.address.host())];
    Some(finding(cause, vec![seen], vec![manual(Remedy::BypassProxy {}, Some(command))]))
}

fn models(facts: &Facts) -> Option<Finding> {
    let models = match facts.models.as_ref()? {
        Ok(found) => &found.models,
        // It greets and then does not list: the connection is not what it seems.
        Err(error) => {
            let cause = Cause::ConnectionFailed {
                url: facts.effective.address.to_string(),
                source: facts.effective.source,
            };
            return Some(finding(cause, vec![format!("/api/tags: {}", error.detail)], Vec::new()));
        }
    };
    let download = || vec![action(Remedy::DownloadModel { name: catalogue::first_download() })];
    if models.is_empty() {
        return Some(finding(Cause::ModelsNoneInstalled {}, vec!["/api/tags is empty".into()], download()));
    }
    // Only what the server said counts: an unknown model might have tools.
    if models.iter().all(|model| model.tools == Some(false)) {
        let seen =
            models.iter().map(|model| format!("{}: {}", model.id, model.capabilities.join(", "))).collect();
        return Some(finding(Cause::ModelsNoneWithTools { count: models.len() }, seen, download()));
    }
    None
}

fn settings(facts: &Facts) -> Vec<Finding> {
    let file = facts.openclaw.file.display().to_string();
    let absent = Settings::default();
    let settings = match &facts.openclaw.settings {
        SettingsFact::Unreadable(error) => return vec![unreadable(&file, error)],
        SettingsFact::Absent => &absent,
        SettingsFact::Read(settings) => settings,
    };
    let installed = installed(facts);
    let ready = installed.and_then(catalogue::best_ready);
    let choose = |ready: Option<&Model>| {
        let used = ready.map(|model| action(Remedy::UseModel { name: model.id.clone() }));
        vec![used.unwrap_or_else(|| action(Remedy::ChooseModel {}))]
    };
    let mut findings = Vec::new();
    if settings.fallback_key {
        let seen = format!("{file}: agents.defaults.model.fallback");
        findings.push(finding(
            Cause::SettingsFallbackKey {},
            vec![seen],
            vec![action(Remedy::RenameFallback {})],
        ));
    }
    let mode = settings.mode(facts.openclaw.key);
    // Without a program here, its settings may live elsewhere too.
    let here = facts.openclaw.program.is_some() || facts.openclaw.gateway;
    if mode == Mode::Off && here {
        let seen = format!("{file}: no provider entry that works, and no OLLAMA_API_KEY beside it");
        findings.push(finding(Cause::SettingsOllamaOff {}, vec![seen], choose(ready)));
    } else if mode != Mode::Off && settings.primary.is_none() && here {
        let seen = format!("{file}: no agents.defaults.model");
        findings.push(finding(Cause::SettingsNoPrimary {}, vec![seen], choose(ready)));
    }
    if mode != Mode::Off {
        findings
            .extend(installed.into_iter().flat_map(|models| not_installed(settings, models, &choose(ready))));
    }
    findings
}

fn unreadable(file: &str, error: &crate::error::Error) -> Finding {
    let path = file.to_owned();
    let cause = match &error.code {
        ErrorCode::SettingsUnreadable { line, column, text, .. } => {
            Cause::SettingsUnreadable { path, line: *line, column: *column, text: text.clone(), reason: None }
        }
        ErrorCode::FileFailed { reason, .. } => {
            Cause::SettingsUnreadable { path, line: 0, column: 0, text: String::new(), reason: Some(*reason) }
        }
        _ => Cause::SettingsUnreadable { path, line: 0, column: 0, text: String::new(), reason: None },
    };
    let offers = vec![manual(Remedy::EditFile { path: file.to_owned() }, None)];
    finding(cause, vec![error.detail.clone()], offers)
}

/// Chosen models that the server does not have; each once, the primary first.
fn not_installed(settings: &Settings, models: &[Model], choose: &[Offer]) -> Vec<Finding> {
    let references =
        settings.primary.iter().chain(&settings.fallbacks).filter_map(|name| name.strip_prefix(PREFIX));
    let listed = settings.listed.iter().map(String::as_str);
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for name in references.chain(listed) {
        let there = names::find(name, models.iter().map(|model| model.id.as_str())).is_some();
        if there || told.iter().any(|known| names::same(known, name)) {
            continue;
        }
        told.push(name);
        let primary = settings.primary_id() == Some(name);
        let cause = Cause::SettingsModelNotInstalled { name: name.into(), primary };
        let mut offers = vec![action(Remedy::DownloadModel { name: name.into() })];
        if primary {
            offers.extend(choose.iter().cloned());
        }
        findings.push(finding(cause, vec![format!("/api/tags does not list {name}")], offers));
    }
    findings
}

fn openclaw(facts: &Facts) -> Option<Finding> {
    // A gateway without a program here lives elsewhere: that is not "not installed".
    if facts.openclaw.program.is_some() || facts.openclaw.gateway {
        return None;
    }
    let cause = Cause::OpenclawNotInstalled { state_folder: facts.openclaw.state_folder };
    let seen =
        vec!["no program named openclaw on PATH or where npm puts it; nothing on its gateway's port".into()];
    Some(finding(cause, seen, vec![link(Remedy::GetOpenclaw {})]))
}

fn installed(facts: &Facts) -> Option<&[Model]> {
    facts.models.as_ref()?.as_ref().ok().map(|found| found.models.as_slice())
}

/// Another address where Ollama answers.
fn elsewhere(facts: &Facts) -> Option<&Candidate> {
    facts.others.iter().find(|candidate| candidate.answer == Answer::Ollama)
}

fn evidence(facts: &Facts) -> Vec<String> {
    [&facts.effective].into_iter().chain(&facts.others).map(|candidate| candidate.evidence.clone()).collect()
}

fn finding(cause: Cause, evidence: Vec<String>, remedies: Vec<Offer>) -> Finding {
    let (link, severity) = place(&cause);
    Finding { cause, severity, link, evidence, remedies }
}

/// Station and severity of a cause (the table in docs/causes.md).
fn place(cause: &Cause) -> (Link, Severity) {
    use Severity::{Problem, Warning};
    match cause {
        Cause::EngineNotInstalled { .. } | Cause::EngineNotRunning { .. } | Cause::EngineSilent { .. } => {
            (Link::Engine, Problem)
        }
        Cause::EngineStarting { .. } => (Link::Engine, Warning),
        Cause::ConnectionOtherProgram { .. }
        | Cause::ConnectionListeningElsewhere { .. }
        | Cause::ConnectionProxyIntercepts { .. }
        | Cause::ConnectionFailed { .. } => (Link::Connection, Problem),
        Cause::ModelsNoneInstalled {} | Cause::ModelsNoneWithTools { .. } => (Link::Models, Problem),
        Cause::SettingsModelNotInstalled { primary: false, .. } => (Link::Settings, Warning),
        Cause::SettingsUnreadable { .. }
        | Cause::SettingsOllamaOff {}
        | Cause::SettingsNoPrimary {}
        | Cause::SettingsFallbackKey {}
        | Cause::SettingsModelNotInstalled { .. } => (Link::Settings, Problem),
        Cause::OpenclawNotInstalled { .. } => (Link::Openclaw, Problem),
    }
}

fn action(remedy: Remedy) -> Offer {
    Offer { remedy, kind: RemedyKind::Action, command: None }
}

fn link(remedy: Remedy) -> Offer {
    Offer { remedy, kind: RemedyKind::Link, command: None }
}

fn manual(remedy: Remedy, command: Option<Vec<String>>) -> Offer {
    Offer { remedy, kind: RemedyKind::Manual, command }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
