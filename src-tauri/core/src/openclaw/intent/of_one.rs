//! What is told of one model: the context that it runs, how long OpenClaw waits for it, how long it stays loaded.
//! Pure; the rest of the settings stays as it is.

use super::{Edits, Names, Situation, provider, provider::Listing, use_model};
use crate::{
    error::Error,
    ollama::names,
    openclaw::{
        outcome::{Mode, SetMode, UseRequest},
        settings::Settings,
    },
};

/// Lets Ollama run this context with `name`. Where nothing can be told of a single model (the automatic way, or one
/// that is not listed), the settings are pinned.
///
/// # Errors
/// Those of [`use_model`].
pub fn set_context(name: &str, tokens: u64, situation: Situation<'_>) -> Result<Edits, Error> {
    of_one(name, situation, UseRequest { context: Some(tokens), ..UseRequest::default() })
}

/// Lets OpenClaw wait so many seconds for a word of `name`, as [`set_context`] does. A version that has no such setting
/// is told nothing.
///
/// # Errors
/// Those of [`use_model`].
pub fn set_timeout(name: &str, seconds: u64, situation: Situation<'_>) -> Result<Edits, Error> {
    of_one(name, situation, UseRequest { timeout: Some(seconds), ..UseRequest::default() })
}

/// Lets Ollama keep `name` in memory between questions, as [`set_context`] does.
///
/// # Errors
/// Those of [`use_model`].
pub fn keep_loaded(name: &str, situation: Situation<'_>) -> Result<Edits, Error> {
    of_one(name, situation, UseRequest { keep_loaded: true, ..UseRequest::default() })
}

/// One thing about one model; `asked` says which.
fn of_one(name: &str, situation: Situation<'_>, asked: UseRequest) -> Result<Edits, Error> {
    let told = Settings::of(situation.value);
    let id = Names { settings: &told, installed: situation.installed }.resolve(name)?;
    let listed = told.listed.iter().any(|listed| names::same(listed, &id));
    if told.mode(situation.key) != Mode::Pinned || !listed {
        let mode = Some(SetMode::Pinned);
        return use_model(&UseRequest { primary: id, mode, all_ready: true, ..asked }, situation);
    }
    let pinned = [id];
    let listing = Listing {
        context: asked.context,
        timeout: asked.timeout,
        kept: pinned.first().map(String::as_str).filter(|_| asked.keep_loaded),
        ..Listing::of(&pinned)
    };
    let mut result = Edits::default();
    provider::provider(&mut result.edits, &mut result.warnings, situation, &listing);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{
        models::{discovery::judge, fit::Known, model::Model},
        ollama::{
            address::Address,
            wire::{Show, Tag},
        },
        openclaw::{dialect::Dialect, document::Document, version::Version},
    };

    type Change = fn(&str, Situation<'_>) -> Result<Edits, Error>;

    fn installed() -> Vec<Model> {
        let show = Show { capabilities: Some(vec!["completion".into(), "tools".into()]), ..Show::default() };
        ["qwen3:8b", "llama3.3:latest"]
            .map(|name| judge(&Tag { name: name.into(), size: 1, ..Tag::default() }, Some(&show)))
            .into()
    }

    /// The settings after a change; `server`: Ollama says what it has.
    fn after(before: &Json, version: &str, server: bool, change: Change) -> Result<Json, Error> {
        let document = Document::parse(std::path::Path::new("x"), before.to_string().as_bytes())?;
        let models = installed();
        let situation = Situation {
            value: document.value(),
            installed: server.then_some(&models),
            known: Known::default(),
            address: &Address::default(),
            address_asked: false,
            dialect: Dialect::of(Version::find(version)),
            key: false,
            unset: &[],
        };
        let edits = change("qwen3:8b", situation)?;
        Ok(document.edit(&edits.edits)?.value().to_json())
    }

    fn whole() -> Json {
        let entry = |id: &str| {
            json!({ "id": id, "name": id, "reasoning": false, "input": ["text"], "cost": {}, "maxTokens": 8192,
                "contextWindow": 32768, "contextTokens": 32768,
                "params": { "num_ctx": 32768, "keep_alive": "15m", "temperature": 1 } })
        };
        json!({
            "models": { "providers": { "ollama": { "baseUrl": "http://127.0.0.1:11434", "api": "ollama",
                "apiKey": "ollama-local", "timeoutSeconds": 300,
                "models": [entry("qwen3:8b"), entry("llama3.3:latest")] } } },
            "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" }, "timeoutSeconds": 600 } },
            "gateway": { "mode": "local" },
        })
    }

    #[test]
    fn only_what_is_asked_changes() {
        let timeout: Change = |name, situation| set_timeout(name, 900, situation);
        let mut expected = whole();
        expected["models"]["providers"]["ollama"]["timeoutSeconds"] = json!(900);
        // A turn that may take less would end the wait.
        expected["agents"]["defaults"]["timeoutSeconds"] = json!(900);
        assert_eq!(after(&whole(), "2026.9.6", true, timeout).unwrap(), expected);
        // It is not the model's: Ollama need not answer.
        assert_eq!(after(&whole(), "2026.9.6", false, timeout).unwrap(), expected);
        let shorter: Change = |name, situation| set_timeout(name, 500, situation);
        expected["models"]["providers"]["ollama"]["timeoutSeconds"] = json!(500);
        expected["agents"]["defaults"]["timeoutSeconds"] = json!(600);
        assert_eq!(after(&whole(), "2026.9.6", true, shorter).unwrap(), expected, "one that is enough stays");
        let mut endless = whole();
        endless["agents"]["defaults"]["timeoutSeconds"] = json!(0);
        let done = after(&endless, "2026.9.6", true, timeout).unwrap();
        assert_eq!(done["agents"]["defaults"]["timeoutSeconds"], 0, "no bound is none");

        let mut expected = whole();
        expected["models"]["providers"]["ollama"]["models"][0]["params"]["keep_alive"] = json!("24h");
        assert_eq!(after(&whole(), "2026.9.6", true, keep_loaded).unwrap(), expected);
    }

    #[test]
    fn a_version_that_has_no_such_key_is_told_nothing() {
        let mut old = whole();
        let provider = old["models"]["providers"]["ollama"].as_object_mut().unwrap();
        provider.remove("timeoutSeconds");
        for model in provider["models"].as_array_mut().unwrap() {
            model.as_object_mut().unwrap().remove("params");
        }
        let timeout: Change = |name, situation| set_timeout(name, 900, situation);
        for change in [timeout, keep_loaded] {
            assert_eq!(after(&old, "2026.4.15", true, change).unwrap(), old);
        }
    }

    #[test]
    fn the_automatic_way_is_pinned_to_say_it() {
        let automatic = json!({ "env": { "vars": { "OLLAMA_API_KEY": "ollama-local" } },
            "agents": { "defaults": { "model": { "primary": "ollama/qwen3:8b" } } }, "gateway": { "mode": "local" } });
        let timeout: Change = |name, situation| set_timeout(name, 900, situation);
        let done = after(&automatic, "2026.9.6", true, timeout).unwrap();
        let provider = &done["models"]["providers"]["ollama"];
        assert_eq!(
            (&provider["timeoutSeconds"], &provider["models"][0]["id"]),
            (&json!(900), &json!("qwen3:8b"))
        );
        let done = after(&automatic, "2026.9.6", true, keep_loaded).unwrap();
        let models = &done["models"]["providers"]["ollama"]["models"];
        assert_eq!(models[0]["params"]["keep_alive"], "24h");
        assert_eq!(models[1]["params"]["keep_alive"], "15m", "the others stay as they are");
    }
}
