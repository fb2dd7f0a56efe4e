//! Reading and setting by the rules of `dotenv`: whatever else the file holds stays, byte by byte.

#![allow(clippy::string_slice, reason = "a test says what broke by panicking")]

use proptest::prelude::*;

use super::*;

#[test]
fn what_dotenv_reads_is_read() {
    // As `require('dotenv').parse` of 17.4.2 gives it.
    for (text, value) in [
        ("K=v\n", Some("v")),
        ("export K=\"x\"", Some("x")),
        ("export\tK=abc", Some("abc")),
        ("K: abc", Some("abc")),
        ("\u{feff}K=abc\n", Some("abc")),
        ("\u{feff}  export   K = abc # note\n", Some("abc")),
        ("# K=x\n", None),
        ("K=\n", None),
        ("K= # put key here\n", None),
        ("K=\"\" # none\n", None),
        ("K='  '\n", None),
        ("K=#x\n", None),
        ("K=a#b\n", Some("a")),
        ("K=\"a#b\" # c\n", Some("a#b")),
        ("K='a \"b\"'\n", Some("a \"b\"")),
        ("K=`a'b`\n", Some("a'b")),
        ("K=\"a\\nb\"\n", Some("a\nb")),
        ("K='a\\nb'\n", Some("a\\nb")),
        ("K=\"a\nK=b\"\n", Some("a\nK=b")),
        ("A=\"x\nK=b\n\"\n", None),
        ("A=\"x\nK=b\n", Some("b")),
        ("K=a\r\nOTHER=1\r\nK=b\r\n", Some("b")),
        ("K=a\nK=\n", None),
        ("K=a\rB=1\r", Some("a")),
        ("K\n", None),
        ("K:abc\n", None),
        ("KK=abc\n", None),
        ("echo hi\nK=abc\n", Some("abc")),
        ("K=\n'abc'\n", Some("abc")),
    ] {
        assert_eq!(super::value(text, "K").as_deref(), value, "{text:?}");
    }
}

#[test]
fn one_variable_changes_and_the_rest_stays() {
    for (before, after) in [
        ("", "K=v\n"),
        ("A=1\n", "A=1\nK=v\n"),
        ("A=1", "A=1\nK=v\n"),
        ("A=1\r\nB=2\r\n", "A=1\r\nB=2\r\nK=v\r\n"),
        ("# K=old\nKK=1\n", "# K=old\nKK=1\nK=v\n"),
        ("K=\nA=1\n", "K=v\nA=1\n"),
        ("export K=old\r\nA=1", "export K=v\r\nA=1"),
        ("K=1\nA=1\nK=2", "K=1\nA=1\nK=v"),
        ("K= # put key here\n", "K=v # put key here\n"),
        ("K=#here\n", "K=v #here\n"),
        ("K=\"\" # none\n", "K=\"v\" # none\n"),
        ("export\tK=\n", "export\tK=v\n"),
        ("K: \n", "K: v\n"),
        ("\u{feff}K=\r\nA=1\r\n", "\u{feff}K=v\r\nA=1\r\n"),
        ("A=\"x\nK=\n\"\n", "A=\"x\nK=\n\"\nK=v\n"),
        ("A=\"x\nK=\n\"\nK=\n", "A=\"x\nK=\n\"\nK=v\n"),
        ("K=\n''\nA=1\n", "K=\n'v'\nA=1\n"),
        ("A:\n", "A:\n\nK=v\n"),
        ("K=\"a\nb\"\nA=1\n", "K=\"v\"\nA=1\n"),
    ] {
        assert_eq!(with(before, "K", "v"), after, "{before:?}");
    }
}

#[test]
fn a_text_that_is_no_utf8_is_refused_with_its_line() {
    let error = text_of(Path::new("/s/.env"), b"A=1\nB=caf\xe9\n").unwrap_err();
    assert_eq!(error.code, ErrorCode::SettingsEnvUnreadable { path: "/s/.env".into(), line: 2 });
    assert_eq!(text_of(Path::new("/s/.env"), b"A=1\n").unwrap(), "A=1\n");
}

/// Texts of the pieces that matter to the rules.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "K", "A", "=", "=", ":", " ", "\t", "\n", "\n", "\r\n", "\"", "'", "`", "\\", "#", "export ", "x",
        "\u{feff}", "é", "K=", "A=1\n", "K=\"\"", "\r",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn setting_one_leaves_every_other(text in any_text()) {
        let others = |text: &str| -> Vec<(String, String)> {
            let all = assignments(text).into_iter().filter(|known| known.name != "K" && !known.value.is_empty());
            all.map(|known| (known.name, known.value)).collect()
        };
        let after = with(&text, "K", "v");
        prop_assert_eq!(value(&after, "K"), Some("v".to_owned()), "{:?}", after);
        prop_assert_eq!(others(&after), others(&text), "{:?}", after);
        // One place changed: what is before and behind it is as it was.
        if !after.starts_with(&text) {
            let old = assignments(&text);
            let was = old.iter().rev().find(|known| known.name == "K").unwrap();
            prop_assert!(after.starts_with(&text[..was.room.start]));
            prop_assert!(after.ends_with(&text[was.room.end..]));
        }
    }

    #[test]
    fn places_are_those_of_the_text(text in any_text()) {
        for known in assignments(&text) {
            prop_assert!(text[known.range.clone()].starts_with(&known.name));
            prop_assert!(known.range.end >= known.written.end && known.room.end >= known.written.end);
            let written = text[known.written].replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(unquoted(&written), known.value);
        }
    }
}
