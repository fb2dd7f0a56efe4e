//! The judge's part on OpenClaw itself: is it here, and does its gateway start. Where it lives elsewhere its settings
//! do, too. Rules: docs/causes.md.

use super::{action, connection, finding, installed, link, manual};
use crate::{
    diagnosis::{
        facts::{Facts, Need, SettingsFact},
        finding::{Cause, Finding, Offer, Remedy},
    },
    machine::port_owner::PortOwner,
    models::catalogue,
    ollama::{address::Address, names},
    openclaw::{
        elsewhere::{
            Behind, Container, Distribution, Elsewhere, behind,
            route::{Route, route},
        },
        gateway::{
            self, Gateway,
            lack::{Lack, is_seen_here},
        },
        node,
        outcome::Mode,
        settings::{LOCAL, Settings},
    },
};

pub(super) fn needs(facts: &Facts) -> Vec<Need> {
    let gateway = facts.openclaw.gateway;
    let owner = |asked: bool| asked.then(|| Need::GatewayOwner(port(facts)));
    match &facts.openclaw.program {
        None => [Need::Elsewhere].into_iter().chain(owner(gateway.is_there())).collect(),
        // A gateway that answers has a Node that does.
        Some(program) => {
            let nodes = program.node.is_some() && gateway != Gateway::Answers;
            let nodes = nodes.then_some(Need::Nodes);
            nodes.into_iter().chain(owner(gateway == Gateway::Silent)).collect()
        }
    }
}

/// What is wrong with OpenClaw itself, first what hides the rest.
pub(super) fn openclaw(facts: &Facts) -> Vec<Finding> {
    if let Some(elsewhere) = elsewhere(facts) {
        return vec![elsewhere];
    }
    if let Some(absent) = not_installed(facts) {
        return [absent].into_iter().chain(port_taken(facts)).collect();
    }
    let start = node_too_old(facts)
        .or_else(|| port_taken(facts))
        .or_else(|| mode_unset(facts))
        .or_else(|| no_token(facts))
        .or_else(|| stopped(facts))
        .or_else(|| not_at_login(facts));
    start.into_iter().chain(rejected(facts)).chain(unseen(facts)).collect()
}

/// OpenClaw itself does not list the chosen model, although Ollama has it and the settings are in order.
fn unseen(facts: &Facts) -> Option<Finding> {
    let openclaw = &facts.openclaw;
    let listed = openclaw.sees.as_deref()?;
    let told = openclaw.settings.read()?;
    let primary = told.primary_id()?;
    let model = installed(facts)?.iter().find(|model| names::same(&model.id, primary))?;
    let accepted = openclaw.verdict.as_ref().is_none_or(Vec::is_empty) && openclaw.refused.is_empty();
    // Where OpenClaw asks another Ollama, that is the cause.
    let same = facts.openclaws.is_none();
    if !accepted || !same || listed.iter().any(|id| names::same(id, primary)) {
        return None;
    }
    let name = model.id.clone();
    let seen = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let seen = vec![format!("openclaw models list --all --provider ollama: {seen}")];
    let offers = vec![action(Remedy::UseModel { name: name.clone() })];
    Some(finding(Cause::OpenclawDoesNotSeeModel { name }, seen, offers))
}

fn port(facts: &Facts) -> u16 {
    facts.openclaw.settings.read().map_or_else(|| Settings::default().gateway(), Settings::gateway)
}

/// It runs on this computer, but neither its program nor its settings are here.
pub(super) fn elsewhere(facts: &Facts) -> Option<Finding> {
    let openclaw = &facts.openclaw;
    if let Some(remote) = remote(facts) {
        return Some(remote);
    }
    if openclaw.program.is_some() {
        return None;
    }
    let seen_at = &openclaw.elsewhere;
    let container = seen_at.container.as_ref().map(|container| container.name.clone());
    let distribution = seen_at.distribution.as_ref().map(|distribution| distribution.name.clone());
    let port = port(facts);
    let mut seen = vec!["no program named openclaw on PATH or where npm puts it".to_owned()];
    seen.extend(seen_at.container.iter().map(|container| {
        let Container { name, engine, network } = container;
        format!("{} ps: the container {name} (network: {network:?})", engine.program())
    }));
    seen.extend(seen_at.distribution.iter().map(|distribution| {
        let Distribution { name, networking } = distribution;
        format!("wsl --list: {name} has a folder .openclaw (networking: {networking:?})")
    }));
    if openclaw.gateway == Gateway::Answers {
        seen.push(format!("a gateway answers on port {port}"));
    }
    let owner = openclaw.gateway_owner.as_ref();
    let answers = openclaw.gateway == Gateway::Answers && !gateway::is_runtime(owner);
    let owner = owner.and_then(|owner: &PortOwner| owner.name.as_deref());
    if !seen_at.is_seen() && !answers {
        return None;
    }
    let held = owner.filter(|_| !seen_at.is_seen()).and_then(behind);
    seen.extend(openclaw.gateway_owner.iter().filter(|_| held.is_some()).map(connection::port_belongs_to));
    let address = &facts.effective.address;
    let remedy = configure(route(seen_at, held, address), address);
    let cause = Cause::OpenclawElsewhere {
        container,
        distribution,
        contained: held == Some(Behind::Container),
        forwarded: held == Some(Behind::Remote),
        remote: None,
        port,
    };
    Some(finding(cause, seen, vec![manual(remedy, None)]))
}

fn configure(route: Route, address: &Address) -> Remedy {
    Remedy::ConfigureElsewhere { text: route.text(), url: route.url, port: address.port(), way: route.way }
}

/// Its settings here are those of a client: they say on which other computer the gateway runs, and that one asks for
/// models by its own.
fn remote(facts: &Facts) -> Option<Finding> {
    let told = facts.openclaw.settings.read().filter(|told| !told.is_local())?;
    let mode = told.gateway_mode.clone().unwrap_or_default();
    let host = told.gateway_host();
    let mut seen = vec![format!("{}: gateway.mode is {mode}", facts.openclaw.file.display())];
    seen.extend(host.iter().map(|host| format!("gateway.remote.url leads to {host}")));
    let address = &facts.effective.address;
    let there = Elsewhere { own: facts.openclaw.seen_from_gateway, ..Elsewhere::default() };
    let remedy = configure(route(&there, Some(Behind::Remote), address), address);
    let cause = Cause::OpenclawElsewhere {
        container: None,
        distribution: None,
        contained: false,
        forwarded: false,
        remote: Some(host.unwrap_or_else(|| format!("gateway.mode: {mode}"))),
        port: port(facts),
    };
    Some(finding(cause, seen, vec![manual(remedy, None)]))
}

fn not_installed(facts: &Facts) -> Option<Finding> {
    // Something on its port may be it, unless it is known to be another.
    let other = facts.openclaw.gateway_is_other;
    if facts.openclaw.program.is_some() || (facts.openclaw.gateway.is_there() && !other) {
        return None;
    }
    let unasked = facts.openclaw.elsewhere.unasked.map(|engine| engine.program().to_owned());
    let on_port = if other { "another program" } else { "nothing" };
    let seen =
        format!("no program named openclaw on PATH or where npm puts it; {on_port} on its gateway's port");
    let mut seen = vec![seen];
    seen.extend(unasked.iter().map(|engine| format!("{engine} ps: no answer")));
    let mut offers = vec![action(Remedy::InstallOpenclaw {}), link(Remedy::GetOpenclaw {})];
    // Settings can be prepared all the same: it finds them when it is installed.
    let told = facts.openclaw.settings.read().cloned().unwrap_or_default();
    let readable = match facts.openclaw.settings {
        SettingsFact::Unreadable(_) => false,
        // They may be for nobody.
        SettingsFact::Absent => unasked.is_none(),
        SettingsFact::Read(_) => true,
    };
    if readable && told.mode(facts.openclaw.key_anywhere()) == Mode::Off {
        let best = installed(facts).and_then(|models| catalogue::best_ready(models, &facts.known()));
        offers.extend(best.map(|model| action(Remedy::UseModel { name: model.id.clone() })));
    }
    let cause = Cause::OpenclawNotInstalled { state_folder: facts.openclaw.state_folder, unasked };
    Some(finding(cause, seen, offers))
}

/// Every Node that is here is outside of what the package asks for.
fn node_too_old(facts: &Facts) -> Option<Finding> {
    let required = facts.openclaw.program.as_ref()?.node.clone()?;
    let nodes = &facts.openclaw.nodes;
    let version = node::too_old(&required, nodes, facts.openclaw.silent_node)?.to_owned();
    if facts.openclaw.gateway == Gateway::Answers {
        return None;
    }
    let seen = vec![
        format!("node --version: {}", nodes.join(", ")),
        format!("engines.node in OpenClaw's package.json: {required}"),
    ];
    let offers = vec![manual(Remedy::UpdateNode { required: required.clone() }, None)];
    Some(finding(Cause::OpenclawNodeTooOld { version, required }, seen, offers))
}

/// The settings of an OpenClaw whose gateway would listen on this computer's loopback, and does not.
fn quiet(facts: &Facts) -> Option<&Settings> {
    let told = facts.openclaw.settings.read().filter(|told| is_seen_here(told))?;
    (facts.openclaw.gateway == Gateway::None && facts.openclaw.program.is_some()).then_some(told)
}

/// What that gateway lacks to start.
fn lack(facts: &Facts) -> Option<Lack> {
    Lack::of(quiet(facts)?, facts.openclaw.gateway_has_secret)
}

/// Another program is where its gateway would listen. In another mode that is another computer.
fn port_taken(facts: &Facts) -> Option<Finding> {
    let openclaw = &facts.openclaw;
    let mode = openclaw.settings.read().and_then(|told| told.gateway_mode.as_deref());
    if !openclaw.gateway_is_other || mode.is_some_and(|mode| mode != LOCAL) {
        return None;
    }
    let (port, owner) = (port(facts), openclaw.gateway_owner.as_ref());
    let mut seen = vec![format!("what listens on port {port} does not answer GET /healthz as OpenClaw does")];
    seen.extend(owner.map(connection::port_belongs_to));
    let file = matches!(openclaw.settings, SettingsFact::Read(_)) && openclaw.program.is_some();
    let edit = file.then(|| manual(Remedy::EditFile { path: openclaw.file.display().to_string() }, None));
    let cause = Cause::OpenclawGatewayPortTaken {
        port,
        program: owner.and_then(|owner| owner.name.clone()),
        pid: owner.and_then(|owner| owner.pid),
        owner: owner.and_then(|owner| owner.user.clone()),
    };
    Some(finding(cause, seen, edit.into_iter().chain(owner.and_then(connection::closing)).collect()))
}

fn mode_unset(facts: &Facts) -> Option<Finding> {
    lack(facts).filter(|lack| *lack == Lack::Mode)?;
    let seen = vec![
        format!("{}: no gateway.mode", facts.openclaw.file.display()),
        format!("nothing listens on port {}", port(facts)),
    ];
    Some(finding(Cause::OpenclawGatewayModeUnset {}, seen, vec![action(Remedy::SetGatewayMode {})]))
}

/// It would listen to the network, and has nothing to ask for.
fn no_token(facts: &Facts) -> Option<Finding> {
    lack(facts).filter(|lack| *lack == Lack::Token)?;
    let told = facts.openclaw.settings.read()?;
    let bind = told.gateway_bind.clone()?;
    let auth = told.gateway_auth.as_deref().map_or_else(
        || "neither gateway.auth.token nor gateway.auth.password is set".to_owned(),
        |mode| format!("gateway.auth.mode is {mode}, and what it asks for is not set"),
    );
    let file = facts.openclaw.file.display();
    let seen = vec![format!("{file}: gateway.bind is {bind}"), format!("{file}: {auth}")];
    let cause = Cause::OpenclawGatewayNoToken { bind };
    Some(finding(cause, seen, vec![action(Remedy::SetGatewayToken {})]))
}

/// It runs, and after the next start of the computer it would not. Said where OpenClaw's own command can change it.
fn not_at_login(facts: &Facts) -> Option<Finding> {
    facts.openclaw.may_start_at_login.then(|| {
        let seen = vec!["OpenClaw's own service is not installed".to_owned()];
        finding(Cause::OpenclawGatewayNotAtLogin {}, seen, vec![action(Remedy::GatewayAtLogin {})])
    })
}

fn stopped(facts: &Facts) -> Option<Finding> {
    // In another mode the gateway is on another computer.
    quiet(facts).filter(|told| told.gateway_mode.as_deref() == Some("local"))?;
    let port = port(facts);
    let command = ["openclaw", "gateway", "run"].map(str::to_owned).to_vec();
    let offers = vec![Offer { command: Some(command), ..action(Remedy::StartGateway {}) }];
    let mut seen = vec![format!("nothing listens on port {port}")];
    if facts.openclaw.at_login {
        seen.push("OpenClaw's own service is set to start it with the computer".to_owned());
        return Some(finding(Cause::OpenclawGatewayDidNotStart { port }, seen, offers));
    }
    Some(finding(Cause::OpenclawGatewayStopped { port }, seen, offers))
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
