//! The wait before the next try: doubling, with jitter, up to a ceiling.
//!
//! Luck comes from outside; it knows neither when nor why a try failed.

use std::time::Duration;

/// How waits grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// No wait is longer, jitter apart.
    pub ceiling: Duration,
    /// Share of the wait by which it may be shorter or longer, 0 to 1.
    pub jitter: f64,
    /// Health that makes the next wait the first one again.
    pub reset_after: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            ceiling: Duration::from_secs(30),
            jitter: 0.2,
            reset_after: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The wait before try number `attempt` (from 0), for a `luck` from 0 up to 1.
    #[must_use]
    pub fn delay(&self, attempt: u32, luck: f64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt));
        let share = 1.0 + self.jitter * (luck.clamp(0.0, 1.0) * 2.0 - 1.0);
        doubled.min(self.ceiling).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let backoff = Backoff::default();
        let waits: Vec<u128> =
            (0..11).map(|attempt| backoff.delay(attempt, 0.5).as_millis()).collect();
        let doubling = [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000];
        assert_eq!(waits, doubling);
    }

    #[test]
    fn luck_moves_a_wait_by_a_fifth_at_most() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(0, 0.0), Duration::from_millis(80));
        assert_eq!(backoff.delay(u32::MAX, 1.0), Duration::from_secs(36));
    }
}
