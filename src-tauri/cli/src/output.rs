//! Where answers go: one JSON document or lines of text on standard output, failures on standard error.
//! A reader that closed the pipe ends the command quietly.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use pincer_core::{
    error::{Error, ErrorCode},
    inert,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::words::Words;

/// As a shell tells of a program that SIGPIPE ended.
const READER_GONE: i32 = 141;

/// Why a command could not be done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library's reason.
    Core(Error),
    /// It would have to ask this, and may not.
    NeedsYes(String),
    /// The arguments are off; clap's own words.
    Usage(String),
    /// Standard output or input failed.
    Output(io::Error),
    /// Standard output failed after this change was made.
    Unseen {
        /// The receipt's name.
        id: String,
        /// Why.
        error: io::Error,
    },
    /// The user stopped it.
    Cancelled,
    /// It was told already.
    Told,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The way out.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) words: Words,
    pub(crate) json: bool,
}

impl Output {
    pub(crate) fn new(words: Words, json: bool) -> Self {
        Self { words, json }
    }

    /// One JSON document, in one line for a stream and for scripts alike.
    pub(crate) fn document(&self, document: &impl Serialize) -> io::Result<()> {
        written(&escaped(&serde_json::to_string(document)?))
    }

    /// One line of text.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        written(&clean(text))
    }

    /// One message.
    pub(crate) fn say(&self, key: &str, params: &impl Serialize) -> io::Result<()> {
        self.line(&self.words.say_with(key, params))
    }

    /// Tells why it could not be done, and gives exit status 2.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if matches!(failure, Failure::Told) {
            return ExitCode::from(2);
        }
        let has_output = !matches!(failure, Failure::Output(_) | Failure::Unseen { .. });
        let told = if self.json && has_output {
            self.document(&json!({ "error": as_json(failure) }))
        } else {
            self.complain(failure)
        };
        // Nothing is left to tell it to.
        drop(told);
        ExitCode::from(2)
    }

    fn complain(&self, failure: &Failure) -> io::Result<()> {
        let mut err = io::stderr().lock();
        let (text, detail) = match failure {
            Failure::Core(error) => (self.error(error), error.detail.as_str()),
            Failure::NeedsYes(question) => {
                let own = format!("{question}.needs-yes");
                (self.words.say(if self.words.has(&own) { &own } else { "cli.needs-yes" }), "")
            }
            Failure::Usage(text) => (text.clone(), ""),
            Failure::Cancelled => (self.words.say("cli.cancelled"), ""),
            Failure::Told => return Ok(()),
            Failure::Unseen { id, error } => {
                let params = json!({ "id": id, "detail": error.to_string() });
                (self.words.say_with("cli.output.changed", &params), "")
            }
            Failure::Output(error) => {
                (self.words.say_with("cli.output", &json!({ "detail": error.to_string() })), "")
            }
        };
        quiet(writeln!(err, "{}", clean(&text)))?;
        if !detail.is_empty() {
            quiet(writeln!(err, "  ({})", clean(&one_line(detail))))?;
        }
        if let Failure::Core(error) = failure
            && let Some(how) = params(error).get("moving").and_then(Value::as_str)
        {
            quiet(writeln!(err, "{}", self.words.say(&format!("move-models.{how}"))))?;
        }
        if let Failure::Core(Error { code: ErrorCode::PullDiskFull { room_bytes: Some(_), .. }, .. }) =
            failure
        {
            quiet(writeln!(err, "{}", self.words.say("cli.pull.anyway")))?;
        }
        if let Failure::Core(error) = failure
            && matches!(error.code, ErrorCode::UndoChangedSince { .. })
        {
            quiet(writeln!(err, "{}", self.words.say("cli.undo.force")))?;
        }
        if let Failure::Core(error) = failure
            && let Some(diff) = params(error).get("diff").and_then(Value::as_str)
        {
            quiet(writeln!(err, "{}", clean(diff.trim_end())))?;
        }
        Ok(())
    }

    /// The sentence of an error; reasons within it in words too.
    pub(crate) fn error(&self, error: &Error) -> String {
        let mut params = params(error);
        let reason = params.get("reason").and_then(Value::as_str).map(|word| format!("file-reason.{word}"));
        if let (Some(key), Some(params)) = (reason.filter(|key| self.words.has(key)), params.as_object_mut())
        {
            params.insert("reason".into(), self.words.say(&key).into());
        }
        // Within an answer that began well: its status says nothing.
        if matches!(error.code, ErrorCode::OllamaStatus { status: 200, .. })
            && let Some(params) = params.as_object_mut()
        {
            params.remove("status");
        }
        for (name, value) in params.as_object_mut().into_iter().flatten() {
            if let (true, Some(bytes)) = (name.ends_with("Bytes"), value.as_u64()) {
                *value = self.words.numbers.size(bytes).into();
            }
        }
        // A command has ended by the time it says so: what the window does by itself, it does not.
        let code = code(error);
        let own = format!("cli.error.{code}");
        let key = if self.words.has(&own) { own } else { format!("error.{code}") };
        self.words.say_with(&key, &params)
    }
}

/// Whether a person sits in front: both ends are a terminal.
pub(crate) fn has_person() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The public name of an error's code.
pub(crate) fn code(error: &Error) -> String {
    let value = serde_json::to_value(&error.code).unwrap_or_default();
    value.get("code").and_then(Value::as_str).unwrap_or("internal").to_owned()
}

/// What an error's sentence is about.
pub(crate) fn params(error: &Error) -> Value {
    let value = serde_json::to_value(&error.code).unwrap_or_default();
    value.get("params").cloned().unwrap_or_default()
}

fn as_json(failure: &Failure) -> Value {
    match failure {
        Failure::Core(error) => serde_json::to_value(error).unwrap_or_default(),
        Failure::NeedsYes(_) => json!({ "code": "cli.needs-yes", "params": {}, "detail": "add --yes" }),
        Failure::Usage(text) => json!({ "code": "cli.usage", "params": {}, "detail": text.trim() }),
        Failure::Cancelled => json!({ "code": "cli.cancelled", "params": {}, "detail": "" }),
        Failure::Told => Value::Null,
        Failure::Output(error) | Failure::Unseen { error, .. } => {
            json!({ "code": "cli.output", "params": {}, "detail": error.to_string() })
        }
    }
}

fn written(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    quiet(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Without what steers a terminal or turns the reading direction: names and messages come from a server.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    inert::lines(text, usize::MAX)
}

/// The same JSON, with what steers a terminal in JSON's own escapes: a reader gets every character as it is.
fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(inert::steers) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if inert::steers(c) {
            let escapes =
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            text.push_str(&escapes);
        } else {
            text.push(c);
        }
    }
    text.into()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reader that went away wants no more: the command ends, as one does that a signal ends.
fn quiet(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(READER_GONE),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, escaped};

    #[test]
    fn what_steers_a_terminal_is_shown_as_unreadable() {
        for (said, shown) in [
            ("qwen3:8b\tfits\nyes", "qwen3:8b\tfits\nyes"),
            ("evil\u{1b}[31m:1b", "evil\u{fffd}[31m:1b"),
            ("\u{9b}2J\u{1b}]0;title\u{7}", "\u{fffd}2J\u{fffd}]0;title\u{fffd}"),
            ("50\u{202f}% – déjà", "50\u{202f}% – déjà"),
            ("gpj.\u{202e}exe\u{2066}", "gpj.\u{fffd}exe\u{fffd}"),
        ] {
            assert_eq!(clean(said), shown, "{said:?}");
        }
    }

    #[test]
    fn json_says_the_same_without_steering() {
        for said in ["plain – déjà", "\u{9b}31m\u{7f}", "gpj.\u{202e}exe", "tag \u{e0041}", "\u{1b}\n\"\\"]
        {
            let json = serde_json::to_string(said).unwrap();
            let escaped = escaped(&json);
            assert!(!escaped.contains(pincer_core::inert::steers), "{escaped}");
            assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), said);
        }
    }
}
