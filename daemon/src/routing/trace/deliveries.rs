//! Records of events and of their deliveries: one when an event is taken, then one for each
//! subscription and attempt, as it ends. The event's id ties them together.
//!
//! What was handed over before anybody listened is not told of.

use std::collections::HashMap;
use std::sync::Arc;

use outboard_proto::admin::TraceRecord;
use outboard_proto::app::Published;
use outboard_proto::common::{Event, Failure, event::Of};
use outboard_supervision::Moment;

use super::{Content, Kind, code, named};
use crate::clock::micros;
use crate::config::manifest::event::Guarantee;
use crate::delivery::journal::{Death, Gone};
use crate::routing::subject::{Subject, text};
use crate::routing::{Core, MemberId};

/// Deliveries under way of which somebody will want to know.
pub type Traced = HashMap<u64, Delivery>;

/// A delivery under way.
pub struct Delivery {
    member: MemberId,
    event: Arc<Event>,
    attempt: u32,
    guarantee: Guarantee,
    since: Moment,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy)]
pub enum Came<'f> {
    /// The handler returned.
    Delivered,
    /// The handler failed; whether for the last time.
    Failed(&'f Failure, Last),
    /// The handler did not return in time.
    TimedOut(Last),
    /// Its session went away.
    Lost,
    /// The grant is missing.
    Denied,
    /// It gave way to newer ones before it was handed over.
    Dropped,
}

/// Whether an event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It may be.
    No,
    /// It is a dead letter.
    Yes,
}

impl Core {
    /// A publisher is told what became of an event.
    pub fn trace_published(&mut self, event: &Event, published: &Published) {
        if self.listeners.is_empty() {
            return;
        }
        let (outcome, reason, answer) = match &published.failure {
            Some(failure) => ("refused", code(failure), failure.message.as_str()),
            None if published.duplicate => ("duplicate", String::new(), ""),
            None => ("published", String::new(), ""),
        };
        let record = TraceRecord {
            outcome: outcome.to_owned(),
            reason,
            subscriptions: published.subscriptions,
            ..self.about_event(Kind::Event, event)
        };
        self.listeners.tell(&record, Content { text: words(event), answer });
    }

    /// An event cannot be taken.
    pub fn trace_refused(&mut self, event: &Event, why: &Failure) {
        let published = Published { failure: Some(why.clone()), ..Published::default() };
        self.trace_published(event, &published);
    }

    /// A delivery is handed over.
    pub fn trace_handed(
        &mut self,
        member: MemberId,
        delivery: u64,
        (event, attempt): (&Arc<Event>, u32),
        now: Moment,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        let guarantee = self.guarantee(member);
        let event = Arc::clone(event);
        self.traced.insert(delivery, Delivery { member, event, attempt, guarantee, since: now });
    }

    /// What the event that goes now is promised.
    fn guarantee(&self, member: MemberId) -> Guarantee {
        match self.members.get(member).is_some_and(|it| it.kept_last) {
            true => Guarantee::AtLeastOnce,
            false => Guarantee::BestEffort,
        }
    }

    /// A delivery has come to an end.
    pub fn trace_delivery(&mut self, delivery: u64, came: Came<'_>, now: Moment) {
        // Nearly always there is none.
        if self.traced.is_empty() {
            return;
        }
        let Some(traced) = self.traced.remove(&delivery) else { return };
        let took_us = micros(now.since(traced.since));
        self.tell_delivery(&traced, came, took_us);
    }

    /// An event that will not be handed over.
    pub fn trace_unhanded(
        &mut self,
        member: MemberId,
        event: &Arc<Event>,
        guarantee: Guarantee,
        came: Came<'_>,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        let event = Arc::clone(event);
        let since = self.clock.now();
        self.tell_delivery(&Delivery { member, event, attempt: 0, guarantee, since }, came, 0);
    }

    /// The event that would go next to a plugin is none of its business any more.
    pub fn trace_denied(&mut self, member: MemberId, kept: bool) {
        if self.listeners.is_empty() {
            return;
        }
        let Some(is) = self.members.get_mut(member) else { return };
        let (event, guarantee) = match kept {
            true => (is.durable.head().map(|it| Arc::clone(&it.event)), Guarantee::AtLeastOnce),
            false => (is.lanes.next().map(|it| Arc::clone(&it.event)), Guarantee::BestEffort),
        };
        if let Some(event) = event {
            self.trace_unhanded(member, &event, guarantee, Came::Denied);
        }
    }

    /// Events became dead letters in the journal. What a handler failed at has been told.
    pub fn trace_gone(&mut self, gone: &[Gone]) {
        if self.listeners.is_empty() {
            return;
        }
        for it in gone {
            match it.cause {
                Death::Failed | Death::Denied => {}
                Death::Poison | Death::Expired | Death::Unsubscribed => {
                    let record = TraceRecord {
                        plugin: it.key.plugin.to_string(),
                        outcome: "dead-letter".to_owned(),
                        reason: it.cause.as_str().to_owned(),
                        delivery: word(Guarantee::AtLeastOnce).to_owned(),
                        ..self.record(Kind::Delivery)
                    };
                    self.listeners.tell(&record, Content::default());
                }
            }
        }
    }

    fn tell_delivery(&mut self, of: &Delivery, came: Came<'_>, took_us: u64) {
        let (outcome, reason, answer) = match came {
            Came::Delivered => ("delivered", String::new(), ""),
            Came::Failed(failure, Last::No) => ("failed", code(failure), &*failure.message),
            Came::Failed(failure, Last::Yes) => {
                ("dead-letter", code(failure), failure.message.as_str())
            }
            Came::TimedOut(Last::No) => ("timed-out", String::new(), ""),
            Came::TimedOut(Last::Yes) => ("dead-letter", "timed-out".to_owned(), ""),
            Came::Lost => ("lost", String::new(), ""),
            Came::Denied => ("denied", String::new(), ""),
            Came::Dropped => ("dropped", String::new(), ""),
        };
        let member = self.members.get(of.member);
        let record = TraceRecord {
            plugin: member.map(|it| it.is.name.to_string()).unwrap_or_default(),
            outcome: outcome.to_owned(),
            reason,
            attempt: of.attempt,
            delivery: word(of.guarantee).to_owned(),
            took_us,
            ..self.about_event(Kind::Delivery, &of.event)
        };
        self.listeners.tell(&record, Content { text: words(&of.event), answer });
    }

    fn about_event(&self, kind: Kind, event: &Event) -> TraceRecord {
        let subject = Subject::of_event(event);
        let channel = subject.channel().cloned().unwrap_or_default();
        let message = subject.message();
        let sender = message.and_then(|it| it.sender.as_ref());
        let sender = sender.map(|it| named(&it.name, &it.id));
        let sender = sender.or_else(|| subject.plugin().map(str::to_owned));
        TraceRecord {
            name: event.r#type.clone(),
            id: event.id.clone(),
            workspace: event.workspace.clone(),
            channel: named(&channel.name, &channel.id),
            channel_id: channel.id,
            sender: sender.unwrap_or_default(),
            message_id: message.map(|it| it.id.clone()).unwrap_or_default(),
            draft_id: message.map(|it| it.draft_id.clone()).unwrap_or_default(),
            ..self.record(kind)
        }
    }
}

fn word(guarantee: Guarantee) -> &'static str {
    match guarantee {
        Guarantee::AtLeastOnce => "at-least-once",
        Guarantee::BestEffort => "best-effort",
    }
}

fn words(event: &Event) -> &str {
    match &event.of {
        Some(Of::Message(message)) => text(message).unwrap_or_default(),
        Some(Of::Custom(custom)) => &custom.json,
        Some(_) | None => "",
    }
}
