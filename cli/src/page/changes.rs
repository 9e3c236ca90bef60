//! What a reload changes and what a check found. It only lays out.

use super::{Grid, fault, or_dash, text};
use crate::escape;
use crate::report::{Change, Changes, Checked, Fault};

/// The table of changes, or the mistakes that stand in their way.
pub fn changes(changes: &Changes) -> String {
    if !changes.faults.is_empty() {
        return faults(&changes.faults);
    }
    if changes.changes.is_empty() {
        return String::new();
    }
    let mut grid = Grid::with_header(&["PLUGIN", "KEY", "BEFORE", "AFTER", "HOLDS"]);
    for change in &changes.changes {
        grid.row(vec![
            text(if change.plugin.is_empty() { "(daemon)" } else { &change.plugin }),
            text(&change.key),
            text(or_dash(&change.before)),
            text(or_dash(&change.after)),
            text(&holds(change)),
        ]);
    }
    grid.lines(0)
}

/// What was found and what was mended.
pub fn checked(checked: &Checked) -> String {
    let mended = checked.fixed.iter().map(|line| format!("fixed: {}\n", escape::line(line)));
    let notes = checked.notes.iter().map(|line| format!("{}\n", escape::line(line)));
    faults(&checked.faults) + &mended.chain(notes).collect::<String>()
}

fn faults(faults: &[Fault]) -> String {
    faults.iter().map(|each| fault(each) + "\n").collect()
}

fn holds(change: &Change) -> String {
    match change.restart.as_str() {
        "" => "at once".to_owned(),
        what => format!("after a restart of the {what}"),
    }
}
