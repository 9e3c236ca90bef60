//! What was counted under one name, added up over some time. It knows numbers, not where they come
//! from.

use std::sync::Arc;

use super::histogram::Histogram;
use super::kind::{Kind, OUTCOMES, Outcome};

/// Numbers of one line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sum {
    /// How often, by what came of it.
    pub outcomes: [u64; OUTCOMES],
    /// What was handed to the plugin, bytes.
    pub bytes_out: u64,
    /// What the plugin said, bytes.
    pub bytes_in: u64,
    /// Times its breaker opened.
    pub breaker_openings: u64,
    /// What tracked uses said they were worth, added up.
    pub value: f64,
    /// When it was last used, microseconds since the Unix epoch; 0 = never.
    pub last_used_us: i64,
    /// How long answers took.
    pub latency: Histogram<u64>,
}

/// A line and its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose it is.
    pub plugin: Arc<str>,
    /// What it is about.
    pub kind: Kind,
    /// Its name within the kind.
    pub name: Box<str>,
    /// What was counted.
    pub sum: Sum,
}

impl Sum {
    /// Adds what was counted at another time.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine = mine.saturating_add(theirs);
        }
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.breaker_openings = self.breaker_openings.saturating_add(other.breaker_openings);
        self.value = finite(self.value + other.value);
        self.last_used_us = self.last_used_us.max(other.last_used_us);
        self.latency.add(&other.latency);
    }

    /// How often it was used, whatever came of it.
    #[must_use]
    pub fn invocations(&self) -> u64 {
        self.outcomes.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How often this came of it.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }
}

/// A sum never leaves the numbers: where it would, it stays at their end.
#[must_use]
pub fn finite(sum: f64) -> f64 {
    if sum.is_nan() { 0.0 } else { sum.clamp(f64::MIN, f64::MAX) }
}
