//! Names and their values line by line, for text that has no structure to go by: `.env`, comments, broken JSON5.
//! Whatever follows a secret's name and `:` or `=` is masked to the end of the line, and on while it is open.

use super::names::{Secrecy, is_name_char};
use super::spans::Spans;
use super::{NO_SECRET, is_quote, scan};
use crate::openclaw::document::Number;

/// The most characters that a number is looked for in.
const LONGEST_NUMBER: usize = 40;

/// What a line leaves to hide on those that follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    Nothing,
    /// The value stands on the next line that has more than a comment.
    Value,
    /// Up to the line with this closing quote.
    Quote(char),
    /// Until that many brackets are closed.
    Brackets(usize),
}

/// Adds what is to be masked in `text`, which goes on where `rest` was left; gives what it leaves itself.
pub(super) fn collect(text: &str, offset: usize, mut rest: Rest, spans: &mut Spans) -> Rest {
    let mut position = 0;
    loop {
        let end = scan::end_of_line(text, position);
        let line = scan::cut(text, position, end);
        let at = offset + position;
        let indent = line.len() - line.trim_start().len();
        if rest == Rest::Nothing {
            rest = of_line(line, at, spans);
        } else if rest == Rest::Value && without_comments(line).is_empty() {
            // Its comment may have names of its own.
            of_line(line, at, spans);
        } else if indent < line.len() {
            spans.add(at + indent..at + line.len());
            rest = match rest {
                Rest::Quote(quote) if !line.contains(quote) => Rest::Quote(quote),
                Rest::Brackets(open) => open_brackets(line, open).map_or(Rest::Nothing, Rest::Brackets),
                Rest::Value => rest_of_value(without_comments(line)),
                Rest::Quote(_) | Rest::Nothing => Rest::Nothing,
            };
        }
        let length = scan::line_end_length(text, end);
        if length == 0 {
            return rest;
        }
        position = end + length;
    }
}

fn of_line(line: &str, offset: usize, spans: &mut Spans) -> Rest {
    let mut from = 0;
    let mut waits = false;
    for (at, separator) in line.char_indices().filter(|(_, c)| matches!(c, ':' | '=')) {
        if at < from {
            continue;
        }
        let secrecy = Secrecy::of(name_before(scan::cut(line, from, at)));
        if secrecy == Secrecy::Open {
            continue;
        }
        let after = scan::cut(line, at + separator.len_utf8(), line.len());
        let value = if separator == ':' { without_comments(after) } else { after.trim_start() };
        let start = line.len() - value.len();
        if let Some(length) = length_of_open(value, secrecy) {
            from = start + length;
        } else if value.is_empty() {
            waits = true;
        } else {
            spans.add(offset + start..offset + line.len());
            return if waits { Rest::Value } else { rest_of_value(value) };
        }
    }
    if waits { Rest::Value } else { Rest::Nothing }
}

/// The name that a text ends with, out of its quotes.
pub(super) fn name_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(|c: char| is_quote(c) || c == '\\');
    let start = text.trim_end_matches(is_name_char).len();
    scan::cut(text, start, text.len())
}

/// The text without comments and whitespace at its beginning.
fn without_comments(text: &str) -> &str {
    let mut text = text.trim_start();
    loop {
        if text.starts_with("//") {
            return "";
        }
        match text.strip_prefix("/*").and_then(|inner| inner.split_once("*/")) {
            Some((_, after)) => text = after.trim_start(),
            None => return text,
        }
    }
}

/// The length of a value that is no secret whatever its name: exactly `ollama-local`, quoted or bare, or a number
/// at a name that has only texts to hide.
pub(super) fn length_of_open(value: &str, secrecy: Secrecy) -> Option<usize> {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']');
    if secrecy == Secrecy::Texts {
        let near = value.char_indices().nth(LONGEST_NUMBER).map_or(value, |(at, _)| scan::cut(value, 0, at));
        let end = near.find(ends).or((near.len() == value.len()).then_some(value.len()));
        let word = scan::cut(value, 0, end.unwrap_or_default());
        if Number::from_text(word).is_some() {
            return Some(word.len());
        }
    }
    let bare = value.trim_start_matches(['"', '\'']);
    let quote = scan::cut(value, 0, value.len() - bare.len());
    let after = bare.strip_prefix(NO_SECRET)?.strip_prefix(quote)?;
    (quote.len() < 2 && after.chars().next().is_none_or(|c| ends(c) || (quote.is_empty() && is_quote(c))))
        .then_some(value.len() - after.len())
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
