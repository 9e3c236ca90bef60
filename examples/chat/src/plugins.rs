//! The connection to Outboard: what plugins say is posted here, and the catalogue is followed.
//!
//! It refuses to know how people talk; that is `talk`.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use outboard_app::common::{Message, Visibility};
use outboard_app::{App, Asker, Builder, FollowUp, Link, Refusal, SendRequest, message};

use crate::carries;
use crate::commands;
use crate::files;
use crate::held;
use crate::herald::Herald;
use crate::moment::{Moment, Mood};
use crate::post::{Author, Post, Stage};
use crate::room::{Change, Daemon, Room};
use crate::ui;

/// Connects, and keeps the room told of the connection and of the commands there are.
pub fn connect(room: &Arc<Room>, socket: PathBuf, address: &str) -> App {
    let herald = Arc::default();
    let builder = files::carry(builder(room, &herald), Arc::clone(room.files()));
    let app = builder.public_url(address).connect(socket);
    // Nobody is told of what is released before there is a connection.
    let _ = herald.set(Herald::of(app.clone()));
    tokio::spawn(follow_link(Arc::clone(room), app.clone()));
    tokio::spawn(follow_catalogue(Arc::clone(room), app.clone()));
    tokio::spawn(ui::follow(Arc::clone(room), app.clone()));
    app
}

/// What the chat is to plugins, and what it carries out for them in a room.
pub fn builder(room: &Arc<Room>, herald: &Arc<OnceLock<Herald>>) -> Builder {
    let (posting, following, waiting) = (Arc::clone(room), Arc::clone(room), Arc::clone(room));
    let herald = Arc::clone(herald);
    let builder = App::builder("outboard-chat", env!("CARGO_PKG_VERSION"));
    carries::declare(builder, room)
        .hooks(["message.before_post", "file.before_upload"])
        .events(["message.posted", "member.joined", "file.uploaded"])
        .ui(ui::KINDS)
        .dedupe()
        .on_send(move |send| {
            let posted = post(&posting, &send);
            async move { posted }
        })
        .on_follow_up(move |said| {
            let posted = follow_up(&following, &said);
            async move { posted }
        })
        .on_decided(move |decided| {
            let posted = held::decided(&waiting, decided).map(|(id, event)| {
                if let (Some(event), Some(herald)) = (event, herald.get()) {
                    herald.tell(event);
                }
                id
            });
            async move { posted }
        })
}

/// Posts what a plugin says, as its bot.
fn post(room: &Room, send: &SendRequest) -> Result<String, Refusal> {
    let channel = send.channel();
    if !room.has_channel(channel) {
        return Err(Refusal::new(format!("there is no channel {channel:?}")));
    }
    let text = message::text(send.message.body.as_ref());
    let mut post = Post::now(fresh_id(), channel, bot(&send.asker), text);
    post.files = room.files().shown(&send.message.attachments);
    let id = post.id.clone();
    room.tell(Change::Post(post));
    Ok(id)
}

/// What a plugin has to say to a command it deferred takes the place of "working…"; more of it
/// stands below.
fn follow_up(room: &Room, said: &FollowUp) -> Result<String, Refusal> {
    if !room.has_channel(&said.channel.id) {
        return Err(Refusal::new(format!("there is no channel {:?}", said.channel.id)));
    }
    let working = room.post(&said.interaction_id).filter(|it| it.stage == Stage::Working);
    let id = working.map_or_else(fresh_id, |it| it.id);
    let text = match &said.reply.error {
        Some(error) => error.text.as_str(),
        None => message::text(said.reply.body.as_ref()),
    };
    let mut post = Post::now(id.clone(), &said.channel.id, bot(&said.asker), text);
    if said.reply.visibility() == Visibility::One {
        post.only = Some(said.user.name.clone());
    }
    room.tell(Change::Post(post));
    Ok(id)
}

/// The name a plugin goes by.
pub fn bot(asker: &Asker) -> Author {
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
