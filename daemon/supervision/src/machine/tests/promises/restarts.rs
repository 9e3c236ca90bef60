//! Restarts: how often, after how long a wait, and when there are no more.

use std::time::Duration;

use proptest::prelude::*;

use crate::backoff::Backoff;
use crate::event::{Cause, Event, Exit, Hindrance, News};
use crate::machine::tests::history::{Entry, History, policy, punctual_turns, turns};
use crate::moment::Moment;
use crate::policy::{Policy, Restart};
use crate::state::{Ending, Failed, Rest, State, Then};

proptest! {
    // I9
    #[test]
    fn within_a_period_there_are_no_more_restarts_than_allowed(
        policy in policy(), turns in turns(),
    ) {
        let allowed = policy.intensity;
        let mut restarts: Vec<Moment> = Vec::new();
        for entry in History::play(policy, turns).entries {
            if forgives(&entry) {
                restarts.clear();
            }
            if begins_to_wait(&entry) {
                restarts.retain(|&at| entry.at.since(at) < allowed.period);
                restarts.push(entry.at);
                prop_assert!(restarts.len() <= allowed.restarts as usize, "{:?}", entry);
            }
        }
    }

    #[test]
    fn a_plugin_is_given_up_only_when_its_restarts_are_used_up(
        policy in policy(), turns in turns(),
    ) {
        let allowed = policy.intensity;
        let mut restarts: Vec<Moment> = Vec::new();
        for entry in History::play(policy.clone(), turns).entries {
            if forgives(&entry) {
                restarts.clear();
            }
            if begins_to_wait(&entry) {
                restarts.push(entry.at);
            }
            if is_given_up(&entry) && policy.restart != Restart::Never && !for_good(&entry) {
                let counted = restarts.iter().filter(|&&at| entry.at.since(at) < allowed.period);
                prop_assert_eq!(counted.count(), allowed.restarts as usize, "{:?}", entry);
            }
        }
    }

    // I10
    #[test]
    fn waits_double_within_their_bounds_and_begin_anew_after_health(
        policy in policy(), turns in turns(),
    ) {
        let mut attempt = 0;
        for entry in History::play(policy.clone(), turns).entries {
            if forgives(&entry) || was_healthy(&entry, policy.backoff.reset_after) {
                attempt = 0;
            }
            let State::Waiting(waiting) = entry.after.state() else { continue };
            if begins_to_wait(&entry) {
                let (least, most) = bounds(policy.backoff, attempt);
                let wait = waiting.until.since(waiting.since).as_secs_f64();
                prop_assert!(least - 1e-6 <= wait, "{} s, at least {} s", wait, least);
                prop_assert!(wait <= most + 1e-6, "{} s, at most {} s", wait, most);
                attempt += 1;
            }
        }
    }

    #[test]
    fn a_wait_ends_when_it_said_it_would(policy in policy(), turns in punctual_turns()) {
        for entry in History::play(policy, turns).entries {
            if let State::Waiting(waiting) = entry.after.state() {
                prop_assert!(entry.at <= waiting.until, "{:?}", entry);
            }
        }
    }

    #[test]
    fn nobody_is_tried_again_before_the_wait_is_over(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let State::Waiting(waiting) = entry.before.state() else { continue };
            if entry.spawns() && !entry.is_wish() {
                prop_assert!(entry.at >= waiting.until, "{:?}", entry);
            }
        }
    }

    // I11
    #[test]
    fn failed_is_left_only_by_an_operators_word_or_with_the_daemon(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            let (State::Failed(before), after) = (entry.before.state(), entry.after.state()) else {
                continue;
            };
            let word = matches!(
                entry.event,
                Event::Restart | Event::Reset | Event::Shutdown | Event::KillNow
            ) || hinders(&entry, |why| {
                matches!(why, Hindrance::Disabled | Hindrance::Refused(_) | Hindrance::Debugged)
            });
            if word {
                prop_assert!(!matches!(after, State::Failed(_)));
            } else {
                prop_assert_eq!(after, &State::Failed(before.clone()));
            }
        }
    }

    // I12
    #[test]
    fn a_fault_that_would_repeat_is_not_tried_again(policy in policy(), turns in turns()) {
        let mut condemned = false;
        for entry in History::play(policy, turns).entries {
            if entry.is_wish() {
                condemned = false;
            }
            if condemned {
                prop_assert!(!entry.spawns(), "{:?}", entry);
                if entry.buried().is_some() {
                    prop_assert!(matches!(entry.after.state(), State::Failed(_)), "{:?}", entry);
                }
            }
            if is_final(&entry) {
                condemned = true;
                prop_assert!(super::is_ending(entry.after.state()), "killed at once");
            }
        }
    }

    #[test]
    fn a_plugin_that_never_restarts_is_not_started_by_itself(
        policy in policy(), turns in turns(),
    ) {
        let policy = Policy { restart: Restart::Never, ..policy };
        for entry in History::play(policy, turns).entries {
            prop_assert!(!matches!(entry.after.state(), State::Waiting(_)));
        }
    }

    #[test]
    fn only_a_clean_end_nobody_asked_for_rests_as_finished(policy in policy(), turns in turns()) {
        for entry in History::play(policy.clone(), turns).entries {
            let before = matches!(entry.before.state(), State::Stopped(Rest::Finished));
            if !before && matches!(entry.after.state(), State::Stopped(Rest::Finished)) {
                prop_assert!(policy.restart != Restart::Always);
                let clean = matches!(entry.heard(), Some(News::Ended(death))
                    if death.exit == Exit::Code(0) && !death.oom);
                prop_assert!(clean && !super::is_ending(entry.before.state()), "{:?}", entry);
            }
        }
    }

    #[test]
    fn who_is_given_up_is_told_why(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            if let State::Failed(Failed { cause, detail, .. }) = entry.after.state() {
                prop_assert_ne!(*cause, Cause::Stopped);
                prop_assert!(!detail.is_empty(), "{}", cause);
            }
        }
    }
}

/// Whether an operator's word wiped out the past: a reset, wherever the plugin stands; a restart or
/// a disabling of one that was given up; a restart of one that had finished. A debugger's visit is
/// no pardon.
fn forgives(entry: &Entry) -> bool {
    let revived = entry.event == Event::Restart && entry.after.conditions().hindrance.is_none();
    match entry.before.state() {
        _ if entry.event == Event::Reset => true,
        State::Failed(_) => {
            let visited = hinders(entry, |why| matches!(why, Hindrance::Debugged));
            !visited && !matches!(entry.after.state(), State::Failed(_))
        }
        State::Stopped(Rest::Finished | Rest::Hindered(_) | Rest::Lazy | Rest::Idle) => revived,
        _ => false,
    }
}

fn is_given_up(entry: &Entry) -> bool {
    matches!(entry.after.state(), State::Failed(_)) && entry.buried().is_some()
}

fn begins_to_wait(entry: &Entry) -> bool {
    let waits = |state: &State| matches!(state, State::Waiting(_));
    waits(entry.after.state()) && !waits(entry.before.state())
}

/// Whether a generation ended that had been ready for long enough.
fn was_healthy(entry: &Entry, long: Duration) -> bool {
    let ready = match entry.before.state() {
        State::Running(running) => Some(running.since),
        State::Draining(ending) => ending.ready,
        State::Stopping(stopping) => stopping.ending.ready,
        _ => None,
    };
    entry.buried().is_some() && ready.is_some_and(|ready| entry.at.since(ready) >= long)
}

/// Seconds that the wait number `attempt` may take.
fn bounds(backoff: Backoff, attempt: i32) -> (f64, f64) {
    let doubled = backoff.first.as_secs_f64() * 2_f64.powi(attempt);
    let base = doubled.min(backoff.ceiling.as_secs_f64());
    (base * (1.0 - backoff.jitter), base * (1.0 + backoff.jitter))
}

/// Whether the generation that this step buried had been killed for a fault that would repeat.
fn for_good(entry: &Entry) -> bool {
    if matches!(entry.heard(), Some(News::InstallFailed(_))) {
        return true;
    }
    match entry.before.state() {
        State::Stopping(stopping) => {
            matches!(stopping.ending, Ending { then: Then::GiveUp(..), .. })
        }
        _ => false,
    }
}

/// Whether a fault that would repeat was heard of a plugin that nobody is ending.
fn is_final(entry: &Entry) -> bool {
    let starts = matches!(entry.before.state(), State::Starting(_));
    let runs = matches!(entry.before.state(), State::Running(_));
    match entry.heard() {
        Some(News::Refused(_)) => starts || runs,
        Some(News::InitFailed { repeats, .. }) => starts && *repeats,
        _ => false,
    }
}

fn hinders(entry: &Entry, is: impl Fn(&Hindrance) -> bool) -> bool {
    match &entry.event {
        Event::Conditions(conditions) => conditions.hindrance.as_ref().is_some_and(is),
        _ => false,
    }
}
