//! Claims about acts that are held: told once they are kept, by the policy where they cannot be,
//! and to the app what became of them.

use outboard_proto::app::{Answer, HeldDecided, Sent, answer, held_decided::Decision, request};
use outboard_proto::common::{Hold, Reject, SkipReason, StepResult, verdict};
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::held::memory::Memory;
use crate::held::port::HeldStore as _;
use crate::held::stage::{By, Way};
use crate::held::{Held, Told};

fn transform(policy: OnFailure) -> Interceptor {
    interceptor(Phase::Transform, policy)
}

fn validator() -> Interceptor {
    interceptor(Phase::Validate, OnFailure::Open)
}

fn hold(queue: &str) -> hook_answer::Answer {
    hook_answer::Answer::Hold(Hold { queue: queue.into(), ..Hold::default() })
}

/// What the keeper is asked for next.
async fn wish(wishes: &mut Receiver<HoldWish>) -> (u64, crate::held::port::NewHeld) {
    match wishes.recv().await.unwrap() {
        HoldWish::Keep { serial, new, .. } => (serial, *new),
        HoldWish::Deleted { .. } | HoldWish::Forgotten(_) => panic!("nothing was deleted"),
    }
}

fn held(verdict: &Verdict) -> &Hold {
    match &verdict.outcome {
        Some(verdict::Outcome::Held(hold)) => hold,
        other => panic!("not held: {other:?}"),
    }
}

fn skipped(verdict: &Verdict, at: usize) -> SkipReason {
    verdict.steps[at].skipped()
}

// I66
#[tokio::test(start_paused = true)]
async fn the_app_hears_of_it_once_it_is_kept() {
    let board = board();
    let mut wishes = board.hold_wishes().unwrap();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform(OnFailure::Open)]));
    app.ask(1, "a");
    let call = one.call().await;
    one.answer(&call, hold("review"));
    let (serial, new) = wish(&mut wishes).await;
    assert_eq!((new.plugin.as_str(), new.queue.as_str()), ("one", "review"));
    let early = tokio::time::timeout(Duration::from_millis(100), app.verdict()).await;
    assert!(early.is_err(), "the disk does not have it yet");
    assert!(board.hold_kept(serial, Ok(())));
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].result(), StepResult::Held);
    let hold = held(&verdict);
    assert_eq!((hold.plugin.as_str(), hold.id.as_str()), ("one", new.id.as_str()));
    assert_eq!(hold.expires_at_us, new.expires_us);
}

// I66
#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_goes_by_the_policy() {
    for policy in [OnFailure::Open, OnFailure::Closed] {
        let board = board();
        let mut wishes = board.hold_wishes().unwrap();
        let mut app = FakeApp::connected(&board);
        let mut one = FakePlugin::ready(&board, registration("one", vec![transform(policy)]));
        let mut two =
            FakePlugin::ready(&board, registration("two", vec![transform(OnFailure::Open)]));
        app.ask(1, "a");
        let call = one.call().await;
        one.answer(&call, hold(""));
        let (serial, _) = wish(&mut wishes).await;
        assert!(board.hold_kept(serial, Err(SkipReason::NotKept)));
        if policy == OnFailure::Open {
            let call = two.call().await;
            two.pass(&call);
        }
        let (_, verdict) = app.verdict().await;
        assert_eq!(skipped(&verdict, 0), SkipReason::NotKept);
        match (policy, &verdict.outcome) {
            (OnFailure::Open, Some(verdict::Outcome::Continued(_)))
            | (OnFailure::Closed, Some(verdict::Outcome::Rejected(_))) => {}
            (_, other) => panic!("{other:?}"),
        }
        assert!(!board.hold_kept(serial, Ok(())), "an answer counts once");
    }
}

// I66
#[tokio::test(start_paused = true)]
async fn nobody_is_told_whose_caller_has_gone() {
    let board = board();
    let mut wishes = board.hold_wishes().unwrap();
    let app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform(OnFailure::Open)]));
    app.ask(1, "a");
    let call = one.call().await;
    one.answer(&call, hold(""));
    let (serial, _) = wish(&mut wishes).await;
    board.detach_node(app.node);
    assert!(!board.hold_kept(serial, Ok(())), "the keeper is to forget it");
}

#[tokio::test(start_paused = true)]
async fn of_validators_a_rejection_outweighs_and_the_first_in_order_counts() {
    let board = board();
    let mut wishes = board.hold_wishes().unwrap();
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![validator()]));
    let mut two = FakePlugin::ready(&board, registration("two", vec![validator()]));
    app.ask(1, "a");
    let (first, second) = (one.call().await, two.call().await);
    one.answer(&first, hold(""));
    two.answer(&second, hook_answer::Answer::Reject(Reject::default()));
    let (_, verdict) = app.verdict().await;
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Rejected(_))), "{verdict:?}");
    assert_eq!(verdict.steps[0].result(), StepResult::Held);
    assert!(wishes.try_recv().is_err(), "nothing is kept of it");

    app.ask(2, "a");
    let (first, second) = (one.call().await, two.call().await);
    two.answer(&second, hold("second"));
    one.answer(&first, hold("first"));
    let (serial, new) = wish(&mut wishes).await;
    assert_eq!(new.queue, "first", "whoever was quicker");
    assert!(board.hold_kept(serial, Err(SkipReason::OverLimit)));
    let (serial, new) = wish(&mut wishes).await;
    assert_eq!(new.queue, "second", "the first cannot be kept");
    assert!(board.hold_kept(serial, Ok(())));
    let (_, verdict) = app.verdict().await;
    assert_eq!(held(&verdict).queue, "second");
    assert_eq!(skipped(&verdict, 0), SkipReason::OverLimit);
    assert_eq!(verdict.steps[1].result(), StepResult::Held);
}

// I66
#[tokio::test(start_paused = true)]
async fn a_disk_that_does_not_answer_in_time_holds_nothing_up_and_nothing_twice() {
    let (board, store) = (board(), Memory::default());
    tokio::spawn(Held::new(board.clone(), store.clone()).keep());
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform(OnFailure::Open)]));
    let stalled = store.stall().await;
    app.ask(1, "a");
    let call = one.call().await;
    let named = Hold { id: "case-7".into(), ..Hold::default() };
    one.answer(&call, hook_answer::Answer::Hold(named));
    let (_, verdict) = app.verdict().await;
    assert_eq!(skipped(&verdict, 0), SkipReason::NotKept);
    assert!(matches!(verdict.outcome, Some(verdict::Outcome::Continued(_))));
    assert!(verdict.took_us < 1_000_000, "{}", verdict.took_us);
    drop(stalled);
    // Whatever was begun before comes through the gate before this.
    drop(store.stall().await);
    drop(store.stall().await);
    assert_eq!(store.show("case-7".into()).await, Ok(None), "it went on: it must not come back");
}

/// I67: what is decided is told until it is answered, under one key.
#[tokio::test(start_paused = true)]
async fn the_app_is_told_until_it_answers() {
    let (board, store) = (board(), Memory::default());
    let keeper = Held::new(board.clone(), store.clone());
    tokio::spawn(keeper.clone().keep());
    tokio::spawn(keeper.clone().tell());
    let mut app = FakeApp::connected(&board);
    let mut one = FakePlugin::ready(&board, registration("one", vec![transform(OnFailure::Open)]));
    app.ask(1, "a");
    let call = one.call().await;
    one.answer(&call, hold("review"));
    let id = held(&app.verdict().await.1).id.clone();
    let release = tokio::spawn({
        let (keeper, id) = (keeper.clone(), id.clone());
        async move {
            let way = (Way::Release, By::Operator);
            keeper.decide(&id, way, Duration::from_secs(600)).await
        }
    });
    let (first, decided) = app.decided().await;
    assert_eq!(decided.id, id);
    assert!(matches!(decided.decision, Some(Decision::Released(_))));
    assert_eq!(text_of(decided.payload.as_ref().unwrap()), "a");
    // It does not answer in time, and says later that it is busy.
    let (second, _) = app.decided().await;
    assert_eq!(first.idempotency_key, second.idempotency_key);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    let busy = outboard_proto::common::Failure::new(
        tonic::Code::Unavailable,
        outboard_proto::common::Reason::AppRefused,
        "busy",
    );
    app.say(second.id, answer::Result::Failure(busy));
    let (third, _) = app.decided().await;
    assert_eq!((third.attempt, &third.idempotency_key), (3, &first.idempotency_key));
    app.say(third.id, answer::Result::Sent(Sent { message_id: "m-1".into() }));
    assert_eq!(release.await.unwrap(), Ok(Told::Done("m-1".into())));
    let late = keeper.decide(&id, (Way::Release, By::Operator), Duration::ZERO).await;
    assert_eq!(late.unwrap_err().reason(), outboard_proto::common::Reason::HeldDecided);
}

impl FakeApp {
    async fn decided(&mut self) -> (outboard_proto::app::Request, HeldDecided) {
        loop {
            if let to_app::Kind::Request(request) = self.frame().await
                && let Some(request::Of::Decided(decided)) = request.of.clone()
            {
                return (*request, *decided);
            }
        }
    }

    fn say(&self, id: u64, result: answer::Result) {
        self.board.answer(Answer { id, result: Some(result), ..Answer::default() });
    }
}
