//! The contract with OpenClaw on `$include`: settings spread over files are still its own after a change, and say
//! what was asked.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use std::{fs, process::Output};

use serde_json::{Value, json};
use support::{home::Home, ollama::Ollama, openclaw::OpenClaw, process, programs};

const SPLIT: [(&str, &str); 4] = [
    (
        "openclaw.json",
        "{ $include: './base.json5', agents: { $include: ['./agents.json5'], defaults: { workspace: '~/w' } } }",
    ),
    (
        "base.json5",
        "{ gateway: { mode: 'local' }, models: { providers: { $include: './parts/providers.json5' } } } // base",
    ),
    ("agents.json5", "{ defaults: { model: { primary: 'other/one', fallbacks: ['ollama/llama3.2:3b'] } } }"),
    ("parts/providers.json5", "{ // mine\n}"),
];

fn ran(what: &str, output: &Output) -> Value {
    process::json(what, output)
}

#[test]
fn openclaw_reads_what_was_written_into_included_files() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let file = |name: &str| home.openclaw_json().with_file_name(name);
    for (name, text) in SPLIT {
        fs::create_dir_all(file(name).parent().unwrap()).unwrap();
        fs::write(file(name), text).unwrap();
    }
    let text = |name: &str| fs::read_to_string(file(name)).unwrap();

    let using = home
        .command(programs::pincer_cli())
        .args(["use", "qwen3:8b", "--yes", "--json", "--host", &ollama.url()])
        .output()
        .unwrap();
    assert_eq!(using.status.code(), Some(0), "{}", ran("pincer-cli use", &using));
    assert!(text("agents.json5").contains("'ollama/qwen3:8b'"), "{}", text("agents.json5"));
    assert!(text("parts/providers.json5").contains(&ollama.url()), "{}", text("parts/providers.json5"));
    for untouched in [0, 1] {
        assert_eq!(text(SPLIT[untouched].0), SPLIT[untouched].1);
    }

    let verdict = ran("openclaw config validate", &openclaw.run(&home, &["config", "validate", "--json"]));
    assert_eq!(verdict["valid"], true, "{verdict}\n{}", text("parts/providers.json5"));
    let status = ran("openclaw models status", &openclaw.run(&home, &["models", "status", "--json"]));
    assert_eq!(status["resolvedDefault"], "ollama/qwen3:8b", "{status}");
    assert_eq!(status["fallbacks"], json!(["ollama/llama3.2:3b"]), "{status}");
    let provider = openclaw.run(&home, &["config", "get", "models.providers.ollama.baseUrl", "--json"]);
    assert_eq!(String::from_utf8_lossy(&provider.stdout).trim(), json!(ollama.url()).to_string());
}
