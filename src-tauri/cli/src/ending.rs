//! The wish to end a command while it works: Ctrl-C, and on Unix what `kill` and a terminal that closes say. Heard from
//! the beginning, so that none of them cuts a restart in two.

use std::io;

/// Hears it as long as it lives; from then on the process no longer ends by itself.
pub(crate) struct Ending {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

#[cfg(unix)]
impl Ending {
    /// # Errors
    /// The system's.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hear = |kind| signal(kind);
        let signals =
            [hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?, hear(SignalKind::hangup())?];
        Ok(Self { signals })
    }

    /// Waits for it.
    pub(crate) async fn wished(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Ending {
    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn wished(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
