//! Claims about grants that change while a plugin is asked, and about grants with limits.

use outboard_proto::common::{Reason, SkipReason, StepResult};

use super::work::{posted, subscriber};
use super::*;
use crate::config::granted::Limit;
use crate::config::scope::{Place, parse_scoped};

/// Whole grants, and limited ones as an operator writes them.
fn grants(texts: &[&str]) -> Granted {
    let mut granted = Granted::default();
    for text in texts {
        let (permission, narrowed) = parse_scoped(text).unwrap();
        granted.grant(permission, Limit { narrowed, ..Limit::default() });
    }
    granted
}

fn gate() -> Registration {
    Registration {
        in_flight: 1,
        ..registration("one", vec![interceptor(Phase::Transform, OnFailure::Open)])
    }
}

// I78
#[tokio::test(start_paused = true)]
async fn a_grant_withdrawn_ends_what_waits_and_leaves_what_is_in_hand() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, gate());
    let mut app = FakeApp::connected(&board);
    app.ask(1, "in hand");
    app.ask(2, "waits");
    let in_hand = plugin.call().await;
    board.register(Registration { grants: grants(&["messages:read"]), ..gate() });
    let (id, verdict) = app.verdict().await;
    assert_eq!((id, verdict.steps[0].skipped()), (2, SkipReason::NotGranted));
    assert!(plugin.pass(&in_hand), "it is still the plugin's to answer");
    let (id, verdict) = app.verdict().await;
    assert_eq!((id, verdict.steps[0].result()), (1, StepResult::Continued));
    assert_eq!(board.view(plugin.member).traffic.denied, 1);
}

// I77
#[tokio::test(start_paused = true)]
async fn a_limited_interceptor_is_asked_within_its_limits_only() {
    let board = board();
    let limited = Registration { grants: grants(&["messages:intercept@channels=town"]), ..gate() };
    let mut plugin = FakePlugin::ready(&board, limited.clone());
    let mut app = FakeApp::connected(&board);
    app.ask(1, "in town");
    let call = plugin.call().await;
    plugin.pass(&call);
    assert_eq!(app.verdict().await.1.steps[0].result(), StepResult::Continued);
    let elsewhere = grants(&["messages:intercept@channels=id:c9"]);
    board.register(Registration { grants: elsewhere, ..limited });
    app.ask(2, "in town");
    assert_eq!(app.verdict().await.1.steps[0].skipped(), SkipReason::NotGranted);
}

// I77
#[tokio::test(start_paused = true)]
async fn what_a_channel_is_called_is_known_from_what_passed() {
    let board = board();
    let limited = grants(&["messages:send@channels=town", "messages:read"]);
    let one = FakePlugin::ready(&board, Registration { grants: limited, ..subscriber("one") });
    let place = Place { workspace: "", channel_id: "c1", channel_name: None };
    let send = || board.permit_in(one.member, Permission::MessagesSend, &place);
    let failure = send().unwrap_err();
    assert_eq!(failure.reason(), Reason::OutOfScope);
    assert!(failure.message.contains("nobody has told this daemon the name"), "{failure}");
    board.publish_now(posted("a"));
    send().unwrap();
    let other = Place { channel_name: Some("staff"), ..place };
    let failure = board.permit_in(one.member, Permission::MessagesSend, &other).unwrap_err();
    assert!(failure.message.contains("it is granted as messages:send@channels=town"), "{failure}");
}

// I77
#[tokio::test(start_paused = true)]
async fn an_event_that_waits_when_its_channel_is_taken_away_is_not_delivered() {
    let board = board();
    let reader = |grants| Registration { grants, in_flight: 1, ..subscriber("one") };
    let mut one = FakePlugin::ready(&board, reader(grants(&["messages:read"])));
    board.publish_now(posted("a"));
    board.publish_now(posted("b"));
    let daemon_frame::Kind::Event(first) = one.frame().await else { panic!("no event") };
    board.register(reader(grants(&["messages:read@channels=staff"])));
    let ack = outboard_proto::plugin::Ack { delivery: first.delivery, failure: None };
    board.acknowledge(one.member, &ack);
    assert_eq!(board.in_hand(one.member), 0);
    assert_eq!(board.view(one.member).traffic.denied, 1);
    assert_eq!(board.publish_now(posted("c")).subscriptions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_understands_is_told_of_other_grants() {
    let board = board();
    let mut one = FakePlugin::ready(&board, subscriber("one"));
    board.register(Registration { grants: grants(&["messages:read"]), ..subscriber("one") });
    board.set_hears_grants(one.member, true);
    let limited = grants(&["messages:read@channels=town"]);
    board.register(Registration { grants: limited, ..subscriber("one") });
    let daemon_frame::Kind::Grants(told) = one.frame().await else { panic!("not told first") };
    assert_eq!(told.grants, ["messages:read"]);
    assert_eq!(told.scoped_grants, ["messages:read@channels=town"]);
}

#[tokio::test(start_paused = true)]
async fn host_calls_beyond_the_pace_are_refused_until_there_is_time_again() {
    let board = board();
    let slow = Registration { host_calls: 10, ..registration("one", Vec::new()) };
    let one = FakePlugin::ready(&board, slow);
    let call = || board.admit(one.member, "/x", None);
    for _ in 0..10 {
        call().unwrap();
    }
    let failure = call().unwrap_err();
    assert_eq!(failure.reason(), Reason::OverLimit);
    assert_eq!(failure.retry_after_us, 100_000);
    tokio::time::advance(Duration::from_micros(failure.retry_after_us)).await;
    call().unwrap();
    assert_eq!(board.view(one.member).traffic.host_over_limit, 1);
}
