//! The contract with OpenClaw: what `pincer-cli use` writes is judged by the real program, not by our idea of it.
#![cfg(target_os = "linux")]

mod support;

use serde_json::Value;
use support::{home::Home, ollama::Ollama, openclaw::OpenClaw, process::json, programs};

#[test]
fn openclaw_accepts_what_use_writes_into_an_empty_home() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let home = Home::new();
    let ollama = Ollama::start(&home);

    let using = home
        .command(programs::pincer_cli())
        .args(["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--yes", "--json"])
        .env("OLLAMA_HOST", ollama.host())
        .output()
        .unwrap();
    let outcome = json("pincer-cli use", &using);
    assert_eq!(using.status.code(), Some(0), "{outcome}");
    assert_eq!(outcome["applied"], true, "{outcome}");

    let verdict = openclaw.run(&home, &["config", "validate", "--json"]);
    let written = std::fs::read_to_string(home.openclaw_json()).unwrap();
    let judged = json("openclaw config validate", &verdict);
    assert_eq!(judged["valid"], true, "{judged}\n{written}");
    assert_eq!(judged["warnings"].as_array().map_or(0, Vec::len), 0, "{judged}\n{written}");

    let listed = json("openclaw models list", &openclaw.run(&home, &["models", "list", "--json"]));
    let tags = |key: &str| {
        let models = listed["models"].as_array().unwrap();
        let model = models.iter().find(|model| model["key"] == key);
        model.unwrap_or_else(|| panic!("{key} is not listed: {listed}"))["tags"].clone()
    };
    let has = |tags: &Value, tag: &str| tags.as_array().unwrap().iter().any(|there| there == tag);
    assert!(has(&tags("ollama/qwen3:8b"), "default"), "{listed}");
    assert!(has(&tags("ollama/llama3.2:3b"), "fallback#1"), "{listed}");
}
