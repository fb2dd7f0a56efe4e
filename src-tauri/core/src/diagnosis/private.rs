//! Looks for what must not stand in a report, and for what it says beside the facts. Blocking; nothing is shown here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{redact::Private, report::System};
use crate::{
    computer::{AddressSource, Computer},
    ollama::address,
    openclaw::{
        home::OpenclawHome,
        outcome::ReceiptSummary,
        secrets::{self, found},
        settings::{Settings, read_bounded},
    },
    surroundings::Environment,
};

/// More agents or stored credentials than these are no person's.
const FILES: usize = 200;
/// Names like a secret's whose values are none.
const NO_SECRETS: [&str; 4] = ["PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY"];
/// Variables with the user's name.
const USERS: [&str; 4] = ["USER", "LOGNAME", "USERNAME", "SUDO_USER"];
/// Variables with this computer's name.
const COMPUTERS: [&str; 4] = ["HOSTNAME", "HOST", "COMPUTERNAME", "USERDOMAIN"];

/// What is private on this computer.
pub(crate) fn private(computer: &Computer) -> Private {
    let surroundings = &computer.surroundings;
    let variable = |name: &&str| surroundings.environment.get(name).map(str::to_owned);
    let home = &surroundings.home;
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned());
    Private {
        homes: homes(home),
        users: USERS.iter().filter_map(variable).chain(name).collect(),
        computers: COMPUTERS.iter().filter_map(variable).chain(sysinfo::System::host_name()).collect(),
        secrets: in_environment(&surroundings.environment)
            .chain(in_addresses(computer))
            .chain(in_files(computer))
            .collect(),
    }
}

/// The home folder as it is, without links, and with the other slashes: as a URL, and as JSON has it.
fn homes(home: &Path) -> Vec<String> {
    let real = fs::canonicalize(home).ok();
    let each = [Some(home.to_path_buf()), real].into_iter().flatten();
    each.flat_map(|path| {
        let text = path.display().to_string();
        let text = text.trim_end_matches(['/', '\\']).trim_start_matches(r"\\?\").to_owned();
        [text.replace('\\', "/"), text.replace('\\', r"\\"), text]
    })
    .collect()
}

fn in_environment(environment: &Environment) -> impl Iterator<Item = String> + '_ {
    let named = environment.iter().filter(|(name, _)| !NO_SECRETS.contains(name));
    named.flat_map(
        |(name, value)| {
            if secrets::is_secret_key(name) { vec![value.to_owned()] } else { found::in_text(value) }
        },
    )
}

/// Who asks, in the addresses of Ollama as written: a log or an error may cut them at the wrong place.
fn in_addresses(computer: &Computer) -> Vec<String> {
    let configuration = computer.configuration().ok().flatten();
    let settings = configuration.map(|configuration| Settings::of(configuration.value()));
    let sources = [AddressSource::Pincer, AddressSource::Settings, AddressSource::Environment];
    let written = sources.into_iter().filter_map(|source| computer.written(source, settings.as_ref()));
    written.flat_map(|text| address::user_parts(&text)).collect()
}

/// In OpenClaw's settings, its `.env`, and what it stores for agents.
fn in_files(computer: &Computer) -> Vec<String> {
    let home = computer.openclaw();
    let text = |path: &Path| {
        let bytes = read_bounded(path).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut all = match computer.configuration() {
        Ok(Some(configuration)) => found::in_value(configuration.value()),
        Ok(None) => Vec::new(),
        Err(_) => found::in_text(&text(&home.config)),
    };
    all.extend(found::in_text(&text(&home.env_file())));
    for file in stored(&home) {
        let text = text(&file);
        all.extend(match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(value) => found::in_credentials(&value.into()),
            Err(_) => found::in_text(&text),
        });
    }
    all
}

fn stored(home: &OpenclawHome) -> Vec<PathBuf> {
    let inside = |folder: PathBuf| {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).take(FILES)
    };
    let agents = inside(home.state.join("agents")).flat_map(|agent| inside(agent.join("agent")));
    let all = agents.chain(inside(home.state.join("credentials")));
    all.filter(|path| path.extension().is_some_and(|end| end == "json")).take(FILES).collect()
}

/// What the report says beside the facts.
pub(super) fn system(computer: &Computer, changes: Vec<ReceiptSummary>) -> System {
    let surroundings = &computer.surroundings;
    let matters = |name: &str| {
        let upper = name.to_uppercase();
        upper.starts_with("OLLAMA_") || upper.starts_with("OPENCLAW_") || upper.ends_with("_PROXY")
    };
    let environment = surroundings.environment.iter().filter(|(name, _)| matters(name));
    let name = sysinfo::System::long_os_version().unwrap_or_default();
    let kernel = sysinfo::System::kernel_version().unwrap_or_default();
    System {
        made: surroundings.now(),
        name: format!("{name}, kernel {kernel}, {}", std::env::consts::ARCH),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        changes,
    }
}
