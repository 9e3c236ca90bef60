//! Grants and the audit log, in reports. It refuses to know how they are laid out.

use outboard_proto::admin as wire;
use serde::Serialize;

/// What a plugin asked for, has and uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GrantsTable {
    pub name: String,
    pub grants: Vec<GrantRow>,
    /// Who decided what is granted.
    pub source: String,
    /// Since when uses are counted.
    pub since_us: i64,
    /// What was changed; empty where it was only asked.
    pub message: String,
}

/// One permission that a plugin asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GrantRow {
    pub permission: String,
    pub optional: bool,
    pub reason: String,
    /// The author's limits: `@channels=town-*`.
    pub asked: String,
    pub granted: bool,
    /// The operator's limits.
    pub narrowed: String,
    pub used: u64,
    /// None if never.
    pub last_used_us: Option<i64>,
    pub refused: u64,
}

/// One act.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AuditRecord {
    pub at: String,
    pub who: String,
    pub act: String,
    pub plugin: String,
    pub on: String,
    pub why: String,
    pub outcome: String,
    pub count: u64,
}

impl From<wire::GrantsTable> for GrantsTable {
    fn from(wire: wire::GrantsTable) -> GrantsTable {
        let wire::GrantsTable { name, rows, source, since_us, message } = wire;
        let grants = rows.into_iter().map(GrantRow::from).collect();
        GrantsTable { name, grants, source, since_us, message }
    }
}

impl From<wire::GrantRow> for GrantRow {
    fn from(wire: wire::GrantRow) -> GrantRow {
        GrantRow {
            permission: wire.permission,
            optional: wire.optional,
            reason: wire.reason,
            asked: wire.asked,
            granted: wire.granted,
            narrowed: wire.narrowed,
            used: wire.used,
            last_used_us: (wire.last_used_us != 0).then_some(wire.last_used_us),
            refused: wire.refused,
        }
    }
}

impl From<wire::AuditRecord> for AuditRecord {
    fn from(wire: wire::AuditRecord) -> AuditRecord {
        let wire::AuditRecord { at, who, act, plugin, on, why, outcome, count } = wire;
        AuditRecord { at, who, act, plugin, on, why, outcome, count }
    }
}
