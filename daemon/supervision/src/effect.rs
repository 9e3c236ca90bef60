//! What the machine asks its driver to do.
//!
//! An order, not a deed: nothing here knows how it is carried out, and all of it can fail. What
//! came of it returns as an event.

use std::time::Duration;

use crate::event::Obituary;

/// One thing to do. Each speaks of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start a process for this generation.
    Spawn(u64),
    /// Ask for a sign of life.
    Ping(u64),
    /// Tell the plugin to finish what is under way; report `Drained`.
    Drain(u64, Duration),
    /// Tell the plugin to end.
    Shutdown(u64, Duration),
    /// Send SIGTERM to the plugin's main process.
    Terminate(u64),
    /// Kill the whole tree.
    Kill(u64),
    /// Close every connection of this generation.
    Disconnect(u64),
    /// Keep the record of how a generation ended.
    Record(Obituary),
}
