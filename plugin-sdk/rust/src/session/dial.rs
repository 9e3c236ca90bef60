//! The way to the daemon's socket, and the opening of a session on it.
//!
//! It refuses to know what is said afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use outboard_proto::PROTOCOL;
use outboard_proto::limits::{CONNECTION_WINDOW, DECODE_BYTES, STREAM_WINDOW, TOKEN_KEY};
use outboard_proto::plugin::{Hello, plugin_frame};
use outboard_proto::socket::QuietStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status, Streaming};
use tower::service_fn;

use super::codec::{FrameCodec, Received};
use super::outbox::{FEATURES, Outbox, Outgoing};
use crate::plugin::Plugin;

const SESSION: &str = "/outboard.plugin.v1.Plugin/Session";

/// Names this SDK in Hello, for people.
const SDK: &str = concat!("rust/", env!("CARGO_PKG_VERSION"));

/// The way to the daemon: one connection, made anew when it is lost.
#[derive(Debug)]
pub(crate) struct Dialer {
    channel: Channel,
    token: MetadataValue<Ascii>,
    hello: Hello,
}

impl Dialer {
    pub(crate) fn new(socket: PathBuf, token: MetadataValue<Ascii>, plugin: &Plugin) -> Self {
        let hello = Hello {
            protocol: PROTOCOL.to_owned(),
            features: FEATURES.map(str::to_owned).to_vec(),
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            sdk: SDK.to_owned(),
            handlers: plugin.handlers.list(),
        };
        Self { channel: channel(socket), token, hello }
    }

    /// The connection, for other calls.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Opens a session and says hello in it.
    pub(crate) async fn open(&self, outbox: &Arc<Outbox>) -> Result<Streaming<Received>, Status> {
        let mut client = Grpc::new(self.channel()).max_decoding_message_size(DECODE_BYTES);
        let ready = client.ready().await;
        ready.map_err(|error| Status::unavailable(error_chain(&error)))?;
        outbox.push(plugin_frame::Kind::Hello(self.hello.clone()).into());
        let mut request = Request::new(Outgoing::new(Arc::clone(outbox)));
        request.metadata_mut().insert(TOKEN_KEY, self.token.clone());
        let path = PathAndQuery::from_static(SESSION);
        Ok(client.streaming(request, path, FrameCodec).await?.into_inner())
    }
}

/// A channel over the socket. The host in the address is what `:authority` says: the socket's
/// path would be refused by HTTP/2.
fn channel(socket: PathBuf) -> Channel {
    let connector = service_fn(move |_: Uri| {
        let socket = socket.clone();
        async move { QuietStream::connect(socket).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://localhost")
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect_with_connector_lazy(connector)
}

/// An error and what lies beneath: the transport's own words say nothing of the socket.
pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        told = format!("{told}: {cause}");
        beneath = cause.source();
    }
    told
}
