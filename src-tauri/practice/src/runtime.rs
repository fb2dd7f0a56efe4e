//! A thread with its own small runtime for one server.
//! Stopping it drops every task and closes every socket at once, as when a process is killed.

use std::{future::Future, io, net::TcpListener as StdListener, sync::Mutex, thread::JoinHandle};

use tokio::{net::TcpListener, sync::oneshot};

/// A server that runs; dropping it stops it.
pub(crate) struct Running {
    stop: Mutex<Option<oneshot::Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Takes a bound listener and runs `serve` on it, on a thread of its own. Returns when it listens.
    pub(crate) async fn start<F, S>(listener: StdListener, serve: S) -> io::Result<Self>
    where
        F: Future<Output = ()>,
        S: FnOnce(TcpListener) -> F + Send + 'static,
    {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let thread = std::thread::Builder::new().name("practice".into()).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        // Nobody waiting any more is the same as being stopped: `stopped` says so.
                        drop(ready.send(Ok(())));
                        tokio::select! {
                            _ = stopped => {}
                            () = serve(listener) => {}
                        }
                    }
                    Err(cause) => drop(ready.send(Err(cause))),
                }
            });
            // Tasks and their sockets go with the runtime; names that are being looked up are not waited for.
            runtime.shutdown_background();
        })?;
        is_ready.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { stop: Mutex::new(Some(stop)), thread: Mutex::new(Some(thread)) })
    }

    /// Stops it. When this returns, the port is free and every connection is closed.
    pub(crate) fn stop(&self) {
        drop(take(&self.stop));
        if let Some(thread) = take(&self.thread) {
            // The thread does nothing that takes long once it is stopped; its panic would be its own.
            drop(thread.join());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}
