//! Comments: what was commented out is as secret as what is not.
//! A run of comments is taken as one text, since a block is commented out line by line.

use std::ops::Range;

use super::lines::{self, Rest};
use super::spans::Spans;
use super::{inline, scan};

/// Adds what is to be masked in the comments of a text: `tokens` are the ranges of its comments, in order, with
/// `None` for anything else.
pub(super) fn collect(text: &str, tokens: impl Iterator<Item = Option<Range<usize>>>, spans: &mut Spans) {
    let mut rest = Rest::Nothing;
    for token in tokens {
        let Some(range) = token else {
            rest = Rest::Nothing;
            continue;
        };
        let comment = scan::cut(text, range.start, range.end);
        let inner = comment.get("//".len()..).unwrap_or_default();
        let inner = if comment.starts_with("/*") { inner.strip_suffix("*/").unwrap_or(inner) } else { inner };
        let start = range.start + "//".len();
        rest = lines::collect(inner, start, rest, spans);
        spans.add_at(start, inline::of_line(inner));
    }
}
