//! Texts of `NAME=value` lines, as OpenClaw's `.env`: values are shown unless their name or form is a secret's.
//! A line of any other form is masked as broken text is.

use super::lines::{self, Rest};
use super::spans::Spans;
use super::{broken, inline, scan};

/// Whether the first line that says anything is `NAME=value`; a text that says nothing counts too.
pub(super) fn is_env(text: &str) -> bool {
    let lines = text.split(scan::is_line_end);
    lines.map(kind_of).find(|kind| *kind != Kind::Nothing) != Some(Kind::Other)
}

/// What is to be masked.
pub(super) fn spans(text: &str) -> Spans {
    let mut spans = inline::of_line(text);
    lines::collect(text, 0, Rest::Nothing, &mut spans);
    let mut start = 0;
    for line in text.split_inclusive(scan::is_line_end) {
        if kind_of(line) == Kind::Other {
            spans.add_at(start, broken::spans(line));
        }
        start += line.len();
    }
    spans
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Blank, or a comment.
    Nothing,
    Assignment,
    Other,
}

fn kind_of(line: &str) -> Kind {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Kind::Nothing;
    }
    let name = line.split_once('=').map(|(name, _)| name.trim_end());
    let name = name.map(|name| name.strip_prefix("export ").map_or(name, str::trim_start));
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    };
    if name.is_some_and(is_name) { Kind::Assignment } else { Kind::Other }
}
