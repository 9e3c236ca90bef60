//! What every journal of events must do, whatever stands behind it: the same claims for SQLite and
//! for the journal in memory.

use std::sync::Arc;

use super::journal::{
    AGE_US, Death, Declared, EventJournal, ID_AGE_US, LANE_ROWS, NewEvent, Op, Outcome, Page, Seq,
    SubscriptionKey, Target,
};
use super::memory::Memory;
use crate::store::Journal;

const NOW: i64 = 1_700_000_000_000_000;

fn key(plugin: &str, name: &str) -> SubscriptionKey {
    SubscriptionKey { plugin: plugin.into(), name: name.into() }
}

fn posted() -> SubscriptionKey {
    key("alpha", "message.posted")
}

fn event(id: &str, lane: &str) -> NewEvent {
    NewEvent {
        id: id.into(),
        kind: "message.posted".into(),
        workspace: String::new(),
        message: format!("m-{id}"),
        body: format!("body of {id}").into_bytes().into(),
        at_us: NOW,
        targets: vec![Target { key: posted(), lane: lane.into(), handed: false }],
    }
}

async fn one(journal: &impl EventJournal, op: Op) -> Outcome {
    let outcomes = journal.apply(Arc::from([op])).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.into_iter().next().unwrap()
}

async fn keep(journal: &impl EventJournal, id: &str, lane: &str) -> Seq {
    match one(journal, Op::Accept(event(id, lane))).await {
        Outcome::Accepted(seqs) => seqs[0],
        other => panic!("not accepted: {other:?}"),
    }
}

async fn load(journal: &impl EventJournal, after: Option<&str>) -> Page {
    let load = Op::Load { key: posted(), ticket: 1, after: after.map(Arc::from) };
    match one(journal, load).await {
        Outcome::Lanes(page) => page,
        other => panic!("no page: {other:?}"),
    }
}

/// `lane: attempt body, …` of everything that waits.
async fn waiting(journal: &impl EventJournal) -> Vec<String> {
    let lanes = load(journal, None).await.lanes.into_iter();
    lanes
        .map(|lane| {
            let row = |row: &super::journal::Kept| {
                format!("{} {}", row.attempt, String::from_utf8_lossy(&row.body))
            };
            let rows: Vec<String> = lane.rows.iter().map(row).collect();
            format!("{}: {}", lane.lane, rows.join(", "))
        })
        .collect()
}

async fn rows_wait_in_their_lanes_in_order(journal: impl EventJournal) {
    let first = keep(&journal, "a1", "a").await;
    keep(&journal, "b1", "b").await;
    let last = keep(&journal, "a2", "a").await;
    assert!(first < last);
    assert_eq!(waiting(&journal).await, ["a: 1 body of a1, 1 body of a2", "b: 1 body of b1"]);
    let page = load(&journal, Some("a")).await;
    assert_eq!((page.lanes.len(), page.end), (1, true));
    one(&journal, Op::Acknowledge { seq: first }).await;
    assert_eq!(waiting(&journal).await, ["a: 1 body of a2", "b: 1 body of b1"]);
}

async fn an_id_counts_once_for_a_day(journal: impl EventJournal) {
    keep(&journal, "a", "lane").await;
    assert_eq!(one(&journal, Op::Accept(event("a", "lane"))).await, Outcome::Duplicate);
    one(&journal, Op::Tidy { at_us: NOW + ID_AGE_US - 1 }).await;
    assert_eq!(one(&journal, Op::Accept(event("a", "lane"))).await, Outcome::Duplicate);
    one(&journal, Op::Tidy { at_us: NOW + ID_AGE_US }).await;
    assert!(matches!(one(&journal, Op::Accept(event("a", "lane"))).await, Outcome::Accepted(_)));
}

// I56
async fn what_may_have_been_handed_over_is_raised_at_the_start(journal: impl EventJournal) {
    let mut eager = event("eager", "a");
    eager.targets[0].handed = true;
    one(&journal, Op::Accept(eager)).await;
    keep(&journal, "unread", "b").await;
    assert_eq!(journal.recover().await, Ok(1));
    assert_eq!(journal.recover().await, Ok(0), "once for each start");
    assert_eq!(waiting(&journal).await, ["a: 2 body of eager", "b: 1 body of unread"]);
    assert_eq!(journal.recover().await, Ok(2), "both have been read");
}

async fn failures_and_losses_raise_the_attempt(journal: impl EventJournal) {
    let seq = keep(&journal, "a", "lane").await;
    let lane = Arc::from("lane");
    one(&journal, Op::Again { key: posted(), lane, seq, failed: true }).await;
    one(&journal, Op::Raise { seqs: vec![seq] }).await;
    let row = load(&journal, None).await.lanes.remove(0).rows.remove(0);
    assert_eq!((row.attempt, row.failures), (3, 1));
}

// I57
async fn the_third_end_of_a_generation_is_poison(journal: impl EventJournal) {
    let seq = keep(&journal, "a", "lane").await;
    for _ in 0..2 {
        let Outcome::Buried { gone, .. } =
            one(&journal, Op::Ended { seqs: vec![seq], at_us: NOW }).await
        else {
            panic!()
        };
        assert!(gone.is_empty());
    }
    let Outcome::Buried { gone, dead_letters } =
        one(&journal, Op::Ended { seqs: vec![seq], at_us: NOW }).await
    else {
        panic!()
    };
    assert_eq!((gone[0].seq, gone[0].cause), (seq, Death::Poison));
    assert_eq!(dead_letters, [(posted(), 1)]);
    assert!(waiting(&journal).await.is_empty());
}

async fn a_dead_letter_is_shown_replayed_and_dropped(journal: impl EventJournal) {
    let seq = keep(&journal, "a", "lane").await;
    let detail = "no such user".to_owned();
    one(&journal, Op::Bury { seq, cause: Death::Failed, detail, at_us: NOW + 1 }).await;
    let listed = journal.dead_letters(Some("alpha".into()), 0, 10).await.unwrap();
    let letter = &listed[0];
    assert_eq!((letter.event_id.as_str(), letter.cause.as_str()), ("a", "failed"));
    assert_eq!((letter.detail.as_str(), &letter.body[..]), ("no such user", &b"body of a"[..]));
    assert!(journal.dead_letters(Some("beta".into()), 0, 10).await.unwrap().is_empty());
    assert_eq!(journal.dead_letter(letter.id).await.unwrap().as_ref(), Some(letter));
    let missing = letter.id + 1000;
    let both = vec![letter.id, missing];
    let refused = one(&journal, Op::Replay { ids: both.clone(), at_us: NOW }).await;
    assert_eq!(refused, Outcome::Unknown(vec![missing]));
    assert_eq!(one(&journal, Op::Drop { ids: both }).await, Outcome::Unknown(vec![missing]));
    let replayed = one(&journal, Op::Replay { ids: vec![letter.id], at_us: NOW }).await;
    let Outcome::Replayed { back, dead_letters } = replayed else { panic!("{replayed:?}") };
    assert_eq!((back.len(), dead_letters), (1, vec![(posted(), 0)]));
    assert_eq!(waiting(&journal).await, ["lane: 2 body of a"]);
}

async fn the_oldest_of_too_many_expire(journal: impl EventJournal) {
    for n in 0..5 {
        keep(&journal, &n.to_string(), if n % 2 == 0 { "even" } else { "odd" }).await;
    }
    let expire = Op::Expire { key: posted(), rows: 2, bytes: 0, at_us: NOW };
    let Outcome::Buried { gone, .. } = one(&journal, expire).await else { panic!() };
    assert!(gone.iter().all(|it| it.cause == Death::Expired));
    assert_eq!(waiting(&journal).await, ["even: 1 body of 2, 1 body of 4", "odd: 1 body of 3"]);
    let expire = Op::Expire { key: posted(), rows: 0, bytes: 10, at_us: NOW };
    one(&journal, expire).await;
    assert_eq!(waiting(&journal).await, ["even: 1 body of 4"]);
}

async fn what_waits_too_long_expires(journal: impl EventJournal) {
    keep(&journal, "a", "lane").await;
    one(&journal, Op::Tidy { at_us: NOW + AGE_US - 1 }).await;
    assert_eq!(waiting(&journal).await.len(), 1);
    let Outcome::Buried { gone, .. } = one(&journal, Op::Tidy { at_us: NOW + AGE_US }).await else {
        panic!()
    };
    assert_eq!(gone[0].cause, Death::Expired);
    assert!(waiting(&journal).await.is_empty());
}

// I58
async fn copies_of_a_deleted_message_lose_their_content(journal: impl EventJournal) {
    let dead = keep(&journal, "a", "lane").await;
    keep(&journal, "b", "lane").await;
    let detail = String::new();
    one(&journal, Op::Bury { seq: dead, cause: Death::Failed, detail, at_us: NOW }).await;
    for message in ["m-a", "m-b", "", "m-unknown"] {
        let (workspace, message) = (String::new(), message.to_owned());
        one(&journal, Op::Erase { workspace, message, redact: |_| b"gone".to_vec() }).await;
    }
    assert_eq!(waiting(&journal).await, ["lane: 1 gone"]);
    let letter = journal.dead_letters(None, 0, 1).await.unwrap().remove(0);
    assert_eq!(&letter.body[..], b"gone");
}

async fn a_forgotten_user_is_taken_out_of_what_waits_and_of_dead_letters(
    journal: impl EventJournal,
) {
    keep(&journal, "a", "lane").await;
    keep(&journal, "b", "other").await;
    let Outcome::Accepted(seqs) = one(&journal, Op::Accept(event("c", "third"))).await else {
        panic!()
    };
    let (cause, detail) = (Death::Failed, String::new());
    one(&journal, Op::Bury { seq: seqs[0], cause, detail, at_us: NOW }).await;
    let redact = |user: &str, body: &[u8]| {
        (body != b"body of b").then(|| [user.as_bytes(), b" gone"].concat())
    };
    let forget =
        |workspace: &str| Op::Forget { user: "ada".into(), workspace: workspace.into(), redact };
    let nobody = one(&journal, forget("elsewhere")).await;
    assert_eq!(nobody, Outcome::Forgotten { events: 0, dead_letters: 0 });
    let done = one(&journal, forget("")).await;
    assert_eq!(done, Outcome::Forgotten { events: 2, dead_letters: 1 });
    assert_eq!(waiting(&journal).await, ["lane: 1 ada gone", "other: 1 body of b"]);
    let letter = journal.dead_letters(None, 0, 1).await.unwrap().remove(0);
    assert_eq!(&letter.body[..], b"ada gone");
}

async fn an_event_for_two_stays_until_both_are_done_with_it(journal: impl EventJournal) {
    let mut both = event("a", "lane");
    both.targets.push(Target { key: key("beta", "message.posted"), ..both.targets[0].clone() });
    let Outcome::Accepted(seqs) = one(&journal, Op::Accept(both)).await else { panic!() };
    one(&journal, Op::Acknowledge { seq: seqs[0] }).await;
    let (cause, detail) = (Death::Failed, String::new());
    one(&journal, Op::Bury { seq: seqs[1], cause, detail, at_us: NOW }).await;
    let letter = journal.dead_letters(Some("beta".into()), 0, 1).await.unwrap().remove(0);
    assert_eq!(&letter.body[..], b"body of a");
    one(&journal, Op::Drop { ids: vec![letter.id] }).await;
    assert!(journal.dead_letters(None, 0, 1).await.unwrap().is_empty());
}

async fn rows_follow_their_type_when_subscriptions_change(journal: impl EventJournal) {
    keep(&journal, "a", "lane").await;
    let other = NewEvent {
        kind: "member.left".into(),
        targets: vec![Target { key: key("alpha", "member.left"), lane: "x".into(), handed: false }],
        ..event("b", "x")
    };
    one(&journal, Op::Accept(other)).await;
    let types = vec!["message.edited".to_owned(), "message.posted".to_owned()];
    let declared = Declared { name: "message.edited".into(), types };
    let subscriptions = vec![declared];
    let declare = Op::Declare { plugin: "alpha".into(), subscriptions, at_us: NOW };
    let Outcome::Declared(backlogs, gone) = one(&journal, declare).await else { panic!() };
    assert_eq!((backlogs[0].1.waiting, backlogs[0].1.oldest_us), (1, NOW));
    assert_eq!(gone.iter().map(|it| it.cause).collect::<Vec<_>>(), [Death::Unsubscribed]);
    let load = Op::Load { key: key("alpha", "message.edited"), ticket: 1, after: None };
    let Outcome::Lanes(page) = one(&journal, load).await else { panic!() };
    assert_eq!(page.lanes[0].rows.len(), 1);
}

async fn a_long_lane_is_read_in_parts(journal: impl EventJournal) {
    let count = LANE_ROWS + 3;
    for n in 0..count {
        keep(&journal, &n.to_string(), "lane").await;
    }
    let first = load(&journal, None).await.lanes.remove(0);
    assert_eq!((first.rows.len(), first.more), (LANE_ROWS, true));
    let after = first.rows.last().unwrap().seq;
    let more = Op::LoadLane { key: posted(), ticket: 1, lane: "lane".into(), after };
    let Outcome::Lane(rest) = one(&journal, more).await else { panic!() };
    assert_eq!((rest.rows.len(), rest.more), (3, false));
}

macro_rules! conformance {
    ($($claim:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("journal.db");
                super::$claim(super::Journal::open(&path).unwrap()).await;
            })*
        }
        mod memory {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim(super::Memory::default()).await;
            })*
        }
    };
}

conformance! {
    rows_wait_in_their_lanes_in_order
    an_id_counts_once_for_a_day
    what_may_have_been_handed_over_is_raised_at_the_start
    failures_and_losses_raise_the_attempt
    the_third_end_of_a_generation_is_poison
    a_dead_letter_is_shown_replayed_and_dropped
    the_oldest_of_too_many_expire
    what_waits_too_long_expires
    copies_of_a_deleted_message_lose_their_content
    a_forgotten_user_is_taken_out_of_what_waits_and_of_dead_letters
    an_event_for_two_stays_until_both_are_done_with_it
    rows_follow_their_type_when_subscriptions_change
    a_long_lane_is_read_in_parts
}
