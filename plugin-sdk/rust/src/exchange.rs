//! `Exchange`: one command or action under way, and the ways to answer it: at once, piece by piece,
//! or later.
//!
//! It refuses to know what was asked.

use std::sync::Arc;

use outboard_proto::common as wire;
use outboard_proto::plugin::{Partial, Progress, plugin_frame};

use crate::context::Context;
use crate::error::HostError;
use crate::follow_up::{self, Later};
use crate::outcome::Outcome;
use crate::reply::Reply;
use crate::session::lease::Lease;
use crate::session::outbox::{Outbox, PARTIAL};

/// Bytes of a streamed reply that are said again as a whole. A longer one is what its pieces said.
const WHOLE: usize = 48 * 1024;

/// What commands and actions share.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) call: u64,
    pub(crate) interaction_id: String,
    pub(crate) ctx: Context,
    pub(crate) lease: Arc<Lease>,
    pub(crate) outbox: Arc<Outbox>,
}

impl Exchange {
    pub(crate) async fn progress(&self, percent: u32, text: String) -> Result<(), HostError> {
        self.lease.renew();
        let progress = Progress { call: self.call, percent, text };
        self.outbox.offer(plugin_frame::Kind::Progress(progress)).await
    }

    pub(crate) fn stream(&self) -> ReplyStream<'_> {
        let (next, said, visibility) = (0, String::new(), wire::Visibility::All);
        ReplyStream { exchange: self, next, said, visibility }
    }

    pub(crate) fn defer<R: Outcome<Reply> + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Later) -> R + 'static,
    ) -> Reply {
        follow_up::begin(self.later(), work);
        Reply::deferred()
    }

    pub(crate) fn later(&self) -> Later {
        self.ctx.host().later(self.interaction_id.clone(), 1)
    }
}

/// A reply that appears piece by piece, such as a model's answer.
#[derive(Debug)]
pub struct ReplyStream<'a> {
    exchange: &'a Exchange,
    next: u64,
    said: String,
    visibility: wire::Visibility,
}

impl ReplyStream<'_> {
    /// Shows it to the person who ran the command alone. To be said before the first piece.
    #[must_use]
    pub fn for_one(mut self) -> Self {
        self.visibility = wire::Visibility::One;
        self
    }

    /// Adds `delta` to what has been said. The call's time begins anew with each piece.
    ///
    /// # Errors
    /// The session is lost, or the piece is larger than a frame may be.
    pub async fn push(&mut self, delta: impl Into<String>) -> Result<(), HostError> {
        let (call, seq, delta) = (self.exchange.call, self.next, delta.into());
        self.said.push_str(&delta);
        self.next += 1;
        self.exchange.lease.restart();
        let partial = Partial { call, seq, delta, visibility: self.visibility.into() };
        self.exchange.outbox.offer(plugin_frame::Kind::Partial(partial)).await
    }

    /// What has been said so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.said
    }

    /// Ends the stream. Up to 48 KiB the reply holds the whole text, for apps that show no pieces;
    /// beyond, an app puts it together from them. A stream may have 1 MiB.
    #[must_use]
    pub fn finish(self) -> Reply {
        if self.said.len() > WHOLE && self.exchange.outbox.understands(PARTIAL) {
            return Reply::said_in_pieces(self.visibility);
        }
        match self.visibility {
            wire::Visibility::One => Reply::whisper(self.said),
            wire::Visibility::All | wire::Visibility::Unspecified => Reply::new(self.said),
        }
    }
}
