//! The rows of schedules: since when each is known and the last key that was fired or passed over.
//! What is due is not asked here.

use super::super::thread::Trouble;
use crate::config::name::PluginName;
use crate::schedule::Past;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The past of a schedule under this rule. One that is new, or has another rule than before, begins
/// at `now`; its last key stays, so that no change makes one fire twice.
pub fn read(
    db: &Connection,
    name: &PluginName,
    schedule: &str,
    rule: &str,
    now: Timestamp,
) -> Result<Past, Trouble> {
    let query = "SELECT rule, since_us, last_us FROM schedule WHERE plugin = ?1 AND name = ?2";
    let mut statement = db.prepare_cached(query)?;
    let row = statement.query_row(params![name.as_str(), schedule], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
    });
    let now_us = now.as_microsecond();
    let (since, last) = match row.optional()? {
        // A clock that was ahead when it was first seen must not hold it up for ever.
        Some((known, since, last)) if known == rule && since <= now_us => (since, last),
        Some((_, _, last)) => (now_us, last),
        None => (now_us, None),
    };
    let insert = "INSERT OR REPLACE INTO schedule (plugin, name, rule, since_us, last_us)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    db.execute(insert, params![name.as_str(), schedule, rule, since, last])?;
    let instant = |us: i64| Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Past { since: instant(since), last: last.map(instant) })
}

/// Moves the last key up to this one. Says whether it was not there already.
pub fn pass(
    db: &Connection,
    name: &PluginName,
    schedule: &str,
    key: Timestamp,
) -> Result<bool, Trouble> {
    let update = "UPDATE schedule SET last_us = ?3
        WHERE plugin = ?1 AND name = ?2 AND (last_us IS NULL OR last_us < ?3)";
    Ok(db.execute(update, params![name.as_str(), schedule, key.as_microsecond()])? > 0)
}

pub fn forget(db: &Connection, name: &PluginName) -> Result<(), Trouble> {
    db.execute("DELETE FROM schedule WHERE plugin = ?1", [name.as_str()])?;
    Ok(())
}
