//! The rows of ended generations: written, read, trimmed. What they mean is not asked here.

use super::super::integer::{count, micros, signed};
use super::super::thread::Trouble;
use crate::config::name::PluginName;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::time::Duration;

/// End records kept per plugin: a crash loop's last ten minutes at full back-off.
pub const KEPT_ENDS: u32 = 50;
/// The most of a plugin's stderr that is kept with an end, in bytes.
pub const STDERR_LIMIT: usize = 16 * 1024;

/// How a generation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRecord {
    /// Which one.
    pub generation: u64,
    /// When.
    pub at: Timestamp,
    /// One of the causes of the design: `oom`, `hung`, …
    pub cause: String,
    /// What an operator should know besides.
    pub detail: String,
    /// `code 1`, `signal 9 (SIGKILL)`, or empty.
    pub exit: String,
    /// How long it had run.
    pub uptime: Duration,
    /// The most memory it had used, in bytes.
    pub peak_memory_bytes: u64,
    /// The processor time it had used.
    pub cpu: Duration,
    /// The last it wrote to stderr; cut to the newest [`STDERR_LIMIT`] bytes.
    pub stderr: Vec<u8>,
}

pub fn record(db: &Connection, name: &PluginName, end: &EndRecord) -> Result<(), Trouble> {
    let insert = "INSERT INTO end_record (plugin, generation, at_us, cause, detail, exit,
        uptime_us, peak_memory_bytes, cpu_us, stderr)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let newest = end.stderr.len().saturating_sub(STDERR_LIMIT);
    let values = params![
        name.as_str(),
        signed(end.generation),
        end.at.as_microsecond(),
        end.cause,
        end.detail,
        end.exit,
        micros(end.uptime),
        signed(end.peak_memory_bytes),
        micros(end.cpu),
        &end.stderr[newest..],
    ];
    db.execute(insert, values)?;
    let prune = "DELETE FROM end_record WHERE plugin = ?1 AND id <= (SELECT id FROM end_record
        WHERE plugin = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
    db.execute(prune, params![name.as_str(), KEPT_ENDS])?;
    Ok(())
}

pub fn of(db: &Connection, name: &PluginName) -> Result<Vec<EndRecord>, Trouble> {
    let query = "SELECT generation, at_us, cause, detail, exit, uptime_us, peak_memory_bytes,
        cpu_us, stderr FROM end_record WHERE plugin = ?1 ORDER BY id DESC";
    let mut statement = db.prepare_cached(query)?;
    let rows = statement.query_map([name.as_str()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<EndRecord> {
    Ok(EndRecord {
        generation: count(row, 0)?,
        at: Timestamp::from_microsecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
        cause: row.get(2)?,
        detail: row.get(3)?,
        exit: row.get(4)?,
        uptime: Duration::from_micros(count(row, 5)?),
        peak_memory_bytes: count(row, 6)?,
        cpu: Duration::from_micros(count(row, 7)?),
        stderr: row.get(8)?,
    })
}
