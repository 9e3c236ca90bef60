//! Who wants to know what became of calls of hooks, and the records they get.
//!
//! While nobody listens it costs one look at an empty list. A listener who reads too slowly loses
//! records and is told how many. It refuses to keep anything, and to decide anything.

use outboard_proto::admin::{TraceRecord, TraceRequest};
use outboard_proto::common::verdict;
use outboard_supervision::Moment;
use tokio::sync::mpsc;

use super::run::{Run, Told, VerdictFrame};
use super::subject::{Subject, text};
use super::{Core, Switchboard};
use crate::config::manifest::Hook;

/// Records on their way to one listener: a second of a busy chat.
const RECORDS: usize = 1024;
/// Listeners at once: each takes its share of the data plane's time for every message.
pub const LISTENERS: usize = 16;

/// What one listener wants to know of.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Only this hook.
    pub hook: Option<Hook>,
    /// The rest, as the operator asked.
    pub asked: TraceRequest,
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

    fn tell(&mut self, record: &TraceRecord, hook: &Hook, text: &str) {
        self.0.retain(|listener| !listener.sender.is_closed());
        for listener in &mut self.0 {
            if listener.wish.concerns(hook, record) {
                listener.tell(record, text);
            }
        }
    }
}

impl Listener {
    fn tell(&mut self, record: &TraceRecord, text: &str) {
        self.seen += 1;
        let sample = u64::from(self.wish.asked.sample.max(1));
        if !(self.seen - 1).is_multiple_of(sample) {
            return;
        }
        let text = if self.wish.asked.content { text.to_owned() } else { String::new() };
        let record = TraceRecord { text, missed: self.missed, ..record.clone() };
        match self.sender.try_send(record) {
            Ok(()) => self.missed = 0,
            Err(_) => self.missed += 1,
        }
    }
}

impl Wish {
    fn concerns(&self, hook: &Hook, record: &TraceRecord) -> bool {
        let TraceRequest { plugin, channel, message, .. } = &self.asked;
        let is = |wanted: &str, found: &[&str]| wanted.is_empty() || found.contains(&wanted);
        self.hook.as_ref().is_none_or(|wanted| wanted == hook)
            && (plugin.is_empty() || record.steps.iter().any(|step| step.plugin == *plugin))
            && is(channel, &[&record.channel, &record.channel_id])
            && is(message, &[&record.message_id, &record.draft_id])
    }
}

impl Switchboard {
    /// Tells of every call of a hook from now on, until the receiver is dropped. `None` if too many
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
    /// Tells whoever listens what became of a run.
    pub(super) fn tell_listeners(&mut self, run: &Run, verdict: &VerdictFrame, _: Moment) {
        let told = verdict.told_in_full();
        let subject = Subject::of(run.payload.get());
        let message = subject.message();
        let node = run.node().and_then(|id| self.nodes.get(id));
        let record = TraceRecord {
            at_us: self.clock.wall_us(),
            hook: run.hook().as_str().to_owned(),
            node: node.map(|node| node.hello.node.clone()).unwrap_or_default(),
            workspace: run.workspace.clone(),
            ..about(subject, told)
        };
        let text = message.and_then(text).unwrap_or_default();
        self.listeners.tell(&record, run.hook(), text);
    }
}

fn about(subject: Subject<'_>, told: Told) -> TraceRecord {
    let message = subject.message();
    let (outcome, reason) = outcome(told.outcome);
    let channel = subject.channel().cloned().unwrap_or_default();
    let sender = message.and_then(|it| it.sender.clone()).unwrap_or_default();
    let named = |name: String, id: &str| if name.is_empty() { id.to_owned() } else { name };
    TraceRecord {
        outcome: outcome.to_owned(),
        reason,
        steps: told.steps,
        took_us: told.took_us,
        channel: named(channel.name, &channel.id),
        channel_id: channel.id,
        sender: named(sender.name, &sender.id),
        message_id: message.map(|it| it.id.clone()).unwrap_or_default(),
        draft_id: message.map(|it| it.draft_id.clone()).unwrap_or_default(),
        ..TraceRecord::default()
    }
}

fn outcome(outcome: verdict::Outcome) -> (&'static str, String) {
    match outcome {
        verdict::Outcome::Continued(_) => ("continued", String::new()),
        verdict::Outcome::Replaced(_) => ("replaced", String::new()),
        verdict::Outcome::Rejected(rejected) => {
            ("rejected", rejected.reason.map(|it| it.text).unwrap_or_default())
        }
        verdict::Outcome::Held(hold) => ("held", hold.reason.map(|it| it.text).unwrap_or_default()),
        verdict::Outcome::Handled(_) => ("handled", String::new()),
    }
}
