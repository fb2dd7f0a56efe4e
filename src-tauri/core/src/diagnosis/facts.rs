//! What was seen, before anything is concluded: plain data, so that a fault is a row of a table in a test
//! and a user's facts can be judged again.

use std::path::PathBuf;

use super::finding::AddressSource;
use crate::{
    error::Error,
    machine::port_owner::PortOwner,
    models::discovery::Discovered,
    ollama::address::Address,
    openclaw::{program::OpenclawProgram, settings::Settings},
};

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
}

/// What OpenClaw's file is.
#[derive(Debug, Clone, PartialEq)]
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
    /// Something listens on its gateway's port.
    pub gateway: bool,
    /// Its settings.
    pub settings: SettingsFact,
    /// `OLLAMA_API_KEY` outside the file, or a stored credential.
    pub key: bool,
}

/// A proxy variable that covers the effective address for programs that honour it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyFact {
    /// The variable.
    pub variable: String,
    /// Where it is set.
    pub place: String,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Where Ollama could be; the effective address first, never empty by construction of `gather`.
    pub effective: Candidate,
    /// The other addresses.
    pub others: Vec<Candidate>,
    /// What the effective server has, when it answers.
    pub models: Option<Result<Discovered, Error>>,
    /// Ollama's program.
    pub program: Option<PathBuf>,
    /// A proxy that OpenClaw would use for the effective address.
    pub proxy: Option<ProxyFact>,
    /// OpenClaw.
    pub openclaw: OpenclawFacts,
    /// Second stage: whether a service unit is there; `None`: not asked.
    pub service: Option<bool>,
    /// Second stage: who owns the effective port; `None`: not asked, or not to be seen.
    pub owner: Option<PortOwner>,
    /// Second stage: a port where nothing listens.
    pub free_port: Option<u16>,
}

/// What the judge wants to know beyond the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Is there a service unit?
    Service,
    /// Who listens on this port?
    PortOwner(u16),
    /// A port near this one where nothing listens.
    FreePort(u16),
}
