//! The rows of at-least-once events: each event once, and one row for each subscription that has
//! not acknowledged it. What an event says is not looked at.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::super::integer;
use super::super::thread::Trouble;
use crate::delivery::journal::{
    AGE_US, Back, Backlog, Death, Declared, ENDS, Gone, ID_AGE_US, NewEvent, Op, Outcome, Seq,
    SubscriptionKey,
};

mod dead;
mod forget;
mod pages;

pub use dead::{list, show};

/// The tables; a step of the journal's migrations.
pub const TABLES: &str = "
    CREATE TABLE subscription (
        id INTEGER PRIMARY KEY,
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (plugin, name)
    ) STRICT;
    CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        workspace TEXT NOT NULL,
        message TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX event_by_message ON event (message, workspace) WHERE message <> '';
    CREATE TABLE delivery (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription INTEGER NOT NULL,
        lane TEXT NOT NULL,
        event INTEGER NOT NULL,
        shared INTEGER NOT NULL,
        size INTEGER NOT NULL,
        at_us INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 1,
        failures INTEGER NOT NULL DEFAULT 0,
        ends INTEGER NOT NULL DEFAULT 0,
        handed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX delivery_by_lane ON delivery (subscription, lane, seq);
    CREATE INDEX delivery_by_event ON delivery (event) WHERE shared = 1;
    CREATE TABLE dead_letter (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription INTEGER NOT NULL,
        lane TEXT NOT NULL,
        event INTEGER NOT NULL,
        shared INTEGER NOT NULL,
        size INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        cause TEXT NOT NULL,
        detail TEXT NOT NULL,
        at_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX dead_letter_by_subscription ON dead_letter (subscription, id);
    CREATE INDEX dead_letter_by_event ON dead_letter (event) WHERE shared = 1;
    CREATE TABLE published (
        id INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL UNIQUE,
        at_us INTEGER NOT NULL
    ) STRICT;
";

/// Ids of published events that are kept at most.
const PUBLISHED: i64 = 1_000_000;

/// Ids that one turn of forgetting looks at.
const FORGET: i64 = 10_000;
/// Turns of one tidying.
const FORGET_TURNS: usize = 20;

/// Raises the attempt of everything that may have been handed over.
pub fn recover(db: &Connection) -> Result<u64, Trouble> {
    let raise = "UPDATE delivery SET attempt = attempt + 1, handed = 0 WHERE handed = 1";
    Ok(db.execute(raise, [])? as u64)
}

/// Carries out what the journal is told, in order.
pub fn apply(db: &Connection, ops: &[Op]) -> Result<Vec<Outcome>, Trouble> {
    ops.iter().map(|op| apply_one(db, op)).collect()
}

fn apply_one(db: &Connection, op: &Op) -> Result<Outcome, Trouble> {
    match op {
        Op::Declare { plugin, subscriptions, at_us } => declare(db, plugin, subscriptions, *at_us),
        Op::Accept(new) => accept(db, new),
        Op::Load { key, after, .. } => {
            pages::lanes(db, id_of(db, key)?, after.as_deref()).map(Outcome::Lanes)
        }
        Op::LoadLane { key, lane, after, .. } => {
            pages::lane(db, id_of(db, key)?, lane, *after).map(Outcome::Lane)
        }
        Op::Acknowledge { seq } => remove(db, *seq).map(|_| Outcome::Done),
        Op::Again { seq, failed, .. } => {
            let raise = "UPDATE delivery SET attempt = attempt + 1, failures = failures + ?2
                WHERE seq = ?1";
            db.prepare_cached(raise)?.execute(params![seq, failed])?;
            Ok(Outcome::Done)
        }
        Op::Raise { seqs } => {
            let mut raise =
                db.prepare_cached("UPDATE delivery SET attempt = attempt + 1 WHERE seq = ?1")?;
            for seq in seqs {
                raise.execute([seq])?;
            }
            Ok(Outcome::Done)
        }
        Op::Ended { seqs, at_us } => ended(db, seqs, *at_us),
        Op::Bury { seq, cause, detail, at_us } => {
            let gone = dead::bury(db, *seq, *cause, detail, *at_us)?;
            dead::buried(db, gone.into_iter().collect())
        }
        Op::Expire { key, rows, bytes, at_us } => expire(db, key, (*rows, *bytes), *at_us),
        Op::Tidy { at_us } => tidy(db, *at_us),
        Op::Erase { workspace, message, redact } => erase(db, workspace, message, *redact),
        Op::Forget { user, workspace, redact } => forget::user(db, user, workspace, *redact),
        Op::Replay { ids, at_us } => replay(db, ids, *at_us),
        Op::Drop { ids } => dead::drop_all(db, ids),
    }
}

fn accept(db: &Connection, new: &NewEvent) -> Result<Outcome, Trouble> {
    let note = "INSERT OR IGNORE INTO published (event_id, at_us) VALUES (?1, ?2)";
    if db.prepare_cached(note)?.execute(params![&*new.id, new.at_us])? == 0 {
        return Ok(Outcome::Duplicate);
    }
    let insert = "INSERT INTO event (event_id, kind, workspace, message, at_us, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let NewEvent { id, kind, workspace, message, at_us, body, targets } = new;
    db.prepare_cached(insert)?.execute(params![&**id, kind, workspace, message, at_us, &**body])?;
    let event = db.last_insert_rowid();
    let (mut seqs, shared) = (Vec::with_capacity(targets.len()), targets.len() > 1);
    for target in targets {
        let insert = "INSERT INTO delivery (subscription, lane, event, shared, size, at_us, handed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let subscription = id_of(db, &target.key)?;
        let size = integer::signed(body.len() as u64);
        let (lane, handed) = (&*target.lane, target.handed);
        let row = params![subscription, lane, event, shared, size, at_us, handed];
        db.prepare_cached(insert)?.execute(row)?;
        seqs.push(db.last_insert_rowid());
    }
    Ok(Outcome::Accepted(seqs))
}

/// The number of a subscription; it gets one if it has none.
fn id_of(db: &Connection, key: &SubscriptionKey) -> Result<i64, Trouble> {
    let find = "SELECT id FROM subscription WHERE plugin = ?1 AND name = ?2";
    let names = params![&*key.plugin, &*key.name];
    let found = db.prepare_cached(find)?.query_row(names, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let insert = "INSERT INTO subscription (plugin, name) VALUES (?1, ?2)";
    db.prepare_cached(insert)?.execute(names)?;
    Ok(db.last_insert_rowid())
}

fn key_of(db: &Connection, subscription: i64) -> Result<SubscriptionKey, Trouble> {
    let query = "SELECT plugin, name FROM subscription WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let (plugin, name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(SubscriptionKey { plugin: plugin.into(), name: name.into() })
    };
    Ok(db.prepare_cached(query)?.query_row([subscription], read)?)
}

/// A row that was taken out.
struct Removed {
    subscription: i64,
    lane: Arc<str>,
    event: i64,
    /// Other rows may refer to the event.
    shared: bool,
    size: u64,
    attempt: u32,
}

/// Takes a row out; its event goes with the last one that refers to it.
fn remove(db: &Connection, seq: Seq) -> Result<Option<Removed>, Trouble> {
    let removed = take_out(db, seq)?;
    if let Some(removed) = &removed {
        forget_event(db, removed)?;
    }
    Ok(removed)
}

fn take_out(db: &Connection, seq: Seq) -> Result<Option<Removed>, Trouble> {
    let delete = "DELETE FROM delivery WHERE seq = ?1
        RETURNING subscription, lane, event, shared, size, attempt";
    Ok(db.prepare_cached(delete)?.query_row([seq], read_removed).optional()?)
}

fn read_removed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Removed> {
    Ok(Removed {
        subscription: row.get(0)?,
        lane: row.get::<_, String>(1)?.into(),
        event: row.get(2)?,
        shared: row.get(3)?,
        size: integer::count(row, 4)?,
        attempt: row.get(5)?,
    })
}

fn forget_event(db: &Connection, of: &Removed) -> Result<(), Trouble> {
    let delete = match of.shared {
        false => "DELETE FROM event WHERE id = ?1",
        true => {
            "DELETE FROM event WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = ?1 AND shared = 1)
                AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE event = ?1 AND shared = 1)"
        }
    };
    db.prepare_cached(delete)?.execute([of.event])?;
    Ok(())
}

fn declare(
    db: &Connection,
    plugin: &str,
    declared: &[Declared],
    at_us: i64,
) -> Result<Outcome, Trouble> {
    let mut gone = Vec::new();
    for (old, name) in subscriptions_of(db, plugin)? {
        if declared.iter().all(|it| *it.name != *name) {
            gone.extend(move_rows(db, (plugin, old), declared, at_us)?);
        }
    }
    let mut backlogs = Vec::new();
    for it in declared {
        backlogs.push((Arc::clone(&it.name), backlog(db, plugin, &it.name)?));
    }
    Ok(Outcome::Declared(backlogs, gone))
}

fn subscriptions_of(db: &Connection, plugin: &str) -> Result<Vec<(i64, String)>, Trouble> {
    let mut query = db.prepare_cached("SELECT id, name FROM subscription WHERE plugin = ?1")?;
    let rows = query.query_map([plugin], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Rows of a subscription that is gone: to the one that has their type now, or to the dead letters.
fn move_rows(
    db: &Connection,
    (plugin, old): (&str, i64),
    declared: &[Declared],
    at_us: i64,
) -> Result<Vec<Gone>, Trouble> {
    let rows = "SELECT d.seq, e.kind FROM delivery d JOIN event e ON e.id = d.event
        WHERE d.subscription = ?1 ORDER BY d.seq";
    let rows: Vec<(Seq, String)> = db
        .prepare_cached(rows)?
        .query_map([old], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut gone = Vec::new();
    for (seq, kind) in rows {
        match declared.iter().find(|it| it.types.contains(&kind)) {
            Some(new) => {
                let name = Arc::clone(&new.name);
                let new = id_of(db, &SubscriptionKey { plugin: plugin.into(), name })?;
                let moved = "UPDATE delivery SET subscription = ?2 WHERE seq = ?1";
                db.prepare_cached(moved)?.execute([seq, new])?;
            }
            None => gone.extend(dead::bury(db, seq, Death::Unsubscribed, "", at_us)?),
        }
    }
    Ok(gone)
}

fn backlog(db: &Connection, plugin: &str, name: &str) -> Result<Backlog, Trouble> {
    let query = "SELECT count(*), coalesce(sum(d.size), 0), coalesce(min(d.at_us), 0)
        FROM delivery d JOIN subscription s ON s.id = d.subscription
        WHERE s.plugin = ?1 AND s.name = ?2";
    let read = |row: &rusqlite::Row<'_>| {
        Ok((integer::count(row, 0)?, integer::count(row, 1)?, row.get(2)?))
    };
    let (waiting, bytes, oldest_us) = db.prepare_cached(query)?.query_row([plugin, name], read)?;
    let dead = "SELECT count(*) FROM dead_letter d JOIN subscription s ON s.id = d.subscription
        WHERE s.plugin = ?1 AND s.name = ?2";
    let count = |row: &rusqlite::Row<'_>| integer::count(row, 0);
    let dead_letters = db.prepare_cached(dead)?.query_row([plugin, name], count)?;
    Ok(Backlog { waiting, bytes, oldest_us, dead_letters })
}

fn ended(db: &Connection, seqs: &[Seq], at_us: i64) -> Result<Outcome, Trouble> {
    let mut gone = Vec::new();
    for seq in seqs {
        let raise = "UPDATE delivery SET ends = ends + 1 WHERE seq = ?1 RETURNING ends";
        let ends: Option<u32> =
            db.prepare_cached(raise)?.query_row([seq], |row| row.get(0)).optional()?;
        if ends.is_some_and(|ends| ends >= ENDS) {
            let detail = format!("in hand when {ENDS} generations ended");
            gone.extend(dead::bury(db, *seq, Death::Poison, &detail, at_us)?);
        }
    }
    dead::buried(db, gone)
}

fn expire(
    db: &Connection,
    key: &SubscriptionKey,
    (rows, bytes): (u64, u64),
    at_us: i64,
) -> Result<Outcome, Trouble> {
    let subscription = id_of(db, key)?;
    let mut gone = Vec::new();
    for seq in oldest(db, subscription, (rows, bytes))? {
        gone.extend(dead::bury(db, seq, Death::Expired, "", at_us)?);
    }
    dead::trim(db, subscription)?;
    dead::buried(db, gone)
}

/// So many of the oldest rows that both are reached. In the order of publishing, by the plus sign:
/// where there is a surplus, its rows are the first there are.
fn oldest(
    db: &Connection,
    subscription: i64,
    (rows, bytes): (u64, u64),
) -> Result<Vec<Seq>, Trouble> {
    let query = "SELECT seq, size FROM delivery WHERE +subscription = ?1 ORDER BY seq";
    let mut statement = db.prepare_cached(query)?;
    let mut found = statement.query([subscription])?;
    let (mut seqs, mut freed) = (Vec::new(), 0);
    while (seqs.len() as u64) < rows || freed < bytes {
        let Some(row) = found.next()? else { break };
        seqs.push(row.get(0)?);
        freed += integer::count(row, 1)?;
    }
    Ok(seqs)
}

fn tidy(db: &Connection, at_us: i64) -> Result<Outcome, Trouble> {
    forget_ids(db, at_us)?;
    let too_old = "SELECT seq, at_us FROM delivery ORDER BY seq LIMIT 1000";
    let oldest: Vec<(Seq, i64)> = db
        .prepare_cached(too_old)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut gone = Vec::new();
    for (seq, _) in oldest.iter().take_while(|(_, at)| *at <= at_us - AGE_US) {
        gone.extend(dead::bury(db, *seq, Death::Expired, "", at_us)?);
    }
    dead::trim_everywhere(db, at_us)?;
    dead::buried(db, gone)
}

/// Ids are in the order of publishing: what is to go is in front.
fn forget_ids(db: &Connection, at_us: i64) -> Result<(), Trouble> {
    let many = "DELETE FROM published WHERE id <= (SELECT max(id) FROM published) - ?1";
    db.prepare_cached(many)?.execute([PUBLISHED])?;
    let old = "DELETE FROM published WHERE at_us <= ?1
        AND id IN (SELECT id FROM published ORDER BY id LIMIT ?2)";
    let mut old = db.prepare_cached(old)?;
    for _ in 0..FORGET_TURNS {
        if old.execute([at_us - ID_AGE_US, FORGET])? < FORGET as usize {
            break;
        }
    }
    Ok(())
}

fn erase(
    db: &Connection,
    workspace: &str,
    message: &str,
    redact: fn(&[u8]) -> Vec<u8>,
) -> Result<Outcome, Trouble> {
    if message.is_empty() {
        return Ok(Outcome::Done);
    }
    let copies = "SELECT id, body FROM event
        WHERE message = ?1 AND message <> '' AND workspace = ?2";
    let copies: Vec<(i64, Vec<u8>)> = db
        .prepare_cached(copies)?
        .query_map([message, workspace], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, body) in copies {
        let update = "UPDATE event SET body = ?2 WHERE id = ?1";
        db.prepare_cached(update)?.execute(params![id, redact(&body)])?;
    }
    Ok(Outcome::Done)
}

fn replay(db: &Connection, ids: &[i64], at_us: i64) -> Result<Outcome, Trouble> {
    let unknown = dead::unknown(db, ids)?;
    if !unknown.is_empty() {
        return Ok(Outcome::Unknown(unknown));
    }
    let (mut back, mut concerned) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(letter) = dead::take_out(db, *id)? else { continue };
        let insert =
            "INSERT INTO delivery (subscription, lane, event, shared, size, at_us, attempt)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let size = integer::signed(letter.size);
        // It may have been seen before, and has all its attempts anew.
        db.prepare_cached(insert)?.execute(params![
            letter.subscription,
            &*letter.lane,
            letter.event,
            letter.shared,
            size,
            at_us,
            letter.attempt + 1
        ])?;
        concerned.push(letter.subscription);
        let key = key_of(db, letter.subscription)?;
        back.push(Back { key, lane: letter.lane, size: letter.size });
    }
    Ok(Outcome::Replayed { back, dead_letters: dead::counts(db, concerned)? })
}
