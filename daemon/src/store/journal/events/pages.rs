//! Reading what waits, lane by lane; whatever is read may be handed over from then on.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::super::super::thread::Trouble;
use crate::delivery::journal::{Kept, LANE_ROWS, LanePage, PAGE_BYTES, PAGE_LANES, Page, Seq};

/// Lanes after one, in their names' order.
pub fn lanes(db: &Connection, subscription: i64, after: Option<&str>) -> Result<Page, Trouble> {
    let (mut page, mut bytes) = (Page::default(), 0);
    let mut last = after.map(str::to_owned);
    loop {
        let Some(name) = next_lane(db, subscription, last.as_deref())? else {
            page.end = true;
            return Ok(page);
        };
        if page.lanes.len() >= PAGE_LANES || bytes >= PAGE_BYTES {
            return Ok(page);
        }
        let read = read(db, subscription, &name, Seq::MIN)?;
        bytes += read.rows.iter().map(|row| row.body.len()).sum::<usize>();
        page.lanes.push(read);
        last = Some(name);
    }
}

/// More of one lane.
pub fn lane(
    db: &Connection,
    subscription: i64,
    lane: &str,
    after: Seq,
) -> Result<LanePage, Trouble> {
    read(db, subscription, lane, after)
}

/// One step in the index, however many rows a lane has.
fn next_lane(
    db: &Connection,
    subscription: i64,
    after: Option<&str>,
) -> Result<Option<String>, Trouble> {
    let next = match after {
        Some(after) => {
            let query = "SELECT lane FROM delivery WHERE subscription = ?1 AND lane > ?2
                ORDER BY lane LIMIT 1";
            let mut statement = db.prepare_cached(query)?;
            statement.query_row(params![subscription, after], |row| row.get(0)).optional()?
        }
        None => {
            let query = "SELECT lane FROM delivery WHERE subscription = ?1 ORDER BY lane LIMIT 1";
            let mut statement = db.prepare_cached(query)?;
            statement.query_row([subscription], |row| row.get(0)).optional()?
        }
    };
    Ok(next)
}

fn read(db: &Connection, subscription: i64, lane: &str, after: Seq) -> Result<LanePage, Trouble> {
    let query = "SELECT d.seq, d.attempt, d.failures, d.at_us, e.body
        FROM delivery d JOIN event e ON e.id = d.event
        WHERE d.subscription = ?1 AND d.lane = ?2 AND d.seq > ?3 ORDER BY d.seq LIMIT ?4";
    let mut statement = db.prepare_cached(query)?;
    let most = LANE_ROWS + 1;
    let mut found = statement.query(params![subscription, lane, after, most as i64])?;
    let mut page = LanePage { lane: Arc::from(lane), rows: Vec::new(), more: false };
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        if page.rows.len() == LANE_ROWS || bytes >= PAGE_BYTES {
            page.more = true;
            break;
        }
        let body: Vec<u8> = row.get(4)?;
        bytes += body.len();
        page.rows.push(Kept {
            seq: row.get(0)?,
            attempt: row.get(1)?,
            failures: row.get(2)?,
            at_us: row.get(3)?,
            body: body.into(),
        });
    }
    let mut mark =
        db.prepare_cached("UPDATE delivery SET handed = 1 WHERE seq = ?1 AND handed = 0")?;
    for row in &page.rows {
        mark.execute([row.seq])?;
    }
    Ok(page)
}
