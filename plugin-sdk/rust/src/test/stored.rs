//! What the plugin under test keeps, as a test arranges it and looks at it.
//!
//! It refuses to keep it: that is the shelf's.

use std::time::Duration;

use outboard_proto::plugin::{StorageBatchRequest, StorageChange, StorageSet, storage_change};

use super::Harness;
use crate::storage::Stored;

impl Harness {
    /// What the plugin keeps under a key.
    #[must_use]
    pub fn stored(&self, key: &str) -> Option<Stored> {
        self.recorder.shelf(|shelf| shelf.at(key)).map(Stored::new)
    }

    /// Lets the plugin find a value under a key, as if it had kept it before.
    ///
    /// # Panics
    /// The key is empty.
    pub fn store(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        let (key, value) = (key.to_owned(), value.into().into());
        let set = StorageSet { key, value, ..StorageSet::default() };
        let change = StorageChange { of: Some(storage_change::Of::Set(set)) };
        let request = StorageBatchRequest { changes: vec![change], durable: false };
        self.recorder.shelf(|shelf| shelf.batch(request)).expect("the key is one");
    }

    /// Lets time pass for what the plugin keeps: what has expired is gone.
    pub fn pass(&mut self, time: Duration) {
        let us = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.recorder.shelf(|shelf| shelf.pass(us));
    }
}
