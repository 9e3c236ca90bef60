//! The events that wait for one plugin, in lanes: one per subscription and channel.
//!
//! A lane has one event in hand at a time, so its order holds; lanes do not wait for one another.
//! It refuses to know sessions and credit: it says what may go next, and is told what became of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use outboard_proto::common::Event;
use outboard_supervision::Moment;

/// Events that wait for one plugin at most.
pub const EVENTS: usize = 1024;
/// Bytes of events that wait for one plugin at most.
pub const BYTES: usize = 1024 * 1024;

/// Which lane: the subscription's number and the channel.
pub type LaneKey = (usize, Arc<str>);

/// An event on its way to one plugin.
#[derive(Debug, Clone)]
pub struct Queued {
    /// The event.
    pub event: Arc<Event>,
    /// Encoded bytes.
    pub size: usize,
    /// From 1; grows when it may have been seen before.
    pub attempt: u32,
    /// Its turn among all that wait.
    turn: u64,
}

/// An event in the plugin's hands.
#[derive(Debug)]
pub struct InHand {
    /// Its lane.
    pub lane: LaneKey,
    /// What it is.
    pub queued: Queued,
    /// When its handler must have returned.
    pub deadline: Moment,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Queued>,
    busy: bool,
}

/// All lanes of one plugin.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes whose head may go, in the order they became free.
    free: VecDeque<LaneKey>,
    /// Whose turn it is, for dropping the oldest.
    turns: BTreeMap<u64, LaneKey>,
    next_turn: u64,
    bytes: usize,
    in_hand: HashMap<u64, InHand>,
}

impl Lanes {
    /// Queues an event; returns the old ones that had to go for it.
    pub fn push(&mut self, key: LaneKey, event: Arc<Event>, size: usize) -> Vec<Queued> {
        let dropped = self.make_room(size);
        self.next_turn += 1;
        let queued = Queued { event, size, attempt: 1, turn: self.next_turn };
        self.bytes += size;
        self.turns.insert(queued.turn, key.clone());
        let lane = self.lanes.entry(key.clone()).or_default();
        lane.waiting.push_back(queued);
        if !lane.busy && lane.waiting.len() == 1 {
            self.free.push_back(key);
        }
        dropped
    }

    fn make_room(&mut self, size: usize) -> Vec<Queued> {
        let mut dropped = Vec::new();
        while self.turns.len() >= EVENTS || (self.bytes + size > BYTES && !self.turns.is_empty()) {
            let Some((_, key)) = self.turns.pop_first() else { break };
            // The lane's head is its oldest, so it is the one whose turn was first.
            if let Some(old) = self.lanes.get_mut(&key).and_then(|lane| lane.waiting.pop_front()) {
                self.bytes -= old.size;
                dropped.push(old);
            }
            self.forget_if_empty(&key);
        }
        dropped
    }

    /// The event that goes next.
    pub fn next(&mut self) -> Option<&Queued> {
        while let Some(key) = self.free.front()
            && self.lanes.get(key).is_none_or(|lane| lane.waiting.is_empty())
        {
            // Its events were dropped meanwhile.
            self.free.pop_front();
        }
        self.lanes.get(self.free.front()?)?.waiting.front()
    }

    /// Drops the event that goes next; its lane goes on.
    pub fn drop_next(&mut self) {
        if let Some((key, _)) = self.take() {
            self.release(&key);
        }
    }

    /// Every event that waits.
    pub fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Arc<Event>> {
        self.lanes.values_mut().flat_map(|lane| lane.waiting.iter_mut().map(|it| &mut it.event))
    }

    /// Takes the event that goes next; its lane is busy until `done` or `put_back`.
    pub fn take(&mut self) -> Option<(LaneKey, Queued)> {
        self.next()?;
        let key = self.free.pop_front()?;
        let lane = self.lanes.get_mut(&key)?;
        let queued = lane.waiting.pop_front()?;
        lane.busy = true;
        self.turns.remove(&queued.turn);
        self.bytes -= queued.size;
        Some((key, queued))
    }

    /// Notes that a delivery is in the plugin's hands.
    pub fn hand(&mut self, delivery: u64, in_hand: InHand) {
        self.in_hand.insert(delivery, in_hand);
    }

    /// Deliveries in the plugin's hands.
    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// When a delivery in the plugin's hands must be done.
    pub fn deadline(&self, delivery: u64) -> Option<Moment> {
        self.in_hand.get(&delivery).map(|it| it.deadline)
    }

    /// Takes a delivery back from the plugin's hands; its lane goes on.
    pub fn done(&mut self, delivery: u64) -> Option<InHand> {
        let in_hand = self.in_hand.remove(&delivery)?;
        self.release(&in_hand.lane);
        Some(in_hand)
    }

    /// Every delivery in hand, its event back at the head of its lane with one more attempt, or
    /// given up after `attempts`. Returns the deliveries with their deadlines, and how many events
    /// were given up.
    pub fn lose_in_hand(&mut self, attempts: u32) -> (Vec<(u64, Moment)>, u64) {
        let mut lost = Vec::new();
        let mut given_up = 0;
        for (delivery, in_hand) in std::mem::take(&mut self.in_hand) {
            lost.push((delivery, in_hand.deadline));
            let InHand { lane, mut queued, .. } = in_hand;
            queued.attempt += 1;
            if queued.attempt > attempts {
                given_up += 1;
            } else {
                self.bytes += queued.size;
                self.turns.insert(queued.turn, lane.clone());
                self.lanes.entry(lane.clone()).or_default().waiting.push_front(queued);
            }
            self.release(&lane);
        }
        (lost, given_up)
    }

    fn release(&mut self, key: &LaneKey) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.busy = false;
            if lane.waiting.is_empty() {
                self.lanes.remove(key);
            } else {
                self.free.push_back(key.clone());
            }
        }
    }

    fn forget_if_empty(&mut self, key: &LaneKey) {
        let idle = self.lanes.get(key).is_some_and(|lane| !lane.busy && lane.waiting.is_empty());
        if idle {
            self.lanes.remove(key);
            self.free.retain(|free| free != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(channel: &str) -> LaneKey {
        (0, channel.into())
    }

    fn event(id: &str) -> Arc<Event> {
        Arc::new(Event { id: id.into(), ..Event::default() })
    }

    fn hand(lanes: &mut Lanes, delivery: u64) -> String {
        let (lane, queued) = lanes.take().unwrap();
        let id = queued.event.id.clone();
        lanes.hand(delivery, InHand { lane, queued, deadline: Moment::ZERO });
        id
    }

    #[test]
    fn a_lane_waits_for_its_head_and_others_do_not() {
        let mut lanes = Lanes::default();
        for (channel, id) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
            lanes.push(key(channel), event(id), 1);
        }
        assert_eq!(hand(&mut lanes, 1), "a1");
        assert_eq!(hand(&mut lanes, 2), "b1");
        assert!(lanes.take().is_none());
        lanes.done(1).unwrap();
        assert_eq!(hand(&mut lanes, 3), "a2");
    }

    #[test]
    fn a_full_queue_drops_its_oldest() {
        let mut lanes = Lanes::default();
        let pushed = (0..EVENTS + 2).map(|n| lanes.push(key("a"), event(&n.to_string()), 1).len());
        let dropped: usize = pushed.sum();
        assert_eq!(dropped, 2);
        assert_eq!(hand(&mut lanes, 1), "2");
    }

    #[test]
    fn too_many_bytes_drop_the_oldest_too() {
        let mut lanes = Lanes::default();
        assert!(lanes.push(key("a"), event("1"), BYTES).is_empty());
        assert_eq!(lanes.push(key("b"), event("2"), 1).len(), 1);
        assert_eq!(hand(&mut lanes, 1), "2");
    }

    #[test]
    fn a_lost_event_comes_first_again_with_one_more_attempt() {
        let mut lanes = Lanes::default();
        lanes.push(key("a"), event("1"), 1);
        lanes.push(key("a"), event("2"), 1);
        hand(&mut lanes, 7);
        let (lost, given_up) = lanes.lose_in_hand(3);
        assert_eq!((lost.len(), given_up), (1, 0));
        let (_, again) = lanes.take().unwrap();
        assert_eq!((again.event.id.as_str(), again.attempt), ("1", 2));
    }

    #[test]
    fn an_event_lost_too_often_is_given_up_and_its_lane_goes_on() {
        let mut lanes = Lanes::default();
        lanes.push(key("a"), event("1"), 1);
        lanes.push(key("a"), event("2"), 1);
        hand(&mut lanes, 7);
        assert_eq!(lanes.lose_in_hand(1).1, 1);
        assert_eq!(hand(&mut lanes, 8), "2");
    }
}
