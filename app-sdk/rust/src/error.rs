//! What can go wrong where the app asked for a result: publishing and commands.
//!
//! Hooks are not here: they have outcomes, never errors. It refuses to know gRPC's statuses.

use outboard_proto::common::Failure;

use crate::outcome::Why;

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// The daemon was not to be reached within the patience. It may or may not have taken the
    /// event; publishing it again under the same id counts once.
    #[error("event {event_id} was not acknowledged: {why}")]
    NotAcknowledged {
        /// The id under which it was tried.
        event_id: String,
        /// What was in the way at last.
        why: Why,
    },
    /// The daemon refused the event itself.
    #[error("the daemon refused the event: {0}")]
    Refused(Failure),
}

impl PublishError {
    pub(crate) fn from_why(why: Why, event_id: String) -> Self {
        Self::NotAcknowledged { event_id, why }
    }
}

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// The daemon or the plugin says why: an unknown command, bad arguments, a plugin that is
    /// down.
    #[error("{0}")]
    Failed(Failure),
    /// It was not started.
    #[error("the command was not started: {0}")]
    NotStarted(Why),
    /// It was handed over, and nothing came back: it may have been carried out.
    #[error("the command's outcome is unknown: {0}")]
    Unknown(Why),
}

impl CommandError {
    pub(crate) fn from_why(why: Why) -> Self {
        match why {
            Why::Away | Why::Silent | Why::OverLimit | Why::TooLarge(_) => Self::NotStarted(why),
            Why::Lost | Why::Late | Why::Unfit | Why::Refused(_) => Self::Unknown(why),
        }
    }
}
