//! How long things took: counts in buckets that grow by a quarter of their octave, so that any
//! quantile is known to about a tenth. It knows microseconds, not what took them.

use std::time::Duration;

/// Buckets of an octave: four.
const SPLIT: u32 = 2;
/// Buckets from 0 µs to 2^27 µs, some 134 s; what took longer is in the last.
pub const BUCKETS: usize = 104;

/// Counts of durations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram<C>(Box<[C; BUCKETS]>);

/// A number of things.
pub trait Count: Copy + Default + Into<u64> {
    /// Goes up by one; stays where it can go no higher.
    fn count(&mut self);
}

impl Count for u32 {
    fn count(&mut self) {
        *self = self.saturating_add(1);
    }
}

impl Count for u64 {
    fn count(&mut self) {
        *self = self.saturating_add(1);
    }
}

impl<C: Count> Default for Histogram<C> {
    fn default() -> Self {
        Self(Box::new([C::default(); BUCKETS]))
    }
}

impl<C: Count> Histogram<C> {
    /// One more that took so long.
    pub fn count(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0[bucket(us)].count();
    }

    /// How many were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|&count| count.into()).sum()
    }

    /// Buckets that hold something, with their counts.
    pub fn filled(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.0.iter().enumerate().map(|(at, &count)| (at, count.into())).filter(|it| it.1 > 0)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.fill(C::default());
    }

    /// So many in a thousand took no longer than this, microseconds; 0 where nothing was counted.
    #[must_use]
    pub fn quantile_us(&self, thousandth: u64) -> u64 {
        let total = self.total();
        let wanted = (total * thousandth).div_ceil(1000).max(1);
        let mut seen = 0;
        for (at, count) in self.filled() {
            seen += count;
            if seen >= wanted {
                return middle(at);
            }
        }
        0
    }

    /// How many took less than `us`, as far as buckets tell: those that end there count.
    #[must_use]
    pub fn below(&self, us: u64) -> u64 {
        self.filled().filter(|(at, _)| upper(*at) <= us).map(|(_, count)| count).sum()
    }
}

impl Histogram<u64> {
    /// Adds what another has.
    pub fn add<C: Count>(&mut self, other: &Histogram<C>) {
        for (at, count) in other.filled() {
            self.put(at, count);
        }
    }

    /// Adds to one bucket; a bucket that is none counts as the last.
    pub fn put(&mut self, at: usize, count: u64) {
        let place = &mut self.0[at.min(BUCKETS - 1)];
        *place = place.saturating_add(count);
    }
}

/// The bucket of a duration. Below 8 µs each microsecond has its own.
fn bucket(us: u64) -> usize {
    if us < 4 {
        return us as usize;
    }
    let octave = 63 - us.leading_zeros();
    let within = (us >> (octave - SPLIT)) & 3;
    (((octave - 1) << SPLIT) as usize + within as usize).min(BUCKETS - 1)
}

/// The least duration of a bucket, microseconds.
fn lower(at: usize) -> u64 {
    if at < 4 {
        return at as u64;
    }
    let (octave, within) = ((at >> SPLIT) as u32 + 1, (at & 3) as u64);
    (4 + within) << (octave - SPLIT)
}

fn upper(at: usize) -> u64 {
    lower(at + 1)
}

fn middle(at: usize) -> u64 {
    u64::midpoint(lower(at), upper(at) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(lower(at)), at);
            assert_eq!(bucket(upper(at) - 1), at);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(Histogram::<u64>::default().quantile_us(500), 0);
    }

    proptest! {
        /// A quantile is off by no more than an eighth.
        #[test]
        fn a_quantile_is_near_the_true_one(
            mut took in prop::collection::vec(0..60_000_000_u64, 1..300), thousandth in 1..=1000_u64
        ) {
            let mut histogram = Histogram::<u32>::default();
            took.iter().for_each(|us| histogram.count(Duration::from_micros(*us)));
            took.sort_unstable();
            let rank = (took.len() as u64 * thousandth).div_ceil(1000).max(1) - 1;
            let truth = took[usize::try_from(rank).unwrap()];
            let found = histogram.quantile_us(thousandth);
            prop_assert!(found.abs_diff(truth) <= truth / 8 + 1, "{found} for {truth}");
        }

        #[test]
        fn sums_are_those_of_their_parts(
            one in prop::collection::vec(0..90_000_000_u64, 0..50),
            other in prop::collection::vec(0..90_000_000_u64, 0..50),
        ) {
            let of = |took: &[u64]| {
                let mut histogram = Histogram::<u32>::default();
                took.iter().for_each(|us| histogram.count(Duration::from_micros(*us)));
                histogram
            };
            let mut sum = Histogram::<u64>::default();
            sum.add(&of(&one));
            sum.add(&of(&other));
            let whole = of(&[one, other].concat());
            prop_assert_eq!(sum.filled().collect::<Vec<_>>(), whole.filled().collect::<Vec<_>>());
        }
    }
}
