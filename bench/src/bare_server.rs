//! A server that welcomes a plugin and hears it say that it is ready: what a plugin's start costs
//! with nobody around it.
//!
//! It refuses to know tokens, peers and anything that comes after.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use outboard_proto::limits;
use outboard_proto::plugin::plugin_server::{Plugin, PluginServer};
use outboard_proto::plugin::{DaemonFrame, PluginFrame, Welcome, daemon_frame, plugin_frame};
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// A running bare server.
pub struct BareServer {
    socket: PathBuf,
    ready: Receiver<Instant>,
    runtime: Option<Runtime>,
}

struct Session {
    ready: SyncSender<Instant>,
}

impl BareServer {
    /// Starts one on a thread of its own, as the daemon's would be in another process.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let socket = folder.join("bare");
        // One plugin at a time is started here.
        let (ready, hear_ready) = sync_channel(1);
        let listener = {
            let _entered = runtime.enter();
            UnixListener::bind(&socket)?
        };
        let server = Server::builder()
            .initial_stream_window_size(limits::STREAM_WINDOW)
            .initial_connection_window_size(limits::CONNECTION_WINDOW)
            .add_service(PluginServer::new(Session { ready }))
            .serve_with_incoming(UnixListenerStream::new(listener));
        runtime.spawn(server);
        Ok(Self { socket, ready: hear_ready, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// When the plugin said that it is ready.
    pub fn ready(&self) -> anyhow::Result<Instant> {
        let heard = self.ready.recv_timeout(Duration::from_secs(10));
        heard.context("the plugin never said that it is ready")
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[async_trait]
impl Plugin for Session {
    type SessionStream = ReceiverStream<Result<DaemonFrame, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<PluginFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        // The welcome is all that is ever sent.
        let (down, frames) = mpsc::channel(1);
        tokio::spawn(converse(request.into_inner(), down, self.ready.clone()));
        Ok(Response::new(ReceiverStream::new(frames)))
    }
}

async fn converse(
    mut heard: Streaming<PluginFrame>,
    down: mpsc::Sender<Result<DaemonFrame, Status>>,
    ready: SyncSender<Instant>,
) {
    while let Ok(Some(frame)) = heard.message().await {
        match frame.kind {
            Some(plugin_frame::Kind::Hello(_)) => {
                let welcome = Welcome { generation: 1, session: 1, ..Welcome::default() };
                let kind = Some(daemon_frame::Kind::Welcome(welcome));
                let _ = down.send(Ok(DaemonFrame { kind })).await;
            }
            Some(plugin_frame::Kind::Ready(_)) => {
                let _ = ready.try_send(Instant::now());
            }
            _ => {}
        }
    }
}
