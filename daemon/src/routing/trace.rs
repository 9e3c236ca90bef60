//! Who wants to know what became of messages, commands and events, and the records they get.
//!
//! While nobody listens it costs one look at an empty list. A listener who reads too slowly loses
//! records and is told how many. It refuses to keep anything, and to decide anything.

mod deliveries;
mod denials;
mod hooks;
mod interactions;

use std::str::FromStr;

use outboard_proto::admin::{TraceRecord, TraceRequest};
use outboard_proto::common::Failure;
use tokio::sync::mpsc;

use super::{Core, Switchboard};
use crate::config::manifest::Hook;
use crate::stable_hash::stable_hash;

pub use deliveries::{Came, Last, Traced};

/// Records on their way to one listener: a second of a busy chat.
const RECORDS: usize = 1024;
/// Listeners at once: each takes its share of the data plane's time for every message.
pub const LISTENERS: usize = 16;

/// What one listener wants to know of.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Only this hook.
    pub hook: Option<Hook>,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// The rest, as the operator asked.
    pub asked: TraceRequest,
}

/// What a record can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A call of a hook and its verdict.
    Hook,
    /// A command and its result.
    Command,
    /// An action on a component and its result.
    Action,
    /// Something said to an interaction later.
    FollowUp,
    /// An event and whether it was taken.
    Event,
    /// An event, one subscription, one attempt.
    Delivery,
    /// A permission that a plugin's call needed and had not.
    Denial,
}

/// What a record says only to those who asked for content.
#[derive(Debug, Clone, Copy, Default)]
struct Content<'c> {
    /// What somebody said.
    text: &'c str,
    /// What was answered.
    answer: &'c str,
}

/// Everybody who listens.
#[derive(Default)]
pub struct Listeners(Vec<Listener>);

struct Listener {
    wish: Wish,
    sender: mpsc::Sender<TraceRecord>,
    seen: u64,
    missed: u64,
}

impl Listeners {
    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn tell(&mut self, record: &TraceRecord, content: Content<'_>) {
        self.0.retain(|listener| !listener.sender.is_closed());
        for listener in &mut self.0 {
            if listener.wish.concerns(record) {
                listener.tell(record, content);
            }
        }
    }
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Hook,
        Self::Command,
        Self::Action,
        Self::FollowUp,
        Self::Event,
        Self::Delivery,
        Self::Denial,
    ];

    /// As records say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Command => "command",
            Self::Action => "action",
            Self::FollowUp => "follow-up",
            Self::Event => "event",
            Self::Delivery => "delivery",
            Self::Denial => "denial",
        }
    }

    /// Whether a sample takes one of so many by what it is about, so that a delivery goes with its
    /// event; or by turns.
    fn is_sampled_by_id(self) -> bool {
        match self {
            Self::Event | Self::Delivery => true,
            Self::Hook | Self::Command | Self::Action | Self::FollowUp | Self::Denial => false,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        let known = Self::ALL.map(Self::as_str).join(", ");
        found.ok_or_else(|| format!("{text:?} is no kind of record: {known} are"))
    }
}

impl Listener {
    fn tell(&mut self, record: &TraceRecord, content: Content<'_>) {
        if !self.takes(record) {
            return;
        }
        let content = if self.wish.asked.content { content } else { Content::default() };
        let record = TraceRecord {
            text: content.text.to_owned(),
            answer: content.answer.to_owned(),
            missed: self.missed,
            ..record.clone()
        };
        match self.sender.try_send(record) {
            Ok(()) => self.missed = 0,
            Err(_) => self.missed += 1,
        }
    }

    /// Whether its sample takes this one.
    fn takes(&mut self, record: &TraceRecord) -> bool {
        let sample = u64::from(self.wish.asked.sample.max(1));
        let by_id = record.kind.parse().is_ok_and(Kind::is_sampled_by_id);
        if by_id {
            return stable_hash(&record.id).is_multiple_of(sample);
        }
        self.seen += 1;
        (self.seen - 1).is_multiple_of(sample)
    }
}

impl Wish {
    fn concerns(&self, record: &TraceRecord) -> bool {
        let TraceRequest { plugin, channel, message, name, id, .. } = &self.asked;
        let is = |wanted: &str, found: &[&str]| wanted.is_empty() || found.contains(&wanted);
        self.hook.as_ref().is_none_or(|wanted| wanted.as_str() == record.hook)
            && self.kind.is_none_or(|wanted| wanted.as_str() == record.kind)
            && (is(plugin, &[&record.plugin])
                || record.steps.iter().any(|step| step.plugin == *plugin))
            && is(channel, &[&record.channel, &record.channel_id])
            && is(message, &[&record.message_id, &record.draft_id])
            && is(name, &[&record.name])
            && is(id, &[&record.id])
    }
}

impl Switchboard {
    /// Tells of all that happens from now on, until the receiver is dropped. `None` if too many
    /// listen already.
    #[must_use]
    pub fn trace(&self, wish: Wish) -> Option<mpsc::Receiver<TraceRecord>> {
        let (sender, receiver) = mpsc::channel(RECORDS);
        self.with(|core, _| {
            core.listeners.0.retain(|listener| !listener.sender.is_closed());
            let has_room = core.listeners.0.len() < LISTENERS;
            if has_room {
                core.listeners.0.push(Listener { wish, sender, seen: 0, missed: 0 });
            }
            has_room.then_some(receiver)
        })
    }
}

impl Core {
    /// A record of this kind, made now.
    fn record(&self, kind: Kind) -> TraceRecord {
        TraceRecord {
            at_us: self.clock.wall_us(),
            kind: kind.as_str().to_owned(),
            ..TraceRecord::default()
        }
    }
}

/// A name, or the id of what has none.
fn named(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { name.to_owned() }
}

/// A failure's code: its words may repeat what somebody said.
fn code(failure: &Failure) -> String {
    failure.reason().as_str_name().trim_start_matches("REASON_").to_owned()
}
