//! Chaos: at-least-once events under load while plugins and the daemon are killed at random
//! moments. Then it is looked whether any was lost, came again unmarked, or overtook another.
//!
//! Whom it kills, and after how many events, follows from the seed alone; what the machine does in
//! between does not. It refuses to know how the daemon keeps its promises.

mod load;
mod plan;
mod record;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use outboard_app::App;
use outboard_tests::{Daemon, Draft, House, PATIENCE, process};
use rustix::process::Signal;

use load::{Channels, Load};
use plan::{Options, Plan, Victim};
use record::Verdict;

/// Restarts cost little and are never too many.
const CONFIG: &str = "[defaults]\nbackoff_first = \"10ms\"\nbackoff_max = \"50ms\"\n\
                      intensity = 1000\nperiod = \"1s\"\n";
const KEYS: &str = "delivery = \"at-least-once\"\ntimeout = \"30s\"\n";
/// How often it is looked whether everything has arrived.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::read(std::env::args().skip(1))?;
    println!("chaos: seed {} (again with: tests/chaos/run --seed {0})", options.seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let plan = Plan::new(&options);
    let house = House::new(CONFIG)?;
    let daemon = Daemon::in_house(house.clone()).await?.quiet();
    let channels = Channels::new(options.plugins);
    for plugin in 0..options.plugins {
        daemon.run(&listener(plugin)).await?;
    }
    let app = App::builder("chaos", "1.0.0").events(["message.posted"]);
    let app = app.connect(house.app_socket());
    tokio::time::timeout(PATIENCE, app.connected()).await?;

    let load = Arc::new(Load::new(options.events));
    let publishing = tokio::spawn(Arc::clone(&load).publish(app, channels));
    let daemon = kill_everybody(daemon, &plan, &load).await?;
    load.let_go();
    let published = publishing.await??;
    let letters = come_to_rest(&daemon, options.plugins).await?;
    let verdict = Verdict::of(&house, options.plugins, &published, &letters)?;
    if !verdict.is_good() {
        eprintln!("--- the daemons' log\n{}", house.log());
    }
    verdict.tell();
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn name(plugin: usize) -> String {
    format!("chaos-{plugin}")
}

/// A plugin that hears its own channels only, and writes down what it hears.
fn listener(plugin: usize) -> Draft {
    let filter = format!("{KEYS}filter = {{ channels = [\"{}-*\"] }}", name(plugin));
    Draft::bare(&name(plugin)).events(&["message.posted"], &filter)
}

/// Kills as planned while events come; returns the daemon that lives in the end.
async fn kill_everybody(mut daemon: Daemon, plan: &Plan, load: &Load) -> anyhow::Result<Daemon> {
    for kill in &plan.kills {
        load.reach(kill.after).await;
        tokio::time::sleep(kill.pause).await;
        match kill.victim {
            Victim::Plugin(plugin) => {
                let pid = daemon.operator().wait_running(&name(plugin)).await?.pid;
                // It may have ended by itself, and then there is one less to kill.
                let _ = process::signal(pid, Signal::KILL);
            }
            Victim::Daemon => daemon = Daemon::in_house(daemon.kill().await?).await?.quiet(),
        }
    }
    Ok(daemon)
}

/// Waits until nothing waits any more. What a plugin was killed with three times is a dead letter:
/// it is replayed like an operator would. Returns the ids of all that were one.
async fn come_to_rest(daemon: &Daemon, plugins: usize) -> anyhow::Result<Vec<String>> {
    let mut letters = Vec::new();
    let deadline = tokio::time::Instant::now() + PATIENCE * 2;
    loop {
        let mut waiting = 0;
        for plugin in 0..plugins {
            let name = name(plugin);
            let status = daemon.operator().wait_running(&name).await?;
            waiting += status.waiting.unwrap_or_default().events;
            let found = daemon.operator().dead_letters(&name).await?;
            let ids: Vec<i64> = found.iter().map(|letter| letter.id).collect();
            if !ids.is_empty() {
                letters.extend(found.into_iter().map(|letter| letter.event_id));
                daemon.operator().replay(&ids).await?;
                waiting += 1;
            }
        }
        if waiting == 0 {
            return Ok(letters);
        }
        let left = deadline.checked_duration_since(tokio::time::Instant::now());
        left.with_context(|| format!("{waiting} events still wait"))?;
        tokio::time::sleep(LOOK).await;
    }
}
