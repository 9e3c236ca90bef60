//! Claims about what is due: keys only grow, whatever the clock does.

use super::*;
use crate::schedule::rule::Cron;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hourly() -> Rule {
    Rule::Cron(Cron::parse("0 * * * *", TimeZone::UTC).unwrap())
}

fn past(since: &str, last: Option<&str>) -> Past {
    Past { since: at(since), last: last.map(at) }
}

#[test]
fn nothing_is_due_before_its_time_and_then_it_fires() {
    let past = past("2026-01-01T09:30:00Z", None);
    let watched = past.since;
    let due = |now: &str| past.due(&hourly(), Missed::Skip, watched, at(now));
    assert_eq!(due("2026-01-01T09:59:59Z"), Due::At(at("2026-01-01T10:00:00Z")));
    assert_eq!(due("2026-01-01T10:00:00Z"), Due::Fire(at("2026-01-01T10:00:00Z")));
    assert_eq!(due("2026-01-01T10:00:59Z"), Due::Fire(at("2026-01-01T10:00:00Z")));
}

#[test]
fn what_was_missed_is_skipped_or_fires_once() {
    // I50
    let past = past("2026-01-01T00:30:00Z", Some("2026-01-01T09:00:00Z"));
    let started = at("2026-01-01T13:20:00Z");
    let due = |missed| past.due(&hourly(), missed, started, started);
    assert_eq!(due(Missed::Skip), Due::PassOver(at("2026-01-01T13:00:00Z")));
    assert_eq!(due(Missed::Once), Due::Fire(at("2026-01-01T13:00:00Z")));
    let after = Past { last: Some(at("2026-01-01T13:00:00Z")), ..past };
    let next = after.due(&hourly(), Missed::Once, started, started);
    assert_eq!(next, Due::At(at("2026-01-01T14:00:00Z")));
}

#[test]
fn a_start_right_after_the_instant_has_missed_it() {
    let past = past("2026-01-01T00:30:00Z", Some("2026-01-01T09:00:00Z"));
    let started = at("2026-01-01T10:00:01Z");
    let due = past.due(&hourly(), Missed::Skip, started, started);
    assert_eq!(due, Due::PassOver(at("2026-01-01T10:00:00Z")));
}

#[test]
fn a_clock_set_back_fires_nothing_until_it_is_past_the_last_key() {
    // I48
    let past = past("2026-01-01T00:30:00Z", Some("2026-01-01T09:00:00Z"));
    let watched = past.since;
    for now in ["2026-01-01T06:00:00Z", "2026-01-01T09:00:00Z", "2025-06-01T00:00:00Z"] {
        let due = past.due(&hourly(), Missed::Once, watched, at(now));
        assert_eq!(due, Due::At(at("2026-01-01T10:00:00Z")), "{now}");
    }
}

#[test]
fn a_clock_set_forward_has_missed_what_lies_between() {
    let past = past("2026-01-01T00:30:00Z", Some("2026-01-01T09:00:00Z"));
    let watched = past.since;
    let now = at("2026-01-03T12:30:00Z");
    let due = |missed| past.due(&hourly(), missed, watched, now);
    assert_eq!(due(Missed::Skip), Due::PassOver(at("2026-01-03T12:00:00Z")));
    assert_eq!(due(Missed::Once), Due::Fire(at("2026-01-03T12:00:00Z")));
}

#[test]
fn an_instant_fires_once_and_never_if_it_was_past_when_first_seen() {
    let rule = Rule::At(at("2026-01-01T10:00:00Z"));
    let seen_before = past("2026-01-01T09:00:00Z", None);
    let watched = seen_before.since;
    let due = seen_before.due(&rule, Missed::Skip, watched, at("2026-01-01T10:00:00Z"));
    assert_eq!(due, Due::Fire(at("2026-01-01T10:00:00Z")));
    let fired = Past { last: Some(at("2026-01-01T10:00:00Z")), ..seen_before };
    assert_eq!(fired.due(&rule, Missed::Once, watched, at("2027-01-01T00:00:00Z")), Due::Never);
    let seen_after = past("2026-01-01T11:00:00Z", None);
    let due = seen_after.due(&rule, Missed::Once, seen_after.since, at("2027-01-01T00:00:00Z"));
    assert_eq!(due, Due::Never);
}

/// What happens to a daemon and its clock.
#[derive(Debug, Clone)]
enum Turn {
    /// Time passes, seconds, while it watches.
    Pass(i64),
    /// The clock is set, seconds forward or back.
    Set(i64),
    /// It is down for so many seconds.
    Down(i64),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        6 => (1_i64..5000).prop_map(Turn::Pass),
        1 => (-200_000_i64..200_000).prop_map(Turn::Set),
        1 => (1_i64..200_000).prop_map(Turn::Down),
    ];
    prop::collection::vec(turn, 1..60)
}

fn rules() -> impl Strategy<Value = Rule> {
    let vienna = || TimeZone::get("Europe/Vienna").unwrap();
    let cron = move |text: &str| Rule::Cron(Cron::parse(text, vienna()).unwrap());
    prop_oneof![
        Just(cron("*/10 * * * *")),
        Just(cron("30 2 * * *")),
        Just(cron("0 */3 * * *")),
        (1_u64..20_000).prop_map(|it| Rule::Every(Duration::from_secs(it))),
        (0_i64..2_000_000)
            .prop_map(|it| Rule::At(Timestamp::from_second(1_774_500_000 + it).unwrap())),
    ]
}

proptest! {
    /// I48 and I50 over any history: keys strictly grow, none lies in the future when it is told,
    /// what fires was due, and under `skip` nothing fires that was due while nobody watched.
    #[test]
    fn keys_only_grow_however_clocks_jump(
        rule in rules(), history in turns(), once in any::<bool>(),
    ) {
        let missed = if once { Missed::Once } else { Missed::Skip };
        // Three days before clocks change in Vienna.
        let mut now = Timestamp::from_second(1_774_500_000).unwrap();
        let mut watched = now;
        let mut past = Past { since: now, last: None };
        let mut keys: Vec<Timestamp> = Vec::new();
        for turn in history {
            match turn {
                Turn::Pass(seconds) => {
                    // A timetable looks at least that often.
                    for _ in 0..seconds.div_euclid(20).min(400) {
                        now = now.checked_add(20.seconds()).unwrap();
                        look(&rule, missed, watched, now, (&mut past, &mut keys))?;
                    }
                }
                Turn::Set(seconds) => now = now.checked_add(seconds.seconds()).unwrap(),
                Turn::Down(seconds) => {
                    now = now.checked_add(seconds.seconds()).unwrap();
                    watched = now;
                }
            }
            look(&rule, missed, watched, now, (&mut past, &mut keys))?;
        }
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        let Rule::At(_) = rule else { return Ok(()) };
        prop_assert!(keys.len() <= 1);
    }
}

fn look(
    rule: &Rule,
    missed: Missed,
    watched: Timestamp,
    now: Timestamp,
    (past, keys): (&mut Past, &mut Vec<Timestamp>),
) -> Result<(), TestCaseError> {
    match past.due(rule, missed, watched, now) {
        Due::Never => {}
        Due::At(next) => prop_assert!(next > now),
        Due::Fire(key) => {
            prop_assert!(key <= now && past.last.is_none_or(|last| key > last));
            prop_assert!(missed == Missed::Once || key >= watched, "fired what was missed");
            keys.push(key);
            past.last = Some(key);
        }
        Due::PassOver(key) => {
            prop_assert!(key <= now && past.last.is_none_or(|last| key > last));
            prop_assert_eq!(missed, Missed::Skip);
            past.last = Some(key);
        }
    }
    let again = past.due(rule, missed, watched, now);
    prop_assert!(matches!(again, Due::Never | Due::At(_)), "still due: {again:?}");
    Ok(())
}
