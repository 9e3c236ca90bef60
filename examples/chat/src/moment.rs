//! The timeline: what happened to plugins and daemon, in a sentence each.
//!
//! It refuses to know where the news came from.

use serde::Serialize;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    pub at_ms: i64,
    /// The plugin it is about; empty for the daemon and for people.
    pub plugin: String,
    pub mood: Mood,
    pub says: String,
}

/// How the page colours it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    Good,
    Bad,
    Plain,
    Asked,
}

/// Now, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl Moment {
    /// Something that happens now.
    pub fn now(plugin: &str, mood: Mood, says: impl Into<String>) -> Self {
        Self { at_ms: now_ms(), plugin: plugin.into(), mood, says: says.into() }
    }
}
