//! Actions: what somebody did to a component that this plugin shows.
//!
//! Answered like a command. It refuses to know how the component looks.

use outboard_proto::common as wire;
use outboard_proto::plugin::UiAction;

use crate::argument::{ArgumentError, FromValue};
use crate::body::Body;
use crate::context::Context;
use crate::error::HostError;
use crate::exchange::{Exchange, ReplyStream};
use crate::follow_up::Later;
use crate::outcome::Outcome;
use crate::reply::Reply;
use crate::subject::{channel_of, sender_of};

/// What somebody did to a component.
#[derive(Debug)]
pub struct Action {
    asked: UiAction,
    exchange: Exchange,
}

impl Action {
    pub(crate) fn new(asked: UiAction, exchange: Exchange) -> Self {
        Self { asked, exchange }
    }

    /// The component.
    #[must_use]
    pub fn component(&self) -> &str {
        &self.asked.component
    }

    /// What was done to it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.asked.action
    }

    /// The value of the button that was pressed; empty if it has none.
    #[must_use]
    pub fn pressed(&self) -> &str {
        &self.asked.value
    }

    /// What the field `id` holds: of the component, or of the form that was sent. A `String` (also
    /// for users, channels and choices), `i64`, `f64` or `bool`, or an `Option` of one where it may
    /// be empty. The daemon has checked it against what was declared.
    ///
    /// # Errors
    /// The field is empty, or of another type.
    pub fn value<T: FromValue>(&self, id: &str) -> Result<T, ArgumentError> {
        let value = self.asked.values.get(id).and_then(|value| value.of.as_ref());
        T::from_value(value).map_err(|expected| ArgumentError {
            command: format!("{}{}", self.asked.component, self.asked.modal),
            argument: id.to_owned(),
            expected,
        })
    }

    /// What the plugin gave the form that was sent, with [`Modal::state`](crate::Modal::state).
    #[must_use]
    pub fn state(&self) -> &str {
        &self.asked.state
    }

    /// The message under which the component stands; empty elsewhere.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.asked.message_id
    }

    /// What came with it, JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.asked.json
    }

    /// Where.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.asked.channel.as_ref())
    }

    /// Who did it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.asked.sender.as_ref())
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.exchange.ctx
    }

    /// Says `body` to everyone in the channel.
    pub fn reply(&self, body: impl Into<Body>) -> Reply {
        Reply::new(body)
    }

    /// As [`Command::progress`](crate::Command::progress).
    ///
    /// # Errors
    /// The session is lost.
    pub async fn progress(&self, percent: u32, text: impl Into<String>) -> Result<(), HostError> {
        self.exchange.progress(percent, text.into()).await
    }

    /// As [`Command::stream`](crate::Command::stream).
    #[must_use]
    pub fn stream(&self) -> ReplyStream<'_> {
        self.exchange.stream()
    }

    /// As [`Command::defer`](crate::Command::defer).
    pub fn defer<R: Outcome<Reply> + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Later) -> R + 'static,
    ) -> Reply {
        self.exchange.defer(work)
    }
}
