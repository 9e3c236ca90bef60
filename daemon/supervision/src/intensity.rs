//! How many restarts are allowed within how long.
//!
//! It counts; what a refusal means is the machine's business.

use std::collections::VecDeque;
use std::time::Duration;

use crate::moment::Moment;

/// Restarts allowed within a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts allowed.
    pub restarts: u32,
    /// Within how long.
    pub period: Duration,
}

impl Default for Intensity {
    fn default() -> Self {
        Self { restarts: 5, period: Duration::from_secs(60) }
    }
}

/// The restarts that still count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restarts {
    recent: VecDeque<Moment>,
}

impl Restarts {
    /// Counts a restart at `now`, if `allowed` has room for it.
    pub fn try_count(&mut self, now: Moment, allowed: Intensity) -> bool {
        while self.recent.front().is_some_and(|&at| now.since(at) >= allowed.period) {
            self.recent.pop_front();
        }
        let room = self.recent.len() < allowed.restarts as usize;
        if room {
            self.recent.push_back(now);
        }
        room
    }

    /// Forgets all of them: an operator looked at it.
    pub fn clear(&mut self) {
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_end_within_a_minute_is_refused() {
        let (mut restarts, allowed) = (Restarts::default(), Intensity::default());
        let counted = (0..6).map(|s| restarts.try_count(Moment::from_millis(s * 1000), allowed));
        assert_eq!(counted.collect::<Vec<_>>(), [true, true, true, true, true, false]);
    }

    #[test]
    fn a_restart_counts_for_one_period_only() {
        let (mut restarts, allowed) = (Restarts::default(), Intensity::default());
        for _ in 0..5 {
            assert!(restarts.try_count(Moment::ZERO, allowed));
        }
        assert!(!restarts.try_count(Moment::from_millis(59_999), allowed));
        assert!(restarts.try_count(Moment::from_millis(60_000), allowed));
    }
}
