//! What the chat carries out for plugins besides posting: which handler does what.
//!
//! It refuses to know what a handler does; those are beside it, by subject.

mod messages;
mod people;
mod places;

use std::sync::Arc;

use outboard_app::{Asked, Builder, Refusal};

use crate::plugins::bot;
use crate::room::Room;

/// Says to plugins that the chat can do all of it.
pub fn declare(builder: Builder, room: &Arc<Room>) -> Builder {
    // Plugins' messages have the bot's name as their sender's id; so that is what mentions name.
    let builder = builder.bot_accounts(|asker| Some(bot(asker).name().to_owned()));
    let builder = with_messages(builder, room);
    let builder = with_people(builder, room);
    with_places(builder, room)
}

/// A handler over the room, which answers at once.
fn on<T, A>(
    room: &Arc<Room>,
    handle: fn(&Room, &Asked<T>) -> Result<A, Refusal>,
) -> impl Fn(Asked<T>) -> std::future::Ready<Result<A, Refusal>> + Send + Sync + 'static
where
    T: 'static,
    A: Send + 'static,
{
    let room = Arc::clone(room);
    move |asked| std::future::ready(handle(&room, &asked))
}

fn with_messages(builder: Builder, room: &Arc<Room>) -> Builder {
    builder
        .on_ephemeral(on(room, messages::whisper))
        .on_direct(on(room, messages::direct))
        .on_stream(on(room, messages::grow))
        .on_edit(on(room, messages::edit))
        .on_delete(on(room, messages::delete))
        .on_react(on(room, messages::react))
        .on_unreact(on(room, messages::unreact))
        .on_typing(on(room, messages::typing))
        .on_status(on(room, messages::status))
        .on_get_message(on(room, messages::get))
        .on_list_messages(on(room, messages::list))
        .on_search_messages(on(room, messages::search))
}

fn with_people(builder: Builder, room: &Arc<Room>) -> Builder {
    builder
        .on_find_user(on(room, people::find))
        .on_warn(on(room, people::warn))
        .on_mute(on(room, people::mute))
        .on_unmute(on(room, people::unmute))
        .on_kick(on(room, people::kick))
        .on_ban(on(room, people::ban))
        .on_unban(on(room, people::unban))
}

fn with_places(builder: Builder, room: &Arc<Room>) -> Builder {
    builder
        .on_find_channel(on(room, places::find))
        .on_list_channels(on(room, places::list))
        .on_create_channel(on(room, places::create))
        .on_invite(on(room, places::invite))
        .on_set_topic(on(room, places::set_topic))
        .on_pin(on(room, places::pin))
        .on_unpin(on(room, places::unpin))
}

/// The channel, if there is one.
fn channel(room: &Room, id: &str) -> Result<(), Refusal> {
    match room.has_channel(id) {
        true => Ok(()),
        false => Err(Refusal::not_found(format!("there is no channel {id:?}"))),
    }
}

#[cfg(test)]
mod tests;
