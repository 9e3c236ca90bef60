//! What doctor found, the worst first. It judges nothing.

use super::{Grid, coloured, text};
use crate::report::{Finding, Severity};
use crate::screen::Tone;

/// The table.
pub fn findings(findings: &[Finding]) -> String {
    let mut worst_first: Vec<&Finding> = findings.iter().collect();
    worst_first.sort_by_key(|finding| finding.severity);
    let mut grid = Grid::with_header(&["", "CHECK", "FINDING"]);
    for finding in worst_first {
        let (word, tone) = match finding.severity {
            Severity::Problem => ("PROBLEM", Tone::Bad),
            Severity::Weak => ("weak", Tone::Weak),
            Severity::Ok => ("ok", Tone::Good),
        };
        grid.row(vec![coloured(word, tone), text(&finding.check), text(&finding.says)]);
        if !finding.hint.is_empty() {
            let hint = format!("hint: {}", finding.hint);
            grid.row(vec![text(""), text(""), coloured(&hint, Tone::Quiet)]);
        }
    }
    grid.lines(0)
}
