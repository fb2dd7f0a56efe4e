//! Secrets inside of a text whose name says nothing: in addresses, command lines, headers, and by their own form.
//! Each rule adds what it finds; what several find is masked once.

use std::ops::Range;

use super::lines::{length_of_open, name_before};
use super::names::{Secrecy, is_name_char, of_flag};
use super::spans::{LineEnds, Spans};
use super::{is_quote, scan, webhooks};

/// How the tokens of well-known vendors begin, as these publish them for secret scanners.
const PREFIXES: [&str; 21] = [
    "sk-",
    "sk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "hf_",
    "gsk_",
    "xai-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
];

/// The shortest of them (AWS) has 20 characters.
const SHORTEST: usize = 20;

/// What is to be masked in a value's text.
pub(super) fn of_value(text: &str) -> Spans {
    let mut spans = of_line(text);
    headers(text, &mut spans);
    spans
}

/// What is to be masked in a text where names and their values are searched elsewhere.
pub(super) fn of_line(text: &str) -> Spans {
    let mut spans = addresses(text, false);
    assignments(text, &mut spans);
    flags(text, &mut spans);
    bearers(text, &mut spans);
    known(text, &mut spans);
    webhooks::collect(text, &mut spans);
    spans
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || matches!(c, '<' | '>')
}

/// The end of the word that begins at `start`; of a quoted one, its closing quote.
fn end_of_value(text: &str, start: usize, quote: Option<char>, ends: impl Fn(char) -> bool) -> usize {
    let rest = scan::cut(text, start, text.len());
    let end = match quote {
        Some(quote) => rest.find(|c| c == quote || scan::is_line_end(c)),
        None => rest.find(ends),
    };
    start + end.unwrap_or(rest.len())
}

/// Who asks, in addresses: `https://user:password@host`, `user:password@host`. `lone`: the text is known to be one,
/// so a name without a password goes too.
pub(super) fn addresses(text: &str, lone: bool) -> Spans {
    let mut spans = Spans::default();
    let starts: Vec<usize> = text.match_indices("://").map(|(at, found)| at + found.len()).collect();
    let mut word_end = 0;
    for (index, start) in starts.iter().copied().enumerate() {
        if word_end < start {
            word_end = end_of_value(text, start, None, ends_word);
        }
        let next = starts.get(index + 1).filter(|_| !lone);
        let limit = next.map_or(text.len(), |next| next - "://".len());
        let rest = scan::cut(text, start, scan::end_of_line(scan::cut(text, 0, limit), start));
        spans.add(start..start + length_of_user(scan::cut(text, start, word_end), rest));
        // `me:pass://word@host`: what stands before is no scheme.
        let before = scan::cut(text, 0, start - "://".len());
        let word = if lone { before.rfind(ends_word).map_or(0, |at| at + 1) } else { before.len() };
        if scan::cut(before, word, before.len()).contains([':', '@']) {
            spans.add(word..rest.rfind('@').map_or(word, |at| start + at));
        }
    }
    let mut start = 0;
    for word in text.split_inclusive(ends_word) {
        let parts = if word.contains("://") { word.split(',') } else { word.split('\0') };
        let mut at = start;
        for part in parts {
            if !part.contains("://") {
                let body = part.trim_end_matches(ends_word).trim_start_matches('/');
                let body_start = at + part.find(body).unwrap_or_default();
                bare_address(text, body_start..body_start + body.len(), lone, &mut spans);
            }
            at += part.len() + 1;
        }
        start += word.len();
    }
    spans
}

/// The length of what stands before the host. A `/`, `?`, `#` or blank in a password ends the authority for a
/// reader of addresses; then what is left has a port that is no number, and the `@` is farther on.
fn length_of_user(address: &str, rest: &str) -> usize {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(at) = authority.rfind('@') {
        return at;
    }
    let port = authority.split_once(':').map_or("", |(_, port)| port);
    let odd = !authority.starts_with('[') && !port.chars().all(|c| c.is_ascii_digit());
    if odd { rest.rfind('@').unwrap_or(0) } else { 0 }
}

fn bare_address(text: &str, word: Range<usize>, lone: bool, spans: &mut Spans) {
    let written = scan::cut(text, word.start, word.end);
    // `OLLAMA_HOST=user:password@host`: the name stays.
    let named = written.split_once('=').filter(|(name, _)| name.chars().all(is_name_char));
    let start = word.start + named.map_or(0, |(name, _)| name.len() + 1);
    let address = scan::cut(text, start, word.end);
    if lone {
        let rest = scan::cut(text, start, scan::end_of_line(text, start));
        spans.add(start..start + length_of_user(address, rest));
    }
    // Wherever it stands in the word: a scheme may be misspelt.
    let mut at = start;
    for part in address.split(['/', '?', '#']) {
        let user = part.rsplit_once('@').map_or("", |(user, _)| user);
        if user.split_once(':').is_some_and(|(_, password)| !password.is_empty()) {
            spans.add(at..at + user.len());
        }
        at += part.len() + 1;
    }
}

/// `name=value`: parameters of addresses, `--token=...`, `API_KEY=...`.
fn assignments(text: &str, spans: &mut Spans) {
    let first_word = text.trim_start().split(char::is_whitespace).next().unwrap_or_default();
    let first_end = text.len() - text.trim_start().len() + first_word.len();
    let mut done = 0;
    for (at, _) in text.match_indices('=') {
        if at < done {
            continue;
        }
        let is_name = |c: char| is_name_char(c) || matches!(c, '%' | '~' | '[' | ']');
        let before = scan::cut(text, 0, at);
        let start = before.trim_end_matches(is_name).len();
        let name = scan::cut(text, start, at);
        let parameter = scan::cut(text, 0, start).ends_with(['?', '&', ';', '#']);
        let secrecy =
            if parameter { Secrecy::of_parameter(name) } else { Secrecy::of(name.trim_start_matches('-')) };
        let value = scan::cut(text, at + 1, text.len());
        if secrecy == Secrecy::Open || length_of_open(value, secrecy).is_some() {
            continue;
        }
        let quote = value.chars().next().filter(|c| is_quote(*c));
        let start = at + 1 + quote.map_or(0, char::len_utf8);
        let end = if parameter {
            end_of_value(text, start, None, |c| ends_word(c) || matches!(c, '&' | '#'))
        } else if first_word.starts_with('-') && at < first_end {
            // An argument of its own: all of it is the value.
            text.len()
        } else {
            end_of_value(text, start, quote, ends_word)
        };
        spans.add(start..end);
        done = end;
    }
}

/// `--token value`, also as elements of an array in a comment.
fn flags(text: &str, spans: &mut Spans) {
    let mut done = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let starts = c == '-' && before.is_none_or(|c: char| !is_name_char(c) && c != '=');
        before = Some(c);
        if !starts {
            continue;
        }
        let rest = scan::cut(text, at, text.len());
        let flag = scan::cut(rest, 0, rest.find(|c| !is_name_char(c)).unwrap_or(rest.len()));
        let after = scan::cut(rest, flag.len(), rest.len());
        let separates = |c: char| c.is_whitespace() || is_quote(c) || matches!(c, ',' | ':' | '\\');
        let value = after.trim_start_matches(separates);
        let between = scan::cut(after, 0, after.len() - value.len());
        let Some(last) = between.chars().next_back() else { continue };
        let secrecy = of_flag(flag, value);
        let start = text.len() - value.len();
        if start < done || secrecy == Secrecy::Open || length_of_open(value, secrecy).is_some() {
            continue;
        }
        let quote = Some(last).filter(|c| is_quote(*c));
        done = end_of_value(text, start, quote, |c| ends_word(c) || c == ',');
        spans.add(start..done);
    }
}

/// `Authorization: ...`, `"token": ...`: to the end of the line.
fn headers(text: &str, spans: &mut Spans) {
    let mut ends = LineEnds::of(text);
    let mut done = 0;
    for (at, _) in text.match_indices(':') {
        if at < done {
            continue;
        }
        let before = scan::cut(text, 0, at);
        let name = name_before(before);
        let secrecy = Secrecy::of(name);
        let after = scan::cut(text, at + 1, ends.end(at));
        let value = after.trim_start();
        // `my.token:8b` is a model's name; what has a blank after the colon or quotes before it is a value.
        let apart = value.len() < after.len() || before.ends_with(is_quote) || is_header(name);
        if secrecy != Secrecy::Open && apart && length_of_open(value, secrecy).is_none() {
            let end = at + 1 + after.len();
            spans.add(end - value.len()..end);
            done = end;
        }
    }
}

/// Names that only headers have.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "api-key"].iter().any(|end| name.ends_with(end))
}

/// `Bearer ...` (RFC 6750, section 2.1).
fn bearers(text: &str, spans: &mut Spans) {
    for (at, found) in text.to_ascii_lowercase().match_indices("bearer") {
        let after = scan::cut(text, at + found.len(), text.len());
        let value = after.trim_start();
        let whole = !scan::cut(text, 0, at).ends_with(char::is_alphanumeric);
        if whole && value.len() < after.len() {
            let start = text.len() - value.len();
            spans.add(start..end_of_value(text, start, None, |c| ends_word(c) || c == ','));
        }
    }
}

/// Tokens and keys that are known by their form.
fn known(text: &str, spans: &mut Spans) {
    let mut start = 0;
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
        let is_known = word.len() >= SHORTEST
            && word.contains(|c: char| c.is_ascii_digit())
            && PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        if is_known {
            spans.add(start..start + word.len());
        }
        start += part.len();
    }
    // RFC 7468: keys as text.
    let mut from = 0;
    while let Some(at) = scan::cut(text, from, text.len()).find("-----BEGIN ") {
        let start = from + at;
        let end = scan::cut(text, start, text.len()).find("-----END ").map_or(text.len(), |end| start + end);
        let end = scan::end_of_line(text, end);
        if scan::cut(text, start, scan::end_of_line(text, start)).contains("PRIVATE KEY") {
            spans.add(start..end);
        }
        from = end.max(start + 1);
    }
}
