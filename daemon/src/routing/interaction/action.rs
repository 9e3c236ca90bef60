//! What somebody did to a component that a plugin shows: to its owner, and answered like a command.
//!
//! Whether it is shown, and may be used, is looked at where what is shown is kept. It refuses to
//! know what a handler makes of it.

use outboard_proto::app::{CommandResult, UiAction, command_result};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin;
use outboard_supervision::Moment;

use super::{Begun, CommandCall, CommandRun, Kind};
use crate::config::pushed;
use crate::frame::CallBody;
use crate::routing::command::{not_given, unavailable};
use crate::routing::permit::place;
use crate::routing::{Core, MemberId, Switchboard};

impl Switchboard {
    /// Takes an action to the plugin that owns the component; the result goes to `caller`.
    pub fn act(&self, caller: CommandRun, action: UiAction) {
        self.with(|core, now| core.act(caller, action, now));
    }
}

impl Core {
    fn act(&mut self, caller: CommandRun, mut action: UiAction, now: Moment) {
        if action.interaction_id.is_empty() {
            action.interaction_id = uuid::Uuid::now_v7().to_string();
        }
        self.spoke_at(caller.node(), action.sender.as_ref());
        let (interaction_id, plugin) = (action.interaction_id.clone(), action.plugin.clone());
        let asked = self.actor(&action, now).and_then(|member| {
            let told = self.meant(member, &action, now)?;
            self.is_there(member).map(|()| (member, told))
        });
        let begun = match asked {
            Ok((member, told)) => self.begin_action(caller, (member, told), &action, now),
            Err(failure) => Err((caller, failure)),
        };
        if let Err((caller, failure)) = begun {
            let result = command_result::Result::Failure(failure);
            self.trace_unasked_action((&action, caller.node()), &result);
            let result = Some(result);
            self.tell_runner(caller, CommandResult { id: 0, interaction_id, plugin, result });
        }
    }

    /// The owner, if it can be asked.
    fn actor(&mut self, action: &UiAction, now: Moment) -> Result<MemberId, Failure> {
        let unknown = || {
            let text = format!("no plugin {} is loaded", action.plugin);
            Failure::new(tonic::Code::NotFound, Reason::UnknownPlugin, text)
        };
        if action.interaction_id.len() > 255 {
            let text = "an interaction_id is longer than 255 bytes";
            return Err(Failure::new(tonic::Code::InvalidArgument, Reason::Invalid, text));
        }
        let id = *self.names.get(action.plugin.as_str()).ok_or_else(unknown)?;
        let member = &mut self.members[id];
        let at = place(&action.workspace, action.channel.as_ref());
        if !self.permits.lets(member, &pushed::ACTION, &at) {
            return Err(not_given(member));
        }
        member.used(&pushed::ACTION, now);
        Ok(id)
    }

    fn is_there(&mut self, id: MemberId) -> Result<(), Failure> {
        let member = &mut self.members[id];
        match member.takes_work() {
            true => Ok(()),
            false => Err(unavailable(&member.is.name, &member.standing, "not_started")),
        }
    }

    fn begin_action(
        &mut self,
        caller: CommandRun,
        (member, told): (MemberId, plugin::UiAction),
        action: &UiAction,
        now: Moment,
    ) -> Result<(), (CommandRun, Failure)> {
        let gap = self.members[member].is.call_timeout;
        let begun = Begun {
            kind: Kind::Action,
            name: if told.modal.is_empty() { told.action.clone() } else { told.modal.clone() },
            line: action.json.clone(),
            began: now,
            gap,
        };
        let mut command = CommandCall::of(caller, action.interaction_id.clone(), begun);
        command.channel.clone_from(&action.channel);
        command.user.clone_from(&action.sender);
        command.workspace.clone_from(&action.workspace);
        command.trace.clone_from(&action.trace);
        let frame = plugin::Call {
            attempt: 1,
            locale: action.sender.as_ref().map(|it| it.locale.clone()).unwrap_or_default(),
            workspace: action.workspace.clone(),
            trace: action.trace.clone(),
            of: Some(plugin::call::Of::Ui(Box::new(told))),
            ..plugin::Call::default()
        };
        let token = Some(action.modal.clone()).filter(|token| !token.is_empty());
        command.form.clone_from(&token);
        self.begin_interaction(member, command, CallBody::of(&frame), now)?;
        if let Some(token) = token {
            self.ui.forms.sent(&token);
        }
        Ok(())
    }
}
