//! Holding: an act set aside until somebody decides, and deciding about it.
//!
//! It refuses to judge who may decide, and which decision counts; the daemon does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_proto::common as wire;
use outboard_proto::plugin::{DropHeldRequest, HeldResponse, ListHeldRequest, ReleaseHeldRequest};

use crate::error::HostError;
use crate::host::{Host, MessageId};

/// How an act is held: in which queue, for how long, why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold(pub(crate) wire::Hold);

impl Hold {
    /// In `queue`, a word of the plugin's own, until somebody decides; dropped by itself after
    /// `expires`, at most 7 days.
    #[must_use]
    pub fn new(queue: impl Into<String>, expires: Duration) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires_at_us = i64::try_from((since + expires).as_micros()).unwrap_or(i64::MAX);
        Self(wire::Hold { queue: queue.into(), expires_at_us, ..wire::Hold::default() })
    }

    /// Says why, to the sender.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(wire::Text { text: reason.into(), ..wire::Text::default() });
        self
    }

    /// Names it, to be decided about under this name: up to 64 letters, digits, `-` and `_` that
    /// name nothing else. The daemon makes a name where none is given; see [`Host::held`].
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.0.id = id.into();
        self
    }
}

/// What became of a decision. It stands either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The app has done as told; with the message that it became, if it did.
    Done(Option<MessageId>),
    /// The app has not answered yet, and will be told until it does.
    Later,
}

impl Told {
    fn read(response: HeldResponse) -> Self {
        let HeldResponse { message_id, told } = response;
        if !told {
            return Self::Later;
        }
        Self::Done((!message_id.is_empty()).then_some(MessageId(message_id)))
    }
}

impl Host {
    /// Has the app go on with something that is held: by this plugin, or with `messages:hold` by
    /// any.
    ///
    /// # Errors
    /// `HELD_DECIDED` or `HOLD_EXPIRED` where somebody else, or time, was first; `APP_REFUSED`
    /// where the app will not have it, and it is held again.
    pub async fn release_held(&self, id: impl Into<String>) -> Result<Told, HostError> {
        let request = ReleaseHeldRequest { id: id.into() };
        self.link().release_held(self.cause(), request).await.map(Told::read)
    }

    /// Has the app drop something that is held; `reason` is for the sender.
    ///
    /// # Errors
    /// As [`Host::release_held`].
    pub async fn drop_held(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<Told, HostError> {
        let reason = Some(wire::Text { text: reason.into(), ..wire::Text::default() });
        let request = DropHeldRequest { id: id.into(), reason };
        self.link().drop_held(self.cause(), request).await.map(Told::read)
    }

    /// What this plugin holds in a queue (in all where it is empty), the oldest first; with
    /// `messages:hold` what every plugin holds.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn held(&self, queue: &str) -> Result<Vec<wire::HeldItem>, HostError> {
        let mut all: Vec<wire::HeldItem> = Vec::new();
        loop {
            let after = all.last().map_or(0, |last| last.number);
            let request = ListHeldRequest { queue: queue.to_owned(), after };
            let page = self.link().list_held(self.cause(), request).await?.items;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}
