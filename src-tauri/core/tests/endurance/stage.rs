//! A window without a face on a computer of its own, and what is done with it.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use pincer_core::{
    computer::Computer,
    live::{
        Live,
        state::{Slice, Update},
    },
    machine::os::Os,
    ollama::pull::PullPhase,
    openclaw::{
        change::{self, Wish},
        outcome::UseRequest,
    },
    surroundings::{Environment, Surroundings},
};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::server::Server;

/// Far more than anything here takes: only a test that fails reaches it.
const LIMIT: Duration = Duration::from_secs(120);
const MODELS: [&str; 2] = ["qwen3:8b", "llama3.2:3b"];
const DOWNLOADS: [&str; 3] = ["mistral", "qwen3:4b", "gemma2:2b"];

pub(crate) struct Stage {
    server: Server,
    home: TempDir,
    computer: Computer,
    live: Live,
    updates: UnboundedReceiver<Update>,
}

impl Stage {
    /// Within a runtime.
    pub(crate) fn new() -> Self {
        let server = Server::start();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join(".openclaw")).unwrap();
        let settings =
            "{ // mine\n  gateway: { mode: 'local' },\n  meta: { lastTouchedVersion: '2026.9.6' } }\n";
        fs::write(home.path().join(".openclaw/openclaw.json"), settings).unwrap();
        let models = home.path().join("models").display().to_string();
        let environment = Environment::new([("OLLAMA_HOST", server.url.clone()), ("OLLAMA_MODELS", models)]);
        let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
        let computer = Computer::new(surroundings, None);
        let live = Live::start(computer.clone());
        let (send, updates) = unbounded_channel();
        live.subscribe(move |update| send.send(update).is_ok());
        Self { server, home, computer, live, updates }
    }

    /// Somebody looks.
    pub(crate) fn wake(&self) {
        self.live.set_visible(true);
    }

    async fn until(&mut self, what: &str, mut wanted: impl FnMut(&Slice) -> bool) {
        let seen = async {
            while let Some(update) = self.updates.recv().await {
                if wanted(&update.slice) {
                    return;
                }
            }
        };
        assert!(tokio::time::timeout(LIMIT, seen).await.is_ok(), "it did not come: {what}");
    }

    /// OpenClaw's model is changed, and changed back.
    pub(crate) async fn change_and_undo(&mut self, round: u32) {
        let before = self.settings();
        let primary = MODELS[round as usize % MODELS.len()].to_owned();
        let wish = Wish::Use(UseRequest { primary, ..UseRequest::default() });
        let prepared = change::prepare(&self.computer, wish).await.unwrap();
        let done = change::apply(&self.computer, prepared.plan).await.unwrap();
        assert!(done.is_some() && self.settings() != before, "it changes something");
        change::undo(&self.computer, None, false).await.unwrap();
        assert_eq!(self.settings(), before, "and back, to the letter");
    }

    /// A download that is cancelled while it flows.
    pub(crate) async fn download_and_cancel(&mut self, round: u32) {
        let name = DOWNLOADS[round as usize % DOWNLOADS.len()];
        let is = |slice: &Slice, wanted: &dyn Fn(PullPhase, u64) -> bool| match slice {
            Slice::Pulls(pulls) => {
                pulls.iter().any(|pull| pull.name == name && wanted(pull.state, pull.completed_bytes))
            }
            _ => false,
        };
        self.live.pull(name, false).unwrap();
        let flows = |phase, bytes| phase == PullPhase::Downloading && bytes > 0;
        self.until("bytes", |slice| is(slice, &flows)).await;
        self.live.pulls().cancel(name);
        self.until("the end", |slice| is(slice, &|phase, _| phase == PullPhase::Cancelled)).await;
        self.live.pulls().dismiss(name);
        self.until("an empty list", |slice| matches!(slice, Slice::Pulls(pulls) if pulls.is_empty())).await;
    }

    /// The server goes, and comes back.
    pub(crate) async fn flap(&mut self) {
        for (order, gone) in [("stop", true), ("start", false)] {
            self.server.order(order);
            self.live.look_again();
            let seen =
                |slice: &Slice| matches!(slice, Slice::Models(models) if models.problem.is_some() == gone);
            self.until(order, seen).await;
        }
    }

    /// Everything was looked at once more; then nobody looks, and nothing is heard any more.
    pub(crate) async fn rest(&mut self) {
        self.live.look_through().await;
        self.live.set_visible(false);
        while self.updates.try_recv().is_ok() {}
    }

    fn settings(&self) -> String {
        fs::read_to_string(self.home.path().join(".openclaw/openclaw.json")).unwrap()
    }

    /// The files beside the settings.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join(".openclaw")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// How many files there are of Pincer's own.
    pub(crate) fn kept(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
        }
        count(self.home.path()) - self.files().len()
    }
}
