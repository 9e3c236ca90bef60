//! What people see: reports laid out as tables and pages. It knows columns and words, refuses to
//! know where a report came from, and passes every word of a plugin through `escape`.

mod alerts;
mod changes;
mod daemon;
mod debug;
mod doctor;
mod held;
mod hook;
mod letters;
mod list;
mod news;
mod permissions;
mod privacy;
mod settings;
mod statistics;
mod status;
mod storage;
mod trace;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};

use crate::escape;
use crate::report::{Fault, Grant, Plugin, State};
use crate::screen::{Tone, toned};

pub use alerts::alerts;
pub use changes::{changes, checked};
pub use daemon::versions;
pub use debug::debug;
pub use doctor::findings;
pub use held::{held, held_item};
pub use hook::order;
pub use letters::{letter, letters};
pub use list::list;
pub use news::{News, log_line};
pub use permissions::{audit, grants};
pub use privacy::forgotten;
pub use settings::{setting_value, settings};
pub use statistics::{counted, counted_in_full, popular, used};
pub use status::status;
pub use storage::{storage_usage, stored, stored_value};
pub use trace::trace;

/// Columns of the narrowest terminal for which a table is folded.
const NARROWEST: u16 = 40;

/// Columns to which a sentence is folded at most, even where that is wider than the terminal.
const LEAST: u16 = 24;

/// A table without lines: the columns speak for themselves.
struct Grid {
    table: Table,
}

impl Grid {
    fn with_header(names: &[&str]) -> Grid {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        // Serial lines and some containers have terminals that claim to be 0 columns wide.
        let wraps = table.width().is_some_and(|columns| columns >= NARROWEST);
        if wraps {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        table.enforce_styling().style_text_only();
        if !names.is_empty() {
            let bold = |name: &&str| Cell::new(name).add_attribute(Attribute::Bold);
            table.set_header(names.iter().map(bold).collect::<Vec<_>>());
        }
        Grid { table }
    }

    fn without_header() -> Grid {
        Grid::with_header(&[])
    }

    fn row(&mut self, cells: Vec<Cell>) {
        self.table.add_row(cells);
    }

    /// The table's lines, each moved right by so many columns.
    fn lines(mut self, indent: usize) -> String {
        let widths = self.table.column_max_content_widths();
        let last = widths.len().saturating_sub(1);
        for (index, column) in self.table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            // Names and numbers stay whole; what must be folded is the sentence at the end.
            column.set_constraint(match index < last {
                true => ColumnConstraint::ContentWidth,
                false => ColumnConstraint::LowerBoundary(Width::Fixed(widths[last].min(LEAST) + 2)),
            });
        }
        let margin = " ".repeat(indent);
        let lines = self.table.trim_fmt();
        lines.lines().map(|line| format!("{margin}{line}\n")).collect()
    }
}

/// A cell with any text, made harmless.
fn text(words: &str) -> Cell {
    Cell::new(escape::line(words))
}

/// A cell whose colour says again what its words say.
fn coloured(words: &str, tone: Tone) -> Cell {
    let cell = text(words);
    match tone {
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Weak => cell.fg(Color::DarkYellow),
        Tone::Bad => cell.fg(Color::DarkRed),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Quiet => cell.add_attribute(Attribute::Dim),
    }
}

/// What a plugin's state deserves.
fn tone(plugin: &Plugin) -> Tone {
    match plugin.state {
        State::Running if plugin.conditions.is_empty() => Tone::Good,
        State::Failed => Tone::Bad,
        State::Stopped => Tone::Quiet,
        State::Running
        | State::Unknown
        | State::Starting
        | State::Draining
        | State::Stopping
        | State::Waiting
        | State::Debug => Tone::Weak,
    }
}

/// The state and what stands beside it: `running, suspended`.
fn state_words(plugin: &Plugin) -> String {
    let mut words = vec![plugin.state.word().to_owned()];
    words.extend(plugin.conditions.iter().cloned());
    words.join(", ")
}

/// `plugin.toml:12: hooks[0].on: no such hook` and, below it, what to write instead.
pub fn fault(fault: &Fault) -> String {
    let mut place = fault.file.clone();
    if fault.line > 0 {
        place.push_str(&format!(":{}", fault.line));
    }
    let parts = [place.as_str(), fault.key.as_str(), fault.message.as_str()];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let said = escape::line(&parts.join(": ")).into_owned();
    match fault.hint.as_str() {
        "" => said,
        hint => format!("{said}\n    {} {}", toned(Tone::Quiet, "hint:"), escape::line(hint)),
    }
}

/// What a plugin asks for, with the author's reasons.
pub fn asks(asks: &[Grant]) -> String {
    let mut grid = Grid::without_header();
    for ask in asks {
        let need = if ask.optional { "optional" } else { "required" };
        let held = if ask.granted { "granted already" } else { "" };
        let reason = reason(ask);
        grid.row(vec![text(&ask.permission), text(need), text(&reason), text(held)]);
    }
    grid.lines(2)
}

/// The author's words, or that there are none.
fn reason(ask: &Grant) -> String {
    match ask.reason.as_str() {
        "" => "no reason given".to_owned(),
        words => format!("\"{words}\""),
    }
}

/// A dash where there is nothing, so that a column does not look broken.
fn or_dash(words: &str) -> &str {
    if words.is_empty() { "-" } else { words }
}
