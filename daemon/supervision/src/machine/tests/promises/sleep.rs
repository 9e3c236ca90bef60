//! Sleep: who starts when called, and stops when nothing is wanted of it.

use proptest::prelude::*;

use crate::event::Event;
use crate::machine::tests::history::{History, policy, punctual_turns, turns};
use crate::policy::FirstStart;
use crate::state::{Link, Rest, State};

proptest! {
    // I96
    #[test]
    fn who_starts_when_called_is_first_started_by_a_call_or_an_operator(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            let asleep = matches!(entry.before.state(), State::Stopped(rest) if rest.is_sleep());
            if asleep && entry.spawns() {
                let asked = matches!(entry.event, Event::Wake | Event::Restart | Event::Reset);
                prop_assert!(asked, "{:?}", entry);
            }
        }
    }

    // I96
    #[test]
    fn a_call_wakes_who_sleeps_once_and_nobody_else(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            if entry.event != Event::Wake {
                continue;
            }
            let resting = matches!(entry.before.state(), State::Stopped(rest) if rest.is_sleep());
            prop_assert_eq!(entry.spawns(), resting, "{:?}", entry);
            if entry.before.state().is_asleep() {
                prop_assert!(entry.after.state().is_waking());
            }
        }
    }

    // I97
    #[test]
    fn a_call_that_comes_while_it_is_stopped_for_being_idle_starts_it_again(
        policy in policy(), turns in turns(),
    ) {
        let mut woken = false;
        for entry in History::play(policy, turns).entries {
            let ending = super::is_ending(entry.before.state());
            if ending && woken && entry.buried().is_some() && !entry.is_wish() {
                prop_assert!(entry.spawns() && entry.after.state().is_waking(), "{:?}", entry);
            }
            woken = super::is_ending(entry.after.state()) && entry.after.state().is_waking();
        }
    }

    // I97
    #[test]
    fn who_has_something_to_do_is_not_stopped_for_being_idle(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy.clone(), turns).entries {
            let State::Running(running) = entry.before.state() else { continue };
            if !entry.after.state().is_asleep() {
                continue;
            }
            let Event::Tick { idle_since: Some(since), .. } = entry.event else {
                panic!("{entry:?}");
            };
            let idle = entry.at.since(since.max(running.since));
            prop_assert!(policy.idle_stop.is_some_and(|most| idle >= most), "{:?}", entry);
        }
    }

    // I97
    #[test]
    fn who_has_nothing_to_do_is_stopped_in_time(policy in policy(), turns in punctual_turns()) {
        let Some(most) = policy.idle_stop else { return Ok(()) };
        let mut history = History::play(policy, turns);
        history.idle_since = Some(history.at);
        if matches!(history.machine.state(), State::Running(_)) {
            for _ in 0..400 {
                // It answers pings.
                history.alive = history.at;
                history.pass(most / 100);
            }
            let still = history.machine.state();
            let lost = matches!(still, State::Running(it) if it.link != Link::Attached);
            prop_assert!(lost || !matches!(still, State::Running(_)), "{:?}", still);
        }
    }

    #[test]
    fn a_plugin_that_starts_at_boot_is_never_merely_lazy(policy in policy(), turns in turns()) {
        if policy.first == FirstStart::AtBoot {
            for entry in History::play(policy, turns).entries {
                prop_assert_ne!(entry.after.state(), &State::Stopped(Rest::Lazy));
            }
        }
    }
}
