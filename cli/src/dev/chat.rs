//! A chat server for one person and one plugin: it asks before it posts, publishes what it posted,
//! runs commands and posts what the plugin says. It keeps nothing and refuses to know terminals.

mod carry_out;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use outboard_app::common::{Event, Failure, InteractionReply, Message, Visibility};
use outboard_app::{App, CommandError, CommandReply, Decision, Outcome, RunCommand, Sign, message};
use tokio::sync::mpsc;

use super::house::House;
use super::news::{Heard, News, Talked};

/// The chat, connected.
#[derive(Clone)]
pub struct Chat {
    app: App,
    floor: Floor,
}

/// Where everything is said.
#[derive(Debug, Clone)]
struct Floor {
    tell: mpsc::Sender<News>,
    posts: Arc<AtomicU64>,
}

/// Who types, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    pub name: String,
    pub channel: String,
}

impl Chat {
    /// Connects to the daemon.
    pub async fn connect(house: &House, tell: mpsc::Sender<News>) -> Chat {
        let floor = Floor { tell, posts: Arc::default() };
        let app = carry_out::builder(&floor).connect(house.app_socket());
        app.connected().await;
        Chat { app, floor }
    }

    /// Says a line: a message, or a command after a slash.
    pub async fn say(&self, speaker: &Speaker, line: &str) -> Talked {
        match line.strip_prefix('/') {
            Some(command) => self.run(speaker, command).await,
            None => self.post(speaker, line).await,
        }
    }

    /// Somebody comes into the channel.
    pub async fn join(&self, speaker: &Speaker) -> Talked {
        let Speaker { name, channel } = speaker;
        let (place, who) = (message::channel(channel, channel), message::sender(name, name));
        self.floor.tell(Heard::Note { text: format!("{name} joins {channel}") }).await;
        self.publish(message::joined(place, who, now_us())).await
    }

    /// The commands that may be typed, each with what it is for.
    pub fn commands(&self) -> Vec<(String, String)> {
        let catalogue = self.app.catalogue();
        let catalogue = catalogue.borrow();
        let one =
            |it: &outboard_app::common::CommandInfo| (it.name.clone(), it.description.clone());
        catalogue.commands.iter().map(one).collect()
    }

    async fn post(&self, speaker: &Speaker, line: &str) -> Talked {
        let draft = message::message(&speaker.channel, &speaker.name, line);
        let outcome: Outcome<Message> = self.app.before_post(draft).await;
        match outcome.decision {
            Decision::Continued(posted) => self.posted(posted, false).await,
            Decision::Replaced(posted) => self.posted(posted, true).await,
            Decision::Rejected(rejected) => {
                let reason = rejected.reason.map(|it| it.text).unwrap_or_default();
                self.told(Heard::Refused { by: rejected.plugin, reason }).await
            }
            Decision::Held(hold) => {
                let reason = hold.reason.map(|it| it.text).unwrap_or_default();
                self.told(Heard::Held { by: hold.plugin, queue: hold.queue, reason }).await
            }
            Decision::Handled => self.told(Heard::Taken).await,
        }
    }

    async fn posted(&self, mut posted: Message, changed: bool) -> Talked {
        posted.id = self.floor.fresh();
        posted.created_at_us = now_us();
        self.floor.tell(said(&posted, changed)).await;
        self.publish(message::posted(posted)).await
    }

    async fn publish(&self, event: Event) -> Talked {
        match self.app.publish(event).await {
            Ok(told) => {
                Talked { event: Some((told.event_id, told.subscriptions)), ..Talked::default() }
            }
            Err(error) => {
                let (what, reason) = ("telling of it".to_owned(), error.to_string());
                self.told(Heard::Failed { what, reason }).await
            }
        }
    }

    async fn run(&self, speaker: &Speaker, typed: &str) -> Talked {
        let Speaker { name, channel } = speaker;
        let (command, text) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let mut running = self.app.start_command(RunCommand {
            name: command.to_owned(),
            text: text.trim().to_owned(),
            channel: Some(message::channel(channel, channel)),
            sender: Some(message::sender(name, name)),
            ..RunCommand::default()
        });
        while let Some(sign) = running.next().await {
            let text = match sign {
                Sign::Piece(text) => text,
                Sign::Progress { percent, text } => format!("{percent} % {text}"),
            };
            self.floor.tell(Heard::Working { by: format!("/{command}"), text }).await;
        }
        match running.result().await {
            Ok(answer) => self.answered(speaker, command, answer).await,
            Err(error) => {
                let what = format!("/{command}");
                self.told(Heard::Failed { what, reason: words(error) }).await
            }
        }
    }

    async fn answered(&self, speaker: &Speaker, command: &str, answer: CommandReply) -> Talked {
        let CommandReply { plugin, interaction_id, reply } = answer;
        let deferred = reply.deferred.then_some(interaction_id);
        if deferred.is_some() {
            let text = "the answer follows".to_owned();
            self.floor.tell(Heard::Working { by: format!("/{command}"), text }).await;
        } else if let Some(heard) = reply_heard(speaker, &plugin, plugin.clone(), &reply) {
            self.floor.tell(heard).await;
        }
        Talked { deferred, ..Talked::default() }
    }

    async fn told(&self, heard: Heard) -> Talked {
        self.floor.tell(heard).await;
        Talked::default()
    }
}

impl Floor {
    async fn tell(&self, heard: Heard) {
        // Nobody listens any more: this command is ending.
        let _ = self.tell.send(News::Chat(heard)).await;
    }

    /// An id for a new message.
    fn fresh(&self) -> String {
        format!("m-{}", self.posts.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// An answer to a command as people see it; nothing where it says nothing.
fn reply_heard(
    speaker: &Speaker,
    plugin: &str,
    who: String,
    reply: &InteractionReply,
) -> Option<Heard> {
    if let Some(error) = &reply.error {
        let (by, reason) = (plugin.to_owned(), error.text.clone());
        return Some(Heard::Refused { by, reason });
    }
    let text = message::text(reply.body.as_ref()).to_owned();
    let only = reply.visibility() == Visibility::One;
    (!text.is_empty()).then(|| Heard::Said {
        channel: speaker.channel.clone(),
        who,
        text,
        plugin: Some(plugin.to_owned()),
        role: "assistant".to_owned(),
        only: only.then(|| speaker.name.clone()),
        changed: false,
    })
}

/// A person's message as people see it.
fn said(posted: &Message, changed: bool) -> Heard {
    Heard::Said {
        channel: posted.channel.clone().unwrap_or_default().name,
        who: posted.sender.clone().unwrap_or_default().name,
        text: message::text(posted.body.as_ref()).to_owned(),
        plugin: None,
        role: "user".to_owned(),
        only: None,
        changed,
    }
}

fn words(error: CommandError) -> String {
    match error {
        CommandError::Failed(Failure { message, .. }) => message,
        other => other.to_string(),
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
