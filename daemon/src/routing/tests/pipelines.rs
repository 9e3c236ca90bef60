//! Claims about pipelines: order, verdicts, skips, policies, time.

use outboard_proto::common::{FailurePolicy, Reject, SkipReason, StepResult, Text, verdict};

use super::*;

fn transform() -> Interceptor {
    interceptor(Phase::Transform, OnFailure::Open)
}

fn validator() -> Interceptor {
    interceptor(Phase::Validate, OnFailure::Open)
}

fn reject(code: &str) -> hook_answer::Answer {
    let reason = Some(Text { text: code.into(), ..Text::default() });
    hook_answer::Answer::Reject(Reject { reason, code: code.into(), silent: false })
}

fn skipped(verdict: &Verdict) -> SkipReason {
    verdict.steps[0].skipped()
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_nobody_answers_goes_on_at_once() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    app.ask(7, "hi");
    let (id, verdict) = app.verdict().await;
    assert_eq!(id, 7);
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
}

#[tokio::test(start_paused = true)]
async fn each_transform_sees_what_the_one_before_made_of_it() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    let mut two = FakePlugin::ready(&board, registration("two", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    one.answer(&call, hook_answer::Answer::Replace(post("ab")));
    let call = two.call().await;
    assert_eq!(text_of(payload_of(&call)), "ab");
    two.answer(&call, hook_answer::Answer::Replace(post("abc")));
    let (_, verdict) = app.verdict().await;
    let Some(verdict::Outcome::Replaced(payload)) = &verdict.outcome else { panic!("{verdict:?}") };
    assert_eq!(text_of(payload), "abc");
    assert_eq!(verdict.steps.len(), 2);
    assert_eq!(verdict.steps[1].result(), StepResult::Replaced);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_ends_the_pipeline() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    let _two = FakePlugin::ready(&board, registration("two", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    one.answer(&call, reject("no"));
    let (_, verdict) = app.verdict().await;
    let Some(verdict::Outcome::Rejected(rejected)) = verdict.outcome else { panic!() };
    assert_eq!((rejected.plugin.as_str(), rejected.code.as_str()), ("one", "no"));
    assert_eq!(verdict.steps.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn validators_are_asked_all_at_once_and_a_rejection_cancels_the_rest() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![validator()]));
    let mut two = FakePlugin::ready(&board, registration("two", vec![validator()]));
    app.ask(1, "a");
    let asked = one.call().await;
    let call = two.call().await;
    two.answer(&call, reject("no"));
    let (_, verdict) = app.verdict().await;
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Rejected(_))));
    let daemon_frame::Kind::Cancel(cancel) = one.frame().await else { panic!("not cancelled") };
    assert_eq!(cancel.call, asked.id);
    assert!(!one.pass(&asked), "a late answer is stale");
}

#[tokio::test(start_paused = true)]
async fn silence_is_skipped_at_its_timeout_and_the_plugin_told() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    assert_eq!(call.budget_us, 300_000);
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), SkipReason::Timeout);
    assert!(matches!(one.frame().await, daemon_frame::Kind::Cancel(_)));
}

// I14
#[tokio::test(start_paused = true)]
async fn a_closed_hook_rejects_where_an_open_one_is_skipped() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let closed = interceptor(Phase::Transform, OnFailure::Closed);
    let mut guard = FakePlugin::ready(&board, registration("guard", vec![closed]));
    app.ask(1, "a");
    let _unanswered = guard.call().await;
    let (_, verdict) = app.verdict().await;
    let Some(verdict::Outcome::Rejected(rejected)) = verdict.outcome else { panic!() };
    assert_eq!(rejected.plugin, "guard");
    assert_eq!(verdict.steps[0].policy(), FailurePolicy::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_closed_hook_waits_for_a_plugin_that_comes_back() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let closed = interceptor(Phase::Transform, OnFailure::Closed);
    let mut guard = FakePlugin::ready(&board, registration("guard", vec![closed]));
    guard.lost();
    app.ask(1, "a");
    guard.back();
    let call = guard.call().await;
    guard.pass(&call);
    let (_, verdict) = app.verdict().await;
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_hand_when_the_session_is_lost_ends_at_once_and_is_not_sent_again() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    one.lost();
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), SkipReason::Unavailable);
    one.back();
    assert!(!one.pass(&call), "an answer of the old session is stale");
}

#[tokio::test(start_paused = true)]
async fn three_misses_open_the_breaker_and_a_trial_closes_it() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    for id in 0..3 {
        app.ask(id, "a");
        assert_eq!(skipped(&app.verdict().await.1), SkipReason::Timeout);
    }
    app.ask(3, "a");
    assert_eq!(skipped(&app.verdict().await.1), SkipReason::Breaker);
    assert_eq!(board.view(one.member).open_breakers, [Hook::BeforePost]);
    tokio::time::advance(Duration::from_secs(2)).await;
    app.ask(4, "rested");
    assert_eq!(skipped(&app.verdict().await.1), SkipReason::Breaker);
    let nonce = one.pinged().await;
    assert!(board.ponged(one.member, one.serial, nonce));
    app.ask(5, "trial");
    let trial = loop {
        let call = one.call().await;
        if text_of(payload_of(&call)) == "trial" {
            break call;
        }
    };
    one.pass(&trial);
    assert!(matches!(app.verdict().await.1.outcome, Some(verdict::Outcome::Continued(_))));
    assert!(board.view(one.member).open_breakers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_exceeds_the_window_waits_for_it() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    for id in 1..=3 {
        app.ask(id, "a");
    }
    let (first, _second) = (one.call().await, one.call().await);
    assert_eq!(board.view(one.member).in_flight, 2);
    one.pass(&first);
    let third = one.call().await;
    assert!(third.id != first.id);
    assert_eq!(app.verdict().await.0, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_skips_and_says_so() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let _one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    for id in 0..2 + 256 {
        app.ask(id, "a");
    }
    app.ask(999, "a");
    let (id, verdict) = app.verdict().await;
    assert_eq!((id, skipped(&verdict)), (999, SkipReason::OverLimit));
}

#[tokio::test(start_paused = true)]
async fn a_transform_that_breaks_its_rules_is_skipped_as_protocol() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    let forged = Message { id: "forged".into(), ..message("b") };
    let payload = HookPayload { of: Some(hook_payload::Of::BeforePost(forged.into())) };
    one.answer(&call, hook_answer::Answer::Replace(payload));
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), SkipReason::Protocol);
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
}

#[tokio::test(start_paused = true)]
async fn an_app_that_leaves_cancels_what_it_asked() {
    let board = board();
    let app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    board.detach_node(app.node);
    let daemon_frame::Kind::Cancel(cancel) = one.frame().await else { panic!("not cancelled") };
    assert_eq!(cancel.call, call.id);
    assert_eq!(board.in_hand(one.member), 0);
}

#[tokio::test(start_paused = true)]
async fn a_plugin_unloaded_under_a_run_is_skipped() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    let two = FakePlugin::ready(&board, registration("two", vec![transform()]));
    app.ask(1, "a");
    let call = one.call().await;
    board.unregister(two.member);
    one.pass(&call);
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[1].skipped(), SkipReason::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn the_app_is_told_whether_a_hook_is_answered_at_all() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let one = FakePlugin::ready(&board, registration("one", vec![transform()]));
    let to_app::Kind::Policies(policies) = app.frame().await else { panic!() };
    assert!(policies.hooks[0].intercepted);
    board.set_standing(one.member, Standing::Unlisted);
    let policies = loop {
        if let to_app::Kind::Policies(policies) = app.frame().await {
            break policies;
        }
    };
    assert!(!policies.hooks[0].intercepted);
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_was_held_up_blames_no_plugin() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let one = FakePlugin::ready(
        &board,
        Registration { in_flight: 64, ..registration("one", vec![transform()]) },
    );
    for id in 0..3 {
        app.ask(id, "a");
    }
    tokio::time::advance(Duration::from_secs(5)).await;
    for _ in 0..3 {
        assert_eq!(skipped(&app.verdict().await.1), SkipReason::Timeout);
    }
    assert!(board.view(one.member).open_breakers.is_empty());
}
