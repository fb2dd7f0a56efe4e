//! A request the plain way: an old protocol version makes the server close at the end.
//! For the programs that practice plays; what they ask is on this computer.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 8 << 20;

/// An answer.
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body as text.
    pub(crate) body: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> io::Result<Value> {
        serde_json::from_str(&self.body).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

/// Asks, with a body of JSON where one is given, and waits so long at most.
pub(crate) async fn ask(
    host: &str,
    port: u16,
    method: &str,
    path: &str,
    body: Option<&Value>,
    limit: Duration,
) -> io::Result<Reply> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let ask = async {
        let mut stream = TcpStream::connect((host, port)).await?;
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = tokio::time::timeout(limit, ask).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    Ok(Reply { status: status.ok_or(io::ErrorKind::InvalidData)?, body: body.to_owned() })
}
