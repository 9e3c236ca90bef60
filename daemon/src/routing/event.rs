//! Events: from the app's publish to the plugins that asked for them, and their acknowledgements.
//!
//! Best effort: what a plugin cannot take waits in its lanes, and the oldest goes when they are
//! full. Publishing never fails because of a plugin.

use std::collections::HashMap;
use std::sync::Arc;

use outboard_proto::app::Published;
use outboard_proto::common::{Channel, Event, Failure, Reason, event::Of};
use outboard_proto::limits::CREDIT_BYTES;
use outboard_proto::plugin::{Ack, DaemonFrame, Delivery, daemon_frame};
use outboard_supervision::Moment;
use prost::Message as _;

use super::deadline::Due;
use super::lane::InHand;
use super::{Core, MemberId, Subscription, Switchboard};
use crate::clock::micros;
use crate::config::permission::Permission;
use crate::egress::Urgency;

/// Hands an event gets before it is given up, where generations or sessions keep ending under it.
const ATTEMPTS: u32 = 3;

/// Who wants which type: members and the numbers of their subscriptions.
#[derive(Debug, Default)]
pub struct Subscribers(HashMap<Arc<str>, Vec<(MemberId, usize)>>);

/// The channel that an event is about, and the plugin whose doing it is.
fn about(event: &Event) -> (Option<&Channel>, Option<&str>) {
    match event.of.as_ref() {
        Some(Of::Message(message)) => {
            let plugin = message.origin.as_ref().map(|origin| origin.plugin.as_str());
            (message.channel.as_ref(), plugin)
        }
        Some(Of::Reaction(it)) => (it.channel.as_ref(), None),
        Some(Of::Member(it)) => (it.channel.as_ref(), None),
        Some(Of::Channel(it)) => (it.channel.as_ref(), None),
        Some(Of::File(it)) => (it.channel.as_ref(), None),
        Some(Of::User(_) | Of::App(_) | Of::Custom(_) | Of::Schedule(_)) | None => (None, None),
    }
}

/// The channel that an event is about.
pub fn channel_of(event: &Event) -> Option<&Channel> {
    about(event).0
}

fn shows_messages(kind: &str) -> bool {
    kind.starts_with("message.") || kind.starts_with("reaction.")
}

impl Subscription {
    fn lets_through(&self, channel: Option<&Channel>) -> bool {
        self.channels.is_empty()
            || channel.is_some_and(|it| self.channels.iter().any(|p| p.matches(&it.id, &it.name)))
    }
}

impl Switchboard {
    /// Hands an event to every plugin that asked for it.
    pub fn publish(&self, event: Event) -> Published {
        self.with(|core, now| core.publish(event, now))
    }

    /// A plugin's handler for a delivery has returned. Whether it was in hand.
    pub fn acknowledge(&self, member: MemberId, ack: &Ack) -> bool {
        self.with(|core, now| core.acknowledge(member, ack, now))
    }

    /// A plugin returned credit. Whether any was out.
    pub fn credit(&self, member: MemberId, serial: u64, bytes: u64) -> bool {
        self.with(|core, now| core.add_credit(member, serial, bytes, now))
    }
}

impl Core {
    pub fn rebuild_subscribers(&mut self) {
        let mut subscribers: HashMap<Arc<str>, Vec<(MemberId, usize)>> = HashMap::new();
        for (id, member) in self.members.iter().filter(|(_, member)| member.listed()) {
            for (number, subscription) in member.is.subscriptions.iter().enumerate() {
                for kind in &subscription.types {
                    subscribers.entry(kind.as_str().into()).or_default().push((id, number));
                }
            }
        }
        self.subscribers = Subscribers(subscribers);
    }

    pub fn publish(&mut self, mut event: Event, now: Moment) -> Published {
        if event.r#type.is_empty() || event.r#type.len() > 255 {
            let text = "an event needs a type of at most 255 bytes";
            let failure = Failure::new(tonic::Code::InvalidArgument, Reason::Invalid, text);
            return Published { failure: Some(failure), ..Published::default() };
        }
        if event.id.is_empty() {
            event.id = uuid::Uuid::now_v7().to_string();
        } else if !self.seen.note(&event.id, now) {
            return Published { event_id: event.id, duplicate: true, ..Published::default() };
        }
        if event.at_us == 0 {
            event.at_us = self.clock.wall_us();
        }
        let (event, size) = (Arc::new(event), 0);
        let subscriptions = self.fan_out(&event, size, now);
        Published { event_id: event.id.clone(), subscriptions, ..Published::default() }
    }

    fn fan_out(&mut self, event: &Arc<Event>, mut size: usize, now: Moment) -> u32 {
        let Some(wanted) = self.subscribers.0.get(event.r#type.as_str()) else { return 0 };
        let wanted = wanted.clone();
        let (channel, author) = about(event);
        let lane: Arc<str> = channel.map_or("", |channel| &channel.id).into();
        let mut handed = 0;
        for (id, number) in wanted {
            let member = &mut self.members[id];
            if author == Some(&member.is.name)
                || !member.is.subscriptions[number].lets_through(channel)
            {
                continue;
            }
            if shows_messages(&event.r#type) && !member.may(Permission::MessagesRead) {
                member.traffic.denied += 1;
                continue;
            }
            if size == 0 {
                size = event.encoded_len();
            }
            let dropped = member.lanes.push((number, Arc::clone(&lane)), Arc::clone(event), size);
            member.traffic.events_dropped += dropped;
            handed += 1;
            self.deliver(id, now);
        }
        handed
    }

    /// Hands over what the plugin's session, window and credit allow.
    pub fn deliver(&mut self, id: MemberId, now: Moment) {
        loop {
            let Some(member) = self.members.get_mut(id) else { return };
            let window = member.is.in_flight as usize;
            let busy = member.lanes.in_hand() >= window;
            let Some(size) = member.lanes.next_size().filter(|_| !busy) else { return };
            let Some(seat) = member.open_seat() else { return };
            if seat.credit < size as u64 {
                return;
            }
            seat.credit -= size as u64;
            self.deliveries += 1;
            self.deliver_next(id, self.deliveries, now);
        }
    }

    fn deliver_next(&mut self, id: MemberId, delivery: u64, now: Moment) {
        let member = &mut self.members[id];
        let Some((lane, queued)) = member.lanes.take() else { return };
        // A subscription may have gone since; its events still have their time.
        let subscription = member.is.subscriptions.get(lane.0);
        let timeout = subscription.map_or(member.is.call_timeout, |it| it.timeout);
        let frame = Delivery {
            delivery,
            event: Some(Event::clone(&queued.event)),
            attempt: queued.attempt,
            trace: None,
            budget_us: micros(timeout),
        };
        let deadline = now + timeout;
        member.traffic.events += 1;
        member.remember(delivery, Arc::clone(&queued.event), now);
        member.lanes.hand(delivery, InHand { lane, queued, deadline });
        if let Some(seat) = &member.seat {
            let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Event(frame)) };
            let _ = seat.egress.push(Urgency::Event, frame.into(), now);
        }
        self.deadlines.insert(deadline, Due::Delivery(id, delivery));
    }

    fn acknowledge(&mut self, id: MemberId, ack: &Ack, now: Moment) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let Some(in_hand) = member.lanes.done(ack.delivery) else {
            member.traffic.stale_replies += 1;
            return false;
        };
        if ack.failure.is_some() {
            member.traffic.errors += 1;
        }
        self.deadlines.remove(in_hand.deadline, Due::Delivery(id, ack.delivery));
        self.deliver(id, now);
        true
    }

    pub fn delivery_timed_out(&mut self, id: MemberId, delivery: u64, now: Moment) {
        let Some(member) = self.members.get_mut(id) else { return };
        if member.lanes.done(delivery).is_some() {
            member.traffic.timeouts += 1;
            self.deliver(id, now);
        }
    }

    /// The session went away: its deliveries come again.
    pub fn lose_deliveries_in_hand(&mut self, id: MemberId, _now: Moment) {
        let member = &mut self.members[id];
        let (lost, given_up) = member.lanes.lose_in_hand(ATTEMPTS);
        member.traffic.events_dropped += given_up;
        for (delivery, deadline) in lost {
            self.deadlines.remove(deadline, Due::Delivery(id, delivery));
        }
    }

    fn add_credit(&mut self, id: MemberId, serial: u64, bytes: u64, now: Moment) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let seat = member.seat.as_mut().filter(|seat| seat.serial == serial);
        let Some(seat) = seat.filter(|seat| seat.credit < CREDIT_BYTES && bytes > 0) else {
            return false;
        };
        // Nobody has more than was given: a plugin cannot print credit.
        seat.credit = seat.credit.saturating_add(bytes).min(CREDIT_BYTES);
        self.deliver(id, now);
        self.pump_to_plugin(id, now);
        true
    }
}
