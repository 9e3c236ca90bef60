//! The host API's Files: a plugin looks at, downloads and uploads what the app keeps.
//!
//! Content goes through here piece by piece and is never all here: each piece is asked for, or
//! handed on, when the one before has been taken. So a transfer that nobody reads waits by itself
//! and holds up nothing. It refuses to know where an app keeps its files.

mod content;
mod download;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Answer, answer, request::Of};
use outboard_proto::common::{Failure, FileInfo, Reason, StatFile};
use outboard_proto::plugin::UploadPiece;
use outboard_proto::plugin::files_server::Files;
use outboard_supervision::Moment;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Request, Response, Status, Streaming};

use super::listen::Entrance;
use super::messages::{cause, said_timeout};
use super::places::permitted;
use crate::clock::Clock;
use crate::config::permission::Permission;
use crate::routing::{Cause, NodeId, Outgoing, check};
use crate::status;
use download::Pieces;

const STAT: &str = "/outboard.plugin.v1.Files/Stat";
const DOWNLOAD: &str = "/outboard.plugin.v1.Files/Download";
const UPLOAD: &str = "/outboard.plugin.v1.Files/Upload";

/// How long the next piece may take, whoever owes it.
const GAP: Duration = Duration::from_secs(10);
/// How long a whole transfer may take where the plugin does not say, and at most.
const USUAL: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How long a look may take where the plugin does not say.
const LOOK: Duration = Duration::from_secs(5);
/// Transfers of one plugin at once: each has a piece in memory.
const AT_ONCE: usize = 4;

/// The service of one connection.
pub struct HostFiles {
    pub entrance: Arc<Entrance>,
}

/// Transfers that one plugin has under way.
#[derive(Debug, Clone)]
pub struct Transfers(Arc<Semaphore>);

impl Default for Transfers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Transfers {
    fn begin(&self) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            let text = format!("{AT_ONCE} transfers are under way");
            Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
                .retry_after(Duration::from_secs(1))
        })
    }
}

/// A file that was looked at, and the node that knows it.
struct Found {
    info: FileInfo,
    asked: Outgoing,
    node: NodeId,
}

#[tonic::async_trait]
impl Files for HostFiles {
    async fn stat(&self, request: Request<StatFile>) -> Result<Response<FileInfo>, Status> {
        let within = said_timeout(&request).unwrap_or(LOOK).min(GAP);
        let cause = cause(&self.entrance, &request);
        let found = look(&self.entrance, STAT, request.into_inner(), (cause, within)).await;
        found.map(|it| Response::new(it.info)).map_err(|failure| status::of(&failure))
    }

    type DownloadStream = Pieces;

    async fn download(&self, request: Request<StatFile>) -> Result<Response<Pieces>, Status> {
        let time = Time::of(&self.entrance, &request);
        let cause = cause(&self.entrance, &request);
        let pieces = self.begin_download(request.into_inner(), cause, time).await;
        pieces.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn upload(
        &self,
        request: Request<Streaming<UploadPiece>>,
    ) -> Result<Response<FileInfo>, Status> {
        let time = Time::of(&self.entrance, &request);
        let cause = cause(&self.entrance, &request);
        let stored = self.take_upload(request.into_inner(), cause, time).await;
        stored.map(Response::new).map_err(|failure| status::of(&failure))
    }
}

impl HostFiles {
    async fn begin_download(
        &self,
        file: StatFile,
        cause: Option<Cause>,
        time: Time,
    ) -> Result<Pieces, Failure> {
        let slot = self.entrance.transfers.begin()?;
        let within = time.for_a_piece()?;
        let found = look(&self.entrance, DOWNLOAD, file, (cause, within)).await?;
        Pieces::of(&self.entrance, found, time, slot)
    }

    async fn take_upload(
        &self,
        pieces: Streaming<UploadPiece>,
        cause: Option<Cause>,
        time: Time,
    ) -> Result<FileInfo, Failure> {
        let _slot = self.entrance.transfers.begin()?;
        upload::take(&self.entrance, pieces, cause, time).await
    }
}

/// What is known of a file, if the plugin may read it.
async fn look(
    entrance: &Arc<Entrance>,
    rpc: &'static str,
    file: StatFile,
    (cause, within): (Option<Cause>, Duration),
) -> Result<Found, Failure> {
    let mut of = Of::StatFile(file);
    check(&mut of)?;
    let asked = entrance.switchboard.compose_asked(entrance.member, of, cause)?;
    let (answer, node) = entrance.outbox.at_node(&asked, within.min(GAP)).await?;
    let info = file_in(answer)?;
    may_read(entrance, rpc, &asked, &info)?;
    Ok(Found { info, asked, node })
}

/// Whether a plugin may read what stands where this file does.
fn may_read(
    entrance: &Arc<Entrance>,
    rpc: &'static str,
    asked: &Outgoing,
    info: &FileInfo,
) -> Result<(), Failure> {
    let channel = info.channel.clone().unwrap_or_default();
    permitted(entrance, (rpc, Permission::FilesRead), &asked.request.workspace, &channel)
}

fn file_in(answer: Answer) -> Result<FileInfo, Failure> {
    match answer.result {
        Some(answer::Result::File(info)) => Ok(*info),
        Some(answer::Result::Failure(failure)) => Err(failure),
        _ => Err(another_kind()),
    }
}

/// The time that one transfer may take.
struct Time {
    clock: Clock,
    begun: Moment,
    within: Duration,
}

impl Time {
    /// That of a call: the answer must reach the plugin before its own deadline does.
    fn of<T>(entrance: &Entrance, request: &Request<T>) -> Self {
        let said = said_timeout(request).unwrap_or(USUAL).min(LONGEST);
        let within = said.saturating_sub((said / 10).min(Duration::from_millis(50)));
        let clock = entrance.clock;
        Self { begun: clock.now(), clock, within }
    }

    /// How long the next piece may take.
    ///
    /// # Errors
    /// No time is left.
    fn for_a_piece(&self) -> Result<Duration, Failure> {
        let left = self.within.saturating_sub(self.clock.now().since(self.begun));
        if left.is_zero() {
            let text = "the transfer did not end in its time";
            return Err(Failure::new(Code::DeadlineExceeded, Reason::Deadline, text));
        }
        Ok(left.min(GAP))
    }

    /// What an app's silence about a piece is called here.
    fn stalled(&self, failure: Failure) -> Failure {
        if failure.reason() != Reason::Deadline {
            return failure;
        }
        if let Err(over) = self.for_a_piece() {
            return over;
        }
        let text = format!("the app took no piece, or gave none, for {} s", GAP.as_secs());
        Failure::new(Code::DeadlineExceeded, Reason::TransferStalled, text)
    }
}

fn another_kind() -> Failure {
    let text = "the app answered something else than it was asked for";
    Failure::new(Code::Internal, Reason::BadAnswer, text)
}
