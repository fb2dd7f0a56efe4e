//! Gathers the facts, second stage: only what the judge asks for, since it starts programs or takes time.
//! Nothing is concluded here.

use std::{path::PathBuf, time::Duration};

use super::{
    facts::{Facts, Need},
    gather::{collect, probe},
};
use crate::{
    computer::{AddressSource, Computer},
    machine::{port_owner::port_owner, reserved_ports as reserved, variable},
    ollama::{
        address::Address,
        log::{self, Sign},
        program, service,
    },
    openclaw::{
        elsewhere,
        gateway::{self, Gateway},
        node,
        settings::Settings,
    },
};

/// The variable that says where Ollama is.
const OLLAMA_HOST: &str = "OLLAMA_HOST";
/// The variable that says where its models are.
const OLLAMA_MODELS: &str = "OLLAMA_MODELS";
/// An Ollama on this computer that is well answers at once; what is known already took its time.
const BESIDE: Duration = Duration::from_millis(500);
/// How far from the taken port a free one is looked for.
const PORTS_TRIED: u16 = 20;

/// Finds out what the judge asked for. OpenClaw's part waits for nothing of Ollama's: a program that hangs holds up its
/// own side only.
pub(super) async fn second_stage(computer: &Computer, facts: &mut Facts, needs: &[Need]) {
    let of_openclaw = |need: &Need| matches!(need, Need::Nodes | Need::Elsewhere | Need::GatewayOwner(_));
    let (openclaws, ollamas): (Vec<Need>, Vec<Need>) = needs.iter().partition(|need| of_openclaw(need));
    let mut beside = facts.clone();
    tokio::join!(
        find_out(computer, facts, &ollamas),
        // Of this copy only OpenClaw's part is changed.
        find_out(computer, &mut beside, &openclaws)
    );
    facts.openclaw = beside.openclaw;
}

/// One after the other: the log is where the service says.
async fn find_out(computer: &Computer, facts: &mut Facts, needs: &[Need]) {
    for need in needs {
        let surroundings = &computer.surroundings;
        match *need {
            Need::Service => {
                if !facts.asked_early {
                    facts.service = service::look(surroundings).await;
                }
                facts.rights = service::rights(surroundings);
                facts.service_without_program = is_without_program(facts).await;
            }
            Need::Log => {
                if !facts.asked_early {
                    facts.log = log::read(surroundings, &computer.folders, facts.service.as_ref()).await;
                }
                facts.models_folder = models_folder(computer, facts);
                facts.absent_folder = absent_folder(facts).await;
                look_where_it_was_told(computer, facts).await;
                let secrets = facts.unit().map(service::Service::secrets).unwrap_or_default();
                facts.log.iter_mut().for_each(|log| log.hide(&secrets));
            }
            Need::PortOwner(port) => {
                facts.owner = owner(computer, facts.effective.address.with_port(port)).await;
            }
            Need::FreePort(port) => facts.free_port = free_port(port).await,
            Need::ReservedPorts => facts.reserved_ports = reserved::ports(surroundings).await,
            Need::Variable => {
                let value = surroundings.environment.get(OLLAMA_HOST).unwrap_or_default();
                facts.variable = Some(variable::find(surroundings, OLLAMA_HOST, value).await);
            }
            Need::ClientVersion => {
                if let Some(program) = &facts.program {
                    facts.client_version = program::client_version(surroundings, program).await;
                }
            }
            Need::Nodes | Need::Elsewhere if facts.asked_early => {}
            Need::Nodes => {
                if let Some(program) = &facts.openclaw.program {
                    let known = &computer.remembered().nodes;
                    (facts.openclaw.nodes, facts.openclaw.silent_node) =
                        node::versions(surroundings, &program.path, known).await;
                }
            }
            Need::Elsewhere => {
                let last = &computer.remembered().elsewhere;
                let port = facts
                    .openclaw
                    .settings
                    .read()
                    .map_or_else(|| Settings::default().gateway(), Settings::gateway);
                let answers = (facts.openclaw.gateway == Gateway::Answers).then_some(port);
                facts.openclaw.elsewhere = elsewhere::look(surroundings, last, answers).await;
            }
            Need::GatewayOwner(port) => {
                let found = owner(computer, Address::loopback(port)).await;
                let silent = facts.openclaw.gateway == Gateway::Silent;
                facts.openclaw.gateway_is_other = silent && gateway::is_other(port, found.as_ref()).await;
                facts.openclaw.gateway_owner = found;
            }
        }
    }
}

/// What may not be looked at is not said to be missing.
async fn is_without_program(facts: &Facts) -> bool {
    let Some(program) = facts.unit().and_then(|unit| unit.program.as_deref()) else { return false };
    matches!(tokio::fs::try_exists(program).await, Ok(false))
}

async fn owner(computer: &Computer, address: Address) -> Option<crate::machine::port_owner::PortOwner> {
    let now = computer.surroundings.now();
    tokio::task::spawn_blocking(move || port_owner(&address, now)).await.ok().flatten()
}

/// Where models are to be by what is set now; a unit that names none has the home of its user, which is not known.
fn models_folder(computer: &Computer, facts: &Facts) -> Option<String> {
    if let Some(unit) = facts.unit() {
        return unit.variable(OLLAMA_MODELS).map(str::to_owned);
    }
    let surroundings = &computer.surroundings;
    let set = surroundings.environment.get(OLLAMA_MODELS).filter(|folder| !folder.is_empty()).map(Into::into);
    set.or_else(|| Some(surroundings.home.join(".ollama").join("models").display().to_string()))
}

/// The folder of models that the last run could not make, or that the unit names, when it is not there. One that may
/// not be looked at is not said to be missing.
async fn absent_folder(facts: &Facts) -> Option<String> {
    let failed = facts.sign().and_then(|(sign, _)| match sign {
        Sign::FolderForbidden { folder } | Sign::FolderMissing { folder } => Some(folder),
        Sign::AddressInUse {} => None,
    });
    let told = || facts.unit().and_then(|unit| unit.variable(OLLAMA_MODELS)).map(str::to_owned);
    let folder = failed.or_else(told)?;
    let path = PathBuf::from(&folder);
    let is_absent = tokio::task::spawn_blocking(move || matches!(path.try_exists(), Ok(false))).await;
    is_absent.unwrap_or_default().then_some(folder)
}

/// Ollama may listen where its unit, or its last run by its own words, was told to.
async fn look_where_it_was_told(computer: &Computer, facts: &mut Facts) {
    let unit = facts.unit().and_then(|unit| unit.variable("OLLAMA_HOST")).map(str::to_owned);
    let run = facts.log.as_ref().and_then(|log| log.variable("OLLAMA_HOST"));
    let told = [unit, run].into_iter().flatten().filter_map(|host| Address::from_ollama_host(&host));
    let mut told: Vec<Address> = told.filter(Address::is_loopback).collect();
    told.dedup();
    let known = |address: &Address| {
        facts.effective.address == *address || facts.others.iter().any(|other| other.address == *address)
    };
    told.retain(|address| !known(address));
    let probes = told.into_iter().map(|address| probe(computer, address, AddressSource::Default)).collect();
    let found = tokio::time::timeout(BESIDE, collect(probes)).await;
    facts.others.extend(found.ok().and_then(Result::ok).unwrap_or_default());
}

async fn free_port(taken: u16) -> Option<u16> {
    let ports = (1..=PORTS_TRIED).filter_map(|step| taken.checked_add(step));
    for port in ports {
        if tokio::net::TcpListener::bind(("127.0.0.1", port)).await.is_ok() {
            return Some(port);
        }
    }
    None
}
