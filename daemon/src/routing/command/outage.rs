//! What is said of a plugin that cannot answer now.
//!
//! It knows where a plugin can stand; it refuses to know what was asked of it.

use outboard_proto::common::{Failure, Reason};

use super::super::debug::Guest;
use super::super::member::{Member, Standing};
use crate::clock::micros;

/// `PLUGIN_UNAVAILABLE` with everything the app may want to show.
pub fn unavailable(plugin: &str, standing: &Standing, outcome: &str) -> Failure {
    let (state, reason, retry_after) = match standing {
        Standing::Ready => ("running", "its session was lost".to_owned(), None),
        Standing::Suspended(by) => ("suspended", format!("{by} is down"), None),
        Standing::Unavailable { state, reason, retry_after } => {
            (*state, reason.clone(), *retry_after)
        }
        Standing::Debugged(Guest::Answering) => ("debug", "its session was lost".to_owned(), None),
        Standing::Debugged(Guest::Awaited) => ("debug", "not ready yet".to_owned(), None),
        Standing::Unlisted => ("stopped", "not in service".to_owned(), None),
    };
    let colon = if reason.is_empty() { "" } else { ": " };
    let text = format!("{plugin} is not available now ({state}{colon}{reason})");
    let failure = Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, text)
        .detail("plugin", plugin)
        .detail("state", state)
        .detail("reason", reason)
        .detail("outcome", outcome);
    match retry_after {
        Some(after) => {
            failure.detail("retry_after_us", micros(after).to_string()).retry_after(after)
        }
        None => failure,
    }
}

/// `PLUGIN_UNAVAILABLE` where the plugin may not be handed it, here or at all.
pub fn not_given(member: &Member) -> Failure {
    let name = &member.is.name;
    let text = format!("{name} is not available here (it was not granted what this needs)");
    Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, text)
        .detail("plugin", &**name)
        .detail("state", "not granted")
        .detail("outcome", "not_started")
}

/// Why a command cannot be run now, in a few words; empty if it can.
pub fn briefly(standing: &Standing) -> String {
    match standing {
        Standing::Ready | Standing::Debugged(Guest::Answering) => String::new(),
        Standing::Debugged(Guest::Awaited) => "debug: not ready yet".to_owned(),
        Standing::Suspended(by) => format!("{by} is down"),
        Standing::Unavailable { state, reason, .. } if reason.is_empty() => (*state).to_owned(),
        Standing::Unavailable { state, reason, .. } => format!("{state}: {reason}"),
        Standing::Unlisted => "not in service".to_owned(),
    }
}
