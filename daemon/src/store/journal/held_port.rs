//! The embedded journal behind the port of what is held. It refuses to know what is in it: `held`
//! does.

use std::collections::BTreeSet;

use super::super::error::StoreError;
use super::{Journal, held};
use crate::held::port::{
    Deciding, HeldStore, Holding, Kept, NewHeld, Redact, Swept, Wanted, Whose,
};
use crate::held::stage::{Answer, Decision};

/// What a change writes besides a payload.
const ROW: usize = 512;

impl HeldStore for Journal {
    async fn hold(&self, new: NewHeld) -> Result<Holding, StoreError> {
        let bytes = ROW + new.about.len() + new.payload.len();
        self.thread.run(bytes, move |db| held::hold(db, &new)).await
    }

    async fn forget(&self, id: String) -> Result<(), StoreError> {
        self.thread.run(ROW, move |db| held::forget(db, &id)).await
    }

    async fn decide(&self, id: String, decision: Decision) -> Result<Deciding, StoreError> {
        self.thread.run(ROW, move |db| held::decide(db, &id, decision)).await
    }

    async fn untold(&self, after_turn: i64, most: u32) -> Result<Vec<Kept>, StoreError> {
        self.thread.run(0, move |db| held::untold(db, after_turn, most)).await
    }

    async fn telling(&self, id: String) -> Result<Option<u32>, StoreError> {
        self.thread.run(ROW, move |db| held::attempt(db, &id)).await
    }

    async fn app_answered(
        &self,
        id: String,
        answer: Answer,
        note: String,
    ) -> Result<(), StoreError> {
        self.thread.run(ROW, move |db| held::answered(db, &id, answer, &note)).await
    }

    async fn sweep(&self, now_us: i64) -> Result<Swept, StoreError> {
        self.thread.run(ROW, move |db| held::sweep(db, now_us)).await
    }

    async fn deleted(
        &self,
        workspace: String,
        subjects: BTreeSet<String>,
        now_us: i64,
    ) -> Result<usize, StoreError> {
        let deleted = move |db: &_| held::deleted(db, &workspace, &subjects, now_us);
        self.thread.run(ROW, deleted).await
    }

    async fn forget_user(
        &self,
        whose: Whose,
        redact: Redact,
        now_us: i64,
    ) -> Result<usize, StoreError> {
        let forget = move |db: &_| held::forget_user(db, &whose, redact, now_us);
        self.thread.run(ROW, forget).await
    }

    async fn list(&self, wanted: Wanted) -> Result<Vec<Kept>, StoreError> {
        self.thread.run(0, move |db| held::list(db, &wanted)).await
    }

    async fn show(&self, id: String) -> Result<Option<Kept>, StoreError> {
        self.thread.run(0, move |db| held::show(db, &id)).await
    }
}
