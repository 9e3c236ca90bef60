//! What happens when somebody says something: a command is run, a message passes the plugins.
//!
//! It refuses to know HTTP and the page.

use outboard_app::common::{Attachment, Failure, InteractionReply, Rejected, Visibility};
use outboard_app::{App, CommandError, CommandReply, Decision, RunCommand, Sign, message};
use serde::Serialize;

use crate::held;
use crate::herald::Herald;
use crate::moment::now_ms;
use crate::plugins::{fresh_id, stored};
use crate::post::{Author, Passage, Post, Stage};
use crate::room::{Change, Room, Sanction};

/// Someone, somewhere, saying something.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub name: String,
    pub channel: String,
    pub text: String,
    /// What is shown with it, kept already.
    pub files: Vec<Attachment>,
}

/// What becomes of it, as only the speaker is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Told {
    /// Everyone sees it.
    Posted { id: String, passage: Passage },
    /// Nobody sees it.
    Refused { by: String, reason: String, passage: Passage },
    /// Nobody else sees it until somebody has decided.
    Held { by: String, passage: Passage },
    /// A plugin has dealt with it.
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
    if let Some(told) = silenced(room, &said.name) {
        return told;
    }
    match said.text.strip_prefix('/') {
        Some(command) => run(room, app, &said, command).await,
        None => post(room, app, herald, said).await,
    }
}

/// What somebody hears who was muted or banned.
pub fn silenced(room: &Room, name: &str) -> Option<Told> {
    let Sanction { banned_until_ms, muted_until_ms } = room.sanction(name);
    let reason = if banned_until_ms > now_ms() {
        "You are banned."
    } else if muted_until_ms > now_ms() {
        "You are muted."
    } else {
        return None;
    };
    Some(Told::Failed { by: "The chat".to_owned(), reason: reason.to_owned() })
}

/// Has a message pass the plugins, and shows what is left of it.
pub async fn post(room: &Room, app: &App, herald: &Herald, said: Said) -> Told {
    let mut draft = message::message(&said.channel, &said.name, said.text.clone());
    draft.attachments.clone_from(&said.files);
    let outcome = app.before_post(draft).await;
    let passage = Passage::of(&outcome);
    let message = match outcome.decision {
        Decision::Continued(message) | Decision::Replaced(message) => message,
        Decision::Rejected(rejected) => return refused(rejected, passage),
        Decision::Held(hold) => {
            let by = hold.plugin.clone();
            held::wait(room, said, hold, passage.clone());
            return Told::Held { by, passage };
        }
        Decision::Handled => return Told::Taken { passage },
    };
    let author = Author::Person { name: said.name };
    let text = message::text(message.body.as_ref());
    let mut post = Post::now(fresh_id(), &said.channel, author, text);
    post.passage = Some(passage.clone());
    post.files = room.files().shown(&message.attachments);
    let (id, event) = (post.id.clone(), message::posted(stored(message, &post)));
    room.tell(Change::Post(post));
    herald.tell(event);
    Told::Posted { id, passage }
}

/// What somebody hears whose message or file a plugin refuses.
pub fn refused(rejected: Rejected, passage: Passage) -> Told {
    let reason = rejected.reason.map(|reason| reason.text).filter(|text| !text.is_empty());
    let reason = reason.unwrap_or_else(|| "It was not accepted.".into());
    Told::Refused { by: rejected.plugin, reason, passage }
}

/// Somebody has read enough: a plugin that writes, or works, is told to stop.
pub fn stop(room: &Room, app: &App, id: &str) {
    let Some(mut post) = room.post(id) else { return };
    match post.stage {
        Stage::Typing => app.cancel(id),
        Stage::Working => {
            app.cancel(id);
            post.stage = Stage::Broken("stopped".to_owned());
            room.tell(Change::Post(post));
        }
        Stage::Said | Stage::Broken(_) | Stage::Held(_) | Stage::Dropped(_) => {}
    }
}

/// Notes that somebody came into a channel, the first time they do.
pub fn enter(room: &Room, herald: &Herald, name: &str, channel: &str) {
    if room.sanction(name).banned_until_ms <= now_ms() && room.enter(channel, name) {
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
    let mut running = app.start_command(command);
    let mut writing = Writing::of(room, app, said, name, running.interaction_id());
    while let Some(sign) = running.next().await {
        if let Sign::Piece(piece) = sign {
            let whispered = running.visibility() == Visibility::One;
            writing.add(&piece, whispered.then(|| said.name.clone()));
        }
    }
    match running.result().await {
        Ok(reply) => writing.answered(reply),
        Err(error) => writing.broke_off(failed(name, &error)),
    }
}

/// A command's answer on its way into the channel.
struct Writing<'a> {
    room: &'a Room,
    /// What stands there already, if anything does.
    post: Option<Post>,
    draft: Post,
}

impl<'a> Writing<'a> {
    /// Nothing is said yet. The post is called as the interaction is, so that it can be stopped.
    fn of(room: &'a Room, app: &App, said: &Said, command: &str, id: &str) -> Self {
        let catalogue = app.catalogue();
        let catalogue = catalogue.borrow();
        let runs = |it: &&outboard_app::common::CommandInfo| {
            it.name == command || it.aliases.iter().any(|alias| alias == command)
        };
        let owner = catalogue.commands.iter().find(runs);
        let plugin = owner.map(|it| it.plugin.clone()).unwrap_or_default();
        let author = Author::Plugin { name: plugin.clone(), plugin };
        let draft = Post::now(id.to_owned(), &said.channel, author, "");
        Self { room, post: None, draft }
    }

    fn add(&mut self, piece: &str, only: Option<String>) {
        let post = self.post.get_or_insert_with(|| self.draft.clone());
        post.only = only;
        post.text.push_str(piece);
        post.stage = Stage::Typing;
        self.room.tell(Change::Post(post.clone()));
    }

    fn answered(self, answer: CommandReply) -> Told {
        let CommandReply { plugin: by, reply, .. } = answer;
        if let Some(error) = &reply.error {
            return Told::Failed { by, reason: error.text.clone() };
        }
        let text = message::text(reply.body.as_ref()).to_owned();
        if reply.visibility() == Visibility::One && !reply.deferred && self.post.is_none() {
            return Told::Whispered { by, text };
        }
        self.shown(&reply, text, &by);
        Told::Answered { by }
    }

    fn shown(self, reply: &InteractionReply, text: String, by: &str) {
        if text.is_empty() && !reply.deferred {
            return;
        }
        let mut post = self.post.unwrap_or(self.draft);
        post.author = Author::Plugin { name: by.to_owned(), plugin: by.to_owned() };
        // A follow-up may have been quicker than the word that there will be one.
        let followed = self.room.post(&post.id).is_some_and(|it| it.stage == Stage::Said);
        if followed {
            return;
        }
        post.text = text;
        post.stage = if reply.deferred { Stage::Working } else { Stage::Said };
        self.room.tell(Change::Post(post));
    }

    /// What was written stays, and says that it is not all.
    fn broke_off(self, told: Told) -> Told {
        if let (Some(mut post), Told::Failed { reason, .. }) = (self.post, &told) {
            post.stage = Stage::Broken(reason.clone());
            self.room.tell(Change::Post(post));
        }
        told
    }
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
