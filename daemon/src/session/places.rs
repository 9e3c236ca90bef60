//! Where a plugin may look and act, for what it asks of the app: before it is asked, and of what
//! was answered.
//!
//! It refuses to know what is asked for beyond its place.

use std::sync::Arc;

use outboard_proto::app::{answer, request::Of};
use outboard_proto::common::{Channel, Failure, Reason};
use outboard_proto::operations;
use tonic::Code;

use super::listen::Entrance;
use crate::routing::Cause;

/// Whether a plugin may ask for something where it would happen. What the app calls a channel is
/// known only where it is the one that `cause` happens in.
///
/// # Errors
/// It may not.
pub fn allowed(entrance: &Arc<Entrance>, of: &Of, cause: Option<&Cause>) -> Result<(), Failure> {
    if let Of::CreateChannel(create) = of {
        let channel = Channel { name: create.name.clone(), ..Channel::default() };
        return place_allowed(entrance, &channel);
    }
    match operations::channel_of(of) {
        "" => Ok(()),
        channel => place_allowed(entrance, &named(channel, cause)),
    }
}

/// A channel by its id, with its name where that is known.
pub fn named(channel: &str, cause: Option<&Cause>) -> Channel {
    let known = cause.and_then(|cause| cause.channel.as_ref()).filter(|it| it.id == channel);
    let bare = || Channel { id: channel.to_owned(), ..Channel::default() };
    known.cloned().unwrap_or_else(bare)
}

/// Whether a plugin may look and act in a channel.
///
/// # Errors
/// It may not.
pub fn place_allowed(entrance: &Arc<Entrance>, channel: &Channel) -> Result<(), Failure> {
    if entrance.switchboard.is_enabled_in(entrance.member, channel) {
        return Ok(());
    }
    let id = &channel.id;
    let text = format!("Permission denied: the operator limits this plugin to others than {id}");
    Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text))
}

/// What a plugin may see of what was found somewhere: of many, the rest is left out.
///
/// # Errors
/// It is one thing, and the plugin may not see it.
pub fn seen(
    entrance: &Arc<Entrance>,
    mut result: answer::Result,
) -> Result<answer::Result, Failure> {
    let may = |channel: Option<&Channel>| {
        channel.is_some_and(|channel| place_allowed(entrance, channel).is_ok())
    };
    match &mut result {
        answer::Result::Messages(page) => page.messages.retain(|it| may(it.channel.as_ref())),
        answer::Result::Channels(page) => page.channels.retain(|it| may(it.channel.as_ref())),
        answer::Result::Channel(found) => {
            place_allowed(entrance, &found.channel.clone().unwrap_or_default())?;
        }
        _ => {}
    }
    Ok(result)
}
