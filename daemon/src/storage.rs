//! What plugins keep: keys and values of their own, one file each, behind a narrow port.
//!
//! It refuses to know who may: the guard in front of the host API says so.
//!
//! ```text
//!  host API, operators ──▶ depot ──▶ queue ──▶ one of a few threads ──▶ shelf (port) ──▶ SQLite
//!          watchers ◀───── notices ◀──────────────╯
//! ```

#[cfg(test)]
mod conformance;
mod decide;
mod depot;
mod fault;
#[cfg(test)]
mod memory;
mod notices;
pub mod port;
mod room;
mod turn;

pub use decide::{Act, Found, decide};
pub use depot::{Depot, Files};
pub use fault::StorageFault;
pub use notices::{Heard, Watcher};
pub use room::{Room, Wish};
