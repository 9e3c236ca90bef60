//! What every store of held things must do, whatever stands behind it: the same claims for SQLite
//! and for the store in memory.

use std::collections::BTreeSet;

use super::memory::Memory;
use super::port::{
    Deciding, HELD, HELD_BYTES, HeldStore, Holding, Kept, NewHeld, Swept, TOLD_AGE_US, Wanted,
    Whose,
};
use super::stage::{Answer, By, Decision, Stage, Way, Why};
use crate::store::{Journal, StoreError};

const NOW: i64 = 1_700_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

fn new(id: &str) -> NewHeld {
    NewHeld {
        id: id.to_owned(),
        plugin: "alpha".to_owned(),
        queue: "review".to_owned(),
        workspace: "w".to_owned(),
        subject: format!("d:{id}"),
        about: b"about".to_vec(),
        payload: format!("payload of {id}").into_bytes().into(),
        held_us: NOW,
        expires_us: NOW + HOUR,
    }
}

fn release(by: By) -> Decision {
    Decision { way: Way::Release, by, at_us: NOW + 1 }
}

fn drop_it(text: &str) -> Decision {
    let why = Why { code: "spam".to_owned(), text: text.to_owned() };
    Decision { way: Way::Drop(why), by: By::Plugin("beta".to_owned()), at_us: NOW + 1 }
}

async fn keep(store: &impl HeldStore, id: &str) {
    assert_eq!(store.hold(new(id)).await, Ok(Holding::Kept));
}

async fn shown(store: &impl HeldStore, id: &str) -> Kept {
    store.show(id.to_owned()).await.unwrap().unwrap()
}

fn all() -> Wanted {
    Wanted { most: 100, ..Wanted::default() }
}

fn ids(rows: &[Kept]) -> Vec<&str> {
    rows.iter().map(|kept| kept.is.id.as_str()).collect()
}

async fn what_is_held_is_shown_as_it_was(store: impl HeldStore) {
    keep(&store, "a").await;
    let kept = shown(&store, "a").await;
    assert_eq!((kept.is, kept.stage, kept.size), (new("a"), Stage::Held, 12));
    assert_eq!(store.show("b".to_owned()).await, Ok(None));
}

async fn what_is_held_of_a_forgotten_user_is_dropped_without_its_content(store: impl HeldStore) {
    for id in ["a", "b", "c", "d"] {
        keep(&store, id).await;
    }
    store.decide("c".to_owned(), release(By::Operator)).await.unwrap();
    store.decide("d".to_owned(), drop_it("no")).await.unwrap();
    let redact = |user: &str, about: &[u8], payload: &[u8]| {
        assert_eq!(about, b"about");
        (payload != b"payload of b").then(|| (user.into(), b"gone".to_vec()))
    };
    let whose = |workspace: &str| Whose { user: "ada".into(), workspace: workspace.into() };
    assert_eq!(store.forget_user(whose("elsewhere"), redact, NOW + 2).await, Ok(0));
    assert_eq!(store.forget_user(whose(""), redact, NOW + 2).await, Ok(1));
    let a = shown(&store, "a").await;
    assert_eq!(a.stage, Stage::Decided(Decision::of_deletion(NOW + 2)));
    assert_eq!((&a.is.about[..], &a.is.payload[..]), (&b"ada"[..], &b"gone"[..]));
    assert_eq!(shown(&store, "b").await.stage, Stage::Held, "somebody else's");
    assert_eq!(&shown(&store, "c").await.is.payload[..], b"payload of c", "it is let go on");
    assert_eq!(&shown(&store, "d").await.is.payload[..], b"gone");
}

async fn an_id_names_one_thing_for_everybody(store: impl HeldStore) {
    keep(&store, "a").await;
    let other = NewHeld { plugin: "beta".to_owned(), ..new("a") };
    assert_eq!(store.hold(other).await, Ok(Holding::IdTaken));
    assert_eq!(shown(&store, "a").await.is.plugin, "alpha");
}

// I67
async fn one_decision_wins_and_the_other_hears_which(store: impl HeldStore) {
    keep(&store, "a").await;
    let first = release(By::Operator);
    assert_eq!(store.decide("a".to_owned(), first.clone()).await, Ok(Deciding::Won));
    let second = store.decide("a".to_owned(), drop_it("no")).await;
    assert_eq!(second, Ok(Deciding::Decided(first.clone())));
    assert_eq!(shown(&store, "a").await.stage, Stage::Decided(first));
    let unknown = store.decide("b".to_owned(), drop_it("no")).await;
    assert_eq!(unknown, Ok(Deciding::Unknown));
}

async fn decisions_wait_in_their_order_until_the_app_has_answered(store: impl HeldStore) {
    for id in ["a", "b", "c"] {
        keep(&store, id).await;
    }
    for id in ["c", "a"] {
        store.decide(id.to_owned(), drop_it("no")).await.unwrap();
    }
    let untold = store.untold(0, 10).await.unwrap();
    assert_eq!(ids(&untold), ["c", "a"]);
    assert_eq!(untold[0].is.payload, new("c").payload);
    assert_eq!(untold[0].stage, Stage::Decided(drop_it("no")));
    assert_eq!(ids(&store.untold(untold[0].turn, 10).await.unwrap()), ["a"]);
    assert_eq!(store.telling("c".to_owned()).await, Ok(Some(1)));
    assert_eq!(store.telling("c".to_owned()).await, Ok(Some(2)));
    store.app_answered("c".to_owned(), Answer::Done, String::new()).await.unwrap();
    assert_eq!(ids(&store.untold(0, 10).await.unwrap()), ["a"]);
    assert_eq!(store.telling("c".to_owned()).await, Ok(None), "it is told");
    assert_eq!(store.telling("b".to_owned()).await, Ok(None), "nobody has decided");
}

async fn what_was_told_keeps_no_content(store: impl HeldStore) {
    keep(&store, "a").await;
    store.decide("a".to_owned(), release(By::Operator)).await.unwrap();
    store.app_answered("a".to_owned(), Answer::Done, String::new()).await.unwrap();
    let kept = shown(&store, "a").await;
    assert!(kept.is.payload.is_empty());
    assert_eq!(kept.stage, Stage::Told(release(By::Operator)));
    let late = store.decide("a".to_owned(), drop_it("no")).await;
    assert_eq!(late, Ok(Deciding::Decided(release(By::Operator))));
}

async fn what_the_app_will_not_have_is_held_again(store: impl HeldStore) {
    keep(&store, "a").await;
    store.decide("a".to_owned(), release(By::Operator)).await.unwrap();
    let turn = shown(&store, "a").await.turn;
    store.telling("a".to_owned()).await.unwrap();
    store.app_answered("a".to_owned(), Answer::Refused, "archived".to_owned()).await.unwrap();
    let kept = shown(&store, "a").await;
    assert_eq!((kept.stage, kept.note.as_str()), (Stage::Held, "archived"));
    assert_eq!(kept.is.payload, new("a").payload);
    assert_eq!(store.decide("a".to_owned(), drop_it("no")).await, Ok(Deciding::Won));
    assert!(shown(&store, "a").await.turn > turn, "another decision has another turn");
    assert_eq!(store.telling("a".to_owned()).await, Ok(Some(1)));
    store.app_answered("a".to_owned(), Answer::Refused, "who?".to_owned()).await.unwrap();
    assert_eq!(shown(&store, "a").await.stage, Stage::Told(drop_it("no")));
}

async fn what_is_over_is_dropped_and_nobody_decides_after(store: impl HeldStore) {
    for (id, expires_us) in [("a", NOW + HOUR), ("b", NOW + 2 * HOUR), ("c", NOW + HOUR)] {
        let new = NewHeld { expires_us, ..new(id) };
        store.hold(new).await.unwrap();
    }
    let none = store.sweep(NOW + HOUR - 1).await;
    assert_eq!(none, Ok(Swept { dropped: 0, next_us: Some(NOW + HOUR) }));
    let at_us = NOW + HOUR;
    let late = store.decide("c".to_owned(), Decision { at_us, ..release(By::Operator) }).await;
    let over = Decision::of_time(at_us, at_us).unwrap();
    assert_eq!(late, Ok(Deciding::Decided(over.clone())), "its time is over, swept or not");
    let swept = store.sweep(at_us).await;
    assert_eq!(swept, Ok(Swept { dropped: 1, next_us: Some(NOW + 2 * HOUR) }));
    assert_eq!(shown(&store, "a").await.stage, Stage::Decided(over));
    assert_eq!(ids(&store.untold(0, 10).await.unwrap()), ["c", "a"]);
}

async fn what_was_told_is_forgotten_after_a_day(store: impl HeldStore) {
    keep(&store, "a").await;
    store.decide("a".to_owned(), release(By::Operator)).await.unwrap();
    store.sweep(NOW + 2 * TOLD_AGE_US).await.unwrap();
    assert!(store.show("a".to_owned()).await.unwrap().is_some(), "the app is still to be told");
    store.app_answered("a".to_owned(), Answer::Done, String::new()).await.unwrap();
    store.sweep(NOW + TOLD_AGE_US).await.unwrap();
    assert!(store.show("a".to_owned()).await.unwrap().is_some());
    store.sweep(NOW + TOLD_AGE_US + 1).await.unwrap();
    assert_eq!(store.show("a".to_owned()).await, Ok(None));
}

async fn what_is_about_a_deleted_message_is_dropped(store: impl HeldStore) {
    for id in ["a", "b"] {
        keep(&store, id).await;
    }
    let elsewhere = NewHeld { workspace: "other".to_owned(), subject: "d:a".into(), ..new("c") };
    store.hold(elsewhere).await.unwrap();
    let subjects = BTreeSet::from(["m:a".to_owned(), "d:a".to_owned()]);
    assert_eq!(store.deleted("w".to_owned(), subjects, NOW).await, Ok(1));
    assert_eq!(shown(&store, "a").await.stage, Stage::Decided(Decision::of_deletion(NOW)));
    assert_eq!(shown(&store, "b").await.stage, Stage::Held);
    assert_eq!(shown(&store, "c").await.stage, Stage::Held);
}

async fn a_plugin_holds_so_much_and_no_more(store: impl HeldStore) {
    for number in 0..HELD {
        keep(&store, &number.to_string()).await;
    }
    let refused = store.hold(new("more")).await;
    assert!(matches!(refused, Err(StoreError::OverLimit { .. })), "{refused:?}");
    let other = NewHeld { plugin: "beta".to_owned(), ..new("b") };
    assert_eq!(store.hold(other).await, Ok(Holding::Kept), "others have their own room");
    store.decide("0".to_owned(), drop_it("no")).await.unwrap();
    assert!(store.hold(new("more")).await.is_err(), "the app is still to be told");
    store.app_answered("0".to_owned(), Answer::Done, String::new()).await.unwrap();
    assert_eq!(store.hold(new("more")).await, Ok(Holding::Kept));
}

async fn a_plugin_holds_so_many_bytes_and_no_more(store: impl HeldStore) {
    let half = usize::try_from(HELD_BYTES / 2).unwrap();
    let large = |id: &str, size: usize| NewHeld { payload: vec![1; size].into(), ..new(id) };
    store.hold(large("a", half)).await.unwrap();
    let refused = store.hold(large("b", half + 1)).await;
    assert!(matches!(refused, Err(StoreError::OverLimit { .. })), "{refused:?}");
    assert_eq!(store.hold(large("b", half)).await, Ok(Holding::Kept));
}

async fn only_what_nobody_was_told_of_is_forgotten(store: impl HeldStore) {
    keep(&store, "a").await;
    keep(&store, "b").await;
    store.decide("b".to_owned(), release(By::Operator)).await.unwrap();
    for id in ["a", "b", "c"] {
        store.forget(id.to_owned()).await.unwrap();
    }
    assert_eq!(store.show("a".to_owned()).await, Ok(None));
    assert!(store.show("b".to_owned()).await.unwrap().is_some());
}

async fn lists_go_on_where_they_ended_and_know_plugins_and_queues(store: impl HeldStore) {
    for (id, plugin, queue) in [("a", "alpha", "x"), ("b", "beta", "x"), ("c", "alpha", "y")] {
        let (plugin, queue) = (plugin.to_owned(), queue.to_owned());
        store.hold(NewHeld { plugin, queue, ..new(id) }).await.unwrap();
    }
    let list = async |wanted: Wanted| {
        let rows = store.list(wanted).await.unwrap();
        assert!(rows.iter().all(|kept| kept.is.payload.is_empty()));
        rows
    };
    let first = list(Wanted { most: 2, ..Wanted::default() }).await;
    assert_eq!(ids(&first), ["a", "b"]);
    assert_eq!(ids(&list(Wanted { after: first[1].number, ..all() }).await), ["c"]);
    let of = |plugin: &str| Wanted { plugin: Some(plugin.to_owned()), ..all() };
    assert_eq!(ids(&list(of("alpha")).await), ["a", "c"]);
    assert_eq!(ids(&list(Wanted { queue: Some("x".to_owned()), ..of("alpha") }).await), ["a"]);
    store.decide("a".to_owned(), drop_it("no")).await.unwrap();
    assert_eq!(ids(&list(all()).await), ["a", "b", "c"], "the app is still to be told");
    store.app_answered("a".to_owned(), Answer::Done, String::new()).await.unwrap();
    assert_eq!(ids(&list(all()).await), ["b", "c"]);
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
    what_is_held_is_shown_as_it_was
    an_id_names_one_thing_for_everybody
    one_decision_wins_and_the_other_hears_which
    decisions_wait_in_their_order_until_the_app_has_answered
    what_was_told_keeps_no_content
    what_the_app_will_not_have_is_held_again
    what_is_over_is_dropped_and_nobody_decides_after
    what_was_told_is_forgotten_after_a_day
    what_is_about_a_deleted_message_is_dropped
    what_is_held_of_a_forgotten_user_is_dropped_without_its_content
    a_plugin_holds_so_much_and_no_more
    a_plugin_holds_so_many_bytes_and_no_more
    only_what_nobody_was_told_of_is_forgotten
    lists_go_on_where_they_ended_and_know_plugins_and_queues
}

// I66
#[tokio::test]
async fn what_the_journal_holds_is_there_for_the_next_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    keep(&journal, "a").await;
    keep(&journal, "b").await;
    journal.decide("b".to_owned(), release(By::Operator)).await.unwrap();
    journal.telling("b".to_owned()).await.unwrap();
    let before = (shown(&journal, "a").await, shown(&journal, "b").await);
    journal.close().await;
    let journal = Journal::open(&path).unwrap();
    assert_eq!((shown(&journal, "a").await, shown(&journal, "b").await), before);
    assert_eq!(journal.telling("b".to_owned()).await, Ok(Some(2)), "it may have been told");
}

// I66
#[tokio::test]
async fn what_an_unloaded_plugin_holds_stays() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    keep(&journal, "a").await;
    journal.forget_plugin(&"alpha".parse().unwrap()).await.unwrap();
    assert_eq!(shown(&journal, "a").await.stage, Stage::Held);
}
