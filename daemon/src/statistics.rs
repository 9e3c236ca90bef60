//! What is counted of plugins: how often each of their hooks, commands and the like was used, what
//! came of it and how long it took; and what plugins count themselves.
//!
//! Counting is additions on the data-plane thread; the sums of an hour go to `statistics.db`, and
//! to whoever asks. It decides nothing, and nothing waits for it.
//!
//! ```text
//!  call ends ──▶ ledger ──every minute──▶ recorder ──▶ statistics.db ──▶ outboard stats
//!                   ╰────────────────────────────────▶ /metrics
//! ```

pub mod histogram;
pub mod kind;
pub mod ledger;
pub mod metrics;
mod openmetrics;
mod query;
mod recorder;
pub mod sum;
pub mod usage;

pub use kind::{Kind, Outcome};
pub use ledger::{Ledger, LineId};
pub use query::{popular, stats};
pub use recorder::Recorder;
pub use sum::{Entry, Sum};
