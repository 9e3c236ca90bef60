//! The connection to Outboard: what plugins say is posted here, and the catalogue is followed.
//!
//! It refuses to know how people talk; that is `talk`.

use std::path::PathBuf;
use std::sync::Arc;

use outboard_app::common::Message;
use outboard_app::{App, Link, Refusal, SendRequest, message};

use crate::commands;
use crate::moment::{Moment, Mood, now_ms};
use crate::post::{Author, Post};
use crate::room::{Change, Daemon, Room, is_channel};

/// Connects, and keeps the room told of the connection and of the commands there are.
pub fn connect(room: &Arc<Room>, socket: PathBuf, address: &str) -> App {
    let posting = Arc::clone(room);
    let app = App::builder("outboard-chat", env!("CARGO_PKG_VERSION"))
        .hooks(["message.before_post"])
        .events(["message.posted", "member.joined"])
        .public_url(address)
        .dedupe()
        .on_send(move |send| {
            let posted = post(&posting, &send);
            async move { posted }
        })
        .connect(socket);
    tokio::spawn(follow_link(Arc::clone(room), app.clone()));
    tokio::spawn(follow_catalogue(Arc::clone(room), app.clone()));
    app
}

/// Posts what a plugin says, as its bot.
fn post(room: &Room, send: &SendRequest) -> Result<String, Refusal> {
    let channel = send.channel();
    if !is_channel(channel) {
        return Err(Refusal::new(format!("there is no channel {channel:?}")));
    }
    let post = Post {
        id: fresh_id(),
        channel: channel.into(),
        author: bot(send),
        text: message::text(send.message.body.as_ref()).into(),
        at_ms: now_ms(),
        passage: None,
    };
    let id = post.id.clone();
    room.tell(Change::Post(post));
    Ok(id)
}

fn bot(send: &SendRequest) -> Author {
    let asker = &send.asker;
    let names = [&asker.bot_display_name, &asker.bot_username, &asker.plugin];
    let name = names.into_iter().find(|name| !name.is_empty());
    Author::Plugin { name: name.cloned().unwrap_or_default(), plugin: asker.plugin.clone() }
}

/// An id for a new post.
pub fn fresh_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The wire's message of a post that is stored now.
pub fn stored(mut message: Message, post: &Post) -> Message {
    message.id.clone_from(&post.id);
    message.created_at_us = post.at_ms * 1_000;
    message
}

async fn follow_link(room: Arc<Room>, app: App) {
    let mut link = app.link();
    let mut was = false;
    loop {
        let now = link.borrow_and_update().clone();
        let connected = now.is_connected();
        let says = match &now {
            Link::Connecting => "connecting".to_owned(),
            Link::Connected { daemon_version } => format!("outboardd {daemon_version}"),
            Link::Away { why, .. } => why.clone(),
            Link::Closed => "left".to_owned(),
        };
        if connected != was {
            room.tell(Change::Moment(link_moment(connected)));
            was = connected;
        }
        room.tell(Change::Daemon(Daemon { connected, says }));
        if link.changed().await.is_err() {
            return;
        }
    }
}

fn link_moment(connected: bool) -> Moment {
    match connected {
        true => Moment::now("", Mood::Good, "The chat is connected to the daemon"),
        false => Moment::now("", Mood::Bad, "The daemon is away: the chat goes on by policy"),
    }
}

async fn follow_catalogue(room: Arc<Room>, app: App) {
    let mut catalogue = app.catalogue();
    loop {
        let commands = commands::read(&catalogue.borrow_and_update());
        room.tell(Change::Commands(commands));
        if catalogue.changed().await.is_err() {
            return;
        }
    }
}
