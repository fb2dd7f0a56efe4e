//! A server that plays bytes by script: silence, resets, drips, wrong lengths, other protocols.
//! The scripts are in `faults.rs`; here is what plays them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{faults::Fault, runtime::Running};

/// The longest request that is read, in bytes.
const LONGEST_REQUEST: usize = 1 << 20;
/// How long a connection that was closed politely is still read, so that unread bytes do not make it a reset.
const DRAIN: Duration = Duration::from_secs(2);
/// Time to reach the server behind.
const CONNECT: Duration = Duration::from_secs(5);

/// One thing that a script does on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Reads a whole request.
    ReadRequest,
    /// Sends these bytes.
    Send(Bytes),
    /// Sends these bytes one by one, with a pause before each.
    Drip(Bytes, Duration),
    /// Sends these bytes so many times: more than anyone would keep in memory.
    Times(Bytes, u32),
    /// Sends these bytes again and again until the client leaves, with a pause before each time.
    Repeat(Bytes, Duration),
    /// Waits.
    Pause(Duration),
    /// Says nothing until the client leaves.
    Hold,
    /// Ends the connection with a reset. Without it, a script's end is a polite one.
    Reset,
}

/// What happens on every connection of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// The port is bound and nothing is ever taken from it: what an Ollama that starts looks like.
    NeverAccept,
    /// These steps, then a polite end.
    Steps(Vec<Step>),
}

/// A server on a real port of 127.0.0.1 that plays one fault. Dropping it stops it.
pub struct RawServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    running: Mutex<Option<Running>>,
}

/// What reached the server.
#[derive(Default)]
struct Seen {
    log: Mutex<Log>,
    revision: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    connections: usize,
    requests: Vec<String>,
    heads: Vec<String>,
}

/// Only requests to `path` get the fault; the others go to the server at `upstream`.
#[derive(Clone)]
struct Before {
    path: String,
    upstream: SocketAddr,
}

impl RawServer {
    /// Starts a server that plays this fault on every connection. Port 0: any free one.
    ///
    /// # Errors
    ///
    /// What the system says when the port cannot be bound.
    pub async fn start(fault: Fault, port: u16) -> io::Result<Self> {
        Self::launch(fault, port, None).await
    }

    /// Starts a server that plays this fault for requests to `path` only, and hands all others to the server at
    /// `upstream`. Port 0: any free one. The fault's script must begin by reading a request.
    ///
    /// # Errors
    ///
    /// What the system says when the port cannot be bound.
    pub async fn start_before(fault: Fault, port: u16, path: &str, upstream: SocketAddr) -> io::Result<Self> {
        Self::launch(fault, port, Some(Before { path: path.to_owned(), upstream })).await
    }

    async fn launch(fault: Fault, port: u16, before: Option<Before>) -> io::Result<Self> {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let log = Arc::clone(&seen);
        let running =
            Running::start(listener, move |listener| accept(listener, fault.script, before, log)).await?;
        Ok(Self { address, seen, running: Mutex::new(Some(running)) })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its socket address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were taken so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.read(|log| log.connections)
    }

    /// The first lines of the requests that were read so far: `GET /api/tags HTTP/1.1`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.seen.read(|log| log.requests.clone())
    }

    /// The same with all their headers, each line with its end.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        self.seen.read(|log| log.heads.clone())
    }

    /// Waits until so many connections were taken; `false` when `limit` passes first.
    pub async fn until_connections(&self, limit: Duration, count: usize) -> bool {
        let mut revision = self.seen.revision.subscribe();
        let reached = revision.wait_for(|_| self.connections() >= count);
        tokio::time::timeout(limit, reached).await.is_ok_and(|reached| reached.is_ok())
    }

    /// Stops it: the port and every connection are closed when this returns.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Joining the thread blocks for a moment, and its user's runtime may have one thread only.
        tokio::task::spawn_blocking(move || drop(running)).await.ok();
    }
}

impl Seen {
    fn read<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        look(&self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: impl FnOnce(&mut Log)) {
        note(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner));
        self.revision.send_modify(|revision| *revision += 1);
    }
}

async fn accept(listener: TcpListener, script: Script, before: Option<Before>, seen: Arc<Seen>) {
    let Script::Steps(steps) = script else {
        // The system takes connections on its own while the listener lives.
        std::future::pending::<()>().await;
        drop(listener);
        return;
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        seen.note(|log| log.connections += 1);
        let (steps, before, seen) = (steps.clone(), before.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            // A client that leaves in the middle ends the script, and that is all.
            serve(stream, &steps, before.as_ref(), &seen).await.ok();
        });
    }
}

async fn serve(
    mut stream: TcpStream,
    steps: &[Step],
    before: Option<&Before>,
    seen: &Seen,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut has_request = false;
    if let Some(before) = before {
        let request = read_request(&mut stream, seen).await?;
        if path_of(&request) != before.path {
            return forward(stream, &request, before.upstream).await;
        }
        has_request = true;
    }
    for step in steps {
        match step {
            Step::ReadRequest if has_request => has_request = false,
            Step::ReadRequest => drop(read_request(&mut stream, seen).await?),
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::Drip(bytes, each) => {
                for byte in bytes {
                    tokio::time::sleep(*each).await;
                    stream.write_all(std::slice::from_ref(byte)).await?;
                }
            }
            Step::Times(bytes, count) => {
                for _ in 0..*count {
                    stream.write_all(bytes).await?;
                }
            }
            Step::Repeat(bytes, each) => loop {
                tokio::time::sleep(*each).await;
                stream.write_all(bytes).await?;
            },
            Step::Pause(time) => tokio::time::sleep(*time).await,
            Step::Hold => return read_away(&mut stream).await,
            Step::Reset => return stream.set_zero_linger(),
        }
    }
    stream.shutdown().await?;
    tokio::time::timeout(DRAIN, read_away(&mut stream)).await.unwrap_or(Ok(()))
}

/// Reads until the client closes.
async fn read_away(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// Reads one request, head and body, and notes its first line.
async fn read_request(stream: &mut TcpStream, seen: &Seen) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        request.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if count == 0 || request.len() > LONGEST_REQUEST {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((head, body)) = split(&request)
            && body.len() >= body_length(head)
        {
            break;
        }
    }
    let first = request.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first).into_owned();
    let head =
        split(&request).map_or_else(String::new, |(head, _)| String::from_utf8_lossy(head).into_owned());
    seen.note(|log| {
        log.requests.push(first);
        log.heads.push(head);
    });
    Ok(request)
}

/// Head and body of a request, once the head is whole.
fn split(request: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((request.get(..end)?, request.get(end + 4..)?))
}

fn body_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok()).flatten()
    });
    length.unwrap_or(0)
}

fn path_of(request: &[u8]) -> String {
    let line = request.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line).into_owned();
    let target = line.split(' ').nth(1).unwrap_or_default();
    target.split('?').next().unwrap_or_default().to_owned()
}

/// Hands a request on, one to a connection, so that the next one is looked at too.
async fn forward(mut stream: TcpStream, request: &[u8], upstream: SocketAddr) -> io::Result<()> {
    let connect = tokio::time::timeout(CONNECT, TcpStream::connect(upstream));
    let mut behind = connect.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let (head, body) = split(request).unwrap_or((request, &[]));
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.to_ascii_lowercase().starts_with(b"connection:") {
            behind.write_all(line).await?;
            behind.write_all(b"\r\n").await?;
        }
    }
    behind.write_all(b"Connection: close\r\n\r\n").await?;
    behind.write_all(body).await?;
    // A client that leaves takes its connection behind with it.
    let (mut from_client, mut to_client) = stream.split();
    let (mut from_behind, mut to_behind) = behind.split();
    let mut buffer = [0; 4096];
    tokio::select! {
        copied = tokio::io::copy(&mut from_behind, &mut to_client) => drop(copied?),
        left = from_client.read(&mut buffer) => drop(left?),
    }
    to_behind.shutdown().await?;
    stream.shutdown().await
}
