//! HTTP/2 on one accepted Unix connection, until its peer leaves or somebody ends it.
//!
//! A connection holds what its services need and makes a service when one of its calls comes: a
//! router for each of hundreds of plugins costs more than it finds. It refuses to know who the peer
//! is and what is served.

mod session;

use std::convert::Infallible;
use std::ops::ControlFlow;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use outboard_proto::limits::{CONNECTION_WINDOW, STREAM_WINDOW};
use outboard_proto::socket::QuietStream;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;

pub use session::open;

use crate::reflection::Reflection;

/// Bytes of frames that hyper holds for a peer that does not read; beyond it the egress waits.
const SEND_BUFFER: usize = 64 * 1024;

/// Bytes of headers a request may have: a token, a node and a trace fit many times.
const HEADERS: u32 = 16 * 1024;

/// A response on its way.
pub type Answer = BoxFuture<Response<Body>, Infallible>;

/// What one socket serves besides health and reflection.
pub trait Services: Send + Sync + 'static {
    /// Breaks with the answer to a call of one of these services; goes on with the request where
    /// its path names none of them.
    fn answer(&self, request: Request<Body>) -> ControlFlow<Answer, Request<Body>>;
}

/// How one socket's connections are served.
pub struct Terms {
    /// Health, reflection, and the word that there is no such service.
    pub reflection: Reflection,
    /// Concurrent streams of one connection.
    pub streams: u32,
    /// Cancelled to cut every stream.
    pub until: CancellationToken,
}

/// Serves until the peer leaves or somebody cuts it.
pub async fn serve(stream: UnixStream, services: impl Services, terms: Terms) {
    let Terms { reflection, streams, until } = terms;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        match services.answer(request.map(Body::new)) {
            ControlFlow::Break(answer) => answer,
            ControlFlow::Continue(other) => reflection.answer(other),
        }
    });
    let stream = match QuietStream::new(stream) {
        Ok(stream) => TokioIo::new(stream),
        Err(error) => return tracing::warn!(%error, "a connection cannot be watched"),
    };
    let connection = builder(streams).serve_connection(stream, service);
    tokio::select! {
        () = until.cancelled() => {}
        ended = connection => {
            // How a peer hangs up is its own affair.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        }
    }
}

/// Answers every call with the same refusal, so that the peer learns why.
pub async fn refuse(stream: UnixStream, status: Status, until: CancellationToken) {
    let answer = move |_: Request<Incoming>| {
        let response: Response<Body> = status.clone().into_http();
        std::future::ready(Ok::<_, Infallible>(response))
    };
    let service = hyper::service::service_fn(answer);
    let connection = builder(4).serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        () = until.cancelled() => {}
        () = tokio::time::sleep(std::time::Duration::from_secs(10)) => {}
        _ = connection => {}
    }
}

/// The service that a path names: "/package.Service/Method".
#[must_use]
pub fn service_of(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// The answer that is known at once.
#[must_use]
pub fn refusal(status: &Status) -> Answer {
    Box::pin(std::future::ready(Ok(status.clone().into_http())))
}

fn builder(streams: u32) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(streams)
        .max_header_list_size(HEADERS)
        .max_send_buf_size(SEND_BUFFER);
    builder
}
