//! What was erased of a user, as a page. It refuses to know how it was erased.

use super::{Grid, coloured, or_dash, text};
use crate::report::Forgotten;
use crate::screen::Tone;

/// What was erased, and who is told.
pub fn forgotten(forgotten: &Forgotten) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        grid.row(vec![coloured(name, Tone::Quiet), text(or_dash(value))]);
    };
    fact("events on the disk", &forgotten.events.to_string());
    fact("dead letters among them", &forgotten.dead_letters.to_string());
    fact("events in memory", &forgotten.queued.to_string());
    fact("held acts, dropped", &forgotten.held.to_string());
    fact("deferred, ended", &forgotten.interactions.to_string());
    fact("requests, dropped", &forgotten.requests.to_string());
    fact("log lines, dropped", &forgotten.log_lines.to_string());
    fact("plugins told", &forgotten.told.join(", "));
    fact("plugins not told", &forgotten.not_told.join(", "));
    grid.lines(0)
}
