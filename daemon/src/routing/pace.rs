//! How many host calls a plugin may make in a second: a rate with a burst of one second's worth.
//!
//! Pure: time is a parameter. (The crate that does this, governor, reads a clock of its own.)

use std::time::Duration;

use outboard_supervision::Moment;

/// What may be made up for after a rest.
const BURST: Duration = Duration::from_secs(1);

/// The pace of one plugin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// When the next call would be on time, were all so far evenly spread.
    next: Moment,
}

impl Pace {
    /// One more call, of so many allowed in a second.
    ///
    /// # Errors
    /// It is too many: when the next one is on time.
    pub fn take(&mut self, per_second: u32, now: Moment) -> Result<(), Duration> {
        let step = Duration::from_secs(1) / per_second.max(1);
        let next = self.next.max(now) + step;
        let ahead = next.since(now);
        if ahead > BURST.max(step) {
            return Err(ahead - BURST.max(step));
        }
        self.next = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn in_no_time_there_are_more_than_rate_and_burst(
            rate in 1_u32..500,
            gaps in proptest::collection::vec(0_u64..20, 1..400),
        ) {
            let (mut pace, mut now, mut taken) = (Pace::default(), Moment::ZERO, Vec::new());
            for gap in gaps {
                now = now + Duration::from_millis(gap);
                match pace.take(rate, now) {
                    Ok(()) => taken.push(now),
                    Err(wait) => {
                        let mut later = pace;
                        prop_assert!(wait <= Duration::from_secs(1));
                        prop_assert!(later.take(rate, now + wait).is_ok());
                    }
                }
            }
            for (at, first) in taken.iter().enumerate() {
                for (more, last) in taken[at..].iter().enumerate() {
                    let most = f64::from(rate) * (1.0 + last.since(*first).as_secs_f64());
                    prop_assert!((more + 1) as f64 <= most.max(1.0) + 1.0);
                }
            }
        }
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        let mut pace = Pace::default();
        for call in 0..10_000 {
            let now = Moment(Duration::from_micros(call * 50));
            assert_eq!(pace.take(20_000, now), Ok(()));
        }
    }
}
