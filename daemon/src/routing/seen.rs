//! Which event ids were published before.
//!
//! Kept for a day, and never more of them than a fence allows; it knows nothing else of events.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use outboard_supervision::Moment;

const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Ids remembered at most: about 20 MiB at the usual 36 bytes each.
const FENCE: usize = 100_000;

/// Ids of the last day.
#[derive(Debug, Default)]
pub struct Seen {
    ids: HashSet<Arc<str>>,
    order: VecDeque<(Moment, Arc<str>)>,
}

impl Seen {
    /// Notes an id; whether it is new.
    pub fn note(&mut self, id: &str, now: Moment) -> bool {
        while self.order.len() >= FENCE
            || self.order.front().is_some_and(|(at, _)| now.since(*at) >= KEPT)
        {
            let Some((_, old)) = self.order.pop_front() else { break };
            self.ids.remove(&old);
        }
        if self.ids.contains(id) {
            return false;
        }
        let id: Arc<str> = id.into();
        self.ids.insert(Arc::clone(&id));
        self.order.push_back((now, id));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_a_day() {
        let mut seen = Seen::default();
        assert!(seen.note("a", Moment::ZERO));
        assert!(!seen.note("a", Moment::from_millis(86_399_999)));
        assert!(seen.note("a", Moment::from_millis(86_400_000)));
    }
}
