//! The status page's sections below the first facts: the past, the limits, the permissions, the
//! traffic. A section with nothing to say is left out.

use crate::escape;
use crate::measure::{self, Micros};
use crate::page::{Grid, coloured, or_dash, reason, text};
use crate::report::{End, Grant, Held, Plugin, Traffic};
use crate::screen::Tone;

/// A heading and what stands below it.
type Section = Option<(&'static str, String)>;

/// Ends shown; `--output json` has them all.
const ENDS: usize = 5;

/// Lines of last words shown of the newest end.
const LAST_WORDS: usize = 10;

/// How generations ended, and what the newest had to say.
pub fn ends(plugin: &Plugin, now: Micros) -> Section {
    let newest = plugin.ends.first()?;
    let mut grid =
        Grid::with_header(&["WHEN", "GENERATION", "CAUSE", "EXIT", "AFTER", "PEAK", "CPU"]);
    for end in plugin.ends.iter().take(ENDS) {
        let cause = if end.cause == "stopped" { Tone::Quiet } else { Tone::Bad };
        grid.row(vec![
            text(&measure::ago(now, end.at_us)),
            text(&end.generation.to_string()),
            coloured(&end.cause, cause),
            text(or_dash(&end.exit)),
            text(&measure::span(end.uptime_us)),
            text(&measure::bytes(end.peak_memory_bytes)),
            text(&measure::span(end.cpu_us)),
        ]);
    }
    Some(("Ends, the newest first", grid.lines(2) + &last_words(newest)))
}

/// The detail and the tail of what the newest end wrote to its standard error.
fn last_words(end: &End) -> String {
    let mut words = String::new();
    if !end.detail.is_empty() {
        words.push_str(&format!("  {}\n", escape::line(&end.detail)));
    }
    let lines: Vec<String> = escape::lines(end.stderr.trim_end()).collect();
    let skipped = lines.len().saturating_sub(LAST_WORDS);
    if !lines.is_empty() {
        words.push_str(&match skipped {
            0 => format!("  Last words of generation {}:\n", end.generation),
            _ => format!("  Last words of generation {}, {skipped} lines cut:\n", end.generation),
        });
    }
    words.extend(lines[skipped..].iter().map(|line| format!("  | {line}\n")));
    words
}

/// Values with their sources; beside each, how it is held, and below, what else is held.
pub fn limits(plugin: &Plugin) -> Section {
    let mut grid = Grid::with_header(&["SETTING", "VALUE", "FROM", "HELD BY"]);
    let held = |key: &str| plugin.enforcement.iter().find(|held| key_of(held) == key);
    for setting in &plugin.settings {
        let (key, value, source) = (&setting.key, &setting.value, &setting.source);
        grid.row(vec![text(key), text(or_dash(value)), text(source), how(held(key))]);
    }
    let is_key = |held: &&Held| plugin.settings.iter().any(|setting| setting.key == key_of(held));
    for held in plugin.enforcement.iter().filter(|held| !is_key(held)) {
        grid.row(vec![text(&held.what), text("-"), text(""), how(Some(held))]);
    }
    let none = plugin.settings.is_empty() && plugin.enforcement.is_empty();
    (!none).then(|| ("Settings, and what holds the limits on this machine", grid.lines(2)))
}

/// The key whose limit this is, where it is the limit of a key.
fn key_of(held: &Held) -> &str {
    match held.what.as_str() {
        "processes" => "pids",
        "cpu" => "cpu_weight",
        "cpu quota" => "cpu_quota",
        other => other,
    }
}

fn how(held: Option<&Held>) -> comfy_table::Cell {
    match held {
        None => text(""),
        Some(Held { enforced: true, how, .. }) => text(how),
        Some(Held { enforced: false, how, .. }) if how.is_empty() => {
            coloured("NOT ENFORCED", Tone::Bad)
        }
        Some(Held { enforced: false, how, .. }) => {
            coloured(&format!("NOT ENFORCED: {how}"), Tone::Bad)
        }
    }
}

/// What it may do, and what it would like to.
pub fn grants(plugin: &Plugin) -> Section {
    let mut grid = Grid::without_header();
    for ask in &plugin.grants {
        grid.row(vec![text(&ask.permission), granted(ask), text(&reason(ask))]);
    }
    (!plugin.grants.is_empty()).then(|| ("Permissions", grid.lines(2)))
}

/// When each schedule fires next and fired last.
pub fn schedules(plugin: &Plugin, now: Micros) -> Section {
    let mut grid = Grid::with_header(&["SCHEDULE", "RULE", "NEXT", "LAST", "MISSED"]);
    for schedule in &plugin.schedules {
        let next = schedule.next_us.map(|at| format!("in {}", measure::lasted(at, now)));
        let last = schedule.last_us.map(|at| measure::ago(now, at));
        grid.row(vec![
            text(&schedule.name),
            text(&schedule.rule),
            text(or_dash(&next.unwrap_or_default())),
            text(or_dash(&last.unwrap_or_default())),
            text(&schedule.missed),
        ]);
    }
    (!plugin.schedules.is_empty()).then(|| ("Schedules", grid.lines(2)))
}

fn granted(ask: &Grant) -> comfy_table::Cell {
    match (ask.granted, ask.optional) {
        (true, _) => coloured("granted", Tone::Good),
        (false, true) => coloured("not granted, optional", Tone::Weak),
        (false, false) => coloured("NOT GRANTED, required", Tone::Bad),
    }
}

/// Counters: the usual ones always, the unwelcome ones only where they are not zero.
pub fn traffic(traffic: &Traffic) -> Section {
    let usual = [("calls", traffic.calls), ("events", traffic.events), ("sends", traffic.sends)];
    let unwelcome = [
        ("in flight", u64::from(traffic.in_flight)),
        ("errors", traffic.errors),
        ("time-outs", traffic.timeouts),
        ("breaker openings", traffic.breaker_openings),
        ("loops suspected", traffic.loops),
        ("started by calls", traffic.lazy_starts),
        ("waited for that", traffic.waits),
        ("events dropped", traffic.events_dropped),
        ("over limit", traffic.over_limit),
        ("denied", traffic.denied),
        ("stale replies", traffic.stale_replies),
        ("log lines suppressed", traffic.log_lines_suppressed),
    ];
    let unwelcome = unwelcome.into_iter().filter(|(_, count)| *count > 0);
    let counters = usual.into_iter().chain(unwelcome);
    let words: Vec<String> =
        counters.map(|(name, count)| format!("{} {name}", measure::count(count))).collect();
    Some(("Traffic since the daemon started", format!("  {}\n", words.join(" · "))))
}

/// At-least-once events, where there are any to speak of.
pub fn waiting(plugin: &Plugin, now: Micros) -> Section {
    let it = &plugin.waiting;
    let oldest =
        it.oldest_us.map(|oldest| format!("the oldest for {}", measure::lasted(now, oldest)));
    let mut words = vec![format!("{} wait", measure::count(it.events))];
    words.extend(oldest);
    words.push(format!("{} dead letters", measure::count(it.dead_letters)));
    if it.expired > 0 {
        words.push(format!("{} expired since the daemon started", measure::count(it.expired)));
    }
    let silent = it.events == 0 && it.dead_letters == 0 && it.expired == 0;
    (!silent).then(|| ("At-least-once events", format!("  {}\n", words.join(" · "))))
}

/// What the daemon wants to be known.
pub fn notes(notes: &[String]) -> Section {
    let body: String = notes.iter().map(|note| format!("  {}\n", escape::line(note))).collect();
    (!notes.is_empty()).then_some(("Notes", body))
}
