//! Whether a plugin may do something at this moment and at this place; what it may not is counted.
//!
//! It knows grants and, for grants limited by name, the channels' names that were seen. It refuses
//! to know what the act is.

use outboard_proto::common::{Channel, Failure, Reason};
use outboard_supervision::Moment;
use tonic::Code;

use super::member::Member;
use super::names::ChannelNames;
use super::{Core, MemberId, Switchboard};
use crate::audit::refusals::Refusals;
use crate::config::granted::Allowed;
use crate::config::permission::Permission;
use crate::config::scope::{Place, Scope};

impl Switchboard {
    /// Whether a plugin has a permission at this moment, wherever; that it has not is counted.
    ///
    /// # Errors
    /// It has not, or not for `rpc`, or it is being unloaded.
    pub fn permit(&self, member: MemberId, rpc: &str, needed: Permission) -> Result<(), Failure> {
        self.with(|core, now| {
            let permitted = core.permit(member, (rpc, needed), now);
            core.trace_denial(member, needed, &permitted);
            permitted
        })
    }

    /// Whether a plugin has a permission at this moment and at this place; that it has not is
    /// counted.
    ///
    /// # Errors
    /// It has not, or the place lies outside of its grant, or nobody can tell.
    pub fn permit_in(
        &self,
        member: MemberId,
        needed: Permission,
        place: &Place<'_>,
    ) -> Result<(), Failure> {
        self.with(|core, _| {
            let asking = core.members.get_mut(member).ok_or_else(unloading)?;
            let permitted = asking.permit_in(needed, &core.channel_names, place);
            core.trace_denial(member, needed, &permitted);
            permitted
        })
    }
}

impl Switchboard {
    /// Has it recorded what plugins are not given.
    pub fn tell_refusals_to(&self, refusals: Refusals) {
        self.with(|core, _| core.refusals = Some(refusals));
    }
}

impl Core {
    fn permit(
        &mut self,
        member: MemberId,
        (rpc, needed): (&str, Permission),
        now: Moment,
    ) -> Result<(), Failure> {
        let member = self.members.get_mut(member).ok_or_else(unloading)?;
        if !member.may(needed) {
            member.traffic.denied += 1;
            return Err(not_granted(needed));
        }
        if !member.is.grants.allows_operation(needed, rpc) {
            member.traffic.denied += 1;
            let operation = crate::config::scope::word_of(rpc);
            let text =
                format!("Permission denied: {needed} for {operation}: {}", limits(member, needed));
            return Err(out_of_scope(needed, text));
        }
        member.uses.note(needed, now);
        Ok(())
    }
}

impl Member {
    /// Whether it may do something at a place. Names that whoever asks does not know are looked up.
    ///
    /// # Errors
    /// It may not; that is counted.
    pub fn permit_in(
        &mut self,
        needed: Permission,
        names: &ChannelNames,
        place: &Place<'_>,
    ) -> Result<(), Failure> {
        let allowed = self.allows(needed, names, place);
        if allowed == Allowed::Yes {
            return Ok(());
        }
        self.traffic.denied += 1;
        let at = place_words(place);
        match allowed {
            Allowed::Yes => Ok(()),
            Allowed::NotGranted => Err(not_granted(needed)),
            Allowed::OutOfScope => {
                let text = format!("Permission denied: {needed}{at}: {}", limits(self, needed));
                Err(out_of_scope(needed, text))
            }
            Allowed::NameUnknown => {
                let text = format!(
                    "Permission denied: {needed}{at}: {}, and nobody has told this daemon the \
                     name of that channel yet",
                    limits(self, needed)
                );
                Err(out_of_scope(needed, text))
            }
        }
    }

    /// The same, as an answer.
    pub fn allows(&self, needed: Permission, names: &ChannelNames, place: &Place<'_>) -> Allowed {
        let grants = &self.is.grants;
        if !grants.limits_place(needed) {
            return if grants.holds(needed) { Allowed::Yes } else { Allowed::NotGranted };
        }
        match place.channel_name.filter(|name| !name.is_empty()) {
            Some(_) => grants.allows(needed, place),
            None => {
                let name = names.of(place.workspace, place.channel_id);
                grants.allows(needed, &Place { channel_name: name.as_deref(), ..*place })
            }
        }
    }
}

/// Where something happens, as routing knows places.
pub fn place<'p>(workspace: &'p str, channel: Option<&'p Channel>) -> Place<'p> {
    let named = channel.map(|it| it.name.as_str()).filter(|name| !name.is_empty());
    Place { workspace, channel_id: channel.map_or("", |it| &it.id), channel_name: named }
}

fn place_words(place: &Place<'_>) -> String {
    match (place.channel_id, place.workspace) {
        ("", "") => String::new(),
        ("", workspace) => format!(" in workspace {workspace}"),
        (channel, _) => format!(" in channel {channel}"),
    }
}

/// What a grant is limited to, for whoever is refused.
fn limits(member: &Member, permission: Permission) -> String {
    let Some(limit) = member.is.grants.limit_of(permission) else {
        return "it is granted elsewhere".to_owned();
    };
    let both = [&limit.asked, &limit.narrowed];
    let words: Vec<String> =
        both.into_iter().filter(|it| !it.is_whole()).map(Scope::to_string).collect();
    format!("it is granted as {permission}{}", words.join(" and as "))
}

fn not_granted(needed: Permission) -> Failure {
    let text = format!("Permission denied: {needed}");
    Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text)
        .detail("permission", needed.as_str())
}

fn out_of_scope(needed: Permission, text: String) -> Failure {
    Failure::new(Code::PermissionDenied, Reason::OutOfScope, text)
        .detail("permission", needed.as_str())
}

fn unloading() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the plugin is being unloaded")
}
