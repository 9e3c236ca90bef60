//! Publishing: from what has happened to those who are told, and the word that it is taken.
//!
//! Where everybody is told at best effort, that word is given at once. Where an event must be kept
//! for somebody, it is given when the journal has it. It refuses to know how either is delivered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Published, daemon_frame::Kind};
use outboard_proto::common::{Event, Failure, Message, Reason, event::Of};
use outboard_supervision::Moment;
use prost::Message as _;
use tokio::sync::oneshot;
use tonic::Code;

use super::node::NodeId;
use super::seen::Noted;
use super::subject::Subject;
use super::{Core, MemberId, Switchboard};
use crate::delivery::journal::{NewEvent, Op, Outcome, Target};

/// Events that wait to be kept at once; more come only where the disk has stopped.
const PENDING: usize = 8192;
/// Their bytes.
const PENDING_BYTES: usize = 16 << 20;

/// Who is told what became of an event.
pub enum Publisher {
    /// A session's frame; an id of 0 wants no answer.
    Session {
        /// The node.
        node: NodeId,
        /// Its id for the frame.
        id: u64,
    },
    /// Somebody who waits.
    Waiting(oneshot::Sender<Published>),
}

/// What is on its way to the journal, in order.
#[derive(Default)]
pub struct Orders {
    pub queue: VecDeque<Op>,
    /// The journal is at work on some.
    pub carrying: bool,
    /// Those who wait until a user is forgotten, in the order of the orders for it.
    pub forgetting: VecDeque<oneshot::Sender<Outcome>>,
    pending: HashMap<Arc<str>, Pending>,
    pending_bytes: usize,
    /// Operators who wait for theirs, in the order of those.
    pub operators: VecDeque<oneshot::Sender<Result<Outcome, Failure>>>,
}

/// An event that is not kept yet.
struct Pending {
    publishers: Vec<Publisher>,
    event: Arc<Event>,
    size: usize,
    /// Subscriptions it goes to.
    subscriptions: u32,
}

impl Orders {
    /// Events that are not kept yet.
    pub fn pending_events(&mut self) -> impl Iterator<Item = &mut Arc<Event>> {
        self.pending.values_mut().map(|it| &mut it.event)
    }
}

impl Switchboard {
    /// Hands an event to every plugin that asked for it, and tells the publisher once it is taken.
    pub fn publish(&self, publisher: Publisher, event: Event) {
        // An app does not say which plugin's doing an event is.
        let event = Event { origin: None, ..event };
        self.with(|core, now| core.publish(publisher, event, now));
    }

    /// As [`Switchboard::publish`]; what became of it comes here.
    pub fn publish_and_tell(&self, event: Event) -> oneshot::Receiver<Published> {
        let (sender, told) = oneshot::channel();
        self.publish(Publisher::Waiting(sender), event);
        told
    }

    /// Keeps an event for one plugin alone and delivers it at least once: with its handler for
    /// `event.type`, in the lane of that type, within the plugin's own call time-out. The plugin
    /// need not subscribe; it need not even run: the event waits. The same `event.id` counts once
    /// in 24 h, also across a restart of the daemon. For schedules and their like.
    ///
    /// What became of it comes back once it is on the disk: an event with a failure was not kept.
    pub fn publish_to(&self, member: MemberId, event: Event) -> oneshot::Receiver<Published> {
        let (sender, told) = oneshot::channel();
        self.with(|core, now| core.publish_to(member, Publisher::Waiting(sender), event, now));
        told
    }

    /// What became of an event that is promised to nobody.
    #[cfg(test)]
    pub fn publish_now(&self, event: Event) -> Published {
        self.publish_and_tell(event).try_recv().expect("nobody is promised it")
    }
}

impl Core {
    pub fn publish(&mut self, publisher: Publisher, event: Event, now: Moment) {
        self.seen_at(&publisher, &event);
        let Some((publisher, event, noted)) = self.taken(publisher, event, now) else { return };
        if let (Some(Of::Message(message)), "message.posted") = (&event.of, event.r#type.as_str()) {
            self.heard(message);
        }
        self.permits.names.note(&event.workspace, Subject::of_event(&event).channel());
        self.erase_copies(&event);
        self.withdraw_held(&event);
        self.heed_forgotten(&event);
        let event = Arc::new(event);
        let handed = match noted {
            Noted::First => {
                self.tell_apps(&event, now);
                self.fan_out(&event, now)
            }
            Noted::Refused | Noted::Known => 0,
        };
        let targets = self.targets(&event);
        self.keep(publisher, event, (targets, handed), now);
    }

    fn publish_to(&mut self, id: MemberId, publisher: Publisher, event: Event, now: Moment) {
        let Some((publisher, event, _)) = self.taken(publisher, event, now) else { return };
        let Some(target) = self.target_alone(id, &event.r#type) else {
            self.trace_refused(&event, &unloaded());
            self.orders_refused(publisher, &event.id, unloaded(), now);
            return;
        };
        self.keep(publisher, Arc::new(event), (vec![target], 0), now);
    }

    /// The event with all that it must carry; nothing if there is nothing more to do for it.
    fn taken(
        &mut self,
        publisher: Publisher,
        mut event: Event,
        now: Moment,
    ) -> Option<(Publisher, Event, Noted)> {
        if event.r#type.is_empty() || event.r#type.len() > 255 || event.id.len() > 255 {
            let text = "an event needs a type, and neither that nor its id has more than 255 bytes";
            let failure = Failure::new(Code::InvalidArgument, Reason::Invalid, text);
            let published = Published { failure: Some(failure), ..Published::default() };
            self.trace_published(&event, &published);
            self.tell_published(publisher, published, now);
            return None;
        }
        let mut noted = Noted::First;
        if event.id.is_empty() {
            event.id = uuid::Uuid::now_v7().to_string();
            self.seen.note(&event.id, now);
        } else {
            noted = self.seen.note(&event.id, now);
        }
        if noted == Noted::Known {
            let published = Published { duplicate: true, ..Published::default() };
            self.trace_published(&event, &published);
            self.published_before(publisher, event.id, now);
            return None;
        }
        if event.at_us == 0 {
            event.at_us = self.clock.wall_us();
        }
        Some((publisher, event, noted))
    }

    /// Whoever says it again while it is not kept yet waits with those who said it first.
    fn published_before(&mut self, publisher: Publisher, event_id: String, now: Moment) {
        match self.orders.pending.get_mut(event_id.as_str()) {
            Some(pending) => pending.publishers.push(publisher),
            None => {
                let published = Published { event_id, duplicate: true, ..Published::default() };
                self.tell_published(publisher, published, now);
            }
        }
    }

    /// Keeps an event for those it is promised to; so many others have been told already.
    fn keep(
        &mut self,
        publisher: Publisher,
        event: Arc<Event>,
        (targets, handed): (Vec<Target>, u32),
        now: Moment,
    ) {
        if targets.is_empty() {
            let event_id = event.id.clone();
            let published = Published { event_id, subscriptions: handed, ..Published::default() };
            self.trace_published(&event, &published);
            return self.tell_published(publisher, published, now);
        }
        let body = event.encode_to_vec();
        let size = body.len();
        let orders = &mut self.orders;
        if orders.pending.len() >= PENDING || orders.pending_bytes + size > PENDING_BYTES {
            self.trace_refused(&event, &disk_behind());
            return self.orders_refused(publisher, &event.id, disk_behind(), now);
        }
        let id: Arc<str> = event.id.as_str().into();
        let new = NewEvent {
            id: Arc::clone(&id),
            kind: event.r#type.clone(),
            workspace: event.workspace.clone(),
            message: copy_of(&event).to_owned(),
            body: body.into(),
            // Not the app's time: what it publishes late has not waited here.
            at_us: self.clock.wall_us(),
            targets,
        };
        let subscriptions = handed + u32::try_from(new.targets.len()).unwrap_or(u32::MAX);
        let pending = Pending { publishers: vec![publisher], event, size, subscriptions };
        orders.pending_bytes += size;
        orders.pending.insert(id, pending);
        orders.queue.push_back(Op::Accept(new));
    }

    fn orders_refused(&mut self, publisher: Publisher, id: &str, why: Failure, now: Moment) {
        self.seen.refuse(id);
        let published =
            Published { event_id: id.to_owned(), failure: Some(why), ..Published::default() };
        self.tell_published(publisher, published, now);
    }

    /// The journal has answered for a new event. Returns the event if it is kept.
    pub fn kept(&mut self, id: &str, duplicate: bool, now: Moment) -> Option<Arc<Event>> {
        let pending = self.no_longer_pending(id)?;
        let subscriptions = if duplicate { 0 } else { pending.subscriptions };
        let taken = Published { duplicate, subscriptions, ..Published::default() };
        self.trace_published(&pending.event, &taken);
        for (at, publisher) in pending.publishers.into_iter().enumerate() {
            let published = Published {
                event_id: id.to_owned(),
                subscriptions,
                // Those who said it again while the first waited.
                duplicate: duplicate || at > 0,
                ..Published::default()
            };
            self.tell_published(publisher, published, now);
        }
        (!duplicate).then_some(pending.event)
    }

    /// The journal could not keep a new event.
    pub fn not_kept(&mut self, id: &str, why: &Failure, now: Moment) {
        let Some(pending) = self.no_longer_pending(id) else { return };
        self.trace_refused(&pending.event, why);
        for publisher in pending.publishers {
            self.orders_refused(publisher, id, why.clone(), now);
        }
    }

    fn no_longer_pending(&mut self, id: &str) -> Option<Pending> {
        let pending = self.orders.pending.remove(id)?;
        self.orders.pending_bytes -= pending.size;
        Some(pending)
    }

    fn tell_published(&mut self, publisher: Publisher, published: Published, now: Moment) {
        match publisher {
            Publisher::Session { id: 0, .. } => {}
            Publisher::Session { node, id } => {
                self.nodes.tell(node, Kind::Published(Published { id, ..published }), now);
            }
            Publisher::Waiting(sender) => {
                // It may have gone; the event stands.
                let _ = sender.send(published);
            }
        }
    }

    /// A message was deleted: whatever of it is still to be delivered loses its content.
    fn erase_copies(&mut self, event: &Event) {
        let Some(Of::Message(deleted)) = &event.of else { return };
        if event.r#type != "message.deleted" || deleted.id.is_empty() {
            return;
        }
        let is_copy = |it: &Event| it.workspace == event.workspace && copy_of(it) == deleted.id;
        let pending = self.orders.pending_events();
        let members = self.members.iter_mut().map(|(_, member)| member);
        let waiting = members.flat_map(|member| {
            let kept = member.durable.waiting_mut().map(|item| &mut item.event);
            kept.chain(member.lanes.waiting_mut())
        });
        for copy in pending.chain(waiting).filter(|it| is_copy(it)) {
            redact(Arc::make_mut(copy));
        }
        self.orders.queue.push_back(Op::Erase {
            workspace: event.workspace.clone(),
            message: deleted.id.clone(),
            redact: redact_encoded,
        });
    }
}

/// The message of which an event holds a copy; empty if of none.
fn copy_of(event: &Event) -> &str {
    match &event.of {
        Some(Of::Message(message)) if event.r#type != "message.deleted" => &message.id,
        _ => "",
    }
}

/// Takes out what a message says; that it was there stays known.
pub fn redact(event: &mut Event) {
    if let Some(Of::Message(message)) = &mut event.of {
        strip(message);
    }
}

/// Takes out what a message says.
pub fn strip(message: &mut Message) {
    message.body = None;
    message.mentions.clear();
    message.attachments.clear();
    message.metadata.clear();
}

fn redact_encoded(body: &[u8]) -> Vec<u8> {
    match Event::decode(body) {
        Ok(mut event) => {
            redact(&mut event);
            event.encode_to_vec()
        }
        // What cannot be read shows nobody anything; it must not stay either.
        Err(_) => Vec::new(),
    }
}

fn disk_behind() -> Failure {
    let text = "more events wait to be kept than may: the disk is behind";
    Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
        .retry_after(Duration::from_secs(1))
}

fn unloaded() -> Failure {
    Failure::new(Code::NotFound, Reason::UnknownPlugin, "the plugin has been unloaded")
}
