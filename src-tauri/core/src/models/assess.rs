//! Everything that Pincer can say of an installed model: what it can do, whether it fits, what runs and what was
//! tried. Pure: put together from what the server, this computer and the settings said.

use serde::Serialize;

use super::{
    catalogue,
    check::Checked,
    fit::{Fit, FitBasis, FitVerdict},
    model::{Model, Verdict},
};
use crate::ollama::wire::Loaded;

/// The groups of the Models screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Can act, and fits.
    Recommended,
    /// Can act, but is on Ollama's own list of models that often fail with OpenClaw.
    OftenFails,
    /// Can talk, has no tools.
    ChatOnly,
    /// Does not fit this computer.
    TooBig,
    /// Runs online.
    Online,
    /// The server did not say what it can do.
    Unknown,
    /// For memory, not for chat.
    Embedding,
}

/// A model that is in memory now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct InMemory {
    /// Bytes.
    pub size_bytes: u64,
    /// The share on the graphics card, 0 to 1.
    pub on_graphics_card: f64,
    /// The context that runs, in tokens; `null` when the server does not say.
    pub context: Option<u64>,
    /// Until when it stays without being asked, in milliseconds since 1970; `null` when the server does not say.
    pub until: Option<u64>,
}

/// One installed model with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Assessed {
    /// The model as discovered.
    #[serde(flatten)]
    pub model: Model,
    /// Where the screen shows it.
    pub group: Group,
    /// On Ollama's own list of models that do not work well with OpenClaw.
    pub weak: bool,
    /// Whether it fits at the context that OpenClaw will ask for, or the recommended one.
    pub fit: Fit,
    /// The context to recommend, in tokens.
    pub recommended_context: u64,
    /// The context that OpenClaw will ask for by its settings, in tokens; `null` when they do not say.
    pub asked_context: Option<u64>,
    /// What is in memory of it now; `null` when nothing is.
    pub in_memory: Option<InMemory>,
    /// What the last live check of exactly these files showed; `null`: not tried yet.
    pub checked: Option<Checked>,
    /// For one that often fails: a better model that is installed or on offer, and fits.
    pub better: Option<String>,
}

/// Assesses the models of a server, in its order.
#[must_use]
pub fn assess(models: &[Model], loaded: &[Loaded]) -> Vec<Assessed> {
    models.iter().map(|model| one(model, loaded)).collect()
}

fn one(model: &Model, loaded: &[Loaded]) -> Assessed {
    let weak = catalogue::is_weak(&model.id);
    let group = match model.verdict {
        Verdict::Ready if weak => Group::OftenFails,
        Verdict::Ready => Group::Recommended,
        Verdict::ChatOnly => Group::ChatOnly,
        Verdict::Embedding => Group::Embedding,
        Verdict::Cloud => Group::Online,
        Verdict::Unknown => Group::Unknown,
    };
    let recommended_context = model.context_window.min(32_768);
    Assessed {
        model: model.clone(),
        group,
        weak,
        fit: Fit {
            verdict: FitVerdict::Unknown,
            basis: FitBasis::NoMemory,
            context: recommended_context,
            need_bytes: None,
            memory_bytes: None,
            graphics_bytes: None,
            runs_on: None,
        },
        recommended_context,
        asked_context: None,
        in_memory: loaded.iter().find(|loaded| loaded.name == model.id).map(in_memory),
        checked: None,
        better: None,
    }
}

fn in_memory(loaded: &Loaded) -> InMemory {
    #[allow(clippy::cast_precision_loss)] // a share for people
    let share = if loaded.size == 0 { 0.0 } else { loaded.size_vram as f64 / loaded.size as f64 };
    InMemory {
        size_bytes: loaded.size,
        on_graphics_card: share.clamp(0.0, 1.0),
        context: (loaded.context_length > 0).then_some(loaded.context_length),
        until: None,
    }
}
