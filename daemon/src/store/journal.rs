//! `journal.db`: requests of plugins that no app has carried out yet, the idempotency keys of those
//! that were made, interactions that were deferred, events that are not acknowledged yet, and what
//! plugins hold. It keeps bytes in order; who sends them where is not its business.

use super::error::StoreError;
use super::schema;
use super::thread::StoreThread;
use crate::config::name::PluginName;
use crate::held::port::Whose;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

mod events;
mod held;
mod held_port;
mod interactions;
mod outbox;
mod port;
mod quarantine;
mod seen;

pub use interactions::{Deferred, FOLLOW_UP, Lookup};
pub use outbox::{Enqueued, NewRequest, OutboxEntry};
pub use quarantine::Quarantine;
pub use seen::Claim;

/// Requests one plugin may have waiting.
pub const OUTBOX_REQUESTS: u32 = 1_000;
/// Bytes of requests one plugin may have waiting.
pub const OUTBOX_BYTES: u64 = 8 << 20;
/// How long a request may wait.
pub const OUTBOX_AGE: Duration = Duration::from_secs(3_600);
/// How long an idempotency key counts.
pub const KEY_AGE: Duration = Duration::from_secs(24 * 3_600);

/// Deferred interactions one plugin may have open.
pub const INTERACTIONS: u32 = 1_000;

/// The steps to today's tables.
pub const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        plugin TEXT NOT NULL,
        key TEXT NOT NULL,
        request BLOB NOT NULL,
        created_us INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        UNIQUE (plugin, key)
    ) STRICT;
    CREATE INDEX outbox_by_age ON outbox (created_us);
    CREATE TABLE seen (
        plugin TEXT NOT NULL,
        key TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        answer BLOB,
        PRIMARY KEY (plugin, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX seen_by_age ON seen (at_us);
",
    interactions::TABLE,
    events::TABLES,
    held::TABLE,
];

/// Whether what was deferred is of a user: their id, and the origin as it was kept.
pub type IsOf = fn(&str, &[u8]) -> bool;

/// Whether a request is about a user, or was made for them: who, and the request as it was kept.
pub type IsAbout = fn(&Whose, &[u8]) -> bool;

/// What was erased of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// Open interactions of theirs: plugin and id.
    pub interactions: Vec<(String, String)>,
    /// Requests that waited and concern them, in their order.
    pub requests: Vec<OutboxEntry>,
}

/// The handle. Clones share one thread.
#[derive(Clone)]
pub struct Journal {
    thread: StoreThread,
}

impl Journal {
    /// Opens or makes the database. Blocks: for a daemon's start.
    ///
    /// # Errors
    /// The file cannot be written, is damaged, or a newer daemon's.
    pub fn open(path: &Path) -> Result<Journal, StoreError> {
        let connection = schema::open(path, MIGRATIONS)?;
        interactions::release_unsaid(&connection).map_err(|error| StoreError::of(path, &error))?;
        Ok(Journal { thread: StoreThread::start(connection, path)? })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        self.thread.path()
    }

    /// Closes the database for all clones, and waits until its files are at rest: before a restore,
    /// or at a daemon's end.
    pub async fn close(&self) {
        self.thread.close().await;
    }

    /// Keeps a request until an app has carried it out. A key seen within [`KEY_AGE`] is not kept
    /// twice.
    ///
    /// # Errors
    /// [`StoreError::OverLimit`] where the plugin has too much waiting, or the database failed.
    pub async fn enqueue(
        &self,
        request: NewRequest,
        now: Timestamp,
    ) -> Result<Enqueued, StoreError> {
        let bytes = request.request.len();
        self.thread.run(bytes, move |db| outbox::enqueue(db, &request, now)).await
    }

    /// Requests that wait, oldest first, after the one with id `after` (0 = from the beginning) and
    /// not older than [`OUTBOX_AGE`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn waiting(
        &self,
        after: i64,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        self.thread.run(0, move |db| outbox::waiting(db, after, most, now)).await
    }

    /// How many requests wait.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count(&self) -> Result<u32, StoreError> {
        self.thread.run(0, outbox::count).await
    }

    /// Notes, before a request is handed to an app, that it is; answers the number of this attempt,
    /// from 1, or nothing where the request is gone.
    ///
    /// # Errors
    /// The database failed; then it must not be handed over.
    pub async fn attempt(&self, id: i64) -> Result<Option<u32>, StoreError> {
        self.thread.run(0, move |db| outbox::attempt(db, id)).await
    }

    /// Takes back what [`Journal::attempt`] noted: it was not handed over after all.
    ///
    /// # Errors
    /// The database failed; then it counts as handed over.
    pub async fn not_attempted(&self, id: i64) -> Result<(), StoreError> {
        self.thread.run(0, move |db| outbox::not_attempted(db, id)).await
    }

    /// A request was answered: it waits no more, and its key keeps the answer. Whether it still
    /// waited.
    ///
    /// # Errors
    /// The database failed; then it waits on.
    pub async fn answered(&self, id: i64, answer: Vec<u8>) -> Result<bool, StoreError> {
        self.thread.run(answer.len(), move |db| outbox::answered(db, id, &answer)).await
    }

    /// Takes a request off the queue unanswered. Its key may be used again. Whether it still
    /// waited.
    ///
    /// # Errors
    /// The database failed.
    pub async fn withdraw(&self, id: i64) -> Result<bool, StoreError> {
        self.thread.run(0, move |db| outbox::withdraw(db, id)).await
    }

    /// Uses an idempotency key for a request that does not wait.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim(
        &self,
        plugin: &PluginName,
        key: &str,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let (plugin, key) = (plugin.clone(), key.to_owned());
        self.thread.run(key.len(), move |db| seen::claim(db, plugin.as_str(), &key, now)).await
    }

    /// Keeps the answer to a claimed key, so that a repeated request hears the same.
    ///
    /// # Errors
    /// The database failed.
    pub async fn conclude(
        &self,
        plugin: &PluginName,
        key: &str,
        answer: Vec<u8>,
    ) -> Result<(), StoreError> {
        let (plugin, key) = (plugin.clone(), key.to_owned());
        let conclude = move |db: &_| seen::conclude(db, plugin.as_str(), &key, &answer);
        self.thread.run(0, conclude).await
    }

    /// Gives a claimed key back: nothing came of its request.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release(&self, plugin: &PluginName, key: &str) -> Result<(), StoreError> {
        let (plugin, key) = (plugin.clone(), key.to_owned());
        self.thread.run(0, move |db| seen::release(db, plugin.as_str(), &key)).await
    }

    /// Keeps a deferred interaction until it expires, before anyone is told that it is deferred.
    ///
    /// # Errors
    /// [`StoreError::OverLimit`] where the plugin has too many open, or the database failed.
    pub async fn defer(&self, deferred: Deferred, now: Timestamp) -> Result<(), StoreError> {
        let bytes = deferred.origin.len();
        self.thread.run(bytes, move |db| interactions::keep(db, &deferred, now)).await
    }

    /// What is known of an interaction that a plugin refers to, and of the follow-up with this key.
    ///
    /// # Errors
    /// The database failed.
    pub async fn interaction(
        &self,
        plugin: &PluginName,
        id: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Lookup, StoreError> {
        let (plugin, id, key) = (plugin.clone(), id.to_owned(), key.to_owned());
        let look = move |db: &_| interactions::look(db, (plugin.as_str(), &id), &key, now);
        self.thread.run(0, look).await
    }

    /// An interaction's last follow-up has been said.
    ///
    /// # Errors
    /// The database failed.
    pub async fn close_interaction(&self, plugin: &PluginName, id: &str) -> Result<(), StoreError> {
        let (plugin, id) = (plugin.clone(), id.to_owned());
        self.thread.run(0, move |db| interactions::close(db, plugin.as_str(), &id)).await
    }

    /// The app wants no follow-ups of this interaction; answers the plugins that had it open.
    ///
    /// # Errors
    /// The database failed.
    pub async fn cancel_interaction(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let id = id.to_owned();
        self.thread.run(0, move |db| interactions::cancel(db, &id, now)).await
    }

    /// Erases a user from what was deferred for them, and takes what concerns them off the queue of
    /// requests: `is_of` knows an interaction's origin, `is_about` a request.
    ///
    /// # Errors
    /// The database failed; then nothing is erased.
    pub async fn forget_user(
        &self,
        whose: Whose,
        (is_of, is_about): (IsOf, IsAbout),
        now: Timestamp,
    ) -> Result<Forgotten, StoreError> {
        let forget = move |db: &_| {
            let their = (whose.user.as_str(), whose.workspace.as_str());
            let interactions = interactions::forget(db, their, is_of, now)?;
            let requests = outbox::forget(db, |request| is_about(&whose, request))?;
            Ok(Forgotten { interactions, requests })
        };
        self.thread.run(0, forget).await
    }

    /// Drops what has grown too old; answers the requests that nobody carried out in time. The keys
    /// of those that no app had in hand may be used again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expire(&self, now: Timestamp) -> Result<Vec<OutboxEntry>, StoreError> {
        let expire = move |db: &_| {
            seen::expire(db, now)?;
            interactions::expire(db, now)?;
            outbox::expire(db, now)
        };
        self.thread.run(0, expire).await
    }

    /// Drops everything of a plugin that is unloaded, but not what it holds: that is people's.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_plugin(&self, plugin: &PluginName) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        let forget = move |db: &rusqlite::Connection| {
            db.execute("DELETE FROM outbox WHERE plugin = ?1", [plugin.as_str()])?;
            db.execute("DELETE FROM seen WHERE plugin = ?1", [plugin.as_str()])?;
            db.execute("DELETE FROM interactions WHERE plugin = ?1", [plugin.as_str()])?;
            Ok(())
        };
        self.thread.run(0, forget).await
    }
}

/// The moment `age` before `now`, in microseconds since the epoch.
fn before(now: Timestamp, age: Duration) -> i64 {
    let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    now.as_microsecond().saturating_sub(age)
}

#[cfg(test)]
mod tests;
