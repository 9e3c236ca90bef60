//! The rows of requests that wait for an app, in their order. What a request says is not looked at.

use super::super::error::StoreError;
use super::super::integer;
use super::super::thread::Trouble;
use super::seen::{self, Claim};
use super::{OUTBOX_AGE, OUTBOX_BYTES, OUTBOX_REQUESTS, before};
use crate::config::name::PluginName;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A request to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Whose it is.
    pub plugin: PluginName,
    /// Its idempotency key, unique for the plugin within 24 h.
    pub key: String,
    /// The encoded request.
    pub request: Vec<u8>,
}

/// What came of keeping a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits, under this id; ids grow in the order of the queue.
    Waiting(i64),
    /// Its key was used before; with the answer, where there is one already.
    Seen(Option<Vec<u8>>),
}

/// A request that waits, or waited too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its place in the queue.
    pub id: i64,
    /// Whose it is.
    pub plugin: String,
    /// Its idempotency key.
    pub key: String,
    /// The encoded request.
    pub request: Vec<u8>,
    /// Since when it waits.
    pub created: Timestamp,
    /// How often it was handed to an app.
    pub attempts: u32,
}

const COLUMNS: &str = "id, plugin, key, request, created_us, attempts";

pub fn enqueue(db: &Connection, new: &NewRequest, now: Timestamp) -> Result<Enqueued, Trouble> {
    let plugin = new.plugin.as_str();
    if let Claim::Again(answer) = seen::claim(db, plugin, &new.key, now)? {
        return Ok(Enqueued::Seen(answer));
    }
    check_room(db, new, now)?;
    // A request that outlived its key's day gives way to the new one of that key.
    let insert = "INSERT OR REPLACE INTO outbox (plugin, key, request, created_us)
        VALUES (?1, ?2, ?3, ?4)";
    let values = params![plugin, new.key, new.request, now.as_microsecond()];
    db.prepare_cached(insert)?.execute(values)?;
    Ok(Enqueued::Waiting(db.last_insert_rowid()))
}

fn check_room(db: &Connection, new: &NewRequest, now: Timestamp) -> Result<(), Trouble> {
    let query = "SELECT count(*), coalesce(sum(length(request)), 0) FROM outbox
        WHERE plugin = ?1 AND created_us > ?2";
    let fresh = params![new.plugin.as_str(), before(now, OUTBOX_AGE)];
    let mut statement = db.prepare_cached(query)?;
    let (count, bytes): (u32, u64) =
        statement.query_row(fresh, |row| Ok((row.get(0)?, integer::count(row, 1)?)))?;
    let over = |limit: String| {
        Err(Trouble::Store(StoreError::OverLimit { plugin: new.plugin.to_string(), limit }))
    };
    if count >= OUTBOX_REQUESTS {
        return over(format!("{OUTBOX_REQUESTS} queued requests"));
    }
    match bytes + new.request.len() as u64 > OUTBOX_BYTES {
        true => over(format!("{} MiB of queued requests", OUTBOX_BYTES >> 20)),
        false => Ok(()),
    }
}

pub fn waiting(
    db: &Connection,
    after: i64,
    most: u32,
    now: Timestamp,
) -> Result<Vec<OutboxEntry>, Trouble> {
    let query = format!(
        "SELECT {COLUMNS} FROM outbox WHERE id > ?1 AND created_us > ?2 ORDER BY id LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map(params![after, before(now, OUTBOX_AGE), most], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn count(db: &Connection) -> Result<u32, Trouble> {
    Ok(db.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?)
}

pub fn attempt(db: &Connection, id: i64) -> Result<Option<u32>, Trouble> {
    let raise = "UPDATE outbox SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts";
    Ok(db.prepare_cached(raise)?.query_row([id], |row| row.get(0)).optional()?)
}

pub fn not_attempted(db: &Connection, id: i64) -> Result<(), Trouble> {
    let lower = "UPDATE outbox SET attempts = max(attempts - 1, 0) WHERE id = ?1";
    db.prepare_cached(lower)?.execute([id])?;
    Ok(())
}

pub fn answered(db: &Connection, id: i64, answer: &[u8]) -> Result<bool, Trouble> {
    let removed = remove(db, id)?;
    if let Some((plugin, key)) = &removed {
        seen::conclude(db, plugin, key, answer)?;
    }
    Ok(removed.is_some())
}

pub fn withdraw(db: &Connection, id: i64) -> Result<bool, Trouble> {
    let removed = remove(db, id)?;
    if let Some((plugin, key)) = &removed {
        seen::release(db, plugin, key)?;
    }
    Ok(removed.is_some())
}

/// Takes off the queue what concerns a user; answers it, in its order.
pub fn forget(db: &Connection, is_of: impl Fn(&[u8]) -> bool) -> Result<Vec<OutboxEntry>, Trouble> {
    let query = format!("SELECT {COLUMNS} FROM outbox ORDER BY id");
    let mut query = db.prepare_cached(&query)?;
    let mut rows = query.query([])?;
    let mut theirs = Vec::new();
    while let Some(row) = rows.next()? {
        if is_of(row.get_ref(3)?.as_blob().unwrap_or_default()) {
            theirs.push(read(row)?);
        }
    }
    for entry in &theirs {
        withdraw(db, entry.id)?;
    }
    Ok(theirs)
}

fn remove(db: &Connection, id: i64) -> Result<Option<(String, String)>, Trouble> {
    let delete = "DELETE FROM outbox WHERE id = ?1 RETURNING plugin, key";
    let mut statement = db.prepare_cached(delete)?;
    Ok(statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub fn expire(db: &Connection, now: Timestamp) -> Result<Vec<OutboxEntry>, Trouble> {
    let delete = format!("DELETE FROM outbox WHERE created_us <= ?1 RETURNING {COLUMNS}");
    let mut statement = db.prepare_cached(&delete)?;
    let rows = statement.query_map([before(now, OUTBOX_AGE)], read)?;
    let mut expired: Vec<OutboxEntry> = rows.collect::<Result<_, _>>()?;
    expired.sort_by_key(|entry| entry.id);
    // What no app had in hand was not done: it may be asked for again.
    for OutboxEntry { plugin, key, .. } in expired.iter().filter(|it| it.attempts == 0) {
        seen::release(db, plugin, key)?;
    }
    Ok(expired)
}

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        id: row.get(0)?,
        plugin: row.get(1)?,
        key: row.get(2)?,
        request: row.get(3)?,
        created: Timestamp::from_microsecond(row.get(4)?).unwrap_or(Timestamp::UNIX_EPOCH),
        attempts: row.get(5)?,
    })
}
