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
    /// Bytes of the buffer that hold no line end.
    searched: usize,
    ended: bool,
    /// For the next bytes. Kept here, so that dropping a waiting `next` does not begin the wait anew.
    deadline: Instant,
}

impl Lines {
    /// The lines of an answer that has begun.
    pub(super) fn of(client: Client, response: Response) -> Self {
        let deadline = Instant::now() + client.limits.stream;
        Self { client, response, buffer: Vec::new(), searched: 0, ended: false, deadline }
    }

    /// The next line without its end; `None` when the stream is over. A last line without an end counts.
    ///
    /// # Errors
    /// `ollama.*` codes; `ollama.unreadable` for a line longer than 8 MiB.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
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
                Ok(Ok(Some(bytes))) => {
                    self.buffer.extend_from_slice(&bytes);
                    self.deadline = Instant::now() + self.client.limits.stream;
                }
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
            let mut line: Vec<u8> = self.buffer.drain(..=self.searched + at).collect();
            self.searched = 0;
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}
