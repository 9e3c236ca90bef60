//! One plugin's shelf on disk: a database of its own, one connection, pages counted against a
//! quota. It knows rows; what a change does to them is `storage::decide`'s to say.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::integer;
use super::schema::{self, Health, Migrations};
use super::set_aside;
use crate::storage::StorageFault;
use crate::storage::port::{
    Applied, Batch, Content, Durability, Entry, Key, Micros, News, Page, Refusal, Scan, Shelf,
    Usage,
};

mod copy;
mod rows;

pub use copy::{Secrets, copy_shelf, stage_shelf};
use rows::{Row, State};

/// The steps to today's tables.
pub const MIGRATIONS: Migrations = &["
    CREATE TABLE entry (
        key TEXT NOT NULL UNIQUE,
        value BLOB,
        number INTEGER,
        seal INTEGER,
        revision INTEGER NOT NULL,
        expires_us INTEGER
    ) STRICT;
    CREATE INDEX entry_by_expiry ON entry (expires_us) WHERE expires_us IS NOT NULL;
    CREATE TABLE state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        revision INTEGER NOT NULL DEFAULT 0,
        keys INTEGER NOT NULL DEFAULT 0,
        secrets INTEGER NOT NULL DEFAULT 0,
        damaged_us INTEGER,
        told INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    INSERT INTO state (one) VALUES (1);
"];

/// Bytes of a page.
const PAGE_BYTES: u64 = 4096;
/// Below this a database cannot even be empty.
const LEAST_PAGES: u64 = 16;
/// Pages that a change may need beyond its own bytes: what splits of a tree take.
const SLACK_PAGES: u64 = 8;
/// Expired rows that one transaction drops.
const EXPIRED: u32 = 256;

/// One plugin's shelf on disk.
pub struct SqliteShelf {
    db: Connection,
    path: PathBuf,
    synced: Durability,
    quota: u64,
    /// As it stands in the file: nobody else writes there.
    state: State,
    /// Nothing goes away by itself before; none where nothing ever does.
    soonest: Option<Micros>,
}

/// Why a group of batches was not kept.
enum Trouble {
    Sqlite(rusqlite::Error),
    Refused(Refusal),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl SqliteShelf {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// It cannot be written, is damaged, or a newer daemon's.
    pub fn open(path: &Path, health: Health) -> Result<Self, StoreError> {
        if set_aside::emptied(path) {
            let detail = "it is empty".to_owned();
            return Err(StoreError::Corrupted { path: path.to_owned(), detail });
        }
        let db = schema::open_with(path, MIGRATIONS, health)?;
        let set_up = || {
            // As many as there are plugins may be open.
            db.pragma_update(None, "cache_size", -512)?;
            db.pragma_update(None, "journal_size_limit", 4 << 20)?;
            db.pragma_update(None, "synchronous", "NORMAL")
        };
        set_up().map_err(|error| StoreError::of(path, &error))?;
        let look = || Ok((State::read(&db)?, rows::soonest(&db)?));
        let (state, soonest) = look().map_err(|error| StoreError::of(path, &error))?;
        let (path, synced) = (path.to_owned(), Durability::Process);
        Ok(Self { db, path, synced, quota: 0, state, soonest })
    }

    /// Sets a damaged file aside and begins a new one, which knows of it; answers where the old one
    /// lies.
    ///
    /// # Errors
    /// It cannot be moved, or no new one made.
    pub fn begin_anew(path: &Path, now: jiff::Timestamp) -> Result<(Self, PathBuf), StoreError> {
        let copy = set_aside::set_aside(path, now)?;
        let mut shelf = Self::open(path, Health::Check)?;
        let damaged = State { damaged: Some(now.as_microsecond()), told: false, ..shelf.state };
        shelf.note(damaged)?;
        Ok((shelf, copy))
    }

    /// When the file before this one was found damaged, if its plugin was not told yet; it counts
    /// as told from now on.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn tell_of_damage(&mut self) -> Result<Option<Micros>, StoreError> {
        let untold = self.state.untold();
        if untold.is_some() {
            self.note(State { told: true, ..self.state })?;
        }
        Ok(untold)
    }

    fn note(&mut self, state: State) -> Result<(), StoreError> {
        state.write(&self.db).map_err(|error| self.fault(&error))?;
        self.state = state;
        Ok(())
    }

    /// So many bytes may be in use from now on. What is there already stays.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn set_quota(&mut self, bytes: u64) -> Result<(), StoreError> {
        if self.quota == bytes {
            return Ok(());
        }
        let pages = (bytes / PAGE_BYTES).max(LEAST_PAGES);
        let set =
            self.db.pragma_update_and_check(None, "max_page_count", integer::signed(pages), |_| {
                Ok(())
            });
        set.map_err(|error| self.fault(&error))?;
        self.quota = bytes;
        Ok(())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fault(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, error)
    }

    /// One transaction for all of them.
    fn group(&mut self, batches: &[Batch], now: Micros) -> rusqlite::Result<Applied> {
        let durability = batches.iter().map(|it| it.durability).max();
        self.sync_for(durability.unwrap_or(Durability::Process))?;
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (mut state, mut soonest) = (self.state, self.soonest);
        let mut applied = Applied::default();
        if soonest.is_some_and(|soonest| soonest <= now) {
            applied.news = rows::expire(&transaction, &mut state, now, EXPIRED)?;
            soonest = rows::soonest(&transaction)?;
        }
        for batch in batches {
            let result = one(&transaction, batch, &mut state, now);
            applied.results.push(match result {
                Ok((written, mut news)) => {
                    applied.news.append(&mut news);
                    Ok(written)
                }
                Err(Trouble::Refused(refusal)) => Err(StorageFault::Refused(refusal)),
                Err(Trouble::Sqlite(error)) => return Err(error),
            });
        }
        if state != self.state {
            state.write(&transaction)?;
        }
        transaction.commit()?;
        self.state = state;
        self.soonest = batches.iter().filter_map(Batch::soonest).chain(soonest).min();
        Ok(applied)
    }

    /// Waits for the disk at commits, or leaves that to the kernel. What was synced stays so.
    fn sync_for(&mut self, durability: Durability) -> rusqlite::Result<()> {
        if self.synced != durability {
            let word = match durability {
                Durability::Process => "NORMAL",
                Durability::Power => "FULL",
            };
            self.db.pragma_update(None, "synchronous", word)?;
            self.synced = durability;
        }
        Ok(())
    }

    /// One batch by itself. Where it finds no room, what has expired makes some first.
    fn alone(&mut self, batch: &Batch, now: Micros) -> Result<Applied, StorageFault> {
        let batches = std::slice::from_ref(batch);
        let error = match self.group(batches, now) {
            Ok(applied) => return Ok(applied),
            Err(error) => error,
        };
        if error.sqlite_error_code() != Some(ErrorCode::DiskFull) {
            return Err(self.fault(&error).into());
        }
        let mut news = Vec::new();
        loop {
            let mut dropped = self.expire(now)?;
            if dropped.is_empty() {
                break;
            }
            news.append(&mut dropped);
        }
        let again = self.group(batches, now).map_err(|error| self.no_room(&error, batch));
        again.map(|applied| Applied { news: [news, applied.news].concat(), ..applied })
    }

    /// SQLite calls both full: the disk, and the file that may not grow.
    fn no_room(&self, error: &rusqlite::Error, batch: &Batch) -> StorageFault {
        let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let needed: u64 = batch.changes.iter().map(|it| it.len() as u64 / PAGE_BYTES + 1).sum();
        match self.free_pages() {
            Ok(free) if full && free < needed + SLACK_PAGES => Refusal::Full.into(),
            Ok(_) | Err(_) => self.fault(error).into(),
        }
    }

    /// Pages that may still be written to.
    fn free_pages(&self) -> rusqlite::Result<u64> {
        let number =
            |pragma| self.db.pragma_query_value(None, pragma, |row| integer::count(row, 0));
        let most = number("max_page_count")?;
        Ok(most.saturating_sub(number("page_count")?) + number("freelist_count")?)
    }
}

/// One batch of a transaction.
#[allow(clippy::type_complexity, reason = "what became of it and what is new")]
fn one(
    transaction: &Transaction<'_>,
    batch: &Batch,
    state: &mut State,
    now: Micros,
) -> Result<(Vec<crate::storage::port::Written>, Vec<News>), Trouble> {
    if let [_] = batch.changes[..] {
        // What is refused has changed nothing.
        return rows::change_all(transaction, batch, state, now);
    }
    let step = |sql| transaction.prepare_cached(sql)?.execute([]).map(drop);
    step("SAVEPOINT batch")?;
    let before = *state;
    let result = rows::change_all(transaction, batch, state, now);
    if let Err(Trouble::Refused(_)) = &result {
        *state = before;
        step("ROLLBACK TO batch")?;
    }
    if let Ok(_) | Err(Trouble::Refused(_)) = &result {
        step("RELEASE batch")?;
    }
    result
}

impl Shelf for SqliteShelf {
    fn apply(&mut self, batches: &[Batch], now: Micros) -> Applied {
        if let Ok(applied) = self.group(batches, now) {
            return applied;
        }
        // One of them did it: each by itself, so that the others are not undone with it.
        let mut all = Applied::default();
        for batch in batches {
            match self.alone(batch, now) {
                Ok(mut applied) => {
                    all.results.append(&mut applied.results);
                    all.news.append(&mut applied.news);
                }
                Err(fault) => all.results.push(Err(fault)),
            }
        }
        all
    }

    fn get(&mut self, key: &Key, now: Micros) -> Result<Option<Entry>, StoreError> {
        let row = Row::find(&self.db, key).map_err(|error| self.fault(&error))?;
        Ok(row.filter(|row| row.lives(now)).map(|row| row.entry(key.clone())))
    }

    fn list(&mut self, scan: &Scan, now: Micros) -> Result<Page, StoreError> {
        rows::list(&self.db, scan, now).map_err(|error| self.fault(&error))
    }

    fn expire(&mut self, now: Micros) -> Result<Vec<News>, StoreError> {
        let mut drop_some = || {
            if self.soonest.is_none_or(|soonest| soonest > now) {
                return Ok(Vec::new());
            }
            self.sync_for(Durability::Process)?;
            let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut state = self.state;
            let news = rows::expire(&transaction, &mut state, now, EXPIRED)?;
            let soonest = rows::soonest(&transaction)?;
            state.write(&transaction)?;
            transaction.commit()?;
            (self.state, self.soonest) = (state, soonest);
            Ok(news)
        };
        drop_some().map_err(|error: rusqlite::Error| StoreError::of(&self.path, &error))
    }

    fn usage(&mut self) -> Result<Usage, StoreError> {
        let look = || {
            let number =
                |pragma| self.db.pragma_query_value(None, pragma, |row| integer::count(row, 0));
            let (pages, free) = (number("page_count")?, number("freelist_count")?);
            let state = self.state;
            Ok(Usage {
                bytes: pages.saturating_sub(free) * PAGE_BYTES,
                keys: state.keys,
                secrets: state.secrets,
                revision: state.revision,
                damaged: state.damaged,
            })
        };
        look().map_err(|error: rusqlite::Error| self.fault(&error))
    }
}

/// What a row's columns make of a content.
fn content(value: Option<Vec<u8>>, number: Option<i64>, seal: Option<u32>) -> Option<Content> {
    match (value, number, seal) {
        (_, Some(number), _) => Some(Content::Counter(number)),
        (Some(bytes), None, None) => Some(Content::Plain(bytes.into())),
        (Some(bytes), None, Some(version)) => {
            Some(Content::Sealed(crate::secrets::Sealed { version, bytes }))
        }
        (None, None, _) => None,
    }
}

#[cfg(test)]
mod tests;
