//! Calls to plugins: from the window into the session, and back as a reply, a miss or a loss.
//!
//! What a call is for is its purpose's business (`run`, `interaction`); here it is only carried.

use outboard_proto::common::{Failure, SkipReason};
use outboard_proto::plugin::{self, CancelCall, DaemonFrame, daemon_frame};
use outboard_supervision::Moment;
use slab::Slab;

use super::deadline::Due;
use super::debug::{BUDGET_US, Guest};
use super::interaction::{CommandCall, Offering};
use super::member::Standing;
use super::nested::NestedCall;
use super::{Core, MemberId, Switchboard, counting};
use crate::clock::micros;
use crate::egress::Urgency;
use crate::frame::{CallBody, CallFrame, ToPlugin};
use crate::statistics::Outcome;

/// Every live call.
#[derive(Default)]
pub struct Calls {
    table: Slab<Call>,
    serial: u64,
}

/// One live call.
pub struct Call {
    /// Its id on the wire: never the same twice, and its place in the low bits.
    pub id: u64,
    pub member: MemberId,
    pub purpose: Purpose,
    pub began: Moment,
    pub deadline: Moment,
    pub stage: Stage,
    /// What is handed over, encoded.
    pub bytes: usize,
}

/// What a call is for.
pub enum Purpose {
    /// A run asks the interceptor at this place.
    Intercept { run: usize, at: usize },
    /// An interceptor beside the path is asked what it would have said.
    Shadow(u64),
    /// Someone ran a command, or used a component.
    Command(Box<CommandCall>),
    /// Another plugin calls.
    Nested(Box<NestedCall>),
    /// A request from outside: the exchange at this place.
    Http(usize),
    /// Someone types an argument.
    Autocomplete(Box<Offering>),
}

/// What a plugin answered.
#[derive(Debug)]
pub enum Said {
    /// An interceptor: go on, nothing changed.
    Continue,
    /// Anything else.
    Result(Option<plugin::reply::Result>),
}

impl Said {
    /// The answer of anything but an interceptor; to them, to go on is no answer.
    fn whole(self) -> Option<plugin::reply::Result> {
        match self {
            Self::Continue => None,
            Self::Result(result) => result,
        }
    }
}

/// How far a call has come.
pub enum Stage {
    /// In the plugin's hands.
    Handed,
    /// Waits for the window.
    Queued(CallBody),
    /// Waits for the plugin to become ready.
    Awaiting(CallBody),
    /// Waits no more: another asker had a better right to its place.
    CrowdedOut,
}

/// Why a call was not begun.
pub struct OverLimit;

/// How a call ended without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Out of time in the plugin's hands.
    TimedOut,
    /// Out of time before it could be handed over.
    NeverHanded,
    /// Out of the queue before it could be handed over: too many of its asker's waited.
    CrowdedOut,
    /// The session or the process went away with it.
    Gone,
    /// What it waited for to start did not.
    NotStarted,
    /// The plugin was taken out of service.
    Unlisted,
    /// Out of the queue before it could be handed over: the plugin may not see it any more.
    Revoked,
}

const KEY_BITS: u32 = 20;

impl Calls {
    pub fn get(&self, key: usize) -> Option<&Call> {
        self.table.get(key)
    }

    pub fn get_mut(&mut self, key: usize) -> Option<&mut Call> {
        self.table.get_mut(key)
    }

    /// The place of the call with this id, if it lives.
    pub fn find(&self, id: u64) -> Option<usize> {
        let key = usize::try_from(id & ((1 << KEY_BITS) - 1)).ok()?;
        self.table.get(key).filter(|call| call.id == id)?;
        Some(key)
    }

    /// The command that a call is for, if it is for one.
    pub fn command_mut(&mut self, key: usize) -> Option<&mut CommandCall> {
        match &mut self.table.get_mut(key)?.purpose {
            Purpose::Command(command) => Some(command),
            Purpose::Intercept { .. }
            | Purpose::Shadow(_)
            | Purpose::Autocomplete(_)
            | Purpose::Nested(_)
            | Purpose::Http(_) => None,
        }
    }

    /// The places of all calls that `matches` picks.
    pub fn keys_where(&self, matches: impl Fn(&Call) -> bool) -> Vec<usize> {
        self.table.iter().filter(|(_, call)| matches(call)).map(|(key, _)| key).collect()
    }

    fn next_id(&mut self) -> u64 {
        self.serial += 1;
        (self.serial << KEY_BITS) | self.table.vacant_key() as u64
    }

    fn of_member(&self, member: MemberId) -> Vec<usize> {
        self.keys_where(|call| call.member == member)
    }
}

/// What is needed to begin a call.
pub struct NewCall {
    pub member: MemberId,
    pub purpose: Purpose,
    pub deadline: Moment,
    pub body: CallBody,
}

impl Core {
    /// Hands a call to its plugin, or queues it. The plugin must be ready, or `Closed` hooks wait.
    pub fn begin_call(&mut self, new: NewCall, now: Moment) -> Result<usize, OverLimit> {
        let NewCall { member, purpose, deadline, body } = new;
        if self.would_wait(member) && !self.make_room(member, self.asker(&purpose), &body, now) {
            self.members[member].traffic.over_limit += 1;
            self.count_unbegun(member, &purpose, now);
            return Err(OverLimit);
        }
        let (id, bytes) = (self.calls.next_id(), body.len());
        #[cfg(feature = "otel")]
        let body = self.with_own_trace(id, &purpose, body);
        let is = &mut self.members[member];
        let ready = is.open_seat().is_some();
        let waits = !ready || is.in_hand >= is.is.in_flight;
        let stage = if !ready {
            self.ring_for(member);
            Stage::Awaiting(body)
        } else if waits {
            Stage::Queued(body)
        } else {
            self.send_call(member, (id, body), deadline, now);
            Stage::Handed
        };
        Ok(self.enter_call(Call { id, member, purpose, began: now, deadline, stage, bytes }))
    }

    fn enter_call(&mut self, call: Call) -> usize {
        let (member, deadline) = (call.member, call.deadline);
        let asker = self.asker(&call.purpose);
        let key = self.calls.table.vacant_key();
        let is = &mut self.members[member];
        match &call.stage {
            Stage::Handed => is.in_hand += 1,
            Stage::Queued(body) => is.queue.push(asker, key, body.len()),
            Stage::Awaiting(_) => is.awaiting.push(key),
            Stage::CrowdedOut => {} // Nothing enters like that.
        }
        self.calls.table.insert(call);
        self.deadlines.insert(deadline, Due::Call(key));
        key
    }

    fn send_call(
        &mut self,
        member: MemberId,
        (id, body): (u64, CallBody),
        deadline: Moment,
        now: Moment,
    ) {
        let member = &mut self.members[member];
        member.traffic.calls += 1;
        member.sleep.busy_at = now;
        if let Some(seat) = &member.seat {
            let budget_us = match member.has_guest() {
                true => BUDGET_US,
                false => micros(deadline.since(now)),
            };
            let frame = ToPlugin::Call(CallFrame { id, budget_us, body });
            // A full queue means a session that takes nothing: the call runs into its deadline and
            // the heartbeat finds the session out.
            let _ = seat.egress.push(Urgency::Call, frame, now);
        }
    }

    /// The window has room again, or the plugin has become ready.
    pub fn call_queued(&mut self, id: MemberId, now: Moment) {
        loop {
            let member = &mut self.members[id];
            let limit = member.is.in_flight;
            if member.in_hand >= limit || member.open_seat().is_none() {
                return;
            }
            let Some(key) = member.queue.pop() else { return };
            let Some(call) = self.calls.table.get_mut(key) else { continue };
            let (call_id, deadline) = (call.id, call.deadline);
            match std::mem::replace(&mut call.stage, Stage::Handed) {
                Stage::Queued(body) => {
                    self.members[id].in_hand += 1;
                    self.send_call(id, (call_id, body), deadline, now);
                    self.pump_to_plugin(id, now);
                }
                other => call.stage = other,
            }
        }
    }

    /// Calls of closed hooks that waited for the plugin join its queue.
    pub fn call_awaiting(&mut self, id: MemberId, _now: Moment) {
        let member = &mut self.members[id];
        if member.open_seat().is_none() {
            return;
        }
        for key in std::mem::take(&mut member.awaiting) {
            let Some(call) = self.calls.get(key) else { continue };
            let asker = self.asker(&call.purpose);
            let Some(call) = self.calls.table.get_mut(key) else { continue };
            call.stage = match std::mem::replace(&mut call.stage, Stage::Handed) {
                Stage::Awaiting(body) => {
                    self.members[id].queue.push(asker, key, body.len());
                    Stage::Queued(body)
                }
                other => other,
            };
        }
    }

    /// Takes a call out of the tables, wherever it stands.
    pub fn leave_call(&mut self, key: usize) -> Option<Call> {
        let call = self.calls.table.try_remove(key)?;
        self.deadlines.remove(call.deadline, Due::Call(key));
        if let Some(member) = self.members.get_mut(call.member) {
            match &call.stage {
                Stage::Handed => member.in_hand = member.in_hand.saturating_sub(1),
                Stage::Queued(_) => member.queue.remove(key),
                Stage::Awaiting(_) => member.awaiting.retain(|waiting| *waiting != key),
                Stage::CrowdedOut => {}
            }
        }
        Some(call)
    }

    /// Its caller no longer waits.
    pub fn cancel_call(&mut self, key: usize, reason: &str, now: Moment) {
        drop(self.take_back(key, reason, now));
    }

    /// Takes a call from its plugin; whoever waits for it is the caller's business.
    pub fn take_back(&mut self, key: usize, reason: &str, now: Moment) -> Option<Call> {
        let call = self.leave_call(key)?;
        self.count_call(&call, Outcome::Cancelled, now);
        self.tell_cancelled(&call, reason, now);
        self.call_queued(call.member, now);
        Some(call)
    }

    fn tell_cancelled(&mut self, call: &Call, reason: &str, now: Moment) {
        self.cancel_nested_of(call, now);
        // A guest is never told to stop: it may be standing at a breakpoint.
        if !matches!(call.stage, Stage::Handed) || self.note_overdue(call, now) {
            return;
        }
        if let Some(seat) = self.members.get(call.member).and_then(|it| it.seat.as_ref()) {
            let cancel = CancelCall { call: call.id, reason: reason.to_owned() };
            let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Cancel(cancel)) };
            let _ = seat.egress.push(Urgency::Control, frame.into(), now);
        }
    }

    pub fn call_timed_out(&mut self, key: usize, now: Moment) {
        let Some(call) = self.leave_call(key) else { return };
        let lost = match call.stage {
            Stage::Handed => Lost::TimedOut,
            Stage::Queued(_) | Stage::Awaiting(_) => Lost::NeverHanded,
            Stage::CrowdedOut => Lost::CrowdedOut,
        };
        let member = &mut self.members[call.member];
        let counts = lost != Lost::CrowdedOut && !member.has_guest();
        member.traffic.timeouts += u64::from(counts);
        self.tell_cancelled(&call, "deadline", now);
        let member = call.member;
        self.lose(call, lost, now);
        self.call_queued(member, now);
    }

    /// The session went away: what was in hand is lost, what waited may wait on.
    pub fn lose_calls_in_hand(&mut self, id: MemberId, now: Moment) {
        for key in self.calls.of_member(id) {
            let handed = self.calls.get(key).is_some_and(|it| matches!(it.stage, Stage::Handed));
            if handed && let Some(call) = self.leave_call(key) {
                self.cancel_nested_of(&call, now);
                self.lose(call, Lost::Gone, now);
            }
        }
    }

    /// The plugin cannot take what is queued: closed hooks wait for it, all others go on.
    pub fn skip_queued(&mut self, id: MemberId, now: Moment) {
        for key in self.members[id].queue.take_all() {
            if self.runs_closed(key) {
                self.await_ready(id, key);
            } else if let Some(call) = self.leave_call(key) {
                self.lose(call, Lost::Gone, now);
            }
        }
    }

    /// A queued call goes on waiting, for the plugin instead of for the window.
    fn await_ready(&mut self, id: MemberId, key: usize) {
        let (Some(call), Some(member)) = (self.calls.table.get_mut(key), self.members.get_mut(id))
        else {
            return;
        };
        call.stage = match std::mem::replace(&mut call.stage, Stage::Handed) {
            Stage::Queued(body) => {
                member.awaiting.push(key);
                Stage::Awaiting(body)
            }
            other => other,
        };
    }

    /// The plugin is out of service: nothing of it goes on.
    pub fn end_calls_of(&mut self, id: MemberId, now: Moment) {
        for key in self.calls.of_member(id) {
            if let Some(call) = self.leave_call(key) {
                self.tell_cancelled(&call, "out of service", now);
                self.lose(call, Lost::Unlisted, now);
            }
        }
    }

    pub fn lose(&mut self, call: Call, lost: Lost, now: Moment) {
        self.count_call(&call, counting::loss(lost), now);
        match call.purpose {
            Purpose::Intercept { run, at } => {
                if lost == Lost::TimedOut {
                    self.miss(call.member, run, call.began, now);
                }
                let reason = match lost {
                    Lost::TimedOut => SkipReason::Timeout,
                    Lost::NeverHanded => self.never_handed(call.member),
                    Lost::CrowdedOut => SkipReason::OverLimit,
                    Lost::Revoked => SkipReason::NotGranted,
                    Lost::Gone | Lost::NotStarted | Lost::Unlisted => SkipReason::Unavailable,
                };
                self.interceptor_lost(run, at, reason, now);
            }
            Purpose::Shadow(watched) => self.shadow_lost(watched),
            Purpose::Command(command) => self.command_lost(call.member, *command, lost),
            Purpose::Nested(nested) => self.nested_lost(call.member, *nested, lost),
            Purpose::Http(exchange) => self.http_lost(exchange, lost),
            Purpose::Autocomplete(offering) => self.offering_lost(*offering),
        }
    }

    /// Why a call ran out of time before it was handed over.
    fn never_handed(&self, member: MemberId) -> SkipReason {
        match self.members[member].standing {
            Standing::Ready => SkipReason::Timeout,
            Standing::Suspended(_) => SkipReason::Suspended,
            Standing::Debugged(Guest::Awaited | Guest::Answering) => SkipReason::Debug,
            Standing::Unavailable { .. }
            | Standing::Asleep
            | Standing::Waking
            | Standing::Unlisted => SkipReason::Unavailable,
        }
    }

    fn reply(&mut self, id: MemberId, serial: u64, (call, said): (u64, Said), now: Moment) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let current = member.seat.as_ref().is_some_and(|seat| seat.serial == serial);
        member.sleep.busy_at = now;
        let live = self.calls.find(call).filter(|key| {
            let call = &self.calls.table[*key];
            current && call.member == id && matches!(call.stage, Stage::Handed)
        });
        let Some(call) = live.and_then(|key| self.leave_call(key)) else {
            if current
                && let Said::Result(Some(plugin::reply::Result::Failure(failure))) = &said
                && self.answer_failed(id, call, failure, now)
            {
                return true;
            }
            if !self.answered_late(id, call, &said, now) {
                self.members[id].traffic.stale_replies += 1;
            }
            return false;
        };
        let line = self.count_call(&call, counting::looks(&said), now);
        let rule_breaks = self.members[id].traffic.rule_breaks;
        match call.purpose {
            Purpose::Intercept { run, at } => self.interceptor_replied(run, at, said, now),
            Purpose::Shadow(watched) => self.shadow_replied(watched, said),
            Purpose::Command(command) => self.command_replied(id, *command, said.whole()),
            Purpose::Autocomplete(offering) => self.offering_replied(id, *offering, said.whole()),
            Purpose::Nested(nested) => self.nested_replied(id, *nested, said.whole()),
            Purpose::Http(exchange) => {
                self.http_replied(exchange, call.id, said.whole(), now);
            }
        }
        self.count_rule_break(id, line, rule_breaks);
        self.call_queued(id, now);
        true
    }

    /// A call whose answer could not be read, or was too large, fails by itself.
    fn reply_unusable(
        &mut self,
        id: MemberId,
        serial: u64,
        (call, why): (u64, Failure),
        now: Moment,
    ) -> bool {
        let said = Said::Result(Some(plugin::reply::Result::Failure(why)));
        self.reply(id, serial, (call, said), now)
    }

    /// A handler shows that it is alive: it may go on until then, and never less long than before.
    pub fn extend_call(&mut self, key: usize, until: Moment) {
        let Some(call) = self.calls.table.get_mut(key) else { return };
        if until > call.deadline {
            self.deadlines.remove(call.deadline, Due::Call(key));
            self.deadlines.insert(until, Due::Call(key));
            call.deadline = until;
        }
    }
}

impl Switchboard {
    /// A plugin answered a call. Whether the call still lived.
    pub fn reply(&self, member: MemberId, serial: u64, call: u64, said: Said) -> bool {
        self.with(|core, now| core.reply(member, serial, (call, said), now))
    }

    /// A plugin answered with a frame too large to be carried. Whether the call still lived.
    pub fn reply_too_large(&self, member: MemberId, serial: u64, call: u64, why: Failure) -> bool {
        self.with(|core, now| core.reply_unusable(member, serial, (call, why), now))
    }
}
