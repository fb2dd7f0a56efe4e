//! The judge's part on reaching Ollama: one finding at most on why the effective address does not answer, and one on
//! an address that is meant for listening. Rules: docs/causes.md.

use std::path::Path;

use super::{action, elsewhere, engine, evidence, finding, link, manual};
use crate::{
    computer::AddressSource,
    diagnosis::{
        facts::{Answer, Candidate, Facts},
        finding::{Cause, Finding, Offer, Remedy, RemedyKind},
    },
    error::{Error, ErrorCode},
    machine::{os::Os, port_owner::PortOwner, variable::VariableKind},
    ollama::{
        address::{Address, DEFAULT_PORT, Slip, slip},
        install::plan::Plan,
    },
};

/// A start looks for graphics cards before it answers: up to 30 s measured, 45 s allowed.
const START_SECONDS: u64 = 45;
/// The port of `https://` where none is written.
const TLS_PORT: u16 = 443;

/// Whether Ollama is reached, and if not, why: one finding at most.
pub(super) fn reach(facts: &Facts) -> Option<Finding> {
    let effective = &facts.effective;
    let url = effective.address.to_string();
    let local = effective.address.is_loopback();
    match &effective.answer {
        Answer::Ollama => None,
        Answer::Refused => Some(refused(facts, url, local)),
        Answer::Silent if local => Some(silent(facts, url)),
        Answer::Other => Some(path_wrong(facts, &url).unwrap_or_else(|| other(facts, url))),
        Answer::Silent => Some(unreachable(facts, url)),
        Answer::Failed(error) => Some(failed(facts, url, error)),
    }
}

fn refused(facts: &Facts, url: String, local: bool) -> Finding {
    if let Some(slipped) = slipped(facts) {
        return slipped;
    }
    if !local {
        let cause = Cause::ConnectionRefusedRemote { url, source: facts.effective.source };
        let port = facts.effective.address.port();
        return unreached(
            facts,
            cause,
            vec![manual(Remedy::ServeNetwork { port }, Some(serve_network(port)))],
        );
    }
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
    if let Some(reserved) = reserved(facts) {
        return reserved;
    }
    if let Some(failed) = engine::failed_start(facts) {
        return failed;
    }
    let program = facts.program.as_ref().map(|path| path.display().to_string());
    let mut seen = evidence(facts);
    seen.extend(engine::earlier_end(facts));
    if let Some(path) = &facts.not_executable {
        return not_executable(path, seen);
    }
    let unit = facts.unit().filter(|_| !facts.service_without_program);
    seen.extend(engine::without_program(facts));
    let there = program.is_some() || unit.is_some();
    if there && facts.effective.address.is_https() {
        return https_refused(facts, url, seen);
    }
    if there {
        seen.push(program.as_ref().map_or_else(
            || "systemd has a unit named ollama".to_owned(),
            |program| format!("the program is {program}"),
        ));
        let offers = vec![engine::start(facts)];
        let enabled = facts.enabled_at_login;
        if enabled {
            seen.push("it is set to start with the computer".to_owned());
        }
        return finding(Cause::EngineNotRunning { url, program, enabled }, seen, offers);
    }
    let unit = if facts.unit().is_none() { ", no service unit" } else { "" };
    seen.push(format!("no program named ollama on PATH or where installers put it{unit}"));
    let install = Plan::here(facts.os).map(|_| action(Remedy::InstallOllama {}));
    let offers = install.into_iter().chain([link(Remedy::GetOllama {})]).collect();
    finding(Cause::EngineNotInstalled { url }, seen, offers)
}

/// A file in the program's place that nobody may run: a copy that lost its permissions, or half an installation.
fn not_executable(path: &Path, mut seen: Vec<String>) -> Finding {
    let path = path.display().to_string();
    seen.push(format!("{path} is there, and no permission to run it"));
    let command = ["chmod", "+x", &path].map(str::to_owned).to_vec();
    let offers = vec![manual(Remedy::AllowRun { path: path.clone() }, Some(command))];
    finding(Cause::EngineNotExecutable { path }, seen, offers)
}

/// Ollama speaks plain HTTP: started anew it would not answer at such an address.
fn https_refused(facts: &Facts, url: String, seen: Vec<String>) -> Finding {
    let plain = facts.effective.address.plain();
    let plain = if plain.port() == TLS_PORT { plain.with_port(DEFAULT_PORT) } else { plain };
    let source = facts.effective.source;
    let cause = Cause::ConnectionHttpsOnHttp { url, source, plain: None, refused: true };
    finding(cause, seen, [use_address(&plain)].into_iter().chain(correct(facts)).collect())
}

fn silent(facts: &Facts, url: String) -> Finding {
    let owner = facts.owner.as_ref();
    let mut seen = evidence(facts);
    seen.extend(owner.map(port_belongs_to));
    let ollama = engine::owns_port(facts);
    if !ollama && owner.is_some_and(PortOwner::is_another) {
        return other_program(facts, url);
    }
    if !ollama {
        seen.push("the system hides which program it is: Ollama, or another".to_owned());
    }
    let seconds = owner.and_then(|owner| owner.age).map(|age| age.as_secs());
    if let Some(seconds) = seconds.filter(|seconds| *seconds < START_SECONDS) {
        return finding(Cause::EngineStarting { url, seconds }, seen, Vec::new());
    }
    seen.extend(engine::log_lines(facts));
    let mut offers = vec![engine::restart(facts)];
    if let Some(found) = elsewhere(facts) {
        offers.insert(0, action(Remedy::UseAddress { url: found.address.to_string() }));
    }
    let pid = owner.and_then(|owner| owner.pid);
    finding(Cause::EngineSilent { url, seconds, pid }, seen, offers)
}

/// Closing is for experts, and never offered for what is not known, a forward, or Ollama itself.
pub(super) fn closing(owner: &PortOwner) -> Option<Offer> {
    let closable = |name: &str| !["docker", "ssh", "ollama"].iter().any(|part| name.starts_with(part));
    let pid = owner.pid.filter(|_| owner.name.as_deref().is_some_and(closable))?;
    let command = vec!["kill".to_owned(), pid.to_string()];
    Some(manual(Remedy::CloseProgram { pid }, Some(command)))
}

pub(super) fn port_belongs_to(owner: &PortOwner) -> String {
    let name = owner.name.as_deref().unwrap_or("a program that the system hides");
    let pid = owner.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    let user = owner.user.as_ref().map(|user| format!(" of user {user}")).unwrap_or_default();
    format!("the port belongs to {name}{pid}{user}")
}

/// Without its path the address is Ollama's.
fn path_wrong(facts: &Facts, url: &str) -> Option<Finding> {
    let address = &facts.effective.address;
    let found = answering(facts, &address.root()).filter(|found| found.address != *address)?;
    let answers_at = found.address.to_string();
    let cause =
        Cause::ConnectionPathWrong { url: url.to_owned(), source: facts.effective.source, answers_at };
    Some(finding(cause, evidence(facts), vec![use_address(&found.address)]))
}

/// An answer that is not Ollama's.
fn other(facts: &Facts, url: String) -> Finding {
    if !facts.effective.wants_tls {
        return other_program(facts, url);
    }
    let secure = facts.effective.address.secure();
    let there = answering(facts, &secure).map(|found| use_address(&found.address));
    let source = facts.effective.source;
    let cause = Cause::ConnectionHttpOnHttps { url, source, meant: secure.to_string() };
    finding(cause, evidence(facts), there.into_iter().chain(correct(facts)).collect())
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
        offers.push(Offer { remedy: Remedy::MoveOllama { port }, kind, command, password: false });
    }
    offers.extend(owner.and_then(closing));
    let cause = Cause::ConnectionOtherProgram {
        port: facts.effective.address.port(),
        url,
        program: owner.and_then(|owner| owner.name.clone()),
        pid: owner.and_then(|owner| owner.pid),
        owner: owner.and_then(|owner| owner.user.clone()),
        silent: facts.effective.answer == Answer::Silent,
    };
    finding(cause, seen, offers)
}

/// No answer for a reason that is known by its kind.
fn failed(facts: &Facts, url: String, error: &Error) -> Finding {
    if let Some(slipped) = slipped(facts).or_else(|| path_wrong(facts, &url)) {
        return slipped;
    }
    let address = &facts.effective.address;
    let source = facts.effective.source;
    match &error.code {
        ErrorCode::OllamaTls { .. } => {
            let plain = answering(facts, &address.plain()).map(|found| found.address.to_string());
            unreached(
                facts,
                Cause::ConnectionHttpsOnHttp { url, source, plain, refused: false },
                correct(facts),
            )
        }
        ErrorCode::OllamaCutOff { .. } => {
            let windows = facts.os == Os::Windows;
            let command = ["netsh", "interface", "portproxy", "reset"].map(str::to_owned).to_vec();
            let offers = vec![manual(Remedy::LetThrough {}, windows.then_some(command))];
            unreached(facts, Cause::ConnectionReset { url, source }, offers)
        }
        ErrorCode::OllamaStatus { status: 403, message, .. } if message.is_empty() => {
            let command = ["env", "OLLAMA_ORIGINS=*", "ollama", "serve"].map(str::to_owned).to_vec();
            let offers = vec![manual(Remedy::AllowHost {}, Some(command))];
            unreached(facts, Cause::ConnectionForbidden { url, source }, offers)
        }
        ErrorCode::OllamaNameUnknown { .. } => {
            let host = address.host().to_owned();
            unreached(facts, Cause::ConnectionNameUnknown { url, host, source }, correct(facts))
        }
        ErrorCode::OllamaUnreachable { .. } => unreachable(facts, url),
        _ => unreached(facts, Cause::ConnectionFailed { url, source }, Vec::new()),
    }
}

/// Another machine that is off, out of reach, or behind a firewall.
fn unreachable(facts: &Facts, url: String) -> Finding {
    if let Some(slipped) = slipped(facts) {
        return slipped;
    }
    let port = facts.effective.address.port();
    let offers = vec![manual(Remedy::ServeNetwork { port }, Some(serve_network(port)))];
    unreached(facts, Cause::ConnectionUnreachable { url, source: facts.effective.source }, offers)
}

/// What is to be done on the other machine.
fn serve_network(port: u16) -> Vec<String> {
    vec!["env".into(), format!("OLLAMA_HOST=0.0.0.0:{port}"), "ollama".into(), "serve".into()]
}

/// A finding whose first way out is an address that answers, where there is one.
fn unreached(facts: &Facts, cause: Cause, offers: Vec<Offer>) -> Finding {
    let elsewhere = elsewhere(facts).map(|found| use_address(&found.address));
    finding(cause, evidence(facts), elsewhere.into_iter().chain(offers).collect())
}

/// A slip in the address as written explains why it does not answer.
fn slipped(facts: &Facts) -> Option<Finding> {
    let address = &facts.effective.address;
    let source = facts.effective.source;
    let url = address.to_string();
    if let Some(written) = facts.written.as_deref() {
        match slip(written) {
            Some(Slip::PortMissing) => {
                let meant = address.with_port(DEFAULT_PORT);
                let there = answering(facts, &meant).map(|found| use_address(&found.address));
                let cause = Cause::ConnectionPortMissing {
                    url,
                    written: written.to_owned(),
                    source,
                    meant: meant.to_string(),
                };
                let offers = there.into_iter().chain(correct(facts)).collect();
                return Some(finding(cause, evidence(facts), offers));
            }
            Some(Slip::PortInvalid) => {
                let cause = Cause::ConnectionPortInvalid { written: written.to_owned(), source };
                return Some(unreached(facts, cause, correct(facts)));
            }
            Some(Slip::Wildcard) | None => {}
        }
    }
    if let Some(written) = &facts.invalid_base_url {
        let cause =
            Cause::ConnectionPortInvalid { written: written.clone(), source: AddressSource::Settings };
        return Some(unreached(facts, cause, correct(facts)));
    }
    localhost(facts, url)
}

/// `localhost` is one family here, and Ollama listens on the other.
fn localhost(facts: &Facts, url: String) -> Option<Finding> {
    let (first, rest) = facts.localhost.split_first()?;
    let one_family = rest.iter().all(|ip| ip.is_ipv6() == first.is_ipv6());
    let other = facts.effective.address.with_host(if first.is_ipv6() { "127.0.0.1" } else { "::1" });
    let found = answering(facts, &other).filter(|_| one_family)?;
    let answers_at = found.address.to_string();
    let cause = Cause::ConnectionLocalhostIsIpv6 {
        url,
        source: facts.effective.source,
        ipv6: first.is_ipv6(),
        answers_at,
    };
    let mut seen = evidence(facts);
    seen.push(format!("localhost resolves only to {first}"));
    Some(finding(cause, seen, vec![use_address(&found.address)]))
}

/// Windows keeps the port for itself.
fn reserved(facts: &Facts) -> Option<Finding> {
    let port = facts.effective.address.port();
    let range = facts.reserved_ports.iter().find(|(first, last)| (*first..=*last).contains(&port))?;
    let mut seen = evidence(facts);
    seen.push(format!("netsh: Windows keeps the ports {} to {}", range.0, range.1));
    Some(finding(
        Cause::ConnectionPortReserved { port },
        seen,
        vec![manual(Remedy::FreeReservedPort {}, None)],
    ))
}

/// OpenClaw is told to connect to an address that is for listening: it works on some systems only.
pub(super) fn wildcard(facts: &Facts) -> Option<Finding> {
    let written = facts.openclaw.settings.read()?.base_url.as_deref()?;
    let address = Address::parse(written).ok().filter(|_| slip(written) == Some(Slip::Wildcard))?;
    let cause = Cause::ConnectionWildcardAddress { url: secrets_free(written), numeric: address.to_string() };
    let seen = vec![format!("models.providers.ollama.baseUrl is {}", secrets_free(written))];
    Some(finding(cause, seen, vec![use_address(&address)]))
}

fn secrets_free(written: &str) -> String {
    crate::openclaw::secrets::masked_address(written)
}

/// Where the address is to be corrected by hand.
fn correct(facts: &Facts) -> Vec<Offer> {
    match facts.effective.source {
        _ if facts.invalid_base_url.is_some() => edit(facts),
        AddressSource::Settings => edit(facts),
        AddressSource::Environment => {
            let place = facts.variable.clone();
            let variable = "OLLAMA_HOST".to_owned();
            let command = place.as_ref().and_then(|place| place.command(&variable));
            let (kind, place, line) = place
                .map_or((VariableKind::Unknown, None, None), |found| (found.kind, found.place, found.line));
            vec![manual(Remedy::CorrectVariable { variable, kind, place, line }, command)]
        }
        AddressSource::Option | AddressSource::Pincer | AddressSource::Default => Vec::new(),
    }
}

fn edit(facts: &Facts) -> Vec<Offer> {
    vec![manual(Remedy::EditFile { path: facts.openclaw.file.display().to_string() }, None)]
}

fn use_address(address: &Address) -> Offer {
    action(Remedy::UseAddress { url: address.to_string() })
}

/// Another look at this very address that found Ollama.
fn answering<'a>(facts: &'a Facts, address: &Address) -> Option<&'a Candidate> {
    facts.others.iter().find(|other| other.answer == Answer::Ollama && other.address == *address)
}
