//! An installed model as practice knows it, and ready-made ones of every kind a client must tell apart.
//! How a model looks in an answer is `shape.rs`; here is what it is.

use std::time::Duration;

use serde_json::Value;

/// The numbers behind `model_info`, from which a client reckons memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// `general.architecture`, the prefix of the other keys: `qwen3`, `llama`, ...
    pub name: String,
    /// `<arch>.block_count`.
    pub block_count: u64,
    /// `<arch>.attention.head_count`.
    pub head_count: u64,
    /// `<arch>.attention.head_count_kv`; absent from the answer when `None`.
    pub head_count_kv: Option<u64>,
    /// `<arch>.attention.key_length`; absent from the answer when `None`.
    pub key_length: Option<u64>,
    /// `<arch>.embedding_length`.
    pub embedding_length: u64,
}

impl Architecture {
    fn llama() -> Self {
        Self {
            name: "llama".into(),
            block_count: 28,
            head_count: 24,
            head_count_kv: Some(8),
            key_length: Some(128),
            embedding_length: 3072,
        }
    }
}

/// Where a cloud model really runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// `remote_model`.
    pub model: String,
    /// `remote_host`.
    pub host: String,
}

/// How `POST /api/show` answers for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowAnswer {
    /// As Ollama does.
    Full,
    /// With this status and `{"error":...}`.
    Fails(u16, String),
    /// With status 200 and this text, whatever it is.
    Text(String),
    /// Never.
    Silent,
}

/// What a model does when a chat offers tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolUse {
    /// It calls one, as a tool call.
    Calls,
    /// It writes the call as text: the model's fault that only a live check finds.
    WritesText,
    /// It calls one by another name, which there is not.
    CallsOther,
    /// It answers in words and calls nothing.
    Ignores,
}

/// How `POST /api/chat` answers for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatAnswer {
    /// As Ollama does, with the tools as [`ToolUse`] says.
    Full,
    /// With these words, whatever is asked.
    Says(String),
    /// First with a call of the tool of this name, where it is offered, then in words.
    Calls(String),
    /// With this status and `{"error":...}`.
    Fails(u16, String),
    /// With thoughts alone, until the conversation is full (`done_reason` `length`).
    CutOff,
    /// With a first word, and then this error as a line (HTTP 200).
    Breaks(String),
    /// With a first word, and then nothing more; the connection stays.
    Stops,
    /// Never: the model is being loaded, and that does not end.
    Silent,
}

/// An installed model.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeModel {
    /// The name as listings write it, with its tag.
    pub name: String,
    /// Bytes on disk.
    pub size: u64,
    /// RFC 3339; listings are newest first by it, to the second.
    pub modified_at: String,
    /// `details.family`, also the first of `details.families`.
    pub family: String,
    /// Further `details.families`.
    pub more_families: Vec<String>,
    /// `details.parameter_size`: `8.2B`.
    pub parameter_size: String,
    /// `general.parameter_count`.
    pub parameter_count: u64,
    /// `details.quantization_level`.
    pub quantization: String,
    /// `<arch>.context_length`; `None`: the server does not say.
    pub context_length: Option<u64>,
    /// The other numbers of `model_info`.
    pub architecture: Architecture,
    /// Further keys of `model_info`, in place of those made from the fields above where they are the same. Lists are
    /// told only when asked verbosely, as Ollama does.
    pub more_info: Vec<(String, Value)>,
    /// `capabilities` of `/api/show`; `None`: absent, as on servers before 0.6.4.
    pub capabilities: Option<Vec<String>>,
    /// `capabilities` of `/api/tags`, which can differ from show's; `None`: absent, as before 0.30.
    pub tags_capabilities: Option<Vec<String>>,
    /// For cloud models.
    pub remote: Option<Remote>,
    /// The lines of `parameters`; keys may repeat.
    pub parameters: Vec<(String, String)>,
    /// How show answers.
    pub show: ShowAnswer,
    /// What chat does with tools.
    pub tool_use: ToolUse,
    /// How chat answers.
    pub chat: ChatAnswer,
    /// Loading answers 500 with this text.
    pub load_error: Option<String>,
    /// The share of a loaded model on the graphics card, 0 to 100 percent.
    pub on_graphics_card: u8,
    /// How fast it says that it was.
    pub pace: Pace,
    /// Answers to give as they are, in place of the ones made from the fields above.
    pub captured: Option<Captured>,
}

/// How fast a model says that it was, in the numbers at the end of an answer. No time passes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// To load it.
    pub load: Duration,
    /// To read one token.
    pub read: Duration,
    /// To write one token.
    pub write: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            load: Duration::from_millis(41),
            read: Duration::from_millis(2),
            write: Duration::from_millis(20),
        }
    }
}

/// Answers of a real server for one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// The entry in `/api/tags`.
    pub tags: Value,
    /// The answer of `/api/show`.
    pub show: Value,
}

impl PracticeModel {
    fn of(name: &str, capabilities: &[&str]) -> Self {
        let words: Vec<String> = capabilities.iter().map(|&word| word.to_owned()).collect();
        let listed = crate::name::Name::parse(name).map_or_else(|| name.to_owned(), |name| name.short());
        Self {
            name: listed,
            size: 2_019_393_189,
            modified_at: "2026-11-20T09:00:00.000000000Z".into(),
            family: "llama".into(),
            more_families: Vec::new(),
            parameter_size: "3.2B".into(),
            parameter_count: 3_212_749_888,
            quantization: "Q4_K_M".into(),
            context_length: Some(131_072),
            architecture: Architecture::llama(),
            more_info: Vec::new(),
            tags_capabilities: Some(words.clone()),
            capabilities: Some(words),
            remote: None,
            parameters: vec![("stop".into(), "\"<|eot_id|>\"".into())],
            show: ShowAnswer::Full,
            tool_use: ToolUse::Calls,
            chat: ChatAnswer::Full,
            load_error: None,
            on_graphics_card: 100,
            pace: Pace::default(),
            captured: None,
        }
    }

    /// A model that takes tools.
    #[must_use]
    pub fn tools(name: &str) -> Self {
        Self::of(name, &["completion", "tools"])
    }

    /// A model on a slow processor: a minute to load, and 20 tokens read in a second.
    #[must_use]
    pub fn slow(name: &str) -> Self {
        let pace = Pace {
            load: Duration::from_secs(60),
            read: Duration::from_millis(50),
            write: Duration::from_millis(400),
        };
        Self { pace, on_graphics_card: 0, ..Self::tools(name) }
    }

    /// A model without tools: chat only.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self::of(name, &["completion"])
    }

    /// A model that takes tools and thinks.
    #[must_use]
    pub fn thinking(name: &str) -> Self {
        Self::of(name, &["completion", "tools", "thinking"])
    }

    /// A model that sees pictures, without tools.
    #[must_use]
    pub fn vision(name: &str) -> Self {
        Self { more_families: vec!["clip".into()], ..Self::of(name, &["completion", "vision"]) }
    }

    /// A model that only makes embeddings.
    #[must_use]
    pub fn embedding(name: &str) -> Self {
        let architecture = Architecture {
            name: "nomic-bert".into(),
            block_count: 12,
            head_count: 12,
            head_count_kv: None,
            key_length: None,
            embedding_length: 768,
        };
        Self {
            family: "nomic-bert".into(),
            parameters: Vec::new(),
            parameter_size: "137M".into(),
            parameter_count: 136_727_040,
            quantization: "F16".into(),
            architecture,
            ..Self::of(name, &["embedding"])
        }
        .sized(274_302_450)
        .context(Some(2048))
    }

    /// A model that runs on ollama.com: tiny here, with `remote_model` and `remote_host`.
    #[must_use]
    pub fn cloud(name: &str) -> Self {
        let model = Self::thinking(name);
        let remote = model.name.trim_end_matches("-cloud").trim_end_matches(":cloud").to_owned();
        Self {
            remote: Some(Remote { model: remote, host: "https://ollama.com:443".into() }),
            parameters: Vec::new(),
            ..model
        }
        .sized(381)
    }

    /// A model as a server before 0.6.4 shows it: no `capabilities` anywhere. (Give the server a version as
    /// old: `Options::version`.)
    #[must_use]
    pub fn old_server(name: &str) -> Self {
        Self { capabilities: None, tags_capabilities: None, ..Self::tools(name) }
    }

    /// A model whose show answers 500.
    #[must_use]
    pub fn broken_show(name: &str) -> Self {
        Self { show: ShowAnswer::Fails(500, "unexpected EOF".into()), ..Self::tools(name) }
    }

    /// A model that takes tools, of whose context the server says nothing.
    #[must_use]
    pub fn unknown_context(name: &str) -> Self {
        Self::tools(name).context(None)
    }

    /// A model for which show says `tools` and tags does not, as with DeepSeek-R1's template.
    #[must_use]
    pub fn disagreeing(name: &str) -> Self {
        Self {
            tags_capabilities: Some(vec!["completion".into(), "thinking".into()]),
            ..Self::of(name, &["tools", "thinking", "completion"])
        }
    }

    /// The same with this size in bytes.
    #[must_use]
    pub fn sized(self, bytes: u64) -> Self {
        Self { size: bytes, ..self }
    }

    /// The same with this context length in tokens.
    #[must_use]
    pub fn context(self, tokens: Option<u64>) -> Self {
        Self { context_length: tokens, ..self }
    }

    /// The same, modified at this time (RFC 3339).
    #[must_use]
    pub fn modified(self, at: &str) -> Self {
        Self { modified_at: at.into(), ..self }
    }

    /// The same of another family, with the numbers of its `model_info`.
    #[must_use]
    pub fn family(self, architecture: Architecture, parameter_size: &str, parameters: u64) -> Self {
        Self {
            family: architecture.name.clone(),
            architecture,
            parameter_size: parameter_size.into(),
            parameter_count: parameters,
            ..self
        }
    }

    /// The same with one more key of `model_info`.
    #[must_use]
    pub fn info(mut self, key: &str, value: Value) -> Self {
        self.more_info.push((key.to_owned(), value));
        self
    }

    /// The same with these capabilities, in show and in tags.
    #[must_use]
    pub fn capable_of(self, capabilities: &[&str]) -> Self {
        let words: Vec<String> = capabilities.iter().map(|&word| word.to_owned()).collect();
        Self { tags_capabilities: Some(words.clone()), capabilities: Some(words), ..self }
    }

    /// Whether show says this capability.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.as_ref().is_some_and(|words| words.iter().any(|word| word == capability))
    }
}

impl PracticeModel {
    /// A model that answers as a real server did.
    #[must_use]
    pub fn from_captured(captured: Captured) -> Self {
        let words = |from: &Value| -> Option<Vec<String>> {
            let list = from.get("capabilities")?.as_array()?;
            Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        let text = |key: &str| captured.tags.get(key).and_then(Value::as_str).unwrap_or_default();
        let context = captured.tags.pointer("/details/context_length").and_then(Value::as_u64);
        let size = captured.tags.get("size").and_then(Value::as_u64).unwrap_or_default();
        Self {
            capabilities: words(&captured.show),
            tags_capabilities: words(&captured.tags),
            ..Self::tools(text("name")).sized(size).context(context).modified(text("modified_at"))
        }
        .answering(captured)
    }

    fn answering(self, captured: Captured) -> Self {
        Self { captured: Some(captured), ..self }
    }
}
