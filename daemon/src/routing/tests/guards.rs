//! Claims about what keeps plugins from harming a pipeline or a channel: breakers that ask before
//! they try, loops that end, an operator's bypass.

use outboard_proto::common::{
    Event, Origin, Reason, Sender, SenderKind, SkipReason, event, hook_payload, verdict,
};
use outboard_proto::plugin::SendRequest;

use super::*;
use crate::config::manifest::event::{Guarantee, Order};

fn transform() -> Interceptor {
    interceptor(Phase::Transform, OnFailure::Open)
}

fn closed() -> Interceptor {
    interceptor(Phase::Transform, OnFailure::Closed)
}

fn send(text: &str) -> SendRequest {
    let body = Some(Body { content: Some(body::Content::Plain(text.into())) });
    SendRequest { channel_id: "c1".into(), body, ..SendRequest::default() }
}

fn by(kind: SenderKind) -> Message {
    let sender = Sender { id: "u1".into(), kind: kind.into(), ..Sender::default() };
    Message { sender: Some(sender), ..message("hi") }
}

fn posted(message: Message) -> Event {
    let of = Some(event::Of::Message(Box::new(message)));
    Event { r#type: "message.posted".into(), of, ..Event::default() }
}

/// Two bots that never say what they answer.
fn two_bots(board: &Switchboard) -> [FakePlugin; 2] {
    ["one", "two"].map(|name| FakePlugin::ready(board, registration(name, Vec::new())))
}

/// Has them speak by turns as often as they may; how often, and the refusal.
fn answer_each_other(
    board: &Switchboard,
    bots: &[FakePlugin; 2],
) -> (usize, outboard_proto::common::Failure) {
    for turn in 0..100 {
        if let Err(refusal) = board.compose(bots[turn % 2].member, send("and you?"), None) {
            return (turn, refusal);
        }
    }
    panic!("they go on for ever");
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_nobody_answers_lets_no_trial_pass() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    for id in 0..3 {
        app.ask(id, "a");
        app.verdict().await;
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    for id in 3..6 {
        app.ask(id, "a");
        assert_eq!(app.verdict().await.1.steps[0].skipped(), SkipReason::Breaker);
    }
    let nonce = one.pinged().await;
    assert!(!board.ponged(one.member, one.serial, 1), "an answer to the heartbeat's ping");
    assert!(!board.ponged(one.member, one.serial + 1, nonce), "another session's");
    assert!(board.ponged(one.member, one.serial, nonce));
    assert!(!board.ponged(one.member, one.serial, nonce), "nobody waits for a second");
}

// I62
#[tokio::test(start_paused = true)]
async fn two_bots_that_omit_their_cause_are_stopped_until_a_person_speaks() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let bots = two_bots(&board);
    let (spoken, refusal) = answer_each_other(&board, &bots);
    assert_eq!((spoken, refusal.reason()), (20, Reason::LoopSuspected));
    assert_eq!(board.view(bots[0].member).traffic.loops, 1);
    assert!(refusal.retry_after_us > 0);

    board.publish_now(posted(by(SenderKind::Bot)));
    assert_eq!(answer_each_other(&board, &bots).0, 0, "a bot is nobody");
    board.publish_now(posted(by(SenderKind::User)));
    assert_eq!(answer_each_other(&board, &bots).0, 20, "published");

    let payload =
        HookPayload { of: Some(hook_payload::Of::BeforePost(by(SenderKind::User).into())) };
    let request =
        outboard_proto::app::Intercept { id: 9, payload: Some(payload), ..Default::default() };
    board.intercept(Asked::Session { node: app.node, id: 9 }, Act::of(request));
    app.verdict().await;
    assert_eq!(answer_each_other(&board, &bots).0, 20, "intercepted");

    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(answer_each_other(&board, &bots).0, 20, "ten minutes later");
}

// I63
#[tokio::test(start_paused = true)]
async fn a_plugin_hears_its_own_messages_only_where_it_asked_to() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let told = |own| {
        let types = BTreeSet::from(["message.posted".parse().unwrap()]);
        let timeout = Duration::from_secs(5);
        Subscription {
            types,
            filter: Filter::default(),
            timeout,
            own,
            delivery: Guarantee::BestEffort,
            order: Order::Channel,
        }
    };
    let asking = |own| Registration {
        subscriptions: vec![told(own)],
        ..registration("one", vec![Interceptor { own, ..transform() }])
    };
    let origin = Origin { plugin: "one".into(), hops: 1, ..Origin::default() };
    let mine = || Message { origin: Some(origin.clone()), ..message("mine") };
    let ask = |id| {
        let payload = Some(HookPayload { of: Some(hook_payload::Of::BeforePost(mine().into())) });
        let request = outboard_proto::app::Intercept { id, payload, ..Default::default() };
        board.intercept(Asked::Session { node: app.node, id }, Act::of(request));
    };
    let mut one = FakePlugin::ready(&board, asking(false));
    assert_eq!(board.publish_now(posted(mine())).subscriptions, 0);
    ask(1);
    board.register(asking(true));
    assert_eq!(board.publish_now(posted(mine())).subscriptions, 1);
    ask(2);
    let call = one.call().await;
    one.pass(&call);
    assert_eq!(app.verdict().await.0, 1, "it went on without asking");
    assert_eq!(app.verdict().await.0, 2);
}

// I64
#[tokio::test(start_paused = true)]
async fn a_bypass_takes_closed_hooks_off_the_path_at_once_and_ends_by_itself() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![closed()]));
    app.ask(1, "under way");
    let call = one.call().await;
    board.bypass(Bypassed::Hook(Hook::BeforePost), Duration::from_secs(60));
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].skipped(), SkipReason::Bypassed);
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
    assert!(!one.pass(&call), "its answer comes too late");

    app.ask(2, "later");
    assert_eq!(app.verdict().await.1.steps[0].skipped(), SkipReason::Bypassed);
    assert_eq!(board.view(one.member).bypassed.len(), 1);
    let two = FakePlugin::ready(&board, registration("two", vec![closed()]));
    app.ask(3, "a newcomer");
    assert_eq!(app.verdict().await.1.steps[1].skipped(), SkipReason::Bypassed);
    board.unregister(two.member);

    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(board.bypasses().is_empty());
    app.ask(4, "over");
    let_pass(&mut one, "over").await;
    assert_eq!(app.verdict().await.1.steps[0].skipped(), SkipReason::Unspecified);
}

#[tokio::test(start_paused = true)]
async fn a_bypass_of_a_plugin_leaves_the_others_on_the_path_and_ends_at_a_word() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    let mut two = FakePlugin::ready(&board, registration("two", vec![transform()]));
    board.bypass(Bypassed::Plugin("one".into()), Duration::from_secs(60));
    app.ask(1, "a");
    let_pass(&mut two, "a").await;
    assert_eq!(app.verdict().await.1.steps[0].skipped(), SkipReason::Bypassed);
    assert!(board.end_bypass(Some(&Bypassed::All)).is_empty());
    assert_eq!(board.end_bypass(None), [Bypassed::Plugin("one".into())]);
    app.ask(2, "b");
    let_pass(&mut one, "b").await;
    let_pass(&mut two, "b").await;
    assert_eq!(app.verdict().await.0, 2);
}

/// Lets the message with this text pass; the calls before it are over.
async fn let_pass(plugin: &mut FakePlugin, text: &str) {
    loop {
        let call = plugin.call().await;
        if text_of(payload_of(&call)) == text {
            assert!(plugin.pass(&call));
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_taken_apart_only_for_who_must_look_inside() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let of_acme = Filter { workspaces: vec!["acme".into()], ..Filter::default() };
    let on_path = |name, filter| {
        let is = Interceptor { filter, ..transform() };
        FakePlugin::ready(&board, registration(name, vec![is]))
    };
    let mut one = on_path("one", of_acme.clone());
    let mut two = on_path("two", Filter { prefix: vec!["!".into()], ..Filter::default() });
    let ask = |id, workspace: &str| {
        let bytes = prost::Message::encode_to_vec(&post("hello"));
        let payload = crate::payload::Payload::check(bytes.into()).unwrap();
        let act = Act::new(payload, 0, (workspace, "", None));
        board.intercept(Asked::Session { node: app.node, id }, act)
    };
    let run = ask(1, "acme").unwrap();
    assert!(!board.with(|core, _| core.runs[run].payload.is_read()), "a workspace is enough");
    let call = one.call().await;
    one.pass(&call);
    board.unregister(two.member);
    assert!(ask(2, "other").is_none(), "nobody is asked about another workspace");
    two = on_path("two", Filter { prefix: vec!["h".into()], ..Filter::default() });
    let run = ask(3, "other").unwrap();
    assert!(board.with(|core, _| core.runs[run].payload.is_read()));
    let call = two.call().await;
    two.pass(&call);
    for id in 1..=3 {
        assert_eq!(app.verdict().await.0, id);
    }
}
