//! What a practice server starts with, and ready-made sets of models.
//! Everything here can be changed field by field before starting.

use std::time::Duration;

use serde_json::Value;

use crate::{
    model::{Architecture, Captured, ChatAnswer, PracticeModel, ToolUse},
    registry::{self, RegistryModel},
};

/// The version that practice claims by default.
pub const VERSION: &str = "0.32.15";

/// What a practice server starts with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0: any free one.
    pub port: u16,
    /// What `/api/version` says.
    pub version: String,
    /// The installed models.
    pub models: Vec<PracticeModel>,
    /// What can be pulled.
    pub registry: Vec<RegistryModel>,
    /// Time between two lines of a pull. Ollama's own is 60 ms.
    pub tick: Duration,
    /// Ticks that a whole pull takes, whatever its size.
    pub pull_ticks: u32,
    /// How long a pull says `verifying sha256 digest` before it goes on.
    pub verifying: Duration,
    /// Wait before each answer.
    pub answer_delay: Duration,
    /// Wait before each piece of a chat's answer.
    pub token_delay: Duration,
    /// Tokens of context that a model loads with when nothing asks for another number.
    pub default_context: u64,
}

impl Default for Options {
    /// No models, the whole registry, Ollama's own tick, pulls of twenty ticks, no other waits.
    fn default() -> Self {
        let mut registry = registry::catalogue();
        registry.extend(registry::faulty());
        Self {
            port: 0,
            version: VERSION.into(),
            models: Vec::new(),
            registry,
            tick: Duration::from_millis(60),
            pull_ticks: 20,
            verifying: Duration::ZERO,
            answer_delay: Duration::ZERO,
            token_delay: Duration::ZERO,
            default_context: 4096,
        }
    }
}

impl Options {
    /// These models and nothing else changed.
    #[must_use]
    pub fn with_models(models: Vec<PracticeModel>) -> Self {
        Self { models, ..Self::default() }
    }

    /// A believable machine to show people: some models of each kind, pulls of about eight seconds.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            models: demo_models(),
            pull_ticks: 125,
            verifying: Duration::from_millis(600),
            token_delay: Duration::from_millis(20),
            default_context: 32_768,
            ..Self::default()
        }
    }

    /// The demo's, and with them a model of every kind that Pincer tells apart: on a computer with 16 GB one of them
    /// is too big, and of one nothing is known.
    #[must_use]
    pub fn groups() -> Self {
        let mut options = Self::demo();
        options.models.push(
            PracticeModel::thinking("qwen3:235b")
                .sized(142_000_000_000)
                .context(Some(40_960))
                .modified("2026-06-30T08:00:00.000000000Z"),
        );
        options
            .models
            .push(PracticeModel::broken_show("my-model:latest").modified("2026-06-02T08:00:00.000000000Z"));
        options
    }

    /// Only models without tools.
    #[must_use]
    pub fn chat_only() -> Self {
        let models = demo_models().into_iter().filter(|model| !model.can("tools")).collect();
        Self { models, ..Self::demo() }
    }

    /// A model for every way in which a live check can end, named by it.
    #[must_use]
    pub fn checks() -> Self {
        Self { models: check_models(), default_context: 4096, ..Self::demo() }
    }

    /// The models of the captured answers, each answered exactly as the real server did.
    #[must_use]
    pub fn fixtures() -> Self {
        Self::with_models(captured_models())
    }

    /// So many models with tools, for measuring.
    #[must_use]
    pub fn many(count: usize) -> Self {
        Self::with_models((1..=count).map(|n| PracticeModel::tools(&format!("many-{n:03}"))).collect())
    }
}

fn demo_models() -> Vec<PracticeModel> {
    let arch = |name: &str, blocks, heads, kv, key: Option<u64>, embedding| Architecture {
        name: name.into(),
        block_count: blocks,
        head_count: heads,
        head_count_kv: Some(kv),
        key_length: key,
        embedding_length: embedding,
    };
    vec![
        PracticeModel::thinking("qwen3:8b")
            .family(arch("qwen3", 36, 32, 8, Some(128), 4096), "8.2B", 8_190_735_360)
            .sized(5_225_388_164)
            .context(Some(40_960))
            .modified("2026-11-20T18:04:11.482910337Z"),
        PracticeModel::tools("llama3.2:3b")
            .family(arch("llama", 28, 24, 8, Some(128), 3072), "3.2B", 3_212_749_888)
            .sized(2_019_393_189)
            .modified("2026-11-18T07:31:40.118846290Z"),
        PracticeModel::plain("gemma2:2b")
            .family(arch("gemma2", 26, 8, 4, Some(256), 2304), "2.6B", 2_614_341_888)
            .sized(1_629_518_495)
            .context(Some(8192))
            .modified("2026-10-02T20:15:02.930017564Z"),
        PracticeModel::capable_of(PracticeModel::thinking("deepseek-r1:1.5b"), &["completion", "thinking"])
            .family(arch("qwen2", 28, 12, 2, None, 1536), "1.8B", 1_777_088_000)
            .sized(1_117_322_768)
            .modified("2026-09-27T11:48:33.274500981Z"),
        PracticeModel::vision("llava:7b")
            .family(arch("llama", 32, 32, 8, None, 4096), "7B", 7_241_732_096)
            .sized(4_733_363_377)
            .context(Some(32_768))
            .modified("2026-08-14T16:22:57.601233478Z"),
        PracticeModel::embedding("nomic-embed-text").modified("2026-08-01T09:12:45.005518273Z"),
        PracticeModel::cloud("gpt-oss:20b-cloud")
            .family(arch("gptoss", 24, 64, 8, Some(64), 2880), "20.9B", 20_914_757_184)
            .sized(381)
            .modified("2026-07-19T13:40:08.777201946Z"),
    ]
}

fn check_models() -> Vec<PracticeModel> {
    let chat = |name: &str, chat: ChatAnswer| PracticeModel { chat, ..PracticeModel::tools(name) };
    let load = |name: &str, text: &str| PracticeModel {
        load_error: Some(text.into()),
        ..PracticeModel::tools(name)
    };
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    let marks = "<tool_call>\n<function=get_current_time>\n<parameter=city>\nLisbon\n</parameter>";
    vec![
        PracticeModel { on_graphics_card: 40, ..PracticeModel::tools("calls:1b") },
        PracticeModel::thinking("thinks-then-calls:1b"),
        PracticeModel { tool_use: ToolUse::WritesText, ..PracticeModel::tools("writes-call:1b") },
        chat("writes-marks:1b", ChatAnswer::Says(marks.into())),
        PracticeModel { tool_use: ToolUse::Ignores, ..PracticeModel::tools("ignores-tools:1b") },
        PracticeModel { tool_use: ToolUse::CallsOther, ..PracticeModel::tools("wrong-call:1b") },
        PracticeModel { chat: ChatAnswer::CutOff, ..PracticeModel::thinking("thinks-on:1b") },
        PracticeModel::plain("no-tools:1b"),
        PracticeModel::cloud("online:20b-cloud"),
        load("too-big:70b", "model requires more system memory (5.5 GiB) than is available (2.1 GiB)"),
        load("no-runner:1b", "error starting llama-server: llama-server binary not found"),
        load("old-processor:1b", "llama runner process has terminated: signal: illegal instruction"),
        load("broken:1b", "llama runner process has terminated: exit status 2"),
        chat("busy:1b", ChatAnswer::Fails(503, busy.into())),
        chat("breaks:1b", ChatAnswer::Breaks("an error was encountered while running the model".into())),
        chat("stops:1b", ChatAnswer::Stops),
        chat("silent:1b", ChatAnswer::Silent),
    ]
}

fn captured_models() -> Vec<PracticeModel> {
    let tags: Value = parse(include_str!("../fixtures/ollama/tags.json"));
    let shows = [
        ("sample-tools:latest", include_str!("../fixtures/ollama/show_sample_tools.json")),
        ("sample-plain:latest", include_str!("../fixtures/ollama/show_sample_plain.json")),
        ("sample-think:latest", include_str!("../fixtures/ollama/show_sample_think.json")),
        ("sample-r1:latest", include_str!("../fixtures/ollama/show_sample_r1_template.json")),
        ("sample-embed:latest", include_str!("../fixtures/ollama/show_sample_embed.json")),
        ("sample-parser:latest", include_str!("../fixtures/ollama/show_sample_parser.json")),
        ("sample-vision:latest", include_str!("../fixtures/ollama/show_sample_vision.json")),
    ];
    let entries = tags.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| {
            let name = entry.get("name")?.as_str()?.to_owned();
            let (_, show) = shows.iter().find(|(listed, _)| *listed == name)?;
            Some(PracticeModel::from_captured(Captured { show: parse(show), tags: entry }))
        })
        .collect()
}

/// The captured files are part of the program, and a test reads them all.
fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
