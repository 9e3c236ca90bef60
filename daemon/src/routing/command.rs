//! Commands: from a person's line, form or menu to the plugin that owns the command.
//!
//! Who may run what where is enforced here, from what the app says of the sender. It refuses to
//! know how an answer comes back and how it is shown.

mod allowed;
mod catalogue;
mod help;
mod outage;
mod typed;

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_proto::app::{CommandResult, RunCommand, command_result};
use outboard_proto::common::{
    CommandKind, Failure, InteractionReply, Reason, Value, Visibility, body,
};
use outboard_proto::plugin;
use outboard_supervision::Moment;

use super::interaction::{Begun, CommandCall, CommandRun, Kind};
use super::permit::place;
use super::revoke::pushed_as;
use super::{Core, MemberId, Switchboard};
use crate::config::manifest::{CommandDecl, Form, Target};
use crate::frame::CallBody;
pub use allowed::{allowed, enabled_in};
pub use help::wanted_of;
pub use outage::{briefly, not_given, unavailable};
use typed::Understood;

/// How long a sign of progress keeps a command alive.
pub const LEASE: Duration = Duration::from_secs(30);
/// However much progress is shown.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What has been found to be right before the plugin is asked.
enum Prepared {
    /// The daemon answers by itself.
    Help(String),
    /// The plugin answers this.
    Run(MemberId, Box<plugin::RunCommand>),
}

impl Switchboard {
    /// Runs a command; the result goes to `caller`.
    pub fn run_command(&self, caller: CommandRun, request: RunCommand) {
        self.with(|core, now| core.run_command(caller, request, now));
    }
}

impl Core {
    fn run_command(&mut self, caller: CommandRun, mut request: RunCommand, now: Moment) {
        if request.interaction_id.is_empty() {
            request.interaction_id = uuid::Uuid::now_v7().to_string();
        }
        self.acted(request.sender.as_ref(), request.channel.as_ref());
        self.spoke_at(caller.node(), request.sender.as_ref());
        let owner = self.commands.get(&request.name).copied();
        self.permits.names.note(&request.workspace, request.channel.as_ref());
        let ended = match self.prepare(&request, now) {
            Ok(Prepared::Run(member, run)) => {
                self.begin_command(caller, (member, *run), &request, now)
            }
            Ok(Prepared::Help(text)) => Err((caller, command_result::Result::Reply(told(text)))),
            Err(failure) => Err((caller, command_result::Result::Failure(failure))),
        };
        if let Err((caller, result)) = ended {
            self.trace_unasked(owner, (&request, caller.node()), &result);
            let plugin = owner.map(|id| self.members[id].is.name.to_string());
            let interaction_id = request.interaction_id;
            let (plugin, result) = (plugin.unwrap_or_default(), Some(result));
            self.tell_runner(caller, CommandResult { id: 0, interaction_id, plugin, result });
        }
    }

    fn begin_command(
        &mut self,
        caller: CommandRun,
        (member, run): (MemberId, plugin::RunCommand),
        request: &RunCommand,
        now: Moment,
    ) -> Result<(), (CommandRun, command_result::Result)> {
        let longest = self.members[member].is.call_timeout;
        let gap = match request.budget_us {
            0 => longest,
            budget => Duration::from_micros(budget).min(longest),
        };
        let locale = run.sender.as_ref().map(|it| it.locale.clone()).unwrap_or_default();
        let begun = Begun {
            kind: Kind::Command,
            name: run.name.clone(),
            line: run.text.clone(),
            began: now,
            gap,
        };
        let mut command = CommandCall::of(caller, request.interaction_id.clone(), begun);
        command.channel.clone_from(&run.channel);
        command.user.clone_from(&run.sender);
        command.thread_root.clone_from(&run.thread_root);
        command.workspace.clone_from(&request.workspace);
        command.trace.clone_from(&request.trace);
        let frame = plugin::Call {
            of: Some(plugin::call::Of::Command(Box::new(run))),
            attempt: 1,
            locale,
            trace: request.trace.clone(),
            workspace: request.workspace.clone(),
            ..plugin::Call::default()
        };
        self.begin_interaction(member, command, CallBody::of(&frame), now)
            .map_err(|(caller, failure)| (caller, command_result::Result::Failure(failure)))
    }

    /// Finds the owner and checks everything that can be checked before it is asked.
    fn prepare(&mut self, request: &RunCommand, now: Moment) -> Result<Prepared, Failure> {
        if request.interaction_id.len() > 255 {
            let text = "an interaction_id is longer than 255 bytes";
            return Err(Failure::new(tonic::Code::InvalidArgument, Reason::Invalid, text));
        }
        let (id, decl) = self.owner_of(&request.name)?;
        let member = &mut self.members[id];
        let at = place(&request.workspace, request.channel.as_ref());
        if !self.permits.lets(member, pushed_as(&decl), &at) {
            return Err(not_given(member));
        }
        allowed(&decl, request.sender.as_ref(), request.channel.as_ref())?;
        enabled_in(&member.is, request.channel.as_ref())?;
        let understood = typed::understand(&decl, request).map_err(|why| {
            let text = format!("{why}\nusage: {}", help::usage(&decl));
            Failure::new(tonic::Code::InvalidArgument, Reason::BadArguments, text)
        })?;
        let (subcommand, args) = match understood {
            Understood::Help(text) => return Ok(Prepared::Help(text)),
            Understood::Run { subcommand, args } => (subcommand, args),
        };
        let member = &mut self.members[id];
        if !member.takes_work() {
            return Err(unavailable(&member.is.name, &member.standing, "not_started"));
        }
        member.used(pushed_as(&decl), now);
        Ok(Prepared::Run(id, Box::new(run_of(&decl, request, subcommand, args))))
    }

    /// Who owns a command, and how it is declared.
    pub fn owner_of(&self, name: &str) -> Result<(MemberId, CommandDecl), Failure> {
        let found = self.commands.get(name).and_then(|id| {
            let commands = &self.members.get(*id)?.is.commands;
            Some((*id, commands.iter().find(|decl| decl.answers_to(name))?.clone()))
        });
        found.ok_or_else(|| {
            let text = format!("there is no command {name}");
            Failure::new(tonic::Code::NotFound, Reason::UnknownCommand, text)
        })
    }
}

/// What the plugin is told: its own name of the command, whatever was typed.
fn run_of(
    decl: &CommandDecl,
    request: &RunCommand,
    subcommand: String,
    args: BTreeMap<String, Value>,
) -> plugin::RunCommand {
    let menu = matches!(decl.form, Form::Menu(..));
    plugin::RunCommand {
        interaction_id: request.interaction_id.clone(),
        name: decl.name.as_str().to_owned(),
        args,
        channel: request.channel.clone(),
        sender: request.sender.clone(),
        thread_root: request.thread_root.clone(),
        text: request.text.clone(),
        subcommand,
        kind: kind_of(decl).into(),
        target_message: request.target_message.clone().filter(|_| menu),
        target_user: request.target_user.clone().filter(|_| menu),
    }
}

fn kind_of(decl: &CommandDecl) -> CommandKind {
    match decl.form {
        Form::Plain(_) | Form::Split(_) => CommandKind::Slash,
        Form::Menu(Target::Message, _) => CommandKind::Message,
        Form::Menu(Target::User, _) => CommandKind::User,
    }
}

/// What the daemon answers to the person who asked.
fn told(text: String) -> InteractionReply {
    InteractionReply {
        body: Some(outboard_proto::common::Body { content: Some(body::Content::Plain(text)) }),
        visibility: Visibility::One.into(),
        ..InteractionReply::default()
    }
}
