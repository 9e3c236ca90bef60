//! Claims about plugins that start when something is wanted of them.

use outboard_proto::common::{SkipReason, verdict};

use super::*;

fn transform() -> Interceptor {
    interceptor(Phase::Transform, OnFailure::Open)
}

/// One that has never run.
fn asleep(board: &Switchboard) -> FakePlugin {
    let mut plugin = FakePlugin::ready(board, registration("dozer", vec![transform()]));
    board.detach(plugin.member, plugin.serial);
    board.set_standing(plugin.member, Standing::Asleep);
    plugin.serial += 1;
    plugin
}

fn counted(plugin: &FakePlugin) -> (u64, u64) {
    let traffic = plugin.board.view(plugin.member).traffic;
    (traffic.lazy_starts, traffic.waits)
}

// I96
#[tokio::test(start_paused = true)]
async fn two_first_calls_ring_once_and_both_are_answered() {
    let board = board();
    let mut plugin = asleep(&board);
    let bell = board.bell(plugin.member);
    let mut app = FakeApp::connected(&board);
    app.ask(1, "one");
    app.ask(2, "two");
    bell.notified().await;
    assert_eq!(counted(&plugin), (1, 2));
    // Its task may tell where it stood before it heard the bell.
    board.set_standing(plugin.member, Standing::Asleep);
    assert_eq!(counted(&plugin), (1, 2));
    board.set_standing(plugin.member, Standing::Waking);
    plugin.back();
    for _ in 0..2 {
        let call = plugin.call().await;
        assert!(plugin.pass(&call));
    }
    for _ in 0..2 {
        let (_, verdict) = app.verdict().await;
        assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
        assert_eq!(verdict.steps[0].skipped(), SkipReason::Unspecified);
    }
}

// I96
#[tokio::test(start_paused = true)]
async fn a_call_whose_time_ends_before_it_is_ready_is_skipped_as_unavailable() {
    let board = board();
    let plugin = asleep(&board);
    let mut app = FakeApp::connected(&board);
    app.ask(1, "one");
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].skipped(), SkipReason::Unavailable);
    assert_eq!(board.view(plugin.member).open_breakers, []);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_ends_what_waited_for_it_at_once() {
    let board = board();
    let plugin = asleep(&board);
    let mut app = FakeApp::connected(&board);
    let began = tokio::time::Instant::now();
    app.ask(1, "one");
    plugin.lost();
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].skipped(), SkipReason::Unavailable);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

// I97
#[tokio::test(start_paused = true)]
async fn one_with_a_call_in_hand_is_not_idle() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, registration("dozer", vec![transform()]));
    let mut app = FakeApp::connected(&board);
    assert!(board.idle_since(plugin.member).is_some());
    app.ask(1, "one");
    let call = plugin.call().await;
    assert_eq!(board.idle_since(plugin.member), None);
    tokio::time::advance(Duration::from_millis(100)).await;
    plugin.pass(&call);
    app.verdict().await;
    assert_eq!(board.idle_since(plugin.member), Some(board.now()));
}

// I97
#[tokio::test(start_paused = true)]
async fn a_call_that_comes_while_it_falls_asleep_wakes_it_again() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, registration("dozer", vec![transform()]));
    let bell = board.bell(plugin.member);
    board.set_standing(plugin.member, Standing::Asleep);
    let mut app = FakeApp::connected(&board);
    app.ask(1, "late");
    bell.notified().await;
    board.detach(plugin.member, plugin.serial);
    plugin.back();
    let call = plugin.call().await;
    assert!(plugin.pass(&call));
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].skipped(), SkipReason::Unspecified);
}
