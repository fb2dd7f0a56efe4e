//! How much memory this computer has, and its graphics cards: what a model must fit into.
//! Numbers only; `models::fit` judges them.

use serde::Serialize;

/// The memory of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Main memory in bytes.
    pub total_bytes: u64,
    /// Graphics cards with memory of their own.
    pub graphics: Vec<GraphicsCard>,
    /// The graphics processor uses the main memory (Apple).
    pub unified: bool,
}

/// A graphics card with memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct GraphicsCard {
    /// Its name, as the system tells it.
    pub name: String,
    /// Its memory in bytes.
    pub total_bytes: u64,
}
