//! The counts of one plugin: additions to plain integers, nothing else on the way of a message.
//!
//! A line is made when its name first comes; then nothing is allocated. Names are bounded: whatever
//! comes beyond is counted as `other`. It refuses to know clocks and files.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outboard_supervision::Moment;

use super::histogram::Histogram;
use super::kind::{KINDS, Kind, OUTCOMES, Outcome};
use super::sum::{Entry, Sum, finite};

/// Names of one kind.
pub const NAMES: usize = 64;
/// Lines of one plugin, `other`s apart: some 65 KiB where a plugin fills them with names of its
/// own, twice that where all are of things that take time.
pub const LINES: usize = 128;
/// Longest name, bytes. What the daemon counts has names from manifests, which are short.
pub const LONGEST: usize = 200;
/// The name of what has no line of its own.
pub const OTHER: &str = "other";

/// Ends of the buckets that metrics show, microseconds: 2^8 to 2^24, 256 µs to 17 s.
pub const EDGES: [u64; 12] = [
    1 << 8,
    1 << 10,
    1 << 12,
    1 << 14,
    1 << 15,
    1 << 16,
    1 << 17,
    1 << 18,
    1 << 19,
    1 << 20,
    1 << 22,
    1 << 24,
];

/// Where a line stands; good for as long as its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineId(usize);

/// One use that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took, where that says something.
    pub took: Option<Duration>,
    /// What was handed over, bytes.
    pub bytes_out: usize,
    /// When it ended.
    pub at: Moment,
}

/// What is counted of one plugin.
#[derive(Debug, Default)]
pub struct Ledger {
    index: [BTreeMap<Box<str>, LineId>; KINDS],
    lines: Vec<Line>,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// What it is about.
    pub kind: Kind,
    /// Its name within the kind.
    pub name: Box<str>,
    fresh: Fresh,
    before: Totals,
}

/// Since the last harvest.
#[derive(Debug, Default)]
struct Fresh {
    outcomes: [u64; OUTCOMES],
    took: Duration,
    bytes_out: u64,
    bytes_in: u64,
    breaker_openings: u64,
    value: f64,
    last_used: Moment,
    /// Made with the first use that took time.
    latency: Option<Histogram<u32>>,
}

/// Since the daemon's start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// How often, by what came of it.
    pub outcomes: [u64; OUTCOMES],
    /// All that took time, together.
    pub took: Duration,
    /// How many of those took less than each of [`EDGES`].
    pub below: [u64; EDGES.len()],
    /// How many took time.
    pub timed: u64,
    /// What was handed to the plugin, bytes.
    pub bytes_out: u64,
    /// What the plugin said, bytes.
    pub bytes_in: u64,
    /// Times its breaker opened.
    pub breaker_openings: u64,
    /// What tracked uses said they were worth, added up.
    pub value: f64,
}

impl Ledger {
    /// One use has ended.
    pub fn count(&mut self, kind: Kind, name: &str, it: Use) -> LineId {
        let id = self.line(kind, name);
        let fresh = &mut self.lines[id.0].fresh;
        fresh.outcomes[it.outcome as usize] += 1;
        fresh.bytes_out += it.bytes_out as u64;
        fresh.last_used = it.at;
        if let Some(took) = it.took {
            fresh.took = fresh.took.saturating_add(took);
            fresh.latency.get_or_insert_default().count(took);
        }
        id
    }

    /// What was counted last has come to something else after all.
    pub fn amend(&mut self, id: LineId, from: Outcome, to: Outcome) {
        let outcomes = &mut self.lines[id.0].fresh.outcomes;
        outcomes[from as usize] = outcomes[from as usize].saturating_sub(1);
        outcomes[to as usize] += 1;
    }

    /// Something grew that has no time and no failure.
    pub fn grow(&mut self, kind: Kind, name: &str, by: u64, at: Moment) -> LineId {
        let id = self.line(kind, name);
        let fresh = &mut self.lines[id.0].fresh;
        let count = &mut fresh.outcomes[Outcome::Ok as usize];
        *count = count.saturating_add(by);
        fresh.last_used = at;
        id
    }

    /// What a tracked use was worth.
    pub fn worth(&mut self, id: LineId, value: f64) {
        let fresh = &mut self.lines[id.0].fresh;
        fresh.value = finite(fresh.value + value);
    }

    /// The plugin said something.
    pub fn heard(&mut self, id: LineId, bytes: usize) {
        self.lines[id.0].fresh.bytes_in += bytes as u64;
    }

    /// A breaker opened.
    pub fn breaker_opened(&mut self, kind: Kind, name: &str) {
        let id = self.line(kind, name);
        self.lines[id.0].fresh.breaker_openings += 1;
    }

    fn line(&mut self, kind: Kind, name: &str) -> LineId {
        let known = &self.index[kind as usize];
        match known.get(name) {
            Some(id) => *id,
            None => self.new_line(kind, name),
        }
    }

    fn new_line(&mut self, kind: Kind, name: &str) -> LineId {
        let known = &self.index[kind as usize];
        let fits = name.len() <= LONGEST && known.len() < NAMES && self.lines.len() < LINES;
        let name = if fits { name } else { OTHER };
        if let Some(id) = known.get(name) {
            return *id;
        }
        let id = LineId(self.lines.len());
        let (fresh, before) = (Fresh::default(), Totals::default());
        self.lines.push(Line { kind, name: name.into(), fresh, before });
        self.index[kind as usize].insert(name.into(), id);
        id
    }

    /// Every line, in the order in which they came.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Takes what was counted since the last harvest; `now` and `wall_us` are the same moment. A
    /// pulse is nobody's use: bytes that came alone wait for the next use of anything.
    pub fn harvest(&mut self, plugin: &Arc<str>, now: Moment, wall_us: i64) -> Vec<Entry> {
        if !self.lines.iter().any(|line| line.fresh.has_uses()) {
            return Vec::new();
        }
        let dirty = self.lines.iter_mut().filter(|line| !line.fresh.is_empty());
        dirty.map(|line| line.harvest(plugin, now, wall_us)).collect()
    }
}

impl Line {
    /// What was counted since the daemon's start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = self.before.clone();
        totals.add(&self.fresh);
        totals
    }

    fn harvest(&mut self, plugin: &Arc<str>, now: Moment, wall_us: i64) -> Entry {
        self.before.add(&self.fresh);
        let fresh = &mut self.fresh;
        let age = i64::try_from(now.since(fresh.last_used).as_micros()).unwrap_or(i64::MAX);
        let mut sum = Sum {
            outcomes: fresh.outcomes,
            bytes_out: fresh.bytes_out,
            bytes_in: fresh.bytes_in,
            breaker_openings: fresh.breaker_openings,
            value: fresh.value,
            last_used_us: wall_us.saturating_sub(age),
            ..Sum::default()
        };
        if let Some(latency) = &fresh.latency {
            sum.latency.add(latency);
        }
        let mut latency = fresh.latency.take();
        latency.iter_mut().for_each(Histogram::clear);
        *fresh = Fresh { last_used: fresh.last_used, latency, ..Fresh::default() };
        Entry { plugin: Arc::clone(plugin), kind: self.kind, name: self.name.clone(), sum }
    }
}

impl Fresh {
    fn is_empty(&self) -> bool {
        !self.has_uses() && self.bytes_in == 0
    }

    fn has_uses(&self) -> bool {
        self.outcomes != [0; OUTCOMES] || self.breaker_openings > 0
    }
}

impl Totals {
    fn add(&mut self, fresh: &Fresh) {
        for (mine, theirs) in self.outcomes.iter_mut().zip(fresh.outcomes) {
            *mine = mine.saturating_add(theirs);
        }
        self.took = self.took.saturating_add(fresh.took);
        self.bytes_out += fresh.bytes_out;
        self.bytes_in += fresh.bytes_in;
        self.breaker_openings += fresh.breaker_openings;
        self.value = finite(self.value + fresh.value);
        if let Some(latency) = &fresh.latency {
            self.timed += latency.total();
            for (below, edge) in self.below.iter_mut().zip(EDGES) {
                *below += latency.below(edge);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plugin() -> Arc<str> {
        "dice".into()
    }

    fn ok(us: u64) -> Use {
        let took = Some(Duration::from_micros(us));
        Use { outcome: Outcome::Ok, took, bytes_out: 10, at: Moment::ZERO }
    }

    // I93
    #[test]
    fn ten_thousand_names_are_counted_under_sixty_five() {
        let mut ledger = Ledger::default();
        for number in 0..10_000 {
            ledger.grow(Kind::Track, &format!("action-{number}"), 1, Moment::ZERO);
        }
        assert_eq!(ledger.lines().len(), NAMES + 1);
        let other = ledger.lines().last().unwrap();
        assert_eq!((&*other.name, other.totals().outcomes[0]), (OTHER, 10_000 - NAMES as u64));
    }

    // I93
    #[test]
    fn lines_of_one_plugin_are_bounded_whatever_their_kinds() {
        let mut ledger = Ledger::default();
        for kind in Kind::ALL {
            for number in 0..1000 {
                ledger.count(kind, &format!("name-{number}"), ok(5));
            }
        }
        assert!(ledger.lines().len() <= LINES + KINDS, "{}", ledger.lines().len());
        let counted: u64 = ledger.lines().iter().map(|it| it.totals().outcomes[0]).sum();
        assert_eq!(counted, 1000 * KINDS as u64);
    }

    #[test]
    fn an_amended_use_counts_once() {
        let mut ledger = Ledger::default();
        let line = ledger.count(Kind::Hook, "message.before_post", ok(900));
        ledger.amend(line, Outcome::Ok, Outcome::Protocol);
        let entry = ledger.harvest(&plugin(), Moment::ZERO, 7).remove(0);
        assert_eq!((entry.sum.invocations(), entry.sum.of(Outcome::Protocol)), (1, 1));
        assert_eq!(entry.sum.last_used_us, 7);
    }

    #[test]
    fn a_pulse_alone_is_not_harvested_and_its_bytes_are_not_lost() {
        let mut ledger = Ledger::default();
        let session = ledger.grow(Kind::Host, "Plugin/Session", 0, Moment::ZERO);
        ledger.heard(session, 9);
        assert!(ledger.harvest(&plugin(), Moment::ZERO, 0).is_empty());
        ledger.count(Kind::Command, "roll", ok(5));
        let entries = ledger.harvest(&plugin(), Moment::ZERO, 0);
        assert_eq!(entries.iter().map(|it| it.sum.bytes_in).sum::<u64>(), 9);
    }

    proptest! {
        /// Whenever it is harvested, harvests add up to the totals, and nothing is harvested twice.
        #[test]
        fn harvests_add_up_to_totals(
            uses in prop::collection::vec((0..3_u8, 1..9_000_000_u64, any::<bool>()), 0..80),
        ) {
            let (mut ledger, mut harvested) = (Ledger::default(), Sum::default());
            for (name, us, harvest) in uses {
                ledger.count(Kind::Command, &name.to_string(), ok(us));
                if harvest {
                    let entries = ledger.harvest(&plugin(), Moment::ZERO, 0);
                    entries.iter().for_each(|it| harvested.add(&it.sum));
                }
            }
            let rest = ledger.harvest(&plugin(), Moment::ZERO, 0);
            rest.iter().for_each(|it| harvested.add(&it.sum));
            prop_assert!(ledger.harvest(&plugin(), Moment::ZERO, 0).is_empty());
            let totals: Vec<Totals> = ledger.lines().iter().map(Line::totals).collect();
            let timed: u64 = totals.iter().map(|it| it.timed).sum();
            let bytes: u64 = totals.iter().map(|it| it.bytes_out).sum();
            prop_assert_eq!(harvested.invocations(), timed);
            prop_assert_eq!(harvested.latency.total(), timed);
            prop_assert_eq!(harvested.bytes_out, bytes);
            for (at, edge) in EDGES.into_iter().enumerate() {
                let below: u64 = totals.iter().map(|it| it.below[at]).sum();
                prop_assert_eq!(harvested.latency.below(edge), below);
            }
        }
    }
}
