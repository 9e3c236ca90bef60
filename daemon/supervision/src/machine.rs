//! `step`: one event in, a new state and what to do out. Every pair of state and event is answered.
//!
//! Here the states that have a process and those that have none part; what each does lives in the
//! files below. It refuses to wait, to ask anyone, or to remember anything outside its state and
//! its ledger.

mod alive;
mod ending;
mod resting;

use std::mem;

use crate::effect::Effect;
use crate::event::{Conditions, Event, Hindrance};
use crate::moment::Moment;
use crate::policy::Policy;
use crate::state::{Ledger, Link, Rest, State};

/// What time it is, and the luck of the hour.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The time.
    pub at: Moment,
    /// From 0 up to 1; drawn anew for every event.
    pub luck: f64,
}

/// One plugin's supervision.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub(crate) policy: Policy,
    pub(crate) conditions: Conditions,
    pub(crate) ledger: Ledger,
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
}

impl Machine {
    /// A plugin at rest, not in service until its conditions are told; its newest generation so
    /// far was `generation`.
    #[must_use]
    pub fn new(policy: Policy, generation: u64) -> Self {
        let disabled = Hindrance::Disabled;
        let conditions = Conditions { hindrance: Some(disabled.clone()), ..Conditions::default() };
        Self {
            policy,
            conditions,
            ledger: Ledger { generation, ..Ledger::default() },
            state: State::Stopped(Rest::Hindered(disabled)),
            effects: Vec::new(),
        }
    }

    /// Where the plugin stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What has to hold for it to run, as last told.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The number of the newest generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.ledger.generation
    }

    /// The rules it goes by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Goes by other rules from now on; timers already running keep their ends.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Whether calls may be handed to it.
    #[must_use]
    pub fn available(&self) -> bool {
        let attached = matches!(&self.state, State::Running(it) if it.link == Link::Attached);
        attached && self.conditions.suspended_by.is_empty()
    }

    /// Takes one event; returns what to do, in order.
    #[must_use]
    pub fn step(&mut self, now: Now, event: Event) -> Vec<Effect> {
        match &event {
            Event::Conditions(conditions) => self.conditions = conditions.clone(),
            // Wherever it stands: a past that is forgotten only at rest would catch up with it.
            Event::Reset => self.forgive(),
            Event::Restart
            | Event::Wake
            | Event::Shutdown
            | Event::KillNow
            | Event::Tick { .. }
            | Event::Late
            | Event::News(..) => {}
        }
        // A placeholder for the blink in which the old state is consumed and the new one made.
        let state = mem::replace(&mut self.state, State::Stopped(Rest::DaemonStops));
        self.state = match state {
            State::Stopped(rest) => self.while_stopped(now, rest, event),
            State::Waiting(waiting) => self.while_waiting(now, waiting, event),
            State::Failed(failed) => self.while_failed(now, failed, event),
            State::Starting(starting) => self.while_starting(now, starting, event),
            State::Running(running) => self.while_running(now, running, event),
            State::Draining(ending) => self.while_draining(now, ending, event),
            State::Stopping(stopping) => self.while_stopping(now, stopping, event),
        };
        mem::take(&mut self.effects)
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

#[cfg(test)]
mod tests;
