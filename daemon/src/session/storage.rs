//! The host API's Storage: what a plugin keeps.
//!
//! It decodes, asks the plugin's room, encodes. The guard has let the call in; a watch goes on
//! asking it, for a grant may go while it is open.

use std::pin::Pin;
use std::sync::Arc;

use outboard_proto::plugin::storage_server::Storage;
use outboard_proto::plugin::{
    StorageBatchRequest, StorageBatchResponse, StorageChange, StorageDelete, StorageDeleteRequest,
    StorageEntry, StorageGetRequest, StorageGetResponse, StorageIncrement, StorageIncrementRequest,
    StorageListRequest, StorageListResponse, StorageNews, StorageSet, StorageSetRequest,
    StorageUsage, StorageUsageRequest, StorageWatchRequest, StorageWritten, storage_change,
    storage_entry,
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::listen::Entrance;
use crate::clock::timestamp;
use crate::status;
use crate::storage::port::{
    Change, Content, Durability, Entry, Expect, Key, Micros, PAGE, Scan, Values, Written,
};
use crate::storage::{StorageFault, Wish};

mod watch;

/// The service of one connection.
pub struct HostStorage {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Storage for HostStorage {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<StorageNews, Status>> + Send>>;

    async fn get(
        &self,
        request: Request<StorageGetRequest>,
    ) -> Result<Response<StorageGetResponse>, Status> {
        answer(self.get_one(&request.into_inner().key).await)
    }

    async fn list(
        &self,
        request: Request<StorageListRequest>,
    ) -> Result<Response<StorageListResponse>, Status> {
        answer(self.list_some(request.into_inner()).await)
    }

    async fn usage(
        &self,
        _: Request<StorageUsageRequest>,
    ) -> Result<Response<StorageUsage>, Status> {
        answer(self.tell_usage().await)
    }

    async fn watch(
        &self,
        request: Request<StorageWatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let prefix = request.into_inner().prefix;
        let begun = self.entrance.room.watch(self.quota(), prefix, timestamp()).await;
        let (watcher, revision) = begun.map_err(|fault| refused(&fault))?;
        Ok(Response::new(Box::pin(watch::news(Arc::clone(&self.entrance), watcher, revision))))
    }

    async fn set(
        &self,
        request: Request<StorageSetRequest>,
    ) -> Result<Response<StorageWritten>, Status> {
        let StorageSetRequest { set, durable } = request.into_inner();
        answer(self.change(set.map(storage_change::Of::Set), durable).await)
    }

    async fn delete(
        &self,
        request: Request<StorageDeleteRequest>,
    ) -> Result<Response<StorageWritten>, Status> {
        let StorageDeleteRequest { delete, durable } = request.into_inner();
        answer(self.change(delete.map(storage_change::Of::Delete), durable).await)
    }

    async fn increment(
        &self,
        request: Request<StorageIncrementRequest>,
    ) -> Result<Response<StorageWritten>, Status> {
        let StorageIncrementRequest { increment, durable } = request.into_inner();
        answer(self.change(increment.map(storage_change::Of::Increment), durable).await)
    }

    async fn batch(
        &self,
        request: Request<StorageBatchRequest>,
    ) -> Result<Response<StorageBatchResponse>, Status> {
        let StorageBatchRequest { changes, durable } = request.into_inner();
        let written = self.change_all(changes, durable).await;
        answer(written.map(|written| StorageBatchResponse { written }))
    }
}

impl HostStorage {
    fn quota(&self) -> u64 {
        self.entrance.facts().limits.storage_bytes
    }

    async fn get_one(&self, key: &str) -> Result<StorageGetResponse, StorageFault> {
        let key = Key::parse(key)?;
        let found = self.entrance.room.get(self.quota(), key, timestamp()).await?;
        Ok(StorageGetResponse { entry: found.map(wire) })
    }

    async fn list_some(
        &self,
        request: StorageListRequest,
    ) -> Result<StorageListResponse, StorageFault> {
        let StorageListRequest { prefix, after, most, keys_only } = request;
        let scan = Scan {
            prefix,
            after: Some(after).filter(|after| !after.is_empty()),
            most: page_size(most),
            values: if keys_only { Values::Without } else { Values::Open },
        };
        let page = self.entrance.room.list(self.quota(), scan, timestamp()).await?;
        let last = page.entries.last().filter(|_| page.more);
        let next = last.map(|last| last.key.as_str().to_owned()).unwrap_or_default();
        Ok(StorageListResponse { entries: page.entries.into_iter().map(wire).collect(), next })
    }

    async fn tell_usage(&self) -> Result<StorageUsage, StorageFault> {
        let (room, quota) = (&self.entrance.room, self.quota());
        let usage = room.usage(quota, timestamp()).await?;
        Ok(StorageUsage {
            bytes: usage.bytes,
            quota_bytes: quota,
            keys: usage.keys,
            revision: usage.revision,
            damaged_at_us: usage.damaged.unwrap_or(0),
            secrets: room.keeps_secrets(),
        })
    }

    async fn change(
        &self,
        of: Option<storage_change::Of>,
        durable: bool,
    ) -> Result<StorageWritten, StorageFault> {
        let written = self.change_all(vec![StorageChange { of }], durable).await?;
        Ok(written.into_iter().next().unwrap_or_default())
    }

    async fn change_all(
        &self,
        changes: Vec<StorageChange>,
        durable: bool,
    ) -> Result<Vec<StorageWritten>, StorageFault> {
        let now = timestamp();
        let wish = |change| wish(change, now.as_microsecond());
        let wishes = changes.into_iter().map(wish).collect::<Result<Vec<_>, _>>()?;
        let durability = if durable { Durability::Power } else { Durability::Process };
        let written = self.entrance.room.write(self.quota(), wishes, durability, now).await?;
        Ok(written.into_iter().map(outcome).collect())
    }
}

/// A change as it was asked for.
fn wish(change: StorageChange, now: Micros) -> Result<Wish, StorageFault> {
    let expires = |ttl_us: u64| {
        let ttl = i64::try_from(ttl_us).unwrap_or(i64::MAX);
        (ttl > 0).then(|| now.saturating_add(ttl))
    };
    match change.of {
        Some(storage_change::Of::Set(StorageSet { key, value, ttl_us, if_revision, secret })) => {
            let set = Change::Set {
                key: Key::parse(&key)?,
                content: Content::Plain(value),
                expires: expires(ttl_us),
                expect: expect(if_revision),
            };
            Ok(if secret { Wish::Secret(set) } else { Wish::Open(set) })
        }
        Some(storage_change::Of::Delete(StorageDelete { key, if_revision })) => {
            let key = Key::parse(&key)?;
            Ok(Wish::Open(Change::Delete { key, expect: expect(if_revision) }))
        }
        Some(storage_change::Of::Increment(StorageIncrement { key, by, ttl_us })) => {
            let key = Key::parse(&key)?;
            Ok(Wish::Open(Change::Add { key, by, expires: expires(ttl_us) }))
        }
        None => Err(StorageFault::Invalid("a change says neither set, delete nor increment")),
    }
}

fn expect(revision: Option<u64>) -> Expect {
    match revision {
        None => Expect::Anything,
        Some(0) => Expect::Absent,
        Some(revision) => Expect::Revision(revision),
    }
}

/// What a page may have at most: what was asked for, within reason.
fn page_size(most: u32) -> usize {
    match usize::try_from(most) {
        Ok(0) | Err(_) => PAGE,
        Ok(most) => most.min(PAGE),
    }
}

fn wire(entry: Entry) -> StorageEntry {
    let of = entry.content.and_then(|content| match content {
        Content::Plain(bytes) => Some(storage_entry::Of::Value(bytes)),
        Content::Counter(number) => Some(storage_entry::Of::Counter(number)),
        // Opened where it may be seen; else it stays where it is.
        Content::Sealed(_) => None,
    });
    StorageEntry {
        key: entry.key.as_str().to_owned(),
        revision: entry.revision,
        expires_at_us: entry.expires.unwrap_or(0),
        secret: entry.secret,
        of,
    }
}

fn outcome(written: Written) -> StorageWritten {
    let Written { revision, existed, counter } = written;
    StorageWritten { revision, existed, counter: counter.unwrap_or(0) }
}

fn answer<T>(result: Result<T, StorageFault>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|fault| refused(&fault))
}

fn refused(fault: &StorageFault) -> Status {
    status::of(&fault.failure())
}
