//! The proof that it works: one real question through OpenClaw's gateway to one model, heard to its end. Ollama is
//! watched meanwhile, since OpenClaw itself would go on asking a dead one for minutes.
//! Dropping the future asks OpenClaw to abort the turn, and Ollama stops.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{
    Gateway, failures,
    judge::{self, OllamaNow, Seen},
    kept::{self, Circumstances},
    look, settled,
    turn::{self, Question, Turn},
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        address::Address,
        client::{Client, Limits as ClientLimits},
        names::{self, ModelName},
        wire::Tag,
    },
    openclaw::{
        include::Configuration,
        node,
        plan::Hash,
        program::{self, OpenclawProgram},
        settings::Settings,
    },
};

/// Between two looks at Ollama.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// So many looks in a row find nothing listening before it counts: a restart of Ollama takes a second.
const REFUSALS: u32 = 3;
/// `/api/ps` is answered at once, whatever is being computed.
const LOOK: ClientLimits = ClientLimits {
    connect: Duration::from_millis(1500),
    answer: Duration::from_secs(3),
    stream: Duration::from_secs(3),
};

/// How long a proof waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the whole answer. The first question has about 16,000 tokens to read, minutes on a processor alone; longer
    /// than this nobody would wait for an agent.
    pub answer: Duration,
    /// For an Ollama that is connected and says nothing.
    pub silent: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer: Duration::from_secs(10 * 60), silent: Duration::from_secs(60) }
    }
}

/// What one question through OpenClaw showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// When, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// The model, as Ollama lists it.
    pub model: String,
    /// What came back.
    pub outcome: ProofOutcome,
    /// Seconds in all; of an answer by the gateway's clock, without the start of OpenClaw's command.
    pub seconds: f64,
    /// What was seen, in technical English, for the folded part; empty for an answer.
    pub evidence: Vec<String>,
}

/// What came back from a question through OpenClaw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "code", content = "params", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum ProofOutcome {
    /// The model answered through OpenClaw.
    Answered {
        /// Its first words.
        words: String,
    },
    /// Another model answered in its place.
    OtherModel {
        /// As OpenClaw names it.
        name: String,
    },
    /// It answered nothing.
    NoWords {},
    /// Nothing answers as the gateway.
    GatewaySilent {
        /// Its port.
        port: u16,
    },
    /// The gateway does not let OpenClaw's own command in: its token is another, or this computer is not paired.
    GatewayRefused {},
    /// Ollama does not have the model.
    ModelMissing {},
    /// The address that OpenClaw asks for models refuses its key.
    KeyRefused {
        /// That address.
        url: String,
    },
    /// Nothing listens where OpenClaw asks for models.
    OllamaStopped {
        /// That address.
        url: String,
    },
    /// Ollama is connected and says nothing.
    OllamaSilent {
        /// Where OpenClaw asks it.
        url: String,
    },
    /// Ollama could not load the model: not enough memory, in Ollama's own words.
    NotEnoughMemory {
        /// Bytes that it needs, when Ollama said.
        need_bytes: Option<u64>,
        /// Bytes that there were, when Ollama said.
        have_bytes: Option<u64>,
    },
    /// No whole answer came within the limit.
    TooSlow {
        /// That limit.
        minutes: u64,
    },
    /// Something else, told by the evidence.
    Failed {},
}

/// What a running proof is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum ProofPhase {
    /// OpenClaw is handed the question.
    Asking,
    /// The model is in memory: it reads OpenClaw's instructions and answers.
    Reading,
    /// The user stopped it.
    Cancelled,
    /// There is a result.
    Ended,
}

/// A proof as the window follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct ProofState {
    /// The model that is asked.
    pub model: String,
    /// What it is doing.
    pub phase: ProofPhase,
    /// Since when, in milliseconds since 1970 (UTC).
    pub since: u64,
    /// What it showed, once it has ended.
    pub result: Option<Proof>,
    /// Why it could not be asked at all.
    pub failure: Option<Error>,
}

/// What is known before asking.
struct Before {
    program: OpenclawProgram,
    version: Option<String>,
    settings: Option<Hash>,
    told: Settings,
    /// Where OpenClaw asks for models; `None`: nothing is judged of that Ollama.
    address: Option<Address>,
    /// The same, to show and to compare.
    url: String,
    /// Where this computer asks for the model's digest.
    here: Address,
}

/// Asks a model one real question through OpenClaw's gateway, and remembers an answer.
///
/// # Errors
/// `model.bad-name`, `gateway.no-program`, `settings.unreadable`, `file.failed`; what goes wrong with the question
/// itself is an outcome.
pub async fn prove(
    computer: &Computer,
    name: &str,
    limits: Limits,
    mut tell: impl FnMut(ProofPhase),
) -> Result<Proof, Error> {
    ModelName::parse(name)?;
    tell(ProofPhase::Asking);
    let before = known(computer).await?;
    let led = node::lead(computer, &before.program).await;
    let port = before.told.gateway();
    let at = computer.surroundings.milliseconds();
    let begun = Instant::now();
    let client = Client::new(&before.here, &computer.surroundings.environment, LOOK)?;
    let tag = listed(&client, name).await;
    let client = before.address.is_some().then_some(client);
    let model = tag.as_ref().map_or_else(|| name.trim().to_owned(), |tag| tag.name.clone());
    let is_local = before.told.is_local();
    let ended = if is_local && look(port).await != Gateway::Answers {
        // Asked all the same, its command would try for half a minute.
        Ended::Turn(Turn::default())
    } else {
        let question = Question {
            agent: before.told.agent().to_owned(),
            model: model.clone(),
            primary: before.told.used_id().is_some_and(|used| names::same(used, &model)),
            limit: limits.answer,
        };
        tokio::select! {
            turn = turn::ask(&led, &before.program.path, &question) => Ended::Turn(turn),
            lost = follow(client.as_ref(), &model, limits.silent, &mut tell) => Ended::OllamaLost(lost),
        }
    };
    let (turn, ollama) = match ended {
        Ended::Turn(turn) if turn.status.as_deref() == Some("ok") => (turn, OllamaNow::Unknown),
        Ended::Turn(turn) => (turn, now(client.as_ref(), &model).await),
        // It was under way; nobody told its name.
        Ended::OllamaLost(lost) => (Turn { run: Some(String::new()), ..Turn::default() }, lost),
    };
    let attempt = match turn.run.as_deref().filter(|run| !run.is_empty() && turn.status.is_none()) {
        Some(run) => failures::last(&led, &before.program.path, run).await,
        None => None,
    };
    let answered = turn.status.as_deref() == Some("ok");
    let gateway = if answered || !is_local { Gateway::Answers } else { look(port).await };
    let seen = Seen {
        turn: &turn,
        model: &model,
        attempt: attempt.as_ref(),
        gateway,
        port,
        ollama: &ollama,
        url: &before.url,
        limit: limits.answer,
    };
    let outcome = judge::outcome(&seen);
    let is_answer = matches!(outcome, ProofOutcome::Answered { .. });
    let evidence = if is_answer { Vec::new() } else { judge::evidence(&seen) };
    #[allow(clippy::cast_precision_loss)] // seconds for people
    let by_gateway = turn.milliseconds.filter(|_| is_answer).map(|milliseconds| milliseconds as f64 / 1000.0);
    let seconds = by_gateway.unwrap_or_else(|| begun.elapsed().as_secs_f64());
    let proof = Proof { at, model, outcome, seconds, evidence };
    remember(computer, before, tag, &proof).await;
    Ok(proof)
}

enum Ended {
    Turn(Turn),
    OllamaLost(OllamaNow),
}

async fn known(computer: &Computer) -> Result<Before, Error> {
    let computer = computer.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let found = program::find(&computer.surroundings);
        let found = found.ok_or_else(|| Error::from(ErrorCode::GatewayNoProgram {}))?;
        let configuration = computer.configuration()?;
        let told = configuration.as_ref().map(|all| Settings::of(all.value())).unwrap_or_default();
        let address = settled::asked_address(&computer, &told);
        Ok(Before {
            version: found.version.or(told.last_touched).map(|version| version.to_string()),
            program: found,
            settings: configuration.as_ref().map(Configuration::hash),
            here: address.clone().unwrap_or_else(|| computer.effective().0),
            url: settled::asked_url(&computer, &told),
            address,
            told,
        })
    });
    looked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
}

/// The model as Ollama lists it; `None` when it does not, or cannot be asked.
async fn listed(client: &Client, name: &str) -> Option<Tag> {
    let tags = client.tags().await.ok()?.models;
    tags.into_iter().find(|tag| names::same(&tag.name, name))
}

async fn now(client: Option<&Client>, model: &str) -> OllamaNow {
    let Some(client) = client else { return OllamaNow::Unknown };
    let loaded = match client.ps().await {
        Ok(running) => running.models.iter().any(|loaded| names::same(&loaded.name, model)),
        Err(error) => return lost(&error),
    };
    match client.tags().await {
        Ok(tags) => OllamaNow::Answers {
            installed: tags.models.iter().any(|tag| names::same(&tag.name, model)),
            loaded,
        },
        Err(error) => lost(&error),
    }
}

const fn lost(error: &Error) -> OllamaNow {
    match error.code {
        ErrorCode::OllamaRefused { .. } => OllamaNow::Refuses,
        ErrorCode::OllamaSilent { .. } => OllamaNow::Silent,
        _ => OllamaNow::Unknown,
    }
}

/// Follows Ollama while OpenClaw waits for it; returns when it is gone, never when nobody knows where it is.
async fn follow(
    client: Option<&Client>,
    model: &str,
    silent: Duration,
    tell: &mut impl FnMut(ProofPhase),
) -> OllamaNow {
    let Some(client) = client else { return std::future::pending().await };
    let (mut refusals, mut last_word) = (0, Instant::now());
    loop {
        match client.ps().await {
            Ok(running) => {
                (refusals, last_word) = (0, Instant::now());
                if running.models.iter().any(|loaded| names::same(&loaded.name, model)) {
                    tell(ProofPhase::Reading);
                }
            }
            Err(error) => match lost(&error) {
                OllamaNow::Refuses => {
                    refusals += 1;
                    if refusals >= REFUSALS {
                        return OllamaNow::Refuses;
                    }
                }
                OllamaNow::Silent if last_word.elapsed() >= silent => return OllamaNow::Silent,
                // It may not be for us to ask (a proxy, a key): OpenClaw's turn tells.
                _ => {}
            },
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Keeps an answer, unless the settings changed meanwhile, or the gateway may run older ones: then nobody knows which
/// were asked by.
async fn remember(computer: &Computer, before: Before, tag: Option<Tag>, proof: &Proof) {
    let (Some(settings), Some(tag)) = (before.settings, tag) else { return };
    let on = Circumstances { digest: tag.digest, settings, host: before.url, version: before.version };
    let (computer, proof) = (computer.clone(), proof.clone());
    let kept = tokio::task::spawn_blocking(move || {
        let now = computer.configuration().ok().flatten().map(|all| all.hash());
        if now != Some(settings) || settled::is_behind(&computer, &before.told) {
            return Ok(());
        }
        kept::remember(&computer.folders, &on, &proof)
    });
    // What was seen is no less true when it cannot be kept.
    drop(kept.await);
}
