//! What was kept and its end: handed over in order when there is an app, given up when its time is
//! over or nobody may know of it any more, and on record where it must be.
//!
//! It refuses to know why it was kept.

use std::time::Duration;

use outboard_proto::app::{Answer, Request, answer};
use outboard_proto::common::Failure;
use prost::Message as _;

use super::{Outbox, expired_failure, forgotten_failure, internal, node_lost, unsupported};
use crate::audit::moderation;
use crate::clock;
use crate::routing::{BOT, Handing, Outgoing, SendOutcome};
use crate::store::OutboxEntry;

/// How long a node may take over a replayed request.
const PATIENCE: Duration = Duration::from_secs(30);
/// Kept requests read at once.
const BATCH: u32 = 64;

impl Outbox {
    /// Reads what an earlier daemon left, then replays whenever there is an app, for ever.
    pub async fn replay(self) {
        self.count_left_behind().await;
        let mut attached = self.0.switchboard.attachments();
        loop {
            tokio::select! {
                () = self.0.more.notified() => {}
                // The switchboard lives as long as this does.
                _ = attached.changed() => {}
            }
            if self.0.switchboard.has_app() {
                self.replay_all().await;
            }
        }
    }

    /// Drops what nobody carried out within the hour, every minute, for ever.
    pub async fn expire(self) {
        let mut minute = tokio::time::interval(Duration::from_secs(60));
        loop {
            minute.tick().await;
            self.expire_now().await;
        }
    }

    async fn expire_now(&self) {
        match self.0.journal.expire(clock::timestamp()).await {
            Ok(expired) => {
                expired.iter().for_each(|entry| self.give_up(entry, expired_failure()));
            }
            Err(error) => tracing::error!("the journal cannot drop what expired: {error}"),
        }
    }

    async fn count_left_behind(&self) {
        let mut after = 0;
        while let Ok(entries) = self.0.journal.waiting(after, BATCH, clock::timestamp()).await {
            let Some(last) = entries.last() else { break };
            after = last.id;
            entries.iter().for_each(|entry| self.add_to_backlog(&entry.plugin, 1));
        }
        if after > 0 {
            self.0.more.notify_one();
        }
    }

    async fn replay_all(&self) {
        let mut after = 0;
        loop {
            let entries = match self.0.journal.waiting(after, BATCH, clock::timestamp()).await {
                Ok(entries) => entries,
                Err(error) => return tracing::error!("the journal cannot be read: {error}"),
            };
            let Some(last) = entries.last() else { return };
            after = last.id;
            for entry in entries {
                // What an unloaded plugin has left waits for its next load, and holds up nobody.
                let has_asker = entry.plugin == BOT || self.0.switchboard.has_plugin(&entry.plugin);
                if has_asker && !self.replay_one(&entry).await {
                    return;
                }
            }
        }
    }

    /// Whether the next may follow.
    async fn replay_one(&self, entry: &OutboxEntry) -> bool {
        let Ok(request) = Request::decode(&entry.request[..]) else {
            self.withdraw(entry, internal("a kept request cannot be read")).await;
            return true;
        };
        // By the plugin's grants now: they may have been narrowed while it waited.
        let mut request = match self.0.switchboard.still_allowed(request) {
            Ok(request) => request,
            Err(denied) => {
                self.withdraw(entry, denied).await;
                return true;
            }
        };
        if !self.0.switchboard.has_app() {
            return false;
        }
        request.attempt = match self.0.journal.attempt(entry.id).await {
            Ok(Some(attempt)) => attempt,
            Ok(None) => return true,
            Err(error) => {
                tracing::error!("the journal cannot note an attempt: {error}");
                return false;
            }
        };
        match self.hand_kept(entry.id, request).await {
            Some(Ok(answer)) => self.conclude(entry, answer).await,
            Some(Err(failure)) => self.withdraw(entry, failure).await,
            None => return false,
        }
        true
    }

    /// What came of a kept request; nothing where it stays the first in the queue.
    async fn hand_kept(&self, id: i64, request: Request) -> Option<Result<Answer, Failure>> {
        let is_first = request.attempt == 1;
        let (request, outcome) = match self.0.switchboard.hand_request(&Outgoing::kept(request)) {
            Handing::Handed(request, outcome) => (request, outcome),
            Handing::Unsupported if is_first => return Some(Err(unsupported())),
            // None that is there would carry it out once.
            Handing::Unsupported => return Some(Err(node_lost())),
            Handing::NoApp => {
                // It left a blink ago, before it had it in hand.
                if let Err(error) = self.0.journal.not_attempted(id).await {
                    tracing::error!("the journal cannot take an attempt back: {error}");
                }
                return None;
            }
        };
        match tokio::time::timeout(PATIENCE, outcome).await {
            Ok(Ok(SendOutcome::Answered(answer))) => Some(Ok(answer)),
            // The next node that carries out each key once has its answer.
            Ok(Ok(SendOutcome::NodeLost { again: true })) => None,
            // It may have been carried out: replaying it once more could do it twice.
            Ok(Ok(SendOutcome::NodeLost { again: false }) | Err(_)) => Some(Err(node_lost())),
            Err(_) => {
                self.0.switchboard.withdraw_request(request);
                Some(Err(node_lost()))
            }
        }
    }

    async fn conclude(&self, entry: &OutboxEntry, answer: Answer) {
        match self.0.journal.answered(entry.id, answer.encode_to_vec()).await {
            Ok(true) => self.end(entry, Ok(answer)),
            // It was given up while a node had it in hand.
            Ok(false) => {}
            Err(error) => {
                let plugin = &entry.plugin;
                tracing::error!(plugin, "the journal cannot note an answer: {error}");
                self.end(entry, Ok(answer));
            }
        }
    }

    async fn withdraw(&self, entry: &OutboxEntry, failure: Failure) {
        match self.0.journal.withdraw(entry.id).await {
            Ok(true) => self.give_up(entry, failure),
            Ok(false) => {}
            Err(error) => {
                let plugin = &entry.plugin;
                tracing::error!(plugin, "the journal cannot drop a request: {error}");
                self.give_up(entry, failure);
            }
        }
    }

    /// These were dropped: they concern a user who is forgotten.
    pub fn forgotten(&self, entries: &[OutboxEntry]) {
        for entry in entries {
            self.give_up(entry, forgotten_failure(entry.attempts));
        }
    }

    fn give_up(&self, entry: &OutboxEntry, failure: Failure) {
        let why = &failure.message;
        tracing::warn!(plugin = entry.plugin, key = entry.key, "a kept request is given up: {why}");
        self.end(entry, Err(failure));
    }

    /// It is off the queue: whoever waits hears what came of it; if nobody does, what must be on
    /// record is recorded here.
    fn end(&self, entry: &OutboxEntry, result: Result<Answer, Failure>) {
        self.take_from_backlog(&entry.plugin);
        let waiting = self.kept().waiting.remove(&entry.id);
        let unheard = match waiting {
            // It may have stopped waiting.
            Some(waiting) => waiting.send(result).err(),
            None => Some(result),
        };
        if let Some(result) = unheard {
            self.record(entry, result);
        }
    }

    fn record(&self, entry: &OutboxEntry, result: Result<Answer, Failure>) {
        let Ok(asked) = Request::decode(&entry.request[..]) else { return };
        let Some(act) = moderation::of(&entry.plugin, &asked) else { return };
        let result = result.and_then(|answer| match answer.result {
            Some(answer::Result::Failure(failure)) => Err(failure),
            Some(_) | None => Ok(()),
        });
        self.0.audit.record(act.came_to(&result));
    }
}

#[cfg(test)]
mod tests;
