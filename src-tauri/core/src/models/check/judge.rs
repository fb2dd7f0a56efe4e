//! What an answer or a refusal means. Pure.
//! A call written as text is known by its form, which every family of models writes in its own way.

use super::CheckOutcome;
use crate::{
    error::{Error, ErrorCode},
    ollama::{client::Refusal, wire::ToolCall},
};

/// Marks between which a family writes its calls; with the tool's name in the text they are a call. (Hermes, Qwen,
/// GLM; Granite; Mistral; Llama; `DeepSeek`; Kimi; `InternLM`; Phi; Claude-like; Gemma.)
const MARKS: [&str; 14] = [
    "<tool_call",
    "<|tool_call",
    "<function_call",
    "<functioncall",
    "[tool_call",
    "<|python_tag|>",
    "<｜tool",
    "<|tool▁",
    "<tool_use",
    "<|action_start|>",
    "<|plugin|>",
    "functools[",
    "```tool_c",
    "<start_function_call>",
];
/// What stands directly before the name of a tool that is called.
const BEFORE: [&str; 9] = [
    "<function=",
    "<",
    "invoke name=\"",
    "invoke name='",
    "to=functions.",
    "action: ",
    "action:",
    "call: ",
    "call:",
];
/// What stands between name and arguments: `name{`, `name[ARGS]{`, `name.call(`.
const ARGUMENTS: [&str; 3] = ["{", "[args]", ".call("];
/// A tool's description, as some models repeat it instead of calling; looked for this far behind the name.
const DESCRIBES: [&str; 2] = ["\"description\"", "\"properties\""];
const DESCRIBED_WITHIN: usize = 400;

/// A longer name of a tool is not shown whole, in characters.
const NAME: usize = 60;

/// What an answer means: its words without its thinking, its calls, and whether it was cut off for its length
/// (`done_reason`).
#[must_use]
pub fn answer(tool: &str, text: &str, calls: &[ToolCall], cut_off: bool) -> CheckOutcome {
    if calls.iter().any(|call| call.function.name == tool) {
        CheckOutcome::CalledTool {}
    } else if writes_call(tool, text) {
        CheckOutcome::CallAsText {}
    } else if let Some(call) = calls.first() {
        CheckOutcome::NoCall { called: Some(call.function.name.chars().take(NAME).collect()) }
    } else if cut_off {
        CheckOutcome::CutOff {}
    } else {
        CheckOutcome::NoCall { called: None }
    }
}

/// What a refusal means. The status tells some of it, the rest only Ollama's own words.
#[must_use]
pub fn refusal(refusal: Refusal) -> CheckOutcome {
    let Refusal { error, sign_in } = refusal;
    if sign_in {
        return CheckOutcome::SignIn {};
    }
    match &error.code {
        // The limit of the question passed before its first word.
        ErrorCode::OllamaSilent { .. } => CheckOutcome::TooSlow {},
        ErrorCode::OllamaStatus { status, message, .. } => {
            by_words(*status, message).unwrap_or(CheckOutcome::Failed { failure: error })
        }
        _ => CheckOutcome::Failed { failure: error },
    }
}

fn by_words(status: u16, message: &str) -> Option<CheckOutcome> {
    let words = message.to_lowercase();
    let says = |part: &str| words.contains(part);
    if says("does not support tools") {
        Some(CheckOutcome::NoTools {})
    } else if status == 503 && says("busy") {
        Some(CheckOutcome::Busy {})
    } else if says("requires more system memory") || says("out of memory") {
        let mut sizes = message.split('(').skip(1).map(|rest| size(rest.split(')').next().unwrap_or(rest)));
        let mut next = || sizes.next().flatten();
        Some(CheckOutcome::NotEnoughMemory { need_bytes: next(), have_bytes: next() })
    } else if says("binary not found") {
        Some(CheckOutcome::RunnerMissing {})
    } else if says("illegal instruction") {
        Some(CheckOutcome::CpuUnsupported {})
    } else {
        None
    }
}

/// A size as Ollama writes it (`5.5 GiB`), in bytes.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: f64 = number.parse().ok()?;
    let unit = match unit {
        "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates, and below zero is 0
    (number.is_finite() && number >= 0.0).then_some((number * unit) as u64)
}

/// Whether the text has a call of the tool in the form that some family of models writes. The name alone is no
/// call: a model may well speak of the tool.
fn writes_call(tool: &str, text: &str) -> bool {
    // Within a JSON string quotes are escaped.
    let text = without_thoughts(text).replace('\\', "").to_lowercase();
    let tool = tool.to_lowercase();
    let marked = MARKS.iter().any(|mark| text.contains(mark));
    text.match_indices(&tool).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + tool.len()..).unwrap_or_default();
        is_whole(before, after) && (marked || is_call(before, after))
    })
}

/// Not a part of a longer name.
fn is_whole(before: &str, after: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !before.ends_with(part) && !after.starts_with(part)
}

fn is_call(before: &str, after: &str) -> bool {
    if BEFORE.iter().any(|start| before.ends_with(start))
        || ARGUMENTS.iter().any(|start| after.starts_with(start))
    {
        return true;
    }
    // As Python: name(city="Lisbon"). Empty brackets are how people write about a function.
    if let Some((arguments, _)) = after.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        return arguments.contains(['=', '"', '\'']);
    }
    // As JSON, whole or not: "name": "tool", or "tool": {
    let qualified = before.strip_suffix("functions.").unwrap_or(before);
    let quoted =
        ['"', '\''].into_iter().find(|quote| qualified.ends_with(*quote) && after.starts_with(*quote));
    let Some(quote) = quoted else { return false };
    let before = qualified.strip_suffix(quote).unwrap_or_default().trim_end();
    let after = after.strip_prefix(quote).unwrap_or_default().trim_start();
    let named = before.strip_suffix(':').is_some_and(|key| key.trim_end().ends_with(['"', '\'']));
    let key = after.strip_prefix(':').is_some_and(|value| value.trim_start().starts_with('{'));
    let near = after
        .char_indices()
        .nth(DESCRIBED_WITHIN)
        .map_or(after, |(end, _)| after.get(..end).unwrap_or(after));
    (named || key) && !DESCRIBES.iter().any(|part| near.contains(part))
}

/// The text without what a model thinks aloud, where the server does not keep that apart.
fn without_thoughts(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, thoughts)) = rest.split_once("<think>") {
        said.push_str(before);
        rest = thoughts.split_once("</think>").map_or("", |(_, after)| after);
    }
    // Some templates begin the thinking themselves: only its end is in the answer.
    said.push_str(rest.split_once("</think>").map_or(rest, |(_, after)| after));
    said
}

/// A refusal that came within the stream, with HTTP 200.
#[must_use]
pub fn late(url: String, message: String, sign_in: bool) -> Refusal {
    let detail = format!("within the answer: {message}");
    Refusal { error: Error::new(ErrorCode::OllamaStatus { url, status: 200, message }, detail), sign_in }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
