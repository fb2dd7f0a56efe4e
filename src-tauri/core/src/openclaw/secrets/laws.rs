//! The law of masking on random settings with planted secrets, well written and then broken at random.
//! A secret has a marker that nothing else has, so any leak of any part of it is found by one search.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{masked, masked_address, masked_value, unified_diff};

/// In every secret, twice where it has blanks or breaks.
const MARKER: &str = "Zq9Zq9Zq";

const KEYS: [&str; 8] = ["a", "baseUrl", "mode", "models", "maxTokens", "with space", "\u{fc}n", ""];
const OPEN: [&str; 6] = ["x", "it's \"it\"", "// no comment", "}]{[", "ollama-local", "line\nend"];

/// A secret of one word, as most are: no blank, no quote.
fn any_word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+=_-]{0,6}".prop_map(|end| format!("{MARKER}{end}"))
}

/// A secret with more than letters in it, as people put into passwords.
fn any_secret(rough: &'static str) -> BoxedStrategy<String> {
    prop_oneof![any_word(), rough.prop_map(|middle| format!("{MARKER}{middle}{MARKER}"))].boxed()
}

const ROUGH: &str = "[ \"'/\\\\:@#?,{}\\[\\]\n\u{2028}*=-]{1,6}";

/// Without what begins a comment or ends a key: once a quote is lost, they do so for every reader.
const ROUGH_IN_BROKEN: &str = "[ \"'\\\\@#?,{}\\[\\]\u{2028}*=-]{1,6}";

/// A key and a value with a secret in it.
fn planted(secret: &str, word: &str, place: u8) -> (String, Json) {
    let (key, value) = match place {
        0 => ("apiKey", json!(secret)),
        1 => ("botToken", json!(secret)),
        2 => ("password", json!({"deep": [secret]})),
        3 => ("headers", json!({"X-Any": secret, "other": [secret]})),
        4 => ("args", json!(["--token", secret, "-y"])),
        5 => ("args", json!([format!("--api-key={secret}")])),
        6 => ("url", json!(format!("https://x:1/y?a=1&api_key={word}&b=2"))),
        7 => ("url", json!(format!("http://me:{word}@host:11434/z"))),
        8 => ("note", json!(format!("Authorization: Bearer {word}"))),
        9 => ("note", json!(format!("run --password {word} --port 1"))),
        10 => ("env", json!({"vars": {"SOME_KEY": secret, "DB_PASS": word}})),
        11 => ("env", json!([{"name": "SOME_KEY", "value": secret}])),
        12 => ("list", json!([["-H", format!("X-Any: {word}")]])),
        _ => ("tokens", json!([secret, {"deep": word}])),
    };
    (key.to_owned(), value)
}

fn any_value(secret: BoxedStrategy<String>) -> impl Strategy<Value = Json> {
    let plant = (secret, any_word(), 0_u8..14);
    let plant = plant.prop_map(|(secret, word, place)| planted(&secret, &word, place)).boxed();
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0_u32..100_000).prop_map(Json::from),
        prop::sample::select(&OPEN[..]).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let key = prop::sample::select(&KEYS[..]).prop_map(str::to_owned);
        let members = prop::collection::vec(prop_oneof![(key, inner.clone()), plant.clone()], 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Json::Array),
            members.prop_map(|members| Json::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Random choices, used in turn, over and over.
struct Choices<'c>(&'c [u8], usize);

impl Choices<'_> {
    fn choose(&mut self, of: usize) -> usize {
        self.1 += 1;
        usize::from(self.0[self.1 % self.0.len()].wrapping_add((self.1 / self.0.len()) as u8)) % of
    }
}

/// Writes a value as JSON5 in a random manner: quotes, escapes, comments, line ends.
fn written(out: &mut String, value: &Json, choices: &mut Choices<'_>) {
    fn gap(out: &mut String, choices: &mut Choices<'_>) {
        out.push_str(["", " ", "\n  ", "\r\n", " // it's c\n", "/* c */"][choices.choose(6)]);
    }
    fn text(out: &mut String, text: &str, choices: &mut Choices<'_>) {
        let manner = choices.choose(4);
        let quote = if manner == 1 { '\'' } else { '"' };
        out.push(quote);
        for c in text.chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\\' => out.push_str("\\\\"),
                _ if c == quote => out.extend(['\\', quote]),
                '/' if manner == 2 => out.push_str("\\/"),
                'e' | '@' if manner == 2 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                ' ' if manner == 3 => out.push_str("\\\n "),
                _ => out.push(c),
            }
        }
        out.push(quote);
    }
    match value {
        Json::String(string) => text(out, string, choices),
        Json::Array(elements) => {
            out.push('[');
            for element in elements {
                gap(out, choices);
                written(out, element, choices);
                gap(out, choices);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (key, member) in members {
                gap(out, choices);
                let bare = !key.is_empty() && key.chars().all(char::is_alphabetic) && choices.choose(2) == 0;
                if bare {
                    out.push_str(key);
                } else {
                    text(out, key, choices);
                }
                gap(out, choices);
                out.push(':');
                gap(out, choices);
                written(out, member, choices);
                gap(out, choices);
                out.push(',');
            }
            gap(out, choices);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn line_ends(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '\n' | '\r')).count()
}

/// One character of the structure taken away, doubled, or put in, at a random place.
fn broken(text: &str, place: prop::sample::Index, how: u8) -> String {
    let places: Vec<usize> =
        text.char_indices().filter(|(_, c)| "{}[]:,\"'".contains(*c)).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = places[place.index(places.len())];
    let (before, after) = text.split_at(at);
    let (one, rest) = after.split_at(1);
    match how {
        0 => format!("{before}{rest}"),
        1 => format!("{before}{one}{after}"),
        2 => format!("{before} oops {after}"),
        3 => before.to_owned(),
        _ => format!("{before}\n{after}"),
    }
}

/// Each value with its path as a list of changes has it.
fn parts<'v>(path: &str, value: &'v Json, found: &mut Vec<(String, &'v Json)>) {
    found.push((path.to_owned(), value));
    if let Json::Object(members) = value {
        for (key, member) in members {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            parts(&path, member, found);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_is_shown_of_readable_settings(
        before in any_value(any_secret(ROUGH)),
        after in any_value(any_secret(ROUGH)),
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (mut old, mut new) = (String::new(), String::new());
        let mut choices = Choices(&choices, 0);
        written(&mut old, &before, &mut choices);
        written(&mut new, &after, &mut choices);
        prop_assert_eq!(&json5::from_str::<Json>(&new).unwrap(), &after);
        let shown = masked(&new);
        prop_assert!(!shown.contains("Zq9"), "{new}\n{shown}");
        prop_assert_eq!(line_ends(&shown), line_ends(&new));
        prop_assert!(json5::from_str::<Json>(&shown).is_ok(), "{}", shown);
        let diff = unified_diff("f", &old, &new);
        prop_assert!(!diff.contains("Zq9"), "{diff}");
        let mut found = Vec::new();
        parts("", &after, &mut found);
        for (path, part) in found {
            let shown = masked_value(&path, part).to_string();
            prop_assert!(!shown.contains("Zq9"), "{path}: {part}\n{shown}");
        }
    }

    #[test]
    fn no_secret_is_shown_of_broken_settings(
        value in any_value(any_secret(ROUGH_IN_BROKEN)),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..5), 1..4),
    ) {
        let mut text = String::new();
        written(&mut text, &value, &mut Choices(&choices, 0));
        let whole = text.clone();
        for (place, how) in breaks {
            text = broken(&text, place, how);
        }
        if json5::from_str::<Json>(&text).is_ok() {
            // A break inside of a text leaves the whole readable, and the secret at a place that is none.
            text.push_str(" oops");
        }
        let shown = masked(&text);
        prop_assert_eq!(line_ends(&shown), line_ends(&text));
        prop_assert!(!shown.contains("Zq9"), "{text}\n{shown}");
        let diff = unified_diff("f", &whole, &text);
        prop_assert!(!diff.contains("Zq9"), "{diff}");
    }

    #[test]
    fn no_password_is_shown_of_an_address(
        password in "[A-Za-z0-9:@/?#%!$&=+,;\\\\ -]{0,8}",
        before in prop::sample::select(&["", "http://", "//", "see https://"][..]),
        after in prop::sample::select(&["", "/", ":11434/v1", "/x?y=1"][..]),
    ) {
        let address = format!("{before}me:Zq9{password}x@host{after}");
        let shown = masked_address(&address);
        prop_assert!(!shown.contains("Zq9") && shown.ends_with(&format!("@host{after}")), "{address}\n{shown}");
        prop_assert_eq!(masked_address(&shown), shown);
    }
}
