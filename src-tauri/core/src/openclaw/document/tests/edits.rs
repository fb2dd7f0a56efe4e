//! Edits of whole files: what a change of settings does to text, comments and line ends.
//! Expected texts are written out, so that a change of manner is seen here.

use std::path::Path;

use serde_json::json;

use super::{NASTY, NASTY_CRLF_BOM, ONBOARDED, comments, only_adds, parse, path, set, value};
use crate::error::{Error, ErrorCode};
use crate::openclaw::document::{Document, Edit, Value};

fn edit(text: &str, edits: &[Edit]) -> String {
    parse(text).edit(edits).unwrap_or_else(|error| panic!("{text:?}: {error:?}")).text().to_owned()
}

fn remove(dotted: &str) -> Edit {
    Edit::Remove { path: path(dotted) }
}

/// The replacements that an edit of the nasty file means, as the owner of the file would have made them.
fn by_hand(replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(NASTY.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}

/// Runs the edits on the file with `\n`, and on the one with `\r\n` and a BOM.
fn nasty(edits: &[Edit], replacements: &[(&str, &str)]) {
    let expected = by_hand(replacements);
    assert_eq!(edit(NASTY, edits), expected);
    let crlf = Document::parse(Path::new("openclaw.json"), NASTY_CRLF_BOM).unwrap();
    let edited = crlf.edit(edits).unwrap();
    // That file ends with a lone `\r`.
    let expected = format!("\u{feff}{}\r", expected.replace('\n', "\r\n"));
    assert_eq!(std::str::from_utf8(edited.bytes()).unwrap(), expected);
}

#[test]
fn a_text_is_replaced_in_its_own_quotes() {
    nasty(
        &[set("models.providers.ollama.baseUrl", json!("http://10.0.0.2:11434"))],
        &[("baseUrl: 'http://127.0.0.1:11434',   // t", "baseUrl: 'http://10.0.0.2:11434',   // t")],
    );
    nasty(
        &[set("agents.defaults.model.primary", json!("ollama/it's"))],
        &[("primary: 'ollama/llama3.3'", r"primary: 'ollama/it\'s'")],
    );
    nasty(&[set("gateway.auth.token", json!("new"))], &[(r#""t0k\ten""#, r#""new""#)]);
    nasty(&[set("gateway.port", json!(1234))], &[("18789", "1234")]);
}

#[test]
fn a_list_is_changed_element_by_element() {
    let list = "fallbacks: [ 'a', /* mid */ 'b', ]";
    for (to, expected) in [
        (json!(["a", "b", "c"]), "fallbacks: [ 'a', /* mid */ 'b', 'c', ]"),
        (json!(["x", "y"]), "fallbacks: [ 'x', /* mid */ 'y', ]"),
        (json!(["b"]), "fallbacks: [ /* mid */ 'b', ]"),
        (json!(["a"]), "fallbacks: [ 'a', /* mid */ ]"),
        (json!(["b", "a"]), "fallbacks: [ /* mid */ 'b', 'a', ]"),
        (json!(["x", "a", "b"]), "fallbacks: [ 'x', 'a', /* mid */ 'b', ]"),
        (json!(["a", "x", "b"]), "fallbacks: [ 'a', 'x', /* mid */ 'b', ]"),
        (json!([]), "fallbacks: [ /* mid */ ]"),
        (json!(["a", "b"]), list),
    ] {
        nasty(&[set("agents.defaults.model.fallbacks", to)], &[(list, expected)]);
    }
}

#[test]
fn a_record_is_added_to_a_list_of_records() {
    let model = json!({"id": "new:1b", "input": ["text"], "params": {"num_ctx": 32768}});
    let expected = "          }, // after comma
          {
            \"id\": \"new:1b\",
            \"input\": [\"text\"],
            \"params\": {
              \"num_ctx\": 32768
            }
          },
        ],";
    let append = Edit::Append { path: path("models.providers.ollama.models"), value: value(model.clone()) };
    let old = "          }, // after comma\n        ],";
    nasty(&[append], &[(old, expected)]);
    // The same, as a whole list in which one record changes and one comes.
    let mut models =
        parse(NASTY).value().get_path(&["models", "providers", "ollama", "models"]).unwrap().clone();
    let Value::Array(elements) = &mut models else { panic!() };
    elements.push(value(model));
    if let Value::Object(first) = &mut elements[0] {
        first.retain(|(key, _)| key != "cost");
        first.push(("contextTokens".into(), value(json!(8192))));
    }
    let edits = [Edit::Set { path: path("models.providers.ollama.models"), value: models }];
    let cost = ", cost: { input: .0, output: 0., cacheRead: -0, cacheWrite: 1e-7 } }";
    nasty(&edits, &[(old, expected), (cost, ", \"contextTokens\": 8192 }")]);
}

#[test]
fn keys_are_added_beside_their_neighbours() {
    let provider = json!({"api": "ollama", "timeoutSeconds": 300});
    nasty(
        &[Edit::Merge { path: path("models.providers.ollama"), value: value(provider) }],
        &[("        ],\n      },", "        ],\n        \"timeoutSeconds\": 300,\n      },")],
    );
    nasty(
        &[set("agents.defaults.models", json!({"ollama/qwen3:8b": {}}))],
        &[("'b', ], } } }", "'b', ], }, \"models\": { \"ollama/qwen3:8b\": {} } } }")],
    );
    nasty(
        &[set("gateway.mode", json!("local"))],
        &[("token: \"t0k\\ten\" }\n", "token: \"t0k\\ten\" },\n\t\t\"mode\": 'local'\n")],
    );
    nasty(
        &[set("env.vars.OLLAMA_API_KEY", json!("ollama-local"))],
        &[(
            "\t},\n  // dangling",
            "\t},\n\t\"env\": {\n\t\t\"vars\": {\n\t\t\t\"OLLAMA_API_KEY\": \"ollama-local\"\n\t\t}\n\t},\n  // dangling",
        )],
    );
}

#[test]
fn a_key_is_renamed_or_removed_and_comments_stay() {
    let rename = Edit::Rename { path: path("agents.defaults.model.fallbacks"), to: "fallback".into() };
    nasty(&[rename], &[("fallbacks: [", "fallback: [")]);
    let rename = Edit::Rename { path: path("models.providers.ollama"), to: "with-dash".into() };
    nasty(&[rename], &[("\"ollama\": {", "\"with-dash\": {")]);
    nasty(&[remove("gateway.toDelete")], &[("\t\ttoDelete: { a: 1 }, // comment of deleted key\n", "")]);
    nasty(&[remove("agents.defaults.model.fallbacks.0")], &[("'a', /* mid */", "/* mid */")]);
    nasty(&[remove("with space")], &[("'with space': null, ", "")]);
    nasty(&[remove("$schema")], &[("$schema: \"x\", ", "")]);
    nasty(&[remove("gateway.auth.token")], &[(", token: \"t0k\\ten\" }", " }")]);
}

#[test]
fn what_means_the_same_is_left_alone_to_the_byte() {
    let document = parse(NASTY);
    let same = [
        Edit::Set { path: vec![], value: document.value().clone() },
        set("models.providers.ollama.api", json!("ollama")),
        set("agents.defaults.model", json!({"fallbacks": ["a", "b"], "primary": "ollama/llama3.3"})),
        Edit::Merge {
            path: path("models.providers.ollama"),
            value: value(json!({"apiKey": "ollama-local"})),
        },
        set("models.providers.ollama.models.0.contextWindow", json!(8192)),
        remove("not.there"),
        remove("agents.defaults.model.fallbacks.7"),
        Edit::Rename { path: path("not.there"), to: "x".into() },
    ];
    assert_eq!(document.edit(&same).unwrap().bytes(), NASTY.as_bytes());
    // A whole object set over itself with one change is that one change.
    let mut models = document.value().get("models").unwrap().clone();
    if let Value::Object(entries) = &mut models {
        entries[0].1 = "replace".into();
    }
    nasty(&[Edit::Set { path: path("models"), value: models }], &[("'merge'", "'replace'")]);
}

#[test]
fn strict_json_stays_strict_json() {
    let model = json!({"id": "new", "input": ["text"]});
    let edits = [
        set("agents.defaults.model.fallbacks", json!(["ollama/llama3.2:3b", "ollama/new"])),
        Edit::Append { path: path("models.providers.ollama.models"), value: value(model) },
        set("models.providers.ollama.timeoutSeconds", json!(300)),
    ];
    let mut expected: serde_json::Value = serde_json::from_str(ONBOARDED).unwrap();
    expected["agents"]["defaults"]["model"]["fallbacks"] = json!(["ollama/llama3.2:3b", "ollama/new"]);
    let provider = &mut expected["models"]["providers"]["ollama"];
    provider["models"].as_array_mut().unwrap().push(json!({"id": "new", "input": ["text"]}));
    provider["timeoutSeconds"] = json!(300);
    // OpenClaw writes as `JSON.stringify(_, null, 2)` does: so do we, to the byte.
    let after = edit(ONBOARDED, &edits);
    assert_eq!(after.trim_end(), serde_json::to_string_pretty(&expected).unwrap());
    // A number that strict JSON does not have is refused there, and only there.
    let endless = Edit::Set { path: path("x"), value: Value::Number(f64::INFINITY.into()) };
    assert!(matches!(
        parse("{\"a\": 1}").edit(std::slice::from_ref(&endless)),
        Err(Error { code: ErrorCode::SettingsNotEditable { .. }, .. })
    ));
    assert_eq!(edit("{a: 1}", &[endless]), "{a: 1, \"x\": Infinity}");
    let hex = parse("{a: 0x10}").value().get("a").unwrap().clone();
    assert_eq!(edit("{\"b\": 1}", &[Edit::Set { path: path("b"), value: hex }]), "{\"b\": 16}");
}

#[test]
fn an_absent_file_becomes_plain_json() {
    let document = Document::new_empty(Path::new("openclaw.json"));
    assert_eq!((document.bytes(), document.is_strict_json()), (&b""[..], true));
    assert_eq!(document.edit(&[remove("a")]).unwrap().bytes(), b"");
    let made =
        json!({"models": {"providers": {"ollama": {"models": [{"id": "a", "input": ["text"]}]}}}, "b": []});
    let edited = document.edit(&[Edit::Merge { path: vec![], value: value(made.clone()) }]).unwrap();
    assert_eq!(edited.text(), format!("{}\n", serde_json::to_string_pretty(&made).unwrap()));
}

#[test]
fn the_manner_of_the_neighbours_is_kept() {
    let add = [set("n.k", json!(["v"]))];
    for (text, expected) in [
        ("{}", r#"{ "n": { "k": ["v"] } }"#),
        ("{}\n", "{\n  \"n\": {\n    \"k\": [\n      \"v\"\n    ]\n  }\n}\n"),
        (r#"{"a":1}"#, r#"{"a":1,"n":{"k":["v"]}}"#),
        ("{ a: 1 }", r#"{ a: 1, "n": { "k": ["v"] } }"#),
        ("{a:1,}", r#"{a:1,"n":{"k":["v"]},}"#),
        ("{n:{}}", r#"{n:{"k":["v"]}}"#),
        ("{ n: {} }", r#"{ n: { "k": ["v"] } }"#),
        ("{ n: /* x */ null /* y */ }", r#"{ n: /* x */ { "k": ["v"] } /* y */ }"#),
        ("{\n    n: {},\n}", "{\n    n: {\n        \"k\": [\"v\"]\n    },\n}"),
        ("{\n\ta: 1 // x\n}", "{\n\ta: 1, // x\n\t\"n\": {\n\t\t\"k\": [\"v\"]\n\t}\n}"),
        ("{ // x\n}", "{ // x\n  \"n\": {\n    \"k\": [\"v\"]\n  }\n}"),
        ("{\n}", "{\n  \"n\": {\n    \"k\": [\n      \"v\"\n    ]\n  }\n}"),
        ("{/* x */}", r#"{/* x */ "n": { "k": ["v"] } }"#),
        ("{ }", r#"{ "n": { "k": ["v"] } }"#),
        ("{\n  n: { /* x */ },\n}", "{\n  n: { /* x */ \"k\": [\"v\"] },\n}"),
        ("{a: 1 /* x */}", r#"{a: 1 /* x */, "n": {"k": ["v"]}}"#),
        ("{a: 1 // x\r}", "{a: 1, // x\r  \"n\": {\r    \"k\": [\"v\"]\r  }\r}"),
        ("{\n  a: 1\n  , b: 2\n}", "{\n  a: 1\n  , b: 2,\n  \"n\": {\n    \"k\": [\"v\"]\n  }\n}"),
    ] {
        assert_eq!(edit(text, &add), expected, "{text:?}");
    }
    let insert = |index| [Edit::Insert { path: path("a"), index, value: "x".into() }];
    for (text, at_0, at_1) in [
        ("{a:['p','q']}", "{a:['x','p','q']}", "{a:['p','x','q']}"),
        ("{ a: [ 'p', 'q' ] }", "{ a: [ 'x', 'p', 'q' ] }", "{ a: [ 'p', 'x', 'q' ] }"),
        (
            "{a: [ // head\n  // of p\n  'p', // p\n  'q'\n]}",
            "{a: [ // head\n  'x',\n  // of p\n  'p', // p\n  'q'\n]}",
            "{a: [ // head\n  // of p\n  'p', // p\n  'x',\n  'q'\n]}",
        ),
    ] {
        assert_eq!(edit(text, &insert(0)), at_0);
        assert_eq!(edit(text, &insert(1)), at_1);
    }
}

#[test]
fn a_removal_leaves_no_stray_comma_and_no_foreign_comment() {
    for (text, expected) in [
        ("{ a: 1 }", "{}"),
        ("{a:1,}", "{}"),
        ("{ a: 1, b: 2 }", "{ b: 2 }"),
        ("{ b: 2, a: 1 }", "{ b: 2 }"),
        ("{ b: 2, a: 1, }", "{ b: 2, }"),
        ("{ b: 2, /* of b? */ a: 1 }", "{ b: 2 /* of b? */ }"),
        ("{ /* x */ a: 1 /* y */ , /* z */ b: 2 }", "{ /* x */ /* y */ /* z */ b: 2 }"),
        ("{\n  b: 2, // b\n  a: 1 // own line\n}", "{\n  b: 2 // b\n}"),
        ("{\n  // above\n  a: 1, // own line\n  // below\n}", "{\n  // above\n  // below\n}"),
        ("{\n  a: {\n    x: 1, // inside\n  },\n}\n", "{}\n"),
        ("{\n  a: 1, b: 2, // both\n}", "{\n  b: 2, // both\n}"),
        ("{\n  b: 2, // b\n  a: 1 }", "{\n  b: 2 // b\n   }"),
        ("{a: 1, a: 2, b: 3, a: 4}", "{b: 3}"),
    ] {
        assert_eq!(edit(text, &[remove("a")]), expected, "{text:?}");
    }
}

#[test]
fn of_duplicates_the_last_counts_and_is_edited() {
    let text = "{ a: 1, /* x */ a: 2, b: { c: 1 }, b: { c: 2 } }";
    assert_eq!(edit(text, &[set("a", json!(2))]), text);
    assert_eq!(edit(text, &[set("a", json!(3))]), "{ a: 1, /* x */ a: 3, b: { c: 1 }, b: { c: 2 } }");
    assert_eq!(edit(text, &[set("b.c", json!(3))]), "{ a: 1, /* x */ a: 2, b: { c: 1 }, b: { c: 3 } }");
    let rename = Edit::Rename { path: path("a"), to: "n".into() };
    assert_eq!(edit(text, &[rename]), "{ /* x */ n: 2, b: { c: 1 }, b: { c: 2 } }");
}

#[test]
fn an_edit_without_a_place_is_refused_with_the_text_to_paste() {
    let document = parse("{ agents: 'mine', list: [1], both: 1, other: 2 }");
    let not_editable = |edits: &[Edit]| match document.edit(edits) {
        Err(Error { code: ErrorCode::SettingsNotEditable { at, paste, .. }, .. }) => (at, paste),
        other => panic!("{other:?}"),
    };
    let primary = set("agents.defaults.model.primary", json!("m"));
    assert_eq!(
        not_editable(&[primary, set("agents.defaults.model.fallbacks", json!(["f"]))]),
        (
            String::new(),
            "\"agents\": {\n  \"defaults\": {\n    \"model\": {\n      \"primary\": \"m\",\n      \"fallbacks\": [\"f\"]\n    }\n  }\n}"
                .into()
        )
    );
    assert_eq!(
        not_editable(&[set("agents.x", json!(1)), set("models.y", json!({"z": 2}))]),
        (
            String::new(),
            "\"agents\": {\n  \"x\": 1\n},\n\"models\": {\n  \"y\": {\n    \"z\": 2\n  }\n}".into()
        )
    );
    assert_eq!(not_editable(&[set("list.x", json!(1))]).1, "\"list\": {\n  \"x\": 1\n}");
    // Into what is there already, each in its place, and what goes is named: nothing is pasted over.
    let document = parse("{ b: { c: { k: 1 }, gone: 2 }, odd: '\\ud800' }");
    let edits = [
        set("b.c.d", json!(3)),
        set("e", json!(4)),
        set("b.c.f", json!(5)),
        Edit::Remove { path: path("b.gone") },
    ];
    let (at, paste) = match document.edit(&edits) {
        Err(Error { code: ErrorCode::SettingsNotEditable { at, paste, .. }, .. }) => (at, paste),
        other => panic!("{other:?}"),
    };
    let blocks = "// b.c\n\"d\": 3,\n\"f\": 5\n// \n\"e\": 4\n// - b.gone";
    assert_eq!((at.as_str(), paste.as_str()), ("", blocks));
    let document = parse("{ agents: 'mine', list: [1], both: 1, other: 2 }");
    let not_editable = |edits: &[Edit]| match document.edit(edits) {
        Err(Error { code: ErrorCode::SettingsNotEditable { at, paste, .. }, .. }) => (at, paste),
        other => panic!("{other:?}"),
    };
    assert_eq!(not_editable(&[set("list.4", json!(1))]).0, "");
    let taken = Edit::Rename { path: path("both"), to: "other".into() };
    assert_eq!(not_editable(&[taken]), (String::new(), "\"other\": 1".into()));
    let beyond = Edit::Insert { path: path("list"), index: 2, value: Value::Null };
    assert_eq!(not_editable(&[beyond]).0, "");
    assert_eq!(not_editable(&[Edit::Set { path: vec![], value: Value::Null }]).0, "");
}

#[test]
fn a_file_of_a_megabyte_is_edited() {
    let entry = |n: usize| {
        format!("    // entry {n}\n    {{ id: 'm{n}', note: \"x\", list: [1, 2, /* c */ 3], }},\n")
    };
    let entries: String = (0..18_000).map(entry).collect();
    let text = format!("{{\n  models: [\n{entries}  ],\n  agents: {{ primary: 'a' }},\n}}\n");
    assert!(text.len() > 1_000_000);
    let edits = [
        set("agents.primary", json!("b")),
        Edit::Append { path: path("models"), value: value(json!({"id": "last"})) },
        set("models.9000.note", json!("y")),
    ];
    let after = edit(&text, &edits);
    let expected = text
        .replace("primary: 'a'", "primary: 'b'")
        .replace("{ id: 'm9000', note: \"x\"", "{ id: 'm9000', note: \"y\"")
        .replace("  ],\n  agents", "    {\n      \"id\": \"last\"\n    },\n  ],\n  agents");
    assert!(after == expected);
    assert_eq!(comments(&after).len(), 36_000);
    assert!(only_adds(&text.replace("\"x\"", "").replace("'a'", ""), &after));
}
