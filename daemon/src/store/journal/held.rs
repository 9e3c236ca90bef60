//! The rows of what plugins hold. What is held is kept as bytes and not looked at; who may move it
//! on is `held::stage`'s to say.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::error::StoreError;
use super::super::integer;
use super::super::thread::Trouble;
use crate::held::port::{
    Deciding, HELD, HELD_BYTES, Holding, Kept, NewHeld, Redact, Swept, TOLD, TOLD_AGE_US, Wanted,
    Whose,
};
use crate::held::stage::{Answer, Decision, Stage, Way, Why};

/// The step that makes the table.
pub const TABLE: &str = "
    CREATE TABLE held (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        plugin TEXT NOT NULL,
        queue TEXT NOT NULL,
        workspace TEXT NOT NULL,
        subject TEXT NOT NULL,
        about BLOB NOT NULL,
        payload BLOB NOT NULL,
        size INTEGER NOT NULL,
        held_us INTEGER NOT NULL,
        expires_us INTEGER NOT NULL,
        stage INTEGER NOT NULL DEFAULT 0,
        released INTEGER NOT NULL DEFAULT 0,
        decider TEXT NOT NULL DEFAULT '',
        code TEXT NOT NULL DEFAULT '',
        why TEXT NOT NULL DEFAULT '',
        decided_us INTEGER NOT NULL DEFAULT 0,
        turn INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        note TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX held_by_plugin ON held (plugin, stage, size);
    CREATE INDEX held_by_stage ON held (stage, turn);
    CREATE INDEX held_by_turn ON held (turn);
    CREATE INDEX held_by_expiry ON held (expires_us) WHERE stage = 0;
    CREATE INDEX held_by_subject ON held (workspace, subject) WHERE stage = 0;
";

const STAGE_HELD: u8 = 0;
const STAGE_DECIDED: u8 = 1;
const STAGE_TOLD: u8 = 2;

/// What one sweep drops at most; the next one follows at once.
const SWEPT: u32 = 500;

const COLUMNS: &str = "number, id, plugin, queue, workspace, subject, about, size, held_us,
    expires_us, stage, released, decider, code, why, decided_us, turn, note";

pub fn hold(db: &Connection, new: &NewHeld) -> Result<Holding, Trouble> {
    check_room(db, new)?;
    let insert = "INSERT INTO held
        (id, plugin, queue, workspace, subject, about, payload, size, held_us, expires_us)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING";
    let NewHeld { id, plugin, queue, workspace, subject, about, payload, held_us, expires_us } =
        new;
    let (payload, size) = (&payload[..], integer::signed(payload.len() as u64));
    let values =
        params![id, plugin, queue, workspace, subject, about, payload, size, held_us, expires_us];
    Ok(match db.prepare_cached(insert)?.execute(values)? {
        0 => Holding::IdTaken,
        _ => Holding::Kept,
    })
}

fn check_room(db: &Connection, new: &NewHeld) -> Result<(), Trouble> {
    let query = "SELECT count(*), coalesce(sum(size), 0) FROM held
        WHERE plugin = ?1 AND stage < ?2";
    let mut statement = db.prepare_cached(query)?;
    let (count, bytes): (u32, u64) = statement
        .query_row(params![new.plugin, STAGE_TOLD], |row| {
            Ok((row.get(0)?, integer::count(row, 1)?))
        })?;
    let limit = if count >= HELD {
        format!("{HELD} held at once")
    } else if bytes + new.payload.len() as u64 > HELD_BYTES {
        format!("{} MiB held at once", HELD_BYTES >> 20)
    } else {
        return Ok(());
    };
    Err(Trouble::Store(StoreError::OverLimit { plugin: new.plugin.clone(), limit }))
}

pub fn forget(db: &Connection, id: &str) -> Result<(), Trouble> {
    let delete = "DELETE FROM held WHERE id = ?1 AND stage = ?2";
    db.prepare_cached(delete)?.execute(params![id, STAGE_HELD])?;
    Ok(())
}

pub fn decide(db: &Connection, id: &str, decision: Decision) -> Result<Deciding, Trouble> {
    let Some(kept) = look(db, id)? else { return Ok(Deciding::Unknown) };
    let over = match kept.stage {
        Stage::Held => Decision::of_time(kept.is.expires_us, decision.at_us),
        Stage::Decided(_) | Stage::Told(_) => None,
    };
    if let Some(over) = over {
        write(db, &kept, Stage::Decided(over.clone()))?;
        return Ok(Deciding::Decided(over));
    }
    match kept.stage.decide(decision) {
        Ok(next) => write(db, &kept, next).map(|()| Deciding::Won),
        Err(first) => Ok(Deciding::Decided(first)),
    }
}

/// Writes a stage, in its turn where it is a decision.
fn write(db: &Connection, kept: &Kept, stage: Stage) -> Result<(), Trouble> {
    match stage {
        Stage::Held => {
            let update = "UPDATE held SET stage = ?2, attempts = 0 WHERE number = ?1";
            db.prepare_cached(update)?.execute(params![kept.number, STAGE_HELD])?;
        }
        Stage::Decided(Decision { way, by, at_us }) => {
            let (released, Why { code, text }) = match way {
                Way::Release => (true, Why::default()),
                Way::Drop(why) => (false, why),
            };
            let update = "UPDATE held SET stage = ?2, released = ?3, decider = ?4, code = ?5,
                why = ?6, decided_us = ?7, turn = (SELECT coalesce(max(turn), 0) + 1 FROM held)
                WHERE number = ?1";
            let by = by.to_string();
            let values = params![kept.number, STAGE_DECIDED, released, by, code, text, at_us];
            db.prepare_cached(update)?.execute(values)?;
        }
        Stage::Told(_) => {
            let update = "UPDATE held SET stage = ?2, payload = x'' WHERE number = ?1";
            db.prepare_cached(update)?.execute(params![kept.number, STAGE_TOLD])?;
        }
    }
    Ok(())
}

pub fn untold(db: &Connection, after_turn: i64, most: u32) -> Result<Vec<Kept>, Trouble> {
    let query = format!(
        "SELECT {COLUMNS}, payload FROM held WHERE stage = ?1 AND turn > ?2 ORDER BY turn LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map(params![STAGE_DECIDED, after_turn, most], read_whole)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn attempt(db: &Connection, id: &str) -> Result<Option<u32>, Trouble> {
    let raise = "UPDATE held SET attempts = attempts + 1 WHERE id = ?1 AND stage = ?2
        RETURNING attempts";
    let raised = db.prepare_cached(raise)?.query_row(params![id, STAGE_DECIDED], |row| row.get(0));
    Ok(raised.optional()?)
}

pub fn answered(db: &Connection, id: &str, answer: Answer, note: &str) -> Result<(), Trouble> {
    let Some(kept) = look(db, id)? else { return Ok(()) };
    let next = kept.stage.clone().answered(answer);
    if next == kept.stage {
        return Ok(());
    }
    write(db, &kept, next)?;
    let update = "UPDATE held SET note = ?2 WHERE number = ?1";
    db.prepare_cached(update)?.execute(params![kept.number, note])?;
    Ok(())
}

pub fn sweep(db: &Connection, now_us: i64) -> Result<Swept, Trouble> {
    let over = format!(
        "SELECT {COLUMNS} FROM held WHERE stage = 0 AND expires_us <= ?1
        ORDER BY expires_us, number LIMIT {SWEPT}"
    );
    let over: Vec<Kept> = {
        let mut statement = db.prepare_cached(&over)?;
        let rows = statement.query_map([now_us], read)?;
        rows.collect::<Result<_, _>>()?
    };
    for kept in &over {
        if let Some(decision) = Decision::of_time(kept.is.expires_us, now_us) {
            write(db, kept, Stage::Decided(decision))?;
        }
    }
    forget_told(db, now_us)?;
    let next = "SELECT min(expires_us) FROM held WHERE stage = 0";
    let next_us = db.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    Ok(Swept { dropped: over.len(), next_us })
}

fn forget_told(db: &Connection, now_us: i64) -> Result<(), Trouble> {
    let old = "DELETE FROM held WHERE stage = ?1 AND decided_us <= ?2";
    db.prepare_cached(old)?.execute(params![STAGE_TOLD, now_us.saturating_sub(TOLD_AGE_US)])?;
    let many = "DELETE FROM held WHERE number IN
        (SELECT number FROM held WHERE stage = ?1 ORDER BY turn DESC LIMIT -1 OFFSET ?2)";
    db.prepare_cached(many)?.execute(params![STAGE_TOLD, TOLD])?;
    Ok(())
}

pub fn deleted(
    db: &Connection,
    workspace: &str,
    subjects: &BTreeSet<String>,
    now_us: i64,
) -> Result<usize, Trouble> {
    let query =
        format!("SELECT {COLUMNS} FROM held WHERE stage = 0 AND workspace = ?1 AND subject = ?2");
    let mut dropped = 0;
    for subject in subjects {
        let about: Vec<Kept> = {
            let mut statement = db.prepare_cached(&query)?;
            let rows = statement.query_map(params![workspace, subject], read)?;
            rows.collect::<Result<_, _>>()?
        };
        for kept in &about {
            write(db, kept, Stage::Decided(Decision::of_deletion(now_us)))?;
        }
        dropped += about.len();
    }
    Ok(dropped)
}

pub fn forget_user(
    db: &Connection,
    whose: &Whose,
    redact: Redact,
    now_us: i64,
) -> Result<usize, Trouble> {
    let query = format!(
        "SELECT {COLUMNS}, payload FROM held WHERE (?1 = '' OR workspace = ?1) ORDER BY number"
    );
    let all: Vec<Kept> = {
        let mut statement = db.prepare_cached(&query)?;
        let rows = statement.query_map([&whose.workspace], read_whole)?;
        rows.collect::<Result<_, _>>()?
    };
    let mut held = 0;
    for kept in all.iter().filter(|kept| !kept.is_released_untold()) {
        let redacted = redact(&whose.user, &kept.is.about, &kept.is.payload);
        let Some((about, payload)) = redacted else { continue };
        let payload = if kept.is.payload.is_empty() { Vec::new() } else { payload };
        let update = "UPDATE held SET about = ?2, payload = ?3 WHERE number = ?1";
        db.prepare_cached(update)?.execute(params![kept.number, about, payload])?;
        if kept.stage == Stage::Held {
            held += 1;
            write(db, kept, Stage::Decided(Decision::of_deletion(now_us)))?;
        }
    }
    Ok(held)
}

pub fn list(db: &Connection, wanted: &Wanted) -> Result<Vec<Kept>, Trouble> {
    let query = format!(
        "SELECT {COLUMNS} FROM held WHERE stage < ?1 AND number > ?2
            AND (?3 IS NULL OR plugin = ?3) AND (?4 IS NULL OR queue = ?4)
        ORDER BY number LIMIT ?5"
    );
    let mut statement = db.prepare_cached(&query)?;
    let Wanted { plugin, queue, after, most } = wanted;
    let rows = statement.query_map(params![STAGE_TOLD, after, plugin, queue, most], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn show(db: &Connection, id: &str) -> Result<Option<Kept>, Trouble> {
    let query = format!("SELECT {COLUMNS}, payload FROM held WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id], read_whole).optional()?)
}

/// Without the payload.
fn look(db: &Connection, id: &str) -> Result<Option<Kept>, Trouble> {
    let query = format!("SELECT {COLUMNS} FROM held WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id], read).optional()?)
}

fn read_whole(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let mut kept = read(row)?;
    kept.is.payload = row.get::<_, Vec<u8>>(18)?.into();
    Ok(kept)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        number: row.get(0)?,
        is: NewHeld {
            id: row.get(1)?,
            plugin: row.get(2)?,
            queue: row.get(3)?,
            workspace: row.get(4)?,
            subject: row.get(5)?,
            about: row.get(6)?,
            payload: bytes::Bytes::new(),
            held_us: row.get(8)?,
            expires_us: row.get(9)?,
        },
        size: integer::count(row, 7)?,
        stage: read_stage(row)?,
        note: row.get(17)?,
        turn: row.get(16)?,
    })
}

fn read_stage(row: &Row<'_>) -> rusqlite::Result<Stage> {
    let stage: u8 = row.get(10)?;
    if stage == STAGE_HELD {
        return Ok(Stage::Held);
    }
    let why = Why { code: row.get(13)?, text: row.get(14)? };
    let by = row.get::<_, String>(12)?.parse().map_err(|text: String| {
        rusqlite::Error::FromSqlConversionFailure(12, rusqlite::types::Type::Text, text.into())
    })?;
    let way = if row.get(11)? { Way::Release } else { Way::Drop(why) };
    let decision = Decision { way, by, at_us: row.get(15)? };
    Ok(if stage == STAGE_DECIDED { Stage::Decided(decision) } else { Stage::Told(decision) })
}
