//! Plugins that start when something is wanted of them, and those that have nothing to do.
//!
//! What is wanted of one that sleeps waits within its own time, as a call of a closed hook does,
//! and a bell is rung. It refuses to know who hears the bell, and who decides that one may sleep.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_proto::common::Trace;
use outboard_supervision::Moment;
use tokio::sync::Notify;

use super::call::Lost;
use super::debug::Guest;
use super::member::{Member, Standing};
use super::{Core, MemberId, Switchboard};

/// What wakes a member, and when it last had something to do.
#[derive(Debug, Default)]
pub struct Sleep {
    /// Rung when something is wanted of it.
    pub bell: Arc<Notify>,
    /// Its start for what is wanted of it has been counted.
    pub counted: bool,
    /// A call or an event was handed to it, or came back.
    pub busy_at: Moment,
    /// What it deferred and may still speak to.
    pub deferred: BTreeMap<String, Deferred>,
}

/// An interaction that a plugin deferred, as far as it is not on the disk.
#[derive(Debug)]
pub struct Deferred {
    /// Until when something may be said, microseconds since the Unix epoch.
    pub until_us: i64,
    /// The trace it belongs to.
    pub trace: Option<Trace>,
}

impl Sleep {
    /// One more was deferred; those whose time is over are forgotten.
    pub fn defer(&mut self, interaction_id: &str, deferred: Deferred, now_us: i64) {
        self.deferred.retain(|_, it| it.until_us > now_us);
        self.deferred.insert(interaction_id.to_owned(), deferred);
    }
}

impl Member {
    /// Whether a call may be begun: it can take it, or will be started for it.
    pub fn takes_work(&mut self) -> bool {
        self.is_drowsy() || self.open_seat().is_some()
    }

    /// Whether what is wanted of it has it started.
    fn is_drowsy(&self) -> bool {
        match self.standing {
            Standing::Asleep | Standing::Waking => true,
            Standing::Ready
            | Standing::Suspended(_)
            | Standing::Unavailable { .. }
            | Standing::Debugged(Guest::Awaited | Guest::Answering)
            | Standing::Unlisted => false,
        }
    }

    /// Whether an event waits for it.
    fn has_events(&mut self) -> bool {
        self.lanes.next().is_some() || self.durable.backlog().waiting > 0
    }

    fn ring(&mut self) {
        if self.standing == Standing::Asleep {
            self.standing = Standing::Waking;
            // It may be told again that it sleeps before it has heard the bell.
            if !std::mem::replace(&mut self.sleep.counted, true) {
                self.traffic.lazy_starts += 1;
            }
            self.sleep.bell.notify_one();
        }
    }
}

impl Switchboard {
    /// What is rung when something is wanted of a plugin that sleeps.
    #[must_use]
    pub fn bell(&self, member: MemberId) -> Arc<Notify> {
        let bell = |core: &mut Core, _| core.members.get(member).map(|it| it.sleep.bell.clone());
        self.with(bell).unwrap_or_default()
    }

    /// Since when a plugin has had nothing to do; nothing while a call, an event, a body or an
    /// interaction that it deferred waits for it.
    #[must_use]
    pub fn idle_since(&self, member: MemberId) -> Option<Moment> {
        self.with(|core, _| {
            let answering = core.http.answering(member) > 0;
            let now_us = core.clock.wall_us();
            let member = core.members.get_mut(member)?;
            member.sleep.deferred.retain(|_, it| it.until_us > now_us);
            let busy = answering
                || member.in_hand > 0
                || member.deliveries_in_hand() > 0
                || !member.awaiting.is_empty()
                || !member.queue.is_empty()
                || !member.sleep.deferred.is_empty()
                || member.has_events();
            (!busy).then_some(member.sleep.busy_at)
        })
    }

    /// Nothing more is said to an interaction that a plugin deferred.
    pub fn deferral_over(&self, plugin: &str, interaction_id: &str) {
        self.with(|core, now| {
            let Some(member) = core.names.get(plugin).and_then(|id| core.members.get_mut(*id))
            else {
                return;
            };
            member.sleep.deferred.remove(interaction_id);
            member.sleep.busy_at = now;
        });
    }
}

impl Core {
    /// Something is wanted of a member, and waits.
    pub fn ring_for(&mut self, id: MemberId) {
        let member = &mut self.members[id];
        if member.is_drowsy() {
            member.traffic.waits += 1;
            member.ring();
        }
    }

    /// Events that wait for a member wake it.
    pub fn ring_for_events(&mut self, id: MemberId) {
        if let Some(member) = self.members.get_mut(id)
            && member.standing == Standing::Asleep
            && member.has_events()
        {
            member.ring();
        }
    }

    /// A member has fallen asleep, or is waking up; whatever waits already wakes it.
    pub fn fall_asleep(&mut self, id: MemberId) {
        if !self.members[id].awaiting.is_empty() {
            self.members[id].ring();
        }
        self.ring_for_events(id);
    }

    /// A member that was to start for what waits has not: only closed hooks wait on.
    pub fn skip_awaiting(&mut self, id: MemberId, now: Moment) {
        for key in self.members[id].awaiting.clone() {
            if !self.runs_closed(key)
                && let Some(call) = self.leave_call(key)
            {
                self.lose(call, Lost::NotStarted, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deferrals_whose_time_is_over_do_not_pile_up() {
        let mut sleep = Sleep::default();
        for at in 0..100 {
            let deferred = Deferred { until_us: at + 5, trace: None };
            sleep.defer(&at.to_string(), deferred, at);
        }
        assert_eq!(sleep.deferred.len(), 5);
    }
}
