//! What a plugin keeps, played by the test: four keys, one of them secret. It keeps what it is
//! given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use outboard_proto::admin as wire;
use outboard_proto::admin::storage_entry::Of;
use outboard_proto::admin::storage_server::Storage;
use tonic::{Request, Response, Status};

pub struct Shelf {
    asked: Arc<Mutex<Vec<String>>>,
    entries: Mutex<BTreeMap<String, wire::StorageEntry>>,
}

impl Shelf {
    pub fn new(asked: Arc<Mutex<Vec<String>>>) -> Shelf {
        let entry = |key: &str, of, revision, secret| wire::StorageEntry {
            key: key.to_owned(),
            of: Some(of),
            revision,
            secret,
            ..Default::default()
        };
        let all = [
            entry("count", Of::Counter(7), 1, false),
            entry("greeting", Of::Value("hello\u{1b}[2J".into()), 2, false),
            entry("raw", Of::Value(vec![0xff, 0, 1].into()), 3, false),
            entry("token", Of::Value("hush".into()), 4, true),
        ];
        let entries = all.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        Shelf { asked, entries: Mutex::new(entries) }
    }

    fn hear<R: std::fmt::Debug>(&self, request: Request<R>) -> R {
        let request = request.into_inner();
        self.asked.lock().unwrap().push(format!("{request:?}"));
        request
    }
}

fn shown(entry: &wire::StorageEntry, with_secrets: bool) -> wire::StorageEntry {
    let withheld = entry.secret && !with_secrets;
    let of = entry.of.clone().filter(|_| !withheld);
    wire::StorageEntry { of, withheld, ..entry.clone() }
}

fn done(message: &str) -> Result<Response<wire::Done>, Status> {
    Ok(Response::new(wire::Done { message: message.to_owned() }))
}

#[tonic::async_trait]
impl Storage for Shelf {
    async fn usage(
        &self,
        request: Request<wire::Named>,
    ) -> Result<Response<wire::StorageUsage>, Status> {
        Ok(Response::new(wire::StorageUsage {
            plugin: self.hear(request).name,
            bytes: 5 << 20,
            quota_bytes: 64 << 20,
            keys: 1234,
            secrets: 1,
            revision: 5678,
            path: "/var/lib/outboard/storage/alpha.db".to_owned(),
            beside: vec!["/var/lib/outboard/storage/alpha.db.before-restore".to_owned()],
            damaged_at_us: 0,
        }))
    }

    async fn get(
        &self,
        request: Request<wire::StorageGetRequest>,
    ) -> Result<Response<wire::StorageEntry>, Status> {
        let wire::StorageGetRequest { key, with_secrets, .. } = self.hear(request);
        let entries = self.entries.lock().unwrap();
        let found = entries.get(&key).ok_or_else(|| Status::not_found("nothing there"))?;
        Ok(Response::new(shown(found, with_secrets)))
    }

    async fn list(
        &self,
        request: Request<wire::StorageListRequest>,
    ) -> Result<Response<wire::StorageListResponse>, Status> {
        let request = self.hear(request);
        let entries = self.entries.lock().unwrap();
        let behind = entries.values().filter(|it| it.key > request.after);
        let wanted = behind.filter(|it| it.key.starts_with(&request.prefix));
        // Pages of two, so that there is more than one.
        let page: Vec<_> = wanted.map(|it| shown(it, request.with_secrets)).take(2).collect();
        let next = if page.len() == 2 { page[1].key.clone() } else { String::new() };
        Ok(Response::new(wire::StorageListResponse { entries: page, next }))
    }

    async fn import(
        &self,
        request: Request<wire::StorageImportRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        let request = self.hear(request);
        let count = request.entries.len();
        self.entries
            .lock()
            .unwrap()
            .extend(request.entries.into_iter().map(|it| (it.key.clone(), it)));
        done(&format!("{count} written"))
    }

    async fn snapshot(
        &self,
        request: Request<wire::StorageSnapshotRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        done(&format!("copied to {}", self.hear(request).file))
    }

    async fn restore(
        &self,
        request: Request<wire::StorageRestoreRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        done(&format!("restored from {}", self.hear(request).file))
    }

    async fn purge(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        done(&format!("all that {} kept is gone", self.hear(request).name))
    }
}
