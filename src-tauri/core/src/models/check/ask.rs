//! Asks: one question that only the tool can answer, over `/api/chat`, heard to its end.
//! Dropping the future closes the connection, and Ollama stops.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{CheckOutcome, CheckPhase, Checked, judge, store};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    models::{
        catalogue::LEAST_CONTEXT,
        discovery, fit, installed,
        model::{Model, Verdict},
    },
    ollama::{
        client::{ChatRequest, Client, Refusal},
        names,
        wire::{ChatLine, ToolCall},
    },
    openclaw::{
        asked::Asking,
        dialect::{Automatic, Dialect},
        outcome::Mode,
        settings::Settings,
    },
};

/// A whole check. Loading 20 GB from a hard disk takes some three minutes, and a model that thinks for a thousand
/// tokens at three a second on a slow processor nearly six; longer than this nobody would wait for an agent.
pub const LIMIT: Duration = Duration::from_secs(10 * 60);
/// As OpenClaw is told to ask (`params.keep_alive`): its own first question finds the model loaded.
const KEEP_ALIVE: &str = "15m";
/// The tool. What it gives nobody knows without it.
const TOOL: &str = "get_current_time";
const QUESTION: &str = "What time is it in Lisbon right now? Find out with the `get_current_time` tool.";
/// More words than this are no answer to that question; bytes.
const MOST_WORDS: usize = 64 << 10;

/// One check to make.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The model, as the server lists it.
    pub model: &'a str,
    /// Tokens of context to ask for; `None`: Ollama's own default.
    pub context: Option<u64>,
    /// When, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// How long it may take; [`LIMIT`] but in tests.
    pub limit: Duration,
}

/// Checks an installed model of this computer's effective Ollama with the context that OpenClaw will use, or the one
/// given, and remembers what it showed.
///
/// # Errors
/// `model.bad-name`, `model.not-installed`, `model.cannot-chat`, and `ollama.*` when the server cannot say what it has; what goes wrong
/// with the question itself is an outcome.
pub async fn run(
    computer: &Computer,
    name: &str,
    tokens: Option<u64>,
    tell: impl FnMut(CheckPhase),
) -> Result<(Model, Checked), Error> {
    let (client, tag) = installed::find(computer, name).await?;
    let show = client.show(&tag.name).await;
    let model = discovery::judge(&tag, show.ok().as_ref());
    if model.verdict == Verdict::Embedding {
        return Err(ErrorCode::ModelCannotChat { name: model.id }.into());
    }
    let context = match tokens {
        Some(tokens) => Some(tokens),
        None => asked_context(computer, &client, &model).await?,
    };
    let at = computer.surroundings.milliseconds();
    let checked = check(&client, Question { model: &model.id, context, at, limit: LIMIT }, tell).await;
    // With less than OpenClaw needs nothing is shown of how it does for OpenClaw.
    if tokens.is_none_or(|tokens| tokens >= LEAST_CONTEXT) {
        let (folders, digest, remembered) = (computer.folders.clone(), model.digest.clone(), checked.clone());
        let kept = tokio::task::spawn_blocking(move || store::remember(&folders, &digest, &remembered)).await;
        // What was seen is no less true when it cannot be kept.
        drop(kept);
    }
    Ok((model, checked))
}

/// What OpenClaw will ask for, else what Pincer would write; `None` where OpenClaw leaves it to Ollama.
async fn asked_context(computer: &Computer, client: &Client, model: &Model) -> Result<Option<u64>, Error> {
    let (computer, model, address) = (computer.clone(), model.clone(), client.address().clone());
    // What is loaded, and what an earlier check showed, decides what fits.
    let loaded = client.ps().await.map(|running| running.models).unwrap_or_default();
    let looked = tokio::task::spawn_blocking(move || {
        // A file that cannot be read asks for nothing.
        let configuration = computer.configuration().ok().flatten();
        let told = configuration.map(|all| Settings::of(all.value())).unwrap_or_default();
        let mode = told.mode(computer.key_beside(&computer.openclaw()));
        let dialect = Dialect::of(computer.openclaw_version(Some(&told)));
        let asked = Asking { told: &told, mode, dialect }.context(&model);
        let left_to_ollama = mode == Mode::Automatic && dialect.automatic == Automatic::OllamasOwn;
        let here = store::Here::of(&computer, &address);
        let checked = store::by_id(std::slice::from_ref(&model), &store::read(&computer.folders), &here);
        let known = computer.known(&address, &loaded, &checked);
        let recommended = || fit::recommended_context(&model, &known, fit::DEFAULT_CONTEXT);
        if left_to_ollama { None } else { Some(asked.unwrap_or_else(recommended)) }
    });
    looked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

/// What was heard so far.
#[derive(Default)]
struct Heard {
    text: String,
    calls: Vec<ToolCall>,
    first: Option<Duration>,
    last: ChatLine,
}

impl Heard {
    /// Takes a line in. Thinking counts as a first word, not as an answer.
    fn take(&mut self, line: ChatLine, now: Duration) {
        if let Some(message) = &line.message {
            let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            if says(&message.content) || says(&message.thinking) || !message.tool_calls.is_empty() {
                self.first.get_or_insert(now);
            }
            self.text.push_str(message.content.as_deref().unwrap_or_default());
            self.calls.extend(message.tool_calls.iter().cloned());
        }
        self.last = line;
    }

    fn outcome(&self) -> CheckOutcome {
        let cut_off = self.last.done_reason.as_deref() == Some("length");
        judge::answer(TOOL, &self.text, &self.calls, cut_off)
    }

    fn tokens_per_second(&self) -> Option<f64> {
        speed(self.last.eval_count, self.last.eval_duration)
    }

    fn tokens_read_per_second(&self) -> Option<f64> {
        speed(self.last.prompt_eval_count, self.last.prompt_eval_duration)
    }

    fn load_seconds(&self) -> Option<f64> {
        self.last.load_duration.map(|nanos| Duration::from_nanos(nanos).as_secs_f64())
    }
}

fn speed(tokens: Option<u64>, nanos: Option<u64>) -> Option<f64> {
    let (tokens, nanos) = (tokens?, nanos?);
    #[allow(clippy::cast_precision_loss)] // a speed for people
    (nanos > 0).then_some(tokens as f64 * 1e9 / nanos as f64)
}

/// Asks the question and judges what comes. Never fails: what goes wrong is an outcome. A model that does not call is
/// asked a second time: what it says is partly chance.
pub async fn check(client: &Client, question: Question<'_>, mut tell: impl FnMut(CheckPhase)) -> Checked {
    tell(CheckPhase::Loading);
    let first = once(client, question, &mut tell).await;
    let left = question.limit.saturating_sub(Duration::from_secs_f64(first.seconds));
    if !matches!(first.outcome, CheckOutcome::NoCall { .. }) || left.is_zero() {
        return first;
    }
    let second = once(client, Question { limit: left, ..question }, &mut |_| {}).await;
    if second.outcome == (CheckOutcome::CalledTool {}) { second } else { first }
}

async fn once(client: &Client, question: Question<'_>, tell: &mut impl FnMut(CheckPhase)) -> Checked {
    let begun = Instant::now();
    let mut heard = Heard::default();
    let listening = listen(client, question, begun, &mut heard, tell);
    let ended = tokio::time::timeout(question.limit, listening).await;
    let seconds = begun.elapsed().as_secs_f64();
    let outcome = match (ended, heard.outcome()) {
        // A call that came is one, whatever comes after it.
        (Ok(Ok(())), outcome) | (_, outcome @ CheckOutcome::CalledTool {}) => outcome,
        (Ok(Err(refusal)), _) => judge::refusal(refusal),
        (Err(_), _) => CheckOutcome::TooSlow {},
    };
    let answered = matches!(
        outcome,
        CheckOutcome::CalledTool {}
            | CheckOutcome::CallAsText {}
            | CheckOutcome::NoCall { .. }
            | CheckOutcome::CutOff {}
    );
    let running = if answered { client.ps().await.ok() } else { None };
    let loaded = running.and_then(|running| {
        running.models.into_iter().find(|loaded| names::same(&loaded.name, question.model))
    });
    Checked {
        at: question.at,
        host: Some(client.address().to_string()),
        asked_context: question.context,
        outcome,
        first_token_seconds: heard.first.map(|first| first.as_secs_f64()),
        seconds,
        tokens_per_second: heard.tokens_per_second(),
        prompt_tokens: heard.last.prompt_eval_count,
        tokens_read_per_second: heard.tokens_read_per_second(),
        load_seconds: heard.load_seconds(),
        context_running: loaded.as_ref().map(|loaded| loaded.context_length).filter(|tokens| *tokens > 0),
        on_graphics_card: loaded
            .filter(|loaded| loaded.size > 0)
            .map(|loaded| loaded.share_on_graphics_card()),
    }
}

async fn listen(
    client: &Client,
    question: Question<'_>,
    begun: Instant,
    heard: &mut Heard,
    tell: &mut impl FnMut(CheckPhase),
) -> Result<(), Refusal> {
    let url = || client.address().to_string();
    let mut lines = client.chat(&request(question), question.limit).await?;
    while let Some(line) = lines.next().await? {
        let line: ChatLine = serde_json::from_slice(&line)
            .map_err(|error| Error::new(ErrorCode::OllamaUnreadable { url: url() }, error.to_string()))?;
        if let Some(message) = line.error {
            return Err(judge::late(url(), message, line.signin_url.is_some()));
        }
        let silent = heard.first.is_none();
        heard.take(line, begun.elapsed());
        if silent && heard.first.is_some() {
            tell(CheckPhase::Answering);
        }
        if heard.last.done || heard.text.len() > MOST_WORDS {
            return Ok(());
        }
    }
    Err(Error::new(ErrorCode::OllamaCutOff { url: url() }, "the answer has no end").into())
}

fn request(question: Question<'_>) -> ChatRequest<'_> {
    let parameters = json!({
        "type": "object",
        "properties": { "city": { "type": "string", "description": "The city, such as Oslo" } },
        "required": ["city"],
    });
    let function =
        json!({ "name": TOOL, "description": "Tells the time in a city", "parameters": parameters });
    ChatRequest {
        model: question.model,
        // What Ollama has read before, it does not read again: a question that begins as no other is read whole, and
        // the speed of that counts.
        messages: json!([
            { "role": "system", "content": format!("Check {}.", question.at) },
            { "role": "user", "content": QUESTION },
        ]),
        tools: json!([{ "type": "function", "function": function }]),
        options: question.context.map_or_else(|| json!({}), |tokens| json!({ "num_ctx": tokens })),
        keep_alive: KEEP_ALIVE,
    }
}
