//! What plugins hold, as a chat server's own tests would write it, on the double.
//!
//! It refuses to know who decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use outboard_app::common::{HookPayload, Message, Text, hook_payload};
use outboard_app::test::held_decided::Decision as Wire;
use outboard_app::test::{Daemon, Dropped, HeldDecided};
use outboard_app::{App, Decision, Fate, Refusal, message};

const HOOK: &str = "message.before_post";

fn hello() -> Message {
    message::message("lobby", "ada", "hello")
}

/// An app that counts what it was told to do.
fn connected(daemon: &Daemon) -> (App, Arc<AtomicU32>) {
    let done = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&done);
    let app = App::builder("chat", "1.0.0").hooks([HOOK]).on_decided(move |decided| {
        let count = counted.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            match &decided.fate {
                Fate::Released => Ok(format!("{} {} {count}", decided.id, decided.channel())),
                Fate::Dropped(why) => Err(Refusal::new(why.code.clone())),
            }
        }
    });
    (app.connect_to(daemon), done)
}

#[tokio::test]
async fn a_verdict_that_holds_says_under_which_id() {
    let daemon = Daemon::new().on_hook(|_| Daemon::hold("case-7"));
    let (app, _) = connected(&daemon);
    app.connected().await;
    let Decision::Held(hold) = app.before_post(hello()).await.decision else { panic!("not held") };
    assert_eq!((hold.id.as_str(), hold.queue.as_str()), ("case-7", "review"));
    assert_eq!(daemon.hello().unwrap().operations, ["held.decide"]);
}

#[tokio::test]
async fn what_is_released_is_done_once_however_often_it_is_told() {
    let daemon = Daemon::new();
    let (app, done) = connected(&daemon);
    app.connected().await;
    let of = Some(hook_payload::Of::BeforePost(Box::new(hello())));
    let decided = HeldDecided {
        id: "case-7".into(),
        payload: Some(HookPayload { of }),
        decision: Some(Wire::Released(Default::default())),
        ..HeldDecided::default()
    };
    for _ in 0..2 {
        assert_eq!(daemon.decide("alpha", decided.clone()).await.unwrap(), "case-7 lobby 1");
    }
    assert_eq!(done.load(Ordering::Relaxed), 1, "also where the app asked for no dedupe");
}

#[tokio::test]
async fn what_is_dropped_comes_with_its_reason() {
    let daemon = Daemon::new();
    let (app, _) = connected(&daemon);
    app.connected().await;
    let why = Text { code: "HOLD_EXPIRED".into(), ..Text::default() };
    let decision = Some(Wire::Dropped(Dropped { reason: Some(why) }));
    let decided = HeldDecided { decision, ..HeldDecided::default() };
    let refused = daemon.decide("alpha", decided).await.unwrap_err();
    assert_eq!(refused.message, "HOLD_EXPIRED");
}
