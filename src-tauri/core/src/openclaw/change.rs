//! A change of OpenClaw's settings from wish to preview, and from preview to receipt.
//! The faces show the preview and apply exactly the plan that was shown.

use std::path::Path;

use super::{
    apply::{self, Applied},
    dialect::Dialect,
    document::{Document, Edit, Step, Value},
    history,
    intent::{self, Edits, Situation},
    outcome::{Change, FileDiff, Preview, ReceiptKind, ReceiptSummary, UseRequest, Warning},
    plan::{FileEdit, Plan},
    secrets,
    settings::{self, KEY_VARIABLE, Settings},
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    models::{
        discovery::{Discovered, Discovery},
        model::Model,
    },
    ollama::address::Address,
};

/// What the user wants of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Make a model OpenClaw's model.
    Use(UseRequest),
    /// Reach Ollama at this address.
    Address(Address),
    /// Rename the page's `fallback`.
    RenameFallback,
}

/// A preview and the plan that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// For a face.
    pub preview: Preview,
    /// For [`apply()`].
    pub plan: Plan,
}

/// Plans `wish`: reads the file, asks the server what it has, makes the edits. Writes nothing.
///
/// # Errors
/// `settings.*`, `model.*`, `file.failed`.
pub async fn prepare(computer: &Computer, wish: Wish) -> Result<Prepared, Error> {
    let computer = computer.clone();
    let discovered = match &wish {
        Wish::Use(_) => {
            let effective = {
                let computer = computer.clone();
                blocking(move || Ok(computer.effective().0)).await?
            };
            // A server that does not answer is not an error here: the file may describe the model already.
            Discovery::default().look(&computer.client(&effective)?).await.ok()
        }
        Wish::Address(_) | Wish::RenameFallback => None,
    };
    blocking(move || plan(&computer, wish, discovered.as_ref())).await
}

/// Carries a plan out; `None` when everything was so already.
///
/// # Errors
/// `settings.changed-meanwhile`, `file.*`.
pub async fn apply(computer: &Computer, plan: Plan) -> Result<Option<ReceiptSummary>, Error> {
    let computer = computer.clone();
    blocking(move || {
        let applied = apply::apply(&computer.folders, &plan, computer.surroundings.now(), &diff)?;
        Ok(match applied {
            Applied::Unchanged => None,
            Applied::Written(receipt) => Some(receipt.summary(None)),
        })
    })
    .await
}

/// Undoes a change, the newest when none is named.
///
/// # Errors
/// `undo.*`, `file.*`.
pub async fn undo(computer: &Computer, id: Option<String>, force: bool) -> Result<ReceiptSummary, Error> {
    let computer = computer.clone();
    blocking(move || {
        let now = computer.surroundings.now();
        let receipt = history::undo(&computer.folders, id.as_deref(), force, now, &diff)?;
        Ok(receipt.summary(None))
    })
    .await
}

/// What Pincer changed, newest first.
///
/// # Errors
/// `file.failed`.
pub async fn list(computer: &Computer) -> Result<Vec<ReceiptSummary>, Error> {
    let folders = computer.folders.clone();
    blocking(move || history::list(&folders)).await
}

/// Settles what a crash left: to be called once at the start of a face. Where nothing was ever changed, nothing
/// is made.
///
/// # Errors
/// `file.*`.
pub async fn settle(computer: &Computer) -> Result<(), Error> {
    let folders = computer.folders.clone();
    blocking(move || history::settle(&folders).map(drop)).await
}

/// Runs blocking file work off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
}

fn plan(computer: &Computer, wish: Wish, discovered: Option<&Discovered>) -> Result<Prepared, Error> {
    let home = computer.openclaw();
    let before = settings::read_bounded(&home.config)?;
    let document = match &before {
        Some(bytes) => Document::parse(&home.config, bytes)?,
        None => Document::new_empty(&home.config),
    };
    let present = Settings::of(document.value());
    let version = computer.openclaw_version(Some(&present));
    let dialect = Dialect::of(version);
    let effective = computer.addresses(Some(&present)).into_iter().next();
    let effective = effective.map_or_else(Address::default, |(address, _)| address);
    let address = if let Wish::Address(address) = &wish { address } else { &effective };
    let installed: Option<&[Model]> = discovered.map(|found| found.models.as_slice());
    let situation = Situation { value: document.value(), installed, address, dialect };
    let Edits { edits, mut warnings } = match &wish {
        Wish::Use(request) => intent::use_model(request, situation)?,
        Wish::Address(_) => intent::use_address(situation),
        Wish::RenameFallback => intent::rename_fallback(document.value()),
    };
    if version.is_none() && matches!(wish, Wish::Use(_)) {
        warnings.push(Warning::VersionUnknown { assumed: dialect.label.to_owned() });
    }
    let after = document.edit(&edits)?;
    let told = Settings::of(after.value());
    let kind = match wish {
        Wish::Use(_) => {
            let name = told.primary_id().unwrap_or_default().to_owned();
            ReceiptKind::UseModel { name }
        }
        Wish::Address(address) => ReceiptKind::UseAddress { url: address.to_string() },
        Wish::RenameFallback => ReceiptKind::RenameFallback {},
    };
    let changes = changes(&edits, document.value(), after.value());
    let key = settings::in_env_file(&home, KEY_VARIABLE).is_some();
    // Nothing asked for is not yet there: no file is made, and none is written.
    let untouched = document.value().means_same(after.value());
    let bytes = if untouched { before.clone() } else { Some(after.bytes().to_vec()) };
    let edit = FileEdit::new(home.config.clone(), before, bytes);
    let changed = edit.is_effective();
    let diff = if changed { unified(&home.config, document.text(), after.text()) } else { String::new() };
    let preview = Preview {
        plan: String::new(),
        file: home.config.display().to_string(),
        files: vec![FileDiff { path: home.config.display().to_string(), diff }],
        changed,
        mode: told.mode(key),
        dialect: dialect.label.to_owned(),
        openclaw_version: version.map(|version| version.to_string()),
        warnings,
        changes,
        primary: told.primary,
        fallbacks: told.fallbacks,
    };
    Ok(Prepared { preview, plan: Plan { kind, edits: vec![edit] } })
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
                let renamed =
                    [path.get(..path.len().saturating_sub(1)).unwrap_or_default(), &[Step::Key(to.clone())]]
                        .concat();
                push(dotted(&renamed, after), before.lookup(&renamed), after.lookup(&renamed));
            }
            other => {
                let path = other.path();
                push(dotted(path, after), before.lookup(path), after.lookup(path));
            }
        }
    }
    changes
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

fn diff(before: &str, after: &str) -> String {
    secrets::unified_diff("openclaw.json", before, after)
}

fn unified(path: &Path, before: &str, after: &str) -> String {
    let name = path.file_name().map_or_else(|| "openclaw.json".into(), |name| name.to_string_lossy());
    secrets::unified_diff(&name, before, after)
}
