//! Who may run a command, and where: from what the app says of the sender and the channel.
//!
//! Pure. It refuses to know commands' arguments and plugins' states.

use outboard_proto::common::{Channel, ChannelKind, Failure, Reason, Sender};

use crate::config::manifest::{Audience, CommandDecl, Venue};
use crate::routing::Registration;

/// Whether this person may run it here.
///
/// # Errors
/// Why not, for the person.
pub fn allowed(
    decl: &CommandDecl,
    sender: Option<&Sender>,
    channel: Option<&Channel>,
) -> Result<(), Failure> {
    let denied = |text: String| {
        Err(Failure::new(tonic::Code::PermissionDenied, Reason::CommandNotAllowed, text))
    };
    let roles = sender.map(|sender| &sender.roles[..]).unwrap_or_default();
    let audience = match &decl.allow {
        Audience::Everyone => true,
        Audience::Roles(allowed) => roles.iter().any(|role| allowed.contains(role)),
    };
    if !audience {
        return denied(format!("you may not run {}", decl.name.as_str()));
    }
    let venue = match channel.map_or(ChannelKind::Public, Channel::kind) {
        ChannelKind::Direct => Venue::Direct,
        ChannelKind::Group => Venue::Group,
        ChannelKind::Public | ChannelKind::Private | ChannelKind::Unspecified => Venue::Channel,
    };
    if decl.venues.is_empty() || decl.venues.contains(&venue) {
        return Ok(());
    }
    denied(format!("{} cannot be run here", decl.name.as_str()))
}

/// Whether the operator lets this plugin work there.
///
/// # Errors
/// It is limited to other channels; for the person.
pub fn enabled_in(plugin: &Registration, channel: Option<&Channel>) -> Result<(), Failure> {
    if plugin.is_enabled_in(channel) {
        return Ok(());
    }
    let text = format!("{} is not enabled in this channel", plugin.name);
    Err(Failure::new(tonic::Code::PermissionDenied, Reason::CommandNotAllowed, text))
}
