//! What comes of what was kept, where nobody waits for it any more.

use jiff::SignedDuration;
use outboard_proto::common::{ModerateUser, ModerationAct};

use super::*;
use crate::audit::{Audit, Record};
use crate::clock::Clock;
use crate::held::port::Whose;
use crate::routing::Switchboard;
use crate::store::{Journal, NewRequest};

struct Kept {
    _folder: tempfile::TempDir,
    outbox: Outbox,
    journal: Journal,
    audit: Audit,
}

fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let audit = Audit::start(folder.path().join("audit.log")).unwrap();
    let board = Switchboard::new(Clock::start());
    let outbox = Outbox::new(board, journal.clone(), audit.clone());
    Kept { _folder: folder, outbox, journal, audit }
}

/// A ban of bob, as it is kept.
fn ban() -> NewRequest {
    let ban = ModerateUser {
        user_id: "u-bob".into(),
        act: ModerationAct::Ban.into(),
        reason: "too loud".into(),
        ..ModerateUser::default()
    };
    let of = Some(outboard_proto::app::request::Of::Moderate(ban));
    let request = Request { of, ..Request::default() }.encode_to_vec();
    NewRequest { plugin: "alpha".parse().unwrap(), key: "k".to_owned(), request }
}

async fn records(kept: &Kept) -> Vec<Record> {
    kept.audit.close().await;
    let mut found = Vec::new();
    let read = kept.audit.files().read(|record| {
        found.push(record);
        Ok(())
    });
    read.unwrap();
    found
}

// I116
#[tokio::test]
async fn an_act_of_moderation_that_expires_is_on_record() {
    let kept = kept();
    let before = clock::timestamp().checked_sub(SignedDuration::from_hours(2)).unwrap();
    kept.journal.enqueue(ban(), before).await.unwrap();
    kept.outbox.expire_now().await;
    let records = records(&kept).await;
    assert_eq!(records.len(), 1);
    let Record { who, act, on, why, outcome, .. } = &records[0];
    assert_eq!((who.as_str(), act.as_str(), on.as_str()), ("plugin alpha", "users.ban", "u-bob"));
    assert_eq!(why, "too loud");
    assert_eq!(outcome, "NO_APP: no app carried it out within an hour");
}

// I113
#[tokio::test]
async fn what_concerns_a_forgotten_user_ends_once_and_is_on_record() {
    let kept = kept();
    kept.journal.enqueue(ban(), clock::timestamp()).await.unwrap();
    let entry = kept.journal.waiting(0, 1, clock::timestamp()).await.unwrap().remove(0);
    let whose = Whose { user: "u-bob".to_owned(), workspace: String::new() };
    let known = (
        crate::routing::is_deferred_for as crate::store::journal::IsOf,
        crate::routing::is_request_about as crate::store::journal::IsAbout,
    );
    let gone = kept.journal.forget_user(whose, known, clock::timestamp()).await.unwrap();
    kept.outbox.forgotten(&gone.requests);
    // A node that had it in hand answers all the same: it is over already.
    kept.outbox.conclude(&entry, Answer::default()).await;
    let outcomes: Vec<String> = records(&kept).await.into_iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, ["NO_APP: it was dropped: the user whom it concerns is forgotten"]);
}

#[tokio::test]
async fn what_was_dropped_with_its_plugin_keeps_no_later_request_waiting() {
    let kept = kept();
    let request = Request { idempotency_key: "k".into(), ..Request::default() };
    let patience = Duration::from_millis(10);
    let queued = kept.outbox.carry_out("alpha", Outgoing::kept(request), false, patience).await;
    let outcome = queued.unwrap_err().details.get("outcome").cloned();
    assert_eq!((outcome.as_deref(), kept.outbox.backlog()), (Some("queued"), 1));
    kept.journal.forget_plugin(&"alpha".parse().unwrap()).await.unwrap();
    kept.outbox.purged("alpha");
    assert_eq!(kept.outbox.backlog(), 0);
}
