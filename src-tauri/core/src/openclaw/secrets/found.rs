//! The secrets themselves, for the one who takes them out of other texts: a log or an error may repeat one at a place
//! that no rule knows. Never shown.

use super::names::Secrecy;
use super::spans::Spans;
use super::{NO_SECRET, env, inline, is_quote, lines};
use crate::openclaw::document::Value;

/// Every secret below a value, by the same rules as its masking: texts, numbers, and parts of texts.
#[must_use]
pub fn in_value(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, Secrecy::Open, &mut found);
    found
}

/// Every secret of a file that keeps credentials: there, shorter names are a secret's, too.
#[must_use]
pub fn in_credentials(value: &Value) -> Vec<String> {
    let mut found = in_value(value);
    of_credentials(value, &mut found);
    found
}

fn of_credentials(value: &Value, found: &mut Vec<String>) {
    for (name, member) in value.as_object().unwrap_or_default() {
        match member.as_str().filter(|text| *text != NO_SECRET) {
            Some(text) if CREDENTIALS.contains(&name.as_str()) => found.push(text.to_owned()),
            _ => of_credentials(member, found),
        }
    }
    value.as_array().unwrap_or_default().iter().for_each(|element| of_credentials(element, found));
}

/// Names of secrets in OpenClaw's `auth-profiles.json` (`key`; `access` and `refresh` of OAuth).
const CREDENTIALS: [&str; 3] = ["key", "access", "refresh"];

/// The secrets of a text without structure: `.env`, or one variable's value.
#[must_use]
pub fn in_text(text: &str) -> Vec<String> {
    let mut spans = if env::is_env(text) { env::spans(text) } else { inline::of_value(text) };
    lines::collect(text, 0, lines::Rest::Nothing, &mut spans);
    parts(&spans, text).collect()
}

fn collect(value: &Value, secrecy: Secrecy, found: &mut Vec<String>) {
    match value {
        Value::Array(elements) => {
            let own = secrecy.of_elements(elements.iter().map(Value::as_str));
            for (element, secrecy) in elements.iter().zip(own) {
                collect(element, secrecy, found);
            }
        }
        Value::Object(members) => {
            let own = secrecy.of_members(members.iter().map(|(key, member)| (key.as_str(), member.as_str())));
            for ((_, member), secrecy) in members.iter().zip(own) {
                collect(member, secrecy, found);
            }
        }
        Value::String(text) if text == NO_SECRET => {}
        Value::String(text) if secrecy == Secrecy::Open => {
            found.extend(parts(&inline::of_value(text), text));
        }
        Value::String(text) => found.push(text.clone()),
        Value::Number(_) if secrecy == Secrecy::All => found.push(value.to_json().to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the ranges cover, out of its quotes and without a comment behind it; of `user:password` the password, too.
fn parts<'t>(spans: &'t Spans, text: &'t str) -> impl Iterator<Item = String> + 't {
    let whole = spans.ranges().filter_map(|range| text.get(range)).flat_map(str::lines);
    whole.flat_map(|line| {
        let line = line.trim();
        let inner = match line.chars().next().filter(|c| is_quote(*c)) {
            Some(quote) => line.trim_start_matches(quote).split(quote).next(),
            // The quote before it may be lost.
            None => line.split(is_quote).next(),
        };
        let bare = inner.unwrap_or(line).split(" //").next().and_then(|text| text.split(" #").next());
        let word = bare.unwrap_or(line).trim_end_matches([',', ';']);
        let password = word.split_once(':').map(|(_, password)| password);
        [Some(line), Some(word), password].into_iter().flatten().map(str::to_owned).collect::<Vec<_>>()
    })
}
