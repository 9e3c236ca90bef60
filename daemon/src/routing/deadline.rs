//! What is due when, soonest first.
//!
//! It holds keys only; what happens to a thing that is due is told in `Core::expire`.

use std::collections::BTreeSet;

use outboard_supervision::Moment;

use super::{Core, MemberId};

/// How late the timer may wake before it stops blaming others.
const LATE: std::time::Duration = std::time::Duration::from_millis(500);

/// What can be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A call, by its place in the table.
    Call(usize),
    /// An event's acknowledgement: member and delivery.
    Delivery(MemberId, u64),
    /// The body of an answer, by its exchange's place in the table.
    Exchange(usize),
    /// Lanes of a member that wait before they go on.
    Lanes(MemberId),
    /// An operator's bypass.
    Bypass,
    /// Apps are to be told what plugins show.
    Ui,
}

/// Every deadline.
#[derive(Debug, Default)]
pub struct Deadlines(BTreeSet<(Moment, Due)>);

impl Deadlines {
    pub fn insert(&mut self, at: Moment, due: Due) {
        self.0.insert((at, due));
    }

    pub fn remove(&mut self, at: Moment, due: Due) {
        self.0.remove(&(at, due));
    }

    /// When the first one is due.
    pub fn first(&self) -> Option<Moment> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes one that is due at `now`.
    pub fn pop(&mut self, now: Moment) -> Option<Due> {
        if self.first()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, due)| due)
    }
}

impl Core {
    /// Ends everything that is due. Where that comes late, this process was held up, and no plugin
    /// is blamed for what it could not hear.
    pub fn expire(&mut self, now: Moment) {
        let late = self.deadlines.first().map(|due| now.since(due));
        late.into_iter().for_each(|late| self.lag.count(late));
        self.held_up = late.is_some_and(|late| late > LATE);
        while let Some(due) = self.deadlines.pop(now) {
            match due {
                Due::Call(key) => self.call_timed_out(key, now),
                Due::Delivery(member, delivery) => self.delivery_timed_out(member, delivery, now),
                Due::Exchange(key) => self.exchange_timed_out(key, now),
                Due::Lanes(member) => self.lanes_due(member, now),
                Due::Bypass => self.end_due_bypasses(now),
                Due::Ui => self.tell_ui(now),
            }
        }
        self.held_up = false;
    }
}
