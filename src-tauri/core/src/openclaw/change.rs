//! A change of OpenClaw's settings from wish to preview, and from preview to receipt; and back by undo.
//! The faces show the preview and apply exactly the plan that was shown.

use std::path::Path;

use tokio::{runtime::Handle, sync::oneshot};

use super::{
    apply::{self, Applied},
    elsewhere,
    gateway::{self, Gateway, login, start as gateway_start},
    history::{self, Settled},
    outcome::{Effect, FileDiff, Preview, ReceiptKind, ReceiptSummary, UseRequest},
    plan::Plan,
    prepare::{self, Seen},
    program, secrets,
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::{port_owner::port_owner, unfinished::Unfinished},
    models::discovery::Discovery,
    ollama::{address::Address, start},
    preferences::Preferences,
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
    /// Put the settings in order for the model that is chosen.
    Repair,
    /// Put the key where OpenClaw's service reads it.
    WriteKey,
    /// List the ready models that are missing.
    AddModels,
    /// List this model beside those that are listed; nothing where no list is, or where the model cannot act.
    ListModel(String),
    /// Drop next choices that run online.
    LocalOnly,
    /// Take this next choice out.
    DropFallback(String),
    /// Let OpenClaw's gateway run on this computer.
    GatewayMode,
    /// Give OpenClaw's gateway a token of its own, without which it does not listen to the network.
    GatewayToken,
    /// What the settings must say before OpenClaw's own command lets the gateway start with the computer
    /// ([`login::prepare`] plans all of it).
    GatewayAtLogin,
    /// Let Ollama run a context of so many tokens with this model.
    Context {
        /// The model.
        name: String,
        /// In tokens.
        tokens: u64,
    },
    /// Let OpenClaw wait so many seconds for a word of this model.
    Timeout {
        /// The model.
        name: String,
        /// In seconds.
        seconds: u64,
    },
    /// Let Ollama keep this model in memory between questions.
    KeepLoaded(String),
}

/// A preview and the plan that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// For a face.
    pub preview: Preview,
    /// For [`apply()`].
    pub plan: Plan,
}

/// Plans `wish`: reads the files, asks the server what it has, makes the edits. Writes nothing.
///
/// # Errors
/// `settings.*` (`settings.elsewhere` where what is here is not OpenClaw's, `settings.engine-silent` where that is not known),
/// `model.*`, `address.invalid`, `file.failed`; `ollama.*` when the server would have to say what the
/// files do not, and does not answer.
pub async fn prepare(computer: &Computer, wish: Wish) -> Result<Prepared, Error> {
    not_elsewhere(computer).await?;
    let computer = computer.clone();
    let asked = match &wish {
        Wish::Use(UseRequest { address: Some(address), .. }) => Some(Address::parse(address)?),
        Wish::Address(address) => Some(address.clone()),
        _ => None,
    };
    let (discovered, loaded) = if matches!(
        wish,
        Wish::WriteKey
            | Wish::RenameFallback
            | Wish::GatewayMode
            | Wish::GatewayToken
            | Wish::GatewayAtLogin
            | Wish::Address(_)
    ) {
        (None, Vec::new())
    } else {
        let address = match &asked {
            Some(address) => address.clone(),
            None => {
                let computer = computer.clone();
                blocking(move || Ok(computer.effective().0)).await?
            }
        };
        let (client, mut discovery) = (computer.client(&address)?, Discovery::default());
        let (found, loaded) = tokio::join!(discovery.look(&client), client.ps());
        // What is loaded only refines the fit.
        (Some(found), loaded.map(|running| running.models).unwrap_or_default())
    };
    // An address that is asked for is tested before it is written; a context goes by what the models can hold.
    let needs_server =
        |request: &UseRequest| asked.is_some() || request.context.is_some() || request.keep_loaded;
    if let (Wish::Use(request), Some(Err(error))) = (&wish, &discovered)
        && needs_server(request)
    {
        return Err(error.clone());
    }
    blocking(move || prepare::prepare(&computer, &wish, asked, Seen { discovered, loaded })).await
}

/// What is written here does not count for an OpenClaw in a container, in WSL or on another computer. Whoever names the file
/// (`OPENCLAW_CONFIG_PATH`, `OPENCLAW_STATE_DIR`), of a folder that a container mounts say, knows whose it is.
async fn not_elsewhere(computer: &Computer) -> Result<(), Error> {
    let named = ["OPENCLAW_CONFIG_PATH", "OPENCLAW_STATE_DIR"];
    if named.iter().any(|name| computer.surroundings.environment.get(name).is_some()) {
        return Ok(());
    }
    let asked = computer.clone();
    let looked = move || Ok((program::find(&asked.surroundings).is_some(), gateway_start::told(&asked)));
    let (is_here, told) = blocking(looked).await?;
    if !told.is_local() {
        return Err(ErrorCode::GatewayRemote {}.into());
    }
    if is_here {
        return Ok(());
    }
    let port = told.gateway();
    let answers = gateway::look(port).await == Gateway::Answers;
    let last = &computer.remembered().elsewhere;
    let seen = elsewhere::look(&computer.surroundings, last, answers.then_some(port)).await;
    // A gateway that answers and is of nobody here, through a tunnel say, has its settings elsewhere, too.
    let now = computer.surroundings.now();
    let owner = move || Ok(port_owner(&Address::loopback(port), now));
    let of_others = answers && !gateway::is_runtime(blocking(owner).await?.as_ref());
    if let Some(engine) = seen.unasked.filter(|_| !of_others) {
        let config = computer.openclaw().config;
        let path = config.display().to_string();
        // Settings that are here are surely OpenClaw's own; new ones may be for nobody.
        let engine = engine.program().to_owned();
        return match blocking(move || Ok(config.exists())).await? {
            true => Ok(()),
            false => Err(ErrorCode::SettingsEngineSilent { engine, path }.into()),
        };
    }
    if !seen.is_seen() && !of_others {
        return Ok(());
    }
    Err(ErrorCode::SettingsElsewhere {
        container: seen.container.map(|container| container.name),
        distribution: seen.distribution.map(|distribution| distribution.name),
        path: computer.openclaw().config.display().to_string(),
    }
    .into())
}

/// Carries a plan out; `None` when everything was so already. An Ollama that it needs is started first.
///
/// # Errors
/// `settings.changed-meanwhile`, `file.*`; `gateway.*` where OpenClaw's own command has a part in it; `start.*`, and
/// then nothing was written.
pub async fn apply(computer: &Computer, plan: Plan) -> Result<Option<ReceiptSummary>, Error> {
    apply_unless(computer, plan, std::future::pending()).await
}

/// The same; `stop` ends OpenClaw's own command, where it has a part in it, and then everything is as it was before.
/// Files alone are written in a moment: that is not stopped.
///
/// # Errors
/// As [`apply()`].
pub async fn apply_unless(
    computer: &Computer,
    plan: Plan,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Option<ReceiptSummary>, Error> {
    if plan.kind == (ReceiptKind::GatewayAtLogin {}) {
        return login::install(computer, plan, stop).await.map(Some);
    }
    if let Some(address) = &plan.starts {
        start::start_at(&computer.surroundings, &computer.folders, address, &|_| {}).await?;
    }
    let computer = computer.clone();
    blocking(move || {
        let applied = apply::apply(&computer.folders, &plan, computer.surroundings.now(), &diff)?;
        if sets_address(&plan.kind) {
            // The settings say it now: an older choice of Pincer's own would hide what they say.
            forget_own_address(&computer)?;
        }
        Ok(match applied {
            Applied::Unchanged => None,
            Applied::Written(receipt) => Some(receipt.summary(None)),
        })
    })
    .await
}

/// Undoes a change, the newest when none is named; one that takes later ones with it is refused.
///
/// # Errors
/// `undo.*`, `file.*`; `gateway.*` where OpenClaw's own command has to undo something.
pub async fn undo(computer: &Computer, id: Option<String>, force: bool) -> Result<ReceiptSummary, Error> {
    undo_with_later(computer, id, force, Vec::new()).await
}

/// The same, and `later`, the names of later changes, may go with it: those that a person was shown.
///
/// # Errors
/// As [`undo`].
pub async fn undo_with_later(
    computer: &Computer,
    id: Option<String>,
    force: bool,
    later: Vec<String>,
) -> Result<ReceiptSummary, Error> {
    undo_unless(computer, id, force, later, std::future::pending()).await
}

/// The same; `stop` ends OpenClaw's own command, where it has to undo something: then nothing is undone, or, where its
/// service is gone already, all. First polled when that command runs.
///
/// # Errors
/// As [`undo`].
pub async fn undo_unless(
    computer: &Computer,
    id: Option<String>,
    force: bool,
    later: Vec<String>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<ReceiptSummary, Error> {
    let (computer, runtime) = (computer.clone(), Handle::current());
    blocking(move || {
        let wanted = history::Wanted { id: id.as_deref(), force, later: &later };
        let now = computer.surroundings.now();
        let _unfinished = Unfinished::begin();
        // What OpenClaw's own command made goes by OpenClaw's own command.
        let mut service = login::service(&computer, &runtime, login::LIMIT, stop);
        let receipt = history::undo_with(&computer.folders, wanted, now, &diff, &mut service)?;
        Ok(receipt.summary(None))
    })
    .await
}

/// What a plain undo would take back: the newest change that was not undone. A history that cannot be read has nothing to
/// offer.
pub async fn newest(computer: &Computer) -> Option<ReceiptSummary> {
    let all = list(computer).await.unwrap_or_default();
    all.into_iter()
        .find(|receipt| receipt.undone_by.is_none() && !matches!(receipt.kind, ReceiptKind::Undo { .. }))
}

/// The same for what OpenClaw refuses: undoing something else than its settings would not help.
pub async fn newest_of_settings(computer: &Computer) -> Option<ReceiptSummary> {
    let of_services = [ReceiptKind::StartAtLogin {}, ReceiptKind::GatewayAtLogin {}];
    newest(computer).await.filter(|change| !of_services.contains(&change.kind))
}

/// What Pincer changed, newest first.
///
/// # Errors
/// `file.failed`.
pub async fn list(computer: &Computer) -> Result<Vec<ReceiptSummary>, Error> {
    let folders = computer.folders.clone();
    blocking(move || history::list(&folders)).await
}

/// What undoing a change would bring back, as masked diffs from now to before it.
///
/// # Errors
/// `undo.unknown`, `file.failed`.
pub async fn difference(computer: &Computer, id: String) -> Result<Vec<FileDiff>, Error> {
    let folders = computer.folders.clone();
    blocking(move || history::difference(&folders, &id, &diff)).await
}

/// Settles what a crash left: to be called once at the start of a face. Where nothing was ever changed, nothing
/// is made. Where OpenClaw's own command was under way it takes up to two minutes, else milliseconds.
///
/// # Errors
/// `file.*`.
pub async fn settle(computer: &Computer) -> Result<Settled, Error> {
    settle_telling(computer, || {}).await
}

/// The same; calls `slow` before it takes its time.
///
/// # Errors
/// As [`settle`].
pub async fn settle_telling(computer: &Computer, slow: impl FnOnce()) -> Result<Settled, Error> {
    let (computer, runtime) = (computer.clone(), Handle::current());
    let (tell, told) = oneshot::channel();
    let mut settled = std::pin::pin!(blocking(move || {
        let stop = std::future::pending();
        let mut service = login::service(&computer, &runtime, login::CLEAN_UP, stop);
        history::settle_with(&computer.folders, &mut service, || {
            // Whoever gave up needs no word.
            let _ = tell.send(());
        })
    }));
    tokio::select! {
        // Both may be ready at once on a busy computer.
        biased;
        Ok(()) = told => slow(),
        settled = &mut settled => return settled,
    }
    settled.await
}

fn sets_address(kind: &ReceiptKind) -> bool {
    match kind {
        ReceiptKind::UseAddress { .. } => true,
        ReceiptKind::Settings { effects } => {
            effects.iter().any(|effect| matches!(effect, Effect::Address { .. }))
        }
        _ => false,
    }
}

fn forget_own_address(computer: &Computer) -> Result<(), Error> {
    let own = Preferences::read(&computer.folders).address;
    if own.is_none() {
        return Ok(());
    }
    Preferences::change(&computer.surroundings, |all| all.address = None)
}

/// Runs blocking file work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
}

pub(super) fn diff(path: &Path, before: &str, after: &str) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    secrets::unified_diff(&name, before, after)
}
