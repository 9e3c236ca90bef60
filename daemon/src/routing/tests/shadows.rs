//! Claims about interceptors beside the path: asked, compared, never waited for.

use outboard_proto::common::{Reject, verdict};

use super::*;

fn beside() -> Interceptor {
    Interceptor { mode: Mode::Shadow, ..interceptor(Phase::Transform, OnFailure::Open) }
}

fn shadows(plugin: &FakePlugin) -> Vec<String> {
    plugin.board.view(plugin.member).shadows
}

#[tokio::test(start_paused = true)]
async fn one_beside_the_path_is_asked_and_not_waited_for() {
    let board = board();
    let mut watcher = FakePlugin::ready(&board, registration("watcher", vec![beside()]));
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    let (_, verdict) = app.verdict().await;
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
    assert!(verdict.steps.is_empty());
    let call = watcher.call().await;
    assert_eq!(text_of(payload_of(&call)), "hello");
    watcher.answer(&call, hook_answer::Answer::Reject(Reject::default()));
    let told = shadows(&watcher).join("");
    assert!(told.contains("agreed 0, differed 1"), "{told}");
    assert!(told.contains("would have been rejected, was continued"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn it_sees_what_the_app_asked_and_is_compared_with_what_was_decided() {
    let board = board();
    let path = interceptor(Phase::Transform, OnFailure::Open);
    let mut on_path = FakePlugin::ready(&board, registration("path", vec![path]));
    let mut watcher = FakePlugin::ready(&board, registration("watcher", vec![beside()]));
    let mut app = FakeApp::connected(&board);
    for (id, text) in [(1, "better"), (2, "other")] {
        app.ask(id, "hello");
        let seen = watcher.call().await;
        assert_eq!(text_of(payload_of(&seen)), "hello");
        watcher.answer(&seen, hook_answer::Answer::Replace(post("better")));
        let call = on_path.call().await;
        on_path.answer(&call, hook_answer::Answer::Replace(post(text)));
        let (_, verdict) = app.verdict().await;
        assert_eq!(verdict.steps.len(), 1);
    }
    let told = shadows(&watcher).join("");
    assert!(told.contains("agreed 1, differed 1"), "{told}");
    assert!(told.contains("would have been replaced, was replaced, otherwise"), "{told}");
    assert!(!told.contains("better"), "no content in a tally: {told}");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_is_counted_and_nothing_else() {
    let board = board();
    let watcher = FakePlugin::ready(&board, registration("watcher", vec![beside()]));
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    app.verdict().await;
    tokio::time::sleep(Duration::from_millis(301)).await;
    // The timer's task has to run once more.
    tokio::task::yield_now().await;
    assert!(shadows(&watcher).join("").contains("unanswered 1"), "{:?}", shadows(&watcher));
    assert!(board.view(watcher.member).open_breakers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn half_of_the_window_stays_free_of_it() {
    let board = board();
    let watcher = FakePlugin::ready(&board, registration("watcher", vec![beside()]));
    let mut app = FakeApp::connected(&board);
    for id in 1..=3 {
        app.ask(id, "hello");
        app.verdict().await;
    }
    // Its window is two.
    assert_eq!(board.view(watcher.member).in_flight, 1);
    assert!(shadows(&watcher).join("").contains("not asked 2"), "{:?}", shadows(&watcher));
}

#[tokio::test(start_paused = true)]
async fn a_validator_beside_the_path_differs_only_by_refusing() {
    let board = board();
    let path = interceptor(Phase::Transform, OnFailure::Open);
    let mut on_path = FakePlugin::ready(&board, registration("path", vec![path]));
    let validator = Interceptor { phase: Phase::Validate, ..beside() };
    let mut watcher = FakePlugin::ready(&board, registration("watcher", vec![validator]));
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    let call = on_path.call().await;
    on_path.answer(&call, hook_answer::Answer::Replace(post("other")));
    app.verdict().await;
    let seen = watcher.call().await;
    watcher.pass(&seen);
    assert!(shadows(&watcher).join("").contains("agreed 1, differed 0"));
}

#[tokio::test(start_paused = true)]
async fn one_beside_the_path_has_filters_and_is_bypassed_as_those_on_it() {
    let board = board();
    let filter = Filter { prefix: vec!["!".into()], ..Filter::default() };
    let is = Interceptor { filter, ..beside() };
    let mut watcher = FakePlugin::ready(&board, registration("watcher", vec![is]));
    let mut app = FakeApp::connected(&board);
    app.ask(1, "hello");
    app.ask(2, "!hello");
    let call = watcher.call().await;
    assert_eq!(text_of(payload_of(&call)), "!hello");
    watcher.pass(&call);
    board.bypass(Bypassed::Plugin("watcher".into()), Duration::from_secs(60));
    app.ask(3, "!hello");
    for id in 1..=3 {
        assert_eq!(app.verdict().await.0, id);
    }
    let told = shadows(&watcher).join("");
    assert!(told.contains("agreed 1, differed 0, unanswered 0, not asked 1"), "{told}");
}

/// The watcher, stopped until something is wanted of it.
fn asleep(board: &Switchboard) -> FakePlugin {
    let mut watcher = FakePlugin::ready(board, registration("watcher", vec![beside()]));
    board.detach(watcher.member, watcher.serial);
    board.set_standing(watcher.member, Standing::Asleep);
    watcher.serial += 1;
    watcher
}

// I109
#[tokio::test(start_paused = true)]
async fn one_that_sleeps_is_woken_and_the_path_does_not_wait_for_it() {
    let board = board();
    let mut watcher = asleep(&board);
    let bell = board.bell(watcher.member);
    let mut app = FakeApp::connected(&board);
    let began = tokio::time::Instant::now();
    app.ask(1, "hello");
    let (_, verdict) = app.verdict().await;
    assert_eq!((verdict.steps.len(), began.elapsed()), (0, Duration::ZERO));
    bell.notified().await;
    board.set_standing(watcher.member, Standing::Waking);
    watcher.back();
    let call = watcher.call().await;
    watcher.answer(&call, hook_answer::Answer::Reject(Reject::default()));
    let told = shadows(&watcher).join("");
    assert!(told.contains("agreed 0, differed 1"), "{told}");
}

// I109
#[tokio::test(start_paused = true)]
async fn one_that_does_not_wake_in_time_is_unanswered_and_no_more_wait_than_it_could_take() {
    let board = board();
    let watcher = asleep(&board);
    let mut app = FakeApp::connected(&board);
    for id in 1..=3 {
        app.ask(id, "hello");
        app.verdict().await;
    }
    tokio::time::sleep(Duration::from_millis(301)).await;
    tokio::task::yield_now().await;
    let told = shadows(&watcher).join("");
    assert!(told.contains("unanswered 1, not asked 2"), "{told}");
}
