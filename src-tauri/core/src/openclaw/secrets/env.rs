//! Texts of `NAME=value` lines, as OpenClaw's `.env`: names are shown, values are not, as most are secrets there.
//! A line of any other form is masked as broken text is.

use super::lines::{self, Rest};
use super::spans::Spans;
use super::{NO_SECRET, broken, inline, scan};
use crate::openclaw::env_file::{self, Assignment};

/// Whether the first line that says anything is `NAME=value`; a text that says nothing counts too.
pub(super) fn is_env(text: &str) -> bool {
    let lines = text.split(scan::is_line_end);
    lines.map(kind_of).find(|kind| *kind != Kind::Nothing) != Some(Kind::Other)
}

/// What is to be masked: every value but Pincer's own marker, whatever its name; those in comments too.
pub(super) fn spans(text: &str) -> Spans {
    let mut spans = inline::of_line(text);
    lines::collect(text, 0, Rest::Nothing, &mut spans);
    let assignments = env_file::assignments(text);
    for assignment in assignments.iter().filter(|assignment| assignment.value != NO_SECRET) {
        spans.add(assignment.written.clone());
    }
    let mut start = 0;
    for line in text.split_inclusive(scan::is_line_end) {
        let end = start + line.len();
        let within = |assignment: &&Assignment| assignment.range.start < end && start < assignment.range.end;
        // Behind a value there is only a comment.
        let behind = assignments.iter().filter(within).map(|assignment| assignment.written.end).max();
        let rest = behind.map_or(start, |behind| behind.clamp(start, end));
        if behind.is_none() && kind_of(line) == Kind::Other {
            spans.add_at(start, broken::spans(line));
        } else if let Some((comment, value)) =
            scan::cut(text, rest, end).split_once('#').and_then(|(_, comment)| {
                let value = comment.split_once('=').map(|(_, value)| value)?;
                Some((comment, value))
            })
            && !comment.is_empty()
            && value.trim() != NO_SECRET
        {
            spans.add(end - value.len()..end);
        }
        start = end;
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
    let name = name.map(|name| {
        name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(name, str::trim_start)
    });
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    };
    if name.is_some_and(is_name) { Kind::Assignment } else { Kind::Other }
}
