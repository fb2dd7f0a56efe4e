//! What a practice model says: a sentence, or one tool call made up from the tool's own description.
//! Shared by the native and the OpenAI-shaped chat.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::model::{ChatAnswer, Pace, PracticeModel, ToolUse};

/// One answer of a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// In words.
    Words(String),
    /// A call of this tool with these arguments.
    Call {
        /// The tool.
        name: String,
        /// Its arguments.
        arguments: Value,
    },
}

/// What the model answers.
///
/// One tool is called. Of several tools the one that the last message names in backticks is called, and else none: a client
/// that offers a whole box of tools would run whatever it is told to. Once a tool has answered come words.
pub(super) fn to(model: &PracticeModel, messages: &[Value], tools: &[Value]) -> Reply {
    let role = |message: &Value| message.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
    let asked =
        messages.iter().rev().find(|message| role(message) == "user").map(text_of).unwrap_or_default();
    // One call a conversation: a client may say more after the result, and would go round for ever.
    if let Some(result) = messages.iter().rev().find(|message| role(message) == "tool") {
        return Reply::Words(format!("The tool answered: {}", text_of(result)));
    }
    let named = |tool: &&Value| name_of(tool).is_some_and(|name| asked.contains(&format!("`{name}`")));
    let tool = match &model.chat {
        ChatAnswer::Calls(wanted) => tools.iter().find(|tool| name_of(tool) == Some(wanted)),
        _ if tools.len() == 1 => tools.first(),
        _ => tools.iter().find(named),
    };
    let Some((tool, name)) = tool.and_then(|tool| Some((tool, name_of(tool)?))) else {
        return Reply::Words(in_words(&asked));
    };
    let arguments = arguments_for(tool, &asked);
    match model.tool_use {
        ToolUse::Calls => Reply::Call { name: name.to_owned(), arguments },
        ToolUse::CallsOther => Reply::Call { name: format!("functions.{name}"), arguments },
        ToolUse::WritesText => Reply::Words(json!({ "name": name, "arguments": arguments }).to_string()),
        ToolUse::Ignores => Reply::Words(in_words(&asked)),
    }
}

/// A sentence that says what it is.
pub(super) fn in_words(asked: &str) -> String {
    let mut start: String = asked.chars().take(60).collect();
    if start.len() < asked.len() {
        // Not in the middle of a word, where words have spaces between them.
        start.truncate(start.rfind(' ').unwrap_or(start.len()));
        start.push('…');
    }
    format!("This is practice, no model is running. You wrote: {start}")
}

/// The words of an answer, one piece at a time with its space.
pub(super) fn pieces(words: &str) -> Vec<&str> {
    words.split_inclusive(' ').collect()
}

/// The text of a message; the other interface may have it in parts.
fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<&str> =
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}

fn name_of(tool: &Value) -> Option<&str> {
    tool.pointer("/function/name")?.as_str().filter(|name| !name.is_empty())
}

/// Arguments of the right types, taken from the question where it has numbers or names.
fn arguments_for(tool: &Value, asked: &str) -> Value {
    let properties = tool.pointer("/function/parameters/properties").and_then(Value::as_object);
    let required = tool.pointer("/function/parameters/required").and_then(Value::as_array);
    let needed = |key: &str| {
        required.is_none_or(|list| list.is_empty() || list.iter().any(|entry| entry.as_str() == Some(key)))
    };
    let word = |c: char| !c.is_alphanumeric() && c != '.' && c != '-';
    let mut numbers = asked
        .split(word)
        .filter_map(|text| text.trim_end_matches('.').parse::<f64>().ok())
        .collect::<Vec<_>>();
    numbers.reverse();
    let proper = asked.split(word).skip(1).find(|text| text.starts_with(char::is_uppercase));
    let text = proper.map_or("practice", |text| text.trim_end_matches('.'));
    let mut arguments = Map::new();
    for (key, schema) in properties.into_iter().flatten().filter(|(key, _)| needed(key)) {
        let first_choice = schema.get("enum").and_then(Value::as_array).and_then(|choices| choices.first());
        let value = match schema.get("type").and_then(Value::as_str) {
            _ if first_choice.is_some() => first_choice.cloned().unwrap_or_default(),
            #[expect(clippy::cast_possible_truncation, reason = "a made-up argument; `as` saturates")]
            Some("integer") => json!(numbers.pop().unwrap_or(1.0) as i64),
            Some("number") => json!(numbers.pop().unwrap_or(1.0)),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!(text),
        };
        arguments.insert(key.clone(), value);
    }
    Value::Object(arguments)
}

/// The counts and times at the end of an answer, in tokens and nanoseconds.
pub(super) struct Counts {
    /// Tokens read.
    pub(super) prompt: usize,
    /// Tokens written.
    pub(super) answer: usize,
    /// How fast.
    pub(super) pace: Pace,
}

impl Counts {
    /// Counted in words, near enough.
    pub(super) fn of(prompt: &str, answer: &str, pace: Pace) -> Self {
        Self {
            prompt: prompt.split_whitespace().count().max(1),
            answer: answer.split_whitespace().count().max(1),
            pace,
        }
    }

    /// Writes them as the native interface does.
    pub(super) fn write(&self, fields: &mut Map<String, Value>) {
        let nanos = |count: usize, each: Duration| {
            u64::try_from(each.as_nanos()).unwrap_or(0).saturating_mul(u64::try_from(count).unwrap_or(0))
        };
        let (read, written) = (nanos(self.prompt, self.pace.read), nanos(self.answer, self.pace.write));
        let load = nanos(1, self.pace.load);
        fields.insert("total_duration".into(), (load + read + written).into());
        fields.insert("load_duration".into(), load.into());
        fields.insert("prompt_eval_count".into(), self.prompt.into());
        fields.insert("prompt_eval_duration".into(), read.into());
        fields.insert("eval_count".into(), self.answer.into());
        fields.insert("eval_duration".into(), written.into());
    }
}
