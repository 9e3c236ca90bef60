//! Messages: edited, deleted, reacted to, read, shown to one person, growing.
//!
//! It refuses to know the wire beyond what is asked.

use outboard_app::common::{
    Channel, DeleteMessage, EditMessage, GetMessage, ListMessages, Message, MessagePage,
    ReactToMessage, SearchMessages, SenderKind, SetStatus, ShowTyping,
};
use outboard_app::{
    Asked, DirectMessage, EphemeralMessage, GrowMessage, GrowStep, Refusal, message,
};

use super::channel;
use crate::moment::now_ms;
use crate::plugins::{bot, fresh_id, stored};
use crate::post::{Author, Post, Stage};
use crate::room::{Change, Room, Showing};

/// For one person's eyes.
pub fn whisper(room: &Room, asked: &Asked<EphemeralMessage>) -> Result<String, Refusal> {
    let said = asked.message.clone().unwrap_or_default();
    let place = said.channel.unwrap_or_default().id;
    channel(room, &place)?;
    let text = message::text(said.body.as_ref()).to_owned();
    let mut post = Post::now(fresh_id(), &place, bot(&asked.asker), text);
    post.only = Some(asked.only_to.clone());
    post.files = room.files().shown(&said.attachments);
    room.tell(Change::Post(post));
    Ok(String::new())
}

/// Into the channel that bot and person have for themselves.
pub fn direct(room: &Room, asked: &Asked<DirectMessage>) -> Result<String, Refusal> {
    let said = asked.message.clone().unwrap_or_default();
    let author = bot(&asked.asker);
    if !room.knows(&asked.to_user) {
        return Err(Refusal::not_found(format!("there is no {:?} here", asked.to_user)));
    }
    let place = format!("{} & {}", author.name(), asked.to_user);
    if !room.has_channel(&place) {
        let topic = format!("Between you and {}", author.name());
        room.add_channel(&place, &topic, Some(asked.to_user.clone()));
    }
    let mut post = Post::now(fresh_id(), &place, author, message::text(said.body.as_ref()));
    post.files = room.files().shown(&said.attachments);
    let id = post.id.clone();
    room.tell(Change::Post(post));
    Ok(id)
}

/// A message that is seen while it is written.
pub fn grow(room: &Room, asked: &Asked<GrowMessage>) -> Result<String, Refusal> {
    match &asked.step {
        Some(GrowStep::Begin(begin)) => {
            let said = begin.message.clone().unwrap_or_default();
            let place = said.channel.unwrap_or_default().id;
            channel(room, &place)?;
            let text = message::text(said.body.as_ref()).to_owned();
            let mut post = Post::now(fresh_id(), &place, bot(&asked.asker), text);
            post.stage = Stage::Typing;
            let id = post.id.clone();
            room.tell(Change::Post(post));
            Ok(id)
        }
        Some(GrowStep::More(more)) => {
            let mut post = found(room, "", &more.message_id)?;
            post.text.push_str(&more.text);
            room.tell(Change::Post(post));
            Ok(more.message_id.clone())
        }
        Some(GrowStep::End(end)) => {
            let mut post = found(room, "", &end.message_id)?;
            post.stage = match &end.abort {
                Some(why) => Stage::Broken(why.message.clone()),
                None => Stage::Said,
            };
            room.tell(Change::Post(post));
            Ok(end.message_id.clone())
        }
        None => Err(Refusal::new("a step says nothing")),
    }
}

pub fn edit(room: &Room, asked: &Asked<EditMessage>) -> Result<(), Refusal> {
    let mut post = its_own(room, asked, (&asked.channel_id, &asked.message_id))?;
    message::text(asked.body.as_ref()).clone_into(&mut post.text);
    post.edited = true;
    room.tell(Change::Post(post));
    Ok(())
}

pub fn delete(room: &Room, asked: &Asked<DeleteMessage>) -> Result<(), Refusal> {
    let post = its_own(room, asked, (&asked.channel_id, &asked.message_id))?;
    room.tell(Change::Deleted(post.id));
    Ok(())
}

pub fn react(room: &Room, asked: &Asked<ReactToMessage>) -> Result<(), Refusal> {
    let mut post = found(room, &asked.channel_id, &asked.message_id)?;
    let who = bot(&asked.asker).name().to_owned();
    let names = post.reactions.entry(asked.reaction.clone()).or_default();
    if !names.contains(&who) {
        names.push(who);
    }
    room.tell(Change::Post(post));
    Ok(())
}

pub fn unreact(room: &Room, asked: &Asked<ReactToMessage>) -> Result<(), Refusal> {
    let mut post = found(room, &asked.channel_id, &asked.message_id)?;
    let who = bot(&asked.asker).name().to_owned();
    if let Some(names) = post.reactions.get_mut(&asked.reaction) {
        names.retain(|name| *name != who);
    }
    post.reactions.retain(|_, names| !names.is_empty());
    room.tell(Change::Post(post));
    Ok(())
}

pub fn typing(room: &Room, asked: &Asked<ShowTyping>) -> Result<(), Refusal> {
    channel(room, &asked.channel_id)?;
    room.tell(Change::Typing(Showing {
        who: bot(&asked.asker).name().to_owned(),
        channel: asked.channel_id.clone(),
        text: String::new(),
        until_ms: later(asked.ttl_us),
        only: Some(asked.only_to.clone()).filter(|only| !only.is_empty()),
    }));
    Ok(())
}

pub fn status(room: &Room, asked: &Asked<SetStatus>) -> Result<(), Refusal> {
    room.tell(Change::Status(Showing {
        who: bot(&asked.asker).name().to_owned(),
        channel: String::new(),
        text: asked.text.clone(),
        until_ms: later(asked.ttl_us),
        only: None,
    }));
    Ok(())
}

pub fn get(room: &Room, asked: &Asked<GetMessage>) -> Result<Message, Refusal> {
    found(room, &asked.channel_id, &asked.message_id).map(|post| told(room, &post))
}

pub fn list(room: &Room, asked: &Asked<ListMessages>) -> Result<MessagePage, Refusal> {
    channel(room, &asked.channel_id)?;
    // This chat knows no threads: of one, only what opened it is there.
    let is = |post: &Post| {
        post.channel == asked.channel_id
            && (asked.thread_root.is_empty() || post.id == asked.thread_root)
    };
    Ok(page(room, (&asked.before, asked.most), is))
}

pub fn search(room: &Room, asked: &Asked<SearchMessages>) -> Result<MessagePage, Refusal> {
    let wanted = asked.text.to_lowercase();
    let is = |post: &Post| {
        (asked.channel_id.is_empty() || post.channel == asked.channel_id)
            && post.text.to_lowercase().contains(&wanted)
    };
    Ok(page(room, (&asked.before, asked.most), is))
}

/// What everyone may read, the newest first.
fn page(room: &Room, (before, most): (&str, u32), is: impl Fn(&Post) -> bool) -> MessagePage {
    let posts = room.posts();
    let older = posts.iter().rev().skip_while(|post| !before.is_empty() && post.id != before);
    let older = older.skip(usize::from(!before.is_empty()));
    let open = |post: &&Post| post.only.is_none() && post.stage == Stage::Said && is(post);
    let most = most as usize;
    let mut found: Vec<&Post> = older.filter(open).take(most + 1).collect();
    let more = found.len() > most;
    found.truncate(most);
    MessagePage { messages: found.into_iter().map(|it| told(room, it)).collect(), more }
}

/// A post as plugins are told of it.
fn told(room: &Room, post: &Post) -> Message {
    let name = post.author.name();
    let mut said = stored(message::message(&post.channel, name, post.text.clone()), post);
    said.attachments = room.files().attachments(&post.files);
    said.channel = Some(Channel { ..message::channel(&post.channel, &post.channel) });
    if let (Author::Plugin { .. }, Some(sender)) = (&post.author, &mut said.sender) {
        sender.kind = SenderKind::Plugin.into();
    }
    said
}

/// A post that everyone sees; an empty channel is any.
fn found(room: &Room, place: &str, id: &str) -> Result<Post, Refusal> {
    let post = room.post(id).filter(|post| place.is_empty() || post.channel == place);
    let open = post.filter(|post| post.only.is_none());
    open.ok_or_else(|| Refusal::not_found(format!("there is no message {id:?} in {place:?}")))
}

/// A post that the plugin may change.
fn its_own<T>(room: &Room, asked: &Asked<T>, (place, id): (&str, &str)) -> Result<Post, Refusal> {
    let post = found(room, place, id)?;
    match &post.author {
        Author::Plugin { plugin, .. } if *plugin == asked.asker.plugin => Ok(post),
        _ if asked.asker.manages_messages => Ok(post),
        author => Err(Refusal::not_its_own(format!("{} wrote it, not this plugin", author.name()))),
    }
}

/// The instant after so much time.
fn later(ttl_us: u64) -> i64 {
    now_ms().saturating_add(i64::try_from(ttl_us / 1_000).unwrap_or(i64::MAX))
}
