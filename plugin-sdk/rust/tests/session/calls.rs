//! Calls, events and what handlers do in them.

use std::time::Duration;

use outboard_plugin::proto::common::{Event, HookAnswer, Reason, hook_answer::Answer};
use outboard_plugin::proto::plugin::daemon_frame::Kind as Down;
use outboard_plugin::proto::plugin::plugin_frame::Kind as Up;
use outboard_plugin::proto::plugin::{
    CancelCall, CancelInteraction, Delivery, RunCommand, call, reply::Result as Replied,
};
use outboard_plugin::{
    BeforePost, Command, HostError, Later, MessageId, Plugin, Reply, Result, Told, Verdict,
    blocking,
};
use tokio::sync::mpsc;

use crate::fake::{Daemon, Session};

fn moderator() -> Plugin {
    Plugin::new("moderator", "1.0.0").before_post(async |m| match m.text() {
        "panic" => panic!("out of words"),
        "fail" => Err("no dictionary"),
        "forbidden" => Ok(m.reject("not here")),
        text => Ok(m.rewrite(text.replace("darn", "d*rn"))),
    })
}

async fn verdict(session: &mut Session, id: u64, text: &str) -> Answer {
    session.post(id, text).await;
    match session.answer(id).await {
        Replied::Hook(HookAnswer { answer: Some(answer) }) => answer,
        other => panic!("no verdict: {other:?}"),
    }
}

async fn failure(session: &mut Session, id: u64) -> (Reason, String) {
    match session.answer(id).await {
        Replied::Failure(failure) => (failure.reason(), failure.message),
        other => panic!("no failure: {other:?}"),
    }
}

#[tokio::test]
async fn a_hook_is_answered_with_the_handlers_verdict() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(moderator);
    let mut session = daemon.ready().await;

    assert!(matches!(verdict(&mut session, 1, "hello").await, Answer::Continued(_)));
    assert!(matches!(verdict(&mut session, 2, "oh darn").await, Answer::Replace(_)));
    assert!(matches!(verdict(&mut session, 3, "forbidden").await, Answer::Reject(_)));
}

#[tokio::test]
async fn a_handler_that_fails_or_panics_costs_its_call_and_nothing_else() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(moderator);
    let mut session = daemon.ready().await;

    session.post(1, "panic").await;
    let panicked = (Reason::HandlerFailed, "the handler panicked: out of words".to_owned());
    assert_eq!(failure(&mut session, 1).await, panicked);
    session.post(2, "fail").await;
    assert_eq!(failure(&mut session, 2).await, (Reason::HandlerFailed, "no dictionary".into()));
    assert!(matches!(verdict(&mut session, 3, "hello").await, Answer::Continued(_)));
}

/// Says when it is dropped.
struct Dropped(mpsc::Sender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.try_send("dropped").unwrap();
    }
}

/// A plugin whose handler says that it began, then waits for ever.
fn sleeper(told: mpsc::Sender<&'static str>) -> Plugin {
    Plugin::new("sleeper", "1.0.0").before_post(async move |_| {
        let _dropped = Dropped(told.clone());
        told.send("began").await.unwrap();
        std::future::pending::<Verdict>().await
    })
}

#[tokio::test]
async fn a_ping_is_answered_while_a_handler_waits() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let _run = daemon.run(|| sleeper(told));
    let mut session = daemon.ready().await;

    session.post(1, "hello").await;
    assert_eq!(heard.recv().await, Some("began"));
    session.ping(7).await;
}

#[tokio::test]
async fn a_cancelled_call_drops_its_handler_and_is_not_answered() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let _run = daemon.run(|| sleeper(told));
    let mut session = daemon.ready().await;

    session.post(1, "hello").await;
    assert_eq!(heard.recv().await, Some("began"));
    session.say(Down::Cancel(CancelCall { call: 1, reason: String::new() })).await;
    assert_eq!(heard.recv().await, Some("dropped"));
    session.ping(8).await;
}

#[tokio::test]
async fn a_handler_past_its_deadline_is_dropped() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let _run = daemon.run(|| sleeper(told));
    let mut session = daemon.ready().await;

    session.intercept(1, "hello", Duration::from_millis(20)).await;
    assert_eq!(failure(&mut session, 1).await.0, Reason::Deadline);
    assert_eq!(heard.recv().await, Some("began"));
    assert_eq!(heard.recv().await, Some("dropped"));
}

#[tokio::test]
async fn a_blocking_handler_leaves_the_session_alive_and_learns_that_it_is_cancelled() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let _run = daemon.run(|| {
        Plugin::new("miner", "1.0.0").before_post(blocking(move |m: BeforePost| {
            told.blocking_send("began").unwrap();
            m.ctx().wait(m.ctx().ended().cancelled_owned());
            told.blocking_send("ended").unwrap();
        }))
    });
    let mut session = daemon.ready().await;

    session.post(1, "hello").await;
    assert_eq!(heard.recv().await, Some("began"));
    session.ping(9).await;
    session.say(Down::Cancel(CancelCall { call: 1, reason: String::new() })).await;
    assert_eq!(heard.recv().await, Some("ended"));
}

#[tokio::test]
async fn an_answer_larger_than_a_frame_fails_its_call_only() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("echo", "1.0.0").before_post(async |m| m.rewrite(m.text().repeat(70_000)))
    });
    let mut session = daemon.ready().await;

    session.post(1, "long").await;
    assert_eq!(failure(&mut session, 1).await.0, Reason::FrameTooLarge);
    session.post(2, "x".repeat(70_000).as_str()).await;
    assert_eq!(failure(&mut session, 2).await.0, Reason::FrameTooLarge);
    session.ping(10).await;
}

#[tokio::test]
async fn host_calls_carry_the_token_and_what_caused_them() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("parrot", "1.0.0")
            .before_post(async |m| -> Result<Verdict> {
                m.ctx().reply("I heard that").await?;
                m.ctx().send("c9", m.text()).await?;
                Ok(m.pass())
            })
            .on_event("x.test.thing", async |e| e.ctx().send("c1", e.id()).await)
    });
    let mut session = daemon.ready().await;

    session.post(42, "hello").await;
    let reply = daemon.host_call().await;
    assert_eq!((reply.token.as_str(), reply.cause.as_deref()), ("token-1", Some("42")));
    assert_eq!((reply.channel.as_deref(), reply.text.as_str()), (None, "I heard that"));
    let send = daemon.host_call().await;
    assert_eq!((send.channel.as_deref(), send.cause.as_deref()), (Some("c9"), Some("42")));
    session.answer(42).await;

    deliver(&session, 5, "x.test.thing", 0).await;
    assert_eq!(daemon.host_call().await.cause.as_deref(), Some("e5"));
    assert!(matches!(session.next().await, Some(Up::Ack(ack)) if ack.failure.is_none()));
}

#[tokio::test]
async fn messages_are_edited_and_grow_over_the_wire() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("writer", "1.0.0").command("write", async |cmd: Command| -> Result<Reply> {
            let messages = cmd.ctx().messages();
            messages.edit("c1", "m1", "better").await?;
            let mut story = messages.stream("c2");
            for word in ["Once ", "upon"] {
                story.push(word).await?;
            }
            let whole = story.finish().await?;
            let mut dropped = messages.stream("c3");
            dropped.push("half").await?;
            dropped.give_up("bored").await?;
            let refused = messages.get("c1", "m1").await.unwrap_err();
            Ok(cmd.reply(format!("{} {refused}", whole.0)))
        })
    });
    let mut session = daemon.ready().await;
    session.command(1, "write").await;
    for (channel, text) in [("c1", "better"), ("c2", "Once upon"), ("c3", "half (bored)")] {
        let call = daemon.host_call().await;
        assert_eq!((call.channel.as_deref(), call.text.as_str()), (Some(channel), text));
        assert_eq!(call.cause.as_deref(), Some("1"));
    }
    let Replied::Interaction(reply) = session.answer(1).await else { panic!("no reply") };
    let said = format!("{:?}", reply.body);
    assert!(said.contains("m1 no answer from the daemon"), "{said}");
}

#[tokio::test]
async fn what_is_held_is_listed_to_its_end_and_decided() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("reviewer", "1.0.0").before_post(async |m| -> Result<Verdict> {
            let host = m.ctx().host();
            let mut held = host.held("q").await?.into_iter();
            let (first, last) = (held.next().unwrap(), held.next_back().unwrap());
            let told = host.release_held(first.id).await?;
            assert_eq!(told, Told::Done(Some(MessageId("m1".to_owned()))));
            assert_eq!(host.drop_held(last.id, "spam").await?, Told::Later);
            Ok(m.hold("q", Duration::from_secs(60)))
        })
    });
    let mut session = daemon.ready().await;

    session.post(7, "hello").await;
    let release = daemon.host_call().await;
    assert_eq!((release.channel.as_deref(), release.text.as_str()), (Some("q-1"), "release"));
    assert_eq!(release.cause.as_deref(), Some("7"));
    let dropping = daemon.host_call().await;
    assert_eq!((dropping.channel.as_deref(), dropping.text.as_str()), (Some("q-4"), "spam"));
    let Replied::Hook(HookAnswer { answer: Some(Answer::Hold(hold)) }) = session.answer(7).await
    else {
        panic!("not held")
    };
    assert_eq!(hold.queue, "q");
}

#[tokio::test]
async fn a_refused_host_call_tells_the_daemons_reason() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(1);
    let _run = daemon.run(|| {
        Plugin::new("mute", "1.0.0").before_post(async move |m| {
            let refused = m.ctx().send("forbidden", "hi").await.unwrap_err();
            told.send(refused).await.unwrap();
        })
    });
    let session = daemon.ready().await;

    session.post(1, "hello").await;
    let refused = heard.recv().await.unwrap();
    assert_eq!(refused.reason(), Some(Reason::PermissionDenied));
    assert_eq!(refused.to_string(), "PERMISSION_DENIED: said the daemon");
    assert!(matches!(refused, HostError::Refused { .. }));
}

async fn deliver(session: &Session, delivery: u64, r#type: &str, padding: usize) {
    let (id, r#type) = ("i".repeat(padding + 1), r#type.to_owned());
    let event = Some(Event { id, r#type, ..Event::default() });
    let (attempt, budget_us) = (1, 5_000_000);
    let delivery = Delivery { delivery, event, attempt, budget_us, ..Delivery::default() };
    session.say(Down::Event(delivery)).await;
}

#[tokio::test]
async fn credit_comes_back_for_the_events_taken() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| Plugin::new("ear", "1.0.0").on_event("x.test.thing", async |_| {}));
    let mut session = daemon.ready().await;

    for delivery in 1..=3 {
        deliver(&session, delivery, "x.test.thing", 30_000).await;
    }
    let mut returned = 0;
    for _ in 0..4 {
        match session.next().await {
            Some(Up::Credit(credit)) => returned += credit.bytes,
            Some(Up::Ack(_)) => {}
            other => panic!("neither credit nor ack: {other:?}"),
        }
    }
    assert!((90_000..91_000).contains(&returned), "{returned}");
}

#[tokio::test]
async fn an_event_or_command_nobody_handles_is_said_to_be_unsupported() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(moderator);
    let mut session = daemon.ready().await;

    session.command(3, "nothing").await;
    assert_eq!(failure(&mut session, 3).await.0, Reason::NotSupported);
    deliver(&session, 4, "x.test.thing", 0).await;
    assert!(matches!(session.next().await, Some(Up::Ack(ack)) if ack.failure.is_some()));
}

#[tokio::test]
async fn a_command_shows_progress_and_pieces_before_its_reply() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("poet", "1.0.0").command("poem", async |cmd: Command| -> Result<_> {
            cmd.progress(50, "thinking").await?;
            let mut poem = cmd.stream();
            poem.push("Roses ").await?;
            poem.push("are red").await?;
            Ok(poem.finish())
        })
    });
    let mut session = daemon.ready().await;

    session.command(6, "poem").await;
    assert!(matches!(session.next().await, Some(Up::Progress(p)) if p.percent == 50));
    assert!(matches!(session.next().await, Some(Up::Partial(p)) if (p.call, p.seq) == (6, 0)));
    assert!(matches!(session.next().await, Some(Up::Partial(p)) if p.delta == "are red"));
    assert!(matches!(session.answer(6).await, Replied::Interaction(_)));
}

#[tokio::test]
async fn pieces_wait_for_room_and_keep_their_order() {
    const PIECES: u64 = 2_000;
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("poet", "1.0.0").command("epos", async |cmd: Command| -> Result<_> {
            let mut epos = cmd.stream();
            for _ in 0..PIECES {
                epos.push("x".repeat(500)).await?;
            }
            Ok(epos.finish())
        })
    });
    let mut session = daemon.ready().await;

    session.command(1, "epos").await;
    for seq in 0..PIECES {
        assert!(matches!(session.next().await, Some(Up::Partial(p)) if p.seq == seq));
    }
    // The whole text is more than a frame holds: the pieces are all there is to say.
    let Replied::Interaction(reply) = session.answer(1).await else { panic!("no reply") };
    assert!(reply.streamed && reply.body.is_none());
}

#[tokio::test]
async fn a_burst_of_calls_is_answered_whole() {
    const CALLS: u64 = 1_000;
    let mut daemon = Daemon::start();
    let _run = daemon.run(moderator);
    let mut session = daemon.ready().await;

    for id in 1..=CALLS {
        session.post(id, "hello").await;
    }
    for id in 1..=CALLS {
        assert!(matches!(session.answer(id).await, Replied::Hook(_)));
    }
}

#[tokio::test]
async fn a_deferred_command_follows_up_on_its_own_account_and_across_sessions() {
    let mut daemon = Daemon::start();
    let (go, going) = mpsc::channel::<()>(1);
    let going = std::sync::Mutex::new(Some(going));
    let _run = daemon.run(move || {
        let going = std::rc::Rc::new(std::cell::RefCell::new(going.into_inner().unwrap()));
        Plugin::new("baker", "1.0.0").command("bake", async move |cmd: Command| {
            let mut going = going.borrow_mut().take().unwrap();
            cmd.defer(async move |_: &mut Later| {
                going.recv().await;
                "done".to_owned()
            })
        })
    });
    let mut session = daemon.ready().await;
    let run = RunCommand {
        name: "bake".to_owned(),
        interaction_id: "i-1".to_owned(),
        ..RunCommand::default()
    };
    session.call(1, call::Of::Command(Box::new(run)), Duration::from_secs(5)).await;
    let Replied::Interaction(promised) = session.answer(1).await else { panic!("no reply") };
    assert!(promised.deferred);
    // The session is lost; the work goes on.
    drop(session);
    let again = daemon.session().await;
    again.welcome(2, true).await;
    go.send(()).await.unwrap();
    let said = daemon.host_call().await;
    assert_eq!((said.channel.as_deref(), said.text.as_str()), (Some("i-1 1 true"), "done"));
    assert_eq!(said.cause, None);
}

#[tokio::test]
async fn deferred_work_is_dropped_when_the_daemon_says_that_nobody_waits() {
    let mut daemon = Daemon::start();
    let (held, mut dropped) = mpsc::channel::<()>(1);
    let _run = daemon.run(move || {
        Plugin::new("baker", "1.0.0").command("bake", async move |cmd: Command| {
            let held = held.clone();
            held.try_send(()).unwrap();
            let held = held.clone();
            cmd.defer(async move |_: &mut Later| -> String {
                let _held = held;
                std::future::pending().await
            })
        })
    });
    let mut session = daemon.ready().await;
    let run = RunCommand {
        name: "bake".to_owned(),
        interaction_id: "i-1".to_owned(),
        ..RunCommand::default()
    };
    session.call(1, call::Of::Command(Box::new(run)), Duration::from_secs(5)).await;
    session.answer(1).await;
    dropped.recv().await.unwrap();
    let cancel = CancelInteraction { interaction_id: "i-1".to_owned(), ..Default::default() };
    session.say(Down::CancelInteraction(cancel)).await;
    session.ping(1).await;
    assert_eq!(dropped.sender_strong_count(), 1, "the handler alone still holds it");
}
