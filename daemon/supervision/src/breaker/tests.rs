//! Claims about the breaker: single stories, and what always holds, on a clock of its own.

use proptest::prelude::*;

use super::*;

fn policy() -> BreakerPolicy {
    BreakerPolicy::default()
}

fn at(millis: u64) -> Moment {
    Moment::from_millis(millis)
}

fn miss(breaker: &mut Breaker, millis: u64) -> bool {
    breaker.missed(at(millis), at(millis), policy())
}

fn admit(breaker: &mut Breaker, millis: u64) -> Admission {
    breaker.admit(at(millis), policy())
}

fn opened() -> Breaker {
    let mut breaker = Breaker::default();
    assert_eq!([0, 0, 0].map(|now| miss(&mut breaker, now)), [false, false, true]);
    breaker
}

/// Rested, pinged, answered: its next call is the trial.
fn living(breaker: &mut Breaker, millis: u64) {
    assert_eq!(admit(breaker, millis), Admission::Ping);
    assert!(breaker.ponged());
}

#[test]
fn three_misses_in_a_row_open_it() {
    assert_eq!(admit(&mut opened(), 1999), Admission::Skip);
}

#[test]
fn an_answer_between_misses_starts_the_count_anew() {
    let mut breaker = Breaker::default();
    assert!(!miss(&mut breaker, 0) && !miss(&mut breaker, 0));
    breaker.answered(at(0));
    assert!(!miss(&mut breaker, 0));
    assert_eq!(admit(&mut breaker, 0), Admission::Pass);
}

#[test]
fn half_of_twenty_calls_missed_within_ten_seconds_open_it() {
    let mut breaker = Breaker::default();
    for call in 0..9 {
        breaker.answered(at(call * 400));
        assert!(!miss(&mut breaker, call * 400));
    }
    breaker.answered(at(9000));
    assert!(miss(&mut breaker, 9000), "the tenth miss of twenty calls");
}

#[test]
fn half_of_fewer_than_twenty_calls_leaves_it_closed() {
    let mut breaker = Breaker::default();
    for call in 0..30 {
        breaker.answered(at(call * 1200));
        assert!(!miss(&mut breaker, call * 1200), "within ten seconds there are fewer than twenty");
    }
}

#[test]
fn after_its_rest_a_pong_lets_one_trial_pass_and_an_answer_closes_it() {
    let mut breaker = opened();
    assert_eq!(admit(&mut breaker, 2000), Admission::Ping);
    assert_eq!(admit(&mut breaker, 2001), Admission::Skip, "it has not answered yet");
    assert!(breaker.ponged());
    assert_eq!(admit(&mut breaker, 2002), Admission::Pass);
    assert_eq!(admit(&mut breaker, 2003), Admission::Skip, "a second call waits for the trial");
    breaker.answered(at(2004));
    assert_eq!(admit(&mut breaker, 2005), Admission::Pass);
}

#[test]
fn a_ping_that_is_not_answered_is_repeated() {
    let mut breaker = opened();
    assert_eq!(admit(&mut breaker, 2000), Admission::Ping);
    assert_eq!(admit(&mut breaker, 3999), Admission::Skip);
    assert_eq!(admit(&mut breaker, 4000), Admission::Ping);
}

#[test]
fn each_missed_trial_doubles_its_rest_up_to_a_minute() {
    let mut breaker = opened();
    let mut now = 2000;
    for rest in [4000, 8000, 16_000, 32_000, 60_000, 60_000] {
        living(&mut breaker, now);
        assert_eq!(admit(&mut breaker, now), Admission::Pass);
        let _ = miss(&mut breaker, now);
        assert_eq!(admit(&mut breaker, now + rest - 1), Admission::Skip);
        now += rest;
    }
}

#[test]
fn a_call_from_before_does_not_decide_the_trial() {
    let mut breaker = opened();
    living(&mut breaker, 2000);
    assert_eq!(admit(&mut breaker, 2000), Admission::Pass);
    assert!(!breaker.missed(at(0), at(2001), policy()));
    breaker.answered(at(2002));
    assert!(!breaker.is_open());
}

#[test]
fn a_trial_that_nobody_ended_gives_way_to_another() {
    let mut breaker = opened();
    living(&mut breaker, 2000);
    assert_eq!(admit(&mut breaker, 2000), Admission::Pass);
    assert_eq!(admit(&mut breaker, 11_999), Admission::Skip);
    assert_eq!(admit(&mut breaker, 12_000), Admission::Pass);
}

/// What can happen to a plugin's calls.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    Missed,
    Abandoned,
    Ponged,
}

fn fates() -> impl Strategy<Value = Vec<(u64, Fate)>> {
    let fate = prop_oneof![
        3 => Just(Fate::Answered),
        3 => Just(Fate::Missed),
        1 => Just(Fate::Abandoned),
        2 => Just(Fate::Ponged),
    ];
    proptest::collection::vec((0..1500_u64, fate), 0..200)
}

/// Calls since it last closed, as (when, whether missed): what it should judge by.
fn should_open(calls: &[(u64, bool)], now: u64) -> bool {
    let in_a_row = calls.iter().rev().take_while(|(_, missed)| *missed).count() >= 3;
    let counted = calls.iter().filter(|(at, _)| at / 1000 + 10 > now / 1000);
    let (mut all, mut missed) = (0, 0);
    for (_, was_missed) in counted {
        all += 1;
        missed += usize::from(*was_missed);
    }
    in_a_row || (all >= 20 && missed * 2 >= all)
}

proptest! {
    // I61
    #[test]
    fn it_opens_for_what_the_policy_says_and_for_nothing_else(story in fates()) {
        let (mut breaker, mut calls, mut now) = (Breaker::default(), Vec::new(), 0);
        for (gap, fate) in story {
            now += gap;
            if breaker.is_open() {
                (breaker, calls) = (Breaker::default(), Vec::new());
            }
            prop_assert_eq!(admit(&mut breaker, now), Admission::Pass);
            match fate {
                Fate::Answered => {
                    breaker.answered(at(now));
                    calls.push((now, false));
                }
                Fate::Missed => {
                    calls.push((now, true));
                    prop_assert_eq!(miss(&mut breaker, now), should_open(&calls, now));
                }
                Fate::Abandoned => {}
                Fate::Ponged => prop_assert!(!breaker.ponged()),
            }
        }
    }

    // I61
    #[test]
    fn an_open_one_lets_nothing_pass_but_one_trial_after_rest_and_pong(story in fates()) {
        let mut breaker = opened();
        let (mut opened_at, mut rest, mut now) = (0, 2000, 0);
        let (mut asked, mut lives, mut trial) = (false, false, None);
        for (gap, fate) in story {
            now += gap;
            match admit(&mut breaker, now) {
                Admission::Pass if !lives => {
                    prop_assert!(trial.is_some_and(|begun| now - begun >= 10_000));
                    trial = Some(now);
                }
                Admission::Pass => {
                    prop_assert!(now - opened_at >= rest && asked);
                    (lives, trial) = (false, Some(now));
                }
                Admission::Ping => {
                    prop_assert!(now - opened_at >= rest && trial.is_none());
                    asked = true;
                }
                Admission::Skip => {}
            }
            match fate {
                Fate::Answered => breaker.answered(at(now)),
                Fate::Missed => {
                    let _ = miss(&mut breaker, now);
                    if trial.take().is_some() {
                        (opened_at, rest) = (now, (rest * 2).min(60_000));
                        (asked, lives) = (false, false);
                    }
                }
                Fate::Abandoned => {}
                Fate::Ponged => lives |= breaker.ponged(),
            }
            if !breaker.is_open() {
                prop_assert!(trial.is_some(), "only an answered trial closes it");
                break;
            }
        }
    }
}
