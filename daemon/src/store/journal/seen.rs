//! The rows of idempotency keys, scoped to their plugin. What an answer says is not looked at.

use super::super::thread::Trouble;
use super::{KEY_AGE, before};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// What came of using a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used it within 24 h: the request is to be carried out.
    First,
    /// It was used before; with the answer, where there is one already.
    Again(Option<Vec<u8>>),
}

pub fn claim(db: &Connection, plugin: &str, key: &str, now: Timestamp) -> Result<Claim, Trouble> {
    let query = "SELECT answer FROM seen WHERE plugin = ?1 AND key = ?2 AND at_us > ?3";
    let mut statement = db.prepare_cached(query)?;
    let used = params![plugin, key, before(now, KEY_AGE)];
    if let Some(answer) = statement.query_row(used, |row| row.get(0)).optional()? {
        return Ok(Claim::Again(answer));
    }
    let insert = "INSERT OR REPLACE INTO seen (plugin, key, at_us) VALUES (?1, ?2, ?3)";
    db.prepare_cached(insert)?.execute(params![plugin, key, now.as_microsecond()])?;
    Ok(Claim::First)
}

pub fn conclude(db: &Connection, plugin: &str, key: &str, answer: &[u8]) -> Result<(), Trouble> {
    let update = "UPDATE seen SET answer = ?3 WHERE plugin = ?1 AND key = ?2";
    db.prepare_cached(update)?.execute(params![plugin, key, answer])?;
    Ok(())
}

pub fn release(db: &Connection, plugin: &str, key: &str) -> Result<(), Trouble> {
    let delete = "DELETE FROM seen WHERE plugin = ?1 AND key = ?2 AND answer IS NULL";
    db.prepare_cached(delete)?.execute(params![plugin, key])?;
    Ok(())
}

pub fn expire(db: &Connection, now: Timestamp) -> Result<(), Trouble> {
    db.execute("DELETE FROM seen WHERE at_us <= ?1", [before(now, KEY_AGE)])?;
    Ok(())
}
