//! Where a plugin may look and act, for what it asks of the app: before the app is asked, and of
//! what it answered.
//!
//! It refuses to know what is asked for beyond its place.

use std::sync::Arc;

use outboard_proto::app::{Request, answer, request::Of};
use outboard_proto::common::{Channel, Failure, Reason, find_channel::By};
use outboard_proto::{needs, operations};
use tonic::Code;

use super::listen::Entrance;
use crate::config::permission::Permission;
use crate::routing::{Cause, place};

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
        Of::ListChannels(_) | Of::Status(_) => return Ok(()),
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
    let (rpc, needed) = needed(of);
    entrance.permit_in(rpc, needed, &place(workspace, Some(channel)))?;
    let nowhere = channel.id.is_empty() && channel.name.is_empty();
    if nowhere || entrance.switchboard.is_enabled_in(entrance.member, channel) {
        return Ok(());
    }
    let id = &channel.id;
    let text = format!("Permission denied: the operator limits this plugin to others than {id}");
    Err(Failure::new(Code::PermissionDenied, Reason::OutOfScope, text))
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
    let (_, needed) = needed(of);
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

/// The RPC by which something is asked, and the permission that it needs.
fn needed(of: &Of) -> (&'static str, Permission) {
    let rpc = rpc_of(of);
    let needed = needs::of(rpc).and_then(|row| row.needs).and_then(|word| word.parse().ok());
    (rpc, needed.expect("a test finds every RPC and its permission"))
}

fn rpc_of(of: &Of) -> &'static str {
    match of {
        Of::Send(_) | Of::Ephemeral(_) | Of::Direct(_) | Of::Decided(_) => {
            "/outboard.plugin.v1.Messages/Send"
        }
        Of::FollowUp(_) => "/outboard.plugin.v1.Interactions/FollowUp",
        Of::Grow(_) => "/outboard.plugin.v1.Messages/Stream",
        Of::Edit(_) => "/outboard.plugin.v1.Messages/Edit",
        Of::Delete(_) => "/outboard.plugin.v1.Messages/Delete",
        Of::React(_) => "/outboard.plugin.v1.Messages/React",
        Of::Unreact(_) => "/outboard.plugin.v1.Messages/Unreact",
        Of::Typing(_) => "/outboard.plugin.v1.Messages/Typing",
        Of::Status(_) => "/outboard.plugin.v1.Messages/Status",
        Of::GetMessage(_) => "/outboard.plugin.v1.Messages/Get",
        Of::ListMessages(_) => "/outboard.plugin.v1.Messages/List",
        Of::SearchMessages(_) => "/outboard.plugin.v1.Messages/Search",
        Of::FindUser(_) => "/outboard.plugin.v1.Users/Get",
        Of::Moderate(_) => "/outboard.plugin.v1.Users/Moderate",
        Of::FindChannel(_) => "/outboard.plugin.v1.Channels/Get",
        Of::ListChannels(_) => "/outboard.plugin.v1.Channels/List",
        Of::CreateChannel(_) => "/outboard.plugin.v1.Channels/Create",
        Of::Invite(_) => "/outboard.plugin.v1.Channels/Invite",
        Of::SetTopic(_) => "/outboard.plugin.v1.Channels/SetTopic",
        Of::Pin(_) => "/outboard.plugin.v1.Channels/Pin",
        Of::Unpin(_) => "/outboard.plugin.v1.Channels/Unpin",
        Of::StatFile(_) => "/outboard.plugin.v1.Files/Stat",
        Of::ReadFile(_) => "/outboard.plugin.v1.Files/Download",
        Of::UploadFile(_) => "/outboard.plugin.v1.Files/Upload",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // I28
    #[test]
    fn whatever_is_asked_has_an_rpc_and_a_permission() {
        let all = [
            Of::Send(Default::default()),
            Of::FollowUp(Default::default()),
            Of::Grow(Default::default()),
            Of::Edit(Default::default()),
            Of::Delete(Default::default()),
            Of::React(Default::default()),
            Of::Unreact(Default::default()),
            Of::Typing(Default::default()),
            Of::Status(Default::default()),
            Of::GetMessage(Default::default()),
            Of::ListMessages(Default::default()),
            Of::SearchMessages(Default::default()),
            Of::FindUser(Default::default()),
            Of::Moderate(Default::default()),
            Of::FindChannel(Default::default()),
            Of::ListChannels(Default::default()),
            Of::CreateChannel(Default::default()),
            Of::Invite(Default::default()),
            Of::SetTopic(Default::default()),
            Of::Pin(Default::default()),
            Of::Unpin(Default::default()),
            Of::StatFile(Default::default()),
            Of::ReadFile(Default::default()),
            Of::UploadFile(Default::default()),
        ];
        let rpcs: std::collections::BTreeSet<_> = all.iter().map(|of| needed(of).0).collect();
        assert_eq!(rpcs.len(), all.len());
    }
}
