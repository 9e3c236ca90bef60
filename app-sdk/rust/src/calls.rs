//! The calls under way: who waits for which answer.
//!
//! A table and nothing else: it refuses to know what a call asks or how long it may take.
//!
//! An id is a slot's index below a serial number that never repeats, so that an answer which
//! comes after its caller has gone finds somebody else's slot and is recognized as stale.

use std::task::{Poll, Waker};

use outboard_proto::app::DaemonFrame;
use slab::Slab;

const INDEX_BITS: u32 = 14;

/// Calls under way at once. More than any daemon answers within a budget.
pub(crate) const MOST: usize = 1 << INDEX_BITS;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    slots: Slab<Slot>,
    serial: u64,
}

#[derive(Debug)]
struct Slot {
    id: u64,
    sent: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Waiting(Option<Waker>),
    Answered(Box<DaemonFrame>),
    Lost,
}

/// How a call ended from the table's point of view.
#[derive(Debug)]
pub(crate) enum Ended {
    Answered(Box<DaemonFrame>),
    /// The session it was sent on has ended.
    Lost,
}

impl Calls {
    /// Opens a slot; nothing when the table is full. Ids are never 0.
    pub(crate) fn open(&mut self) -> Option<u64> {
        if self.slots.len() >= MOST {
            return None;
        }
        self.serial += 1;
        let entry = self.slots.vacant_entry();
        let id = self.serial << INDEX_BITS | entry.key() as u64;
        entry.insert(Slot { id, sent: false, stage: Stage::Waiting(None) });
        Some(id)
    }

    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.get_mut(index(id)).filter(|slot| slot.id == id)
    }

    /// Notes that the frame of `id` leaves now; false if its caller has gone and it must not.
    pub(crate) fn leaves(&mut self, id: u64) -> bool {
        match self.slot(id) {
            Some(slot) => {
                slot.sent = true;
                true
            }
            None => false,
        }
    }

    /// Whether somebody waits for this call's answer.
    pub(crate) fn waits(&mut self, id: u64) -> bool {
        self.slot(id).is_some_and(|slot| matches!(slot.stage, Stage::Waiting(_)))
    }

    /// Puts an answer where its caller looks; returns whom to wake. A stale one is dropped.
    pub(crate) fn answer(&mut self, id: u64, answer: Box<DaemonFrame>) -> Option<Waker> {
        let slot = self.slot(id)?;
        match std::mem::replace(&mut slot.stage, Stage::Answered(answer)) {
            Stage::Waiting(waker) => waker,
            // The first answer counts.
            first @ (Stage::Answered(_) | Stage::Lost) => {
                slot.stage = first;
                None
            }
        }
    }

    /// Looks for the answer, and closes the slot once it is there.
    pub(crate) fn poll(&mut self, id: u64, waker: &Waker) -> Poll<Ended> {
        let Some(slot) = self.slot(id) else { return Poll::Ready(Ended::Lost) };
        if let Stage::Waiting(known) = &mut slot.stage {
            match known {
                Some(known) => known.clone_from(waker),
                None => *known = Some(waker.clone()),
            }
            return Poll::Pending;
        }
        match self.slots.remove(index(id)).stage {
            Stage::Answered(frame) => Poll::Ready(Ended::Answered(frame)),
            Stage::Lost | Stage::Waiting(_) => Poll::Ready(Ended::Lost),
        }
    }

    /// Forgets a call whose caller has gone. True if the daemon must be told.
    pub(crate) fn close(&mut self, id: u64) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        let unanswered = slot.sent && matches!(slot.stage, Stage::Waiting(_));
        self.slots.remove(index(id));
        unanswered
    }

    /// Ends every call: its session is gone. Returns whom to wake.
    pub(crate) fn lose_all(&mut self) -> Vec<Waker> {
        let waiting = |(_, slot): (usize, &mut Slot)| match &mut slot.stage {
            Stage::Waiting(waker) => {
                let waker = waker.take();
                slot.stage = Stage::Lost;
                waker
            }
            Stage::Answered(_) | Stage::Lost => None,
        };
        self.slots.iter_mut().filter_map(waiting).collect()
    }
}

fn index(id: u64) -> usize {
    (id & (MOST as u64 - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::app::daemon_frame::Kind;
    use outboard_proto::common::Ping;

    fn ping(nonce: u64) -> Box<DaemonFrame> {
        Box::new(DaemonFrame { kind: Some(Kind::Ping(Ping { nonce })) })
    }

    #[test]
    fn an_answer_to_a_closed_call_never_reaches_its_successor() {
        let mut calls = Calls::default();
        let first = calls.open().unwrap();
        calls.close(first);
        let second = calls.open().unwrap();
        assert_eq!(index(first), index(second));
        calls.answer(first, ping(1));
        assert!(calls.poll(second, Waker::noop()).is_pending());
    }

    #[test]
    fn the_first_of_two_answers_counts() {
        let mut calls = Calls::default();
        let id = calls.open().unwrap();
        calls.answer(id, ping(1));
        calls.answer(id, ping(2));
        let Poll::Ready(Ended::Answered(answer)) = calls.poll(id, Waker::noop()) else {
            panic!("the answer is there");
        };
        assert_eq!(answer, ping(1));
    }

    #[test]
    fn only_a_call_that_left_unanswered_is_cancelled() {
        let mut calls = Calls::default();
        let (queued, sent) = (calls.open().unwrap(), calls.open().unwrap());
        assert!(calls.leaves(sent));
        assert!(!calls.close(queued));
        assert!(calls.close(sent));
        assert!(!calls.leaves(queued));
    }

    #[test]
    fn a_full_table_opens_no_slot() {
        let mut calls = Calls::default();
        assert!((0..MOST).all(|_| calls.open().is_some()));
        assert!(calls.open().is_none());
    }

    #[test]
    fn every_call_ends_with_its_session() {
        let mut calls = Calls::default();
        let id = calls.open().unwrap();
        assert!(calls.poll(id, Waker::noop()).is_pending());
        assert_eq!(calls.lose_all().len(), 1);
        assert!(matches!(calls.poll(id, Waker::noop()), Poll::Ready(Ended::Lost)));
    }
}
