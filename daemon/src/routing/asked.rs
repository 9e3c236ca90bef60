//! What plugins ask of the app besides sending a message, made into requests: checked, attributed,
//! with what they left out filled in.
//!
//! It refuses to know who carries it out and what becomes of it. Whoever asks is who the daemon
//! knows to ask: nothing of it is taken from the plugin's words.

mod check;
mod still;

use outboard_proto::app::{Asker, Request, request::Of};
use outboard_proto::common::{Channel, Failure, Reason};
use outboard_proto::operations::{self, Keeping};
use tonic::Code;

use super::member::Member;

use super::{Cause, Core, MemberId, Outgoing, Switchboard};
use crate::config::granted::Allowed;
use crate::config::permission::Permission;
use crate::config::scope::Place;

pub use check::check;
pub use still::needed_first;

impl Switchboard {
    /// Makes a request of what a plugin asks for, which has been checked.
    ///
    /// # Errors
    /// It is too far from a person, or the plugin is being unloaded.
    pub fn compose_asked(
        &self,
        member: MemberId,
        of: Of,
        cause: Option<Cause>,
    ) -> Result<Outgoing, Failure> {
        self.with(|core, _| core.compose_asked(member, of, cause.unwrap_or_default()))
    }

    /// Whether a plugin may see what stands in a channel; that it may not is no refusal.
    #[must_use]
    pub fn may_see(
        &self,
        member: MemberId,
        needed: Permission,
        (place, channel): (&Place<'_>, &Channel),
    ) -> bool {
        self.with(|core, _| {
            core.members.get(member).is_some_and(|it| {
                it.is.is_enabled_in(Some(channel))
                    && core.permits.allows(it, needed, place) == Allowed::Yes
            })
        })
    }

    /// Whether the operator lets a plugin act in a channel; an empty one is none.
    #[must_use]
    pub fn may_act_in(&self, member: MemberId, channel: &Channel) -> bool {
        self.with(|core, _| core.members.get(member).is_some_and(|it| it.is.may_act_in(channel)))
    }
}

impl Core {
    fn compose_asked(
        &mut self,
        id: MemberId,
        mut of: Of,
        cause: Cause,
    ) -> Result<Outgoing, Failure> {
        let Some(member) = self.members.get_mut(id) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(Code::Unavailable, Reason::Stopping, text));
        };
        if operations::of(&of).keeping == Keeping::Kept {
            member.traffic.sends += 1;
            cause.next(member).inspect_err(|_| member.traffic.loops += 1)?;
        }
        let (workspace, key) = taken_out(&mut of);
        let workspace = if workspace.is_empty() { cause.workspace } else { workspace };
        let channel_id = operations::channel_of(&of);
        let place = Place { workspace: &workspace, channel_id, channel_name: None };
        let manages = self.permits.allows(member, Permission::MessagesManage, &place);
        let asker = Asker { manages_messages: manages == Allowed::Yes, ..asker(member) };
        let request = Request {
            id: 0,
            idempotency_key: or_new(key),
            attempt: 1,
            asker: Some(asker),
            workspace,
            trace: cause.trace,
            of: Some(of),
            on_behalf_of: cause.user,
        };
        Ok(Outgoing { request, prefer: cause.node, only: None, again: false })
    }
}

/// Who asks, as the app is told; wherever it is.
pub fn asker(member: &Member) -> Asker {
    Asker {
        plugin: member.is.name.to_string(),
        version: member.is.version.clone(),
        bot_username: member.is.bot.username.clone(),
        bot_display_name: member.is.bot.display_name.clone(),
        manages_messages: member.may(Permission::MessagesManage),
    }
}

/// The plugin's idempotency key, or a new one.
pub fn or_new(key: String) -> String {
    if key.is_empty() { uuid::Uuid::now_v7().to_string() } else { key }
}

/// Whether the plugin chose the idempotency key.
#[must_use]
pub fn is_keyed(of: &Of) -> bool {
    let mut of = of.clone();
    !taken_out(&mut of).1.is_empty()
}

/// Workspace and idempotency key, which the request carries.
fn taken_out(of: &mut Of) -> (String, String) {
    use std::mem::take;
    macro_rules! both {
        ($it:expr) => {
            (take(&mut $it.workspace), take(&mut $it.idempotency_key))
        };
    }
    macro_rules! place {
        ($it:expr) => {
            (take(&mut $it.workspace), String::new())
        };
    }
    match of {
        Of::Edit(it) => both!(it),
        Of::Delete(it) => both!(it),
        Of::React(it) | Of::Unreact(it) => both!(it),
        Of::Moderate(it) => both!(it),
        Of::CreateChannel(it) => both!(it),
        Of::Invite(it) => both!(it),
        Of::SetTopic(it) => both!(it),
        Of::Pin(it) | Of::Unpin(it) => both!(it),
        Of::Typing(it) => place!(it),
        Of::Status(it) => place!(it),
        Of::GetMessage(it) => place!(it),
        Of::ListMessages(it) => place!(it),
        Of::SearchMessages(it) => place!(it),
        Of::FindUser(it) => place!(it),
        Of::FindChannel(it) => place!(it),
        Of::ListChannels(it) => place!(it),
        Of::StatFile(it) => place!(it),
        // They are composed elsewhere, or follow on another, and carry neither.
        Of::ReadFile(_)
        | Of::UploadFile(_)
        | Of::Send(_)
        | Of::FollowUp(_)
        | Of::Decided(_)
        | Of::Ephemeral(_)
        | Of::Direct(_)
        | Of::Grow(_) => <(String, String)>::default(),
    }
}
