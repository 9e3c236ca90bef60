//! What is counted of one plugin since the daemon started.
//!
//! Plain numbers; they decide nothing.

/// Counters of one plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls handed to it.
    pub calls: u64,
    /// Calls its handlers failed.
    pub errors: u64,
    /// Calls and events it did not answer in time.
    pub timeouts: u64,
    /// Events handed to it.
    pub events: u64,
    /// Events it lost because its queue was full, or it kept failing.
    pub events_dropped: u64,
    /// Replies to calls that were over, or never were.
    pub stale_replies: u64,
    /// What it was not given, or not allowed, for want of a grant.
    pub denied: u64,
    /// Messages it sent.
    pub sends: u64,
    /// Messages it could not send because plugins seemed to answer each other.
    pub loops: u64,
    /// Calls that found its queue full.
    pub over_limit: u64,
    /// Host calls refused because too many came within a second.
    pub host_over_limit: u64,
    /// Times a breaker opened.
    pub breaker_openings: u64,
    /// Answers that broke the rules of its hook.
    pub rule_breaks: u64,
}
