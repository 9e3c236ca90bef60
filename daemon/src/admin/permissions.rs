//! Grants and the audit log, for operators: decodes, asks, encodes.

use std::io;

use outboard_proto::admin::permissions_server::Permissions;
use outboard_proto::admin::{
    AuditRecord, AuditRequest, ChangeGrantsRequest, GrantsRequest, GrantsTable,
};
use outboard_proto::common::{Failure, Reason};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::noted::note;
use crate::audit::{Audit, Record};
use crate::fleet::Command;
use crate::status;

/// Records that wait for an operator who reads slowly.
const STREAM: usize = 256;

/// The service of one connection.
pub struct Desk {
    pub command: Command,
    /// Who asks.
    pub uid: u32,
}

type Sender = mpsc::Sender<Result<AuditRecord, Status>>;

#[tonic::async_trait]
impl Permissions for Desk {
    type AuditStream = ReceiverStream<Result<AuditRecord, Status>>;

    async fn grants(
        &self,
        request: Request<GrantsRequest>,
    ) -> Result<Response<GrantsTable>, Status> {
        let name = request.into_inner().name;
        let asked = self.command.ask(move |fleet| Box::pin(async move { fleet.grants(&name) }));
        answer(asked.await.and_then(|it| it))
    }

    async fn change_grants(
        &self,
        request: Request<ChangeGrantsRequest>,
    ) -> Result<Response<GrantsTable>, Status> {
        let request = request.into_inner();
        let noted = note(&self.command.harbour, self.uid, "grants").of(&request.name);
        let noted = noted.on(&words(&request)).why(&request.why);
        let changed = self
            .command
            .ask(move |fleet| Box::pin(async move { fleet.change_grants(&request).await }));
        noted.came_to(answer(changed.await.and_then(|it| it)))
    }

    async fn audit(
        &self,
        request: Request<AuditRequest>,
    ) -> Result<Response<Self::AuditStream>, Status> {
        let (sender, receiver) = mpsc::channel(STREAM);
        let audit = self.command.harbour.audit.clone();
        tokio::spawn(tell(audit, request.into_inner(), sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}

/// "+messages:send@channels=a -storage:write", as it is recorded.
fn words(request: &ChangeGrantsRequest) -> String {
    let granted = request.grant.iter().map(|it| format!("grant {it}"));
    let narrowed = request.narrow.iter().map(|it| format!("narrow {it}"));
    let revoked = request.revoke.iter().map(|it| format!("revoke {it}"));
    granted.chain(narrowed).chain(revoked).collect::<Vec<_>>().join(", ")
}

/// What is kept, then what comes.
async fn tell(audit: Audit, request: AuditRequest, sender: Sender) {
    // Before the files are read: what is written meanwhile is told twice rather than never.
    let coming = request.follow.then(|| audit.follow());
    // Whoever did something and looks then finds it.
    audit.settled().await;
    let (files, asked, told) = (audit.files(), request.clone(), sender.clone());
    let read = tokio::task::spawn_blocking(move || {
        let mut last = None;
        files.read(|record| {
            if is_asked_for(&asked, &record) {
                told.blocking_send(Ok(wire(&record))).map_err(io::Error::other)?;
            }
            last = Some(record);
            Ok(())
        })?;
        Ok::<_, io::Error>(last)
    });
    let last = match read.await {
        Ok(Ok(last)) => last,
        Ok(Err(error)) => {
            let text = format!("the audit log cannot be read: {error}");
            let failure = Failure::new(Code::Internal, Reason::Internal, text);
            // Whoever asked may be the reason.
            let _ = sender.send(Err(status::of(&failure))).await;
            return;
        }
        Err(_) => return,
    };
    if let Some(coming) = coming {
        follow(coming, (request, last), sender).await;
    }
}

async fn follow(
    mut coming: broadcast::Receiver<std::sync::Arc<Record>>,
    (request, mut last): (AuditRequest, Option<Record>),
    sender: Sender,
) {
    loop {
        let next = tokio::select! {
            next = coming.recv() => next,
            () = sender.closed() => return,
        };
        let record = match next {
            Ok(record) => record,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "a follower of the audit log reads too slowly");
                continue;
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        // What was read already comes once more at the most up to the last that was read.
        if last.as_ref().is_some_and(|last| record.at <= last.at) {
            continue;
        }
        last = None;
        if is_asked_for(&request, &record) && sender.send(Ok(wire(&record))).await.is_err() {
            return;
        }
    }
}

fn is_asked_for(request: &AuditRequest, record: &Record) -> bool {
    let at =
        || record.at.parse::<jiff::Timestamp>().map_or(i64::MAX, jiff::Timestamp::as_microsecond);
    (request.plugin.is_empty() || request.plugin == record.plugin)
        && (request.act.is_empty() || request.act == record.act)
        && (request.since_us == 0 || at() >= request.since_us)
}

fn wire(record: &Record) -> AuditRecord {
    let Record { at, who, act, plugin, on, why, outcome, count } = record.clone();
    AuditRecord { at, who, act, plugin, on, why, outcome, count }
}
