//! The app's Ui: files of plugins by their hash, in pieces.
//!
//! They are read and hashed off the data plane, whole, before the first piece goes out: what comes
//! is what was asked for, or a failure. It refuses to know what a file is for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use outboard_proto::app::ui_server::Ui;
use outboard_proto::app::{AssetPiece, AssetRequest};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::CHUNK_BYTES;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tonic::{Code, Request, Response, Status};

use crate::routing::Switchboard;
use crate::status;

/// Files under way at once: 32 MiB where they are the largest.
const UNDER_WAY: usize = 8;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(UNDER_WAY)));

/// The service of one connection.
pub struct Files {
    pub switchboard: Switchboard,
}

type Pieces = Pin<Box<dyn Stream<Item = Result<AssetPiece, Status>> + Send>>;

#[tonic::async_trait]
impl Ui for Files {
    type AssetStream = Pieces;

    async fn asset(&self, request: Request<AssetRequest>) -> Result<Response<Pieces>, Status> {
        let AssetRequest { plugin, sha256 } = request.into_inner();
        let found = self.fetch(plugin, sha256).await;
        found.map(Response::new).map_err(|failure| status::of(&failure))
    }
}

impl Files {
    async fn fetch(&self, plugin: String, sha256: String) -> Result<Pieces, Failure> {
        let shown = self.switchboard.assets_of(&plugin).ok_or_else(|| {
            let text = format!("no plugin {plugin} shows anything");
            Failure::new(Code::NotFound, Reason::UnknownPlugin, text)
        })?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&TURNS).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let text = "too many assets are fetched at once";
            let failure = Failure::new(Code::ResourceExhausted, Reason::OverLimit, text);
            return Err(failure.retry_after(PATIENCE));
        };
        let read = tokio::task::spawn_blocking(move || {
            let (asset, bytes) = shown.assets.fetch(&plugin, &sha256)?;
            Ok::<_, crate::ui::AssetFault>((asset.mime, bytes))
        });
        match read.await {
            Ok(Ok((mime, bytes))) => Ok(Box::pin(pieces(mime, &bytes.into(), turn))),
            Ok(Err(fault)) => Err(fault.failure()),
            Err(_) => {
                let text = "reading the file failed unexpectedly";
                Err(Failure::new(Code::Internal, Reason::Internal, text))
            }
        }
    }
}

/// The pieces, the first one with what it is. An empty file is one empty piece. The turn ends with
/// the stream.
fn pieces(
    mime: &str,
    bytes: &Bytes,
    turn: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<AssetPiece, Status>> + use<> {
    let size_bytes = bytes.len() as u64;
    let first = AssetPiece {
        data: bytes.slice(..bytes.len().min(CHUNK_BYTES)),
        mime: mime.to_owned(),
        size_bytes,
    };
    let starts = (CHUNK_BYTES..bytes.len()).step_by(CHUNK_BYTES);
    let rest: Vec<AssetPiece> = starts
        .map(|from| {
            let data = bytes.slice(from..bytes.len().min(from + CHUNK_BYTES));
            AssetPiece { data, ..AssetPiece::default() }
        })
        .collect();
    let pieces = std::iter::once(first).chain(rest);
    tokio_stream::iter(pieces.map(move |piece| {
        let _under_way = &turn;
        Ok(piece)
    }))
}
