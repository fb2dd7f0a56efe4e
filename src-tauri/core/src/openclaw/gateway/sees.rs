//! Which of Ollama's models OpenClaw sees, by its own command (`openclaw models list`), and why not the others.
//! It takes seconds, so it runs in the background, and its word is kept by settings, version and models.
//!
//! Measured on 2026.9.6: `--all --provider ollama` lists exactly the pinned models, whatever Ollama has; automatic,
//! it lists what the gateway or, with `--refresh`, it itself discovered: all but those that only make embeddings.
//! Earlier versions list automatically discovered ones by other rules, or from memory: their word is not taken.

use std::{path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    machine::command,
    models::model::{Model, Verdict},
    ollama::names,
    openclaw::{
        outcome::Mode,
        settings::{PREFIX, Settings},
        version::Version,
    },
    surroundings::Surroundings,
};

/// Two to thirteen seconds measured; a slow computer gets a minute and a half.
const LIMIT: Duration = Duration::from_secs(90);
/// The first version whose list of automatically discovered models is what a turn finds.
const ASKS_OLLAMA: Version = Version::new(2026, 9, 6);

/// Why OpenClaw does not see a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// It makes embeddings and cannot be asked anything.
    Embedding,
    /// OpenClaw's settings list models, and not this one, which cannot use tools.
    NoTools,
    /// OpenClaw's settings list models, and not this one.
    NotListed,
    /// Nothing explains it.
    Unexplained,
}

/// A model that OpenClaw does not see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct UnseenModel {
    /// As Ollama lists it.
    pub name: String,
    /// Why.
    pub why: Unseen,
}

/// What OpenClaw sees of the installed models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
pub struct Sees {
    /// Those that it sees, as Ollama lists them.
    pub seen: Vec<String>,
    /// The others.
    pub unseen: Vec<UnseenModel>,
}

/// Whether OpenClaw's list says what a turn finds.
#[must_use]
pub fn is_reliable(mode: Mode, version: Option<Version>) -> bool {
    match mode {
        Mode::Pinned => true,
        Mode::Automatic => version.is_some_and(|version| version >= ASKS_OLLAMA),
        Mode::Off => false,
    }
}

/// The ids of Ollama's models that OpenClaw lists. `None` when it could not be asked.
pub async fn ask(surroundings: &Surroundings, program: &Path, mode: Mode) -> Option<Vec<String>> {
    let mut arguments = vec!["models", "list", "--all", "--provider", "ollama", "--json"];
    if mode == Mode::Automatic {
        // Without a gateway it would tell what it found some time ago.
        arguments.push("--refresh");
    }
    let output = command::output_or_stop(surroundings, program, &arguments, LIMIT).await.ok()?;
    listed(&output.stdout)
}

fn listed(text: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct List {
        models: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        key: String,
        #[serde(default)]
        missing: bool,
        #[serde(default)]
        available: Option<bool>,
    }
    let list: List = super::turn::document(text)?;
    let usable = list.models.into_iter().filter(|entry| !entry.missing && entry.available != Some(false));
    Some(usable.filter_map(|entry| entry.key.strip_prefix(PREFIX).map(str::to_owned)).collect())
}

/// What OpenClaw's list means for the installed models.
#[must_use]
pub fn compare(models: &[Model], listed: &[String], told: &Settings, mode: Mode) -> Sees {
    let is_in = |model: &Model, list: &[String]| list.iter().any(|id| names::same(id, &model.id));
    let (seen, rest): (Vec<&Model>, Vec<&Model>) = models.iter().partition(|model| is_in(model, listed));
    let why =
        |model: &Model| match model.verdict {
            Verdict::Embedding => Unseen::Embedding,
            verdict if mode == Mode::Pinned && !is_in(model, &told.listed) => {
                if verdict == Verdict::ChatOnly { Unseen::NoTools } else { Unseen::NotListed }
            }
            _ => Unseen::Unexplained,
        };
    Sees {
        seen: seen.into_iter().map(|model| model.id.clone()).collect(),
        unseen: rest
            .into_iter()
            .map(|model| UnseenModel { name: model.id.clone(), why: why(model) })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{models::discovery, ollama::wire::Tag};

    fn model(name: &str, verdict: Verdict) -> Model {
        let tag = Tag { name: name.into(), ..Tag::default() };
        Model { verdict, ..discovery::judge(&tag, None) }
    }

    #[test]
    fn its_list_is_read_without_what_cannot_be_used() {
        let text = r#"noise
            {"count":4,"models":[{"key":"ollama/qwen3:8b","available":true,"tags":[]},{"key":"ollama/a","available":null},
             {"key":"ollama/gone","missing":true,"available":null},{"key":"ollama/off","available":false},
             {"key":"anthropic/claude","available":true}]}"#;
        assert_eq!(listed(text).unwrap(), ["qwen3:8b", "a"]);
        assert_eq!(listed(r#"{"count":0,"models":[]}"#).unwrap(), Vec::<String>::new());
        assert_eq!(listed("error: unknown option"), None);
    }

    #[test]
    fn each_model_that_it_does_not_see_has_its_reason() {
        let models = [
            model("qwen3:8b", Verdict::Ready),
            model("llama3.2:3b", Verdict::Ready),
            model("gemma2:2b", Verdict::ChatOnly),
            model("nomic-embed-text:latest", Verdict::Embedding),
        ];
        let told = Settings { listed: vec!["qwen3:8b".into()], ..Settings::default() };
        let why = |sees: &Sees| sees.unseen.iter().map(|model| model.why).collect::<Vec<_>>();
        let pinned = compare(&models, &["Qwen3:8b".into()], &told, Mode::Pinned);
        assert_eq!(pinned.seen, ["qwen3:8b"]);
        assert_eq!(why(&pinned), [Unseen::NotListed, Unseen::NoTools, Unseen::Embedding]);
        let automatic =
            compare(&models, &["qwen3:8b".into(), "gemma2:2b".into()], &Settings::default(), Mode::Automatic);
        assert_eq!(automatic.seen, ["qwen3:8b", "gemma2:2b"]);
        assert_eq!(why(&automatic), [Unseen::Unexplained, Unseen::Embedding]);
        // Listed by the settings, and yet not seen.
        let strange = compare(&models, &[], &told, Mode::Pinned);
        assert_eq!(strange.unseen.first().map(|model| model.why), Some(Unseen::Unexplained));
    }

    #[test]
    fn a_list_is_believed_only_where_it_is_true() {
        let version = |text| Version::find(text);
        assert!(is_reliable(Mode::Pinned, None));
        assert!(is_reliable(Mode::Automatic, version("2026.9.6")));
        assert!(!is_reliable(Mode::Automatic, version("2026.8.2")));
        assert!(!is_reliable(Mode::Automatic, None));
        assert!(!is_reliable(Mode::Off, version("2026.9.6")));
    }
}
