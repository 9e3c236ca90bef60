//! An upload: begun at one node, continued there piece by piece, each when the app has the one
//! before, and ended there whatever becomes of the plugin.
//!
//! It refuses to know what the content is. Of what broke off the app keeps nothing.

use std::sync::Arc;

use outboard_proto::app::{
    UploadFile, UploadFileBegin, UploadFileEnd, UploadFileMore, Uploaded, answer, request::Of,
    upload_file::Step,
};
use outboard_proto::common::{Attachment, Channel, Failure, FileInfo, Reason, UploadBegin};
use outboard_proto::limits::CHUNK_BYTES;
use outboard_proto::plugin::{UploadPiece, upload_piece::Kind};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Status};

use super::super::listen::Entrance;
use super::super::places;
use super::content::{Content, Whole};
use super::{GAP, Time, UPLOAD, another_kind};
use crate::config::permission::Permission;
use crate::routing::{Cause, NodeId, Outgoing};

/// Bytes of a name, a kind or an id.
const WORD: usize = 255;

/// One upload under way. Dropped before its end, it tells the app that nothing comes of it.
struct Uploading {
    entrance: Arc<Entrance>,
    begun: Outgoing,
    channel: Channel,
    node: NodeId,
    upload_id: String,
    time: Time,
    /// Why it broke off, where that is known.
    broke: Option<Failure>,
    ended: bool,
}

/// Carries a file to the app.
///
/// # Errors
/// Why nothing came of it: by the plugin's fault, or the app's.
pub async fn take(
    entrance: &Arc<Entrance>,
    pieces: impl Stream<Item = Result<UploadPiece, Status>> + Unpin,
    cause: Option<Cause>,
    time: Time,
) -> Result<FileInfo, Failure> {
    let mut pieces = std::pin::pin!(pieces);
    let begin = match next(&mut pieces, &time).await? {
        Some(Kind::Begin(begin)) => checked(begin)?,
        Some(Kind::Data(_) | Kind::Abort(_)) | None => {
            return Err(out_of_order("an upload begins with `begin`"));
        }
    };
    let content = Content::of(Some(begin.size_bytes).filter(|it| *it > 0), &begin.sha256)?;
    let mut uploading = Uploading::begin(entrance, begin, cause, time).await?;
    let whole = uploading.carry(content, &mut pieces).await;
    uploading.end(whole).await
}

/// What a plugin says of a file, as it may be told to the app.
fn checked(begin: UploadBegin) -> Result<UploadBegin, Failure> {
    let words = [&begin.name, &begin.mime, &begin.channel_id, &begin.workspace];
    if words.iter().any(|word| word.len() > WORD) {
        return Err(invalid(format!("a name, a kind or an id has more than {WORD} bytes")));
    }
    // Whoever stores it under its name must not end up in another folder.
    let is_name = !matches!(begin.name.trim(), "" | "." | "..")
        && !begin.name.chars().any(|it| matches!(it, '/' | '\\') || it.is_control());
    if !is_name {
        return Err(invalid(format!("{:?} is no file's name", begin.name)));
    }
    let mime = match begin.mime.as_str() {
        "" => "application/octet-stream".to_owned(),
        mime => mime.to_owned(),
    };
    Ok(UploadBegin { mime, ..begin })
}

impl Uploading {
    async fn begin(
        entrance: &Arc<Entrance>,
        begin: UploadBegin,
        cause: Option<Cause>,
        time: Time,
    ) -> Result<Self, Failure> {
        let channel = places::named(&begin.channel_id, cause.as_ref());
        let workspace = match (begin.workspace.as_str(), &cause) {
            ("", Some(cause)) => cause.workspace.clone(),
            (named, _) => named.to_owned(),
        };
        places::permitted(entrance, (UPLOAD, Permission::FilesWrite), &workspace, &channel)?;
        let within = (!channel.id.is_empty()).then(|| channel.clone());
        let UploadBegin { name, mime, size_bytes, sha256, .. } = begin;
        let file = Some(Attachment { id: String::new(), name, mime, size_bytes, sha256 });
        let of = step(Step::Begin(UploadFileBegin { file, channel: within }));
        let mut begun = entrance.switchboard.compose_asked(entrance.member, of, cause)?;
        begun.request.workspace = workspace;
        let answered = entrance.outbox.at_node(&begun, time.for_a_piece()?).await;
        let (answer, node) = answered.map_err(|failure| time.stalled(failure))?;
        let upload_id = uploaded(answer.result)?.upload_id;
        if upload_id.is_empty() {
            return Err(another_kind());
        }
        let entrance = Arc::clone(entrance);
        let (broke, ended) = (None, false);
        Ok(Self { entrance, begun, channel, node, upload_id, time, broke, ended })
    }

    async fn carry(
        &mut self,
        mut content: Content,
        pieces: &mut (impl Stream<Item = Result<UploadPiece, Status>> + Unpin),
    ) -> Result<Whole, Failure> {
        loop {
            match next(pieces, &self.time).await? {
                None => return content.end(),
                Some(Kind::Begin(_)) => return Err(out_of_order("an upload begins once")),
                Some(Kind::Abort(why)) => {
                    let why: String = why.chars().take(WORD).collect();
                    return Err(Failure::new(Code::Cancelled, Reason::BodyAbandoned, why));
                }
                Some(Kind::Data(mut data)) => {
                    while !data.is_empty() {
                        let piece = data.split_to(data.len().min(CHUNK_BYTES));
                        let offset = content.bytes();
                        content.take(&piece)?;
                        self.more(offset, piece).await?;
                    }
                }
            }
        }
    }

    async fn more(&self, offset: u64, data: bytes::Bytes) -> Result<(), Failure> {
        // The grant may be gone since the piece before.
        let needed = (UPLOAD, Permission::FilesWrite);
        let workspace = &self.begun.request.workspace;
        places::permitted(&self.entrance, needed, workspace, &self.channel)?;
        let upload_id = self.upload_id.clone();
        let more = step(Step::More(UploadFileMore { upload_id, offset, data }));
        let asked = self.begun.following(more, self.node);
        let answer = self.entrance.outbox.at_once(&asked, self.time.for_a_piece()?).await;
        uploaded(answer.map_err(|failure| self.time.stalled(failure))?.result).map(|_| ())
    }

    async fn end(mut self, whole: Result<Whole, Failure>) -> Result<FileInfo, Failure> {
        // Of what broke off the plugin hears why at once; dropped, it tells the app.
        let whole = whole.inspect_err(|failure| self.broke = Some(failure.clone()))?;
        let last = self.last(Ok(&whole));
        let ended = self.entrance.outbox.at_once(&last, self.time.for_a_piece()?).await;
        self.ended = true;
        let ended = ended.map_err(|failure| self.time.stalled(failure))?;
        let info = uploaded(ended.result)?.file.unwrap_or_default();
        let has_id = info.file.as_ref().is_some_and(|file| !file.id.is_empty());
        if has_id { Ok(info) } else { Err(another_kind()) }
    }

    fn last(&self, whole: Result<&Whole, Failure>) -> Outgoing {
        let end = match whole {
            Ok(Whole { bytes, sha256 }) => UploadFileEnd {
                size_bytes: *bytes,
                sha256: sha256.clone().into(),
                ..UploadFileEnd::default()
            },
            Err(failure) => UploadFileEnd { abort: Some(failure), ..UploadFileEnd::default() },
        };
        let end = UploadFileEnd { upload_id: self.upload_id.clone(), ..end };
        self.begun.following(step(Step::End(end)), self.node)
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let why = self.broke.take().unwrap_or_else(|| {
            // Nobody polls the RPC any more: its plugin, or the connection, is gone.
            let text = "the plugin went away before it had sent all";
            Failure::new(Code::Unavailable, Reason::BodyAbandoned, text)
        });
        let (last, outbox) = (self.last(Err(why)), self.entrance.outbox.clone());
        tokio::spawn(async move {
            if let Err(failure) = outbox.at_once(&last, GAP).await {
                tracing::debug!("nobody could be told that an upload broke off: {failure}");
            }
        });
    }
}

async fn next(
    pieces: &mut (impl Stream<Item = Result<UploadPiece, Status>> + Unpin),
    time: &Time,
) -> Result<Option<Kind>, Failure> {
    match tokio::time::timeout(time.for_a_piece()?, pieces.next()).await {
        Ok(Some(Ok(UploadPiece { kind: Some(kind) }))) => Ok(Some(kind)),
        Ok(Some(Ok(UploadPiece { kind: None }))) => Err(out_of_order("a piece says nothing")),
        Ok(Some(Err(status))) => {
            let text = format!("the plugin's stream broke: {}", status.message());
            Err(Failure::new(Code::Cancelled, Reason::BodyAbandoned, text))
        }
        Ok(None) => Ok(None),
        Err(_) => {
            time.for_a_piece()?;
            let text = format!("the plugin sent nothing for {} s", GAP.as_secs());
            Err(Failure::new(Code::DeadlineExceeded, Reason::TransferStalled, text))
        }
    }
}

fn step(step: Step) -> Of {
    Of::UploadFile(UploadFile { step: Some(step) })
}

fn uploaded(result: Option<answer::Result>) -> Result<Uploaded, Failure> {
    match result {
        Some(answer::Result::Uploaded(uploaded)) => Ok(uploaded),
        Some(answer::Result::Failure(failure)) => Err(failure),
        _ => Err(another_kind()),
    }
}

fn out_of_order(text: &str) -> Failure {
    Failure::new(Code::InvalidArgument, Reason::OutOfOrder, text)
}

fn invalid(text: String) -> Failure {
    Failure::new(Code::InvalidArgument, Reason::Invalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<UploadBegin, Failure> {
        checked(UploadBegin { name: name.to_owned(), ..UploadBegin::default() })
    }

    #[test]
    fn a_name_leads_into_no_other_folder() {
        for bad in ["", " ", ".", "..", "a/b", "../up", "a\\b", "a\nb", "a\0b", &"x".repeat(256)] {
            assert_eq!(named(bad).unwrap_err().reason(), Reason::Invalid, "{bad:?}");
        }
        assert_eq!(named("cat picture.png").unwrap().mime, "application/octet-stream");
    }
}
