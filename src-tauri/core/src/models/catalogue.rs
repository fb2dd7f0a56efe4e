//! What Pincer offers to download, and which models Ollama itself says do not work well with OpenClaw.
//! The list is data (`catalogue.json`); the user's own server decides what a model can do once it is there.

use serde::{Deserialize, Serialize};

use super::{
    fit::{self, DEFAULT_CONTEXT, FitVerdict, Known, OVERHEAD_BYTES},
    model::{Model, Verdict},
};
use crate::ollama::{
    names::{self, ModelName},
    wire::Recommendation,
};

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
    /// Size of the download in bytes, about; 0 when not known (one that only the user's own server recommends).
    pub download_bytes: u64,
    /// Memory that it wants in bytes, about; 0 when not known.
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

/// More recommendations than this are not shown.
const MOST_RECOMMENDED: usize = 50;
/// The longest description that is shown, in characters.
const DESCRIPTION: usize = 200;
/// What a conversation of the usual length adds to a model's size, in percent, where only its size is known.
const CONVERSATION_PERCENT: u64 = 15;

/// The models on offer that are not installed: Pincer's own list, and what the user's own server recommends; what fits
/// the computer first, then in the order of the list, weak ones last.
#[must_use]
pub fn on_offer(installed: &[Model], recommended: &[Recommendation], known: &Known<'_>) -> Vec<Offered> {
    let there = |name: &str| installed.iter().any(|model| names::same(&model.id, name));
    let ours = shipped();
    let mut all: Vec<Offered> = Vec::new();
    for recommendation in recommended.iter().take(MOST_RECOMMENDED) {
        let name = recommendation.model.trim();
        let known_name = ours
            .iter()
            .map(|entry| entry.name.as_str())
            .chain(all.iter().map(|offer| offer.entry.name.as_str()))
            .any(|known| names::same(known, name));
        // One that runs online is nothing to download.
        let downloads = ModelName::parse(name).is_ok_and(|name| !name.is_cloud());
        if downloads && !known_name {
            all.push(theirs(name, recommendation));
        }
    }
    all.splice(
        0..0,
        ours.into_iter().map(|entry| Offered { entry, fit: FitVerdict::Unknown, description: None }),
    );
    all.retain(|offer| !there(&offer.entry.name));
    for offer in &mut all {
        offer.fit = fits(&offer.entry, known);
    }
    let rank = |fit: FitVerdict| match fit {
        FitVerdict::Fits => 0,
        FitVerdict::Tight => 1,
        FitVerdict::Unknown => 2,
        FitVerdict::TooBig => 3,
    };
    all.sort_by_key(|offer| (rank(offer.fit), offer.entry.weak));
    all
}

/// Pincer's own list, best first.
#[must_use]
pub fn shipped() -> Vec<CatalogueEntry> {
    serde_json::from_str(CATALOGUE).unwrap_or_default()
}

/// One that only the server recommends: what it can do is known once it is there.
fn theirs(name: &str, recommendation: &Recommendation) -> Offered {
    let entry = CatalogueEntry {
        name: name.to_owned(),
        download_bytes: 0,
        memory_bytes: recommendation.vram_bytes.unwrap_or_default(),
        verdict: Verdict::Unknown,
        reasoning: false,
        vision: false,
        weak: is_weak(name),
    };
    Offered { entry, fit: FitVerdict::Unknown, description: plain(&recommendation.description) }
}

/// A text from outside in one line of bounded length, without control characters.
fn plain(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    let mut short: String = line.chars().take(DESCRIPTION).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

/// Whether one on offer fits: by its size where it is known, else by what the server says that it wants.
fn fits(entry: &CatalogueEntry, known: &Known<'_>) -> FitVerdict {
    let Some(memory) = known.memory.filter(|_| !known.remote) else { return FitVerdict::Unknown };
    let need = if entry.download_bytes > 0 {
        let conversation = entry.download_bytes / 100 * CONVERSATION_PERCENT;
        entry.download_bytes.saturating_add(conversation).saturating_add(OVERHEAD_BYTES)
    } else if entry.memory_bytes > 0 {
        entry.memory_bytes
    } else {
        return FitVerdict::Unknown;
    };
    fit::verdict(need, memory.all_bytes())
}

/// The model to download when there is none: the first on offer that fits.
#[must_use]
pub fn first_download(known: &Known<'_>) -> String {
    let first = on_offer(&[], &[], known).into_iter().next();
    first.map_or_else(|| "qwen3:8b".into(), |offer| offer.entry.name)
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

/// The installed model to use when the user has not said: ready, not a weak one nor one that failed its check, with room for OpenClaw's
/// instructions, not too big; the first such in the server's order. Never a weak or too big one by itself.
#[must_use]
pub fn best_ready<'a>(models: &'a [Model], known: &Known<'_>) -> Option<&'a Model> {
    let fits = |model: &&Model| {
        let context = fit::recommended_context(model, known, DEFAULT_CONTEXT);
        fit::fit(model, context, known).verdict
    };
    let ready: Vec<(&Model, FitVerdict)> = models
        .iter()
        .filter(|model| model.verdict == Verdict::Ready && !is_weak(&model.id) && !known.failed(model))
        .map(|model| (model, fits(&model)))
        .filter(|(_, fit)| *fit != FitVerdict::TooBig)
        .collect();
    let roomy = |model: &Model| model.context_window >= LEAST_CONTEXT;
    let find = |wanted: &dyn Fn(&Model, FitVerdict) -> bool| {
        ready.iter().find(|(model, fit)| wanted(model, *fit)).map(|(model, _)| *model)
    };
    find(&|model, fit| roomy(model) && fit != FitVerdict::Tight)
        .or_else(|| find(&|model, _| roomy(model)))
        .or_else(|| find(&|_, _| true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::memory::Memory;

    #[test]
    fn the_shipped_list_is_well_formed() {
        let all = shipped();
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

    fn memory(gigabytes: u64) -> Memory {
        Memory { total_bytes: gigabytes * 1_000_000_000, ..Memory::default() }
    }

    #[test]
    fn what_fits_comes_first_and_a_weak_one_never() {
        let names = |gigabytes| {
            let memory = memory(gigabytes);
            let known = Known { memory: Some(&memory), ..Known::default() };
            on_offer(&[], &[], &known)
        };
        for gigabytes in [4, 8, 16, 32, 64] {
            let all = names(gigabytes);
            assert_eq!(all.len(), shipped().len());
            assert!(!all.first().unwrap().entry.weak, "{gigabytes}");
            let ranks: Vec<FitVerdict> = all.iter().map(|offer| offer.fit).collect();
            let first_big = ranks.iter().position(|fit| *fit == FitVerdict::TooBig).unwrap_or(ranks.len());
            assert!(ranks.iter().skip(first_big).all(|fit| *fit == FitVerdict::TooBig), "{ranks:?}");
        }
        assert_eq!(names(8).first().unwrap().entry.name, "qwen3.5:4b");
        assert_eq!(names(8).first().unwrap().fit, FitVerdict::Fits);
        assert!(names(4).iter().all(|offer| offer.fit == FitVerdict::TooBig));
        let remote = memory(64);
        let remote = Known { memory: Some(&remote), remote: true, ..Known::default() };
        assert!(on_offer(&[], &[], &remote).iter().all(|offer| offer.fit == FitVerdict::Unknown));
    }

    #[test]
    fn the_servers_own_recommendations_join_the_list() {
        let recommend = |model: &str, description: &str, vram_bytes| Recommendation {
            model: model.into(),
            description: description.into(),
            vram_bytes,
        };
        let long = "word ".repeat(100);
        let all = [
            recommend("qwen3.5:latest", "known already", Some(11_000_000_000)),
            recommend("new:1b", " plain\n\u{1b}[31m words ", Some(2_000_000_000)),
            recommend("NEW:1B", "twice", None),
            recommend("big:1t", &long, Some(900_000_000_000)),
            recommend("unsized", "", None),
            recommend("gpt-oss:120b-cloud", "online", None),
            recommend("not a name", "bad", None),
            recommend("", "empty", None),
        ];
        let memory = memory(16);
        let known = Known { memory: Some(&memory), ..Known::default() };
        let offered = on_offer(&[], &all, &known);
        assert_eq!(offered.len(), shipped().len() + 3);
        let find = |name: &str| offered.iter().find(|offer| offer.entry.name == name).unwrap();
        assert_eq!(find("qwen3.5").description, None, "ours stays");
        let new = find("new:1b");
        assert_eq!(new.description.as_deref(), Some("plain [31m words"));
        assert_eq!((new.fit, new.entry.memory_bytes), (FitVerdict::Fits, 2_000_000_000));
        assert_eq!((find("unsized").fit, &find("unsized").description), (FitVerdict::Unknown, &None));
        assert_eq!(find("big:1t").fit, FitVerdict::TooBig);
        assert_eq!(find("big:1t").description.as_ref().unwrap().chars().count(), DESCRIPTION + 1);
    }
}
