//! Running commands and actions, what may be offered while one is typed, and the list of those
//! there are.
//!
//! It refuses to know arguments: the daemon parses, the plugin answers.

use std::time::{Duration, Instant};

use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{Autocomplete, Cancel, Catalogue, RunCommand, UiAction, app_frame};
use outboard_proto::common::InteractionReply;
use tokio::sync::watch;

use crate::app::{App, Call, Running, micros};
use crate::egress::Class;
use crate::error::CommandError;
use crate::frame;

/// A command's time where the caller sets none: what one call of a plugin has, and a little for
/// the daemon to say that it was missed.
const COMMAND_BUDGET: Duration = Duration::from_millis(5_500);

/// What a plugin has to think of something to offer, and a little for the way.
const OFFER_BUDGET: Duration = Duration::from_millis(400);

/// A command's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandReply {
    /// The plugin that owns the command.
    pub plugin: String,
    /// The exchange it belongs to.
    pub interaction_id: String,
    /// What it says. `deferred`: the answer follows, to `on_follow_up`.
    pub reply: InteractionReply,
}

impl App {
    /// Runs a command and waits for its result. `id` is set here; `interaction_id` too where it is
    /// empty, and `budget_us`: the time for the first sign of the plugin and for each next one.
    ///
    /// # Errors
    /// What the plugin or the daemon said, or that nobody could be asked.
    pub async fn run_command(&self, command: RunCommand) -> Result<CommandReply, CommandError> {
        self.start_command(command).result().await
    }

    /// Runs a command whose reply is shown as it is written.
    pub fn start_command(&self, mut command: RunCommand) -> Running {
        let budget = match command.budget_us {
            0 => COMMAND_BUDGET,
            us => Duration::from_micros(us),
        };
        if command.interaction_id.is_empty() {
            command.interaction_id = uuid::Uuid::now_v7().to_string();
        }
        command.budget_us = micros(budget);
        let interaction_id = command.interaction_id.clone();
        let opened = self.exchange().open(Instant::now()).map(|id| {
            command.id = id;
            (id, frame::encode(app_frame::Kind::Command(command)))
        });
        self.begin(opened, interaction_id, budget)
    }

    /// Tells the plugin that owns a component what somebody did to it; it answers like a command.
    pub fn act(&self, mut action: UiAction) -> Running {
        if action.interaction_id.is_empty() {
            action.interaction_id = uuid::Uuid::now_v7().to_string();
        }
        let interaction_id = action.interaction_id.clone();
        let opened = self.exchange().open(Instant::now()).map(|id| {
            action.id = id;
            (id, frame::encode(app_frame::Kind::Ui(action)))
        });
        self.begin(opened, interaction_id, COMMAND_BUDGET)
    }

    /// What may be offered while an argument is typed; nothing where nobody knows, or not in time.
    pub async fn autocomplete(&self, mut typed: Autocomplete) -> Vec<String> {
        let started = Instant::now();
        let Ok(id) = self.exchange().open(started) else { return Vec::new() };
        typed.id = id;
        let frame = frame::encode(app_frame::Kind::Autocomplete(typed));
        let deadline = started + OFFER_BUDGET;
        match self.call(Call { id, class: Class::Call(id), frame, deadline }).await {
            Ok(answer) => match answer.kind {
                Some(Kind::Choices(told)) => told.choices,
                Some(_) | None => Vec::new(),
            },
            Err(_) => Vec::new(),
        }
    }

    /// Wants nothing more of an interaction, be it running, streaming or deferred: its plugin is
    /// told to stop. Without a session nobody can be told.
    pub fn cancel(&self, interaction_id: &str) {
        let cancel = Cancel { interaction_id: interaction_id.to_owned(), ..Cancel::default() };
        self.exchange().tell(app_frame::Kind::Cancel(cancel));
    }

    /// The commands people may run now, and every change.
    #[must_use]
    pub fn catalogue(&self) -> watch::Receiver<Catalogue> {
        self.exchange().board.catalogue.subscribe()
    }
}
