//! What plugins track and count themselves: judged, counted, told to whoever follows.
//!
//! Whatever does not fit is dropped and answered, never refused as a whole and never waited for. It
//! refuses to know who follows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use outboard_proto::admin::PluginUsage;
use outboard_proto::plugin::{Counted, TrackedUse, UsageTaken};
use outboard_supervision::Moment;

use super::kind::{Kind, Outcome};
use super::ledger::{Ledger, OTHER, Use};

/// Records on their way to those who follow; one who reads slower loses the oldest.
pub const FOLLOWED: usize = 1024;
/// Longest name of an action, a counter, a label or its value, bytes.
pub const NAME: usize = 64;
/// Bytes of metadata, keys and values together.
pub const METADATA: usize = 1024;
/// Labels of a counter.
pub const LABELS: usize = 4;
/// Records of one call.
pub const AT_ONCE: usize = 256;
/// Records a plugin may make per second, and save up for.
const PER_SECOND: u32 = 200;
const SAVED: u32 = 2_000;
/// The most that one record may add: what remains exact in every language.
const MOST: u64 = 1 << 53;

/// A record, for everybody who follows.
pub type Told = Arc<PluginUsage>;

/// What is left of a plugin's rate.
#[derive(Debug)]
pub struct Allowance {
    left: u32,
    since: Moment,
}

/// What a record is judged with and entered into.
pub struct Desk<'d> {
    /// Whose counts they are.
    pub ledger: &'d mut Ledger,
    /// How much more it may record.
    pub allowance: &'d mut Allowance,
    /// Who it is.
    pub plugin: &'d Arc<str>,
    /// The time.
    pub now: Moment,
    /// The same on the wall's clock, microseconds.
    pub wall_us: i64,
}

/// Why a record was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its name is none.
    #[error("a name has 1 to {NAME} bytes: letters, digits and . _ - : /")]
    Name,
    /// It carries too much.
    #[error("metadata may have {METADATA} bytes, keys and values together")]
    Metadata,
    /// It has too many labels, or one that is no name.
    #[error("a counter may have {LABELS} labels, whose keys and values are names")]
    Labels,
    /// Its value is none.
    #[error("a value is a finite number")]
    Value,
    /// It grew by more than one can.
    #[error("a counter grows by at most 2^53 at once")]
    Growth,
    /// There were too many before it.
    #[error("more than {PER_SECOND} records in a second")]
    TooMany,
    /// There were too many beside it.
    #[error("a call takes {AT_ONCE} records")]
    AtOnce,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: SAVED, since: Moment::ZERO }
    }
}

impl Allowance {
    /// Takes one, if one is left.
    fn take(&mut self, now: Moment) -> Result<(), Unfit> {
        let earned = now.since(self.since).as_millis() * u128::from(PER_SECOND) / 1000;
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(SAVED);
            self.left = self.left.saturating_add(earned).min(SAVED);
            self.since = now;
        }
        self.left = self.left.checked_sub(1).ok_or(Unfit::TooMany)?;
        Ok(())
    }
}

/// What of it was taken; the records to tell.
pub fn track(mut desk: Desk<'_>, uses: Vec<TrackedUse>) -> (UsageTaken, Vec<Told>) {
    let (mut answer, mut told) = (UsageTaken::default(), Vec::new());
    for (at, it) in uses.into_iter().enumerate() {
        let taken = if at < AT_ONCE { desk.track(it) } else { Err(Unfit::AtOnce) };
        told.extend(noted(&mut answer, taken));
    }
    (answer, told)
}

/// What of it was taken.
pub fn count(mut desk: Desk<'_>, counts: &[Counted]) -> UsageTaken {
    let mut answer = UsageTaken::default();
    for (at, it) in counts.iter().enumerate() {
        let taken = if at < AT_ONCE { desk.count(it) } else { Err(Unfit::AtOnce) };
        noted(&mut answer, taken);
    }
    answer
}

fn noted<T>(answer: &mut UsageTaken, taken: Result<T, Unfit>) -> Option<T> {
    match taken {
        Ok(it) => {
            answer.taken += 1;
            Some(it)
        }
        Err(unfit) => {
            answer.dropped += 1;
            if answer.why.is_empty() {
                answer.why = unfit.to_string();
            }
            None
        }
    }
}

impl Desk<'_> {
    fn track(&mut self, it: TrackedUse) -> Result<Told, Unfit> {
        let judged = check(&it).and_then(|()| self.allowance.take(self.now));
        if let Err(unfit) = judged {
            self.dropped(Kind::Track, &it.action);
            return Err(unfit);
        }
        let outcome = Outcome::Ok;
        let use_ = Use { outcome, took: None, bytes_out: 0, at: self.now };
        let line = self.ledger.count(Kind::Track, &it.action, use_);
        if let Some(value) = it.value {
            self.ledger.worth(line, value);
        }
        Ok(Arc::new(PluginUsage {
            plugin: self.plugin.to_string(),
            action: it.action,
            timestamp_us: if it.at_us > 0 { it.at_us } else { self.wall_us },
            metadata: it.metadata,
            value: it.value,
            missed: 0,
        }))
    }

    fn count(&mut self, it: &Counted) -> Result<(), Unfit> {
        let judged = check_count(it).and_then(|()| self.allowance.take(self.now));
        match judged {
            Ok(()) => {
                let name = with_labels(&it.name, &it.labels);
                self.ledger.grow(Kind::Counter, &name, it.by.max(1), self.now);
                Ok(())
            }
            Err(unfit) => {
                self.dropped(Kind::Counter, &it.name);
                Err(unfit)
            }
        }
    }

    /// A name that was never taken makes no line.
    fn dropped(&mut self, kind: Kind, name: &str) {
        let name = if is_name(name) { name } else { OTHER };
        let use_ = Use { outcome: Outcome::OverLimit, took: None, bytes_out: 0, at: self.now };
        self.ledger.count(kind, name, use_);
    }
}

fn check(it: &TrackedUse) -> Result<(), Unfit> {
    let size: usize = it.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    match it {
        _ if !is_name(&it.action) => Err(Unfit::Name),
        _ if size > METADATA => Err(Unfit::Metadata),
        _ if it.value.is_some_and(|value| !value.is_finite()) => Err(Unfit::Value),
        _ => Ok(()),
    }
}

fn check_count(it: &Counted) -> Result<(), Unfit> {
    let labels_fit = it.labels.iter().all(|(key, value)| is_name(key) && is_name(value));
    match it {
        _ if !is_name(&it.name) => Err(Unfit::Name),
        _ if it.labels.len() > LABELS || !labels_fit => Err(Unfit::Labels),
        _ if it.by > MOST => Err(Unfit::Growth),
        _ => Ok(()),
    }
}

/// Whether it may stand in tables, labels and files as it is.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
    (1..=NAME).contains(&text.len()) && text.bytes().all(fits)
}

/// `name{key=value,key=value}`, in the order of the keys.
fn with_labels(name: &str, labels: &BTreeMap<String, String>) -> String {
    let mut whole = name.to_owned();
    for (at, (key, value)) in labels.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(whole, "{}{key}={value}", if at == 0 { '{' } else { ',' });
    }
    if !labels.is_empty() {
        whole.push('}');
    }
    whole
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Default)]
    struct Plugin {
        ledger: Ledger,
        allowance: Allowance,
    }

    impl Plugin {
        fn desk<'d>(&'d mut self, plugin: &'d Arc<str>, now: Moment) -> Desk<'d> {
            let Self { ledger, allowance } = self;
            Desk { ledger, allowance, plugin, now, wall_us: 7 }
        }

        fn track(&mut self, uses: Vec<TrackedUse>) -> (UsageTaken, Vec<Told>) {
            track(self.desk(&"dice".into(), Moment::ZERO), uses)
        }

        fn count(&mut self, counts: &[Counted]) -> UsageTaken {
            count(self.desk(&"dice".into(), Moment::ZERO), counts)
        }
    }

    fn used(action: &str) -> TrackedUse {
        TrackedUse { action: action.to_owned(), ..TrackedUse::default() }
    }

    // I93
    #[test]
    fn what_does_not_fit_is_dropped_and_the_rest_is_taken() {
        let large = BTreeMap::from([("k".to_owned(), "x".repeat(1 << 20))]);
        let uses = vec![
            used("open"),
            used(""),
            used(&"n".repeat(65)),
            used("two\nlines"),
            TrackedUse { metadata: large, ..used("open") },
            TrackedUse { value: Some(f64::NAN), ..used("open") },
            TrackedUse { value: Some(2.5), ..used("open") },
        ];
        let mut plugin = Plugin::default();
        let (answer, told) = plugin.track(uses);
        assert_eq!((answer.taken, answer.dropped, told.len()), (2, 5, 2));
        assert!(answer.why.contains("1 to 64 bytes"), "{}", answer.why);
        assert_eq!((told[1].value, told[1].timestamp_us), (Some(2.5), 7));
        let names: Vec<&str> = plugin.ledger.lines().iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["open", "other"]);
    }

    // I95
    #[test]
    fn who_records_without_end_is_dropped_and_not_held_up() {
        let mut plugin = Plugin::default();
        let flood = |plugin: &mut Plugin, now| {
            let uses = (0..AT_ONCE).map(|_| used("open")).collect();
            track(plugin.desk(&"dice".into(), now), uses).0.taken
        };
        let taken: u32 = (0..40).map(|_| flood(&mut plugin, Moment::ZERO)).sum();
        assert_eq!(taken, SAVED);
        let later = Moment(Duration::from_secs(1));
        assert_eq!(flood(&mut plugin, later), PER_SECOND);
    }

    #[test]
    fn counters_have_labels_and_grow_only() {
        let labels = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let counted = |by, pairs: &[(&str, &str)]| Counted {
            name: "rolls".to_owned(),
            labels: labels(pairs),
            by,
        };
        let mut plugin = Plugin::default();
        let many = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1")];
        let answer = plugin.count(&[
            counted(0, &[]),
            counted(5, &[("sides", "6"), ("by", "person")]),
            counted(1, &many),
            counted(1, &[("q", "\"quoted\"")]),
            counted(u64::MAX, &[]),
        ]);
        assert_eq!((answer.taken, answer.dropped), (2, 3));
        let names: Vec<&str> = plugin.ledger.lines().iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["rolls", "rolls{by=person,sides=6}"]);
        assert_eq!(plugin.ledger.lines()[0].totals().outcomes[0], 1);
    }
}
