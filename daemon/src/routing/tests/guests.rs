//! Claims about guests: a developer's process in the place of a plugin.

use outboard_proto::common::{Step, StepResult};

use super::*;

fn visited(board: &Switchboard, policy: OnFailure) -> FakePlugin {
    let interceptors = vec![interceptor(Phase::Transform, policy)];
    let plugin = FakePlugin::ready(board, registration("alpha", interceptors));
    board.set_standing(plugin.member, Standing::Debugged(Guest::Awaited));
    board.guest_answers(plugin.member);
    plugin
}

fn skipped(verdict: &Verdict) -> Vec<&str> {
    let skipped = |step: &Step| step.result() == StepResult::Skipped;
    let names = verdict.steps.iter().filter(|step| skipped(step)).map(Step::skipped);
    names.map(|it| it.as_str_name()).collect()
}

/// The next call; anything but news of the app would be a word to stop.
async fn only_call(plugin: &mut FakePlugin) -> Call {
    loop {
        match plugin.frame().await {
            daemon_frame::Kind::Call(call) => return call,
            daemon_frame::Kind::App(_) => {}
            other => panic!("neither a call nor news of the app: {other:?}"),
        }
    }
}

// I71
#[tokio::test(start_paused = true)]
async fn a_guests_closed_hook_is_open_and_its_absence_is_called_debug() {
    let board = board();
    let mut plugin = visited(&board, OnFailure::Closed);
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    plugin.call().await;
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), ["SKIP_REASON_DEBUG"]);
    assert!(matches!(
        verdict.outcome,
        Some(outboard_proto::common::verdict::Outcome::Continued(_))
    ));
    // While it comes, nobody is asked at all.
    board.set_standing(plugin.member, Standing::Debugged(Guest::Awaited));
    app.ask(2, "hello");
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), ["SKIP_REASON_DEBUG"]);
}

// I71
#[tokio::test(start_paused = true)]
async fn a_guest_is_told_of_no_deadline_never_cancelled_and_never_cut_out() {
    let board = board();
    let mut plugin = visited(&board, OnFailure::Open);
    let mut app = FakeApp::connected(&board);
    let mut calls = Vec::new();
    for id in 1..=5 {
        app.ask(id, "hello");
        let call = only_call(&mut plugin).await;
        assert!(call.budget_us > 3_600_000_000, "{}", call.budget_us);
        app.verdict().await;
        calls.push(call);
    }
    app.ask(6, "hello");
    let call = plugin.call().await;
    assert!(plugin.pass(&call));
    assert_eq!(skipped(&app.verdict().await.1), [""; 0]);
    let traffic = board.view(plugin.member).traffic;
    assert_eq!((traffic.timeouts, traffic.breaker_openings), (0, 0));
    // What it answers in the end changes nothing, and is told of.
    assert!(!plugin.pass(&calls[0]));
    let words = board.late_words(plugin.member).unwrap();
    assert!(words.ends_with("message.before_post would have been continued"), "{words}");
    assert_eq!(board.view(plugin.member).traffic.stale_replies, 0);
    assert!(!plugin.pass(&calls[0]), "said twice, it is only stale");
    assert_eq!(board.late_words(plugin.member), None);
}

// I71
#[tokio::test(start_paused = true)]
async fn what_a_guest_leaves_behind_is_nobodys_fault() {
    let board = board();
    let mut plugin = visited(&board, OnFailure::Closed);
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    plugin.call().await;
    board.guest_left(plugin.member);
    assert_eq!(skipped(&app.verdict().await.1), ["SKIP_REASON_DEBUG"]);
    // The plugin's own process is as it was: closed.
    plugin.back();
    app.ask(2, "hello");
    let call = plugin.call().await;
    assert!(call.budget_us < 1_000_000);
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict), ["SKIP_REASON_TIMEOUT"]);
    assert!(matches!(verdict.outcome, Some(outboard_proto::common::verdict::Outcome::Rejected(_))));
}
