//! Work of Pincer's that must not be left half-way when it ends: it is counted, hears of the end, and is waited for.
//! The faces call [`finish`]; whoever ends a program and starts the next, or runs OpenClaw's own command, holds one.

use std::{
    sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// Ending an Ollama takes 15 s at the worst. A command of OpenClaw's that is taken back may take longer: a change is
/// pending from before its first step, and the next start settles it.
const FINISH: Duration = Duration::from_secs(30);

static UNDER_WAY: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());
static LEAVING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// One piece of it, until dropped.
pub(crate) struct Unfinished(());

impl Unfinished {
    pub(crate) fn begin() -> Self {
        *under_way() += 1;
        Self(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        *under_way() -= 1;
        UNDER_WAY.1.notify_all();
    }
}

fn under_way() -> MutexGuard<'static, usize> {
    // Nothing panics while it is held, and a number is whole even so.
    UNDER_WAY.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns once Pincer is about to end.
pub(crate) async fn leaving() {
    // The sender lives as long as the process.
    drop(LEAVING.subscribe().wait_for(|leaving| *leaving).await);
}

/// For a process that is about to end: says so, and waits until no Ollama is ended without the next one started and every
/// change with a command of OpenClaw's is whole or taken back, 30 s at the most; a change that is not by then is settled
/// at the next start. Blocking, and the runtime has to go on meanwhile.
pub fn finish() {
    LEAVING.send_replace(true);
    drop(UNDER_WAY.1.wait_timeout_while(under_way(), FINISH, |count| *count > 0));
}
