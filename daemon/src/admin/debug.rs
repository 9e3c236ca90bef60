//! What becomes of an invitation, told to the operator who asked for it. When that one stops
//! reading, the visit is over.
//!
//! It refuses to know what the guest does.

use std::sync::Arc;

use outboard_proto::admin::debug_news::Of;
use outboard_proto::admin::{DebugEnd, DebugGuest, DebugInvitation, DebugNews, Variable};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tonic::Status;

use crate::clock::micros;
use crate::debug::{INVITED, Parting, Stage, Visit};
use crate::fleet::Invited;

type News = mpsc::Sender<Result<DebugNews, Status>>;

/// Ends the visit when it is dropped, if that is still to be done.
struct Withdrawing(Arc<Visit>);

impl Drop for Withdrawing {
    fn drop(&mut self) {
        self.0.end(Parting::Withdrawn);
    }
}

/// Tells stage after stage, to the last.
pub async fn tell(invited: Invited, now_us: i64, sender: News) {
    let Invited { visit, environment } = invited;
    // However this ends, nobody stays whom nobody invites any more.
    let _withdrawing = Withdrawing(Arc::clone(&visit));
    let (mut stages, mut notes) = (visit.stages(), visit.notes());
    let variable = |(name, value): (&str, String)| Variable { name: name.to_owned(), value };
    let mut next = Some(Of::Invitation(DebugInvitation {
        environment: environment.map(variable).to_vec(),
        expires_us: now_us.saturating_add_unsigned(micros(INVITED)),
    }));
    let unused = tokio::time::sleep(INVITED);
    tokio::pin!(unused);
    loop {
        let is_last = matches!(next, Some(Of::End(_)));
        if let Some(of) = next.take()
            && (sender.send(Ok(DebugNews { of: Some(of) })).await.is_err() || is_last)
        {
            return;
        }
        let is_invited = *stages.borrow() == Stage::Invited;
        tokio::select! {
            // The visit outlives this: it always has a stage.
            _ = stages.changed() => next = news(&stages.borrow_and_update(), visit.uid),
            note = notes.recv() => next = match note {
                Ok(note) => Some(Of::Note(note)),
                Err(RecvError::Lagged(_) | RecvError::Closed) => None,
            },
            () = sender.closed() => return,
            () = &mut unused, if is_invited => visit.end(Parting::Unused),
        }
    }
}

fn news(stage: &Stage, uid: u32) -> Option<Of> {
    let guest = |pid: &u32| DebugGuest { pid: *pid, uid };
    match stage {
        Stage::Invited => None,
        Stage::Arriving(pid) => Some(Of::Arriving(guest(pid))),
        Stage::Attached(pid) => Some(Of::Attached(guest(pid))),
        Stage::Ready(pid) => Some(Of::Ready(guest(pid))),
        Stage::Over(parting) => {
            Some(Of::End(DebugEnd { cause: parting.cause().to_owned(), text: parting.to_string() }))
        }
    }
}
