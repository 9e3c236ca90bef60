//! Dialling a Unix socket, and streams whose frames are bytes, so that a frame can be wrong.
//!
//! It refuses to know what a frame means.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// The path of a plugin's session.
pub const SESSION: &str = "/outboard.plugin.v1.Plugin/Session";

/// The path of an app's session.
pub const CONNECT: &str = "/outboard.app.v1.App/Connect";

/// Frames on their way out before the writer waits: small, so that a test feels back-pressure.
const UNDER_WAY: usize = 16;

/// The receive window of a stream, bytes; as small as HTTP/2 begins with.
const WINDOW: u32 = 65_535;

/// A channel to the gRPC server behind a socket.
///
/// # Errors
/// Nobody listens, or the kernel lets this process not in.
pub async fn dial(socket: &Path) -> Result<Channel, tonic::transport::Error> {
    let path: PathBuf = socket.to_owned();
    Endpoint::from_static("http://localhost")
        .initial_stream_window_size(WINDOW)
        .connect_with_connector(tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        }))
        .await
}

/// A bidirectional stream: frames go out as bytes, come in decoded.
pub struct Stream<In> {
    /// Takes frames; dropping it ends this side.
    pub out: mpsc::Sender<Bytes>,
    /// Gives frames.
    pub frames: Streaming<In>,
}

impl<In: prost::Message + Default + 'static> Stream<In> {
    /// Opens a stream whose first frames are `first`, with metadata.
    ///
    /// # Errors
    /// The server refused before it sent anything.
    pub async fn open(
        channel: &Channel,
        path: &'static str,
        metadata: &[(&'static str, String)],
        first: Vec<Bytes>,
    ) -> Result<Self, Status> {
        let (out, queue) = mpsc::channel(UNDER_WAY.max(first.len()));
        for frame in first {
            out.try_send(frame).map_err(|_| Status::internal("the queue was made to fit"))?;
        }
        let request = with_metadata(Request::new(ReceiverStream::new(queue)), metadata)?;
        let mut grpc = Grpc::new(channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static(path);
        let response = grpc.streaming(request, path, Raw::<In>(PhantomData)).await?;
        Ok(Self { out, frames: response.into_inner() })
    }
}

/// Calls any RPC with the bytes of a request, and waits until it was let in: until it answers, or
/// begins to.
///
/// # Errors
/// The server's refusal.
pub async fn call(
    channel: &Channel,
    path: &str,
    metadata: &[(&'static str, String)],
    request: Bytes,
) -> Result<(), Status> {
    let path = PathAndQuery::try_from(path);
    let path = path.map_err(|_| Status::invalid_argument("this is no path"))?;
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let request = with_metadata(Request::new(request), metadata)?;
    // What comes back is not looked at: an empty message takes any.
    grpc.server_streaming(request, path, Raw::<()>(PhantomData)).await.map(drop)
}

/// A request with metadata.
///
/// # Errors
/// A value that is no ASCII.
pub fn with_metadata<T>(
    mut request: Request<T>,
    metadata: &[(&'static str, String)],
) -> Result<Request<T>, Status> {
    for (key, value) in metadata {
        let value = AsciiMetadataValue::try_from(value.as_str())
            .map_err(|_| Status::invalid_argument(format!("metadata {key} is not ASCII")))?;
        request.metadata_mut().insert(*key, value);
    }
    Ok(request)
}

/// Bytes out, messages in.
struct Raw<In>(PhantomData<In>);

impl<In: prost::Message + Default + 'static> Codec for Raw<In> {
    type Encode = Bytes;
    type Decode = In;
    type Encoder = RawEncoder;
    type Decoder = MessageDecoder<In>;

    fn encoder(&mut self) -> RawEncoder {
        RawEncoder
    }

    fn decoder(&mut self) -> MessageDecoder<In> {
        MessageDecoder(PhantomData)
    }
}

struct RawEncoder;

impl Encoder for RawEncoder {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

struct MessageDecoder<In>(PhantomData<In>);

impl<In: prost::Message + Default> Decoder for MessageDecoder<In> {
    type Item = In;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<In>, Status> {
        let bytes = src.copy_to_bytes(src.remaining());
        In::decode(bytes).map(Some).map_err(|error| Status::data_loss(error.to_string()))
    }
}
