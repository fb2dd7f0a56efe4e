//! This computer as one user of it sees it: the surroundings, Pincer's own folders, and where Ollama is.
//! The faces make one and hand it to every operation of the library.

use crate::{
    diagnosis::finding::{AddressSource, SourcedAddress},
    error::Error,
    folders::Folders,
    live::state::AddressTest,
    models::discovery::Discovery,
    ollama::{
        address::Address,
        client::{Client, Limits},
    },
    openclaw::{
        document::Document,
        home::OpenclawHome,
        program, settings,
        settings::{KEY_VARIABLE, Settings},
        version::Version,
    },
    preferences::Preferences,
    surroundings::Surroundings,
};

/// More models than this have no place in a list to choose from.
const TESTED_MODELS: usize = 1000;

/// This computer.
#[derive(Debug, Clone)]
pub struct Computer {
    /// System, environment, home, clock.
    pub surroundings: Surroundings,
    /// Pincer's own folders.
    pub folders: Folders,
    /// The address asked for on the command line.
    pub host: Option<Address>,
}

impl Computer {
    /// The computer of these surroundings.
    #[must_use]
    pub fn new(surroundings: Surroundings, host: Option<Address>) -> Self {
        let folders = Folders::locate(surroundings.os, &surroundings.environment, &surroundings.home);
        Self { surroundings, folders, host }
    }

    /// Where OpenClaw keeps its files.
    #[must_use]
    pub fn openclaw(&self) -> OpenclawHome {
        OpenclawHome::of(&self.surroundings)
    }

    /// OpenClaw's settings file; `None` when there is none. Blocking.
    ///
    /// # Errors
    /// `settings.unreadable`, `file.failed`.
    pub fn document(&self) -> Result<Option<Document>, Error> {
        settings::read(&self.openclaw())
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

    /// The effective address. Reads OpenClaw's settings; a file that cannot be read gives none. Blocking.
    #[must_use]
    pub fn effective(&self) -> (Address, AddressSource) {
        let document = self.document().ok().flatten();
        let settings = document.map(|document| Settings::of(document.value()));
        self.addresses(settings.as_ref())
            .into_iter()
            .next()
            .unwrap_or((Address::default(), AddressSource::Default))
    }

    /// Whether OpenClaw's service sees `OLLAMA_API_KEY` from beside its file: its `.env`, or a stored credential.
    /// Blocking.
    #[must_use]
    pub fn key_beside(&self, home: &OpenclawHome) -> bool {
        settings::in_env_file(home, KEY_VARIABLE).is_some() || settings::has_stored_credential(home)
    }

    /// Variables that the provider entry refers to and that OpenClaw's service would not find: neither in its `.env`
    /// nor in the file's own `env.vars`, nor here. Blocking.
    #[must_use]
    pub fn unset(&self, settings: &Settings) -> Vec<String> {
        let home = self.openclaw();
        let set = |name: &str| {
            self.surroundings.environment.get(name).is_some()
                || settings.variables.iter().any(|known| known == name)
                || settings::in_env_file(&home, name).is_some()
        };
        settings.references.iter().filter(|name| !set(name)).cloned().collect()
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
