//! What was counted, as tables; and uses, a line each. Names that plugins gave pass through
//! `escape` like every word of theirs.

use super::{Grid, or_dash, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::{Counted, CountedLine, Used};
use crate::screen::{Tone, toned};

/// A line for each plugin.
pub fn counted(counted: &Counted, now: Micros) -> String {
    let mut grid = Grid::with_header(&[
        "PLUGIN",
        "USES",
        "ERRORS",
        "TIMEOUTS",
        "P50",
        "P95",
        "P99",
        "LAST USED",
        "HOST CALLS",
        "TO IT",
        "FROM IT",
        "ENDS",
    ]);
    for line in counted.lines.iter().filter(|line| line.kind.is_none()) {
        let mut row = vec![text(&line.plugin)];
        row.extend(numbers(line, now));
        row.extend([
            text(&measure::count(line.host_calls)),
            text(&measure::bytes(line.bytes_out)),
            text(&measure::bytes(line.bytes_in)),
            text(or_dash(&ends(line))),
        ]);
        grid.row(row);
    }
    grid.lines(0)
}

/// One plugin: what was counted under each of its names, a table for each kind of thing.
pub fn counted_in_full(counted: &Counted, now: Micros) -> String {
    let mut page = self::counted(counted, now);
    let named = |line: &&CountedLine| line.kind.is_some();
    let used = |line: &&CountedLine| !is_sum(line);
    let lines: Vec<&CountedLine> = counted.lines.iter().filter(named).collect();
    if lines.iter().any(used) {
        let mut grid = Grid::with_header(&[
            "KIND",
            "NAME",
            "USES",
            "ERRORS",
            "TIMEOUTS",
            "P50",
            "P95",
            "P99",
            "LAST USED",
            "OUTCOMES",
        ]);
        for line in lines.iter().copied().filter(used) {
            let mut row = vec![text(kind(line)), text(name(line))];
            row.extend(numbers(line, now));
            row.push(text(or_dash(&outcomes(line))));
            grid.row(row);
        }
        page.push('\n');
        page.push_str(&grid.lines(0));
    }
    if lines.iter().any(is_sum) {
        let mut grid = Grid::with_header(&["COUNTER", "VALUE"]);
        for line in lines.into_iter().filter(is_sum) {
            grid.row(vec![text(name(line)), text(&measure::count(line.invocations))]);
        }
        page.push('\n');
        page.push_str(&grid.lines(0));
    }
    page
}

/// What was used most, the most first.
pub fn popular(counted: &Counted, now: Micros) -> String {
    let mut grid = Grid::with_header(&["USES", "PLUGIN", "KIND", "NAME", "LAST USED"]);
    for line in &counted.lines {
        grid.row(vec![
            text(&measure::count(line.invocations)),
            text(&line.plugin),
            text(kind(line)),
            text(name(line)),
            text(&last_used(line, now)),
        ]);
    }
    grid.lines(0)
}

/// `Jan 02 15:04:05.678  dice  rolled  sides=6`.
pub fn used(used: &Used) -> String {
    let mut words = vec![
        toned(Tone::Quiet, &measure::clock(used.timestamp_us)),
        toned(Tone::Strong, &escape::line(&used.plugin)),
        escape::line(&used.action).into_owned(),
    ];
    words.extend(used.value.map(|value| value.to_string()));
    let pairs = used.metadata.iter().map(|(key, value)| format!("{key}={value}"));
    words.extend(pairs.map(|pair| escape::line(&pair).into_owned()));
    let line = words.join("  ");
    match used.missed {
        0 => line,
        missed => {
            let missed = measure::plural(missed as usize, "record");
            let note = format!("({missed} left out: this reader is too slow)");
            format!("{}\n{line}", toned(Tone::Weak, &note))
        }
    }
}

/// A number of the plugin's own, or how often it ended: neither takes time nor fails.
fn is_sum(line: &&CountedLine) -> bool {
    kind(line) == "counter"
}

fn numbers(line: &CountedLine, now: Micros) -> [comfy_table::Cell; 7] {
    let span = |us: Option<u64>| text(&us.map_or("-".to_owned(), measure::span));
    [
        text(&measure::count(line.invocations)),
        text(&measure::count(line.errors())),
        text(&measure::count(line.timeouts())),
        span(line.p50_us),
        span(line.p95_us),
        span(line.p99_us),
        text(&last_used(line, now)),
    ]
}

fn last_used(line: &CountedLine, now: Micros) -> String {
    line.last_used_us.map_or("-".to_owned(), |at| measure::ago(now, at))
}

fn kind(line: &CountedLine) -> &str {
    line.kind.as_deref().unwrap_or_default()
}

fn name(line: &CountedLine) -> &str {
    or_dash(line.name.as_deref().unwrap_or_default())
}

/// `oom 2, signal 1`.
fn ends(line: &CountedLine) -> String {
    let each = line.ends.iter().map(|(cause, count)| format!("{cause} {count}"));
    each.collect::<Vec<_>>().join(", ")
}

/// What came of those that did not go well, such as `failed 2, timed-out 1`; and how often a
/// breaker opened.
fn outcomes(line: &CountedLine) -> String {
    let others = line.outcomes.iter().filter(|(word, _)| *word != "ok");
    let mut each: Vec<String> = others.map(|(word, count)| format!("{word} {count}")).collect();
    if line.breaker_openings > 0 {
        each.push(format!("breaker opened {}", line.breaker_openings));
    }
    each.join(", ")
}
