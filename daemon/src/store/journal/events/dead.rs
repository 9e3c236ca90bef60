//! The rows of dead letters: bounded, looked at, replayed and dropped by operators.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::super::integer;
use super::super::super::thread::Trouble;
use super::{Removed, forget_event, key_of, read_removed, take_out as take_out_row};
use crate::delivery::journal::{
    DEAD_LETTER_BYTES, DEAD_LETTERS, DeadLetter, Death, Gone, Outcome, Seq, SubscriptionKey,
};

/// How long a dead letter is kept, in microseconds.
const AGE_US: i64 = 30 * 24 * 3600 * 1_000_000;

/// Makes a dead letter of a row.
pub fn bury(
    db: &Connection,
    seq: Seq,
    cause: Death,
    detail: &str,
    at_us: i64,
) -> Result<Option<Gone>, Trouble> {
    let Some(row) = take_out_row(db, seq)? else { return Ok(None) };
    let insert = "INSERT INTO dead_letter
        (subscription, lane, event, shared, size, attempts, cause, detail, at_us)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let size = integer::signed(row.size);
    let (subscription, lane) = (row.subscription, &*row.lane);
    let (event, attempts, cause_word) = (row.event, row.attempt, cause.as_str());
    db.prepare_cached(insert)?.execute(params![
        subscription,
        lane,
        event,
        row.shared,
        size,
        attempts,
        cause_word,
        detail,
        at_us
    ])?;
    let key = key_of(db, subscription)?;
    Ok(Some(Gone { key, lane: Arc::clone(&row.lane), seq, size: row.size, cause }))
}

/// What is told of rows that became dead letters.
pub fn buried(db: &Connection, gone: Vec<Gone>) -> Result<Outcome, Trouble> {
    let keys: BTreeSet<SubscriptionKey> = gone.iter().map(|it| it.key.clone()).collect();
    let mut dead_letters = Vec::new();
    for key in keys {
        let query = "SELECT count(*) FROM dead_letter d
            JOIN subscription s ON s.id = d.subscription WHERE s.plugin = ?1 AND s.name = ?2";
        let names = params![&*key.plugin, &*key.name];
        let count = db.prepare_cached(query)?.query_row(names, |row| integer::count(row, 0))?;
        dead_letters.push((key, count));
    }
    Ok(Outcome::Buried { gone, dead_letters })
}

/// How many dead letters subscriptions have.
pub fn counts(
    db: &Connection,
    concerned: Vec<i64>,
) -> Result<Vec<(SubscriptionKey, u64)>, Trouble> {
    let concerned: BTreeSet<i64> = concerned.into_iter().collect();
    let mut counts = Vec::new();
    for subscription in concerned {
        let query = "SELECT count(*) FROM dead_letter WHERE subscription = ?1";
        let count = |row: &Row<'_>| integer::count(row, 0);
        let count = db.prepare_cached(query)?.query_row([subscription], count)?;
        counts.push((key_of(db, subscription)?, count));
    }
    Ok(counts)
}

/// Drops the oldest dead letters of a subscription that are too many.
pub fn trim(db: &Connection, subscription: i64) -> Result<(), Trouble> {
    let query = "SELECT id, size FROM dead_letter WHERE subscription = ?1 ORDER BY id DESC";
    let letters: Vec<(i64, u64)> = db
        .prepare_cached(query)?
        .query_map([subscription], |row| Ok((row.get(0)?, integer::count(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    let (mut count, mut bytes) = (0, 0);
    for (id, size) in letters {
        (count, bytes) = (count + 1, bytes + size);
        if count > DEAD_LETTERS || bytes > DEAD_LETTER_BYTES {
            take_out_whole(db, id)?;
        }
    }
    Ok(())
}

/// Drops what is too many or too old, of every subscription.
pub fn trim_everywhere(db: &Connection, at_us: i64) -> Result<(), Trouble> {
    let old: Vec<i64> = db
        .prepare_cached("SELECT id FROM dead_letter WHERE at_us <= ?1 ORDER BY id LIMIT 1000")?
        .query_map([at_us - AGE_US], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in old {
        take_out_whole(db, id)?;
    }
    let many = "SELECT subscription FROM dead_letter GROUP BY subscription
        HAVING count(*) > ?1 OR sum(size) > ?2";
    let limits = [integer::signed(DEAD_LETTERS), integer::signed(DEAD_LETTER_BYTES)];
    let many: Vec<i64> =
        db.prepare_cached(many)?.query_map(limits, |row| row.get(0))?.collect::<Result<_, _>>()?;
    many.into_iter().try_for_each(|subscription| trim(db, subscription))
}

/// Takes a letter out; its event stays.
pub fn take_out(db: &Connection, id: i64) -> Result<Option<Removed>, Trouble> {
    let delete = "DELETE FROM dead_letter WHERE id = ?1
        RETURNING subscription, lane, event, shared, size, attempts";
    Ok(db.prepare_cached(delete)?.query_row([id], read_removed).optional()?)
}

fn take_out_whole(db: &Connection, id: i64) -> Result<Option<i64>, Trouble> {
    let Some(letter) = take_out(db, id)? else { return Ok(None) };
    forget_event(db, &letter)?;
    Ok(Some(letter.subscription))
}

/// Drops letters, or none where one is unknown.
pub fn drop_all(db: &Connection, ids: &[i64]) -> Result<Outcome, Trouble> {
    let unknown = unknown(db, ids)?;
    if !unknown.is_empty() {
        return Ok(Outcome::Unknown(unknown));
    }
    let mut concerned = Vec::new();
    for id in ids {
        concerned.extend(take_out_whole(db, *id)?);
    }
    Ok(Outcome::Buried { gone: Vec::new(), dead_letters: counts(db, concerned)? })
}

/// Those ids that no letter has.
pub fn unknown(db: &Connection, ids: &[i64]) -> Result<Vec<i64>, Trouble> {
    let mut query = db.prepare_cached("SELECT 1 FROM dead_letter WHERE id = ?1")?;
    let mut unknown = Vec::new();
    for id in ids {
        if !query.exists([id])? {
            unknown.push(*id);
        }
    }
    Ok(unknown)
}

const LETTER: &str = "SELECT d.id, s.plugin, s.name, d.lane, e.event_id, e.kind, d.cause,
    d.detail, d.attempts, d.size, e.at_us, d.at_us, e.body
    FROM dead_letter d JOIN event e ON e.id = d.event
    JOIN subscription s ON s.id = d.subscription";

/// Letters, the newest first.
pub fn list(
    db: &Connection,
    plugin: Option<&str>,
    before: i64,
    most: u32,
) -> Result<Vec<DeadLetter>, Trouble> {
    let query = format!(
        "{LETTER} WHERE (?1 IS NULL OR s.plugin = ?1) AND (?2 = 0 OR d.id < ?2)
            ORDER BY d.id DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map(params![plugin, before, most], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One letter.
pub fn show(db: &Connection, id: i64) -> Result<Option<DeadLetter>, Trouble> {
    let query = format!("{LETTER} WHERE d.id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let (plugin, name): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(DeadLetter {
        id: row.get(0)?,
        key: SubscriptionKey { plugin: plugin.into(), name: name.into() },
        lane: row.get(3)?,
        event_id: row.get(4)?,
        kind: row.get(5)?,
        cause: row.get(6)?,
        detail: row.get(7)?,
        attempts: row.get(8)?,
        size: integer::count(row, 9)?,
        published_us: row.get(10)?,
        at_us: row.get(11)?,
        body: row.get::<_, Vec<u8>>(12)?.into(),
    })
}
