//! The situations of a practice computer, as data: what Ollama does, what OpenClaw was told, whether its gateway runs.
//! A new one is a new row, and words for it under `practice.fault.` in the messages.

use serde_json::{Value, json};

/// What is in Ollama's place.
#[derive(Clone, Copy)]
pub(super) enum Ollama {
    /// Ollama, with this set of models.
    Has(&'static str),
    /// Nothing.
    Stopped,
    /// An Ollama that says nothing.
    Hangs,
    /// Another program, which plays this fault of the table.
    Other(&'static str),
}

/// What OpenClaw was told.
#[derive(Clone, Copy)]
enum Settings {
    /// Nothing of Ollama.
    New,
    /// All that it needs, changed by this.
    Whole(fn(&mut Value)),
    /// This text.
    Text(&'static str),
}

/// A row.
#[derive(Clone, Copy)]
pub(super) struct Situation {
    pub(super) name: &'static str,
    pub(super) ollama: Ollama,
    settings: Settings,
    pub(super) gateway: bool,
}

/// Every model that Pincer tells apart.
const MODELS: &str = "groups";
/// All is well.
pub(super) const HEALTHY: Situation =
    Situation { name: "", ollama: Ollama::Has(MODELS), settings: Settings::Whole(|_| {}), gateway: true };

/// All situations but the healthy one, in the order in which they are offered.
pub(super) const TABLE: &[Situation] = &[
    Situation { name: "new", ollama: Ollama::Has("none"), settings: Settings::New, gateway: false },
    Situation { name: "stopped", ollama: Ollama::Stopped, ..HEALTHY },
    Situation { name: "hangs", ollama: Ollama::Hangs, ..HEALTHY },
    Situation { name: "other-program", ollama: Ollama::Other("html"), ..HEALTHY },
    Situation { name: "no-models", ollama: Ollama::Has("none"), ..HEALTHY },
    Situation {
        name: "chat-only",
        ollama: Ollama::Has("chat-only"),
        settings: Settings::New,
        gateway: false,
    },
    Situation {
        name: "missing-model",
        settings: Settings::Whole(|all| choose(all, "ollama/qwen3:4b")),
        ..HEALTHY
    },
    Situation {
        name: "cannot-act",
        settings: Settings::Whole(|all| choose(all, "ollama/gemma2:2b")),
        ..HEALTHY
    },
    Situation { name: "no-choice", settings: Settings::Whole(|all| put(all, MODEL, json!({}))), ..HEALTHY },
    Situation {
        name: "wrong-address",
        settings: Settings::Whole(|all| {
            put(all, "/models/providers/ollama/baseUrl", json!("http://127.0.0.1:1"));
        }),
        ..HEALTHY
    },
    Situation {
        name: "wrong-key",
        settings: Settings::Whole(|all| {
            put(all, MODEL, json!({ "primary": "ollama/qwen3:8b", "fallback": ["ollama/llama3.2:3b"] }));
        }),
        gateway: false,
        ..HEALTHY
    },
    Situation {
        name: "damaged-settings",
        settings: Settings::Text("{\n  \"agents\": [,\n}\n"),
        gateway: false,
        ..HEALTHY
    },
    Situation { name: "gateway-stopped", gateway: false, ..HEALTHY },
];

const MODEL: &str = "/agents/defaults/model";

/// The situation of this name.
pub(super) fn named(name: &str) -> Option<Situation> {
    TABLE.iter().find(|situation| situation.name == name).copied()
}

impl Situation {
    /// The text of `openclaw.json` with Ollama at this address and the gateway at this port.
    pub(super) fn settings(&self, ollama: &str, gateway: u16) -> String {
        let value = match self.settings {
            Settings::Text(text) => return text.to_owned(),
            Settings::New => json!({ "gateway": { "mode": "local", "port": gateway } }),
            Settings::Whole(change) => {
                let mut all = whole(ollama, gateway);
                change(&mut all);
                all
            }
        };
        format!("{value:#}\n")
    }
}

/// Settings with which OpenClaw 2026.9.6 works, with Ollama at this address and the gateway at this port.
#[must_use]
pub fn whole(ollama: &str, gateway: u16) -> Value {
    let entry = |id: &str| {
        json!({ "id": id, "name": id, "contextTokens": 32768,
            "params": { "num_ctx": 32768, "keep_alive": "15m" } })
    };
    json!({
        "models": { "providers": { "ollama": { "baseUrl": ollama, "api": "ollama", "apiKey": "ollama-local",
            "timeoutSeconds": 300, "models": [entry("qwen3:8b"), entry("llama3.2:3b")] } } },
        "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } },
        "gateway": { "mode": "local", "port": gateway },
    })
}

fn choose(all: &mut Value, model: &str) {
    put(all, MODEL, json!({ "primary": model }));
}

fn put(all: &mut Value, place: &str, value: Value) {
    if let Some(found) = all.pointer_mut(place) {
        *found = value;
    }
}
