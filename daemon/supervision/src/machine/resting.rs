//! The states without a process: Stopped, Waiting, Failed.
//!
//! News of any generation is late news here, and changes nothing.

use crate::effect::Effect;
use crate::event::{Event, Hindrance};
use crate::machine::{Machine, Now};
use crate::policy::FirstStart;
use crate::state::{Begun, Failed, Link, Rest, Starting, State, Waiting, Work};

impl Machine {
    pub(super) fn while_stopped(&mut self, now: Now, rest: Rest, event: Event) -> State {
        match event {
            Event::Conditions(conditions) => match (conditions.hindrance, rest) {
                (_, Rest::DaemonStops) => State::Stopped(Rest::DaemonStops),
                (Some(hindrance), _) => State::Stopped(Rest::Hindered(hindrance)),
                (None, Rest::Hindered(_) | Rest::Lazy) => self.rise(now),
                (None, Rest::Idle) if self.policy.idle_stop.is_some() => State::Stopped(Rest::Idle),
                // It may not be idle any more; then it goes by the rule of its first start.
                (None, Rest::Idle) => self.rise(now),
                // It went of its own accord; a word about conditions is no wish to see it again.
                (None, Rest::Finished) => State::Stopped(Rest::Finished),
            },
            Event::Restart | Event::Reset => match (rest, self.hindrance()) {
                (Rest::DaemonStops, _) => State::Stopped(Rest::DaemonStops),
                (Rest::Hindered(_) | Rest::Finished | Rest::Lazy | Rest::Idle, Some(hindrance)) => {
                    State::Stopped(Rest::Hindered(hindrance))
                }
                (Rest::Hindered(_) | Rest::Finished, None) => {
                    self.forgive();
                    self.start(now)
                }
                // Whatever is wanted of it meanwhile waits, as if that had woken it.
                (Rest::Lazy | Rest::Idle, None) => {
                    self.forgive();
                    self.start_for(now, Begun::ForCalls)
                }
            },
            Event::Wake => match rest {
                Rest::Lazy | Rest::Idle => self.start_for(now, Begun::ForCalls),
                // Nothing that is wanted of it overrules what keeps it there.
                Rest::Hindered(_) | Rest::Finished | Rest::DaemonStops => State::Stopped(rest),
            },
            Event::Shutdown | Event::KillNow => State::Stopped(Rest::DaemonStops),
            Event::Tick { .. } | Event::Late | Event::News(..) => State::Stopped(rest),
        }
    }

    pub(super) fn while_waiting(&mut self, now: Now, waiting: Waiting, event: Event) -> State {
        match event {
            Event::Conditions(conditions) => match conditions.hindrance {
                Some(hindrance) => State::Stopped(Rest::Hindered(hindrance)),
                None => State::Waiting(waiting),
            },
            Event::Restart | Event::Reset => self.start(now),
            Event::Shutdown | Event::KillNow => State::Stopped(Rest::DaemonStops),
            Event::Tick { .. } if waiting.until <= now.at => self.start(now),
            // Being late only makes a wait longer; that harms nobody.
            Event::Tick { .. } | Event::Late | Event::Wake | Event::News(..) => {
                State::Waiting(waiting)
            }
        }
    }

    pub(super) fn while_failed(&mut self, now: Now, failed: Failed, event: Event) -> State {
        match event {
            Event::Conditions(conditions) => match conditions.hindrance {
                // Taking it out of service is a decision; what it did before is history.
                Some(hindrance @ (Hindrance::Disabled | Hindrance::Refused(_))) => {
                    self.forgive();
                    State::Stopped(Rest::Hindered(hindrance))
                }
                // Debugging is a decision too, but no pardon: its past is there when it is over.
                Some(Hindrance::Debugged) => State::Stopped(Rest::Hindered(Hindrance::Debugged)),
                Some(
                    Hindrance::NeedsGrants(_)
                    | Hindrance::NeedsSettings(_)
                    | Hindrance::WaitingFor(_),
                )
                | None => State::Failed(failed),
            },
            Event::Restart | Event::Reset => {
                self.forgive();
                match self.hindrance() {
                    Some(hindrance) => State::Stopped(Rest::Hindered(hindrance)),
                    None => self.start(now),
                }
            }
            Event::Shutdown | Event::KillNow => State::Stopped(Rest::DaemonStops),
            Event::Tick { .. } | Event::Late | Event::Wake | Event::News(..) => {
                State::Failed(failed)
            }
        }
    }

    /// Nothing stands in its way: starts, or waits until something is wanted of it.
    fn rise(&mut self, now: Now) -> State {
        match self.policy.first {
            FirstStart::AtBoot => self.start(now),
            FirstStart::WhenCalled => State::Stopped(Rest::Lazy),
        }
    }

    /// Begins a new generation that nobody waits for.
    pub(super) fn start(&mut self, now: Now) -> State {
        self.start_for(now, Begun::Unasked)
    }

    /// Begins a new generation.
    pub(super) fn start_for(&mut self, now: Now, begun: Begun) -> State {
        self.ledger.generation += 1;
        let generation = self.ledger.generation;
        self.emit(Effect::Spawn(generation));
        State::Starting(Starting {
            generation,
            since: now.at,
            deadline: now.at + self.policy.start.step,
            latest: now.at + self.policy.start.total,
            percent: 0,
            work: Work::Process,
            begun,
            link: Link::Awaited,
            pid: None,
        })
    }

    pub(super) fn hindrance(&self) -> Option<Hindrance> {
        self.conditions.hindrance.clone()
    }

    /// Forgets how the past went.
    pub(super) fn forgive(&mut self) {
        self.ledger.attempt = 0;
        self.ledger.restarts.clear();
    }
}
