//! Channels: looked up, made, with topics, pins and guests.
//!
//! It refuses to know who may see which; in this chat everybody sees all but those for two.

use outboard_app::common::{
    ChannelInfo, ChannelPage, CreateChannel, FindChannel, InviteToChannel, ListChannels,
    PinMessage, SetTopic, find_channel::By,
};
use outboard_app::{Asked, Refusal, message};

use super::channel;
use crate::plugins::{bot, fresh_id};
use crate::post::Post;
use crate::room::{Change, Channel, Room};

/// Pins of one channel.
const PINS: usize = 50;

pub fn find(room: &Room, asked: &Asked<FindChannel>) -> Result<ChannelInfo, Refusal> {
    let Some(By::Id(name) | By::Name(name)) = &asked.by else {
        return Err(Refusal::new("say which"));
    };
    let found = room.channels().into_iter().find(|channel| channel.name == *name);
    let found = found.filter(|channel| channel.only.is_none());
    let unknown = || Refusal::not_found(format!("there is no channel {name:?}"));
    found.map(|channel| told(room, &channel)).ok_or_else(unknown)
}

pub fn list(room: &Room, asked: &Asked<ListChannels>) -> Result<ChannelPage, Refusal> {
    let all: Vec<Channel> = room.channels().into_iter().filter(|it| it.only.is_none()).collect();
    let begin = match asked.after.as_str() {
        "" => 0,
        after => all.iter().position(|it| it.name == after).map_or(all.len(), |at| at + 1),
    };
    let most = asked.most as usize;
    let channels = all.iter().skip(begin).take(most).map(|it| told(room, it)).collect();
    Ok(ChannelPage { channels, more: all.len() > begin + most })
}

pub fn create(room: &Room, asked: &Asked<CreateChannel>) -> Result<ChannelInfo, Refusal> {
    if room.has_channel(&asked.name) {
        return Err(Refusal::new(format!("there is a channel {:?} already", asked.name)));
    }
    let made = room.add_channel(&asked.name, &asked.topic, None);
    let made = made.ok_or_else(|| Refusal::new("this chat has as many channels as it can"))?;
    Ok(told(room, &made))
}

pub fn invite(room: &Room, asked: &Asked<InviteToChannel>) -> Result<(), Refusal> {
    channel(room, &asked.channel_id)?;
    if !room.knows(&asked.user_id) {
        return Err(Refusal::not_found(format!("there is no {:?} here", asked.user_id)));
    }
    let says = format!("You are invited to {}", asked.channel_id);
    let place = crate::room::CHANNELS[0].0;
    let mut post = Post::now(fresh_id(), place, bot(&asked.asker), says);
    post.only = Some(asked.user_id.clone());
    room.tell(Change::Post(post));
    Ok(())
}

pub fn set_topic(room: &Room, asked: &Asked<SetTopic>) -> Result<(), Refusal> {
    changed(room, &asked.channel_id, |channel| channel.topic.clone_from(&asked.topic))
}

pub fn pin(room: &Room, asked: &Asked<PinMessage>) -> Result<(), Refusal> {
    let post = room.post(&asked.message_id).filter(|post| post.channel == asked.channel_id);
    if post.is_none_or(|post| post.only.is_some()) {
        let says = format!("there is no message {:?} in {:?}", asked.message_id, asked.channel_id);
        return Err(Refusal::not_found(says));
    }
    changed(room, &asked.channel_id, |channel| {
        channel.pinned.retain(|id| *id != asked.message_id);
        channel.pinned.insert(0, asked.message_id.clone());
        channel.pinned.truncate(PINS);
    })
}

pub fn unpin(room: &Room, asked: &Asked<PinMessage>) -> Result<(), Refusal> {
    changed(room, &asked.channel_id, |channel| channel.pinned.retain(|id| *id != asked.message_id))
}

fn changed(room: &Room, name: &str, change: impl FnOnce(&mut Channel)) -> Result<(), Refusal> {
    channel(room, name)?;
    let known = room.channels().into_iter().find(|channel| channel.name == name);
    if let Some(mut channel) = known {
        change(&mut channel);
        room.tell(Change::Channel(channel));
    }
    Ok(())
}

fn told(room: &Room, channel: &Channel) -> ChannelInfo {
    ChannelInfo {
        channel: Some(message::channel(&channel.name, &channel.name)),
        topic: channel.topic.clone(),
        pinned: channel.pinned.clone(),
        members: u32::try_from(room.members(&channel.name)).unwrap_or(u32::MAX),
    }
}
