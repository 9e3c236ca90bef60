//! Files over the link: of the daemon, or of the harness's app.
//!
//! It refuses to know what is in them.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{FileInfo, StatFile, UploadBegin};
use outboard_proto::plugin::{UploadPiece, upload_piece::Kind};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Cause, Link, Way, inner};
use crate::error::HostError;
use crate::files::transfer::UNDER_WAY;
use crate::files::{Download, Uploading};

/// How long a transfer may take: as long as a handler may work.
const TRANSFER: Duration = Duration::from_secs(15 * 60);

impl Link {
    pub(crate) async fn stat_file(
        &self,
        cause: Cause,
        file: StatFile,
    ) -> Result<FileInfo, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.app(|app| app.stat_file(&file)),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, file)?;
                inner(wire.files.clone().stat(request).await)
            }
        }
    }

    pub(crate) async fn download(
        &self,
        cause: Cause,
        file: StatFile,
    ) -> Result<Download, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.app(|app| {
                let info = app.stat_file(&file)?;
                Ok(Download::recorded(info, app.file(&file.file_id).unwrap_or_default()))
            }),
            Way::Wire(wire) => {
                let mut request = self.request(cause, &wire.token, file)?;
                request.set_timeout(TRANSFER);
                Download::wire(inner(wire.files.clone().download(request).await)?).await
            }
        }
    }

    pub(crate) fn upload(&self, cause: Cause, begin: UploadBegin) -> Uploading {
        let wire = match &self.way {
            Way::Recorded(recorder) => return Uploading::recorded(Arc::clone(recorder), begin),
            Way::Wire(wire) => wire,
        };
        let (out, pieces) = mpsc::channel(UNDER_WAY);
        let begin = UploadPiece { kind: Some(Kind::Begin(begin)) };
        out.try_send(begin).expect("the channel has room for the first");
        match self.request(cause, &wire.token, ReceiverStream::new(pieces)) {
            Ok(mut request) => {
                request.set_timeout(TRANSFER);
                let mut files = wire.files.clone();
                let carried = async move { inner(files.upload(request).await) };
                Uploading::wire(out, tokio::spawn(carried))
            }
            Err(why) => Uploading::refused(why),
        }
    }
}
