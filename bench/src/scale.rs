//! Many plugins under one daemon: how soon all are ready, what they cost while nothing happens.
//!
//! It refuses to judge; each plugin is the same small program.

use std::time::Duration;

use serde::Serialize;

use crate::crowd;
use crate::daemon::Daemon;
use crate::machine::Machine;
use crate::plugin_folder::Kind;
use crate::process::{children, cpu_time, pss_kib, resident_kib};
use crate::programs;
use crate::statistics::{median, round};

/// After the last start, before idleness is measured.
const SETTLE: Duration = Duration::from_secs(3);

/// What is printed.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    plugins: u32,
    /// From the start of the daemon to the last plugin's Running.
    all_ready_s: f64,
    /// Of the daemon.
    daemon_resident_mib: f64,
    /// The median keeper's own share.
    keeper_resident_kib: f64,
    /// Of the daemon alone, in percent of one core.
    idle_cpu_percent: f64,
    /// Over how long.
    idle_s: u64,
}

/// Measures.
pub fn measure(plugins: u32, idle_s: u64) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let named = |at: u32| (format!("plugin-{at:03}"), Kind::transform());
    let crowd: Vec<(String, Kind)> = (0..plugins).map(named).collect();
    let (daemon, all_ready) = crowd::start(&program, &crowd)?;
    daemon.operator().pause(SETTLE);
    eprintln!("watching the idle daemon for {idle_s} s");
    let idle = Duration::from_secs(idle_s);
    let before = cpu_time(daemon.pid())?;
    daemon.operator().pause(idle);
    let spent = cpu_time(daemon.pid())?.saturating_sub(before);
    Ok(Report {
        machine: Machine::here(),
        plugins,
        all_ready_s: round(all_ready.as_secs_f64(), 2),
        daemon_resident_mib: round(resident_kib(daemon.pid())? as f64 / 1024.0, 1),
        keeper_resident_kib: keepers(&daemon, plugins)?,
        idle_cpu_percent: round(100.0 * spent.as_secs_f64() / idle.as_secs_f64(), 2),
        idle_s,
    })
}

fn keepers(daemon: &Daemon, plugins: u32) -> anyhow::Result<f64> {
    let keepers = children(daemon.pid(), "outboard-exec")?;
    let found = keepers.len();
    anyhow::ensure!(found == plugins as usize, "{found} keepers for {plugins} plugins");
    let shares: anyhow::Result<Vec<u64>> = keepers.into_iter().map(pss_kib).collect();
    Ok(median(&shares?.into_iter().map(|kib| kib as f64).collect::<Vec<_>>()))
}
