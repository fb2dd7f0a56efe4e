//! Reading what a server says without letting it choose how much memory that takes, or what a reader sees: texts are
//! inert and have an end, lists too. An answer of two bytes an entry would otherwise grow twentyfold while it is read.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use crate::inert;

/// More entries than any server lists; a thousand models are many.
const MOST_ENTRIES: usize = 10_000;
/// Longest name, digest or host, in characters: a name is at most some six hundred.
const NAME: usize = 1024;
/// Longest message, in characters.
const MESSAGE: usize = 2000;
/// Values of `model_info` that are kept: some dozen keys, and a list or two of one value a layer.
const MOST_FACTS: usize = 16_384;

/// A name as it may be shown: one that has to be changed for that is no name of a model.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| inert::line(&text, NAME))
}

/// The same where there may be none.
pub(super) fn some_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| inert::line(&text, NAME)))
}

/// A message for people.
pub(super) fn message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| inert::lines(&text, MESSAGE).into_owned())
}

/// The same where there may be none.
pub(super) fn some_message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| inert::lines(&text, MESSAGE).into_owned()))
}

/// A list; old servers send `null` for an empty one.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    some_list(deserializer).map(Option::unwrap_or_default)
}

/// Names, or `null`: not told.
pub(super) fn some_names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let names: Option<Vec<String>> = some_list(deserializer)?;
    Ok(names.map(|names| names.iter().map(|text| inert::line(text, NAME)).collect()))
}

fn some_list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Option<Vec<T>>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(entry) = entries.next_element()? {
                if list.len() >= MOST_ENTRIES {
                    return Err(A::Error::custom(format_args!("more than {MOST_ENTRIES} entries")));
                }
                list.push(entry);
            }
            Ok(Some(list))
        }
    }
    deserializer.deserialize_any(List(PhantomData))
}

/// The keys of a model file without the tokenizer's, which hold every token and are not even kept while they are read.
/// Lists hold plain values; what is beyond the size of any model is left out.
pub(super) fn facts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Option<Map<String, Value>>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the keys of a model file")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut kept, mut left) = (Map::new(), MOST_FACTS);
            while let Some(key) = map.next_key::<String>()? {
                if left == 0 || key.len() > NAME || key.starts_with("tokenizer.") {
                    map.next_value::<IgnoredAny>()?;
                } else {
                    left -= 1;
                    kept.insert(key, map.next_value_seed(Fact { left: &mut left, lists: true })?);
                }
            }
            Ok(Some(kept))
        }
    }
    deserializer.deserialize_any(Keys)
}

/// One value of a model file; `left`: how many more are kept.
struct Fact<'a> {
    left: &'a mut usize,
    /// Whether it may be a list.
    lists: bool,
}

impl<'de> DeserializeSeed<'de> for Fact<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fact<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of a model file")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(inert::line(value, NAME).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let mut whole = self.lists;
        while whole && *self.left > 0 {
            match values.next_element_seed(Fact { left: &mut *self.left, lists: false })? {
                Some(value) => list.push(value),
                None => return Ok(list.into()),
            }
            *self.left -= 1;
        }
        while values.next_element::<IgnoredAny>()?.is_some() {
            whole = false;
        }
        Ok(if whole { list.into() } else { Value::Null })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{PullLine, Show, Tags};
    use super::*;

    #[test]
    fn lists_and_texts_have_an_end() {
        let tags = |count: usize| {
            let entries = vec![r#"{"name":"a:1b"}"#; count].join(",");
            serde_json::from_str::<Tags>(&format!(r#"{{"models":[{entries}]}}"#))
        };
        assert_eq!(tags(MOST_ENTRIES).unwrap().models.len(), MOST_ENTRIES);
        assert!(tags(MOST_ENTRIES + 1).is_err());
        let long = format!(r#"{{"models":[{{"name":"{}"}}]}}"#, "a".repeat(5000));
        let name = &serde_json::from_str::<Tags>(&long).unwrap().models[0].name;
        assert_eq!(name.chars().count(), NAME + 1);
        let line = format!(r#"{{"error":"{}"}}"#, "a".repeat(5000));
        let line: PullLine = serde_json::from_str(&line).unwrap();
        assert_eq!(line.error.unwrap().chars().count(), MESSAGE + 1);
    }

    #[test]
    fn what_is_beyond_any_model_is_left_out_of_its_keys() {
        let info = |text: &str| {
            let show: Show = serde_json::from_str(&format!(r#"{{"model_info":{{{text}}}}}"#)).unwrap();
            Value::Object(show.model_info.unwrap())
        };
        let long = vec!["0"; MOST_FACTS].join(",");
        assert_eq!(info(&format!(r#""a":[{long}],"b":1"#)), json!({ "a": null }));
        assert_eq!(
            info(r#""a":[1,-2,0.5,true,null,"x"],"b":[[1],{"c":2}],"d":{"e":1},"f":2"#),
            json!({ "a": [1, -2, 0.5, true, null, "x"], "b": [null, null], "d": null, "f": 2 })
        );
        let keys: Vec<String> = (0..MOST_FACTS * 2).map(|n| format!(r#""{n}":0"#)).collect();
        assert_eq!(info(&keys.join(",")).as_object().unwrap().len(), MOST_FACTS);
    }
}
