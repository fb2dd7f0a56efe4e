//! The judge's part on Ollama itself: why its last start failed, and what is wrong with one that answers.
//! Rules: docs/causes.md; what a log says counts only for the last run (`ollama::log`).

use std::path::Path;

use super::{elsewhere, evidence, finding, installed, link, manual, slow};
use crate::{
    diagnosis::{
        facts::{Answer, Facts, Need},
        finding::{Cause, Finding, Offer, Remedy, RemedyKind},
    },
    machine::os::Os,
    models::check::Checked,
    ollama::{
        install::plan::{self, Plan, Way},
        log::Sign,
        names,
        restart::{self, RestartWay, Running},
        service::{Scope, Service},
        store::Store,
    },
};

/// Lines of the log that go with a silent server.
const LOG_LINES: usize = 4;
/// The first version that says what a model can do, without which nothing can be set up.
const LEAST: Numbers = (0, 6, 4);

type Numbers = (u32, u32, u32);

/// What must be known of a server that answers.
pub(super) fn needs(facts: &Facts) -> Vec<Need> {
    let mut needs = Vec::new();
    let busy = facts.busy.is_some() && facts.effective.address.is_loopback();
    if busy || other_store(facts).is_some_and(|store| store.of_service) {
        needs.push(Need::Service);
    }
    if busy {
        needs.push(Need::PortOwner(facts.effective.address.port()));
    }
    if too_old(facts).is_some() {
        needs.extend(update_needs(facts));
    }
    if only_this_login(facts) {
        needs.extend([Need::PortOwner(facts.effective.address.port()), Need::Service]);
    }
    needs
}

/// What tells whether a newer version is installed than the one that runs.
pub(super) fn update_needs(facts: &Facts) -> Vec<Need> {
    let port = facts.effective.address.port();
    let here = facts.effective.address.is_loopback() && facts.program.is_some();
    let answers = facts.effective.answer == Answer::Ollama;
    // Who runs it decides how the newer one is taken.
    if here && answers { vec![Need::ClientVersion, Need::PortOwner(port), Need::Service] } else { Vec::new() }
}

/// Why nothing listens although Ollama is here: what ended its last run.
pub(super) fn failed_start(facts: &Facts) -> Option<Finding> {
    let sign = facts.sign();
    let mut seen = evidence(facts);
    seen.extend(facts.unit().map(state));
    if let (Some(log), Some((_, line))) = (&facts.log, &sign) {
        seen.push(format!("{}: {line}", log.place));
    }
    let crashes = facts.unit().is_some_and(Service::keeps_crashing);
    let folder = match sign.map(|(sign, _)| sign) {
        Some(Sign::FolderForbidden { folder }) if facts.absent_folder.as_ref() != Some(&folder) => {
            return Some(forbidden(facts, folder, seen));
        }
        Some(Sign::FolderForbidden { folder } | Sign::FolderMissing { folder }) => Some(folder),
        // The log may be closed to us; a service that crashes and whose folder is gone says enough.
        _ => facts.absent_folder.clone().filter(|_| crashes),
    };
    if let Some(folder) = folder {
        seen.extend(facts.absent_folder.iter().map(|folder| format!("{folder} is not there")));
        let offers = vec![manual(Remedy::FindFolder { folder: folder.clone() }, None), start_anew(facts)];
        return Some(finding(Cause::EngineModelsDirMissing { folder }, seen, offers));
    }
    let unit = facts.unit().filter(|_| crashes)?;
    let reason = facts.log.as_ref().and_then(crate::ollama::log::Log::last_error);
    seen.extend(reason.clone());
    seen.extend(without_program(facts));
    let offers = vec![manual(Remedy::ReadLog {}, Some(unit.journal(50))), restart(facts)];
    let log = facts.log.as_ref().map(|log| log.place.clone());
    Some(finding(Cause::EngineCrashLooping { restarts: unit.restarts, reason, log }, seen, offers))
}

/// What ended a run that was before the last one, or long ago.
pub(super) fn earlier_end(facts: &Facts) -> Option<String> {
    let (log, line) = (facts.log.as_ref()?, facts.old_sign()?);
    let days = log.age.map(|age| age.as_secs() / (24 * 60 * 60));
    let when = days.map_or_else(|| "of an earlier run".to_owned(), |days| format!("written {days} days ago"));
    Some(format!("{}, {when}: {line}", log.place))
}

fn forbidden(facts: &Facts, folder: String, seen: Vec<String>) -> Finding {
    // Without a name systemd runs a unit as root, who may enter everything: then it is not the user's to give.
    let user = facts.unit().and_then(|unit| unit.user.clone());
    let command = user.as_ref().map(|user| {
        let group = format!("{user}:{user}");
        ["sudo", "chown", "-R", &group, &folder].map(str::to_owned).to_vec()
    });
    let offers = vec![manual(Remedy::GiveFolder { folder: folder.clone() }, command), start_anew(facts)];
    finding(Cause::EngineModelsDirPermission { folder, user }, seen, offers)
}

/// Once that is put right.
fn start_anew(facts: &Facts) -> Offer {
    if facts.unit().is_some_and(Service::keeps_crashing) {
        // systemd holds it in its hands: a start alone would be refused or come to nothing.
        return restart(facts);
    }
    start(facts)
}

/// Where a service runs it and nothing here may ask for a password, the command is for an administrator.
pub(super) fn start(facts: &Facts) -> Offer {
    let order = facts.unit().map(|unit| unit.order("start", facts.rights));
    let by_hand = order.as_ref().is_some_and(|order| !order.may_run);
    Offer {
        remedy: Remedy::StartOllama {},
        kind: if by_hand { RemedyKind::Manual } else { RemedyKind::Action },
        password: order.as_ref().is_some_and(|order| order.password),
        command: order.map(|order| order.words),
    }
}

pub(super) fn restart(facts: &Facts) -> Offer {
    let restart = restart::how(&Running {
        os: facts.os,
        service: facts.unit(),
        rights: facts.rights,
        listener: facts.owner.as_ref().and_then(|owner| owner.pid),
        own: facts.own,
        program: facts.program.as_deref(),
    });
    Offer {
        remedy: Remedy::RestartOllama { way: restart.way },
        kind: if restart.acts { RemedyKind::Action } else { RemedyKind::Manual },
        command: restart.command,
        password: restart.password,
    }
}

/// The program that the unit starts is not there.
pub(super) fn without_program(facts: &Facts) -> Option<String> {
    let program = facts.unit().filter(|_| facts.service_without_program)?.program.as_ref()?;
    Some(format!("the unit ollama starts {}, which is not there", program.display()))
}

fn state(unit: &Service) -> String {
    let Service { active, sub, restarts, .. } = unit;
    let whose = if unit.scope == Scope::User { " --user" } else { "" };
    format!("systemctl{whose} show ollama: {active} ({sub}), NRestarts={restarts}")
}

/// The last lines of the log, for a server that does not speak itself.
pub(super) fn log_lines(facts: &Facts) -> Vec<String> {
    let Some(log) = &facts.log else { return Vec::new() };
    log.last_lines(LOG_LINES).into_iter().map(|line| format!("{}: {line}", log.place)).collect()
}

/// What is wrong with an Ollama that answers.
pub(super) fn answering(facts: &Facts) -> Vec<Finding> {
    if let Some(busy) = busy(facts) {
        return vec![busy];
    }
    let old = too_old(facts).map(|version| outdated(facts, version));
    let pending = update_pending(facts).filter(|_| old.is_none());
    old.into_iter().chain(pending).chain(second_store(facts)).chain(not_at_login(facts)).collect()
}

/// As far as files and the remembered process tell.
fn only_this_login(facts: &Facts) -> bool {
    facts.own.is_some() && !facts.at_login && facts.effective.address.is_loopback()
}

/// Pincer started it as the user's own; after the next start of the computer it would be gone. Said only where it can
/// be changed: on Linux with systemd, and on macOS.
fn not_at_login(facts: &Facts) -> Option<Finding> {
    let pid = facts.own.filter(|_| only_this_login(facts))?;
    let ours = facts.owner.as_ref().and_then(|owner| owner.pid) == Some(pid);
    let systemd = facts.service.as_ref().is_some_and(|service| !service.loaded);
    if !ours || (facts.os == Os::Linux && !systemd) {
        return None;
    }
    let seen = vec![
        format!("the port belongs to process {pid}, which Pincer started"),
        "no unit, no login item".into(),
    ];
    Some(finding(Cause::EngineNotAtLogin {}, seen, vec![super::action(Remedy::StartAtLogin {})]))
}

fn busy(facts: &Facts) -> Option<Finding> {
    let seen = vec![facts.effective.evidence.clone(), facts.busy.clone()?];
    let url = facts.effective.address.to_string();
    let seconds = facts.last_check.as_ref().and_then(Checked::first_answer_seconds);
    let offers = facts.effective.address.is_loopback().then(|| restart(facts));
    let offers = offers.into_iter().chain(slow::waits_longer(facts)).collect();
    Some(finding(Cause::EngineBusy { url, seconds }, seen, offers))
}

fn numbers(version: &str) -> Option<Numbers> {
    let mut numbers = version.split(['.', '-', '+']).map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    Some((next()?, next()?, next()?))
}

fn running(facts: &Facts) -> Option<&str> {
    Some(facts.models.as_ref()?.as_ref().ok()?.server_version.as_str())
}

/// The version that runs when it is too old. A development build says 0.0.0.
fn too_old(facts: &Facts) -> Option<&str> {
    running(facts).filter(|version| numbers(version).is_some_and(|of| of < LEAST && of != (0, 0, 0)))
}

fn outdated(facts: &Facts, version: &str) -> Finding {
    let mut seen = vec![format!("/api/version: {version}")];
    let mut offers = vec![link(Remedy::GetOllama {})];
    if let Some(newer) = newer_installed(facts).filter(|newer| numbers(newer) >= Some(LEAST)) {
        seen.push(format!("ollama --version: {newer}"));
        offers.insert(0, restart(facts));
    } else if is_updated_by_installing(facts) {
        offers.insert(0, super::action(Remedy::InstallOllama {}));
    }
    finding(Cause::EngineTooOld { version: version.to_owned() }, seen, offers)
}

/// Pincer started it from where Pincer installs: a newer one takes its place there, and runs after a restart. What a
/// service runs, or is found first elsewhere, would stay what it is.
fn is_updated_by_installing(facts: &Facts) -> bool {
    let way = Plan::here(facts.os).map(|plan| plan.way);
    let place = plan::program(Path::new(""));
    way == Some(Way::Unpack)
        && facts.program.as_ref().is_some_and(|program| program.ends_with(&place))
        && restart(facts).remedy == Remedy::RestartOllama { way: RestartWay::Own }
}

/// The version of the installed program, when it is newer than the one that runs and that one is a program of this
/// computer: behind a forward or in a container it is another's.
fn newer_installed(facts: &Facts) -> Option<&str> {
    let installed = facts.client_version.as_deref()?;
    let (old, new) = (numbers(running(facts)?)?, numbers(installed)?);
    (owns_port(facts) && new > old && old != (0, 0, 0)).then_some(installed)
}

/// The program at the port is Ollama: by its name, or since its unit runs it.
pub(super) fn owns_port(facts: &Facts) -> bool {
    let Some(owner) = &facts.owner else { return false };
    let runs = |unit: &Service| match (owner.pid, &owner.name) {
        (Some(_), _) => unit.main_pid == owner.pid,
        (None, Some(_)) => false,
        // Without a name of its own systemd runs a unit as root.
        (None, None) => {
            let user = unit.user.as_deref().unwrap_or("root");
            unit.scope == Scope::System
                && unit.active == "active"
                && owner.user.as_deref().is_none_or(|seen| seen == user)
        }
    };
    owner.is_ollama() || facts.unit().is_some_and(runs)
}

fn update_pending(facts: &Facts) -> Option<Finding> {
    let (running, installed) = (running(facts)?.to_owned(), newer_installed(facts)?.to_owned());
    let seen = vec![format!("/api/version: {running}"), format!("ollama --version: {installed}")];
    Some(finding(Cause::EngineUpdatePending { running, installed }, seen, vec![restart(facts)]))
}

fn second_store(facts: &Facts) -> Option<Finding> {
    // Without a service the service's folder is what one left behind.
    let store = other_store(facts).filter(|store| !store.of_service || facts.unit().is_some())?;
    let folder = store.folder.display().to_string();
    let names = missing(store, facts);
    let seen = vec![format!("/api/tags does not list {}, which {folder} has", names.join(", "))];
    let offers = vec![manual(Remedy::UseStore { folder: folder.clone() }, None)];
    Some(finding(Cause::ModelsSecondStore { folder, names }, seen, offers))
}

/// A folder with models that the server does not list and that is surely not its own: it lacks one that the server
/// lists, or the server lists none, or another folder has exactly what the server lists.
fn other_store(facts: &Facts) -> Option<&Store> {
    if !facts.effective.address.is_loopback() || elsewhere(facts).is_some() {
        return None;
    }
    let listed = installed(facts)?;
    let has = |store: &Store, id: &str| store.models.iter().any(|name| names::same(name, id));
    let has_all = |store: &Store| listed.iter().all(|model| has(store, &model.id));
    let is_the_servers =
        |store: &Store| !listed.is_empty() && has_all(store) && missing(store, facts).is_empty();
    let known = facts.stores.iter().any(is_the_servers);
    let is_other = |store: &&Store| listed.is_empty() || !has_all(store) || known;
    facts.stores.iter().filter(is_other).find(|store| !missing(store, facts).is_empty())
}

/// The models of a store that the server does not list.
fn missing(store: &Store, facts: &Facts) -> Vec<String> {
    let listed = installed(facts).unwrap_or_default();
    let is_listed = |name: &str| listed.iter().any(|model| names::same(&model.id, name));
    store.models.iter().filter(|name| !is_listed(name)).cloned().collect()
}
