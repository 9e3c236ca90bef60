//! What plugins ask besides sending, as a chat server's own tests would write it, on the double.
//!
//! It refuses to know plugins.

use std::sync::{Arc, Mutex};

use outboard_app::common::{
    Channel, EditMessage, GetMessage, ListMessages, Message, MessagePage, Reason,
};
use outboard_app::test::{Daemon, answer, request::Of};
use outboard_app::{App, Asked, GrowMessage, GrowStep, Refusal, message};
use tokio::sync::Notify;

type Heard = Arc<Mutex<Vec<String>>>;

/// An app that notes what it carries out.
fn connected(daemon: &Daemon) -> (App, Heard) {
    let heard = Heard::default();
    let (edits, steps) = (Arc::clone(&heard), Arc::clone(&heard));
    let app = App::builder("chat", "1.0.0")
        .dedupe()
        .on_edit(move |asked: Asked<EditMessage>| {
            edits
                .lock()
                .expect("nobody panics")
                .push(format!("{} {}", asked.asker.plugin, asked.message_id));
            async move {
                match asked.message_id.as_str() {
                    "m-none" => Err(Refusal::not_found("there is no m-none")),
                    "m-ada" => Err(Refusal::not_its_own("ada wrote it")),
                    _ => Ok(()),
                }
            }
        })
        .on_list_messages(async |asked: Asked<ListMessages>| {
            let one = |n| Message {
                id: format!("m-{n}"),
                ..message::message(&asked.channel_id, "ada", "x".repeat(9_000))
            };
            Ok(MessagePage { messages: (0..asked.most).map(one).collect(), more: false })
        })
        .on_stream(move |asked: Asked<GrowMessage>| {
            steps.lock().expect("nobody panics").push(words(&asked));
            async { Ok("m-7".to_owned()) }
        });
    (app.connect_to(daemon), heard)
}

fn words(asked: &GrowMessage) -> String {
    match &asked.step {
        Some(GrowStep::Begin(_)) => "begin".to_owned(),
        Some(GrowStep::More(more)) => format!("+{}", more.text),
        Some(GrowStep::End(end)) => {
            let why = end.abort.as_ref().map(|why| why.message.clone());
            format!("end of {}: {why:?}", end.message_id)
        }
        None => "nothing".to_owned(),
    }
}

fn begin() -> Of {
    let channel = Channel { id: "lobby".into(), ..Channel::default() };
    let message = Some(Message { channel: Some(channel), ..Message::default() });
    let begin = GrowStep::Begin(outboard_app::SendMessage { message });
    Of::Grow(GrowMessage { step: Some(begin) })
}

fn edit(id: &str) -> Of {
    let (channel_id, message_id) = ("lobby".into(), id.into());
    Of::Edit(EditMessage { channel_id, message_id, ..EditMessage::default() })
}

#[tokio::test]
async fn a_change_is_carried_out_once_for_its_key() {
    let daemon = Daemon::new();
    let (app, heard) = connected(&daemon);
    app.connected().await;
    for _ in 0..2 {
        let answer = daemon.carry_out("alpha", "k", edit("m-1")).await.unwrap();
        assert!(matches!(answer, answer::Result::Done(_)), "{answer:?}");
    }
    assert_eq!(*heard.lock().unwrap(), ["alpha m-1"]);
    for (id, reason) in [("m-none", Reason::NotFound), ("m-ada", Reason::NotItsOwn)] {
        let refused = daemon.carry_out("alpha", id, edit(id)).await.unwrap_err();
        assert_eq!(refused.reason(), reason);
    }
}

#[tokio::test]
async fn what_has_no_handler_is_not_carried_out() {
    let daemon = Daemon::new();
    let (app, _) = connected(&daemon);
    app.connected().await;
    let get = Of::GetMessage(GetMessage::default());
    let refused = daemon.carry_out("alpha", "", get).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::AppUnsupported);
    assert_eq!(
        daemon.hello().unwrap().operations,
        ["messages.edit", "messages.list", "messages.stream"]
    );
}

#[tokio::test]
async fn a_page_is_cut_to_what_fits_a_frame() {
    let daemon = Daemon::new();
    let (app, _) = connected(&daemon);
    app.connected().await;
    let list = ListMessages { channel_id: "lobby".into(), most: 100, ..ListMessages::default() };
    let answer = daemon.carry_out("alpha", "", Of::ListMessages(list)).await.unwrap();
    let answer::Result::Messages(page) = answer else { panic!("{answer:?}") };
    assert_eq!((page.messages.len(), page.more), (7, true));
}

// I42
#[tokio::test]
async fn a_message_that_grows_is_ended_even_if_the_daemon_goes_away() {
    let daemon = Daemon::new();
    let (app, heard) = connected(&daemon);
    app.connected().await;
    daemon.carry_out("alpha", "", begin()).await.unwrap();
    daemon.go_away();
    let ended = "end of m-7: Some(\"the daemon went away before all was said\")";
    while heard.lock().unwrap().last().is_none_or(|last| last != ended) {
        tokio::task::yield_now().await;
    }
}

// I42
#[tokio::test]
async fn what_begins_when_its_session_is_over_already_is_ended_too() {
    let (daemon, heard) = (Daemon::new(), Heard::default());
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let parts = (Arc::clone(&heard), Arc::clone(&asked), Arc::clone(&go_on));
    let app = App::builder("chat", "1.0.0").on_stream(move |step: Asked<GrowMessage>| {
        let (heard, asked, go_on) = parts.clone();
        async move {
            let words = words(&step);
            if words == "begin" {
                asked.notify_one();
                go_on.notified().await;
            }
            heard.lock().expect("nobody panics").push(words);
            Ok("m-7".to_owned())
        }
    });
    let app = app.connect_to(&daemon);
    app.connected().await;
    let mut link = app.link();
    tokio::select! {
        answer = daemon.carry_out("alpha", "", begin()) => panic!("too early: {answer:?}"),
        () = asked.notified() => {}
    }
    daemon.go_away();
    link.wait_for(|link| !link.is_connected()).await.unwrap();
    go_on.notify_one();
    let ended = "end of m-7: Some(\"the daemon went away before all was said\")";
    while heard.lock().unwrap().last().is_none_or(|last| last != ended) {
        tokio::task::yield_now().await;
    }
}
