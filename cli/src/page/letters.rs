//! Dead letters: all of them a line each, or one as a page. It passes what a handler said through
//! `escape` like every word of a plugin.

use super::{Grid, coloured, or_dash, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::DeadLetter;
use crate::screen::Tone;

/// The table.
pub fn letters(letters: &[DeadLetter], now: Micros) -> String {
    let names = ["ID", "PLUGIN", "TYPE", "LANE", "CAUSE", "ATTEMPTS", "GIVEN UP", "WHY"];
    let mut grid = Grid::with_header(&names);
    for letter in letters {
        grid.row(vec![
            text(&letter.id.to_string()),
            text(&letter.plugin),
            text(&letter.r#type),
            text(or_dash(&letter.lane)),
            coloured(&letter.cause, Tone::Bad),
            text(&letter.attempts.to_string()),
            text(&measure::ago(now, letter.at_us)),
            text(or_dash(&letter.detail)),
        ]);
    }
    grid.lines(0)
}

/// One letter, and what it says where that was asked for.
pub fn letter(letter: &DeadLetter, now: Micros) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        grid.row(vec![coloured(name, Tone::Quiet), text(or_dash(value))]);
    };
    fact("plugin", &letter.plugin);
    fact("event", &format!("{} {}", letter.r#type, letter.event_id));
    fact("lane", &letter.lane);
    fact("published", &measure::ago(now, letter.published_us));
    fact("given up", &measure::ago(now, letter.at_us));
    fact("cause", &letter.cause);
    fact("why", &letter.detail);
    fact("attempts", &letter.attempts.to_string());
    fact("size", &measure::bytes(letter.size_bytes));
    let mut page = format!("dead letter {}\n{}", letter.id, grid.lines(2));
    if let Some(content) = &letter.content {
        page.push('\n');
        page.extend(escape::lines(content).map(|line| format!("  {line}\n")));
    }
    page
}
