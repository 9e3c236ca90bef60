//! The depot: every plugin's shelf, on a few threads of its own. A plugin always comes to the same
//! thread, which is why its requests are carried out in order.
//!
//! It refuses to know SQLite: shelves do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use outboard_linux::own_process;
use tokio::sync::{mpsc, oneshot};

use super::fault::StorageFault;
use super::notices::Notices;
use super::port::{Durability, Entry, Key, Page, Scan, Usage, Written};
use super::room::{self, Wish};
use super::turn::{Answer, Ask, Asker, Desk, Order, Tell};
use crate::config::name::PluginName;
use crate::secrets::Keyring;
use crate::stable_hash::stable_hash;
use crate::store::{Secrets, StoreError, copy_shelf, path_with, stage_shelf};

/// One thread of them waits for the disk while the others work.
const THREADS: usize = 4;
/// Orders that may wait for one thread: some milliseconds of work. Who comes later waits outside.
const QUEUE: usize = 1024;
/// How often what has expired is dropped.
const EXPIRE: Duration = Duration::from_secs(5);

/// What the names of files end in that lie beside a shelf.
const BESIDE: [&str; 4] = ["before-restore", "restoring", "damaged-", "schema-"];

/// Where shelves lie.
#[derive(Debug, Clone)]
pub struct Files {
    folder: Arc<Path>,
}

/// Files that were found damaged since the daemon's start.
#[derive(Clone, Default)]
pub struct Losses {
    found: Arc<Mutex<Vec<(PluginName, PathBuf)>>>,
}

/// Every plugin's shelf. Cheap to clone.
#[derive(Clone)]
pub struct Depot {
    threads: Arc<[mpsc::Sender<Tell>]>,
    files: Files,
    keys: Keyring,
    notices: Notices,
    losses: Losses,
    /// One restore at a time: they stage at the same place.
    restoring: Arc<tokio::sync::Mutex<()>>,
}

impl Files {
    /// Shelves in this folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// One plugin's file.
    #[must_use]
    pub fn of(&self, plugin: &PluginName) -> PathBuf {
        self.folder.join(format!("{}.db", plugin.as_str()))
    }

    /// Plugins that have a file, by name.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn plugins(&self) -> Result<Vec<PluginName>, StoreError> {
        let names = self.names()?;
        let mut plugins: Vec<PluginName> =
            names.iter().filter_map(|it| it.strip_suffix(".db")?.parse().ok()).collect();
        plugins.sort();
        Ok(plugins)
    }

    /// Others of a plugin's files: set aside, replaced.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn beside(&self, plugin: &PluginName) -> Result<Vec<PathBuf>, StoreError> {
        let begins = format!("{}.db.", plugin.as_str());
        // By the names that are given here: `alpha.db.db` is the shelf of one called `alpha.db`.
        let ours = |name: &String| {
            let end = name.strip_prefix(&begins);
            let end = end.is_some_and(|end| BESIDE.iter().any(|ours| end.starts_with(ours)));
            end && !name.ends_with("-shm")
        };
        let names = self.names()?.into_iter().filter(ours);
        let mut found: Vec<PathBuf> = names.map(|name| self.folder.join(name)).collect();
        found.sort();
        Ok(found)
    }

    /// Removes all of a plugin's files.
    ///
    /// # Errors
    /// One cannot be removed.
    pub fn remove(&self, plugin: &PluginName) -> Result<(), StoreError> {
        let file = self.of(plugin);
        let own = ["", "-wal", "-shm"].map(|side| path_with(&file, side));
        for path in own.into_iter().chain(self.beside(plugin)?) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::of_io(&path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>, StoreError> {
        let failed = |error: std::io::Error| StoreError::of_io(&self.folder, &error);
        let entries = std::fs::read_dir(&self.folder).map_err(failed)?;
        let names = entries.map(|it| it.map(|it| it.file_name().into_string()));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(names.into_iter().filter_map(Result::ok).collect())
    }
}

impl Losses {
    /// One more.
    pub fn add(&self, plugin: &PluginName, copy: PathBuf) {
        tracing::error!(%plugin, "its storage was damaged; it lies at {}", copy.display());
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push((plugin.clone(), copy));
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<(PluginName, PathBuf)> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Depot {
    /// Starts its threads. Blocks: for a daemon's start.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(files: Files, keys: Keyring) -> Result<Self, StoreError> {
        let (notices, losses) = (Notices::default(), Losses::default());
        let mut threads = Vec::with_capacity(THREADS);
        for _ in 0..THREADS {
            let (sender, orders) = mpsc::channel(QUEUE);
            let desk = Desk::new(files.clone(), keys.clone(), notices.clone(), losses.clone());
            std::thread::Builder::new()
                .name("outboard-shelf".to_owned())
                .spawn(move || {
                    own_process::yield_to_the_data_plane();
                    desk.serve(orders);
                })
                .map_err(|error| StoreError::of_io(&files.folder, &error))?;
            threads.push(sender);
        }
        let restoring = Arc::default();
        Ok(Self { threads: threads.into(), files, keys, notices, losses, restoring })
    }

    /// Drops what has expired, for ever. Runs as a task of its own.
    pub async fn keep_time(self, now: fn() -> Timestamp) {
        let mut due = tokio::time::interval(EXPIRE);
        due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            for thread in self.threads.iter() {
                // One with a full queue has better things to do, and drops some with each write.
                let _ = thread.try_send(Tell::Expire(now()));
            }
        }
    }

    /// Closes all files after what is queued already, and waits until they are at rest.
    pub async fn close(&self) {
        for thread in self.threads.iter() {
            // Where the thread has ended before, nothing is left to wait for.
            let _ = thread.send(Tell::Close).await;
        }
        for thread in self.threads.iter() {
            thread.closed().await;
        }
    }

    /// Whether secret values can be kept.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.keys.can_seal()
    }

    /// Where the files lie.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What was found damaged since the daemon's start.
    #[must_use]
    pub fn losses(&self) -> Vec<(PluginName, PathBuf)> {
        self.losses.all()
    }

    pub(super) fn notices(&self) -> &Notices {
        &self.notices
    }

    pub(super) async fn order(&self, order: Order) -> Result<(), StorageFault> {
        let count = self.threads.len() as u64;
        let at = usize::try_from(stable_hash(order.plugin.as_str()) % count).unwrap_or(0);
        let sent = self.threads[at].send(Tell::Order(order)).await;
        sent.map_err(|_| StorageFault::Stopping)
    }

    /// What an operator asks of a plugin's shelf; its quota where it is loaded.
    async fn ask<T>(
        &self,
        (plugin, quota): (&PluginName, Option<u64>),
        now: Timestamp,
        ask: impl FnOnce(Answer<T>) -> Ask,
    ) -> Result<T, StorageFault> {
        let (answer, answered) = oneshot::channel();
        let (plugin, asker) = (plugin.clone(), Asker::Operator(quota));
        self.order(Order { plugin, asker, now, ask: ask(answer), permit: None }).await?;
        answered.await.map_err(|_| StorageFault::Stopping)?
    }

    /// What a key holds, secrets in clear or left out.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn get(
        &self,
        of: (&PluginName, Option<u64>),
        key: Key,
        secrets: Secrets,
        now: Timestamp,
    ) -> Result<Option<Entry>, StorageFault> {
        self.ask(of, now, |answer| Ask::Get(key, secrets, answer)).await
    }

    /// A page of entries.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn list(
        &self,
        of: (&PluginName, Option<u64>),
        scan: Scan,
        now: Timestamp,
    ) -> Result<Page, StorageFault> {
        self.ask(of, now, |answer| Ask::List(scan, answer)).await
    }

    /// How full a shelf is.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn usage(
        &self,
        of: (&PluginName, Option<u64>),
        now: Timestamp,
    ) -> Result<Usage, StorageFault> {
        self.ask(of, now, Ask::Usage).await
    }

    /// Makes an operator's changes, all or none, and waits for the disk.
    ///
    /// # Errors
    /// Why nothing of it was kept.
    pub async fn write(
        &self,
        of: (&PluginName, Option<u64>),
        wishes: Vec<Wish>,
        now: Timestamp,
    ) -> Result<Vec<Written>, StorageFault> {
        room::check(&wishes)?;
        self.ask(of, now, |answer| Ask::Write(wishes, Durability::Power, answer)).await
    }

    /// Copies a shelf into a new file, while it may be in use.
    ///
    /// # Errors
    /// There is no shelf, or such a file already; or the disk's.
    pub async fn snapshot(
        &self,
        plugin: &PluginName,
        to: PathBuf,
        secrets: Secrets,
    ) -> Result<(), StorageFault> {
        let from = self.files.of(plugin);
        let none = StorageFault::NoStorage(plugin.as_str().to_owned());
        let copied = tokio::task::spawn_blocking(move || match from.exists() {
            true => Ok(copy_shelf(&from, &to, secrets)?),
            false => Err(none),
        });
        copied.await.map_err(|_| StorageFault::Stopping)?
    }

    /// Puts such a copy in a shelf's place.
    ///
    /// # Errors
    /// It is none, or the disk's; then the shelf is as it was.
    pub async fn restore(
        &self,
        of: (&PluginName, Option<u64>),
        from: PathBuf,
        now: Timestamp,
    ) -> Result<(), StorageFault> {
        let _one = self.restoring.lock().await;
        let staged = path_with(&self.files.of(of.0), ".restoring");
        let to = staged.clone();
        let staging = tokio::task::spawn_blocking(move || stage_shelf(&from, &to));
        staging.await.map_err(|_| StorageFault::Stopping)??;
        self.ask(of, now, |answer| Ask::Replace(staged, answer)).await
    }

    /// Drops everything of a plugin.
    ///
    /// # Errors
    /// The disk's.
    pub async fn purge(&self, plugin: &PluginName, now: Timestamp) -> Result<(), StorageFault> {
        self.ask((plugin, None), now, Ask::Purge).await
    }
}

#[cfg(test)]
mod tests;
