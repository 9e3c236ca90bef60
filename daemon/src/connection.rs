//! HTTP/2 on one accepted Unix connection, until its peer leaves or somebody ends it.
//!
//! It refuses to know who the peer is and what is served.

use std::convert::Infallible;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use outboard_proto::limits::{CONNECTION_WINDOW, STREAM_WINDOW};
use outboard_proto::socket::QuietStream;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;

/// Bytes of frames that hyper holds for a peer that does not read; beyond it the egress waits.
const SEND_BUFFER: usize = 64 * 1024;

/// Bytes of headers a request may have: a token, a node and a trace fit many times.
const HEADERS: u32 = 16 * 1024;

/// Serves `routes` until the peer leaves or `until` is cancelled; then every stream is cut.
pub async fn serve(stream: UnixStream, routes: Routes, streams: u32, until: CancellationToken) {
    let service = TowerToHyperService::new(routes);
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
        let response: Response<tonic::body::Body> = status.clone().into_http();
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
