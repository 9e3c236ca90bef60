//! What is wrong at this moment, with whom: what alerts are made of.
//!
//! It looks; it decides neither what is news nor who is told.

use std::collections::BTreeMap;

use outboard_supervision::State;
use outboard_supervision::event::Hindrance;
use outboard_supervision::state::Rest;

use super::Fleet;
use super::aboard::Aboard;
use crate::config::manifest::{Hook, OnFailure};
use crate::outlets::alerts::{Kind, Subject};
use crate::plugin::explain;

/// A limit that nobody holds on any machine, so far: doctor says so, no alert does.
const NOBODYS: &str = "data";

impl Fleet {
    /// Everything that is wrong, in an operator's words.
    #[must_use]
    pub fn alarms(&self) -> BTreeMap<Subject, String> {
        let refused = self.refused.iter();
        let mut alarms: BTreeMap<Subject, String> =
            refused.map(|(name, why)| ((Kind::Refused, name.clone()), why.clone())).collect();
        for (name, aboard) in &self.aboard {
            let of = self.alarms_of(aboard).into_iter();
            alarms.extend(of.map(|(kind, what)| ((kind, name.as_str().to_owned()), what)));
        }
        let damage = self.damage();
        if !damage.is_empty() {
            alarms.insert((Kind::Damage, String::new()), damage.join("; "));
        }
        alarms
    }

    fn alarms_of(&self, aboard: &Aboard) -> Vec<(Kind, String)> {
        let mut found = Vec::new();
        let state = aboard.view.borrow().state.clone();
        let why = || explain(&state, self.harbour.clock.now());
        match &state {
            State::Failed(_) => {
                let closed = closed_hooks(aboard);
                if !closed.is_empty() {
                    let what = format!("{} waits for it: {}", closed.join(", "), why());
                    found.push((Kind::ClosedHook, what));
                }
                found.push((Kind::Failed, why()));
            }
            State::Stopped(Rest::Hindered(Hindrance::Refused(_))) => {
                found.push((Kind::Refused, why()));
            }
            State::Stopped(_)
            | State::Starting(_)
            | State::Running(_)
            | State::Draining(_)
            | State::Stopping(_)
            | State::Waiting(_) => {}
        }
        let member = self.harbour.switchboard.view(aboard.entrance.member);
        if !member.open_breakers.is_empty() {
            let hooks: Vec<&str> = member.open_breakers.iter().map(Hook::as_str).collect();
            found.push((Kind::BreakerOpen, format!("skipped at {}", hooks.join(", "))));
        }
        if member.backlog.dead_letters > 0 {
            let letters = member.backlog.dead_letters;
            let them = if letters == 1 { "dead letter" } else { "dead letters" };
            found.push((Kind::DeadLetters, format!("{letters} {them}")));
        }
        let unheld = super::report::not_enforced(aboard, NOBODYS);
        if !unheld.is_empty() {
            found.push((Kind::LimitNotEnforced, unheld.join("; ")));
        }
        found
    }

    /// What was damaged or cannot be written.
    fn damage(&self) -> Vec<String> {
        let harbour = &self.harbour;
        let journal = harbour.quarantine.iter().map(crate::store::Quarantine::told);
        let kept = harbour.depot.losses();
        let kept = kept.iter().map(|(plugin, copy)| {
            format!("what {plugin} kept was damaged; it lies at {}", copy.display())
        });
        journal.chain(kept).chain(harbour.audit.alarm()).chain(harbour.recorder.trouble()).collect()
    }
}

fn closed_hooks(aboard: &Aboard) -> Vec<&str> {
    let hooks = aboard.spec.hooks.iter();
    let closed = hooks.filter(|hook| hook.on_failure.value == OnFailure::Closed);
    closed.map(|hook| hook.decl.hook.as_str()).collect()
}
