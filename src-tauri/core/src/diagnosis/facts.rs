//! What was seen, before anything is concluded: plain data, so that a fault is a row of a table in a test
//! and a user's facts can be judged again.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    computer::{AddressSource, Unset},
    error::Error,
    machine::{memory::Memory, os::Os, port_owner::PortOwner, variable::VariablePlace},
    models::{check::Checked, discovery::Discovered, fit::Known},
    ollama::{
        address::Address,
        log::{Log, Sign},
        service::{Rights, Service},
        store::Store,
        wire::Loaded,
    },
    openclaw::{
        asked::Asking,
        dialect::Dialect,
        elsewhere::Elsewhere,
        gateway::{Gateway, sees},
        outcome::Mode,
        plan::Hash,
        program::OpenclawProgram,
        settings::Settings,
        verdict::Refusal,
        version::Version,
    },
};

/// A log that is older is not of the last start that someone tried.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What an address answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Ollama.
    Ollama,
    /// Nothing listens there.
    Refused,
    /// Connected, no answer in time.
    Silent,
    /// Something that is not Ollama.
    Other,
    /// Anything else: unreachable, unknown name, TLS, cut off, an error of Ollama's own.
    Failed(Error),
}

/// One address where Ollama could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub address: Address,
    /// Where it came from.
    pub source: AddressSource,
    /// What it answered.
    pub answer: Answer,
    /// What was seen, in technical English.
    pub evidence: String,
    /// It said that it wants to be spoken to over TLS.
    pub wants_tls: bool,
}

/// What OpenClaw's file is.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each look")]
pub enum SettingsFact {
    /// Not there.
    Absent,
    /// There, but it cannot be read.
    Unreadable(Error),
    /// Read.
    Read(Settings),
}

impl SettingsFact {
    /// The settings, when they were read.
    #[must_use]
    pub const fn read(&self) -> Option<&Settings> {
        if let Self::Read(settings) = self { Some(settings) } else { None }
    }
}

/// What was seen of OpenClaw.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenclawFacts {
    /// Its settings file.
    pub file: PathBuf,
    /// Its program.
    pub program: Option<OpenclawProgram>,
    /// Its state folder is there.
    pub state_folder: bool,
    /// Whether its gateway runs.
    pub gateway: Gateway,
    /// Its settings.
    pub settings: SettingsFact,
    /// OpenClaw's service sees `OLLAMA_API_KEY` from beside the file, or has a stored credential.
    pub key: bool,
    /// The key is in the environment of this process.
    pub key_here: bool,
    /// Variables that the provider entry refers to and that its service does not find; those set nowhere first.
    pub unset: Vec<Unset>,
    /// Where its service reads variables.
    pub env_file: PathBuf,
    /// Agents' own files with another address: file, address.
    pub stale: Vec<(String, String)>,
    /// What the provider entry has that this version refuses, dotted.
    pub refused: Vec<String>,
    /// The hash of the settings file.
    pub hash: Option<Hash>,
    /// What OpenClaw itself said of this file; `None`: not asked (yet).
    pub verdict: Option<Vec<Refusal>>,
    /// The ids of Ollama's models that OpenClaw itself lists; `None`: not asked (yet), or its list says nothing.
    pub sees: Option<Vec<String>>,
    /// Pincer's newest change that is not undone, when it is what the file holds.
    pub last_change: Option<String>,
    /// Second stage: versions of every Node that it may run on, that of `PATH` first.
    pub nodes: Vec<String>,
    /// Second stage: a Node was asked for its version and did not answer.
    pub silent_node: bool,
    /// Second stage: where else it was seen, when its program is not here.
    pub elsewhere: Elsewhere,
    /// Second stage: who listens on its gateway's port, when its program is not here.
    pub gateway_owner: Option<PortOwner>,
    /// What is on its port is another program.
    pub gateway_is_other: bool,
    /// Its own service is set to start the gateway with the computer.
    pub at_login: bool,
    /// It could be, and is not, while the gateway runs.
    pub may_start_at_login: bool,
    /// The gateway has a token or a password to ask for, as far as is seen.
    pub gateway_has_secret: bool,
    /// The address of this computer that the one with the gateway sees, when the gateway is on another one.
    pub seen_from_gateway: Option<IpAddr>,
}

impl OpenclawFacts {
    /// Its version: its program's, else what its settings say.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        let last_touched = || self.settings.read().and_then(|settings| settings.last_touched);
        self.program.as_ref().and_then(|program| program.version).or_else(last_touched)
    }

    /// What decides which context it asks for. `told`: its settings, or none.
    #[must_use]
    pub fn asking<'a>(&self, told: &'a Settings) -> Asking<'a> {
        Asking { told, mode: told.mode(self.key_anywhere()), dialect: Dialect::of(self.version()) }
    }

    /// How OpenClaw lists models, where that list says what a turn finds; `None`: it is not worth asking for.
    #[must_use]
    pub fn lists_by(&self) -> Option<Mode> {
        let mode = self.settings.read()?.mode(self.key_anywhere());
        sees::is_reliable(mode, self.version()).then_some(mode)
    }

    /// The key is somewhere, if only where the service does not see it.
    #[must_use]
    pub const fn key_anywhere(&self) -> bool {
        self.key || self.key_here
    }
}

/// A proxy variable that covers the effective address for programs that honour it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyFact {
    /// The variable.
    pub variable: String,
    /// Where it is set.
    pub place: String,
    /// Only this process has it, and what is started from the same shell: OpenClaw's service does not.
    pub here: bool,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Where Ollama could be; the effective address first, never empty by construction of `gather`.
    pub effective: Candidate,
    /// The effective address as written, a password in it masked; `None` for the default.
    pub written: Option<String>,
    /// `baseUrl` of OpenClaw's settings has a port that is none, so that OpenClaw cannot use it; as written, masked.
    pub invalid_base_url: Option<String>,
    /// The system whose rules hold.
    pub os: Os,
    /// What `localhost` is here, when the effective address says so and does not answer.
    pub localhost: Vec<IpAddr>,
    /// The other addresses.
    pub others: Vec<Candidate>,
    /// The address that OpenClaw will ask, when it is another than the effective one.
    pub openclaws: Option<Candidate>,
    /// The effective address is another computer's.
    pub remote: bool,
    /// What is loaded on the effective server.
    pub loaded: Vec<Loaded>,
    /// This computer's memory, when the system tells.
    pub memory: Option<Memory>,
    /// The last live checks of installed models, by their ids.
    pub checked: HashMap<String, Checked>,
    /// The newest live check at the effective server, of whatever model.
    pub last_check: Option<Checked>,
    /// The effective server greets, and what it was asked then had no answer in time: what was seen.
    pub busy: Option<String>,
    /// Folders of this computer that hold models.
    pub stores: Vec<Store>,
    /// What the effective server has, when it answers.
    pub models: Option<Result<Discovered, Error>>,
    /// Ollama's program.
    pub program: Option<PathBuf>,
    /// Where no program is found: a file in its place that nobody may run.
    pub not_executable: Option<PathBuf>,
    /// A proxy that OpenClaw would use for the effective address.
    pub proxy: Option<ProxyFact>,
    /// OpenClaw.
    pub openclaw: OpenclawFacts,
    /// Systemd and the log were asked in the first stage already, beside a server that was silent.
    pub asked_early: bool,
    /// Second stage: Ollama's unit as systemd tells of it; `None`: not asked, or no systemd.
    pub service: Option<Service>,
    /// Second stage: the program that the unit starts is not there.
    pub service_without_program: bool,
    /// Second stage: what this user may do to a service.
    pub rights: Rights,
    /// Something starts Ollama with the computer.
    pub at_login: bool,
    /// The same, and it is switched on: what does not run did not come up, or was stopped.
    pub enabled_at_login: bool,
    /// The process of the Ollama that Pincer started at this address and that still runs.
    pub own: Option<u32>,
    /// Second stage: the end of Ollama's own log.
    pub log: Option<Log>,
    /// Second stage: the folder of models that the unit names, or without one this environment, or its default.
    pub models_folder: Option<String>,
    /// Second stage: the folder of models that the log or the unit names is not there.
    pub absent_folder: Option<String>,
    /// Second stage: the version of the installed program, whatever runs.
    pub client_version: Option<String>,
    /// Second stage: who owns the effective port; `None`: not asked, or not to be seen.
    pub owner: Option<PortOwner>,
    /// Second stage: a port where nothing listens.
    pub free_port: Option<u16>,
    /// Second stage: where `OLLAMA_HOST` is set.
    pub variable: Option<VariablePlace>,
    /// Second stage: ranges of ports that Windows keeps for itself, first and last.
    pub reserved_ports: Vec<(u16, u16)>,
}

impl Facts {
    /// Ollama's unit, when there is one.
    #[must_use]
    pub fn unit(&self) -> Option<&Service> {
        self.service.as_ref().filter(|service| service.loaded)
    }

    /// What ended Ollama's last run, with its line. What a log says of a folder is of its time: it counts while that
    /// folder is the one that is named now, or when the last start, or a run of the last day, wrote it.
    #[must_use]
    pub fn sign(&self) -> Option<(Sign, String)> {
        self.log.as_ref()?.sign().filter(|(sign, _)| self.holds(sign))
    }

    /// The line of an earlier run that says nothing of now.
    #[must_use]
    pub fn old_sign(&self) -> Option<String> {
        self.log.as_ref()?.sign().filter(|(sign, _)| !self.holds(sign)).map(|(_, line)| line)
    }

    fn holds(&self, sign: &Sign) -> bool {
        let (Sign::FolderForbidden { folder } | Sign::FolderMissing { folder }) = sign else { return true };
        // A folder above it may be what could not be made.
        let named = self.models_folder.as_ref().is_some_and(|named| Path::new(named).starts_with(folder));
        let age = self.log.as_ref().and_then(|log| log.age);
        let last = match self.unit() {
            Some(unit) => unit.failed_last(),
            None => age.is_some_and(|age| age < DAY),
        };
        named || last
    }

    /// What is known of the computer that runs the models.
    #[must_use]
    pub fn known(&self) -> Known<'_> {
        Known {
            remote: self.remote,
            memory: self.memory.as_ref(),
            loaded: &self.loaded,
            checked: Some(&self.checked),
        }
    }
}

/// What the judge wants to know beyond the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Is there a service unit, and how does it fare?
    Service,
    /// What does Ollama say of its last run? After [`Self::Service`], which tells where that is written.
    Log,
    /// Which version is installed?
    ClientVersion,
    /// Which versions of Node are here?
    Nodes,
    /// Does OpenClaw run in a container, or beside Windows?
    Elsewhere,
    /// Who listens on this port, OpenClaw's?
    GatewayOwner(u16),
    /// Who listens on this port?
    PortOwner(u16),
    /// A port near this one where nothing listens.
    FreePort(u16),
    /// Where is `OLLAMA_HOST` set?
    Variable,
    /// The ranges of ports that Windows keeps for itself.
    ReservedPorts,
}
