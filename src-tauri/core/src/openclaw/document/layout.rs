//! What the neighbours of a place look like: lines, indent, line ends, spacing, quotes.
//! All answers come from the text around the place, so a new line looks as if its owner had written it.

use super::render::Style;
use super::scan::{self, Kind};
use super::tree::{Entry, Node, Tree};

impl Tree<'_> {
    /// Whether nothing but whitespace and one-line block comments stands before the token on its line.
    pub(crate) fn is_first_on_line(&self, token: usize) -> bool {
        let mut index = token;
        loop {
            let Some(here) = self.token(index) else { return false };
            let Some(before) = index.checked_sub(1).and_then(|before| self.token(before)) else {
                return true;
            };
            if scan::has_line_end(self.text, before.end, here.start) {
                return true;
            }
            if before.kind != Kind::BlockComment || scan::has_line_end(self.text, before.start, before.end) {
                return false;
            }
            index -= 1;
        }
    }

    /// The first token of an entry: its key, or its value's first.
    pub(crate) fn entry_first(&self, entry: &Entry) -> usize {
        entry.key.or_else(|| self.node(entry.value).map(|node| node.first)).unwrap_or_default()
    }

    /// The whitespace that the line of a token begins with.
    pub(crate) fn indent_of(&self, token: usize) -> &str {
        let position = self.token(token).map_or(0, |token| token.start);
        let start = scan::start_of_line(self.text, position);
        let line = scan::cut(self.text, start, position);
        let end = line.find(|c| !scan::is_whitespace(c)).unwrap_or(line.len());
        scan::cut(line, 0, end)
    }

    /// Whether a new entry at `place` of the container stands on a line of its own.
    pub(crate) fn is_spread(&self, chain: &[usize], place: usize) -> bool {
        let Some(node) = chain.last().and_then(|id| self.node(*id)) else { return false };
        let starts_line = |entry: &Entry| self.is_first_on_line(self.entry_first(entry));
        let Some(last) = node.entries.last() else {
            if scan::has_line_end(self.text, self.start(node), self.end(node)) {
                return true;
            }
            if node.last != node.first + 1 {
                return false;
            }
            // An empty `{}` has no manner of its own: that of the container it stands in counts. At the top
            // of a file with a line end it is a placeholder, not a one-line file.
            return match chain.split_last().map(|(_, outer)| outer) {
                Some(outer @ [.., parent]) => {
                    self.is_spread(outer, self.node(*parent).map_or(0, |node| node.entries.len()))
                }
                _ => self.text.contains(scan::is_line_end),
            };
        };
        match node.entries.get(place) {
            Some(entry) => starts_line(entry),
            None => starts_line(last) || self.is_first_on_line(node.last),
        }
    }

    /// The manner of a new entry at `place` of the container that the chain ends with.
    pub(crate) fn style(&self, chain: &[usize], place: usize, strict: bool) -> Style {
        let nodes: Vec<&Node> = chain.iter().rev().filter_map(|id| self.node(*id)).collect();
        let mut unit = self.unit(&nodes);
        let mut indent = None;
        let mut position = 0;
        if let Some(node) = nodes.first() {
            position = match place.checked_sub(1).and_then(|before| node.entries.get(before)) {
                Some(entry) => self.entry_start(entry),
                None => self.start(node) + 1,
            };
            if self.is_spread(chain, place) {
                // The nearest neighbour that begins a line; the one before the place first.
                let before = node.entries.iter().take(place).rev();
                let sibling = before
                    .chain(node.entries.iter().skip(place))
                    .map(|entry| self.entry_first(entry))
                    .find(|first| self.is_first_on_line(*first));
                let outer = self.indent_of(node.first);
                let inner = match sibling {
                    Some(first) => self.indent_of(first).to_owned(),
                    None => format!("{outer}{unit}"),
                };
                if let Some(own) = inner.strip_prefix(outer).filter(|own| !own.is_empty()) {
                    own.clone_into(&mut unit);
                }
                indent = Some(inner);
            }
        }
        let colon = self.colon(&nodes);
        Style {
            indent,
            unit,
            line_end: self.line_end_near(position),
            colon,
            comma: self.comma(&nodes).unwrap_or(colon),
            pad: self.pad(&nodes),
            quote: nodes.first().map_or('"', |node| self.quote(node)),
            strict,
        }
    }

    /// The line end of the line before a place, else the next one, else `\n`.
    pub(crate) fn line_end_near(&self, position: usize) -> &'static str {
        let is_break = |c: char| matches!(c, '\n' | '\r');
        let before = scan::cut(self.text, 0, position);
        let after = scan::cut(self.text, position, self.text.len());
        let found = match before.rfind(is_break) {
            Some(at) if before.get(..=at).is_some_and(|line| line.ends_with("\r\n")) => "\r\n",
            Some(at) => scan::cut(before, at, at + 1),
            None => match after.find(is_break) {
                Some(at) if scan::cut(after, at, at + 2) == "\r\n" => "\r\n",
                Some(at) => scan::cut(after, at, at + 1),
                None => "\n",
            },
        };
        match found {
            "\r\n" => "\r\n",
            "\r" => "\r",
            _ => "\n",
        }
    }

    /// What one level adds to the indent, by the nearest container (innermost first) that shows it.
    fn unit(&self, nodes: &[&Node]) -> String {
        let shown = nodes.iter().find_map(|node| {
            let outer = self.indent_of(node.first);
            node.entries.iter().map(|entry| self.entry_first(entry)).find_map(|first| {
                let inner = self.is_first_on_line(first).then(|| self.indent_of(first))?;
                inner.strip_prefix(outer).filter(|unit| !unit.is_empty())
            })
        });
        let by_tabs = || nodes.first().is_some_and(|node| self.indent_of(node.first).ends_with('\t'));
        shown.map_or_else(|| if by_tabs() { "\t" } else { "  " }.to_owned(), str::to_owned)
    }

    /// The gap after a colon, by the nearest object with a member; one space when none shows it.
    fn colon(&self, nodes: &[&Node]) -> &'static str {
        let entries = nodes.iter().flat_map(|node| &node.entries).filter(|entry| entry.key.is_some());
        let mut gaps = entries.filter_map(|entry| {
            let value = self.node(entry.value)?;
            Some(self.token(value.first.checked_sub(1)?)?.end < self.start(value))
        });
        if gaps.next().unwrap_or(true) { " " } else { "" }
    }

    /// The gap after a comma, by the nearest container with two entries on one line.
    fn comma(&self, nodes: &[&Node]) -> Option<&'static str> {
        nodes.iter().flat_map(|node| node.entries.windows(2)).find_map(|pair| {
            let (comma, next) =
                (self.token(pair.first()?.comma?)?, self.token(self.entry_first(pair.get(1)?))?);
            match scan::cut(self.text, comma.end, next.start) {
                "" => Some(""),
                gap if !gap.contains(scan::is_line_end) => Some(" "),
                _ => None,
            }
        })
    }

    /// The gap inside the braces, by the nearest object with members on one line.
    fn pad(&self, nodes: &[&Node]) -> &'static str {
        let shown =
            nodes.iter().filter(|node| self.is_object(node) && !node.entries.is_empty()).find_map(|node| {
                let (open, first) = (self.token(node.first)?, self.token(node.first + 1)?);
                let gap = scan::cut(self.text, open.end, first.start);
                (!gap.contains(scan::is_line_end)).then_some(gap.is_empty())
            });
        match shown {
            Some(true) => "",
            Some(false) => " ",
            // Nothing shows it: as roomy as the colons.
            None => self.colon(nodes),
        }
    }

    /// The quote of the last text in a container, else `"`.
    fn quote(&self, node: &Node) -> char {
        let texts = node.entries.iter().rev().filter_map(|entry| self.token(self.node(entry.value)?.first));
        let mut quotes = texts.filter(|token| token.kind == Kind::Quoted);
        match quotes.next().map(|token| self.token_text(token)) {
            Some(text) if text.starts_with('\'') => '\'',
            _ => '"',
        }
    }
}
