//! The panel's buttons: trouble for the troublemaker, a second chance for any plugin.
//!
//! Trouble is a slash command like any other; only the second chance needs the admin socket.

use std::path::Path;

use outboard_app::{App, RunCommand, message};
use outboard_proto::admin::Named;
use serde::Deserialize;

use crate::moment::{Moment, Mood};
use crate::panel;
use crate::room::{CHANNELS, Change, Room};

const TROUBLEMAKER: &str = "troublemaker";

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    Crash,
    Hang,
    Eat,
}

impl Button {
    fn command(self) -> &'static str {
        match self {
            Button::Crash => "crash",
            Button::Hang => "hang",
            Button::Eat => "eat",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Button::Crash => "was told to crash",
            Button::Hang => "was told to hang",
            Button::Eat => "was told to eat memory",
        }
    }
}

/// Presses a button. Nobody waits for the answer: none of the three will come.
pub fn press(room: &Room, app: &App, name: &str, button: Button) {
    room.tell(Change::Moment(Moment::now(TROUBLEMAKER, Mood::Asked, button.says())));
    let (channel, _) = CHANNELS[0];
    let command = RunCommand {
        name: button.command().into(),
        channel: Some(message::channel(channel, channel)),
        sender: Some(message::sender(name, name)),
        ..RunCommand::default()
    };
    let app = app.clone();
    tokio::spawn(async move { app.run_command(command).await.is_ok() });
}

/// Lets a plugin that was given up try again.
///
/// # Errors
/// The daemon is away or refuses, in its words.
pub async fn reset(admin: &Path, plugin: String) -> Result<String, String> {
    let mut client = panel::client(admin).await.map_err(|_| "the daemon is away".to_owned())?;
    let done = client.reset(Named { name: plugin }).await;
    done.map(|done| done.into_inner().message).map_err(|status| status.message().to_owned())
}
