//! What the chat does for plugins, asked by the SDK's double of the daemon.
//!
//! No plugin and no socket takes part.

use std::sync::{Arc, OnceLock};

use outboard_app::App;
use outboard_app::common::{
    CreateChannel, EditMessage, Failure, FindUser, ListMessages, ModerateUser, ModerationAct,
    PinMessage, ReactToMessage, Reason, SetTopic, find_user,
};
use outboard_app::test::{Daemon, answer::Result as Answer, request::Of};

use crate::post::{Author, Post, Stage};
use crate::room::{Change, Room};

struct Chat {
    daemon: Daemon,
    room: Arc<Room>,
    _app: App,
}

impl Chat {
    async fn open() -> Self {
        let (daemon, room) = (Daemon::new(), Arc::new(Room::new()));
        let herald = Arc::new(OnceLock::new());
        let app = crate::plugins::builder(&room, &herald).connect_to(&daemon);
        app.connected().await;
        room.enter("harbour", "Robin");
        Self { daemon, room, _app: app }
    }

    async fn ask(&self, of: Of) -> Result<Answer, Failure> {
        self.daemon.carry_out("alpha", &crate::plugins::fresh_id(), of).await
    }

    fn says(&self, author: Author, text: &str) -> String {
        let post = Post::now(crate::plugins::fresh_id(), "harbour", author, text);
        let id = post.id.clone();
        self.room.tell(Change::Post(post));
        id
    }
}

fn robin() -> Author {
    Author::Person { name: "Robin".into() }
}

fn alpha() -> Author {
    Author::Plugin { name: "alpha".into(), plugin: "alpha".into() }
}

fn edit(id: &str) -> Of {
    let (channel_id, message_id) = ("harbour".into(), id.into());
    let body = Some(outboard_app::message::plain("better"));
    Of::Edit(EditMessage { channel_id, message_id, body, ..EditMessage::default() })
}

fn act(act: ModerationAct, duration_us: u64) -> Of {
    let (user_id, reason) = ("Robin".into(), "loud".into());
    Of::Moderate(ModerateUser {
        user_id,
        act: act.into(),
        reason,
        duration_us,
        ..Default::default()
    })
}

#[tokio::test]
async fn a_plugin_changes_its_own_messages_and_no_others() {
    let chat = Chat::open().await;
    let (own, other) = (chat.says(alpha(), "good"), chat.says(robin(), "mine"));
    chat.ask(edit(&own)).await.unwrap();
    let post = chat.room.post(&own).unwrap();
    assert_eq!((post.text.as_str(), post.edited), ("better", true));
    assert_eq!(chat.ask(edit(&other)).await.unwrap_err().reason(), Reason::NotItsOwn);
    assert_eq!(chat.ask(edit("nothing")).await.unwrap_err().reason(), Reason::NotFound);
}

#[tokio::test]
async fn reactions_pins_and_topics_are_shown() {
    let chat = Chat::open().await;
    let id = chat.says(robin(), "hello");
    let (channel_id, message_id) = ("harbour".to_owned(), id.clone());
    let reaction = "👍".into();
    let react = ReactToMessage {
        channel_id: channel_id.clone(),
        message_id: message_id.clone(),
        reaction,
        ..ReactToMessage::default()
    };
    chat.ask(Of::React(react.clone())).await.unwrap();
    assert_eq!(chat.room.post(&id).unwrap().reactions["👍"], ["alpha"]);
    chat.ask(Of::Unreact(react)).await.unwrap();
    assert!(chat.room.post(&id).unwrap().reactions.is_empty());
    let pin = PinMessage { channel_id: channel_id.clone(), message_id, ..PinMessage::default() };
    chat.ask(Of::Pin(pin)).await.unwrap();
    let topic = SetTopic { channel_id, topic: "calm".into(), ..SetTopic::default() };
    chat.ask(Of::SetTopic(topic)).await.unwrap();
    let harbour = &chat.room.channels()[0];
    assert_eq!((harbour.topic.as_str(), &harbour.pinned[..]), ("calm", &[id][..]));
}

#[tokio::test]
async fn history_shows_what_everyone_may_read_the_newest_first() {
    let chat = Chat::open().await;
    let ids: Vec<String> = ["one", "two", "three"].map(|it| chat.says(robin(), it)).to_vec();
    let mut hidden = Post::now("hidden".into(), "harbour", alpha(), "for Robin");
    hidden.only = Some("Robin".into());
    chat.room.tell(Change::Post(hidden));
    let list = ListMessages { channel_id: "harbour".into(), most: 2, ..ListMessages::default() };
    let Answer::Messages(page) = chat.ask(Of::ListMessages(list.clone())).await.unwrap() else {
        panic!()
    };
    assert_eq!((&page.messages[0].id, &page.messages[1].id), (&ids[2], &ids[1]));
    assert!(page.more);
    let next = ListMessages { before: ids[1].clone(), ..list };
    let Answer::Messages(page) = chat.ask(Of::ListMessages(next)).await.unwrap() else { panic!() };
    assert_eq!((page.messages.len(), page.more), (1, false));
}

#[tokio::test]
async fn people_are_warned_muted_and_looked_up() {
    let chat = Chat::open().await;
    chat.ask(act(ModerationAct::Warn, 0)).await.unwrap();
    let warning = chat.room.posts().pop().unwrap();
    assert_eq!(
        (warning.only.as_deref(), warning.text.as_str()),
        (Some("Robin"), "A warning: loud")
    );
    chat.ask(act(ModerationAct::Mute, 60_000_000)).await.unwrap();
    chat.ask(act(ModerationAct::Ban, 0)).await.unwrap();
    let find = |name: &str| {
        let by = Some(find_user::By::Name(name.to_owned()));
        Of::FindUser(FindUser { by, ..FindUser::default() })
    };
    let Answer::User(user) = chat.ask(find("Robin")).await.unwrap() else { panic!() };
    assert!(user.banned && user.muted_until_us > 0);
    assert_eq!(chat.ask(find("Nobody")).await.unwrap_err().reason(), Reason::NotFound);
}

#[tokio::test]
async fn channels_are_made_once() {
    let chat = Chat::open().await;
    let create = CreateChannel { name: "lagoon".into(), ..CreateChannel::default() };
    chat.ask(Of::CreateChannel(create.clone())).await.unwrap();
    assert!(chat.room.has_channel("lagoon"));
    let refused = chat.ask(Of::CreateChannel(create)).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::AppRefused);
}

#[tokio::test]
async fn a_message_that_broke_off_says_why_and_stands_still() {
    use outboard_app::{GrowEnd, GrowMessage, GrowMore, GrowStep, SendMessage, message};
    let chat = Chat::open().await;
    let begin = message::message("harbour", "alpha", "");
    let grow = |step| Of::Grow(GrowMessage { step: Some(step) });
    let begun = chat.ask(grow(GrowStep::Begin(SendMessage { message: Some(begin) }))).await;
    let Answer::Sent(sent) = begun.unwrap() else { panic!() };
    let (message_id, text) = (sent.message_id.clone(), "half".into());
    let more = GrowMore { message_id, text, ..GrowMore::default() };
    chat.ask(grow(GrowStep::More(more))).await.unwrap();
    assert_eq!(chat.room.post(&sent.message_id).unwrap().stage, Stage::Typing);
    let abort = Some(Failure { message: "gone".into(), ..Failure::default() });
    let end = GrowEnd { message_id: sent.message_id.clone(), abort, channel: None };
    chat.ask(grow(GrowStep::End(end))).await.unwrap();
    let post = chat.room.post(&sent.message_id).unwrap();
    assert_eq!((post.text.as_str(), post.stage), ("half", Stage::Broken("gone".into())));
}
