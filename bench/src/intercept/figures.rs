//! From turns to figures: medians over rounds, ratios within them.
//!
//! It refuses to know how the turns were had.

use serde::Serialize;

use super::{Load, Method, Tracks, Which};
use crate::case::{Cpu, Turn};
use crate::machine::Machine;
use crate::statistics::{Ratio, median, round};
use crate::target::{Compared, at_least, at_most};

/// What is printed.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    method: Method,
    raw_two_hops: Figures,
    bare_relay: Figures,
    ours: Figures,
    /// Two transforms and a validator, all behind filters that let the message through.
    ours_three_plugins: Figures,
    /// Nothing where Go is missing.
    pub go_plugin: Option<Figures>,
    /// Of one message through one plugin, one after another, kernel included, all three processes.
    instructions_per_message: Option<f64>,
    /// Why they could not be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions_not_counted: Option<String>,
    ratios: Ratios,
}

/// One case's medians.
#[derive(Debug, Serialize)]
pub struct Figures {
    p50_us: f64,
    p99_us: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipelined_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight_64_per_s: Option<f64>,
    /// Processor time of one message, by process.
    cpu_us_per_message: CpuByLoad,
}

#[derive(Debug, Serialize)]
struct CpuByLoad {
    serial: Spent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipelined: Option<Spent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight_64: Option<Spent>,
}

#[derive(Debug, Serialize)]
struct Spent {
    app: f64,
    middle: f64,
    plugin: f64,
    total: f64,
}

/// Ours to theirs.
#[derive(Debug, Serialize)]
struct Ratios {
    /// What the second and third plugin add, each, to the raw two hops.
    further_plugin_p50_to_raw_two_hops: Compared,
    p50_to_go_plugin: Option<Compared>,
    p50_to_raw_two_hops: Compared,
    p50_to_bare_relay: Compared,
    pipelined_to_go_plugin_in_flight_64: Option<Compared>,
    pipelined_to_bare_relay: Ratio,
    in_flight_64_to_go_plugin: Option<Ratio>,
    serial_cpu_to_bare_relay: Ratio,
    pipelined_cpu_to_bare_relay: Ratio,
    serial_cpu_to_go_plugin: Option<Ratio>,
}

impl Tracks {
    /// The figures.
    pub fn report(&self, method: Method, instructions: anyhow::Result<f64>) -> Report {
        let has_peer = !self.turns(Which::GoPlugin, Load::Serial).is_empty();
        Report {
            machine: Machine::here(),
            method,
            raw_two_hops: self.figures(Which::Raw),
            bare_relay: self.figures(Which::Relay),
            ours: self.figures(Which::Ours),
            ours_three_plugins: self.figures(Which::Three),
            go_plugin: has_peer.then(|| self.figures(Which::GoPlugin)),
            instructions_not_counted: instructions.as_ref().err().map(|why| format!("{why:#}")),
            instructions_per_message: instructions.ok().map(|count| round(count, 0)),
            ratios: self.ratios(has_peer),
        }
    }

    fn figures(&self, which: Which) -> Figures {
        let serial = self.turns(which, Load::Serial);
        let shown = |of: fn(&Turn) -> f64| round(median(&column(serial, of)), 1);
        let rate = |load| {
            let rates = column(self.turns(which, load), per_second);
            (!rates.is_empty()).then(|| round(median(&rates), 0))
        };
        Figures {
            p50_us: shown(p50_us),
            p99_us: shown(|turn| turn.told.p99.as_secs_f64() * 1e6),
            pipelined_per_s: rate(Load::Pipelined),
            in_flight_64_per_s: rate(Load::InFlight64),
            cpu_us_per_message: CpuByLoad {
                serial: spent(serial),
                pipelined: self.spent(which, Load::Pipelined),
                in_flight_64: self.spent(which, Load::InFlight64),
            },
        }
    }

    fn spent(&self, which: Which, load: Load) -> Option<Spent> {
        let turns = self.turns(which, load);
        (!turns.is_empty()).then(|| spent(turns))
    }

    /// What each plugin after the first adds at the median, microseconds, round by round.
    fn further_plugin(&self) -> Vec<f64> {
        let three = column(self.turns(Which::Three, Load::Serial), p50_us);
        let one = column(self.turns(Which::Ours, Load::Serial), p50_us);
        three.iter().zip(one).map(|(three, one)| (three - one) / 2.0).collect()
    }

    fn ratios(&self, has_peer: bool) -> Ratios {
        use Load::{InFlight64, Pipelined, Serial};
        use Which::{GoPlugin, Ours, Raw, Relay};
        let to = |ours, which, load, of: fn(&Turn) -> f64| {
            Ratio::of(&column(self.turns(Ours, ours), of), &column(self.turns(which, load), of))
        };
        let peer = |ours, load, of| has_peer.then(|| to(ours, GoPlugin, load, of));
        let further = self.further_plugin();
        let raw = column(self.turns(Raw, Serial), p50_us);
        let many = peer(Pipelined, InFlight64, per_second);
        Ratios {
            further_plugin_p50_to_raw_two_hops: at_most(Ratio::of(&further, &raw), 1.2),
            p50_to_go_plugin: peer(Serial, Serial, p50_us).map(|it| at_most(it, 1.0)),
            p50_to_raw_two_hops: at_most(to(Serial, Raw, Serial, p50_us), 2.5),
            p50_to_bare_relay: at_most(to(Serial, Relay, Serial, p50_us), 1.5),
            pipelined_to_go_plugin_in_flight_64: many.map(|it| at_least(it, 8.0)),
            pipelined_to_bare_relay: to(Pipelined, Relay, Pipelined, per_second),
            in_flight_64_to_go_plugin: peer(InFlight64, InFlight64, per_second),
            serial_cpu_to_bare_relay: to(Serial, Relay, Serial, cpu_us),
            pipelined_cpu_to_bare_relay: to(Pipelined, Relay, Pipelined, cpu_us),
            serial_cpu_to_go_plugin: peer(Serial, Serial, cpu_us),
        }
    }
}

fn column(turns: &[Turn], of: impl Fn(&Turn) -> f64) -> Vec<f64> {
    turns.iter().map(of).collect()
}

fn p50_us(turn: &Turn) -> f64 {
    turn.told.p50.as_secs_f64() * 1e6
}

fn per_second(turn: &Turn) -> f64 {
    turn.told.per_second()
}

fn cpu_us(turn: &Turn) -> f64 {
    turn.cpu.total().as_secs_f64() * 1e6 / turn.messages()
}

fn spent(turns: &[Turn]) -> Spent {
    let of = |part: fn(&Cpu) -> f64| {
        round(median(&column(turns, |turn| part(&turn.cpu) * 1e6 / turn.messages())), 2)
    };
    Spent {
        app: of(|cpu| cpu.app.as_secs_f64()),
        middle: of(|cpu| cpu.middle.as_secs_f64()),
        plugin: of(|cpu| cpu.plugin.as_secs_f64()),
        total: of(|cpu| cpu.total().as_secs_f64()),
    }
}
