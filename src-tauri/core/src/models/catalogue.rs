//! What Pincer offers to download, and which models Ollama itself says do not work well with OpenClaw.
//! The list is data (`catalogue.json`); the user's own server decides what a model can do once it is there.

use serde::{Deserialize, Serialize};

use super::{
    fit::FitVerdict,
    model::{Model, Verdict},
};
use crate::ollama::names::{self, ModelName};

const CATALOGUE: &str = include_str!("catalogue.json");

/// Families that Ollama (0.32 on) lists as not working well with OpenClaw.
const WEAK: [&str; 10] = [
    "codellama",
    "qwen2.5",
    "qwen2.5-coder",
    "llama3",
    "llama3.1",
    "llama3.2",
    "llama3.3",
    "mistral",
    "starcoder",
    "deepseek-r1",
];

/// OpenClaw's own instructions need about this many tokens (measured: 16,400 with tools).
pub const LEAST_CONTEXT: u64 = 16_000;

/// One model on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// The name to pull.
    pub name: String,
    /// Size of the download in bytes, about.
    pub download_bytes: u64,
    /// Memory that it wants in bytes, about.
    pub memory_bytes: u64,
    /// What it is expected to be; the user's own server decides once it is installed.
    pub verdict: Verdict,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// It sees pictures.
    pub vision: bool,
    /// On Ollama's own list of models that do not work well with OpenClaw.
    pub weak: bool,
}

/// One model on offer, for this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Offered {
    /// The model.
    #[serde(flatten)]
    pub entry: CatalogueEntry,
    /// Whether it fits this computer.
    pub fit: FitVerdict,
    /// What the user's own server says of it, in its words; `null` for one of Pincer's own list.
    pub description: Option<String>,
}

/// What can be said of a model's name as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// Ollama would take it as a name.
    pub valid: bool,
    /// It is installed under this name already.
    pub installed: Option<String>,
    /// Names on offer that are near, or that begin so; at most five.
    pub nearest: Vec<String>,
}

/// The models on offer that are not installed, best first.
#[must_use]
pub fn on_offer(installed: &[Model]) -> Vec<CatalogueEntry> {
    let all: Vec<CatalogueEntry> = serde_json::from_str(CATALOGUE).unwrap_or_default();
    let there = |entry: &CatalogueEntry| installed.iter().any(|model| names::same(&model.id, &entry.name));
    all.into_iter().filter(|entry| !there(entry)).collect()
}

/// The model to download when there is none: the first on offer.
#[must_use]
pub fn first_download() -> String {
    on_offer(&[]).into_iter().next().map_or_else(|| "qwen3:8b".into(), |entry| entry.name)
}

/// On Ollama's own list of models that do not work well with OpenClaw.
#[must_use]
pub fn is_weak(name: &str) -> bool {
    ModelName::parse(name).is_ok_and(|name| {
        // "deepseek-r1 up to 32b".
        let large =
            name.family() == "deepseek-r1" && ["70b", "671b"].iter().any(|size| name.tag().starts_with(size));
        name.is_library() && WEAK.contains(&name.family()) && !large
    })
}

/// The installed model to use when the user has not said: ready, not a weak one, with room for OpenClaw's
/// instructions; the first such in the server's order. Never a weak one by itself.
#[must_use]
pub fn best_ready(models: &[Model]) -> Option<&Model> {
    let ready = || models.iter().filter(|model| model.verdict == Verdict::Ready && !is_weak(&model.id));
    ready().find(|model| model.context_window >= LEAST_CONTEXT).or_else(|| ready().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_is_well_formed() {
        let all: Vec<CatalogueEntry> = serde_json::from_str(CATALOGUE).unwrap();
        assert!(all.len() >= 12);
        for entry in &all {
            assert!(ModelName::parse(&entry.name).is_ok(), "{}", entry.name);
            assert!(
                entry.download_bytes > 1_000_000_000 && entry.memory_bytes >= entry.download_bytes,
                "{}",
                entry.name
            );
            assert_eq!(entry.weak, is_weak(&entry.name), "{}", entry.name);
        }
        for page in ["llama3.3", "qwen2.5-coder:32b", "deepseek-r1:32b", "mistral"] {
            assert!(all.iter().any(|entry| entry.name == page), "{page} is an example of OpenClaw's page");
        }
        assert!(!all.first().unwrap().weak);
    }

    #[test]
    fn weak_models_are_known_by_family() {
        for (name, weak) in [
            ("llama3.3", true),
            ("llama3.3:70b-instruct-q4_K_M", true),
            ("Mistral:latest", true),
            ("mistral-small", false),
            ("deepseek-r1", true),
            ("deepseek-r1:70b", false),
            ("someone/mistral", false),
            ("qwen3:8b", false),
        ] {
            assert_eq!(is_weak(name), weak, "{name}");
        }
    }
}
