//! Interactions: what a person began with a command or an action, and what came of it.
//!
//! One caller waits for one result, which may be an answer, a failure, or the word that the answer
//! follows later. It refuses to know what was asked, and never waits for the disk: what is to be
//! kept is handed to whoever keeps it.

mod action;
mod autocomplete;
mod follow_up;
mod said;

use std::time::Duration;

use outboard_proto::app::{CommandResult, Progress, command_result, daemon_frame};
use outboard_proto::common::{Channel, Failure, InteractionReply, Reason, Sender, Trace};
use outboard_proto::plugin::{self, reply};
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use super::call::{Lost, NewCall, OverLimit, Purpose};
use super::command::{not_given, unavailable};
use super::node::NodeId;
use super::{Core, MemberId, Switchboard};
use crate::frame::CallBody;
pub use autocomplete::{Completing, Offering};
pub use follow_up::{Deferral, Deferrals, KeepWish};
pub use said::Said;

/// How often an app is told of progress: a person sees no more.
const SHOWN_EVERY: Duration = Duration::from_millis(100);

/// Who wants the result of a command or an action.
pub enum CommandRun {
    /// A session's call.
    Session {
        /// The node.
        node: NodeId,
        /// Its id for the call.
        id: u64,
    },
    /// A unary call, of the node it named.
    Unary(oneshot::Sender<CommandResult>, Option<NodeId>),
}

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ran a command.
    Command,
    /// Used a component.
    Action,
}

/// A command or an action under way.
pub struct CommandCall {
    caller: CommandRun,
    pub kind: Kind,
    /// The command's or the action's.
    pub name: String,
    pub began: Moment,
    /// What was typed, or came of a form.
    pub line: String,
    /// The app's name for it.
    pub interaction_id: String,
    /// Where it happens.
    pub channel: Option<Channel>,
    /// Who asked.
    pub user: Option<Sender>,
    /// The thread it happens in.
    pub thread_root: String,
    /// Where it happens.
    pub workspace: String,
    /// The trace it belongs to.
    pub trace: Option<Trace>,
    /// How long the first sign of life, and each next one, may take.
    pub gap: Duration,
    /// What was streamed so far.
    pub said: Said,
    /// When the app was last told of progress.
    shown: Option<Moment>,
    /// The form that was sent, by its token.
    pub form: Option<String>,
}

/// How something began.
pub struct Begun {
    pub kind: Kind,
    /// The command's or the action's.
    pub name: String,
    /// What was typed, or came of a form.
    pub line: String,
    pub began: Moment,
    /// How long the first sign of life, and each next one, may take.
    pub gap: Duration,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Action => "action",
        }
    }
}

impl Switchboard {
    /// The caller of a command no longer waits.
    pub fn cancel_command(&self, node: NodeId, id: u64) {
        self.with(|core, now| {
            let found = core.commands_where(|command| command.caller.is_call(node, id));
            for key in found {
                core.abandon_command(key, "the caller no longer waits", now);
                core.nodes.answered(node);
            }
        });
    }

    /// The app wants nothing more of an interaction, be it under way or deferred. Whether all of
    /// it could be told to end.
    pub fn cancel_interaction(&self, interaction_id: &str) -> bool {
        self.with(|core, now| core.cancel_interaction(interaction_id, now))
    }

    /// A plugin's handler is still at work. Whether the call still lives.
    pub fn progress(&self, member: MemberId, progress: plugin::Progress) -> bool {
        self.with(|core, now| core.progress(member, progress, now))
    }

    /// A plugin said a piece of its reply. Whether it was of use.
    pub fn partial(&self, member: MemberId, serial: u64, partial: plugin::Partial) -> bool {
        self.with(|core, now| core.partial(member, serial, partial, now))
    }
}

impl CommandCall {
    /// One of this caller, all else empty.
    pub fn of(caller: CommandRun, interaction_id: String, begun: Begun) -> Self {
        let Begun { kind, name, line, began, gap } = begun;
        Self {
            caller,
            kind,
            name,
            began,
            line,
            interaction_id,
            channel: None,
            user: None,
            thread_root: String::new(),
            workspace: String::new(),
            trace: None,
            gap,
            said: Said::default(),
            shown: None,
            form: None,
        }
    }

    /// A reply that fits what was streamed before it.
    fn as_said(&self, mut reply: InteractionReply) -> InteractionReply {
        reply.streamed = self.said.has_begun();
        if let Some(visibility) = self.said.visibility() {
            reply.visibility = visibility.into();
        }
        reply
    }

    /// The node whose call it is.
    pub fn node(&self) -> Option<NodeId> {
        self.caller.node()
    }
}

impl CommandRun {
    /// The node whose call it is.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::Session { node, .. } => Some(*node),
            Self::Unary(_, node) => *node,
        }
    }

    fn is_call(&self, of: NodeId, call: u64) -> bool {
        match self {
            Self::Session { node, id } => *node == of && *id == call,
            Self::Unary(..) => false,
        }
    }

    fn is_of(&self, of: NodeId) -> bool {
        match self {
            Self::Session { node, .. } => *node == of,
            Self::Unary(..) => false,
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Self::Session { .. } => false,
            Self::Unary(sender, _) => sender.is_closed(),
        }
    }
}

impl Core {
    /// Hands it to its plugin, or gives the caller back with the reason why not.
    pub fn begin_interaction(
        &mut self,
        member: MemberId,
        command: CommandCall,
        body: CallBody,
        now: Moment,
    ) -> Result<(), (CommandRun, Failure)> {
        let asker = command.node();
        if self.would_wait(member) && !self.make_room(member, asker, &body, now) {
            self.members[member].traffic.over_limit += 1;
            self.count_crowded(member, &command);
            return Err((command.caller, self.lost_failure(member, Lost::CrowdedOut)));
        }
        let deadline = now + command.gap;
        let purpose = Purpose::Command(Box::new(command));
        // It was seen not to be full.
        let (Ok(_) | Err(OverLimit)) =
            self.begin_call(NewCall { member, purpose, deadline, body }, now);
        Ok(())
    }

    /// A plugin answered.
    pub fn command_replied(
        &mut self,
        member: MemberId,
        command: CommandCall,
        result: Option<reply::Result>,
    ) {
        let result = match result {
            Some(reply::Result::Interaction(reply)) if reply.deferred => {
                return self.defer(member, command, reply);
            }
            Some(reply::Result::Interaction(reply)) => {
                let reply = InteractionReply { expires_at_us: 0, ..command.as_said(reply) };
                let now = self.clock.now();
                self.with_form(member, &command, reply, now)
            }
            Some(reply::Result::Failure(failure)) => {
                self.members[member].traffic.errors += 1;
                command_result::Result::Failure(failure)
            }
            Some(
                reply::Result::Hook(_)
                | reply::Result::Choices(_)
                | reply::Result::Http(_)
                | reply::Result::Json(_),
            ) => {
                self.members[member].traffic.rule_breaks += 1;
                let text = "the plugin answered a command with something else";
                let failure = Failure::new(tonic::Code::Internal, Reason::ProtocolViolation, text);
                command_result::Result::Failure(failure)
            }
            // It has nothing to say.
            None => command_result::Result::Reply(InteractionReply::default()),
        };
        self.end_command(member, command, result);
    }

    /// It ended without an answer.
    pub fn command_lost(&mut self, member: MemberId, command: CommandCall, lost: Lost) {
        let failure = match lost {
            Lost::TimedOut if command.said.has_begun() => {
                let text = format!("{} did not go on in time", self.members[member].is.name);
                Failure::new(tonic::Code::DeadlineExceeded, Reason::Deadline, text)
                    .detail("outcome", "unknown")
            }
            Lost::TimedOut
            | Lost::NeverHanded
            | Lost::CrowdedOut
            | Lost::Gone
            | Lost::NotStarted
            | Lost::Unlisted
            | Lost::Revoked => self.lost_failure(member, lost),
        };
        self.end_command(member, command, command_result::Result::Failure(failure));
    }

    /// What whoever waits for an answer hears when there is none.
    pub fn lost_failure(&self, member: MemberId, lost: Lost) -> Failure {
        let is = &self.members[member];
        match lost {
            Lost::TimedOut => {
                let text = format!("{} did not answer in time", is.is.name);
                Failure::new(tonic::Code::DeadlineExceeded, Reason::Deadline, text)
                    .detail("outcome", "unknown")
            }
            Lost::CrowdedOut => {
                let text = format!("{} has too much to do", is.is.name);
                Failure::new(tonic::Code::ResourceExhausted, Reason::OverLimit, text)
                    .detail("outcome", "not_started")
                    .retry_after(Duration::from_secs(1))
            }
            Lost::NeverHanded => {
                let text = format!("{} had no time for it", is.is.name);
                Failure::new(tonic::Code::DeadlineExceeded, Reason::Deadline, text)
                    .detail("outcome", "not_started")
            }
            Lost::NotStarted => unavailable(&is.is.name, &is.standing, "not_started"),
            Lost::Gone | Lost::Unlisted => unavailable(&is.is.name, &is.standing, "unknown"),
            Lost::Revoked => not_given(is),
        }
    }

    /// It ends with this failure, and the plugin is told to stop.
    fn fail_command(&mut self, key: usize, failure: Failure, now: Moment) {
        let Some(call) = self.take_back(key, &failure.message, now) else { return };
        if let Purpose::Command(command) = call.purpose {
            let result = command_result::Result::Failure(failure);
            self.end_command(call.member, *command, result);
        }
    }

    /// Ends its stream, if it has one, then tells the result.
    fn end_command(
        &mut self,
        member: MemberId,
        command: CommandCall,
        result: command_result::Result,
    ) {
        self.end_stream(&command, &result);
        self.settle_form(&command, Some(&result));
        self.trace_interaction(Some(member), &command, Some(&result));
        let result = CommandResult {
            id: 0,
            interaction_id: command.interaction_id,
            plugin: self.members[member].is.name.to_string(),
            result: Some(result),
        };
        self.tell_runner(command.caller, result);
        // A follow-up may have waited to see whether it would be deferred.
        self.deferrals.settled();
    }

    pub fn tell_runner(&mut self, caller: CommandRun, mut result: CommandResult) {
        let now = self.clock.now();
        match caller {
            CommandRun::Session { node, id } => {
                result.id = id;
                self.nodes.answered(node);
                self.nodes.tell(node, daemon_frame::Kind::Command(result), now);
            }
            CommandRun::Unary(sender, _) => {
                // The caller may have gone; then nobody needs the result.
                let _ = sender.send(result);
            }
        }
    }

    // --- Signs of life ------------------------------------------------------------------------

    /// A handler works long: its lease is renewed, an interceptor's never.
    fn progress(&mut self, id: MemberId, progress: plugin::Progress, now: Moment) -> bool {
        let Some(key) = self.calls.find(progress.call) else { return false };
        let Some(call) = self.calls.get(key).filter(|call| call.member == id) else { return false };
        let renewed = (now + super::command::LEASE).min(call.began + super::command::LONGEST);
        let Some(command) = self.calls.command_mut(key) else { return true };
        let shown = command.shown.is_some_and(|at| now.since(at) < SHOWN_EVERY);
        if !shown {
            command.shown = Some(now);
        }
        let (node, interaction_id) = (command.node(), command.interaction_id.clone());
        self.extend_call(key, renewed);
        if let (Some(node), false) = (node, shown) {
            let plugin::Progress { percent, text, .. } = progress;
            let told = Progress { interaction_id, percent, text };
            // An app that takes nothing loses a word, not the answer.
            let _ = self.nodes.tell(node, daemon_frame::Kind::Progress(told), now);
        }
        true
    }

    // --- Nobody waits any more ----------------------------------------------------------------

    fn commands_where(&self, matches: impl Fn(&CommandCall) -> bool) -> Vec<usize> {
        self.calls.keys_where(|call| match &call.purpose {
            Purpose::Command(command) => matches(command),
            Purpose::Intercept { .. }
            | Purpose::Shadow(_)
            | Purpose::Autocomplete(_)
            | Purpose::Nested(_)
            | Purpose::Http(_) => false,
        })
    }

    /// Its caller hears nothing; what was streamed of it is cut off with the cause.
    fn abandon_command(&mut self, key: usize, why: &str, now: Moment) {
        let Some(call) = self.take_back(key, why, now) else { return };
        if let Purpose::Command(command) = call.purpose {
            self.end_stream(&command, &command_result::Result::Failure(cancelled(why)));
            self.settle_form(&command, None);
            self.trace_interaction(Some(call.member), &command, None);
            self.deferrals.settled();
        }
    }

    /// A node went away: nobody waits for its commands.
    pub fn abandon_commands_of(&mut self, node: NodeId, now: Moment) {
        for key in self.commands_where(|command| command.caller.is_of(node)) {
            self.abandon_command(key, "the caller went away", now);
        }
        for key in self.offerings_where(|offering| offering.is_of(node)) {
            self.cancel_call(key, "the caller went away", now);
        }
    }

    /// Unary callers went away.
    pub fn abandon_unary_commands(&mut self, now: Moment) {
        for key in self.commands_where(|command| command.caller.is_gone()) {
            self.abandon_command(key, "the caller went away", now);
        }
        for key in self.offerings_where(Offering::is_gone) {
            self.cancel_call(key, "the caller went away", now);
        }
    }

    fn cancel_interaction(&mut self, interaction_id: &str, now: Moment) -> bool {
        if interaction_id.is_empty() {
            return true;
        }
        for key in self.commands_where(|command| command.interaction_id == interaction_id) {
            self.fail_command(key, cancelled("the app cancelled it"), now);
        }
        self.deferrals.wish(KeepWish::Cancel(interaction_id.to_owned()))
    }
}

fn cancelled(why: &str) -> Failure {
    Failure::new(tonic::Code::Cancelled, Reason::Cancelled, why)
}
