//! `control.db`: which plugins are loaded, what the operator set by commands, how generations
//! ended. It keeps texts; what they mean is configuration's to say.

use super::error::StoreError;
use super::integer;
use super::thread::{StoreThread, Trouble};
use crate::config::name::PluginName;
use crate::schedule::Past;
use crate::settings::{Held, Rows, Scope};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

mod ends;
mod plugins;
mod schedules;
mod settings;

pub use ends::{EndRecord, KEPT_ENDS, STDERR_LIMIT};
pub use plugins::PluginRecord;
pub(super) use settings::drop_secrets;

/// The steps to today's tables.
pub const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE daemon (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE plugin (
        name TEXT NOT NULL PRIMARY KEY,
        folder BLOB NOT NULL,
        version TEXT NOT NULL,
        manifest TEXT NOT NULL,
        hash TEXT NOT NULL,
        loaded_us INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE override (
        plugin TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (plugin, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE generation (
        plugin TEXT NOT NULL PRIMARY KEY,
        number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE end_record (
        id INTEGER PRIMARY KEY,
        plugin TEXT NOT NULL,
        generation INTEGER NOT NULL,
        at_us INTEGER NOT NULL,
        cause TEXT NOT NULL,
        detail TEXT NOT NULL,
        exit TEXT NOT NULL,
        uptime_us INTEGER NOT NULL,
        peak_memory_bytes INTEGER NOT NULL,
        cpu_us INTEGER NOT NULL,
        stderr BLOB NOT NULL
    ) STRICT;
    CREATE INDEX end_record_by_plugin ON end_record (plugin, id);
",
    "
    CREATE TABLE schedule (
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        rule TEXT NOT NULL,
        since_us INTEGER NOT NULL,
        last_us INTEGER,
        PRIMARY KEY (plugin, name)
    ) STRICT, WITHOUT ROWID;
",
    settings::TABLE,
];

/// The handle. Clones share one thread.
#[derive(Clone)]
pub struct Control {
    thread: StoreThread,
}

impl Control {
    /// Opens or makes the database. Blocks: for a daemon's start. `fresh_id` becomes the daemon's
    /// id where the file has none yet.
    ///
    /// # Errors
    /// The file cannot be written, is damaged, or a newer daemon's.
    pub fn open(path: &Path, fresh_id: &str) -> Result<Control, StoreError> {
        let connection = super::schema::open(path, MIGRATIONS)?;
        let insert = "INSERT OR IGNORE INTO daemon (key, value) VALUES ('id', ?1)";
        connection.execute(insert, [fresh_id]).map_err(|error| StoreError::of(path, &error))?;
        Ok(Control { thread: StoreThread::start(connection, path)? })
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

    /// The daemon's id: the host in an incarnation. It never changes.
    ///
    /// # Errors
    /// As every method: the database failed.
    pub async fn daemon_id(&self) -> Result<String, StoreError> {
        let query = "SELECT value FROM daemon WHERE key = 'id'";
        self.thread.run(0, |db| Ok(db.query_row(query, [], |row| row.get(0))?)).await
    }

    /// Every loaded plugin, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plugins(&self) -> Result<Vec<PluginRecord>, StoreError> {
        self.thread.run(0, plugins::all).await
    }

    /// Keeps a load: the folder and the manifest that counts from now on.
    ///
    /// # Errors
    /// The database failed; then the old record stands.
    pub async fn save_plugin(&self, record: PluginRecord) -> Result<(), StoreError> {
        let bytes = record.manifest.len();
        self.thread.run(bytes, move |db| plugins::save(db, &record)).await
    }

    /// Forgets a plugin and what was set for it. Its ends and its generation number stay: a later
    /// load of that name goes on counting.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_plugin(&self, name: &PluginName) -> Result<(), StoreError> {
        let name = name.clone();
        let forget = move |db: &Connection| {
            schedules::forget(db, &name)?;
            plugins::forget(db, &name)
        };
        self.thread.run(0, forget).await
    }

    /// Notes that a number is used up, so that none ever stands for two processes. Noting it again
    /// changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn use_generation(&self, name: &PluginName, number: u64) -> Result<(), StoreError> {
        let name = name.clone();
        self.thread.run(0, move |db| use_generation(db, &name, number)).await
    }

    /// The number of a plugin's newest generation; 0 if it never had one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn generation(&self, name: &PluginName) -> Result<u64, StoreError> {
        let name = name.clone();
        let query = "SELECT COALESCE(MAX(number), 0) FROM generation WHERE plugin = ?1";
        let newest = move |db: &Connection| {
            Ok(db.query_row(query, [name.as_str()], |row| integer::count(row, 0))?)
        };
        self.thread.run(0, newest).await
    }

    /// What the operator set by commands, for every plugin: texts by key, for
    /// `CliOverrides::parse`. `enabled` and `grants` are among the keys.
    ///
    /// # Errors
    /// The database failed.
    pub async fn overrides(
        &self,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, StoreError> {
        self.thread.run(0, all_overrides).await
    }

    /// Sets a key above the files.
    ///
    /// # Errors
    /// The database failed; then the old value stands.
    pub async fn set_override(
        &self,
        name: &PluginName,
        key: &str,
        value: &str,
    ) -> Result<(), StoreError> {
        let (name, key, value) = (name.clone(), key.to_owned(), value.to_owned());
        let insert = "INSERT OR REPLACE INTO override (plugin, key, value) VALUES (?1, ?2, ?3)";
        let set = move |db: &Connection| {
            db.execute(insert, params![name.as_str(), key, value])?;
            Ok(())
        };
        self.thread.run(0, set).await
    }

    /// Drops what was set for a key, or for all keys where none is named. Says whether anything
    /// was.
    ///
    /// # Errors
    /// The database failed.
    pub async fn drop_override(
        &self,
        name: &PluginName,
        key: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (name, key) = (name.clone(), key.map(str::to_owned));
        let delete = "DELETE FROM override WHERE plugin = ?1 AND (?2 IS NULL OR key = ?2)";
        let drop = move |db: &Connection| Ok(db.execute(delete, params![name.as_str(), key])? > 0);
        self.thread.run(0, drop).await
    }

    /// What is known of a schedule's past under this rule; it begins at `now` where nothing is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schedule(
        &self,
        plugin: &PluginName,
        name: &str,
        rule: &str,
        now: Timestamp,
    ) -> Result<Past, StoreError> {
        let (plugin, name, rule) = (plugin.clone(), name.to_owned(), rule.to_owned());
        let read = move |db: &Connection| schedules::read(db, &plugin, &name, &rule, now);
        self.thread.run(0, read).await
    }

    /// Moves a schedule's last key up to this one, before it fires. Says whether that is news: a
    /// key that was there, or of a schedule that is forgotten, must not fire.
    ///
    /// # Errors
    /// The database failed; then it must not fire either.
    pub async fn pass_schedule(
        &self,
        plugin: &PluginName,
        name: &str,
        key: Timestamp,
    ) -> Result<bool, StoreError> {
        let (plugin, name) = (plugin.clone(), name.to_owned());
        self.thread.run(0, move |db| schedules::pass(db, &plugin, &name, key)).await
    }

    /// Every setting that is kept of a plugin.
    ///
    /// # Errors
    /// The database failed.
    pub async fn settings(&self, plugin: &PluginName) -> Result<Rows, StoreError> {
        let plugin = plugin.clone();
        self.thread.run(0, move |db| settings::all(db, &plugin)).await
    }

    /// Keeps settings of one scope: all of them or none. Nothing in a row's place drops it.
    ///
    /// # Errors
    /// The database failed; then the old values stand.
    pub async fn save_settings(
        &self,
        plugin: &PluginName,
        scope: &Scope,
        rows: Vec<(String, Option<Held>)>,
    ) -> Result<(), StoreError> {
        let (plugin, scope) = (plugin.clone(), scope.clone());
        let save = move |db: &Connection| settings::save(db, &plugin, (&scope, &rows));
        self.thread.run(0, save).await
    }

    /// Drops every setting of a plugin. Says whether there was any.
    ///
    /// # Errors
    /// The database failed.
    pub async fn purge_settings(&self, plugin: &PluginName) -> Result<bool, StoreError> {
        let plugin = plugin.clone();
        self.thread.run(0, move |db| settings::purge(db, &plugin)).await
    }

    /// Keeps how a generation ended; the oldest beyond [`KEPT_ENDS`] go.
    ///
    /// # Errors
    /// The database failed.
    pub async fn record_end(&self, name: &PluginName, end: EndRecord) -> Result<(), StoreError> {
        let name = name.clone();
        self.thread.run(end.stderr.len(), move |db| ends::record(db, &name, &end)).await
    }

    /// How a plugin's generations ended, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ends(&self, name: &PluginName) -> Result<Vec<EndRecord>, StoreError> {
        let name = name.clone();
        self.thread.run(0, move |db| ends::of(db, &name)).await
    }
}

fn use_generation(db: &Connection, name: &PluginName, number: u64) -> Result<(), Trouble> {
    let keep = "INSERT INTO generation (plugin, number) VALUES (?1, ?2)
        ON CONFLICT (plugin) DO UPDATE SET number = MAX(number, excluded.number)";
    db.execute(keep, params![name.as_str(), integer::signed(number)])?;
    Ok(())
}

fn all_overrides(db: &Connection) -> Result<BTreeMap<String, BTreeMap<String, String>>, Trouble> {
    let mut statement = db.prepare_cached("SELECT plugin, key, value FROM override")?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
