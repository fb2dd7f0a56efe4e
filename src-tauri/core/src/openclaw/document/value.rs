//! The value of a JSON5 text, nothing rounded off: order, duplicate keys, `-0`, `NaN` and `Infinity` are kept.
//! `serde_json::Value` is blind there, so edits are computed and compared on this type instead.

use std::collections::HashMap;

/// One step of a path into a [`Value`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of an object; of duplicates the last.
    Key(String),
    /// An element of an array, counted from 0.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for Step {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A JSON5 value. Equality is exact: order, duplicates, and numbers by bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with its text.
    Number(Number),
    /// A text.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object: keys in order, duplicates kept; the last one of a key counts.
    Object(Vec<(String, Value)>),
}

/// A number: what JavaScript makes of it, and how it is written.
#[derive(Debug, Clone)]
pub struct Number {
    value: f64,
    text: String,
}

impl PartialEq for Number {
    /// By bits: `-0` is not `0`, `NaN` is `NaN` (JSON5 has one), however written.
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits()
    }
}

impl Number {
    /// The number that a JSON5 text of a number means (`+1`, `.5`, `0xFF`, `-Infinity`); `None` for other text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(['+', '-']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let size = match digits {
            "Infinity" => f64::INFINITY,
            "NaN" => return Some(Self { value: f64::NAN, text: text.to_owned() }),
            _ => match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                Some(hex) => u128::from_str_radix(hex, 16).ok()? as f64,
                None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                    digits.parse().ok()?
                }
                None => return None,
            },
        };
        Some(Self { value: if negative { -size } else { size }, text: text.to_owned() })
    }

    /// The number as JavaScript has it.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// As written in the file, or as JSON writes it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As JSON writes it; `None` for `NaN` and the infinities, which JSON does not have.
    #[must_use]
    pub fn to_json_text(&self) -> Option<String> {
        if serde_json::from_str::<serde_json::Number>(&self.text).is_ok() {
            return Some(self.text.clone());
        }
        self.to_json_number().map(|number| number.to_string())
    }

    fn to_json_number(&self) -> Option<serde_json::Number> {
        // 2^53: up to here a float holds every whole number, so no digit is lost as an integer.
        let whole = self.value.fract() == 0.0 && self.value.abs() <= 9_007_199_254_740_992.0;
        if let Ok(number) = self.text.parse::<i64>().map(serde_json::Number::from) {
            if self.value.to_bits() != (-0.0_f64).to_bits() {
                return Some(number);
            }
        } else if whole && (self.value != 0.0 || self.value.is_sign_positive()) {
            return Some(serde_json::Number::from(self.value as i64));
        }
        serde_json::Number::from_f64(self.value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        let json = serde_json::Number::from_f64(value).map(|number| number.to_string());
        let word = if value.is_nan() { "NaN" } else { "Infinity" };
        let sign = if value < 0.0 { "-" } else { "" };
        let value = if value.is_nan() { f64::NAN } else { value };
        Self { value, text: json.unwrap_or_else(|| format!("{sign}{word}")) }
    }
}

impl Value {
    /// An object without keys.
    #[must_use]
    pub fn empty_object() -> Self {
        Self::Object(Vec::new())
    }

    /// The value at a key of an object: the last one when the key is there more than once.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let place = self.place_of(key)?;
        self.as_object()?.get(place).map(|(_, value)| value)
    }

    /// The value at a path of keys (`["models", "providers"]`).
    #[must_use]
    pub fn get_path(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The value at a path of keys and indices.
    #[must_use]
    pub fn lookup(&self, path: &[Step]) -> Option<&Value> {
        path.iter().try_fold(self, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// Where the key that counts stands among the entries of an object.
    pub(crate) fn place_of(&self, key: &str) -> Option<usize> {
        self.as_object()?.iter().rposition(|(name, _)| name == key)
    }

    /// The entries of an object, duplicates included.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(String, Value)]> {
        if let Self::Object(entries) = self { Some(entries) } else { None }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// A number as JavaScript has it.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(number.value) } else { None }
    }

    /// A whole number that is not negative and that a float holds exactly.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let number = self.as_f64()?;
        // 2^53, as above.
        let fits = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        fits.then_some(number as u64)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// Whether a program that reads both sees the same: key order and duplicates that do not count are
    /// left aside, everything else is exact.
    #[must_use]
    pub fn means_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Array(one), Self::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.means_same(two))
            }
            (Self::Object(one), Self::Object(two)) => {
                let (one, two) = (effective(one), effective(two));
                one.len() == two.len()
                    && one.iter().all(|(key, one)| two.get(key).is_some_and(|two| one.means_same(two)))
            }
            _ => self == other,
        }
    }

    /// As JSON, for display: of duplicates the last, `NaN` and the infinities as texts.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => number
                .to_json_number()
                .map_or_else(|| Number::from(number.value).text.into(), serde_json::Value::Number),
            Self::String(text) => text.clone().into(),
            Self::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Object(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect()
            }
        }
    }
}

/// The entries that count, by key.
fn effective(entries: &[(String, Value)]) -> HashMap<&str, &Value> {
    entries.iter().map(|(key, value)| (key.as_str(), value)).collect()
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => {
                let text = number.to_string();
                let value = number.as_f64().unwrap_or(f64::NAN);
                Self::Number(Number::from_text(&text).unwrap_or(Number { value, text }))
            }
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(elements) => Self::Array(elements.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(entries) => {
                Self::Object(entries.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}
