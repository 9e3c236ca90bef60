//! What must survive the daemon: `control.db` (plugins, overrides, ends) and `journal.db` (what is
//! under way). One thread owns each database; callers await, and never block. It knows rows, not
//! what becomes of them.
//!
//! An acknowledged write is on the disk, whatever happens to the power: WAL, `synchronous = FULL`,
//! and the acknowledgement after the commit.

pub mod backup;
pub mod control;
pub mod error;
mod integer;
pub mod journal;
mod schema;
mod thread;

pub use backup::{BackupReport, backup, restore, verify};
pub use control::{Control, EndRecord, PluginRecord};
pub use error::StoreError;
pub use journal::{
    Claim, Deferred, Enqueued, Journal, Lookup, NewRequest, OutboxEntry, Quarantine,
};
