//! The rows of a shelf: reading, writing, listing, expiring. Each function is a statement or two;
//! it knows no transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Trouble, content};
use crate::storage::port::{
    Batch, Content, Entry, Key, Micros, News, PAGE_BYTES, Page, Scan, Values, What, Written,
};
use crate::storage::{Act, Found, decide};
use crate::store::integer;

/// What a shelf knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The newest.
    pub revision: u64,
    /// Rows.
    pub keys: u64,
    /// Of them sealed ones.
    pub secrets: u64,
    /// When the shelf before was found damaged.
    pub damaged: Option<Micros>,
    /// The plugin knows of it.
    pub told: bool,
}

impl State {
    pub fn read(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT revision, keys, secrets, damaged_us, told FROM state";
        db.prepare_cached(sql)?.query_row([], |row| {
            Ok(Self {
                revision: integer::count(row, 0)?,
                keys: integer::count(row, 1)?,
                secrets: integer::count(row, 2)?,
                damaged: row.get(3)?,
                told: row.get(4)?,
            })
        })
    }

    pub fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        let sql = "UPDATE state SET revision = ?1, keys = ?2, secrets = ?3, damaged_us = ?4, \
                   told = ?5";
        let [revision, keys, secrets] =
            [self.revision, self.keys, self.secrets].map(integer::signed);
        let row = params![revision, keys, secrets, self.damaged, self.told];
        db.prepare_cached(sql)?.execute(row).map(drop)
    }

    /// When the damage was found that the plugin does not know of.
    pub fn untold(&self) -> Option<Micros> {
        self.damaged.filter(|_| !self.told)
    }

    fn add(&mut self, is_new: bool, was_secret: bool, is_secret: bool) {
        self.keys += u64::from(is_new);
        self.secrets = self.secrets + u64::from(is_secret) - u64::from(was_secret);
    }

    fn remove(&mut self, secret: bool) {
        self.keys = self.keys.saturating_sub(1);
        self.secrets = self.secrets.saturating_sub(u64::from(secret));
    }
}

/// One key's row.
pub struct Row {
    value: Option<Vec<u8>>,
    number: Option<i64>,
    seal: Option<u32>,
    revision: u64,
    expires: Option<Micros>,
}

impl Row {
    /// With its value.
    pub fn find(db: &Connection, key: &Key) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT value, number, seal, revision, expires_us FROM entry WHERE key = ?1";
        db.prepare_cached(sql)?.query_row([key.as_str()], Self::read).optional()
    }

    /// Without it: it may be large, and a change does not care.
    fn glance(db: &Connection, key: &Key) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT NULL, number, seal, revision, expires_us FROM entry WHERE key = ?1";
        db.prepare_cached(sql)?.query_row([key.as_str()], Self::read).optional()
    }

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            value: row.get(0)?,
            number: row.get(1)?,
            seal: row.get(2)?,
            revision: integer::count(row, 3)?,
            expires: row.get(4)?,
        })
    }

    pub fn lives(&self, now: Micros) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }

    pub fn entry(self, key: Key) -> Entry {
        Entry {
            key,
            secret: self.seal.is_some(),
            revision: self.revision,
            expires: self.expires,
            content: content(self.value, self.number, self.seal),
        }
    }

    fn found(&self) -> Found {
        Found { revision: self.revision, counter: self.number, expires: self.expires }
    }
}

/// Makes the changes of one batch.
#[allow(clippy::type_complexity, reason = "what became of it and what is new")]
pub fn change_all(
    db: &Connection,
    batch: &Batch,
    state: &mut State,
    now: Micros,
) -> Result<(Vec<Written>, Vec<News>), Trouble> {
    let (mut written, mut news) = (Vec::with_capacity(batch.changes.len()), Vec::new());
    for (at, change) in batch.changes.iter().enumerate() {
        let (key, next) = (change.key(), state.revision + 1);
        let row = Row::glance(db, key)?;
        let found = row.as_ref().filter(|row| row.lives(now)).map(Row::found);
        let (act, outcome) = decide(change, at, found, next).map_err(Trouble::Refused)?;
        written.push(outcome);
        let was_secret = row.as_ref().is_some_and(|row| row.seal.is_some());
        let what = match act {
            Act::Nothing => continue,
            Act::Remove => {
                remove(db, key)?;
                state.remove(was_secret);
                What::Deleted
            }
            Act::Put(content, expires) => {
                put(db, key, &content, (next, expires))?;
                let is_secret = matches!(content, Content::Sealed(_));
                state.add(row.is_none(), was_secret, is_secret);
                What::Set
            }
        };
        state.revision = next;
        news.push(News { key: key.clone(), revision: next, what });
    }
    Ok((written, news))
}

fn put(
    db: &Connection,
    key: &Key,
    content: &Content,
    (revision, expires): (u64, Option<Micros>),
) -> rusqlite::Result<()> {
    let (value, number, seal): (Option<&[u8]>, _, _) = match content {
        Content::Plain(bytes) => (Some(bytes), None, None),
        Content::Counter(number) => (None, Some(*number), None),
        Content::Sealed(sealed) => (Some(&sealed.bytes), None, Some(sealed.version)),
    };
    let sql = "INSERT INTO entry (key, value, number, seal, revision, expires_us) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (key) DO UPDATE SET value = ?2, \
               number = ?3, seal = ?4, revision = ?5, expires_us = ?6";
    let row = params![key.as_str(), value, number, seal, integer::signed(revision), expires];
    db.prepare_cached(sql)?.execute(row).map(drop)
}

fn remove(db: &Connection, key: &Key) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM entry WHERE key = ?1")?.execute([key.as_str()]).map(drop)
}

/// A page of entries.
pub fn list(db: &Connection, scan: &Scan, now: Micros) -> rusqlite::Result<Page> {
    // What is sealed, or not wanted at all, is not even read.
    let sql = "SELECT CASE WHEN ?4 AND (seal IS NULL OR ?5) THEN value END, \
               CASE WHEN ?4 THEN number END, seal, revision, expires_us, key FROM entry \
               WHERE key >= ?1 AND key <> ?2 AND (expires_us IS NULL OR expires_us > ?3) \
               ORDER BY key";
    let (values, sealed) = match scan.values {
        Values::Without => (false, false),
        Values::Open => (true, false),
        Values::WithSealed => (true, true),
    };
    // One bound below, so that a page deep in a long list begins where it begins.
    let after = scan.after.as_deref().unwrap_or_default();
    let from = after.max(&scan.prefix);
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![from, after, now, values, sealed])?;
    let (mut page, mut bytes) = (Page::default(), 0);
    while let Some(row) = rows.next()? {
        let key: String = row.get(5)?;
        let Some(key) = key.starts_with(&scan.prefix).then(|| Key::parse(&key).ok()).flatten()
        else {
            break;
        };
        if page.entries.len() == scan.most || bytes > PAGE_BYTES {
            page.more = true;
            break;
        }
        let entry = Row::read(row)?.entry(key);
        bytes += entry.key.as_str().len() + entry.content.as_ref().map_or(0, Content::len);
        page.entries.push(entry);
    }
    Ok(page)
}

/// When the first of all goes away by itself.
pub fn soonest(db: &Connection) -> rusqlite::Result<Option<Micros>> {
    let sql = "SELECT min(expires_us) FROM entry WHERE expires_us IS NOT NULL";
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Drops so many expired rows at most.
pub fn expire(
    db: &Connection,
    state: &mut State,
    now: Micros,
    most: u32,
) -> rusqlite::Result<Vec<News>> {
    let sql = "SELECT key, revision, seal FROM entry WHERE expires_us <= ?1 \
               ORDER BY expires_us LIMIT ?2";
    let gone: Vec<(String, u64, Option<u32>)> = db
        .prepare_cached(sql)?
        .query_map(params![now, most], |row| {
            Ok((row.get(0)?, integer::count(row, 1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut news = Vec::with_capacity(gone.len());
    for (key, revision, seal) in gone {
        let Ok(key) = Key::parse(&key) else { continue };
        remove(db, &key)?;
        state.remove(seal.is_some());
        news.push(News { key, revision, what: What::Expired });
    }
    Ok(news)
}
