//! Which context Ollama is told to run for a listed model: each version of OpenClaw reads it elsewhere.
//! Measured on 2026.2.3 to 2026.9.6; `dialect` knows which key counts.

use super::{
    dialect::Dialect,
    document::Value,
    settings::{self, PROVIDER},
};

/// The keys of a listed model that can say it, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToldContext {
    /// `params.num_ctx`.
    pub num_ctx: Option<u64>,
    /// `contextTokens`.
    pub tokens: Option<u64>,
    /// `contextWindow`.
    pub window: Option<u64>,
}

/// The listed models of the settings, by their ids as written.
#[must_use]
pub fn told(value: &Value) -> Vec<(String, ToldContext)> {
    let models = value.get_path(&PROVIDER).and_then(|provider| provider.get("models"));
    let models = models.and_then(Value::as_array).unwrap_or_default();
    models
        .iter()
        .filter_map(|model| Some((settings::id(model)?.to_owned(), ToldContext::of(model))))
        .collect()
}

impl ToldContext {
    /// What a model's entry says.
    #[must_use]
    pub fn of(entry: &Value) -> Self {
        let number = |path: &[&str]| entry.get_path(path).and_then(Value::as_u64);
        Self {
            num_ctx: number(&["params", "num_ctx"]),
            tokens: number(&["contextTokens"]),
            window: number(&["contextWindow"]),
        }
    }

    /// What Ollama runs by it; `None`: its own default.
    #[must_use]
    pub fn running(self, dialect: Dialect) -> Option<u64> {
        let window = self.window.filter(|_| dialect.native && !dialect.context_tokens);
        self.num_ctx.or(self.tokens).or(window)
    }
}
