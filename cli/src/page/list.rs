//! Every plugin on a line. It leaves everything else to the status page.

use super::{Grid, coloured, state_words, text, tone};
use crate::measure::{self, Micros};
use crate::report::{Plugin, State};

/// The table of all plugins.
pub fn list(plugins: &[Plugin], now: Micros) -> String {
    let names = ["NAME", "VERSION", "STATE", "FOR", "MEMORY", "RESTARTS", "WHY"];
    let mut grid = Grid::with_header(&names);
    for plugin in plugins {
        grid.row(vec![
            text(&plugin.name),
            text(&plugin.version),
            coloured(&state_words(plugin), tone(plugin)),
            text(&plugin.since_us.map_or("-".to_owned(), |since| measure::lasted(now, since))),
            text(&memory(plugin)),
            text(&plugin.restarts.to_string()),
            text(&why(plugin)),
        ]);
    }
    grid.lines(0)
}

fn memory(plugin: &Plugin) -> String {
    match plugin.pid {
        // Nobody measures a process of the developer's.
        Some(_) if plugin.state == State::Debug => "-".to_owned(),
        Some(_) => {
            let used = measure::bytes(plugin.memory_bytes);
            format!("{used} of {}", measure::bytes(plugin.memory_limit_bytes))
        }
        None => "-".to_owned(),
    }
}

/// The daemon's reason; for a failed plugin without one, how it ended last.
fn why(plugin: &Plugin) -> String {
    match (plugin.reason.is_empty(), plugin.state, plugin.ends.first()) {
        (true, State::Failed, Some(end)) => format!("{} {}", end.cause, end.exit),
        (true, State::Stopped, _) if !plugin.enabled => "not enabled".to_owned(),
        _ => plugin.reason.clone(),
    }
}
