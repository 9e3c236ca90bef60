//! What plugins show, and their files.
//!
//! It refuses to know how anything looks, and to keep files: they are named by their hash, so that
//! whoever asks can.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hyper_util::rt::TokioIo;
use outboard_proto::app::ui_client::UiClient;
use outboard_proto::app::{AssetPiece, AssetRequest};
use outboard_proto::limits::CHUNK_BYTES;
use outboard_proto::socket::QuietStream;
use tokio::sync::watch;
use tonic::transport::Endpoint;
use tonic::{Code, Status};

use crate::app::App;
use crate::dial::Dial;
use crate::shown::Shown;

/// A file of a plugin's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Such as `text/html`.
    pub mime: String,
    /// All of it.
    pub bytes: Bytes,
}

/// Why a file was not had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// No plugin that is in service has it, or the file has changed since it was loaded.
    #[error("{0}")]
    Unknown(String),
    /// The daemon is away, or has too much to do: later, perhaps.
    #[error("no answer from the daemon: {0}")]
    Away(String),
}

impl App {
    /// What plugins show now, and every change: of the kinds that
    /// [`Builder::ui`](crate::Builder::ui) names.
    #[must_use]
    pub fn shown(&self) -> watch::Receiver<Shown> {
        self.exchange().board.shown.subscribe()
    }

    /// The file with this hash, as a contribution names it. The same hash is the same bytes, now
    /// and later: they may be kept.
    ///
    /// # Errors
    /// There is none, or the daemon is away.
    pub async fn asset(&self, plugin: &str, sha256: &str) -> Result<Asset, AssetError> {
        let request = AssetRequest { plugin: plugin.to_owned(), sha256: sha256.to_owned() };
        match self.dial() {
            Dial::Double(double) => double.asset(&request),
            Dial::Socket(path) => {
                let (path, shown) = (Arc::clone(path), path.display().to_string());
                let connector = tower::service_fn(move |_| {
                    let path = Arc::clone(&path);
                    async move { QuietStream::connect(&*path).await.map(TokioIo::new) }
                });
                let endpoint = Endpoint::from_static("http://localhost");
                let channel = endpoint.connect_with_connector(connector).await;
                let channel = channel.map_err(|_| AssetError::Away(shown))?;
                let client = UiClient::new(channel).max_decoding_message_size(2 * CHUNK_BYTES);
                fetch(client, request).await.map_err(|status| why(&status))
            }
        }
    }
}

async fn fetch(
    mut client: UiClient<tonic::transport::Channel>,
    request: AssetRequest,
) -> Result<Asset, Status> {
    let mut pieces = client.asset(request).await?.into_inner();
    let (mut mime, mut bytes, mut size) = (String::new(), BytesMut::new(), 0);
    while let Some(AssetPiece { data, mime: is, size_bytes }) = pieces.message().await? {
        if bytes.is_empty() {
            (mime, size) = (is, size_bytes);
        }
        bytes.extend_from_slice(&data);
    }
    match bytes.len() as u64 == size {
        true => Ok(Asset { mime, bytes: bytes.freeze() }),
        false => Err(Status::unavailable("the file broke off")),
    }
}

fn why(status: &Status) -> AssetError {
    match status.code() {
        Code::NotFound | Code::FailedPrecondition => {
            AssetError::Unknown(status.message().to_owned())
        }
        _ => AssetError::Away(status.message().to_owned()),
    }
}
