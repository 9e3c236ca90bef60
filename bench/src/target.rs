//! A figure beside what it should be.
//!
//! It refuses to know why a target is what it is.

use serde::Serialize;

use crate::statistics::Ratio;

/// A ratio and what it should be.
#[derive(Debug, Serialize)]
pub struct Compared {
    #[serde(flatten)]
    ratio: Ratio,
    target: String,
    /// The whole interval is beyond the target.
    missed: bool,
}

/// Less is better.
pub fn at_most(ratio: Ratio, target: f64) -> Compared {
    Compared { ratio, target: format!("at most {target}"), missed: ratio.low > target }
}

/// More is better.
pub fn at_least(ratio: Ratio, target: f64) -> Compared {
    Compared { ratio, target: format!("at least {target}"), missed: ratio.high < target }
}
