//! Forgetting a user in the rows of events. What an event says of whom is not asked here.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::super::super::thread::Trouble;
use crate::delivery::journal::Outcome;

/// Events read at once.
const PAGE: usize = 256;

/// Rewrites every event that says something of a user, there or everywhere.
pub fn user(
    db: &Connection,
    user: &str,
    workspace: &str,
    redact: fn(&str, &[u8]) -> Option<Vec<u8>>,
) -> Result<Outcome, Trouble> {
    let (mut after, mut concerned) = (0, HashSet::new());
    loop {
        let page = page(db, workspace, after)?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (id, body) in page {
            if let Some(body) = redact(user, &body) {
                let update = "UPDATE event SET body = ?2 WHERE id = ?1";
                db.prepare_cached(update)?.execute(params![id, body])?;
                concerned.insert(id);
            }
        }
    }
    let dead_letters = if concerned.is_empty() { 0 } else { letters(db, &concerned)? };
    Ok(Outcome::Forgotten { events: concerned.len() as u64, dead_letters })
}

fn page(db: &Connection, workspace: &str, after: i64) -> Result<Vec<(i64, Vec<u8>)>, Trouble> {
    let query = format!(
        "SELECT id, body FROM event WHERE id > ?1 AND (?2 = '' OR workspace = ?2)
        ORDER BY id LIMIT {PAGE}"
    );
    let mut query = db.prepare_cached(&query)?;
    let rows = query.query_map(params![after, workspace], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Dead letters of these events.
fn letters(db: &Connection, events: &HashSet<i64>) -> Result<u64, Trouble> {
    let mut query = db.prepare_cached("SELECT event FROM dead_letter")?;
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += u64::from(events.contains(&row.get(0)?));
    }
    Ok(count)
}
