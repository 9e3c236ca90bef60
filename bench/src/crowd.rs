//! Many small plugins under one daemon: installed, enabled, all running.
//!
//! It refuses to know what they are for.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use outboard_proto::admin::State;

use crate::daemon::{Daemon, House};
use crate::plugin_folder::Kind;

/// Starts a daemon with these plugins and waits for the last one; gives how long that took.
pub fn start(program: &Path, plugins: &[(String, Kind)]) -> anyhow::Result<(Daemon, Duration)> {
    let house = House::new(&config(plugins))?;
    for (name, kind) in plugins {
        house.package(name, kind)?;
    }
    eprintln!("starting {} plugins", plugins.len());
    let started = Instant::now();
    let daemon = Daemon::start(program, house)?;
    wait_all(&daemon, plugins)?;
    Ok((daemon, started.elapsed()))
}

fn config(plugins: &[(String, Kind)]) -> String {
    plugins.iter().fold(String::new(), |mut config, (name, _)| {
        let _ = write!(config, "[plugins.{name}]\nenabled = true\ngrants = \"asked\"\n");
        config
    })
}

fn wait_all(daemon: &Daemon, plugins: &[(String, Kind)]) -> anyhow::Result<()> {
    let mut missing: HashSet<&str> = plugins.iter().map(|(name, _)| name.as_str()).collect();
    let mut watch = daemon.operator().watch("")?;
    while !missing.is_empty() {
        let status = watch.until(|status| status.state() == State::Running)?;
        missing.remove(status.name.as_str());
    }
    Ok(())
}
