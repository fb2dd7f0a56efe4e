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
    include::Configuration,
    intent::{self, Edits, Situation},
    outcome::{Change, Effect, FileDiff, Preview, ReceiptKind, Warning},
    plan::{FileEdit, Plan},
    secrets,
    settings::{self, KEY_VALUE, KEY_VARIABLE, Settings},
    summary::{self, Sides},
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    models::{check::store as checks, discovery::Discovered},
    ollama::{address::Address, wire::Loaded},
};

/// More agents than this have no place in a preview.
const AGENTS: usize = 64;

/// What the server said, when it was asked.
pub(super) struct Seen {
    pub(super) discovered: Option<Result<Discovered, Error>>,
    pub(super) loaded: Vec<Loaded>,
}

pub(super) fn prepare(
    computer: &Computer,
    wish: &Wish,
    asked: Option<Address>,
    seen: Seen,
) -> Result<Prepared, Error> {
    let home = computer.openclaw();
    let before = settings::read_bounded(&home.config)?;
    let main = match &before {
        Some(bytes) => Document::parse(&home.config, bytes)?,
        None => Document::new_empty(&home.config),
    };
    let configuration = Configuration::of(main, &computer.include_roots(&home))?;
    let present = Settings::of(configuration.value());
    let version = computer.openclaw_version(Some(&present));
    let effective = computer.addresses(Some(&present)).into_iter().next();
    let address_asked = asked.is_some() || computer.host.is_some();
    let address = asked.or(effective.map(|(address, _)| address)).unwrap_or_default();
    let (installed, silent) = match seen.discovered {
        None => (None, None),
        Some(Ok(found)) => (Some(found.models), None),
        Some(Err(error)) => (None, Some(error)),
    };
    // One that the user's shell sets is the user's to keep.
    let unset = computer.unset(&present).into_iter().filter(|unset| !unset.here);
    let unset: Vec<String> = unset.map(|unset| unset.name).collect();
    let here = checks::Here::of(computer, &address);
    let checked =
        checks::by_id(installed.as_deref().unwrap_or_default(), &checks::read(&computer.folders), &here);
    let situation = Situation {
        value: configuration.value(),
        installed: installed.as_deref(),
        known: computer.known(&address, &seen.loaded, &checked),
        address: &address,
        address_asked,
        dialect: Dialect::of(version),
        key: computer.key_beside(&home),
        unset: &unset,
    };
    // At login nothing of our environment is there.
    let beside = computer.gateway_secrets_beside(&home, wish != &Wish::GatewayAtLogin);
    // A gateway that lets everybody in on purpose asks for none.
    let asks_none = present.gateway_auth.as_deref() == Some("none");
    let secret = present.gateway_has_secret(beside) || asks_none;
    let mut wanted = wanted(wish, situation, secret).map_err(|error| match (&error.code, silent) {
        // It may well be installed: the server could not be asked.
        (ErrorCode::ModelNotInstalled { .. } | ErrorCode::ModelNoneReady {}, Some(silent)) => silent,
        _ => error,
    })?;
    if version.is_none() && matches!(wish, Wish::Use(_) | Wish::Repair) {
        let assumed = situation.dialect.label.to_owned();
        wanted.warnings.push(Warning::VersionUnknown { assumed });
    }
    let after = configuration.edit(&wanted.edits)?;
    let mut files = Files::default();
    let mut refreshes_agents = false;
    if wanted.write_key {
        files.env(&home)?;
    }
    if matches!(wish, Wish::Use(_) | Wish::Repair | Wish::Address(_)) {
        for stale in stale_agent_files(&home, &address) {
            files.agent(&stale, &address)?;
            refreshes_agents = true;
        }
    }
    files.settings(before, &configuration, &after);
    let mut changes = changes(&wanted.edits, configuration.value(), after.value());
    changes.extend(files.changes);
    let told = Settings::of(after.value());
    let effects = summary::effects(Sides {
        before: configuration.value(),
        after: after.value(),
        dialect: situation.dialect,
        key: situation.key,
        writes_key: wanted.write_key,
        context_asked: matches!(wish, Wish::Use(request) if request.context.is_some()),
        refreshes_agents,
    });
    let kind = kind(wish, &effects);
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
        effects,
        primary: told.primary.clone(),
        fallbacks: told.fallbacks.clone(),
    };
    Ok(Prepared { preview, plan: Plan { kind, edits: files.edits, starts: None } })
}

/// `secret`: the gateway needs no token.
fn wanted(wish: &Wish, situation: Situation<'_>, secret: bool) -> Result<Edits, Error> {
    Ok(match wish {
        Wish::Use(request) => intent::use_model(request, situation)?,
        Wish::Address(_) => intent::use_address(situation),
        Wish::RenameFallback => intent::rename_fallback(situation.value),
        Wish::Repair => intent::repair(situation)?,
        Wish::WriteKey => Edits { write_key: !situation.key, ..Edits::default() },
        Wish::AddModels => intent::add_models(situation),
        Wish::ListModel(name) => intent::list_model(name, situation)?,
        Wish::LocalOnly => intent::local_only(situation),
        Wish::DropFallback(name) => intent::drop_fallback(name, situation),
        Wish::GatewayMode => intent::gateway_mode(situation.value),
        Wish::GatewayToken => intent::gateway_token(&new_token()?),
        Wish::GatewayAtLogin => intent::gateway_at_login(situation.value, secret, &new_token()?),
        Wish::Context { name, tokens } => intent::set_context(name, *tokens, situation)?,
        Wish::Timeout { name, seconds } => intent::set_timeout(name, *seconds, situation)?,
        Wish::KeepLoaded(name) => intent::keep_loaded(name, situation)?,
    })
}

/// As OpenClaw makes one: 24 random bytes in hexadecimal digits.
fn new_token() -> Result<String, Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn kind(wish: &Wish, effects: &[Effect]) -> ReceiptKind {
    match wish {
        Wish::Use(_) => ReceiptKind::Settings { effects: effects.to_vec() },
        Wish::Address(address) => ReceiptKind::UseAddress { url: address.to_string() },
        Wish::RenameFallback => ReceiptKind::RenameFallback {},
        Wish::Repair => ReceiptKind::Repair {},
        Wish::WriteKey => ReceiptKind::WriteKey {},
        Wish::AddModels => ReceiptKind::AddModels {},
        Wish::ListModel(name) => ReceiptKind::ListModel { name: name.clone() },
        Wish::LocalOnly => ReceiptKind::LocalOnly {},
        Wish::DropFallback(name) => ReceiptKind::DropFallback { name: name.clone() },
        Wish::GatewayMode => ReceiptKind::SetGatewayMode {},
        Wish::GatewayToken => ReceiptKind::SetGatewayToken {},
        Wish::GatewayAtLogin => ReceiptKind::GatewayAtLogin {},
        Wish::Context { name, tokens } => ReceiptKind::SetContext { name: name.clone(), tokens: *tokens },
        Wish::Timeout { name, seconds } => ReceiptKind::SetTimeout { name: name.clone(), seconds: *seconds },
        Wish::KeepLoaded(name) => ReceiptKind::KeepLoaded { name: name.clone() },
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
        let text = env_file::text_of(&path, before.as_deref().unwrap_or_default())?;
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

    /// The included files, innermost first, then the main one. What stays is in the plan too, so that a change
    /// since is noticed.
    fn settings(&mut self, before: Option<Vec<u8>>, old: &Configuration, new: &Configuration) {
        for (old, new) in old.included().zip(new.included()).collect::<Vec<_>>().into_iter().rev() {
            self.one(old, new, Some(old.bytes().to_vec()), Some(new.bytes().to_vec()));
        }
        let (Some(old_main), Some(new_main)) = (old.main(), new.main()) else { return };
        // Nothing asked for is not yet there: no file is made, and none is written.
        let untouched = old_main.value().means_same(new_main.value());
        let after = if untouched { before.clone() } else { Some(new_main.bytes().to_vec()) };
        self.one(old_main, new_main, before, after);
        if self.diffs.is_empty() {
            self.diffs.push(FileDiff { path: old_main.path().display().to_string(), diff: String::new() });
        }
    }

    fn one(&mut self, old: &Document, new: &Document, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        let edit = FileEdit::new(old.path().to_path_buf(), before, after);
        if edit.is_effective() {
            self.diffs.push(difference(old.path(), old.text(), new.text()));
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
pub(super) fn dotted(path: &[Step], value: &Value) -> String {
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
