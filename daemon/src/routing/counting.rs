//! Where calls and deliveries end, they are counted: under which name, and what came of them.
//!
//! It adds; it decides nothing, and refuses to know what becomes of the sums.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::event::Of;
use outboard_proto::common::{Event, SkipReason};
use outboard_proto::plugin::reply::Result as Answer;
use outboard_proto::plugin::{Ack, Counted, TrackedUse, UsageTaken};
use outboard_supervision::Moment;

use super::call::{Call, Lost, Purpose, Said};
use super::{Core, MemberId, Switchboard, http, interaction, run};
use crate::config::manifest::Hook;
use crate::statistics::histogram::Histogram;
use crate::statistics::ledger::{OTHER, Use};
use crate::statistics::metrics::Depth;
use crate::statistics::usage::{self, Allowance, Told};
use crate::statistics::{Entry, Kind, Ledger, LineId, Outcome};

/// The session's own line: bytes that come in belong to no call until they are read.
const SESSION: &str = "Plugin/Session";

/// Counts of plugins that were unloaded since the last harvest; more than so many are not kept.
const GONE: usize = 4096;

/// What is counted of one plugin.
#[derive(Default)]
pub struct Counts {
    pub ledger: Ledger,
    pub allowance: Allowance,
}

/// What was counted of plugins that are gone.
#[derive(Default)]
pub struct Gone(Vec<Entry>);

/// Names of the things that calls are for; borrows what the tables have.
struct Names<'c> {
    runs: &'c slab::Slab<run::Run>,
    http: &'c http::Exchanges,
    shadows: &'c run::shadow::Shadows,
}

impl<'c> Names<'c> {
    fn of(&self, purpose: &'c Purpose) -> (Kind, &'c str) {
        match purpose {
            Purpose::Intercept { run, .. } => {
                (Kind::Hook, self.runs.get(*run).map_or(OTHER, |run| run.hook().as_str()))
            }
            Purpose::Shadow(watched) => {
                (Kind::Shadow, self.shadows.hook(*watched).map_or(OTHER, Hook::as_str))
            }
            Purpose::Command(command) => (kind_of(command.kind), &command.name),
            Purpose::Nested(nested) => (Kind::Method, &nested.method),
            Purpose::Http(exchange) => (Kind::Http, self.http.route(*exchange).unwrap_or(OTHER)),
            Purpose::Autocomplete(offering) => (Kind::Autocomplete, &offering.command),
        }
    }
}

fn kind_of(kind: interaction::Kind) -> Kind {
    match kind {
        interaction::Kind::Command => Kind::Command,
        interaction::Kind::Action => Kind::Action,
    }
}

/// What a first look says of an answer; whoever reads it may find that it broke a rule.
pub fn looks(said: &Said) -> Outcome {
    match said {
        Said::Result(Some(Answer::Failure(_))) => Outcome::Failed,
        Said::Continue | Said::Result(_) => Outcome::Ok,
    }
}

/// What the loss of a call counts as.
pub fn loss(lost: Lost) -> Outcome {
    match lost {
        Lost::TimedOut | Lost::NeverHanded => Outcome::TimedOut,
        Lost::CrowdedOut => Outcome::OverLimit,
        Lost::Gone | Lost::NotStarted | Lost::Unlisted | Lost::Revoked => Outcome::Unavailable,
    }
}

impl Core {
    /// A call has ended.
    pub fn count_call(&mut self, call: &Call, outcome: Outcome, now: Moment) -> Option<LineId> {
        let names = Names { runs: &self.runs, http: &self.http, shadows: &self.shadows };
        let (kind, name) = names.of(&call.purpose);
        #[cfg(feature = "otel")]
        self.tell_ended(call, (kind, name), outcome, now);
        let counts = &mut self.members.get_mut(call.member)?.counts;
        let took = outcome.is_answered().then(|| now.since(call.began));
        Some(counts.ledger.count(kind, name, Use { outcome, took, bytes_out: call.bytes, at: now }))
    }

    /// Whoever read the answer found that it broke a rule, if one more was broken than before.
    pub fn count_rule_break(&mut self, member: MemberId, line: Option<LineId>, before: u64) {
        let Some(member) = self.members.get_mut(member) else { return };
        if let Some(line) = line
            && member.traffic.rule_breaks > before
        {
            member.counts.ledger.amend(line, Outcome::Ok, Outcome::Protocol);
        }
    }

    /// A call was not begun.
    pub fn count_unbegun(&mut self, member: MemberId, purpose: &Purpose, now: Moment) {
        let names = Names { runs: &self.runs, http: &self.http, shadows: &self.shadows };
        let (kind, name) = names.of(purpose);
        let use_ = Use { outcome: Outcome::OverLimit, took: None, bytes_out: 0, at: now };
        if let Some(member) = self.members.get_mut(member) {
            member.counts.ledger.count(kind, name, use_);
        }
    }

    /// A command or an action found no room.
    pub fn count_crowded(&mut self, member: MemberId, command: &interaction::CommandCall) {
        let at = self.clock.now();
        let use_ = Use { outcome: Outcome::OverLimit, took: None, bytes_out: 0, at };
        let counts = &mut self.members[member].counts;
        counts.ledger.count(kind_of(command.kind), &command.name, use_);
    }

    /// An interceptor was not asked.
    pub fn count_skip(&mut self, member: MemberId, hook: &Hook, reason: SkipReason, now: Moment) {
        let outcome = match reason {
            // Where it found no room, that was counted.
            SkipReason::OverLimit => return,
            SkipReason::NotGranted => Outcome::Denied,
            _ => Outcome::Skipped,
        };
        if let Some(member) = self.members.get_mut(member) {
            let use_ = Use { outcome, took: None, bytes_out: 0, at: now };
            member.counts.ledger.count(Kind::Hook, hook.as_str(), use_);
        }
    }

    /// A handler of an event has returned, well or not.
    pub fn count_acknowledged(&mut self, id: MemberId, ack: &Ack, now: Moment) {
        let outcome = if ack.failure.is_some() { Outcome::Failed } else { Outcome::Ok };
        self.count_delivery(id, ack.delivery, outcome, now);
    }

    /// A delivery has ended. To be told before it is forgotten.
    pub fn count_delivery(&mut self, id: MemberId, delivery: u64, outcome: Outcome, now: Moment) {
        #[cfg(feature = "otel")]
        if let Some((since, event)) =
            self.members.get(id).and_then(|it| it.delivered.get(&delivery))
        {
            let ended = (outcome, now.since(*since));
            self.tell_ended_delivery((id, delivery), event, name_of(event), ended);
        }
        let Some(member) = self.members.get_mut(id) else { return };
        let found = member.delivered.get(&delivery);
        let took = found.filter(|_| outcome.is_answered()).map(|(since, _)| now.since(*since));
        let use_ = Use { outcome, took, bytes_out: 0, at: now };
        let (kind, name) = found.map_or((Kind::Event, OTHER), |(_, event)| name_of(event));
        member.counts.ledger.count(kind, name, use_);
    }

    /// What was counted of a plugin that is being unloaded.
    pub fn keep_counts_of(&mut self, id: MemberId, now: Moment) {
        let wall_us = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else { return };
        let entries = member.counts.ledger.harvest(&member.is.name, now, wall_us);
        self.gone.0.extend(entries);
        self.gone.0.truncate(GONE);
    }
}

fn name_of(event: &Event) -> (Kind, &str) {
    match &event.of {
        Some(Of::Schedule(schedule)) => (Kind::Schedule, &schedule.name),
        Some(_) | None => (Kind::Event, &event.r#type),
    }
}

impl Switchboard {
    /// What was counted since the last harvest, of every plugin.
    #[must_use]
    pub fn harvest(&self) -> Vec<Entry> {
        self.with(|core, now| {
            let wall_us = core.clock.wall_us();
            let mut entries = std::mem::take(&mut core.gone.0);
            for (_, member) in &mut core.members {
                entries.extend(member.counts.ledger.harvest(&member.is.name, now, wall_us));
            }
            entries
        })
    }

    /// What was counted of one plugin since the daemon's start, as `read` reads it.
    pub fn with_ledger<T>(&self, plugin: &str, read: impl FnOnce(&Ledger) -> T) -> Option<T> {
        self.with(|core, _| {
            let member = core.members.get(*core.names.get(plugin)?)?;
            Some(read(&member.counts.ledger))
        })
    }

    /// How late timers went off.
    #[must_use]
    pub fn lag(&self) -> Histogram<u64> {
        self.with(|core, _| core.lag.clone())
    }

    /// What waits at a plugin.
    #[must_use]
    pub fn depth(&self, plugin: &str) -> Option<Depth> {
        self.with(|core, _| {
            let member = core.members.get(*core.names.get(plugin)?)?;
            let open = member.breakers.values().filter(|breaker| breaker.is_open());
            let queued = member.queue.len() + member.awaiting.len();
            Some(Depth { queued, open_breakers: open.count() })
        })
    }

    /// A call of the host API has ended; `rpc` is its service and method.
    pub fn count_host_call(&self, id: MemberId, rpc: &str, outcome: Outcome, took: Duration) {
        self.with(|core, now| {
            if let Some(member) = core.members.get_mut(id) {
                let use_ = Use { outcome, took: Some(took), bytes_out: 0, at: now };
                member.counts.ledger.count(Kind::Host, rpc, use_);
            }
        });
    }

    /// A plugin's session brought so many bytes.
    pub fn count_heard(&self, id: MemberId, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.with(|core, now| {
            if let Some(member) = core.members.get_mut(id) {
                let line = member.counts.ledger.grow(Kind::Host, SESSION, 0, now);
                member.counts.ledger.heard(line, bytes);
            }
        });
    }

    /// A plugin's process has ended.
    pub fn count_end(&self, id: MemberId, cause: &str) {
        self.with(|core, now| {
            if let Some(member) = core.members.get_mut(id) {
                member.counts.ledger.grow(Kind::End, cause, 1, now);
            }
        });
    }

    /// A plugin tracks what was used of it.
    #[must_use]
    pub fn track(&self, id: MemberId, uses: Vec<TrackedUse>) -> UsageTaken {
        let (taken, told) = self.with(|core, now| {
            let wall_us = core.clock.wall_us();
            let Some(member) = core.members.get_mut(id) else { return Default::default() };
            let name = Arc::clone(&member.is.name);
            let Counts { ledger, allowance } = &mut member.counts;
            usage::track(usage::Desk { ledger, allowance, plugin: &name, now, wall_us }, uses)
        });
        self.tell_uses(told);
        taken
    }

    /// A plugin's own numbers grew.
    #[must_use]
    pub fn count_own(&self, id: MemberId, counts: &[Counted]) -> UsageTaken {
        self.with(|core, now| {
            let wall_us = core.clock.wall_us();
            let Some(member) = core.members.get_mut(id) else { return UsageTaken::default() };
            let name = Arc::clone(&member.is.name);
            let Counts { ledger, allowance } = &mut member.counts;
            usage::count(usage::Desk { ledger, allowance, plugin: &name, now, wall_us }, counts)
        })
    }

    /// What plugins track from now on.
    #[must_use]
    pub fn follow_uses(&self) -> tokio::sync::broadcast::Receiver<Told> {
        self.uses.subscribe()
    }

    fn tell_uses(&self, told: Vec<Told>) {
        // Nearly always nobody listens.
        if self.uses.receiver_count() > 0 {
            for one in told {
                let _ = self.uses.send(one);
            }
        }
    }
}
