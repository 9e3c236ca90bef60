//! Everything of this moment as OpenMetrics text: the daemon, its plugins, what was counted of
//! them.
//!
//! The numbers are copied on the data plane, a plugin at a time; the text is made elsewhere. It
//! refuses to know who reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_proto::admin::{DaemonInfo, PluginStatus, State};
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::histogram::Histogram;
use super::kind::{Kind, Outcome};
use super::ledger::{EDGES, Ledger, Totals};
use super::openmetrics::{Text, Type};
use crate::fleet::Command;
use crate::outlets::Standing;

/// As HTTP names the format.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const MICROS: f64 = 1e-6;

/// What the text is made of.
pub struct Look {
    /// The daemon.
    pub daemon: DaemonInfo,
    /// Whether the journal and the statistics are as they should be.
    pub sound: [(&'static str, bool); 2],
    /// How late timers of the data plane went off.
    pub lag: Histogram<u64>,
    /// How those do whom the daemon tells.
    pub outlets: BTreeMap<&'static str, Standing>,
    /// Every plugin.
    pub plugins: Vec<Plugin>,
}

/// One plugin.
pub struct Plugin {
    /// As operators see it.
    pub status: PluginStatus,
    /// Its place in routing.
    pub depth: Depth,
    /// What was counted of it.
    pub lines: Vec<Line>,
}

/// What waits at a plugin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Depth {
    /// Calls that wait for the window, or for the plugin.
    pub queued: usize,
    /// Hooks whose breaker is open.
    pub open_breakers: usize,
}

/// One line of a ledger.
pub struct Line {
    kind: Kind,
    name: Box<str>,
    totals: Totals,
}

/// The text.
///
/// # Errors
/// The daemon is stopping.
pub async fn text(command: &Command) -> Result<String, Failure> {
    let look = look(command).await?;
    // Hundreds of plugins make megabytes.
    let rendered = tokio::task::spawn_blocking(move || render(&look)).await;
    rendered.map_err(|_| {
        Failure::new(Code::Internal, Reason::Internal, "making the text failed unexpectedly")
    })
}

async fn look(command: &Command) -> Result<Look, Failure> {
    let asked = command.ask(|fleet| Box::pin(async move { (fleet.list(), fleet.daemon_info()) }));
    let (statuses, daemon) = asked.await?;
    let harbour = &command.harbour;
    let mut plugins = Vec::with_capacity(statuses.len());
    for status in statuses {
        let board = &harbour.switchboard;
        let lines = board.with_ledger(&status.name, lines).unwrap_or_default();
        let depth = board.depth(&status.name).unwrap_or_default();
        plugins.push(Plugin { status, depth, lines });
        // Messages go between two plugins' numbers.
        tokio::task::yield_now().await;
    }
    let sound = [
        ("journal", harbour.quarantine.is_none()),
        ("statistics", harbour.recorder.trouble().is_none()),
    ];
    let (lag, outlets) = (harbour.switchboard.lag(), harbour.outlets.all());
    Ok(Look { daemon, sound, lag, outlets, plugins })
}

fn lines(ledger: &Ledger) -> Vec<Line> {
    let line = |line: &super::ledger::Line| Line {
        kind: line.kind,
        name: line.name.clone(),
        totals: line.totals(),
    };
    ledger.lines().iter().map(line).collect()
}

/// The text of a look.
#[must_use]
pub fn render(look: &Look) -> String {
    let mut text = Text::default();
    daemon(&mut text, look);
    outlets(&mut text, look);
    states(&mut text, look);
    gauges(&mut text, look);
    counters(&mut text, look);
    uses(&mut text, look);
    latencies(&mut text, look);
    text.end()
}

fn daemon(text: &mut Text, look: &Look) {
    let it = &look.daemon;
    text.family("outboard_build", Type::Info, "The daemon that runs.");
    text.sample("outboard_build_info", &[("version", &it.version)], 1);
    let mut gauge = |name: &str, help: &str, value: f64| {
        text.family(name, Type::Gauge, help);
        text.sample(name, &[], value);
    };
    let help = "When it started, since the Unix epoch.";
    gauge("outboard_start_time_seconds", help, it.started_us as f64 * MICROS);
    gauge("outboard_memory_bytes", "What it holds itself.", it.resident_bytes as f64);
    gauge("outboard_apps", "Nodes of apps that are connected.", it.apps.len() as f64);
    gauge("outboard_plugins", "Plugins that are loaded.", f64::from(it.plugins));
    let help = "Requests of plugins that wait for an app.";
    gauge("outboard_outbox_requests", help, f64::from(it.outbox));
    text.family("outboard_store_sound", Type::Gauge, "Whether a database is as it should be.");
    for (store, sound) in look.sound {
        text.sample("outboard_store_sound", &[("store", store)], u8::from(sound));
    }
    let name = "outboard_turn_lag_seconds";
    text.family(name, Type::Histogram, "How late timers of the data plane went off.");
    let below = EDGES.into_iter().map(|edge| (edge as f64 * MICROS, look.lag.below(edge)));
    // From 0.0 on: the sum of nothing is -0 else.
    let times = look.lag.filled().map(|(at, count)| center(at) * count as f64);
    let sum = times.fold(0.0, |sum, time| sum + time);
    text.histogram(name, &[], below, (look.lag.total(), sum));
}

fn outlets(text: &mut Text, look: &Look) {
    let mut family = |name: &str, kind, help, number: fn(&Standing) -> u64| {
        text.family(name, kind, help);
        let total = if kind == Type::Counter { "_total" } else { "" };
        for (outlet, standing) in &look.outlets {
            text.sample(&format!("{name}{total}"), &[("outlet", outlet)], number(standing));
        }
    };
    let help = "What was told there: alerts, records of usage, scrapes.";
    family("outboard_outlet_told", Type::Counter, help, |it| it.told);
    let help = "What could not be told there.";
    family("outboard_outlet_dropped", Type::Counter, help, |it| it.dropped);
    let help = "Whether the last try failed.";
    family("outboard_outlet_failing", Type::Gauge, help, |it| u64::from(it.failing.is_some()));
}

/// The middle of a bucket, seconds: a sum made of it is as exact as the buckets are.
fn center(at: usize) -> f64 {
    let mut one = Histogram::<u64>::default();
    one.put(at, 1);
    one.quantile_us(1000) as f64 * MICROS
}

const STATES: [State; 8] = [
    State::Stopped,
    State::Starting,
    State::Running,
    State::Draining,
    State::Stopping,
    State::Waiting,
    State::Failed,
    State::Debug,
];

fn states(text: &mut Text, look: &Look) {
    let name = "outboard_plugin_state";
    text.family(name, Type::Gauge, "1 for the state a plugin is in, 0 for the others.");
    for Plugin { status, .. } in &look.plugins {
        for state in STATES {
            let word = state.as_str_name().trim_start_matches("STATE_").to_lowercase();
            let labels = [("plugin", &*status.name), ("state", &*word)];
            text.sample(name, &labels, u8::from(status.state() == state));
        }
    }
    let name = "outboard_plugin_limit_enforced";
    text.family(name, Type::Gauge, "Whether anything holds a limit on this machine.");
    for Plugin { status, .. } in &look.plugins {
        for limit in &status.enforcement {
            let labels = [("plugin", &*status.name), ("limit", &*limit.what)];
            text.sample(name, &labels, u8::from(limit.enforced));
        }
    }
}

type Number = fn(&Plugin) -> f64;

fn gauges(text: &mut Text, look: &Look) {
    let gauges: [(&str, &str, Number); 10] = [
        ("memory_bytes", "Memory in use.", |it| it.status.memory_bytes as f64),
        ("memory_limit_bytes", "Memory it may use.", |it| it.status.memory_limit_bytes as f64),
        ("peak_memory_bytes", "The most it used.", |it| it.status.peak_memory_bytes as f64),
        ("processes", "Processes.", |it| f64::from(it.status.processes)),
        ("calls_in_flight", "Calls in its hands.", |it| {
            f64::from(it.status.traffic.unwrap_or_default().in_flight)
        }),
        ("calls_queued", "Calls that wait for it.", |it| it.depth.queued as f64),
        ("open_breakers", "Hooks at which it is skipped because it kept missing.", |it| {
            it.depth.open_breakers as f64
        }),
        ("events_waiting", "Promised events that wait.", |it| {
            it.status.waiting.unwrap_or_default().events as f64
        }),
        ("dead_letters", "Promised events that were given up.", |it| {
            it.status.waiting.unwrap_or_default().dead_letters as f64
        }),
        ("since_seconds", "When it came into its state, since the Unix epoch.", |it| {
            it.status.since_us as f64 * MICROS
        }),
    ];
    for (name, help, number) in gauges {
        let name = format!("outboard_plugin_{name}");
        text.family(&name, Type::Gauge, help);
        for plugin in &look.plugins {
            text.sample(&name, &[("plugin", &plugin.status.name)], number(plugin));
        }
    }
}

fn counters(text: &mut Text, look: &Look) {
    let counters: [(&str, &str, Number); 6] = [
        ("restarts", "Processes after the first.", |it| f64::from(it.status.restarts)),
        ("events_dropped", "Events it lost.", |it| {
            it.status.traffic.unwrap_or_default().events_dropped as f64
        }),
        ("denied", "What it was not given for want of a grant.", |it| {
            it.status.traffic.unwrap_or_default().denied as f64
        }),
        ("sends", "Messages it sent.", |it| it.status.traffic.unwrap_or_default().sends as f64),
        ("loops", "Messages it could not send: plugins seemed to answer each other.", |it| {
            it.status.traffic.unwrap_or_default().loops as f64
        }),
        ("log_lines_suppressed", "Lines that were too many.", |it| {
            it.status.traffic.unwrap_or_default().log_lines_suppressed as f64
        }),
    ];
    for (name, help, number) in counters {
        let name = format!("outboard_plugin_{name}");
        text.family(&name, Type::Counter, help);
        for plugin in &look.plugins {
            let total = format!("{name}_total");
            text.sample(&total, &[("plugin", &plugin.status.name)], number(plugin));
        }
    }
    let name = "outboard_plugin_bytes";
    text.family(name, Type::Counter, "Bytes of calls to it, and of what its session said.");
    for Plugin { status, lines, .. } in &look.plugins {
        let sum = |of: fn(&Totals) -> u64| lines.iter().map(|it| of(&it.totals)).sum::<u64>();
        let both = [("out", sum(|it| it.bytes_out)), ("in", sum(|it| it.bytes_in))];
        for (direction, bytes) in both {
            let labels = [("plugin", &*status.name), ("direction", direction)];
            text.sample("outboard_plugin_bytes_total", &labels, bytes);
        }
    }
}

fn uses(text: &mut Text, look: &Look) {
    let name = "outboard_plugin_uses";
    text.family(name, Type::Counter, "What was used of it, by what came of it.");
    each_line(look, |plugin, line| {
        if matches!(line.kind, Kind::Counter | Kind::End) {
            return;
        }
        for outcome in Outcome::ALL {
            let count = line.totals.outcomes[outcome as usize];
            if count > 0 {
                let labels = [
                    ("plugin", plugin),
                    ("kind", line.kind.as_str()),
                    ("name", &*line.name),
                    ("outcome", outcome.as_str()),
                ];
                text.sample("outboard_plugin_uses_total", &labels, count);
            }
        }
    });
    let alone: [(Kind, &str, &'static str, &str); 2] = [
        (Kind::End, "outboard_plugin_ends", "cause", "Ends of its processes."),
        (Kind::Counter, "outboard_plugin_counter", "name", "What it counts itself."),
    ];
    for (kind, name, label, help) in alone {
        text.family(name, Type::Counter, help);
        let total = format!("{name}_total");
        each_line(look, |plugin, line| {
            if line.kind == kind {
                let count = line.totals.outcomes[Outcome::Ok as usize];
                text.sample(&total, &[("plugin", plugin), (label, &*line.name)], count);
            }
        });
    }
    let name = "outboard_plugin_breaker_openings";
    text.family(name, Type::Counter, "Times the breaker of a hook opened.");
    each_line(look, |plugin, line| {
        if line.totals.breaker_openings > 0 {
            let labels = [("plugin", plugin), ("hook", &*line.name)];
            text.sample(&format!("{name}_total"), &labels, line.totals.breaker_openings);
        }
    });
}

fn latencies(text: &mut Text, look: &Look) {
    let name = "outboard_plugin_latency_seconds";
    text.family(name, Type::Histogram, "How long answers took, waiting included.");
    each_line(look, |plugin, line| {
        if line.totals.timed == 0 {
            return;
        }
        let labels = [("plugin", plugin), ("kind", line.kind.as_str()), ("name", &*line.name)];
        let edges = EDGES.into_iter().map(|edge| edge as f64 * MICROS);
        let below = edges.zip(line.totals.below);
        text.histogram(name, &labels, below, (line.totals.timed, seconds(line.totals.took)));
    });
}

fn each_line(look: &Look, mut tell: impl FnMut(&str, &Line)) {
    for Plugin { status, lines, .. } in &look.plugins {
        lines.iter().for_each(|line| tell(&status.name, line));
    }
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const RULES: &str = include_str!("../../../docs/alerts/outboard.rules.yml");

    fn look() -> Look {
        let status = PluginStatus {
            name: "dice".to_owned(),
            state: State::Running.into(),
            enforcement: vec![outboard_proto::admin::Enforcement {
                what: "memory".to_owned(),
                ..Default::default()
            }],
            ..PluginStatus::default()
        };
        let mut ledger = Ledger::default();
        let took = Some(Duration::from_millis(3));
        let at = outboard_supervision::Moment::ZERO;
        let call = super::super::ledger::Use { outcome: Outcome::Ok, took, bytes_out: 7, at };
        ledger.count(Kind::Command, "ro\"ll\n", call);
        ledger.breaker_opened(Kind::Hook, "message.before_post");
        ledger.grow(Kind::End, "oom", 2, at);
        ledger.grow(Kind::Counter, "rolls{sides=6}", 5, at);
        let plugin = Plugin { status, depth: Depth::default(), lines: lines(&ledger) };
        let sound = [("journal", true), ("statistics", false)];
        let (daemon, lag) = (DaemonInfo::default(), Histogram::default());
        let failing = Standing { dropped: 3, failing: Some("x".to_owned()), ..Standing::default() };
        let outlets = BTreeMap::from([("usage webhook", failing)]);
        Look { daemon, sound, lag, outlets, plugins: vec![plugin] }
    }

    #[test]
    fn every_metric_of_the_shipped_rules_is_there() {
        let text = render(&look());
        let word = |it: char| !(it.is_ascii_alphanumeric() || it == '_');
        let named: BTreeSet<&str> =
            RULES.split(word).filter(|it| it.starts_with("outboard_")).collect();
        assert!(named.len() > 10, "{named:?}");
        for name in named {
            let begins = |line: &str| {
                line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            };
            assert!(text.lines().any(begins), "{name} is in no line of:\n{text}");
        }
    }

    #[test]
    fn plugins_names_stand_in_labels_as_they_are() {
        let text = render(&look());
        let uses = "outboard_plugin_uses_total{plugin=\"dice\",kind=\"command\",\
                    name=\"ro\\\"ll\\n\",outcome=\"ok\"} 1\n";
        assert!(text.contains(uses), "{text}");
        let counter = "outboard_plugin_counter_total{plugin=\"dice\",name=\"rolls{sides=6}\"} 5\n";
        assert!(text.contains(counter), "{text}");
        assert!(text.contains("outboard_turn_lag_seconds_sum 0\n"), "{text}");
        assert!(text.contains("name=\"ro\\\"ll\\n\",le=\"0.004096\"} 1\n"), "{text}");
        assert!(text.contains("outboard_store_sound{store=\"statistics\"} 0\n"), "{text}");
        let dropped = "outboard_outlet_dropped_total{outlet=\"usage webhook\"} 3\n";
        assert!(text.contains(dropped), "{text}");
    }
}
