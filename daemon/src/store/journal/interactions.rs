//! The rows of interactions that plugins deferred, scoped to their plugin. What one was about is
//! kept as bytes and not looked at.

use super::super::error::StoreError;
use super::super::thread::Trouble;
use super::{INTERACTIONS, KEY_AGE, before};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The step that makes the table.
pub const TABLE: &str = "
    CREATE TABLE interactions (
        plugin TEXT NOT NULL,
        id TEXT NOT NULL,
        workspace TEXT NOT NULL,
        node TEXT NOT NULL,
        origin BLOB NOT NULL,
        expires_us INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (plugin, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX interactions_by_id ON interactions (id);
    CREATE INDEX interactions_by_expiry ON interactions (expires_us);
";

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const CANCELLED: u8 = 2;

/// An interaction whose answer follows later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferred {
    /// Who deferred it.
    pub plugin: String,
    /// The app's name for it.
    pub id: String,
    /// Where it happened.
    pub workspace: String,
    /// The node that asked; empty if it named none.
    pub node: String,
    /// Channel, user and thread, encoded.
    pub origin: Vec<u8>,
    /// When follow-ups end.
    pub expires: Timestamp,
}

/// What is known of an interaction that a plugin wants to say something to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This follow-up came before; with its answer, where there is one already.
    Said(Option<Vec<u8>>),
    /// It may be said.
    Open(Deferred),
    /// Its time is over.
    Expired,
    /// Its last follow-up has been said.
    Closed,
    /// The app wants none.
    Cancelled,
    /// The plugin deferred nothing of this name, or long ago.
    Unknown,
}

/// How the idempotency keys of follow-ups begin.
pub const FOLLOW_UP: &str = "outboard:follow-up:";

/// Follow-ups that an earlier daemon had in hand when it ended may be said again under their
/// number: a person who waits for an answer had rather see it twice than never. An app that carries
/// each key out once shows it once all the same.
pub fn release_unsaid(db: &Connection) -> rusqlite::Result<()> {
    let delete = "DELETE FROM seen WHERE answer IS NULL AND substr(key, 1, length(?1)) = ?1
        AND NOT EXISTS
            (SELECT 1 FROM outbox WHERE outbox.plugin = seen.plugin AND outbox.key = seen.key)";
    db.execute(delete, [FOLLOW_UP])?;
    Ok(())
}

pub fn keep(db: &Connection, new: &Deferred, now: Timestamp) -> Result<(), Trouble> {
    let count = "SELECT count(*) FROM interactions
        WHERE plugin = ?1 AND state = ?2 AND expires_us > ?3";
    let open = params![new.plugin, OPEN, now.as_microsecond()];
    let open: u32 = db.prepare_cached(count)?.query_row(open, |row| row.get(0))?;
    if open >= INTERACTIONS {
        let limit = format!("{INTERACTIONS} deferred interactions");
        return Err(Trouble::Store(StoreError::OverLimit { plugin: new.plugin.clone(), limit }));
    }
    // An id that comes again is the app's to explain; the newest counts.
    let insert = "INSERT OR REPLACE INTO interactions
        (plugin, id, workspace, node, origin, expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let expires = new.expires.as_microsecond();
    let values = params![new.plugin, new.id, new.workspace, new.node, new.origin, expires];
    db.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

pub fn look(
    db: &Connection,
    (plugin, id): (&str, &str),
    key: &str,
    now: Timestamp,
) -> Result<Lookup, Trouble> {
    let seen = "SELECT answer FROM seen WHERE plugin = ?1 AND key = ?2 AND at_us > ?3";
    let used = params![plugin, key, before(now, KEY_AGE)];
    if let Some(answer) = db.prepare_cached(seen)?.query_row(used, |row| row.get(0)).optional()? {
        return Ok(Lookup::Said(answer));
    }
    let query = "SELECT workspace, node, origin, expires_us, state FROM interactions
        WHERE plugin = ?1 AND id = ?2";
    let mut statement = db.prepare_cached(query)?;
    let found = statement.query_row(params![plugin, id], |row| {
        let deferred = Deferred {
            plugin: plugin.to_owned(),
            id: id.to_owned(),
            workspace: row.get(0)?,
            node: row.get(1)?,
            origin: row.get(2)?,
            expires: Timestamp::from_microsecond(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH),
        };
        Ok((deferred, row.get::<_, u8>(4)?))
    });
    Ok(match found.optional()? {
        None => Lookup::Unknown,
        Some((_, CANCELLED)) => Lookup::Cancelled,
        Some((_, CLOSED)) => Lookup::Closed,
        Some((deferred, _)) if deferred.expires <= now => Lookup::Expired,
        Some((deferred, _)) => Lookup::Open(deferred),
    })
}

pub fn close(db: &Connection, plugin: &str, id: &str) -> Result<(), Trouble> {
    let update = "UPDATE interactions SET state = ?3 WHERE plugin = ?1 AND id = ?2 AND state = ?4";
    db.prepare_cached(update)?.execute(params![plugin, id, CLOSED, OPEN])?;
    Ok(())
}

pub fn cancel(db: &Connection, id: &str, now: Timestamp) -> Result<Vec<String>, Trouble> {
    let update = "UPDATE interactions SET state = ?2
        WHERE id = ?1 AND state = ?3 AND expires_us > ?4 RETURNING plugin";
    let mut statement = db.prepare_cached(update)?;
    let open = params![id, CANCELLED, OPEN, now.as_microsecond()];
    let plugins = statement.query_map(open, |row| row.get(0))?;
    Ok(plugins.collect::<Result<_, _>>()?)
}

/// Nothing more can be said to the interactions of a user, in this workspace or everywhere where
/// none is named, and nobody knows any more what they were about; answers those that were open.
pub fn forget(
    db: &Connection,
    (user, workspace): (&str, &str),
    is_of: fn(&str, &[u8]) -> bool,
    now: Timestamp,
) -> Result<Vec<(String, String)>, Trouble> {
    let query = "SELECT plugin, id, origin, state, expires_us FROM interactions
        WHERE length(origin) > 0 AND (?1 = '' OR workspace = ?1)";
    let mut query = db.prepare_cached(query)?;
    let mut rows = query.query([workspace])?;
    let mut theirs = Vec::new();
    while let Some(row) = rows.next()? {
        if is_of(user, row.get_ref(2)?.as_blob().unwrap_or_default()) {
            let (state, expires): (u8, i64) = (row.get(3)?, row.get(4)?);
            let is_open = state == OPEN && expires > now.as_microsecond();
            theirs.push(((row.get(0)?, row.get(1)?), is_open));
        }
    }
    let update = "UPDATE interactions SET origin = x'', expires_us = min(expires_us, ?3)
        WHERE plugin = ?1 AND id = ?2";
    let mut update = db.prepare_cached(update)?;
    for ((plugin, id), _) in &theirs {
        update.execute(params![plugin, id, now.as_microsecond()])?;
    }
    Ok(theirs.into_iter().filter(|(_, is_open)| *is_open).map(|(it, _)| it).collect())
}

/// A day longer than follow-ups may come, so that a late one hears why.
pub fn expire(db: &Connection, now: Timestamp) -> Result<(), Trouble> {
    db.execute("DELETE FROM interactions WHERE expires_us <= ?1", [before(now, KEY_AGE)])?;
    Ok(())
}
