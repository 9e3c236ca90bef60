//! At-least-once events in reports: what waits for a plugin, and what was given up.

use serde::Serialize;

/// What waits for one plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Waiting {
    /// Not acknowledged yet.
    pub events: u64,
    pub bytes: u64,
    /// When the oldest was published.
    pub oldest_us: Option<i64>,
    pub dead_letters: u64,
    /// Expired since the daemon started.
    pub expired: u64,
}

/// An event that was given up for one plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    pub id: i64,
    pub plugin: String,
    pub event_id: String,
    pub r#type: String,
    /// What orders it: usually the channel's id.
    pub lane: String,
    /// failed, poison, expired, denied or unsubscribed.
    pub cause: String,
    /// What the handler said.
    pub detail: String,
    pub attempts: u32,
    pub size_bytes: u64,
    pub published_us: i64,
    pub at_us: i64,
    /// What the event says, where that was asked for.
    pub content: Option<String>,
}
