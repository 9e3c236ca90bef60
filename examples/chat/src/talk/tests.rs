//! What people are told, tried on the SDK's double of the daemon.
//!
//! No plugin and no socket takes part.

use outboard_app::common::{Failure, InteractionReply, Reason, Visibility};
use outboard_app::test::Daemon;

use super::{Herald, Said, Told, say};
use crate::post::Stage;
use crate::room::Room;

async fn told(daemon: &Daemon, text: &str) -> (Told, Vec<String>) {
    let app = outboard_app::App::builder("chat", "1").hooks(["message.before_post"]);
    let app = app.connect_to(daemon);
    app.connected().await;
    let room = Room::new();
    let said = Said {
        name: "Robin".into(),
        channel: "harbour".into(),
        text: text.into(),
        ..Said::default()
    };
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
async fn a_held_message_waits_where_its_writer_alone_sees_it() {
    let daemon = Daemon::new().on_hook(|_| Daemon::hold("h1"));
    let app = outboard_app::App::builder("chat", "1").hooks(["message.before_post"]);
    let app = app.connect_to(&daemon);
    app.connected().await;
    let room = Room::new();
    let said = Said {
        name: "Robin".into(),
        channel: "harbour".into(),
        text: "hm".into(),
        ..Said::default()
    };
    let told = say(&room, &app, &Herald::of(app.clone()), said).await;
    assert!(matches!(told, Told::Held { .. }), "{told:?}");
    let post = room.post("h1").unwrap();
    assert_eq!((post.only.as_deref(), post.text.as_str()), (Some("Robin"), "hm"));
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

#[tokio::test]
async fn an_answer_is_one_post_from_its_first_piece_to_its_end() {
    let whole = InteractionReply { streamed: true, ..InteractionReply::default() };
    let daemon = Daemon::new().pieces(["se", "ven"]).on_command(move |_| Ok(whole.clone()));
    let (told, posts) = told(&daemon, "/ask").await;
    assert!(matches!(told, Told::Answered { .. }));
    assert_eq!(posts, ["seven"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_stays_and_says_so() {
    let gone = Failure::new(tonic::Code::Unavailable, Reason::PluginUnavailable, "it died");
    let daemon = Daemon::new().pieces(["se"]).on_command(move |_| Err(gone.clone()));
    let app = outboard_app::App::builder("chat", "1").connect_to(&daemon);
    app.connected().await;
    let room = Room::new();
    let said = Said {
        name: "Robin".into(),
        channel: "harbour".into(),
        text: "/ask".into(),
        ..Said::default()
    };
    say(&room, &app, &Herald::of(app.clone()), said).await;
    let post = room.watch().0.posts.remove(0);
    assert_eq!((post.text.as_str(), post.stage), ("se", Stage::Broken("it died".into())));
}

#[tokio::test]
async fn what_is_deferred_shows_working_until_the_plugin_follows_up() {
    let later = InteractionReply { deferred: true, ..InteractionReply::default() };
    let daemon = Daemon::new().on_command(move |_| Ok(later.clone()));
    let room = std::sync::Arc::new(Room::new());
    let app = crate::plugins::builder(&room, &Default::default()).connect_to(&daemon);
    app.connected().await;
    let said = Said {
        name: "Robin".into(),
        channel: "harbour".into(),
        text: "/fortune".into(),
        ..Said::default()
    };
    say(&room, &app, &Herald::of(app.clone()), said).await;
    let working = room.watch().0.posts.remove(0);
    assert_eq!(working.stage, Stage::Working);
    let follow_up = outboard_app::test::FollowUp {
        interaction_id: working.id.clone(),
        seq: 1,
        channel: Some(outboard_app::message::channel("harbour", "harbour")),
        reply: Some(answer(Visibility::All)),
        ..Default::default()
    };
    let id = daemon.follow_up("oracle", follow_up).await.unwrap();
    let posts = room.watch().0.posts;
    assert_eq!((posts.len(), &id), (1, &working.id));
    assert_eq!((posts[0].text.as_str(), &posts[0].stage), ("seven", &Stage::Said));
}
