//! Tests of the document: the 76 texts with OpenClaw's own verdict, and what reading refuses.
//! `json5` and `jsonc-parser` are the independent judges of what a text says and where it stands.

use std::path::Path;

use super::scan::cut;
use super::tree::Tree;
use super::{DEPTH_LIMIT, Document, Edit, SIZE_LIMIT, Step, Value};
use crate::error::{Error, ErrorCode, FileReason};

mod edits;
mod laws;

pub(super) const CASES: &str = include_str!("../../../../fixtures/json5/cases.json");
pub(super) const NASTY: &str = include_str!("../../../../fixtures/json5/nasty.json5");
pub(super) const NASTY_CRLF_BOM: &[u8] = include_bytes!("../../../../fixtures/json5/nasty_crlf_bom.json5");
pub(super) const ONBOARDED: &str = include_str!("../../../../fixtures/json5/onboarded-2026.9.6.json");

/// The valid texts that are refused with the text to paste: three have no object at the top, one has half a
/// surrogate pair, which no Rust text can hold.
const REFUSED: [&str; 4] = ["trailing comma arr", "lone surrogate", "top scalar", "top string"];

pub(super) fn path(dotted: &str) -> Vec<Step> {
    dotted.split('.').map(|step| step.parse().map_or_else(|_| Step::from(step), Step::Index)).collect()
}

pub(super) fn parse(text: &str) -> Document {
    Document::parse(Path::new("openclaw.json"), text.as_bytes())
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(super) fn value(json: serde_json::Value) -> Value {
    Value::from(json)
}

pub(super) fn set(dotted: &str, json: serde_json::Value) -> Edit {
    Edit::Set { path: path(dotted), value: value(json) }
}

pub(super) fn comments(text: &str) -> Vec<String> {
    let tokens = super::scan::tokens(text);
    let texts = tokens
        .iter()
        .filter(|token| token.kind.is_comment())
        .map(|token| cut(text, token.start, token.end).to_owned());
    texts.collect()
}

/// Whether `long` is `short` with bytes added.
pub(super) fn only_adds(short: &str, long: &str) -> bool {
    let mut rest = long.bytes();
    short.bytes().all(|byte| rest.any(|other| other == byte))
}

#[derive(serde::Deserialize)]
struct Case {
    label: String,
    valid: bool,
    text: String,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    assert_eq!((cases.len(), cases.iter().filter(|case| case.valid).count()), (76, 56));
    cases
}

/// The place of every value by `jsonc-parser`, in document order; `None` when it cannot read the text.
fn places_by_jsonc_parser(text: &str) -> Option<Vec<(usize, usize)>> {
    use jsonc_parser::ast::Value as Ast;
    use jsonc_parser::common::Ranged;
    fn walk(ast: &Ast<'_>, places: &mut Vec<(usize, usize)>) {
        places.push((ast.start(), ast.end()));
        match ast {
            Ast::Object(object) => {
                object.properties.iter().for_each(|property| walk(&property.value, places));
            }
            Ast::Array(array) => array.elements.iter().for_each(|element| walk(element, places)),
            _ => {}
        }
    }
    let options = jsonc_parser::ParseOptions { allow_missing_commas: false, ..Default::default() };
    let ast = jsonc_parser::parse_to_ast(text, &Default::default(), &options).ok()?.value?;
    let mut places = Vec::new();
    walk(&ast, &mut places);
    Some(places)
}

fn places_by_tree(text: &str) -> Vec<(usize, usize)> {
    fn walk(tree: &Tree<'_>, id: usize, places: &mut Vec<(usize, usize)>) {
        let node = tree.node(id).unwrap();
        places.push((tree.start(node), tree.end(node)));
        node.entries.iter().for_each(|entry| walk(tree, entry.value, places));
    }
    let mut places = Vec::new();
    walk(&Tree::of(text).unwrap(), 0, &mut places);
    places
}

#[test]
fn values_are_located_where_jsonc_parser_finds_them() {
    let cases = cases();
    let crlf = NASTY.replace('\n', "\r\n");
    let texts = cases.iter().filter(|case| case.valid).map(|case| case.text.as_str());
    let mut compared = 0;
    for text in texts.chain([NASTY, &crlf, ONBOARDED]) {
        if let Some(expected) = places_by_jsonc_parser(text) {
            assert_eq!(places_by_tree(text), expected, "{text:?}");
            compared += 1;
        }
    }
    assert!(compared >= 51, "jsonc-parser read only {compared}");
}

#[test]
fn every_valid_case_is_edited_without_loss_or_refused_with_the_text_to_paste() {
    let mut refused = Vec::new();
    for case in cases().iter().filter(|case| case.valid) {
        let (label, text) = (&case.label, &case.text);
        let document = parse(text);
        assert_eq!(document.bytes(), text.as_bytes(), "{label}");
        let edit = set("agents.defaults.model.primary", "ollama/qwen3:8b".into());
        let edited = match document.edit(std::slice::from_ref(&edit)) {
            Ok(edited) => edited,
            Err(Error { code: ErrorCode::SettingsNotEditable { path, at, paste }, .. }) => {
                assert_eq!((path.as_str(), at.as_str()), ("openclaw.json", ""));
                assert!(
                    paste.starts_with("\"agents\": {\n") && paste.contains(r#""primary": "ollama/qwen3:8b""#)
                );
                refused.push(label.clone());
                continue;
            }
            Err(error) => panic!("{label}: {error}"),
        };
        let after = edited.text();
        assert!(only_adds(document.text(), after), "{label}: {text:?} -> {after:?}");
        assert_eq!(comments(after), comments(document.text()), "{label}");
        assert_eq!(after.contains('\n'), text.contains('\n'), "{label}: {after:?}");
        assert_eq!(
            edited.bytes().starts_with("\u{feff}".as_bytes()),
            text.starts_with('\u{feff}'),
            "{label}"
        );
        assert_eq!(document.is_strict_json(), edited.is_strict_json(), "{label}: {after:?}");
        let (mut now, before): (serde_json::Value, serde_json::Value) =
            (json5::from_str(after).unwrap(), json5::from_str(document.text()).unwrap());
        let added = now.as_object_mut().unwrap().shift_remove("agents");
        assert_eq!(added, Some(serde_json::json!({"defaults": {"model": {"primary": "ollama/qwen3:8b"}}})));
        assert_eq!(now, before, "{label}");

        replaces_only_the_value(label, &document);
        let back = edited.edit(&[Edit::Remove { path: path("agents") }]).unwrap();
        assert_eq!(back.value(), document.value(), "{label}");
        assert_eq!(comments(back.text()), comments(document.text()), "{label}: {:?}", back.text());
    }
    assert_eq!(refused, REFUSED);
}

/// Replaces the last value of the top level; every byte before and after it must stay.
fn replaces_only_the_value(label: &str, document: &Document) {
    let Some((key, _)) = document.value().as_object().and_then(<[_]>::last) else { return };
    let text = document.text();
    let tree = Tree::of(text).unwrap();
    let last =
        tree.node(0).and_then(|node| node.entries.last()).and_then(|entry| tree.node(entry.value)).unwrap();
    let edit = Edit::Set { path: vec![Step::from(key.as_str())], value: "new \"text\"".into() };
    let edited = document.edit(&[edit]).unwrap();
    let after = edited.text();
    let (before, behind) = (cut(text, 0, tree.start(last)), cut(text, tree.end(last), text.len()));
    assert!(after.starts_with(before) && after.ends_with(behind), "{label}: {after:?}");
    let written = cut(after, before.len(), after.len() - behind.len());
    assert_eq!(json5::from_str::<String>(written).unwrap(), "new \"text\"", "{label}");
}

#[test]
fn every_invalid_case_is_refused_with_line_and_column() {
    for case in cases().iter().filter(|case| !case.valid) {
        let (label, text) = (&case.label, &case.text);
        match Document::parse(Path::new("openclaw.json"), text.as_bytes()) {
            Err(Error { code: ErrorCode::SettingsUnreadable { line, column, text: shown, .. }, detail }) => {
                let lines: Vec<&str> = text.split('\n').collect();
                assert!((1..=lines.len()).contains(&line), "{label}: line {line}");
                assert!(
                    (1..=lines[line - 1].chars().count() + 1).contains(&column),
                    "{label}: column {column}"
                );
                // Of a file that cannot be read, no quoted text is shown.
                let expected = match text.as_str() {
                    "{a:\"x\ny\"}" => "{a:\"***",
                    "{a:\"\\1\"}" => "{a:\"***\"}",
                    _ => lines[line - 1].trim(),
                };
                assert_eq!(shown, expected, "{label}");
                assert!(!detail.is_empty(), "{label}");
            }
            other => panic!("{label}: {other:?}"),
        }
    }
}

fn unreadable(bytes: &[u8]) -> (usize, usize, String) {
    match Document::parse(Path::new("openclaw.json"), bytes) {
        Err(Error { code: ErrorCode::SettingsUnreadable { line, column, text, .. }, .. }) => {
            (line, column, text)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_points_at_the_place_and_shows_no_secret() {
    assert_eq!(unreadable(b"{\r\n  a: 1,\r\n  b 2\r\n}"), (3, 5, "b 2".to_owned()));
    assert_eq!(unreadable(b"{\n  apiKey: 'sk-12345' oops\n}"), (2, 22, "apiKey: ***".to_owned()));
    assert_eq!(unreadable(b"{\n  a: 1, /* never closed"), (2, 9, "a: 1, /* never closed".to_owned()));
    assert_eq!(unreadable(b"{ a: '\xff' }"), (1, 7, "{ a: '\u{fffd}' }".to_owned()));
    assert_eq!(unreadable(b" \n\t"), (2, 2, String::new()));
    let long = format!("{{ {} oops oops }}", "a: 1, ".repeat(200));
    let (line, column, text) = unreadable(long.as_bytes());
    assert_eq!((line, cut(&long, column - 1, column + 3)), (1, "oops"));
    assert!(text.contains("oops oops") && text.chars().count() < 170, "{text}");
}

#[test]
fn depth_and_size_are_limited() {
    let nested = |depth: usize| format!("{}{}{}", "{a:".repeat(depth), 1, "}".repeat(depth));
    let deepest = parse(&nested(DEPTH_LIMIT));
    assert!(deepest.edit(&[set("b", 1.into())]).is_ok());
    let (line, column, _) = unreadable(nested(DEPTH_LIMIT + 1).as_bytes());
    assert_eq!((line, column), (1, 3 * DEPTH_LIMIT + 1));
    for open in ["[", "{a:", "[{a:", "{a:/**/["] {
        let (_, column, _) = unreadable(open.repeat(100_000).as_bytes());
        assert!(column > DEPTH_LIMIT, "{open}: {column}");
    }
    // Brackets in texts and comments are not depth.
    parse(&format!("{{ a: '{}', /* {} */ }}", "[".repeat(1000), "{".repeat(1000)));
    // An edit may not nest deeper than what is read.
    let deep = vec![Step::from("a"); DEPTH_LIMIT + 1];
    match parse("{}").edit(&[Edit::Set { path: deep, value: Value::Null }]) {
        Err(Error { code: ErrorCode::SettingsNotEditable { .. }, .. }) => {}
        other => panic!("{other:?}"),
    }
    let large = format!("{{ a: '{}' }}", "x".repeat(SIZE_LIMIT));
    match Document::parse(Path::new("openclaw.json"), large.as_bytes()) {
        Err(Error { code: ErrorCode::FileFailed { reason: FileReason::TooLarge, .. }, .. }) => {}
        other => panic!("{:?}", other.map(|document| document.bytes().len())),
    }
}

#[test]
fn values_are_read_exactly() {
    let document = parse(
        "{a: -0, b: NaN, c: -NaN, d: -Infinity, e: 0xFF, f: 9007199254740993, a: +1, g: -0x10, h: 5.e3}",
    );
    let entries = document.value().as_object().unwrap();
    let bits = |place: usize| entries[place].1.as_f64().unwrap().to_bits();
    assert_eq!(bits(0), (-0.0_f64).to_bits());
    assert_eq!((bits(1), bits(2)), (f64::NAN.to_bits(), f64::NAN.to_bits()));
    assert_eq!(bits(3), f64::NEG_INFINITY.to_bits());
    assert_eq!(document.value().get("a").and_then(Value::as_u64), Some(1));
    assert_eq!(entries.iter().filter(|(key, _)| key == "a").count(), 2);
    let texts: Vec<&str> = entries
        .iter()
        .map(|(_, value)| match value {
            Value::Number(number) => number.text(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["-0", "NaN", "-NaN", "-Infinity", "0xFF", "9007199254740993", "+1", "-0x10", "5.e3"]);
    let shown = document.value().to_json().to_string();
    assert_eq!(
        shown,
        r#"{"a":1,"b":"NaN","c":"NaN","d":"-Infinity","e":255,"f":9007199254740993,"g":-16,"h":5000}"#
    );
    assert_ne!(Value::from(serde_json::json!(0)), entries[0].1);
}

/// It is shown where the rest of its line is hidden; of a secret's name nothing is.
#[test]
fn a_calculation_is_shown_beside_secrets() {
    let failed = |text: &str| match Document::parse(Path::new("/o"), text.as_bytes()).unwrap_err().code {
        ErrorCode::SettingsUnreadable { text, .. } => text,
        other => panic!("{other:?}"),
    };
    let beside = |member: &str| failed(&format!(r#"{{ "token": "s3cret-value", {member}, "more": 1 }}"#));
    assert_eq!(beside(r#""maxTokens": 8192 * 10"#), "\u{2026}\"maxTokens\": 8192 * 10\u{2026}");
    assert_eq!(beside("maxTokens: 8192*10"), "\u{2026}maxTokens: 8192*10\u{2026}");
    for hidden in [r#""apiKey": 8192 * 10"#, r#""maxTokens": 8192 s3cret"#] {
        let shown = beside(hidden);
        assert!(!shown.contains("8192") && !shown.contains("s3cret"), "{shown}");
    }
}
