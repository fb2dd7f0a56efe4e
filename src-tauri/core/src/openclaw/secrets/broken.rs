//! Text that no reader understands: shown for its places, not for its values.
//! Every quoted text and every long word that is no key is masked, and more where quotes or names are in doubt.

use std::ops::Range;

use super::lines::{self, length_of_open};
use super::names::{Secrecy, is_name_char};
use super::spans::{LineEnds, Spans};
use super::{NO_SECRET, comment, inline, is_quote, scan};
use crate::openclaw::document::Number;

/// Bare words of fewer characters are shown: most are keys, numbers or slips of the keyboard.
const LONG: usize = 8;

/// The longest comment, in characters, that is taken for one right behind a word.
const NEAR: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Colon,
    Comma,
    /// Anything in quotes, typographic ones too.
    Quoted {
        closed: bool,
    },
    Word,
    Comment,
}

/// A piece of broken text, as its owner may have meant it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Piece {
    fn is_quoted(self) -> bool {
        matches!(self.kind, Kind::Quoted { .. })
    }

    fn is_text(self) -> bool {
        self.is_quoted() || self.kind == Kind::Word
    }
}

/// What is to be masked.
pub(super) fn spans(text: &str) -> Spans {
    let mut spans = inline::of_line(text);
    lines::collect(text, 0, lines::Rest::Nothing, &mut spans);
    let pieces = pieces(text);
    let comments = pieces.iter().map(|piece| (piece.kind == Kind::Comment).then_some(piece.start..piece.end));
    comment::collect(text, comments, &mut spans);
    let code: Vec<Piece> = pieces.into_iter().filter(|piece| piece.kind != Kind::Comment).collect();
    for index in 0..code.len() {
        value(text, &code, index, &mut spans);
    }
    after_names(text, &code, &mut spans);
    uneven_lines(text, &code, &mut spans);
    spans
}

/// A text that is no key.
fn value(text: &str, code: &[Piece], index: usize, spans: &mut Spans) {
    let Some(piece) = code.get(index).filter(|piece| piece.is_text() && !is_key(text, code, index)) else {
        return;
    };
    let written = scan::cut(text, piece.start, piece.end);
    let inner = inner(text, *piece);
    let shown = decoded(scan::cut(text, inner.start, inner.end)) == NO_SECRET;
    match piece.kind {
        Kind::Quoted { closed: true } if !shown => spans.add(inner),
        Kind::Quoted { closed: false } => {
            let start = inner.start;
            spans.add(start..scan::end_of_line(text, start));
            // Perhaps it goes on; the line where it would end is still in doubt.
            let closes = |c: char| written.chars().next().is_some_and(|open| closes(open, c));
            let later = scan::cut(text, piece.end, text.len()).find(closes);
            spans.add(start..later.map_or(start, |at| scan::end_of_line(text, piece.end + at)));
        }
        Kind::Word if is_long(written) => spans.add(piece.start..piece.end),
        _ => {}
    }
}

fn is_long(word: &str) -> bool {
    word.chars().nth(LONG - 1).is_some() && word != NO_SECRET && Number::from_text(word).is_none()
}

/// Whether a colon follows on the line, and none stands before on it (`a: 'b': 1` has one too many).
fn is_key(text: &str, code: &[Piece], index: usize) -> bool {
    let near = |other: Option<&Piece>, start: fn(&Piece, &Piece) -> (usize, usize)| {
        other.zip(code.get(index)).is_some_and(|(other, piece)| {
            let (start, end) = start(other, piece);
            other.kind == Kind::Colon && !scan::has_line_end(text, start, end)
        })
    };
    let could_be = code.get(index).is_some_and(|piece| match piece.kind {
        Kind::Quoted { closed } => closed,
        _ => scan::cut(text, piece.start, piece.end).chars().all(|c| is_name_char(c) || c == '\\'),
    });
    could_be
        && near(code.get(index + 1), |colon, piece| (piece.end, colon.start))
        && !near(index.checked_sub(1).and_then(|before| code.get(before)), |colon, piece| {
            (colon.end, piece.start)
        })
}

/// What follows a secret's name, whatever stands between: nothing, a colon, a comma, comments, line ends.
fn after_names(text: &str, code: &[Piece], spans: &mut Spans) {
    let mut ends = LineEnds::of(text);
    // Brackets up to here are masked already.
    let mut brackets = 0;
    for (index, piece) in code.iter().enumerate().filter(|(_, piece)| piece.is_text()) {
        let inner = inner(text, *piece);
        let name = decoded(scan::cut(text, inner.start, inner.end));
        let secrecy = Secrecy::of(&name);
        if secrecy == Secrecy::Open {
            continue;
        }
        let after = code.get(index + 1..).unwrap_or_default();
        let separators =
            after.iter().take_while(|piece| matches!(piece.kind, Kind::Colon | Kind::Comma)).count();
        let has_colon = after.iter().take(separators).any(|piece| piece.kind == Kind::Colon);
        // What follows a flag is never a key.
        let sure = has_colon || name.starts_with('-');
        let at = index + 1 + separators;
        let Some(first) = code.get(at) else { continue };
        let rest = scan::cut(text, first.start, text.len());
        match first.kind {
            Kind::Open if (sure || separators == 0) && first.start >= brackets => {
                brackets = ends.end(end_of_brackets(code, at).unwrap_or(text.len()));
                spans.add(first.start..brackets);
            }
            Kind::Word | Kind::Quoted { .. }
                if (sure || !is_key(text, code, at)) && length_of_open(rest, secrecy).is_none() =>
            {
                spans.add(first.start..ends.end(first.end));
            }
            _ => {}
        }
    }
}

/// The end of the bracket that closes the one at `index`.
fn end_of_brackets(code: &[Piece], index: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for piece in code.get(index..)? {
        match piece.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth <= 1 => return Some(piece.end),
            Kind::Close => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where quotes do not pair or touch a word, inside and outside may be the wrong way round: such a line is masked
/// from its first text that is surely no key.
fn uneven_lines(text: &str, code: &[Piece], spans: &mut Spans) {
    let mut line = 0;
    let mut done = 0;
    let mut first: Option<usize> = None;
    let mut before: Option<Piece> = None;
    for (index, piece) in code.iter().enumerate() {
        if before.is_some_and(|before| scan::has_line_end(text, line.max(before.start), piece.start)) {
            line = scan::start_of_line(text, piece.start);
            first = None;
        }
        let touches = before.is_some_and(|before| {
            before.end == piece.start
                && before.is_text()
                && piece.is_text()
                && (before.is_quoted() || piece.is_quoted())
        });
        if touches {
            first = first.or(before.map(|before| before.start));
        } else if piece.is_quoted() && !is_key(text, code, index) {
            first = first.or(Some(inner(text, *piece).start));
        }
        if (touches || piece.kind == (Kind::Quoted { closed: false })) && piece.end > done {
            done = scan::end_of_line(text, piece.end);
            spans.add(first.unwrap_or(piece.start)..done);
        }
        before = Some(*piece);
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut position = 0;
    let last_close = text.rfind("*/").unwrap_or_default();
    while let Some(c) = scan::cut(text, position, text.len()).chars().next() {
        let start = position;
        position += c.len_utf8();
        if scan::is_whitespace(c) {
            continue;
        }
        let rest = scan::cut(text, start, text.len());
        let kind = match c {
            '{' | '[' => Kind::Open,
            '}' | ']' => Kind::Close,
            ':' => Kind::Colon,
            ',' => Kind::Comma,
            _ if is_quote(c) => {
                let (end, closed) = end_of_quoted(text, position, c);
                position = end;
                Kind::Quoted { closed }
            }
            '/' if rest.starts_with("//") => {
                position = scan::end_of_line(text, start);
                Kind::Comment
            }
            // One that is never closed would hide all that follows from these rules.
            '/' if rest.starts_with("/*") && start + "/*".len() <= last_close => {
                position = end_of_block(rest).map_or(text.len(), |end| start + end);
                Kind::Comment
            }
            _ => {
                position = end_of_word(text, start);
                Kind::Word
            }
        };
        pieces.push(Piece { kind, start, end: position });
    }
    pieces
}

/// The length of the block comment that a text begins with, if it is closed.
fn end_of_block(text: &str) -> Option<usize> {
    text.strip_prefix("/*")?.find("*/").map(|at| at + "/**/".len())
}

/// The end of a bare word. `://` does not end it, nor does what looks like a comment but is none: `src/*`.
fn end_of_word(text: &str, start: usize) -> usize {
    let ends = |c: char| {
        scan::is_whitespace(c) || is_quote(c) || matches!(c, '{' | '}' | '[' | ']' | ':' | ',' | '/')
    };
    let is_comment = |rest: &str| {
        let near = rest.char_indices().nth(NEAR).map_or(rest, |(at, _)| scan::cut(rest, 0, at));
        let of_line = |inner: &str| !inner.contains(|c| is_quote(c) || scan::is_line_end(c));
        rest.starts_with("//") || end_of_block(near).is_some_and(|end| of_line(scan::cut(near, 0, end)))
    };
    let mut position = start;
    loop {
        let rest = scan::cut(text, position, text.len());
        let end = position + rest.find(ends).unwrap_or(rest.len());
        let rest = scan::cut(text, end, text.len());
        position = match rest.chars().next() {
            Some(':') if rest.starts_with("://") => end + "://".len(),
            Some('/') if end == start || !is_comment(rest) => end + 1,
            _ => return end,
        };
    }
}

/// The end of a quoted text whose inside begins at `position`, and whether it is closed on its line (or on those
/// that a backslash adds).
fn end_of_quoted(text: &str, mut position: usize, open: char) -> (usize, bool) {
    while let Some(c) = scan::cut(text, position, text.len()).chars().next() {
        match c {
            _ if closes(open, c) => return (position + c.len_utf8(), true),
            '\n' | '\r' => return (position, false),
            '\\' => {
                position += 1;
                let next = scan::cut(text, position, text.len()).chars().next();
                position += match scan::line_end_length(text, position) {
                    0 => next.map_or(0, char::len_utf8),
                    continuation => continuation,
                };
            }
            _ => position += c.len_utf8(),
        }
    }
    (position, false)
}

/// Whether `c` closes what `open` opens. Typographic quotes come in too many pairs to tell them apart.
fn closes(open: char, c: char) -> bool {
    let plain = |c: char| matches!(c, '"' | '\'' | '`');
    if plain(open) { c == open } else { is_quote(c) && !plain(c) }
}

/// What stands in the quotes; a bare word as it is.
fn inner(text: &str, piece: Piece) -> Range<usize> {
    let written = scan::cut(text, piece.start, piece.end);
    let length = |c: Option<char>| c.map_or(0, char::len_utf8);
    match piece.kind {
        Kind::Quoted { closed } => {
            let close = if closed { length(written.chars().next_back()) } else { 0 };
            piece.start + length(written.chars().next())..piece.end - close
        }
        _ => piece.start..piece.end,
    }
}

/// The text with its escapes resolved, as far as names need it.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = match after.chars().next() {
            Some('u') => 4,
            Some('x') => 2,
            _ => 0,
        };
        let code = after.get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        rest = match code.and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                scan::cut(after, 1 + digits, after.len())
            }
            None => after.trim_start_matches(scan::is_line_end),
        };
    }
    out + rest
}
