//! Help with a model's name as it is typed: whether Ollama would take it, whether it is here, what is near.
//! Pure; names on offer are few, so every key pressed may ask.

use super::catalogue::{CatalogueEntry, Suggestion};
use crate::ollama::names::{self, ModelName};

/// More names are no help.
const MOST: usize = 5;

/// What can be said of `text` beside the models that are installed and on offer.
#[must_use]
pub fn suggest<'a>(
    text: &str,
    installed: impl IntoIterator<Item = &'a str>,
    on_offer: &'a [CatalogueEntry],
) -> Suggestion {
    let text = names::unwrapped(text);
    let installed: Vec<&str> = installed.into_iter().collect();
    Suggestion {
        valid: ModelName::parse(text).is_ok(),
        installed: names::find(text, installed.iter().copied()).map(str::to_owned),
        nearest: nearest(text, installed, on_offer),
    }
}

/// Names on offer and installed that begin with `text`, then those that look most like it; never its own.
#[must_use]
pub fn nearest<'a>(
    text: &str,
    installed: impl IntoIterator<Item = &'a str>,
    on_offer: &'a [CatalogueEntry],
) -> Vec<String> {
    let typed = text.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let known: Vec<&str> = on_offer.iter().map(|entry| entry.name.as_str()).chain(installed).collect();
    let begin =
        known.iter().filter(|name| name.to_lowercase().starts_with(&typed)).map(|name| (*name).to_owned());
    let like = names::nearest(&typed, known.iter().copied());
    let mut found: Vec<String> = Vec::new();
    for name in begin.chain(like) {
        if !names::same(&name, &typed) && !found.iter().any(|other| names::same(other, &name)) {
            found.push(name);
        }
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::catalogue;

    fn of(text: &str, installed: &[&str]) -> Suggestion {
        suggest(text, installed.iter().copied(), &catalogue::shipped())
    }

    #[test]
    fn what_begins_so_comes_first_then_what_looks_alike() {
        let typed = of("QWEN3", &[]);
        assert!(typed.valid);
        assert!(typed.nearest.len() > 2, "{typed:?}");
        assert!(typed.nearest.iter().all(|name| name.starts_with("qwen3")), "{typed:?}");
        assert_eq!(of("mistrall", &[]).nearest.first().map(String::as_str), Some("mistral"));
        assert_eq!(of("quen3:8b", &["qwen3:8b"]).nearest.first().map(String::as_str), Some("qwen3:8b"));
        assert!(of("qwen", &["qwen-mine:1b"]).nearest.len() <= MOST);
    }

    #[test]
    fn it_says_whether_it_is_a_name_and_whether_it_is_here() {
        assert_eq!(of("", &[]), Suggestion { valid: false, installed: None, nearest: Vec::new() });
        assert!(!of("qwen3 8b", &[]).valid);
        let here = of("Mistral", &["mistral:latest"]);
        assert_eq!(here.installed.as_deref(), Some("mistral:latest"));
        assert!(!here.nearest.iter().any(|name| names::same(name, "mistral")), "its own name is no help");
    }
}
