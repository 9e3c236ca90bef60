//! From an interceptor's word to the disk: kept in time, or not at all.
//!
//! It refuses to know what the failure policy makes of what cannot be kept.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use outboard_proto::common::SkipReason;
use outboard_supervision::Moment;

use super::Held;
use super::port::{HeldStore, Holding, NewHeld, Whose};
use crate::clock;
use crate::routing::{HoldWish, forget_held};
use crate::store::StoreError;

/// How long a store that failed is left alone.
const PAUSE: Duration = Duration::from_secs(1);

impl<S: HeldStore> Held<S> {
    /// Keeps what plugins hold, for ever.
    pub async fn keep(self) {
        let Some(mut wishes) = self.0.switchboard.hold_wishes() else { return };
        while let Some(wish) = wishes.recv().await {
            // Tasks of one thread begin in the order they were made, and each begins by queueing
            // its write. There are never more than the switchboard lets wait.
            match wish {
                HoldWish::Keep { serial, until, new } => {
                    tokio::spawn(self.clone().keep_one(serial, until, *new));
                }
                HoldWish::Deleted { workspace, subjects } => {
                    tokio::spawn(self.clone().drop_deleted(workspace, subjects));
                }
                HoldWish::Forgotten(whose) => {
                    let held = self.clone();
                    tokio::spawn(async move {
                        if let Err(error) = held.forget_user(whose).await {
                            held.complain("what is held of a forgotten user stays", &error);
                        }
                    });
                }
            }
        }
    }

    async fn keep_one(self, serial: u64, until: Moment, new: NewHeld) {
        let (id, expires_us) = (new.id.clone(), new.expires_us);
        let left = until.since(self.0.switchboard.now());
        let kept = match tokio::time::timeout(left, self.0.store.hold(new)).await {
            Ok(Ok(Holding::Kept)) => Ok(()),
            Ok(Ok(Holding::IdTaken)) => Err(SkipReason::Protocol),
            Ok(Err(error)) => {
                self.complain("what a plugin holds cannot be kept", &error);
                match error {
                    StoreError::OverLimit { .. } => Err(SkipReason::OverLimit),
                    _ => Err(SkipReason::NotKept),
                }
            }
            Err(_) => {
                // The act goes on, or is refused, without the disk; it may get there all the same.
                let _ = self.0.switchboard.hold_kept(serial, Err(SkipReason::NotKept));
                return self.forget(id).await;
            }
        };
        let is_kept = kept.is_ok();
        let is_told = self.0.switchboard.hold_kept(serial, kept);
        match (is_kept, is_told) {
            (true, true) => self.is_over_at(expires_us),
            (true, false) => self.forget(id).await,
            (false, _) => {}
        }
    }

    /// Nobody was told that this is held: it must not come back.
    async fn forget(&self, id: String) {
        while let Err(error) = self.0.store.forget(id.clone()).await {
            if matches!(error, StoreError::Closed { .. }) {
                return;
            }
            self.complain("what is not held cannot be forgotten", &error);
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn is_over_at(&self, expires_us: i64) {
        if self.0.next_us.fetch_min(expires_us, Ordering::Relaxed) > expires_us {
            self.0.sooner.notify_one();
        }
    }

    /// Drops what is held of a user, and forgets what was; answers how much was held.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_user(&self, whose: Whose) -> Result<usize, StoreError> {
        let now_us = clock::timestamp().as_microsecond();
        let dropped = self.0.store.forget_user(whose, forget_held, now_us).await?;
        if dropped > 0 {
            self.0.decided.notify_one();
        }
        Ok(dropped)
    }

    async fn drop_deleted(self, workspace: String, subjects: BTreeSet<String>) {
        let now_us = clock::timestamp().as_microsecond();
        match self.0.store.deleted(workspace, subjects, now_us).await {
            Ok(0) => {}
            Ok(_) => self.0.decided.notify_one(),
            Err(error) => self.complain("what is held about a deleted message stays", &error),
        }
    }
}
