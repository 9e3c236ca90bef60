//! What is wrong with something that is to be shown: all of it at once, each with its place.
//!
//! It refuses to know files and lines; a manifest's reader adds them.

use std::fmt;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where, such as `blocks[2].image.source`; empty for the whole.
    pub at: String,
    /// What cannot stand, and why.
    pub what: String,
}

/// Every mistake found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flaws(pub Vec<Flaw>);

/// Flaws that are told; a flood of them would be no help.
const TOLD: usize = 20;

impl Flaws {
    /// Notes one.
    pub fn add(&mut self, at: impl Into<String>, what: impl Into<String>) {
        if self.0.len() < TOLD {
            self.0.push(Flaw { at: at.into(), what: what.into() });
        }
    }

    /// The value, if nothing was noted.
    ///
    /// # Errors
    /// Everything that was noted.
    pub fn or<T>(self, value: T) -> Result<T, Flaws> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// As a plugin hears of it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure::new(Code::InvalidArgument, Reason::BadContribution, self.to_string())
    }
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Flaw { at, what }) in self.0.iter().enumerate() {
            let (comma, colon) =
                (if number > 0 { "; " } else { "" }, if at.is_empty() { "" } else { ": " });
            write!(f, "{comma}{at}{colon}{what}")?;
        }
        Ok(())
    }
}
