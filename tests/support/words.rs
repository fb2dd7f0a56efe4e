//! The words that people read, from the same catalogue as the window: a test looks for what a person looks for.

use serde_json::{Map, Value};

pub struct Words(Map<String, Value>);

impl Words {
    pub fn english() -> Self {
        Self::of(include_str!("../../ui/messages/en.json"))
    }

    pub fn french() -> Self {
        Self::of(include_str!("../../ui/messages/fr.json"))
    }

    fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("ui/messages holds JSON objects"))
    }

    /// The sentence of a key with its parameters filled in.
    pub fn say(&self, key: &str, params: &[(&str, &str)]) -> String {
        let sentence =
            self.0.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no words for {key}"));
        let said = params
            .iter()
            .fold(sentence.to_owned(), |said, (name, value)| said.replace(&format!("{{{name}}}"), value));
        assert!(!said.contains('{'), "{key} lacks a parameter: {said}");
        said
    }
}
