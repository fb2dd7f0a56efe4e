//! The wish to end a command while it works: Ctrl-C, and on Unix what `kill` and a terminal that closes say. Heard from
//! the beginning, so that none of them cuts a restart in two.

use std::io;

use tokio::sync::watch;

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

/// What ends a part of a command once that is wished, heard from when that part asks; and whether it was.
pub(crate) fn once_wished() -> (impl Future<Output = ()> + Send + 'static, watch::Receiver<bool>) {
    let (wished, was_wished) = watch::channel(false);
    let asked = async move {
        // Where it cannot be heard, the process ends by itself.
        let Ok(mut ending) = Ending::listen() else { return std::future::pending().await };
        ending.wished().await;
        wished.send_replace(true);
    };
    (asked, was_wished)
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
