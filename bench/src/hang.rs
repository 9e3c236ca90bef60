//! One of two plugins is stopped in its tracks while messages come evenly: how long they suffer.
//!
//! Times of all rounds are laid over each other at the instant of the stop. It refuses to know how
//! the daemon finds out.

mod figures;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outboard_app::{App, By};
use tokio::task::JoinSet;

use crate::daemon::{Daemon, House};
use crate::peer::ours;
use crate::plugin_folder::Kind;
use crate::{programs, report};
pub use figures::Report;

const VICTIM: &str = "victim";

/// Its ends are the measurement: they must not give it up.
const CONFIG: &str = "[plugins.victim]\nintensity = 1000000\n";

/// Watched before the stop.
const BEFORE: Duration = Duration::from_millis(2_500);

/// Watched after it: a plugin that says nothing is ended after 5 s and started again.
const AFTER: Duration = Duration::from_millis(8_000);

/// One message.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// When it was asked about, microseconds after the stop; negative before.
    at_us: i64,
    took_us: u64,
    /// The daemon decided, and not the app because the daemon was late.
    by_daemon: bool,
}

/// Measures.
pub fn measure(rounds: u32, per_second: u64) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let daemon = Daemon::start(&program, House::new(CONFIG)?)?;
    daemon.run(&[ours::NAME, VICTIM], &Kind::transform())?;
    let runtime = ours::runtime()?;
    let app = runtime.block_on(ours::connect(&daemon.runtime(), 2))?;
    let mut stops = Vec::new();
    for round in 1..=rounds {
        let victim = daemon.operator().wait_running(VICTIM)?.pid;
        runtime.block_on(ours::wait_asked(&app, 2))?;
        stops.push(runtime.block_on(watch_stop(&app, victim, per_second))?);
        report::progress(round, rounds);
    }
    Ok(Report::of(&stops, per_second))
}

/// Messages around one stop of the victim.
async fn watch_stop(app: &App, victim: u32, per_second: u64) -> anyhow::Result<Vec<Sample>> {
    let samples = Rc::new(RefCell::new(Vec::new()));
    let stop = Instant::now() + BEFORE;
    let mut clock = tokio::time::interval(Duration::from_micros(1_000_000 / per_second));
    let (mut asked, mut stopped) = (JoinSet::new(), false);
    while Instant::now() < stop + AFTER {
        clock.tick().await;
        if !stopped && Instant::now() >= stop {
            stop_process(victim)?;
            stopped = true;
        }
        asked.spawn_local(ask(app.clone(), stop, Rc::clone(&samples)));
        // What has ended is forgotten, or ten thousand results would wait here.
        while asked.try_join_next().is_some() {}
    }
    asked.join_all().await;
    Ok(samples.take())
}

async fn ask(app: App, stop: Instant, samples: Rc<RefCell<Vec<Sample>>>) {
    let sent = Instant::now();
    let outcome = app.before_post(ours::draft()).await;
    let took = sent.elapsed();
    let us = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    let at_us = us(sent.saturating_duration_since(stop)) - us(stop.saturating_duration_since(sent));
    samples.borrow_mut().push(Sample {
        at_us,
        took_us: us(took).unsigned_abs(),
        by_daemon: outcome.by == By::Daemon,
    });
}

/// Zero would mean ourselves and everyone in our process group.
fn stop_process(pid: u32) -> anyhow::Result<()> {
    let pid = i32::try_from(pid)?;
    anyhow::ensure!(pid > 1, "{pid} is no plugin's process");
    kill(Pid::from_raw(pid), Signal::SIGSTOP).context("stopping the victim")
}
