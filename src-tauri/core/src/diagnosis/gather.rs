//! Gathers the facts: first what is cheap, all at once, each with its own limit; then only what the judge
//! asks for. Nothing is concluded here.

use std::{net::SocketAddr, time::Duration};

use futures_util::future;

use super::{
    facts::{Answer, Candidate, Facts, Need, OpenclawFacts, SettingsFact},
    finding::AddressSource,
    proxy,
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::port_owner::port_owner,
    models::discovery::Discovery,
    ollama::{
        address::{Address, DEFAULT_PORT},
        client::{Client, Limits},
        program,
    },
    openclaw::{
        program as openclaw_program,
        settings::{self, KEY_VARIABLE, Settings},
    },
};

/// A server that is up answers its greeting at once; one that is silent this long is silent.
const LOOK: Limits = Limits {
    connect: Duration::from_millis(1500),
    answer: Duration::from_secs(3),
    stream: Duration::from_secs(3),
};
/// The gateway is on loopback: it connects at once or not at all.
const GATEWAY: Duration = Duration::from_millis(300);
/// How far from the taken port a free one is looked for.
const PORTS_TRIED: u16 = 20;

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
    let mut addresses = files.addresses.into_iter();
    let (address, source) = addresses.next().unwrap_or((Address::default(), AddressSource::Default));
    let mut other: Vec<(Address, AddressSource)> = addresses.collect();
    if let Ok(ipv6) = Address::parse(&format!("[::1]:{DEFAULT_PORT}")) {
        other.push((ipv6, AddressSource::Default));
    }
    let effective = async {
        let client = Client::new(&address, &computer.surroundings.environment, LOOK)?;
        let candidate = look(&client, address.clone(), source).await;
        let models = match candidate.answer {
            Answer::Ollama => Some(discovery.look(&computer.client(&address)?).await),
            _ => None,
        };
        Ok::<_, Error>((candidate, models))
    };
    let others = future::try_join_all(other.into_iter().map(|(address, source)| async move {
        let client = Client::new(&address, &computer.surroundings.environment, LOOK)?;
        Ok::<_, Error>(look(&client, address, source).await)
    }));
    let port =
        files.openclaw.settings.read().map_or_else(|| Settings::default().gateway(), Settings::gateway);
    // The other addresses matter only when the effective one does not answer: a healthy look does not wait.
    let (effective, gateway) = tokio::join!(effective, connects(port));
    let (effective, models) = effective?;
    let others = if effective.answer == Answer::Ollama { Vec::new() } else { others.await? };
    let proxy =
        proxy::covering(&effective.address, &files.proxies).filter(|_| effective.address.is_loopback());
    Ok(Facts {
        effective,
        others,
        models,
        program: files.program,
        proxy,
        openclaw: OpenclawFacts { gateway, ..files.openclaw },
        service: None,
        owner: None,
        free_port: None,
    })
}

/// Second stage: what the judge asked for.
pub async fn second_stage(computer: &Computer, facts: &mut Facts, needs: &[Need]) {
    for need in needs {
        match *need {
            Need::Service => facts.service = Some(program::has_service(&computer.surroundings).await),
            Need::PortOwner(port) => {
                let now = computer.surroundings.now();
                facts.owner = tokio::task::spawn_blocking(move || port_owner(port, now)).await.ok().flatten();
            }
            Need::FreePort(port) => facts.free_port = free_port(port).await,
        }
    }
}

struct Files {
    addresses: Vec<(Address, AddressSource)>,
    program: Option<std::path::PathBuf>,
    openclaw: OpenclawFacts,
    /// Name, value, place; the ones that win first.
    proxies: Vec<(String, String, String)>,
}

fn look_at_files(computer: &Computer) -> Files {
    let home = computer.openclaw();
    let settings = match computer.document() {
        Ok(None) => SettingsFact::Absent,
        Ok(Some(document)) => SettingsFact::Read(Settings::of(document.value())),
        Err(error) => SettingsFact::Unreadable(error),
    };
    let environment = &computer.surroundings.environment;
    let key = environment.get(KEY_VARIABLE).is_some()
        || settings::in_env_file(&home, KEY_VARIABLE).is_some()
        || settings::has_stored_credential(&home);
    let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
    let names = || names.into_iter().flat_map(|name| [name.to_owned(), name.to_uppercase()]);
    let own = names().filter_map(|name| {
        let value = environment.get(&name)?.to_owned();
        Some((name, value, "environment".to_owned()))
    });
    let env_file = home.env_file();
    let in_file = names().filter_map(|name| {
        let value = settings::in_env_file(&home, &name)?;
        Some((name, value, env_file.display().to_string()))
    });
    Files {
        addresses: computer.addresses(settings.read()),
        program: program::find(&computer.surroundings),
        proxies: own.chain(in_file).collect(),
        openclaw: OpenclawFacts {
            file: home.config.clone(),
            program: openclaw_program::find(&computer.surroundings),
            state_folder: home.state.is_dir(),
            gateway: false,
            settings,
            key,
        },
    }
}

async fn look(client: &Client, address: Address, source: AddressSource) -> Candidate {
    let (answer, evidence) = match client.greeting().await {
        Ok(true) => (Answer::Ollama, "answers as Ollama".to_owned()),
        // A reverse proxy may serve the API and not the greeting.
        Ok(false) => match client.version().await {
            Ok(version) => (Answer::Ollama, format!("answers /api/version: {version}")),
            // An error in Ollama's own form is Ollama's.
            Err(error) if matches!(&error.code, ErrorCode::OllamaStatus { message, .. } if !message.is_empty()) =>
            {
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
    Candidate { evidence: format!("{address}: {evidence}"), address, source, answer }
}

async fn connects(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let connect = tokio::net::TcpStream::connect(address);
    matches!(tokio::time::timeout(GATEWAY, connect).await, Ok(Ok(_)))
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
