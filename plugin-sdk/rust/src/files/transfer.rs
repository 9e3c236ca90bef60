//! A file on its way: piece after piece, each when the one before has been taken.
//!
//! It refuses to know who keeps it.

use std::sync::Arc;

use outboard_proto::common::{FileInfo, Reason, UploadBegin};
use outboard_proto::limits::CHUNK_BYTES;
use outboard_proto::plugin::{DownloadPiece, UploadPiece, download_piece, upload_piece::Kind};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Streaming;

use crate::error::HostError;
use crate::test::Recorder;

/// Pieces on their way before [`Uploading::push`] waits.
pub(crate) const UNDER_WAY: usize = 4;

/// A file that is being downloaded.
#[derive(Debug)]
pub struct Download {
    info: FileInfo,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Wire(Box<Streaming<DownloadPiece>>),
    Recorded(Option<Vec<u8>>),
}

impl Download {
    pub(crate) async fn wire(mut pieces: Streaming<DownloadPiece>) -> Result<Self, HostError> {
        let first = pieces.message().await.map_err(|status| HostError::from_status(&status))?;
        match first.and_then(|piece| piece.kind) {
            Some(download_piece::Kind::Info(info)) => {
                Ok(Self { info, source: Source::Wire(Box::new(pieces)) })
            }
            Some(download_piece::Kind::Data(_)) | None => {
                Err(HostError::Unreachable("a download without a beginning".to_owned()))
            }
        }
    }

    pub(crate) fn recorded(info: FileInfo, content: Vec<u8>) -> Self {
        Self { info, source: Source::Recorded(Some(content)) }
    }

    /// What is known of it.
    #[must_use]
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// The next piece; nothing at its end.
    ///
    /// # Errors
    /// It broke off, or is not what the app said: `FILE_DAMAGED`.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        let pieces = match &mut self.source {
            Source::Recorded(content) => return Ok(content.take()),
            Source::Wire(pieces) => pieces,
        };
        loop {
            let next = pieces.message().await.map_err(|status| HostError::from_status(&status))?;
            match next.map(|piece| piece.kind) {
                None => return Ok(None),
                Some(Some(download_piece::Kind::Data(data))) => return Ok(Some(data.to_vec())),
                Some(Some(download_piece::Kind::Info(_)) | None) => {}
            }
        }
    }

    /// All of it, or what is left: 64 MiB at most.
    ///
    /// # Errors
    /// As [`Download::next`].
    pub async fn whole(mut self) -> Result<Vec<u8>, HostError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend(piece);
        }
        Ok(whole)
    }
}

/// A file that is being uploaded. One that is dropped before [`Uploading::finish`] comes to
/// nothing.
#[derive(Debug)]
pub struct Uploading(Way);

type Carried = JoinHandle<Result<FileInfo, HostError>>;

#[derive(Debug)]
enum Way {
    Wire { pieces: Option<mpsc::Sender<UploadPiece>>, carried: Option<Carried> },
    Recorded { recorder: Arc<Recorder>, begin: UploadBegin, content: Vec<u8> },
    Refused(Option<HostError>),
}

impl Uploading {
    pub(crate) fn wire(pieces: mpsc::Sender<UploadPiece>, carried: Carried) -> Self {
        Self(Way::Wire { pieces: Some(pieces), carried: Some(carried) })
    }

    pub(crate) fn recorded(recorder: Arc<Recorder>, begin: UploadBegin) -> Self {
        Self(Way::Recorded { recorder, begin, content: Vec::new() })
    }

    pub(crate) fn refused(why: HostError) -> Self {
        Self(Way::Refused(Some(why)))
    }

    /// Sends more of it. Waits while much is under way.
    ///
    /// # Errors
    /// Why it broke off: the app will not have it, or the session is lost.
    pub async fn push(&mut self, data: impl Into<Vec<u8>>) -> Result<(), HostError> {
        let data = data.into();
        if let Way::Recorded { content, .. } = &mut self.0 {
            content.extend(data);
            return Ok(());
        }
        for piece in data.chunks(CHUNK_BYTES) {
            self.say(Kind::Data(piece.to_vec().into())).await?;
        }
        Ok(())
    }

    /// Ends it: that was all.
    ///
    /// # Errors
    /// Why nothing came of it.
    pub async fn finish(mut self) -> Result<FileInfo, HostError> {
        if let Way::Recorded { recorder, begin, content } = &self.0 {
            return recorder.app(|app| app.stored_file(begin, content));
        }
        self.end().await
    }

    /// Ends it before all is sent, and says why: the app keeps nothing of it.
    pub async fn give_up(mut self, why: impl Into<String>) {
        // Nothing comes of it either way.
        let _ = self.say(Kind::Abort(why.into())).await;
        let _ = self.end().await;
    }

    async fn say(&mut self, kind: Kind) -> Result<(), HostError> {
        let Way::Wire { pieces: Some(pieces), .. } = &self.0 else { return Err(self.over()) };
        match pieces.send(UploadPiece { kind: Some(kind) }).await {
            Ok(()) => Ok(()),
            // The other end has stopped reading, and says why.
            Err(_) => self.end().await.and(Err(ended())),
        }
    }

    async fn end(&mut self) -> Result<FileInfo, HostError> {
        let Way::Wire { pieces, carried } = &mut self.0 else { return Err(self.over()) };
        drop(pieces.take());
        let Some(carried) = carried.take() else { return Err(ended()) };
        carried.await.unwrap_or_else(|_| Err(ended()))
    }

    fn over(&mut self) -> HostError {
        match &mut self.0 {
            Way::Refused(why) => why.take().unwrap_or_else(ended),
            Way::Wire { .. } | Way::Recorded { .. } => ended(),
        }
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        if let Way::Wire { carried: Some(carried), .. } = &self.0 {
            // An end in good order would say that this was all.
            carried.abort();
        }
    }
}

fn ended() -> HostError {
    let message = "the upload has ended".to_owned();
    HostError::Refused { reason: Reason::OutOfOrder, message, retry_after: None }
}
