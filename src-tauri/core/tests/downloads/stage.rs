//! The stage of these tests: practice, a home, the live state of a window, and what it told.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use pincer_core::{
    computer::Computer,
    live::{
        Live,
        state::{Slice, Update},
    },
    machine::os::Os,
    ollama::pull::{PullPhase, PullState},
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Event, Options, Practice, PullFault};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Far more than anything here takes: only a test that fails reaches it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
pub(crate) const MODEL: &str = "qwen3:8b";
pub(crate) const OTHER: &str = "mistral";
pub(crate) const THIRD: &str = "qwen3:4b";

/// A window without a face: practice, a home, the live state, and what it told.
pub(crate) struct Stage {
    pub(crate) practice: Practice,
    pub(crate) home: TempDir,
    pub(crate) computer: Computer,
    pub(crate) live: Live,
    pub(crate) updates: UnboundedReceiver<Update>,
    /// The bars seen last, by name: none may fall.
    pub(crate) bars: HashMap<String, PullState>,
}

impl Stage {
    pub(crate) async fn new(options: Options) -> Self {
        Self::with(options, |surroundings| surroundings).await
    }

    pub(crate) async fn with(options: Options, change: impl FnOnce(Surroundings) -> Surroundings) -> Self {
        let practice = Practice::start(Options { tick: Duration::from_millis(2), ..options }).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::new([
            ("OLLAMA_HOST", practice.url()),
            ("OLLAMA_MODELS", models(home.path()).display().to_string()),
        ]);
        let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
        let computer = Computer::new(change(surroundings), None);
        let live = Live::start(computer.clone());
        let (send, updates) = unbounded_channel();
        live.subscribe(move |update| send.send(update).is_ok());
        Self { practice, home, computer, live, updates, bars: HashMap::new() }
    }

    /// The next state that `wanted` takes.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&[PullState]) -> bool) -> Vec<PullState> {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let update = tokio::time::timeout_at(deadline, self.updates.recv()).await;
            let Ok(update) = update else { panic!("it did not come; last seen: {:?}", self.bars) };
            let Slice::Pulls(pulls) = update.expect("subscribed").slice else { continue };
            for pull in &pulls {
                assert!((0.0..=1.0).contains(&pull.fraction));
                if let Some(before) = self.bars.insert(pull.name.clone(), pull.clone()) {
                    assert!(pull.fraction >= before.fraction, "the bar fell: {before:?} {pull:?}");
                }
            }
            if wanted(&pulls) {
                return pulls;
            }
        }
    }

    /// The next state of the download `name` that is in one of these phases.
    pub(crate) async fn phase(&mut self, name: &str, phases: &[PullPhase]) -> PullState {
        let pulls = self.until(|pulls| pulls.iter().any(|pull| is(pull, name, phases))).await;
        pulls.into_iter().find(|pull| pull.name == name).unwrap()
    }

    /// Bytes of `name` are coming.
    pub(crate) async fn flowing(&mut self, name: &str) {
        let flows = |pull: &PullState| is(pull, name, &[PullPhase::Downloading]) && pull.completed_bytes > 0;
        self.until(|pulls| pulls.iter().any(flows)).await;
    }

    /// How often `name` was asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let asks = |request: &&pincer_practice::Request| {
            request.path == "/api/pull" && request.body["model"] == name
        };
        self.practice.requests().iter().filter(asks).count()
    }

    pub(crate) async fn stopped(&self, name: &str) -> bool {
        let stops =
            |event: &Event| matches!(event, Event::TransferStopped { model, .. } if model.starts_with(name));
        self.practice.until_event(LIMIT, stops).await
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.home.path().join(".openclaw/openclaw.json")
    }

    /// Settings with exactly this model listed, as a person wrote them.
    pub(crate) fn pinned(&self) -> String {
        let text = format!(
            "{{ // mine\n  models: {{ providers: {{ ollama: {{ baseUrl: '{}', api: 'ollama', apiKey: 'ollama-local',\n    \
             models: [{{ id: 'llama3.2:3b' }}] }} }} }} }}\n",
            self.practice.url()
        );
        fs::create_dir_all(self.settings().parent().unwrap()).unwrap();
        fs::write(self.settings(), &text).unwrap();
        text
    }

    pub(crate) fn listed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.settings()).unwrap();
        let value: Value = json5::from_str(&text).unwrap();
        let models = value["models"]["providers"]["ollama"]["models"].as_array().unwrap().clone();
        models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn models(home: &Path) -> PathBuf {
    home.join("models")
}

pub(crate) fn is(pull: &PullState, name: &str, phases: &[PullPhase]) -> bool {
    pull.name == name && phases.contains(&pull.state)
}

pub(crate) fn phases(pulls: &[PullState]) -> Vec<PullPhase> {
    pulls.iter().map(|pull| pull.state).collect()
}

/// Pulls that a test ends itself.
pub(crate) fn slow() -> Options {
    Options { pull_ticks: 1_000_000, ..Options::default() }
}

pub(crate) fn stalled() -> PullFault {
    PullFault::Stalls { after_bytes: 1_000_000_000, ticks: None }
}
