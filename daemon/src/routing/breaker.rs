//! Breakers in use: what becomes of a call, and the ping that half-opens one.
//!
//! When a breaker opens is the supervision crate's to say. It refuses to know what a call is about.

use outboard_proto::common::Ping;
use outboard_proto::plugin::{DaemonFrame, daemon_frame};
use outboard_supervision::Moment;
use outboard_supervision::breaker::{Admission, BreakerPolicy};

use super::member::Member;
use super::{Core, MemberId, Switchboard};
use crate::config::manifest::Hook;
use crate::egress::Urgency;
use crate::statistics::Kind;

/// When a breaker opens.
const POLICY: BreakerPolicy = BreakerPolicy {
    misses: 3,
    calls: 20,
    rest: std::time::Duration::from_secs(2),
    longest_rest: std::time::Duration::from_secs(60),
};

/// Set in the nonces of these pings; those of the heartbeat count up from 1 and stay below.
const NONCE: u64 = 1 << 48;

impl Member {
    /// Whether a call may be handed to it; where its breaker has rested, it is pinged.
    pub fn admits(&mut self, hook: &Hook, now: Moment) -> bool {
        // Nobody cuts out a developer who stands at a breakpoint.
        if self.has_guest() {
            return true;
        }
        match self.breakers.entry(hook.clone()).or_default().admit(now, POLICY) {
            Admission::Pass => true,
            Admission::Skip => false,
            Admission::Ping => {
                self.ping(now);
                false
            }
        }
    }

    fn ping(&self, now: Moment) {
        if let Some(seat) = &self.seat {
            let kind = Some(daemon_frame::Kind::Ping(Ping { nonce: NONCE }));
            // A session that takes nothing is found out by its heartbeat.
            let _ = seat.egress.push(Urgency::Control, DaemonFrame { kind }.into(), now);
        }
    }
}

impl Switchboard {
    /// A plugin answered a ping. Whether one of its breakers waited for that.
    pub fn ponged(&self, member: MemberId, serial: u64, nonce: u64) -> bool {
        nonce == NONCE && self.with(|core, _| core.ponged(member, serial))
    }

    /// A new process starts with a clean slate.
    pub fn new_generation(&self, id: MemberId) {
        self.with(|core, _| {
            if let Some(member) = core.members.get_mut(id) {
                member.breakers.clear();
            }
            core.ui.new_generation(id);
        });
    }
}

impl Core {
    fn ponged(&mut self, id: MemberId, serial: u64) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let current = member.seat.as_ref().is_some_and(|seat| seat.serial == serial);
        let breakers = member.breakers.values_mut().filter(|_| current);
        // Each of them hears it.
        breakers.filter_map(|breaker| breaker.ponged().then_some(())).count() > 0
    }

    /// An interceptor answered in time.
    pub fn answered(&mut self, member: MemberId, run: usize, now: Moment) {
        let hook = self.runs[run].hook().clone();
        self.members[member].breakers.entry(hook).or_default().answered(now);
    }

    /// Counts a miss, of a call that began at `began`, against the breaker for the run's hook.
    pub fn miss(&mut self, member: MemberId, run: usize, began: Moment, now: Moment) {
        if self.held_up || self.members[member].has_guest() {
            return;
        }
        let hook = self.runs[run].hook().clone();
        let member = &mut self.members[member];
        if member.breakers.entry(hook.clone()).or_default().missed(began, now, POLICY) {
            member.traffic.breaker_openings += 1;
            member.counts.ledger.breaker_opened(Kind::Hook, hook.as_str());
            let plugin = &member.is.name;
            tracing::warn!(%plugin, %hook, "breaker opened: its answers keep missing");
        }
    }
}
