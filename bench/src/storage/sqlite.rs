//! SQLite's own time: one thread, the daemon's tables, one commit for each set.
//!
//! The tables are copied from a plugin's own file, so that they cannot drift. It refuses to know
//! quotas, revisions that are compared, and who is told.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags, params};

use super::plugin::{VALUE_BYTES, key};
use crate::statistics::median;

/// A database with the tables of a plugin's storage.
pub struct Bare {
    connection: Connection,
    revision: i64,
}

impl Bare {
    /// Makes one on the disk where a daemon keeps its state, like that plugin's.
    pub fn open(state: &Path, like: &str) -> anyhow::Result<Self> {
        let connection = Connection::open(state.join("bare-storage.db"))?;
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "NORMAL"),
            ("secure_delete", "ON"),
            ("trusted_schema", "OFF"),
        ] {
            connection.pragma_update(None, pragma, value)?;
        }
        connection.execute_batch(&tables_of(&state.join("storage").join(format!("{like}.db")))?)?;
        connection.execute("INSERT INTO state (one) VALUES (1)", [])?;
        Ok(Self { connection, revision: 0 })
    }

    /// The medians of a set and of a get, half of the time each.
    pub fn slice(&mut self, length: Duration) -> anyhow::Result<(Duration, Duration)> {
        let set = self.repeat(length / 2, Self::set)?;
        let get = self.repeat(length / 2, Self::get)?;
        Ok((set, get))
    }

    fn repeat(
        &mut self,
        length: Duration,
        mut work: impl FnMut(&mut Self, u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<Duration> {
        let (started, mut times) = (Instant::now(), Vec::new());
        for number in 0.. {
            let before = Instant::now();
            work(self, number)?;
            times.push(before.elapsed().as_secs_f64());
            if started.elapsed() > length {
                break;
            }
        }
        Ok(Duration::from_secs_f64(median(&times)))
    }

    fn set(&mut self, number: u64) -> anyhow::Result<()> {
        self.revision += 1;
        let step = |sql| self.connection.prepare_cached(sql);
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        step(
            "INSERT INTO entry (key, value, revision) VALUES (?1, ?2, ?3)
            ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3",
        )?
        .execute(params![key(number), [b'v'; VALUE_BYTES], self.revision])?;
        step("UPDATE state SET revision = ?1")?.execute([self.revision])?;
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    fn get(&mut self, number: u64) -> anyhow::Result<()> {
        let sql = "SELECT value FROM entry WHERE key = ?1";
        let mut step = self.connection.prepare_cached(sql)?;
        let value: Vec<u8> = step.query_row([key(number)], |row| row.get(0)).unwrap_or_default();
        std::hint::black_box(value);
        Ok(())
    }
}

/// The tables and indexes, as the daemon made them.
fn tables_of(file: &Path) -> anyhow::Result<String> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("opening {}", file.display()))?;
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC";
    let mut query = connection.prepare(sql)?;
    let tables: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    anyhow::ensure!(tables.len() >= 3, "the storage's tables are not those of this bench");
    Ok(tables.join(";\n"))
}
