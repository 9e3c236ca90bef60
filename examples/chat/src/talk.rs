//! What happens when somebody says something: a command is run, a message passes the plugins.
//!
//! It refuses to know HTTP and the page.

use outboard_app::common::{Failure, Rejected, Visibility, body};
use outboard_app::{App, CommandError, CommandReply, Decision, RunCommand, message};
use serde::Serialize;

use crate::herald::Herald;
use crate::moment::now_ms;
use crate::plugins::{fresh_id, stored};
use crate::post::{Author, Passage, Post};
use crate::room::{Change, Room};

/// Someone, somewhere, saying something.
#[derive(Debug, Clone)]
pub struct Said {
    pub name: String,
    pub channel: String,
    pub text: String,
}

/// What becomes of it, as only the speaker is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Told {
    /// Everyone sees it.
    Posted { id: String, passage: Passage },
    /// Nobody sees it.
    Refused { by: String, reason: String, passage: Passage },
    /// A plugin keeps it, or has dealt with it.
    Taken { passage: Passage },
    /// A command's answer for the speaker alone.
    Whispered { by: String, text: String },
    /// A command's answer that everyone sees.
    Answered { by: String },
    /// A command that did not work.
    Failed { by: String, reason: String },
}

/// Takes what was said wherever it has to go.
pub async fn say(room: &Room, app: &App, herald: &Herald, said: Said) -> Told {
    match said.text.strip_prefix('/') {
        Some(command) => run(room, app, &said, command).await,
        None => post(room, app, herald, said).await,
    }
}

async fn post(room: &Room, app: &App, herald: &Herald, said: Said) -> Told {
    let draft = message::message(&said.channel, &said.name, said.text);
    let outcome = app.before_post(draft).await;
    let passage = Passage::of(&outcome);
    let message = match outcome.decision {
        Decision::Continued(message) | Decision::Replaced(message) => message,
        Decision::Rejected(rejected) => return refused(rejected, passage),
        Decision::Held(_) | Decision::Handled => return Told::Taken { passage },
    };
    let post = Post {
        id: fresh_id(),
        channel: said.channel,
        author: Author::Person { name: said.name },
        text: message::text(message.body.as_ref()).into(),
        at_ms: now_ms(),
        passage: Some(passage.clone()),
    };
    let (id, event) = (post.id.clone(), message::posted(stored(message, &post)));
    room.tell(Change::Post(post));
    herald.tell(event);
    Told::Posted { id, passage }
}

fn refused(rejected: Rejected, passage: Passage) -> Told {
    let reason = rejected.reason.map(|reason| reason.text).filter(|text| !text.is_empty());
    let reason = reason.unwrap_or_else(|| "It was not accepted.".into());
    Told::Refused { by: rejected.plugin, reason, passage }
}

/// Notes that somebody came into a channel, the first time they do.
pub fn enter(room: &Room, herald: &Herald, name: &str, channel: &str) {
    if room.enter(channel, name) {
        let (place, who) = (message::channel(channel, channel), message::sender(name, name));
        herald.tell(message::joined(place, who, now_ms() * 1_000));
    }
}

async fn run(room: &Room, app: &App, said: &Said, command: &str) -> Told {
    let (name, text) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let command = RunCommand {
        name: name.into(),
        text: text.trim().into(),
        channel: Some(message::channel(&said.channel, &said.channel)),
        sender: Some(message::sender(&said.name, &said.name)),
        ..RunCommand::default()
    };
    match app.run_command(command).await {
        Ok(reply) => answered(room, said, reply),
        Err(error) => failed(name, &error),
    }
}

fn answered(room: &Room, said: &Said, answer: CommandReply) -> Told {
    let CommandReply { plugin: by, reply, .. } = answer;
    let visibility = reply.visibility();
    if let Some(error) = reply.error {
        return Told::Failed { by, reason: error.text };
    }
    let Some(body::Content::Plain(_)) = reply.body.as_ref().and_then(|body| body.content.as_ref())
    else {
        return Told::Answered { by };
    };
    let text = message::text(reply.body.as_ref()).to_owned();
    if visibility == Visibility::One {
        return Told::Whispered { by, text };
    }
    let author = Author::Plugin { name: by.clone(), plugin: by.clone() };
    let (channel, at_ms) = (said.channel.clone(), now_ms());
    let post = Post { id: fresh_id(), channel, author, text, at_ms, passage: None };
    room.tell(Change::Post(post));
    Told::Answered { by }
}

fn failed(name: &str, error: &CommandError) -> Told {
    let reason = match error {
        CommandError::Failed(Failure { message, .. }) => message.clone(),
        other => other.to_string(),
    };
    Told::Failed { by: format!("/{name}"), reason }
}

#[cfg(test)]
mod tests;
