//! The embedded journal behind the port of at-least-once events. It refuses to know what is in it:
//! `events` does.

use std::sync::Arc;

use super::super::error::StoreError;
use super::{Journal, events};
use crate::delivery::journal::{DeadLetter, EventJournal, Op, Outcome};

/// What an order writes besides the event it carries.
const ROW: usize = 128;

impl EventJournal for Journal {
    async fn recover(&self) -> Result<u64, StoreError> {
        self.thread.run(0, events::recover).await
    }

    async fn apply(&self, ops: Arc<[Op]>) -> Result<Vec<Outcome>, StoreError> {
        let bytes = ops.iter().map(bytes_of).sum();
        self.thread.run(bytes, move |db| events::apply(db, &ops)).await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        self.thread.fold_log().await
    }

    async fn dead_letters(
        &self,
        plugin: Option<String>,
        before: i64,
        most: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let list = move |db: &_| events::list(db, plugin.as_deref(), before, most);
        self.thread.run(0, list).await
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreError> {
        self.thread.run(0, move |db| events::show(db, id)).await
    }
}

fn bytes_of(op: &Op) -> usize {
    match op {
        Op::Accept(new) => new.body.len() + ROW * (1 + new.targets.len()),
        _ => ROW,
    }
}
