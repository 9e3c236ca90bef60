//! The limit below durable events: one thread, one SQLite, the rows that the daemon writes for an
//! event with one subscriber, so many events a commit.
//!
//! The tables are copied from the daemon's own journal, so that they cannot drift. It refuses to
//! know anything of delivery.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use prost::Message as _;
use rusqlite::{Connection, OpenFlags, params};

use crate::publisher::posted;

/// Events of one commit: where a group of the daemon closes.
const GROUP: i64 = 256;

/// What becomes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// They stay until the slice is over.
    Stay,
    /// Each commit takes out those of the one before.
    Go,
}

/// A database, its tables empty.
pub struct Bare {
    connection: Connection,
    rows: Rows,
    published: i64,
}

impl Bare {
    /// Makes one on the disk where a daemon keeps its state.
    pub fn open(state: &Path, rows: Rows) -> anyhow::Result<Self> {
        let connection = Connection::open(state.join(format!("bare-{rows:?}.db")))?;
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            ("secure_delete", "ON"),
            ("trusted_schema", "OFF"),
        ] {
            connection.pragma_update(None, pragma, value)?;
        }
        connection.execute_batch(&tables_of(&state.join("journal.db"))?)?;
        Ok(Self { connection, rows, published: 0 })
    }

    /// Events a second, for so long.
    pub fn slice(&mut self, length: Duration) -> anyhow::Result<f64> {
        let (before, started) = (self.published, Instant::now());
        while started.elapsed() < length {
            self.commit()?;
        }
        let rate = (self.published - before) as f64 / started.elapsed().as_secs_f64();
        self.connection.execute_batch("DELETE FROM delivery; DELETE FROM event;")?;
        Ok(rate)
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        if self.rows == Rows::Go {
            self.remove_group()?;
        }
        for _ in 0..GROUP {
            self.published += 1;
            self.insert(self.published)?;
        }
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    fn insert(&self, number: i64) -> anyhow::Result<()> {
        let mut event = posted(number.unsigned_abs());
        event.id = uuid::Uuid::now_v7().to_string();
        let body = event.encode_to_vec();
        let step = |sql| self.connection.prepare_cached(sql);
        step("INSERT OR IGNORE INTO published (event_id, at_us) VALUES (?1, ?2)")?
            .execute(params![event.id, number])?;
        step(
            "INSERT INTO event (id, event_id, kind, workspace, message, at_us, body)
            VALUES (?1, ?2, 'message.posted', '', ?3, ?1, ?4)",
        )?
        .execute(params![number, event.id, format!("m-{number}"), body])?;
        step(
            "INSERT INTO delivery (seq, subscription, lane, event, shared, size, at_us, handed)
            VALUES (?1, 1, ?2, ?1, 0, ?3, ?1, 1)",
        )?
        .execute(params![
            number,
            format!("c-{}", number % 256),
            i64::try_from(body.len())?
        ])?;
        Ok(())
    }

    fn remove_group(&self) -> anyhow::Result<()> {
        let step = |sql| self.connection.prepare_cached(sql);
        for number in (self.published - GROUP + 1)..=self.published {
            step("DELETE FROM delivery WHERE seq = ?1")?.execute([number])?;
            step("DELETE FROM event WHERE id = ?1")?.execute([number])?;
        }
        Ok(())
    }
}

/// The tables and indexes that events take, as the daemon made them.
fn tables_of(journal: &Path) -> anyhow::Result<String> {
    let connection = Connection::open_with_flags(journal, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("opening {}", journal.display()))?;
    let mut query = connection.prepare(
        "SELECT sql FROM sqlite_master
        WHERE sql IS NOT NULL AND tbl_name IN ('published', 'event', 'delivery')
        ORDER BY type DESC",
    )?;
    let tables: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    anyhow::ensure!(tables.len() >= 3, "the journal's tables are not those of this bench");
    Ok(tables.join(";\n"))
}
