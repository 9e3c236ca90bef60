//! `[[schedules]]`: when a plugin wants to be told that it is time. It knows the declaration; what
//! is due when is `schedule`'s.

use crate::config::amount::{parse_duration, show_duration};
use crate::config::fault::Problem;
use crate::config::section::{Field, Section};
use crate::schedule::rule::{LONGEST, SHORTEST, parse_instant};
use crate::schedule::{Cron, Missed, Rule};
use jiff::tz::TimeZone;
use std::time::Duration;

/// Schedules one plugin may have: each is looked at whenever one is due.
const MOST: usize = 64;

/// One schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleDecl {
    /// Its name, unique in the plugin.
    pub name: String,
    /// When it fires.
    pub rule: Rule,
    /// What becomes of instants at which nobody watched.
    pub missed: Missed,
}

/// Reads `[[schedules]]`.
pub fn read_all(root: &Section<'_>) -> Vec<ScheduleDecl> {
    let mut seen: Vec<String> = Vec::new();
    let mut schedules = Vec::new();
    for entry in root.sections("schedules") {
        let name = entry.needed("name", "\"nightly\"").and_then(|it| it.parse(handler_name));
        if let Some(name) = &name {
            if seen.contains(name) {
                entry.fault("name", Problem::new(format!("{name} is declared twice")));
            }
            seen.push(name.clone());
        }
        let rule = read_rule(&entry);
        let missed = entry.field("missed").and_then(|it| it.parse(missed));
        entry.close();
        if let (Some(name), Some(rule)) = (name, rule) {
            let missed = missed.unwrap_or(Missed::Skip);
            schedules.push(ScheduleDecl { name, rule, missed });
        }
    }
    if seen.len() > MOST {
        root.fault("schedules", Problem::new(format!("a plugin has at most {MOST} schedules")));
    }
    schedules
}

/// A name of the plugin's own: `[a-z][a-z0-9_.-]{0,63}`.
///
/// # Errors
/// It is none.
pub fn handler_name(text: &str) -> Result<String, Problem> {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_.-".contains(&it);
    let begins_well = text.starts_with(|it: char| it.is_ascii_lowercase());
    match begins_well && text.len() <= 64 && text.bytes().all(inner) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(format!("{text:?} is not a name"))
            .hint("1 to 64 of a-z, 0-9, _, . and -, a letter first")),
    }
}

/// Exactly one of cron, every and at; a zone where one of them has a use for it.
fn read_rule(entry: &Section<'_>) -> Option<Rule> {
    let (cron, every, at) = (entry.field("cron"), entry.field("every"), entry.field("at"));
    let zone_field = entry.field("zone");
    let zone = zone_field.as_ref().map_or(Some(TimeZone::UTC), |it| it.parse(zone));
    let given: Vec<&Field<'_>> = [&cron, &every, &at].into_iter().flatten().collect();
    match given[..] {
        [] => {
            let problem = Problem::new("says nothing of when it fires");
            entry.fault("", problem.hint("cron = \"30 2 * * *\", every = \"5m\" or at = \"…\""));
        }
        [_] => {}
        [_, ref more @ ..] => {
            for field in more {
                field.fault(Problem::new("only one of cron, every and at can stand here"));
            }
        }
    }
    if let (Some(every), Some(zone)) = (&every, &zone_field) {
        zone.fault(Problem::new("an interval has no zone"));
        return every.parse(interval).map(Rule::Every);
    }
    // All are read, so that all their faults are told.
    let cron =
        cron.map(|it| it.parse(|text| Cron::parse(text, zone.clone().unwrap_or(TimeZone::UTC))));
    let every = every.map(|it| it.parse(interval));
    let at =
        at.map(|it| it.parse(|text| parse_instant(text, zone.as_ref().unwrap_or(&TimeZone::UTC))));
    let rules = [
        cron.flatten().map(Rule::Cron),
        every.flatten().map(Rule::Every),
        at.flatten().map(Rule::At),
    ];
    rules.into_iter().flatten().next()
}

fn zone(text: &str) -> Result<TimeZone, Problem> {
    TimeZone::get(text).map_err(|_| {
        Problem::new(format!("this system knows no zone {text:?}"))
            .hint("\"Europe/Vienna\", \"UTC\"")
    })
}

fn interval(text: &str) -> Result<Duration, Problem> {
    let span = parse_duration(text)?;
    if span < SHORTEST || span > LONGEST {
        let (least, most) = (show_duration(SHORTEST), show_duration(LONGEST));
        return Err(Problem::new(format!("an interval is between {least} and {most}")));
    }
    Ok(span)
}

fn missed(text: &str) -> Result<Missed, Problem> {
    let all = [Missed::Skip, Missed::Once];
    let refused = || Problem::new(format!("no such policy: {text:?}")).hint("\"skip\" or \"once\"");
    all.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}
