//! A plugin's message or follow-up on its way into the app, and the app's refusal of it.
//!
//! It refuses to know where the app keeps its messages.

use std::time::Duration;

use outboard_proto::app::Asker;
use outboard_proto::common::{Channel, Failure, InteractionReply, Message, Reason, Sender, Trace};

/// A message that a plugin wants posted, as its bot.
#[derive(Debug, Clone, PartialEq)]
pub struct SendRequest {
    /// Which plugin asks, and the bot account it speaks as.
    pub asker: Asker,
    /// Empty where the app has one workspace.
    pub workspace: String,
    /// Complete but for its id.
    pub message: Message,
    /// The same for every attempt at this request.
    pub idempotency_key: String,
    /// 1 at first.
    pub attempt: u32,
    /// The trace of what the plugin was handling, where it had one.
    pub trace: Option<Trace>,
}

impl SendRequest {
    /// The id of the channel it belongs in; empty if the plugin named none.
    #[must_use]
    pub fn channel(&self) -> &str {
        self.message.channel.as_ref().map_or("", |channel| &channel.id)
    }
}

/// What a plugin says to a command or an action that it deferred.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// Which plugin says it, and the bot account it speaks as.
    pub asker: Asker,
    /// Empty where the app has one workspace.
    pub workspace: String,
    /// The app's own name for what was deferred.
    pub interaction_id: String,
    /// Its number, chosen by the plugin.
    pub seq: u64,
    /// What it says, and to whom.
    pub reply: InteractionReply,
    /// Where the command was run.
    pub channel: Channel,
    /// Who ran it.
    pub user: Sender,
    /// The thread it was run in; empty outside threads.
    pub thread_root: String,
    /// Nothing follows it.
    pub last: bool,
    /// The same for every attempt at this request.
    pub idempotency_key: String,
    /// 1 at first.
    pub attempt: u32,
    /// The trace of what was deferred, as long as the daemon lives that heard of it.
    pub trace: Option<Trace>,
}

/// Why the app will not carry a request out, in words for the plugin's author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct Refusal {
    says: String,
    kind: Kind,
    retry_after: Option<Duration>,
}

/// What a program may make of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused,
    NotFound,
    NotItsOwn,
}

impl Refusal {
    /// A refusal for good.
    pub fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), kind: Kind::Refused, retry_after: None }
    }

    /// There is no such message, person or channel.
    pub fn not_found(says: impl Into<String>) -> Self {
        Self { kind: Kind::NotFound, ..Self::new(says) }
    }

    /// It is somebody else's message, and the plugin may change its own only.
    pub fn not_its_own(says: impl Into<String>) -> Self {
        Self { kind: Kind::NotItsOwn, ..Self::new(says) }
    }

    /// Says when trying again may help.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    pub(crate) fn into_failure(self) -> Failure {
        let (code, reason) = match (self.retry_after, self.kind) {
            (Some(_), _) => (tonic::Code::Unavailable, Reason::AppRefused),
            (None, Kind::Refused) => (tonic::Code::FailedPrecondition, Reason::AppRefused),
            (None, Kind::NotFound) => (tonic::Code::NotFound, Reason::NotFound),
            (None, Kind::NotItsOwn) => (tonic::Code::PermissionDenied, Reason::NotItsOwn),
        };
        let failure = Failure::new(code, reason, self.says);
        match self.retry_after {
            Some(after) => failure.retry_after(after),
            None => failure,
        }
    }
}

impl From<&str> for Refusal {
    fn from(says: &str) -> Self {
        Self::new(says)
    }
}

impl From<String> for Refusal {
    fn from(says: String) -> Self {
        Self::new(says)
    }
}
