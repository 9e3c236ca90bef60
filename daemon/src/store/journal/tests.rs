//! Claims about the journal: order, bounds, and that a key counts once in a day.

use super::*;
use proptest::prelude::*;

fn open() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    (folder, journal)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn request(plugin: &str, key: &str, bytes: usize) -> NewRequest {
    let plugin = plugin.parse().unwrap();
    NewRequest { plugin, key: key.to_owned(), request: vec![7; bytes] }
}

async fn keys(journal: &Journal, now: Timestamp) -> Vec<String> {
    let waiting = journal.waiting(0, 10_000, now).await.unwrap();
    waiting.into_iter().map(|entry| entry.key).collect()
}

#[tokio::test]
async fn requests_wait_in_order_and_survive_a_restart() {
    let (folder, journal) = open();
    for key in ["k1", "k2", "k3"] {
        journal.enqueue(request("aa", key, 3), at(0)).await.unwrap();
    }
    journal.close().await;
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    assert_eq!(keys(&journal, at(1)).await, ["k1", "k2", "k3"]);
    let first = journal.waiting(0, 1, at(1)).await.unwrap().remove(0);
    assert_eq!((first.plugin.as_str(), &first.request[..], first.attempts), ("aa", &[7; 3][..], 0));
    let rest = journal.waiting(first.id, 10, at(1)).await.unwrap();
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn an_answer_takes_a_request_off_and_is_what_a_repetition_hears() {
    let (_folder, journal) = open();
    let Enqueued::Waiting(id) = journal.enqueue(request("aa", "k", 1), at(0)).await.unwrap() else {
        panic!("a new key waits");
    };
    assert_eq!(journal.enqueue(request("aa", "k", 1), at(1)).await, Ok(Enqueued::Seen(None)));
    assert_eq!(journal.attempt(id).await, Ok(Some(1)));
    assert_eq!(journal.attempt(id).await, Ok(Some(2)));
    journal.answered(id, b"sent".to_vec()).await.unwrap();
    assert_eq!(journal.count().await, Ok(0));
    assert_eq!(journal.attempt(id).await, Ok(None));
    let again = journal.enqueue(request("aa", "k", 1), at(2)).await.unwrap();
    assert_eq!(again, Enqueued::Seen(Some(b"sent".to_vec())));
    assert!(matches!(
        journal.enqueue(request("bb", "k", 1), at(2)).await,
        Ok(Enqueued::Waiting(_))
    ));
}

#[tokio::test]
async fn a_plugin_has_at_most_a_thousand_requests_waiting() {
    let (_folder, journal) = open();
    for index in 0..OUTBOX_REQUESTS {
        journal.enqueue(request("aa", &index.to_string(), 1), at(0)).await.unwrap();
    }
    let error = journal.enqueue(request("aa", "more", 1), at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "aa has reached its limit of 1000 queued requests");
    assert!(journal.enqueue(request("bb", "more", 1), at(1)).await.is_ok());
    // The refused key was not used up, and old requests make room.
    let later = at(3_601);
    assert!(matches!(
        journal.enqueue(request("aa", "more", 1), later).await,
        Ok(Enqueued::Waiting(_))
    ));
}

#[tokio::test]
async fn a_plugin_has_at_most_eight_mebibytes_waiting() {
    let (_folder, journal) = open();
    let half = usize::try_from(OUTBOX_BYTES / 2).unwrap();
    journal.enqueue(request("aa", "k1", half), at(0)).await.unwrap();
    journal.enqueue(request("aa", "k2", half), at(0)).await.unwrap();
    let error = journal.enqueue(request("aa", "k3", 1), at(0)).await.unwrap_err();
    assert_eq!(
        error,
        StoreError::OverLimit { plugin: "aa".into(), limit: "8 MiB of queued requests".into() }
    );
}

#[tokio::test]
async fn a_request_waits_an_hour_and_a_key_counts_a_day() {
    let (_folder, journal) = open();
    journal.enqueue(request("aa", "old", 1), at(0)).await.unwrap();
    journal.enqueue(request("aa", "new", 1), at(10)).await.unwrap();
    assert_eq!(journal.expire(at(3_599)).await.unwrap(), []);
    let expired = journal.expire(at(3_600)).await.unwrap();
    assert_eq!(expired.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["old"]);
    assert_eq!(keys(&journal, at(3_600)).await, ["new"]);
    let again = journal.enqueue(request("aa", "old", 1), at(3_601)).await.unwrap();
    let Enqueued::Waiting(id) = again else { panic!("nobody had it in hand: {again:?}") };
    journal.attempt(id).await.unwrap();
    journal.expire(at(2 * 3_601)).await.unwrap();
    let again = |at| journal.enqueue(request("aa", "old", 1), at);
    let day = 3_601 + 24 * 3_600;
    // Whether that was done, nobody knows.
    assert_eq!(again(at(day - 1)).await, Ok(Enqueued::Seen(None)));
    assert!(matches!(again(at(day)).await, Ok(Enqueued::Waiting(_))));
}

// I113
#[tokio::test]
async fn of_a_forgotten_user_no_origin_and_no_request_stays() {
    let (_folder, journal) = open();
    let deferred = |id: &str, workspace: &str, origin: &str| Deferred {
        plugin: "aa".to_owned(),
        id: id.to_owned(),
        workspace: workspace.to_owned(),
        node: "n1".to_owned(),
        origin: origin.as_bytes().to_vec(),
        expires: at(900),
    };
    for (id, workspace, origin) in
        [("one", "w", "ann"), ("two", "w", "bob"), ("three", "v", "ann"), ("four", "w", "ann")]
    {
        journal.defer(deferred(id, workspace, origin), at(0)).await.unwrap();
    }
    let aa = "aa".parse().unwrap();
    journal.close_interaction(&aa, "four").await.unwrap();
    journal
        .enqueue(NewRequest { request: b"ann".to_vec(), ..request("aa", "k", 0) }, at(0))
        .await
        .unwrap();
    journal
        .enqueue(NewRequest { request: b"bob".to_vec(), ..request("aa", "l", 0) }, at(0))
        .await
        .unwrap();
    let whose = Whose { user: "ann".to_owned(), workspace: "w".to_owned() };
    let is_of = |user: &str, origin: &[u8]| user.as_bytes() == origin;
    let concerns = |whose: &Whose, request: &[u8]| whose.user.as_bytes() == request;
    let forgotten = journal.forget_user(whose, (is_of, concerns), at(10)).await.unwrap();
    assert_eq!(forgotten.interactions, [("aa".to_owned(), "one".to_owned())]);
    assert_eq!(forgotten.requests.len(), 1);
    assert_eq!(keys(&journal, at(10)).await, ["l"]);
    let look = |id: &'static str| {
        let (journal, aa) = (journal.clone(), aa.clone());
        async move { journal.interaction(&aa, id, "k9", at(11)).await.unwrap() }
    };
    assert_eq!(look("one").await, Lookup::Expired);
    assert_eq!(look("four").await, Lookup::Closed);
    for (id, origin) in [("two", "bob"), ("three", "ann")] {
        let Lookup::Open(open) = look(id).await else { panic!("{id} is not of them, there") };
        assert_eq!(open.origin, origin.as_bytes());
    }
    // The key of what was dropped may be used again.
    let again = journal.enqueue(request("aa", "k", 1), at(12)).await.unwrap();
    assert!(matches!(again, Enqueued::Waiting(_)));
}

#[tokio::test]
async fn a_claimed_key_is_concluded_or_given_back() {
    let (_folder, journal) = open();
    let aa = "aa".parse().unwrap();
    assert_eq!(journal.claim(&aa, "k", at(0)).await, Ok(Claim::First));
    assert_eq!(journal.claim(&aa, "k", at(1)).await, Ok(Claim::Again(None)));
    journal.release(&aa, "k").await.unwrap();
    assert_eq!(journal.claim(&aa, "k", at(2)).await, Ok(Claim::First));
    journal.conclude(&aa, "k", b"done".to_vec()).await.unwrap();
    journal.release(&aa, "k").await.unwrap();
    assert_eq!(journal.claim(&aa, "k", at(3)).await, Ok(Claim::Again(Some(b"done".to_vec()))));
}

#[tokio::test]
async fn a_withdrawn_request_may_be_made_again_and_a_forgotten_plugin_leaves_nothing() {
    let (_folder, journal) = open();
    let Enqueued::Waiting(id) = journal.enqueue(request("aa", "k", 1), at(0)).await.unwrap() else {
        panic!("a new key waits");
    };
    journal.withdraw(id).await.unwrap();
    let again = journal.enqueue(request("aa", "k", 1), at(1)).await.unwrap();
    assert!(matches!(again, Enqueued::Waiting(newer) if newer > id));
    journal.forget_plugin(&"aa".parse().unwrap()).await.unwrap();
    assert_eq!(journal.count().await, Ok(0));
}

// I58
#[tokio::test]
async fn what_was_acknowledged_is_on_the_disk_no_more() {
    use crate::delivery::journal::{EventJournal, NewEvent, Op, Outcome, SubscriptionKey, Target};
    let (folder, journal) = open();
    let key = SubscriptionKey { plugin: "aa".into(), name: "message.posted".into() };
    let new = NewEvent {
        id: "e1".into(),
        kind: "message.posted".into(),
        workspace: String::new(),
        message: "m1".into(),
        body: "a secret between two ".repeat(500).into_bytes().into(),
        at_us: 1,
        targets: vec![Target { key, lane: "c1".into(), handed: true }],
    };
    let outcomes = journal.apply([Op::Accept(new)].into()).await.unwrap();
    let Outcome::Accepted(seqs) = &outcomes[0] else { panic!("{outcomes:?}") };
    let found = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let read = |file: std::io::Result<std::fs::DirEntry>| std::fs::read(file.unwrap().path());
        let texts = files.map(|file| String::from_utf8_lossy(&read(file).unwrap()).into_owned());
        texts.filter(|text| text.contains("a secret between two")).count()
    };
    assert!(found() > 0);
    journal.apply([Op::Acknowledge { seq: seqs[0] }].into()).await.unwrap();
    journal.scrub().await.unwrap();
    assert_eq!(found(), 0);
}

/// What may happen to a queue.
#[derive(Debug, Clone)]
enum Step {
    Enqueue(u8),
    AnswerFirst,
    Later(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..20u8).prop_map(Step::Enqueue),
        Just(Step::AnswerFirst),
        (0..2_000i64).prop_map(Step::Later),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against a list in memory: the same requests wait in the same order, whatever happens.
    #[test]
    fn the_queue_is_a_list_of_what_was_neither_answered_nor_too_old(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (_folder, journal) = open();
        let (mut now, mut model, mut used) = (0, Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Enqueue(key) => {
                    let key = key.to_string();
                    runtime.block_on(journal.enqueue(request("aa", &key, 1), at(now))).unwrap();
                    let fresh = |(it, when): &(String, i64)| *it == key && now - when < 86_400;
                    if !used.iter().any(fresh) {
                        model.retain(|(it, _)| *it != key);
                        model.push((key.clone(), now));
                        used.push((key, now));
                    }
                }
                Step::AnswerFirst => {
                    let first = runtime.block_on(journal.waiting(0, 1, at(now))).unwrap();
                    if let Some(entry) = first.first() {
                        runtime.block_on(journal.answered(entry.id, Vec::new())).unwrap();
                        model.retain(|(key, _)| *key != entry.key);
                    }
                }
                Step::Later(seconds) => now += seconds,
            }
            model.retain(|(_, since)| now - since < 3_600);
            let expected: Vec<String> = model.iter().map(|(key, _)| key.clone()).collect();
            prop_assert_eq!(runtime.block_on(keys(&journal, at(now))), expected);
        }
    }
}

fn deferred(plugin: &str, id: &str, expires: i64) -> Deferred {
    Deferred {
        plugin: plugin.to_owned(),
        id: id.to_owned(),
        workspace: "w".to_owned(),
        node: "n1".to_owned(),
        origin: b"where".to_vec(),
        expires: at(expires),
    }
}

// I45
#[tokio::test]
async fn a_deferred_interaction_survives_a_restart_until_it_expires() {
    let (folder, journal) = open();
    let aa = "aa".parse().unwrap();
    journal.defer(deferred("aa", "i1", 900), at(0)).await.unwrap();
    journal.close().await;
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let found = |second| journal.interaction(&aa, "i1", "k", at(second));
    assert_eq!(found(899).await, Ok(Lookup::Open(deferred("aa", "i1", 900))));
    assert_eq!(found(900).await, Ok(Lookup::Expired));
    let bb = "bb".parse().unwrap();
    assert_eq!(journal.interaction(&bb, "i1", "k", at(1)).await, Ok(Lookup::Unknown));
    // Late ones hear why for a day.
    let day = 24 * 3_600;
    journal.expire(at(900 + day - 1)).await.unwrap();
    assert_eq!(found(900 + day).await, Ok(Lookup::Expired));
    journal.expire(at(900 + day)).await.unwrap();
    assert_eq!(found(900 + day).await, Ok(Lookup::Unknown));
}

// I45
#[tokio::test]
async fn what_was_in_hand_when_a_daemon_ended_may_be_said_again_and_what_waits_waits() {
    let (folder, journal) = open();
    let aa = "aa".parse().unwrap();
    let key = move |number: u32| format!("{FOLLOW_UP}{number}:i1");
    journal.defer(deferred("aa", "i1", 900), at(0)).await.unwrap();
    // In hand, answered, waiting for an app; and somebody's own key.
    journal.claim(&aa, &key(1), at(1)).await.unwrap();
    journal.claim(&aa, &key(2), at(1)).await.unwrap();
    journal.conclude(&aa, &key(2), b"m2".to_vec()).await.unwrap();
    journal.enqueue(request("aa", &key(3), 1), at(1)).await.unwrap();
    journal.claim(&aa, "own", at(1)).await.unwrap();
    journal.close().await;
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let look = |number| {
        let (journal, aa) = (journal.clone(), aa.clone());
        async move { journal.interaction(&aa, "i1", &key(number), at(2)).await.unwrap() }
    };
    assert_eq!(look(1).await, Lookup::Open(deferred("aa", "i1", 900)));
    assert_eq!(look(2).await, Lookup::Said(Some(b"m2".to_vec())));
    assert_eq!(look(3).await, Lookup::Said(None));
    assert_eq!(journal.claim(&aa, "own", at(2)).await, Ok(Claim::Again(None)));
}

#[tokio::test]
async fn an_interaction_is_over_when_it_is_closed_or_cancelled_but_what_was_said_was_said() {
    let (_folder, journal) = open();
    let aa = "aa".parse().unwrap();
    for id in ["i1", "i2"] {
        journal.defer(deferred("aa", id, 900), at(0)).await.unwrap();
    }
    journal.claim(&aa, "said", at(1)).await.unwrap();
    journal.conclude(&aa, "said", b"m1".to_vec()).await.unwrap();
    journal.close_interaction(&aa, "i1").await.unwrap();
    let said = journal.interaction(&aa, "i1", "said", at(2)).await;
    assert_eq!(said, Ok(Lookup::Said(Some(b"m1".to_vec()))));
    assert_eq!(journal.interaction(&aa, "i1", "more", at(2)).await, Ok(Lookup::Closed));
    assert_eq!(journal.cancel_interaction("i1", at(2)).await, Ok(vec![]));
    assert_eq!(journal.cancel_interaction("i2", at(2)).await, Ok(vec!["aa".to_owned()]));
    assert_eq!(journal.interaction(&aa, "i2", "k", at(2)).await, Ok(Lookup::Cancelled));
    journal.forget_plugin(&aa).await.unwrap();
    assert_eq!(journal.interaction(&aa, "i2", "k", at(2)).await, Ok(Lookup::Unknown));
}

#[tokio::test]
async fn a_plugin_has_at_most_a_thousand_interactions_open() {
    let (_folder, journal) = open();
    for index in 0..INTERACTIONS {
        journal.defer(deferred("aa", &index.to_string(), 900), at(0)).await.unwrap();
    }
    let error = journal.defer(deferred("aa", "more", 900), at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "aa has reached its limit of 1000 deferred interactions");
    assert!(journal.defer(deferred("bb", "more", 900), at(1)).await.is_ok());
    assert!(journal.defer(deferred("aa", "more", 1_800), at(900)).await.is_ok());
}
