//! The context that OpenClaw will ask Ollama to run, by its settings and its version: measured on eight releases.
//! Pure; what is not told is Ollama's own default, and not known here.

use super::{
    dialect::{Automatic, Dialect},
    outcome::Mode,
    settings::Settings,
};
use crate::{models::model::Model, ollama::names};

/// What decides how OpenClaw asks.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Its settings.
    pub told: &'a Settings,
    /// How Ollama is set.
    pub mode: Mode,
    /// What its version does.
    pub dialect: Dialect,
}

impl Asking<'_> {
    /// Tokens that OpenClaw will ask to run for `model`; `None` where it leaves them to Ollama.
    #[must_use]
    pub fn context(&self, model: &Model) -> Option<u64> {
        let asked = match self.mode {
            Mode::Off => None,
            Mode::Automatic => match self.dialect.automatic {
                Automatic::Tokens(tokens) => Some(tokens),
                Automatic::Maximum => Some(model.context_window),
                Automatic::OllamasOwn | Automatic::Ignored => None,
            },
            Mode::Pinned => self.pinned(&model.id),
        };
        // Ollama runs no more than the model has.
        let most = if model.context_known { model.context_window } else { u64::MAX };
        asked.filter(|tokens| *tokens > 0).map(|tokens| tokens.min(most))
    }

    fn pinned(&self, id: &str) -> Option<u64> {
        if self.told.api.as_deref() == Some("openai-completions") {
            return None;
        }
        self.told.sends.iter().find(|sent| names::same(&sent.id, id))?.asks(self.dialect)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        models::discovery::judge,
        ollama::wire::{Show, Tag},
        openclaw::{document::Value, version::Version},
    };

    #[test]
    fn what_each_version_sends() {
        let info = json!({ "general.architecture": "x", "x.context_length": 131_072 });
        let show = Show { model_info: info.as_object().cloned(), ..Show::default() };
        let model = judge(&Tag { name: "m:latest".into(), ..Tag::default() }, Some(&show));
        let window = json!({ "id": "M", "contextWindow": 65_536 });
        let tokens = json!({ "id": "m", "contextWindow": 65_536, "contextTokens": 40_000 });
        let params = json!({ "id": "m", "contextTokens": 40_000, "params": { "num_ctx": 20_000 } });
        for (version, entry, expected) in [
            ("2026.2.3", &window, None),
            ("2026.2.17", &window, Some(65_536)),
            ("2026.3.13", &tokens, Some(65_536)),
            ("2026.4.15", &window, Some(65_536)),
            ("2026.4.15", &tokens, Some(40_000)),
            ("2026.5.28", &window, None),
            ("2026.5.28", &tokens, None),
            ("2026.6.11", &params, Some(20_000)),
            ("2026.8.2", &tokens, Some(40_000)),
            ("2026.9.6", &params, Some(20_000)),
            ("2026.9.6", &json!({ "id": "m", "params": { "num_ctx": 999_999 } }), Some(131_072)),
            ("2026.9.6", &json!({ "id": "m", "params": { "num_ctx": 0 } }), None),
            ("2026.9.6", &json!({ "id": "other", "params": { "num_ctx": 9_000 } }), None),
        ] {
            let file = json!({ "models": { "providers": { "ollama": { "apiKey": "x", "api": "ollama",
                "models": [entry] } } } });
            let told = Settings::of(&Value::from(file));
            let dialect = Dialect::of(Version::find(version));
            let asking = Asking { told: &told, mode: Mode::Pinned, dialect };
            assert_eq!(asking.context(&model), expected, "{version} {entry}");
        }
        let told = Settings::default();
        for (version, expected) in [
            ("2026.2.3", None),
            ("2026.2.17", Some(128_000)),
            ("2026.3.13", Some(131_072)),
            ("2026.5.28", None),
            ("2026.9.6", Some(32_768)),
        ] {
            let dialect = Dialect::of(Version::find(version));
            let asking = |mode| Asking { told: &told, mode, dialect };
            assert_eq!(asking(Mode::Automatic).context(&model), expected, "{version}");
            assert_eq!(asking(Mode::Off).context(&model), None);
        }
    }
}
