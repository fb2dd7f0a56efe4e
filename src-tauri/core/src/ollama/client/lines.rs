//! The lines of a streamed answer, one at a time, bounded in length and in waiting.
//! Dropping them closes the connection, which is how Ollama is told to stop.

use reqwest::Response;
use tokio::time::Instant;

use super::Client;
use crate::error::{Error, ErrorCode};

/// Longest line of a stream.
const LINE_BYTES: usize = 8 << 20;

/// The lines of a stream.
#[derive(Debug)]
pub struct Lines {
    client: Client,
    response: Response,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were given out as lines.
    taken: usize,
    /// Bytes of the buffer, those included, that hold no further line end.
    searched: usize,
    ended: bool,
    /// For the next whole line: bytes that drip in, or line ends alone, are none. Kept here, so that dropping a
    /// waiting `next` does not begin the wait anew.
    deadline: Instant,
}

impl Lines {
    /// The lines of an answer that has begun.
    pub(super) fn of(client: Client, response: Response) -> Self {
        let deadline = Instant::now() + client.limits.stream;
        Self { client, response, buffer: Vec::new(), taken: 0, searched: 0, ended: false, deadline }
    }

    /// The next line without its end; `None` when the stream is over. A last line without an end counts.
    ///
    /// # Errors
    /// `ollama.*` codes; `ollama.unreadable` for a line longer than 8 MiB.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            if let Some(line) = self.take_line() {
                self.deadline = Instant::now() + self.client.limits.stream;
                return Ok(Some(line));
            }
            // Once for all lines of a piece: a piece may be nothing but line ends.
            self.buffer.drain(..self.taken.min(self.buffer.len()));
            self.searched = self.searched.saturating_sub(self.taken);
            self.taken = 0;
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                self.searched = 0;
                return Ok((!rest.trim_ascii().is_empty()).then_some(rest));
            }
            if self.buffer.len() > LINE_BYTES {
                let code = ErrorCode::OllamaUnreadable { url: self.client.address.to_string() };
                return Err(Error::new(code, format!("a line is longer than {LINE_BYTES} bytes")));
            }
            let chunk = tokio::time::timeout_at(self.deadline, self.client.chunk(&mut self.response));
            match chunk.await {
                Ok(Ok(Some(bytes))) => self.buffer.extend_from_slice(&bytes),
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(self.client.silent()),
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        loop {
            let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(at) = unsearched.iter().position(|byte| *byte == b'\n') else {
                self.searched = self.buffer.len();
                return None;
            };
            let end = self.searched + at;
            let line = self.buffer.get(self.taken..end).unwrap_or_default().trim_ascii_end();
            let line = (!line.is_empty()).then(|| line.to_vec());
            self.taken = end + 1;
            self.searched = self.taken;
            if line.is_some() {
                return line;
            }
        }
    }
}
