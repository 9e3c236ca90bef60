//! What commands ask of plugins' storage: a method per question. It refuses to know files and JSON.

use outboard_proto::admin as wire;

use super::{Admin, PATIENCE, PATIENCE_FOR_DISKS, answer};
use crate::report::{StorageEntry, StorageUsage};
use crate::trouble::Stop;

impl Admin {
    /// How full a plugin's storage is.
    pub async fn storage_usage(&mut self, name: &str) -> Result<StorageUsage, Stop> {
        let wait = self.wait(PATIENCE);
        let named = wire::Named { name: name.to_owned() };
        answer(wait, self.shelves.usage(named)).await.map(StorageUsage::from)
    }

    /// One key.
    pub async fn storage_get(
        &mut self,
        request: wire::StorageGetRequest,
    ) -> Result<StorageEntry, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.shelves.get(request)).await.map(StorageEntry::from)
    }

    /// A page of keys; and behind which one the next page begins.
    pub async fn storage_page(
        &mut self,
        request: wire::StorageListRequest,
    ) -> Result<(Vec<StorageEntry>, String), Stop> {
        let wait = self.wait(PATIENCE);
        let page = answer(wait, self.shelves.list(request)).await?;
        Ok((page.entries.into_iter().map(StorageEntry::from).collect(), page.next))
    }

    /// Writes entries: all of them or none.
    pub async fn storage_import(
        &mut self,
        name: &str,
        entries: Vec<wire::StorageEntry>,
    ) -> Result<(), Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::StorageImportRequest { name: name.to_owned(), entries };
        answer(wait, self.shelves.import(request)).await.map(drop)
    }

    /// Copies a plugin's storage into a file; answers what was done.
    pub async fn storage_snapshot(
        &mut self,
        request: wire::StorageSnapshotRequest,
    ) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        answer(wait, self.shelves.snapshot(request)).await.map(|done| done.message)
    }

    /// Puts a copy back; answers what was done.
    pub async fn storage_restore(&mut self, name: &str, file: String) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        let request = wire::StorageRestoreRequest { name: name.to_owned(), file };
        answer(wait, self.shelves.restore(request)).await.map(|done| done.message)
    }

    /// Drops what an unloaded plugin kept; answers what was done.
    pub async fn storage_purge(&mut self, name: &str) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        let named = wire::Named { name: name.to_owned() };
        answer(wait, self.shelves.purge(named)).await.map(|done| done.message)
    }
}
