//! Bytes to value: the `json5` crate decides what is valid, as strictly as OpenClaw's own reader.
//! Limits on size and depth are checked here, so a hostile file costs no stack and no memory.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::scan::{self, Kind};
use super::tree::Tree;
use super::value::{Number, Value};
use crate::error::{Error, ErrorCode, FileReason, Result};
use crate::openclaw::secrets;

/// The largest file that is read, in bytes. A real one has a few kilobytes, a huge one a megabyte.
pub const SIZE_LIMIT: usize = 8 * 1024 * 1024;

/// The deepest nesting that is read. The `json5` crate recurses and overflows its stack at some thousands.
pub const DEPTH_LIMIT: usize = 200;

/// The longest text of a line in an error, in characters.
const SHOWN: usize = 160;

/// What reading gave.
pub(crate) struct Read {
    pub(crate) value: Value,
    /// The value is all that the text says. `false`: it has half a surrogate pair (`\ud83e`), which
    /// OpenClaw reads but no Rust text can hold; U+FFFD stands in its place.
    pub(crate) exact: bool,
}

/// Reads a text without BOM.
pub(crate) fn read(path: &Path, text: &str) -> Result<Read> {
    if text.len() > SIZE_LIMIT {
        let reason = FileReason::TooLarge;
        return Err(ErrorCode::FileFailed { path: path.display().to_string(), reason }.into());
    }
    let failure = match parse(text) {
        Ok(value) => return Ok(Read { value, exact: true }),
        Err(failure) => failure,
    };
    if let Some(mended) = without_lone_surrogates(text)
        && let Ok(value) = parse(&mended)
    {
        return Ok(Read { value, exact: false });
    }
    Err(unreadable(path, text, place_of_failure(text, &failure), failure.to_string()))
}

/// Where reading failed. At the end of the text the reader points at the innermost open bracket; a comment or
/// a text that is never closed is the better place.
fn place_of_failure(text: &str, failure: &json5::Error) -> (usize, usize) {
    use json5::ErrorCode::{EofParsingComment, EofParsingEscapeSequence, EofParsingString};
    let open =
        matches!(failure.code(), Some(EofParsingComment | EofParsingEscapeSequence | EofParsingString));
    match failure.position() {
        Some(position) if !open => (position.line + 1, position.column + 1),
        _ => {
            let last = scan::tokens(text).pop().filter(|_| open);
            place_of(text, last.map_or(text.len(), |token| token.start))
        }
    }
}

/// The error for a text that cannot be read, with the line it points at (1-based, columns in characters).
pub(crate) fn unreadable(path: &Path, text: &str, (line, column): (usize, usize), detail: String) -> Error {
    let masked = secrets::masked(text);
    let shown = nth_line(&masked, line);
    let hides = shown != nth_line(text, line);
    let text = if let Some(calculation) = calculation(nth_line(text, line), column).filter(|_| hides) {
        format!("\u{2026}{calculation}\u{2026}")
    } else if shown.chars().count() <= SHOWN {
        shown.trim().to_owned()
    } else {
        // A one-line file: what stands around the place, not its beginning.
        let skip = column.saturating_sub(SHOWN / 2);
        let lead = if skip > 0 { "\u{2026}" } else { "" };
        format!("{lead}{}\u{2026}", shown.chars().skip(skip).take(SHOWN).collect::<String>().trim())
    };
    Error::new(ErrorCode::SettingsUnreadable { path: path.display().to_string(), line, column, text }, detail)
}

/// A calculation at this column with the name that it is for, as OpenClaw's own page has one (`maxTokens: 8192 * 10`):
/// numbers and signs of arithmetic alone, so that it can be shown where the rest of the line may be secret.
fn calculation(line: &str, column: usize) -> Option<String> {
    let characters: Vec<char> = line.chars().collect();
    let at = column.saturating_sub(1).min(characters.len());
    let (before, after) = (characters.get(..at)?, characters.get(at..)?);
    let is_part = |c: &&char| c.is_ascii_digit() || " *+-/%().".contains(**c);
    let left = before.iter().rev().take_while(is_part).count();
    let right = after.iter().take_while(is_part).count();
    let written = characters.get(at - left..at + right)?;
    if !written.iter().any(char::is_ascii_digit) || !written.iter().any(|c| "*+-/%".contains(*c)) {
        return None;
    }
    let name = before.get(..at - left)?.strip_suffix(&[':'])?;
    let is_name = |c: &&char| c.is_alphanumeric() || "_$\"'".contains(**c);
    let start = name.len() - name.iter().rev().take_while(is_name).count();
    let name: String = name.get(start..)?.iter().collect();
    let is_safe = !name.is_empty() && !secrets::is_secret_key(name.trim_matches(['"', '\'']));
    let written: String = written.iter().collect();
    is_safe.then(|| format!("{name}: {}", written.trim()))
}

/// Line and column of a byte, both from 1, columns in characters.
pub(crate) fn place_of(text: &str, position: usize) -> (usize, usize) {
    let mut line = 1;
    let mut start = 0;
    loop {
        let end = scan::end_of_line(text, start);
        let next = end + scan::line_end_length(text, end);
        if next == end || next > position {
            return (line, scan::cut(text, start, position.min(text.len())).chars().count() + 1);
        }
        line += 1;
        start = next;
    }
}

fn nth_line(text: &str, line: usize) -> &str {
    let mut start = 0;
    for _ in 1..line {
        let end = scan::end_of_line(text, start);
        start = end + scan::line_end_length(text, end);
    }
    scan::cut(text, start, scan::end_of_line(text, start))
}

/// Reads a text into a value whose numbers have no texts of their own yet, then completes them.
pub(crate) fn parse(text: &str) -> std::result::Result<Value, json5::Error> {
    // `json5::from_str` takes no seed; an outermost wrapper carries the depth to it.
    struct Root(Value);
    impl<'de> serde::Deserialize<'de> for Root {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
            Nested(0).deserialize(deserializer).map(Root)
        }
    }
    let Root(mut value) = json5::from_str(text)?;
    if let Some(tree) = Tree::of(text) {
        tree.complete(&mut value);
    }
    Ok(value)
}

/// Reads one value at a depth, so that the limit stops the reader before it recurses further.
struct Nested(usize);

impl Nested {
    fn inner<E: serde::de::Error>(&self) -> std::result::Result<usize, E> {
        let depth = self.0 + 1;
        if depth > DEPTH_LIMIT {
            return Err(E::custom(format_args!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(depth)
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON5 value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(Number::from(value as f64)))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(Number::from(value as f64)))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> std::result::Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let depth = self.inner::<A::Error>()?;
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(Nested(depth))? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let depth = self.inner::<A::Error>()?;
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            entries.push((key, access.next_value_seed(Nested(depth))?));
        }
        Ok(Value::Object(entries))
    }
}

/// The text with `\ufffd` in place of every `\u` escape that is half a surrogate pair, of the same length,
/// so that places stay; `None` when there is none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut lone = Vec::new();
    for token in scan::tokens(text).into_iter().filter(|token| token.kind == Kind::Quoted) {
        let quoted = scan::cut(text, token.start, token.end);
        let mut at = 0;
        let mut high: Option<usize> = None;
        while let Some(found) = quoted.get(at..).and_then(|rest| rest.find('\\')) {
            let escape = at + found;
            let unit = scan::cut(quoted, escape + 2, escape + 6);
            let unit = u16::from_str_radix(unit, 16)
                .ok()
                .filter(|_| quoted.get(escape + 1..escape + 2) == Some("u"));
            match unit {
                Some(0xd800..=0xdbff) => {
                    lone.extend(high.replace(token.start + escape));
                }
                Some(0xdc00..=0xdfff) => {
                    let pair = high.take();
                    if pair.is_none_or(|start| start + 6 != token.start + escape) {
                        lone.extend(pair);
                        lone.push(token.start + escape);
                    }
                }
                _ => lone.extend(high.take()),
            }
            // The character after a backslash is never a backslash that begins an escape.
            at = escape
                + 1
                + quoted.get(escape + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
        lone.extend(high);
    }
    let mut mended = text.to_owned();
    for at in &lone {
        mended.replace_range(at + 2..at + 6, "fffd");
    }
    (!lone.is_empty()).then_some(mended)
}
