//! From a crash to ready again, beside the plugin's own bare start, in turns.
//!
//! The crash is a SIGKILL; ready is when an operator's watch says so, its own way included.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outboard_proto::admin::{PluginStatus, State};
use serde::Serialize;

use crate::bare_server::BareServer;
use crate::daemon::{Daemon, House};
use crate::machine::Machine;
use crate::operator::Watch;
use crate::plugin_folder::Kind;
use crate::programs;
use crate::report;
use crate::statistics::{Ratio, median, round};

const NAME: &str = "bench";

/// Crashes in a row are the measurement: they must not give the plugin up, nor lengthen the wait.
const CONFIG: &str = "[plugins.bench]\nintensity = 1000000\nbackoff_max = \"100ms\"\n";

/// What is printed. Times are medians, milliseconds.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: u32,
    /// `posix_spawn` of the plugin, no keeper, to its Ready at a bare server.
    bare_start_ms: f64,
    /// The back-off that the daemon drew.
    backoff_drawn_ms: f64,
    /// SIGKILL of the plugin to Running.
    crash_to_ready_ms: f64,
    /// The same without the back-off, crash by crash.
    crash_to_ready_less_backoff_ms: f64,
    /// What that is made of.
    phases_ms: Phases,
    ratios: Ratios,
}

/// Medians, by the daemon's own account of when each state began.
#[derive(Debug, Serialize)]
struct Phases {
    /// SIGKILL to Waiting.
    noticed: f64,
    /// The end of the back-off to Starting.
    overslept: f64,
    /// Starting to Running.
    started: f64,
    /// Running to the operator's hearing of it.
    told: f64,
}

#[derive(Debug, Serialize)]
struct Ratios {
    /// Crash to ready without the back-off, to the bare start. At most 2 is the target.
    crash_to_ready_less_backoff_to_bare_start: Ratio,
}

/// One crash.
struct Recovery {
    backoff: Duration,
    to_ready: Duration,
    /// Noticed, overslept, started, told: microseconds. A clock that is set makes them nonsense,
    /// and nothing else.
    phases: [i64; 4],
}

/// Measures.
pub fn measure(rounds: u32) -> anyhow::Result<Report> {
    let program = programs::daemon()?;
    let daemon = Daemon::start(&program, House::new(CONFIG)?)?;
    let bare = BareServer::start(&daemon.runtime())?;
    daemon.operator().load(&daemon.house().plugin(NAME, &Kind::transform())?)?;
    let mut watch = daemon.operator().watch(NAME)?;
    let running = watch.until(|status| status.state() == State::Running)?;
    let mut pid = named(&mut watch, &running)?;
    let (mut starts, mut recoveries) = (Vec::new(), Vec::new());
    for at in 1..=rounds {
        starts.push(start_bare(&bare, &daemon)?);
        let (recovery, next) = crash(&mut watch, pid)?;
        pid = next;
        report::progress(at, rounds);
        recoveries.push(recovery);
    }
    Ok(summary(rounds, &starts, &recoveries))
}

/// Kills the plugin and waits for its next generation; gives that one's process.
fn crash(watch: &mut Watch<'_>, pid: u32) -> anyhow::Result<(Recovery, u32)> {
    let (killed, killed_us) = (Instant::now(), wall_us());
    kill(process(pid)?, Signal::SIGKILL).context("killing the plugin")?;
    let waiting = watch.until(|status| status.state() == State::Waiting)?;
    let starting = watch.until(|status| status.state() == State::Starting)?;
    let ready = watch.until(|status| status.state() == State::Running)?;
    let (to_ready, told_us) = (killed.elapsed(), wall_us());
    let next = named(watch, &ready)?;
    let moments = [killed_us, waiting.since_us, starting.since_us, ready.since_us, told_us];
    let backoff = waiting.next_try_us - waiting.since_us;
    let mut phases = [0, 1, 2, 3].map(|at| moments[at + 1] - moments[at]);
    phases[1] -= backoff;
    let backoff = Duration::from_micros(u64::try_from(backoff)?);
    Ok((Recovery { backoff, to_ready, phases }, next))
}

/// The process of a running plugin. Its keeper may name it only after the plugin has said itself
/// that it is ready.
fn named(watch: &mut Watch<'_>, status: &PluginStatus) -> anyhow::Result<u32> {
    if status.pid != 0 {
        return Ok(status.pid);
    }
    Ok(watch.until(|status| status.state() == State::Running && status.pid != 0)?.pid)
}

/// Zero would mean ourselves and everyone in our process group.
fn process(pid: u32) -> anyhow::Result<Pid> {
    let pid = i32::try_from(pid)?;
    anyhow::ensure!(pid > 1, "{pid} is no plugin's process");
    Ok(Pid::from_raw(pid))
}

fn wall_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Starts the same program without the daemon. `Command` is a `posix_spawn` here: nothing is asked
/// of it that would need a fork.
fn start_bare(server: &BareServer, daemon: &Daemon) -> anyhow::Result<Duration> {
    let mut command = Command::new(daemon.house().program());
    command.args(["play", "plugin"]).env_clear();
    command.env("OUTBOARD_SOCKET", server.socket()).env("OUTBOARD_TOKEN", "bare");
    command.env("OUTBOARD_DATA_DIR", daemon.runtime()).env("OUTBOARD_PLUGIN", NAME);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let mut plugin = command.spawn().context("starting the plugin bare")?;
    let ready = server.ready();
    end(&mut plugin);
    Ok(ready? - started)
}

fn end(plugin: &mut Child) {
    let _ = plugin.kill();
    let _ = plugin.wait();
}

fn summary(rounds: u32, starts: &[Duration], recoveries: &[Recovery]) -> Report {
    let starts: Vec<f64> = starts.iter().copied().map(ms).collect();
    let column = |of: fn(&Recovery) -> f64| recoveries.iter().map(of).collect::<Vec<_>>();
    let phase = |at: usize| {
        let times = recoveries.iter().map(|it| it.phases[at] as f64 / 1000.0);
        round(median(&times.collect::<Vec<_>>()), 2)
    };
    let less = column(|it| ms(it.to_ready.saturating_sub(it.backoff)));
    let shown = |times: &[f64]| round(median(times), 2);
    Report {
        machine: Machine::here(),
        rounds,
        bare_start_ms: shown(&starts),
        backoff_drawn_ms: shown(&column(|it| ms(it.backoff))),
        crash_to_ready_ms: shown(&column(|it| ms(it.to_ready))),
        crash_to_ready_less_backoff_ms: shown(&less),
        phases_ms: Phases {
            noticed: phase(0),
            overslept: phase(1),
            started: phase(2),
            told: phase(3),
        },
        ratios: Ratios { crash_to_ready_less_backoff_to_bare_start: Ratio::of(&less, &starts) },
    }
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
