//! SQLite's integers are signed, our counts are not; none of ours comes near the difference.

use rusqlite::Row;
use std::time::Duration;

/// A count as SQLite keeps it.
pub fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A span in microseconds as SQLite keeps it.
pub fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// A count out of a row; what no writer of ours wrote is 0.
pub fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
