//! How long to wait before dialling the daemon again.
//!
//! Pure: luck comes in as a number, and it refuses to know what is being tried.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// A wait that doubles from 100 ms to 5 s, each drawn up to a fifth shorter or longer so that the
/// nodes of one app do not all return in the same instant.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next wait; `luck` lies in 0..1.
    pub(crate) fn next(&mut self, luck: f64) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.tries.min(10)).min(LONGEST);
        self.tries += 1;
        wait.mul_f64(0.8 + 0.4 * luck)
    }

    /// Begins again at the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.next(0.5).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        assert_eq!(Backoff::default().next(0.0), Duration::from_millis(80));
        assert!(Backoff::default().next(0.999) < Duration::from_millis(120));
    }
}
