//! Random histories: what may happen to a plugin, in any order, at any time, under any policy.
//!
//! The driver here is as the daemon's: it wakes the machine when it wants to be woken, and when it
//! was itself held up it says so first. News may speak of any generation, wishes may come at any
//! time, luck is luck.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::backoff::Backoff;
use crate::effect::Effect;
use crate::event::{Conditions, Event, Exit, Hindrance, News};
use crate::intensity::Intensity;
use crate::machine::tests::scene::{conditions, death, hello_differs, init_failed};
use crate::machine::{Machine, Now};
use crate::moment::Moment;
use crate::policy::{FirstStart, Heartbeat, Policy, Restart, StartTimes, StopTimes};

/// How late the driver may be before it says so.
const LATE: Duration = Duration::from_millis(500);

/// One thing that happens, in no order.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Time passes; the machine is woken when it wants to be.
    Pass(Duration),
    /// Time passes while the driver is held up.
    Stall(Duration),
    /// A tick that nobody asked for.
    Stray,
    /// The plugin shows life.
    Life,
    /// The plugin has nothing to do from now on, or something.
    Idle(bool),
    /// Somebody wants something.
    Wish(Event),
    /// News of a generation.
    News(Whose, News),
    /// A good start, at once.
    ComeUp,
}

/// Of which generation news speaks.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Current,
    Earlier(u64),
    Later(u64),
}

/// One step of the machine.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Moment,
    pub luck: f64,
    /// When the plugin had last shown life.
    pub alive: Moment,
    pub event: Event,
    pub before: Machine,
    pub after: Machine,
    pub effects: Vec<Effect>,
}

/// What has happened so far, and where it led.
pub struct History {
    pub entries: Vec<Entry>,
    pub machine: Machine,
    pub at: Moment,
    pub alive: Moment,
    /// Since when the plugin has had nothing to do.
    pub idle_since: Option<Moment>,
    luck: f64,
}

impl History {
    /// Plays turns, each with its luck, on a plugin that was at generation 5 when the daemon began.
    pub fn play(policy: Policy, turns: Vec<(Turn, f64)>) -> Self {
        let at = Moment::from_millis(86_400_000);
        let machine = Machine::new(policy, 5);
        let (entries, alive, idle_since, luck) = (Vec::new(), Moment::ZERO, None, 0.5);
        let mut history = Self { entries, machine, at, alive, idle_since, luck };
        history.step(conditions(None));
        for (turn, luck) in turns {
            history.luck = luck;
            history.take(turn);
        }
        history
    }

    /// Something happens now.
    pub fn step(&mut self, event: Event) -> &Entry {
        let before = self.machine.clone();
        let now = Now { at: self.at, luck: self.luck };
        let effects = self.machine.step(now, event.clone());
        let (after, alive) = (self.machine.clone(), self.alive);
        self.entries.push(Entry {
            at: self.at,
            luck: self.luck,
            alive,
            event,
            before,
            after,
            effects,
        });
        &self.entries[self.entries.len() - 1]
    }

    /// News of the current generation.
    pub fn news(&mut self, news: News) {
        self.step(Event::News(self.machine.generation(), news));
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Pass(span) => self.pass(span),
            Turn::Stall(span) => self.stall(span),
            Turn::Stray => self.tick(),
            Turn::Life => self.alive = self.at,
            Turn::Idle(idle) => self.idle_since = idle.then_some(self.at),
            Turn::Wish(event) => {
                self.step(event);
            }
            Turn::News(whose, news) => {
                let newest = self.machine.generation();
                let generation = match whose {
                    Whose::Current => newest,
                    Whose::Earlier(by) => newest.saturating_sub(by),
                    Whose::Later(by) => newest + by,
                };
                self.step(Event::News(generation, news));
            }
            Turn::ComeUp => {
                self.news(News::Spawned(4711));
                self.news(News::Attached);
                self.news(News::Ready);
            }
        }
    }

    /// Time passes; every timer on the way fires, none of them twice at the same moment for ever.
    pub fn pass(&mut self, span: Duration) {
        let end = self.at + span;
        let mut stuck = 0;
        while let Some(due) = self.machine.state().next_timeout().filter(|&due| due <= end) {
            stuck = if due <= self.at { stuck + 1 } else { 0 };
            assert!(stuck < 8, "wakes itself for ever in {:?}", self.machine.state());
            self.at = self.at.max(due);
            self.tick();
        }
        self.at = end;
    }

    fn stall(&mut self, span: Duration) {
        self.at = self.at + span;
        let due = self.machine.state().next_timeout();
        if due.is_some_and(|due| self.at.since(due) > LATE) {
            self.step(Event::Late);
        }
        self.tick();
    }

    fn tick(&mut self) {
        self.step(Event::Tick { alive: self.alive, idle_since: self.idle_since });
    }
}

/// Turns of a driver that is never held up.
pub fn punctual_turns() -> impl Strategy<Value = Vec<(Turn, f64)>> {
    vec((punctual_turn(), luck()), 0..120)
}

/// Turns of a plugin that came up and is heard of now and then.
pub fn quiet_turns() -> impl Strategy<Value = Vec<(Turn, f64)>> {
    let turn = prop_oneof![
        4 => span(6_000).prop_map(Turn::Pass),
        4 => Just(Turn::Life),
        1 => Just(Turn::News(Whose::Current, News::Attached)),
        1 => Just(Turn::ComeUp),
    ];
    vec((turn, luck()), 1..40).prop_map(|mut turns| {
        turns[0].0 = Turn::ComeUp;
        turns
    })
}

/// Turns of any kind.
pub fn turns() -> impl Strategy<Value = Vec<(Turn, f64)>> {
    let stall = span(200_000).prop_map(Turn::Stall);
    let turn = prop_oneof![24 => punctual_turn(), 2 => stall, 3 => Just(Turn::Stray)];
    vec((turn, luck()), 0..120)
}

fn luck() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..1.0, 1 => Just(0.0), 1 => Just(1.0)]
}

fn punctual_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        8 => span(4_000).prop_map(Turn::Pass),
        2 => span(200_000).prop_map(Turn::Pass),
        4 => Just(Turn::Life),
        6 => Just(Turn::ComeUp),
        4 => any::<bool>().prop_map(Turn::Idle),
        3 => wish().prop_map(Turn::Wish),
        14 => news().prop_map(|news| Turn::News(Whose::Current, news)),
        2 => (1_u64..4, news()).prop_map(|(by, news)| Turn::News(Whose::Earlier(by), news)),
        1 => (1_u64..3, news()).prop_map(|(by, news)| Turn::News(Whose::Later(by), news)),
    ]
}

fn wish() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(conditions(None)),
        4 => hindrance().prop_map(|why| conditions(Some(why))),
        1 => Just(Event::Conditions(Conditions {
            hindrance: None,
            suspended_by: vec!["dictionary".to_owned()],
        })),
        4 => Just(Event::Restart),
        4 => Just(Event::Reset),
        4 => Just(Event::Wake),
        1 => Just(Event::Shutdown),
        1 => Just(Event::KillNow),
    ]
}

fn hindrance() -> impl Strategy<Value = Hindrance> {
    let names = || vec!["other".to_owned()];
    prop_oneof![
        Just(Hindrance::Disabled),
        Just(Hindrance::NeedsGrants(names())),
        Just(Hindrance::NeedsSettings(names())),
        Just(Hindrance::WaitingFor(names())),
        Just(Hindrance::Refused("no such file".to_owned())),
        Just(Hindrance::Debugged),
    ]
}

fn news() -> impl Strategy<Value = News> {
    prop_oneof![
        1 => (0_u64..150_000).prop_map(|most| News::Installing(Duration::from_millis(most))),
        1 => Just(News::Installed),
        1 => Just(News::InstallFailed("code 1".to_owned())),
        2 => Just(News::Spawned(4711)),
        1 => Just(News::SpawnFailed("no such file".to_owned())),
        3 => Just(News::Attached),
        3 => Just(News::Detached),
        3 => (0_u32..200).prop_map(News::Progress),
        3 => Just(News::Ready),
        1 => any::<bool>().prop_map(init_failed),
        1 => Just(hello_differs()),
        1 => Just(News::Violation("said hello twice".to_owned())),
        2 => Just(News::Drained),
        6 => (exit(), any::<bool>()).prop_map(|(exit, oom)| News::Ended(death(exit, oom))),
        1 => Just(News::KeeperLost),
    ]
}

fn exit() -> impl Strategy<Value = Exit> {
    prop_oneof![
        Just(Exit::Code(0)),
        (1_i32..256).prop_map(Exit::Code),
        (1_i32..32).prop_map(Exit::Signal),
    ]
}

/// Up to `most` milliseconds, small ones as likely as large ones.
fn span(most: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![0..most / 50, 0..most].prop_map(Duration::from_millis)
}

/// Policies within what configuration lets pass; the defaults among them.
pub fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![1 => Just(Policy::default()), 4 => any_policy()]
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let restart = prop_oneof![
        1 => Just(Restart::Never),
        3 => Just(Restart::OnFailure),
        2 => Just(Restart::Always),
    ];
    let reconnect = millis(1, 4_000);
    let all = (restart, sleep(), start(), heartbeat(), backoff(), intensity(), stop(), reconnect);
    all.prop_map(|(restart, sleep, start, heartbeat, backoff, intensity, stop, reconnect)| Policy {
        restart,
        first: sleep.0,
        idle_stop: sleep.1,
        start,
        heartbeat,
        backoff,
        intensity,
        stop,
        reconnect,
    })
}

fn sleep() -> impl Strategy<Value = (FirstStart, Option<Duration>)> {
    let first = prop_oneof![2 => Just(FirstStart::AtBoot), 1 => Just(FirstStart::WhenCalled)];
    let idle = prop_oneof![1 => Just(None), 1 => millis(1, 20_000).prop_map(Some)];
    (first, idle)
}

fn millis(least: u64, most: u64) -> impl Strategy<Value = Duration> {
    (least..=most).prop_map(Duration::from_millis)
}

fn start() -> impl Strategy<Value = StartTimes> {
    (millis(10, 20_000), millis(0, 120_000))
        .prop_map(|(step, more)| StartTimes { step, total: step + more })
}

fn heartbeat() -> impl Strategy<Value = Heartbeat> {
    (millis(50, 4_000), millis(50, 4_000), 1_u32..5).prop_map(|(interval, due, misses)| Heartbeat {
        interval,
        due,
        misses,
    })
}

fn backoff() -> impl Strategy<Value = Backoff> {
    (millis(1, 2_000), millis(0, 60_000), 0.0..1.0, millis(1, 90_000)).prop_map(
        |(first, more, jitter, reset_after)| Backoff {
            first,
            ceiling: first + more,
            jitter,
            reset_after,
        },
    )
}

fn intensity() -> impl Strategy<Value = Intensity> {
    (0_u32..7, millis(1, 120_000)).prop_map(|(restarts, period)| Intensity { restarts, period })
}

fn stop() -> impl Strategy<Value = StopTimes> {
    (millis(0, 5_000), millis(0, 5_000), millis(0, 5_000))
        .prop_map(|(drain, shutdown, term)| StopTimes { drain, shutdown, term })
}
