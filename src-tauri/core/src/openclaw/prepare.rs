//! Makes the plan and the preview of a wish: the settings, `<state>/.env`, and agents' files that are out of date.
//! Reads files; decides with `intent`; writes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    change::{Prepared, Wish},
    dialect::Dialect,
    document::{Document, Edit, Step, Value},
    env_file,
    home::OpenclawHome,
    intent::{self, Edits, Situation},
    outcome::{Change, FileDiff, Preview, ReceiptKind, Warning},
    plan::{FileEdit, Plan},
    secrets,
    settings::{self, KEY_VALUE, KEY_VARIABLE, Settings},
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    models::discovery::Discovered,
    ollama::address::Address,
};

/// More agents than this have no place in a preview.
const AGENTS: usize = 64;

pub(super) fn prepare(
    computer: &Computer,
    wish: &Wish,
    asked: Option<Address>,
    discovered: Option<Result<Discovered, Error>>,
) -> Result<Prepared, Error> {
    let home = computer.openclaw();
    let before = settings::read_bounded(&home.config)?;
    let document = match &before {
        Some(bytes) => Document::parse(&home.config, bytes)?,
        None => Document::new_empty(&home.config),
    };
    let present = Settings::of(document.value());
    let version = computer.openclaw_version(Some(&present));
    let effective = computer.addresses(Some(&present)).into_iter().next();
    let address_asked = asked.is_some() || computer.host.is_some();
    let address = asked.or(effective.map(|(address, _)| address)).unwrap_or_default();
    let (installed, silent) = match discovered {
        None => (None, None),
        Some(Ok(found)) => (Some(found.models), None),
        Some(Err(error)) => (None, Some(error)),
    };
    let unset = computer.unset(&present);
    let situation = Situation {
        value: document.value(),
        installed: installed.as_deref(),
        address: &address,
        address_asked,
        dialect: Dialect::of(version),
        key: computer.key_beside(&home),
        unset: &unset,
    };
    let mut wanted = wanted(wish, situation).map_err(|error| match (&error.code, silent) {
        // It may well be installed: the server could not be asked.
        (ErrorCode::ModelNotInstalled { .. } | ErrorCode::ModelNoneReady {}, Some(silent)) => silent,
        _ => error,
    })?;
    if version.is_none() && matches!(wish, Wish::Use(_) | Wish::Repair) {
        let assumed = situation.dialect.label.to_owned();
        wanted.warnings.push(Warning::VersionUnknown { assumed });
    }
    included(&home.config, document.value(), &wanted.edits)?;
    let after = document.edit(&wanted.edits)?;
    let mut files = Files::default();
    if wanted.write_key {
        files.env(&home)?;
    }
    if matches!(wish, Wish::Use(_) | Wish::Repair | Wish::Address(_)) {
        for stale in stale_agent_files(&home, &address) {
            files.agent(&stale, &address)?;
        }
    }
    // Nothing asked for is not yet there: no file is made, and none is written.
    let untouched = document.value().means_same(after.value());
    let bytes = if untouched { before.clone() } else { Some(after.bytes().to_vec()) };
    files.main(&home.config, before, bytes, document.text(), after.text());
    let mut changes = changes(&wanted.edits, document.value(), after.value());
    changes.extend(files.changes);
    let told = Settings::of(after.value());
    let preview = Preview {
        plan: String::new(),
        file: home.config.display().to_string(),
        changed: files.edits.iter().any(FileEdit::is_effective),
        files: files.diffs,
        mode: told.mode(situation.key || wanted.write_key),
        dialect: situation.dialect.label.to_owned(),
        openclaw_version: version.map(|version| version.to_string()),
        warnings: wanted.warnings,
        changes,
        primary: told.primary.clone(),
        fallbacks: told.fallbacks.clone(),
    };
    Ok(Prepared { preview, plan: Plan { kind: kind(wish, &told), edits: files.edits } })
}

fn wanted(wish: &Wish, situation: Situation<'_>) -> Result<Edits, Error> {
    Ok(match wish {
        Wish::Use(request) => intent::use_model(request, situation)?,
        Wish::Address(_) => intent::use_address(situation),
        Wish::RenameFallback => intent::rename_fallback(situation.value),
        Wish::Repair => intent::repair(situation)?,
        Wish::WriteKey => Edits { write_key: !situation.key, ..Edits::default() },
        Wish::AddModels => intent::add_models(situation),
        Wish::ListModel(name) => intent::list_model(name, situation)?,
        Wish::LocalOnly => intent::local_only(situation),
    })
}

fn kind(wish: &Wish, told: &Settings) -> ReceiptKind {
    match wish {
        Wish::Use(_) => ReceiptKind::UseModel { name: told.primary_id().unwrap_or_default().to_owned() },
        Wish::Address(address) => ReceiptKind::UseAddress { url: address.to_string() },
        Wish::RenameFallback => ReceiptKind::RenameFallback {},
        Wish::Repair => ReceiptKind::Repair {},
        Wish::WriteKey => ReceiptKind::WriteKey {},
        Wish::AddModels => ReceiptKind::AddModels {},
        Wish::ListModel(name) => ReceiptKind::ListModel { name: name.clone() },
        Wish::LocalOnly => ReceiptKind::LocalOnly {},
    }
}

/// The files of a plan, what others depend on first.
#[derive(Default)]
struct Files {
    edits: Vec<FileEdit>,
    diffs: Vec<FileDiff>,
    changes: Vec<Change>,
}

impl Files {
    fn env(&mut self, home: &OpenclawHome) -> Result<(), Error> {
        let path = home.env_file();
        let before = settings::read_bounded(&path)?;
        let text = String::from_utf8(before.clone().unwrap_or_default()).map_err(|error| {
            let at = ErrorCode::SettingsUnreadable {
                path: path.display().to_string(),
                line: 0,
                column: 0,
                text: String::new(),
            };
            Error::new(at, error.to_string())
        })?;
        let after = env_file::with(&text, KEY_VARIABLE, KEY_VALUE);
        self.changes.push(Change {
            path: format!(".env {KEY_VARIABLE}"),
            before: None,
            after: Some(KEY_VALUE.into()),
        });
        self.diffs.push(difference(&path, &text, &after));
        self.edits.push(FileEdit::new(path, before, Some(after.into_bytes())));
        Ok(())
    }

    fn agent(&mut self, stale: &StaleAgentFile, address: &Address) -> Result<(), Error> {
        let value = Value::String(address.to_string());
        let edit = Edit::Set { path: AGENT_URL.iter().map(|key| Step::from(*key)).collect(), value };
        let after = stale.document.edit(&[edit])?;
        self.changes.push(Change {
            path: format!("{} providers.ollama.baseUrl", stale.path.display()),
            before: Some(secrets::masked_address(&stale.url).into()),
            after: Some(address.to_string().into()),
        });
        self.diffs.push(difference(&stale.path, stale.document.text(), after.text()));
        let before = Some(stale.document.bytes().to_vec());
        self.edits.push(FileEdit::new(stale.path.clone(), before, Some(after.bytes().to_vec())));
        Ok(())
    }

    fn main(&mut self, path: &Path, before: Option<Vec<u8>>, after: Option<Vec<u8>>, old: &str, new: &str) {
        let edit = FileEdit::new(path.to_path_buf(), before, after);
        if edit.is_effective() {
            self.diffs.push(difference(path, old, new));
        } else if self.diffs.is_empty() {
            self.diffs.push(FileDiff { path: path.display().to_string(), diff: String::new() });
        }
        self.edits.push(edit);
    }
}

fn difference(path: &Path, before: &str, after: &str) -> FileDiff {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    FileDiff { path: path.display().to_string(), diff: secrets::unified_diff(&name, before, after) }
}

/// Where an agent's own file keeps the address.
const AGENT_URL: [&str; 3] = ["providers", "ollama", "baseUrl"];

/// An agent's own file with another address of Ollama.
#[derive(Debug)]
pub(crate) struct StaleAgentFile {
    pub(crate) path: PathBuf,
    pub(crate) url: String,
    document: Document,
}

/// `agents/*/agent/models.json` of the state folder whose address is not `address` (OpenClaw issues 37309, 69092).
/// One that cannot be read is left alone.
pub(crate) fn stale_agent_files(home: &OpenclawHome, address: &Address) -> Vec<StaleAgentFile> {
    let agents = fs::read_dir(home.state.join("agents")).into_iter().flatten().flatten().take(AGENTS);
    let mut paths: Vec<PathBuf> =
        agents.map(|agent| agent.path().join("agent").join("models.json")).collect();
    paths.sort();
    let stale = |path: PathBuf| {
        let bytes = settings::read_bounded(&path).ok()??;
        let document = Document::parse(&path, &bytes).ok()?;
        let url = document.value().get_path(&AGENT_URL)?.as_str()?.to_owned();
        let other = Address::parse(&url).is_ok_and(|known| known != *address);
        other.then_some(StaleAgentFile { path, url, document })
    };
    paths.into_iter().filter_map(stale).collect()
}

/// Refuses to write beside an include what may live in the included file: it would hide or double it.
fn included(file: &Path, value: &Value, edits: &[Edit]) -> Result<(), Error> {
    for edit in edits {
        let mut here = value;
        for (depth, step) in edit.path().iter().enumerate() {
            let next = here.lookup(std::slice::from_ref(step));
            if let (None, Some(include)) = (next, here.get("$include")) {
                let at = edit.path().get(..depth).unwrap_or_default();
                let code = ErrorCode::SettingsIncluded {
                    path: file.display().to_string(),
                    at: dotted(at, value),
                    include: include.as_str().map_or_else(|| include.to_json().to_string(), str::to_owned),
                };
                return Err(code.into());
            }
            let Some(next) = next else { break };
            here = next;
        }
    }
    Ok(())
}

/// The values that the edits change, in their order, each place once, secrets masked.
fn changes(edits: &[Edit], before: &Value, after: &Value) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut push = |path: String, old: Option<&Value>, new: Option<&Value>| {
        let same = match (old, new) {
            (Some(old), Some(new)) => old.means_same(new),
            (None, None) => true,
            _ => false,
        };
        if same || changes.iter().any(|change| change.path == path) {
            return;
        }
        let masked = |value: &Value| secrets::masked_value(&path, &value.to_json());
        changes.push(Change { before: old.map(masked), after: new.map(masked), path });
    };
    for edit in edits {
        match edit {
            Edit::Append { path, value } => {
                let id = settings::id(value).unwrap_or("+");
                push(format!("{}[{id}]", dotted(path, after)), None, Some(value));
            }
            Edit::Rename { path, to } => {
                push(dotted(path, before), before.lookup(path), after.lookup(path));
                let parent = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
                let renamed = [parent, &[Step::Key(to.clone())]].concat();
                push(dotted(&renamed, after), before.lookup(&renamed), after.lookup(&renamed));
            }
            // What goes is named by what it was; places after it have moved.
            Edit::Remove { path } => push(dotted(path, before), before.lookup(path), None),
            other => {
                let path = other.path();
                push(dotted(path, after), before.lookup(path), after.lookup(path));
            }
        }
    }
    changes
}

/// A path within the provider entry as people write it, from the top.
pub(crate) fn dotted_in_provider(path: &[Step], provider: Option<&Value>) -> String {
    let within = provider.map(|entry| dotted(path, entry)).unwrap_or_default();
    format!("{}.{within}", settings::PROVIDER.join("."))
}

/// A path as people write it: keys by dots, an element of a list by its `id` where it has one.
fn dotted(path: &[Step], value: &Value) -> String {
    let mut text = String::new();
    for (depth, step) in path.iter().enumerate() {
        match step {
            Step::Key(key) => {
                if depth > 0 {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => {
                let element = path.get(..=depth).and_then(|path| value.lookup(path));
                let id = element.and_then(settings::id).map_or_else(|| index.to_string(), str::to_owned);
                text.push_str(&format!("[{id}]"));
            }
        }
    }
    text
}
