//! The part of one subscription's events that is in memory, in lanes.
//!
//! Each lane has one event in hand at a time and holds a few more; the rest is on the disk and is
//! asked for when it is needed. No lane holds more than its part, so that one which is blocked
//! leaves room for all others. It refuses to know sessions, clocks and databases.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use outboard_proto::common::Event;
use outboard_supervision::Moment;

use super::journal::{LANE_ROWS, Seq};

/// Events in memory. Few in tests, so that they come to its end.
const ITEMS: usize = if cfg!(test) { 12 } else { 1024 };
/// Bytes of events in memory.
const BYTES: usize = 1 << 20;

/// An event in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its row.
    pub seq: Seq,
    /// What happened.
    pub event: Arc<Event>,
    /// Encoded bytes.
    pub size: usize,
    /// From 1; grows when it may have been seen before.
    pub attempt: u32,
    /// Attempts that its handler used up.
    pub failures: u32,
    /// When it was published, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// Its row is gone: nothing is to be noted of it any more.
    pub gone: bool,
}

/// What is to be read from the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Lanes after this one, or from the first.
    Lanes(Option<Arc<str>>),
    /// More of this lane, after this row.
    Lane(Arc<str>, Seq),
}

/// A lane's rows as they were read.
pub struct LaneItems {
    /// The lane.
    pub lane: Arc<str>,
    /// In order.
    pub items: Vec<Item>,
    /// There are more behind them.
    pub more: bool,
}

#[derive(Debug, Default)]
struct Lane {
    items: VecDeque<Item>,
    /// Rows behind those in memory are on the disk.
    more: bool,
    /// They have been asked for.
    asked: bool,
    /// The newest row that was in memory.
    last: Seq,
    stage: Stage,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Free,
    /// The head is in hand.
    Busy,
    /// The head comes again then, if the journal knows by then.
    Held(Moment),
    /// The head comes again then.
    Waits(Moment),
}

/// The window.
#[derive(Debug, Default)]
pub struct Window {
    lanes: HashMap<Arc<str>, Lane>,
    /// Lanes whose head may go, in the order they became free.
    free: VecDeque<Arc<str>>,
    waits: BTreeSet<(Moment, Arc<str>)>,
    hungry: Vec<Arc<str>>,
    /// Lanes that came to their end while others were being read: what is read of them is old.
    emptied: Vec<Arc<str>>,
    items: usize,
    bytes: usize,
    sweep: Sweep,
}

/// The search for lanes that are on the disk only.
#[derive(Debug, Default)]
struct Sweep {
    /// There may be some.
    beyond: bool,
    /// Where it goes on.
    cursor: Option<Arc<str>>,
    /// It has left none behind so far.
    complete: bool,
    asked: bool,
}

impl Window {
    /// Empty, and everything may be on the disk.
    pub fn open(&mut self) {
        let sweep = Sweep { beyond: true, complete: true, ..Sweep::default() };
        *self = Self { sweep, ..Self::default() };
    }

    /// Puts a row that has just been kept behind its lane. Whether it is in memory; if not, it will
    /// be asked for when its turn comes.
    pub fn offer(&mut self, lane: &Arc<str>, item: Item) -> bool {
        // A row must not go in where older ones of its lane are, or may be, on the disk.
        let after_older = match self.lanes.get(lane) {
            Some(known) => known.more || known.items.len() >= LANE_ROWS,
            None => self.sweep.beyond,
        };
        if after_older || !self.fits(item.size) {
            self.leave(lane);
            return false;
        }
        self.push(lane, item);
        true
    }

    /// A row of this lane is on the disk only.
    pub fn leave(&mut self, lane: &Arc<str>) {
        match self.lanes.get_mut(lane) {
            Some(known) => {
                known.more = true;
                self.feed(lane);
            }
            None => {
                self.sweep.beyond = true;
                self.sweep.complete = false;
            }
        }
    }

    fn fits(&self, size: usize) -> bool {
        self.items == 0 || (self.items < ITEMS && self.bytes + size <= BYTES)
    }

    fn push(&mut self, name: &Arc<str>, item: Item) {
        self.items += 1;
        self.bytes += item.size;
        let lane = self.lanes.entry(Arc::clone(name)).or_default();
        lane.last = item.seq;
        lane.items.push_back(item);
        if lane.items.len() == 1 && lane.stage == Stage::Free {
            self.free.push_back(Arc::clone(name));
        }
    }

    /// Takes in lanes that were read after `after`.
    pub fn merge(&mut self, after: Option<&Arc<str>>, lanes: Vec<LaneItems>, end: bool) {
        self.sweep.asked = false;
        self.take_in(after, lanes, end);
        for name in std::mem::take(&mut self.emptied) {
            self.tidy(&name);
        }
    }

    fn take_in(&mut self, after: Option<&Arc<str>>, lanes: Vec<LaneItems>, end: bool) {
        let mut cursor = after.cloned();
        for LaneItems { lane, items, more } in lanes {
            if self.lanes.contains_key(&lane) {
                cursor = Some(lane);
                continue;
            }
            let Some(first) = items.first() else { continue };
            if !self.fits(first.size) {
                self.sweep.complete = false;
                self.sweep.cursor = cursor;
                return;
            }
            self.fill(&lane, items, more);
            cursor = Some(lane);
        }
        self.sweep.cursor = cursor.filter(|_| !end);
        if end {
            self.sweep.beyond = !self.sweep.complete;
        }
    }

    /// Takes in more of one lane.
    pub fn merge_lane(&mut self, LaneItems { lane, items, more }: LaneItems) {
        if let Some(known) = self.lanes.get_mut(&lane) {
            known.asked = false;
            self.fill(&lane, items, more);
        }
    }

    /// At least one goes in, so that a lane never stands still.
    fn fill(&mut self, name: &Arc<str>, items: Vec<Item>, more: bool) {
        let last = self.lanes.get(name).map_or(Seq::MIN, |lane| lane.last);
        let mut more = more;
        for item in items.into_iter().filter(|item| item.seq > last) {
            let empty = self.lanes.get(name).is_none_or(|lane| lane.items.is_empty());
            if !empty && !self.fits(item.size) {
                more = true;
                break;
            }
            self.push(name, item);
        }
        if let Some(lane) = self.lanes.get_mut(name) {
            lane.more = more;
        }
        self.tidy(name);
    }

    /// What is to be read now. Asked once, until it is merged.
    pub fn wants(&mut self) -> Vec<Want> {
        let mut wants = Vec::new();
        for name in std::mem::take(&mut self.hungry) {
            let Some(lane) = self.lanes.get_mut(&name).filter(|lane| lane.is_hungry()) else {
                continue;
            };
            lane.asked = true;
            wants.push(Want::Lane(name, lane.last));
        }
        if self.sweep.beyond
            && !self.sweep.asked
            && self.items < ITEMS / 2
            && self.bytes < BYTES / 2
        {
            self.sweep.asked = true;
            if self.sweep.cursor.is_none() {
                self.sweep.complete = true;
            }
            wants.push(Want::Lanes(self.sweep.cursor.clone()));
        }
        wants
    }

    fn feed(&mut self, name: &Arc<str>) {
        if self.lanes.get(name).is_some_and(Lane::is_hungry) {
            self.hungry.push(Arc::clone(name));
        }
    }

    /// The event that may go next.
    pub fn head(&mut self) -> Option<&Item> {
        while let Some(name) = self.free.front() {
            let alive = self
                .lanes
                .get(name)
                .is_some_and(|lane| lane.stage == Stage::Free && !lane.items.is_empty());
            if alive {
                break;
            }
            self.free.pop_front();
        }
        self.lanes.get(self.free.front()?)?.items.front()
    }

    /// Takes the event that goes next; its lane waits for what becomes of it.
    pub fn take(&mut self) -> Option<(Arc<str>, Item)> {
        self.head()?;
        let name = self.free.pop_front()?;
        let lane = self.lanes.get_mut(&name)?;
        lane.stage = Stage::Busy;
        let item = lane.items.front()?.clone();
        Some((name, item))
    }

    /// The head of a lane is dealt with; the next may go.
    pub fn done(&mut self, name: &Arc<str>) -> Option<Item> {
        let lane = self.lanes.get_mut(name)?;
        let item = lane.items.pop_front()?;
        if let Stage::Waits(until) = lane.stage {
            self.waits.remove(&(until, Arc::clone(name)));
        }
        lane.stage = Stage::Free;
        self.items -= 1;
        self.bytes -= item.size;
        if !lane.items.is_empty() {
            self.free.push_back(Arc::clone(name));
        }
        self.tidy(name);
        Some(item)
    }

    /// The head of a lane comes again at `until`, with one more attempt.
    pub fn again(&mut self, name: &Arc<str>, until: Moment, failed: bool) {
        let Some(lane) = self.lanes.get_mut(name) else { return };
        lane.stage = Stage::Held(until);
        if let Some(head) = lane.items.front_mut() {
            head.attempt += 1;
            head.failures += u32::from(failed);
        }
    }

    /// The journal knows that the head of a lane comes again.
    pub fn known(&mut self, name: &Arc<str>, seq: Seq) {
        let Some(lane) = self.lanes.get_mut(name) else { return };
        let is_head = lane.items.front().is_some_and(|head| head.seq == seq);
        if let (Stage::Held(until), true) = (lane.stage, is_head) {
            lane.stage = Stage::Waits(until);
            self.waits.insert((until, Arc::clone(name)));
        }
    }

    /// The row that a lane has in hand and its failures so far; nothing if it is gone.
    pub fn in_hand(&self, name: &Arc<str>) -> Option<(Seq, u32)> {
        let head = self.lanes.get(name)?.items.front()?;
        (!head.gone).then_some((head.seq, head.failures))
    }

    /// When the first lane stops waiting.
    pub fn next_wake(&self) -> Option<Moment> {
        self.waits.first().map(|(until, _)| *until)
    }

    /// Lanes whose wait is over are free.
    pub fn wake(&mut self, now: Moment) {
        while self.next_wake().is_some_and(|until| until <= now) {
            let Some((_, name)) = self.waits.pop_first() else { return };
            if let Some(lane) = self.lanes.get_mut(&name) {
                lane.stage = Stage::Free;
                self.free.push_back(name);
            }
        }
    }

    /// A row is gone. One that is in hand stays there, as nobody's.
    pub fn forget(&mut self, name: &Arc<str>, seq: Seq) {
        let Some(lane) = self.lanes.get_mut(name) else { return };
        let Some(at) = lane.items.iter().position(|item| item.seq == seq) else { return };
        match (at, lane.stage) {
            (0, Stage::Busy) => lane.items[0].gone = true,
            (0, Stage::Free | Stage::Held(_) | Stage::Waits(_)) => {
                self.free.retain(|free| free != name);
                self.done(name);
            }
            (at, Stage::Free | Stage::Busy | Stage::Held(_) | Stage::Waits(_)) => {
                if let Some(item) = lane.items.remove(at) {
                    self.items -= 1;
                    self.bytes -= item.size;
                }
                self.feed(name);
            }
        }
    }

    /// Every event in memory that is not in hand.
    pub fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.lanes.values_mut().flat_map(|lane| {
            let skip = usize::from(lane.stage == Stage::Busy);
            lane.items.iter_mut().skip(skip)
        })
    }

    /// When the oldest event in memory was published, and whether older ones may be on the disk.
    pub fn oldest_us(&self) -> (Option<i64>, bool) {
        let heads = self.lanes.values().filter_map(|lane| lane.items.front());
        (heads.map(|item| item.at_us).min(), self.sweep.beyond)
    }

    fn tidy(&mut self, name: &Arc<str>) {
        let empty = |lane: &Lane| lane.items.is_empty() && !lane.more;
        if !self.lanes.get(name).is_some_and(empty) {
            self.feed(name);
        } else if self.sweep.asked {
            self.emptied.push(Arc::clone(name));
        } else {
            self.lanes.remove(name);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.items
    }
}

impl Lane {
    fn is_hungry(&self) -> bool {
        self.more && !self.asked && self.items.len() <= LANE_ROWS / 4
    }
}

#[cfg(test)]
mod tests;
