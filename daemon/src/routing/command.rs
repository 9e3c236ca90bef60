//! Slash commands: from a person's line to the plugin that owns the command, and its answer back.
//!
//! Who may run what where is enforced here, from what the app says of the sender. It refuses to
//! know how an answer is shown.

use std::time::Duration;

use outboard_proto::app::{Catalogue, CommandResult, RunCommand, command_result};
use outboard_proto::common::{
    ArgumentInfo, Channel, ChannelKind, CommandInfo, Failure, InteractionReply, Reason,
};
use outboard_proto::plugin::{self, reply};
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use super::call::{Lost, NewCall, OverLimit, Purpose};
use super::member::Standing;
use super::node::NodeId;
use super::{Core, MemberId, Switchboard, arguments};
use crate::clock::micros;
use crate::config::manifest::{ArgDecl, ArgKind, Audience, CommandDecl, Extent, Presence, Venue};
use crate::config::permission::Permission;
use crate::frame::CallBody;

/// How long a sign of progress keeps a command alive.
pub const LEASE: Duration = Duration::from_secs(30);
/// However much progress is shown.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Who wants the result of a command.
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

/// A command under way.
pub struct CommandCall {
    caller: CommandRun,
    interaction_id: String,
    /// Kept as the cause of what its handler does.
    pub run: plugin::RunCommand,
    pub workspace: String,
}

impl Switchboard {
    /// Runs a command; the result goes to `caller`.
    pub fn run_command(&self, caller: CommandRun, request: RunCommand) {
        self.with(|core, now| core.run_command(caller, request, now));
    }

    /// The caller of a command no longer waits.
    pub fn cancel_command(&self, node: NodeId, id: u64) {
        self.with(|core, now| {
            let found = core.calls.keys_where(|call| match &call.purpose {
                Purpose::Command(command) => command.caller.is_call(node, id),
                Purpose::Intercept { .. } | Purpose::Nested(_) | Purpose::Http(_) => false,
            });
            for key in found {
                core.cancel_call(key, "the caller no longer waits", now);
                core.nodes.answered(node);
            }
        });
    }
}

impl CommandCall {
    /// The node whose call it is.
    pub fn node(&self) -> Option<NodeId> {
        match &self.caller {
            CommandRun::Session { node, .. } => Some(*node),
            CommandRun::Unary(_, node) => *node,
        }
    }
}

impl CommandRun {
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
}

impl Core {
    fn run_command(&mut self, caller: CommandRun, request: RunCommand, now: Moment) {
        let interaction_id = request.interaction_id.clone();
        let name = request.name.clone();
        if let Err((caller, failure)) = self.begin_command(caller, request, now) {
            let plugin = self.commands.get(&name).map(|id| self.members[*id].is.name.to_string());
            let result = CommandResult {
                interaction_id,
                plugin: plugin.unwrap_or_default(),
                result: Some(command_result::Result::Failure(failure)),
                ..CommandResult::default()
            };
            self.tell_runner(caller, result);
        }
    }

    fn begin_command(
        &mut self,
        caller: CommandRun,
        request: RunCommand,
        now: Moment,
    ) -> Result<(), (CommandRun, Failure)> {
        let (id, args) = match self.prepare(&request) {
            Ok(prepared) => prepared,
            Err(failure) => return Err((caller, failure)),
        };
        let member = &self.members[id];
        let asked = match request.budget_us {
            0 => member.is.call_timeout,
            budget => Duration::from_micros(budget).min(member.is.call_timeout),
        };
        let run = plugin::RunCommand {
            interaction_id: request.interaction_id.clone(),
            name: request.name,
            args,
            channel: request.channel,
            sender: request.sender,
            thread_root: request.thread_root,
            text: request.text,
        };
        let locale = run.sender.as_ref().map(|it| it.locale.clone()).unwrap_or_default();
        let frame = plugin::Call {
            of: Some(plugin::call::Of::Command(Box::new(run.clone()))),
            attempt: 1,
            locale,
            trace: request.trace,
            workspace: request.workspace.clone(),
            ..plugin::Call::default()
        };
        if self.members[id].is_full() {
            let text = format!("{} has too much to do", self.members[id].is.name);
            let failure = Failure::new(tonic::Code::ResourceExhausted, Reason::OverLimit, text);
            return Err((caller, failure.retry_after(Duration::from_secs(1))));
        }
        let command = CommandCall {
            caller,
            interaction_id: request.interaction_id,
            run,
            workspace: request.workspace,
        };
        let purpose = Purpose::Command(Box::new(command));
        let body = CallBody::of(&frame);
        let new = NewCall { member: id, purpose, deadline: now + asked, body };
        // It was seen not to be full.
        let (Ok(_) | Err(OverLimit)) = self.begin_call(new, now);
        Ok(())
    }

    /// Finds the owner and checks everything that can be checked before it is asked.
    fn prepare(
        &mut self,
        request: &RunCommand,
    ) -> Result<
        (MemberId, std::collections::BTreeMap<String, outboard_proto::common::Value>),
        Failure,
    > {
        let owner = self.commands.get(&request.name).copied();
        let found = owner.and_then(|id| {
            let member = self.members.get_mut(id)?;
            let named = |decl: &&CommandDecl| decl.name.as_str() == request.name;
            let decl = member.is.commands.iter().find(named)?.clone();
            Some((id, member, decl))
        });
        let Some((id, member, decl)) = found else {
            let text = format!("there is no command {}", request.name);
            return Err(Failure::new(tonic::Code::NotFound, Reason::UnknownCommand, text));
        };
        if !member.may(Permission::CommandsOwn) {
            member.traffic.denied += 1;
            return Err(unavailable(&member.is.name, &Standing::Unlisted, "not_started"));
        }
        allowed(&decl, request)?;
        let args = if request.values.is_empty() {
            arguments::parse(&decl.args, &request.text)
        } else {
            arguments::check(&decl.args, request.values.clone())
        };
        let args = args.map_err(|why| {
            let text = format!("{why}\nusage: {}", usage(&decl));
            Failure::new(tonic::Code::InvalidArgument, Reason::BadArguments, text)
        })?;
        if member.open_seat().is_none() {
            return Err(unavailable(&member.is.name, &member.standing, "not_started"));
        }
        Ok((id, args))
    }

    /// A plugin answered a command.
    pub fn command_replied(
        &mut self,
        member: MemberId,
        command: CommandCall,
        result: Option<reply::Result>,
    ) {
        let result = match result {
            Some(reply::Result::Interaction(reply)) => command_result::Result::Reply(reply),
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

    /// A command ended without an answer.
    pub fn command_lost(&mut self, member: MemberId, command: CommandCall, lost: Lost) {
        let failure = self.lost_failure(member, lost);
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
            Lost::NeverHanded => {
                let text = format!("{} had no time for it", is.is.name);
                Failure::new(tonic::Code::DeadlineExceeded, Reason::Deadline, text)
                    .detail("outcome", "not_started")
            }
            Lost::Gone | Lost::Unlisted => unavailable(&is.is.name, &is.standing, "unknown"),
        }
    }

    fn end_command(
        &mut self,
        member: MemberId,
        command: CommandCall,
        result: command_result::Result,
    ) {
        let result = CommandResult {
            id: 0,
            interaction_id: command.interaction_id,
            plugin: self.members[member].is.name.to_string(),
            result: Some(result),
        };
        self.tell_runner(command.caller, result);
    }

    fn tell_runner(&mut self, caller: CommandRun, mut result: CommandResult) {
        let now = self.clock.now();
        match caller {
            CommandRun::Session { node, id } => {
                result.id = id;
                self.nodes.answered(node);
                self.nodes.tell(
                    node,
                    outboard_proto::app::daemon_frame::Kind::Command(result),
                    now,
                );
            }
            CommandRun::Unary(sender, _) => {
                // The caller may have gone; then nobody needs the result.
                let _ = sender.send(result);
            }
        }
    }

    /// A node went away: nobody waits for its commands.
    pub fn abandon_commands_of(&mut self, node: NodeId, now: Moment) {
        let of_node = self.calls.keys_where(|call| match &call.purpose {
            Purpose::Command(command) => command.caller.is_of(node),
            Purpose::Intercept { .. } | Purpose::Nested(_) | Purpose::Http(_) => false,
        });
        for key in of_node {
            self.cancel_call(key, "the caller went away", now);
        }
    }

    /// Who owns which command; the first by name of plugin, since a second one was refused at load.
    pub fn rebuild_commands(&mut self) {
        self.commands.clear();
        let mut members: Vec<_> =
            self.members.iter().filter(|(_, member)| member.listed()).collect();
        members.sort_by(|(_, one), (_, other)| one.is.name.cmp(&other.is.name));
        for (id, member) in members {
            for command in &member.is.commands {
                self.commands.entry(command.name.as_str().to_owned()).or_insert(id);
            }
        }
        self.announce_catalogue();
    }

    /// Commands as people see them.
    pub fn catalogue(&self) -> Catalogue {
        let info = |(name, id): (&String, &MemberId)| {
            let member = &self.members[*id];
            let decl = member.is.commands.iter().find(|it| it.name.as_str() == name)?;
            Some(describe(&member.is.name, decl, &member.standing))
        };
        let commands = self.commands.iter().filter_map(info).collect();
        Catalogue { revision: self.catalogue, commands }
    }
}

impl super::member::Member {
    /// Whether a call would find neither window nor queue.
    fn is_full(&self) -> bool {
        self.in_hand >= self.is.in_flight && self.queue.len() >= super::member::QUEUED_CALLS
    }
}

fn allowed(decl: &CommandDecl, request: &RunCommand) -> Result<(), Failure> {
    let denied = |text: String| {
        Err(Failure::new(tonic::Code::PermissionDenied, Reason::CommandNotAllowed, text))
    };
    let roles = request.sender.as_ref().map(|sender| &sender.roles[..]).unwrap_or_default();
    let audience = match &decl.allow {
        Audience::Everyone => true,
        Audience::Roles(allowed) => roles.iter().any(|role| allowed.contains(role)),
    };
    if !audience {
        return denied(format!("you may not run {}", decl.name.as_str()));
    }
    let kind = request.channel.as_ref().map_or(ChannelKind::Public, Channel::kind);
    let venue = match kind {
        ChannelKind::Direct => Venue::Direct,
        ChannelKind::Group => Venue::Group,
        ChannelKind::Public | ChannelKind::Private | ChannelKind::Unspecified => Venue::Channel,
    };
    if decl.venues.is_empty() || decl.venues.contains(&venue) {
        return Ok(());
    }
    denied(format!("{} cannot be run here", decl.name.as_str()))
}

/// `PLUGIN_UNAVAILABLE` with everything the app may want to show.
pub fn unavailable(plugin: &str, standing: &Standing, outcome: &str) -> Failure {
    let (state, reason, retry_after) = match standing {
        Standing::Ready => ("running", "its session was lost".to_owned(), None),
        Standing::Suspended(by) => ("suspended", format!("{by} is down"), None),
        Standing::Unavailable { state, reason, retry_after } => {
            (*state, reason.clone(), *retry_after)
        }
        Standing::Unlisted => ("stopped", "not in service".to_owned(), None),
    };
    let colon = if reason.is_empty() { "" } else { ": " };
    let text = format!("{plugin} is not available now ({state}{colon}{reason})");
    let failure = Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, text)
        .detail("plugin", plugin)
        .detail("state", state)
        .detail("reason", reason)
        .detail("outcome", outcome);
    match retry_after {
        Some(after) => {
            failure.detail("retry_after_us", micros(after).to_string()).retry_after(after)
        }
        None => failure,
    }
}

fn usage(decl: &CommandDecl) -> String {
    let arg = |arg: &ArgDecl| {
        let dots = if arg.extent == Extent::Rest { "…" } else { "" };
        match arg.presence {
            Presence::Required => format!(" {}{dots}", arg.name),
            Presence::Optional => format!(" [{}{dots}]", arg.name),
        }
    };
    format!("/{}{}", decl.name.as_str(), decl.args.iter().map(arg).collect::<String>())
}

fn describe(plugin: &str, decl: &CommandDecl, standing: &Standing) -> CommandInfo {
    let unavailable = match standing {
        Standing::Ready => String::new(),
        Standing::Suspended(by) => format!("{by} is down"),
        Standing::Unavailable { state, reason, .. } if reason.is_empty() => (*state).to_owned(),
        Standing::Unavailable { state, reason, .. } => format!("{state}: {reason}"),
        Standing::Unlisted => "not in service".to_owned(),
    };
    let allow = match &decl.allow {
        Audience::Everyone => Vec::new(),
        Audience::Roles(roles) => roles.iter().map(|role| format!("role:{role}")).collect(),
    };
    let venue = |venue: &Venue| match venue {
        Venue::Channel => "channel".to_owned(),
        Venue::Direct => "direct".to_owned(),
        Venue::Group => "group".to_owned(),
    };
    CommandInfo {
        name: decl.name.as_str().to_owned(),
        plugin: plugin.to_owned(),
        description: decl.description.clone(),
        args: decl.args.iter().map(describe_argument).collect(),
        unavailable,
        r#where: decl.venues.iter().map(venue).collect(),
        allow,
    }
}

fn describe_argument(arg: &ArgDecl) -> ArgumentInfo {
    let (kind, choices) = match &arg.kind {
        ArgKind::String => ("string", &[][..]),
        ArgKind::Integer => ("integer", &[][..]),
        ArgKind::Number => ("number", &[][..]),
        ArgKind::Boolean => ("boolean", &[][..]),
        ArgKind::User => ("user", &[][..]),
        ArgKind::Channel => ("channel", &[][..]),
        ArgKind::Choice(choices) => ("choice", &choices[..]),
    };
    ArgumentInfo {
        name: arg.name.clone(),
        r#type: kind.to_owned(),
        description: arg.description.clone(),
        optional: arg.presence == Presence::Optional,
        rest: arg.extent == Extent::Rest,
        choices: choices.to_vec(),
    }
}
