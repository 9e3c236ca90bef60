//! Events: what has happened, as handlers see it.
//!
//! It refuses to know deliveries and acknowledgements: a handler that returns has acknowledged.

use outboard_proto::common as wire;
use wire::event::Of;

use crate::body;
use crate::context::Context;
use crate::subject::{channel_of, sender_of};

/// Something that happened to a message: posted, edited, deleted, pinned or reported.
#[derive(Debug)]
pub struct MessageEvent {
    message: wire::Message,
    event: Event,
}

impl MessageEvent {
    /// What the message says; empty if it is encrypted.
    #[must_use]
    pub fn text(&self) -> &str {
        body::text_of(self.message.body.as_ref())
    }

    /// Everything about the message.
    #[must_use]
    pub fn message(&self) -> &wire::Message {
        &self.message
    }

    /// Where it stands.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.message.channel.as_ref())
    }

    /// Who wrote it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.message.sender.as_ref())
    }

    /// The event around it.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The event's id, the same on every delivery.
    #[must_use]
    pub fn id(&self) -> &str {
        self.event.id()
    }

    /// 1 the first time; with more, the event may have been seen before. See [`Event::attempt`].
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.event.attempt
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.event.ctx
    }
}

/// Somebody joined or left a channel, or has other roles in it.
#[derive(Debug)]
pub struct MemberEvent {
    member: wire::Membership,
    event: Event,
}

impl MemberEvent {
    /// Whom it is about.
    #[must_use]
    pub fn user(&self) -> &wire::Sender {
        sender_of(self.member.user.as_ref())
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.member.channel.as_ref())
    }

    /// Everything about it.
    #[must_use]
    pub fn member(&self) -> &wire::Membership {
        &self.member
    }

    /// The event around it.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The event's id, the same on every delivery.
    #[must_use]
    pub fn id(&self) -> &str {
        self.event.id()
    }

    /// 1 the first time; with more, the event may have been seen before. See [`Event::attempt`].
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.event.attempt
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.event.ctx
    }
}

/// Any event, as the wire has it.
#[derive(Debug)]
pub struct Event {
    event: wire::Event,
    attempt: u32,
    ctx: Context,
}

impl Event {
    pub(crate) fn new(event: wire::Event, attempt: u32, ctx: Context) -> Self {
        Self { event, attempt, ctx }
    }

    /// Takes out what a typed event keeps beside it.
    pub(crate) fn take_content(&mut self) -> Option<Of> {
        self.event.of.take()
    }

    /// Such as `message.posted`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.event.r#type
    }

    /// The same on every delivery of this event.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.event.id
    }

    /// 1 the first time; with more, the event may have been seen before.
    ///
    /// Where the manifest says `delivery = "at-least-once"`, a handler that fails (returns an
    /// error, panics or takes too long) is told again, 5 times in all, and then the event is a dead
    /// letter.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What happened. A typed event has its own part taken out.
    #[must_use]
    pub fn content(&self) -> Option<&Of> {
        self.event.of.as_ref()
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }
}

/// An event that one kind of handler understands.
pub(crate) trait FromEvent: Sized {
    /// The typed event, or the wire's name of what it should have carried.
    fn from_event(event: Event) -> Result<Self, &'static str>;
}

impl FromEvent for Event {
    fn from_event(event: Event) -> Result<Self, &'static str> {
        Ok(event)
    }
}

impl FromEvent for MessageEvent {
    fn from_event(mut event: Event) -> Result<Self, &'static str> {
        match event.event.of.take() {
            Some(Of::Message(message)) => Ok(Self { message: *message, event }),
            _ => Err("message"),
        }
    }
}

impl FromEvent for MemberEvent {
    fn from_event(mut event: Event) -> Result<Self, &'static str> {
        match event.event.of.take() {
            Some(Of::Member(member)) => Ok(Self { member, event }),
            _ => Err("member"),
        }
    }
}
