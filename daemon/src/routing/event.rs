//! Events on their way to plugins: what goes next as window and credit allow, and acknowledgements.
//!
//! At best effort, what a plugin cannot take waits in its lanes, and the oldest goes when they are
//! full; what is promised to it waits in the journal. Publishing never fails because of a plugin.

use std::collections::HashMap;
use std::sync::Arc;

use outboard_proto::common::Event;
use outboard_proto::limits::CREDIT_BYTES;
use outboard_proto::plugin::{Ack, DaemonFrame, Delivery, daemon_frame};
use outboard_supervision::Moment;
use prost::Message as _;

use super::concern::Concern;
use super::deadline::Due;
use super::debug::BUDGET;
use super::lane::InHand;
use super::patterns::Found;
use super::permit::place;
use super::subject::Subject;
use super::trace::{Came, Last};
use super::{Core, MemberId, Switchboard};
use crate::clock::micros;
use crate::config::manifest::event::{Guarantee, Order};
use crate::config::pushed;
use crate::delivery::Handed;
use crate::delivery::journal::Death;
use crate::egress::Urgency;
use crate::statistics::Outcome;

/// Hands an event gets before it is given up, where generations or sessions keep ending under it.
const ATTEMPTS: u32 = 3;

/// Who wants which type.
#[derive(Debug, Default)]
pub struct Subscribers(HashMap<Arc<str>, Arc<[Wanted]>>);

/// A member's subscription, and what concerns it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub member: MemberId,
    /// Which of the member's subscriptions it is.
    pub number: usize,
    pub concern: Arc<Concern>,
}

impl Switchboard {
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
        let mut subscribers: HashMap<Arc<str>, Vec<Wanted>> = HashMap::new();
        let told = |member: &super::member::Member| member.listed() || member.is.enabled;
        for (id, member) in self.members.iter().filter(|(_, member)| told(member)) {
            for (number, it) in member.is.subscriptions.iter().enumerate() {
                let concern = Concern::new(&member.is, &it.filter, it.own, &self.patterns);
                let wanted = Wanted { member: id, number, concern: Arc::new(concern) };
                for kind in &it.types {
                    subscribers.entry(kind.as_str().into()).or_default().push(wanted.clone());
                }
            }
        }
        let shared = subscribers.into_iter().map(|(kind, wanted)| (kind, wanted.into()));
        self.subscribers = Subscribers(shared.collect());
    }

    pub fn subscribers_of(&self, kind: &str) -> Arc<[Wanted]> {
        self.subscribers.0.get(kind).cloned().unwrap_or_default()
    }

    /// Whether events of a type are promised to anybody.
    pub fn is_promised(&self, kind: &str) -> bool {
        let promised = |it: &Wanted| {
            let subscription = &self.members[it.member].is.subscriptions[it.number];
            subscription.delivery == Guarantee::AtLeastOnce
        };
        self.subscribers.0.get(kind).is_some_and(|wanted| wanted.iter().any(promised))
    }

    /// Queues an event for those who are told at best effort; returns for how many.
    pub fn fan_out(&mut self, event: &Arc<Event>, now: Moment) -> u32 {
        let Some(wanted) = self.subscribers.0.get(event.r#type.as_str()) else { return 0 };
        let wanted = Arc::clone(wanted);
        let found = Found::default();
        let channel = Subject::of_event(event).channel();
        let (kind, at) = (pushed::of_event(&event.r#type), place(&event.workspace, channel));
        let lane: Arc<str> = channel.map_or("", |channel| &channel.id).into();
        let (mut handed, mut size) = (0, 0);
        for &Wanted { member: id, number, ref concern } in &*wanted {
            let member = &mut self.members[id];
            let subscription = &member.is.subscriptions[number];
            if subscription.delivery == Guarantee::AtLeastOnce
                || !member.listed()
                || !concern.wants(event, &found)
            {
                continue;
            }
            let lane = match subscription.order {
                Order::Channel => Arc::clone(&lane),
                Order::None => event.id.as_str().into(),
            };
            if !self.permits.lets(member, kind, &at) {
                self.trace_unhanded(id, event, Guarantee::BestEffort, Came::Denied);
                continue;
            }
            if size == 0 {
                size = event.encoded_len();
            }
            let dropped = member.lanes.push((number, lane), Arc::clone(event), size);
            member.traffic.events_dropped += dropped.len() as u64;
            for old in dropped {
                self.trace_unhanded(id, &old.event, Guarantee::BestEffort, Came::Dropped);
            }
            handed += 1;
            self.deliver(id, now);
        }
        handed
    }

    /// Hands over what the plugin's session, window and credit allow.
    pub fn deliver(&mut self, id: MemberId, now: Moment) {
        while self.deliver_one(id, now) {}
        self.ring_for_events(id);
        self.collect_orders(id);
    }

    /// Whether another may follow.
    fn deliver_one(&mut self, id: MemberId, now: Moment) -> bool {
        let clock = self.clock;
        let Some(member) = self.members.get_mut(id) else { return false };
        let window = member.is.in_flight as usize;
        if member.deliveries_in_hand() >= window || member.open_seat().is_none() {
            return false;
        }
        let Some(next) = member.next_delivery(&self.permits) else { return false };
        if let Some(needed) = next.lacking {
            self.permits.refuse(member, next.kind.kind, needed);
            self.trace_denied(id, next.kept);
            let member = &mut self.members[id];
            match next.kept {
                true => member.durable.bury_head(Death::Denied, clock.wall_us()),
                false => member.lanes.drop_next(),
            }
            return true;
        }
        let Some(seat) = member.open_seat() else { return false };
        if seat.credit < next.size as u64 {
            return false;
        }
        seat.credit -= next.size as u64;
        member.kept_last = next.kept;
        member.used(next.kind, now);
        self.deliveries += 1;
        match next.kept {
            true => self.deliver_kept(id, self.deliveries, now),
            false => self.deliver_queued(id, self.deliveries, now),
        }
        true
    }

    fn deliver_queued(&mut self, id: MemberId, delivery: u64, now: Moment) {
        let member = &mut self.members[id];
        let Some((lane, queued)) = member.lanes.take() else { return };
        // A subscription may have gone since; its events still have their time.
        let subscription = member.is.subscriptions.get(lane.0);
        let timeout = subscription.map_or(member.is.call_timeout, |it| it.timeout);
        let handed = Handed {
            event: Arc::clone(&queued.event),
            attempt: queued.attempt,
            size: queued.size,
            timeout,
        };
        let deadline = now + timeout;
        member.lanes.hand(delivery, InHand { lane, queued, deadline });
        self.send_delivery(id, delivery, handed, now);
    }

    fn deliver_kept(&mut self, id: MemberId, delivery: u64, now: Moment) {
        if let Some(handed) = self.members[id].durable.take(delivery, now) {
            self.send_delivery(id, delivery, handed, now);
        }
    }

    fn send_delivery(&mut self, id: MemberId, delivery: u64, handed: Handed, now: Moment) {
        self.trace_handed(id, delivery, (&handed.event, handed.attempt), now);
        let trace = handed.event.trace.clone();
        #[cfg(feature = "otel")]
        let trace = self.own_trace(trace, super::ended::Spot::Delivery(id, delivery));
        let member = &mut self.members[id];
        let frame = Delivery {
            delivery,
            event: Some(Event::clone(&handed.event)),
            attempt: handed.attempt,
            trace,
            budget_us: micros(if member.has_guest() { BUDGET } else { handed.timeout }),
        };
        member.traffic.events += 1;
        member.sleep.busy_at = now;
        member.remember(delivery, handed.event, now);
        if let Some(seat) = &member.seat {
            let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Event(frame)) };
            let _ = seat.egress.push(Urgency::Event, frame.into(), now);
        }
        self.deadlines.insert(now + handed.timeout, Due::Delivery(id, delivery));
    }

    fn acknowledge(&mut self, id: MemberId, ack: &Ack, now: Moment) -> bool {
        if self.acknowledge_kept(id, ack, now) {
            return true;
        }
        let Some(member) = self.members.get_mut(id) else { return false };
        member.sleep.busy_at = now;
        let Some(in_hand) = member.lanes.done(ack.delivery) else {
            member.traffic.stale_replies += 1;
            return false;
        };
        if ack.failure.is_some() {
            member.traffic.errors += 1;
        }
        self.count_acknowledged(id, ack, now);
        let came = ack.failure.as_ref().map_or(Came::Delivered, |it| Came::Failed(it, Last::No));
        self.trace_delivery(ack.delivery, came, now);
        self.deadlines.remove(in_hand.deadline, Due::Delivery(id, ack.delivery));
        self.deliver(id, now);
        true
    }

    pub fn delivery_timed_out(&mut self, id: MemberId, delivery: u64, now: Moment) {
        // A guest may take its time; what it does not acknowledge comes again when it is gone.
        if self.members.get(id).is_some_and(super::member::Member::has_guest) {
            return;
        }
        if self.kept_timed_out(id, delivery, now) {
            return;
        }
        let Some(member) = self.members.get_mut(id) else { return };
        if member.lanes.done(delivery).is_some() {
            member.traffic.timeouts += 1;
            self.count_delivery(id, delivery, Outcome::TimedOut, now);
            self.trace_delivery(delivery, Came::TimedOut(Last::No), now);
            self.deliver(id, now);
        }
    }

    /// The session went away: its deliveries come again.
    pub fn lose_deliveries_in_hand(&mut self, id: MemberId, now: Moment) {
        let member = &mut self.members[id];
        let (mut lost, given_up) = member.lanes.lose_in_hand(ATTEMPTS);
        member.traffic.events_dropped += given_up;
        lost.extend(member.durable.down());
        self.forget_deliveries(id, lost, now);
        self.collect_orders(id);
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
