//! `Storage`: what a plugin keeps in the daemon, so that it outlives the process.
//!
//! It refuses to know where it is kept: over the wire it is the daemon's, in tests the harness's.

mod change;
mod news;

use std::time::{Duration, SystemTime};

use outboard_proto::common::Reason;
use outboard_proto::plugin::{
    StorageBatchRequest, StorageEntry, StorageGetRequest, StorageListRequest, StorageListResponse,
    StorageUsage, StorageWatchRequest, StorageWritten, storage_entry,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::HostError;
use crate::host::Host;

pub use change::Change;
pub(crate) use news::Source;
pub use news::{Changed, News, Watch};

/// What a plugin keeps: keys with values, of this plugin alone. Needs `storage:read` to look and
/// `storage:write` to change. Cheap to clone; may be moved to any task.
///
/// ```
/// use outboard_plugin::{Command, Plugin, Reply, Result, test::Harness};
///
/// async fn tally(cmd: Command) -> Result<Reply> {
///     let count = cmd.ctx().storage().increment(format!("tally/{}", cmd.text()), 1).await?;
///     Ok(cmd.reply(format!("{count} so far")))
/// }
///
/// let mut daemon = Harness::new(Plugin::new("tally", "1.0.0").command("tally", tally));
/// daemon.command("tally").text("tea").run().unwrap();
/// assert_eq!(daemon.command("tally").text("tea").run().unwrap().text(), "2 so far");
/// ```
#[derive(Debug, Clone)]
pub struct Storage {
    host: Host,
    durable: bool,
}

/// Why something could not be kept or looked up.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The daemon said no, or did not answer.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The value is no JSON of the wanted type, or cannot be written as JSON.
    #[error("{key}: {cause}")]
    Json {
        /// The key.
        key: String,
        /// What serde says.
        #[source]
        cause: serde_json::Error,
    },
}

impl StorageError {
    /// The daemon's reason, where it gave one: `StorageConflict` where the key has another
    /// revision, `StorageFull`, `StorageDamaged`, `NoSecretKey` and so on.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Host(error) => error.reason(),
            Self::Json { .. } => None,
        }
    }
}

/// A key and what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored(StorageEntry);

impl Stored {
    pub(crate) fn new(entry: StorageEntry) -> Self {
        Self(entry)
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// What it holds; empty for a counter, and in a list for what is secret.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.0.of {
            Some(storage_entry::Of::Value(bytes)) => bytes,
            Some(storage_entry::Of::Counter(_)) | None => &[],
        }
    }

    /// The same as text; what is no text is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// The number of a counter.
    #[must_use]
    pub fn counter(&self) -> Option<i64> {
        match self.0.of {
            Some(storage_entry::Of::Counter(number)) => Some(number),
            Some(storage_entry::Of::Value(_)) | None => None,
        }
    }

    /// The value, written as JSON.
    ///
    /// # Errors
    /// It is no JSON, or of another type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, StorageError> {
        let read = serde_json::from_slice(self.bytes());
        read.map_err(|cause| StorageError::Json { key: self.0.key.clone(), cause })
    }

    /// Names this state of the key, for [`Change::if_revision`].
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.0.revision
    }

    /// When it goes away by itself.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        let us = u64::try_from(self.0.expires_at_us).ok().filter(|us| *us > 0)?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(us))
    }

    /// Whether it is encrypted where it is kept.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.0.secret
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The key's revision now; 0 where there was nothing to delete.
    pub revision: u64,
    /// There was such a key before.
    pub existed: bool,
    /// What a counter holds now.
    pub counter: i64,
}

impl Storage {
    pub(crate) fn new(host: Host) -> Self {
        Self { host, durable: false }
    }

    /// The same storage, whose changes are answered only when they would outlive a loss of power.
    /// Others outlive any crash, and are much quicker.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// What a key holds.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn get(&self, key: impl Into<String>) -> Result<Option<Stored>, StorageError> {
        let found = self.host.storage_get(StorageGetRequest { key: key.into() }).await?;
        Ok(found.entry.map(Stored))
    }

    /// What a key holds, as JSON.
    ///
    /// # Errors
    /// As [`Storage::get`], or it is no JSON of this type.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        key: impl Into<String>,
    ) -> Result<Option<T>, StorageError> {
        self.get(key).await?.map(|found| found.json()).transpose()
    }

    /// Sets a key to bytes or text; answers its revision.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn set(
        &self,
        key: impl Into<String>,
        value: impl Into<Vec<u8>>,
    ) -> Result<u64, StorageError> {
        Ok(self.change(Change::set(key, value)).await?.revision)
    }

    /// Sets a key to a value written as JSON; answers its revision.
    ///
    /// # Errors
    /// As [`Storage::set`], or it cannot be written as JSON.
    pub async fn set_json<T: Serialize + ?Sized>(
        &self,
        key: impl Into<String>,
        value: &T,
    ) -> Result<u64, StorageError> {
        Ok(self.change(Change::set_json(key, value)?).await?.revision)
    }

    /// Deletes a key; whether there was one.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn delete(&self, key: impl Into<String>) -> Result<bool, StorageError> {
        Ok(self.change(Change::delete(key)).await?.existed)
    }

    /// Adds to a counter, which begins at 0; answers what it holds now.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn increment(&self, key: impl Into<String>, by: i64) -> Result<i64, StorageError> {
        Ok(self.change(Change::increment(key, by)).await?.counter)
    }

    /// Makes one change: with an end, only if nothing has changed, as a secret.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn change(&self, change: Change) -> Result<Written, StorageError> {
        let written = self.batch([change]).await?;
        let none = || HostError::Unreachable("an answer for no change".to_owned());
        written.into_iter().next().ok_or_else(|| none().into())
    }

    /// Makes changes, at most 128: all of them, or none. They are made in order.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn batch(
        &self,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Vec<Written>, StorageError> {
        let changes = changes.into_iter().map(Change::into_wire).collect();
        let request = StorageBatchRequest { changes, durable: self.durable };
        let written = self.host.storage_batch(request).await?.written;
        let outcome = |it: StorageWritten| {
            let StorageWritten { revision, existed, counter } = it;
            Written { revision, existed, counter }
        };
        Ok(written.into_iter().map(outcome).collect())
    }

    /// All keys that begin with `prefix` and what they hold, in the order of their bytes. Of secret
    /// ones the values are left out.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn list(&self, prefix: impl Into<String>) -> Result<Vec<Stored>, StorageError> {
        self.list_all(StorageListRequest { prefix: prefix.into(), ..Default::default() }).await
    }

    /// All keys that begin with `prefix`.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn keys(&self, prefix: impl Into<String>) -> Result<Vec<String>, StorageError> {
        let request =
            StorageListRequest { prefix: prefix.into(), keys_only: true, ..Default::default() };
        let found = self.list_all(request).await?;
        Ok(found.into_iter().map(|stored| stored.0.key).collect())
    }

    /// One page of a list, for those that are long: `next` of one is `after` of the next.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn page(
        &self,
        request: StorageListRequest,
    ) -> Result<StorageListResponse, StorageError> {
        Ok(self.host.storage_list(request).await?)
    }

    /// Hears of what changes under a prefix from now on, by whomever.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn watch(&self, prefix: impl Into<String>) -> Result<Watch, StorageError> {
        let request = StorageWatchRequest { prefix: prefix.into() };
        Ok(Watch::new(self.host.storage_watch(request).await?))
    }

    /// How much is kept, and how much may be.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn usage(&self) -> Result<StorageUsage, StorageError> {
        Ok(self.host.storage_usage().await?)
    }

    async fn list_all(&self, mut request: StorageListRequest) -> Result<Vec<Stored>, StorageError> {
        let mut all = Vec::new();
        loop {
            let page = self.page(request.clone()).await?;
            all.extend(page.entries.into_iter().map(Stored));
            if page.next.is_empty() {
                return Ok(all);
            }
            request.after = page.next;
        }
    }
}
