//! A hook's interceptors in the order in which they answer. It does not know how that order came
//! about, only the constraints that the plugins named.

use super::{Grid, text};
use crate::escape;
use crate::measure;
use crate::report::{Interceptor, Order};

/// The table, then what should be known about the whole.
pub fn order(hook: &str, order: &Order) -> String {
    if order.entries.is_empty() {
        return String::new();
    }
    let names =
        ["", "PLUGIN", "PHASE", "PRIORITY", "BEFORE", "AFTER", "POLICY", "TIMEOUT", "STATE"];
    let mut grid = Grid::with_header(&names);
    for (index, entry) in order.entries.iter().enumerate() {
        grid.row(vec![
            text(&(index + 1).to_string()),
            text(&entry.plugin),
            text(&entry.phase),
            text(&entry.priority.to_string()),
            text(&entry.before.join(", ")),
            text(&entry.after.join(", ")),
            text(&policy(entry)),
            text(&measure::span(entry.timeout_us)),
            text(&entry.state),
        ]);
    }
    let budget = measure::span(order.budget_us);
    let mut page = grid.lines(0);
    page.push_str(&format!("\nThe budget of {} is {budget}.\n", escape::line(hook)));
    if !order.ignored.is_empty() {
        let absent = order.ignored.join(", ");
        page.push_str(&format!("Named but not here, so ignored: {}.\n", escape::line(&absent)));
    }
    page
}

fn policy(entry: &Interceptor) -> String {
    match entry.asked_closed {
        true => format!("{} (asks for closed)", entry.policy),
        false => entry.policy.clone(),
    }
}
