//! Reaching the daemon: over its socket, or the double that lives in the app's own tests.
//!
//! It refuses to know what is said once the two are connected.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use outboard_proto::app::DaemonFrame;
use outboard_proto::limits;
use outboard_proto::socket::QuietStream;
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

use crate::exchange::Outbound;
use crate::frame::FrameCodec;
use crate::test::Double;

const CONNECT: &str = "/outboard.app.v1.App/Connect";

/// Where the daemon is.
#[derive(Debug, Clone)]
pub(crate) enum Dial {
    Socket(Arc<PathBuf>),
    Double(Arc<Double>),
}

/// What the daemon says in one session.
pub(crate) enum Inbound {
    Socket(Box<Streaming<Box<DaemonFrame>>>),
    Double(mpsc::Receiver<DaemonFrame>),
}

impl Dial {
    /// Opens a session whose frames are `outbound`.
    pub(crate) async fn connect(&self, outbound: Outbound) -> Result<Inbound, Status> {
        match self {
            Dial::Socket(path) => socket(path, outbound).await,
            Dial::Double(double) => double.accept(outbound).map(Inbound::Double),
        }
    }
}

impl Inbound {
    /// The next frame; nothing when the session has ended in peace.
    pub(crate) async fn next(&mut self) -> Result<Option<Box<DaemonFrame>>, Status> {
        match self {
            Inbound::Socket(stream) => stream.message().await,
            Inbound::Double(frames) => Ok(frames.recv().await.map(Box::new)),
        }
    }
}

/// A connection to the daemon's socket.
pub(crate) async fn channel(path: &Path) -> Result<Channel, Status> {
    let shown = path.display().to_string();
    let path = path.to_owned();
    let connector = tower::service_fn(move |_| {
        let path = path.clone();
        async move { QuietStream::connect(path).await.map(TokioIo::new) }
    });
    // The authority is `localhost`: h2 refuses a path there.
    Endpoint::from_static("http://localhost")
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .connect_with_connector(connector)
        .await
        .map_err(|error| Status::unavailable(format!("{shown}: {}", deepest(&error))))
}

async fn socket(path: &Path, outbound: Outbound) -> Result<Inbound, Status> {
    let shown = path.display().to_string();
    let channel = channel(path).await?;
    let mut client = Grpc::new(channel).max_decoding_message_size(limits::DECODE_BYTES);
    client.ready().await.map_err(|error| Status::unavailable(format!("{shown}: {error}")))?;
    let path = http::uri::PathAndQuery::from_static(CONNECT);
    let answer = client.streaming(Request::new(outbound), path, FrameCodec).await?;
    Ok(Inbound::Socket(Box::new(answer.into_inner())))
}

/// The cause at the bottom says what happened; those above say "transport error".
fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
