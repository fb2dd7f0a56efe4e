//! Model names: `[host/][namespace/]model[:tag]`, compared as Ollama compares them.
//! Rules: Ollama's `types/model/name.go`; listings always carry the tag, letter case does not count.

use crate::error::{Error, ErrorCode};

const DEFAULT_HOST: &str = "registry.ollama.ai";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";
/// Longest host part; the others are at most 80.
const MAX_HOST: usize = 350;
const MAX_PART: usize = 80;

/// A well-formed model name, complete with its defaults, in lower case: equal when Ollama says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName {
    host: String,
    namespace: String,
    model: String,
    tag: String,
}

impl ModelName {
    /// Reads a name as a person writes it.
    ///
    /// # Errors
    /// [`ErrorCode::ModelBadName`] when Ollama would refuse it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = || Error::from(ErrorCode::ModelBadName { name: text.trim().into() });
        let trimmed = text.trim();
        let lower = trimmed.to_ascii_lowercase();
        let (path, tag) = match lower.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (lower.as_str(), DEFAULT_TAG),
        };
        let parts: Vec<&str> = path.split('/').collect();
        let (host, namespace, model) = match parts.as_slice() {
            [model] => (DEFAULT_HOST, DEFAULT_NAMESPACE, *model),
            [namespace, model] => (DEFAULT_HOST, *namespace, *model),
            [host, namespace, model] => (*host, *namespace, *model),
            _ => return Err(bad()),
        };
        let well_formed = is_part(host, MAX_HOST, ".:")
            && is_part(namespace, MAX_PART, "")
            && is_part(model, MAX_PART, ".")
            && is_part(tag, MAX_PART, ".");
        if !well_formed {
            return Err(bad());
        }
        Ok(Self { host: host.into(), namespace: namespace.into(), model: model.into(), tag: tag.into() })
    }

    /// The model without host, namespace and tag (`qwen3` of `qwen3:8b`).
    #[must_use]
    pub fn family(&self) -> &str {
        &self.model
    }

    /// The tag (`latest` when none was written).
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// From Ollama's own library, not a registry or namespace of someone else's.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.host == DEFAULT_HOST && self.namespace == DEFAULT_NAMESPACE
    }

    /// Named as a model that runs on ollama.com (`:cloud`, `-cloud`).
    #[must_use]
    pub fn is_cloud(&self) -> bool {
        self.tag == "cloud" || self.tag.ends_with("-cloud")
    }
}

/// What people copy together with a name: its page, or the command that runs it.
const WRAPPINGS: [&str; 6] =
    ["https://", "http://", "ollama.com/", "library/", "ollama run ", "ollama pull "];

/// The name in what people copy (`https://ollama.com/library/qwen3:8b`, `ollama run qwen3:8b`); other text trimmed.
#[must_use]
pub fn unwrapped(text: &str) -> &str {
    let mut name = text.trim();
    for wrapping in WRAPPINGS {
        if name.get(..wrapping.len()).is_some_and(|start| start.eq_ignore_ascii_case(wrapping)) {
            name = name.get(wrapping.len()..).unwrap_or_default().trim_start();
        }
    }
    name.trim_end_matches('/')
}

/// Whether two names mean the same model; names that are none are compared as text.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    match (ModelName::parse(a), ModelName::parse(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// The name in `listed` that means the same model, as listed there.
#[must_use]
pub fn find<'a>(wanted: &str, listed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    listed.into_iter().find(|name| same(name, wanted))
}

/// At most three of `listed` that may be meant by `wanted`, what looks most like it first. Only near ones, by the
/// model's own name: one begins with the other, or a third of the letters is mistyped at most. Tags are often alike
/// (`8b`) and say nothing.
#[must_use]
pub fn nearest<'a>(wanted: &str, listed: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = listed
        .into_iter()
        .filter(|name| is_near(own_name(&wanted), own_name(&name.to_lowercase())))
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// The name without registry, namespace and tag; also of text that is no name.
fn own_name(name: &str) -> &str {
    let last = name.trim().rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

fn is_near(a: &str, b: &str) -> bool {
    let shorter = a.chars().count().min(b.chars().count());
    let begins = shorter > 2 && (a.starts_with(b) || b.starts_with(a));
    begins || (shorter > 0 && strsim::damerau_levenshtein(a, b) <= (shorter / 3).max(1))
}

fn is_part(part: &str, longest: usize, also: &str) -> bool {
    let mut characters = part.chars();
    let first = characters.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    first
        && part.len() <= longest
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || also.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_ollama_does() {
        for (a, b, equal) in [
            ("llama3.3", "llama3.3:latest", true),
            ("Llama3.3", "llama3.3:LATEST", true),
            ("library/llama3.3", "llama3.3", true),
            ("registry.ollama.ai/library/llama3.3", "llama3.3", true),
            ("qwen3", "qwen3:8b", false),
            ("someone/qwen3", "qwen3", false),
            ("hf.co/org/repo:Q4_K_M", "HF.co/Org/repo:q4_k_m", true),
            ("not a name", "not a name", true),
            ("not a name", "other name", false),
        ] {
            assert_eq!(same(a, b), equal, "{a} {b}");
        }
    }

    #[test]
    fn what_ollama_refuses_is_refused() {
        for text in [
            "",
            " ",
            ":8b",
            "a b",
            "-a",
            "a:",
            "a/b/c/d",
            "a..b/c",
            "name.space/model",
            "a\u{202e}b",
            "a:b:c/d",
            "é",
            "../x",
        ] {
            assert!(ModelName::parse(text).is_err(), "{text:?}");
        }
        assert!(ModelName::parse(&"a".repeat(81)).is_err());
        for copied in [
            "https://ollama.com/library/qwen3:8b",
            "ollama.com/library/qwen3:8b/",
            " ollama run qwen3:8b\n",
            "ollama pull qwen3:8b",
            "qwen3:8b",
        ] {
            assert_eq!(unwrapped(copied), "qwen3:8b", "{copied:?}");
        }
        assert_eq!(unwrapped("https://ollama.com/someone/mine"), "someone/mine");
        assert_eq!(unwrapped("hf.co/someone/mine"), "hf.co/someone/mine");
        assert_eq!(unwrapped("é"), "é");
        for text in
            ["_a", "qwen3:8b", "qwen2.5-coder:32b", "localhost:5000/me/model:x", "hf.co/org/repo:Q4_K_M"]
        {
            assert!(ModelName::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn cloud_models_are_known_by_name() {
        assert!(ModelName::parse("gpt-oss:20b-cloud").unwrap().is_cloud());
        assert!(ModelName::parse("kimi:cloud").unwrap().is_cloud());
        assert!(!ModelName::parse("cloud").unwrap().is_cloud());
    }

    #[test]
    fn the_nearest_names_come_first() {
        let listed = ["llama3.2:3b", "qwen3:8b", "gemma2:2b"];
        assert_eq!(nearest("qwen3:4b", listed), ["qwen3:8b"]);
        assert_eq!(nearest("me/qwne3", listed), ["qwen3:8b"]);
        assert_eq!(nearest("lama3.2:3b", listed), ["llama3.2:3b"]);
        assert_eq!(nearest("gemma", listed), ["gemma2:2b"]);
        for far in ["zzz", "", "stops:8b", "gpt-oss:20b-cloud", "x:3b"] {
            assert!(nearest(far, listed).is_empty(), "{far}");
        }
        assert!(nearest("gpt-oss:20b-cloud", ["stops:1b"]).is_empty());
    }
}
