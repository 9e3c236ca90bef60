//! Passing requests from outside to plugins, bodies in both directions.
//!
//! It refuses to know HTTP servers; a request is made by hand, and an answer read by hand.

use std::time::{Duration, Instant};

use bytes::Bytes;
use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{self as wire, DaemonFrame, app_frame};
use outboard_proto::common::Chunk;
use outboard_proto::limits::CHUNK_BYTES;
use tokio_stream::StreamExt as _;

use crate::app::{App, Call, micros};
use crate::egress::Class;
use crate::frame;
use crate::http::{HttpBody, HttpError, HttpRequest, HttpResponse, Pieces, RequestBody};
use crate::outcome::Why;

/// How long an answer's head may take where the caller sets no time: what a route may have at most,
/// and a little for the daemon to say that it was missed.
const LONGEST: Duration = Duration::from_millis(60_500);

impl App {
    /// Passes a request on to a plugin. Returns when the answer's head is there; its body follows.
    ///
    /// # Errors
    /// What the plugin or the daemon said, or that nobody could be asked.
    pub async fn http(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let started = Instant::now();
        let HttpRequest { mut wire, body, budget } = request;
        wire.budget_us = budget.map_or(0, micros);
        wire.id = self.exchange().open(started).map_err(HttpError::from_why)?;
        let id = wire.id;
        let pieces = match body {
            RequestBody::Whole(content) if content.len() <= CHUNK_BYTES => {
                wire.content = content;
                None
            }
            RequestBody::Whole(content) => {
                wire.body = id;
                let pieces: Pieces = Box::pin(tokio_stream::once(Ok(content)));
                Some(pieces)
            }
            RequestBody::Pieces(pieces) => {
                wire.body = id;
                Some(pieces)
            }
        };
        let deadline = started + budget.unwrap_or(LONGEST) + Duration::from_millis(500);
        let frame = frame::encode(app_frame::Kind::Http(wire));
        let call = self.call(Call { id, class: Class::Call(id), frame, deadline });
        let answer = match pieces {
            None => call.await,
            Some(pieces) => {
                let upload = self.upload(id, pieces);
                tokio::pin!(call, upload);
                // The head goes before the first piece: the call is looked at first.
                tokio::select! {
                    biased;
                    answer = &mut call => answer,
                    () = &mut upload => call.await,
                }
            }
        };
        self.read_response(id, *answer.map_err(HttpError::from_why)?)
    }

    /// Sends a body piece by piece. Dropped when the answer is there.
    async fn upload(&self, stream: u64, mut pieces: Pieces) {
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(mut piece) => {
                    while !piece.is_empty() {
                        let data = piece.split_to(CHUNK_BYTES.min(piece.len()));
                        self.piece(Chunk { stream, data, ..Chunk::default() }).await;
                    }
                }
                Err(why) => {
                    let abort = if why.is_empty() { "no reason given".to_owned() } else { why };
                    return self.piece(Chunk { stream, abort, ..Chunk::default() }).await;
                }
            }
        }
        self.piece(Chunk { stream, last: true, ..Chunk::default() }).await;
    }

    async fn piece(&self, chunk: Chunk) {
        let call = chunk.stream;
        let frame: Bytes = frame::encode(app_frame::Kind::Chunk(chunk));
        self.exchange().send_piece(call, frame).await;
    }

    fn read_response(&self, id: u64, answer: DaemonFrame) -> Result<HttpResponse, HttpError> {
        let Some(Kind::Http(told)) = answer.kind else {
            return Err(HttpError::from_why(Why::Unfit));
        };
        let wire::HttpResponse { status, headers, body, failure, content, .. } = told;
        if let Some(failure) = failure {
            return Err(HttpError::Failed(failure));
        }
        let body = match body {
            0 => HttpBody::whole(content),
            stream => match self.exchange().body(stream) {
                Some(pipe) => HttpBody::coming(pipe, self.exchange_handle(), id, stream),
                None => return Err(HttpError::from_why(Why::Lost)),
            },
        };
        let status = u16::try_from(status).map_err(|_| HttpError::from_why(Why::Unfit))?;
        Ok(HttpResponse { status, headers, body })
    }
}
