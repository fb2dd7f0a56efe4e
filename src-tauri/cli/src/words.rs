//! The words of the commands: the window's own messages, embedded. One catalogue, two faces.
//! A message is a plain text with `{param}`; without a value for one of them, its `.else` form is used.

use std::collections::BTreeMap;

use pincer_core::surroundings::Environment;
use serde::Serialize;
use serde_json::{Value, json};

use crate::numbers::Numbers;

// Every language's tag (BCP 47) with its messages, as `build.rs` found them.
include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

/// The tags (BCP 47) of the languages that there are; the first is for everyone else.
pub fn languages() -> impl Iterator<Item = &'static str> {
    CATALOGUES.iter().map(|(tag, _)| *tag)
}

/// The messages of the user's language.
#[derive(Debug, Clone)]
pub struct Words {
    messages: BTreeMap<String, String>,
    /// How this language writes numbers.
    pub numbers: Numbers,
}

impl Words {
    /// By `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set; English otherwise.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| environment.get(name));
        Self::with(serde_json::from_str(catalogue(locale.unwrap_or_default())).unwrap_or_default())
    }

    fn with(messages: BTreeMap<String, String>) -> Self {
        let numbers = Numbers::of(|key| messages.get(key).cloned().unwrap_or_default());
        Self { messages, numbers }
    }

    /// Whether a person who was asked answered yes, in the user's language or in English; a bare return does.
    #[must_use]
    pub fn is_yes(&self, answer: &str) -> bool {
        let answer = answer.trim().to_lowercase();
        let own = self.say("cli.yes");
        matches!(answer.as_str(), "" | "y" | "yes") || own.split_whitespace().any(|yes| yes == answer)
    }

    /// Parts of a sentence, or facts in a row, as one.
    #[must_use]
    pub fn clauses(&self, parts: impl IntoIterator<Item = String>) -> String {
        self.joined("join.clauses", parts)
    }

    /// Sentences one after the other.
    #[must_use]
    pub fn sentences(&self, parts: impl IntoIterator<Item = String>) -> String {
        self.joined("join.sentences", parts)
    }

    /// A speed in bytes a second.
    #[must_use]
    pub fn speed(&self, bytes: u64) -> String {
        self.say_with("cli.speed", &json!({ "size": self.numbers.size(bytes) }))
    }

    fn joined(&self, key: &str, parts: impl IntoIterator<Item = String>) -> String {
        let both = |first: String, next: String| self.say_with(key, &json!({ "first": first, "next": next }));
        parts.into_iter().reduce(both).unwrap_or_default()
    }

    /// The message of `key` without parameters. An unknown key is shown as it is: better than nothing.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &Value::Null)
    }

    /// The message of `key` with the fields of `params` put in.
    #[must_use]
    pub fn say_with(&self, key: &str, params: &impl Serialize) -> String {
        let params = serde_json::to_value(params).unwrap_or_default();
        let mut key = key.to_owned();
        while let Some(message) = self.messages.get(&key) {
            if let Some(text) = self.fill(message, &params) {
                return text;
            }
            let other = format!("{key}.else");
            if !self.messages.contains_key(&other) {
                // Nothing better to say than the message with its gaps.
                return message.clone();
            }
            key = other;
        }
        key
    }

    /// The key for these parameters: a flag that is set has a sentence of its own, where there is one.
    #[must_use]
    pub fn flagged(&self, key: &str, params: &Value) -> String {
        let set = params.as_object().into_iter().flatten().filter(|(_, value)| **value == Value::Bool(true));
        let mut keys = set.map(|(flag, _)| format!("{key}.{flag}"));
        keys.find(|key| self.has(key)).unwrap_or_else(|| key.to_owned())
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.messages.contains_key(key)
    }

    /// The text with every `{param}` replaced; `None` when one has no value worth saying.
    fn fill(&self, message: &str, params: &Value) -> Option<String> {
        let mut text = String::with_capacity(message.len());
        let mut rest = message;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            text.push_str(before);
            let value = params.get(name)?;
            let said = self.worth_saying(value)?;
            // Ports and lines are names; tokens are counted.
            let counted = value.as_u64().filter(|_| ["tokens", "fits"].contains(&name));
            text.push_str(&counted.map_or(said, |number| self.numbers.integer(number)));
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    /// `null`, an empty text, an empty list and line 0 say nothing.
    fn worth_saying(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if number.as_u64() == Some(0) => return None,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Array(all) => {
                self.joined("cli.join.names", all.iter().filter_map(Value::as_str).map(str::to_owned))
            }
            Value::Null | Value::Object(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}

/// The messages for a locale (`zh_CN.UTF-8`) or a tag: those of exactly that tag, else of its language, else English.
/// So one who reads Traditional Chinese gets Simplified: by Unicode's distances between languages that is near, and
/// English is not. The window's `languageOf` does the same.
fn catalogue(locale: &str) -> &'static str {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-").to_ascii_lowercase();
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let same = CATALOGUES.iter().find(|(own, _)| own.to_ascii_lowercase() == tag);
    let near = || CATALOGUES.iter().find(|(own, _)| language(own) == language(&tag));
    same.or_else(near).or(CATALOGUES.first()).map_or("{}", |(_, messages)| messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(locale: &str) -> Words {
        Words::of(&Environment::new([("LANG", locale)]))
    }

    #[test]
    fn the_language_is_the_users() {
        let say =
            |pairs: &[(&str, &str)]| Words::of(&Environment::new(pairs.iter().copied())).say("nav.models");
        assert_eq!(say(&[("LANG", "fr_FR.UTF-8")]), "Modèles");
        assert_eq!(say(&[("LC_ALL", "C"), ("LANG", "fr_FR.UTF-8")]), "Models");
        assert_eq!(say(&[("LANG", "de_DE.UTF-8")]), "Models");
        assert_eq!(say(&[]), "Models");
        for simplified in
            ["zh", "zh_CN.UTF-8", "zh-Hans", "zh_SG", "ZH_cn@pinyin", "zh_TW.UTF-8", "zh-Hant-HK"]
        {
            assert_eq!(say(&[("LANG", simplified)]), "模型", "{simplified}");
        }
        assert_eq!(say(&[("LANG", "fro")]), "Models", "Old French is another language");
    }

    #[test]
    fn every_language_has_words_for_every_key() {
        let english = words_of("en");
        for tag in languages() {
            let words = words_of(tag);
            assert!(words.messages.keys().eq(english.messages.keys()), "{tag}: not the keys of English");
        }
    }

    #[test]
    fn yes_is_said_in_ones_own_language_or_in_english() {
        for (locale, answer, yes) in [
            ("en", "\n", true),
            ("en", "Y\n", true),
            ("en", "yes", true),
            ("en", "oui", false),
            ("fr", "O\n", true),
            ("fr", "oui", true),
            ("fr", "y", true),
            ("fr", "n", false),
            ("zh_CN.UTF-8", "是\n", true),
            ("zh_CN.UTF-8", "好", true),
            ("zh_CN.UTF-8", "y", true),
            ("zh_CN.UTF-8", "否", false),
            ("zh_CN.UTF-8", ",", false),
        ] {
            assert_eq!(words_of(locale).is_yes(answer), yes, "{locale}: {answer:?}");
        }
    }

    #[test]
    fn parts_are_joined_as_the_language_does() {
        let parts = || ["a", "b", "c"].map(str::to_owned);
        let all = |words: Words| (words.clauses(parts()), words.sentences(parts()), words.clauses([]));
        assert_eq!(all(words_of("en")), ("a, b, c".into(), "a b c".into(), String::new()));
        assert_eq!(all(words_of("zh")), ("a，b，c".into(), "abc".into(), String::new()));
    }

    #[test]
    fn gaps_take_the_other_form() {
        let mut words = words_of("en");
        let messages =
            [("a", "{x} and {y}"), ("a.else", "only {y}"), ("a.else.else", "nothing"), ("b", "{x}")];
        words.messages.extend(messages.map(|(key, text)| (key.to_owned(), text.to_owned())));
        assert_eq!(words.say_with("a", &json!({ "x": 1, "y": ["p", "q"] })), "1 and p, q");
        assert_eq!(words.say_with("a", &json!({ "x": null, "y": "q" })), "only q");
        assert_eq!(words.say_with("a", &json!({ "x": "", "y": [] })), "nothing");
        assert_eq!(words.say_with("b", &json!({})), "{x}");
        assert_eq!(words.say("missing"), "missing");
    }

    #[test]
    fn tokens_are_grouped_as_the_language_does_and_other_numbers_are_not() {
        let said = |locale| {
            let mut words = words_of(locale);
            words.messages.insert("a".to_owned(), "{tokens} {fits} {port}".to_owned());
            words.say_with("a", &json!({ "tokens": 65_536, "fits": 32_768, "port": 11_434 }))
        };
        assert_eq!(said("en"), "65,536 32,768 11434");
        assert_eq!(said("fr"), "65\u{202f}536 32\u{202f}768 11434");
        assert_eq!(said("zh"), "65,536 32,768 11434");
    }
}
