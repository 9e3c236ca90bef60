//! What is wrong, a line each; then who is told, and how they do.

use super::{Grid, coloured, text};
use crate::measure;
use crate::report::Alerts;
use crate::screen::Tone;

/// Both tables.
pub fn alerts(alerts: &Alerts) -> String {
    let mut page = String::new();
    if !alerts.alarms.is_empty() {
        let mut grid = Grid::with_header(&["WRONG", "PLUGIN", "WHAT"]);
        for alarm in &alerts.alarms {
            let who = alarm.plugin.as_deref().unwrap_or("the daemon");
            grid.row(vec![coloured(&alarm.kind, Tone::Bad), text(who), text(&alarm.detail)]);
        }
        page.push_str(&grid.lines(0));
        page.push('\n');
    }
    if alerts.outlets.is_empty() {
        return page;
    }
    let mut grid = Grid::with_header(&["TOLD", "WHERE", "TIMES", "NOT TOLD", "HOW IT DOES"]);
    for outlet in &alerts.outlets {
        grid.row(vec![
            text(&outlet.name),
            text(&outlet.to),
            text(&measure::count(outlet.told)),
            text(&measure::count(outlet.dropped)),
            match &outlet.failing {
                None => coloured("well", Tone::Good),
                Some(why) => coloured(why, Tone::Bad),
            },
        ]);
    }
    page.push_str(&grid.lines(0));
    page
}
