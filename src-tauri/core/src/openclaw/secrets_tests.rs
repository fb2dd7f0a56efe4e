//! Tests of masking: what must never be shown, what must stay readable.
//! A secret in these tests is any text with `SECRET` in it, so one check finds every leak.

use serde_json::json;

use super::{is_secret_key, masked, masked_value, unified_diff};
use crate::openclaw::document::Document;

const NASTY: &str = include_str!("../../fixtures/json5/nasty.json5");
const ONBOARDED: &str = include_str!("../../fixtures/json5/onboarded-2026.9.6.json");

#[test]
fn secret_keys_are_known_by_their_names() {
    for secret in [
        "apiKey",
        "api_key",
        "API-KEY",
        "apikey",
        "OPENAI_API_KEY",
        "x-api-key",
        "token",
        "botToken",
        "accessToken",
        "TOKEN",
        "password",
        "userPassword",
        "passphrase",
        "secret",
        "clientSecret",
        "secrets",
        "tokens",
        "Authorization",
        "Proxy-Authorization",
        "cookie",
        "Set-Cookie",
        "privateKey",
        "private_key",
        "credentials",
        "AWS_ACCESS_KEY_ID",
        "DB_PASS",
        "GITHUB_PAT_TOKEN",
        "HF_KEY",
        "signingKey",
    ] {
        assert!(is_secret_key(secret), "{secret}");
    }
    for open in [
        "baseUrl",
        "id",
        "key",
        "keys",
        "mode",
        "auth",
        "primary",
        "OLLAMA_HOST",
        "OLLAMA_CONTEXT_LENGTH",
        "KEYBOARD",
        "tokenFile",
        "publicKey",
        "monkey",
        "",
        "models",
        "cookieBanner",
    ] {
        assert!(!is_secret_key(open), "{open}");
    }
}

#[test]
fn readable_text_is_masked_by_its_structure() {
    let text = r#"{
  apiKey: 'ollama-local', "api_key" /* why */ : "SECRET", // apiKey: 'SECRET'
  env: { vars: { OPENAI_API_KEY: "SECRET", PATH: "/bin", DB_PASS: 1234, } },
  '\u0074oken': "SECRET \
    SECRET", maxTokens: 81920, password: 1234, tokens: ["SECRET", { a: 'SECRET' }],
  headers: { Authorization: "Bearer SECRET" }, mode: 'token', note: "it's apiKey: fine",
  proxy: "http://user:SECRET@proxy:3128/x", url: "http://127.0.0.1:11434/@x", token: null,
}"#;
    let expected = r#"{
  apiKey: 'ollama-local', "api_key" /* why */ : "***", // apiKey: ***
  env: { vars: { OPENAI_API_KEY: "***", PATH: "/bin", DB_PASS: ***, } },
  '\u0074oken': "***\
", maxTokens: 81920, password: ***, tokens: ["***", { a: '***' }],
  headers: { Authorization: "***" }, mode: 'token', note: "it's apiKey: fine",
  proxy: "http://***@proxy:3128/x", url: "http://127.0.0.1:11434/@x", token: null,
}"#;
    assert_eq!(masked(text), expected);
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(masked(&format!("\u{feff}{crlf}")), format!("\u{feff}{}", expected.replace('\n', "\r\n")));
    assert_eq!(
        masked(ONBOARDED),
        ONBOARDED.replace("0123456789abcdef0123456789abcdef0123456789abcdef", "***")
    );
    let nasty = masked(NASTY);
    assert!(!nasty.contains("sk-") && !nasty.contains("t0k"), "{nasty}");
    assert_eq!(
        nasty.replace("apiKey: '***'", "").len(),
        NASTY.replace(r"apiKey: 'sk-\x41\u0042\'quoted\''", "").len() - 4
    );
    // Without numbers masked, it still reads as JSON5.
    assert!(Document::parse(std::path::Path::new("f"), nasty.as_bytes()).is_ok());
}

#[test]
fn broken_text_and_env_files_are_masked_line_by_line() {
    for (text, expected) in [
        ("{ apiKey: 'SECRET', b: 2 c }", "{ apiKey: ***"),
        ("{ note: it's, apiKey: 'SECRET' }", "{ note: it's, apiKey: ***"),
        ("{ apiKey: 'ollama-local', b c, token: \"SECRET\"", "{ apiKey: 'ollama-local', b c, token: ***"),
        ("{ apiKey: 'ollama-local-SECRET' oops", "{ apiKey: ***"),
        ("{\n  apiKey:\n\n    'SECRET',\n  a: 1 b", "{\n  apiKey:\n\n    ***\n  a: 1 b"),
        ("{\n  token: \"SECRET\n  SECRET\",\n  a: 1", "{\n  token: ***\n  ***\n  a: 1"),
        (
            "{\n  tokens: [\n  'SECRET',\n  {b: 'SECRET'},\n ],\n a: 1 b",
            "{\n  tokens: ***\n  ***\n  ***\n ***\n a: 1 b",
        ),
        ("{ token: SECRET SECRET, a }\r\n{ x", "{ token: ***\r\n{ x"),
        ("{ url: 'http://me:SECRET@host/' oops", "{ url: 'http://***@host/' oops"),
        (
            "# comment\nOLLAMA_API_KEY=ollama-local\nexport GH_TOKEN=\"SECRET\"\nPATH=/bin\nA_KEY = SECRET # x\n",
            "# comment\nOLLAMA_API_KEY=ollama-local\nexport GH_TOKEN=***\nPATH=/bin\nA_KEY = ***\n",
        ),
        ("PRIVATE_KEY=\"-----BEGIN\nSECRET\n-----END\"\nA=1\n", "PRIVATE_KEY=***\n***\n***\nA=1\n"),
        ("OLLAMA_API_KEY=\"ollama-local\"\n", "OLLAMA_API_KEY=\"ollama-local\"\n"),
        ("{a:1 b:2}", "{a:1 b:2}"),
    ] {
        assert_eq!(masked(text), expected, "{text:?}");
    }
}

#[test]
fn values_of_a_changes_list_are_masked() {
    let value =
        json!({"apiKey": "SECRET", "a": [{"token": "SECRET"}], "maxTokens": 5, "baseUrl": "http://x"});
    let shown = json!({"apiKey": "***", "a": [{"token": "***"}], "maxTokens": 5, "baseUrl": "http://x"});
    assert_eq!(masked_value("models.providers.x", &value), shown);
    assert_eq!(masked_value("gateway.auth.token", &json!("SECRET")), json!("***"));
    assert_eq!(masked_value("gateway.auth.password", &json!(1234)), json!("***"));
    assert_eq!(masked_value("models.providers.ollama.apiKey", &json!("ollama-local")), json!("ollama-local"));
    assert_eq!(
        masked_value("secrets.providers.x", &json!({"a": "SECRET", "n": 1})),
        json!({"a": "***", "n": 1})
    );
    assert_eq!(masked_value("env.vars.X_KEY", &json!("SECRET")), json!("***"));
    assert_eq!(masked_value("models[my.token:8b].name", &json!("open")), json!("open"));
    assert_eq!(masked_value("", &json!("http://u:SECRET@h")), json!("http://***@h"));
    assert_eq!(masked_value("a", &json!(null)), json!(null));
}

#[test]
fn a_difference_shows_that_a_secret_changes_but_not_from_what_to_what() {
    let text = |token: &str, last: &str| {
        format!("{{\n  a: 1,\n  b: 2,\n  c: 3,\n  token: '{token}',\n  d: 4,\n  e: {last}\n}}")
    };
    assert_eq!(unified_diff("f", "{}", "{}"), "");
    assert_eq!(
        unified_diff("openclaw.json", &text("SECRET1", "5"), &text("SECRET2", "5")),
        "--- openclaw.json\n+++ openclaw.json\n@@ -2,7 +2,7 @@\n   a: 1,\n   b: 2,\n   c: 3,\n-  token: '***',\n\
         +  token: '***',\n   d: 4,\n   e: 5\n }\n\\ No newline at end of file\n"
    );
    assert_eq!(
        unified_diff("f", &text("SECRET", "5"), &text("SECRET", "6")),
        "--- f\n+++ f\n@@ -4,5 +4,5 @@\n   c: 3,\n   token: '***',\n   d: 4,\n-  e: 5\n+  e: 6\n }\n\\ No newline at end of file\n"
    );
    assert_eq!(
        unified_diff("f", "", "{\n  token: 'SECRET'\n}\n"),
        "--- f\n+++ f\n@@ -0,0 +1,3 @@\n+{\n+  token: '***'\n+}\n"
    );
    assert_eq!(
        unified_diff("f", "A_KEY=SECRET\r\nB=1\r\n", "B=1\r\n"),
        "--- f\n+++ f\n@@ -1,2 +1 @@\n-A_KEY=***\n B=1\n"
    );
    // Broken on one side, readable on the other: still no secret.
    let mixed = unified_diff("f", "{ token: 'SECRET' b", "{ token: 'SECRET' }");
    assert!(!mixed.contains("SECRET") && mixed.contains("+{ token: '***' }"), "{mixed}");
}
