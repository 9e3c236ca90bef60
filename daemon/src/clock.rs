//! The daemon's two clocks: one that never goes back, for every decision; the wall's, for people.
//!
//! Nothing else in the daemon reads a clock, so a test that pauses tokio's time owns it all.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_supervision::Moment;
use tokio::time::Instant;

/// Counts from the daemon's start.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    grain: Grain,
}

/// How fine waits can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    /// As the runtime's timer: whole milliseconds, rounded up. Tests can pause it.
    Runtime,
    /// As the kernel's.
    Kernel,
}

/// What is left to the kernel's timer: a little more than the runtime's may be late.
const LAST_STRETCH: Duration = Duration::from_millis(2);

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: Instant::now(), grain: Grain::Runtime }
    }

    /// A clock that begins now and can wait to the microsecond.
    #[must_use]
    pub fn start_exact() -> Self {
        Self { origin: Instant::now(), grain: Grain::Kernel }
    }

    /// Waits until a moment; never less, and as little longer as this clock can. For rare waits:
    /// each costs a descriptor.
    pub async fn until_exactly(&self, moment: Moment) {
        let until = self.instant(moment);
        if self.grain == Grain::Kernel {
            tokio::time::sleep_until(until - LAST_STRETCH).await;
            let left = until.saturating_duration_since(Instant::now());
            if outboard_linux::exact::wait(left).await.is_ok() {
                return;
            }
        }
        // Also where there is no descriptor to have.
        tokio::time::sleep_until(until).await;
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(Instant::now().duration_since(self.origin))
    }

    /// The same moment, as tokio's timers want it.
    #[must_use]
    pub fn instant(&self, moment: Moment) -> Instant {
        self.origin + moment.0
    }

    /// Microseconds since the Unix epoch, for people; it may jump.
    #[must_use]
    pub fn wall_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

/// A span in whole microseconds, as the wire writes it.
#[must_use]
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// The wall's time, for what is kept on disk.
#[must_use]
pub fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
