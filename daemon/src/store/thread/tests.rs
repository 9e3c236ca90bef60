//! Claims about the store's thread: one group, many answers; each failure its own; nothing
//! acknowledged that is not kept.

use super::*;
use std::future::Future;
use std::task::Context;

const TABLE: Migrations = &["CREATE TABLE item (x INTEGER PRIMARY KEY, body BLOB) STRICT"];

fn open() -> (tempfile::TempDir, StoreThread) {
    let folder = tempfile::tempdir().unwrap();
    let thread = StoreThread::open(&folder.path().join("t.db"), TABLE).unwrap();
    (folder, thread)
}

fn insert(thread: &StoreThread, x: i64) -> impl Future<Output = Result<(), StoreError>> + use<> {
    let thread = thread.clone();
    async move {
        let body = move |db: &Connection| {
            db.execute("INSERT INTO item (x) VALUES (?1)", [x])?;
            Ok(())
        };
        thread.run(8, body).await
    }
}

async fn items(thread: &StoreThread) -> Vec<i64> {
    let query = |db: &Connection| {
        let mut statement = db.prepare("SELECT x FROM item ORDER BY x")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    thread.run(0, query).await.unwrap()
}

#[tokio::test]
async fn a_failure_undoes_its_own_changes_only() {
    let (_folder, thread) = open();
    let fails = |db: &Connection| -> Result<(), Trouble> {
        db.execute("INSERT INTO item (x) VALUES (100)", [])?;
        db.execute("INSERT INTO nowhere VALUES (1)", [])?;
        Ok(())
    };
    let (first, failed, last) =
        tokio::join!(insert(&thread, 1), thread.run(8, fails), insert(&thread, 2));
    assert_eq!((first, last), (Ok(()), Ok(())));
    assert!(matches!(failed, Err(StoreError::Failed { .. })), "{failed:?}");
    assert_eq!(items(&thread).await, [1, 2]);
}

// I38
#[tokio::test]
async fn what_is_acknowledged_is_there_for_the_next_process() {
    let (folder, thread) = open();
    let writes: Vec<_> = (0..600).map(|x| tokio::spawn(insert(&thread, x))).collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    // A copy of the files as a killed daemon would leave them: the log not folded in.
    let crashed = folder.path().join("crashed.db");
    for side in ["", "-wal"] {
        let from = folder.path().join(format!("t.db{side}"));
        std::fs::copy(from, folder.path().join(format!("crashed.db{side}"))).unwrap();
    }
    let after = StoreThread::open(&crashed, TABLE).unwrap();
    assert_eq!(items(&after).await.len(), 600);
}

#[tokio::test]
async fn a_full_disk_is_a_typed_error_and_the_rest_goes_on() {
    let (_folder, thread) = open();
    let limit = |db: &Connection| {
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        Ok(db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
    };
    thread.run(0, limit).await.unwrap();
    let huge = |db: &Connection| {
        db.execute("INSERT INTO item (x, body) VALUES (9, zeroblob(1000000))", [])?;
        Ok(())
    };
    let refused = thread.run(1_000_000, huge).await;
    assert_eq!(refused, Err(StoreError::Full { path: thread.path().to_owned() }));
    insert(&thread, 1).await.unwrap();
    assert_eq!(items(&thread).await, [1]);
}

#[tokio::test]
async fn a_group_the_database_undid_is_acknowledged_to_nobody() {
    let (_folder, thread) = open();
    let undoes = |db: &Connection| -> Result<(), Trouble> {
        db.execute_batch("ROLLBACK")?;
        Ok(())
    };
    let (before, undone) = tokio::join!(insert(&thread, 1), thread.run(8, undoes));
    assert!(undone.is_err());
    let kept = items(&thread).await;
    assert_eq!(kept.len(), usize::from(before.is_ok()), "acknowledged exactly what was kept");
    insert(&thread, 2).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_gives_up_harms_nobody() {
    let (_folder, thread) = open();
    let mut given_up = Box::pin(insert(&thread, 1));
    let _ = given_up.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
    drop(given_up);
    insert(&thread, 2).await.unwrap();
    assert!(items(&thread).await.contains(&2));
}

#[tokio::test]
async fn a_request_that_panics_closes_the_store_with_a_clear_word() {
    let (_folder, thread) = open();
    let panics = |_: &Connection| -> Result<(), Trouble> { panic!("a broken promise") };
    assert_eq!(
        thread.run(0, panics).await,
        Err(StoreError::Closed { path: thread.path().to_owned() })
    );
    assert!(matches!(insert(&thread, 1).await, Err(StoreError::Closed { .. })));
}

#[tokio::test]
async fn closing_keeps_what_was_queued_and_leaves_one_file() {
    let (folder, thread) = open();
    let writes: Vec<_> = (0..50).map(|x| tokio::spawn(insert(&thread, x))).collect();
    tokio::task::yield_now().await;
    thread.close().await;
    assert!(matches!(insert(&thread, 99).await, Err(StoreError::Closed { .. })));
    let mut acknowledged = 0;
    for write in writes {
        acknowledged += usize::from(write.await.unwrap().is_ok());
    }
    assert!(!folder.path().join("t.db-wal").exists());
    let again = StoreThread::open(&folder.path().join("t.db"), TABLE).unwrap();
    assert_eq!(items(&again).await.len(), acknowledged);
}
