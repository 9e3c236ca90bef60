//! From messages to figures: quantiles of what all rounds have at the same distance from the stop.
//!
//! It refuses to know how the messages were sent.

use serde::Serialize;

use super::{AFTER, Sample};
use crate::machine::Machine;
use crate::statistics::{Ratio, median, round};
use crate::target::{Compared, at_most};

/// Time is looked at in pieces of this length.
const SLOT_US: i64 = 250_000;

/// When the worst is to be over.
const RECOVERED_US: i64 = 2_000_000;

/// What counts as slow.
const SLOW_US: u64 = 10_000;

/// What is printed.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: usize,
    messages_per_s: u64,
    p50_before_us: f64,
    p99_before_us: f64,
    /// In the two seconds after the stop.
    p99_during_us: f64,
    /// From then on, the end of the hung plugin and its new start included.
    p99_after_us: f64,
    /// From here on two pieces of 250 ms in a row have a p99 of at most twice the one before the
    /// stop. None if there is no such place.
    p99_recovered_after_s: Option<f64>,
    /// Messages of one stop that took longer than 10 ms, the median.
    over_10_ms: f64,
    /// The slowest of all.
    slowest_ms: f64,
    /// Messages that the app had to decide itself, of all.
    without_verdict: usize,
    ratios: Ratios,
}

#[derive(Debug, Serialize)]
struct Ratios {
    /// p99 from two seconds after the stop on, to p99 before it.
    p99_after_to_before: Compared,
}

impl Report {
    /// Of the messages around each stop.
    pub(super) fn of(stops: &[Vec<Sample>], per_second: u64) -> Self {
        let all: Vec<Sample> = stops.iter().flatten().copied().collect();
        let before = p99(&all, i64::MIN, 0);
        let slow: Vec<f64> = stops.iter().map(|stop| count_slow(stop) as f64).collect();
        let slowest = all.iter().map(|it| it.took_us).max().unwrap_or_default();
        Self {
            machine: Machine::here(),
            rounds: stops.len(),
            messages_per_s: per_second,
            p50_before_us: quantile(&all, (i64::MIN, 0), 0.5),
            p99_before_us: before,
            p99_during_us: p99(&all, 0, RECOVERED_US),
            p99_after_us: p99(&all, RECOVERED_US, i64::MAX),
            p99_recovered_after_s: recovered(&all, before),
            over_10_ms: median(&slow),
            slowest_ms: round(slowest as f64 / 1000.0, 1),
            without_verdict: all.iter().filter(|it| !it.by_daemon).count(),
            ratios: Ratios { p99_after_to_before: after_to_before(stops) },
        }
    }
}

fn after_to_before(stops: &[Vec<Sample>]) -> Compared {
    let of = |from, to| stops.iter().map(|stop| p99(stop, from, to)).collect::<Vec<_>>();
    at_most(Ratio::of(&of(RECOVERED_US, i64::MAX), &of(i64::MIN, 0)), 2.0)
}

/// Seconds from the stop to the first two pieces in a row that are good again.
fn recovered(all: &[Sample], before: f64) -> Option<f64> {
    let slots = i64::try_from(AFTER.as_micros()).unwrap_or(i64::MAX) / SLOT_US;
    let good = |slot: i64| p99(all, slot * SLOT_US, (slot + 1) * SLOT_US) <= 2.0 * before;
    let first = (0..slots - 1).find(|slot| good(*slot) && good(slot + 1))?;
    Some(round((first * SLOT_US) as f64 / 1e6, 2))
}

fn count_slow(stop: &[Sample]) -> usize {
    stop.iter().filter(|it| it.at_us >= 0 && it.took_us > SLOW_US).count()
}

fn p99(samples: &[Sample], from: i64, to: i64) -> f64 {
    quantile(samples, (from, to), 0.99)
}

/// Of messages asked about within the time from `from` up to `to`; not a number where none was.
fn quantile(samples: &[Sample], (from, to): (i64, i64), share: f64) -> f64 {
    let within = samples.iter().filter(|it| (from..to).contains(&it.at_us));
    let mut took: Vec<u64> = within.map(|it| it.took_us).collect();
    took.sort_unstable();
    let at = (took.len() as f64 * share) as usize;
    took.get(at.min(took.len().saturating_sub(1))).map_or(f64::NAN, |us| *us as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_us: i64, took_us: u64) -> Sample {
        Sample { at_us, took_us, by_daemon: true }
    }

    /// 100 µs each but for what is asked about in the first 600 ms after the stop.
    fn stop() -> Vec<Sample> {
        let slow = |at: i64| (0..600).contains(&at);
        let took = |at| if slow(at) { 20_000 } else { 100 };
        (-2_000..8_000).map(|at| sample(at * 1_000, took(at))).collect()
    }

    #[test]
    fn recovery_is_where_two_pieces_in_a_row_are_good() {
        let report = Report::of(&[stop(), stop()], 1_000);
        assert_eq!(report.p99_before_us, 100.0);
        assert_eq!(report.p99_during_us, 20_000.0);
        assert_eq!(report.p99_after_us, 100.0);
        assert_eq!(report.p99_recovered_after_s, Some(0.75));
        assert_eq!(report.over_10_ms, 600.0);
    }

    #[test]
    fn what_never_recovers_says_so() {
        let bad: Vec<Sample> =
            (-2_000..8_000).map(|at| sample(at * 1_000, if at < 0 { 100 } else { 201 })).collect();
        assert_eq!(Report::of(&[bad], 1_000).p99_recovered_after_s, None);
    }
}
