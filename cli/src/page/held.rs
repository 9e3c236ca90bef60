//! What plugins hold: all of it a line each, or one as a page. It passes what plugins and people
//! said through `escape`.

use super::{Grid, coloured, or_dash, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::SetAside;
use crate::screen::Tone;

/// The table.
pub fn held(held: &[SetAside], now: Micros) -> String {
    let names = ["ID", "PLUGIN", "QUEUE", "HOOK", "CHANNEL", "FROM", "HELD", "ENDS IN", "STAGE"];
    let mut grid = Grid::with_header(&names);
    for item in held {
        grid.row(vec![
            text(&item.id),
            text(&item.plugin),
            text(or_dash(&item.queue)),
            text(&item.hook),
            text(or_dash(&item.channel)),
            text(or_dash(&item.sender)),
            text(&measure::ago(now, item.held_us)),
            text(&left(item, now)),
            stage(item),
        ]);
    }
    grid.lines(0)
}

/// One of them, and what it says where that was asked for.
pub fn held_item(item: &SetAside, now: Micros) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        grid.row(vec![coloured(name, Tone::Quiet), text(or_dash(value))]);
    };
    fact("stage", &item.stage);
    fact("plugin", &item.plugin);
    fact("queue", &item.queue);
    fact("hook", &item.hook);
    fact("app", &item.app);
    fact("channel", &item.channel);
    fact("from", &item.sender);
    fact("reason", &item.reason);
    fact("held", &measure::ago(now, item.held_us));
    fact("ends in", &left(item, now));
    fact("size", &measure::bytes(item.size_bytes));
    if !item.by.is_empty() {
        fact("decided by", &item.by);
        fact("why", &item.why);
    }
    if !item.note.is_empty() {
        fact("the app said", &item.note);
    }
    let mut page = format!("held {}\n{}", escape::line(&item.id), grid.lines(2));
    if let Some(content) = &item.content {
        page.push('\n');
        page.extend(escape::lines(content).map(|line| format!("  {line}\n")));
    }
    page
}

fn left(item: &SetAside, now: Micros) -> String {
    match u64::try_from(item.expires_us - now) {
        Ok(left) if item.stage == "held" => measure::span(left),
        _ => "-".to_owned(),
    }
}

/// What the app would not have stands out.
fn stage(item: &SetAside) -> comfy_table::Cell {
    match item.note.is_empty() {
        true => text(&item.stage),
        false => coloured(&item.stage, Tone::Bad),
    }
}
