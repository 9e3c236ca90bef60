//! What plugins keep, for operators: decodes, asks the depot, encodes. It refuses to show what is
//! secret where that was not asked for.

use std::path::PathBuf;

use outboard_proto::admin::storage_server::Storage;
use outboard_proto::admin::{
    Done, Named, StorageEntry, StorageGetRequest, StorageImportRequest, StorageListRequest,
    StorageListResponse, StorageRestoreRequest, StorageSnapshotRequest, StorageUsage,
    storage_entry,
};
use outboard_proto::common::{Failure, Reason};
use tonic::{Code, Request, Response, Status};

use super::noted::{Noted, note};
use crate::clock::timestamp;
use crate::config::name::PluginName;
use crate::fleet::Command;
use crate::status;
use crate::storage::port::{Change, Content, Entry, Expect, Key, PAGE, Scan, Values};
use crate::storage::{Depot, StorageFault, Wish};
use crate::store::Secrets;

/// The service of one connection.
pub struct Shelves {
    pub command: Command,
    /// Who asks.
    pub uid: u32,
}

#[tonic::async_trait]
impl Storage for Shelves {
    async fn usage(&self, request: Request<Named>) -> Result<Response<StorageUsage>, Status> {
        answer(self.tell_usage(&request.into_inner().name).await)
    }

    async fn get(
        &self,
        request: Request<StorageGetRequest>,
    ) -> Result<Response<StorageEntry>, Status> {
        let request = request.into_inner();
        let noted = self.note("show-secret").of(&request.name).on(&request.key);
        let secrets = request.with_secrets;
        let found = answer(self.get_one(request).await);
        if secrets { noted.came_to(found) } else { found }
    }

    async fn list(
        &self,
        request: Request<StorageListRequest>,
    ) -> Result<Response<StorageListResponse>, Status> {
        let request = request.into_inner();
        let noted = self.note("show-secret").of(&request.name).on(&format!("{}*", request.prefix));
        let secrets = request.with_secrets && !request.keys_only;
        let found = answer(self.list_some(request).await);
        if secrets { noted.came_to(found) } else { found }
    }

    async fn import(
        &self,
        request: Request<StorageImportRequest>,
    ) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let what = format!("{} entries", request.entries.len());
        let noted = self.note("storage-import").of(&request.name).on(&what);
        noted.came_to(answer(self.import_some(request).await))
    }

    async fn snapshot(
        &self,
        request: Request<StorageSnapshotRequest>,
    ) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let act = if request.with_secrets { "snapshot-with-secrets" } else { "snapshot" };
        let noted = self.note(act).of(&request.name).on(&request.file);
        noted.came_to(answer(self.take_snapshot(request).await))
    }

    async fn restore(
        &self,
        request: Request<StorageRestoreRequest>,
    ) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let noted = self.note("storage-restore").of(&request.name).on(&request.file);
        noted.came_to(answer(self.put_back(request).await))
    }

    async fn purge(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("purge").of(&name);
        let purged = match plugin(&name) {
            Ok(name) => {
                let wish = self
                    .command
                    .ask(move |fleet| Box::pin(async move { fleet.purge(&name).await }));
                wish.await.and_then(|it| it)
            }
            Err(failure) => Err(failure),
        };
        noted.came_to(answer(purged))
    }
}

impl Shelves {
    fn note(&self, act: &'static str) -> Noted<'_> {
        note(&self.command.harbour, self.uid, act)
    }

    fn depot(&self) -> &Depot {
        &self.command.harbour.depot
    }

    /// The plugin, and its quota where it is loaded.
    async fn find(&self, name: &str) -> Result<(PluginName, Option<u64>), Failure> {
        let name = plugin(name)?;
        let asked = name.clone();
        let quota =
            self.command.ask(move |fleet| Box::pin(async move { fleet.storage_quota(&asked) }));
        Ok((name, quota.await?))
    }

    async fn tell_usage(&self, name: &str) -> Result<StorageUsage, Failure> {
        let (name, quota) = self.find(name).await?;
        let usage = self.depot().usage((&name, quota), timestamp()).await;
        let usage = usage.map_err(|fault| fault.failure())?;
        let (files, of) = (self.depot().files().clone(), name.clone());
        let beside = tokio::task::spawn_blocking(move || files.beside(&of)).await;
        let beside = beside.map_or(Ok(Vec::new()), |it| it.map_err(StorageFault::Store));
        let beside = beside.map_err(|fault| fault.failure())?;
        Ok(StorageUsage {
            plugin: name.as_str().to_owned(),
            bytes: usage.bytes,
            quota_bytes: quota.unwrap_or(0),
            keys: usage.keys,
            secrets: usage.secrets,
            revision: usage.revision,
            damaged_at_us: usage.damaged.unwrap_or(0),
            path: self.depot().files().of(&name).display().to_string(),
            beside: beside.iter().map(|it| it.display().to_string()).collect(),
        })
    }

    async fn get_one(&self, request: StorageGetRequest) -> Result<StorageEntry, Failure> {
        let (name, quota) = self.find(&request.name).await?;
        let key = key(&request.key)?;
        let secrets = of_flag(request.with_secrets);
        let found = self.depot().get((&name, quota), key, secrets, timestamp()).await;
        let found = found.map_err(|fault| fault.failure())?;
        found.map(wire).ok_or_else(|| {
            let text = format!("{name} keeps nothing under {:?}", request.key);
            Failure::new(Code::NotFound, Reason::NoSuchKey, text)
        })
    }

    async fn list_some(&self, request: StorageListRequest) -> Result<StorageListResponse, Failure> {
        let (name, quota) = self.find(&request.name).await?;
        let most = usize::try_from(request.most).unwrap_or(PAGE);
        let scan = Scan {
            prefix: request.prefix,
            after: Some(request.after).filter(|after| !after.is_empty()),
            most: if most == 0 { PAGE } else { most.min(PAGE) },
            values: match (request.keys_only, request.with_secrets) {
                (true, _) => Values::Without,
                (false, true) => Values::WithSealed,
                (false, false) => Values::Open,
            },
        };
        let page = self.depot().list((&name, quota), scan, timestamp()).await;
        let page = page.map_err(|fault| fault.failure())?;
        let last = page.entries.last().filter(|_| page.more);
        let next = last.map(|last| last.key.as_str().to_owned()).unwrap_or_default();
        let entries = page.entries.into_iter().map(wire);
        let hide = |entry: StorageEntry| match request.keys_only {
            true => StorageEntry { withheld: true, ..entry },
            false => entry,
        };
        Ok(StorageListResponse { entries: entries.map(hide).collect(), next })
    }

    async fn import_some(&self, request: StorageImportRequest) -> Result<Done, Failure> {
        let (name, quota) = self.find(&request.name).await?;
        let count = request.entries.len();
        let wishes = request.entries.into_iter().map(wish).collect::<Result<Vec<_>, _>>()?;
        let written = self.depot().write((&name, quota), wishes, timestamp()).await;
        written.map_err(|fault| fault.failure())?;
        Ok(Done { message: format!("{count} written") })
    }

    async fn take_snapshot(&self, request: StorageSnapshotRequest) -> Result<Done, Failure> {
        let (name, _) = self.find(&request.name).await?;
        let file = absolute(&request.file)?;
        let taken = self.depot().snapshot(&name, file, of_flag(request.with_secrets)).await;
        taken.map_err(|fault| fault.failure())?;
        Ok(Done { message: format!("{name} copied to {}", request.file) })
    }

    async fn put_back(&self, request: StorageRestoreRequest) -> Result<Done, Failure> {
        let (name, quota) = self.find(&request.name).await?;
        let file = absolute(&request.file)?;
        let restored = self.depot().restore((&name, quota), file, timestamp()).await;
        restored.map_err(|fault| fault.failure())?;
        Ok(Done { message: format!("{name} restored from {}", request.file) })
    }
}

fn of_flag(with_secrets: bool) -> Secrets {
    if with_secrets { Secrets::With } else { Secrets::Without }
}

fn plugin(name: &str) -> Result<PluginName, Failure> {
    name.parse().map_err(|_| {
        let text = format!("{name:?} is not a plugin's name");
        Failure::new(Code::InvalidArgument, Reason::Invalid, text)
    })
}

fn key(text: &str) -> Result<Key, Failure> {
    Key::parse(text).map_err(|error| StorageFault::Key(error).failure())
}

fn absolute(path: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(path);
    if path.is_absolute() {
        return Ok(path);
    }
    let text = format!("{}: give an absolute path", path.display());
    Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text))
}

/// What an operator wants to be kept. It has no revision to go by.
fn wish(entry: StorageEntry) -> Result<Wish, Failure> {
    let content = match entry.of {
        Some(storage_entry::Of::Value(value)) => Content::Plain(value),
        Some(storage_entry::Of::Counter(number)) => Content::Counter(number),
        None => {
            let text = format!("{:?} has no value", entry.key);
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
    };
    let set = Change::Set {
        key: key(&entry.key)?,
        content,
        expires: (entry.expires_at_us > 0).then_some(entry.expires_at_us),
        expect: Expect::Anything,
    };
    Ok(if entry.secret { Wish::Secret(set) } else { Wish::Open(set) })
}

fn wire(entry: Entry) -> StorageEntry {
    let of = entry.content.and_then(|content| match content {
        Content::Plain(bytes) => Some(storage_entry::Of::Value(bytes)),
        Content::Counter(number) => Some(storage_entry::Of::Counter(number)),
        Content::Sealed(_) => None,
    });
    StorageEntry {
        key: entry.key.as_str().to_owned(),
        revision: entry.revision,
        expires_at_us: entry.expires.unwrap_or(0),
        secret: entry.secret,
        withheld: of.is_none(),
        of,
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}
