//! What must survive the daemon: `control.db` (plugins, overrides, ends), `journal.db` (what is
//! under way), `statistics.db` (what was counted) and a file for what each plugin keeps. One thread
//! owns each database; callers await, and never block. It knows rows, not what becomes of them.
//!
//! An acknowledged write is on the disk, whatever happens to the power: WAL, `synchronous = FULL`,
//! and the acknowledgement after the commit. What plugins keep outlives any process; the power only
//! where that was asked for.

pub mod backup;
pub mod control;
pub mod error;
mod integer;
pub mod journal;
mod schema;
mod set_aside;
mod shelf;
mod statistics;
mod thread;

pub use backup::{BackupReport, Whole, backup, restore, verify};
pub use control::{Control, EndRecord, PluginRecord};
pub use error::StoreError;
pub use journal::{
    Claim, Deferred, Enqueued, Journal, Lookup, NewRequest, OutboxEntry, Quarantine,
};
pub use schema::Health;
pub use set_aside::with as path_with;
pub use shelf::{Secrets, SqliteShelf, copy_shelf, stage_shelf};
pub use statistics::{HourBook, KEPT_HOURS, Opened as OpenedBook};
