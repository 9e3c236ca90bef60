//! A plugin's grants have changed: what waits for it and is none of its business any more goes, and
//! it is told.
//!
//! What was handed over already stays the plugin's to answer: it has seen it. Events are looked at
//! when their turn comes.

use outboard_proto::plugin::{DaemonFrame, GrantsChanged, daemon_frame};
use outboard_supervision::Moment;

use super::call::{Call, Lost, Purpose, Stage};
use super::interaction::{CommandCall, Kind};
use super::permit::place;
use super::{Core, MemberId, Switchboard};
use crate::config::granted::Granted;
use crate::config::manifest::CommandDecl;
use crate::config::manifest::command::{Form, Target};
use crate::config::permission::Permission;
use crate::config::pushed::{self, Pushed};
use crate::config::scope::Place;
use crate::egress::Urgency;

/// The RPC by which plugins call each other.
pub const CALL: &str = "/outboard.plugin.v1.Plugins/Call";

impl Switchboard {
    /// Whether the plugin's session wants to be told when its grants change.
    pub fn set_hears_grants(&self, member: MemberId, hears: bool) {
        self.with(|core, _| {
            if let Some(member) = core.members.get_mut(member) {
                member.hears_grants = hears;
            }
        });
    }
}

impl Core {
    /// A plugin has other grants than before.
    pub fn grants_changed(&mut self, id: MemberId, now: Moment) {
        self.tell_grants(id, now);
        let waiting = self
            .calls
            .keys_where(|call| matches!(call.stage, Stage::Queued(_) | Stage::Awaiting(_)));
        for key in waiting {
            // Ending one may have ended others.
            let Some((needed, what)) = self.calls.get(key).and_then(|it| self.revoked(id, it))
            else {
                continue;
            };
            self.permits.refuse(&mut self.members[id], what, needed);
            if let Some(call) = self.leave_call(key) {
                self.lose(call, Lost::Revoked, now);
            }
        }
    }

    fn tell_grants(&mut self, id: MemberId, now: Moment) {
        let Some(member) = self.members.get(id).filter(|it| it.hears_grants) else { return };
        let Some(seat) = &member.seat else { return };
        let (grants, scoped_grants) = words(&member.is.grants);
        let changed = GrantsChanged { grants, scoped_grants };
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Grants(changed)) };
        // A session that takes nothing is found out by its heartbeat.
        let _ = seat.egress.push(Urgency::Control, frame.into(), now);
    }

    /// What the member `id` lacks to be handed this call that waits for it, or to have made this
    /// one that waits for another; and what kind it is.
    fn revoked(&self, id: MemberId, call: &Call) -> Option<(Permission, &'static str)> {
        let member = self.members.get(id)?;
        if let Purpose::Nested(nested) = &call.purpose {
            let callee = &self.members.get(call.member)?.is.name;
            let may = member.may(Permission::PluginsCall)
                && member.is.reach.may_call.iter().any(|it| it.as_str() == &**callee);
            let own = nested.cause.way().1.last().is_some_and(|caller| **caller == *member.is.name);
            return (own && !may).then_some((Permission::PluginsCall, CALL));
        }
        if call.member != id {
            return None;
        }
        let lacking = |kind: &'static Pushed, place: &Place<'_>| {
            Some((self.permits.lacking(member, kind, place)?, kind.kind))
        };
        match &call.purpose {
            Purpose::Nested(_) => None,
            Purpose::Intercept { run, .. } => {
                let run = self.runs.get(*run)?;
                let about = (&run.payload, run.workspace.as_str());
                let needed = self.permits.lacking_hook(member, run.hook(), about)?;
                Some((needed, run.hook().pushed().kind))
            }
            // Where that was is not known any more; whoever watches there may at least watch.
            Purpose::Shadow(watched) => {
                let kind = self.shadows.hook_of(*watched)?.pushed();
                (!member.may(kind.permission())).then_some((kind.permission(), kind.kind))
            }
            Purpose::Command(command) => {
                let at = place(&command.workspace, command.channel.as_ref());
                lacking(self.kind_of(command), &at)
            }
            Purpose::Autocomplete(_) => {
                let kind = &pushed::AUTOCOMPLETE;
                (!member.may(kind.permission())).then_some((kind.permission(), kind.kind))
            }
            Purpose::Http(exchange) => {
                let (workspace, _) = self.http.place(*exchange)?;
                lacking(&pushed::HTTP, &place(&workspace, None))
            }
        }
    }

    fn kind_of(&self, command: &CommandCall) -> &'static Pushed {
        match command.kind {
            Kind::Action => &pushed::ACTION,
            Kind::Command => {
                self.owner_of(&command.name).map_or(&pushed::COMMAND, |(_, decl)| pushed_as(&decl))
            }
        }
    }
}

/// What a command is pushed as: one on a message comes with it.
pub fn pushed_as(decl: &CommandDecl) -> &'static Pushed {
    match decl.form {
        Form::Menu(Target::Message, _) => &pushed::COMMAND_ON_MESSAGE,
        Form::Menu(Target::User, _) | Form::Plain(_) | Form::Split(_) => &pushed::COMMAND,
    }
}

/// Permissions as `Welcome` says them: alone, and with their limits.
pub fn words(granted: &Granted) -> (Vec<String>, Vec<String>) {
    let alone = granted.permissions().iter().map(ToString::to_string).collect();
    let scoped = |permission: &Permission| {
        let limit = granted.limit_of(*permission).cloned().unwrap_or_default();
        format!("{permission}{}{}", limit.asked, limit.narrowed)
    };
    (alone, granted.permissions().iter().map(scoped).collect())
}
