//! The relay's middle: what comes off either stream goes onto the other.
//!
//! One app and one plugin, once; it refuses to know frames.

use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use outboard_proto::limits;
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use super::{APP, Frame, PLUGIN, ROOM};

type Outcome<T> = Result<T, Status>;
type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Serves one app and one plugin.
pub async fn serve(socket: &Path) -> anyhow::Result<()> {
    let listener = UnixListener::bind(socket)?;
    println!("ready");
    Server::builder()
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_concurrent_streams(limits::STREAMS)
        .add_service(Relay::new())
        .serve_with_incoming(UnixListenerStream::new(listener))
        .await?;
    Ok(())
}

#[derive(Clone)]
struct Relay {
    app: Side,
    plugin: Side,
}

/// One stream's frames: where those that come in go, and where those that go out come from.
#[derive(Clone)]
struct Side {
    onward: mpsc::Sender<Outcome<Frame>>,
    outbound: Arc<Mutex<Option<mpsc::Receiver<Outcome<Frame>>>>>,
}

impl Relay {
    fn new() -> Self {
        let ((to_app, at_app), (to_plugin, at_plugin)) = (mpsc::channel(ROOM), mpsc::channel(ROOM));
        let side =
            |onward, outbound| Side { onward, outbound: Arc::new(Mutex::new(Some(outbound))) };
        Self { app: side(to_plugin, at_app), plugin: side(to_app, at_plugin) }
    }
}

impl NamedService for Relay {
    const NAME: &'static str = "bench.Relay";
}

impl tower::Service<http::Request<Body>> for Relay {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Running<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let side = match request.uri().path() {
            APP => Some(self.app.clone()),
            PLUGIN => Some(self.plugin.clone()),
            _ => None,
        };
        Box::pin(async move {
            let Some(side) = side else { return Ok(Status::unimplemented("").into_http()) };
            Ok(Grpc::new(ProstCodec::default()).streaming(side, request).await)
        })
    }
}

impl StreamingService<Frame> for Side {
    type Response = Frame;
    type ResponseStream = ReceiverStream<Outcome<Frame>>;
    type Future = Running<Outcome<Response<Self::ResponseStream>>>;

    fn call(&mut self, request: Request<Streaming<Frame>>) -> Self::Future {
        let outbound = self.outbound.lock().unwrap_or_else(PoisonError::into_inner).take();
        let onward = self.onward.clone();
        Box::pin(async move {
            let outbound = outbound.ok_or_else(|| Status::already_exists("one stream a side"))?;
            tokio::spawn(pass_on(request.into_inner(), onward));
            Ok(Response::new(ReceiverStream::new(outbound)))
        })
    }
}

async fn pass_on(mut inbound: Streaming<Frame>, onward: mpsc::Sender<Outcome<Frame>>) {
    while let Ok(Some(frame)) = inbound.message().await {
        if onward.send(Ok(frame)).await.is_err() {
            return;
        }
    }
}
