//! Tests of masking: what must never be shown, what must stay readable.
//! A secret in these tests is any text with `S3CRET` in it, so one check finds every leak.

use serde_json::{Value as Json, json};

use super::{is_secret_key, masked, masked_address, masked_value, unified_diff};
use crate::openclaw::document::Document;

const NASTY: &str = include_str!("../../../fixtures/json5/nasty.json5");
const ONBOARDED: &str = include_str!("../../../fixtures/json5/onboarded-2026.9.6.json");

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
        "headers",
        "extraHeaders",
        "X-Auth",
        "GH_PAT",
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
        "maxTokens",
        "contextTokens",
        "max-tokens",
        "MAX_TOKENS",
        "num_ctx",
        "compat",
    ] {
        assert!(!is_secret_key(open), "{open}");
    }
}

#[test]
fn readable_text_is_masked_by_its_structure() {
    let text = r#"{
  apiKey: 'ollama-local', "api_key" /* why */ : "S3CRET", // apiKey: 'S3CRET'
  env: { vars: { OPENAI_API_KEY: "S3CRET", PATH: "/bin", DB_PASS: 1234, } },
  '\u0074oken': "S3CRET \
    S3CRET", maxTokens: 81920, password: 1234, tokens: ["S3CRET", { a: 'S3CRET' }],
  headers: { Authorization: "Bearer S3CRET" }, mode: 'token', note: "it's fine",
  proxy: "http://user:S3CRET@proxy:3128/x", url: "http://127.0.0.1:11434/@x", token: null,
}"#;
    let expected = r#"{
  apiKey: 'ollama-local', "api_key" /* why */ : "***", // apiKey: ***
  env: { vars: { OPENAI_API_KEY: "***", PATH: "/bin", DB_PASS: ***, } },
  '\u0074oken': "***\
", maxTokens: 81920, password: ***, tokens: ["***", { a: '***' }],
  headers: { Authorization: "***" }, mode: 'token', note: "it's fine",
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
        ("{ apiKey: 'S3CRET', b: 2 c }", "{ apiKey: ***"),
        ("{ note: it's, apiKey: 'S3CRET' }", "{ note: ***"),
        ("{ apiKey: 'ollama-local', b c, token: \"S3CRET\"", "{ apiKey: 'ollama-local', b c, token: ***"),
        ("{ apiKey: 'ollama-local-S3CRET' oops", "{ apiKey: ***"),
        ("{\n  apiKey:\n\n    'S3CRET',\n  a: 1 b", "{\n  apiKey:\n\n    ***\n  a: 1 b"),
        ("{\n  token: \"S3CRET\n  S3CRET\",\n  a: 1", "{\n  token: ***\n  ***\n  a: 1"),
        (
            "{\n  tokens: [\n  'S3CRET',\n  {b: 'S3CRET'},\n ],\n a: 1 b",
            "{\n  tokens: ***\n  ***\n  ***\n ***\n a: 1 b",
        ),
        ("{ token: S3CRET S3CRET, a }\r\n{ x", "{ token: ***\r\n{ x"),
        ("{ url: 'http://me:S3CRET@host/' oops", "{ url: '***' oops"),
        (
            "# comment\nOLLAMA_API_KEY=ollama-local\nexport GH_TOKEN=\"S3CRET\"\nPATH=/bin\nA_KEY = S3CRET # x\n",
            "# comment\nOLLAMA_API_KEY=ollama-local\nexport GH_TOKEN=***\nPATH=***\nA_KEY = ***\n",
        ),
        ("PRIVATE_KEY=\"-----BEGIN\nS3CRET\n-----END\"\nA=1\n", "PRIVATE_KEY=***\n***\n***\nA=***\n"),
        (
            "\n# see documentation\nexport OLLAMA_HOST=http://me:S3CRET@127.0.0.1:11434\nOTHER=something-long\nS3CRETS3CRET\n",
            "\n# see documentation\nexport OLLAMA_HOST=***\nOTHER=***\n***\n",
        ),
        ("ARGS=\"--token S3CRET\"\nMAX_TOKENS=5\n", "ARGS=***\nMAX_TOKENS=***\n"),
        ("OLLAMA_API_KEY=\"ollama-local\"\n", "OLLAMA_API_KEY=\"ollama-local\"\n"),
        ("{a:1 b:2}", "{a:1 b:2}"),
    ] {
        assert_eq!(masked(text), expected, "{text:?}");
    }
}

#[test]
fn no_value_of_an_env_file_is_shown_but_ours() {
    let before = "TG: 123456789:AA-S3CRET\nexport\tK=sk-proj-S3CRET\nDBPASS=a3 # was=S3CRET\n# OLD=S3CRET\n";
    let after = format!("{before}OLLAMA_API_KEY=ollama-local\n");
    assert_eq!(
        unified_diff(".env", before, &after),
        "--- .env\n+++ .env\n@@ -2,3 +2,4 @@\n export\tK=***\n DBPASS=*** # was=***\n # OLD=***\n+OLLAMA_API_KEY=ollama-local\n"
    );
    let first = unified_diff(".env", before, &before.replace("TG: 1", "TG: 2"));
    assert!(first.contains("\n-TG: ***\n+TG: ***\n") && !first.contains("S3CRET"), "{first}");
}

#[test]
fn addresses_whose_path_is_a_secret_are_masked() {
    for (url, shown) in [
        ("https://hooks.slack.com/services/T0/B0/S3CRET", "https://hooks.slack.com/***"),
        ("https://discord.com/api/webhooks/123/S3CRET", "https://discord.com/api/webhooks/***"),
        ("https://discordapp.com/api/webhooks/123/S3CRET", "https://discordapp.com/api/webhooks/***"),
        ("https://api.telegram.org/bot1:S3CRET/send", "https://api.telegram.org/bot***"),
        ("https://ha.local/api/webhook/S3CRET", "https://ha.local/api/webhook/***"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("https://docs.openclaw.ai/automation/webhook", "https://docs.openclaw.ai/automation/webhook"),
    ] {
        let text = |url: &str| format!("{{ tools: {{ notify: {{ url: \"{url}\" }} }} }}");
        assert_eq!(masked(&text(url)), text(shown));
        assert_eq!(masked_value("tools.notify.url", &url.into()), serde_json::Value::from(shown));
    }
}

#[test]
fn text_that_cannot_be_read_is_masked_rather_too_much() {
    for (text, expected) in [
        // Separators that are missing, wrong or far.
        ("{ apiKey \"S3CRET\" }", "{ apiKey ***"),
        ("{ apiKey S3CRET }", "{ apiKey ***"),
        ("[ \"token\", \"S3CRET\" x ]", "[ \"***\", ***"),
        ("{ token, S3CRET }", "{ token, ***"),
        ("{ \"apiKey\":\n// c\n\"S3CRET\" x", "{ \"apiKey\":\n// c\n***"),
        ("{ apiKey: // c\n  S3CRET x", "{ apiKey: // c\n  ***"),
        ("{ apiKey: /* a\n b */ // c\n S3CRET x", "{ apiKey: ***\n b */ // c\n ***"),
        ("{ apiKey: // token: S3CRET\n S3CRET x", "{ apiKey: // token: ***\n ***"),
        // Names in other writings.
        ("{ \"api\\u004bey\": \"S3CRET\" x", "{ \"api\\u004bey\": ***"),
        ("{ api\\u004bey: S3CRET x", "{ api\\u004bey: ***"),
        ("{ \u{201c}apiKey\u{201d}: \u{201c}my S3CRET\u{201d} }", "{ \u{201c}apiKey\u{201d}: ***"),
        ("{ note: \u{201c}my S3CRET x\u{201d} }", "{ note: \u{201c}***\u{201d} }"),
        ("{ note: `my S3CRET x` }", "{ note: `***` }"),
        // Any quoted text, any long word.
        ("{ \"note\": \"S3CRET\", b: 'S3CRET' c }", "{ \"note\": \"***\", b: '***' c }"),
        (
            "{ note: S3CRET12, port: 18789123, ok: Infinity c }",
            "{ note: ***, port: 18789123, ok: Infinity c }",
        ),
        ("{ a: ollama-local, b: \"ollama-local\" c }", "{ a: ollama-local, b: \"ollama-local\" c }"),
        ("{ a: 'S3CRET': 1 }", "{ a: '***': 1 }"),
        ("{ url: http://me:S3CRET@host/ x }", "{ url: *** x }"),
        // Quotes that do not pair.
        ("{ a: \"S3CRET, b: 1\n c: 2 }", "{ a: \"***\n c: 2 }"),
        ("{ a: \"S3CRET\nS3CRET\", b: 1\n c: 2 }", "{ a: \"***\n***\n c: 2 }"),
        ("{ a: it's, b: ' my S3CRET x ' it's }", "{ a: ***"),
        ("{ a: \"x\" my S3CRET\"y\" }", "{ a: \"***"),
        // What looks like a comment, but is none.
        ("{ allow: src/*, a: \"S3CRET\" }", "{ allow: src/*, a: \"***\" }"),
        ("{ a: 1, /* open\n b: \"S3CRET\" }", "{ a: 1, /* open\n b: \"***\" }"),
        // What must stay readable.
        ("    defaults: oops,", "    defaults: oops,"),
        ("{\n  agents:\n    defaults: oops,", "{\n  agents:\n    defaults: oops,"),
        ("  agents: [,", "  agents: [,"),
        (
            "{ maxTokens: 81920, contextTokens: 0x2000, num_ctx: 8192 tokens: 5, c d",
            "{ maxTokens: 81920, contextTokens: 0x2000, num_ctx: 8192 tokens: 5, c d",
        ),
        ("{ tokens: 1111111111111111111111111111111111111111S3CRET, c d", "{ tokens: ***"),
        ("{ a b // token: S3CRET", "{ a b // token: ***"),
        ("{ headers: {\n \"X\": \"S3CRET\", y: S3CRET\n}, a: 1 b", "{ headers: ***\n ***\n***\n"),
    ] {
        let expected = expected.strip_suffix('\n').unwrap_or(expected);
        assert_eq!(masked(text), expected, "{text:?}");
    }
}

#[test]
fn headers_flags_addresses_and_bearers_are_masked_in_good_text_and_in_values() {
    for (text, expected) in [
        (
            r#"{"headers":{"X-Auth":"S3CRET","a":["S3CRET"],"n":1}}"#,
            r#"{"headers":{"X-Auth":"***","a":["***"],"n":1}}"#,
        ),
        (
            r#"{"models":[{"id":"a","headers":{"x":"S3CRET"}}]}"#,
            r#"{"models":[{"id":"a","headers":{"x":"***"}}]}"#,
        ),
        (
            r#"{"args":["--token","S3CRET","--port","1","--token=S3CRET","--password","S3CRET","-y"]}"#,
            r#"{"args":["--token","***","--port","1","--token=***","--password","***","-y"]}"#,
        ),
        (
            r#"{"args":["--max-tokens","4096","-H","X: S3CRET","-u","me:S3CRET","-u","5"]}"#,
            r#"{"args":["--max-tokens","4096","-H","***","-u","***","-u","5"]}"#,
        ),
        (r#"{"args":["config","set","x.apiKey","S3CRET"]}"#, r#"{"args":["config","set","x.apiKey","***"]}"#),
        (
            r#"{"url":"https://x/?a=1&api_key=S3CRET&b=2#access_token=S3CRET"}"#,
            r#"{"url":"https://x/?a=1&api_key=***&b=2#access_token=***"}"#,
        ),
        (
            r#"{"url":"https://x/?api%5Fkey=S3CRET&key=S3CRET"}"#,
            r#"{"url":"https://x/?api%5Fkey=***&key=***"}"#,
        ),
        (r#"{"url":"https://me:S3CRET@x:1/a@b"}"#, r#"{"url":"https://***@x:1/a@b"}"#),
        (r#"{"url":"https:\/\/me:S3CRET@x/"}"#, r#"{"url":"https://***@x/"}"#),
        (r#"{"url":"https://me:a/S3CRET#@x/"}"#, r#"{"url":"https://***@x/"}"#),
        (r#"{"url":"me:S3CRET@x:1"}"#, r#"{"url":"***@x:1"}"#),
        (
            r#"{"a":"Authorization: Bearer S3CRET","b":"Authorization:S3CRET"}"#,
            r#"{"a":"Authorization: ***","b":"Authorization:***"}"#,
        ),
        (r#"{"a":"curl -H 'X: S3CRET' -H 'x-api-key: S3CRET'"}"#, r#"{"a":"curl -H '***' -H '***"}"#),
        (r#"{"a":"bearer S3CRET","b":"the bearer"}"#, r#"{"a":"bearer ***","b":"the bearer"}"#),
        (
            r#"{"a":"run --token S3CRET --x","b":"API_KEY=S3CRET run"}"#,
            r#"{"a":"run --token *** --x","b":"API_KEY=*** run"}"#,
        ),
        (r#"{"a":"{\"token\":\"S3CRET\"}"}"#, r#"{"a":"{\"token\":***"}"#),
        (
            r#"{"env":[{"name":"API_KEY","value":"S3CRET"},{"name":"A","value":"b"}]}"#,
            r#"{"env":[{"name":"API_KEY","value":"***"},{"name":"A","value":"b"}]}"#,
        ),
        (r#"{"a":"ghp_0S3CRETS3CRETS3CRETS3CRET"}"#, r#"{"a":"***"}"#),
        (
            r#"{"a":"-----BEGIN PRIVATE KEY-----\nS3CRET\n-----END PRIVATE KEY-----"}"#,
            r#"{"a":"***\n***\n***"}"#,
        ),
        // What must stay readable.
        (
            r#"{"id":"my.token:8b","b":"the token is read","c":"ollama/qwen3:8b","maxTokens":5,"contextTokens":6,"num_ctx":7,"apiKey":"ollama-local"}"#,
            "",
        ),
        (
            r#"{"a":"OLLAMA_API_KEY=ollama-local","b":"http://127.0.0.1:11434/v1?x=1","c":["text","image"],"d":"http://[::1]:1/@x"}"#,
            "",
        ),
    ] {
        let expected = if expected.is_empty() { text } else { expected };
        assert_eq!(masked(text), expected, "{text}");
        let (value, shown): (Json, Json) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(expected).unwrap());
        assert_eq!(masked_value("", &value), shown, "{text}");
        let diff = unified_diff("f", "{}", text);
        assert!(diff.contains(&format!("+{expected}\n")) && !diff.contains("S3CRET"), "{diff}");
    }
    // In JSON5, and in what is left of it in comments.
    let text = "{\n // headers: {\n //   'X-Auth': 'S3CRET',\n // }\n args: ['--token', /* c */ 'S3CRET'], // \"--token\", \"S3CRET\"]\n \
                // apiKey:\n //   'S3CRET'\n a: 'it\\'s --token=S3CRET',\n}";
    let expected = "{\n // headers: ***\n //   ***\n // ***\n args: ['--token', /* c */ '***'], // \"--token\", \"***\"]\n \
                    // apiKey:\n //   ***\n a: 'it\\'s --token=***',\n}";
    assert_eq!(masked(text), expected);
}

#[test]
fn a_path_says_what_a_lone_value_is() {
    for path in [
        "models.providers.x.headers.X-Auth",
        "models.providers.x.models[a].headers.b",
        "mcp.servers.x.args[1]",
        "a[.token",
        "a].token",
    ] {
        assert_eq!(masked_value(path, &json!("S3CRET")), json!("***"), "{path}");
    }
    for path in
        ["agents.defaults.models[a.token]", "models.providers.x.models[a].maxTokens", "a.num_ctx", "args"]
    {
        assert_eq!(masked_value(path, &json!(4096)), json!(4096), "{path}");
    }
}

#[test]
fn an_address_is_shown_without_who_asks() {
    for (text, expected) in [
        ("http://me:S3CRET@host:11434/x", "http://***@host:11434/x"),
        ("http://S3CRET@host", "http://***@host"),
        ("me:S3CRET@host:11434", "***@host:11434"),
        ("S3CRET@host", "***@host"),
        ("//me:S3CRET@host/a@b", "//***@host/a@b"),
        ("http://me:SEC/RET?#@host", "http://***@host"),
        ("http://me:my S3CRET@host", "http://***@host"),
        ("http://me:S3CRET@S3CRET@host", "http://***@host"),
        ("me:S3CRET:#x@host", "***@host"),
        ("http//me:S3CRET@host/x", "http//***@host/x"),
        ("http://dom\\me:S3CRET@host", "http://***@host"),
        ("OLLAMA_HOST=me:S3CRET@host", "OLLAMA_HOST=***@host"),
        ("cannot reach http://me:S3CRET@a, nor me:S3CRET@b", "cannot reach http://***@a, nor ***@b"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("127.0.0.1:11434/@x", "127.0.0.1:11434/@x"),
        ("http://[::1]:11434/@x", "http://[::1]:11434/@x"),
        ("@host", "@host"),
        ("", ""),
    ] {
        assert_eq!(masked_address(text), expected, "{text}");
    }
}

#[test]
fn values_of_a_changes_list_are_masked() {
    let value =
        json!({"apiKey": "S3CRET", "a": [{"token": "S3CRET"}], "maxTokens": 5, "baseUrl": "http://x"});
    let shown = json!({"apiKey": "***", "a": [{"token": "***"}], "maxTokens": 5, "baseUrl": "http://x"});
    assert_eq!(masked_value("models.providers.x", &value), shown);
    assert_eq!(masked_value("gateway.auth.token", &json!("S3CRET")), json!("***"));
    assert_eq!(masked_value("gateway.auth.password", &json!(1234)), json!("***"));
    assert_eq!(masked_value("models.providers.ollama.apiKey", &json!("ollama-local")), json!("ollama-local"));
    assert_eq!(
        masked_value("secrets.providers.x", &json!({"a": "S3CRET", "n": 1})),
        json!({"a": "***", "n": 1})
    );
    assert_eq!(masked_value("env.vars.X_KEY", &json!("S3CRET")), json!("***"));
    assert_eq!(masked_value("models[my.token:8b].name", &json!("open")), json!("open"));
    assert_eq!(masked_value("", &json!("http://u:S3CRET@h")), json!("http://***@h"));
    assert_eq!(masked_value("a", &json!(null)), json!(null));
}

#[test]
fn a_difference_shows_that_a_secret_changes_but_not_from_what_to_what() {
    let text = |token: &str, last: &str| {
        format!("{{\n  a: 1,\n  b: 2,\n  c: 3,\n  token: '{token}',\n  d: 4,\n  e: {last}\n}}")
    };
    assert_eq!(unified_diff("f", "{}", "{}"), "");
    assert_eq!(
        unified_diff("openclaw.json", &text("S3CRET1", "5"), &text("S3CRET2", "5")),
        "--- openclaw.json\n+++ openclaw.json\n@@ -2,7 +2,7 @@\n   a: 1,\n   b: 2,\n   c: 3,\n-  token: '***',\n\
         +  token: '***',\n   d: 4,\n   e: 5\n }\n\\ No newline at end of file\n"
    );
    assert_eq!(
        unified_diff("f", &text("S3CRET", "5"), &text("S3CRET", "6")),
        "--- f\n+++ f\n@@ -4,5 +4,5 @@\n   c: 3,\n   token: '***',\n   d: 4,\n-  e: 5\n+  e: 6\n }\n\\ No newline at end of file\n"
    );
    assert_eq!(
        unified_diff("f", "", "{\n  token: 'S3CRET'\n}\n"),
        "--- f\n+++ f\n@@ -0,0 +1,3 @@\n+{\n+  token: '***'\n+}\n"
    );
    assert_eq!(
        unified_diff("f", "A_KEY=S3CRET\r\nB=1\r\n", "B=1\r\n"),
        "--- f\n+++ f\n@@ -1,2 +1 @@\n-A_KEY=***\n B=***\n"
    );
    // Broken on one side, readable on the other: still no secret.
    let mixed = unified_diff("f", "{ token: 'S3CRET' b", "{ token: 'S3CRET' }");
    assert!(!mixed.contains("S3CRET") && mixed.contains("+{ token: '***' }"), "{mixed}");
}

#[test]
fn long_hostile_texts_are_masked_as_short_ones_are() {
    for part in [
        "token:{",
        "a:",
        "token: ",
        "token=",
        "://",
        "a://b@c,",
        "a'b",
        "'a''",
        "/*",
        "a/*",
        "/*a*/",
        "-a:",
        "--token:",
        "--tokens:",
        "--token ",
        "\"",
        "\\u0041",
        "token a ",
        "token, ",
        "bearer ",
        "-----BEGIN ",
        "\u{201c}",
        "`",
        "[",
        "a:b@",
        "?key=",
    ] {
        let part = format!("{part}{}", if part.len() % 2 == 0 { "" } else { "x" });
        let long = part.repeat(200_000 / part.len());
        for text in [format!("{long}\n S3CRETS3CRET x"), json!({"a": long, "token": "S3CRET"}).to_string()] {
            let shown = masked(&text);
            assert_eq!(shown.lines().count(), text.lines().count(), "{part}");
            assert!(!shown.contains("S3CRET"), "{part}");
        }
    }
}
