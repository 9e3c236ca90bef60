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
    // The session's own line has bytes and no uses.
    let used =
        |line: &&CountedLine| !is_sum(line) && (line.invocations > 0 || line.breaker_openings > 0);
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

/// What came of those that did not go well, such as `failed 2, timed-out 1`; how often a breaker
/// opened; what the plugin said that its tracked uses were worth.
fn outcomes(line: &CountedLine) -> String {
    let others = line.outcomes.iter().filter(|(word, _)| *word != "ok");
    let mut each: Vec<String> = others.map(|(word, count)| format!("{word} {count}")).collect();
    if line.breaker_openings > 0 {
        each.push(format!("breaker opened {}", line.breaker_openings));
    }
    if line.value != 0.0 {
        each.push(format!("worth {} in all", line.value));
    }
    each.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: Option<&str>, name: &str) -> CountedLine {
        CountedLine {
            plugin: "dice".to_owned(),
            kind: kind.map(str::to_owned),
            name: kind.map(|_| name.to_owned()),
            invocations: 1200,
            outcomes: [("ok", 1195), ("failed", 3), ("timed-out", 2)]
                .map(|(word, count)| (word.to_owned(), count))
                .into(),
            p50_us: Some(800),
            p95_us: Some(2_100),
            p99_us: None,
            last_used_us: Some(1),
            bytes_out: 2048,
            bytes_in: 10,
            breaker_openings: 1,
            value: 0.0,
            ends: [("oom".to_owned(), 2)].into(),
            host_calls: 7,
        }
    }

    fn page() -> String {
        let lines = vec![
            line(None, ""),
            line(Some("command"), "ro\u{1b}[31mll"),
            line(Some("counter"), "rolls{sides=6}"),
        ];
        counted_in_full(&Counted { since_us: 0, trouble: None, lines }, 60_000_001)
    }

    #[test]
    fn a_plugin_has_a_line_of_its_own_one_for_each_name_and_its_counters() {
        let page = page();
        let lines: Vec<Vec<&str>> =
            page.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
        let words = |at: usize| -> Vec<&str> {
            lines[at].iter().copied().filter(|word| !word.is_empty()).collect()
        };
        assert_eq!(
            words(1),
            [
                "dice", "1,200", "3", "2", "800 µs", "2.1 ms", "-", "1 m ago", "7", "2 KiB",
                "10 B", "oom 2"
            ]
        );
        assert!(page.contains("failed 3, timed-out 2, breaker opened 1"), "{page}");
        assert!(page.contains("rolls{sides=6}"), "{page}");
    }

    #[test]
    fn what_tracked_uses_were_worth_is_said() {
        let worth = CountedLine { value: 12.5, ..line(Some("track"), "sold") };
        assert!(outcomes(&worth).ends_with("worth 12.5 in all"), "{}", outcomes(&worth));
    }

    #[test]
    fn what_a_plugin_calls_its_things_reaches_no_terminal_as_it_is() {
        let bare = page().replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert!(!bare.contains("\u{1b}[31m"), "{bare:?}");
    }
}
