//! At-least-once events between the switchboard's tables and the journal: who is owed what, what
//! the journal is told, and what its answers mean.
//!
//! Which event goes when is decided in `delivery`; it refuses to know databases.

use std::collections::BTreeSet;
use std::sync::Arc;

use outboard_proto::common::{Event, Failure, Reason};
use outboard_proto::plugin::Ack;
use outboard_supervision::Moment;
use tonic::Code;

use super::deadline::Due;
use super::event::Wanted;
use super::patterns::Found;
use super::permit::place;
use super::subject::Subject;
use super::trace::{Came, Last};
use super::{Core, MemberId, Registration, Subscription, Switchboard};
use crate::config::manifest::EventType;
use crate::config::manifest::event::{Guarantee, Order};
use crate::config::pushed;
use crate::delivery::journal::{
    Declared, Gone, NewEvent, Op, Outcome, Seq, SubscriptionKey, Target,
};
use crate::delivery::{Declaration, Failed, Item};
use crate::statistics;
use crate::store::StoreError;

/// The subscription that every plugin has, for events meant for it alone.
const ALONE: &str = "@alone";
/// Orders that one batch takes at most.
const BATCH: usize = 512;
/// Bytes that one batch takes at most, as long as it has taken something.
const BATCH_BYTES: usize = 1 << 20;

impl Subscription {
    /// The name under which its events are kept: no type stands in two subscriptions of a plugin.
    fn kept_as(&self) -> Option<&str> {
        match self.delivery {
            Guarantee::AtLeastOnce => self.types.first().map(EventType::as_str),
            Guarantee::BestEffort => None,
        }
    }

    fn lane(&self, event: &Event) -> Arc<str> {
        match self.order {
            Order::None => event.id.as_str().into(),
            Order::Channel => {
                let channel = Subject::of_event(event).channel().map_or("", |channel| &channel.id);
                match event.workspace.as_str() {
                    "" => channel.into(),
                    workspace => format!("{workspace}\u{1f}{channel}").into(),
                }
            }
        }
    }
}

/// What a plugin is promised to be told of.
fn declarations(is: &Registration) -> Vec<Declaration> {
    let kept = is.subscriptions.iter().filter_map(|it| {
        let types = it.types.iter().map(|kind| kind.as_str().to_owned()).collect();
        let declared = Declared { name: it.kept_as()?.into(), types };
        Some(Declaration { declared, timeout: it.timeout })
    });
    let alone = Declared { name: ALONE.into(), types: Vec::new() };
    let alone = Declaration { declared: alone, timeout: is.call_timeout };
    kept.chain([alone]).collect()
}

impl Switchboard {
    /// Waits for orders to the journal and takes them; they are to be answered before the next.
    pub async fn orders(&self) -> Arc<[Op]> {
        loop {
            let ordered = self.ordered.notified();
            let ops = self.with(|core, _| core.take_orders());
            if !ops.is_empty() {
                return ops.into();
            }
            ordered.await;
        }
    }

    /// The journal has carried out orders.
    pub fn orders_done(&self, ops: &[Op], outcomes: Vec<Outcome>) {
        self.with(|core, now| core.orders_done(ops, outcomes, now));
        self.idle.notify_waiters();
    }

    /// The journal could not carry out orders: what is new is refused, all else is ordered again.
    pub fn orders_failed(&self, ops: &[Op], error: &StoreError) {
        self.with(|core, now| core.orders_failed(ops, error, now));
        self.idle.notify_waiters();
    }

    /// Waits until the journal has nothing to do.
    pub async fn orders_idle(&self) {
        loop {
            let idle = self.idle.notified();
            let at_work =
                |core: &mut Core, _| core.orders.carrying || !core.orders.queue.is_empty();
            if !self.with(at_work) {
                return;
            }
            idle.await;
        }
    }

    /// Has the journal drop what is too old.
    pub fn tidy_events(&self) {
        self.with(|core, _| {
            let at_us = core.clock.wall_us();
            core.orders.queue.push_back(Op::Tidy { at_us });
        });
    }

    /// Has dead letters delivered again.
    ///
    /// # Errors
    /// One is unknown, or the journal failed; then nothing was done.
    pub async fn replay_dead_letters(&self, ids: Vec<i64>) -> Result<usize, Failure> {
        let count = ids.len();
        self.operate(|at_us| Op::Replay { ids, at_us }).await.map(|()| count)
    }

    /// Drops dead letters.
    ///
    /// # Errors
    /// One is unknown, or the journal failed; then nothing was done.
    pub async fn drop_dead_letters(&self, ids: Vec<i64>) -> Result<usize, Failure> {
        let count = ids.len();
        self.operate(|_| Op::Drop { ids }).await.map(|()| count)
    }

    async fn operate(&self, op: impl FnOnce(i64) -> Op) -> Result<(), Failure> {
        let (sender, answer) = tokio::sync::oneshot::channel();
        self.with(|core, _| {
            core.orders.queue.push_back(op(core.clock.wall_us()));
            core.orders.operators.push_back(sender);
        });
        let stopping =
            |_| Failure::new(Code::Unavailable, Reason::Stopping, "the daemon is stopping");
        match answer.await.map_err(stopping)?? {
            Outcome::Unknown(ids) => {
                let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
                let text = format!("no dead letter {}; nothing was done", ids.join(", "));
                Err(Failure::new(Code::NotFound, Reason::UnknownDeadLetter, text))
            }
            _ => Ok(()),
        }
    }

    /// A generation is over; by its own fault, or because somebody ended it.
    pub fn generation_ended(&self, member: MemberId, own_fault: bool) {
        self.with(|core, now| core.generation_ended(member, own_fault, now));
    }
}

impl Core {
    fn take_orders(&mut self) -> Vec<Op> {
        let (mut ops, mut bytes) = (Vec::new(), 0);
        while ops.len() < BATCH && bytes < BATCH_BYTES {
            let Some(op) = self.orders.queue.pop_front() else { break };
            if let Op::Accept(new) = &op {
                bytes += new.body.len();
            }
            ops.push(op);
        }
        self.orders.carrying = !ops.is_empty();
        ops
    }

    /// What the plugin has registered counts for what is kept for it from now on.
    pub fn declare_events(&mut self, id: MemberId, now: Moment) {
        let at_us = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else { return };
        let lost = member.durable.declare(declarations(&member.is), at_us);
        self.forget_deliveries(id, lost, now);
        self.collect_orders(id);
    }

    /// Those to whom an event is promised.
    pub fn targets(&mut self, event: &Arc<Event>) -> Vec<Target> {
        let found = Found::default();
        let (mut targets, mut denied) = (Vec::new(), Vec::new());
        if !self.is_promised(&event.r#type) {
            return targets;
        }
        for Wanted { member: id, number, concern } in &*self.subscribers_of(&event.r#type) {
            let member = &mut self.members[*id];
            let subscription = &member.is.subscriptions[*number];
            let Some(name) = subscription.kept_as() else { continue };
            if !member.is.enabled || !concern.wants(event, &found) {
                continue;
            }
            let key = SubscriptionKey { plugin: Arc::clone(&member.is.name), name: name.into() };
            let lane = subscription.lane(event);
            let at = place(&event.workspace, Subject::of_event(event).channel());
            if !self.permits.lets(member, pushed::of_event(&event.r#type), &at) {
                denied.push(*id);
                continue;
            }
            targets.push(Target { key, lane, handed: member.durable.is_up() });
        }
        for id in denied {
            self.trace_unhanded(id, event, Guarantee::AtLeastOnce, Came::Denied);
        }
        targets
    }

    /// A plugin as the one to whom an event is promised.
    pub fn target_alone(&self, id: MemberId, kind: &str) -> Option<Target> {
        let member = self.members.get(id)?;
        let key = SubscriptionKey { plugin: Arc::clone(&member.is.name), name: ALONE.into() };
        Some(Target { key, lane: kind.into(), handed: member.durable.is_up() })
    }

    fn orders_done(&mut self, ops: &[Op], outcomes: Vec<Outcome>, now: Moment) {
        self.orders.carrying = false;
        let mut moved = BTreeSet::new();
        for (op, outcome) in ops.iter().zip(outcomes) {
            self.order_done(op, outcome, &mut moved, now);
        }
        for id in moved {
            self.deliver(id, now);
        }
    }

    fn order_done(
        &mut self,
        op: &Op,
        outcome: Outcome,
        moved: &mut BTreeSet<MemberId>,
        now: Moment,
    ) {
        match (op, outcome) {
            (Op::Accept(new), Outcome::Accepted(seqs)) => {
                let Some(event) = self.kept(&new.id, false, now) else { return };
                for (target, seq) in new.targets.iter().zip(seqs) {
                    if let Some(id) = self.concerned(&target.key, moved) {
                        self.accepted(id, target, item(seq, &event, new));
                    }
                }
            }
            (Op::Accept(new), _) => {
                self.kept(&new.id, true, now);
            }
            (Op::Declare { plugin, .. }, Outcome::Declared(backlogs, gone)) => {
                if let Some(id) = self.names.get(plugin) {
                    self.members[*id].durable.declared(backlogs);
                }
                self.trace_gone(&gone);
                alert(&gone);
            }
            (op, Outcome::Buried { gone, dead_letters }) => {
                self.buried(op, &gone, &dead_letters, moved);
            }
            (_, Outcome::Replayed { back, dead_letters }) => {
                let at_us = self.clock.wall_us();
                for it in &back {
                    if let Some(id) = self.concerned(&it.key, moved) {
                        self.members[id].durable.back(&it.key.name, &it.lane, it.size, at_us);
                    }
                }
                self.count_dead_letters(&dead_letters);
                self.tell_operator(Ok(Outcome::Done));
            }
            (_, Outcome::Unknown(ids)) => self.tell_operator(Ok(Outcome::Unknown(ids))),
            (op, outcome) => self.read_done(op, outcome, moved),
        }
    }

    /// The plugin that is registered under a subscription's name; it has moved.
    fn concerned(&self, key: &SubscriptionKey, moved: &mut BTreeSet<MemberId>) -> Option<MemberId> {
        let id = self.names.get(&key.plugin).copied();
        moved.extend(id);
        id
    }

    /// What was asked for has been read, or what was said is known.
    fn read_done(&mut self, op: &Op, outcome: Outcome, moved: &mut BTreeSet<MemberId>) {
        let (Op::Load { key, .. } | Op::LoadLane { key, .. } | Op::Again { key, .. }) = op else {
            // Nothing follows from the others.
            return;
        };
        let Some(id) = self.concerned(key, moved) else { return };
        let durable = &mut self.members[id].durable;
        match (op, outcome) {
            (Op::Load { ticket, after, .. }, Outcome::Lanes(page)) => {
                durable.loaded(&key.name, *ticket, after.as_ref(), page);
            }
            (Op::LoadLane { ticket, .. }, Outcome::Lane(page)) => {
                durable.lane_loaded(&key.name, *ticket, page);
            }
            (Op::Again { lane, seq, .. }, _) => durable.known(&key.name, lane, *seq),
            (_, _) => {}
        }
    }

    fn buried(
        &mut self,
        op: &Op,
        gone: &[Gone],
        dead_letters: &[(SubscriptionKey, u64)],
        moved: &mut BTreeSet<MemberId>,
    ) {
        for it in gone {
            if let Some(id) = self.concerned(&it.key, moved) {
                self.members[id].durable.gone(it);
            }
        }
        self.count_dead_letters(dead_letters);
        self.trace_gone(gone);
        alert(gone);
        match op {
            Op::Expire { key, at_us, .. } => {
                if let Some(id) = self.concerned(key, moved) {
                    self.members[id].durable.expiry_done(&key.name, *at_us);
                }
            }
            Op::Drop { .. } => self.tell_operator(Ok(Outcome::Done)),
            _ => {}
        }
    }

    fn accepted(&mut self, id: MemberId, target: &Target, item: Item) {
        let at_us = self.clock.wall_us();
        self.members[id].durable.accepted(target, item, at_us);
    }

    fn count_dead_letters(&mut self, counts: &[(SubscriptionKey, u64)]) {
        for (key, count) in counts {
            if let Some(id) = self.names.get(&key.plugin) {
                self.members[*id].durable.dead_letters(&key.name, *count);
            }
        }
    }

    fn tell_operator(&mut self, answer: Result<Outcome, Failure>) {
        if let Some(operator) = self.orders.operators.pop_front() {
            // It may have gone; what it wanted is done all the same.
            let _ = operator.send(answer);
        }
    }

    fn orders_failed(&mut self, ops: &[Op], error: &StoreError, now: Moment) {
        self.orders.carrying = false;
        let why = crate::status::of_store(error);
        for op in ops.iter().rev() {
            match op {
                Op::Accept(new) => self.not_kept(&new.id, &why, now),
                Op::Replay { .. } | Op::Drop { .. } => self.tell_operator(Err(why.clone())),
                op => self.orders.queue.push_front(op.clone()),
            }
        }
    }

    /// Takes over what the plugin's deliveries ordered, and wakes when they next want to be woken.
    pub fn collect_orders(&mut self, id: MemberId) {
        let Some(member) = self.members.get_mut(id) else { return };
        self.orders.queue.extend(member.durable.take_orders());
        let wake = member.durable.next_wake();
        if wake != member.wakes_at {
            if let Some(before) = std::mem::replace(&mut member.wakes_at, wake) {
                self.deadlines.remove(before, Due::Lanes(id));
            }
            if let Some(wake) = wake {
                self.deadlines.insert(wake, Due::Lanes(id));
            }
        }
    }

    /// Lanes of a plugin have waited long enough.
    pub fn lanes_due(&mut self, id: MemberId, now: Moment) {
        let Some(member) = self.members.get_mut(id) else { return };
        member.wakes_at = None;
        member.durable.wake(now);
        self.deliver(id, now);
    }

    /// A plugin has dealt with an at-least-once event, well or not. Whether it was one.
    pub fn acknowledge_kept(&mut self, id: MemberId, ack: &Ack, now: Moment) -> bool {
        let at_us = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else { return false };
        let Some(deadline) = member.durable.deadline(ack.delivery) else { return false };
        self.deadlines.remove(deadline, Due::Delivery(id, ack.delivery));
        let came = match &ack.failure {
            None => {
                member.durable.acknowledge(ack.delivery);
                Came::Delivered
            }
            Some(failure) => {
                member.traffic.errors += 1;
                let says = &failure.message;
                let failed = member.durable.failed(ack.delivery, now, at_us, says);
                Came::Failed(failure, given_up(failed, member, says))
            }
        };
        self.count_acknowledged(id, ack, now);
        self.trace_delivery(ack.delivery, came, now);
        self.deliver(id, now);
        true
    }

    /// A handler of an at-least-once event took too long. Whether it was one.
    pub fn kept_timed_out(&mut self, id: MemberId, delivery: u64, now: Moment) -> bool {
        let (at_us, held_up) = (self.clock.wall_us(), self.held_up);
        let Some(member) = self.members.get_mut(id) else { return false };
        if member.durable.deadline(delivery).is_none() {
            return false;
        }
        member.traffic.timeouts += 1;
        let came = if held_up {
            member.durable.lost(delivery, now);
            Came::Lost
        } else {
            let says = "its handler did not return in time";
            let failed = member.durable.failed(delivery, now, at_us, says);
            Came::TimedOut(given_up(failed, member, says))
        };
        self.count_delivery(id, delivery, statistics::Outcome::TimedOut, now);
        self.trace_delivery(delivery, came, now);
        self.deliver(id, now);
        true
    }

    /// What was in hand comes again later.
    pub fn forget_deliveries(&mut self, id: MemberId, lost: Vec<(u64, Moment)>, now: Moment) {
        for (delivery, deadline) in lost {
            self.trace_delivery(delivery, Came::Lost, now);
            self.deadlines.remove(deadline, Due::Delivery(id, delivery));
        }
    }

    pub fn generation_ended(&mut self, id: MemberId, own_fault: bool, now: Moment) {
        self.detach_any(id, now);
        let at_us = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else { return };
        member.durable.ended(own_fault, at_us);
        self.collect_orders(id);
    }
}

fn item(seq: Seq, event: &Arc<Event>, new: &NewEvent) -> Item {
    let (event, size, at_us) = (Arc::clone(event), new.body.len(), new.at_us);
    Item { seq, event, size, attempt: 1, failures: 0, at_us, gone: false }
}

/// Operators are to hear of an event that is given up. Whether it is.
fn given_up(failed: Failed, member: &super::member::Member, says: &str) -> Last {
    match failed {
        Failed::Again => Last::No,
        Failed::Buried => {
            let plugin = &member.is.name;
            tracing::warn!(%plugin, "an event is given up after its last attempt: {says:?}");
            Last::Yes
        }
    }
}

/// One line for each plugin and cause, however many events it was.
fn alert(gone: &[Gone]) {
    let mut told = BTreeSet::new();
    for it in gone {
        let (plugin, cause) = (&it.key.plugin, it.cause.as_str());
        if told.insert((plugin, cause)) {
            let same = |other: &&Gone| other.key.plugin == *plugin && other.cause == it.cause;
            let count = gone.iter().filter(same).count();
            tracing::warn!(%plugin, cause, count, "events became dead letters");
        }
    }
}
