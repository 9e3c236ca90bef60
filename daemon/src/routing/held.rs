//! What is held, as apps and plugins see it: who may decide, and what the app is told.
//!
//! It refuses to know where things are kept, and when the app hears of them.

use outboard_proto::app::{
    Asker, Dropped, HeldDecided, Released, Request, held_decided, request::Of,
};
use outboard_proto::common::{
    Event, Failure, HeldItem, HeldStage, Hold, HookPayload, Reason, SkipReason, Text, event,
    hook_payload,
};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::Code;

use super::member::Member;
use super::permit::{Permits, place};
use super::run::{HoldWish, Run, subjects};
use super::subject::Subject;
use super::{Core, MemberId, Outgoing, Switchboard};
use crate::config::granted::Allowed;
use crate::config::manifest::Hook;
use crate::config::permission::Permission;
use crate::held::port::Kept;
use crate::held::stage::{Decision, Stage, Way, Why};

/// The RPCs by which a plugin decides, in one word for the audit log.
const DECIDE: &str = "/outboard.plugin.v1.Messages/ReleaseHeld";

/// What an app carries out that can be told what became of things held.
pub const OPERATION: &str = "held.decide";

impl Switchboard {
    /// What the keeper is to do; there is one keeper.
    #[must_use]
    pub fn hold_wishes(&self) -> Option<mpsc::Receiver<HoldWish>> {
        self.with(|core, _| core.holds.keeper.take())
    }

    /// What was to be kept is, or cannot be. Whether anybody still waits for it; if not, nobody is
    /// told that it is held.
    #[must_use]
    pub fn hold_kept(&self, serial: u64, kept: Result<(), SkipReason>) -> bool {
        self.with(|core, now| core.hold_kept(serial, kept, now))
    }

    /// Whether a plugin may decide about everything that is held.
    #[must_use]
    pub fn may_decide_all(&self, member: MemberId) -> bool {
        self.with(|core, _| {
            core.members.get(member).is_some_and(|it| it.may(Permission::MessagesHold))
        })
    }

    /// Whether a plugin may decide about something that is held: what it held itself, while it may
    /// be asked at that hook, there; what others hold, with the permission for it.
    ///
    /// # Errors
    /// It lacks the permission, or has it for other places.
    pub fn check_decider(&self, member: MemberId, item: &HeldItem) -> Result<(), Failure> {
        self.with(|core, _| {
            let Some(member) = core.members.get_mut(member) else { return Err(unloaded()) };
            let Some(needed) = core.permits.lacking_to_decide(member, item) else { return Ok(()) };
            core.permits.refuse(member, DECIDE, needed);
            let text = format!("Permission denied: {needed}");
            Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text))
        })
    }

    /// Likewise, of several: those that it may not see are left out, which is no refusal.
    #[must_use]
    pub fn decidable(&self, member: MemberId, items: Vec<HeldItem>) -> Vec<HeldItem> {
        self.with(|core, _| {
            let Some(member) = core.members.get(member) else { return Vec::new() };
            let may = |item: &HeldItem| {
                *item.plugin == *member.is.name
                    || core.permits.lacking_to_decide(member, item).is_none()
            };
            items.into_iter().filter(may).collect()
        })
    }

    /// The request that tells the app what was decided.
    ///
    /// # Errors
    /// Nothing is decided, or what was kept cannot be read.
    pub fn compose_decided(&self, kept: &Kept, attempt: u32) -> Result<Outgoing, Failure> {
        let Stage::Decided(Decision { way, by, .. }) = &kept.stage else {
            return Err(internal("nothing is to be told of it"));
        };
        let unreadable = |_| internal("what was held cannot be read");
        let payload = HookPayload::decode(kept.is.payload.clone()).map_err(unreadable)?;
        let item = HeldItem::decode(&kept.is.about[..]).map_err(unreadable)?;
        let decided = HeldDecided {
            id: kept.is.id.clone(),
            plugin: kept.is.plugin.clone(),
            queue: kept.is.queue.clone(),
            hook: item.hook,
            payload: Some(payload),
            held_at_us: kept.is.held_us,
            by: by.to_string(),
            app: item.app,
            decision: Some(match way {
                Way::Release => held_decided::Decision::Released(Released {}),
                Way::Drop(why) => {
                    held_decided::Decision::Dropped(Dropped { reason: Some(wire_why(why)) })
                }
            }),
        };
        let asker = self.with(|core, _| core.who_asks(&kept.is.plugin));
        Ok(Outgoing::kept(Request {
            idempotency_key: format!("outboard:held:{}:{}", kept.turn, kept.is.id),
            attempt,
            asker: Some(asker),
            workspace: kept.is.workspace.clone(),
            of: Some(Of::Decided(Box::new(decided))),
            ..Request::default()
        }))
    }
}

impl Permits {
    fn lacking_to_decide(&self, member: &Member, item: &HeldItem) -> Option<Permission> {
        let own = *member.is.name == *item.plugin;
        let needed = match item.hook.parse::<Hook>() {
            Ok(hook) if own => hook.permission(),
            Ok(_) | Err(_) => Permission::MessagesHold,
        };
        let at = place(&item.workspace, item.channel.as_ref());
        let may = |permission| self.allows(member, permission, &at) == Allowed::Yes;
        (!may(needed) && !may(Permission::MessagesHold)).then_some(needed)
    }
}

impl Core {
    /// The account of a plugin, which may have been unloaded since.
    fn who_asks(&self, plugin: &str) -> Asker {
        let member = self.names.get(plugin).and_then(|id| self.members.get(*id));
        let named = Asker { plugin: plugin.to_owned(), ..Asker::default() };
        member.map_or(named.clone(), |member| Asker {
            version: member.is.version.clone(),
            bot_username: member.is.bot.username.clone(),
            bot_display_name: member.is.bot.display_name.clone(),
            ..named
        })
    }

    /// A message was deleted: what is held about it comes to nothing.
    pub(super) fn withdraw_held(&mut self, event: &Event) {
        let Some(event::Of::Message(message)) = &event.of else { return };
        let subjects = subjects(&message.id, &message.draft_id);
        if event.r#type != "message.deleted" || subjects.is_empty() {
            return;
        }
        let workspace = event.workspace.clone();
        if !self.holds.wish(HoldWish::Deleted { workspace, subjects }) {
            tracing::warn!("the disk is behind: what is held about a deleted message stays held");
        }
    }
}

/// What those who may decide see of something new; without what the daemon adds.
pub fn item(run: &Run, hold: &Hold, app: String) -> HeldItem {
    let payload = run.payload.get();
    HeldItem {
        hook: run.hook().as_str().to_owned(),
        channel: Subject::of(payload).channel().cloned(),
        sender: sender_of(payload),
        reason: hold.reason.clone(),
        app,
        ..HeldItem::default()
    }
}

/// What those who may decide see of something that is kept.
pub fn item_of(kept: &Kept) -> HeldItem {
    let (stage, decision) = match &kept.stage {
        Stage::Held => (HeldStage::Held, None),
        Stage::Decided(decision) => match decision.way {
            Way::Release => (HeldStage::Releasing, Some(decision)),
            Way::Drop(_) => (HeldStage::Dropping, Some(decision)),
        },
        Stage::Told(decision) => match decision.way {
            Way::Release => (HeldStage::Released, Some(decision)),
            Way::Drop(_) => (HeldStage::Dropped, Some(decision)),
        },
    };
    let why = decision.and_then(|decision| match &decision.way {
        Way::Release => None,
        Way::Drop(why) => Some(wire_why(why)),
    });
    // It was encoded here; should it not be readable, what stands in the row is shown.
    let about = HeldItem::decode(&kept.is.about[..]).unwrap_or_default();
    HeldItem {
        id: kept.is.id.clone(),
        plugin: kept.is.plugin.clone(),
        queue: kept.is.queue.clone(),
        workspace: kept.is.workspace.clone(),
        held_at_us: kept.is.held_us,
        expires_at_us: kept.is.expires_us,
        size_bytes: kept.size,
        stage: stage.into(),
        by: decision.map(|decision| decision.by.to_string()).unwrap_or_default(),
        why,
        note: kept.note.clone(),
        number: kept.number,
        ..about
    }
}

fn sender_of(payload: &HookPayload) -> Option<outboard_proto::common::Sender> {
    use hook_payload::Of;
    match payload.of.as_ref()? {
        Of::BeforePost(message) => message.sender.clone(),
        Of::BeforeEdit(edit) => edit.message.as_ref()?.sender.clone(),
        Of::BeforeDelete(delete) => delete.by.clone(),
        Of::BeforeRender(batch) => batch.reader.clone(),
        Of::BeforeReaction(reaction) => reaction.sender.clone(),
        Of::BeforeUpload(upload) => upload.sender.clone(),
        Of::BeforeJoin(join) => join.user.clone(),
        Of::BeforeLogin(login) => login.user.clone(),
        Of::BeforeCreate(draft) => draft.by.clone(),
        Of::Custom(_) => None,
    }
}

fn wire_why(why: &Why) -> Text {
    Text { code: why.code.clone(), text: why.text.clone(), ..Text::default() }
}

fn unloaded() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the plugin is being unloaded")
}

fn internal(text: &str) -> Failure {
    Failure::new(Code::Internal, Reason::Internal, text)
}
