//! Whether a model fits this computer at a context: size and KV cache against memory. Pure.
//! The formula is Ollama's own arithmetic as measured: size + KV x context + about 1.5 GB <= 0.9 x memory.

use serde::{Deserialize, Serialize};

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
