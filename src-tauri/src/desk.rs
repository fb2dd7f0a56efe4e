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
    /// Settles what a crash left, and starts watching.
    pub(crate) async fn open(computer: Computer) -> Self {
        // A history that cannot be settled is told by the next change; the window opens all the same.
        drop(change::settle(&computer).await);
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
        let desk = Desk::open(Computer::new(surroundings, None)).await;
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
}
