//! The limit of the wire: a bare unary call that carries as much as a set, between two processes.
//!
//! The same runtimes and windows as a plugin and the daemon have. It refuses to know what is done
//! with what it carries.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper_util::rt::TokioIo;
use outboard_proto::limits;
use outboard_proto::plugin::{StorageSet, StorageSetRequest, StorageWritten};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Builder;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::plugin::{VALUE_BYTES, key};
use crate::case::{Case, Part};
use crate::role::Role;
use crate::slice::{Recorder, Slice, Told, answer};

const SOCKET: &str = "u";
const METHOD: &str = "/bench.Unary/Set";

type Client = tonic::client::Grpc<tonic::transport::Channel>;

/// The case, running.
pub fn start() -> anyhow::Result<Case> {
    let folder = tempfile::tempdir()?;
    let mut case = Case::new("bare_unary");
    case.start(Part::Middle, Role::UnaryServer, folder.path())?.wait_ready()?;
    case.start(Part::App, Role::UnaryApp, folder.path())?.wait_ready()?;
    Ok(case.keeping(folder))
}

/// Who calls.
pub fn app(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut client = runtime.block_on(dial(folder))?;
    answer(|slice| runtime.block_on(drive(&mut client, slice)))
}

/// Who answers.
pub fn server(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = UnixListener::bind(folder.join(SOCKET))?;
        println!("ready");
        Server::builder()
            .initial_stream_window_size(limits::STREAM_WINDOW)
            .initial_connection_window_size(limits::CONNECTION_WINDOW)
            .add_service(Answering)
            .serve_with_incoming(UnixListenerStream::new(listener))
            .await?;
        Ok(())
    })
}

async fn dial(folder: &Path) -> anyhow::Result<Client> {
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
    Ok(Client::new(channel))
}

async fn drive(client: &mut Client, slice: Slice) -> anyhow::Result<Told> {
    let mut recorder = Recorder::start(slice)?;
    for number in 0.. {
        let value = vec![b'v'; VALUE_BYTES].into();
        let set = StorageSet { key: key(number), value, ..StorageSet::default() };
        let request = Request::new(StorageSetRequest { set: Some(set), durable: false });
        let codec = ProstCodec::<StorageSetRequest, StorageWritten>::default();
        let asked = Instant::now();
        client.ready().await?;
        client.unary(request, PathAndQuery::from_static(METHOD), codec).await?;
        if !recorder.note(asked, Instant::now()) {
            break;
        }
    }
    recorder.told()
}

#[derive(Clone)]
struct Answering;

impl NamedService for Answering {
    const NAME: &'static str = "bench.Unary";
}

impl tower::Service<http::Request<Body>> for Answering {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec = ProstCodec::<StorageWritten, StorageSetRequest>::default();
            Ok(tonic::server::Grpc::new(codec).unary(Self, request).await)
        })
    }
}

impl UnaryService<StorageSetRequest> for Answering {
    type Response = StorageWritten;
    type Future = Ready<Result<Response<StorageWritten>, Status>>;

    fn call(&mut self, request: Request<StorageSetRequest>) -> Self::Future {
        let existed = request.into_inner().set.is_some();
        ready(Ok(Response::new(StorageWritten { revision: 1, existed, counter: 0 })))
    }
}
