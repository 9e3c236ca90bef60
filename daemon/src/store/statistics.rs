//! `statistics.db`: what was counted, a row for each hour and name. It keeps numbers; what they are
//! about is not its business, and nothing fails because it does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::integer::{count, signed};
use super::schema::{self, Health};
use super::set_aside::{emptied, set_aside};
use super::thread::{StoreThread, Trouble};
use crate::statistics::histogram::BUCKETS;
use crate::statistics::kind::OUTCOMES;
use crate::statistics::{Entry, Kind, Sum};

/// How long an hour is kept: 90 days.
pub const KEPT_HOURS: i64 = 90 * 24;
/// What all hours may take together, bytes; beyond it the oldest go. Two hundred plugins that use
/// forty names each in every hour fill it in some three weeks; with ten names each, 90 days fit.
const MOST: u64 = 512 << 20;
/// A file up to so many bytes is read through at the daemon's start.
const READ_THROUGH: u64 = 64 << 20;
/// Bytes of a row, roughly.
const ROW: usize = 256;

/// The steps to today's tables.
pub const MIGRATIONS: &[&str] = &["
    CREATE TABLE hour (
        hour INTEGER NOT NULL,
        plugin TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        ok INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        timed_out INTEGER NOT NULL,
        protocol INTEGER NOT NULL,
        over_limit INTEGER NOT NULL,
        unavailable INTEGER NOT NULL,
        denied INTEGER NOT NULL,
        cancelled INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        bytes_out INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL,
        breaker_openings INTEGER NOT NULL,
        value REAL NOT NULL,
        last_used_us INTEGER NOT NULL,
        latency BLOB NOT NULL,
        PRIMARY KEY (hour, plugin, kind, name)
    ) STRICT, WITHOUT ROWID;
"];

const COLUMNS: &str = "ok, failed, timed_out, protocol, over_limit, unavailable, denied, \
     cancelled, skipped, bytes_out, bytes_in, breaker_openings, value, last_used_us, latency";

/// The handle. Clones share one thread.
#[derive(Clone)]
pub struct HourBook {
    thread: StoreThread,
    /// What all hours may take together, bytes.
    most: u64,
}

/// What came of opening the file. Whatever came of it, the daemon starts.
#[derive(Clone)]
pub struct Opened {
    /// The book, where there is one.
    pub book: Option<HourBook>,
    /// What an operator has to know.
    pub trouble: Option<String>,
}

impl HourBook {
    /// Opens the database; a damaged one is set aside, and what cannot be opened is told. Blocks:
    /// for a daemon's start.
    #[must_use]
    pub fn open_or_tell(path: &Path, now: Timestamp) -> Opened {
        match Self::open_or_set_aside(path, now) {
            Ok((book, None)) => Opened { book: Some(book), trouble: None },
            Ok((book, Some((copy, why)))) => {
                let copy = copy.display();
                let trouble =
                    format!("statistics were damaged ({why}); they lie at {copy}, new ones begin");
                Opened { book: Some(book), trouble: Some(trouble) }
            }
            Err(error) => {
                let trouble = format!("statistics are not kept: {error}");
                Opened { book: None, trouble: Some(trouble) }
            }
        }
    }

    fn open_or_set_aside(
        path: &Path,
        now: Timestamp,
    ) -> Result<(Self, Option<(PathBuf, String)>), StoreError> {
        let why = match emptied(path) {
            true => "the file is empty".to_owned(),
            false => match Self::open(path) {
                Ok(book) => return Ok((book, None)),
                Err(StoreError::Corrupted { detail, .. }) => detail,
                Err(other) => return Err(other),
            },
        };
        let copy = set_aside(path, now)?;
        Ok((Self::open(path)?, Some((copy, why))))
    }

    fn open(path: &Path) -> Result<Self, StoreError> {
        let is_small = std::fs::metadata(path).map_or(true, |it| it.len() <= READ_THROUGH);
        let health = if is_small { Health::Check } else { Health::Known };
        let connection = schema::open_with(path, MIGRATIONS, health)?;
        Ok(Self { thread: StoreThread::start(connection, path)?, most: MOST })
    }

    /// Closes the database and waits until its files are at rest.
    pub async fn close(&self) {
        self.thread.close().await;
    }

    /// Adds what was counted to its hours, all of it or nothing, and drops hours that are too old
    /// beside `this_hour`, or too much with it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add(
        &self,
        entries: Arc<Vec<(i64, Entry)>>,
        this_hour: i64,
    ) -> Result<(), StoreError> {
        let (bytes, most) = (entries.len() * ROW, self.most);
        let add = move |db: &Connection| {
            for (hour, entry) in &*entries {
                add_one(db, *hour, entry)?;
            }
            let mut drop = db.prepare_cached("DELETE FROM hour WHERE hour < ?1")?;
            drop.execute([this_hour - KEPT_HOURS])?;
            drop_beyond(db, most, this_hour)
        };
        self.thread.run(bytes, add).await
    }

    /// Sums from an hour on, of one plugin or of all.
    ///
    /// # Errors
    /// The database failed.
    pub async fn since(&self, hour: i64, plugin: Option<String>) -> Result<Vec<Entry>, StoreError> {
        self.thread.run(0, move |db| read(db, hour, plugin.as_deref())).await
    }
}

/// Drops the oldest hours until the others fit; this one stays, whatever it takes.
fn drop_beyond(db: &Connection, most: u64, this_hour: i64) -> Result<(), Trouble> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let page = number("page_size")?;
    let used = || -> rusqlite::Result<u64> {
        let pages = number("page_count")? - number("freelist_count")?;
        Ok(u64::try_from(pages * page).unwrap_or(0))
    };
    while used()? > most {
        let mut drop = db.prepare_cached(
            "DELETE FROM hour WHERE hour = (SELECT min(hour) FROM hour) AND hour < ?1",
        )?;
        if drop.execute([this_hour])? == 0 {
            break;
        }
    }
    Ok(())
}

fn add_one(db: &Connection, hour: i64, entry: &Entry) -> Result<(), Trouble> {
    let find = format!(
        "SELECT {COLUMNS} FROM hour WHERE hour = ?1 AND plugin = ?2 AND kind = ?3 AND name = ?4"
    );
    let Entry { plugin, kind, name, sum } = entry;
    let key = params![hour, plugin, kind.as_str(), name];
    let before = db.prepare_cached(&find)?.query_row(key, |row| sum_of(row, 0)).optional()?;
    let mut sum = sum.clone();
    before.iter().for_each(|before| sum.add(before));
    let put = format!(
        "INSERT OR REPLACE INTO hour (hour, plugin, kind, name, {COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
         ?19)"
    );
    let of = sum.outcomes.map(signed);
    db.prepare_cached(&put)?.execute(params![
        hour,
        plugin,
        kind.as_str(),
        name,
        of[0],
        of[1],
        of[2],
        of[3],
        of[4],
        of[5],
        of[6],
        of[7],
        of[8],
        signed(sum.bytes_out),
        signed(sum.bytes_in),
        signed(sum.breaker_openings),
        sum.value,
        sum.last_used_us,
        packed(&sum),
    ])?;
    Ok(())
}

type Names = (String, Kind, String);

fn read(db: &Connection, hour: i64, plugin: Option<&str>) -> Result<Vec<Entry>, Trouble> {
    let query = format!(
        "SELECT plugin, kind, name, {COLUMNS} FROM hour \
         WHERE hour >= ?1 AND (?2 IS NULL OR plugin = ?2)"
    );
    let mut statement = db.prepare_cached(&query)?;
    let mut rows = statement.query(params![hour, plugin])?;
    let mut sums: BTreeMap<Names, Sum> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // What another daemon counted beyond what this one knows is not shown.
        let Ok(kind) = row.get::<_, String>(1)?.parse::<Kind>() else { continue };
        let names = (row.get(0)?, kind, row.get(2)?);
        sums.entry(names).or_default().add(&sum_of(row, 3)?);
    }
    let entry = |((plugin, kind, name), sum): (Names, Sum)| Entry {
        plugin: Arc::from(plugin),
        kind,
        name: name.into(),
        sum,
    };
    Ok(sums.into_iter().map(entry).collect())
}

/// The sum in a row whose columns begin at `first`.
fn sum_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Sum> {
    let mut sum = Sum::default();
    for (at, outcome) in sum.outcomes.iter_mut().enumerate() {
        *outcome = count(row, first + at)?;
    }
    let first = first + OUTCOMES;
    sum.bytes_out = count(row, first)?;
    sum.bytes_in = count(row, first + 1)?;
    sum.breaker_openings = count(row, first + 2)?;
    sum.value = row.get(first + 3)?;
    sum.last_used_us = row.get(first + 4)?;
    unpack(row.get_ref(first + 5)?.as_blob()?, &mut sum);
    Ok(sum)
}

/// Filled buckets: a byte for which, eight for how many.
fn packed(sum: &Sum) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, count) in sum.latency.filled() {
        bytes.push(u8::try_from(at.min(BUCKETS - 1)).unwrap_or(u8::MAX));
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    bytes
}

fn unpack(bytes: &[u8], sum: &mut Sum) {
    for piece in bytes.chunks_exact(9) {
        if let Ok(count) = piece[1..].try_into() {
            sum.latency.put(usize::from(piece[0]), u64::from_le_bytes(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::statistics::Outcome;
    use crate::statistics::histogram::Histogram;

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    fn entry(name: &str, us: u64) -> Entry {
        let mut latency = Histogram::<u32>::default();
        latency.count(Duration::from_micros(us));
        let mut sum = Sum { bytes_out: 5, value: 0.5, last_used_us: 9, ..Sum::default() };
        sum.outcomes[Outcome::Ok as usize] = 1;
        sum.latency.add(&latency);
        Entry { plugin: "dice".into(), kind: Kind::Command, name: name.into(), sum }
    }

    fn open(folder: &tempfile::TempDir) -> Opened {
        HourBook::open_or_tell(&folder.path().join("statistics.db"), now())
    }

    #[tokio::test]
    async fn hours_add_up_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let book = open(&folder).book.unwrap();
        book.add(vec![(10, entry("roll", 800)), (11, entry("roll", 800))].into(), 11)
            .await
            .unwrap();
        book.add(vec![(11, entry("roll", 90_000))].into(), 11).await.unwrap();
        let all = book.since(0, None).await.unwrap();
        assert_eq!((all.len(), all[0].sum.invocations(), all[0].sum.bytes_out), (1, 3, 15));
        assert_eq!(all[0].sum.latency.total(), 3);
        assert!(all[0].sum.latency.quantile_us(990) > 80_000);
        assert_eq!(book.since(11, Some("dice".into())).await.unwrap()[0].sum.invocations(), 2);
        assert!(book.since(11, Some("ice".into())).await.unwrap().is_empty());
        book.add(vec![(11 + KEPT_HOURS, entry("roll", 1))].into(), 11 + KEPT_HOURS).await.unwrap();
        assert_eq!(book.since(0, None).await.unwrap()[0].sum.invocations(), 3);
    }

    #[tokio::test]
    async fn numbers_at_their_end_stay_there() {
        let folder = tempfile::tempdir().unwrap();
        let book = open(&folder).book.unwrap();
        for _ in 0..2 {
            let mut huge = entry("roll", 1);
            huge.sum.outcomes[0] = u64::MAX;
            huge.sum.value = f64::MAX;
            book.add(vec![(1, huge)].into(), 1).await.unwrap();
        }
        let sum = book.since(0, None).await.unwrap().remove(0).sum;
        assert!(sum.outcomes[0] >= i64::MAX as u64);
        assert_eq!(sum.value, f64::MAX);
    }

    #[tokio::test]
    async fn the_oldest_hours_go_when_all_of_them_are_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = open(&folder).book.unwrap();
        book.most = 32 << 10;
        for hour in 0..40 {
            let entries: Vec<_> =
                (0..20).map(|name| (hour, entry(&name.to_string(), 800))).collect();
            book.add(entries.into(), hour).await.unwrap();
        }
        let kept = book.since(0, None).await.unwrap()[0].sum.invocations();
        assert!((1..40).contains(&kept), "{kept} hours");
        assert_eq!(book.since(39, None).await.unwrap().len(), 20, "this hour is whole");
        book.most = 0;
        book.add(vec![(40, entry("0", 1))].into(), 40).await.unwrap();
        assert_eq!(book.since(0, None).await.unwrap().len(), 1);
    }

    // I94
    #[tokio::test]
    async fn damaged_statistics_are_set_aside_and_newer_ones_left_alone() {
        for damage in ["rubbish ".repeat(1000), String::new()] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("statistics.db"), damage).unwrap();
            let opened = open(&folder);
            assert!(opened.trouble.unwrap().contains("statistics.db.damaged-"));
            assert!(opened.book.unwrap().since(0, None).await.unwrap().is_empty());
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statistics.db");
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        drop(newer);
        let opened = open(&folder);
        assert!(opened.book.is_none());
        assert!(opened.trouble.unwrap().contains("schema 99"));
    }
}
