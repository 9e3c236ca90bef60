//! What people are told, tried on the SDK's double of the daemon.
//!
//! No plugin and no socket takes part.

use outboard_app::common::{InteractionReply, Visibility};
use outboard_app::test::Daemon;

use super::{Herald, Said, Told, say};
use crate::room::Room;

async fn told(daemon: &Daemon, text: &str) -> (Told, Vec<String>) {
    let app = outboard_app::App::builder("chat", "1").hooks(["message.before_post"]);
    let app = app.connect_to(daemon);
    app.connected().await;
    let room = Room::new();
    let said = Said { name: "Robin".into(), channel: "harbour".into(), text: text.into() };
    let herald = Herald::of(app.clone());
    let told = say(&room, &app, &herald, said).await;
    let posts = room.watch().0.posts.into_iter().map(|post| post.text).collect();
    (told, posts)
}

fn answer(visibility: Visibility) -> InteractionReply {
    let body = Some(outboard_app::message::plain("seven"));
    InteractionReply { body, visibility: visibility.into(), ..InteractionReply::default() }
}

#[tokio::test]
async fn a_message_nobody_minds_is_posted() {
    let (told, posts) = told(&Daemon::new(), "hello").await;
    assert!(matches!(told, Told::Posted { .. }));
    assert_eq!(posts, ["hello"]);
}

#[tokio::test]
async fn what_a_plugin_wrote_instead_is_posted() {
    let daemon = Daemon::new()
        .on_hook(|_| Daemon::replace(outboard_app::message::message("harbour", "Robin", "hullo")));
    let (_, posts) = told(&daemon, "hello").await;
    assert_eq!(posts, ["hullo"]);
}

#[tokio::test]
async fn a_rejected_message_is_seen_by_nobody_and_its_writer_hears_why() {
    let daemon = Daemon::new().on_hook(|_| Daemon::reject("not here"));
    let (told, posts) = told(&daemon, "hello").await;
    let Told::Refused { reason, .. } = told else { panic!("{told:?}") };
    assert_eq!(reason, "not here");
    assert!(posts.is_empty());
}

#[tokio::test]
async fn a_commands_answer_to_all_is_posted_and_one_to_the_speaker_is_not() {
    let daemon = Daemon::new().on_command(|_| Ok(answer(Visibility::All)));
    let (_, posts) = told(&daemon, "/roll").await;
    assert_eq!(posts, ["seven"]);
    let daemon = Daemon::new().on_command(|_| Ok(answer(Visibility::One)));
    let (told, posts) = told(&daemon, "/roll").await;
    assert!(matches!(told, Told::Whispered { .. }) && posts.is_empty());
}

#[tokio::test]
async fn a_command_nobody_owns_says_so() {
    let (told, _) = told(&Daemon::new(), "/fly away").await;
    let Told::Failed { by, reason } = told else { panic!("{told:?}") };
    assert_eq!((by.as_str(), reason.as_str()), ("/fly", "no plugin owns /fly"));
}
