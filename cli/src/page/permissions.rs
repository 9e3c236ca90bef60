//! What a plugin may do, as a table; and the audit log, a line each. Every word that is a plugin's
//! passes through `escape`.

use super::{Grid, coloured, or_dash, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::{AuditRecord, GrantRow, GrantsTable};
use crate::screen::{Tone, toned};

/// The table, and who decided it.
pub fn grants(table: &GrantsTable, now: Micros) -> String {
    let header =
        ["PERMISSION", "NEED", "GRANTED", "LIMITED TO", "USED", "LAST", "REFUSED", "REASON"];
    let mut grid = Grid::with_header(&header);
    for row in &table.grants {
        grid.row(vec![
            text(&row.permission),
            text(if row.optional { "optional" } else { "required" }),
            granted(row),
            text(or_dash(&limits(row))),
            text(&if row.used == 0 { "never".to_owned() } else { measure::count(row.used) }),
            text(&row.last_used_us.map_or("-".to_owned(), |at| measure::ago(now, at))),
            text(or_dash(&refused(row))),
            text(&row.reason),
        ]);
    }
    let since = measure::ago(now, table.since_us);
    let by = format!("granted by {}; counted since the daemon's start, {since}", table.source);
    format!("{}{}\n", grid.lines(0), toned(Tone::Quiet, &escape::line(&by)))
}

fn granted(row: &GrantRow) -> comfy_table::Cell {
    match (row.granted, row.narrowed.is_empty(), row.optional) {
        (true, true, _) => coloured("yes", Tone::Good),
        (true, false, _) => coloured("narrowed", Tone::Good),
        (false, _, true) => coloured("no", Tone::Quiet),
        (false, _, false) => coloured("no", Tone::Bad),
    }
}

fn refused(row: &GrantRow) -> String {
    if row.refused == 0 { String::new() } else { measure::count(row.refused) }
}

/// The author's limits, and the operator's.
fn limits(row: &GrantRow) -> String {
    let plain = |scope: &str| scope.trim_start_matches('@').replace('@', " ");
    match (row.asked.as_str(), row.narrowed.as_str()) {
        ("", narrowed) => plain(narrowed),
        (asked, "") => format!("{} (as asked)", plain(asked)),
        (asked, narrowed) => format!("{}, of {}", plain(narrowed), plain(asked)),
    }
}

/// `2026-01-02T15:04:05Z  operator uid 0  load  alpha  /plugins/alpha (why)  done`.
pub fn audit(record: &AuditRecord) -> String {
    let mut words = vec![record.who.clone(), record.act.clone()];
    words.extend([&record.plugin, &record.on].into_iter().filter(|it| !it.is_empty()).cloned());
    if !record.why.is_empty() {
        words.push(format!("({})", record.why));
    }
    if record.count > 1 {
        words.push(format!("{} times", measure::count(record.count)));
    }
    let said = escape::line(&words.join("  ")).into_owned();
    let tone = if record.outcome == "done" { Tone::Quiet } else { Tone::Bad };
    let outcome = toned(tone, &escape::line(&record.outcome));
    let at = toned(Tone::Quiet, &escape::line(&record.at));
    format!("{at}  {said}  {outcome}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_with_whose_they_are() {
        let row = |asked: &str, narrowed: &str| {
            let (asked, narrowed) = (asked.to_owned(), narrowed.to_owned());
            limits(&GrantRow { asked, narrowed, ..GrantRow::default() })
        };
        assert_eq!(row("", ""), "");
        assert_eq!(row("@channels=a|b", ""), "channels=a|b (as asked)");
        assert_eq!(row("", "@workspaces=w@channels=a"), "workspaces=w channels=a");
        assert_eq!(row("@channels=a|b", "@channels=a"), "channels=a, of channels=a|b");
    }

    #[test]
    fn a_record_is_one_line_whatever_it_says() {
        let record = AuditRecord {
            at: "2026-01-02T15:04:05Z".to_owned(),
            who: "plugin alpha".to_owned(),
            act: "refused".to_owned(),
            plugin: "alpha".to_owned(),
            on: "/Messages/Send\n\u{1b}[2J".to_owned(),
            why: "needs messages:send".to_owned(),
            outcome: "not granted".to_owned(),
            count: 9_999,
        };
        let line = audit(&record);
        assert!(!line.contains('\n') && !line.contains("\u{1b}[2J"), "{line:?}");
        assert!(line.contains("(needs messages:send)  9,999 times"), "{line}");
    }
}
