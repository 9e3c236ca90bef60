//! What a request needs, and whether one that has waited may still be handed over: by its plugin's
//! grants now, not by those it was made under.
//!
//! It knows tables and grants. It refuses to know why a request has waited.

use outboard_proto::app::{Asker, Request, request::Of};
use outboard_proto::common::{Channel, Failure, Message};
use outboard_proto::{needs, operations};

use crate::config::granted::Allowed;
use crate::config::permission::Permission;
use crate::routing::permit::{elsewhere, explain, place};
use crate::routing::{Core, Switchboard};

impl Switchboard {
    /// A request as it may be handed over now; that it may not is counted and recorded. What is of
    /// no plugin, the daemon says itself.
    ///
    /// # Errors
    /// Its plugin lacks the grant by now, or the grant is for other places.
    pub fn still_allowed(&self, request: Request) -> Result<Request, Failure> {
        self.with(|core, _| core.still_allowed(request))
    }
}

impl Core {
    fn still_allowed(&mut self, request: Request) -> Result<Request, Failure> {
        let (Some(of), Some(asker)) = (&request.of, &request.asker) else { return Ok(request) };
        let Some(&id) = self.names.get(asker.plugin.as_str()) else { return Ok(request) };
        let channel = channel_of(of);
        let at = place(&request.workspace, Some(&channel));
        let member = &mut self.members[id];
        for (rpc, needed) in needed(of) {
            let allowed = self.permits.allows(member, needed, &at);
            let denied = match allowed {
                Allowed::Yes if member.is.may_act_in(&channel) => continue,
                Allowed::Yes => elsewhere(&channel.id),
                other => explain(member, needed, (other, &at)),
            };
            self.permits.refuse(member, rpc, needed);
            let denied = Err(denied);
            self.trace_denial(id, needed, &denied);
            return denied.map(|()| request);
        }
        let manages = self.permits.allows(member, Permission::MessagesManage, &at);
        let manages_messages = asker.manages_messages && manages == Allowed::Yes;
        let asker = Some(Asker { manages_messages, ..asker.clone() });
        Ok(Request { asker, ..request })
    }
}

/// The channel that a request is about, as far as the request says; an empty one is none.
fn channel_of(of: &Of) -> Channel {
    let said = match of {
        Of::Send(it) => it.message.as_ref().and_then(|it| it.channel.clone()),
        Of::Ephemeral(it) => it.message.as_ref().and_then(|it| it.channel.clone()),
        Of::FollowUp(it) => it.channel.clone(),
        Of::CreateChannel(it) => Some(Channel { name: it.name.clone(), ..Channel::default() }),
        _ => None,
    };
    said.unwrap_or_else(|| {
        let id = operations::channel_of(of).to_owned();
        Channel { id, ..Channel::default() }
    })
}

/// Every permission that a request needs, with the RPC by which it is asked; the one of the RPC
/// first.
pub fn needed(of: &Of) -> impl Iterator<Item = (&'static str, Permission)> + use<> {
    let (rpc, first) = needed_first(of);
    let message = match of {
        Of::Send(it) => it.message.as_ref(),
        Of::Ephemeral(it) => it.message.as_ref(),
        Of::Direct(it) => it.message.as_ref(),
        _ => None,
    };
    let attaches = message.is_some_and(|Message { attachments, .. }| !attachments.is_empty());
    let more = attaches.then_some((rpc, Permission::FilesWrite));
    std::iter::once((rpc, first)).chain(more)
}

/// The RPC by which something is asked, and the permission that it needs at least.
pub fn needed_first(of: &Of) -> (&'static str, Permission) {
    let rpc = rpc_of(of);
    let needed = match of {
        Of::FollowUp(it) if it.action => Permission::UiContribute,
        Of::FollowUp(_) => Permission::CommandsOwn,
        _ => {
            let word = needs::of(rpc).and_then(|row| row.needs);
            let needed = word.and_then(|word| word.parse().ok());
            needed.expect("a test finds every RPC and its permission")
        }
    };
    (rpc, needed)
}

fn rpc_of(of: &Of) -> &'static str {
    match of {
        Of::Send(_) | Of::Ephemeral(_) | Of::Direct(_) | Of::Decided(_) => {
            "/outboard.plugin.v1.Messages/Send"
        }
        Of::FollowUp(_) => FOLLOW_UP,
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

/// What it needs depends on what was deferred.
const FOLLOW_UP: &str = "/outboard.plugin.v1.Interactions/FollowUp";

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
        let rpcs: std::collections::BTreeSet<_> = all.iter().map(|of| needed_first(of).0).collect();
        assert_eq!(rpcs.len(), all.len());
        assert!(rpcs.iter().all(|rpc| needs::of(rpc).is_some()));
    }
}
