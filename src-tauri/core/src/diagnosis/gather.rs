//! Gathers the facts, first stage: what is cheap, all at once, each with its own limit. Nothing is concluded here.
//! What the judge asks for beyond that is in `second_stage`.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use tokio::task::JoinHandle;

use super::{
    early::Early,
    facts::{Answer, Candidate, Facts, OpenclawFacts, SettingsFact},
    proxy,
};
use crate::{
    computer::{AddressSource, Computer},
    error::{Error, ErrorCode},
    machine::{
        memory::Memory,
        own_address::{is_here, seen_from},
    },
    models::{
        check::{Checked, store},
        discovery::{Discovered, Discovery},
    },
    ollama::{
        address::{Address, DEFAULT_PORT, Slip, slip},
        client::{Client, Limits},
        login,
        own::Own,
        program,
        service::Rights,
        store::{self as model_store, Store},
        wire::Loaded,
    },
    openclaw::outcome::Mode,
    openclaw::{
        dialect::Dialect,
        document::Value,
        elsewhere::Elsewhere,
        gateway::{self, Gateway},
        include::Configuration,
        intent, prepare, program as openclaw_program, secrets, service_file,
        settings::{self, KEY_VARIABLE, LOCAL, PROVIDER, Settings},
    },
};

/// A server that is up answers its greeting at once; one that is silent this long is silent.
const LOOK: Limits = Limits {
    connect: Duration::from_millis(1500),
    answer: Duration::from_secs(3),
    stream: Duration::from_secs(3),
};
/// `localhost` is in a file of the system: it resolves at once or not at all.
const RESOLVE: Duration = Duration::from_secs(1);
/// What servers say in plain text to one who speaks plain HTTP to their TLS port: Go's, nginx, Apache.
const WANTS_TLS: [&str; 3] = [
    "sent an HTTP request to an HTTPS server",
    "plain HTTP request was sent to HTTPS port",
    "speaking plain HTTP to an SSL-enabled server port",
];
/// How far an Ollama that was moved is looked for; a refused port answers at once.
const PORTS_BESIDE: u16 = 4;

/// First stage. `discovery` remembers what show said; a new one asks about every model.
///
/// # Errors
/// [`ErrorCode::Internal`] when the platform gives no TLS, or a task of ours died.
pub async fn first_stage(computer: &Computer, discovery: &mut Discovery) -> Result<Facts, Error> {
    let looked = {
        let computer = computer.clone();
        tokio::task::spawn_blocking(move || look_at_files(&computer))
    };
    let files = looked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
    let mut addresses = files.addresses.iter().cloned();
    let (address, source) = addresses.next().unwrap_or((Address::default(), AddressSource::Default));
    // In parallel, and given up as soon as the effective one answers: a healthy look does not wait for them.
    let others: Vec<_> = addresses
        .chain(neighbours(&address))
        .map(|(address, source)| probe(computer, address, source))
        .collect();
    let openclaws = files.openclaws.clone().filter(|own| *own != address);
    let openclaws = openclaws.map(|own| probe(computer, own, AddressSource::Settings));
    let port =
        files.openclaw.settings.read().map_or_else(|| Settings::default().gateway(), Settings::gateway);
    let program = files.openclaw.program.as_ref().map(|program| program.path.clone());
    let early = Early::ask(computer, program, port);
    let effective = async {
        let client = Client::new(&address, &computer.surroundings.environment, LOOK)?;
        let candidate = look(&client, address.clone(), source).await;
        if candidate.answer != Answer::Ollama {
            return Ok((candidate, None, Asked::default()));
        }
        let asked = ask(&client, &computer.client(&address)?, discovery).await;
        Ok::<_, Error>((candidate, asked.0, asked.1))
    };
    let (effective, gateway) = tokio::join!(effective, gateway::look(port));
    let (effective, models, Asked { loaded, busy }) = effective?;
    let waited = effective.answer == Answer::Silent && effective.address.is_loopback();
    let early = if waited { early.said().await } else { None };
    let mut others = if effective.answer == Answer::Ollama { Vec::new() } else { collect(others).await? };
    if effective.wants_tls {
        let encrypted = probe(computer, effective.address.secure(), AddressSource::Default);
        others.extend(collect(vec![encrypted]).await?);
    }
    let openclaws = collect(openclaws.into_iter().collect()).await?.into_iter().next();
    let mut openclaw = OpenclawFacts { gateway, ..files.openclaw };
    let asked_early = early.is_some();
    let (mut service, mut log) = (None, None);
    if let Some(said) = early {
        (service, log) = (said.service, said.log);
        let of_openclaw = said.openclaw;
        (openclaw.nodes, openclaw.silent_node) = (of_openclaw.nodes, of_openclaw.silent_node);
        openclaw.elsewhere = of_openclaw.elsewhere;
    }
    let told = openclaw.settings.read();
    let local = told.is_some_and(|told| told.gateway_mode.as_deref() == Some(LOCAL));
    if local && gateway == Gateway::Answers && openclaw.program.is_some() && !openclaw.at_login {
        openclaw.may_start_at_login = gateway::login::is_possible(computer).await;
    }
    if let Some(host) = told.and_then(Settings::gateway_host) {
        openclaw.seen_from_gateway = seen_from_host(&host).await;
    }
    let of_service = proxy::covering(&effective.address, &files.proxies.of_service, false);
    let proxy = of_service.or_else(|| proxy::covering(&effective.address, &files.proxies.here, true));
    let proxy = proxy.filter(|_| effective.address.is_loopback());
    let localhost = if effective.answer != Answer::Ollama && effective.address.host() == "localhost" {
        resolved("localhost", effective.address.port()).await
    } else {
        Vec::new()
    };
    let installed = models.as_ref().and_then(|found| found.as_ref().ok());
    let here = store::Here::of(computer, &effective.address);
    let checked =
        installed.map(|found| store::by_id(&found.models, &files.checks, &here)).unwrap_or_default();
    let host = effective.address.to_string();
    let at_it = files.checks.values().filter(|checked| checked.host.as_ref() == Some(&host));
    let last_check = at_it.max_by_key(|checked| checked.at).cloned();
    Ok(Facts {
        last_check,
        remote: !is_here(&effective.address),
        written: files.written,
        invalid_base_url: files.invalid_base_url,
        os: computer.surroundings.os,
        localhost,
        effective,
        others,
        openclaws,
        loaded,
        busy,
        stores: files.stores,
        memory: files.memory,
        checked,
        models,
        program: files.program,
        not_executable: files.not_executable,
        proxy,
        openclaw,
        asked_early,
        service_without_program: false,
        rights: Rights::default(),
        at_login: files.at_login,
        enabled_at_login: files.enabled_at_login,
        own: files.own,
        log,
        service,
        models_folder: None,
        absent_folder: None,
        client_version: None,
        owner: None,
        free_port: None,
        variable: None,
        reserved_ports: Vec::new(),
    })
}

/// What a server that greets says beyond its models.
#[derive(Default)]
struct Asked {
    loaded: Vec<Loaded>,
    busy: Option<String>,
}

/// Asks what is installed and what is loaded. What is loaded is known at once, or the server is not well: then what is
/// installed is not waited for either.
async fn ask(
    quick: &Client,
    client: &Client,
    discovery: &mut Discovery,
) -> (Option<Result<Discovered, Error>>, Asked) {
    let mut models = std::pin::pin!(discovery.look(client));
    let mut running = std::pin::pin!(quick.ps());
    let mut known = None;
    let loaded = loop {
        tokio::select! {
            found = &mut models, if known.is_none() => known = Some(found),
            loaded = &mut running => break loaded,
        }
    };
    let waits = |error: &Error| matches!(error.code, ErrorCode::OllamaSilent { .. });
    let full = |error: &Error| matches!(error.code, ErrorCode::OllamaStatus { status: 503, .. });
    let hangs = loaded.as_ref().is_err_and(waits);
    let known = match known {
        Some(known) => Some(known),
        None if hangs => Some(Err(ErrorCode::OllamaSilent { url: client.address().to_string() }.into())),
        None => Some(models.await),
    };
    let busy = match (&loaded, &known) {
        (Err(error), _) if waits(error) => Some("it greets; /api/ps is silent for 3 s".to_owned()),
        (Err(error), _) if full(error) => Some(format!("/api/ps: {}", error.detail)),
        (_, Some(Err(error))) if waits(error) => {
            Some("it greets; the list of models does not come".to_owned())
        }
        (_, Some(Err(error))) if full(error) => Some(format!("the list of models: {}", error.detail)),
        _ => None,
    };
    (known, Asked { loaded: loaded.map(|running| running.models).unwrap_or_default(), busy })
}

/// A look at an address, under way; dropping it gives it up.
pub(super) struct Probe(JoinHandle<Result<Candidate, Error>>);

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn probe(computer: &Computer, address: Address, source: AddressSource) -> Probe {
    let environment = computer.surroundings.environment.clone();
    Probe(tokio::spawn(async move {
        let client = Client::new(&address, &environment, LOOK)?;
        Ok(look(&client, address, source).await)
    }))
}

pub(super) async fn collect(probes: Vec<Probe>) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for mut probe in probes {
        let candidate = (&mut probe.0).await;
        found.push(candidate.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))??);
    }
    Ok(found)
}

/// Where else an Ollama is found: on this computer by number, on IPv6, and at the ports to which one is moved when its
/// place is taken; at the same machine with the port that was left out, and without TLS.
fn neighbours(address: &Address) -> Vec<(Address, AddressSource)> {
    let mut all: Vec<Address> = Address::parse(&format!("[::1]:{DEFAULT_PORT}")).into_iter().collect();
    if address.host() == "localhost" {
        all.extend(["127.0.0.1", "::1"].map(|host| address.with_host(host)));
    }
    if address.root() != *address {
        all.push(address.root());
    }
    if [80, 443].contains(&address.port()) {
        all.push(address.plain().with_port(DEFAULT_PORT));
    }
    if address.is_https() {
        all.push(address.plain());
    }
    if address.is_loopback() {
        all.extend(
            (1..=PORTS_BESIDE).filter_map(|step| address.port().checked_add(step)).map(Address::loopback),
        );
    }
    all.into_iter().map(|address| (address, AddressSource::Default)).collect()
}

struct Files {
    written: Option<String>,
    invalid_base_url: Option<String>,
    memory: Option<Memory>,
    addresses: Vec<(Address, AddressSource)>,
    /// Where OpenClaw will ask, when its settings tell.
    openclaws: Option<Address>,
    checks: HashMap<String, Checked>,
    stores: Vec<Store>,
    at_login: bool,
    enabled_at_login: bool,
    own: Option<u32>,
    program: Option<std::path::PathBuf>,
    not_executable: Option<std::path::PathBuf>,
    openclaw: OpenclawFacts,
    proxies: Proxies,
}

/// Variables about proxies: name, value, place; the ones that win first.
struct Proxies {
    /// As OpenClaw's service has them: its unit's, then those of the `.env` beside its settings.
    of_service: Vec<(String, String, String)>,
    /// As OpenClaw has them when it is started from where Pincer was.
    here: Vec<(String, String, String)>,
}

fn look_at_files(computer: &Computer) -> Files {
    let home = computer.openclaw();
    let openclaw_program = openclaw_program::find(&computer.surroundings);
    let (configuration, settings) = match computer.configuration() {
        Ok(None) => (None, SettingsFact::Absent),
        Ok(Some(configuration)) => match configuration.not_an_object() {
            Some(error) => (None, SettingsFact::Unreadable(error)),
            None => {
                let settings = Settings::of(configuration.value());
                (Some(configuration), SettingsFact::Read(settings))
            }
        },
        Err(error) => (None, SettingsFact::Unreadable(error)),
    };
    let environment = &computer.surroundings.environment;
    let told = settings.read().cloned().unwrap_or_default();
    let key = computer.key_beside(&home);
    let key_here = environment.get(KEY_VARIABLE).is_some();
    let on = told.mode(key || key_here) != Mode::Off;
    // Without an address in its settings OpenClaw asks Ollama's usual one.
    let openclaws = match &told.base_url {
        Some(url) => Address::parse(url).ok(),
        None => on.then(Address::default),
    };
    let version = openclaw_program.as_ref().and_then(|program| program.version).or(told.last_touched);
    let hash = configuration.as_ref().map(Configuration::hash);
    let refused = configuration.map(|all| refused(all.value(), Dialect::of(version))).unwrap_or_default();
    let stale_from = openclaws.clone().filter(|_| told.base_url.is_some());
    let stale = stale_from.map(|address| prepare::stale_agent_files(&home, &address)).unwrap_or_default();
    let names = ["http_proxy", "https_proxy", "no_proxy"];
    let names = || names.into_iter().flat_map(|name| [name.to_owned(), name.to_uppercase()]);
    let own = names().filter_map(|name| {
        let value = environment.get(&name)?.to_owned();
        Some((name, value, "this environment".to_owned()))
    });
    let env_file = home.env_file();
    let in_file = || {
        names().filter_map(|name| {
            let value = settings::in_env_file(&home, &name)?;
            Some((name, value, env_file.display().to_string()))
        })
    };
    let in_unit = service_file::variables(&computer.surroundings).into_iter();
    let in_unit = in_unit.map(|set| (set.name, set.value, set.place.display().to_string()));
    let proxies =
        Proxies { of_service: in_unit.chain(in_file()).collect(), here: own.chain(in_file()).collect() };
    let addresses = computer.addresses(settings.read());
    let own_ollama = addresses.first().and_then(|(address, _)| Own::at(&computer.folders, address));
    let source = addresses.first().map(|(_, source)| *source);
    let written = source.and_then(|source| computer.written(source, settings.read()));
    let invalid = told.base_url.as_deref().filter(|url| slip(url) == Some(Slip::PortInvalid));
    Files {
        memory: computer.memory().cloned(),
        written: written.as_deref().map(secrets::masked_address),
        invalid_base_url: invalid.map(secrets::masked_address),
        addresses,
        openclaws,
        checks: store::read(&computer.folders),
        stores: model_store::look(&computer.surroundings),
        at_login: login::is_set(&computer.surroundings),
        enabled_at_login: login::is_enabled(&computer.surroundings),
        own: own_ollama.map(|own| own.process.pid),
        program: program::find(&computer.surroundings),
        not_executable: program::not_executable(&computer.surroundings),
        proxies,
        openclaw: OpenclawFacts {
            file: home.config.clone(),
            program: openclaw_program,
            state_folder: home.state.is_dir(),
            gateway: Gateway::None,
            settings,
            key,
            key_here,
            unset: computer.unset(&told),
            env_file,
            stale: stale.into_iter().map(|file| (file.path.display().to_string(), file.url)).collect(),
            refused,
            hash,
            verdict: None,
            sees: None,
            last_change: None,
            nodes: Vec::new(),
            silent_node: false,
            elsewhere: Elsewhere::default(),
            gateway_owner: None,
            gateway_is_other: false,
            at_login: gateway::login::is_set(&computer.surroundings, &home.state),
            may_start_at_login: false,
            gateway_has_secret: told.gateway_has_secret(computer.gateway_secrets_beside(&home, true)),
            seen_from_gateway: None,
        },
    }
}

/// What of the settings this version refuses, dotted: newer keys of the provider entry, a form of the API, a flat key.
fn refused(value: &Value, dialect: Dialect) -> Vec<String> {
    let provider = value.get_path(&PROVIDER);
    let mut found: Vec<String> = intent::refused(provider, dialect)
        .iter()
        .map(|path| prepare::dotted_in_provider(path, provider))
        .collect();
    let api = provider.and_then(|entry| entry.get("api")).and_then(Value::as_str);
    if api == Some("ollama") && !dialect.native {
        found.push("models.providers.ollama.api".into());
    }
    if value.get_path(&["env", KEY_VARIABLE]).is_some() && !dialect.flat_env {
        found.push(format!("env.{KEY_VARIABLE}"));
    }
    found
}

async fn look(client: &Client, address: Address, source: AddressSource) -> Candidate {
    let (answer, evidence) = match client.greeting().await {
        Ok(true) => (Answer::Ollama, "answers as Ollama".to_owned()),
        // A reverse proxy may serve the API and not the greeting.
        Ok(false) => match client.version().await {
            Ok(version) => (Answer::Ollama, format!("answers /api/version: {version}")),
            // An error in Ollama's own form is Ollama's, and so is a refusal of the host without a word (403).
            Err(error) if is_ollamas(&error.code) => {
                let seen = error.detail.clone();
                (Answer::Failed(error), seen)
            }
            Err(error) => (Answer::Other, format!("GET / and /api/version: not Ollama ({})", error.detail)),
        },
        Err(error) => {
            let answer = match error.code {
                ErrorCode::OllamaRefused { .. } => Answer::Refused,
                ErrorCode::OllamaSilent { .. } => Answer::Silent,
                ErrorCode::OllamaNotOllama { .. } | ErrorCode::OllamaUnreadable { .. } => Answer::Other,
                _ => Answer::Failed(error.clone()),
            };
            let seen = if answer == Answer::Silent { "connected, silent for 3 s" } else { &error.detail };
            (answer, seen.to_owned())
        }
    };
    let wants_tls = answer == Answer::Other && WANTS_TLS.iter().any(|words| evidence.contains(words));
    Candidate { evidence: format!("{address}: {evidence}"), address, source, answer, wants_tls }
}

fn is_ollamas(code: &ErrorCode) -> bool {
    matches!(code, ErrorCode::OllamaStatus { message, status, .. } if !message.is_empty() || *status == 403)
}

/// Which address of ours a computer sees, given as `host:port`.
async fn seen_from_host(host: &str) -> Option<IpAddr> {
    let there = Address::parse(host).ok()?;
    let named = there.host().trim_matches(['[', ']']).parse().ok();
    let ip = match named {
        Some(ip) => Some(ip),
        None => resolved(there.host(), there.port()).await.into_iter().next(),
    };
    ip.and_then(seen_from)
}

/// What a name is here, in the system's order; nothing when it does not resolve in time.
async fn resolved(name: &str, port: u16) -> Vec<IpAddr> {
    let found = tokio::time::timeout(RESOLVE, tokio::net::lookup_host((name, port))).await;
    found.ok().and_then(Result::ok).into_iter().flatten().map(|address| address.ip()).collect()
}
