//! How a value is written: on one line or over several, in the manner of its neighbours.
//! Everything written here is strict JSON, but for single quotes and the numbers that JSON does not have.

use std::fmt::Write as _;

use super::value::Value;

/// Longest inner list or record that is written on one line inside a block, in characters.
const SHORT: usize = 90;

/// The manner of a place in the text.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// Over several lines, from this indent on; `None`: all on one line.
    pub(crate) indent: Option<String>,
    /// What one level adds to the indent.
    pub(crate) unit: String,
    /// The line end.
    pub(crate) line_end: &'static str,
    /// Between a key's colon and its value.
    pub(crate) colon: &'static str,
    /// After a comma on one line.
    pub(crate) comma: &'static str,
    /// Inside the braces of a record on one line.
    pub(crate) pad: &'static str,
    /// Quote of a text that stands among neighbours; texts inside new records have `"`.
    pub(crate) quote: char,
    /// The file is strict JSON: numbers must be, and lists are spread as JSON tools do.
    pub(crate) strict: bool,
}

/// The text of a value at its place.
pub(crate) fn value(value: &Value, style: &Style) -> String {
    let mut out = String::new();
    match &style.indent {
        Some(indent) => spread(&mut out, value, style, indent, style.quote),
        None => inline(&mut out, value, style, style.quote),
    }
    out
}

/// The text of a member: the key, always quoted, and its value.
pub(crate) fn member(key: &str, member: &Value, style: &Style) -> String {
    format!("{}:{}{}", quoted(key, '"'), style.colon, value(member, style))
}

/// A text in quotes. With `"` it is strict JSON.
pub(crate) fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // JSON5 allows the two separators in texts but advises against them (section 5.2).
            '\0'..='\u{1f}' | '\u{7f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ if c == quote => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn scalar(out: &mut String, value: &Value, style: &Style, quote: char) {
    match value {
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.to_json_text() {
            Some(text) if style.strict => out.push_str(&text),
            _ => out.push_str(number.text()),
        },
        Value::String(text) => out.push_str(&quoted(text, quote)),
        Value::Null | Value::Array(_) | Value::Object(_) => out.push_str("null"),
    }
}

fn inline(out: &mut String, value: &Value, style: &Style, quote: char) {
    match value {
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                    out.push_str(style.comma);
                }
                inline(out, element, style, quote);
            }
            out.push(']');
        }
        Value::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Object(entries) => {
            out.push('{');
            out.push_str(style.pad);
            for (index, (key, entry)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                    out.push_str(style.comma);
                }
                out.push_str(&quoted(key, '"'));
                out.push(':');
                out.push_str(style.colon);
                inline(out, entry, style, '"');
            }
            out.push_str(style.pad);
            out.push('}');
        }
        _ => scalar(out, value, style, quote),
    }
}

fn spread(out: &mut String, value: &Value, style: &Style, indent: &str, quote: char) {
    let (open, close, quote) = match value {
        Value::Array(elements) if elements.is_empty() => return out.push_str("[]"),
        Value::Object(entries) if entries.is_empty() => return out.push_str("{}"),
        Value::Array(elements) => {
            if !style.strict && elements.iter().all(|element| !is_container(element)) {
                let mut short = String::new();
                inline(&mut short, value, style, quote);
                if short.chars().count() <= SHORT {
                    return out.push_str(&short);
                }
            }
            ('[', ']', quote)
        }
        Value::Object(_) => ('{', '}', '"'),
        _ => return scalar(out, value, style, quote),
    };
    let inner = format!("{indent}{}", style.unit);
    let mut first = true;
    let mut next_line = |out: &mut String| {
        if !first {
            out.push(',');
        }
        first = false;
        out.push_str(style.line_end);
        out.push_str(&inner);
    };
    out.push(open);
    for element in value.as_array().unwrap_or_default() {
        next_line(out);
        spread(out, element, style, &inner, quote);
    }
    for (key, entry) in value.as_object().unwrap_or_default() {
        next_line(out);
        out.push_str(&quoted(key, '"'));
        out.push(':');
        out.push_str(style.colon);
        spread(out, entry, style, &inner, quote);
    }
    out.push_str(style.line_end);
    out.push_str(indent);
    out.push(close);
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
