//! The limit of the wire: a bare gRPC relay between two bidirectional streams, without any feature.
//!
//! The same runtimes, windows and directions of dialling as ours has. What a frame carries is its
//! id and 160 bytes; it refuses to know more.

mod server;

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use outboard_proto::limits;
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Request, Streaming};
use tonic_prost::ProstCodec;

use crate::case::{Case, Part};
use crate::role::Role;
use crate::slice::{MESSAGE_BYTES, Recorder, Slice, Told, answer};

const SOCKET: &str = "r";
const APP: &str = "/bench.Relay/App";
const PLUGIN: &str = "/bench.Relay/Plugin";

/// Frames between two streams: more than are ever in flight, so that nothing waits for room.
const ROOM: usize = 1024;

/// Everything that travels.
#[derive(Clone, PartialEq, prost::Message)]
struct Frame {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(bytes = "bytes", tag = "2")]
    payload: Bytes,
}

/// One end of a stream.
struct End {
    out: mpsc::Sender<Frame>,
    inbound: Streaming<Frame>,
}

/// The case, running.
pub fn start() -> anyhow::Result<Case> {
    let folder = tempfile::tempdir()?;
    let mut case = Case::new("bare_relay");
    case.start(Part::Middle, Role::Relay, folder.path())?.wait_ready()?;
    case.start(Part::Plugin, Role::RelayPlugin, folder.path())?;
    case.start(Part::App, Role::RelayApp, folder.path())?.wait_ready()?;
    Ok(case.keeping(folder))
}

/// The app's end.
pub fn app(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut end = runtime.block_on(open(folder, APP))?;
    runtime.block_on(async {
        end.send(0, &Bytes::from_static(b"m")).await?;
        end.next().await
    })?;
    answer(|slice| runtime.block_on(drive(&mut end, slice)))
}

/// The middle.
pub fn middle(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(server::serve(&folder.join(SOCKET)))
}

/// The plugin's end.
pub fn plugin(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut end = open(folder, PLUGIN).await?;
        while let Ok(Some(frame)) = end.inbound.message().await {
            end.out.send(frame).await?;
        }
        Ok(())
    })
}

impl End {
    async fn send(&self, id: u64, payload: &Bytes) -> anyhow::Result<()> {
        let frame = Frame { id, payload: payload.clone() };
        Ok(self.out.send(frame).await?)
    }

    async fn next(&mut self) -> anyhow::Result<Frame> {
        self.inbound.message().await?.context("the relay ended the stream")
    }
}

async fn drive(end: &mut End, slice: Slice) -> anyhow::Result<Told> {
    let payload = Bytes::from_static(&[b'm'; MESSAGE_BYTES]);
    let mut recorder = Recorder::start(slice)?;
    let mut asked = vec![Instant::now(); slice.in_flight];
    for id in 0..slice.in_flight {
        end.send(id as u64, &payload).await?;
    }
    let mut under_way = slice.in_flight;
    while under_way > 0 {
        let id = end.next().await?.id;
        let answered = Instant::now();
        let asked = asked.get_mut(usize::try_from(id)?).context("an id that was never asked")?;
        if recorder.note(*asked, answered) {
            *asked = answered;
            end.send(id, &payload).await?;
        } else {
            under_way -= 1;
        }
    }
    recorder.told()
}

async fn open(folder: &Path, method: &'static str) -> anyhow::Result<End> {
    let socket = folder.join(SOCKET);
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let channel = Endpoint::from_static("http://localhost")
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .connect_with_connector(connector)
        .await?;
    let mut client = Grpc::new(channel);
    client.ready().await?;
    let (out, frames) = mpsc::channel(ROOM);
    let request = Request::new(ReceiverStream::new(frames));
    let codec = ProstCodec::<Frame, Frame>::default();
    let answer = client.streaming(request, PathAndQuery::from_static(method), codec).await?;
    Ok(End { out, inbound: answer.into_inner() })
}
