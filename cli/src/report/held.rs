//! What plugins hold, in reports. It refuses to know the wire: `convert` does.

use serde::Serialize;

/// Something that is held, or was.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SetAside {
    pub id: String,
    pub plugin: String,
    pub queue: String,
    pub hook: String,
    pub app: String,
    pub workspace: String,
    /// Its name, or its id where it has none.
    pub channel: String,
    /// As the channel.
    pub sender: String,
    /// Why it is held.
    pub reason: String,
    pub held_us: i64,
    pub expires_us: i64,
    pub size_bytes: u64,
    /// held, releasing, dropping (the app is still to be told), released or dropped.
    pub stage: String,
    /// operator, expiry, deletion or plugin:NAME; empty while it is held.
    pub by: String,
    /// Why it is dropped.
    pub why: String,
    /// What the app said when it would not have it.
    pub note: String,
    /// What it says, where that was asked for.
    pub content: Option<String>,
}
