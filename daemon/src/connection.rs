//! HTTP/2 on one accepted Unix connection, until its peer leaves or somebody ends it; HTTP/1.1 too,
//! where more than RPCs is served.
//!
//! A connection holds what its services need and makes a service when one of its calls comes: a
//! router for each of hundreds of plugins costs more than it finds. It refuses to know who the peer
//! is and what is served.

mod session;

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
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

/// How long one who is turned away may take to hear it.
const REFUSING: Duration = Duration::from_secs(10);

/// How long the head of an HTTP/1.1 request may take, or the next one be waited for.
const HEAD: Duration = Duration::from_secs(30);

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

/// Serves RPCs until the peer leaves or somebody cuts it.
pub async fn serve(stream: UnixStream, services: impl Services, terms: Terms) {
    let Terms { reflection, streams, until } = terms;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        answer(&services, &reflection, request)
    });
    let Some(stream) = quiet(stream) else { return };
    drive(builder(streams).serve_connection(stream, service), &until).await;
}

/// The same for whoever speaks HTTP/1.1 too. Its requests are told by their version: there are no
/// RPCs among them.
pub async fn serve_either(stream: UnixStream, services: impl Services, terms: Terms) {
    let Terms { reflection, streams, until } = terms;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        answer(&services, &reflection, request)
    });
    let Some(stream) = quiet(stream) else { return };
    drive(either(streams).serve_connection(stream, service), &until).await;
}

fn answer(services: &impl Services, reflection: &Reflection, request: Request<Incoming>) -> Answer {
    match services.answer(request.map(Body::new)) {
        ControlFlow::Break(answer) => answer,
        ControlFlow::Continue(other) => reflection.answer(other),
    }
}

fn quiet(stream: UnixStream) -> Option<TokioIo<QuietStream>> {
    let stream = QuietStream::new(stream)
        .inspect_err(|error| tracing::warn!(%error, "a connection cannot be watched"));
    stream.ok().map(TokioIo::new)
}

async fn drive<E: std::fmt::Display>(
    connection: impl Future<Output = Result<(), E>>,
    until: &CancellationToken,
) {
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
    let answer = move |request: Request<Incoming>| {
        let response: Response<Body> = match request.version() {
            Version::HTTP_2 => status.clone().into_http(),
            _ => in_words(&status),
        };
        std::future::ready(Ok::<_, Infallible>(response))
    };
    let service = hyper::service::service_fn(answer);
    let builder = either(4);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let patience = tokio::time::sleep(REFUSING);
    tokio::select! {
        () = drive(connection, &until) => {}
        () = patience => {}
    }
}

/// For whoever speaks no gRPC.
fn in_words(status: &Status) -> Response<Body> {
    let mut response = Response::new(Body::new(format!("{}\n", status.message())));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
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

/// Either version, by its first bytes.
fn either(streams: u32) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(streams)
        .max_header_list_size(HEADERS)
        .max_send_buf_size(SEND_BUFFER);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEADERS as usize);
    builder
}
