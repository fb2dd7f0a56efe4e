//! The words of the commands: the window's own messages, embedded. One catalogue, two faces.
//! A message is a plain text with `{param}`; without a value for one of them, its `.else` form is used.

use std::collections::BTreeMap;

use pincer_core::surroundings::Environment;
use serde::Serialize;
use serde_json::Value;

use crate::numbers::Numbers;

const ENGLISH: &str = include_str!("../../../ui/messages/en.json");
const FRENCH: &str = include_str!("../../../ui/messages/fr.json");

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
        let french = locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("fr"));
        let (text, numbers) = if french { (FRENCH, Numbers::French) } else { (ENGLISH, Numbers::English) };
        Self { messages: serde_json::from_str(text).unwrap_or_default(), numbers }
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
            let said = worth_saying(value)?;
            // Ports and lines are names; tokens are counted.
            let counted = value.as_u64().filter(|_| name == "tokens");
            text.push_str(&counted.map_or(said, |number| self.numbers.integer(number)));
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }
}

/// `null`, an empty text, an empty list and line 0 say nothing.
fn worth_saying(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.as_u64() == Some(0) => return None,
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_language_is_the_users() {
        let say =
            |pairs: &[(&str, &str)]| Words::of(&Environment::new(pairs.iter().copied())).say("nav.models");
        assert_eq!(say(&[("LANG", "fr_FR.UTF-8")]), "Modèles");
        assert_eq!(say(&[("LC_ALL", "C"), ("LANG", "fr_FR.UTF-8")]), "Models");
        assert_eq!(say(&[("LANG", "de_DE.UTF-8")]), "Models");
        assert_eq!(say(&[]), "Models");
    }

    #[test]
    fn gaps_take_the_other_form() {
        let messages =
            [("a", "{x} and {y}"), ("a.else", "only {y}"), ("a.else.else", "nothing"), ("b", "{x}")];
        let messages = messages.into_iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        let words = Words { messages, numbers: Numbers::English };
        assert_eq!(words.say_with("a", &json!({ "x": 1, "y": ["p", "q"] })), "1 and p, q");
        assert_eq!(words.say_with("a", &json!({ "x": null, "y": "q" })), "only q");
        assert_eq!(words.say_with("a", &json!({ "x": "", "y": [] })), "nothing");
        assert_eq!(words.say_with("b", &json!({})), "{x}");
        assert_eq!(words.say("missing"), "missing");
    }

    #[test]
    fn tokens_are_grouped_as_the_language_does_and_other_numbers_are_not() {
        let message = ("a".to_owned(), "{tokens} {port}".to_owned());
        let said = |numbers| {
            let words = Words { messages: [message.clone()].into_iter().collect(), numbers };
            words.say_with("a", &json!({ "tokens": 32_768, "port": 11_434 }))
        };
        assert_eq!(said(Numbers::English), "32,768 11434");
        assert_eq!(said(Numbers::French), "32\u{202f}768 11434");
    }
}
