//! Time: who is killed when, who is woken when, and that nobody pays for a driver held up.

use std::time::Duration;

use proptest::prelude::*;

use crate::effect::Effect;
use crate::event::{Cause, Event, News};
use crate::machine::tests::history::{Entry, History, policy, punctual_turns, quiet_turns, turns};
use crate::machine::{Machine, Now};
use crate::moment::Moment;
use crate::policy::{Policy, StartTimes};
use crate::state::{Link, Running, Starting, State, Step, Stopping, Then, Work};

proptest! {
    #[test]
    fn every_state_that_waits_for_time_says_until_when(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let waits = match entry.after.state() {
                State::Stopped(_) | State::Failed(_) => false,
                // Only the kernel's word is awaited.
                State::Stopping(Stopping { step: Step::Killed, .. }) => false,
                State::Starting(_) | State::Running(_) | State::Draining(_) | State::Waiting(_)
                | State::Stopping(_) => true,
            };
            prop_assert_eq!(entry.after.state().next_timeout().is_some(), waits);
        }
    }

    // I16
    #[test]
    fn a_driver_that_was_late_kills_nobody(
        policy in policy(), turns in turns(), alive in 0_u64..100_000_000,
    ) {
        let mut policy = policy;
        // With no patience at all, even a moment is too long.
        let least = Duration::from_millis(1);
        policy.stop.drain = policy.stop.drain.max(least);
        policy.stop.shutdown = policy.stop.shutdown.max(least);
        policy.stop.term = policy.stop.term.max(least);
        for entry in History::play(policy, turns).entries {
            let now = Now { at: entry.at, luck: entry.luck };
            let mut machine = entry.after.clone();
            let mut effects = machine.step(now, Event::Late);
            prop_assert_eq!(&effects, &vec![]);
            let alive = Moment::from_millis(alive);
            effects.extend(machine.step(now, Event::Tick { alive, idle_since: None }));
            prop_assert!(effects.iter().all(is_harmless), "{:?}", effects);
            prop_assert!(machine.state().generation() >= entry.after.state().generation());
        }
    }

    // I17
    #[test]
    fn a_plugin_is_hung_only_after_its_time_of_silence(policy in policy(), turns in turns()) {
        let limit = silence(&policy);
        let mut anchor = Anchor::default();
        for entry in History::play(policy, turns).entries {
            if is_killed_for(&entry, Cause::Hung) {
                prop_assert!(entry.at.since(anchor.last_life(&entry)) >= limit, "{:?}", entry);
            }
            anchor.note(&entry);
        }
    }

    // I17
    #[test]
    fn a_silent_plugin_is_hung_by_its_time(policy in policy(), turns in punctual_turns()) {
        let limit = silence(&policy);
        let mut anchor = Anchor::default();
        for entry in History::play(policy, turns).entries {
            anchor.note(&entry);
            if let State::Running(Running { link: Link::Attached, .. }) = entry.after.state() {
                prop_assert!(entry.at.since(anchor.last_life(&entry)) <= limit, "{:?}", entry);
            }
        }
    }

    #[test]
    fn a_plugin_is_hung_only_after_every_ping_it_is_owed(
        policy in policy(), turns in quiet_turns(),
    ) {
        let owed = policy.heartbeat.misses as usize;
        let mut anchor = Anchor::default();
        let mut pings: Vec<Moment> = Vec::new();
        for entry in History::play(policy, turns).entries {
            if is_killed_for(&entry, Cause::Hung) {
                let life = anchor.last_life(&entry);
                let unanswered = pings.iter().filter(|&&at| at >= life).count();
                prop_assert!(unanswered >= owed, "{} pings since {:?}", unanswered, life);
            }
            anchor.note(&entry);
            pings.extend(entry.effects.iter().filter(|it| is_ping(it)).map(|_| entry.at));
        }
    }

    #[test]
    fn nobody_is_pinged_who_has_just_shown_life(policy in policy(), turns in turns()) {
        let interval = policy.heartbeat.interval;
        let mut anchor = Anchor::default();
        for entry in History::play(policy, turns).entries {
            if entry.effects.iter().any(is_ping) {
                prop_assert!(entry.at.since(anchor.last_life(&entry)) >= interval, "{:?}", entry);
            }
            anchor.note(&entry);
        }
    }

    // I18
    #[test]
    fn progress_extends_a_start_but_never_beyond_its_total(
        policy in policy(), turns in punctual_turns(),
    ) {
        let StartTimes { step, total } = policy.start;
        let (mut allowed, mut longest) = (Moment::ZERO, Moment::ZERO);
        for entry in History::play(policy, turns).entries {
            let State::Starting(_) = entry.after.state() else { continue };
            (allowed, longest) = match entry.heard() {
                _ if entry.spawns() => (entry.at + step, entry.at + total),
                // What comes before its first process has a time of its own.
                Some(News::Installing(most)) => (entry.at + *most, entry.at + *most),
                Some(News::Installed) => (entry.at + step, entry.at + total),
                Some(News::Progress(_)) => (allowed.max((entry.at + step).min(longest)), longest),
                _ => (allowed, longest),
            };
            prop_assert!(entry.at <= allowed && allowed <= longest, "{:?}", entry);
        }
    }

    #[test]
    fn after_a_stall_a_start_has_its_times_again_and_no_more(
        policy in policy(), turns in turns(),
    ) {
        let total = policy.start.total;
        let mut bound = Moment::ZERO;
        for entry in History::play(policy, turns).entries {
            let State::Starting(starting) = entry.after.state() else { continue };
            bound = match (&entry.event, entry.heard()) {
                _ if entry.spawns() => entry.at + total,
                (Event::Late, _) => bound.max(entry.at + total),
                (_, Some(News::Installing(most))) => entry.at + *most,
                (_, Some(News::Installed)) => entry.at + total,
                _ => bound,
            };
            prop_assert!(starting.deadline <= bound, "{:?}", starting);
        }
    }

    #[test]
    fn progress_never_shortens_a_start(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let starts = (entry.before.state(), entry.after.state());
            let (State::Starting(before), State::Starting(after)) = starts else { continue };
            // What comes before its first process has a time of its own.
            let installs =
                matches!(entry.heard(), Some(News::Installing(_) | News::Installed));
            if before.generation == after.generation && !installs {
                prop_assert!(before.deadline <= after.deadline, "{:?}", entry);
            }
        }
    }

    #[test]
    fn a_start_is_too_late_only_when_its_time_is_over(policy in policy(), turns in turns()) {
        let step = policy.start.step;
        let mut last = Moment::ZERO;
        for entry in History::play(policy.clone(), turns).entries {
            if is_killed_for(&entry, Cause::StartTimeout) {
                let State::Starting(starting) = entry.before.state() else { unreachable!() };
                let longest = starting.since + policy.start.total;
                let early = entry.at < (last + step).min(longest);
                prop_assert!(!early || starting.work == Work::Install, "{:?}", entry);
            }
            if entry.spawns() || matches!(entry.heard(), Some(News::Progress(_))) {
                last = entry.at;
            }
        }
    }

    #[test]
    fn a_lost_session_may_come_back_in_its_time_and_no_later(
        policy in policy(), turns in punctual_turns(),
    ) {
        let patience = policy.reconnect;
        let mut lost = Moment::ZERO;
        for entry in History::play(policy, turns).entries {
            if entry.heard() == Some(&News::Detached) {
                lost = entry.at;
            }
            if is_lost(&entry.after) {
                prop_assert!(entry.at <= lost + patience, "{:?}", entry);
            }
            if is_lost(&entry.before) && matches!(entry.event, Event::Tick { .. })
                && is_killed_for(&entry, Cause::Protocol) {
                prop_assert!(entry.at >= lost + patience, "{:?}", entry);
            }
        }
    }

    #[test]
    fn only_who_is_ready_in_a_session_and_not_suspended_is_given_work(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            let machine = &entry.after;
            let attached = matches!(machine.state(),
                State::Running(Running { link: Link::Attached, .. }));
            let suspended = !machine.conditions().suspended_by.is_empty();
            prop_assert_eq!(machine.available(), attached && !suspended);
        }
    }
}

/// From when on silence counts, the plugin's own signs of life apart.
#[derive(Default)]
struct Anchor(Moment);

impl Anchor {
    fn note(&mut self, entry: &Entry) {
        let began = match (entry.before.state(), entry.heard()) {
            (State::Starting(_), Some(News::Ready)) => true,
            (_, heard) => heard == Some(&News::Attached),
        };
        // Without a session there is nobody to ping: the reconnect time stands guard instead.
        if began || entry.event == Event::Late || is_lost(&entry.before) {
            self.0 = entry.at;
        }
    }

    fn last_life(&self, entry: &Entry) -> Moment {
        entry.alive.max(self.0)
    }
}

fn silence(policy: &Policy) -> Duration {
    policy.heartbeat.interval + policy.heartbeat.due * policy.heartbeat.misses
}

fn is_ping(effect: &Effect) -> bool {
    matches!(effect, Effect::Ping(_))
}

/// Whether an effect takes nothing away from anyone: a ping, or a start that was due.
fn is_harmless(effect: &Effect) -> bool {
    matches!(effect, Effect::Ping(_) | Effect::Spawn(_))
}

fn is_lost(machine: &Machine) -> bool {
    match machine.state() {
        State::Running(Running { link, .. }) | State::Starting(Starting { link, .. }) => {
            matches!(link, Link::Lost(_))
        }
        _ => false,
    }
}

/// Whether this step began to end a generation for that cause.
fn is_killed_for(entry: &Entry, cause: Cause) -> bool {
    match entry.after.state() {
        State::Stopping(stopping) if !super::is_ending(entry.before.state()) => {
            matches!(&stopping.ending.then, Then::Recover(why, _) if *why == cause)
        }
        _ => false,
    }
}
