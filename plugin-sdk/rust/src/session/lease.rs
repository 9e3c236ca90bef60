//! `Lease`: how long a command's handler may go on, renewed by what it says on the way.
//!
//! It refuses to know commands; the daemon keeps the same clock and is the one that counts.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one sign of progress buys.
const RENEWAL: Duration = Duration::from_secs(30);

/// What all signs of progress together buy.
const WHOLE: Duration = Duration::from_secs(15 * 60);

/// A deadline that can move away, never closer.
#[derive(Debug)]
pub(crate) struct Lease {
    until: Mutex<Instant>,
    budget: Duration,
    latest: Instant,
}

impl Lease {
    pub(crate) fn new(now: Instant, budget: Duration) -> Self {
        Self { until: Mutex::new(now + budget), budget, latest: now + WHOLE }
    }

    /// The handler works: 30 s more, 15 minutes in all.
    pub(crate) fn renew(&self) {
        self.extend((Instant::now() + RENEWAL).min(self.latest));
    }

    /// The handler has said something: the budget begins anew.
    pub(crate) fn restart(&self) {
        self.extend(Instant::now() + self.budget);
    }

    pub(crate) fn until(&self) -> Instant {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn extend(&self, to: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(to);
    }
}
