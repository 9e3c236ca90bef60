//! The connection as the app may show it: connected or not, and why not.
//!
//! A description only; it refuses to know how the state comes about.

use std::time::Duration;

/// How things stand between this node and the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Not connected yet since the app started.
    Connecting,
    /// In session.
    Connected {
        /// The daemon's version.
        daemon_version: String,
    },
    /// Not connected; policies apply.
    Away {
        /// In an operator's words.
        why: String,
        /// When it is tried again, from the moment this was said.
        retry_in: Duration,
    },
    /// The app left, by [`crate::App::close`].
    Closed,
}

impl Link {
    /// Whether calls reach the daemon now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self, Link::Connected { .. })
    }
}
