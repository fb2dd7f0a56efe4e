//! Everything that Pincer can say of an installed model: what it can do, whether it fits, what runs and what was
//! tried. Pure: put together from what the server, this computer and the settings said.

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    catalogue::{self, Offered},
    check::{CheckOutcome, Checked},
    fit::{self, DEFAULT_CONTEXT, Fit, FitVerdict, Known},
    model::{Model, Verdict},
};
use crate::{ollama::wire::Loaded, openclaw::asked::Asking};

/// The groups of the Models screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Can act, and fits.
    Recommended,
    /// Can act, but is on Ollama's own list of models that often fail with OpenClaw, or failed its live check.
    OftenFails,
    /// Can talk, has no tools.
    ChatOnly,
    /// Can act, and does not fit this computer, not even with the shortest conversation that OpenClaw needs.
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
    /// For one that often fails, or failed its live check: a better model that is installed or on offer, and fits.
    pub better: Option<String>,
}

/// Assesses the models of a server, in its order. `known`: the computer that runs them, and what ran there; `asking`:
/// what OpenClaw was told; `offered`: what there is to download, the best first.
#[must_use]
pub fn assess(
    models: &[Model],
    known: &Known<'_>,
    asking: &Asking<'_>,
    offered: &[Offered],
) -> Vec<Assessed> {
    let better = better(models, known, offered);
    models.iter().map(|model| one(model, known, asking, better.as_deref())).collect()
}

fn one(model: &Model, known: &Known<'_>, asking: &Asking<'_>, better: Option<&str>) -> Assessed {
    let weak = catalogue::is_weak(&model.id);
    let recommended_context = fit::recommended_context(model, known, DEFAULT_CONTEXT);
    let asked_context = asking.context(model).filter(|_| model.verdict != Verdict::Cloud);
    // A context that is too long can be shortened: the model is too big only when it does not fit at its best.
    let best = fit::fit(model, recommended_context, known);
    let checked = known.checked(model);
    let failed = known.failed(model);
    let no_tools = checked.is_some_and(|checked| checked.outcome == CheckOutcome::NoTools {});
    let group = match model.verdict {
        Verdict::Ready | Verdict::Unknown if no_tools => Group::ChatOnly,
        Verdict::Ready if best.verdict == FitVerdict::TooBig => Group::TooBig,
        Verdict::Ready if weak || failed => Group::OftenFails,
        Verdict::Ready => Group::Recommended,
        Verdict::ChatOnly => Group::ChatOnly,
        Verdict::Embedding => Group::Embedding,
        Verdict::Cloud => Group::Online,
        Verdict::Unknown => Group::Unknown,
    };
    Assessed {
        model: model.clone(),
        group,
        weak,
        fit: asked_context.map_or(best, |asked| fit::fit(model, asked, known)),
        recommended_context,
        asked_context,
        in_memory: known.loaded(model).map(in_memory),
        checked: checked.cloned(),
        better: better.filter(|_| (weak || failed) && model.verdict == Verdict::Ready).map(str::to_owned),
    }
}

/// A model to use in place of one that often fails: an installed one that is ready and fits, else the first on offer
/// that fits.
#[must_use]
pub fn better(models: &[Model], known: &Known<'_>, offered: &[Offered]) -> Option<String> {
    let installed = catalogue::best_ready(models, known).map(|model| model.id.clone());
    let fits = |offer: &&Offered| {
        !offer.entry.weak && offer.entry.verdict == Verdict::Ready && offer.fit != FitVerdict::TooBig
    };
    installed.or_else(|| offered.iter().find(fits).map(|offer| offer.entry.name.clone()))
}

fn in_memory(loaded: &Loaded) -> InMemory {
    InMemory {
        size_bytes: loaded.size,
        on_graphics_card: loaded.graphics_share(),
        context: (loaded.context_length > 0).then_some(loaded.context_length),
        until: until(&loaded.expires_at),
    }
}

/// A time of Ollama's (RFC 3339) in milliseconds since 1970; "for good" is so far off that it is no time.
fn until(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
#[path = "assess_tests.rs"]
mod tests;
