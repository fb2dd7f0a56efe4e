//! This computer as one user of it sees it: the surroundings, Pincer's own folders, and where Ollama is.
//! The faces make one and hand it to every operation of the library.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    folders::Folders,
    machine::{
        memory::{self, Memory},
        own_address::is_here,
    },
    models::{check::Checked, discovery::Discovery, fit::Known, model::Model},
    ollama::{
        address::Address,
        client::{Client, Limits},
        wire::Loaded,
    },
    openclaw::{
        elsewhere::LastSeen,
        gateway::login::LastAsked,
        home::OpenclawHome,
        include::{Configuration, Roots},
        node::NodeVersions,
        program, service_file, settings,
        settings::{GATEWAY_SECRETS, KEY_VARIABLE, Settings},
        version::Version,
    },
    preferences::Preferences,
    surroundings::Surroundings,
};

/// More models than this have no place in a list to choose from.
const TESTED_MODELS: usize = 1000;
/// Further folders that included files may lie in, as `PATH` names folders (OpenClaw 2026.9.6).
const INCLUDE_ROOTS: &str = "OPENCLAW_INCLUDE_ROOTS";

/// Where an address came from, in the order in which they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum AddressSource {
    /// `--host`.
    Option,
    /// Chosen in Pincer.
    Pincer,
    /// `baseUrl` in OpenClaw's settings.
    Settings,
    /// `OLLAMA_HOST`.
    Environment,
    /// Ollama's own default.
    Default,
}

/// An address and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct SourcedAddress {
    /// The address, normalised.
    pub url: String,
    /// Where it came from.
    pub source: AddressSource,
}

/// A variable that OpenClaw's service does not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unset {
    /// Its name.
    pub name: String,
    /// It is set for this process: programs that are started from the same shell find it.
    pub here: bool,
}

/// What an address answered when it was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct AddressTest {
    /// The address, normalised.
    pub url: String,
    /// Ollama's version there.
    pub server_version: String,
    /// How many models it has.
    pub models: usize,
    /// These models, in the server's order; the first thousand when there are more.
    pub found: Vec<Model>,
}

/// This computer.
#[derive(Debug, Clone)]
pub struct Computer {
    /// System, environment, home, clock.
    pub surroundings: Surroundings,
    /// Pincer's own folders.
    pub folders: Folders,
    /// The address asked for on the command line.
    pub host: Option<Address>,
    memory: Arc<OnceLock<Option<Memory>>>,
    remembered: Arc<Remembered>,
}

/// What other programs said, kept so that a watcher does not start them at every look.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    pub(crate) nodes: NodeVersions,
    pub(crate) elsewhere: LastSeen,
    pub(crate) user_services: LastAsked,
}

impl Computer {
    /// The computer of these surroundings.
    #[must_use]
    pub fn new(surroundings: Surroundings, host: Option<Address>) -> Self {
        let folders = Folders::locate(surroundings.os, &surroundings.environment, &surroundings.home);
        Self { surroundings, folders, host, memory: Arc::default(), remembered: Arc::default() }
    }

    /// Its memory; `None` when the system does not tell. Looked at once, since it does not change. Blocking.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.get_or_init(|| memory::read(&self.surroundings)).as_ref()
    }

    /// What is known of the computer that runs the models of the server at `address`, with what it has in memory and
    /// what was tried there. Blocking.
    #[must_use]
    pub fn known<'a>(
        &'a self,
        address: &Address,
        loaded: &'a [Loaded],
        checked: &'a HashMap<String, Checked>,
    ) -> Known<'a> {
        Known { remote: !is_here(address), memory: self.memory(), loaded, checked: Some(checked) }
    }

    /// What other programs said.
    pub(crate) fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Where OpenClaw keeps its files.
    #[must_use]
    pub fn openclaw(&self) -> OpenclawHome {
        OpenclawHome::of(&self.surroundings)
    }

    /// OpenClaw's settings, with the files that they include; `None` when there is no file. Blocking.
    ///
    /// # Errors
    /// `settings.unreadable`, `file.failed`.
    pub fn configuration(&self) -> Result<Option<Configuration>, Error> {
        let home = self.openclaw();
        Configuration::read(&home, &self.include_roots(&home))
    }

    /// The folders that included files may lie in. Blocking.
    #[must_use]
    pub fn include_roots(&self, home: &OpenclawHome) -> Roots {
        let here = self.surroundings.environment.get(INCLUDE_ROOTS).map(str::to_owned);
        let more = here.or_else(|| settings::in_env_file(home, INCLUDE_ROOTS)).unwrap_or_default();
        let more = std::env::split_paths(&more)
            .filter_map(|folder| Some(self.surroundings.expand(folder.to_str()?.trim())));
        Roots::of(&home.config, more)
    }

    /// Every address where Ollama could be, the effective one first, each once. The order is that of the
    /// command-line contract; the last is Ollama's default.
    #[must_use]
    pub fn addresses(&self, settings: Option<&Settings>) -> Vec<(Address, AddressSource)> {
        let chosen = Preferences::read(&self.folders).address;
        let from_settings = settings.and_then(|settings| settings.base_url.as_deref());
        let variable = self.surroundings.environment.get("OLLAMA_HOST");
        let all = [
            (self.host.clone(), AddressSource::Option),
            (chosen.and_then(|text| Address::parse(&text).ok()), AddressSource::Pincer),
            (from_settings.and_then(|text| Address::parse(text).ok()), AddressSource::Settings),
            (variable.and_then(Address::from_ollama_host), AddressSource::Environment),
            (Some(Address::default()), AddressSource::Default),
        ];
        let mut found: Vec<(Address, AddressSource)> = Vec::new();
        for (address, source) in all {
            if let Some(address) = address.filter(|address| !found.iter().any(|(known, _)| known == address))
            {
                found.push((address, source));
            }
        }
        found
    }

    /// The text that an address came from, as written; `None` for the default. A password in it is not masked.
    #[must_use]
    pub fn written(&self, source: AddressSource, settings: Option<&Settings>) -> Option<String> {
        match source {
            AddressSource::Option => self.host.as_ref().map(Address::to_string),
            AddressSource::Pincer => Preferences::read(&self.folders).address,
            AddressSource::Settings => settings?.base_url.clone(),
            AddressSource::Environment => self.surroundings.environment.get("OLLAMA_HOST").map(str::to_owned),
            AddressSource::Default => None,
        }
    }

    /// The effective address. Reads OpenClaw's settings; a file that cannot be read gives none. Blocking.
    #[must_use]
    pub fn effective(&self) -> (Address, AddressSource) {
        let configuration = self.configuration().ok().flatten();
        let settings = configuration.map(|configuration| Settings::of(configuration.value()));
        self.addresses(settings.as_ref())
            .into_iter()
            .next()
            .unwrap_or((Address::default(), AddressSource::Default))
    }

    /// Whether OpenClaw's service sees `OLLAMA_API_KEY` from beside its file: its `.env`, its unit, or a stored
    /// credential. Blocking.
    #[must_use]
    pub fn key_beside(&self, home: &OpenclawHome) -> bool {
        let of_service = || service_file::variables(&self.surroundings);
        settings::in_env_file(home, KEY_VARIABLE).is_some()
            || settings::has_stored_credential(home)
            || of_service().iter().any(|set| set.name == KEY_VARIABLE && !set.value.trim().is_empty())
    }

    /// Whether OpenClaw's gateway finds its token, and its password, beside its file: in its `.env`, in its unit, or,
    /// when it is started from here, in our environment. Blocking.
    #[must_use]
    pub fn gateway_secrets_beside(&self, home: &OpenclawHome, from_here: bool) -> [bool; 2] {
        let of_service = service_file::variables(&self.surroundings);
        GATEWAY_SECRETS.map(|name| {
            (from_here && self.surroundings.environment.get(name).is_some())
                || of_service.iter().any(|set| set.name == name && !set.value.is_empty())
                || settings::in_env_file(home, name).is_some()
        })
    }

    /// Variables that the provider entry refers to and that OpenClaw's service would not find: neither in its `.env`
    /// nor in its unit, nor in the file's own `env.vars`. Those that are set nowhere at all come first. Blocking.
    #[must_use]
    pub fn unset(&self, settings: &Settings) -> Vec<Unset> {
        let (home, of_service) = (self.openclaw(), service_file::variables(&self.surroundings));
        let set = |name: &str| {
            settings.variables.iter().any(|known| known == name)
                || of_service.iter().any(|set| set.name == name && !set.value.is_empty())
                || settings::in_env_file(&home, name).is_some()
        };
        let unset = settings.references.iter().filter(|name| !set(name));
        let here = |name: &String| self.surroundings.environment.get(name).is_some();
        let mut all: Vec<Unset> = unset.map(|name| Unset { name: name.clone(), here: here(name) }).collect();
        all.sort_by_key(|unset| unset.here);
        all
    }

    /// A client of the server at `address`.
    ///
    /// # Errors
    /// [`crate::error::ErrorCode::Internal`] when the platform gives no TLS.
    pub fn client(&self, address: &Address) -> Result<Client, Error> {
        Client::new(address, &self.surroundings.environment, Limits::default())
    }

    /// Asks an address who is there.
    ///
    /// # Errors
    /// `address.invalid`, `ollama.*`.
    pub async fn test_address(&self, address: &str) -> Result<AddressTest, Error> {
        let address = Address::parse(address)?;
        let client = self.client(&address)?;
        // A server without a version is not taken for an Ollama here, although discovery does without.
        let mut discovery = Discovery::default();
        let (server_version, mut found) = tokio::try_join!(client.version(), discovery.look(&client))?;
        let models = found.models.len();
        found.models.truncate(TESTED_MODELS);
        Ok(AddressTest { url: address.to_string(), server_version, models, found: found.models })
    }

    /// The version of the OpenClaw that reads these settings: its program's, else what the settings say.
    #[must_use]
    pub fn openclaw_version(&self, settings: Option<&Settings>) -> Option<Version> {
        let program = program::find(&self.surroundings);
        program.and_then(|program| program.version).or_else(|| settings?.last_touched)
    }
}

impl From<(&Address, AddressSource)> for SourcedAddress {
    fn from((address, source): (&Address, AddressSource)) -> Self {
        Self { url: address.to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    #[test]
    fn a_token_of_our_own_environment_is_none_at_login() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::new([("OPENCLAW_GATEWAY_TOKEN", "t")]);
        let surroundings = Surroundings::new(Os::Linux, environment, folder.path(), SystemTime::now);
        let computer = Computer::new(surroundings, None);
        let home = computer.openclaw();
        assert_eq!(computer.gateway_secrets_beside(&home, true), [true, false]);
        assert_eq!(computer.gateway_secrets_beside(&home, false), [false, false]);
        std::fs::create_dir_all(&home.state).unwrap();
        std::fs::write(home.env_file(), "OPENCLAW_GATEWAY_PASSWORD=p\n").unwrap();
        assert_eq!(computer.gateway_secrets_beside(&home, false), [false, true]);
    }
}
