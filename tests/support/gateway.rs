//! A stand-in for OpenClaw's gateway on a real port.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Stands for OpenClaw's gateway: answers `/healthz` on a real port, until the settings change when it is to.
pub struct Gateway {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Gateway {
    /// `dies_with`: the file whose next change is its end.
    pub fn start(dies_with: Option<&Path>) -> Self {
        Self::start_at(0, dies_with)
    }

    /// The same on a port of the caller's.
    pub fn start_at(port: u16, dies_with: Option<&Path>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let dies_with = dies_with.map(Path::to_path_buf);
        let thread = thread::spawn(move || {
            let mut before: Option<Vec<u8>> = None;
            for stream in listener.incoming().map_while(Result::ok) {
                let now = dies_with.as_ref().and_then(|file| fs::read(file).ok());
                let same =
                    *before.get_or_insert_with(|| now.clone().unwrap_or_default()) == now.unwrap_or_default();
                if stopped.load(Ordering::SeqCst) || !same {
                    return;
                }
                answer(&stream);
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

/// One answer; a caller that only looks whether someone listens gets none.
fn answer(stream: &TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    lines.find(|line| line.as_ref().map_or(true, String::is_empty))?.ok()?;
    assert!(first.starts_with("GET /healthz "), "{first}");
    let body = r#"{"ok":true,"status":"live"}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(&mut &*stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).ok()
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // It waits for a caller.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the gateway's own thread failed");
        }
    }
}
