//! Messages that a plugin holds: their writer sees that they wait, everyone once they are released.
//!
//! It refuses to know who decides, and how the chat hears of it.

use outboard_app::common::{Event, Hold, HookPayload, hook_payload::Of};
use outboard_app::{Decided, Fate, Refusal, message};

use crate::plugins::{fresh_id, stored};
use crate::post::{Author, Passage, Post, Stage};
use crate::room::{Change, Room};
use crate::talk::Said;

/// Shows a message that waits to its writer alone. The post is called as what is held is.
pub fn wait(room: &Room, said: Said, hold: Hold, passage: Passage) {
    let author = Author::Person { name: said.name.clone() };
    let mut post = Post::now(hold.id, &said.channel, author, said.text);
    let reason = hold.reason.map(|reason| reason.text).unwrap_or_default();
    post.stage = Stage::Held(if reason.is_empty() { hold.plugin } else { reason });
    (post.only, post.passage) = (Some(said.name), Some(passage));
    post.files = room.files().shown(&said.files);
    room.tell(Change::Post(post));
}

/// Posts what is released, and says of what is dropped why; gives the id, and what there is to
/// publish.
pub fn decided(room: &Room, decided: Decided) -> Result<(String, Option<Event>), Refusal> {
    let HookPayload { of: Some(Of::BeforePost(held)) } = decided.payload else {
        return Err(Refusal::new("this chat only waits with messages"));
    };
    let channel = held.channel.clone().unwrap_or_default().id;
    if !room.has_channel(&channel) {
        return Err(Refusal::new(format!("there is no channel {channel:?}")));
    }
    let writer = held.sender.clone().unwrap_or_default().name;
    let text = message::text(held.body.as_ref()).to_owned();
    // After a restart of the chat it may not be there; what is told has all that it takes.
    let known = room.post(&decided.id).filter(|post| post.only.is_some());
    let id = known.as_ref().map_or_else(fresh_id, |post| post.id.clone());
    let mut post = Post::now(id, &channel, Author::Person { name: writer.clone() }, text);
    post.passage = known.and_then(|post| post.passage);
    post.files = room.files().shown(&held.attachments);
    let event = match decided.fate {
        Fate::Released => Some(message::posted(stored(*held, &post))),
        Fate::Dropped(why) => {
            post.stage = Stage::Dropped(if why.text.is_empty() { why.code } else { why.text });
            post.only = Some(writer);
            None
        }
    };
    let id = post.id.clone();
    room.tell(Change::Post(post));
    Ok((id, event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_app::Asker;
    use outboard_app::common::Text;

    fn waiting() -> Room {
        let room = Room::new();
        let said = Said {
            name: "Robin".into(),
            channel: "harbour".into(),
            text: "hm".into(),
            ..Said::default()
        };
        let hold = Hold { id: "h1".into(), plugin: "moderator".into(), ..Hold::default() };
        let passage = Passage { by: crate::post::Decider::Plugins, took_us: 1, steps: Vec::new() };
        wait(&room, said, hold, passage);
        room
    }

    fn fate(fate: Fate) -> Decided {
        let message = message::message("harbour", "Robin", "hm");
        Decided {
            asker: Asker::default(),
            workspace: String::new(),
            id: "h1".into(),
            queue: "review".into(),
            hook: "message.before_post".into(),
            payload: HookPayload { of: Some(Of::BeforePost(Box::new(message))) },
            held_at_us: 0,
            by: "operator".into(),
            fate,
            idempotency_key: "k".into(),
            attempt: 1,
        }
    }

    #[test]
    fn what_waits_is_seen_by_its_writer_and_once_released_by_all() {
        let room = waiting();
        let waits = room.post("h1").unwrap();
        assert_eq!(waits.only.as_deref(), Some("Robin"));
        assert_eq!(waits.stage, Stage::Held("moderator".into()));
        let (id, event) = decided(&room, fate(Fate::Released)).unwrap();
        let posted = room.post(&id).unwrap();
        assert_eq!((posted.only, posted.stage), (None, Stage::Said));
        assert_eq!(event.unwrap().r#type, "message.posted");
        assert_eq!(room.watch().0.posts.len(), 1, "it stands where it waited");
    }

    #[test]
    fn what_is_dropped_tells_its_writer_why_and_nobody_else() {
        let room = waiting();
        let why = Text { code: "HOLD_EXPIRED".into(), ..Text::default() };
        let (id, event) = decided(&room, fate(Fate::Dropped(why))).unwrap();
        let post = room.post(&id).unwrap();
        assert_eq!(post.stage, Stage::Dropped("HOLD_EXPIRED".into()));
        assert_eq!((post.only.as_deref(), event), (Some("Robin"), None));
    }

    #[test]
    fn what_a_restarted_chat_knows_nothing_of_is_posted_all_the_same() {
        let room = Room::new();
        let (id, _) = decided(&room, fate(Fate::Released)).unwrap();
        assert_eq!(room.post(&id).unwrap().text, "hm");
    }
}
