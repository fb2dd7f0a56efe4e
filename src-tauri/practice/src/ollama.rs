//! The in-memory Ollama as a program, to be found on a PATH under the name `ollama`.
//! What it plays is set by environment variables, which a test can hand to a program it never calls itself.

use std::{ffi::OsString, io, net::TcpListener, str::FromStr, time::Duration};

use clap::{Parser, Subcommand};
use serde_json::Value;

use crate::{
    faults::{self, Fault, Place},
    host::Host,
    options::{Options, VERSION},
    plain,
    program::{say, stopped, variable, warn},
    raw::RawServer,
    server::Practice,
    state::Answer,
};

/// How long `list` and `--version` wait for the server.
const ANSWER: Duration = Duration::from_secs(5);

const ENVIRONMENT: &str = "\
Environment:
  OLLAMA_HOST              where to listen or to connect, by Ollama's rules; port 0 picks a free one
  PRACTICE_MODELS          demo (the default), groups, none, chat-only, checks, fixtures
  PRACTICE_MANY            a number: so many models with tools instead
  PRACTICE_VERSION         the version that the server and the program claim
  PRACTICE_CLIENT_VERSION  the version of the program alone
  PRACTICE_DELAY_MS        wait before each answer
  PRACTICE_PULL_TICKS      ticks that a pull takes
  PRACTICE_TICK_MS         how long a tick is; 60, as Ollama's, unless said
  PRACTICE_SILENT          1: bind the port and answer nothing, as an Ollama that starts
  PRACTICE_SILENT_MS       be silent so long, then answer
  PRACTICE_BUSY            1: greet and list, and never say what runs, as an Ollama that gets to nothing new
  PRACTICE_FAULT           play this fault of the table on 127.0.0.1 instead (a wrong name lists them)
  PRACTICE_EXIT            print this to stderr as an error and end with status 1 instead of serving

When `serve` is ready it prints one line on stdout: listening on 127.0.0.1:PORT";

/// An Ollama that lives in memory, for tests and for practice.
#[derive(Parser)]
#[command(disable_version_flag = true, after_help = ENVIRONMENT)]
struct Arguments {
    /// Show version information.
    #[arg(short = 'v', long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server.
    #[command(alias = "start")]
    Serve,
    /// List the models of a server that runs.
    #[command(alias = "ls")]
    List,
}

/// Does what the arguments say; the first one is the program's own name.
pub(crate) async fn main(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let arguments = Arguments::parse_from(arguments);
    match arguments.command {
        _ if arguments.version => version().await,
        Some(Command::Serve) => serve().await,
        Some(Command::List) => list().await,
        None => say("Usage: ollama [serve|list|--version] (--help says more)"),
    }
}

async fn serve() -> io::Result<()> {
    if let Some(text) = variable("PRACTICE_EXIT") {
        return Err(io::Error::other(text));
    }
    let host = Host::parse(&variable("OLLAMA_HOST").unwrap_or_default());
    let stopped = stopped()?;
    if let Some(name) = variable("PRACTICE_FAULT") {
        let known: Vec<String> = faults::table().into_iter().map(|fault| fault.name.into_owned()).collect();
        let fault = faults::named(&name)
            .ok_or_else(|| io::Error::other(format!("no such fault; there are: {}", known.join(", "))))?;
        return play(fault, host.port, stopped).await;
    }
    let options = options()?;
    let listener = bind(&host).await?;
    let address = listener.local_addr()?;
    log(&format!(
        "msg=\"server config\" env=\"map[OLLAMA_HOST:{}://{address} OLLAMA_MODELS:memory OLLAMA_ORIGINS:[]]\"",
        host.scheme
    ))?;
    log(&format!("msg=\"Listening on {address} (version {})\"", options.version))?;
    if variable("PRACTICE_SILENT").is_some_and(|value| value != "0") {
        say(&format!("listening on {address}"))?;
        stopped.await;
        // Until here the system took connections, and nobody answered.
        drop(listener);
        return Ok(());
    }
    tokio::pin!(stopped);
    if let Some(time) = number::<u64>("PRACTICE_SILENT_MS")? {
        say(&format!("listening on {address}"))?;
        tokio::select! {
            () = &mut stopped => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(time)) => {}
        }
        let practice = Practice::start_with(listener, options).await?;
        stopped.await;
        practice.stop().await;
        return Ok(());
    }
    let practice = Practice::start_with(listener, options).await?;
    if variable("PRACTICE_BUSY").is_some_and(|value| value != "0") {
        practice.set_answer("/api/ps", Some(Answer::Silent));
    }
    say(&format!("listening on {}", practice.addr()))?;
    stopped.await;
    practice.stop().await;
    Ok(())
}

/// Plays a fault. One of downloads alone stands before a server that is healthy otherwise.
async fn play(fault: Fault, port: u16, stopped: impl Future<Output = ()>) -> io::Result<()> {
    let (healthy, server) = if fault.place == Place::Pull {
        let healthy = Practice::start(Options { port: 0, ..options()? }).await?;
        let server = RawServer::start_before(fault, port, "/api/pull", healthy.addr()).await?;
        (Some(healthy), server)
    } else {
        (None, RawServer::start(fault, port).await?)
    };
    say(&format!("listening on {}", server.addr()))?;
    stopped.await;
    server.stop().await;
    drop(healthy);
    Ok(())
}

/// Binds as Ollama does, and fails in its words.
async fn bind(host: &Host) -> io::Result<TcpListener> {
    let (name, port) = host.to_bind();
    let told = |cause: io::Error| {
        let why = match cause.kind() {
            io::ErrorKind::AddrInUse => "address already in use".to_owned(),
            _ => cause.to_string(),
        };
        io::Error::new(cause.kind(), format!("listen tcp {name}:{port}: bind: {why}"))
    };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in tokio::net::lookup_host((name, port)).await.map_err(told)? {
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            Err(cause) => last = cause,
        }
    }
    Err(told(last))
}

fn options() -> io::Result<Options> {
    let set = variable("PRACTICE_MODELS").unwrap_or_else(|| "demo".into());
    let mut options = match (number("PRACTICE_MANY")?, set.as_str()) {
        (Some(count), _) => Options::many(count),
        (None, "demo") => Options::demo(),
        (None, "groups") => Options::groups(),
        (None, "none") => Options { models: Vec::new(), ..Options::demo() },
        (None, "chat-only") => Options::chat_only(),
        (None, "checks") => Options::checks(),
        (None, "fixtures") => Options::fixtures(),
        (None, other) => return Err(io::Error::other(format!("PRACTICE_MODELS: no such set: {other}"))),
    };
    if let Some(version) = variable("PRACTICE_VERSION") {
        options.version = version;
    }
    if let Some(time) = number("PRACTICE_DELAY_MS")? {
        options.answer_delay = Duration::from_millis(time);
    }
    if let Some(ticks) = number("PRACTICE_PULL_TICKS")? {
        options.pull_ticks = ticks;
    }
    if let Some(time) = number("PRACTICE_TICK_MS")? {
        options.tick = Duration::from_millis(time);
    }
    Ok(options)
}

/// The version of the server that runs, else of the program.
async fn version() -> io::Result<()> {
    let own = variable("PRACTICE_CLIENT_VERSION")
        .or_else(|| variable("PRACTICE_VERSION"))
        .unwrap_or_else(|| VERSION.into());
    let answer = get("/api/version").await.ok();
    let served = answer.as_ref().and_then(|answer| answer.get("version")?.as_str()).unwrap_or(&own);
    say(&format!("ollama version is {served}"))?;
    if served != own {
        say(&format!("Warning: client version is {own}"))?;
    }
    Ok(())
}

async fn list() -> io::Result<()> {
    let answer = get("/api/tags").await.map_err(|_| {
        io::Error::other("could not connect to ollama server, run 'ollama serve' to start it")
    })?;
    say(&format!("{:<28}{:<16}{:<10}{}", "NAME", "ID", "SIZE", "MODIFIED"))?;
    for model in answer.get("models").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| model.get(key).and_then(Value::as_str).unwrap_or_default();
        let start = |key, count| text(key).chars().take(count).collect::<String>();
        let size = model.get("size").and_then(Value::as_u64).unwrap_or_default();
        let size = match size {
            1_000_000_000.. => format!("{}.{} GB", size / 1_000_000_000, size / 100_000_000 % 10),
            1_000_000.. => format!("{} MB", size / 1_000_000),
            _ => "-".into(),
        };
        say(&format!(
            "{:<28}{:<16}{size:<10}{}",
            text("name"),
            start("digest", 12),
            start("modified_at", 10)
        ))?;
    }
    Ok(())
}

/// One question to the server that `OLLAMA_HOST` names.
async fn get(path: &str) -> io::Result<Value> {
    let (host, port) = Host::parse(&variable("OLLAMA_HOST").unwrap_or_default()).to_connect();
    plain::ask(&host, port, "GET", path, None, ANSWER).await?.json()
}

fn number<T: FromStr>(name: &str) -> io::Result<Option<T>> {
    let read = |text: String| text.parse().map_err(|_| io::Error::other(format!("{name} must be a number")));
    variable(name).map(read).transpose()
}

fn log(line: &str) -> io::Result<()> {
    warn(&format!("level=INFO source=practice {line}"))
}
