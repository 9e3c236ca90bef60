//! Starting and Running: a process that nobody has asked to end.
//!
//! They part with it in one way only: `begin_end` and `push`, in `ending`.

use crate::effect::Effect;
use crate::event::{Cause, Conditions, Event, News};
use crate::machine::{Machine, Now};
use crate::moment::Moment;
use crate::state::{Begun, Ending, Link, Pulse, Rest, Running, Starting, State, Then, Work};

impl Machine {
    pub(super) fn while_starting(&mut self, now: Now, starting: Starting, event: Event) -> State {
        match event {
            Event::News(generation, news) if generation == starting.generation => {
                self.news_of_starting(now, starting, news)
            }
            Event::News(..) => State::Starting(starting),
            Event::Conditions(Conditions { hindrance: Some(hindrance), .. }) => {
                self.push_starting(now, &starting, Then::Rest(Rest::Hindered(hindrance)))
            }
            Event::Conditions(_) => State::Starting(starting),
            Event::Restart => self.push_starting(now, &starting, Then::Again),
            // The past is forgiven; the start under way goes on.
            Event::Reset => State::Starting(starting),
            Event::Wake => State::Starting(Starting { begun: Begun::ForCalls, ..starting }),
            Event::Shutdown => self.push_starting(now, &starting, Then::Rest(Rest::DaemonStops)),
            Event::KillNow => {
                let ending = self.ending_of_starting(now, &starting, Then::Rest(Rest::DaemonStops));
                self.kill(ending)
            }
            Event::Late => State::Starting(Starting {
                // An install may have more time left than a start has.
                deadline: starting.deadline.max(now.at + self.policy.start.step),
                latest: starting.latest.max(now.at + self.policy.start.total),
                link: starting.link.restarted(now.at, self.policy.reconnect),
                ..starting
            }),
            Event::Tick { .. } => self.check_start(now, starting),
        }
    }

    fn check_start(&mut self, now: Now, starting: Starting) -> State {
        let fault = if starting.deadline <= now.at {
            let text = match (starting.work, starting.link) {
                (Work::Install, _) => "was not installed in time",
                (Work::Process, Link::Awaited) => "no hello in time",
                (Work::Process, Link::Attached | Link::Lost(_)) => {
                    "said hello but was not ready in time"
                }
            };
            Some((Cause::StartTimeout, text))
        } else if starting.link.expired(now.at) {
            Some((Cause::Protocol, "lost its session and did not reconnect in time"))
        } else {
            None
        };
        match fault {
            None => State::Starting(starting),
            Some((cause, text)) => {
                let then = Then::Recover(cause, text.to_owned());
                let ending = self.ending_of_starting(now, &starting, then);
                self.kill(ending)
            }
        }
    }

    fn news_of_starting(&mut self, now: Now, starting: Starting, news: News) -> State {
        match news {
            News::Installing(most) => {
                let until = now.at + most;
                let work = Work::Install;
                State::Starting(Starting { deadline: until, latest: until, work, ..starting })
            }
            News::Installed => self.installed(now, &starting),
            News::InstallFailed(why) => {
                let then = Then::GiveUp(Cause::InstallFailed, why);
                let ending = self.ending_of_starting(now, &starting, then);
                self.buried(now, ending, None)
            }
            News::Spawned(pid) => State::Starting(Starting { pid: Some(pid), ..starting }),
            News::Attached => State::Starting(Starting { link: Link::Attached, ..starting }),
            News::Detached => {
                let link = Link::Lost(now.at + self.policy.reconnect);
                State::Starting(Starting { link, ..starting })
            }
            News::Progress(percent) => {
                let extended = (now.at + self.policy.start.step).min(starting.latest);
                let deadline = extended.max(starting.deadline);
                State::Starting(Starting { deadline, percent: percent.min(100), ..starting })
            }
            News::Ready => State::Running(Running {
                generation: starting.generation,
                spawned: starting.since,
                since: now.at,
                pid: starting.pid,
                link: Link::Attached,
                pulse: self.fresh_pulse(now.at),
                idle_look: self.policy.idle_stop.map(|idle| now.at + idle),
            }),
            News::InitFailed { reason, repeats: true } => {
                self.condemn_starting(now, &starting, Then::GiveUp(Cause::InitFailed, reason))
            }
            News::InitFailed { reason, repeats: false } => {
                self.condemn_starting(now, &starting, Then::Recover(Cause::InitFailed, reason))
            }
            News::Refused(why) => {
                self.condemn_starting(now, &starting, Then::GiveUp(Cause::Protocol, why))
            }
            News::Violation(why) => {
                self.condemn_starting(now, &starting, Then::Recover(Cause::Protocol, why))
            }
            News::SpawnFailed(why) => {
                let then = Then::Recover(Cause::SpawnFailed, why);
                let ending = self.ending_of_starting(now, &starting, then);
                self.buried(now, ending, None)
            }
            // Nothing was under way yet that could be drained.
            News::Drained => State::Starting(starting),
            News::Ended(death) => {
                let then = Then::Recover(Cause::of_unasked(death), "before it was ready".into());
                let ending = self.ending_of_starting(now, &starting, then);
                self.buried(now, ending, Some(death))
            }
            News::KeeperLost => {
                let then = Then::Recover(Cause::KeeperLost, String::new());
                let ending = self.ending_of_starting(now, &starting, then);
                self.buried(now, ending, None)
            }
        }
    }

    /// The process has all the time of a start.
    fn installed(&self, now: Now, starting: &Starting) -> State {
        State::Starting(Starting {
            deadline: now.at + self.policy.start.step,
            latest: now.at + self.policy.start.total,
            work: Work::Process,
            ..starting.clone()
        })
    }

    fn ending_of_starting(&self, now: Now, starting: &Starting, then: Then) -> Ending {
        Ending {
            generation: starting.generation,
            spawned: starting.since,
            ready: None,
            then,
            overruled: None,
            deadline: now.at + self.policy.stop.shutdown,
        }
    }

    /// Ends a start that somebody no longer wants: there is nothing to drain.
    fn push_starting(&mut self, now: Now, starting: &Starting, then: Then) -> State {
        let ending = self.ending_of_starting(now, starting, then);
        match starting.link {
            Link::Attached => self.tell(now, ending),
            Link::Awaited | Link::Lost(_) => self.terminate(now, ending),
        }
    }

    /// Ends a start that went wrong.
    fn condemn_starting(&mut self, now: Now, starting: &Starting, then: Then) -> State {
        let ending = self.ending_of_starting(now, starting, then);
        self.kill(ending)
    }

    pub(super) fn while_running(&mut self, now: Now, running: Running, event: Event) -> State {
        match event {
            Event::News(generation, news) if generation == running.generation => {
                self.news_of_running(now, running, news)
            }
            Event::News(..) => State::Running(running),
            Event::Conditions(Conditions { hindrance: Some(hindrance), .. }) => {
                self.begin_end(now, &running, Then::Rest(Rest::Hindered(hindrance)))
            }
            // Suspension is read from the conditions; the process keeps running.
            Event::Conditions(_) => State::Running(running),
            Event::Restart => self.begin_end(now, &running, Then::Again),
            // It runs; its past has been forgotten.
            Event::Reset => State::Running(running),
            // It can take what is wanted of it.
            Event::Wake => State::Running(running),
            Event::Shutdown => self.begin_end(now, &running, Then::Rest(Rest::DaemonStops)),
            Event::KillNow => self.condemn(now, &running, Then::Rest(Rest::DaemonStops)),
            Event::Late => State::Running(Running {
                pulse: self.fresh_pulse(now.at),
                link: running.link.restarted(now.at, self.policy.reconnect),
                ..running
            }),
            Event::Tick { idle_since, .. } if self.is_idle_too_long(now, &running, idle_since) => {
                self.begin_end(now, &running, Then::Rest(Rest::Idle))
            }
            Event::Tick { alive, idle_since } => {
                let idle_look = self.next_idle_look(now, &running, idle_since);
                self.check_life(now, &Running { idle_look, ..running }, alive)
            }
        }
    }

    /// Whether it has had nothing to do for as long as it may. One without a session is looked at
    /// when it has come back.
    fn is_idle_too_long(&self, now: Now, running: &Running, idle_since: Option<Moment>) -> bool {
        let (Some(most), Some(since)) = (self.policy.idle_stop, idle_since) else { return false };
        running.link == Link::Attached && now.at.since(since.max(running.since)) >= most
    }

    /// When to look again.
    fn next_idle_look(
        &self,
        now: Now,
        running: &Running,
        idle_since: Option<Moment>,
    ) -> Option<Moment> {
        let most = self.policy.idle_stop?;
        let over = idle_since.map(|since| since.max(running.since) + most);
        Some(over.filter(|over| *over > now.at).unwrap_or(now.at + most))
    }

    fn check_life(&mut self, now: Now, running: &Running, alive: Moment) -> State {
        if running.link.expired(now.at) {
            let why = "lost its session and did not reconnect in time".to_owned();
            return self.condemn(now, running, Then::Recover(Cause::Protocol, why));
        }
        if running.link != Link::Attached {
            // Nobody to ping: the reconnect time stands guard instead.
            let pulse = self.fresh_pulse(now.at);
            return State::Running(Running { pulse, ..*running });
        }
        self.feel_pulse(now, running, alive)
    }

    /// Silence of one interval sends a ping, each `due` more of it is a miss.
    fn feel_pulse(&mut self, now: Now, running: &Running, alive: Moment) -> State {
        let rhythm = self.policy.heartbeat;
        let from = alive.max(running.pulse.from);
        // A sign of life since the last ping answers it, even if silence has begun again.
        let unanswered = if from > running.pulse.from { 0 } else { running.pulse.unanswered };
        let first_ping = from + rhythm.interval;
        if now.at < first_ping {
            let pulse = Pulse { from, unanswered, due: first_ping };
            return State::Running(Running { pulse, ..*running });
        }
        let silence = now.at.since(first_ping);
        let missed = if rhythm.due.is_zero() {
            rhythm.misses
        } else {
            u32::try_from(silence.as_micros() / rhythm.due.as_micros()).unwrap_or(u32::MAX)
        };
        if missed >= rhythm.misses {
            let text = format!("no sign of life for {:.1} s", now.at.since(from).as_secs_f64());
            return self.condemn(now, running, Then::Recover(Cause::Hung, text));
        }
        if unanswered <= missed {
            self.emit(Effect::Ping(running.generation));
        }
        let due = first_ping + rhythm.due * (missed + 1);
        let pulse = Pulse { from, unanswered: missed + 1, due };
        State::Running(Running { pulse, ..*running })
    }

    fn news_of_running(&mut self, now: Now, running: Running, news: News) -> State {
        match news {
            News::Attached => {
                let pulse = self.fresh_pulse(now.at);
                State::Running(Running { link: Link::Attached, pulse, ..running })
            }
            News::Detached => {
                let link = Link::Lost(now.at + self.policy.reconnect);
                State::Running(Running { link, ..running })
            }
            // The plugin was quicker than the keeper's word about it.
            News::Spawned(pid) => State::Running(Running { pid: Some(pid), ..running }),
            // Said twice, or late, it says nothing new.
            News::Installing(_)
            | News::Installed
            | News::Progress(_)
            | News::Ready
            | News::Drained => State::Running(running),
            News::InitFailed { reason, .. } => {
                let why = format!("said that it failed to initialize after it was ready: {reason}");
                self.condemn(now, &running, Then::Recover(Cause::Protocol, why))
            }
            News::Refused(why) => self.condemn(now, &running, Then::GiveUp(Cause::Protocol, why)),
            News::Violation(why) => {
                self.condemn(now, &running, Then::Recover(Cause::Protocol, why))
            }
            News::SpawnFailed(why) => {
                let ending = self.ending_of(now, &running, Then::Recover(Cause::SpawnFailed, why));
                self.buried(now, ending, None)
            }
            News::InstallFailed(why) => {
                let then = Then::GiveUp(Cause::InstallFailed, why);
                let ending = self.ending_of(now, &running, then);
                self.buried(now, ending, None)
            }
            News::Ended(death) => {
                let then = Then::Recover(Cause::of_unasked(death), String::new());
                let ending = self.ending_of(now, &running, then);
                self.buried(now, ending, Some(death))
            }
            News::KeeperLost => {
                let then = Then::Recover(Cause::KeeperLost, String::new());
                let ending = self.ending_of(now, &running, then);
                self.buried(now, ending, None)
            }
        }
    }

    fn fresh_pulse(&self, now: Moment) -> Pulse {
        Pulse { from: now, unanswered: 0, due: now + self.policy.heartbeat.interval }
    }

    fn ending_of(&self, now: Now, running: &Running, then: Then) -> Ending {
        Ending {
            generation: running.generation,
            spawned: running.spawned,
            ready: Some(running.since),
            then,
            overruled: None,
            deadline: now.at + self.policy.stop.drain,
        }
    }

    /// Asks politely: drain first.
    fn begin_end(&mut self, now: Now, running: &Running, then: Then) -> State {
        let ending = self.ending_of(now, running, then);
        match running.link {
            Link::Attached => {
                self.emit(Effect::Drain(ending.generation, self.policy.stop.drain));
                State::Draining(ending)
            }
            Link::Awaited | Link::Lost(_) => self.terminate(now, ending),
        }
    }

    /// Does not ask: kills the tree.
    fn condemn(&mut self, now: Now, running: &Running, then: Then) -> State {
        let ending = self.ending_of(now, running, then);
        self.kill(ending)
    }
}
