//! From facts to findings: pure, no I/O. The rules of judging stand in docs/causes.md: a cause hides its
//! consequences, independent problems stay in the list, only the first broken station is broken.

use super::{
    facts::{Answer, Candidate, Facts, Need},
    finding::{Cause, Diagnosis, Finding, Link, LinkState, Offer, Remedy, RemedyKind, Severity, Station},
};
use crate::{
    computer::{AddressSource, SourcedAddress},
    machine::os::Os,
    models::model::Model,
    openclaw::{dialect::Dialect, outcome::Mode},
};

#[path = "judge_checks.rs"]
mod checks;
#[path = "judge_connection.rs"]
mod connection;
#[path = "judge_engine.rs"]
mod engine;
#[path = "judge_models.rs"]
mod models;
#[path = "judge_openclaw.rs"]
mod openclaw;
#[path = "judge_settings.rs"]
mod settings;
#[path = "judge_slow.rs"]
mod slow;

/// What must be known before judging.
#[must_use]
pub fn needs(facts: &Facts) -> Vec<Need> {
    let mut needs = of_ollama(facts);
    needs.extend(openclaw::needs(facts));
    needs
}

fn of_ollama(facts: &Facts) -> Vec<Need> {
    let port = facts.effective.address.port();
    if facts.effective.answer == Answer::Ollama {
        return engine::needs(facts);
    }
    // Whoever is to correct it must know where.
    let variable = (facts.effective.source == AddressSource::Environment).then_some(Need::Variable);
    if !facts.effective.address.is_loopback() {
        return variable.into_iter().collect();
    }
    let here = match facts.effective.answer {
        Answer::Refused if elsewhere(facts).is_some() => Vec::new(),
        Answer::Refused if facts.os == Os::Windows => vec![Need::Service, Need::Log, Need::ReservedPorts],
        Answer::Refused => vec![Need::Service, Need::Log],
        Answer::Silent => vec![Need::PortOwner(port), Need::FreePort(port), Need::Service, Need::Log],
        Answer::Other => vec![Need::PortOwner(port), Need::FreePort(port)],
        _ => Vec::new(),
    };
    variable.into_iter().chain(here).collect()
}

/// What is worth knowing too when there is time.
#[must_use]
pub(super) fn deep_needs(facts: &Facts) -> Vec<Need> {
    engine::update_needs(facts)
}

/// Judges the facts.
#[must_use]
pub fn judge(facts: &Facts) -> Diagnosis {
    let mut findings: Vec<Finding> = connection::reach(facts).into_iter().collect();
    let answers = facts.effective.answer == Answer::Ollama;
    if answers {
        findings.extend(proxy(facts));
        findings.extend(connection::wildcard(facts));
        findings.extend(engine::answering(facts));
        findings.extend(models::models(facts));
        findings.extend(models::chosen(facts));
        findings.extend(checks::checks(facts));
    }
    if openclaw::elsewhere(facts).is_none() {
        findings.extend(settings::settings(facts));
    }
    findings.extend(openclaw::openclaw(facts));
    diagnosis(facts, findings, Vec::new())
}

fn diagnosis(facts: &Facts, mut findings: Vec<Finding>, checking: Vec<Link>) -> Diagnosis {
    findings.sort_by_key(|finding| (finding.severity, finding.link));
    let path = path(facts, &findings);
    let ok = findings.iter().all(|finding| finding.severity != Severity::Problem);
    let address = SourcedAddress { url: facts.effective.address.to_string(), source: facts.effective.source };
    Diagnosis { ok, address, path, findings, checking }
}

/// What can be said before the second stage: nothing that it could still change. Of the stations that wait for it,
/// what was found `last` stays. `None`: nothing is waited for.
#[must_use]
pub fn judge_partly(facts: &Facts, last: Option<&Diagnosis>) -> Option<Diagnosis> {
    let mut checking = Vec::new();
    if !of_ollama(facts).is_empty() {
        // What the server itself says is known; why it does not answer is not.
        checking.extend([Link::Engine, Link::Connection]);
        if facts.effective.answer == Answer::Ollama {
            checking.push(Link::Models);
        }
    }
    let openclaws = openclaw::needs(facts);
    if openclaws.contains(&Need::Elsewhere) {
        checking.push(Link::Settings);
    }
    if !openclaws.is_empty() {
        checking.push(Link::Openclaw);
    }
    if checking.is_empty() {
        return None;
    }
    let known = judge(facts).findings.into_iter().filter(|finding| !checking.contains(&finding.link));
    let before = last.iter().flat_map(|last| &last.findings);
    let before = before.filter(|finding| checking.contains(&finding.link)).cloned();
    let findings = known.chain(before).collect();
    let mut partial = diagnosis(facts, findings, checking);
    for station in &mut partial.path {
        if partial.checking.contains(&station.link) && station.state == LinkState::Ok {
            station.state = LinkState::Unknown;
        }
    }
    Some(partial)
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
        (_, Link::Settings) if off || openclaw::elsewhere(facts).is_some() => LinkState::Unknown,
        (_, Link::Openclaw) if facts.openclaw.program.is_none() => LinkState::Unknown,
        _ => LinkState::Ok,
    };
    Link::ALL.into_iter().map(|link| Station { link, state: state(link) }).collect()
}

fn proxy(facts: &Facts) -> Option<Finding> {
    let proxies_count = Dialect::of(facts.openclaw.version()).proxied_loopback;
    let proxy = facts.proxy.as_ref().filter(|_| proxies_count)?;
    let url = facts.effective.address.to_string();
    let seen = format!(
        "{} is set in {} and NO_PROXY does not name the address; without a proxy it answers",
        proxy.variable, proxy.place
    );
    let cause = Cause::ConnectionProxyIntercepts { url, variable: proxy.variable.clone(), here: proxy.here };
    let command = vec!["export".to_owned(), format!("NO_PROXY={},localhost", facts.effective.address.host())];
    Some(finding(cause, vec![seen], vec![manual(Remedy::BypassProxy {}, Some(command))]))
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
        Cause::EngineNotInstalled { .. }
        | Cause::EngineNotExecutable { .. }
        | Cause::EngineNotRunning { .. }
        | Cause::EngineRunnerMissing { .. }
        | Cause::EngineCpuUnsupported { .. }
        | Cause::EngineCrashLooping { .. }
        | Cause::EngineModelsDirPermission { .. }
        | Cause::EngineModelsDirMissing { .. }
        | Cause::EngineTooOld { .. }
        | Cause::EngineSilent { .. } => (Link::Engine, Problem),
        Cause::EngineStarting { .. } | Cause::EngineBusy { .. } | Cause::EngineNotAtLogin {} => {
            (Link::Engine, Warning)
        }
        Cause::EngineUpdatePending { .. } => (Link::Engine, Note),
        Cause::ConnectionProxyIntercepts { here: true, .. } => (Link::Connection, Note),
        Cause::ConnectionOtherProgram { .. }
        | Cause::ConnectionPathWrong { .. }
        | Cause::ConnectionHttpOnHttps { .. }
        | Cause::ConnectionListeningElsewhere { .. }
        | Cause::ConnectionProxyIntercepts { .. }
        | Cause::ConnectionLocalhostIsIpv6 { .. }
        | Cause::ConnectionPortMissing { .. }
        | Cause::ConnectionPortInvalid { .. }
        | Cause::ConnectionPortReserved { .. }
        | Cause::ConnectionReset { .. }
        | Cause::ConnectionHttpsOnHttp { .. }
        | Cause::ConnectionForbidden { .. }
        | Cause::ConnectionUnreachable { .. }
        | Cause::ConnectionNameUnknown { .. }
        | Cause::ConnectionRefusedRemote { .. }
        | Cause::ConnectionFailed { .. } => (Link::Connection, Problem),
        Cause::ConnectionWildcardAddress { .. } => (Link::Connection, Warning),
        Cause::ModelsNoneInstalled {}
        | Cause::ModelsNoneWithTools { .. }
        | Cause::ModelsCallsAsText { .. }
        | Cause::ModelsCloudSignIn { .. }
        | Cause::ModelsDoesNotFit { measured: true, .. } => (Link::Models, Problem),
        Cause::ModelsContextTooSmall { .. }
        | Cause::ModelsSecondStore { .. }
        | Cause::ModelsDoesNotFit { .. }
        | Cause::ModelsOnCpu { .. }
        | Cause::ModelsNoCall { .. }
        | Cause::ModelsCapabilitiesUnknown { .. } => (Link::Models, Warning),
        Cause::ModelsWeakForAgents { .. } => (Link::Models, Note),
        Cause::SettingsModelNotInstalled { primary: false, .. }
        | Cause::SettingsModelWithoutTools { primary: false, .. }
        | Cause::SettingsKeyNotSeen {}
        | Cause::SettingsEnvMissing { here: true, .. }
        | Cause::SettingsEnvMissing { starts: true, .. }
        | Cause::SettingsBaseUrlV1 { .. }
        | Cause::SettingsContextNotSent { .. }
        | Cause::SettingsContextTooLarge { .. }
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
        | Cause::SettingsBaseUrlNoScheme { .. }
        | Cause::SettingsApiUnsupported { .. }
        | Cause::SettingsNotAllowed { .. }
        | Cause::SettingsEnvMissing { .. }
        | Cause::SettingsModelNotInstalled { .. } => (Link::Settings, Problem),
        Cause::OpenclawNotInstalled { .. }
        | Cause::OpenclawElsewhere { .. }
        | Cause::OpenclawNodeTooOld { .. }
        | Cause::OpenclawGatewayModeUnset {}
        | Cause::OpenclawGatewayNoToken { .. }
        | Cause::OpenclawGatewayPortTaken { .. }
        | Cause::OpenclawRejectsSettings { .. } => (Link::Openclaw, Problem),
        Cause::OpenclawDoesNotSeeModel { .. } | Cause::OpenclawGatewayDidNotStart { .. } => {
            (Link::Openclaw, Warning)
        }
        Cause::OpenclawGatewayStopped { .. } | Cause::OpenclawGatewayNotAtLogin {} => (Link::Openclaw, Note),
    }
}

fn action(remedy: Remedy) -> Offer {
    Offer { remedy, kind: RemedyKind::Action, command: None, password: false }
}

fn link(remedy: Remedy) -> Offer {
    Offer { remedy, kind: RemedyKind::Link, command: None, password: false }
}

fn manual(remedy: Remedy, command: Option<Vec<String>>) -> Offer {
    Offer { remedy, kind: RemedyKind::Manual, command, password: false }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
