//! A download: the next piece is asked of the app when the plugin has taken the one before.
//!
//! So what nobody reads costs nothing but its place. It refuses to know what the content is.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use outboard_proto::app::{FilePiece, ReadFile, answer, request::Of};
use outboard_proto::common::{Failure, FileInfo, Reason};
use outboard_proto::limits::CHUNK_BYTES;
use outboard_proto::plugin::{DownloadPiece, download_piece::Kind};
use tokio::sync::OwnedSemaphorePermit;
use tokio_stream::Stream;
use tonic::{Code, Status};

use super::super::listen::Entrance;
use super::content::Content;
use super::{DOWNLOAD, Found, Time, another_kind, may_read};
use crate::routing::{NodeId, Outgoing};
use crate::status;

type Item = Result<DownloadPiece, Status>;
type Step = Pin<Box<dyn Future<Output = (Download, Option<Item>)> + Send>>;

/// The pieces of one download, as the plugin's stream takes them.
pub struct Pieces {
    /// The piece that is being asked for; nothing at the end.
    next: Option<Step>,
}

/// One download under way.
struct Download {
    entrance: Arc<Entrance>,
    asked: Outgoing,
    node: NodeId,
    info: FileInfo,
    file_id: String,
    time: Time,
    stage: Stage,
    _slot: OwnedSemaphorePermit,
}

enum Stage {
    /// What it is has not been said.
    Head(Content),
    /// Its content comes.
    Body(Content),
    Over,
}

impl Pieces {
    /// Those of a file that was found.
    ///
    /// # Errors
    /// It is larger than one may be.
    pub(super) fn of(
        entrance: &Arc<Entrance>,
        found: Found,
        time: Time,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, Failure> {
        let Found { info, asked, node } = found;
        let file = info.file.clone().unwrap_or_default();
        let content = Content::of(Some(file.size_bytes), &file.sha256)?;
        let download = Download {
            entrance: Arc::clone(entrance),
            asked,
            node,
            info,
            file_id: file.id,
            time,
            stage: Stage::Head(content),
            _slot: slot,
        };
        Ok(Self { next: Some(Box::pin(download.step())) })
    }
}

impl Stream for Pieces {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let Some(step) = &mut self.next else { return Poll::Ready(None) };
        let (download, item) = ready!(step.as_mut().poll(cx));
        let goes_on = matches!(item, Some(Ok(_)));
        self.next = goes_on.then(|| Box::pin(download.step()) as Step);
        Poll::Ready(item)
    }
}

impl Download {
    async fn step(mut self) -> (Self, Option<Item>) {
        let kind = self.next().await;
        let item = kind.map(|kind| DownloadPiece { kind: Some(kind) });
        let item = item.map_err(|failure| status::of(&failure));
        let over = matches!(self.stage, Stage::Over) && matches!(&item, Ok(it) if is_empty(it));
        (self, (!over).then_some(item))
    }

    async fn next(&mut self) -> Result<Kind, Failure> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Head(content) => {
                self.stage = Stage::Body(content);
                Ok(Kind::Info(self.info.clone()))
            }
            Stage::Body(content) => self.body(content).await,
            Stage::Over => Ok(Kind::Data(bytes::Bytes::new())),
        }
    }

    async fn body(&mut self, mut content: Content) -> Result<Kind, Failure> {
        // The grant may be gone since the piece before.
        may_read(&self.entrance, DOWNLOAD, &self.asked, &self.info)?;
        let FilePiece { data, last } = self.read(content.bytes()).await?;
        content.take(&data)?;
        if last {
            content.end()?;
        } else {
            self.stage = Stage::Body(content);
        }
        Ok(Kind::Data(data))
    }

    async fn read(&self, offset: u64) -> Result<FilePiece, Failure> {
        let most = u32::try_from(CHUNK_BYTES).unwrap_or(u32::MAX);
        let read = Of::ReadFile(ReadFile { file_id: self.file_id.clone(), offset, most });
        let asked = self.asked.following(read, self.node);
        let answer = self.entrance.outbox.at_once(&asked, self.time.for_a_piece()?).await;
        match answer.map_err(|failure| lost(self.time.stalled(failure)))?.result {
            Some(answer::Result::FilePiece(piece)) => Ok(piece),
            Some(answer::Result::Failure(failure)) => Err(failure),
            _ => Err(another_kind()),
        }
    }
}

/// The one node that could go on is not there any more.
fn lost(failure: Failure) -> Failure {
    match failure.reason() {
        Reason::NoApp | Reason::AppUnsupported | Reason::OutcomeUnknown => {
            let text = "the node of the app that had the file is gone";
            Failure::new(Code::Unavailable, Reason::BodyAbandoned, text)
        }
        _ => failure,
    }
}

fn is_empty(piece: &DownloadPiece) -> bool {
    matches!(&piece.kind, Some(Kind::Data(data)) if data.is_empty())
}
