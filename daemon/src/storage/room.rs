//! One plugin's way to its shelf: how much it may have under way, and what it may ask.
//!
//! It refuses to know what was granted.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::depot::Depot;
use super::fault::StorageFault;
use super::notices::Watcher;
use super::port::{
    CHANGES, Change, Content, Durability, Entry, Key, Page, Scan, Usage, VALUE_BYTES, Written,
};
use super::turn::{Answer, Ask, Asker, Order};
use crate::config::name::PluginName;
use crate::store::Secrets;

/// Requests that one plugin may have under way: more than one connection has streams.
const UNDER_WAY: usize = 64;
/// Watches that one plugin may have open.
const WATCHES: usize = 32;

/// A change, and whether what it sets is to be encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// As it is.
    Open(Change),
    /// What it sets is encrypted before it is kept.
    Secret(Change),
}

impl Wish {
    /// Bytes it writes, roughly.
    #[must_use]
    pub fn len(&self) -> usize {
        let (Self::Open(change) | Self::Secret(change)) = self;
        change.len()
    }

    /// It always writes something.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    fn check(&self) -> Result<(), StorageFault> {
        match self {
            Self::Open(Change::Set { content: Content::Plain(bytes), .. })
            | Self::Secret(Change::Set { content: Content::Plain(bytes), .. })
                if bytes.len() > VALUE_BYTES =>
            {
                Err(StorageFault::ValueTooLarge(bytes.len()))
            }
            Self::Open(_) | Self::Secret(_) => Ok(()),
        }
    }
}

/// Whether a batch can be asked for at all.
///
/// # Errors
/// It is empty, or too large.
pub fn check(wishes: &[Wish]) -> Result<(), StorageFault> {
    match wishes.len() {
        0 => Err(StorageFault::Invalid("a batch has at least one change")),
        1..=CHANGES => wishes.iter().try_for_each(Wish::check),
        count => Err(StorageFault::TooManyChanges(count)),
    }
}

/// One plugin's way to its shelf.
pub struct Room {
    depot: Depot,
    plugin: PluginName,
    under_way: Arc<Semaphore>,
    watches: Arc<Semaphore>,
}

impl Room {
    /// The way of one plugin.
    #[must_use]
    pub fn new(depot: Depot, plugin: PluginName) -> Self {
        let under_way = Arc::new(Semaphore::new(UNDER_WAY));
        Self { depot, plugin, under_way, watches: Arc::new(Semaphore::new(WATCHES)) }
    }

    /// Whether secret values can be kept.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.depot.keeps_secrets()
    }

    /// Makes changes, all or none. `quota` is what the shelf may hold, in bytes.
    ///
    /// # Errors
    /// Why nothing of it was kept.
    pub async fn write(
        &self,
        quota: u64,
        wishes: Vec<Wish>,
        durability: Durability,
        now: Timestamp,
    ) -> Result<Vec<Written>, StorageFault> {
        check(&wishes)?;
        self.ask(quota, now, |answer| Ask::Write(wishes, durability, answer)).await
    }

    /// What a key holds, secrets in clear.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn get(
        &self,
        quota: u64,
        key: Key,
        now: Timestamp,
    ) -> Result<Option<Entry>, StorageFault> {
        self.ask(quota, now, |answer| Ask::Get(key, Secrets::With, answer)).await
    }

    /// A page of entries.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn list(&self, quota: u64, scan: Scan, now: Timestamp) -> Result<Page, StorageFault> {
        self.ask(quota, now, |answer| Ask::List(scan, answer)).await
    }

    /// How full the shelf is.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn usage(&self, quota: u64, now: Timestamp) -> Result<Usage, StorageFault> {
        self.ask(quota, now, Ask::Usage).await
    }

    /// Watches what changes under a prefix from now on; answers the newest revision so far, too.
    ///
    /// # Errors
    /// Too many watches are open, or the shelf cannot be read.
    pub async fn watch(
        &self,
        quota: u64,
        prefix: String,
        now: Timestamp,
    ) -> Result<(Watcher, u64), StorageFault> {
        let busy = |_| StorageFault::Busy("32 watches");
        let permit = Arc::clone(&self.watches).try_acquire_owned().map_err(busy)?;
        // First listen, then look: what happens between the two is heard.
        let mut watcher = self.depot.notices().watch(&self.plugin, prefix, permit);
        let revision = self.usage(quota, now).await?.revision;
        watcher.begin_after(revision);
        Ok((watcher, revision))
    }

    async fn ask<T>(
        &self,
        quota: u64,
        now: Timestamp,
        ask: impl FnOnce(Answer<T>) -> Ask,
    ) -> Result<T, StorageFault> {
        let permit = Some(self.begin()?);
        let (answer, answered) = oneshot::channel();
        let (plugin, asker) = (self.plugin.clone(), Asker::Plugin(quota));
        self.depot.order(Order { plugin, asker, now, ask: ask(answer), permit }).await?;
        answered.await.map_err(|_| StorageFault::Stopping)?
    }

    fn begin(&self) -> Result<OwnedSemaphorePermit, StorageFault> {
        let busy = |_| StorageFault::Busy("64 requests");
        Arc::clone(&self.under_way).try_acquire_owned().map_err(busy)
    }
}
