//! Events: those that are promised, beside a bare loop of SQLite that writes the same rows on the
//! same disk; and those that many are told of at best effort.
//!
//! It refuses to know how the daemon keeps and delivers them.

mod bare;
mod durable;
mod fan_out;

use std::time::Duration;

use serde::Serialize;

use crate::daemon::{Daemon, House};
use crate::machine::Machine;
use crate::peer::ours;
use crate::statistics::{Ratio, median, round};
use crate::target::{Compared, at_least};
use crate::{programs, report};
use bare::{Bare, Rows};
use durable::Durable;
use fan_out::FanOut;

/// Deliveries a second that fan-out should reach.
const FAN_OUT: f64 = 300_000.0;

/// What is printed. Rates are medians over rounds.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: u32,
    slice_ms: u64,
    /// Publishing to acknowledgement, with one subscriber who is promised all of it and takes it
    /// meanwhile.
    durable_per_s: f64,
    /// The same rows by a bare loop, 256 events a commit.
    bare_sqlite_per_s: f64,
    /// The same, where each commit also takes out the rows of the one before, as ours does.
    bare_sqlite_with_removal_per_s: f64,
    subscribers: usize,
    /// Events that handlers of all subscribers have taken; none was dropped.
    fan_out_deliveries_per_s: f64,
    ratios: Ratios,
}

#[derive(Debug, Serialize)]
struct Ratios {
    durable_to_bare_sqlite: Compared,
    durable_to_bare_sqlite_with_removal: Ratio,
    fan_out_to_300_k: Compared,
}

/// Rates of all rounds.
#[derive(Default)]
struct Rates {
    durable: Vec<f64>,
    bare: Vec<f64>,
    removing: Vec<f64>,
    fan_out: Vec<f64>,
}

/// Measures.
pub fn measure(rounds: u32, slice_ms: u64) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let runtime = ours::runtime()?;
    let start = || Daemon::start(&program, House::new("")?);
    let durable = Durable::start(start()?, &runtime)?;
    let fan_out = FanOut::start(start()?, &runtime)?;
    let state = durable.state();
    let mut bare = Bare::open(&state, Rows::Stay)?;
    let mut removing = Bare::open(&state, Rows::Go)?;
    let slice = Duration::from_millis(slice_ms);
    let mut rates = Rates::default();
    for at in 1..=rounds {
        rates.durable.push(runtime.block_on(durable.slice(slice))?);
        rates.bare.push(bare.slice(slice)?);
        rates.removing.push(removing.slice(slice)?);
        rates.fan_out.push(runtime.block_on(fan_out.slice(slice))?);
        report::progress(at, rounds);
    }
    Ok(rates.report(rounds, slice_ms))
}

impl Rates {
    fn report(&self, rounds: u32, slice_ms: u64) -> Report {
        let shown = |rates: &[f64]| round(median(rates), 0);
        let target = vec![FAN_OUT; self.fan_out.len()];
        Report {
            machine: Machine::here(),
            rounds,
            slice_ms,
            durable_per_s: shown(&self.durable),
            bare_sqlite_per_s: shown(&self.bare),
            bare_sqlite_with_removal_per_s: shown(&self.removing),
            subscribers: fan_out::SUBSCRIBERS.len(),
            fan_out_deliveries_per_s: shown(&self.fan_out),
            ratios: Ratios {
                durable_to_bare_sqlite: at_least(Ratio::of(&self.durable, &self.bare), 0.5),
                durable_to_bare_sqlite_with_removal: Ratio::of(&self.durable, &self.removing),
                fan_out_to_300_k: at_least(Ratio::of(&self.fan_out, &target), 1.0),
            },
        }
    }
}
