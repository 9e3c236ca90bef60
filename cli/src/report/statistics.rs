//! Counts in reports: lines of numbers, and single uses as they happen.

use std::collections::BTreeMap;

use outboard_proto::admin as wire;
use serde::Serialize;

use crate::measure::Micros;

/// What was counted since some hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counted {
    pub since_us: Micros,
    /// What keeps counts from being kept; `null` where nothing does.
    pub trouble: Option<String>,
    pub lines: Vec<CountedLine>,
}

/// One line: a whole plugin where `kind` is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountedLine {
    pub plugin: String,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub invocations: u64,
    /// By what came of it.
    pub outcomes: BTreeMap<String, u64>,
    /// Of those that were answered; `null` where none was.
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub p99_us: Option<u64>,
    pub last_used_us: Option<Micros>,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub breaker_openings: u64,
    /// Of tracked actions: their values added up.
    pub value: f64,
    /// Of a whole plugin: ends of its processes by cause.
    pub ends: BTreeMap<String, u64>,
    /// Of a whole plugin: calls of the host API.
    pub host_calls: u64,
}

/// Something that was used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Used {
    pub plugin: String,
    pub action: String,
    pub timestamp_us: Micros,
    pub metadata: BTreeMap<String, String>,
    pub value: Option<f64>,
    /// Records that this reader missed before it.
    pub missed: u64,
}

impl CountedLine {
    /// Those that did not end as they should, time-outs apart.
    pub fn errors(&self) -> u64 {
        let wrong = ["failed", "protocol", "over-limit", "unavailable", "denied"];
        wrong.iter().filter_map(|word| self.outcomes.get(*word)).sum()
    }

    /// Those without an answer in time.
    pub fn timeouts(&self) -> u64 {
        self.outcomes.get("timed-out").copied().unwrap_or(0)
    }
}

impl From<wire::StatsResponse> for Counted {
    fn from(it: wire::StatsResponse) -> Counted {
        let trouble = Some(it.trouble).filter(|text| !text.is_empty());
        let lines = it.lines.into_iter().map(CountedLine::from).collect();
        Counted { since_us: it.since_us, trouble, lines }
    }
}

impl From<wire::PopularResponse> for Counted {
    fn from(it: wire::PopularResponse) -> Counted {
        let wire::PopularResponse { lines, since_us, trouble } = it;
        Counted::from(wire::StatsResponse { lines, since_us, trouble })
    }
}

impl From<wire::StatsLine> for CountedLine {
    fn from(it: wire::StatsLine) -> CountedLine {
        let word = |text: String| Some(text).filter(|text| !text.is_empty());
        let some = |us: u64| Some(us).filter(|us| *us > 0);
        CountedLine {
            plugin: it.plugin,
            kind: word(it.kind),
            name: word(it.name),
            invocations: it.invocations,
            outcomes: it.outcomes,
            p50_us: some(it.p50_us),
            p95_us: some(it.p95_us),
            p99_us: some(it.p99_us),
            last_used_us: Some(it.last_used_us).filter(|us| *us > 0),
            bytes_out: it.bytes_out,
            bytes_in: it.bytes_in,
            breaker_openings: it.breaker_openings,
            value: it.value,
            ends: it.ends,
            host_calls: it.host_calls,
        }
    }
}

impl From<wire::PluginUsage> for Used {
    fn from(it: wire::PluginUsage) -> Used {
        let wire::PluginUsage { plugin, action, timestamp_us, metadata, value, missed } = it;
        Used { plugin, action, timestamp_us, metadata, value, missed }
    }
}
