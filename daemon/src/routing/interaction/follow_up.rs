//! Answers that follow later: what is to be kept of an interaction, and what its plugin says then.
//!
//! An interaction counts as deferred, and the app hears so, once it is kept. Keeping takes a disk,
//! so it is wished for here and done elsewhere. It refuses to know for how long it is kept, and
//! where.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Asker, CommandResult, FollowUp, Request, command_result, request};
use outboard_proto::common::{Failure, InteractionReply, Reason};
use outboard_proto::plugin::{CancelInteraction, DaemonFrame, daemon_frame};
use slab::Slab;
use tokio::sync::{Notify, mpsc};

use super::CommandCall;
use crate::egress::Urgency;
use crate::held::port::Whose;
use crate::routing::asked::asker;
use crate::routing::send::Outgoing;
use crate::routing::sleep::Deferred;
use crate::routing::{Core, MemberId, Switchboard};

/// What an app that shows follow-ups carries out.
pub const OPERATION: &str = "interactions.follow_up";
/// Wishes on their way to the keeper, who takes each within a disk's sync.
const WISHES: usize = 1024;

/// An interaction that is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Deferral {
    /// Names it to [`Switchboard::deferral_kept`].
    pub key: usize,
    /// Who deferred it.
    pub plugin: Arc<str>,
    /// The app's name for it.
    pub interaction_id: String,
    /// Where it happened.
    pub workspace: String,
    /// The node that asked, if it named itself.
    pub node: String,
    /// Channel, user and thread.
    pub origin: FollowUp,
    /// For how long follow-ups may come.
    pub within: Duration,
}

/// Something for the keeper to do.
#[derive(Debug, Clone, PartialEq)]
pub enum KeepWish {
    /// To keep it.
    Keep(Box<Deferral>),
    /// To let nothing more be said to it.
    Cancel(String),
    /// To erase a user who is forgotten, and what waits for an app and concerns them.
    Forgotten(Whose),
}

/// Interactions between the plugin's word and the keeper's.
pub struct Deferrals {
    pending: Slab<Pending>,
    wishes: mpsc::Sender<KeepWish>,
    keeper: Option<mpsc::Receiver<KeepWish>>,
    settled: Arc<Notify>,
}

/// An interaction whose caller waits for the keeper.
struct Pending {
    member: MemberId,
    /// Places in the table are used again.
    plugin: Arc<str>,
    command: CommandCall,
    reply: InteractionReply,
}

impl Default for Deferrals {
    fn default() -> Self {
        let (wishes, keeper) = mpsc::channel(WISHES);
        Self { pending: Slab::new(), wishes, keeper: Some(keeper), settled: Arc::default() }
    }
}

impl Deferrals {
    /// Hands a wish to the keeper. Whether it has room.
    pub fn wish(&self, wish: KeepWish) -> bool {
        self.wishes.try_send(wish).is_ok()
    }

    /// Some interaction was deferred, or will not be.
    pub fn settled(&self) {
        self.settled.notify_waiters();
    }
}

impl Switchboard {
    /// What the keeper is to do; there is one keeper.
    #[must_use]
    pub fn keep_wishes(&self) -> Option<mpsc::Receiver<KeepWish>> {
        self.with(|core, _| core.deferrals.keeper.take())
    }

    /// An interaction is kept until `expires_at_us`, or cannot be.
    pub fn deferral_kept(&self, key: usize, kept: Result<i64, Failure>) {
        self.with(|core, _| core.deferral_kept(key, kept));
    }

    /// Whether a plugin has an interaction in hand that it may still defer.
    #[must_use]
    pub fn may_defer(&self, member: MemberId, interaction_id: &str) -> bool {
        self.with(|core, _| {
            let is_it = |command: &CommandCall| command.interaction_id == interaction_id;
            let pending = |it: &Pending| it.member == member && is_it(&it.command);
            core.deferrals.pending.iter().any(|(_, it)| pending(it))
                || core
                    .commands_where(is_it)
                    .into_iter()
                    .any(|key| core.calls.get(key).is_some_and(|call| call.member == member))
        })
    }

    /// Wakes whenever an interaction was deferred, or ended otherwise.
    #[must_use]
    pub fn deferral_settled(&self) -> Arc<Notify> {
        self.with(|core, _| Arc::clone(&core.deferrals.settled))
    }

    /// Makes a request of what a plugin has to say to an interaction of its own.
    ///
    /// # Errors
    /// It is being unloaded.
    pub fn compose_follow_up(
        &self,
        member: MemberId,
        follow_up: FollowUp,
        (workspace, node, key): (String, &str, String),
    ) -> Result<Outgoing, Failure> {
        self.with(|core, _| {
            let prefer = core.nodes.ids().find(|(_, it)| it.hello.node == node).map(|(id, _)| id);
            let asker = core.follow_up_asker(member)?;
            core.trace_follow_up(member, &follow_up, &workspace);
            // Known to the daemon that heard the interaction: the next one has lost it.
            let deferred = &core.members[member].sleep.deferred;
            let trace = deferred.get(&follow_up.interaction_id).and_then(|it| it.trace.clone());
            let of = Some(request::Of::FollowUp(follow_up));
            let asker = Some(asker);
            let request = Request {
                idempotency_key: key,
                attempt: 1,
                asker,
                workspace,
                trace,
                of,
                ..Request::default()
            };
            Ok(Outgoing { request, prefer, only: None, again: false })
        })
    }

    /// Nobody waits for the follow-ups of a plugin's interaction any more.
    pub fn tell_cancelled_interaction(&self, plugin: &str, interaction_id: &str) {
        self.with(|core, now| {
            let member = core.names.get(plugin).map(|id| &core.members[*id]);
            // A guest is never told to stop.
            let seat = member.filter(|it| !it.has_guest()).and_then(|it| it.seat.as_ref());
            let Some(seat) = seat else { return };
            let cancel = CancelInteraction {
                interaction_id: interaction_id.to_owned(),
                reason: "the app cancelled it".to_owned(),
            };
            let kind = daemon_frame::Kind::CancelInteraction(cancel);
            // A session that takes nothing is found out by its heartbeat.
            let _ =
                seat.egress.push(Urgency::Control, DaemonFrame { kind: Some(kind) }.into(), now);
        });
    }
}

impl Core {
    /// A plugin says that its answer follows: once that is kept, the caller hears it.
    pub(super) fn defer(&mut self, id: MemberId, command: CommandCall, reply: InteractionReply) {
        if !self.nodes.carry_out(OPERATION) {
            let text = "this chat server shows no follow-ups";
            let failure = Failure::new(tonic::Code::Unimplemented, Reason::AppUnsupported, text);
            return self.end_command(id, command, command_result::Result::Failure(failure));
        }
        let member = &self.members[id];
        let node = command.node().and_then(|node| self.nodes.get(node));
        let deferral = Deferral {
            key: self.deferrals.pending.vacant_key(),
            plugin: Arc::clone(&member.is.name),
            interaction_id: command.interaction_id.clone(),
            workspace: command.workspace.clone(),
            node: node.map(|node| node.hello.node.clone()).unwrap_or_default(),
            origin: FollowUp {
                channel: command.channel.clone(),
                user: command.user.clone(),
                thread_root: command.thread_root.clone(),
                action: command.kind == super::Kind::Action,
                ..FollowUp::default()
            },
            within: member.is.interaction_timeout,
        };
        if self.deferrals.wish(KeepWish::Keep(Box::new(deferral))) {
            let plugin = Arc::clone(&self.members[id].is.name);
            self.deferrals.pending.insert(Pending { member: id, plugin, command, reply });
            return;
        }
        let text = "more is deferred than the disk takes";
        let failure = Failure::new(tonic::Code::ResourceExhausted, Reason::OverLimit, text);
        self.end_command(id, command, command_result::Result::Failure(failure));
    }

    fn deferral_kept(&mut self, key: usize, kept: Result<i64, Failure>) {
        let Some(pending) = self.deferrals.pending.try_remove(key) else { return };
        let Pending { member: id, plugin, command, reply } = pending;
        let result = match kept {
            Ok(expires_at_us) => {
                let reply = command.as_said(reply);
                // What follows later finds nobody who waits for a form.
                let reply = InteractionReply { expires_at_us, modal: None, ..reply };
                command_result::Result::Reply(reply)
            }
            Err(failure) => command_result::Result::Failure(failure),
        };
        let now_us = self.clock.wall_us();
        let member = self.members.get_mut(id).filter(|member| member.is.name == plugin);
        if let Some(member) = member {
            if let command_result::Result::Reply(reply) = &result {
                let (until_us, trace) = (reply.expires_at_us, command.trace.clone());
                let deferred = Deferred { until_us, trace };
                member.sleep.defer(&command.interaction_id, deferred, now_us);
            }
            return self.end_command(id, command, result);
        }
        // The plugin was unloaded meanwhile, and what was kept of it with it.
        let text = "the plugin was unloaded";
        let failure = Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, text);
        let result = Some(command_result::Result::Failure(failure));
        self.trace_interaction(None, &command, result.as_ref());
        let CommandCall { caller, interaction_id, .. } = command;
        let plugin = plugin.to_string();
        self.tell_runner(caller, CommandResult { id: 0, interaction_id, plugin, result });
    }

    fn follow_up_asker(&self, id: MemberId) -> Result<Asker, Failure> {
        let Some(member) = self.members.get(id) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(tonic::Code::Unavailable, Reason::Stopping, text));
        };
        Ok(asker(member))
    }
}
