//! People: looked up, warned, muted, sent out, let in again.
//!
//! A name is all that this chat knows of anybody, and so it is the id, too.

use outboard_app::common::{FindUser, ModerateUser, User, find_user::By};
use outboard_app::{Asked, Refusal, message};

use super::channel;
use crate::moment::{Moment, Mood, now_ms};
use crate::plugins::{bot, fresh_id};
use crate::post::Post;
use crate::room::{Change, Room, Sanction};

pub fn find(room: &Room, asked: &Asked<FindUser>) -> Result<User, Refusal> {
    let Some(By::Id(name) | By::Name(name)) = &asked.by else {
        return Err(Refusal::new("say whom"));
    };
    if !room.knows(name) {
        return Err(unknown(name));
    }
    let Sanction { banned_until_ms, muted_until_ms } = room.sanction(name);
    Ok(User {
        sender: Some(message::sender(name, name)),
        banned: banned_until_ms > now_ms(),
        muted_until_us: if muted_until_ms > now_ms() { muted_until_ms * 1_000 } else { 0 },
        ..User::default()
    })
}

pub fn warn(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    tell(room, asked, &format!("A warning: {}", asked.reason));
    Ok(())
}

pub fn mute(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    room.sentence(&asked.user_id, |it| it.muted_until_ms = until(asked.duration_us));
    tell(room, asked, &format!("You are muted for a while: {}", asked.reason));
    note(room, asked, "muted");
    Ok(())
}

pub fn unmute(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    room.sentence(&asked.user_id, |it| it.muted_until_ms = 0);
    tell(room, asked, &format!("You may speak again: {}", asked.reason));
    Ok(())
}

pub fn kick(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    channel(room, &asked.channel_id)?;
    room.leave(&asked.channel_id, &asked.user_id);
    let says = format!("You were sent out of {}: {}", asked.channel_id, asked.reason);
    tell(room, asked, &says);
    note(room, asked, "sent out");
    Ok(())
}

pub fn ban(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    room.sentence(&asked.user_id, |it| it.banned_until_ms = until(asked.duration_us));
    tell(room, asked, &format!("You are banned: {}", asked.reason));
    note(room, asked, "banned");
    Ok(())
}

pub fn unban(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    known(room, asked)?;
    room.sentence(&asked.user_id, |it| it.banned_until_ms = 0);
    tell(room, asked, &format!("You are let in again: {}", asked.reason));
    Ok(())
}

/// Where it is said to them: in the channel meant, or in the first.
fn tell(room: &Room, asked: &Asked<ModerateUser>, says: &str) {
    let named = Some(asked.channel_id.clone()).filter(|channel| !channel.is_empty());
    let place = named.unwrap_or_else(|| crate::room::CHANNELS[0].0.to_owned());
    let mut post = Post::now(fresh_id(), &place, bot(&asked.asker), says);
    post.only = Some(asked.user_id.clone());
    room.tell(Change::Post(post));
}

fn note(room: &Room, asked: &Asked<ModerateUser>, done: &str) {
    let says = format!("has {done} {}: {}", asked.user_id, asked.reason);
    room.tell(Change::Moment(Moment::now(&asked.asker.plugin, Mood::Plain, &says)));
}

fn known(room: &Room, asked: &Asked<ModerateUser>) -> Result<(), Refusal> {
    match room.knows(&asked.user_id) {
        true => Ok(()),
        false => Err(unknown(&asked.user_id)),
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::not_found(format!("there is no {name:?} here"))
}

/// The instant after so much time; without one, never.
fn until(duration_us: u64) -> i64 {
    match i64::try_from(duration_us / 1_000).unwrap_or(i64::MAX) {
        0 => i64::MAX / 1_000,
        ms => now_ms().saturating_add(ms),
    }
}
