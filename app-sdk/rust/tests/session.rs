//! The SDK's session over a real socket: hello, verdicts, budgets, a daemon that dies and returns.
//!
//! What a real daemon decides is not its business: a fake one says what each test tells it.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up should fail loudly")]

#[path = "session/fake.rs"]
mod fake;

use std::time::{Duration, Instant};

use fake::{Server, welcome};
use outboard_app::common::{FailurePolicy, HookPayload, Ping, hook_payload};
use outboard_app::{App, Builder, By, Decision, Link, Policy, Why, message, test::Daemon};
use outboard_proto::app::app_frame::Kind as Up;
use outboard_proto::app::daemon_frame::Kind as Down;
use outboard_proto::app::{InterceptResult, Published, intercept_result};

const BUDGET: Duration = Duration::from_millis(200);

fn app() -> Builder {
    App::builder("chat", "1.0.0").node("n1").hooks(["message.before_post"])
}

fn hello(text: &str) -> outboard_app::common::Message {
    message::message("lobby", "ada", text)
}

fn closed() -> Down {
    welcome(FailurePolicy::Closed, 200_000)
}

/// Shouts: every message comes back in capitals.
fn shout(id: u64, payload: Option<HookPayload>) -> Down {
    let Some(hook_payload::Of::BeforePost(mut message)) = payload.unwrap().of else { panic!() };
    message.body = Some(message::plain(message::text(message.body.as_ref()).to_uppercase()));
    let verdict = Daemon::replace(*message);
    Down::Intercepted(InterceptResult {
        id,
        result: Some(intercept_result::Result::Verdict(verdict)),
    })
}

fn shouting(kind: &Up) -> Vec<Down> {
    match kind {
        Up::Hello(_) => vec![closed()],
        Up::Intercept(call) => vec![shout(call.id, call.payload.clone())],
        Up::Publish(publish) => {
            let event_id = publish.event.clone().unwrap().id;
            vec![Down::Published(Published { id: publish.id, event_id, ..Published::default() })]
        }
        _ => vec![],
    }
}

fn silent(kind: &Up) -> Vec<Down> {
    match kind {
        Up::Hello(_) => vec![closed()],
        _ => vec![],
    }
}

async fn posts(app: &App, text: &str) -> String {
    let message = app.before_post(hello(text)).await.proceed().unwrap();
    message::text(message.body.as_ref()).to_owned()
}

#[tokio::test]
async fn the_hello_says_what_the_app_is() {
    let mut server = Server::start(shouting);
    let _app = app().events(["message.posted"]).dedupe().connect(server.socket());
    let hello =
        server.saw(|kind| if let Up::Hello(hello) = kind { Some(hello) } else { None }).await;
    assert_eq!(
        (hello.app.as_str(), hello.node.as_str(), hello.protocol.as_str()),
        ("chat", "n1", "1")
    );
    assert!(hello.dedupe && hello.epoch > 0);
}

#[tokio::test]
async fn many_calls_share_one_stream_and_each_gets_its_own_answer() {
    let server = Server::start(shouting);
    let app = app().connect(server.socket());
    app.connected().await;
    let calls: Vec<_> = (0..500)
        .map(|n| {
            let app = app.clone();
            tokio::spawn(async move { (n, posts(&app, &format!("m{n}")).await) })
        })
        .collect();
    for call in calls {
        let (n, said) = call.await.unwrap();
        assert_eq!(said, format!("M{n}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_several_threads() {
    let server = Server::start(shouting);
    let app = app().connect(server.socket());
    app.connected().await;
    let calls: Vec<_> = (0..500)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { posts(&app, "m").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "M");
    }
}

#[tokio::test]
async fn no_answer_within_the_budget_falls_back_and_tells_the_daemon() {
    let mut server = Server::start(silent);
    let app = app().connect(server.socket());
    app.connected().await;
    let started = Instant::now();
    let outcome = app.before_post(hello("x")).await;
    assert_eq!(outcome.by, By::Fallback(Policy::Closed, Why::Late));
    assert!(outcome.is_rejected());
    assert!(started.elapsed() >= BUDGET && started.elapsed() < BUDGET * 4);
    let call =
        server.saw(|kind| if let Up::Intercept(call) = kind { Some(call) } else { None }).await;
    let cancel =
        server.saw(|kind| if let Up::Cancel(cancel) = kind { Some(cancel) } else { None }).await;
    assert_eq!(cancel.id, call.id);
}

#[tokio::test]
async fn a_daemon_that_dies_mid_call_ends_the_call_at_once() {
    let mut server = Server::start(silent);
    let app = app().connect(server.socket());
    app.connected().await;
    let call = tokio::spawn({
        let app = app.clone();
        async move { app.before_post(hello("x")).await }
    });
    server.saw(|kind| matches!(kind, Up::Intercept(_)).then_some(())).await;
    server.die();
    assert_eq!(call.await.unwrap().by, By::Fallback(Policy::Closed, Why::Lost));
}

#[tokio::test]
async fn the_last_policy_applies_while_the_daemon_is_away_and_it_is_asked_again_after() {
    let mut server = Server::start(shouting);
    let app = app().connect(server.socket());
    app.connected().await;
    assert_eq!(posts(&app, "m").await, "M");
    server.die();
    app.link().wait_for(|link| matches!(link, Link::Away { .. })).await.unwrap();
    let outcome = app.before_post(hello("m")).await;
    assert_eq!(outcome.by, By::Fallback(Policy::Closed, Why::Away));
    server.come_back();
    app.connected().await;
    assert_eq!(posts(&app, "m").await, "M");
}

#[tokio::test]
async fn the_same_node_and_epoch_come_back() {
    let mut server = Server::start(shouting);
    let app = app().connect(server.socket());
    let epoch =
        |kind| if let Up::Hello(hello) = kind { Some((hello.node, hello.epoch)) } else { None };
    let first = server.saw(epoch).await;
    app.connected().await;
    server.die();
    server.come_back();
    assert_eq!(server.saw(epoch).await, first);
}

#[tokio::test]
async fn an_app_that_never_met_the_daemon_lets_pass() {
    let app = app().connect("/nonexistent/app.sock");
    let outcome = app.before_post(hello("m")).await;
    assert_eq!(outcome.by, By::Fallback(Policy::Open, Why::Away));
    assert!(matches!(outcome.decision, Decision::Continued(_)));
}

#[tokio::test]
async fn what_is_too_large_for_a_frame_falls_back_without_being_sent() {
    let server = Server::start(shouting);
    let app = app().connect(server.socket());
    app.connected().await;
    let outcome = app.before_post(hello(&"x".repeat(70_000))).await;
    assert!(matches!(outcome.by, By::Fallback(Policy::Closed, Why::TooLarge(_))));
    assert_eq!(posts(&app, "m").await, "M");
}

#[tokio::test]
async fn a_ping_is_answered() {
    let mut server = Server::start(|kind| match kind {
        Up::Hello(_) => vec![closed(), Down::Ping(Ping { nonce: 42 })],
        _ => vec![],
    });
    let _app = app().connect(server.socket());
    let pong = server.saw(|kind| if let Up::Pong(pong) = kind { Some(pong) } else { None }).await;
    assert_eq!(pong.nonce, 42);
}

#[tokio::test]
async fn an_event_published_while_the_daemon_is_away_arrives_once_it_is_back() {
    let mut server = Server::start(shouting);
    let app = app().connect(server.socket());
    app.connected().await;
    server.die();
    let publishing = tokio::spawn({
        let app = app.clone();
        async move { app.publish(message::posted(hello("m"))).await }
    });
    app.link().wait_for(|link| matches!(link, Link::Away { .. })).await.unwrap();
    server.come_back();
    let publication = publishing.await.unwrap().unwrap();
    let event =
        server.saw(|kind| if let Up::Publish(told) = kind { told.event } else { None }).await;
    assert_eq!(publication.event_id, event.id);
}

#[tokio::test]
async fn events_without_credit_wait_and_hold_up_no_call() {
    let server = Server::start(shouting);
    let app = app().patience(Duration::from_millis(200)).connect(server.socket());
    app.connected().await;
    let large = || message::posted(hello(&"x".repeat(60_000)));
    for _ in 0..4 {
        app.publish(large()).await.unwrap();
    }
    let (published, said) = tokio::join!(app.publish(large()), posts(&app, "m"));
    assert!(published.is_err(), "there was no credit left for it");
    assert_eq!(said, "M");
}

#[tokio::test]
async fn a_silent_daemon_costs_a_budget_a_few_times_and_then_nothing() {
    let server = Server::start(silent);
    let app = app().connect(server.socket());
    app.connected().await;
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(app.before_post(hello("m")).await);
    }
    assert_eq!(outcomes[3].by, By::Fallback(Policy::Closed, Why::Late));
    assert_eq!(outcomes[4].by, By::Fallback(Policy::Closed, Why::Silent));
    assert!(outcomes[4].took < BUDGET / 4);
}

#[tokio::test]
async fn an_app_that_left_finds_nobody_and_its_policies_stay() {
    let mut server = Server::start(silent);
    let app = app().connect(server.socket());
    app.connected().await;
    app.close().await;
    assert_eq!(*app.link().borrow(), Link::Closed);
    let outcome = app.before_post(hello("m")).await;
    assert_eq!(outcome.by, By::Fallback(Policy::Closed, Why::Away));
    server.die();
}
