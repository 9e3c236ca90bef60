//! Whether a plugin may do something, or be handed something, at this moment and at this place;
//! what it may not is counted and recorded.
//!
//! It knows grants and, for grants limited by name, the channels' names that were seen. It refuses
//! to know what the act is.

use std::time::Duration;

use outboard_proto::common::{Channel, Failure, Reason};
use outboard_supervision::Moment;
use tonic::Code;

use super::member::Member;
use super::names::ChannelNames;
use super::subject::Subject;
use super::{Core, MemberId, Switchboard};
use crate::audit::refusals::{Kind, Refusals};
use crate::config::granted::Allowed;
use crate::config::manifest::Hook;
use crate::config::permission::Permission;
use crate::config::pushed::Pushed;
use crate::config::scope::{Place, Scope, word_of};
use crate::payload::Payload;

/// What is looked at besides a plugin's own grants.
#[derive(Default)]
pub struct Permits {
    /// Channels' names, as they were said last.
    pub names: ChannelNames,
    /// Some grant is limited by them.
    pub names_wanted: bool,
    /// Where it is recorded what plugins are not given.
    refusals: Option<Refusals>,
}

impl Switchboard {
    /// Whether a plugin has a permission at this moment, wherever; that it has not is counted.
    ///
    /// # Errors
    /// It has not, or not for `rpc`, or it is being unloaded.
    pub fn permit(&self, member: MemberId, rpc: &str, needed: Permission) -> Result<(), Failure> {
        self.with(|core, now| core.permit(member, (rpc, needed), now))
    }

    /// Whether a plugin may make one more host call now, to this RPC.
    ///
    /// # Errors
    /// It has no grant for it, calls too fast, or is being unloaded.
    pub fn admit(
        &self,
        member: MemberId,
        rpc: &str,
        needs: Option<Permission>,
    ) -> Result<(), Failure> {
        self.with(|core, now| {
            let is = core.members.get_mut(member).ok_or_else(unloading)?;
            if let Err(wait) = is.pace.take(is.is.host_calls, now) {
                is.traffic.host_over_limit += 1;
                return Err(too_fast(is, wait));
            }
            needs.map_or(Ok(()), |needed| core.permit(member, (rpc, needed), now))
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
            let asking = core.members.get(member).ok_or_else(unloading)?;
            let allowed = core.permits.allows(asking, needed, place);
            core.weigh_place(member, needed, (allowed, place))
        })
    }

    /// The same of what happens in a workspace, and in no channel of it.
    ///
    /// # Errors
    /// As [`Switchboard::permit_in`].
    pub fn permit_at_large(
        &self,
        member: MemberId,
        needed: Permission,
        workspace: &str,
    ) -> Result<(), Failure> {
        self.with(|core, _| {
            let asking = core.members.get(member).ok_or_else(unloading)?;
            let allowed = asking.is.grants.allows_workspace(needed, workspace);
            core.weigh_place(member, needed, (allowed, &place(workspace, None)))
        })
    }

    /// Has it recorded what plugins are not given.
    pub fn tell_refusals_to(&self, refusals: Refusals) {
        self.with(|core, _| core.permits.refusals = Some(refusals));
    }
}

impl Core {
    /// What an answer about a place means; that it may not is counted.
    fn weigh_place(
        &mut self,
        member: MemberId,
        needed: Permission,
        (allowed, place): (Allowed, &Place<'_>),
    ) -> Result<(), Failure> {
        if allowed == Allowed::Yes {
            return Ok(());
        }
        let asking = &mut self.members[member];
        asking.refuse(needed);
        let permitted = Err(explain(asking, needed, (allowed, place)));
        self.trace_denial(member, needed, &permitted);
        permitted
    }

    fn permit(
        &mut self,
        member: MemberId,
        (rpc, needed): (&str, Permission),
        now: Moment,
    ) -> Result<(), Failure> {
        let permitted = self.look(member, (rpc, needed), now);
        self.trace_denial(member, needed, &permitted);
        permitted
    }

    fn look(
        &mut self,
        member: MemberId,
        (rpc, needed): (&str, Permission),
        now: Moment,
    ) -> Result<(), Failure> {
        let member = self.members.get_mut(member).ok_or_else(unloading)?;
        if !member.may(needed) {
            member.refuse(needed);
            return Err(not_granted(needed));
        }
        if !member.is.grants.allows_operation(needed, rpc) {
            member.refuse(needed);
            let limits = limits(member, needed);
            let text = format!("Permission denied: {needed} for {}: {limits}", word_of(rpc));
            return Err(out_of_scope(needed, text));
        }
        member.uses.note(needed, now);
        Ok(())
    }
}

impl Permits {
    /// Whether a plugin may be handed a frame of this kind, about something at this place. That it
    /// may not is counted and recorded.
    pub fn lets(&self, member: &mut Member, kind: &'static Pushed, place: &Place<'_>) -> bool {
        match self.lacking(member, kind, place) {
            None => true,
            Some(needed) => {
                self.refuse(member, kind.kind, needed);
                false
            }
        }
    }

    /// Likewise, of a hook.
    pub fn lets_hook(&self, member: &mut Member, hook: &Hook, about: (&Payload, &str)) -> bool {
        match self.lacking_hook(member, hook, about) {
            None => true,
            Some(needed) => {
                self.refuse(member, hook.pushed().kind, needed);
                false
            }
        }
    }

    /// What keeps a plugin from a hook. The payload is taken apart only where the grant is limited.
    pub fn lacking_hook(
        &self,
        member: &Member,
        hook: &Hook,
        (payload, workspace): (&Payload, &str),
    ) -> Option<Permission> {
        let kind = hook.pushed();
        if !member.is.grants.limits_place(kind.permission()) {
            return self.lacking(member, kind, &Place::default());
        }
        let at = |channel: Option<&Channel>| self.lacking(member, kind, &place(workspace, channel));
        match Subject::of(payload.get()) {
            Subject::Batch(messages) => messages.iter().find_map(|it| at(it.channel.as_ref())),
            subject @ (Subject::Message(_) | Subject::Other(_)) => at(subject.channel()),
        }
    }

    /// What keeps a plugin from a frame of this kind.
    pub fn lacking(
        &self,
        member: &Member,
        kind: &'static Pushed,
        place: &Place<'_>,
    ) -> Option<Permission> {
        let needs = kind.needs.iter().flatten();
        let mut lacking = needs.filter(|it| self.allows(member, **it, place) != Allowed::Yes);
        lacking.next().copied()
    }

    /// It was not given something, for want of a permission.
    pub fn refuse(&self, member: &mut Member, what: &'static str, needed: Permission) {
        member.refuse(needed);
        if let Some(refusals) = &self.refusals {
            refusals.refused(&Kind { plugin: member.is.name.clone(), what, needed });
        }
    }

    /// Whether a plugin may do something at a place. Names that whoever asks does not know are
    /// looked up.
    pub fn allows(&self, member: &Member, needed: Permission, place: &Place<'_>) -> Allowed {
        let grants = &member.is.grants;
        if !grants.limits_place(needed) {
            return if grants.holds(needed) { Allowed::Yes } else { Allowed::NotGranted };
        }
        match place.channel_name.filter(|name| !name.is_empty()) {
            Some(_) => grants.allows(needed, place),
            None => {
                let name = self.names.of(place.workspace, place.channel_id);
                grants.allows(needed, &Place { channel_name: name.as_deref(), ..*place })
            }
        }
    }
}

impl Member {
    fn refuse(&mut self, needed: Permission) {
        self.traffic.denied += 1;
        self.uses.refuse(needed);
    }

    /// It was handed something that it needs these permissions for.
    pub fn used(&mut self, kind: &Pushed, now: Moment) {
        kind.needs.iter().flatten().for_each(|it| self.uses.note(*it, now));
    }
}

/// Where something happens, as routing knows places.
pub fn place<'p>(workspace: &'p str, channel: Option<&'p Channel>) -> Place<'p> {
    let named = channel.map(|it| it.name.as_str()).filter(|name| !name.is_empty());
    Place { workspace, channel_id: channel.map_or("", |it| &it.id), channel_name: named }
}

/// Why a plugin may not act in a channel although it has the grant.
pub fn elsewhere(channel_id: &str) -> Failure {
    let limits = "the operator limits this plugin to others than";
    let text = format!("Permission denied: {limits} {channel_id}");
    Failure::new(Code::PermissionDenied, Reason::OutOfScope, text)
}

/// Why a plugin may not do something at a place.
pub fn explain(member: &Member, needed: Permission, at: (Allowed, &Place<'_>)) -> Failure {
    let (allowed, place) = at;
    let denied = format!("Permission denied: {needed}{}", place_words(place));
    match allowed {
        Allowed::NotGranted => not_granted(needed),
        Allowed::OutOfScope | Allowed::Yes => {
            out_of_scope(needed, format!("{denied}: {}", limits(member, needed)))
        }
        Allowed::NameUnknown => {
            let unknown = "nobody has told this daemon the name of that channel yet";
            out_of_scope(needed, format!("{denied}: {}, and {unknown}", limits(member, needed)))
        }
    }
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
    let limit = member.is.grants.limit_of(permission).cloned().unwrap_or_default();
    let both = [&limit.asked, &limit.narrowed].into_iter().filter(|it| !it.is_whole());
    let words: Vec<String> = both.map(Scope::to_string).collect();
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

fn too_fast(member: &Member, wait: Duration) -> Failure {
    let (name, rate) = (&member.is.name, member.is.host_calls);
    let text = format!("{name} makes more than {rate} host calls a second (host_calls)");
    Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
        .detail("outcome", "not_started")
        .retry_after(wait)
}

fn unloading() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the plugin is being unloaded")
}
