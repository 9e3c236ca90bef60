//! A machine with a clock in hand, for telling stories.

use std::time::Duration;

use crate::effect::Effect;
use crate::event::{Conditions, Death, Event, Exit, Hindrance, News};
use crate::machine::{Machine, Now};
use crate::moment::Moment;
use crate::policy::{FirstStart, Policy};
use crate::state::{State, Step, Stopping};

/// A machine, what time it is, and when its plugin last showed life.
pub struct Scene {
    pub machine: Machine,
    pub at: Moment,
    pub alive: Moment,
    /// Since when it has had nothing to do.
    pub idle_since: Option<Moment>,
}

impl Scene {
    pub fn of(policy: Policy) -> Self {
        let at = Moment::from_millis(1_000_000);
        Self { machine: Machine::new(policy, 0), at, alive: Moment::ZERO, idle_since: None }
    }

    pub fn starting() -> Self {
        Self::of(Policy::default()).and(conditions(None))
    }

    pub fn running() -> Self {
        Self::starting().told(News::Spawned(4711)).told(News::Attached).told(News::Ready)
    }

    /// One that starts when it is called and stops after a minute without anything to do.
    pub fn lazy() -> Self {
        Self::lazy_within(60)
    }

    /// The same, with so many seconds.
    pub fn lazy_within(seconds: u64) -> Self {
        let idle_stop = Some(Duration::from_secs(seconds));
        let policy = Policy { first: FirstStart::WhenCalled, idle_stop, ..Policy::default() };
        Self::of(policy).and(conditions(None))
    }

    /// The same, running, with nothing to do since then.
    pub fn idle() -> Self {
        Self::idle_within(60)
    }

    /// The same, with so many seconds.
    pub fn idle_within(seconds: u64) -> Self {
        let mut scene = Self::lazy_within(seconds).and(Event::Wake);
        for news in [News::Spawned(4711), News::Attached, News::Ready] {
            scene = scene.told(news);
        }
        Self { idle_since: Some(scene.at), ..scene }
    }

    /// The same, being stopped for it.
    pub fn retiring() -> Self {
        let mut scene = Self::idle();
        scene.pass(60_000);
        scene.alive = scene.at;
        let _ = scene.tick();
        scene
    }

    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// Something happens now, at even luck.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        self.machine.step(Now { at: self.at, luck: 0.5 }, event)
    }

    /// News of the current generation.
    pub fn news(&mut self, news: News) -> Vec<Effect> {
        self.step(Event::News(self.machine.generation(), news))
    }

    pub fn tick(&mut self) -> Vec<Effect> {
        self.step(Event::Tick { alive: self.alive, idle_since: self.idle_since })
    }

    /// Waits until the machine wants to be woken, and wakes it.
    pub fn due(&mut self) -> Vec<Effect> {
        self.at = self.state().next_timeout().unwrap();
        self.tick()
    }

    /// Time passes and nobody looks.
    pub fn pass(&mut self, millis: u64) {
        self.at = self.at + Duration::from_millis(millis);
    }

    /// Time passes; every timer on the way fires.
    pub fn live(&mut self, millis: u64) -> Vec<Effect> {
        let end = self.at + Duration::from_millis(millis);
        let mut effects = Vec::new();
        while self.state().next_timeout().is_some_and(|due| due <= end) {
            effects.extend(self.due());
        }
        self.at = end;
        effects
    }

    pub fn and(mut self, event: Event) -> Self {
        let _ = self.step(event);
        self
    }

    pub fn told(mut self, news: News) -> Self {
        let _ = self.news(news);
        self
    }

    pub fn then_due(mut self) -> Self {
        let _ = self.due();
        self
    }

    pub fn after(mut self, millis: u64) -> Self {
        self.pass(millis);
        self
    }

    /// How hard a generation that is to end has been pushed.
    pub fn pushed(&self) -> Option<Step> {
        match self.state() {
            State::Stopping(Stopping { step, .. }) => Some(*step),
            _ => None,
        }
    }
}

pub fn conditions(hindrance: Option<Hindrance>) -> Event {
    Event::Conditions(Conditions { hindrance, suspended_by: Vec::new() })
}

pub fn disabled() -> Event {
    conditions(Some(Hindrance::Disabled))
}

pub fn ended(exit: Exit) -> News {
    News::Ended(death(exit, false))
}

pub fn death(exit: Exit, oom: bool) -> Death {
    Death { exit, oom, peak_memory: 7 << 20, cpu: Duration::from_millis(30) }
}

pub fn crashed() -> News {
    ended(Exit::Signal(11))
}

pub fn hello_differs() -> News {
    News::Refused("it calls itself by another name".to_owned())
}

pub fn init_failed(repeats: bool) -> News {
    News::InitFailed { reason: "no database".to_owned(), repeats }
}
