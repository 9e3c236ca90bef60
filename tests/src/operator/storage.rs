//! What operators ask of plugins' storage.
//!
//! It refuses to know what is kept.

use std::path::Path;

use outboard_proto::admin::storage_client::StorageClient;
use outboard_proto::admin::{
    StorageEntry, StorageGetRequest, StorageImportRequest, StorageListRequest,
    StorageRestoreRequest, StorageSnapshotRequest, StorageUsage,
};
use tonic::transport::Channel;

use super::{Answer, Operator, inner, named};

impl Operator {
    fn shelves(&self) -> StorageClient<Channel> {
        StorageClient::new(self.channel.clone())
    }

    /// How full a plugin's storage is.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn storage_usage(&self, name: &str) -> Answer<StorageUsage> {
        inner(self.shelves().usage(named(name)).await)
    }

    /// One key.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn stored(&self, name: &str, key: &str, with_secrets: bool) -> Answer<StorageEntry> {
        let (name, key) = (name.to_owned(), key.to_owned());
        inner(self.shelves().get(StorageGetRequest { name, key, with_secrets }).await)
    }

    /// The first page of keys under a prefix.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn stored_under(
        &self,
        name: &str,
        prefix: &str,
        with_secrets: bool,
    ) -> Answer<Vec<StorageEntry>> {
        let (name, prefix) = (name.to_owned(), prefix.to_owned());
        let request = StorageListRequest { name, prefix, with_secrets, ..Default::default() };
        Ok(inner(self.shelves().list(request).await)?.entries)
    }

    /// All keys under a prefix, page by page.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn stored_keys(&self, name: &str, prefix: &str) -> Answer<Vec<String>> {
        let (mut keys, mut after) = (Vec::new(), String::new());
        loop {
            let (name, prefix) = (name.to_owned(), prefix.to_owned());
            let request =
                StorageListRequest { name, prefix, after, keys_only: true, ..Default::default() };
            let page = inner(self.shelves().list(request).await)?;
            keys.extend(page.entries.into_iter().map(|entry| entry.key));
            if page.next.is_empty() {
                return Ok(keys);
            }
            after = page.next;
        }
    }

    /// Writes entries.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn store(&self, name: &str, entries: Vec<StorageEntry>) -> Answer<String> {
        let request = StorageImportRequest { name: name.to_owned(), entries };
        Ok(inner(self.shelves().import(request).await)?.message)
    }

    /// Copies a plugin's storage.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn snapshot(&self, name: &str, file: &Path, with_secrets: bool) -> Answer<String> {
        let (name, file) = (name.to_owned(), file.to_string_lossy().into_owned());
        let request = StorageSnapshotRequest { name, file, with_secrets };
        Ok(inner(self.shelves().snapshot(request).await)?.message)
    }

    /// Puts such a copy back.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn restore_storage(&self, name: &str, file: &Path) -> Answer<String> {
        let (name, file) = (name.to_owned(), file.to_string_lossy().into_owned());
        let request = StorageRestoreRequest { name, file };
        Ok(inner(self.shelves().restore(request).await)?.message)
    }

    /// Drops all that a plugin kept.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn purge(&self, name: &str) -> Answer<String> {
        Ok(inner(self.shelves().purge(named(name)).await)?.message)
    }
}
