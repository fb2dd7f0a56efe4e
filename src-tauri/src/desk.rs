//! What the window's commands share: this computer, the live state, and the previews that wait to be applied.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    journal::Steps,
    live::Live,
    openclaw::{
        change::{self, Prepared},
        history::Settled,
        outcome::Preview,
        plan::Plan,
    },
    preferences,
};
use tauri::{async_runtime::JoinHandle, ipc::Channel};

/// Previews that wait; a window shows one at a time.
const WAITING: usize = 4;

/// The shared state of the commands.
pub(crate) struct Desk {
    pub(crate) computer: Computer,
    pub(crate) live: Live,
    /// Where a damaged preferences file is now.
    pub(crate) set_aside: Option<PathBuf>,
    plans: Mutex<Plans>,
    subscription: Mutex<Option<JoinHandle<()>>>,
    closing: Mutex<Option<Channel<()>>>,
}

#[derive(Default)]
struct Plans {
    made: u64,
    waiting: VecDeque<(String, Plan)>,
}

impl Desk {
    /// Starts watching. To be called in a runtime.
    pub(crate) fn open(computer: Computer) -> Self {
        let set_aside = preferences::put_damaged_aside(&computer.surroundings).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        let live = Live::start(computer.clone());
        let mut steps = Steps::default();
        live.subscribe(move |update| {
            steps.hear(&update).iter().for_each(|line| log::info!("{line}"));
            true
        });
        Self {
            computer,
            live,
            set_aside,
            plans: Mutex::default(),
            subscription: Mutex::default(),
            closing: Mutex::default(),
        }
    }

    /// Settles what a crash left, which may take OpenClaw's own command its time: the window is open meanwhile.
    pub(crate) async fn settle(&self) {
        match change::settle(&self.computer).await {
            Ok(settled) if settled == Settled::default() => {}
            Ok(settled) => {
                log::info!("interrupted changes are settled: {settled:?}");
                self.live.look_again();
            }
            // A history that cannot be settled is told by the next change.
            Err(error) => log::warn!("{error}"),
        }
    }

    /// Keeps a plan until it is applied, and names it in its preview.
    pub(crate) fn keep(&self, prepared: Prepared) -> Preview {
        let mut plans = locked(&self.plans);
        plans.made += 1;
        let name = format!("plan-{}", plans.made);
        plans.waiting.push_back((name.clone(), prepared.plan));
        if plans.waiting.len() > WAITING {
            plans.waiting.pop_front();
        }
        Preview { plan: name, ..prepared.preview }
    }

    /// The plan of that name; it can be applied once.
    pub(crate) fn take(&self, name: &str) -> Result<Plan, Error> {
        let mut plans = locked(&self.plans);
        let place = plans.waiting.iter().position(|(known, _)| known == name);
        let found = place.and_then(|place| plans.waiting.remove(place));
        found.map(|(_, plan)| plan).ok_or_else(|| ErrorCode::SettingsPreviewGone {}.into())
    }

    /// Replaces the subscription: the window has one listener.
    pub(crate) fn subscribed(&self, task: JoinHandle<()>) {
        if let Some(old) = locked(&self.subscription).replace(task) {
            old.abort();
        }
    }

    /// The one listener for the wish to close the window.
    pub(crate) fn tell_of_closing(&self, channel: Channel<()>) {
        *locked(&self.closing) = Some(channel);
    }

    /// Whether the page asks the user first, because closing would stop downloads or the installation; then it was told so. A page that
    /// does not listen must not keep the window open.
    pub(crate) fn asks_before_closing(&self) -> bool {
        let told = |channel: &Channel<()>| channel.send(()).is_ok();
        self.live.is_busy() && locked(&self.closing).as_ref().is_some_and(told)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held, and the data is whole even so.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what broke by panicking")]

    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::SystemTime,
    };

    use pincer_core::{
        machine::os::Os,
        surroundings::{Environment, Surroundings},
    };
    use pincer_practice::{Options, Practice};

    use super::*;

    #[tokio::test]
    async fn the_user_is_asked_before_closing_only_while_a_download_runs_and_the_page_listens() {
        let ollama = Practice::start(Options { pull_ticks: 1_000_000, ..Options::default() }).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::new([("OLLAMA_HOST", ollama.url())]);
        let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
        let desk = Desk::open(Computer::new(surroundings, None));
        let told = Arc::new(AtomicUsize::new(0));
        let listening = || {
            let told = Arc::clone(&told);
            Channel::new(move |_| {
                told.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        };
        desk.live.pull("qwen3:8b", false).unwrap();
        assert!(!desk.asks_before_closing(), "nobody listens");
        desk.tell_of_closing(listening());
        assert!(desk.asks_before_closing());
        assert_eq!(told.load(Ordering::SeqCst), 1);
        desk.live.pulls().pause("qwen3:8b");
        assert!(!desk.asks_before_closing(), "a paused one loses nothing");
        assert_eq!(told.load(Ordering::SeqCst), 1);
        desk.live.pulls().resume("qwen3:8b", false);
        desk.tell_of_closing(Channel::new(|_| Err(tauri::Error::WindowNotFound)));
        assert!(!desk.asks_before_closing(), "a page that is gone cannot ask");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_was_interrupted_is_settled_while_the_desk_is_open() {
        use std::{
            fs,
            process::{Command, Stdio},
        };

        use pincer_core::ollama::own::Process;

        // A command of an earlier Pincer's that still runs, and the change that it belongs to.
        let mut command = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let Process { pid, started, program } = Process::of(command.id()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::new(Os::Linux, Environment::default(), home.path(), SystemTime::now);
        let computer = Computer::new(surroundings, None);
        computer.folders.create().unwrap();
        let id = "2026-11-23T10-15-30Z-0001";
        let receipt = format!(
            r#"{{"id":"{id}","number":1,"at":1795428930000,"status":"pending","files":[],
            "kind":{{"kind":"undo","params":{{"receipt":"2026-11-23T10-15-30Z-0000"}}}},
            "command":{{"wanted":false,"file":{:?},"process":{{"pid":{pid},"started":{started},"program":{program:?}}}}}}}"#,
            home.path().join("unit.service"),
        );
        fs::write(computer.folders.history().join(format!("{id}.json")), receipt).unwrap();

        let lock = computer.folders.lock();
        let desk = Desk::open(computer);
        let ended = async {
            let waits = || fs::File::open(&lock).is_ok_and(|file| file.try_lock().is_err());
            while !waits() {
                tokio::task::yield_now().await;
            }
            assert_eq!(change::list(&desk.computer).await.unwrap(), [], "not before the command ended");
            drop(command.stdin.take());
            command.wait().unwrap();
        };
        tokio::join!(desk.settle(), ended);
        assert_eq!(change::list(&desk.computer).await.unwrap()[0].id, id);
    }
}
