//! `outboard-bench`: measures Outboard beside its limits and its peers, on this machine, now.
//!
//! Each measurement prints one JSON document on standard output and everything else on standard
//! error. It refuses to know what a good figure is, but for the targets printed beside the ratios.

mod bare_server;
mod case;
mod daemon;
mod intercept;
mod machine;
mod operator;
mod peer;
mod plugin_folder;
mod process;
mod programs;
mod report;
mod restart;
mod role;
mod scale;
mod slice;
mod statistics;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::role::Role;

/// Measures Outboard beside its limits and its peers.
#[derive(Debug, Parser)]
#[command(name = "outboard-bench", version)]
struct Command {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// One hook through the daemon, beside bare sockets, a bare relay and go-plugin.
    Intercept(Intercept),
    /// From a plugin's crash to its being ready again, beside its bare start.
    Restart(Restart),
    /// Many plugins at once: time to ready, memory, idle CPU.
    Scale(Scale),
    /// One process of a case; the bench starts these by itself.
    #[command(hide = true)]
    Play { role: Role, folder: Option<PathBuf> },
}

#[derive(Debug, Args)]
struct Intercept {
    /// How often every case has its turn.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long one turn is, milliseconds; a quarter of it more goes before, uncounted.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u64).range(10..))]
    slice_ms: u64,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Restart {
    /// How many crashes and bare starts.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Scale {
    /// How many plugins.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=900))]
    plugins: u32,
    /// How long the idle daemon is watched, seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    idle_s: u64,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Form {
    /// JSON instead of a list for people.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match Command::parse().measure {
        Measure::Intercept(asked) => end(intercept(&asked)),
        Measure::Restart(asked) => end(show(restart::measure(asked.rounds), &asked.form)),
        Measure::Scale(asked) => {
            end(show(scale::measure(asked.plugins, asked.idle_s), &asked.form))
        }
        Measure::Play { role, folder } => role.play(&folder.unwrap_or_default()),
    }
}

fn intercept(asked: &Intercept) -> anyhow::Result<()> {
    let measured = intercept::measure(asked.rounds, asked.slice_ms)?;
    let has_peer = measured.go_plugin.is_some();
    report::print(&measured, asked.form.json)?;
    anyhow::ensure!(has_peer, "go_plugin is null: the peer could not be built, see above");
    Ok(())
}

fn show(measured: anyhow::Result<impl serde::Serialize>, form: &Form) -> anyhow::Result<()> {
    report::print(&measured?, form.json)
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outboard-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
