//! Generations: one at a time, numbered upwards, each recorded once, none confused with another.

use proptest::prelude::*;

use crate::effect::Effect;
use crate::event::{Cause, Death, Event, Exit, News, Obituary};
use crate::machine::tests::history::{Entry, History, policy, turns};
use crate::machine::tests::states::kind;
use crate::state::{Rest, State, Then};

proptest! {
    // I5
    #[test]
    fn news_of_an_old_generation_changes_nothing(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let Event::News(generation, _) = entry.event else { continue };
            if entry.before.state().generation() != Some(generation) {
                prop_assert_eq!(entry.effects, vec![]);
                prop_assert_eq!(entry.after, entry.before);
            }
        }
    }

    // I6
    #[test]
    fn a_generation_is_spawned_only_when_all_before_it_are_buried(
        policy in policy(), turns in turns(),
    ) {
        let mut alive = None;
        for entry in History::play(policy, turns).entries {
            if let Some(buried) = entry.buried() {
                prop_assert_eq!(alive.take(), Some(buried));
            }
            for effect in &entry.effects {
                if let Effect::Spawn(generation) = effect {
                    prop_assert_eq!(alive.replace(*generation), None);
                }
            }
            prop_assert_eq!(entry.after.state().generation(), alive);
        }
    }

    #[test]
    fn generations_are_numbered_upwards_from_the_last_one_known(
        policy in policy(), turns in turns(),
    ) {
        let mut newest = 5;
        for (_, effect) in History::play(policy, turns).effects() {
            if let Effect::Spawn(generation) = effect {
                newest += 1;
                prop_assert_eq!(*generation, newest);
            }
        }
    }

    // I7
    #[test]
    fn every_generation_that_ends_gets_one_record_and_no_other_does(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            let recorded: Vec<u64> = records(&entry).map(|it| it.generation).collect();
            prop_assert_eq!(recorded, Vec::from_iter(entry.buried()));
        }
    }

    #[test]
    fn a_record_comes_before_the_next_spawn(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            let spawn = entry.effects.iter().position(|it| matches!(it, Effect::Spawn(_)));
            let record = entry.effects.iter().position(|it| matches!(it, Effect::Record(_)));
            if let (Some(spawn), Some(record)) = (spawn, record) {
                prop_assert!(record < spawn, "{:?}", entry.effects);
            }
        }
    }

    #[test]
    fn a_record_tells_how_long_it_lived_and_what_the_kernel_said(
        policy in policy(), turns in turns(),
    ) {
        let mut spawned = None;
        for entry in History::play(policy, turns).entries {
            for record in records(&entry) {
                prop_assert_eq!(Some(record.uptime), spawned.map(|at| entry.at.since(at)));
                prop_assert_eq!(record.death, death(&entry));
            }
            if entry.spawns() {
                spawned = Some(entry.at);
            }
        }
    }

    // I8
    #[test]
    fn a_record_names_what_ended_it_whatever_was_wished_meanwhile(
        policy in policy(), turns in turns(),
    ) {
        let mut blamed = None;
        for entry in History::play(policy, turns).entries {
            for record in records(&entry) {
                prop_assert_eq!(record.cause, cause(&entry, blamed), "{:?}", entry);
            }
            blamed = match entry.after.state() {
                State::Starting(_) | State::Running(_) => None,
                _ if entry.before.state().generation() != entry.after.state().generation() => None,
                state => blamed.or_else(|| blame(&entry, state)),
            };
        }
    }

    #[test]
    fn every_order_speaks_of_the_generation_that_is_alive(policy in policy(), turns in turns()) {
        let history = History::play(policy, turns);
        for (entry, effect) in history.effects() {
            let of = match effect {
                Effect::Spawn(it) => (entry.after.state().generation(), *it),
                Effect::Ping(it)
                | Effect::Drain(it, _)
                | Effect::Shutdown(it, _)
                | Effect::Terminate(it)
                | Effect::Kill(it)
                | Effect::Disconnect(it) => (entry.before.state().generation(), *it),
                Effect::Record(it) => (entry.before.state().generation(), it.generation),
            };
            prop_assert_eq!(of.0, Some(of.1), "{:?}", effect);
        }
    }

    #[test]
    fn a_generation_that_ended_has_its_connections_closed(policy in policy(), turns in turns()) {
        for entry in History::play(policy, turns).entries {
            if let Some(buried) = entry.buried() {
                prop_assert!(entry.effects.contains(&Effect::Disconnect(buried)));
            }
        }
    }

    #[test]
    fn no_history_reaches_a_state_that_was_declared_out_of_reach(
        policy in policy(), turns in turns(),
    ) {
        for entry in History::play(policy, turns).entries {
            prop_assert!(kind(entry.after.state()).is_some(), "{:?}", entry.after.state());
        }
    }
}

fn records(entry: &Entry) -> impl Iterator<Item = &Obituary> {
    entry.effects.iter().filter_map(|effect| match effect {
        Effect::Record(obituary) => Some(obituary),
        _ => None,
    })
}

fn death(entry: &Entry) -> Option<Death> {
    match entry.heard() {
        Some(News::Ended(death)) => Some(*death),
        _ => None,
    }
}

/// For what the daemon began to end a generation by itself, if it did.
fn blame(entry: &Entry, state: &State) -> Option<Cause> {
    let ending = match state {
        State::Draining(ending) => ending,
        State::Stopping(stopping) => &stopping.ending,
        _ => return None,
    };
    match &ending.then {
        Then::Recover(cause, _) | Then::GiveUp(cause, _) => Some(*cause),
        // Nobody wished for it: it had nothing to do.
        Then::Rest(Rest::Idle) => None,
        Then::Rest(_) | Then::Again | Then::Woken => {
            assert!(entry.is_wish() || super::is_ending(entry.before.state()), "{entry:?}");
            None
        }
    }
}

/// What a record has to say of a generation that was, or was not, being ended for a fault.
fn cause(entry: &Entry, blamed: Option<Cause>) -> Cause {
    let asked = super::is_ending(entry.before.state());
    match (blamed, entry.heard()) {
        (Some(_), Some(News::Ended(death))) if death.oom => Cause::Oom,
        (Some(cause), _) => cause,
        (None, _) if asked => Cause::Stopped,
        (None, Some(News::Ended(death))) if death.oom => Cause::Oom,
        (None, Some(News::Ended(Death { exit: Exit::Code(_), .. }))) => Cause::Exited,
        (None, Some(News::Ended(Death { exit: Exit::Signal(_), .. }))) => Cause::Signal,
        (None, Some(News::SpawnFailed(_))) => Cause::SpawnFailed,
        (None, Some(News::InstallFailed(_))) => Cause::InstallFailed,
        (None, Some(News::KeeperLost)) => Cause::KeeperLost,
        (None, other) => panic!("{other:?} buries nobody"),
    }
}
