//! What a bad neighbour costs: messages through plugin B while plugin A sleeps, floods or takes a
//! core, beside the same while A behaves, slice by slice.
//!
//! It refuses to know how the daemon holds them apart.

use std::time::Duration;

use clap::ValueEnum;
use outboard_proto::admin::PluginStatus;
use serde::Serialize;

use crate::case::Case;
use crate::daemon::{Daemon, House};
use crate::machine::Machine;
use crate::neighbour::Flag;
use crate::operator::Operator;
use crate::peer::ours;
use crate::plugin_folder::Kind;
use crate::process::cpu_time;
use crate::publisher::Publisher;
use crate::role::Role;
use crate::slice::Slice;
use crate::statistics::{Ratio, median, round};
use crate::target::{Compared, at_most};
use crate::{programs, report};

const NEIGHBOUR: &str = "neighbour";

/// A flooder is ended and comes back: no back-off that a slice would not see.
const CONFIG: &str = "[plugins.neighbour]\nintensity = 1000000\nbackoff_max = \"100ms\"\n";

/// Longer than the sleep, or the daemon would take each event back from the sleeper.
const SLEEPER: &str = "timeout = \"10s\"";

/// Events a second for the sleeper, asleep and awake: its window is full within 0.13 s.
const EVENTS_PER_S: u64 = 500;

/// What the neighbour does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sin {
    /// Sleeps 5 s over each event.
    Asleep,
    /// Sends frames that answer nothing, without end.
    Flood,
    /// Keeps a core busy.
    Hog,
}

/// What is printed. What was not asked for is not there.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: u32,
    slice_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    asleep: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flood: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hog: Option<Figures>,
}

/// Of B's messages, one after another.
#[derive(Debug, Serialize)]
struct Figures {
    /// p99 while A misbehaves, to p99 while it does not.
    ratio: Compared,
    p99_calm_us: f64,
    p99_us: f64,
    /// The same of p50.
    p50_ratio: Ratio,
    /// What A did, so that nobody takes a good neighbour for a bad one.
    neighbour: Evidence,
}

/// What the daemon saw of A.
#[derive(Debug, Serialize)]
struct Evidence {
    /// How often it was ended and came back.
    restarts: u32,
    /// Replies to calls that nobody made.
    stale_replies: u64,
    /// Events that it was too slow for.
    events_dropped: u64,
    /// Processor time of its last generation.
    cpu_s: f64,
}

/// Measures; `only` one, or all.
pub fn measure(rounds: u32, slice_ms: u64, only: Option<Sin>) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let figures = |sin: Sin| {
        let wanted = only.is_none_or(|only| only == sin);
        wanted.then(|| sin.measure(&program, rounds, slice_ms)).transpose()
    };
    Ok(Report {
        machine: Machine::here(),
        rounds,
        slice_ms,
        asleep: figures(Sin::Asleep)?,
        flood: figures(Sin::Flood)?,
        hog: figures(Sin::Hog)?,
    })
}

impl Sin {
    fn neighbour(self) -> Kind {
        match self {
            Self::Asleep => Kind::told(Role::Sleeper, SLEEPER).with_usual_window(),
            Self::Flood => Kind::alone(Role::Flooder),
            Self::Hog => Kind::alone(Role::Hog),
        }
    }

    fn target(self) -> f64 {
        match self {
            Self::Asleep => 1.1,
            Self::Flood | Self::Hog => 1.5,
        }
    }

    fn measure(
        self,
        program: &std::path::Path,
        rounds: u32,
        slice_ms: u64,
    ) -> anyhow::Result<Figures> {
        eprintln!("a neighbour that is to be: {self:?}");
        let daemon = Daemon::start(program, House::new(CONFIG)?)?;
        let plugins = daemon.run(&[ours::NAME], &Kind::transform())?;
        daemon.run(&[NEIGHBOUR], &self.neighbour())?;
        let flag = Flag::in_folder(&daemon.house().data(NEIGHBOUR));
        let runtime = daemon.runtime();
        let mut case = ours::case("ours", daemon, &plugins, Role::OursApp)?;
        let operator = Operator::connect(&runtime.join("admin.sock"))?;
        let _events =
            (self == Self::Asleep).then(|| Publisher::start(&runtime, EVENTS_PER_S)).transpose()?;
        let slice = Slice {
            in_flight: 1,
            warm_up: Duration::from_millis(slice_ms / 4),
            length: Duration::from_millis(slice_ms),
        };
        let mut pairs = Vec::new();
        for round in 1..=rounds {
            // Who goes first changes, so that a drift meets both.
            pairs.push(pair(&mut case, &flag, slice, round % 2 == 0)?);
            report::progress(round, rounds);
        }
        Ok(self.figures(&pairs, evidence(&operator.wait_running(NEIGHBOUR)?)?))
    }

    fn figures(self, pairs: &[[Latency; 2]], neighbour: Evidence) -> Figures {
        let column = |at: usize, of: fn(&Latency) -> f64| -> Vec<f64> {
            pairs.iter().map(|pair| of(&pair[at])).collect()
        };
        let (calm, bad) = (column(0, |it| it.p99_us), column(1, |it| it.p99_us));
        let p50_ratio = Ratio::of(&column(1, |it| it.p50_us), &column(0, |it| it.p50_us));
        Figures {
            ratio: at_most(Ratio::of(&bad, &calm), self.target()),
            p99_calm_us: round(median(&calm), 1),
            p99_us: round(median(&bad), 1),
            p50_ratio,
            neighbour,
        }
    }
}

fn evidence(status: &PluginStatus) -> anyhow::Result<Evidence> {
    let traffic = status.traffic.unwrap_or_default();
    Ok(Evidence {
        restarts: status.restarts,
        stale_replies: traffic.stale_replies,
        events_dropped: traffic.events_dropped,
        cpu_s: round(cpu_time(status.pid)?.as_secs_f64(), 1),
    })
}

/// Of one slice.
#[derive(Debug, Clone, Copy, Default)]
struct Latency {
    p50_us: f64,
    p99_us: f64,
}

/// A slice while A behaves and one while it does not.
fn pair(
    case: &mut Case,
    flag: &Flag,
    slice: Slice,
    bad_first: bool,
) -> anyhow::Result<[Latency; 2]> {
    let mut latencies = [Latency::default(); 2];
    for bad in [bad_first, !bad_first] {
        flag.set(bad)?;
        let told = case.turn(slice)?.told;
        let us = |span: Duration| span.as_secs_f64() * 1e6;
        latencies[usize::from(bad)] = Latency { p50_us: us(told.p50), p99_us: us(told.p99) };
    }
    flag.set(false)?;
    Ok(latencies)
}
