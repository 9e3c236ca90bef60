//! Commands: what somebody typed, its arguments, and what is said back.
//!
//! It refuses to parse: the daemon has done that by the manifest's `args`.

use std::sync::Arc;

use outboard_proto::common as wire;
use outboard_proto::plugin::{RunCommand, plugin_frame};

use crate::argument::{ArgumentError, FromValue};
use crate::body::Body;
use crate::context::Context;
use crate::error::HostError;
use crate::session::lease::Lease;
use crate::session::outbox::Outbox;
use crate::subject::{channel_of, sender_of};

/// A command that somebody ran.
#[derive(Debug)]
pub struct Command {
    call: u64,
    run: RunCommand,
    ctx: Context,
    lease: Arc<Lease>,
    outbox: Arc<Outbox>,
}

impl Command {
    pub(crate) fn new(
        call: u64,
        run: RunCommand,
        ctx: Context,
        lease: Arc<Lease>,
        outbox: Arc<Outbox>,
    ) -> Self {
        Self { call, run, ctx, lease, outbox }
    }

    /// The command's name, without the slash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.run.name
    }

    /// What was typed after the name.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.run.text
    }

    /// Where it was typed.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.run.channel.as_ref())
    }

    /// Who typed it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.run.sender.as_ref())
    }

    /// Everything about it.
    #[must_use]
    pub fn run(&self) -> &RunCommand {
        &self.run
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The argument `name`: a `String` (also for users, channels and choices), `i64`, `f64` or
    /// `bool`, or an `Option` of one for an optional argument.
    ///
    /// # Errors
    /// The argument is missing or of another type, which means that the manifest says otherwise.
    pub fn arg<T: FromValue>(&self, name: &str) -> Result<T, ArgumentError> {
        let value = self.run.args.get(name).and_then(|value| value.of.as_ref());
        T::from_value(value).map_err(|expected| ArgumentError {
            command: self.run.name.clone(),
            argument: name.to_owned(),
            expected,
        })
    }

    /// Says `body` to everyone in the channel.
    pub fn reply(&self, body: impl Into<Body>) -> Reply {
        Reply::new(body)
    }

    /// Says `body` to the person who ran the command.
    pub fn whisper(&self, body: impl Into<Body>) -> Reply {
        Reply::whisper(body)
    }

    /// Tells the person what is wrong with what they typed.
    pub fn refuse(&self, why: impl Into<String>) -> Reply {
        Reply::refuse(why)
    }

    /// Shows how far the work is, and keeps the command from timing out for 30 s more, 15 minutes
    /// in all.
    ///
    /// # Errors
    /// The session is lost.
    pub async fn progress(&self, percent: u32, text: impl Into<String>) -> Result<(), HostError> {
        self.lease.renew();
        let text = text.into();
        let progress = outboard_proto::plugin::Progress { call: self.call, percent, text };
        self.outbox.offer(plugin_frame::Kind::Progress(progress)).await
    }

    /// Begins a reply that appears piece by piece.
    #[must_use]
    pub fn stream(&self) -> ReplyStream<'_> {
        ReplyStream { command: self, next: 0, said: String::new() }
    }
}

/// A reply that appears piece by piece, such as a model's answer.
#[derive(Debug)]
pub struct ReplyStream<'a> {
    command: &'a Command,
    next: u64,
    said: String,
}

impl ReplyStream<'_> {
    /// Adds `delta` to what has been said. The call's time begins anew with each piece.
    ///
    /// # Errors
    /// The session is lost, or the piece is larger than a frame may be.
    pub async fn push(&mut self, delta: impl Into<String>) -> Result<(), HostError> {
        let (call, seq, delta) = (self.command.call, self.next, delta.into());
        self.said.push_str(&delta);
        self.next += 1;
        self.command.lease.restart();
        let partial = outboard_proto::plugin::Partial { call, seq, delta };
        self.command.outbox.offer(plugin_frame::Kind::Partial(partial)).await
    }

    /// Ends the stream. The reply holds the whole text, for apps that show no pieces.
    #[must_use]
    pub fn finish(self) -> Reply {
        Reply::new(self.said)
    }
}

/// What a command says back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply(wire::InteractionReply);

impl Reply {
    /// Says `body` to everyone in the channel.
    pub fn new(body: impl Into<Body>) -> Self {
        Self::shown_to(wire::Visibility::All, body.into())
    }

    /// Says `body` to the person who ran the command.
    pub fn whisper(body: impl Into<Body>) -> Self {
        Self::shown_to(wire::Visibility::One, body.into())
    }

    /// Tells the person what is wrong with what they typed.
    pub fn refuse(why: impl Into<String>) -> Self {
        let text = wire::Text { text: why.into(), ..wire::Text::default() };
        Self(wire::InteractionReply {
            error: Some(text),
            visibility: wire::Visibility::One.into(),
            ..wire::InteractionReply::default()
        })
    }

    /// What is said, or what was wrong.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.0.error {
            Some(error) => &error.text,
            None => crate::body::text_of(self.0.body.as_ref()),
        }
    }

    /// Whether it tells what is wrong.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.0.error.is_some()
    }

    /// Whether only the person who ran the command sees it.
    #[must_use]
    pub fn is_whisper(&self) -> bool {
        self.0.visibility() == wire::Visibility::One
    }

    fn shown_to(visibility: wire::Visibility, body: Body) -> Self {
        Self(wire::InteractionReply {
            body: Some(body.0),
            visibility: visibility.into(),
            ..wire::InteractionReply::default()
        })
    }

    pub(crate) fn into_wire(self) -> wire::InteractionReply {
        self.0
    }

    pub(crate) fn from_wire(reply: wire::InteractionReply) -> Self {
        Self(reply)
    }
}
