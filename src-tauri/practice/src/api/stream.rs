//! Answers that come in pieces: NDJSON and server-sent events.
//! The work writes lines; dropping the answer tells the work that its client is gone.

use std::io;

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::sync::mpsc;

/// Lines on their way; more wait for the client to read.
const LINES_IN_FLIGHT: usize = 4;

/// The client closed its connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientGone;

/// Where the work writes.
pub(super) struct Lines {
    sender: mpsc::Sender<io::Result<Piece>>,
}

/// One piece of an answer.
#[derive(Debug, Clone)]
struct Piece {
    value: Option<Value>,
    bytes: Bytes,
}

impl Lines {
    /// Sends one line of JSON.
    pub(super) async fn send(&self, value: &Value) -> Result<(), ClientGone> {
        let bytes = Bytes::from(format!("{value}\n"));
        self.piece(Piece { value: Some(value.clone()), bytes }).await
    }

    /// Sends one server-sent event.
    pub(super) async fn event(&self, data: &str) -> Result<(), ClientGone> {
        self.piece(Piece { value: None, bytes: Bytes::from(format!("data: {data}\n\n")) }).await
    }

    /// Ends the answer with the connection, in the middle of the body.
    pub(super) async fn break_off(&self) {
        // A client that is gone needs no broken connection.
        drop(self.sender.send(Err(io::ErrorKind::ConnectionReset.into())).await);
    }

    /// Waits until the client is gone.
    pub(super) async fn client_gone(&self) {
        self.sender.closed().await;
    }

    async fn piece(&self, piece: Piece) -> Result<(), ClientGone> {
        self.sender.send(Ok(piece)).await.map_err(|_| ClientGone)
    }
}

/// The answer that the lines become.
pub(super) struct Streamed {
    receiver: mpsc::Receiver<io::Result<Piece>>,
    content_type: &'static str,
}

impl Streamed {
    /// Takes the lines itself and gives back the last one: the answer with `"stream":false`. `None` when the
    /// lines broke off.
    pub(super) async fn last(mut self) -> Option<Value> {
        let mut last = None;
        while let Some(piece) = self.receiver.recv().await {
            last = piece.ok()?.value;
        }
        last
    }
}

impl IntoResponse for Streamed {
    fn into_response(self) -> Response {
        let pieces = futures_util::stream::unfold(self.receiver, |mut receiver| async move {
            let piece = receiver.recv().await?;
            Some((piece.map(|piece| piece.bytes), receiver))
        });
        ([(header::CONTENT_TYPE, self.content_type)], Body::from_stream(pieces)).into_response()
    }
}

/// An answer of lines of JSON.
pub(super) fn ndjson() -> (Lines, Streamed) {
    streamed("application/x-ndjson")
}

/// An answer of server-sent events.
pub(super) fn events() -> (Lines, Streamed) {
    streamed("text/event-stream")
}

fn streamed(content_type: &'static str) -> (Lines, Streamed) {
    let (sender, receiver) = mpsc::channel(LINES_IN_FLIGHT);
    (Lines { sender }, Streamed { receiver, content_type })
}
