//! How an installation ends early: by the user's wish, or by an error. The same for Ollama and for OpenClaw.

use tokio::sync::watch::Receiver;

use crate::error::Error;

/// Why an installation ended early.
pub(crate) enum Stop {
    Cancelled,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Does this, unless the user wishes its end first: then it is dropped.
pub(crate) async fn unless_stopped<A>(
    stop: Receiver<bool>,
    work: impl Future<Output = A>,
) -> Result<A, Stop> {
    tokio::select! {
        biased;
        () = stopped(stop) => Err(Stop::Cancelled),
        done = work => Ok(done),
    }
}

/// Until the user wishes its end, or nobody is left who could.
pub(crate) async fn stopped(mut stop: Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// The same for work that cannot wait: whether it is so already.
pub(crate) fn is_stopped(stop: &Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}
