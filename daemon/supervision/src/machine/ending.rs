//! Draining and Stopping, and what follows an end. It refuses to know who wished for it: a wish is
//! known here by its sequel only.
//!
//! ```text
//! Draining ──drained, late──▶ Told ──late──▶ Terminated ──late──▶ Killed ──▶ (ended)
//! ```

use crate::effect::Effect;
use crate::event::{Cause, Death, Event, Exit, News, Obituary};
use crate::machine::{Machine, Now};
use crate::moment::Moment;
use crate::policy::{FirstStart, Restart};
use crate::state::{Begun, Ending, Failed, Rest, State, Step, Stopping, Then, Waiting};

impl Cause {
    /// The cause of an end that nobody asked for.
    pub(super) fn of_unasked(death: Death) -> Self {
        match (death.oom, death.exit) {
            (true, _) => Self::Oom,
            (false, Exit::Code(_)) => Self::Exited,
            (false, Exit::Signal(_)) => Self::Signal,
        }
    }
}

impl Ending {
    /// The same ending with another sequel. A fault that was to decide it stays known: whatever is
    /// wished now, that is what ends this generation.
    fn followed_by(self, then: Then) -> Self {
        let overruled = match self.then {
            Then::Recover(cause, text) | Then::GiveUp(cause, text) => Some((cause, text)),
            Then::Rest(_) | Then::Again | Then::Woken => self.overruled,
        };
        Self { then, overruled, ..self }
    }
}

/// What a record has to say of an end.
fn verdict(ending: &Ending, death: Option<Death>) -> (Cause, String) {
    let fault = match &ending.then {
        Then::Rest(_) | Then::Again | Then::Woken => ending.overruled.clone(),
        Then::Recover(cause, text) | Then::GiveUp(cause, text) => Some((*cause, text.clone())),
    };
    let oom = death.is_some_and(|death| death.oom);
    match fault {
        None => (Cause::Stopped, String::new()),
        Some((_, text)) if oom => (Cause::Oom, text),
        Some(fault) => fault,
    }
}

impl Machine {
    pub(super) fn while_draining(&mut self, now: Now, ending: Ending, event: Event) -> State {
        match event {
            Event::News(generation, news) if generation == ending.generation => match news {
                News::Drained => self.tell(now, ending),
                // Nobody left to talk to.
                News::Detached => self.terminate(now, ending),
                News::Violation(_) | News::Refused(_) => self.kill(ending),
                News::Ended(death) => self.buried(now, ending, Some(death)),
                News::SpawnFailed(_) | News::InstallFailed(_) | News::KeeperLost => {
                    self.buried(now, ending, None)
                }
                News::Installing(_)
                | News::Installed
                | News::Spawned(_)
                | News::Attached
                | News::Progress(_)
                | News::Ready
                | News::InitFailed { .. } => State::Draining(ending),
            },
            Event::News(..) => State::Draining(ending),
            Event::Conditions(_)
            | Event::Restart
            | Event::Reset
            | Event::Wake
            | Event::Shutdown => State::Draining(self.redirected(ending, &event)),
            Event::KillNow => self.kill(ending.followed_by(Then::Rest(Rest::DaemonStops))),
            Event::Late => {
                State::Draining(Ending { deadline: now.at + self.policy.stop.drain, ..ending })
            }
            Event::Tick { .. } if ending.deadline <= now.at => self.tell(now, ending),
            Event::Tick { .. } => State::Draining(ending),
        }
    }

    pub(super) fn while_stopping(&mut self, now: Now, stopping: Stopping, event: Event) -> State {
        let Stopping { ending, step } = stopping;
        match event {
            Event::News(generation, news) if generation == ending.generation => match news {
                News::Ended(death) => self.buried(now, ending, Some(death)),
                News::SpawnFailed(_) | News::InstallFailed(_) | News::KeeperLost => {
                    self.buried(now, ending, None)
                }
                // The process has only now come to be: what was meant for it missed it.
                News::Spawned(_) => self.repeat(ending, step),
                News::Installing(_)
                | News::Installed
                | News::Attached
                | News::Detached
                | News::Progress(_)
                | News::Ready
                | News::InitFailed { .. }
                | News::Refused(_)
                | News::Violation(_)
                | News::Drained => State::Stopping(Stopping { ending, step }),
            },
            Event::News(..) => State::Stopping(Stopping { ending, step }),
            Event::Conditions(_)
            | Event::Restart
            | Event::Reset
            | Event::Wake
            | Event::Shutdown => {
                State::Stopping(Stopping { ending: self.redirected(ending, &event), step })
            }
            Event::KillNow => self.kill(ending.followed_by(Then::Rest(Rest::DaemonStops))),
            Event::Late => State::Stopping(Stopping {
                ending: Ending { deadline: now.at + self.patience(step), ..ending },
                step,
            }),
            Event::Tick { .. } if ending.deadline <= now.at => match step {
                Step::Told => self.terminate(now, ending),
                Step::Terminated => self.kill(ending),
                Step::Killed => State::Stopping(Stopping { ending, step }),
            },
            Event::Tick { .. } => State::Stopping(Stopping { ending, step }),
        }
    }

    fn patience(&self, step: Step) -> std::time::Duration {
        match step {
            Step::Told => self.policy.stop.shutdown,
            Step::Terminated | Step::Killed => self.policy.stop.term,
        }
    }

    fn repeat(&mut self, ending: Ending, step: Step) -> State {
        match step {
            // It heard that in its session, which only a process can have.
            Step::Told => {}
            Step::Terminated => self.emit(Effect::Terminate(ending.generation)),
            Step::Killed => self.emit(Effect::Kill(ending.generation)),
        }
        State::Stopping(Stopping { ending, step })
    }

    /// The same ending with another sequel, where a newer wish says so.
    fn redirected(&self, ending: Ending, wish: &Event) -> Ending {
        let then = match (wish, self.hindrance(), ending.then.clone()) {
            (_, _, Then::Rest(Rest::DaemonStops)) | (Event::Shutdown, _, _) => {
                Then::Rest(Rest::DaemonStops)
            }
            (Event::Wake, _, Then::Rest(Rest::Lazy | Rest::Idle)) => Then::Woken,
            (Event::Wake, _, then) => then,
            (_, Some(hindrance), _) => Then::Rest(Rest::Hindered(hindrance)),
            // It starts again anyway, and calls wait for it.
            (_, None, Then::Woken) => Then::Woken,
            (Event::Restart | Event::Reset, None, _) => Then::Again,
            // A word about conditions is no wish to see one again that has nothing to do.
            (_, None, Then::Rest(Rest::Idle)) => Then::Rest(Rest::Idle),
            (_, None, Then::Rest(_)) => match self.policy.first {
                FirstStart::AtBoot => Then::Again,
                FirstStart::WhenCalled => Then::Rest(Rest::Lazy),
            },
            (_, None, then @ (Then::Again | Then::Recover(..) | Then::GiveUp(..))) => then,
        };
        ending.followed_by(then)
    }

    /// Tells the plugin to end.
    pub(super) fn tell(&mut self, now: Now, ending: Ending) -> State {
        self.emit(Effect::Shutdown(ending.generation, self.policy.stop.shutdown));
        self.pressed(now.at + self.policy.stop.shutdown, ending, Step::Told)
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&mut self, now: Now, ending: Ending) -> State {
        self.emit(Effect::Terminate(ending.generation));
        self.pressed(now.at + self.policy.stop.term, ending, Step::Terminated)
    }

    /// Kills the tree.
    pub(super) fn kill(&mut self, ending: Ending) -> State {
        self.emit(Effect::Disconnect(ending.generation));
        self.emit(Effect::Kill(ending.generation));
        State::Stopping(Stopping { ending, step: Step::Killed })
    }

    fn pressed(&mut self, deadline: Moment, ending: Ending, step: Step) -> State {
        State::Stopping(Stopping { ending: Ending { deadline, ..ending }, step })
    }

    /// The generation is gone: records it and goes on.
    pub(super) fn buried(&mut self, now: Now, ending: Ending, death: Option<Death>) -> State {
        let (cause, detail) = verdict(&ending, death);
        self.emit(Effect::Disconnect(ending.generation));
        self.emit(Effect::Record(Obituary {
            generation: ending.generation,
            cause,
            detail: detail.clone(),
            death,
            uptime: now.at.since(ending.spawned),
        }));
        if ending.ready.is_some_and(|at| now.at.since(at) >= self.policy.backoff.reset_after) {
            self.ledger.attempt = 0;
        }
        match ending.then {
            Then::Rest(rest) => State::Stopped(rest),
            Then::Again => self.start(now),
            Then::Woken => self.start_for(now, Begun::ForCalls),
            Then::GiveUp(..) => State::Failed(Failed { since: now.at, cause, detail }),
            Then::Recover(..) => self.recover(now, cause, &detail, death),
        }
    }

    fn recover(&mut self, now: Now, cause: Cause, detail: &str, death: Option<Death>) -> State {
        let clean =
            cause == Cause::Exited && death.is_some_and(|death| death.exit == Exit::Code(0));
        match (self.policy.restart, clean) {
            (Restart::Never | Restart::OnFailure, true) => State::Stopped(Rest::Finished),
            (Restart::Never, false) => {
                let detail = format!("{detail} (restart = \"never\")").trim_start().to_owned();
                State::Failed(Failed { since: now.at, cause, detail })
            }
            (Restart::OnFailure, false) | (Restart::Always, _) => self.retry(now, cause, detail),
        }
    }

    fn retry(&mut self, now: Now, cause: Cause, detail: &str) -> State {
        let intensity = self.policy.intensity;
        if !self.ledger.restarts.try_count(now.at, intensity) {
            let count = format!(
                "{} restarts in {} s did not help",
                intensity.restarts,
                intensity.period.as_secs()
            );
            let detail = if detail.is_empty() { count } else { format!("{detail}; {count}") };
            return State::Failed(Failed { since: now.at, cause, detail });
        }
        let wait = self.policy.backoff.delay(self.ledger.attempt, now.luck);
        self.ledger.attempt = self.ledger.attempt.saturating_add(1);
        State::Waiting(Waiting { since: now.at, until: now.at + wait, cause })
    }
}
