//! A store in memory, for tests: it does what the port says, and forgets everything at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

use super::port::{
    Deciding, HELD, HELD_BYTES, HeldStore, Holding, Kept, NewHeld, Redact, Swept, TOLD_AGE_US,
    Wanted, Whose,
};
use super::stage::{Answer, Decision, Stage};
use crate::store::StoreError;

/// The store; clones share it. The gate is its disk: what comes first goes through first.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Table>>, Arc<Gate<()>>);

#[derive(Default)]
struct Table {
    number: i64,
    turn: i64,
    rows: BTreeMap<i64, (Kept, u32)>,
    full: bool,
}

impl Memory {
    /// Does nothing while this is kept.
    pub async fn stall(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.1).lock_owned().await
    }

    fn hold_now(&self, new: NewHeld) -> Result<Holding, StoreError> {
        let mut table = self.0.lock().unwrap();
        if table.full {
            return Err(StoreError::Full { path: "journal.db".into() });
        }
        let own = |(kept, _): &&(Kept, u32)| {
            kept.is.plugin == new.plugin && !matches!(kept.stage, Stage::Told(_))
        };
        let count = table.rows.values().filter(own).count();
        let bytes: u64 = table.rows.values().filter(own).map(|(kept, _)| kept.size).sum();
        let size = new.payload.len() as u64;
        if count >= HELD as usize || bytes + size > HELD_BYTES {
            let limit = "as much as may be held".to_owned();
            return Err(StoreError::OverLimit { plugin: new.plugin, limit });
        }
        if table.find(&new.id).is_some() {
            return Ok(Holding::IdTaken);
        }
        table.number += 1;
        let (number, stage, note, turn) = (table.number, Stage::Held, String::new(), 0);
        table.rows.insert(number, (Kept { number, is: new, size, stage, note, turn }, 0));
        Ok(Holding::Kept)
    }

    /// Has no room from now on, or has some again.
    pub fn set_full(&self, full: bool) {
        self.0.lock().unwrap().full = full;
    }
}

impl Table {
    fn find(&mut self, id: &str) -> Option<&mut (Kept, u32)> {
        self.rows.values_mut().find(|(kept, _)| kept.is.id == id)
    }

    fn move_on(&mut self, number: i64, stage: Stage) {
        let turn = self.turn + 1;
        let (kept, attempts) = self.rows.get_mut(&number).unwrap();
        match &stage {
            Stage::Held => *attempts = 0,
            Stage::Decided(_) => (kept.turn, self.turn) = (turn, turn),
            Stage::Told(_) => kept.is.payload = Bytes::new(),
        }
        kept.stage = stage;
    }

    fn held(&self, which: impl Fn(&Kept) -> bool) -> Vec<i64> {
        let held = |(kept, _): &&(Kept, u32)| kept.stage == Stage::Held && which(kept);
        self.rows.values().filter(held).map(|(kept, _)| kept.number).collect()
    }
}

fn without_payload(kept: &Kept) -> Kept {
    let mut kept = kept.clone();
    kept.is.payload = Bytes::new();
    kept
}

impl HeldStore for Memory {
    async fn hold(&self, new: NewHeld) -> Result<Holding, StoreError> {
        // As with a disk: what was begun comes to its end, whoever waits for it.
        let memory = self.clone();
        let holding = tokio::spawn(async move {
            let _gate = memory.1.lock().await;
            memory.hold_now(new)
        });
        holding.await.unwrap()
    }

    async fn forget(&self, id: String) -> Result<(), StoreError> {
        let _gate = self.1.lock().await;
        let mut table = self.0.lock().unwrap();
        table.rows.retain(|_, (kept, _)| kept.is.id != id || kept.stage != Stage::Held);
        Ok(())
    }

    async fn decide(&self, id: String, decision: Decision) -> Result<Deciding, StoreError> {
        let mut table = self.0.lock().unwrap();
        let Some((kept, _)) = table.find(&id) else { return Ok(Deciding::Unknown) };
        let (number, expires, stage) = (kept.number, kept.is.expires_us, kept.stage.clone());
        if let (Stage::Held, Some(over)) = (&stage, Decision::of_time(expires, decision.at_us)) {
            table.move_on(number, Stage::Decided(over.clone()));
            return Ok(Deciding::Decided(over));
        }
        match stage.decide(decision) {
            Ok(next) => {
                table.move_on(number, next);
                Ok(Deciding::Won)
            }
            Err(first) => Ok(Deciding::Decided(first)),
        }
    }

    async fn untold(&self, after_turn: i64, most: u32) -> Result<Vec<Kept>, StoreError> {
        let table = self.0.lock().unwrap();
        let decided = |kept: &&Kept| matches!(kept.stage, Stage::Decided(_));
        let rows = table.rows.values().map(|(kept, _)| kept).filter(decided);
        let mut found: Vec<Kept> = rows.filter(|kept| kept.turn > after_turn).cloned().collect();
        found.sort_by_key(|kept| kept.turn);
        found.truncate(most as usize);
        Ok(found)
    }

    async fn telling(&self, id: String) -> Result<Option<u32>, StoreError> {
        let mut table = self.0.lock().unwrap();
        let found = table.find(&id).filter(|(kept, _)| matches!(kept.stage, Stage::Decided(_)));
        Ok(found.map(|(_, attempts)| {
            *attempts += 1;
            *attempts
        }))
    }

    async fn app_answered(
        &self,
        id: String,
        answer: Answer,
        note: String,
    ) -> Result<(), StoreError> {
        let mut table = self.0.lock().unwrap();
        let Some((kept, _)) = table.find(&id) else { return Ok(()) };
        let (number, next) = (kept.number, kept.stage.clone().answered(answer));
        if next != kept.stage {
            kept.note = note;
            table.move_on(number, next);
        }
        Ok(())
    }

    async fn sweep(&self, now_us: i64) -> Result<Swept, StoreError> {
        let mut table = self.0.lock().unwrap();
        let over = table.held(|kept| kept.is.expires_us <= now_us);
        for number in &over {
            let expires = table.rows[number].0.is.expires_us;
            let decision = Decision::of_time(expires, now_us).unwrap();
            table.move_on(*number, Stage::Decided(decision));
        }
        table.rows.retain(|_, (kept, _)| match &kept.stage {
            Stage::Told(decision) => decision.at_us > now_us - TOLD_AGE_US,
            Stage::Held | Stage::Decided(_) => true,
        });
        let held = table.rows.values().filter(|(kept, _)| kept.stage == Stage::Held);
        let next_us = held.map(|(kept, _)| kept.is.expires_us).min();
        Ok(Swept { dropped: over.len(), next_us })
    }

    async fn deleted(
        &self,
        workspace: String,
        subjects: BTreeSet<String>,
        now_us: i64,
    ) -> Result<usize, StoreError> {
        let mut table = self.0.lock().unwrap();
        let about = table
            .held(|kept| kept.is.workspace == workspace && subjects.contains(&kept.is.subject));
        for number in &about {
            table.move_on(*number, Stage::Decided(Decision::of_deletion(now_us)));
        }
        Ok(about.len())
    }

    async fn forget_user(
        &self,
        whose: Whose,
        redact: Redact,
        now_us: i64,
    ) -> Result<usize, StoreError> {
        let mut table = self.0.lock().unwrap();
        let mut held = Vec::new();
        for (kept, _) in table.rows.values_mut().filter(|(kept, _)| !kept.is_released_untold()) {
            let there = whose.workspace.is_empty() || kept.is.workspace == whose.workspace;
            let redacted = redact(&whose.user, &kept.is.about, &kept.is.payload);
            let Some((about, payload)) = redacted.filter(|_| there) else { continue };
            kept.is.about = about;
            if !kept.is.payload.is_empty() {
                kept.is.payload = payload.into();
            }
            if kept.stage == Stage::Held {
                held.push(kept.number);
            }
        }
        for number in &held {
            table.move_on(*number, Stage::Decided(Decision::of_deletion(now_us)));
        }
        Ok(held.len())
    }

    async fn list(&self, wanted: Wanted) -> Result<Vec<Kept>, StoreError> {
        let table = self.0.lock().unwrap();
        let is = |kept: &&Kept| {
            !matches!(kept.stage, Stage::Told(_))
                && kept.number > wanted.after
                && wanted.plugin.as_ref().is_none_or(|it| *it == kept.is.plugin)
                && wanted.queue.as_ref().is_none_or(|it| *it == kept.is.queue)
        };
        let rows = table.rows.values().map(|(kept, _)| kept).filter(is);
        Ok(rows.take(wanted.most as usize).map(without_payload).collect())
    }

    async fn show(&self, id: String) -> Result<Option<Kept>, StoreError> {
        Ok(self.0.lock().unwrap().find(&id).map(|(kept, _)| kept.clone()))
    }
}
