//! The laws of the editor on random documents in random manners, under random edits.
//! The expected value is computed here by another way than the editor's own yardstick.

use std::path::Path;

use proptest::prelude::*;

use super::super::scan;
use super::super::tree::Tree;
use super::{comments, only_adds};
use crate::openclaw::document::{Document, Edit, Number, Step, Value};
use crate::openclaw::secrets;

const KEYS: [&str; 7] = ["a", "b", "id", "\u{fc}n", "with space", "apiKey", ""];
const NUMBERS: [&str; 9] = ["0", "-0", "1", "+2", "0x1F", ".5", "1e400", "NaN", "-Infinity"];
const TEXTS: [&str; 7] =
    ["", "x", "it's \"it\"", "tab\tline\nend\r", "\u{2028}\u{1f99e}", "// no comment", "}]{["];

/// The random choices of a manner of writing, used in turn, over and over.
struct Manner<'r> {
    choices: &'r [u8],
    next: usize,
    line_end: &'static str,
    strict: bool,
    one_line: bool,
    comments: usize,
}

impl Manner<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.next += 1;
        self.choices[self.next % self.choices.len()].wrapping_add((self.next / self.choices.len()) as u8) % of
    }

    /// Whitespace and comments between two tokens.
    fn gap(&mut self, out: &mut String) {
        let line = if self.one_line { " " } else { self.line_end };
        match self.choose(if self.strict { 5 } else { 10 }) {
            0 | 1 => {}
            2 => out.push(' '),
            3 => out.extend([line, "  "]),
            4 => out.extend([line, "\t"]),
            5 => out.push('\u{a0}'),
            6 if !self.one_line => {
                self.comments += 1;
                out.push_str(&format!(" // c{}{line} ", self.comments));
            }
            7 if !self.one_line => {
                self.comments += 1;
                out.push_str(&format!("/* c{}{line} */", self.comments));
            }
            8 => {
                self.comments += 1;
                out.push_str(&format!("/* c{} */{line}", self.comments));
            }
            _ => {
                self.comments += 1;
                out.push_str(&format!(" /* c{} */ ", self.comments));
            }
        }
    }

    fn text(&mut self, out: &mut String, text: &str) {
        let json = serde_json::to_string(text).unwrap();
        match self.choose(if self.strict { 1 } else { 3 }) {
            1 => {
                let inner = scan::cut(&json, 1, json.len() - 1).replace("\\\"", "\"").replace('\'', "\\'");
                out.push_str(&format!("'{inner}'"));
            }
            2 if !self.one_line => {
                out.push_str(&format!("\"\\{}{}", self.line_end, scan::cut(&json, 1, json.len())));
            }
            _ => out.push_str(&json),
        }
    }

    fn value(&mut self, out: &mut String, value: &Value) {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(&value.to_string()),
            Value::Number(number) if self.strict => {
                out.push_str(&number.to_json_text().unwrap_or("7".into()));
            }
            Value::Number(number) => out.push_str(number.text()),
            Value::String(text) => self.text(out, text),
            Value::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    self.gap(out);
                    self.value(out, element);
                    self.gap(out);
                    self.comma(out, index + 1 == elements.len());
                }
                self.gap(out);
                out.push(']');
            }
            Value::Object(entries) => {
                out.push('{');
                for (index, (key, entry)) in entries.iter().enumerate() {
                    self.gap(out);
                    match key.as_str() {
                        "a" | "b" | "id" | "\u{fc}n" if !self.strict && self.choose(2) == 0 => {
                            out.push_str(key);
                        }
                        _ => self.text(out, key),
                    }
                    self.gap(out);
                    out.push(':');
                    self.gap(out);
                    self.value(out, entry);
                    self.gap(out);
                    self.comma(out, index + 1 == entries.len());
                }
                self.gap(out);
                out.push('}');
            }
        }
    }

    fn comma(&mut self, out: &mut String, last: bool) {
        if !last || (!self.strict && self.choose(2) == 0) {
            out.push(',');
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let number = |text| Value::Number(Number::from_text(text).unwrap());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(&NUMBERS[..]).prop_map(number),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array), any_object(inner),]
    })
}

fn any_object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let key = prop::sample::select(&KEYS[..]).prop_map(str::to_owned);
    prop::collection::vec((key, inner), 0..5).prop_map(Value::Object)
}

fn any_document() -> impl Strategy<Value = String> {
    let manner = (
        prop::collection::vec(any::<u8>(), 1..40),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    (any_object(any_value()), manner).prop_map(|(value, (choices, crlf, strict, one_line, bom))| {
        let line_end = if crlf { "\r\n" } else { "\n" };
        let mut manner = Manner { choices: &choices, next: 0, line_end, strict, one_line, comments: 0 };
        let mut text = if bom { "\u{feff}".to_owned() } else { String::new() };
        manner.gap(&mut text);
        manner.value(&mut text, &value);
        manner.gap(&mut text);
        text
    })
}

fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    let step = prop_oneof![
        4 => prop::sample::select(&KEYS[..]).prop_map(Step::from),
        1 => (0_usize..3).prop_map(Step::from),
    ];
    let path = prop::collection::vec(step, 1..4);
    let edit = (path, any_value(), 0_usize..3, prop::sample::select(&KEYS[..]), 0_u8..7);
    let edit = edit.prop_map(|(path, value, index, to, kind)| match kind {
        0 => Edit::Merge { path, value },
        1 => Edit::Remove { path },
        2 => Edit::Rename { path, to: to.to_owned() },
        3 => Edit::Insert { path, index, value },
        4 => Edit::Append { path, value },
        _ => Edit::Set { path, value },
    });
    prop::collection::vec(edit, 1..4)
}

/// The document as a program sees it: no duplicates, keys in the order of their first appearance.
fn seen(value: &Value) -> Value {
    match value {
        Value::Array(elements) => Value::Array(elements.iter().map(seen).collect()),
        Value::Object(entries) => {
            let mut out: Vec<(String, Value)> = Vec::new();
            for (key, entry) in entries {
                match out.iter_mut().find(|(name, _)| name == key) {
                    Some((_, there)) => *there = seen(entry),
                    None => out.push((key.clone(), seen(entry))),
                }
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

/// What an edit must make of a document without duplicates; `None` where it must be refused.
fn expected(document: Value, path: &[Step], edit: &Edit) -> Option<Value> {
    let Some((step, rest)) = path.split_first() else {
        return match (edit, document) {
            (Edit::Set { value, .. }, _) => Some(seen(value)),
            (Edit::Merge { value, .. }, document) => Some(merged(document, seen(value))),
            (Edit::Insert { index, value, .. }, Value::Array(mut elements)) if *index <= elements.len() => {
                elements.insert(*index, seen(value));
                Some(Value::Array(elements))
            }
            (Edit::Append { value, .. }, Value::Array(mut elements)) => {
                elements.push(seen(value));
                Some(Value::Array(elements))
            }
            (Edit::Append { value, .. }, Value::Null) => Some(Value::Array(vec![seen(value)])),
            _ => None,
        };
    };
    let makes = matches!(edit, Edit::Set { .. } | Edit::Merge { .. } | Edit::Append { .. });
    let takes = matches!(edit, Edit::Remove { .. } | Edit::Rename { .. });
    match (step, document) {
        (Step::Key(key), Value::Object(mut entries)) => {
            let place = entries.iter().position(|(name, _)| name == key);
            match (edit, place) {
                (Edit::Remove { .. }, Some(place)) if rest.is_empty() => {
                    entries.remove(place);
                }
                (Edit::Rename { to, .. }, Some(place)) if rest.is_empty() => {
                    if to != key && entries.iter().any(|(name, _)| name == to) {
                        return None;
                    }
                    entries[place].0.clone_from(to);
                }
                (_, Some(place)) => entries[place].1 = expected(entries[place].1.clone(), rest, edit)?,
                (_, None) if makes => entries.push((key.clone(), expected(Value::Null, rest, edit)?)),
                (_, None) => takes.then_some(())?,
            }
            Some(Value::Object(entries))
        }
        (Step::Key(key), Value::Null) if makes => {
            Some(Value::Object(vec![(key.clone(), expected(Value::Null, rest, edit)?)]))
        }
        (Step::Index(index), Value::Array(mut elements)) if *index < elements.len() => {
            match edit {
                Edit::Remove { .. } if rest.is_empty() => {
                    elements.remove(*index);
                }
                Edit::Rename { .. } if rest.is_empty() => return None,
                _ => elements[*index] = expected(elements[*index].clone(), rest, edit)?,
            }
            Some(Value::Array(elements))
        }
        (Step::Index(_), _) if matches!(edit, Edit::Rename { .. }) && rest.is_empty() => None,
        (_, document) => takes.then_some(document),
    }
}

fn merged(old: Value, new: Value) -> Value {
    match (old, new) {
        (Value::Object(mut entries), Value::Object(new)) => {
            for (key, value) in new {
                match entries.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, there)) => *there = merged(there.clone(), value),
                    None => entries.push((key, value)),
                }
            }
            Value::Object(entries)
        }
        (_, new) => new,
    }
}

fn has_no_json_number(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.to_json_text().is_none(),
        Value::Array(elements) => elements.iter().any(has_no_json_number),
        Value::Object(entries) => entries.iter().any(|(_, entry)| has_no_json_number(entry)),
        _ => false,
    }
}

/// The lines, as bytes, that a removed entry has; and the bytes of its value.
fn lines_of(text: &str, document: &Value, path: &[Step]) -> Option<(usize, usize)> {
    let tree = Tree::of(text)?;
    let (mut id, mut value, mut start) = (0, document, 0);
    for step in path {
        let place = match step {
            Step::Key(key) => value.as_object()?.iter().rposition(|(name, _)| name == key)?,
            Step::Index(index) => *index,
        };
        value = match value {
            Value::Object(entries) => &entries.get(place)?.1,
            other => other.as_array()?.get(place)?,
        };
        let entry = tree.node(id)?.entries.get(place)?;
        start = tree.entry_start(entry);
        id = entry.value;
    }
    Some((scan::start_of_line(text, start), scan::end_of_line(text, tree.end(tree.node(id)?))))
}

fn check(text: &str, edits: &[Edit]) -> Result<(), TestCaseError> {
    let mut document = Document::parse(Path::new("f"), text.as_bytes()).unwrap();
    prop_assert_eq!(document.bytes(), text.as_bytes());
    for edit in edits {
        let strict = document.is_strict_json();
        let before = document.clone();
        let meant = match edit {
            Edit::Rename { path, .. } if !matches!(path.last(), Some(Step::Key(_))) => None,
            _ => expected(seen(before.value()), edit.path(), edit),
        };
        let new_value = match edit {
            Edit::Set { value, .. } | Edit::Merge { value, .. } => Some(value),
            Edit::Insert { value, .. } | Edit::Append { value, .. } => Some(value),
            Edit::Remove { .. } | Edit::Rename { .. } => None,
        };
        let edited = match (before.edit(std::slice::from_ref(edit)), meant) {
            (Ok(edited), Some(meant)) => {
                prop_assert!(edited.value().means_same(&meant), "{edit:?}\n{text}\n{:?}", edited.text());
                edited
            }
            (Err(_), None) => continue,
            (Err(_), Some(_)) if strict && new_value.is_some_and(has_no_json_number) => continue,
            (result, meant) => {
                return Err(TestCaseError::fail(format!(
                    "{edit:?} on {text:?}: {result:?}, meant {meant:?}"
                )));
            }
        };
        let (old, new) = (before.text(), edited.text());
        // Reading the bytes gives the same document; doing it again changes nothing.
        let again = Document::parse(Path::new("f"), edited.bytes()).unwrap();
        prop_assert_eq!(again.value(), edited.value());
        if matches!(edit, Edit::Set { .. } | Edit::Merge { .. }) {
            let twice = edited.edit(std::slice::from_ref(edit)).unwrap();
            prop_assert_eq!(twice.text(), edited.text());
        }
        prop_assert!(!strict || edited.is_strict_json());
        prop_assert_eq!(
            edited.bytes().starts_with(b"\xef\xbb\xbf"),
            before.bytes().starts_with(b"\xef\xbb\xbf")
        );
        if !old.contains('\n') {
            prop_assert!(!new.contains('\n'), "one line became more: {old:?} {new:?}");
        } else if old.matches('\n').count() == old.matches("\r\n").count() {
            prop_assert_eq!(new.matches('\n').count(), new.matches("\r\n").count(), "{:?}", new);
        }
        keeps_text_and_comments(edit, &before, &edited)?;
        prop_assert_eq!(secrets::masked(new).lines().count(), new.lines().count());
        document = edited;
    }
    Ok(())
}

fn keeps_text_and_comments(edit: &Edit, before: &Document, edited: &Document) -> Result<(), TestCaseError> {
    let (old, new) = (before.text(), edited.text());
    let was = before.value().lookup(edit.path());
    let (had, has) = (comments(old), comments(new));
    let lost: Vec<&String> = had.iter().filter(|comment| !has.contains(comment)).collect();
    prop_assert!(has.iter().all(|comment| had.contains(comment)), "a comment was made up: {old:?} {new:?}");
    match (edit, was) {
        (Edit::Insert { .. }, _) | (Edit::Append { .. }, Some(Value::Array(_))) => {
            let shorter = old.replace("[ ]", "[]");
            prop_assert!(lost.is_empty() && only_adds(&shorter, new), "{lost:?}\n{old:?}\n{new:?}");
        }
        (Edit::Set { .. } | Edit::Merge { .. } | Edit::Append { .. }, None) => {
            // A `null` on the way may have given way to an object; nothing else may be gone.
            let shorter = old.replace("null", "").replace("{ }", "{}").replace("[ ]", "[]");
            prop_assert!(lost.is_empty() && only_adds(&shorter, new), "{lost:?}\n{old:?}\n{new:?}");
        }
        (Edit::Set { .. } | Edit::Merge { .. }, Some(was))
            if !matches!(was, Value::Array(_) | Value::Object(_)) =>
        {
            prop_assert!(lost.is_empty(), "{lost:?}\n{old:?}\n{new:?}");
        }
        (Edit::Merge { value: Value::Object(new_members), .. }, Some(Value::Object(members)))
            if !members.iter().any(|(key, member)| {
                matches!(member, Value::Array(_) | Value::Object(_))
                    && new_members.iter().any(|(name, _)| name == key)
            }) =>
        {
            prop_assert!(lost.is_empty(), "{lost:?}\n{old:?}\n{new:?}");
        }
        (Edit::Remove { path }, Some(_)) => {
            prop_assert!(only_adds(new, old), "{old:?}\n{new:?}");
            let duplicates =
                path.split_last().is_some_and(|(last, outer)| match (last, before.value().lookup(outer)) {
                    (Step::Key(key), Some(Value::Object(entries))) => {
                        entries.iter().filter(|(name, _)| name == key).count() > 1
                    }
                    _ => false,
                });
            if !duplicates {
                let (start, end) = lines_of(old, before.value(), path).unwrap();
                for comment in lost {
                    let at = old.find(comment.as_str()).unwrap();
                    prop_assert!(
                        start <= at && at < end,
                        "{comment} was not on the lines of {path:?}\n{old:?}\n{new:?}"
                    );
                }
            }
        }
        _ => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_keep_the_laws(text in any_document(), edits in any_edits()) {
        check(&text, &edits)?;
    }

    #[test]
    fn any_text_is_read_or_refused_and_masked_line_by_line(text in "[{}\\[\\]:,'\"/*\\\\a0x\n\r =u+.\u{2028}-]{0,40}") {
        let masked = secrets::masked(&text);
        let ends = |text: &str| text.chars().filter(|c| matches!(c, '\n' | '\r')).count();
        prop_assert_eq!(ends(&masked), ends(&text));
        let read = Document::parse(Path::new("f"), text.as_bytes());
        let independent: Result<serde_json::Value, _> = json5::from_str(&text);
        if independent.is_ok() {
            let document = read.unwrap();
            if document.value().as_object().is_some() {
                let edited = document.edit(&[Edit::Set { path: vec!["new".into()], value: Value::Null }]).unwrap();
                prop_assert!(only_adds(document.text(), edited.text()));
                prop_assert_eq!(comments(document.text()), comments(edited.text()));
            }
        } else {
            prop_assert!(read.is_err());
        }
    }
}
