//! When a connected daemon has stopped answering.
//!
//! Pure: the time comes in. It refuses to know about single calls; it counts misses in a row and
//! forgets them at any sign of life.

use std::time::{Duration, Instant};

/// Misses in a row, nothing heard between, after which the daemon is not waited for.
const MISSES: u32 = 3;

/// ...and how long they must go on: three calls with tiny budgets prove nothing.
const FOR_AT_LEAST: Duration = Duration::from_millis(500);

/// How often one call tries all the same.
const TRIAL_EVERY: Duration = Duration::from_secs(1);

/// Watches for a daemon that holds the connection and says nothing, so that each message does not
/// pay the whole budget for it.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    misses: u32,
    since: Option<Instant>,
    next_trial: Option<Instant>,
}

impl Silence {
    /// Any frame is a sign of life.
    pub(crate) fn heard(&mut self) {
        self.misses = 0;
        self.since = None;
    }

    /// A call ended without an answer within its budget.
    pub(crate) fn missed(&mut self, now: Instant) {
        self.misses += 1;
        self.since.get_or_insert(now);
        self.next_trial = Some(now + TRIAL_EVERY);
    }

    /// Whether a call should not be tried now.
    pub(crate) fn holds_back(&mut self, now: Instant) -> bool {
        let silent = self.since.is_some_and(|since| now >= since + FOR_AT_LEAST);
        if self.misses < MISSES || !silent {
            return false;
        }
        match self.next_trial {
            Some(next) if now < next => true,
            _ => {
                self.next_trial = Some(now + TRIAL_EVERY);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Missed three times, one budget after the other.
    fn silent(now: Instant) -> (Silence, Instant) {
        let mut silence = Silence::default();
        (0..MISSES).for_each(|miss| silence.missed(now + FOR_AT_LEAST * miss));
        (silence, now + FOR_AT_LEAST * (MISSES - 1))
    }

    #[test]
    fn three_misses_in_a_row_hold_calls_back_but_one_a_second() {
        let (mut silence, now) = silent(Instant::now());
        assert!(silence.holds_back(now));
        assert!(!silence.holds_back(now + TRIAL_EVERY));
        assert!(silence.holds_back(now + TRIAL_EVERY));
    }

    #[test]
    fn misses_within_a_moment_hold_nothing_back() {
        let (mut silence, now) = (Silence::default(), Instant::now());
        (0..100).for_each(|_| silence.missed(now));
        assert!(!silence.holds_back(now));
    }

    #[test]
    fn a_sign_of_life_ends_it() {
        let (mut silence, now) = silent(Instant::now());
        silence.heard();
        assert!(!silence.holds_back(now));
    }
}
