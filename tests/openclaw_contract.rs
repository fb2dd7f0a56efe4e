//! The contract with OpenClaw: what `pincer-cli use` writes is judged by the real program, not by our idea of it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod support;

use pincer_practice::{Options, Practice};
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

/// Writes by `use`, has OpenClaw judge the file, and reads what it makes of the choice.
fn judged(openclaw: &OpenClaw, home: &Home, arguments: &[&str], url: &str) -> Value {
    let using = home
        .command(programs::pincer_cli())
        .args(arguments)
        .args(["--yes", "--json", "--host", url])
        .output()
        .unwrap();
    assert_eq!(using.status.code(), Some(0), "{}", json("pincer-cli use", &using));
    let verdict = json("openclaw config validate", &openclaw.run(home, &["config", "validate", "--json"]));
    let written = std::fs::read_to_string(home.openclaw_json()).unwrap();
    assert_eq!(verdict["valid"], true, "{verdict}\n{written}");
    json("openclaw models status", &openclaw.run(home, &["models", "status", "--json"]))
}

/// A real turn: OpenClaw asks the model that was chosen, and lets it run the context that was meant.
async fn turn(arguments: &'static [&'static str], num_ctx: u64) {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let practice = Practice::start(Options::demo()).await.unwrap();
    let url = practice.url();
    let turned = tokio::task::spawn_blocking(move || {
        let home = Home::new();
        let status = judged(&openclaw, &home, arguments, &url);
        assert_eq!(status["resolvedDefault"], "ollama/qwen3:8b", "{status}");
        assert_eq!(status["fallbacks"], serde_json::json!(["ollama/llama3.2:3b"]), "{status}");
        openclaw.run(&home, &["agent", "--local", "--agent", "main", "--message", "Say hello"])
    });
    let output = turned.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("This is practice"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let asked = practice.requests().into_iter().find(|request| request.path == "/api/chat").expect("a chat");
    assert_eq!(asked.body["model"], "qwen3:8b");
    assert_eq!(asked.body["options"]["num_ctx"], num_ctx, "{}", asked.body["options"]);
}

#[tokio::test]
async fn a_real_turn_runs_as_pinned() {
    turn(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--context", "20000"], 20_000).await;
}

#[tokio::test]
async fn a_real_turn_runs_automatically() {
    turn(&["use", "qwen3:8b", "--fallback", "llama3.2:3b", "--automatic"], 32_768).await;
}

#[tokio::test]
async fn openclaw_accepts_what_repairs_write() {
    let Some(openclaw) = OpenClaw::installed() else { return };
    let practice = Practice::start(Options::demo()).await.unwrap();
    let url = practice.url();
    let broken = [
        r#"{ "agents": { "defaults": { "model": { "primary": "qwen3:8b", "fallback": ["ollama/llama3.2:3b"] } } } }"#,
        r#"{ "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions",
            "apiKey": "${NOT_SET}", "models": [{ "id": "QWEN3:8B", "name": "q", "contextWindow": 20000 }] } } } }"#,
        r#"{ "models": { "providers": { "ollama": { "apiKey": "ollama-local", "models": [] } } },
            "env": { "OLLAMA_API_KEY": "x" }, "agents": { "defaults": { "models": { "anthropic/x": {} } } } }"#,
    ];
    let checked = tokio::task::spawn_blocking(move || {
        for text in broken {
            let home = Home::new();
            std::fs::create_dir_all(home.openclaw_json().parent().unwrap()).unwrap();
            std::fs::write(home.openclaw_json(), text).unwrap();
            let status = judged(&openclaw, &home, &["use", "qwen3:8b"], &url);
            assert_eq!(status["resolvedDefault"], "ollama/qwen3:8b", "{text}\n{status}");
        }
    });
    checked.await.unwrap();
}
