//! What the journal tells of one plugin's events: kept, read, gone. And what is asked of it next.
//!
//! It refuses to decide what is handed over.

use std::sync::Arc;

use outboard_proto::common::Event;
use prost::Message as _;

use super::Deliveries;
use super::journal::{
    Backlog, Death, Gone, Kept, LanePage, Op, Page, Seq, SubscriptionKey, Target,
};
use super::window::{Item, LaneItems, Want};

impl Deliveries {
    /// The journal has read the declaration.
    pub fn declared(&mut self, backlogs: Vec<(Arc<str>, Backlog)>) {
        for (name, backlog) in backlogs {
            if let Some(subscription) = self.subscriptions.get_mut(&name) {
                subscription.backlog = backlog;
                subscription.counted = true;
            }
        }
    }

    /// An event has been kept for a subscription of this plugin.
    pub fn accepted(&mut self, target: &Target, item: Item, now_us: i64) {
        let (name, lane) = (&target.key.name, &target.lane);
        let Some(subscription) = self.subscriptions.get_mut(name) else { return };
        subscription.backlog.add(item.size as u64, item.at_us);
        if self.up && !(target.handed && subscription.window.offer(lane, item)) {
            subscription.window.leave(lane);
        }
        self.keep_to_retention(name, now_us);
        self.ask();
    }

    /// The journal knows that a row comes again.
    pub fn known(&mut self, name: &Arc<str>, lane: &Arc<str>, seq: Seq) {
        if let Some(subscription) = self.subscriptions.get_mut(name) {
            subscription.window.known(lane, seq);
        }
    }

    /// A dead letter waits again.
    pub fn back(&mut self, name: &Arc<str>, lane: &Arc<str>, size: u64, now_us: i64) {
        let Some(subscription) = self.subscriptions.get_mut(name) else { return };
        subscription.backlog.add(size, now_us);
        if self.up {
            subscription.window.leave(lane);
        }
        self.ask();
    }

    fn keep_to_retention(&mut self, name: &Arc<str>, at_us: i64) {
        let (retention, key) = (self.retention, self.key(name));
        let Some(subscription) = self.subscriptions.get_mut(name) else { return };
        let rows = subscription.backlog.waiting.saturating_sub(retention.events);
        let bytes = subscription.backlog.bytes.saturating_sub(retention.bytes);
        if (rows > 0 || bytes > 0) && !subscription.expiring {
            subscription.expiring = true;
            self.orders.push(Op::Expire { key, rows, bytes, at_us });
        }
    }

    /// Lanes that were asked for have been read.
    pub fn loaded(&mut self, name: &Arc<str>, ticket: u64, after: Option<&Arc<str>>, page: Page) {
        if !self.up || ticket != self.ticket {
            return;
        }
        let mut lanes = Vec::new();
        for lane in page.lanes {
            lanes.push(self.read(lane));
        }
        if let Some(subscription) = self.subscriptions.get_mut(name) {
            subscription.window.merge(after, lanes, page.end);
        }
        self.ask();
    }

    /// More of a lane has been read.
    pub fn lane_loaded(&mut self, name: &Arc<str>, ticket: u64, page: LanePage) {
        if !self.up || ticket != self.ticket {
            return;
        }
        let items = self.read(page);
        if let Some(subscription) = self.subscriptions.get_mut(name) {
            subscription.window.merge_lane(items);
        }
        self.ask();
    }

    fn read(&mut self, page: LanePage) -> LaneItems {
        let mut items = Vec::new();
        for kept in page.rows {
            match Event::decode(kept.body.clone()) {
                Ok(event) => items.push(item_of(kept, event)),
                // No daemon of ours wrote that; nobody can be told of it, and nobody waits for it.
                Err(error) => self.orders.push(Op::Bury {
                    seq: kept.seq,
                    cause: Death::Failed,
                    detail: format!("what was kept cannot be read: {error}"),
                    at_us: kept.at_us,
                }),
            }
        }
        LaneItems { lane: page.lane, items, more: page.more }
    }

    /// Leaves orders for what is to be read.
    pub(super) fn ask(&mut self) {
        if !self.up {
            return;
        }
        let ticket = self.ticket;
        for (name, subscription) in &mut self.subscriptions {
            for want in subscription.window.wants() {
                let key =
                    SubscriptionKey { plugin: Arc::clone(&self.plugin), name: Arc::clone(name) };
                self.orders.push(match want {
                    Want::Lanes(after) => Op::Load { key, ticket, after },
                    Want::Lane(lane, after) => Op::LoadLane { key, ticket, lane, after },
                });
            }
        }
    }

    /// A row became a dead letter.
    pub fn gone(&mut self, gone: &Gone) {
        let Some(subscription) = self.subscriptions.get_mut(&gone.key.name) else { return };
        subscription.backlog.sub(gone.size);
        subscription.window.forget(&gone.lane, gone.seq);
        self.expired += u64::from(gone.cause == Death::Expired);
        self.ask();
    }

    /// A subscription has so many dead letters now.
    pub fn dead_letters(&mut self, name: &Arc<str>, count: u64) {
        if let Some(subscription) = self.subscriptions.get_mut(name) {
            subscription.backlog.dead_letters = count;
        }
    }

    /// The surplus of a subscription is gone; what came meanwhile may be too much again.
    pub fn expiry_done(&mut self, name: &Arc<str>, at_us: i64) {
        if let Some(subscription) = self.subscriptions.get_mut(name) {
            subscription.expiring = false;
            self.keep_to_retention(name, at_us);
        }
    }
}

impl Backlog {
    fn add(&mut self, bytes: u64, at_us: i64) {
        if self.waiting == 0 {
            self.oldest_us = at_us;
        }
        self.waiting += 1;
        self.bytes += bytes;
    }

    pub(super) fn sub(&mut self, bytes: u64) {
        self.waiting = self.waiting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

fn item_of(kept: Kept, event: Event) -> Item {
    let Kept { seq, attempt, failures, at_us, body } = kept;
    Item { seq, event: Arc::new(event), size: body.len(), attempt, failures, at_us, gone: false }
}
