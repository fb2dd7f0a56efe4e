//! Parts of a text that are not shown, gathered from several rules, and the text without them.
//! Every line end stays, so that the lines of a masked text are those of the text.

use std::ops::Range;

use super::{MASK, scan};

/// Byte ranges to mask, in any order, overlapping or not.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    /// Adds a range; an empty one says nothing.
    pub(super) fn add(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.0.push(range);
        }
    }

    /// Adds what was found in the part of the text that begins at `offset`.
    pub(super) fn add_at(&mut self, offset: usize, inner: Spans) {
        self.0.extend(inner.0.into_iter().map(|range| range.start + offset..range.end + offset));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges as they were added.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().cloned()
    }

    /// What stands in place of each range, those that meet taken as one.
    pub(super) fn replacements(mut self, text: &str) -> Vec<Replacement> {
        self.0.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(self.0.len());
        for range in self.0 {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        let shown = |range: Range<usize>| (masked_lines(scan::cut(text, range.start, range.end)), range);
        merged.into_iter().map(shown).map(|(with, range)| Replacement { range, with }).collect()
    }

    /// The text with these parts masked.
    pub(super) fn shown(self, text: &str) -> String {
        let replacements = self.replacements(text);
        spliced(text, replacements)
    }
}

/// A part of a text and what is shown there.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

/// The text with the replacements, which do not overlap.
pub(super) fn spliced(text: &str, mut replacements: Vec<Replacement>) -> String {
    replacements.sort_by_key(|replacement| replacement.range.start);
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    for Replacement { range, with } in replacements {
        out.push_str(scan::cut(text, position, range.start));
        out.push_str(&with);
        position = range.end;
    }
    out.push_str(scan::cut(text, position, text.len()));
    out
}

/// `***` in place of every line that has anything; indents and line ends stay.
fn masked_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive(scan::is_line_end) {
        let body = line.trim_end_matches(scan::is_line_end);
        let indent = body.len() - body.trim_start().len();
        out.push_str(scan::cut(body, 0, indent));
        if indent < body.len() {
            out.push_str(MASK);
        }
        out.push_str(scan::cut(line, body.len(), line.len()));
    }
    out
}

/// Where lines end, for places that mostly come in order: a long line is searched once, not for each place.
#[derive(Debug)]
pub(super) struct LineEnds<'t> {
    text: &'t str,
    found: Range<usize>,
}

impl<'t> LineEnds<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: 0..0 }
    }

    /// The end of the line of `position`.
    pub(super) fn end(&mut self, position: usize) -> usize {
        if !self.found.contains(&position) {
            self.found = position..scan::end_of_line(self.text, position);
        }
        self.found.end.max(position)
    }
}
