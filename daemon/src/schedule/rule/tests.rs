//! Claims about rules: what a change of clocks makes of them, and how they read back.

use super::*;
use proptest::prelude::*;

/// Zones that set their clocks in different ways: by an hour, by half of one, at midnight, in the
/// southern summer, never.
const ZONES: [&str; 7] = [
    "Europe/Vienna",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Santiago",
    "Asia/Kolkata",
    "UTC",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn cron(text: &str, name: &str) -> Cron {
    Cron::parse(text, zone(name)).unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The instants after `from`, as the zone's people read them.
fn shown(text: &str, name: &str, from: &str, count: usize) -> Vec<String> {
    let rule = Rule::Cron(cron(text, name));
    let mut at = from.parse::<DateTime>().unwrap().to_zoned(zone(name)).unwrap().timestamp();
    let mut seen = Vec::new();
    for _ in 0..count {
        at = rule.after(at, at).unwrap();
        seen.push(at.to_zoned(zone(name)).strftime("%d %H:%M%z").to_string());
    }
    seen
}

#[test]
fn in_a_gap_it_fires_once_at_the_first_valid_instant() {
    // I49
    let fixed = shown("30 2 * * *", "Europe/Vienna", "2026-03-28T12:00", 2);
    assert_eq!(fixed, ["29 03:00+0200", "30 02:30+0200"]);
    let twice = shown("15,45 2 * * *", "Europe/Vienna", "2026-03-28T12:00", 2);
    assert_eq!(twice, ["29 03:00+0200", "30 02:15+0200"]);
    let half_an_hour = shown("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", 2);
    assert_eq!(half_an_hour, ["04 02:30+1100", "05 02:15+1100"]);
    let every_half = shown("*/30 * * * *", "Europe/Vienna", "2026-03-29T01:00", 3);
    assert_eq!(every_half, ["29 01:30+0100", "29 03:00+0200", "29 03:30+0200"]);
    let a_whole_day = shown("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00", 1);
    assert_eq!(a_whole_day, ["31 00:00+1400"]);
}

#[test]
fn in_an_overlap_only_the_first_pass_counts() {
    // I49
    let fixed = shown("30 2 * * *", "Europe/Vienna", "2026-10-24T12:00", 2);
    assert_eq!(fixed, ["25 02:30+0200", "26 02:30+0100"]);
    let every_half = shown("*/30 * * * *", "Europe/Vienna", "2026-10-25T01:40", 4);
    assert_eq!(every_half, ["25 02:00+0200", "25 02:30+0200", "25 03:00+0100", "25 03:30+0100"]);
    let at_midnight = shown("30 0 * * *", "America/Havana", "2026-10-31T12:00", 2);
    assert_eq!(at_midnight, ["01 00:30-0400", "02 00:30-0500"]);
    let half_an_hour = shown("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", 2);
    assert_eq!(half_an_hour, ["05 01:45+1100", "06 01:45+1030"]);
}

#[test]
fn weekdays_count_from_sunday_and_either_day_will_do() {
    assert_eq!(shown("0 9 * * 1", "UTC", "2026-11-25T00:00", 1), ["30 09:00+0000"]);
    assert_eq!(shown("0 0 * * 7", "UTC", "2026-11-25T00:00", 1), ["29 00:00+0000"]);
    let friday_or_13th = shown("0 0 13 * 5", "UTC", "2026-12-10T00:00", 2);
    assert_eq!(friday_or_13th, ["11 00:00+0000", "13 00:00+0000"]);
}

#[test]
fn what_is_no_line_of_five_fields_is_refused() {
    let bad =
        ["", "* * * *", "* * * * * *", "60 * * * *", "a b c d e", "*/0 * * * *", "5-1 * * * *"];
    for text in bad.into_iter().chain(["@daily", "0 24 * * *", "0 0 30 2 *", "0 0 +1 * *"]) {
        let problem = Cron::parse(text, TimeZone::UTC).unwrap_err();
        assert!(problem.message.contains("is not a cron line"), "{text}: {problem:?}");
    }
}

#[test]
fn an_interval_counts_from_when_it_was_first_seen() {
    let rule = Rule::Every(Duration::from_secs(60));
    let since = instant("2026-01-01T00:00:07Z");
    assert_eq!(rule.after(since, since), Some(instant("2026-01-01T00:01:07Z")));
    let later = instant("2026-01-01T01:30:00Z");
    assert_eq!(rule.after(since, later), Some(instant("2026-01-01T01:30:07Z")));
    assert_eq!(rule.at_or_before(since, later), Some(instant("2026-01-01T01:29:07Z")));
    assert_eq!(rule.at_or_before(since, since), None);
    assert_eq!(rule.after(since, instant("2025-01-01T00:00:00Z")), Some(since + 60.seconds()));
}

#[test]
fn an_instant_has_an_offset_or_takes_the_zone_beside_it() {
    let vienna = zone("Europe/Vienna");
    let at = instant("2027-01-01T08:00:00Z");
    assert_eq!(parse_instant("2027-01-01T08:00:00Z", &TimeZone::UTC).unwrap(), at);
    assert_eq!(parse_instant("2027-01-01T09:00:00+01:00", &TimeZone::UTC).unwrap(), at);
    assert_eq!(parse_instant("2027-01-01T09:00:00", &vienna).unwrap(), at);
    assert_eq!(parse_instant("2027-01-01T09:00[Europe/Vienna]", &TimeZone::UTC).unwrap(), at);
    assert!(parse_instant("tomorrow", &vienna).is_err());
}

#[test]
fn a_rule_shows_what_it_is() {
    let shown = Rule::Cron(cron("30 2 * * *", "Europe/Vienna")).to_string();
    assert_eq!(shown, "30 2 * * * Europe/Vienna");
    assert_eq!(Rule::Every(Duration::from_secs(300)).to_string(), "every 5m");
    assert_eq!(Rule::At(instant("2027-01-01T00:00:00Z")).to_string(), "at 2027-01-01T00:00:00Z");
}

fn lines() -> impl Strategy<Value = String> {
    let minute = prop_oneof![
        Just("*".to_owned()),
        Just("*/7".to_owned()),
        (0..60).prop_map(|it: i32| it.to_string()),
        (0..30, 30..60).prop_map(|(a, b): (i32, i32)| format!("{a},{b}")),
    ];
    let hour = prop_oneof![
        Just("*".to_owned()),
        Just("*/5".to_owned()),
        (0..24).prop_map(|it: i32| it.to_string()),
        Just("0-3".to_owned()),
    ];
    let day = prop_oneof![Just("*".to_owned()), Just("1-15".to_owned())];
    let weekday = prop_oneof![Just("*".to_owned()), Just("0".to_owned()), Just("1-5".to_owned())];
    (minute, hour, day, weekday).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
}

/// Hours around changes of clocks, and any others.
fn moments() -> impl Strategy<Value = Timestamp> {
    // 2026-01-01 to 2027-12-31.
    (1_767_225_600_i64..1_830_297_600).prop_map(|it| Timestamp::from_second(it).unwrap())
}

/// A moment within a day of a change of clocks in the zone.
fn near_a_change(zone: &TimeZone, seed: Timestamp, offset: i64) -> Timestamp {
    let change = zone.following(seed).next().map_or(seed, |it| it.timestamp());
    change.checked_add(offset.seconds()).unwrap_or(change)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// I49: instants only grow, are never civil times that do not exist, and every civil time that
    /// the line names counts exactly once: at itself, first pass, or at the end of its gap.
    #[test]
    fn every_named_minute_counts_once_whatever_clocks_do(
        line in lines(), at in 0..ZONES.len(), seed in moments(), offset in -90_000_i64..90_000,
    ) {
        let zone = zone(ZONES[at]);
        let from = near_a_change(&zone, seed, offset);
        let cron = Cron::parse(&line, zone.clone()).unwrap();
        let rule = Rule::Cron(cron.clone());
        // The model: walk through civil minutes without any search or shortcut.
        let until = from.checked_add(30.hours()).unwrap();
        let mut expected = Vec::new();
        let local = from.to_zoned(zone.clone()).datetime();
        let mut civil = local.checked_sub(4.hours()).unwrap();
        civil = civil.with().second(0).subsec_nanosecond(0).build().unwrap();
        let end = local.checked_add(40.hours()).unwrap();
        while civil <= end {
            let named = cron.pattern.is_time_matching(&TimeZone::UTC.to_zoned(civil).unwrap());
            if named.unwrap() {
                // Jiff's own reading of "the later side of a gap" starts from the same civil time.
                let ambiguous = zone.to_ambiguous_timestamp(civil);
                let found = if ambiguous.is_ambiguous()
                    && matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. })
                {
                    let later = zone.to_ambiguous_timestamp(civil).later().unwrap();
                    // The gap's first minute is read as the change itself: that one counts, too.
                    let beyond = later.checked_add(1.second()).unwrap();
                    zone.preceding(beyond).next().unwrap().timestamp()
                } else {
                    zone.to_ambiguous_timestamp(civil).earlier().unwrap()
                };
                if found > from && found <= until && expected.last() != Some(&found) {
                    expected.push(found);
                }
            }
            civil = civil.checked_add(1.minute()).unwrap();
        }
        let mut got = Vec::new();
        let mut mark = from;
        while let Some(next) = rule.after(from, mark).filter(|next| *next <= until) {
            prop_assert!(next > mark);
            got.push(next);
            mark = next;
        }
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn the_last_before_is_where_going_forward_ends(
        line in lines(), at in 0..ZONES.len(), seed in moments(), offset in -90_000_i64..90_000,
    ) {
        let zone = zone(ZONES[at]);
        let now = near_a_change(&zone, seed, offset);
        let rule = Rule::Cron(Cron::parse(&line, zone).unwrap());
        let since = now.checked_sub(200.hours()).unwrap();
        let mut last = None;
        let mut mark = since;
        while let Some(next) = rule.after(since, mark).filter(|next| *next <= now) {
            last = Some(next);
            mark = next;
        }
        prop_assert_eq!(rule.at_or_before(since, now), last);
    }

    #[test]
    fn the_beats_of_an_interval_are_even(
        span in 1_u64..100_000, since in moments(), ahead in 0_i64..10_000_000,
    ) {
        let rule = Rule::Every(Duration::from_secs(span));
        let at = since.checked_add(ahead.seconds()).unwrap();
        let next = rule.after(since, at).unwrap();
        prop_assert!(next > at);
        let passed = next.duration_since(since).as_secs();
        prop_assert_eq!(passed % i64::try_from(span).unwrap(), 0);
        prop_assert_eq!(rule.at_or_before(since, next), Some(next));
    }

    #[test]
    fn no_line_breaks_the_reader(text in "[0-9*/,LW# -]{0,20}") {
        let _ = Cron::parse(&text, TimeZone::UTC);
    }
}
