//! The tokens of a JSON5 text, comments included, with their byte ranges; whitespace is what lies between.
//! It judges nothing (the `json5` crate does) and never fails: broken text gives tokens too, for masking.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// `:`.
    Colon,
    /// `,`.
    Comma,
    /// A quoted text with its quotes; an unterminated one ends at the end of its line.
    Quoted,
    /// Anything else that is not whitespace: a bare key, a number, `true`, `null`.
    Word,
    /// `// ...`, without the line end.
    LineComment,
    /// `/* ... */`.
    BlockComment,
}

impl Kind {
    /// A comment of either form.
    pub(crate) fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment)
    }
}

/// One token: its kind and its bytes `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The four characters that end a line in JSON5 (ECMA-262 5.1, section 7.3).
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whitespace as JSON5 has it (JSON5 specification, section 8), line ends included.
pub(crate) fn is_whitespace(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{feff}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// The part of `text` from `start` to `end`; empty when that is no range of it.
pub(crate) fn cut(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// All tokens of `text`, in order, not overlapping.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 6);
    let mut position = 0;
    while let Some(c) = char_at(text, position) {
        if is_whitespace(c) {
            position += c.len_utf8();
            continue;
        }
        let start = position;
        let (kind, end) = match c {
            '{' | '[' => (Kind::Open, start + 1),
            '}' | ']' => (Kind::Close, start + 1),
            ':' => (Kind::Colon, start + 1),
            ',' => (Kind::Comma, start + 1),
            '"' | '\'' => (Kind::Quoted, end_of_quoted(text, start, c)),
            '/' => match char_at(text, start + 1) {
                Some('/') => (Kind::LineComment, end_of_line(text, start)),
                Some('*') => {
                    let rest = cut(text, start + 2, text.len());
                    (Kind::BlockComment, rest.find("*/").map_or(text.len(), |at| start + 2 + at + 2))
                }
                _ => (Kind::Word, start + 1),
            },
            _ => (Kind::Word, end_of_word(text, start)),
        };
        tokens.push(Token { kind, start, end });
        position = end;
    }
    tokens
}

/// Where the line of `position` begins: after the last line end before it.
pub(crate) fn start_of_line(text: &str, position: usize) -> usize {
    let before = cut(text, 0, position);
    before.char_indices().rev().find(|(_, c)| is_line_end(*c)).map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the line of `position` ends: before its line end.
pub(crate) fn end_of_line(text: &str, position: usize) -> usize {
    cut(text, position, text.len()).find(is_line_end).map_or(text.len(), |at| position + at)
}

/// The length of the line end that stands at `position`, in bytes (`\r\n` counts as one); 0 when none does.
pub(crate) fn line_end_length(text: &str, position: usize) -> usize {
    let mut rest = cut(text, position, text.len()).chars();
    match rest.next() {
        Some('\r') if rest.next() == Some('\n') => 2,
        Some(c) if is_line_end(c) => c.len_utf8(),
        _ => 0,
    }
}

/// Whether a line ends somewhere between the two places.
pub(crate) fn has_line_end(text: &str, start: usize, end: usize) -> bool {
    cut(text, start, end).contains(is_line_end)
}

fn char_at(text: &str, position: usize) -> Option<char> {
    cut(text, position, text.len()).chars().next()
}

fn end_of_quoted(text: &str, start: usize, quote: char) -> usize {
    let mut position = start + 1;
    while let Some(c) = char_at(text, position) {
        match c {
            _ if c == quote => return position + 1,
            '\n' | '\r' => return position,
            '\\' => {
                position += 1;
                position += match line_end_length(text, position) {
                    0 => char_at(text, position).map_or(0, char::len_utf8),
                    continuation => continuation,
                };
            }
            _ => position += c.len_utf8(),
        }
    }
    position
}

fn end_of_word(text: &str, start: usize) -> usize {
    let ends =
        |c: char| is_whitespace(c) || matches!(c, '{' | '}' | '[' | ']' | ':' | ',' | '"' | '\'' | '/');
    cut(text, start, text.len()).find(ends).map_or(text.len(), |at| start + at)
}
