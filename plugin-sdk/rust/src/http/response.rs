//! `HttpResponse`: what a handler answers to a request, whole or piece by piece.
//!
//! It refuses to know credit: a piece goes when there is room for it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use outboard_proto::common::Chunk;
use outboard_proto::limits::CHUNK_BYTES;
use outboard_proto::plugin::reply::Result as Answer;
use outboard_proto::plugin::{self as wire, plugin_frame::Kind};
use tokio_stream::{Stream, StreamExt as _};

use crate::error::Error;
use crate::outcome::Outcome;
use crate::session::answer::reply;
use crate::session::codec::Encoded;
use crate::session::outbox::Outbox;

type Pieces = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Error>>>>;

/// An answer to a request.
pub struct HttpResponse {
    head: wire::HttpResponse,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    Pieces(Pieces),
}

impl HttpResponse {
    /// An answer without a body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let head = wire::HttpResponse { status: status.into(), ..wire::HttpResponse::default() };
        Self { head, body: Body::Whole(Vec::new()) }
    }

    /// 200 and a text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let response = Self::new(200).header("content-type", "text/plain; charset=utf-8");
        response.body(text.into())
    }

    /// 200 and JSON.
    #[must_use]
    pub fn json(json: impl Into<String>) -> Self {
        Self::new(200).header("content-type", "application/json").body(json.into())
    }

    /// Sets a header. Cookies and what else speaks for the whole of the app's address are taken
    /// out by the daemon.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.head.headers.insert(name.to_ascii_lowercase(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Whole(body.into());
        self
    }

    /// Sets a body that comes piece by piece. An error breaks it off, and whoever reads it learns
    /// that it is not whole.
    #[must_use]
    pub fn pieces(mut self, pieces: impl Stream<Item = Result<Vec<u8>, Error>> + 'static) -> Self {
        self.body = Body::Pieces(Box::pin(pieces));
        self
    }

    /// Says it all; returns the frame that ends the call.
    pub(crate) async fn say(self, call: u64, outbox: &Arc<Outbox>) -> Encoded {
        let Self { mut head, body } = self;
        match body {
            Body::Whole(content) if content.len() <= CHUNK_BYTES => {
                head.content = content.into();
                reply(call, Ok(Answer::Http(head)))
            }
            Body::Whole(content) => {
                let content = tokio_stream::once(Ok(content));
                in_pieces(call, head, Box::pin(content), outbox).await
            }
            Body::Pieces(pieces) => in_pieces(call, head, pieces, outbox).await,
        }
    }
}

/// The head, then piece after piece; the last one is returned.
async fn in_pieces(
    call: u64,
    mut head: wire::HttpResponse,
    mut pieces: Pieces,
    outbox: &Arc<Outbox>,
) -> Encoded {
    let stream = outbox.next_stream();
    head.body = stream;
    outbox.push(reply(call, Ok(Answer::Http(head))));
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return broken_off(stream, error.message()),
        };
        for data in piece.chunks(CHUNK_BYTES) {
            let chunk = Chunk { stream, data: data.to_vec().into(), ..Chunk::default() };
            // A lost session takes the call with it: nobody waits for the rest.
            if outbox.send_chunk(chunk).await.is_err() {
                return broken_off(stream, "the session is lost");
            }
        }
    }
    // An empty piece needs next to no credit.
    Encoded::from(Kind::Chunk(Chunk { stream, last: true, ..Chunk::default() }))
}

fn broken_off(stream: u64, why: &str) -> Encoded {
    let why = if why.is_empty() { "no reason given" } else { why };
    Encoded::from(Kind::Chunk(Chunk { stream, abort: why.to_owned(), ..Chunk::default() }))
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("head", &self.head).finish_non_exhaustive()
    }
}

impl Outcome<HttpResponse> for HttpResponse {
    fn outcome(self) -> Result<HttpResponse, Error> {
        Ok(self)
    }
}

impl Outcome<HttpResponse> for String {
    fn outcome(self) -> Result<HttpResponse, Error> {
        Ok(HttpResponse::text(self))
    }
}

impl Outcome<HttpResponse> for &'static str {
    fn outcome(self) -> Result<HttpResponse, Error> {
        Ok(HttpResponse::text(self))
    }
}

impl<E: Into<Error>> Outcome<HttpResponse> for Result<HttpResponse, E> {
    fn outcome(self) -> Result<HttpResponse, Error> {
        self.map_err(Into::into)
    }
}
