//! Skips a plugin that keeps missing deadlines, one breaker per plugin and hook class.
//!
//! Pure: it is told of misses, answers and the time. It refuses to know what a call is.

use std::time::Duration;

use crate::moment::Moment;

/// When a breaker opens and how it closes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Misses in a row that open it.
    pub misses: u32,
    /// How long it stays open before one trial call.
    pub rest: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { misses: 3, rest: Duration::from_secs(2) }
    }
}

/// One breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Calls pass. Counts misses in a row.
    Closed(u32),
    /// Calls are skipped until then.
    Open(Moment),
    /// One trial call, begun then, is under way; all others are skipped.
    Trial(Moment),
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed(0)
    }
}

impl Breaker {
    /// Whether a call may pass at `now`. An open breaker that has rested lets one pass as a trial.
    pub fn admit(&mut self, now: Moment, policy: BreakerPolicy) -> bool {
        match *self {
            Self::Closed(_) => true,
            Self::Open(until) if until <= now => {
                *self = Self::Trial(now);
                true
            }
            Self::Open(_) => false,
            // A trial whose outcome was never told (its caller left) does not block for ever.
            Self::Trial(begun) if now.since(begun) >= policy.rest => {
                *self = Self::Trial(now);
                true
            }
            Self::Trial(_) => false,
        }
    }

    /// A call was answered in time.
    pub fn answered(&mut self) {
        *self = Self::Closed(0);
    }

    /// A call was missed. Returns whether that opened the breaker.
    pub fn missed(&mut self, now: Moment, policy: BreakerPolicy) -> bool {
        match *self {
            Self::Closed(misses) if misses + 1 < policy.misses => {
                *self = Self::Closed(misses + 1);
                false
            }
            Self::Closed(_) => {
                *self = Self::Open(now + policy.rest);
                true
            }
            Self::Trial(_) => {
                *self = Self::Open(now + policy.rest);
                false
            }
            // A call that began before it opened.
            Self::Open(_) => false,
        }
    }

    /// Whether calls are being skipped.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Closed(_) => false,
            Self::Open(_) | Self::Trial(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy { misses: 3, rest: Duration::from_secs(2) };

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        assert!(!breaker.missed(at(0), POLICY));
        assert!(!breaker.missed(at(0), POLICY));
        assert!(breaker.missed(at(0), POLICY));
        breaker
    }

    #[test]
    fn three_misses_in_a_row_open_it() {
        assert!(!opened().admit(at(1999), POLICY));
    }

    #[test]
    fn an_answer_between_misses_starts_the_count_anew() {
        let mut breaker = Breaker::default();
        let _ = breaker.missed(at(0), POLICY);
        let _ = breaker.missed(at(0), POLICY);
        breaker.answered();
        assert!(!breaker.missed(at(0), POLICY));
        assert!(breaker.admit(at(0), POLICY));
    }

    #[test]
    fn after_its_rest_one_trial_passes_and_an_answer_closes_it() {
        let mut breaker = opened();
        assert!(breaker.admit(at(2000), POLICY));
        assert!(!breaker.admit(at(2001), POLICY), "a second call waits for the trial");
        breaker.answered();
        assert!(breaker.admit(at(2002), POLICY));
    }

    #[test]
    fn a_missed_trial_opens_it_again() {
        let mut breaker = opened();
        assert!(breaker.admit(at(2000), POLICY));
        let _ = breaker.missed(at(2500), POLICY);
        assert!(!breaker.admit(at(4499), POLICY));
        assert!(breaker.admit(at(4500), POLICY));
    }

    #[test]
    fn a_trial_that_nobody_ended_gives_way_to_another() {
        let mut breaker = opened();
        assert!(breaker.admit(at(2000), POLICY));
        assert!(breaker.admit(at(4000), POLICY));
    }
}
