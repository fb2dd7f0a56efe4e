//! Keys and passwords never leave the file: what is shown of it (differences, errors, reports) passes here.
//! Readable text is masked by its structure, anything else piece by piece, rather too much than too little.

use serde_json::Value as Json;

use super::document::{Value, read, scan, tree};
use names::Secrecy;
use spans::{Replacement, Spans, spliced};
use tree::Tree;

mod broken;
mod comment;
mod diff;
mod env;
pub mod found;
mod inline;
#[cfg(test)]
mod laws;
mod lines;
mod names;
mod spans;
#[cfg(test)]
mod tests;
mod webhooks;

pub use diff::unified_diff;

/// What stands in a secret's place.
const MASK: &str = "***";

/// Pincer's own marker: OpenClaw treats it as "no key", so it is no secret.
const NO_SECRET: &str = "ollama-local";

/// Whether values at this key are masked: its name, or the end of it, is a secret's (`apiKey`, `botToken`,
/// `X-Api-Key`, `headers`), or it is written like an environment variable or an own header and has such a word
/// (`AWS_ACCESS_KEY_ID`, `X-Auth`). Names that count tokens (`maxTokens`) are none.
#[must_use]
pub fn is_secret_key(name: &str) -> bool {
    Secrecy::of(name) != Secrecy::Open
}

/// The text with `***` in place of every secret, `ollama-local` excepted. It has as many lines as before.
/// JSON5 is masked by its structure and stays JSON5 but for masked numbers; of `.env` every value; of broken text
/// only keys, numbers and short words are left.
#[must_use]
pub fn masked(text: &str) -> String {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.get(..text.len() - body.len()).unwrap_or_default();
    // Where reader and tree differ in shape, values would be sought in the wrong places.
    let structured = read::parse(body).ok().zip(Tree::of(body));
    let structured =
        structured.and_then(|(mut value, tree)| tree.complete(&mut value).then_some((value, tree)));
    let masked = match structured {
        Some((value, tree)) => masked_document(&tree, &value),
        None if env::is_env(body) => env::spans(body).shown(body),
        None => broken::spans(body).shown(body),
    };
    format!("{mark}{masked}")
}

/// The text with `***` in place of who asks, in every address in it: `http://user:password@host`, `user@host`.
#[must_use]
pub fn masked_address(text: &str) -> String {
    inline::addresses(text, true).shown(text)
}

/// As [`masked`], for the text of a `.env`, whatever its first line is.
fn masked_env(text: &str) -> String {
    env::spans(text).shown(text)
}

/// Text as programs write it (logs, error messages), with `***` in place of what a name, a form or an address says to
/// be a secret. It has as many lines as before.
#[must_use]
pub fn masked_words(text: &str) -> String {
    let mut spans = inline::of_value(text);
    lines::collect(text, 0, lines::Rest::Nothing, &mut spans);
    spans.shown(text)
}

fn masked_document(tree: &Tree<'_>, value: &Value) -> String {
    let mut spans = Spans::default();
    let comments = tree.tokens.iter().map(|token| token.kind.is_comment().then_some(token.start..token.end));
    comment::collect(tree.text, comments, &mut spans);
    let mut replacements = spans.replacements(tree.text);
    collect(tree, 0, value, Secrecy::Open, &mut replacements);
    spliced(tree.text, replacements)
}

/// What is shown otherwise below a node.
fn collect(tree: &Tree<'_>, id: usize, value: &Value, secrecy: Secrecy, replacements: &mut Vec<Replacement>) {
    let Some(node) = tree.node(id) else { return };
    let Some(token) = tree.token(node.first) else { return };
    let range = token.start..token.end;
    match value {
        Value::Array(elements) => {
            let own = secrecy.of_elements(elements.iter().map(Value::as_str));
            for ((element, entry), secrecy) in elements.iter().zip(&node.entries).zip(own) {
                collect(tree, entry.value, element, secrecy, replacements);
            }
        }
        Value::Object(members) => {
            let own = secrecy.of_members(members.iter().map(|(key, member)| (key.as_str(), member.as_str())));
            for (((_, member), entry), secrecy) in members.iter().zip(&node.entries).zip(own) {
                collect(tree, entry.value, member, secrecy, replacements);
            }
        }
        Value::String(text) => {
            if let Some(shown) = masked_text(text, secrecy) {
                let with = quoted_like(tree.token_text(token), &shown);
                replacements.push(Replacement { range, with });
            }
        }
        Value::Number(_) if secrecy == Secrecy::All => {
            replacements.push(Replacement { range, with: MASK.to_owned() });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is shown of a value's text; `None`: all of it.
fn masked_text(text: &str, secrecy: Secrecy) -> Option<String> {
    if text == NO_SECRET {
        return None;
    }
    if secrecy != Secrecy::Open {
        return Some(MASK.to_owned());
    }
    let spans = inline::of_value(text);
    (!spans.is_empty()).then(|| spans.shown(text))
}

/// A text in the quotes of another; that one's line continuations stay, so that lines still count.
fn quoted_like(written: &str, text: &str) -> String {
    let quote = written.chars().next().unwrap_or('"');
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{0}'..='\u{1f}' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => {
                if c == quote || c == '\\' {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    for end in written.chars().filter(|c| scan::is_line_end(*c)) {
        if !(end == '\n' && out.ends_with('\r')) {
            out.push('\\');
        }
        out.push(end);
    }
    out.push(quote);
    out
}

/// The quotes that people type or paste, typographic ones included.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}')
}

/// A value of a changes list, masked by the same rules as [`masked`], and by the keys on its way. `key_path` is
/// dotted (`gateway.auth.token`, `models.providers.ollama.models[qwen3:8b]`).
#[must_use]
pub fn masked_value(key_path: &str, value: &Json) -> Json {
    masked_json(value, secrecy_at(key_path))
}

fn secrecy_at(key_path: &str) -> Secrecy {
    let steps = steps(key_path);
    // A lone argument: which flag stands before it is not known here.
    let last = steps.last().and_then(|last| last.split_once('['));
    let argument = last.is_some_and(|(key, _)| matches!(key, "args" | "argv" | "arguments" | "command"));
    let own = steps
        .iter()
        .fold(Secrecy::Open, |secrecy, step| secrecy.within(step.split('[').next().unwrap_or(step)));
    if argument { own.max(Secrecy::Texts) } else { own }
}

/// The keys of a dotted path, each with the element's name in brackets. Where brackets do not pair they are part of
/// a key, so any of them may separate.
fn steps(key_path: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut pairs = true;
    let mut steps = Vec::new();
    let mut start = 0;
    for (at, c) in key_path.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => pairs = false,
            ']' => depth -= 1,
            '.' if depth == 0 => {
                steps.push(scan::cut(key_path, start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if !pairs || depth > 0 {
        return key_path.split(['.', '[', ']']).collect();
    }
    steps.push(scan::cut(key_path, start, key_path.len()));
    steps
}

fn masked_json(value: &Json, secrecy: Secrecy) -> Json {
    match value {
        Json::String(text) => masked_text(text, secrecy).map_or_else(|| value.clone(), Json::from),
        Json::Number(_) if secrecy == Secrecy::All => MASK.into(),
        Json::Array(elements) => {
            let own = secrecy.of_elements(elements.iter().map(Json::as_str));
            elements.iter().zip(own).map(|(element, secrecy)| masked_json(element, secrecy)).collect()
        }
        Json::Object(members) => {
            let own = secrecy.of_members(members.iter().map(|(key, member)| (key.as_str(), member.as_str())));
            let masked = members.iter().zip(own);
            masked.map(|((key, member), secrecy)| (key.clone(), masked_json(member, secrecy))).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
    }
}
