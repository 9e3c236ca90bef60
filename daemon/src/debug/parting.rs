//! Why a visit is over: in a word, in a sentence, and as the guest hears it.
//!
//! It refuses to know who said so.

use std::fmt;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use crate::config::name::PluginName;

/// Why a visit is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parting {
    /// The guest closed its session, or its process ended.
    Left,
    /// An operator ended it.
    Stopped,
    /// The command that asked for it ended.
    Withdrawn,
    /// Nobody came in time.
    Unused,
    /// The plugin was loaded again: what its manifest says may have changed.
    LoadedAnew,
    /// The plugin may not run any more: why.
    NotInService(String),
    /// Debugging was taken out of outboard.toml.
    Forbidden,
    /// The plugin was unloaded.
    Unloaded,
    /// The daemon stops.
    DaemonStops,
    /// The guest broke the protocol: how.
    Protocol(String),
    /// The guest said that it cannot initialize: why.
    InitFailed(String),
}

impl Parting {
    /// In a word, for programs.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Stopped => "stopped",
            Self::Withdrawn => "withdrawn",
            Self::Unused => "unused",
            Self::LoadedAnew => "loaded-anew",
            Self::NotInService(_) => "not-in-service",
            Self::Forbidden => "forbidden",
            Self::Unloaded => "unloaded",
            Self::DaemonStops => "daemon-stops",
            Self::Protocol(_) => "protocol",
            Self::InitFailed(_) => "init-failed",
        }
    }

    /// What the guest hears, then and whenever it comes back. Coming back would not help.
    #[must_use]
    pub fn failure(&self, plugin: &PluginName) -> Failure {
        let text = format!("the debugging of {plugin} is over: {self}");
        Failure::new(Code::FailedPrecondition, Reason::DebugEnded, text)
            .detail("cause", self.cause())
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the process ended its session"),
            Self::Stopped => f.write_str("an operator stopped it"),
            Self::Withdrawn => f.write_str("the command that asked for it has ended"),
            Self::Unused => f.write_str("no process came within 10 minutes"),
            Self::LoadedAnew => f.write_str("the plugin was loaded again"),
            Self::NotInService(why) => write!(f, "the plugin may not run any more: {why}"),
            Self::Forbidden => f.write_str("outboard.toml does not allow it any more"),
            Self::Unloaded => f.write_str("the plugin was unloaded"),
            Self::DaemonStops => f.write_str("the daemon is stopping"),
            Self::Protocol(why) => write!(f, "the process broke the protocol: {why}"),
            Self::InitFailed(why) => write!(f, "the process failed to initialize: {why}"),
        }
    }
}
