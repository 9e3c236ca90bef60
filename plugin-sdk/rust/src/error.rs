//! The errors that meet a plugin's author: a handler's own, and what the daemon refused.
//!
//! It refuses to know how an error travels: `session` and `host` translate to and from the wire.

use std::fmt::Display;
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What a handler returns when it may fail.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a handler failed, in words for the operator.
///
/// Anything that can be displayed becomes one by `?`, which is also why it is no
/// [`std::error::Error`] itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    is_final: bool,
}

impl Error {
    /// A failure told in `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_final: false }
    }

    /// A failed start that another try would not mend, such as a setting that makes no sense: the
    /// plugin is given up until an operator resets it. From other handlers it is as good as
    /// [`Error::new`].
    pub fn fatal(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_final: true }
    }

    /// What went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether another start would fail the same way.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    pub(crate) fn into_failure(self) -> Failure {
        Failure::new(Code::Unknown, Reason::HandlerFailed, self.message)
    }
}

impl<E: Display> From<E> for Error {
    /// Takes the long form, in which many errors tell their cause too.
    fn from(error: E) -> Self {
        Self::new(format!("{error:#}"))
    }
}

/// Why a call of the host API came to nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HostError {
    /// The daemon, or the app behind it, said no.
    #[error("{code}: {message}", code = reason.code())]
    Refused {
        /// For programs.
        reason: Reason,
        /// For people.
        message: String,
        /// When trying again may help.
        retry_after: Option<Duration>,
    },
    /// The session in which the causing call came is gone, and the call with it.
    #[error("the session of the call that caused this is lost")]
    SessionLost,
    /// The daemon did not answer. Whether it carried the call out is unknown.
    #[error("no answer from the daemon: {0}")]
    Unreachable(String),
}

impl HostError {
    /// The daemon's reason, where it gave one.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused { reason, .. } => Some(*reason),
            Self::SessionLost | Self::Unreachable(_) => None,
        }
    }

    pub(crate) fn from_status(status: &Status) -> Self {
        match reason_of(status) {
            Some(reason) => Self::Refused {
                reason,
                message: status.message().to_owned(),
                retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
            },
            None => Self::Unreachable(format!("{:?}: {}", status.code(), status.message())),
        }
    }
}

/// Why a plugin's process ended other than by being told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The process was not started by the daemon.
    #[error(
        "{0} is not set: this program is an Outboard plugin and is started by the daemon; \
         try `outboard load` with the folder that holds its plugin.toml"
    )]
    NotUnderDaemon(&'static str),
    /// One handler was registered twice.
    #[error("two handlers are registered for {0}")]
    RegisteredTwice(String),
    /// The token is no metadata value.
    #[error("OUTBOARD_TOKEN holds characters that cannot be sent")]
    BadToken,
    /// The runtime or the signal handler could not be set up.
    #[error("cannot set up the plugin's runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The daemon refused the session.
    #[error("the daemon refused this plugin: {code}: {message}", code = reason.code())]
    Refused {
        /// For programs.
        reason: Reason,
        /// For people.
        message: String,
    },
    /// The daemon could not be reached in time.
    #[error("lost the daemon at {socket} and could not return to it: {cause}")]
    Lost {
        /// OUTBOARD_SOCKET.
        socket: String,
        /// What the last try met.
        cause: String,
    },
    /// The plugin's own start failed.
    #[error("the plugin could not start: {0}")]
    StartFailed(String),
}

/// The reason that the daemon put into a status, if it was the daemon who spoke.
pub(crate) fn reason_of(status: &Status) -> Option<Reason> {
    let info = status.get_details_error_info()?;
    if info.domain != "outboard" {
        return None;
    }
    Some(Reason::from_str_name(&format!("REASON_{}", info.reason)).unwrap_or_default())
}
