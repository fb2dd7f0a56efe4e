//! The context that OpenClaw will ask Ollama for, by its settings and its version. Pure.
//! What each version sends was measured; see `openclaw::dialect`.

use crate::{
    models::model::Model,
    ollama::names,
    openclaw::{
        dialect::{Automatic, Dialect},
        document::Value,
        outcome::Mode,
        settings::PROVIDER,
    },
};

/// The context to run when the settings do not say: room for OpenClaw's instructions and a conversation.
pub const RECOMMENDED: u64 = 32_768;

/// Tokens to ask for; `None`: OpenClaw asks for none, and Ollama's own default runs. `value` is OpenClaw's file.
#[must_use]
pub fn asked(value: Option<&Value>, mode: Mode, dialect: Dialect, model: &Model) -> Option<u64> {
    let most = if model.context_known { model.context_window } else { u64::MAX };
    let tokens = match (mode, dialect.automatic) {
        (Mode::Automatic, Automatic::OllamasOwn) => return None,
        (Mode::Automatic, Automatic::Maximum) if model.context_known => most,
        (Mode::Automatic, Automatic::Tokens(tokens)) => tokens,
        _ => value.and_then(|value| written(value, dialect, &model.id)).unwrap_or(RECOMMENDED),
    };
    Some(tokens.min(most))
}

/// What the model's entry says, in the keys that this version sends.
fn written(value: &Value, dialect: Dialect, id: &str) -> Option<u64> {
    let models = value.get_path(&[&PROVIDER[..], &["models"]].concat())?.as_array()?;
    let is_it = |entry: &&Value| {
        let written = entry.get("id").and_then(Value::as_str).or_else(|| entry.as_str());
        written.is_some_and(|written| names::same(written, id))
    };
    let entry = models.iter().find(is_it)?;
    let number = |path: &[&str]| entry.get_path(path).and_then(Value::as_u64).filter(|tokens| *tokens > 0);
    let params = if dialect.params { number(&["params", "num_ctx"]) } else { None };
    let tokens = || if dialect.context_tokens { number(&["contextTokens"]) } else { None };
    let window = || if dialect.native && !dialect.context_tokens { number(&["contextWindow"]) } else { None };
    params.or_else(tokens).or_else(window)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        models::discovery,
        ollama::wire::{Show, Tag},
        openclaw::{document::Document, version::Version},
    };

    fn model(context: Option<u64>) -> Model {
        let info = context
            .map(|tokens| serde_json::json!({ "general.architecture": "x", "x.context_length": tokens }));
        let show = Show { model_info: info.and_then(|info| info.as_object().cloned()), ..Show::default() };
        discovery::judge(&Tag { name: "a:latest".into(), ..Tag::default() }, Some(&show))
    }

    #[test]
    fn the_context_is_what_this_version_sends() {
        let entry = |entry: &str| format!("{{models:{{providers:{{ollama:{{models:[{entry}]}}}}}}}}");
        let all = entry("{id:'A',contextWindow:9000,contextTokens:10000,params:{num_ctx:11000}}");
        let window = entry("{id:'a',contextWindow:9000}");
        for (file, mode, version, most, expected) in [
            (&all, Mode::Pinned, "2026.9.6", Some(131_072), Some(11_000)),
            (&all, Mode::Pinned, "2026.4.15", Some(131_072), Some(10_000)),
            (&all, Mode::Pinned, "2026.2.17", Some(131_072), Some(9_000)),
            (&all, Mode::Pinned, "2026.9.6", Some(8_192), Some(8_192)),
            (&all, Mode::Pinned, "2026.9.6", None, Some(11_000)),
            (&window, Mode::Pinned, "2026.9.6", Some(131_072), Some(32_768)),
            (
                &entry("{id:'b',params:{num_ctx:11000}}"),
                Mode::Pinned,
                "2026.9.6",
                Some(131_072),
                Some(32_768),
            ),
            (&entry("{id:'a',params:{num_ctx:0}}"), Mode::Pinned, "2026.9.6", Some(16_384), Some(16_384)),
            (&all, Mode::Automatic, "2026.9.6", Some(131_072), Some(32_768)),
            (&all, Mode::Automatic, "2026.5.28", Some(131_072), None),
            (&all, Mode::Automatic, "2026.3.13", Some(131_072), Some(131_072)),
            (&all, Mode::Automatic, "2026.2.17", Some(131_072), Some(128_000)),
            (&"{}".to_owned(), Mode::Off, "2026.9.6", Some(131_072), Some(32_768)),
        ] {
            let document = Document::parse(Path::new("openclaw.json"), file.as_bytes()).unwrap();
            let dialect = Dialect::of(Version::find(version));
            let found = asked(Some(document.value()), mode, dialect, &model(most));
            assert_eq!(found, expected, "{file} {mode:?} {version} {most:?}");
        }
        assert_eq!(asked(None, Mode::Off, Dialect::of(None), &model(None)), Some(32_768));
    }
}
