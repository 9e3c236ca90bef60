//! Sums as operators are told them: a line for each plugin, or for each of a plugin's names.
//!
//! It adds and sorts; it decides nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_proto::admin::{
    PopularRequest, PopularResponse, StatsLine, StatsRequest, StatsResponse,
};
use outboard_proto::common::Failure;

use super::Recorder;
use super::kind::{Kind, Outcome};
use super::sum::{Entry, Sum};
use crate::status::of_store;

/// How far back, where nobody says.
const A_DAY: u64 = 24 * 3600;
const A_WEEK: u64 = 7 * A_DAY;
/// Lines of what is popular, where nobody says, and at most.
const TOP: usize = 10;
const MOST: usize = 1000;

/// What was counted.
///
/// # Errors
/// The book cannot be read.
pub async fn stats(recorder: &Recorder, request: StatsRequest) -> Result<StatsResponse, Failure> {
    let back = Duration::from_secs(if request.since_s == 0 { A_DAY } else { request.since_s });
    let plugin = Some(request.plugin.as_str()).filter(|name| !name.is_empty());
    let found = recorder.since(back, plugin).await;
    let (entries, since_us) = found.map_err(|error| of_store(&error))?;
    let mut lines = whole_plugins(&entries);
    if plugin.is_some() {
        lines.extend(entries.iter().map(line));
    }
    Ok(StatsResponse { lines, since_us, trouble: recorder.trouble().unwrap_or_default() })
}

/// What people used most.
///
/// # Errors
/// The book cannot be read.
pub async fn popular(
    recorder: &Recorder,
    request: PopularRequest,
) -> Result<PopularResponse, Failure> {
    let back = Duration::from_secs(if request.since_s == 0 { A_WEEK } else { request.since_s });
    let most = if request.most == 0 { TOP } else { (request.most as usize).min(MOST) };
    let found = recorder.since(back, None).await;
    let (mut entries, since_us) = found.map_err(|error| of_store(&error))?;
    entries.retain(|it| it.kind.is_of_people() && it.sum.invocations() > 0);
    // The name decides where counts are equal, so that an answer is the same each time.
    entries.sort_by(|a, b| {
        let by_count = b.sum.invocations().cmp(&a.sum.invocations());
        by_count.then_with(|| (&a.plugin, a.kind, &a.name).cmp(&(&b.plugin, b.kind, &b.name)))
    });
    let lines = entries.iter().take(most).map(line).collect();
    Ok(PopularResponse { lines, since_us, trouble: recorder.trouble().unwrap_or_default() })
}

/// A line for each plugin: its work added up; its ends and host calls beside that.
fn whole_plugins(entries: &[Entry]) -> Vec<StatsLine> {
    let mut lines: BTreeMap<&str, (Sum, StatsLine)> = BTreeMap::new();
    for Entry { plugin, kind, name, sum } in entries {
        let (whole, line) = lines.entry(plugin).or_default();
        if kind.is_work() {
            whole.add(sum);
        } else {
            whole.bytes_in += sum.bytes_in;
            whole.bytes_out += sum.bytes_out;
        }
        match kind {
            Kind::End => *line.ends.entry(name.to_string()).or_default() += sum.invocations(),
            Kind::Host => line.host_calls += sum.invocations(),
            _ => {}
        }
    }
    let line = |(plugin, (whole, line)): (&str, (Sum, StatsLine))| StatsLine {
        plugin: plugin.to_owned(),
        ends: line.ends,
        host_calls: line.host_calls,
        ..numbers(&whole)
    };
    lines.into_iter().map(line).collect()
}

fn line(entry: &Entry) -> StatsLine {
    StatsLine {
        plugin: entry.plugin.to_string(),
        kind: entry.kind.as_str().to_owned(),
        name: entry.name.to_string(),
        ..numbers(&entry.sum)
    }
}

fn numbers(sum: &Sum) -> StatsLine {
    let outcomes = Outcome::ALL.into_iter().filter(|outcome| sum.of(*outcome) > 0);
    StatsLine {
        invocations: sum.invocations(),
        outcomes: outcomes.map(|it| (it.as_str().to_owned(), sum.of(it))).collect(),
        p50_us: sum.latency.quantile_us(500),
        p95_us: sum.latency.quantile_us(950),
        p99_us: sum.latency.quantile_us(990),
        last_used_us: sum.last_used_us,
        bytes_out: sum.bytes_out,
        bytes_in: sum.bytes_in,
        breaker_openings: sum.breaker_openings,
        value: sum.value,
        ..StatsLine::default()
    }
}
