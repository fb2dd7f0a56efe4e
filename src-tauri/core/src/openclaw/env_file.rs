//! The text of `<state>/.env`, which OpenClaw's service reads: what is set there, and one variable set anew.
//! Read by the rules of npm's `dotenv` (17.4.2, as OpenClaw 2026.9.6 brings it), which reads it there.

use std::{ops::Range, path::Path, sync::LazyLock};

use regex::Regex;

use crate::error::{Error, ErrorCode};

/// `dotenv`'s own expression, with the white space of JavaScript spelt out. Values may span lines in quotes.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let space =
        r"[\t\n\x0b\x0c\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}]";
    let line = r#"(?m)^S*(?:exportS+)?([0-9A-Za-z_.-]+)(?:S*=S*?|:S+?)(S*'(?:\\'|[^'])*'|S*"(?:\\"|[^"])*"|S*`(?:\\`|[^`])*`|[^#\r\n]+)?S*(?:#[^\r\n\u{2028}\u{2029}]*)?$"#;
    Regex::new(&line.replace('S', space)).ok()
});

/// One `NAME=value` of the file. Ranges are bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// What it is set to: without quotes, and with `\n` in double quotes as line ends.
    pub value: String,
    /// All that it takes, comment included.
    pub range: Range<usize>,
    /// The value as written, quotes included; empty where none is.
    pub written: Range<usize>,
    /// All between the separator and the comment or the end.
    room: Range<usize>,
}

/// The assignments of a text, in order; of several with one name the last counts. What is none is passed over.
#[must_use]
pub fn assignments(text: &str) -> Vec<Assignment> {
    let (normal, dropped) = with_plain_line_ends(text);
    let place = |at: usize| at + dropped.partition_point(|dropped| *dropped < at);
    let places = |range: Range<usize>| place(range.start)..place(range.end);
    let all = LINE.iter().flat_map(|line| line.captures_iter(&normal));
    let read = all.filter_map(|found| {
        let (whole, name) = (found.get(0)?, found.get(1)?);
        let (room, written) = if let Some(group) = found.get(2) {
            let body = group.as_str().trim_matches(is_space);
            let lead = group.as_str().len() - group.as_str().trim_start_matches(is_space).len();
            let start = if body.is_empty() { group.start() } else { group.start() + lead };
            (group.range(), start..start + body.len())
        } else {
            let at = name.end() + separator(normal.get(name.end()..whole.end())?);
            (at..at, at..at)
        };
        Some(Assignment {
            name: name.as_str().to_owned(),
            value: unquoted(normal.get(written.clone())?),
            // White space before it may span lines.
            range: place(name.start())..place(whole.end()),
            written: places(written),
            room: places(room),
        })
    });
    read.collect()
}

/// What a variable is set to; `None` where it is not set, or empty.
#[must_use]
pub fn value(text: &str, name: &str) -> Option<String> {
    let last = assignments(text).into_iter().rev().find(|known| known.name == name)?;
    (!last.value.trim_matches(is_space).is_empty()).then_some(last.value)
}

/// The text with `NAME=value`: the last assignment of that name gets the value, else one is added at the end. Every
/// other byte stays, and every other variable means what it meant. `value` has no blanks, quotes or `#`.
#[must_use]
pub fn with(text: &str, name: &str, value: &str) -> String {
    let before = assignments(text);
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    let appended = format!("{text}{gap}{name}={value}{line_end}");
    // `OTHER:` at the end would take the next line as its value.
    let apart = format!("{text}{gap}{line_end}{name}={value}{line_end}");
    let last = before.iter().rev().find(|known| known.name == name);
    let changed = last.and_then(|known| set(text, known, value));
    // A variable that is empty counts as one that is not there.
    let others = |all: &[Assignment]| -> Vec<(String, String)> {
        let kept = all.iter().filter(|known| known.name != name && !known.value.is_empty());
        kept.map(|known| (known.name.clone(), known.value.clone())).collect()
    };
    let is_right = |after: &str| {
        let after = assignments(after);
        let found = after.iter().rev().find(|known| known.name == name);
        found.is_some_and(|known| known.value == value) && others(&after) == others(&before)
    };
    let wanted = changed.into_iter().chain([appended.clone(), apart]).find(|after| is_right(after));
    wanted.unwrap_or(appended)
}

/// The text of a `.env`.
///
/// # Errors
/// `settings.env-unreadable` with the line where it stops being UTF-8.
pub fn text_of(path: &Path, bytes: &[u8]) -> Result<String, Error> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let code = ErrorCode::SettingsEnvUnreadable { path: path.display().to_string(), line };
        Error::new(code, error.to_string())
    })
}

fn set(text: &str, known: &Assignment, value: &str) -> Option<String> {
    let written = text.get(known.written.clone())?;
    let quoted = quote_of(written).is_some();
    // A quoted value may begin on a later line than its name; an unquoted one may not.
    let later = text.get(known.room.start..known.written.start)?.contains(['\r', '\n']);
    let range = match &known.written {
        written if quoted => written.start + 1..written.end - 1,
        _ if later => known.room.clone(),
        written => written.clone(),
    };
    let rest = text.get(range.end..)?;
    let gap = if rest.starts_with('#') { " " } else { "" };
    Some(format!("{}{value}{gap}{rest}", text.get(..range.start)?))
}

/// The quote around all of a value.
fn quote_of(written: &str) -> Option<char> {
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    (written.len() > 1 && written.ends_with(quote)).then_some(quote)
}

fn unquoted(written: &str) -> String {
    let inner = match quote_of(written) {
        Some(_) => written.get(1..written.len() - 1).unwrap_or_default(),
        None => written,
    };
    if written.starts_with('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
}

/// The length of what separates a name from a value that is not there: blanks and `=`, or `:` and one blank.
fn separator(after: &str) -> usize {
    let blanks = after.len() - after.trim_start_matches(is_space).len();
    if after.get(blanks..).is_some_and(|rest| rest.starts_with('=')) {
        return blanks + 1;
    }
    after.chars().take(2).map(char::len_utf8).sum()
}

/// As JavaScript's `trim` and `\s` have it: a byte order mark is white space.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// The text with `\n` for every line end, and where in it a `\r` was left out.
fn with_plain_line_ends(text: &str) -> (String, Vec<usize>) {
    let mut normal = String::with_capacity(text.len());
    let mut dropped = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => dropped.push(normal.len()),
            '\r' => normal.push('\n'),
            _ => normal.push(c),
        }
    }
    (normal, dropped)
}

#[cfg(test)]
mod tests;
