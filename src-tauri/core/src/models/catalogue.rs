//! What Pincer offers to download, and which models Ollama itself says do not work well with OpenClaw.
//! The list is data (`catalogue.json`); the user's own server decides what a model can do once it is there.

use serde::{Deserialize, Serialize};

use super::{
    check::CheckOutcome,
    discovery,
    fit::{self, DEFAULT_CONTEXT, FitVerdict, Known},
    model::{Model, Verdict},
    shape::CacheShape,
};
use crate::{
    inert,
    ollama::{
        names::{self, ModelName},
        wire::{Recommendation, Tag},
    },
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
/// Models smaller than this, in bytes, seldom act well (some three thousand million parameters).
const TINY_BYTES: u64 = 2_000_000_000;

/// One model on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// The name to pull.
    pub name: String,
    /// Size of the download in bytes, about; `null` when not known (one that only the user's own server recommends).
    pub download_bytes: Option<u64>,
    /// The memory of the smallest computer that it is not too big for, in bytes, about; `null` when not known.
    pub memory_bytes: Option<u64>,
    /// What it is expected to be; the user's own server decides once it is installed.
    pub verdict: Verdict,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// It sees pictures.
    pub vision: bool,
    /// On Ollama's own list of models that do not work well with OpenClaw.
    pub weak: bool,
    /// What to know of a weak one before it is downloaded.
    pub note: Option<Note>,
    /// What it keeps in memory for a conversation; for the fit alone.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub cache: Option<CacheShape>,
}

/// One of Pincer's own list, as the data has it. Size and cache are those of the files that the name gives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shipped {
    name: String,
    download_bytes: u64,
    cache: CacheShape,
    verdict: Verdict,
    reasoning: bool,
    vision: bool,
    weak: bool,
    note: Option<Note>,
}

/// What is known of a model that OpenClaw's page names and Ollama advises against; the words are in `ui/messages`
/// (`download.note.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Slow on most computers for its size.
    Heavy,
    /// Writes calls as text.
    WritesCalls,
    /// Thinks for long; has tools in newer versions of Ollama's library alone.
    ThinksLong,
    /// An older, small model.
    Older,
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
/// The shortest conversation that is recommended, in tokens: with it a model needs the least.
const SHORTEST: u64 = 16_384;

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
            all.push(theirs(name, recommendation, known));
        }
    }
    all.splice(
        0..0,
        ours.into_iter().map(|entry| Offered { fit: fits(&entry, known), entry, description: None }),
    );
    all.retain(|offer| !there(&offer.entry.name));
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
    let all: Vec<Shipped> = serde_json::from_str(CATALOGUE).unwrap_or_default();
    let entry = |one: Shipped| {
        let need = fit::need_bytes(one.download_bytes, &one.cache, SHORTEST);
        CatalogueEntry {
            name: one.name,
            download_bytes: Some(one.download_bytes),
            memory_bytes: Some(fit::least_memory(need)),
            verdict: one.verdict,
            reasoning: one.reasoning,
            vision: one.vision,
            weak: one.weak,
            note: one.note,
            cache: Some(one.cache),
        }
    };
    all.into_iter().map(entry).collect()
}

/// One that only the server recommends: what it can do is known once it is there.
fn theirs(name: &str, recommendation: &Recommendation, known: &Known<'_>) -> Offered {
    let need = recommendation.vram_bytes.filter(|bytes| *bytes > 0);
    let entry = CatalogueEntry {
        name: name.to_owned(),
        download_bytes: None,
        memory_bytes: need.map(fit::least_memory),
        verdict: Verdict::Unknown,
        reasoning: false,
        vision: false,
        weak: is_weak(name),
        note: None,
        cache: None,
    };
    let memory = known.memory.filter(|_| !known.remote);
    let fit =
        need.zip(memory).map_or(FitVerdict::Unknown, |(need, memory)| fit::verdict(need, memory.all_bytes()));
    Offered { entry, fit, description: plain(&recommendation.description) }
}

/// A text from outside in one line of bounded length, without control characters.
fn plain(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || inert::steers(c)).filter(|w| !w.is_empty()).collect();
    let short = inert::quote(&words.join(" "), DESCRIPTION);
    (!short.is_empty()).then_some(short)
}

/// Whether one of Pincer's own list fits: as it will be judged once it is installed.
fn fits(entry: &CatalogueEntry, known: &Known<'_>) -> FitVerdict {
    let (Some(size), Some(cache)) = (entry.download_bytes, entry.cache) else { return FitVerdict::Unknown };
    let tag = Tag { name: entry.name.clone(), size, ..Tag::default() };
    let model = Model { context_window: DEFAULT_CONTEXT, cache, ..discovery::judge(&tag, None) };
    let context = fit::recommended_context(&model, known, DEFAULT_CONTEXT);
    fit::fit(&model, context, known).verdict
}

/// The model to download when there is none: the first on offer that fits, or, where nothing is known of the memory,
/// the first of the list; `None` when all are too big.
#[must_use]
pub fn first_download(known: &Known<'_>) -> Option<String> {
    let first = on_offer(&[], &[], known).into_iter().find(|offer| !offer.entry.weak)?;
    (first.fit != FitVerdict::TooBig).then_some(first.entry.name)
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

/// The installed model to use when the user has not said: ready, not a weak one nor one that failed its check, not too
/// big, with room for OpenClaw's instructions as far as the server tells. Of several one that showed that it can act,
/// then one that fits well, then one that is not tiny, then the first in the server's order.
#[must_use]
pub fn best_ready<'a>(models: &'a [Model], known: &Known<'_>) -> Option<&'a Model> {
    let fits = |model: &&Model| {
        let context = fit::recommended_context(model, known, DEFAULT_CONTEXT);
        fit::fit(model, context, known).verdict
    };
    let ready: Vec<(&Model, FitVerdict)> = models
        .iter()
        .filter(|model| model.verdict == Verdict::Ready && !is_weak(&model.id) && !known.failed(model))
        .filter(|model| !model.context_known || model.context_window >= LEAST_CONTEXT)
        .map(|model| (model, fits(&model)))
        .filter(|(_, fit)| *fit != FitVerdict::TooBig)
        .collect();
    let proven = |model: &Model| {
        known.checked(model).is_some_and(|checked| checked.outcome == CheckOutcome::CalledTool {})
    };
    let worse = |(model, fit): &&(&Model, FitVerdict)| {
        let tiny = (1..TINY_BYTES).contains(&model.size_bytes);
        (!model.context_known, !proven(model), *fit == FitVerdict::Tight, tiny)
    };
    ready.iter().min_by_key(worse).map(|(model, _)| *model)
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
                entry.download_bytes > Some(1_000_000_000) && entry.memory_bytes > entry.download_bytes,
                "{}",
                entry.name
            );
            assert_eq!(entry.weak, is_weak(&entry.name), "{}", entry.name);
            assert_eq!(entry.weak, entry.note.is_some(), "{}", entry.name);
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
        for (gigabytes, first) in [(4, None), (8, Some("qwen3.5:4b"))] {
            let memory = memory(gigabytes);
            let known = Known { memory: Some(&memory), ..Known::default() };
            assert_eq!(first_download(&known).as_deref(), first, "{gigabytes}");
        }
        assert_eq!(first_download(&Known::default()).as_deref(), Some("qwen3.5:4b"), "nothing is known");
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
        assert_eq!((new.fit, new.entry.memory_bytes), (FitVerdict::Fits, Some(2_222_222_223)));
        assert_eq!(find("unsized").entry.download_bytes, None);
        assert_eq!((find("unsized").fit, &find("unsized").description), (FitVerdict::Unknown, &None));
        assert_eq!(find("big:1t").fit, FitVerdict::TooBig);
        let short = format!("{}…", ["word"; DESCRIPTION / 5].join(" "));
        assert_eq!(find("big:1t").description.as_ref(), Some(&short));
    }
}
