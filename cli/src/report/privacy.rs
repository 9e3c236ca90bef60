//! What was erased of a user, in reports. It refuses to know how people see it.

use outboard_proto::admin as wire;
use serde::Serialize;

/// What was erased of a user, and who is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forgotten {
    /// Events on the disk that lost their content.
    pub events: u64,
    /// Those of them that were dead letters.
    pub dead_letters: u64,
    /// Events in memory that lost their content.
    pub queued: u64,
    /// Acts that plugins held: dropped.
    pub held: u64,
    /// Interactions of theirs that plugins had deferred: ended.
    pub interactions: u64,
    /// Requests of plugins that waited for an app and concern them: dropped.
    pub requests: u64,
    /// Lines of plugins' logs in memory that named them: dropped.
    pub log_lines: u64,
    /// Plugins that are told, at once or when they run.
    pub told: Vec<String>,
    /// Loaded plugins that are not told.
    pub not_told: Vec<String>,
    /// Of the event by which they are told.
    pub event_id: String,
}

impl From<wire::ForgetResponse> for Forgotten {
    fn from(wire: wire::ForgetResponse) -> Self {
        let wire::ForgetResponse { events, dead_letters, queued, held, .. } = wire;
        let wire::ForgetResponse { interactions, requests, log_lines, .. } = wire;
        let wire::ForgetResponse { told, not_told, event_id, .. } = wire;
        Self {
            events,
            dead_letters,
            queued,
            held,
            interactions,
            requests,
            log_lines,
            told,
            not_told,
            event_id,
        }
    }
}
