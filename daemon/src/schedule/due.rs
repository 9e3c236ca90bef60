//! What of a schedule is due now, given what is known of its past.
//!
//! Pure, and the one place that decides whether something was missed. However clocks jump, the key
//! only grows: an instant that was fired or passed over is never looked at again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::rule::Rule;

/// How late a firing may come and still count as in time: the timetable looks at the clock at least
/// twice within it.
pub const LATE: Duration = Duration::from_secs(60);

/// What becomes of instants at which nobody watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Nothing.
    Skip,
    /// One firing for all of them.
    Once,
}

impl Missed {
    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Missed::Skip => "skip",
            Missed::Once => "once",
        }
    }
}

/// What is known of a schedule's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// When it was first seen under this rule. Nothing before counts.
    pub since: Timestamp,
    /// The last instant that was fired or passed over: its key.
    pub last: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It never fires again.
    Never,
    /// Nothing before this instant.
    At(Timestamp),
    /// Fire, with this key.
    Fire(Timestamp),
    /// Everything up to this instant was missed and is let go.
    PassOver(Timestamp),
}

impl Past {
    /// After which instant the next key lies.
    fn mark(&self) -> Timestamp {
        self.last.map_or(self.since, |last| last.max(self.since))
    }

    /// The next instant, whether it is due or not.
    #[must_use]
    pub fn next(&self, rule: &Rule) -> Option<Timestamp> {
        rule.after(self.since, self.mark())
    }

    /// What is due at `now`, for a schedule that has been watched since `watched`. Of several
    /// instants that are due at once the last one stands for all.
    #[must_use]
    pub fn due(&self, rule: &Rule, missed: Missed, watched: Timestamp, now: Timestamp) -> Due {
        let Some(next) = self.next(rule) else { return Due::Never };
        if next > now {
            return Due::At(next);
        }
        let key = rule.at_or_before(self.since, now).map_or(next, |latest| latest.max(next));
        let late = now.duration_since(key) > SignedDuration::try_from(LATE).unwrap_or_default();
        match (key < watched || late, missed) {
            (false, Missed::Skip | Missed::Once) | (true, Missed::Once) => Due::Fire(key),
            (true, Missed::Skip) => Due::PassOver(key),
        }
    }
}

#[cfg(test)]
mod tests;
