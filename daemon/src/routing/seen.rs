//! Which event ids were published before.
//!
//! Kept for a day, and never more of them than a fence allows; it knows nothing else of events.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use outboard_supervision::Moment;

const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Ids remembered at most: about 20 MiB at the usual 36 bytes each.
const FENCE: usize = 100_000;

/// What is known of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is new.
    First,
    /// It was published before and refused: only those who are promised their events are owed it.
    Refused,
    /// It was published before and counted then.
    Known,
}

/// Ids of the last day.
#[derive(Debug, Default)]
pub struct Seen {
    ids: HashMap<Arc<str>, Noted>,
    order: VecDeque<(Moment, Arc<str>)>,
}

impl Seen {
    /// Notes an id; says what was known of it.
    pub fn note(&mut self, id: &str, now: Moment) -> Noted {
        while self.order.len() >= FENCE
            || self.order.front().is_some_and(|(at, _)| now.since(*at) >= KEPT)
        {
            let Some((_, old)) = self.order.pop_front() else { break };
            self.ids.remove(&old);
        }
        if let Some(known) = self.ids.get_mut(id) {
            return std::mem::replace(known, Noted::Known);
        }
        let id: Arc<str> = id.into();
        self.ids.insert(Arc::clone(&id), Noted::Known);
        self.order.push_back((now, id));
        Noted::First
    }

    /// It could not be kept: whoever publishes it again is not told that it counted.
    pub fn refuse(&mut self, id: &str) {
        if let Some(known) = self.ids.get_mut(id) {
            *known = Noted::Refused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_a_day() {
        let mut seen = Seen::default();
        assert_eq!(seen.note("a", Moment::ZERO), Noted::First);
        assert_eq!(seen.note("a", Moment::from_millis(86_399_999)), Noted::Known);
        assert_eq!(seen.note("a", Moment::from_millis(86_400_000)), Noted::First);
    }

    #[test]
    fn an_id_that_was_refused_may_come_again() {
        let mut seen = Seen::default();
        seen.note("a", Moment::ZERO);
        seen.refuse("a");
        assert_eq!(seen.note("a", Moment::ZERO), Noted::Refused);
        assert_eq!(seen.note("a", Moment::ZERO), Noted::Known);
    }
}
