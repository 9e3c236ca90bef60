//! A plugin that answers calls nobody made, as fast as it is read from, while its flag is up.
//!
//! No SDK would do that, so it speaks the protocol itself. It refuses to know what it costs.

use anyhow::Context as _;
use hyper_util::rt::TokioIo;
use outboard_proto::common::{Continue, HookAnswer, Pong, hook_answer};
use outboard_proto::limits::{CONNECTION_WINDOW, STREAM_WINDOW, TOKEN_KEY};
use outboard_proto::plugin::plugin_client::PluginClient;
use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::{DaemonFrame, Hello, PluginFrame, Ready, Reply, daemon_frame, reply};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Streaming};

use crate::neighbour::{Flag, LOOK};

/// Frames on their way to the connection: more than it takes at once.
const ROOM: usize = 1024;

/// Runs until the daemon has had enough.
pub fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (out, frames) = mpsc::channel(ROOM);
        out.send(frame(Kind::Hello(hello()))).await?;
        let mut inbound = open(frames).await?;
        while let Some(DaemonFrame { kind }) = inbound.message().await? {
            match kind {
                Some(daemon_frame::Kind::Welcome(_)) => {
                    out.send(frame(Kind::Ready(Ready {}))).await?;
                    tokio::spawn(flood(out.clone()));
                }
                Some(daemon_frame::Kind::Ping(ping)) => {
                    out.send(frame(Kind::Pong(Pong { nonce: ping.nonce }))).await?;
                }
                Some(daemon_frame::Kind::Shutdown(_)) => return Ok(()),
                Some(_) | None => {}
            }
        }
        Ok(())
    })
}

async fn flood(out: mpsc::Sender<PluginFrame>) {
    let flag = Flag::own();
    loop {
        while flag.is_up() {
            for call in 0..ROOM as u64 {
                if out.send(frame(answer(call))).await.is_err() {
                    return;
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn answer(call: u64) -> Kind {
    let answer = Some(hook_answer::Answer::Continued(Continue {}));
    let result = Some(reply::Result::Hook(HookAnswer { answer }));
    Kind::Reply(Reply { call, result })
}

fn hello() -> Hello {
    Hello {
        protocol: outboard_proto::PROTOCOL.to_owned(),
        name: std::env::var("OUTBOARD_PLUGIN").unwrap_or_default(),
        version: crate::plugin_folder::VERSION.to_owned(),
        sdk: "none/0".to_owned(),
        ..Hello::default()
    }
}

fn frame(kind: Kind) -> PluginFrame {
    PluginFrame { kind: Some(kind) }
}

async fn open(frames: mpsc::Receiver<PluginFrame>) -> anyhow::Result<Streaming<DaemonFrame>> {
    let token = std::env::var("OUTBOARD_TOKEN").context("no token: the daemon starts this")?;
    let mut request = Request::new(ReceiverStream::new(frames));
    request.metadata_mut().insert(TOKEN_KEY, token.parse()?);
    let mut client = PluginClient::new(dial().await?);
    Ok(client.session(request).await?.into_inner())
}

async fn dial() -> anyhow::Result<Channel> {
    let socket = std::env::var_os("OUTBOARD_SOCKET").context("no socket: the daemon says it")?;
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    Ok(Endpoint::from_static("http://localhost")
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect_with_connector(connector)
        .await?)
}
