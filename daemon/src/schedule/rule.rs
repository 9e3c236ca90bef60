//! When a schedule fires: a cron line in a zone, an interval, or one instant.
//!
//! Pure: instants go in and come out. A cron line is read and searched by a library as if clocks
//! never changed; what a change of clocks makes of a civil time is said here, and is the same for
//! every line: in a gap it moves to the first valid instant, in an overlap only the first counts.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::config::amount::show_duration;
use crate::config::fault::Problem;

/// The shortest interval: every firing is a write to the disk.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// The longest interval.
pub const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
/// How far an overlap may reach back: no zone has set its clocks back by more in our time.
const OVERLAP: i64 = 3;

/// When a schedule fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// By the calendar and the clock on the wall of a zone.
    Cron(Cron),
    /// Again and again, counted from when the schedule was first seen.
    Every(Duration),
    /// Once.
    At(Timestamp),
}

/// A cron line of five fields in a zone.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    pattern: Box<croner::Cron>,
    zone: TimeZone,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone
    }
}

impl Cron {
    /// Reads a line of five fields.
    ///
    /// # Errors
    /// What is wrong with the line, or that it never comes.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, Problem> {
        let refused = |why: String| {
            Problem::new(format!("{text:?} is not a cron line: {why}"))
                .hint("minute hour day month weekday, such as \"30 2 * * 1-5\"")
        };
        if text.split_ascii_whitespace().count() != 5 {
            return Err(refused("it needs five fields".to_owned()));
        }
        let parser = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Disallowed)
            .year(croner::parser::Year::Disallowed)
            .build();
        let pattern = parser.parse(text).map_err(|error| refused(error.to_string()))?;
        let cron = Self { text: text.to_owned(), pattern: Box::new(pattern), zone };
        // Any start will do: what comes once in 400 years comes after it.
        match cron.civil_after(DateTime::constant(2000, 1, 1, 0, 0, 0, 0)) {
            Some(_) => Ok(cron),
            None => Err(refused("no such day ever comes".to_owned())),
        }
    }

    /// The first civil time after this one that the line names.
    fn civil_after(&self, civil: DateTime) -> Option<DateTime> {
        let from = TimeZone::UTC.to_zoned(civil).ok()?;
        self.pattern.find_next_occurrence(&from, false).ok().map(|it| it.datetime())
    }

    /// The last civil time before this one that the line names.
    fn civil_before(&self, civil: DateTime) -> Option<DateTime> {
        let from = TimeZone::UTC.to_zoned(civil).ok()?;
        self.pattern.find_previous_occurrence(&from, false).ok().map(|it| it.datetime())
    }

    /// The instant at which a civil time counts.
    fn instant(&self, civil: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { .. } => self.end_of_gap(civil),
            jiff::tz::AmbiguousOffset::Unambiguous { .. }
            | jiff::tz::AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        }
    }

    /// The instant at which clocks are set forward over this civil time.
    fn end_of_gap(&self, civil: DateTime) -> Option<Timestamp> {
        // Read with the offset that counts afterwards, a time within the gap lies before it.
        let before = self.zone.to_ambiguous_timestamp(civil).earlier().ok()?;
        self.zone.following(before).next().map(|transition| transition.timestamp())
    }

    /// Civil times that are not after the local one never count later than it: in a gap there is
    /// no local time, and in an overlap only the first pass counts. So the search begins there.
    fn after(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut civil = instant.to_zoned(self.zone.clone()).datetime();
        loop {
            civil = self.civil_after(civil)?;
            let found = self.instant(civil)?;
            if found > instant {
                return Some(found);
            }
        }
    }

    fn at_or_before(&self, instant: Timestamp) -> Option<Timestamp> {
        let local = instant.to_zoned(self.zone.clone()).datetime();
        let mut civil = local.checked_add(OVERLAP.hours()).ok()?;
        loop {
            civil = self.civil_before(civil)?;
            let found = self.instant(civil)?;
            if found <= instant {
                return Some(found);
            }
        }
    }
}

impl Rule {
    /// The first instant after this one. An interval counts from `since`.
    #[must_use]
    pub fn after(&self, since: Timestamp, instant: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.after(instant),
            Self::Every(span) => on_the_beat(since, *span, instant, 1),
            Self::At(at) => (*at > instant).then_some(*at),
        }
    }

    /// The last instant that is not after this one, if any is after `since`.
    #[must_use]
    pub fn at_or_before(&self, since: Timestamp, instant: Timestamp) -> Option<Timestamp> {
        let found = match self {
            Self::Cron(cron) => cron.at_or_before(instant),
            Self::Every(span) => on_the_beat(since, *span, instant, 0),
            Self::At(at) => (*at <= instant).then_some(*at),
        };
        found.filter(|found| *found > since)
    }
}

/// The beat that `instant` falls into, or one so many later.
fn on_the_beat(
    since: Timestamp,
    span: Duration,
    instant: Timestamp,
    later: i64,
) -> Option<Timestamp> {
    let span = i64::try_from(span.as_micros()).ok().filter(|span| *span > 0)?;
    let passed = instant.as_microsecond().checked_sub(since.as_microsecond())?;
    // Nothing comes before the first beat.
    let beats = passed.div_euclid(span).checked_add(later)?.max(later);
    let offset = beats.checked_mul(span)?;
    Timestamp::from_microsecond(since.as_microsecond().checked_add(offset)?).ok()
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(cron) => {
                let zone = cron.zone.iana_name().unwrap_or("UTC");
                write!(f, "{} {zone}", cron.text)
            }
            Self::Every(span) => write!(f, "every {}", show_duration(*span)),
            Self::At(at) => write!(f, "at {at}"),
        }
    }
}

/// The instant a text names: with an offset or a zone of its own, or else in `zone`.
///
/// # Errors
/// It names none.
pub fn parse_instant(text: &str, zone: &TimeZone) -> Result<Timestamp, Problem> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok(zoned.timestamp());
    }
    let civil = text.parse::<DateTime>().ok().and_then(|civil| zone.to_timestamp(civil).ok());
    civil.ok_or_else(|| {
        Problem::new(format!("{text:?} is not an instant"))
            .hint("\"2027-01-01T09:00:00Z\", or without Z and with zone = \"Europe/Vienna\"")
    })
}

#[cfg(test)]
mod tests;
