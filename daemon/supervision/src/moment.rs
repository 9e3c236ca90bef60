//! A point on the driver's monotonic clock.
//!
//! It refuses to know what the clock is: tests count from zero, the daemon from its start.

use std::time::Duration;

/// Time since an origin that the driver chose, on a clock that never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// The origin.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The moment `millis` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// The first moment of a grid of such steps that is not before this one.
    #[must_use]
    pub fn on_grid(self, step: Duration) -> Self {
        let step = step.as_micros().max(1);
        let steps = self.0.as_micros().div_ceil(step);
        u64::try_from(steps * step).map_or(self, |micros| Self(Duration::from_micros(micros)))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_rounds_up_and_leaves_its_own_moments() {
        let step = Duration::from_millis(50);
        let on_grid = |millis| Moment::from_millis(millis).on_grid(step);
        assert_eq!([on_grid(0), on_grid(50)], [Moment::ZERO, Moment::from_millis(50)]);
        assert_eq!([on_grid(1), on_grid(51)].map(|it| it.0.as_millis()), [50, 100]);
    }
}
