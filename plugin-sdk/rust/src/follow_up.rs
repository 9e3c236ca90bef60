//! `Later`: answers that follow once the handler has returned.
//!
//! Each has a number, so that one said twice counts once. It refuses to know when the daemon takes
//! no more: the daemon says so.

use outboard_proto::plugin::FollowUpRequest;
use tokio_util::sync::CancellationToken;

use crate::body::Body;
use crate::error::{Error, HostError};
use crate::host::{Host, MessageId};
use crate::outcome::Outcome;
use crate::reply::Reply;
use crate::session::running::Caught;

/// A deferred command, to which more can be said for 15 minutes: by this process, or by a later
/// one that kept the id.
#[derive(Debug)]
pub struct Later {
    host: Host,
    interaction_id: String,
    next: u64,
    cancelled: CancellationToken,
}

impl Later {
    pub(crate) fn new(
        host: Host,
        interaction_id: String,
        next: u64,
        cancelled: CancellationToken,
    ) -> Self {
        Self { host, interaction_id, next, cancelled }
    }

    /// What the app calls it. Kept somewhere, it lets a later process go on: see
    /// [`Host::later`].
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// The number of the next follow-up.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// A token that is cancelled when the app wants no more. Work begun by `defer` is dropped by
    /// itself then; this is for what it has started elsewhere.
    #[must_use]
    pub fn cancelled(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// Says `body` to everyone in the channel. After an error the next call has the same number:
    /// said again, it counts once.
    ///
    /// # Errors
    /// `INTERACTION_EXPIRED` when it is too late; else what the daemon or the app refused.
    pub async fn say(&mut self, body: impl Into<Body>) -> Result<MessageId, HostError> {
        self.send(Reply::new(body)).await
    }

    /// Says `body` to the person who ran the command.
    ///
    /// # Errors
    /// As [`Later::say`].
    pub async fn whisper(&mut self, body: impl Into<Body>) -> Result<MessageId, HostError> {
        self.send(Reply::whisper(body)).await
    }

    /// Says any reply.
    ///
    /// # Errors
    /// As [`Later::say`].
    pub async fn send(&mut self, reply: Reply) -> Result<MessageId, HostError> {
        self.follow_up(reply, false).await
    }

    /// Says the last reply: nothing follows it.
    ///
    /// # Errors
    /// As [`Later::say`].
    pub async fn finish(mut self, reply: Reply) -> Result<MessageId, HostError> {
        self.follow_up(reply, true).await
    }

    async fn follow_up(&mut self, reply: Reply, last: bool) -> Result<MessageId, HostError> {
        let request = FollowUpRequest {
            interaction_id: self.interaction_id.clone(),
            seq: self.next,
            reply: Some(reply.into_wire()),
            last,
        };
        let said = self.host.follow_up(request).await?;
        self.next += 1;
        Ok(said)
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        self.host.leave_interaction(&self.interaction_id);
    }
}

/// Begins to work on what was deferred; what comes of it is the last follow-up.
pub(crate) fn begin<R: Outcome<Reply> + 'static>(
    mut later: Later,
    work: impl AsyncFnOnce(&mut Later) -> R + 'static,
) {
    let (host, cancelled) = (later.host.clone(), later.cancelled());
    let id = later.interaction_id.clone();
    tokio::task::spawn_local(async move {
        let working = Caught(Box::pin(async move {
            let outcome = work(&mut later).await.outcome();
            (later, outcome)
        }));
        let done = tokio::select! {
            done = working => Some(done),
            () = cancelled.cancelled() => None,
        };
        let ended = match done {
            // Nobody wants to know.
            None => return,
            Some(Ok((later, outcome))) => {
                later.finish(outcome.unwrap_or_else(|error| failed(&error))).await
            }
            // A number that nothing else has: how far it had come went with the panic.
            Some(Err(panic)) => {
                host.later(id.clone(), u64::MAX).finish(failed(&Error::new(panic))).await
            }
        };
        if let Err(error) = ended {
            eprintln!("the last follow-up to {id} was not said: {error}");
        }
    });
}

fn failed(error: &Error) -> Reply {
    eprintln!("a deferred command failed: {}", error.message());
    Reply::refuse(error.message())
}
