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
    live::state::Mode,
    machine::port_owner::PortOwner,
    models::{catalogue, model::Model},
};

#[path = "judge_settings.rs"]
mod settings;

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
        Answer::Silent => vec![Need::PortOwner(port), Need::FreePort(port), Need::Service],
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
    findings.extend(settings::settings(facts));
    findings.extend(openclaw(facts));
    findings.extend(rejected(facts));
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
    // Another program in its place says nothing about Ollama itself.
    let engine_seen = answers || facts.others.iter().any(|other| other.answer == Answer::Ollama);
    let off = facts
        .openclaw
        .settings
        .read()
        .is_none_or(|told| told.mode(facts.openclaw.key_anywhere()) == Mode::Off);
    let state = |link: Link| match (broken, link) {
        (Some(broken), link) if link == broken => LinkState::Broken,
        (Some(broken), link) if link > broken => LinkState::Waiting,
        // Connected but silent, or not asked: nothing can be said yet.
        (_, Link::Engine) if !engine_seen => LinkState::Unknown,
        (_, Link::Connection) if !answers => LinkState::Unknown,
        (_, Link::Models) if !listed => LinkState::Unknown,
        (_, Link::Settings) if off => LinkState::Unknown,
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
    seen.extend(owner.map(port_belongs_to));
    if owner.is_some_and(|owner| !owner.is_ollama()) {
        return other_program(facts, url);
    }
    let seconds = owner.and_then(|owner| owner.age).map(|age| age.as_secs());
    if let Some(seconds) = seconds.filter(|seconds| *seconds < START_SECONDS) {
        return finding(Cause::EngineStarting { url, seconds }, seen, Vec::new());
    }
    let restart = ["systemctl", "restart", "ollama"].map(str::to_owned).to_vec();
    let mut offers = vec![manual(Remedy::RestartOllama {}, (facts.service == Some(true)).then_some(restart))];
    if let Some(found) = elsewhere(facts) {
        offers.insert(0, action(Remedy::UseAddress { url: found.address.to_string() }));
    }
    let pid = owner.and_then(|owner| owner.pid);
    finding(Cause::EngineSilent { url, seconds, pid }, seen, offers)
}

fn port_belongs_to(owner: &PortOwner) -> String {
    let name = owner.name.as_deref().unwrap_or("a program that the system hides");
    let pid = owner.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    let user = owner.user.as_ref().map(|user| format!(" of user {user}")).unwrap_or_default();
    format!("the port belongs to {name}{pid}{user}")
}

fn other_program(facts: &Facts, url: String) -> Finding {
    let owner = facts.owner.as_ref();
    let mut seen = evidence(facts);
    seen.extend(owner.map(port_belongs_to));
    let mut offers = Vec::new();
    if let Some(found) = elsewhere(facts) {
        offers.push(action(Remedy::UseAddress { url: found.address.to_string() }));
    }
    // Nothing is closed: Ollama gets another place.
    if let Some(port) = facts.free_port.filter(|_| facts.effective.address.is_loopback()) {
        let host = format!("OLLAMA_HOST=127.0.0.1:{port}");
        let command = Some(["env", &host, "ollama", "serve"].map(str::to_owned).to_vec());
        let kind = if facts.program.is_some() { RemedyKind::Action } else { RemedyKind::Manual };
        offers.push(Offer { remedy: Remedy::MoveOllama { port }, kind, command });
    }
    // Closing is for experts, and never offered for what is not known, a forward, or Ollama itself.
    let closable = |name: &str| !["docker", "ssh", "ollama"].iter().any(|part| name.starts_with(part));
    let pid = owner.filter(|owner| owner.name.as_deref().is_some_and(closable)).and_then(|owner| owner.pid);
    if let Some(pid) = pid {
        let command = vec!["kill".to_owned(), pid.to_string()];
        offers.push(manual(Remedy::CloseProgram { pid }, Some(command)));
    }
    let cause = Cause::ConnectionOtherProgram {
        port: facts.effective.address.port(),
        url,
        program: owner.and_then(|owner| owner.name.clone()),
        pid: owner.and_then(|owner| owner.pid),
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
            return Some(finding(cause, vec![format!("the list of models: {}", error.detail)], Vec::new()));
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

fn openclaw(facts: &Facts) -> Option<Finding> {
    // A gateway without a program here lives elsewhere: that is not "not installed".
    if facts.openclaw.program.is_some() || facts.openclaw.gateway.is_there() {
        return None;
    }
    let cause = Cause::OpenclawNotInstalled { state_folder: facts.openclaw.state_folder };
    let seen =
        vec!["no program named openclaw on PATH or where npm puts it; nothing on its gateway's port".into()];
    let mut offers = vec![link(Remedy::GetOpenclaw {})];
    // Settings can be prepared all the same: it finds them when it is installed.
    let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
    let readable = !matches!(facts.openclaw.settings, SettingsFact::Unreadable(_));
    if readable && told.mode(facts.openclaw.key_anywhere()) == Mode::Off {
        let best = installed(facts).and_then(catalogue::best_ready);
        offers.extend(best.map(|model| action(Remedy::UseModel { name: model.id.clone() })));
    }
    Some(finding(cause, seen, offers))
}

/// What OpenClaw's own command refuses, unless we named the cause already.
fn rejected(facts: &Facts) -> Option<Finding> {
    let refusals = facts.openclaw.verdict.as_deref()?;
    let first = refusals.first()?;
    let readable = !matches!(facts.openclaw.settings, SettingsFact::Unreadable(_));
    let named = !facts.openclaw.refused.is_empty()
        || facts.openclaw.settings.read().is_some_and(|told| told.fallback_key);
    let cause = Cause::OpenclawRejectsSettings { key: first.path.clone(), message: first.message.clone() };
    let seen = refusals
        .iter()
        .map(|one| format!("openclaw config validate: {} {}", one.path, one.message))
        .collect();
    let undo = facts.openclaw.last_change.clone().map(|receipt| action(Remedy::UndoChange { receipt }));
    let edit = manual(Remedy::EditFile { path: facts.openclaw.file.display().to_string() }, None);
    (readable && !named).then(|| finding(cause, seen, undo.into_iter().chain([edit]).collect()))
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
    use Severity::{Note, Problem, Warning};
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
        Cause::SettingsModelNotInstalled { primary: false, .. }
        | Cause::SettingsModelWithoutTools { primary: false, .. }
        | Cause::SettingsKeyNotSeen {}
        | Cause::SettingsBaseUrlV1 { .. }
        | Cause::SettingsContextNotSent { .. }
        | Cause::SettingsGivesUpTooEarly { .. }
        | Cause::SettingsStaleAgentFile { .. } => (Link::Settings, Warning),
        Cause::SettingsDiscoveryOff { .. } | Cause::SettingsFallbackIsOnline { .. } => (Link::Settings, Note),
        Cause::SettingsUnreadable { .. }
        | Cause::SettingsOllamaOff {}
        | Cause::SettingsNoPrimary {}
        | Cause::SettingsFallbackKey {}
        | Cause::SettingsKeyAlone {}
        | Cause::SettingsListEmpty {}
        | Cause::SettingsModelWithoutTools { .. }
        | Cause::SettingsBareModelName { .. }
        | Cause::SettingsBaseUrlWrong { .. }
        | Cause::SettingsApiUnsupported { .. }
        | Cause::SettingsNotAllowed { .. }
        | Cause::SettingsEnvMissing { .. }
        | Cause::SettingsModelNotInstalled { .. } => (Link::Settings, Problem),
        Cause::OpenclawNotInstalled { .. } | Cause::OpenclawRejectsSettings { .. } => {
            (Link::Openclaw, Problem)
        }
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
