//! Whether a model fits this computer at a context: size and KV cache against memory. Pure.
//! The formula is Ollama's own arithmetic as measured: size + KV x context + about 1.5 GB <= 0.9 x memory.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    check::{CheckOutcome, Checked},
    model::{Model, Verdict},
    shape::CacheShape,
};
use crate::{
    machine::memory::Memory,
    ollama::{names, wire::Loaded},
};

/// What Ollama needs beside the model and the conversation, in bytes: its programs and what it computes in (measured).
pub const OVERHEAD_BYTES: u64 = 1_500_000_000;
/// Up to this share of the memory a model fits with room for other programs, in percent.
const FITS_PERCENT: u64 = 75;
/// Up to this share it fits at all.
const MOST_PERCENT: u64 = 90;
/// What a graphics processor may take of memory that it shares with the rest (macOS), in percent.
const UNIFIED_PERCENT: u64 = 75;
/// A model with this share on the graphics card is wholly there: the last percent is how Ollama counts.
const WHOLLY: f64 = 0.99;

/// OpenClaw's own cap for models that it discovers, and a sane default (measured): more makes answers slow.
pub const DEFAULT_CONTEXT: u64 = 32_768;
/// Contexts to recommend, in tokens. The first is what OpenClaw's instructions need.
const CONTEXTS: [u64; 4] = [16_384, 32_768, 65_536, 131_072];

/// What is known of the computer that runs the models, and of what ran there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// It is another computer than this one.
    pub remote: bool,
    /// This computer's memory, when it is known.
    pub memory: Option<&'a Memory>,
    /// What is loaded now.
    pub loaded: &'a [Loaded],
    /// The last live checks of installed models, by their ids.
    pub checked: Option<&'a HashMap<String, Checked>>,
}

impl<'a> Known<'a> {
    /// The memory that models have, when they run on this computer.
    fn here(&self) -> Option<&'a Memory> {
        self.memory.filter(|_| !self.remote)
    }

    /// What is in memory of a model now.
    #[must_use]
    pub fn loaded(&self, model: &Model) -> Option<&'a Loaded> {
        self.loaded.iter().find(|loaded| names::same(&loaded.name, &model.id))
    }

    /// Whether the last live check of a model showed that OpenClaw cannot act with it as it is.
    #[must_use]
    pub fn failed(&self, model: &Model) -> bool {
        self.checked(model).is_some_and(|checked| checked.outcome.failed())
    }

    /// The last live check of a model.
    #[must_use]
    pub fn checked(&self, model: &Model) -> Option<&'a Checked> {
        self.checked?.get(&model.id)
    }
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum FitVerdict {
    /// With room for other programs.
    Fits,
    /// Barely, or only with other programs closed.
    Tight,
    /// It does not.
    TooBig,
    /// Not to be said: another computer's memory, a model that runs online, or no numbers.
    Unknown,
}

/// How the verdict is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum FitBasis {
    /// It was loaded here with this context, or refused for lack of memory.
    Measured,
    /// Computed from what the server says of the model.
    Estimated,
    /// Computed with a safe guess, since the server does not say enough.
    Guessed,
    /// The model is on another computer, whose memory is not known here.
    Remote,
    /// It runs online.
    Online,
    /// This computer's memory is not known.
    NoMemory,
}

/// Where the model would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum RunsOn {
    /// Wholly on the graphics card (or in Apple's unified memory).
    Graphics,
    /// Partly there, partly on the processor.
    Both,
    /// On the processor: slower.
    Processor,
}

/// Whether a model fits, with the numbers for the folded part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Fit {
    /// The verdict.
    pub verdict: FitVerdict,
    /// How it is known.
    pub basis: FitBasis,
    /// The context in tokens that it is about.
    pub context: u64,
    /// What the model needs there, in bytes; `null` when not to be said.
    pub need_bytes: Option<u64>,
    /// What this computer has for it (main and graphics memory together), in bytes.
    pub memory_bytes: Option<u64>,
    /// What of that is on graphics cards, in bytes.
    pub graphics_bytes: Option<u64>,
    /// Where it would run; `null` when not to be said.
    pub runs_on: Option<RunsOn>,
}

/// Whether `model` fits at `context` tokens. What really happened overrules what is computed.
#[must_use]
pub fn fit(model: &Model, context: u64, known: &Known<'_>) -> Fit {
    let here = known.here().filter(|_| model.verdict != Verdict::Cloud);
    let cards = here.filter(|memory| !memory.unified);
    let nothing = Fit {
        verdict: FitVerdict::Unknown,
        basis: FitBasis::NoMemory,
        context,
        need_bytes: None,
        memory_bytes: here.map(Memory::all_bytes),
        graphics_bytes: cards.map(Memory::graphics_bytes),
        runs_on: None,
    };
    if model.verdict == Verdict::Cloud {
        return Fit { basis: FitBasis::Online, ..nothing };
    }
    let estimate = here.map(|memory| estimate(model, context, memory, nothing));
    if let Some(measured) = measured(model, context, known, estimate.unwrap_or(nothing)) {
        return measured;
    }
    let basis = if known.remote { FitBasis::Remote } else { FitBasis::NoMemory };
    estimate.unwrap_or(Fit { basis, ..nothing })
}

/// What a load or a live check showed; `None` when neither is about this context.
fn measured(model: &Model, context: u64, known: &Known<'_>, estimate: Fit) -> Option<Fit> {
    // It works: whatever was computed, it is not too big.
    let worked = match estimate.verdict {
        FitVerdict::Fits | FitVerdict::Unknown => FitVerdict::Fits,
        FitVerdict::Tight | FitVerdict::TooBig => FitVerdict::Tight,
    };
    let worked = Fit { verdict: worked, basis: FitBasis::Measured, ..estimate };
    if let Some(loaded) = known.loaded(model).filter(|loaded| loaded.context_length >= context.max(1)) {
        let size = (loaded.size > 0).then_some(loaded.size);
        // Loaded with a longer conversation it needs more than it would with this one.
        let need_bytes = if loaded.context_length == context {
            size
        } else {
            estimate.need_bytes.map(|need| size.map_or(need, |size| need.min(size)))
        };
        return Some(Fit { need_bytes, runs_on: Some(runs_on(loaded.graphics_share())), ..worked });
    }
    let checked = known.checked(model)?;
    match &checked.outcome {
        // A shorter conversation may fit, in what memory there was.
        CheckOutcome::NotEnoughMemory { have_bytes, .. }
            if checked.asked_context.is_some_and(|asked| context < asked) =>
        {
            let lacks = |need: u64| have_bytes.is_some_and(|have| need > have);
            let verdict = match estimate.verdict {
                FitVerdict::Unknown => return None,
                _ if estimate.need_bytes.is_some_and(lacks) => FitVerdict::TooBig,
                FitVerdict::Fits => FitVerdict::Tight,
                other => other,
            };
            Some(Fit { verdict, ..estimate })
        }
        CheckOutcome::NotEnoughMemory { need_bytes, .. } => Some(Fit {
            verdict: FitVerdict::TooBig,
            basis: FitBasis::Measured,
            need_bytes: need_bytes.or(estimate.need_bytes),
            runs_on: None,
            ..estimate
        }),
        CheckOutcome::CalledTool {} | CheckOutcome::CallAsText {} | CheckOutcome::NoCall { .. } => {
            let ran = checked.context_running.is_some_and(|ran| ran >= context);
            ran.then(|| Fit { runs_on: checked.on_graphics_card.map(runs_on).or(worked.runs_on), ..worked })
        }
        _ => None,
    }
}

fn runs_on(share: f64) -> RunsOn {
    if share >= WHOLLY {
        RunsOn::Graphics
    } else if share > 0.0 {
        RunsOn::Both
    } else {
        RunsOn::Processor
    }
}

fn estimate(model: &Model, context: u64, memory: &Memory, nothing: Fit) -> Fit {
    let basis = if model.cache.guessed { FitBasis::Guessed } else { FitBasis::Estimated };
    if model.size_bytes == 0 {
        return Fit { basis: FitBasis::Guessed, ..nothing };
    }
    let alone = need_bytes(model.size_bytes, &CacheShape::default(), context);
    let need = need_bytes(model.size_bytes, &model.cache, context);
    let all = memory.all_bytes();
    let verdict = match verdict(need, all) {
        // A guess is not enough to call a model too big that fits without it.
        FitVerdict::TooBig if model.cache.guessed && verdict(alone, all) != FitVerdict::TooBig => {
            FitVerdict::Tight
        }
        verdict => verdict,
    };
    let graphics = memory.graphics_bytes();
    let runs_on = if memory.unified {
        if within(need, UNIFIED_PERCENT, memory.total_bytes) { RunsOn::Graphics } else { RunsOn::Both }
    } else if graphics == 0 {
        RunsOn::Processor
    } else if within(need, MOST_PERCENT, graphics) {
        RunsOn::Graphics
    } else {
        RunsOn::Both
    };
    let runs_on = (verdict != FitVerdict::TooBig).then_some(runs_on);
    Fit { verdict, basis, need_bytes: Some(need), runs_on, ..nothing }
}

/// What a model of this size needs with `context` tokens, in bytes.
#[must_use]
pub fn need_bytes(size_bytes: u64, cache: &CacheShape, context: u64) -> u64 {
    size_bytes.saturating_add(OVERHEAD_BYTES).saturating_add(cache.bytes(context))
}

/// The least memory, in bytes, in which a need of so many bytes is not too big.
#[must_use]
pub fn least_memory(need_bytes: u64) -> u64 {
    let least = (u128::from(need_bytes) * 100).div_ceil(u128::from(MOST_PERCENT));
    u64::try_from(least).unwrap_or(u64::MAX)
}

/// The verdict on a need of so many bytes in so much memory.
#[must_use]
pub fn verdict(need_bytes: u64, memory_bytes: u64) -> FitVerdict {
    if within(need_bytes, FITS_PERCENT, memory_bytes) {
        FitVerdict::Fits
    } else if within(need_bytes, MOST_PERCENT, memory_bytes) {
        FitVerdict::Tight
    } else {
        FitVerdict::TooBig
    }
}

fn within(need: u64, percent: u64, of: u64) -> bool {
    u128::from(need) * 100 <= u128::from(of) * u128::from(percent)
}

/// The context to recommend, in tokens: the largest of 16, 32, 64 and 128 thousand, at most `most`, that fits and that
/// the model has; its own when it has less; the smallest when nothing fits.
#[must_use]
pub fn recommended_context(model: &Model, known: &Known<'_>, most: u64) -> u64 {
    let most = most.min(model.context_window);
    let own = |context: u64| context.min(most);
    let fits = |context: &u64| fit(model, *context, known).verdict != FitVerdict::TooBig;
    let largest = CONTEXTS.into_iter().rev().map(own).find(fits);
    largest.unwrap_or_else(|| CONTEXTS.into_iter().map(own).min().unwrap_or(most))
}
