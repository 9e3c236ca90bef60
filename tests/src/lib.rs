//! What whole-daemon tests stand on: a daemon of one's own, plugins made of the `misbehave`
//! program, an operator, an app.
//!
//! It speaks the wire and looks into /proc, as any stranger could; it refuses to know a line of the
//! daemon's own code, so that a test can only lean on what users can lean on.

pub mod app;
pub mod author;
pub mod authority;
pub mod binaries;
pub mod catcher;
#[cfg(feature = "otel")]
pub mod collector;
pub mod daemon;
pub mod draft;
pub mod guest;
pub mod operator;
pub mod process;
pub mod python;
pub mod refusal;
pub mod values;
pub mod verdict;
pub mod wire;

pub use app::{App, AppDraft};
pub use daemon::{Daemon, House};
pub use draft::Draft;
pub use guest::{Guest, Invitation};
pub use operator::Operator;
pub use refusal::Refusal;

/// What a test gives back.
pub type Outcome = anyhow::Result<()>;

/// How long a state may take to come before a test says which one did not, seconds.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
