//! What the daemon pays to find out that many plugins are not concerned: each has a pattern on
//! `message.before_post`, none of them matches, and one plugin beside them is asked.
//!
//! The same without them goes in turns with it. It refuses to know how patterns are matched.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::case::{Case, Turn};
use crate::machine::Machine;
use crate::peer::ours;
use crate::plugin_folder::Kind;
use crate::role::Role;
use crate::slice::Slice;
use crate::statistics::{Ratio, median, round};
use crate::{crowd, programs, report};

/// Messages under way: a daemon that is never idle shows what each costs.
const IN_FLIGHT: usize = 64;

/// What is printed.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    plugins: u32,
    rounds: u32,
    slice_ms: u64,
    /// The daemon's processor time for one message with the patterns, less the one without them,
    /// nanoseconds.
    ns_per_message: f64,
    /// The same for each plugin.
    ns_per_plugin: f64,
    cpu_us_per_message: Spent,
    /// One after another.
    p50_us: Spent,
    ratios: Ratios,
}

#[derive(Debug, Serialize)]
struct Spent {
    filtered: f64,
    alone: f64,
}

#[derive(Debug, Serialize)]
struct Ratios {
    cpu_filtered_to_alone: Ratio,
    p50_filtered_to_alone: Ratio,
}

/// What both cases did under one load.
#[derive(Default)]
struct Pairs {
    filtered: Vec<Turn>,
    alone: Vec<Turn>,
}

/// Measures.
pub fn measure(plugins: u32, rounds: u32, slice_ms: u64) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let mut filtered = start("filtered", &program, plugins)?;
    let mut alone = start("alone", &program, 0)?;
    let slice = |in_flight| Slice {
        in_flight,
        warm_up: Duration::from_millis(slice_ms / 4),
        length: Duration::from_millis(slice_ms),
    };
    let (mut loaded, mut serial) = (Pairs::default(), Pairs::default());
    for round in 1..=rounds {
        for (pairs, in_flight) in [(&mut loaded, IN_FLIGHT), (&mut serial, 1)] {
            pairs.filtered.push(filtered.turn(slice(in_flight))?);
            pairs.alone.push(alone.turn(slice(in_flight))?);
        }
        report::progress(round, rounds);
    }
    let (cpu, latency) = (loaded.columns(cpu_us), serial.columns(p50_us));
    let more: Vec<f64> = cpu.0.iter().zip(&cpu.1).map(|(with, bare)| with - bare).collect();
    let ns_per_message = median(&more) * 1000.0;
    Ok(Report {
        machine: Machine::here(),
        plugins,
        rounds,
        slice_ms,
        ns_per_message: round(ns_per_message, 0),
        ns_per_plugin: round(ns_per_message / f64::from(plugins), 1),
        cpu_us_per_message: spent(&cpu),
        p50_us: spent(&latency),
        ratios: Ratios {
            cpu_filtered_to_alone: Ratio::of(&cpu.0, &cpu.1),
            p50_filtered_to_alone: Ratio::of(&latency.0, &latency.1),
        },
    })
}

fn start(name: &'static str, program: &Path, patterns: u32) -> anyhow::Result<Case> {
    let with_pattern =
        |at: u32| (format!("pattern-{at:03}"), Kind::hook("transform", &pattern(at)));
    let mut plugins: Vec<(String, Kind)> = (0..patterns).map(with_pattern).collect();
    plugins.push((ours::NAME.to_owned(), Kind::transform()));
    let (daemon, _) = crowd::start(program, &plugins)?;
    let asked = daemon.operator().wait_running(ours::NAME)?.pid;
    ours::case(name, daemon, &[asked], Role::OursApp)
}

/// As plugins write them: a word anywhere, a command at the beginning, some channels only.
fn pattern(at: u32) -> String {
    match at % 4 {
        0 => format!("regex = \"(?i)\\\\bword-{at}\\\\b\""),
        1 => format!("prefix = [\"!command{at} \", \"!c{at} \"]"),
        2 => format!("regex = \"https?://[a-z.]*site{at}[.]example/\""),
        _ => format!("channels = [\"team-{at}-*\", \"id:c-{at}\"]"),
    }
}

impl Pairs {
    fn columns(&self, of: fn(&Turn) -> f64) -> (Vec<f64>, Vec<f64>) {
        (self.filtered.iter().map(of).collect(), self.alone.iter().map(of).collect())
    }
}

fn cpu_us(turn: &Turn) -> f64 {
    turn.cpu.middle.as_secs_f64() * 1e6 / turn.messages()
}

fn p50_us(turn: &Turn) -> f64 {
    turn.told.p50.as_secs_f64() * 1e6
}

fn spent((filtered, alone): &(Vec<f64>, Vec<f64>)) -> Spent {
    Spent { filtered: round(median(filtered), 2), alone: round(median(alone), 2) }
}
