//! Keys and passwords never leave the file: what is shown of it (differences, errors, reports) passes here.
//! Readable text is masked by its structure, anything else line by line, rather too much than too little.

use std::time::Duration;

use serde_json::Value as Json;
use similar::{DiffTag, TextDiff};

use super::document::{Value, read, scan, tree};
use tree::Tree;

/// What stands in a secret's place.
const MASK: &str = "***";

/// Pincer's own marker: OpenClaw treats it as "no key", so it is no secret.
const NO_SECRET: &str = "ollama-local";

/// How long the difference of two texts may be searched; after that it is still right, only coarser.
const DIFF_LIMIT: Duration = Duration::from_secs(2);

/// Lines around a change in a difference, as `diff -u` has it.
const CONTEXT: usize = 3;

/// What is masked below a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    /// Texts, at any depth.
    Texts,
    /// Texts at any depth, and the number that the key has (`password: 1234`).
    All,
}

/// Whether values at this key are masked: its name, or the end of it, is a secret's (`apiKey`, `botToken`,
/// `X-Api-Key`), or it is written like an environment variable and has such a word (`AWS_ACCESS_KEY_ID`).
#[must_use]
pub fn is_secret_key(name: &str) -> bool {
    secrecy_of(name) != Secrecy::Open
}

fn secrecy_of(name: &str) -> Secrecy {
    const ENDS: [&str; 15] = [
        "token",
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "apikey",
        "authorization",
        "cookie",
        "credential",
        "privatekey",
        "secretkey",
        "accesskey",
        "signingkey",
        "encryptionkey",
    ];
    const WORDS: [&str; 12] = [
        "KEY",
        "KEYS",
        "TOKEN",
        "SECRET",
        "SECRETS",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "CREDENTIALS",
        "AUTH",
        "COOKIE",
    ];
    let flat: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let ends = |flat: &str| ENDS.iter().any(|end| flat.ends_with(end));
    let shouted = !name.chars().any(char::is_lowercase);
    if ends(&flat)
        || (shouted && name.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word)))
    {
        Secrecy::All
    } else if flat.strip_suffix('s').is_some_and(ends) {
        // `maxTokens` is a number and no secret; `tokens: ["..."]` is one.
        Secrecy::Texts
    } else {
        Secrecy::Open
    }
}

/// The text with `***` in place of every secret, `ollama-local` excepted. It has as many lines as before.
/// JSON5 is masked by its structure and stays JSON5 but for masked numbers; anything else (`.env`, broken
/// text) line by line.
#[must_use]
pub fn masked(text: &str) -> String {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.get(..text.len() - body.len()).unwrap_or_default();
    let structured = read::parse(body).ok().zip(Tree::of(body));
    let masked = match structured {
        Some((value, tree)) => masked_document(&tree, &value),
        None => masked_lines(body),
    };
    format!("{mark}{masked}")
}

fn masked_document(tree: &Tree<'_>, value: &Value) -> String {
    let mut replaced: Vec<(usize, String)> = Vec::new();
    collect(tree, 0, value, Secrecy::Open, &mut replaced);
    for (index, token) in tree.tokens.iter().enumerate().filter(|(_, token)| token.kind.is_comment()) {
        let comment = tree.token_text(*token);
        let inner = comment.strip_suffix("*/").unwrap_or(comment);
        replaced.push((index, masked_lines(inner) + scan::cut(comment, inner.len(), comment.len())));
    }
    replaced.sort_by_key(|(index, _)| *index);
    let mut out = String::with_capacity(tree.text.len());
    let mut position = 0;
    for (index, with) in replaced {
        let Some(token) = tree.token(index) else { continue };
        out.push_str(scan::cut(tree.text, position, token.start));
        out.push_str(&with);
        position = token.end;
    }
    out.push_str(scan::cut(tree.text, position, tree.text.len()));
    out
}

/// The tokens below a node that are shown otherwise, with what is shown.
fn collect(tree: &Tree<'_>, id: usize, value: &Value, secrecy: Secrecy, replaced: &mut Vec<(usize, String)>) {
    let Some(node) = tree.node(id) else { return };
    let below = if secrecy == Secrecy::Open { Secrecy::Open } else { Secrecy::Texts };
    match value {
        Value::Array(elements) => {
            for (element, entry) in elements.iter().zip(&node.entries) {
                collect(tree, entry.value, element, below, replaced);
            }
        }
        Value::Object(members) => {
            for ((key, member), entry) in members.iter().zip(&node.entries) {
                let own = secrecy_of(key);
                let secrecy = if own == Secrecy::Open { below } else { own };
                collect(tree, entry.value, member, secrecy, replaced);
            }
        }
        Value::String(text) => {
            let Some(token) = tree.token(node.first) else { return };
            let written = tree.token_text(token);
            if secrecy == Secrecy::Open {
                replaced.extend(without_password(written).map(|shown| (node.first, shown)));
            } else if text != NO_SECRET {
                replaced.push((node.first, masked_quoted(written)));
            }
        }
        Value::Number(_) if secrecy == Secrecy::All => replaced.push((node.first, MASK.to_owned())),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A quoted text masked; line continuations stay, so that lines still count.
fn masked_quoted(written: &str) -> String {
    let quote = written.get(..1).unwrap_or("\"");
    let mut out = format!("{quote}{MASK}");
    for end in written.chars().filter(|c| scan::is_line_end(*c)) {
        if !(end == '\n' && out.ends_with('\r')) {
            out.push('\\');
        }
        out.push(end);
    }
    out.push_str(quote);
    out
}

/// What a line leaves to hide on those that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// The value stands on the next line that has anything.
    Value,
    /// Up to the line with this closing quote.
    Quote(char),
    /// Until that many brackets are closed.
    Brackets(usize),
}

/// Masks line by line: whatever follows a secret's name and `:` or `=`, to the end of the line.
fn masked_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = Rest::Nothing;
    let mut position = 0;
    loop {
        let end = scan::end_of_line(text, position);
        let line = scan::cut(text, position, end);
        let length = scan::line_end_length(text, end);
        if rest == Rest::Nothing {
            let shown = without_password(line);
            rest = masked_line(shown.as_deref().unwrap_or(line), &mut out);
        } else if line.trim().is_empty() {
            out.push_str(line);
        } else {
            let indent = line.len() - line.trim_start().len();
            out.push_str(scan::cut(line, 0, indent));
            out.push_str(MASK);
            rest = match rest {
                Rest::Quote(quote) if !line.contains(quote) => Rest::Quote(quote),
                Rest::Brackets(open) => open_brackets(line, open).map_or(Rest::Nothing, Rest::Brackets),
                Rest::Value => rest_of_value(line.trim_start()),
                Rest::Quote(_) | Rest::Nothing => Rest::Nothing,
            };
        }
        out.push_str(scan::cut(text, end, end + length));
        if length == 0 {
            return out;
        }
        position = end + length;
    }
}

fn masked_line(line: &str, out: &mut String) -> Rest {
    let mut written = 0;
    for (at, separator) in line.char_indices().filter(|(_, c)| matches!(c, ':' | '=')) {
        let name = line.get(written..at).unwrap_or_default().trim_end().trim_end_matches(['"', '\'']);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.');
        let start = name
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_name(*c))
            .last()
            .map_or(name.len(), |(at, _)| at);
        if !is_secret_key(scan::cut(name, start, name.len())) {
            continue;
        }
        let after = line.get(at + separator.len_utf8()..).unwrap_or_default();
        let value = after.trim_start();
        let value_start = line.len() - value.len();
        if let Some(length) = length_of_no_secret(value) {
            out.push_str(scan::cut(line, written, value_start + length));
            written = value_start + length;
            continue;
        }
        out.push_str(scan::cut(line, written, value_start));
        if value.is_empty() {
            return Rest::Value;
        }
        out.push_str(MASK);
        return rest_of_value(value);
    }
    out.push_str(scan::cut(line, written, line.len()));
    Rest::Nothing
}

/// The length of the value when it is exactly `ollama-local`, quoted or bare.
fn length_of_no_secret(value: &str) -> Option<usize> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let bare = quote.map_or(value, |quote| value.trim_start_matches(quote));
    let after = bare.strip_prefix(NO_SECRET)?;
    let after = match quote {
        Some(quote) => after.strip_prefix(quote)?,
        None => after,
    };
    let ends = after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, ',' | '}' | ']'));
    ends.then_some(value.len() - after.len())
}

fn rest_of_value(value: &str) -> Rest {
    match value.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) if !value.get(1..).unwrap_or_default().contains(quote) => {
            Rest::Quote(quote)
        }
        Some('{' | '[') => open_brackets(value, 0).map_or(Rest::Nothing, Rest::Brackets),
        _ => Rest::Nothing,
    }
}

/// Brackets still open after a line, whatever quotes and comments say; `None` when all are closed.
fn open_brackets(line: &str, open: usize) -> Option<usize> {
    let open = line.chars().try_fold(open, |open, c| match c {
        '{' | '[' => Some(open + 1),
        '}' | ']' if open <= 1 => None,
        '}' | ']' => Some(open - 1),
        _ => Some(open),
    });
    open.filter(|open| *open > 0)
}

/// The text with `***` in place of name and password of every address in it (`https://user:pass@host`).
fn without_password(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '\\' | ',');
        let authority = scan::cut(after, 0, after.find(ends).unwrap_or(after.len()));
        rest = match authority.rfind('@') {
            Some(at) => {
                out.push_str(MASK);
                scan::cut(after, at, after.len())
            }
            None => after,
        };
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// A value of a changes list, masked: secrets by their own keys, and all texts when a key on the way is secret.
/// `key_path` is dotted (`gateway.auth.token`, `models.providers.ollama.models[qwen3:8b]`).
#[must_use]
pub fn masked_value(key_path: &str, value: &Json) -> Json {
    let mut secrecy = Secrecy::Open;
    let mut depth = 0_usize;
    let keys = key_path.split(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    });
    for key in keys {
        let below = if secrecy == Secrecy::Open { Secrecy::Open } else { Secrecy::Texts };
        let own = secrecy_of(key.split('[').next().unwrap_or(key));
        secrecy = if own == Secrecy::Open { below } else { own };
    }
    masked_json(value, secrecy)
}

fn masked_json(value: &Json, secrecy: Secrecy) -> Json {
    let below = if secrecy == Secrecy::Open { Secrecy::Open } else { Secrecy::Texts };
    match value {
        Json::String(text) if secrecy == Secrecy::Open => {
            without_password(text).map_or_else(|| value.clone(), Json::from)
        }
        Json::String(text) if text != NO_SECRET => MASK.into(),
        Json::Number(_) if secrecy == Secrecy::All => MASK.into(),
        Json::Array(elements) => elements.iter().map(|element| masked_json(element, below)).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(key, member)| {
                let own = secrecy_of(key);
                (key.clone(), masked_json(member, if own == Secrecy::Open { below } else { own }))
            })
            .collect(),
        _ => value.clone(),
    }
}

/// The difference of two texts as `diff -u` writes it, secrets masked; empty when they are equal. A changed
/// secret is seen to change (`-` and `+` lines), but not from what to what.
#[must_use]
pub fn unified_diff(path_label: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // Lines are compared as they are and shown masked: masking keeps their number.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let (masked_before, masked_after) = (masked(before), masked(after));
    let (old_shown, new_shown): (Vec<&str>, Vec<&str>) =
        (masked_before.split_inclusive('\n').collect(), masked_after.split_inclusive('\n').collect());
    let mut out = format!("--- {path_label}\n+++ {path_label}\n");
    let diff = TextDiff::configure().timeout(DIFF_LIMIT).diff_slices(&old, &new);
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (from, to) =
            (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
        out.push_str(&format!("@@ -{} +{} @@\n", hunk_range(&from), hunk_range(&to)));
        for operation in &group {
            let (tag, old_range, new_range) = operation.as_tag_tuple();
            if tag == DiffTag::Equal {
                push_lines(&mut out, ' ', &new_shown, new_range);
            } else {
                push_lines(&mut out, '-', &old_shown, old_range);
                push_lines(&mut out, '+', &new_shown, new_range);
            }
        }
    }
    out
}

/// `first,count` of a hunk's header; an empty range is named by the line before it.
fn hunk_range(range: &std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

fn push_lines(out: &mut String, sign: char, lines: &[&str], range: std::ops::Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        out.push(sign);
        out.push_str(line.trim_end_matches(['\r', '\n']));
        out.push('\n');
        if !line.ends_with('\n') {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
