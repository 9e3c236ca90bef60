//! `Change`: one thing to be done to what a plugin keeps, and on what condition.
//!
//! It refuses to do it: a storage does.

use std::time::Duration;

use outboard_proto::plugin::{
    StorageChange, StorageDelete, StorageIncrement, StorageSet, storage_change,
};
use serde::Serialize;

use super::StorageError;

/// One change, for [`Storage::change`](super::Storage::change) or a
/// [`Storage::batch`](super::Storage::batch).
///
/// ```no_run
/// # use std::time::Duration;
/// # use outboard_plugin::{Change, Command, Result};
/// async fn claim(cmd: Command) -> Result<&'static str> {
///     let lock = Change::set("claimed", cmd.sender().id.as_str());
///     let lock = lock.if_absent().expires_in(Duration::from_secs(60));
///     Ok(match cmd.ctx().storage().change(lock).await {
///         Ok(_) => "yours for a minute",
///         Err(_) => "somebody has it",
///     })
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "it does nothing until it is made"]
pub struct Change(storage_change::Of);

impl Change {
    /// Sets a key to bytes or text.
    pub fn set(key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let (key, value) = (key.into(), value.into().into());
        Self(storage_change::Of::Set(StorageSet { key, value, ..StorageSet::default() }))
    }

    /// Sets a key to a value written as JSON.
    ///
    /// # Errors
    /// It cannot be written so.
    pub fn set_json<T: Serialize + ?Sized>(
        key: impl Into<String>,
        value: &T,
    ) -> Result<Self, StorageError> {
        let key = key.into();
        match serde_json::to_vec(value) {
            Ok(json) => Ok(Self::set(key, json)),
            Err(cause) => Err(StorageError::Json { key, cause }),
        }
    }

    /// Deletes a key, if there is one.
    pub fn delete(key: impl Into<String>) -> Self {
        let key = key.into();
        Self(storage_change::Of::Delete(StorageDelete { key, if_revision: None }))
    }

    /// Adds to a counter, which begins at 0.
    pub fn increment(key: impl Into<String>, by: i64) -> Self {
        let key = key.into();
        Self(storage_change::Of::Increment(StorageIncrement { key, by, ttl_us: 0 }))
    }

    /// Only if the key has this revision, as a look at it said; else all is refused with
    /// `StorageConflict`. Means nothing for a counter.
    pub fn if_revision(mut self, revision: u64) -> Self {
        match &mut self.0 {
            storage_change::Of::Set(set) => set.if_revision = Some(revision),
            storage_change::Of::Delete(delete) => delete.if_revision = Some(revision),
            storage_change::Of::Increment(_) => {}
        }
        self
    }

    /// Only if there is no such key.
    pub fn if_absent(self) -> Self {
        self.if_revision(0)
    }

    /// The key goes away by itself after this time. A counter that is there already keeps its end.
    pub fn expires_in(mut self, time: Duration) -> Self {
        // Nothing would mean for ever.
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        match &mut self.0 {
            storage_change::Of::Set(set) => set.ttl_us = us,
            storage_change::Of::Increment(increment) => increment.ttl_us = us,
            storage_change::Of::Delete(_) => {}
        }
        self
    }

    /// The value is encrypted where it is kept, and left out of lists. Refused with `NoSecretKey`
    /// where the operator has configured no key.
    pub fn secret(mut self) -> Self {
        if let storage_change::Of::Set(set) = &mut self.0 {
            set.secret = true;
        }
        self
    }

    pub(super) fn into_wire(self) -> StorageChange {
        StorageChange { of: Some(self.0) }
    }
}
