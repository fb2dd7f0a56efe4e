//! One operation on a container, as replacements of byte ranges: every byte outside them stays as it is.
//! Comments go only with a removed entry that has its lines to itself (law 2 of the editor).

use super::render::{self, Style};
use super::scan::{self, Kind};
use super::tree::{Entry, Node, Tree};
use super::value::Value;

/// One change at a place: `places` leads to the value or container, by entry numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// Write another value there.
    Replace { places: Vec<usize>, value: Value },
    /// A new entry of the container, before the one that has that place now; in an object with a key.
    Insert { places: Vec<usize>, place: usize, key: Option<String>, value: Value },
    /// Take an entry out of the container.
    Remove { places: Vec<usize>, place: usize },
    /// Write another key.
    Rename { places: Vec<usize>, place: usize, key: String },
}

/// A replacement of the bytes `start..end`.
#[derive(Debug)]
struct Splice {
    start: usize,
    end: usize,
    text: String,
}

/// The text after one operation; `None` when the text has no such place.
pub(crate) fn apply(text: &str, operation: &Operation, strict: bool) -> Option<String> {
    let tree = Tree::of(text)?;
    let mut splices = match operation {
        Operation::Replace { places, value } => vec![replace(&tree, places, value, strict)?],
        Operation::Insert { places, place, key, value } => {
            let chain = tree.chain(places)?;
            let style = tree.style(&chain, *place, strict);
            let written = match key {
                Some(key) => render::member(key, value, &style),
                None => render::value(value, &style),
            };
            insert(&tree, tree.node(*chain.last()?)?, *place, &written, &style)?
        }
        Operation::Remove { places, place } => {
            remove(&tree, tree.node(*tree.chain(places)?.last()?)?, *place)?
        }
        Operation::Rename { places, place, key } => {
            let node = tree.node(*tree.chain(places)?.last()?)?;
            let token = tree.token(node.entries.get(*place)?.key?)?;
            let text = match tree.token_text(token).chars().next() {
                Some('\'') => render::quoted(key, '\''),
                Some(first) if first != '"' && is_plain_name(key) => key.clone(),
                _ => render::quoted(key, '"'),
            };
            vec![Splice { start: token.start, end: token.end, text }]
        }
    };
    splices.sort_by_key(|splice| splice.start);
    let mut out = String::with_capacity(text.len() + splices.iter().map(|s| s.text.len()).sum::<usize>());
    let mut position = 0;
    for splice in splices {
        // Overlapping splices would be a fault of ours: no text rather than a wrong one.
        out.push_str(text.get(position..splice.start)?);
        out.push_str(&splice.text);
        position = splice.end;
    }
    out.push_str(text.get(position..)?);
    Some(out)
}

fn is_plain_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

fn replace(tree: &Tree<'_>, places: &[usize], value: &Value, strict: bool) -> Option<Splice> {
    let chain = tree.chain(places)?;
    let node = tree.node(*chain.last()?)?;
    let (start, end) = (tree.start(node), tree.end(node));
    let text = match (places.split_last(), chain.split_last()) {
        (Some((place, _)), Some((_, outer))) => {
            let mut style = tree.style(outer, *place, strict);
            // A value that does not begin its line stays on it.
            let first =
                tree.node(*outer.last()?)?.entries.get(*place).map(|entry| tree.entry_first(entry))?;
            style.indent = style
                .indent
                .and_then(|_| tree.is_first_on_line(first).then(|| tree.indent_of(first).to_owned()));
            match tree.text.get(start..=start) {
                Some("'") => style.quote = '\'',
                Some("\"") => style.quote = '"',
                _ => {}
            }
            render::value(value, &style)
        }
        _ => {
            let mut style = tree.style(&chain, 0, strict);
            style.indent = scan::has_line_end(tree.text, start, end).then(String::new);
            render::value(value, &style)
        }
    };
    Some(Splice { start, end, text })
}

fn insert(tree: &Tree<'_>, node: &Node, place: usize, written: &str, style: &Style) -> Option<Vec<Splice>> {
    let before = match place.checked_sub(1) {
        Some(before) => Some(node.entries.get(before)?),
        None => None,
    };
    let last = place == node.entries.len();
    let trailing = node.entries.last().is_some_and(|entry| entry.comma.is_some());
    let comma_after = if !last || trailing { "," } else { "" };
    let mut splices = Vec::new();
    // The token after which the new entry stands.
    let mut anchor = match before {
        Some(entry) => entry.comma.or_else(|| tree.node(entry.value).map(|node| node.last))?,
        None => node.first,
    };
    let mut comma_before = "";
    if let Some(entry) = before.filter(|entry| entry.comma.is_none()) {
        if style.indent.is_some() {
            let end = tree.end(tree.node(entry.value)?);
            splices.push(Splice { start: end, end, text: ",".to_owned() });
        } else {
            comma_before = ",";
        }
    }
    if node.entries.is_empty() {
        // Comments are all it holds, if anything: behind them.
        anchor = node.last.checked_sub(1)?;
    } else if style.indent.is_some() || (last && before.is_some()) {
        anchor = behind_comments(tree, anchor, style.indent.is_some());
    }
    let anchor_token = tree.token(anchor)?;
    let at = anchor_token.end;
    let next = tree.token(anchor + 1)?;
    let gap_has_line_end = scan::has_line_end(tree.text, at, next.start);
    // `{ }`: the one blank gives way.
    let blank = node.last == node.first + 1 && scan::cut(tree.text, at, next.start) == " ";
    let (end, text) = match &style.indent {
        Some(indent) => {
            let mut text = format!("{}{indent}{written}{comma_after}", style.line_end);
            if node.entries.is_empty() && !gap_has_line_end {
                text.push_str(style.line_end);
                text.push_str(tree.indent_of(node.first));
            }
            (if blank { next.start } else { at }, text)
        }
        None if node.entries.is_empty() => {
            let pad = match (blank, tree.is_object(node)) {
                (true, _) => " ",
                (false, true) => style.pad,
                (false, false) => "",
            };
            let (lead, follow) = match (anchor == node.first, at == next.start) {
                (true, _) => (pad, pad),
                (false, true) => (" ", pad),
                (false, false) => (" ", ""),
            };
            (if blank { next.start } else { at }, format!("{lead}{written}{follow}"))
        }
        None if place == 0 => {
            let gap = scan::cut(tree.text, at, next.start);
            let (lead, follow) = if gap.is_empty() { ("", style.comma) } else { (" ", "") };
            (at, format!("{lead}{written},{follow}"))
        }
        None => (at, format!("{comma_before}{}{written}{comma_after}", style.comma)),
    };
    splices.push(Splice { start: at, end, text });
    Some(splices)
}

/// The last of the comments that follow a token on its line and end there; the token itself when none does.
fn behind_comments(tree: &Tree<'_>, token: usize, line_comments: bool) -> usize {
    let mut last = token;
    while let (Some(here), Some(next)) = (tree.token(last), tree.token(last + 1)) {
        let wanted = next.kind == Kind::BlockComment || (line_comments && next.kind == Kind::LineComment);
        if !wanted || scan::has_line_end(tree.text, here.end, next.end) {
            break;
        }
        last += 1;
    }
    last
}

fn remove(tree: &Tree<'_>, node: &Node, place: usize) -> Option<Vec<Splice>> {
    let entry = node.entries.get(place)?;
    let before = place.checked_sub(1).and_then(|before| node.entries.get(before));
    let last_place = place + 1 == node.entries.len();
    let first = tree.entry_first(entry);
    let value_end = tree.node(entry.value)?.last;
    let end = entry.comma.unwrap_or(value_end);
    let mut splices = Vec::new();
    // Without a trailing comma in the container, the one before must go with the last entry.
    let comma_before = before.and_then(|entry| entry.comma).filter(|_| last_place && entry.comma.is_none());
    if let Some(comma) = comma_before.and_then(|comma| tree.token(comma)) {
        splices.push(Splice { start: comma.start, end: comma.end, text: String::new() });
    }
    let cut = own_lines(tree, node, entry, first, end)
        .map(|(start, end)| vec![(start, end)])
        .or_else(|| inside_line(tree, first, value_end, entry.comma, last_place))?;
    if node.entries.len() == 1 {
        // Nothing but whitespace is left: `{}`.
        let (open, close) = (tree.token(node.first)?.end, tree.token(node.last)?.start);
        let mut left = String::new();
        let mut position = open;
        for (start, end) in &cut {
            left.push_str(tree.text.get(position..(*start).max(position))?);
            position = *end;
        }
        left.push_str(tree.text.get(position..close)?);
        if left.chars().all(scan::is_whitespace) {
            return Some(vec![Splice { start: open, end: close, text: String::new() }]);
        }
    }
    splices.extend(cut.into_iter().map(|(start, end)| Splice { start, end, text: String::new() }));
    Some(splices)
}

/// The whole lines of an entry that shares them with nothing but comments.
fn own_lines(
    tree: &Tree<'_>,
    node: &Node,
    entry: &Entry,
    first: usize,
    end: usize,
) -> Option<(usize, usize)> {
    if !tree.is_first_on_line(first) {
        return None;
    }
    let value_end = tree.end(tree.node(entry.value)?);
    if scan::has_line_end(tree.text, value_end, tree.token(end)?.start.max(value_end)) {
        return None;
    }
    let last = behind_comments(tree, end, true);
    let (last_token, next) = (tree.token(last)?, tree.token(last + 1)?);
    if last >= node.last || !scan::has_line_end(tree.text, last_token.end, next.start) {
        return None;
    }
    let start = scan::start_of_line(tree.text, tree.token(first)?.start);
    let line_end = scan::end_of_line(tree.text, last_token.end);
    Some((start, line_end + scan::line_end_length(tree.text, line_end)))
}

/// An entry and its comma inside a line, with the blanks that would be left over; comments stay.
fn inside_line(
    tree: &Tree<'_>,
    first: usize,
    value_end: usize,
    comma: Option<usize>,
    last_place: bool,
) -> Option<Vec<(usize, usize)>> {
    let mut start = tree.token(first)?.start;
    let value_end_byte = tree.token(value_end)?.end;
    let last = comma.unwrap_or(value_end);
    let mut end = tree.token(last)?.end;
    let (before, next) = (tree.token(first.checked_sub(1)?)?, tree.token(last + 1)?);
    let gap_after_is_blank = !scan::has_line_end(tree.text, end, next.start);
    if !last_place && gap_after_is_blank {
        end = next.start;
    } else if before.kind != Kind::LineComment
        && (last_place || !scan::has_line_end(tree.text, before.end, start))
    {
        start = before.end;
    }
    match comma {
        // A comment between the value and its comma stays.
        Some(comma) if comma != value_end + 1 => {
            if !scan::has_line_end(tree.text, before.end, start) {
                start = before.end;
            }
            Some(vec![(start, value_end_byte), (tree.token(comma)?.start, end)])
        }
        _ => Some(vec![(start, end)]),
    }
}
