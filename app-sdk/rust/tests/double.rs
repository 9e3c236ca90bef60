//! A chat server's tests as its author would write them, on the double: no socket, no process.
//!
//! What travels over a real socket is `session.rs`'s subject.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use outboard_app::common::{CommandInfo, InteractionReply, Message, Reason};
use outboard_app::test::Daemon;
use outboard_app::{
    App, Autocomplete, Builder, By, CommandError, Decision, HttpRequest, Policy, PublishError,
    Refusal, RunCommand, Sign, Why, message,
};
use tokio::sync::{Mutex, Notify};

const HOOK: &str = "message.before_post";

fn app() -> Builder {
    App::builder("chat", "1.0.0").hooks([HOOK])
}

fn hello() -> Message {
    message::message("lobby", "ada", "hello")
}

#[tokio::test]
async fn a_rejection_reaches_the_app_with_its_reason() {
    let daemon = Daemon::new().on_hook(|_| Daemon::reject("not today"));
    let app = app().connect_to(&daemon);
    app.connected().await;
    let Decision::Rejected(rejected) = app.before_post(hello()).await.decision else { panic!() };
    assert_eq!(rejected.reason.unwrap().text, "not today");
}

#[tokio::test]
async fn a_hook_that_nobody_intercepts_is_not_asked() {
    let daemon = Daemon::new().nobody(HOOK).on_hook(|_| panic!("asked all the same"));
    let app = app().connect_to(&daemon);
    app.connected().await;
    assert_eq!(app.before_post(hello()).await.by, By::Nobody);
}

#[tokio::test]
async fn a_verdict_for_another_hook_is_the_policys_to_decide() {
    let edit = outboard_app::common::Edit::default();
    let daemon = Daemon::new().closed(HOOK).on_hook(move |_| Daemon::replace(edit.clone()));
    let app = app().connect_to(&daemon);
    app.connected().await;
    assert_eq!(app.before_post(hello()).await.by, By::Fallback(Policy::Closed, Why::Unfit));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_gone_and_back_is_asked_again() {
    let daemon = Daemon::new();
    let app = app().connect_to(&daemon);
    app.connected().await;
    daemon.go_away();
    app.link().wait_for(|link| !link.is_connected()).await.unwrap();
    let away = app.before_post(hello()).await;
    assert_eq!(away.by, By::Fallback(Policy::Open, Why::Away));
    daemon.come_back();
    app.connected().await;
    assert_eq!(app.before_post(hello()).await.by, By::Daemon);
}

#[tokio::test]
async fn patience_with_an_absent_daemon_ends() {
    let daemon = Daemon::new();
    daemon.go_away();
    let app = app().patience(Duration::from_millis(50)).connect_to(&daemon);
    let error = app.publish(message::posted(hello())).await.unwrap_err();
    assert!(matches!(error, PublishError::NotAcknowledged { why: Why::Away, .. }));
}

#[tokio::test]
async fn events_arrive_in_the_order_they_were_published() {
    let daemon = Daemon::new();
    let app = app().events(["message.posted"]).connect_to(&daemon);
    app.connected().await;
    for text in ["a", "b", "c"] {
        app.publish(message::posted(message::message("lobby", "ada", text))).await.unwrap();
    }
    let ids: Vec<_> = daemon.published(3).await.into_iter().map(|event| event.id).collect();
    assert!(ids.is_sorted() && ids.len() == 3);
}

#[tokio::test]
async fn more_events_than_the_credit_holds_arrive_as_credit_comes_back() {
    let daemon = Daemon::new();
    let app = app().events(["message.posted"]).connect_to(&daemon);
    app.connected().await;
    for _ in 0..40 {
        let large = message::message("lobby", "ada", "x".repeat(20_000));
        app.publish(message::posted(large)).await.unwrap();
    }
    assert_eq!(daemon.published(40).await.len(), 40);
}

#[tokio::test]
async fn a_command_is_answered_or_says_why_not() {
    let daemon = Daemon::new()
        .commands([CommandInfo { name: "roll".into(), ..CommandInfo::default() }])
        .on_command(|command| {
            let body = Some(message::plain(format!("{} it is", command.text)));
            Ok(InteractionReply { body, ..InteractionReply::default() })
        });
    let app = app().connect_to(&daemon);
    app.connected().await;
    assert_eq!(app.catalogue().borrow().commands[0].name, "roll");
    let roll = RunCommand { name: "roll".into(), text: "4".into(), ..RunCommand::default() };
    let reply = app.run_command(roll).await.unwrap();
    assert_eq!(message::text(reply.reply.body.as_ref()), "4 it is");
    assert!(!reply.interaction_id.is_empty());
}

#[tokio::test]
async fn an_unknown_command_names_the_reason() {
    let daemon = Daemon::new();
    let app = app().connect_to(&daemon);
    app.connected().await;
    let error = app.run_command(RunCommand::default()).await.unwrap_err();
    let CommandError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!(failure.reason(), Reason::UnknownCommand);
}

#[tokio::test]
async fn what_a_plugin_sends_is_posted_and_refusals_go_back() {
    let daemon = Daemon::new();
    let app = app()
        .on_send(async |send| match send.channel() {
            "lobby" => Ok("m1".to_owned()),
            other => Err(Refusal::new(format!("no channel {other}"))),
        })
        .connect_to(&daemon);
    app.connected().await;
    assert_eq!(daemon.hello().unwrap().operations, ["messages.send"]);
    assert_eq!(daemon.send("p", "k1", hello()).await.unwrap(), "m1");
    let nowhere = message::message("attic", "p", "x");
    let failure = daemon.send("p", "k2", nowhere).await.unwrap_err();
    assert_eq!(
        (failure.reason(), failure.message.as_str()),
        (Reason::AppRefused, "no channel attic")
    );
}

#[tokio::test]
async fn an_app_that_posts_nothing_says_so() {
    let daemon = Daemon::new();
    let app = app().connect_to(&daemon);
    app.connected().await;
    let failure = daemon.send("p", "k", hello()).await.unwrap_err();
    assert_eq!(failure.reason(), Reason::AppUnsupported);
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_answer_and_the_next_request_is_served() {
    let daemon = Daemon::new();
    let app = app()
        .on_send(async |send| match send.idempotency_key.as_str() {
            "bad" => panic!("a bug in the app"),
            _ => Ok("m".to_owned()),
        })
        .connect_to(&daemon);
    app.connected().await;
    let failure = daemon.send("p", "bad", hello()).await.unwrap_err();
    assert_eq!(failure.reason(), Reason::HandlerFailed);
    assert_eq!(daemon.send("p", "good", hello()).await.unwrap(), "m");
}

#[tokio::test]
async fn the_same_key_is_carried_out_once_where_the_app_dedupes() {
    let (daemon, count) = (Daemon::new(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&count);
    let app = app()
        .dedupe()
        .on_send(move |_| {
            let n = counted.fetch_add(1, Ordering::SeqCst);
            async move { Ok(format!("m{n}")) }
        })
        .connect_to(&daemon);
    app.connected().await;
    assert_eq!(daemon.send("p", "k", hello()).await.unwrap(), "m0");
    assert_eq!(daemon.send("p", "k", hello()).await.unwrap(), "m0");
    assert_eq!(daemon.send("q", "k", hello()).await.unwrap(), "m1");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn one_channel_keeps_its_order_and_does_not_hold_up_another() {
    let (daemon, gate) = (Daemon::new(), Arc::new(Notify::new()));
    let done = Arc::new(Mutex::new(Vec::new()));
    let (waits, told) = (Arc::clone(&gate), Arc::clone(&done));
    let app = app()
        .on_send(move |send| {
            let (gate, done) = (Arc::clone(&waits), Arc::clone(&told));
            async move {
                if send.idempotency_key == "first" {
                    gate.notified().await;
                }
                done.lock().await.push(send.idempotency_key.clone());
                Ok(String::new())
            }
        })
        .connect_to(&daemon);
    app.connected().await;
    let attic = message::message("attic", "p", "x");
    let lobby = async {
        tokio::join!(daemon.send("p", "first", hello()), daemon.send("p", "second", hello()))
    };
    let elsewhere = async {
        daemon.send("p", "elsewhere", attic).await.unwrap();
        gate.notify_one();
    };
    let (both, ()) = tokio::join!(lobby, elsewhere);
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(*done.lock().await, ["elsewhere", "first", "second"]);
}

#[tokio::test]
async fn a_request_reaches_the_plugin_with_its_user_and_body() {
    let daemon = Daemon::new().on_http(|request| {
        assert_eq!((request.user.as_str(), request.headers["x-one"].as_str()), ("ada", "1, 2"));
        Ok(Daemon::respond(201, request.content.clone()))
    });
    let app = app().connect_to(&daemon);
    app.connected().await;
    let request = HttpRequest::new("any", "POST", "/hook").user("ada");
    let answer = app.http(request.header("X-One", "1").header("x-one", "2").body("hello")).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body.bytes().await.unwrap(), "hello");
}

#[tokio::test]
async fn a_request_for_nobody_is_not_found() {
    let daemon = Daemon::new();
    let app = app().connect_to(&daemon);
    app.connected().await;
    let error = app.http(HttpRequest::new("none", "GET", "/")).await.unwrap_err();
    assert_eq!(error.status(), 404, "{error}");
    daemon.go_away();
    app.link().wait_for(|link| !link.is_connected()).await.unwrap();
    let error = app.http(HttpRequest::new("none", "GET", "/")).await.unwrap_err();
    assert_eq!(error.status(), 503, "{error}");
}

fn joke() -> RunCommand {
    RunCommand { name: "joke".into(), ..RunCommand::default() }
}

fn reply(text: &str) -> InteractionReply {
    InteractionReply { body: Some(message::plain(text)), ..InteractionReply::default() }
}

#[tokio::test]
async fn a_reply_can_be_shown_as_it_is_written() {
    let daemon = Daemon::new()
        .pieces(["knock ", "knock"])
        .on_command(|_| Ok(InteractionReply { streamed: true, ..InteractionReply::default() }));
    let app = app().connect_to(&daemon);
    app.connected().await;
    let mut running = app.start_command(joke());
    let mut shown = String::new();
    while let Some(sign) = running.next().await {
        let Sign::Piece(piece) = sign else { panic!("{sign:?}") };
        shown.push_str(&piece);
    }
    assert_eq!(shown, "knock knock");
    let answer = running.result().await.unwrap();
    assert_eq!(message::text(answer.reply.body.as_ref()), "knock knock", "put together");
}

#[tokio::test]
async fn pieces_nobody_reads_do_not_keep_the_result_back() {
    let daemon = Daemon::new().pieces(["a", "b"]).on_command(|_| Ok(reply("ab")));
    let app = app().connect_to(&daemon);
    app.connected().await;
    let answer = app.run_command(joke()).await.unwrap();
    assert_eq!(message::text(answer.reply.body.as_ref()), "ab");
}

#[tokio::test]
async fn a_follow_up_is_shown_once_and_its_id_goes_back() {
    let shown = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&shown);
    let daemon = Daemon::new();
    let app = app()
        .dedupe()
        .on_follow_up(move |said| {
            let count = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok(format!("{} {} {count}", said.interaction_id, said.channel.id)) }
        })
        .connect_to(&daemon);
    app.connected().await;
    let said = outboard_app::test::FollowUp {
        interaction_id: "i1".into(),
        seq: 1,
        channel: Some(message::channel("lobby", "lobby")),
        reply: Some(reply("done")),
        ..Default::default()
    };
    for _ in 0..2 {
        assert_eq!(daemon.follow_up("joker", said.clone()).await.unwrap(), "i1 lobby 1");
    }
    assert_eq!(shown.load(Ordering::Relaxed), 1);
    let operations = daemon.hello().unwrap().operations;
    assert_eq!(operations, ["interactions.follow_up"]);
}

#[tokio::test]
async fn what_may_be_offered_comes_in_time_or_not_at_all() {
    let daemon = Daemon::new().on_autocomplete(|typed| vec![format!("{}!", typed.prefix)]);
    let app = app().connect_to(&daemon);
    let typed = Autocomplete { prefix: "a".into(), ..Autocomplete::default() };
    app.connected().await;
    assert_eq!(app.autocomplete(typed.clone()).await, ["a!"]);
    daemon.fall_silent();
    assert!(app.autocomplete(typed).await.is_empty());
}

#[tokio::test]
async fn an_interaction_is_cancelled_by_its_id() {
    let daemon = Daemon::new();
    let app = app().connect_to(&daemon);
    app.connected().await;
    app.cancel("i1");
    // Whatever comes after it has been heard after it.
    app.before_post(hello()).await;
    assert_eq!(daemon.cancelled(), ["i1"]);
}
