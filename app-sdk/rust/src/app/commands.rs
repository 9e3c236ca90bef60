//! Running commands, and the list of those there are.
//!
//! It refuses to know arguments: the daemon parses, the plugin answers.

use std::time::{Duration, Instant};

use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{Catalogue, DaemonFrame, RunCommand, app_frame, command_result};
use outboard_proto::common::{Failure, InteractionReply};
use tokio::sync::watch;

use crate::app::{App, Call, micros};
use crate::egress::Class;
use crate::error::CommandError;
use crate::frame;
use crate::outcome::Why;

/// A command's time where the caller sets none: what one call of a plugin has, and a little for
/// the daemon to say that it was missed.
const COMMAND_BUDGET: Duration = Duration::from_millis(5_500);

/// A command's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandReply {
    /// The plugin that owns the command.
    pub plugin: String,
    /// The exchange it belongs to.
    pub interaction_id: String,
    /// What it says.
    pub reply: InteractionReply,
}

impl App {
    /// Runs a command. `id` is set here; `interaction_id` too where it is empty, and `budget_us`.
    ///
    /// # Errors
    /// What the plugin or the daemon said, or that nobody could be asked.
    pub async fn run_command(&self, mut command: RunCommand) -> Result<CommandReply, CommandError> {
        let started = Instant::now();
        let budget = match command.budget_us {
            0 => COMMAND_BUDGET,
            us => Duration::from_micros(us),
        };
        if command.interaction_id.is_empty() {
            command.interaction_id = uuid::Uuid::now_v7().to_string();
        }
        command.budget_us = micros(budget);
        command.id = self.exchange().open(started).map_err(CommandError::from_why)?;
        let (id, deadline) = (command.id, started + budget);
        let frame = frame::encode(app_frame::Kind::Command(command));
        let answer = self.call(Call { id, class: Class::Call(id), frame, deadline }).await;
        read_reply(*answer.map_err(CommandError::from_why)?)
    }

    /// The commands people may run now, and every change.
    #[must_use]
    pub fn catalogue(&self) -> watch::Receiver<Catalogue> {
        self.exchange().catalogue.subscribe()
    }
}

fn read_reply(answer: DaemonFrame) -> Result<CommandReply, CommandError> {
    let Some(Kind::Command(told)) = answer.kind else {
        return Err(CommandError::from_why(Why::Unfit));
    };
    match told.result {
        Some(command_result::Result::Reply(reply)) => {
            let (plugin, interaction_id) = (told.plugin, told.interaction_id);
            Ok(CommandReply { plugin, interaction_id, reply })
        }
        Some(command_result::Result::Failure(failure)) => Err(CommandError::Failed(failure)),
        None => Err(CommandError::Failed(Failure::default())),
    }
}
