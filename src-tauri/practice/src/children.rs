//! The programs that belong to a practice mode: each holds a connection to it for as long as it runs, and ends when
//! that closes. So none outlives it, whoever started it and however it ends.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use tokio::io::AsyncReadExt as _;

/// A program that was told to end closes its sockets at once.
const END: Duration = Duration::from_secs(10);

/// Where they connect to; dropped, it ends them. Connections wait in the system's queue: nobody talks over them.
pub(crate) struct Children {
    listener: TcpListener,
    address: SocketAddr,
}

impl Children {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self { address: listener.local_addr()?, listener })
    }

    /// What they are told in [`crate::program::PARENT`].
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all that run. When this returns, their ports are free. Within a tokio runtime.
    pub(crate) async fn end(&self) {
        let mut running = Vec::new();
        while let Ok((stream, _)) = self.listener.accept() {
            // All are told before any is waited for.
            stream.shutdown(std::net::Shutdown::Write).ok();
            running
                .extend(stream.set_nonblocking(true).and_then(|()| tokio::net::TcpStream::from_std(stream)));
        }
        for mut stream in running {
            // It says nothing; the end of its side is its end.
            drop(tokio::time::timeout(END, stream.read(&mut [0])).await);
        }
    }
}

/// For a program: connects to the one at this address. The result ends when that one does, or never was there.
pub(crate) fn parent_is_gone(address: Option<&str>) -> impl Future<Output = ()> + use<> {
    // Connected before the program says that it listens: so it is known to whoever waits for that.
    let stream = address.map(|address| {
        let stream = TcpStream::connect(address)?;
        stream.set_nonblocking(true)?;
        tokio::net::TcpStream::from_std(stream)
    });
    async move {
        match stream {
            None => std::future::pending().await,
            Some(Ok(mut stream)) => {
                drop(stream.read(&mut [0]).await);
                // The system closes it when the program has ended, which is what the other side waits for.
                std::mem::forget(stream);
            }
            Some(Err(_)) => {}
        }
    }
}
