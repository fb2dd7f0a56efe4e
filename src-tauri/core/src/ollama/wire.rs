//! The shapes of Ollama's API that we read, each field optional where some server leaves it out.
//! Measured on 0.32 and read in its source; unknown fields are ignored.

mod bounded;

use serde::Deserialize;
use serde_json::{Map, Value};

/// `GET /api/version`.
#[derive(Debug, Clone, Deserialize)]
pub struct Version {
    /// `0.32.15`; a development build says `0.0.0`.
    #[serde(deserialize_with = "bounded::name")]
    pub version: String,
}

/// `GET /api/tags`, newest first.
#[derive(Debug, Clone, Deserialize)]
pub struct Tags {
    /// The installed models.
    #[serde(default, deserialize_with = "bounded::list")]
    pub models: Vec<Tag>,
}

/// One installed model as listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Tag {
    /// Name with tag; what no name can hold is shown as unreadable (U+FFFD).
    #[serde(deserialize_with = "bounded::name")]
    pub name: String,
    /// Bytes on disk.
    #[serde(default)]
    pub size: u64,
    /// Digest of its manifest; names what `/api/show` said.
    #[serde(default, deserialize_with = "bounded::name")]
    pub digest: String,
    /// Set when it runs on another server.
    #[serde(default, deserialize_with = "bounded::some_name")]
    pub remote_model: Option<String>,
    /// Set when it runs on another server.
    #[serde(default, deserialize_with = "bounded::some_name")]
    pub remote_host: Option<String>,
}

/// `POST /api/show`, the authority on what a model can do.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Show {
    /// Since 0.6.4; absent means unknown, not "none".
    #[serde(default, deserialize_with = "bounded::some_names")]
    pub capabilities: Option<Vec<String>>,
    /// Keys of the model file, the tokenizer's left out: they hold every token, and say nothing that is asked here.
    #[serde(default, deserialize_with = "bounded::facts")]
    pub model_info: Option<Map<String, Value>>,
    /// Set when it runs on another server.
    #[serde(default, deserialize_with = "bounded::some_name")]
    pub remote_host: Option<String>,
}

impl Show {
    /// `model_info["<general.architecture>.context_length"]`, in tokens.
    #[must_use]
    pub fn context_length(&self) -> Option<u64> {
        let info = self.model_info.as_ref()?;
        let architecture = info.get("general.architecture")?.as_str()?;
        whole(info.get(&format!("{architecture}.context_length"))?)
    }
}

/// A positive whole number, also when written as `4096.0`; nothing for zero, negative or absurd ones.
fn whole(value: &Value) -> Option<u64> {
    /// Above this an `f64` is no exact whole number any more.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // in range: checked here
        (float.fract() == 0.0 && (1.0..=EXACT).contains(&float)).then_some(float as u64)
    })?;
    (number > 0).then_some(number)
}

/// `GET /api/ps`: what is loaded.
#[derive(Debug, Clone, Deserialize)]
pub struct Running {
    /// The loaded models.
    #[serde(default, deserialize_with = "bounded::list")]
    pub models: Vec<Loaded>,
}

/// One loaded model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Loaded {
    /// Name with tag; what no name can hold is shown as unreadable (U+FFFD).
    #[serde(deserialize_with = "bounded::name")]
    pub name: String,
    /// Bytes in memory.
    #[serde(default)]
    pub size: u64,
    /// Bytes of those on the graphics card.
    #[serde(default)]
    pub size_vram: u64,
    /// The context that really runs, in tokens; 0 when the server does not say.
    #[serde(default)]
    pub context_length: u64,
    /// Until when it stays without being asked (RFC 3339); empty when the server does not say.
    #[serde(default, deserialize_with = "bounded::name")]
    pub expires_at: String,
}

impl Loaded {
    /// The share on the graphics card, 0 to 1.
    #[must_use]
    pub fn graphics_share(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)] // a share
        let share = if self.size == 0 { 0.0 } else { self.size_vram as f64 / self.size as f64 };
        share.clamp(0.0, 1.0)
    }
}

/// `GET /api/experimental/model-recommendations` (0.22.1 on): what the server itself recommends.
#[derive(Debug, Clone, Deserialize)]
pub struct Recommendations {
    /// In the server's order.
    #[serde(default, deserialize_with = "bounded::list")]
    pub recommendations: Vec<Recommendation>,
}

/// One model that the server recommends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Recommendation {
    /// The name to pull.
    #[serde(default, deserialize_with = "bounded::name")]
    pub model: String,
    /// The server's own words.
    #[serde(default, deserialize_with = "bounded::message")]
    pub description: String,
    /// Memory that it wants in bytes.
    #[serde(default)]
    pub vram_bytes: Option<u64>,
}

impl Loaded {
    /// The share of it on the graphics card, 0 to 1.
    #[must_use]
    pub fn share_on_graphics_card(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)] // a share for people
        let share = if self.size == 0 { 0.0 } else { self.size_vram as f64 / self.size as f64 };
        share.clamp(0.0, 1.0)
    }
}

/// One line of `POST /api/pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct PullLine {
    /// What is being done.
    #[serde(default)]
    pub status: String,
    /// The layer.
    #[serde(default)]
    pub digest: Option<String>,
    /// Bytes of the layer.
    #[serde(default)]
    pub total: Option<u64>,
    /// Bytes of it that are here; absent when 0.
    #[serde(default)]
    pub completed: Option<u64>,
    /// The pull failed (with HTTP 200).
    #[serde(default, deserialize_with = "bounded::some_message")]
    pub error: Option<String>,
}

/// The body of an error.
#[derive(Debug, Clone, Deserialize)]
pub struct ErrorBody {
    /// Ollama's own words.
    #[serde(deserialize_with = "bounded::message")]
    pub error: String,
    /// Where to sign in, for a model that runs online (with status 401).
    #[serde(default, deserialize_with = "bounded::some_name")]
    pub signin_url: Option<String>,
}

/// One line of `POST /api/chat`. The counts come with the last one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ChatLine {
    /// A piece of the answer.
    #[serde(default)]
    pub message: Option<ChatMessage>,
    /// Nothing more comes.
    #[serde(default)]
    pub done: bool,
    /// Why nothing more comes: `stop`, or `length` when the conversation was full.
    #[serde(default)]
    pub done_reason: Option<String>,
    /// Tokens read.
    #[serde(default)]
    pub prompt_eval_count: Option<u64>,
    /// Nanoseconds of reading them.
    #[serde(default)]
    pub prompt_eval_duration: Option<u64>,
    /// Nanoseconds until the model was in memory; few when it was there.
    #[serde(default)]
    pub load_duration: Option<u64>,
    /// Tokens written.
    #[serde(default)]
    pub eval_count: Option<u64>,
    /// Nanoseconds of writing them.
    #[serde(default)]
    pub eval_duration: Option<u64>,
    /// It failed after it had begun (with HTTP 200).
    #[serde(default, deserialize_with = "bounded::some_message")]
    pub error: Option<String>,
    /// Where to sign in, with such an error.
    #[serde(default, deserialize_with = "bounded::some_name")]
    pub signin_url: Option<String>,
}

/// A piece of an answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ChatMessage {
    /// Words for the user.
    #[serde(default)]
    pub content: Option<String>,
    /// Words of a model that thinks first; no part of the answer.
    #[serde(default)]
    pub thinking: Option<String>,
    /// Calls of tools.
    #[serde(default, deserialize_with = "bounded::list")]
    pub tool_calls: Vec<ToolCall>,
}

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ToolCall {
    /// What is called.
    #[serde(default)]
    pub function: CalledFunction,
}

/// What a call names.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct CalledFunction {
    /// The tool.
    #[serde(default)]
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn context_length_is_read_by_architecture() {
        let show = |info: Value| Show { model_info: info.as_object().cloned(), ..Show::default() };
        for (info, expected) in [
            (json!({"general.architecture": "llama", "llama.context_length": 8192}), Some(8192)),
            (json!({"general.architecture": "qwen3", "llama.context_length": 8192}), None),
            (json!({"llama.context_length": 8192}), None),
            (json!({"general.architecture": 7, "7.context_length": 8192}), None),
            (json!({"general.architecture": "llama", "llama.context_length": 4096.0}), Some(4096)),
            (json!({"general.architecture": "llama", "llama.context_length": 0}), None),
            (json!({"general.architecture": "llama", "llama.context_length": -5}), None),
            (json!({"general.architecture": "llama", "llama.context_length": "8192"}), None),
            (json!({"general.architecture": "llama", "llama.context_length": 1e300}), None),
            (json!({"general.architecture": "llama", "llama.context_length": u64::MAX}), Some(u64::MAX)),
        ] {
            assert_eq!(show(info.clone()).context_length(), expected, "{info}");
        }
    }

    #[test]
    fn the_tokenizer_is_left_out() {
        let read = |text: &str| serde_json::from_str::<Show>(text).unwrap().model_info;
        let info =
            read(r#"{"model_info":{"a.b":[1,2],"tokenizer.ggml.tokens":["x","y"],"c":null}}"#).unwrap();
        assert_eq!(Value::Object(info), json!({ "a.b": [1, 2], "c": null }));
        assert_eq!(read(r#"{"model_info":null}"#), None);
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn a_null_list_is_empty() {
        assert!(serde_json::from_str::<Tags>(r#"{"models":null}"#).unwrap().models.is_empty());
    }
}
