//! `outboard-bench`: measures Outboard beside its limits and its peers, on this machine, now.
//!
//! Each measurement prints one JSON document on standard output and everything else on standard
//! error. It refuses to know what a good figure is, but for the targets printed beside the ratios.

mod bare_server;
mod bulkhead;
mod case;
mod crowd;
mod daemon;
mod events;
mod filter;
mod flooder;
mod hang;
mod instructions;
mod intercept;
mod listener;
mod machine;
mod neighbour;
mod operator;
mod peer;
mod plugin_folder;
mod process;
mod programs;
mod publisher;
mod report;
mod restart;
mod role;
mod scale;
mod slice;
mod statistics;
mod storage;
mod target;

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
    Intercept(Rounds),
    /// From a plugin's crash to its being ready again, beside its bare start.
    Restart(Restart),
    /// Many plugins at once: time to ready, memory, idle CPU.
    Scale(Scale),
    /// A plugin is stopped under even load: how long messages suffer.
    Hang(Hang),
    /// Events that are promised, beside bare SQLite, and fan-out to ten plugins.
    Events(Rounds),
    /// What a plugin that sleeps, floods or takes a core costs another one's messages.
    Bulkhead(Bulkhead),
    /// What the patterns of many plugins cost that are not concerned.
    Filter(Filter),
    /// What plugins keep: set and get beside a bare unary call and SQLite, sets of all together.
    Storage(Rounds),
    /// One process of a case; the bench starts these by itself.
    #[command(hide = true)]
    Play { role: Role, folder: Option<PathBuf> },
}

#[derive(Debug, Args)]
struct Rounds {
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
struct Hang {
    /// How many stops.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Messages a second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    per_second: u64,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Bulkhead {
    /// Only this one.
    #[arg(long)]
    only: Option<bulkhead::Sin>,
    #[command(flatten)]
    rounds: Rounds,
}

#[derive(Debug, Args)]
struct Filter {
    /// How many plugins with a pattern.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=900))]
    plugins: u32,
    #[command(flatten)]
    rounds: Rounds,
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
        Measure::Hang(asked) => {
            end(show(hang::measure(asked.rounds, asked.per_second), &asked.form))
        }
        Measure::Events(asked) => {
            end(show(events::measure(asked.rounds, asked.slice_ms), &asked.form))
        }
        Measure::Bulkhead(Bulkhead { only, rounds }) => {
            end(show(bulkhead::measure(rounds.rounds, rounds.slice_ms, only), &rounds.form))
        }
        Measure::Filter(Filter { plugins, rounds }) => {
            end(show(filter::measure(plugins, rounds.rounds, rounds.slice_ms), &rounds.form))
        }
        Measure::Storage(asked) => {
            end(show(storage::measure(asked.rounds, asked.slice_ms), &asked.form))
        }
        Measure::Play { role, folder } => role.play(&folder.unwrap_or_default()),
    }
}

fn intercept(asked: &Rounds) -> anyhow::Result<()> {
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
