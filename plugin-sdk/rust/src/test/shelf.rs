//! A plugin's storage in memory: the daemon's rules, without its disk, its quota and its
//! encryption. Time passes when a test says so.
//!
//! It refuses to know permissions; a test that wants a refusal says so.

use std::collections::BTreeMap;

use outboard_proto::common::Reason;
use outboard_proto::plugin::{
    StorageBatchRequest, StorageBatchResponse, StorageChange, StorageChangeKind, StorageChanged,
    StorageEntry, StorageGetRequest, StorageGetResponse, StorageListRequest, StorageListResponse,
    StorageNews, StorageUsage, StorageUsageRequest, StorageWatchRequest, StorageWatching,
    StorageWritten, storage_change, storage_entry, storage_news,
};
use tokio::sync::broadcast;

use crate::error::HostError;
use crate::storage::Source;

/// Entries of one page, as in the daemon.
const PAGE: usize = 1_000;

/// What the plugin under test keeps.
#[derive(Debug)]
pub(crate) struct Shelf {
    entries: BTreeMap<String, StorageEntry>,
    revision: u64,
    now_us: i64,
    news: broadcast::Sender<StorageNews>,
}

impl Default for Shelf {
    fn default() -> Self {
        // Some day in 2026: a real time, but always the same one.
        let now_us = 1_782_864_000_000_000;
        Self { entries: BTreeMap::new(), revision: 0, now_us, news: broadcast::Sender::new(256) }
    }
}

impl Shelf {
    pub(crate) fn get(&mut self, request: StorageGetRequest) -> Answer<StorageGetResponse> {
        let StorageGetRequest { key } = request;
        Ok(StorageGetResponse { entry: self.entries.get(&key).cloned() })
    }

    pub(crate) fn list(&mut self, request: StorageListRequest) -> Answer<StorageListResponse> {
        let StorageListRequest { prefix, after, most, keys_only } = request;
        let most = usize::try_from(most).unwrap_or(PAGE);
        let most = if most == 0 { PAGE } else { most.min(PAGE) };
        let wanted = |entry: &&StorageEntry| entry.key.starts_with(&prefix) && entry.key > after;
        let mut found = self.entries.values().filter(wanted);
        let shown = |entry: &StorageEntry| match keys_only || entry.secret {
            true => StorageEntry { of: None, ..entry.clone() },
            false => entry.clone(),
        };
        let entries: Vec<StorageEntry> = found.by_ref().take(most).map(shown).collect();
        let last = entries.last().filter(|_| found.next().is_some());
        let next = last.map(|entry| entry.key.clone()).unwrap_or_default();
        Ok(StorageListResponse { entries, next })
    }

    pub(crate) fn usage(&mut self, _: StorageUsageRequest) -> Answer<StorageUsage> {
        let size = |entry: &StorageEntry| entry.key.len() + value_of(entry).len();
        Ok(StorageUsage {
            bytes: self.entries.values().map(size).sum::<usize>() as u64,
            quota_bytes: 64 << 20,
            keys: self.entries.len() as u64,
            revision: self.revision,
            damaged_at_us: 0,
            secrets: true,
        })
    }

    pub(crate) fn batch(&mut self, request: StorageBatchRequest) -> Answer<StorageBatchResponse> {
        let before = (self.entries.clone(), self.revision);
        let mut told = Vec::new();
        let changes = request.changes.into_iter();
        let written = changes.map(|change| self.change(change, &mut told)).collect();
        match written {
            Ok(written) => {
                for news in told {
                    self.tell(news);
                }
                Ok(StorageBatchResponse { written })
            }
            Err(refusal) => {
                (self.entries, self.revision) = before;
                Err(refusal)
            }
        }
    }

    pub(crate) fn watch(&mut self, request: StorageWatchRequest) -> Source {
        let source = Source::Memory(self.news.subscribe(), request.prefix);
        let watching = StorageWatching { revision: self.revision };
        let _ = self.news.send(StorageNews { kind: Some(storage_news::Kind::Watching(watching)) });
        source
    }

    pub(super) fn at(&self, key: &str) -> Option<StorageEntry> {
        self.entries.get(key).cloned()
    }

    /// Time passes; what has expired goes.
    pub(super) fn pass(&mut self, us: i64) {
        self.now_us = self.now_us.saturating_add(us);
        let now = self.now_us;
        let over = |entry: &StorageEntry| (1..=now).contains(&entry.expires_at_us);
        let gone: Vec<StorageEntry> =
            self.entries.values().filter(|entry| over(entry)).cloned().collect();
        self.entries.retain(|_, entry| !over(entry));
        for StorageEntry { key, revision, .. } in gone {
            self.tell(changed(key, revision, StorageChangeKind::Expired));
        }
    }

    fn change(
        &mut self,
        change: StorageChange,
        told: &mut Vec<StorageNews>,
    ) -> Answer<StorageWritten> {
        let next = self.revision + 1;
        let (key, kind, written) = match change.of {
            Some(storage_change::Of::Set(set)) => {
                let existed = self.expect(&set.key, set.if_revision)?;
                let of = Some(storage_entry::Of::Value(set.value));
                let (expires_at_us, secret) = (self.end(set.ttl_us), set.secret);
                let entry = StorageEntry {
                    key: set.key.clone(),
                    of,
                    revision: next,
                    expires_at_us,
                    secret,
                };
                self.entries.insert(set.key.clone(), entry);
                let written = StorageWritten { revision: next, existed, counter: 0 };
                (set.key, StorageChangeKind::Set, written)
            }
            Some(storage_change::Of::Delete(delete)) => {
                let existed = self.expect(&delete.key, delete.if_revision)?;
                if self.entries.remove(&delete.key).is_none() {
                    return Ok(StorageWritten::default());
                }
                let written = StorageWritten { revision: next, existed, counter: 0 };
                (delete.key, StorageChangeKind::Deleted, written)
            }
            Some(storage_change::Of::Increment(increment)) => {
                let end = self.end(increment.ttl_us);
                let entry = self.entries.entry(increment.key.clone());
                let existed = matches!(entry, std::collections::btree_map::Entry::Occupied(_));
                let entry = entry.or_insert_with(|| StorageEntry {
                    key: increment.key.clone(),
                    of: Some(storage_entry::Of::Counter(0)),
                    expires_at_us: end,
                    ..StorageEntry::default()
                });
                let Some(storage_entry::Of::Counter(number)) = &mut entry.of else {
                    return Err(refusal(Reason::NotACounter, "it holds no counter"));
                };
                let sum = number.checked_add(increment.by);
                *number = sum.ok_or_else(|| refusal(Reason::Invalid, "it would overflow"))?;
                let counter = *number;
                entry.revision = next;
                let written = StorageWritten { revision: next, existed, counter };
                (increment.key, StorageChangeKind::Set, written)
            }
            None => return Err(refusal(Reason::Invalid, "a change says nothing")),
        };
        self.revision = next;
        told.push(changed(key, next, kind));
        Ok(written)
    }

    /// Whether there is such a key, where that is as expected.
    fn expect(&self, key: &str, revision: Option<u64>) -> Answer<bool> {
        if key.is_empty() {
            return Err(refusal(Reason::Invalid, "a key has at least one byte"));
        }
        let found = self.entries.get(key).map(|entry| entry.revision);
        match revision {
            Some(wanted) if found.unwrap_or(0) != wanted => {
                let text = format!("{key:?} has revision {}", found.unwrap_or(0));
                Err(refusal(Reason::StorageConflict, &text))
            }
            Some(_) | None => Ok(found.is_some()),
        }
    }

    fn end(&self, ttl_us: u64) -> i64 {
        match i64::try_from(ttl_us).unwrap_or(i64::MAX) {
            0 => 0,
            ttl => self.now_us.saturating_add(ttl),
        }
    }

    fn tell(&self, news: StorageNews) {
        // Nobody may watch.
        let _ = self.news.send(news);
    }
}

type Answer<T> = Result<T, HostError>;

fn changed(key: String, revision: u64, kind: StorageChangeKind) -> StorageNews {
    let changed = StorageChanged { key, revision, kind: kind.into() };
    StorageNews { kind: Some(storage_news::Kind::Changed(changed)) }
}

fn value_of(entry: &StorageEntry) -> &[u8] {
    match &entry.of {
        Some(storage_entry::Of::Value(value)) => value,
        Some(storage_entry::Of::Counter(_)) | None => &[],
    }
}

fn refusal(reason: Reason, message: &str) -> HostError {
    HostError::Refused { reason, message: message.to_owned(), retry_after: None }
}
