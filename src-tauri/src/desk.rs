//! What the window's commands share: this computer, the live state, and the previews that wait to be applied.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    live::Live,
    openclaw::{
        change::{self, Prepared},
        outcome::Preview,
        plan::Plan,
    },
};
use tauri::async_runtime::JoinHandle;

/// Previews that wait; a window shows one at a time.
const WAITING: usize = 4;

/// The shared state of the commands.
pub(crate) struct Desk {
    pub(crate) computer: Computer,
    pub(crate) live: Live,
    plans: Mutex<Plans>,
    subscription: Mutex<Option<JoinHandle<()>>>,
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
        let live = Live::start(computer.clone());
        Self { computer, live, plans: Mutex::default(), subscription: Mutex::default() }
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
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held, and the data is whole even so.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
