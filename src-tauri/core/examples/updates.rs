//! Counts how often the window is told of a download whose server speaks a thousand times a second.
//! Prints `{"updates","seconds"}`; run by `cargo xtask bench`.

use std::{
    io::Write,
    time::{Duration, Instant, SystemTime},
};

use pincer_core::{
    computer::Computer,
    live::{Live, state::Slice},
    machine::os::Os,
    ollama::pull::PullPhase,
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Options, Practice};
use tokio::sync::mpsc::unbounded_channel;

/// Lines of each layer, one a millisecond.
const TICKS: u32 = 3000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fast = Options { tick: Duration::from_millis(1), pull_ticks: TICKS, ..Options::default() };
    let practice = Practice::start(fast).await?;
    let home = tempfile::tempdir()?;
    let environment = Environment::new([("OLLAMA_HOST", practice.url())]);
    let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
    let live = Live::start(Computer::new(surroundings, None));
    let (send, mut updates) = unbounded_channel();
    live.subscribe(move |update| send.send(update).is_ok());
    live.pull("qwen3:8b", false)?;
    // Between the first and the last: as many gaps as updates, less one.
    let (mut first, mut gaps) = (None, 0_u64);
    while let Some(update) = updates.recv().await {
        let Slice::Pulls(pulls) = update.slice else { continue };
        match first {
            None => first = Some(Instant::now()),
            Some(_) => gaps += 1,
        }
        if pulls.first().is_some_and(|pull| pull.state == PullPhase::Done) {
            break;
        }
    }
    let seconds = first.map_or(0.0, |first| first.elapsed().as_secs_f64());
    let line = serde_json::json!({ "updates": gaps, "seconds": seconds });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
