//! The connections of the server: a listener for axum whose sockets can be ended with a reset.
//! axum itself can only close politely.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// A listener on a real port.
pub(crate) struct Port(pub(crate) TcpListener);

impl Listener for Port {
    type Io = Connection;
    type Addr = Handle;

    async fn accept(&mut self) -> (Connection, Handle) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    // Lines of a pull go out as they are made. Where this fails they only come later.
                    drop(stream.set_nodelay(true));
                    let handle = Handle::default();
                    return (Connection { stream, handle: handle.clone() }, handle);
                }
                // One connection that failed before it was taken is no reason to stop; too many open files is
                // one to wait.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Handle> {
        // axum names peers by this type, and never asks for the listener's own.
        Ok(Handle::default())
    }
}

impl Connected<IncomingStream<'_, Port>> for Handle {
    fn connect_info(stream: IncomingStream<'_, Port>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Decides from a handler how its connection ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handle {
    reset: Arc<AtomicBool>,
}

impl Handle {
    /// The connection ends with a reset.
    pub(crate) fn reset_at_end(&self) {
        self.reset.store(true, Ordering::SeqCst);
    }
}

/// One connection.
pub(crate) struct Connection {
    stream: TcpStream,
    handle: Handle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.handle.reset.load(Ordering::SeqCst) {
            // Where this fails the connection closes politely, which the test of this notices.
            drop(self.stream.set_zero_linger());
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.handle.reset.load(Ordering::SeqCst) {
            // A polite end first would hide the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
