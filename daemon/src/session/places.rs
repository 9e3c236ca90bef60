//! Where a plugin may look and act, for what it asks of the app: before the app is asked, and of
//! what it answered.
//!
//! It refuses to know what is asked for beyond its place.

use std::sync::Arc;

use outboard_proto::app::{Request, answer, request::Of};
use outboard_proto::common::{Channel, Failure, find_channel::By};
use outboard_proto::operations;

use super::listen::Entrance;
use crate::config::permission::Permission;
use crate::routing::{Cause, elsewhere, needed_first, place};

/// Whether a plugin may ask for something where it would happen. What the app calls a channel is
/// known where it is the one that `cause` happens in.
///
/// # Errors
/// It may not.
pub fn allowed(
    entrance: &Arc<Entrance>,
    request: &Request,
    cause: Option<&Cause>,
) -> Result<(), Failure> {
    let Some(of) = &request.of else { return Ok(()) };
    let channel = match of {
        // What is found there is looked at when it is.
        Of::SearchMessages(search) if search.channel_id.is_empty() => return Ok(()),
        Of::ListChannels(_) => return Ok(()),
        Of::Status(_) => {
            let (rpc, needed) = needed_first(of);
            return entrance.permit_at_large(rpc, needed, &request.workspace);
        }
        Of::CreateChannel(create) => by_name(&create.name),
        Of::FindChannel(find) => match &find.by {
            Some(By::Name(name)) => by_name(name),
            Some(By::Id(_)) | None => named(operations::channel_of(of), cause),
        },
        other => named(operations::channel_of(other), cause),
    };
    place_allowed(entrance, of, &request.workspace, &channel)
}

/// A channel by its id, with its name where that is known.
pub fn named(channel: &str, cause: Option<&Cause>) -> Channel {
    let known = cause.and_then(|cause| cause.channel.as_ref()).filter(|it| it.id == channel);
    let bare = || Channel { id: channel.to_owned(), ..Channel::default() };
    known.cloned().unwrap_or_else(bare)
}

fn by_name(name: &str) -> Channel {
    Channel { name: name.to_owned(), ..Channel::default() }
}

/// Whether a plugin may do something in a channel; an empty one is none.
///
/// # Errors
/// It may not: by the scope of its grant, or because the operator limits it to other channels.
pub fn place_allowed(
    entrance: &Arc<Entrance>,
    of: &Of,
    workspace: &str,
    channel: &Channel,
) -> Result<(), Failure> {
    permitted(entrance, needed_first(of), workspace, channel)
}

/// Whether a plugin has a permission in a channel, and the operator lets it work there; an empty
/// channel is none.
///
/// # Errors
/// It has not, or not there.
pub fn permitted(
    entrance: &Arc<Entrance>,
    (rpc, needed): (&'static str, Permission),
    workspace: &str,
    channel: &Channel,
) -> Result<(), Failure> {
    entrance.permit_in(rpc, needed, &place(workspace, Some(channel)))?;
    match entrance.switchboard.may_act_in(entrance.member, channel) {
        true => Ok(()),
        false => Err(elsewhere(&channel.id)),
    }
}

/// What a plugin may see of what was found somewhere: of many, the rest is left out.
///
/// # Errors
/// It is one thing, and the plugin may not see it.
pub fn seen(
    entrance: &Arc<Entrance>,
    request: &Request,
    mut result: answer::Result,
) -> Result<answer::Result, Failure> {
    let Some(of) = &request.of else { return Ok(result) };
    let (_, needed) = needed_first(of);
    let may = |channel: Option<&Channel>| {
        channel.is_some_and(|channel| {
            let place = place(&request.workspace, Some(channel));
            entrance.switchboard.may_see(entrance.member, needed, (&place, channel))
        })
    };
    match (of, &mut result) {
        (Of::SearchMessages(_), answer::Result::Messages(page)) => {
            page.messages.retain(|it| may(it.channel.as_ref()));
        }
        (Of::ListChannels(_), answer::Result::Channels(page)) => {
            page.channels.retain(|it| may(it.channel.as_ref()));
        }
        (Of::FindChannel(_), answer::Result::Channel(found)) => {
            let found = found.channel.clone().unwrap_or_default();
            place_allowed(entrance, of, &request.workspace, &found)?;
        }
        _ => {}
    }
    Ok(result)
}
