//! What became of something that a plugin held, on its way into the app.
//!
//! It refuses to know where the app keeps what waits.

use outboard_proto::app::{Asker, HeldDecided, held_decided::Decision};
use outboard_proto::common::{HookPayload, Message, Text, hook_payload::Of};

/// A decision about something that was held: see [`Decision::Held`](crate::Decision::Held).
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Which plugin held it, and the bot account it speaks as.
    pub asker: Asker,
    /// Empty where the app has one workspace.
    pub workspace: String,
    /// As the verdict had it.
    pub id: String,
    /// As the verdict had it.
    pub queue: String,
    /// The hook that was asked.
    pub hook: String,
    /// What it was asked about, as plugins before had left it.
    pub payload: HookPayload,
    /// Since when, in microseconds since the Unix epoch.
    pub held_at_us: i64,
    /// Who decided: `operator`, `expiry`, `deletion` or `plugin:NAME`.
    pub by: String,
    /// What to do now.
    pub fate: Fate,
    /// The same for every attempt at this request.
    pub idempotency_key: String,
    /// 1 at first.
    pub attempt: u32,
}

/// What becomes of something that was held.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Do it, as the payload says.
    Released,
    /// Do not do it; for this reason. Its code is `HOLD_EXPIRED` where nobody decided in time.
    Dropped(Text),
}

impl Decided {
    pub(crate) fn read(
        decided: HeldDecided,
        (asker, workspace): (Asker, String),
        (idempotency_key, attempt): (String, u32),
    ) -> Option<Self> {
        let fate = match decided.decision? {
            Decision::Released(_) => Fate::Released,
            Decision::Dropped(dropped) => Fate::Dropped(dropped.reason.unwrap_or_default()),
        };
        Some(Self {
            asker,
            workspace,
            id: decided.id,
            queue: decided.queue,
            hook: decided.hook,
            payload: decided.payload.unwrap_or_default(),
            held_at_us: decided.held_at_us,
            by: decided.by,
            fate,
            idempotency_key,
            attempt,
        })
    }

    /// The message that was about to be posted or changed, where it is about one.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self.payload.of.as_ref()? {
            Of::BeforePost(message) => Some(message),
            Of::BeforeEdit(edit) => edit.message.as_ref(),
            Of::BeforeDelete(delete) => delete.stored.as_ref(),
            _ => None,
        }
    }

    /// The id of the channel it happens in; empty where it happens in none.
    #[must_use]
    pub fn channel(&self) -> &str {
        let found = match self.payload.of.as_ref() {
            Some(Of::BeforeReaction(reaction)) => reaction.channel.as_ref(),
            Some(Of::BeforeUpload(upload)) => upload.channel.as_ref(),
            Some(Of::BeforeJoin(join)) => join.channel.as_ref(),
            Some(Of::BeforeCreate(draft)) => draft.channel.as_ref(),
            _ => self.message().and_then(|message| message.channel.as_ref()),
        };
        found.map_or("", |channel| &channel.id)
    }
}
