//! An operator's word that takes interceptors off the path, for a time.
//!
//! It is kept in memory only: a daemon that starts anew asks everyone again. It refuses to know who
//! may say it; a member is told which of its hooks are bypassed, so that messages cost no look-up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::SkipReason;
use outboard_supervision::Moment;

use super::call::Purpose;
use super::deadline::Due;
use super::{Core, Switchboard};
use crate::config::manifest::Hook;

/// What is taken off the path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bypassed {
    /// Every interceptor.
    All,
    /// Those of one hook.
    Hook(Hook),
    /// Those of one plugin.
    Plugin(Arc<str>),
}

/// What is off the path, and until when.
#[derive(Debug, Default)]
pub struct Bypasses(BTreeMap<Bypassed, Moment>);

impl fmt::Display for Bypassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every hook"),
            Self::Hook(hook) => hook.fmt(f),
            Self::Plugin(name) => f.write_str(name),
        }
    }
}

impl Bypassed {
    fn means(&self, plugin: &str, of: &Hook) -> bool {
        match self {
            Self::All => true,
            Self::Hook(hook) => hook == of,
            Self::Plugin(name) => **name == *plugin,
        }
    }
}

impl Bypasses {
    /// Those of a plugin's hooks that are off the path, with the time left.
    pub fn of(&self, plugin: &str, hooks: BTreeSet<Hook>, now: Moment) -> Vec<(Hook, Duration)> {
        let longest = |hook: Hook| {
            let meant = self.0.iter().filter(|(what, _)| what.means(plugin, &hook));
            meant.map(|(_, until)| *until).max().map(|until| (hook, until.since(now)))
        };
        hooks.into_iter().filter_map(longest).collect()
    }
}

impl Switchboard {
    /// Takes interceptors off the path from now on, those that are being asked too.
    pub fn bypass(&self, what: Bypassed, period: Duration) {
        self.with(|core, now| core.bypass(what, period, now));
    }

    /// Puts interceptors back; without a name, all of them. What was off the path.
    pub fn end_bypass(&self, what: Option<&Bypassed>) -> Vec<Bypassed> {
        self.with(|core, _| core.take_bypasses(|it, _| what.is_none_or(|what| what == it)))
    }

    /// What is off the path, with the time left.
    #[must_use]
    pub fn bypasses(&self) -> Vec<(Bypassed, Duration)> {
        self.with(|core, now| {
            let left = |(what, until): (&Bypassed, &Moment)| (what.clone(), until.since(now));
            core.bypasses.0.iter().map(left).collect()
        })
    }
}

impl Core {
    fn bypass(&mut self, what: Bypassed, period: Duration, now: Moment) {
        let until = now + period;
        self.bypasses.0.insert(what, until);
        self.deadlines.insert(until, Due::Bypass);
        self.mark_bypassed();
        self.skip_bypassed(now);
    }

    /// A time is over.
    pub fn end_due_bypasses(&mut self, now: Moment) {
        for what in self.take_bypasses(|_, until| until <= now) {
            tracing::warn!(%what, "bypass is over: its interceptors are asked again");
        }
    }

    /// Ends those that `matches` picks.
    fn take_bypasses(&mut self, matches: impl Fn(&Bypassed, Moment) -> bool) -> Vec<Bypassed> {
        let picked = self.bypasses.0.iter().filter(|(what, until)| matches(what, **until));
        let ended: Vec<Bypassed> = picked.map(|(what, _)| what.clone()).collect();
        self.bypasses.0.retain(|what, _| !ended.contains(what));
        self.mark_bypassed();
        ended
    }

    /// Tells every member which of its hooks are off the path.
    pub fn mark_bypassed(&mut self) {
        for (_, member) in &mut self.members {
            let hooks = member.is.interceptors.iter().map(|it| it.hook.clone());
            let name = &member.is.name;
            member.bypassed = hooks
                .filter(|hook| self.bypasses.0.keys().any(|it| it.means(name, hook)))
                .collect();
        }
    }

    /// Whoever is being asked is not waited for.
    fn skip_bypassed(&mut self, now: Moment) {
        let asked = self.calls.keys_where(|call| self.is_bypassed(call));
        let ids: Vec<u64> = asked.iter().filter_map(|key| Some(self.calls.get(*key)?.id)).collect();
        for id in ids {
            // The run of one may have ended with another's.
            let Some(key) = self.calls.find(id) else { continue };
            if let Some(call) = self.take_back(key, "bypassed", now)
                && let Purpose::Intercept { run, at } = call.purpose
            {
                self.interceptor_lost(run, at, SkipReason::Bypassed, now);
            }
        }
    }

    fn is_bypassed(&self, call: &super::call::Call) -> bool {
        let Purpose::Intercept { run, .. } = &call.purpose else { return false };
        self.members[call.member].bypassed.contains(self.runs[*run].hook())
    }
}
