//! Requests from outside, as an app passes them on: head, body in pieces, answer, its body.
//!
//! It minds no credit: a daemon must bear an app that does not.

use std::collections::HashMap;

use anyhow::Context as _;
use outboard_proto::app::{HttpRequest, HttpResponse, app_frame};
use outboard_proto::common::Chunk;
use tokio::sync::watch;

use super::App;
use super::answers::{Expected, wait_for};
use super::inbox::Waiting;

/// Bytes in one piece of a request.
const PIECE: usize = 50_000;

/// What came of one body.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// All its pieces.
    pub data: Vec<u8>,
    /// The last piece is there.
    pub ended: bool,
    /// Why it broke off.
    pub abort: String,
}

/// Bodies of answers, by stream.
pub type Bodies = watch::Sender<HashMap<u64, Received>>;

/// Takes a piece.
pub(super) fn take(bodies: &Bodies, chunk: &Chunk) {
    bodies.send_modify(|bodies| {
        let body = bodies.entry(chunk.stream).or_default();
        body.data.extend(&chunk.data);
        body.ended |= chunk.last;
        body.abort.clone_from(&chunk.abort);
    });
}

impl App {
    /// Passes a request on without waiting.
    ///
    /// # Errors
    /// The session is over.
    pub async fn start_http(&self, request: HttpRequest) -> anyhow::Result<Expected<HttpResponse>> {
        let expected = self.expect(Waiting::Http);
        let request = HttpRequest { id: expected.id, ..request };
        self.send(app_frame::Kind::Http(request)).await?;
        Ok(expected)
    }

    /// Passes a request on and returns the answer.
    ///
    /// # Errors
    /// The session is over.
    pub async fn http(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.start_http(request).await?.answer().await
    }

    /// Passes a request with a body in pieces on.
    ///
    /// # Errors
    /// The session is over.
    pub async fn upload(&self, request: HttpRequest, body: &[u8]) -> anyhow::Result<HttpResponse> {
        let expected = self.expect(Waiting::Http);
        let id = expected.id;
        self.send(app_frame::Kind::Http(HttpRequest { id, body: id, ..request })).await?;
        for data in body.chunks(PIECE) {
            let data = data.to_vec().into();
            self.piece(Chunk { stream: id, data, ..Chunk::default() }).await?;
        }
        self.piece(Chunk { stream: id, last: true, ..Chunk::default() }).await?;
        expected.answer().await
    }

    /// Sends one piece of a body.
    ///
    /// # Errors
    /// The session is over.
    pub async fn piece(&self, chunk: Chunk) -> anyhow::Result<()> {
        self.send(app_frame::Kind::Chunk(chunk)).await
    }

    /// The body of an answer, once it satisfies `wanted`.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn body_that(
        &self,
        stream: u64,
        wanted: impl Fn(&Received) -> bool,
    ) -> anyhow::Result<Received> {
        let seen = self.bodies.clone();
        let bodies =
            wait_for(seen, "body", |bodies| bodies.get(&stream).is_some_and(&wanted)).await?;
        bodies.get(&stream).cloned().context("it was there a moment ago")
    }
}

/// An anonymous request for a plugin's path.
#[must_use]
pub fn request(method: &str, plugin: &str, path: &str) -> HttpRequest {
    HttpRequest {
        plugin: plugin.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        user: "anonymous".to_owned(),
        ..HttpRequest::default()
    }
}
