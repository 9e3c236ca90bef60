//! The supervision machine: decides when a plugin starts, stops, waits, or is given up.
//!
//! It is told what happened and what time it is; it answers with a new state and a list of things
//! to do. It refuses to know clocks, processes, sockets and files: whoever drives it reads the
//! clock, carries out the effects and reports what came of them.
//!
//! ```text
//!             start                 ready                 conditions, restart, shutdown
//!  Stopped ───────────▶ Starting ───────────▶ Running ───────────────▶ Draining
//!     ▲                    │  ▲                  │ hung, protocol           │ drained, late
//!     │                    │  │ due              │                          ▼
//!     │                    │  └─── Waiting ◀─────┼──── ended ────────── Stopping
//!     │                    ▼          ▲          ▼                          │
//!     └──────────────── (ended) ──────┴────── (ended) ◀────────────────────┘
//!                          └──────────▶ Failed ◀── too many ends, or a fault that would repeat
//! ```

pub mod backoff;
pub mod breaker;
pub mod effect;
pub mod event;
pub mod intensity;
pub mod machine;
pub mod moment;
pub mod order;
pub mod policy;
pub mod state;

pub use effect::Effect;
pub use event::{Cause, Conditions, Event, Exit, News, Obituary};
pub use machine::{Machine, Now};
pub use moment::Moment;
pub use policy::{FirstStart, Policy, Restart};
pub use state::State;
