//! Medians, and how far chance could have moved them.
//!
//! Numbers only; it refuses to know what they measure.

use serde::Serialize;

/// Resamplings of an interval: its ends stand to a percent of its width.
const RESAMPLINGS: usize = 10_000;

/// The same numbers give the same interval.
const SEED: u64 = 0x6f75_7462_6f61_7264;

/// A median of paired ratios and its 95 % bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The median.
    pub median: f64,
    /// 2.5 % of resampled medians are below.
    pub low: f64,
    /// 2.5 % of resampled medians are above.
    pub high: f64,
}

impl Ratio {
    /// Of `ours` to `theirs`, measured in the same rounds.
    pub fn of(ours: &[f64], theirs: &[f64]) -> Self {
        let ratios: Vec<f64> =
            ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut resample = || {
            let drawn = (0..ratios.len()).map(|_| ratios[random.usize(..ratios.len())]);
            median(&drawn.collect::<Vec<_>>())
        };
        let mut medians: Vec<f64> = (0..RESAMPLINGS).map(|_| resample()).collect();
        medians.sort_by(f64::total_cmp);
        let at = |share: f64| round(medians[(RESAMPLINGS as f64 * share) as usize], 3);
        Self { median: round(median(&ratios), 3), low: at(0.025), high: at(0.975) }
    }
}

/// The middle one; of an even number the mean of the middle two; of none, not a number.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => f64::NAN,
        (middle, 0) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        (middle, _) => sorted[middle],
    }
}

/// With so many digits after the point as mean something.
pub fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_stands_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn equal_pairs_leave_no_doubt() {
        let ratio = Ratio::of(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]);
        assert_eq!(ratio, Ratio { median: 2.0, low: 2.0, high: 2.0 });
    }

    #[test]
    fn an_interval_holds_its_median_and_is_the_same_every_time() {
        let ours: Vec<f64> = (1..=24).map(f64::from).collect();
        let theirs = vec![10.0; 24];
        let ratio = Ratio::of(&ours, &theirs);
        assert!(ratio.low < ratio.median && ratio.median < ratio.high);
        assert_eq!(ratio, Ratio::of(&ours, &theirs));
    }
}
