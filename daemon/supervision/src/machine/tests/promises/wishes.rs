//! Wishes: what operators and the daemon's end ask for, and that it comes to pass.

use proptest::prelude::*;

use crate::effect::Effect;
use crate::event::{Event, News};
use crate::machine::tests::history::{Entry, History, Turn, policy, punctual_turns, turns};
use crate::machine::tests::scene::{conditions, disabled};
use crate::policy::FirstStart;
use crate::state::{Rest, State};

/// What has to follow an ending, as told by the wishes so far.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sequel {
    DaemonStops,
    Hindered,
    Again,
    /// It has nothing to do, or starts when it is called.
    Asleep,
    /// Nobody wished for this end: the restart policy decides.
    Unasked,
}

proptest! {
    // I13
    #[test]
    fn after_a_shutdown_nothing_is_spawned(policy in policy(), turns in turns()) {
        let mut stopping = false;
        for entry in History::play(policy, turns).entries {
            stopping |= matches!(entry.event, Event::Shutdown | Event::KillNow);
            prop_assert!(!(stopping && entry.spawns()), "{:?}", entry);
            if stopping && entry.after.state().generation().is_none() {
                prop_assert_eq!(entry.after.state(), &State::Stopped(Rest::DaemonStops));
            }
        }
    }

    // I13
    #[test]
    fn whatever_happened_a_shutdown_ends_in_rest_within_its_times(
        policy in policy(), turns in turns(),
    ) {
        let stop = policy.stop;
        let mut history = History::play(policy, turns);
        let asked = history.at;
        history.step(Event::Shutdown);
        history.let_end();
        prop_assert_eq!(history.machine.state(), &State::Stopped(Rest::DaemonStops));
        prop_assert!(history.at.since(asked) <= stop.drain + stop.shutdown + stop.term);
    }

    #[test]
    fn a_daemon_that_must_stop_at_once_kills_at_once(policy in policy(), turns in turns()) {
        let mut history = History::play(policy, turns);
        let alive = history.machine.state().generation();
        let entry = history.step(Event::KillNow);
        prop_assert!(entry.after.state().next_timeout().is_none());
        let kills = entry.effects.iter().any(|it| matches!(it, Effect::Kill(_)));
        prop_assert_eq!(kills, alive.is_some());
    }

    #[test]
    fn whatever_happened_a_plugin_that_is_let_run_runs(policy in policy(), turns in turns()) {
        let lasting: Vec<_> = turns.into_iter().filter(|(turn, _)| !is_the_end(turn)).collect();
        let mut history = History::play(policy, lasting);
        history.step(disabled());
        history.let_end();
        prop_assert_eq!(history.machine.state().name(), "stopped");
        history.step(conditions(None));
        if history.machine.policy().first == FirstStart::WhenCalled {
            prop_assert_eq!(history.machine.state(), &State::Stopped(Rest::Lazy));
            history.step(Event::Wake);
        }
        prop_assert_eq!(history.machine.state().name(), "starting");
        history.news(News::Attached);
        history.news(News::Ready);
        prop_assert!(history.machine.available());
    }

    // I14
    #[test]
    fn nothing_is_spawned_while_something_is_in_the_way(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            if entry.spawns() {
                prop_assert_eq!(&entry.after.conditions().hindrance, &None);
            }
        }
    }

    #[test]
    fn a_rest_tells_what_is_in_the_way(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let hindrance = &entry.after.conditions().hindrance;
            match entry.after.state() {
                State::Stopped(Rest::Hindered(why)) => {
                    prop_assert_eq!(Some(why), hindrance.as_ref());
                }
                State::Starting(_) | State::Running(_) | State::Waiting(_)
                | State::Stopped(Rest::Finished | Rest::Lazy | Rest::Idle) => {
                    prop_assert_eq!(hindrance, &None);
                }
                State::Stopped(Rest::DaemonStops) | State::Failed(_) | State::Draining(_)
                | State::Stopping(_) => {}
            }
        }
    }

    #[test]
    fn a_stop_during_backoff_cancels_the_retry(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let stops = matches!(&entry.event, Event::Conditions(it) if it.hindrance.is_some());
            if stops && matches!(entry.before.state(), State::Waiting(_)) {
                prop_assert!(matches!(entry.after.state(), State::Stopped(_)));
                prop_assert_eq!(entry.after.state().next_timeout(), None);
            }
        }
    }

    #[test]
    fn the_last_wish_decides_what_follows_an_end(policy in policy(), turns in turns()) {
        let mut sequel = Sequel::Unasked;
        for entry in History::play(policy, turns).entries {
            let after = entry.after.state();
            if entry.buried().is_some() && super::is_ending(entry.before.state()) {
                prop_assert!(follows(sequel, &entry), "{:?}: {:?}", sequel, entry);
            }
            let begins = !super::is_ending(entry.before.state());
            let before = if begins { Sequel::Unasked } else { sequel };
            let retires = begins && entry.after.state().is_asleep();
            let before = if retires { Sequel::Asleep } else { before };
            sequel = if super::is_ending(after) { wished(before, &entry) } else { Sequel::Unasked };
        }
    }

    // I15
    #[test]
    fn who_is_to_end_is_killed_when_its_times_are_over(
        policy in policy(), turns in punctual_turns(),
    ) {
        let stop = policy.stop;
        let mut begun = None;
        for entry in History::play(policy, turns).entries {
            let after = entry.after.state();
            begun = match begun {
                _ if !super::is_ending(after) => None,
                Some(begun) => Some(begun),
                None => Some(entry.at),
            };
            let times = stop.drain + stop.shutdown + stop.term;
            let over = begun.is_some_and(|at| entry.at > at + times);
            prop_assert!(!over || after.next_timeout().is_none(), "{:?}", after);
        }
    }

    #[test]
    fn who_was_killed_before_its_process_came_is_killed_when_it_comes(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            let before = entry.before.state();
            let killed = super::is_ending(before) && before.next_timeout().is_none();
            if killed && matches!(entry.heard(), Some(News::Spawned(_))) {
                let again = before.generation().map(Effect::Kill);
                prop_assert_eq!(&entry.effects, &Vec::from_iter(again));
            }
        }
    }

    // I15
    #[test]
    fn who_ends_without_a_timer_has_been_killed(policy in policy(), turns in turns()) {
        let mut killed = None;
        for entry in History::play(policy, turns).entries {
            for effect in &entry.effects {
                if let Effect::Kill(generation) = effect {
                    killed = Some(*generation);
                }
            }
            let after = entry.after.state();
            if super::is_ending(after) && after.next_timeout().is_none() {
                prop_assert_eq!(killed, after.generation());
            }
        }
    }
}

/// Whether a wish is the daemon's end, after which nothing runs.
fn is_the_end(turn: &Turn) -> bool {
    matches!(turn, Turn::Wish(Event::Shutdown | Event::KillNow))
}

/// What has to follow, now that this was wished as well.
fn wished(sequel: Sequel, entry: &Entry) -> Sequel {
    let hindered = entry.after.conditions().hindrance.is_some();
    match (&entry.event, sequel) {
        (_, Sequel::DaemonStops) | (Event::Shutdown | Event::KillNow, _) => Sequel::DaemonStops,
        (Event::Conditions(_), _) if hindered => Sequel::Hindered,
        (Event::Wake, Sequel::Asleep) => Sequel::Again,
        (Event::Conditions(_), Sequel::Hindered) => match entry.after.policy().first {
            FirstStart::AtBoot => Sequel::Again,
            FirstStart::WhenCalled => Sequel::Asleep,
        },
        (Event::Restart | Event::Reset, _) if hindered => Sequel::Hindered,
        (Event::Restart | Event::Reset, _) => Sequel::Again,
        (_, sequel) => sequel,
    }
}

fn follows(sequel: Sequel, entry: &Entry) -> bool {
    let after = entry.after.state();
    match sequel {
        Sequel::DaemonStops => matches!(after, State::Stopped(Rest::DaemonStops)),
        Sequel::Hindered => matches!(after, State::Stopped(Rest::Hindered(_))),
        Sequel::Asleep => after.is_asleep(),
        Sequel::Again => matches!(after, State::Starting(_)),
        Sequel::Unasked => matches!(after, State::Waiting(_) | State::Failed(_)),
    }
}
