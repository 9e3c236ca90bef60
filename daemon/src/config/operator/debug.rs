//! `[debug]`: whether operators may have processes of their own stand in for plugins.

use crate::config::section::Section;
use crate::config::source::Sourced;

/// Whether plugins may be debugged here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DebugMode {
    /// Never: a production daemon.
    Refused,
    /// By operators.
    Allowed,
}

impl DebugMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            DebugMode::Refused => "false",
            DebugMode::Allowed => "true",
        }
    }
}

/// Reads `[debug]`.
pub fn read(root: &Section<'_>) -> Option<Sourced<DebugMode>> {
    let table = root.section("debug")?;
    let mode = table.field("enabled").and_then(|it| {
        let mode = if it.flag()? { DebugMode::Allowed } else { DebugMode::Refused };
        Some(it.sourced(mode))
    });
    table.close();
    mode
}
