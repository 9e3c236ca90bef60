//! Storage: set and get over the socket, beside a bare unary call and SQLite's own time; and how
//! many sets a second all plugins get together.
//!
//! It refuses to know how the daemon keeps what it keeps.

mod plugin;
mod sqlite;
mod unary;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use outboard_app::common::{Channel, Sender, body};
use outboard_app::{App, RunCommand};
use serde::Serialize;
use tokio::runtime::LocalRuntime;

use crate::daemon::{Daemon, House};
use crate::machine::Machine;
use crate::peer::ours;
use crate::plugin_folder::Kind;
use crate::role::Role;
use crate::slice::{Slice, Told};
use crate::statistics::{Ratio, median, round};
use crate::target::{Compared, at_least, at_most};
use crate::{programs, report};

pub use plugin::{Work, keeper};
pub use unary::{app, server};

/// Plugins that set at once.
const PLUGINS: [&str; 8] = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

/// Sets that each of them has under way.
const IN_FLIGHT: usize = 32;

/// Sets a second that all plugins together should get.
const SETS: f64 = 20_000.0;

/// What a call may take beside what SQLite takes, in bare unary calls.
const UNARY_CALLS: f64 = 1.5;

/// Enough to have something written.
const FIRST: Slice =
    Slice { in_flight: 1, warm_up: Duration::ZERO, length: Duration::from_millis(100) };

/// What is printed. Times are medians over rounds of the rounds' medians.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: u32,
    slice_ms: u64,
    value_bytes: usize,
    set_us: f64,
    get_us: f64,
    bare_unary_us: f64,
    /// One commit with the same row, not synced.
    sqlite_set_us: f64,
    sqlite_get_us: f64,
    plugins: usize,
    in_flight: usize,
    /// Of all plugins together.
    sets_per_s: f64,
    ratios: Ratios,
}

#[derive(Debug, Serialize)]
struct Ratios {
    /// What a set takes beside SQLite's own time, to a bare unary call.
    set_without_sqlite_to_unary: Compared,
    get_without_sqlite_to_unary: Compared,
    sets_to_20_k: Compared,
}

/// The cases, running.
struct Cases {
    runtime: LocalRuntime,
    app: App,
    unary: crate::case::Case,
    sqlite: sqlite::Bare,
    // Last, so that the app leaves before it.
    _daemon: Daemon,
}

/// What all rounds gave, in microseconds and sets a second.
#[derive(Default)]
struct Figures {
    set: Vec<f64>,
    get: Vec<f64>,
    unary: Vec<f64>,
    sqlite_set: Vec<f64>,
    sqlite_get: Vec<f64>,
    together: Vec<f64>,
}

/// Measures.
pub fn measure(rounds: u32, slice_ms: u64) -> anyhow::Result<Report> {
    let mut cases = Cases::start(&programs::daemon()?)?;
    let length = Duration::from_millis(slice_ms);
    let slice = |in_flight| Slice { in_flight, warm_up: length / 4, length };
    let mut figures = Figures::default();
    for at in 1..=rounds {
        figures.set.push(micros(cases.one(Work::Set, slice(1))?.p50));
        figures.unary.push(micros(cases.unary.turn(slice(1))?.told.p50));
        figures.get.push(micros(cases.one(Work::Get, slice(1))?.p50));
        let (set, get) = cases.sqlite.slice(length)?;
        figures.sqlite_set.push(micros(set));
        figures.sqlite_get.push(micros(get));
        figures.together.push(cases.together(slice(IN_FLIGHT))?);
        report::progress(at, rounds);
    }
    Ok(figures.report(rounds, slice_ms))
}

impl Cases {
    fn start(program: &Path) -> anyhow::Result<Self> {
        let daemon = Daemon::start(program, House::new("")?)?;
        let runtime = ours::runtime()?;
        for name in PLUGINS {
            daemon.run(&[name], &kind(name))?;
        }
        let app = runtime.block_on(async {
            let app = App::builder("bench", env!("CARGO_PKG_VERSION"))
                .connect(daemon.runtime().join("app.sock"));
            app.connected().await;
            app
        });
        // The first set makes the file that the bare loop's is like.
        runtime.block_on(ask(&app, PLUGINS[0], Work::Set, FIRST))?;
        let sqlite = sqlite::Bare::open(&daemon.house().state(), PLUGINS[0])?;
        Ok(Self { unary: unary::start()?, sqlite, runtime, app, _daemon: daemon })
    }

    /// One plugin alone.
    fn one(&self, work: Work, slice: Slice) -> anyhow::Result<Told> {
        self.runtime.block_on(ask(&self.app, PLUGINS[0], work, slice))
    }

    /// Sets a second of all of them.
    fn together(&self, slice: Slice) -> anyhow::Result<f64> {
        let app = &self.app;
        self.runtime.block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for name in PLUGINS {
                let app = app.clone();
                all.spawn_local(async move { ask(&app, name, Work::Set, slice).await });
            }
            let mut rate = 0.0;
            while let Some(told) = all.join_next().await {
                rate += told??.per_second();
            }
            Ok(rate)
        })
    }
}

/// Has a plugin work for a slice.
async fn ask(app: &App, name: &str, work: Work, slice: Slice) -> anyhow::Result<Told> {
    let command = RunCommand {
        name: name.to_owned(),
        text: format!("{work} {slice}"),
        channel: Some(Channel { id: "c".into(), name: "bench".into(), ..Channel::default() }),
        sender: Some(Sender { id: "u".into(), name: "bench".into(), ..Sender::default() }),
        ..RunCommand::default()
    };
    let reply = app.run_command(command).await.with_context(|| format!("asking {name}"))?;
    match reply.reply.body.and_then(|body| body.content) {
        Some(body::Content::Plain(text)) => text.parse(),
        other => anyhow::bail!("{name} said {other:?}"),
    }
}

fn kind(name: &str) -> Kind {
    Kind::of(
        Role::Keeper,
        format!(
            "[[permissions]]\nresource = \"commands\"\nactions = [\"own\"]\n\
             reason = \"to be asked\"\n\n\
             [[permissions]]\nresource = \"storage\"\nactions = [\"read\", \"write\"]\n\
             reason = \"to be measured\"\n\n\
             [[commands]]\nname = \"{name}\"\ndescription = \"Works for a while\"\n\
             args = [{{ name = \"work\", type = \"string\", rest = true }}]\n"
        ),
    )
}

impl Figures {
    fn report(&self, rounds: u32, slice_ms: u64) -> Report {
        let shown = |values: &[f64]| round(median(values), 1);
        let beside = |ours: &[f64], sqlite: &[f64]| -> Vec<f64> {
            ours.iter().zip(sqlite).map(|(ours, sqlite)| ours - sqlite).collect()
        };
        let ratio = |ours: &[f64], sqlite: &[f64]| {
            at_most(Ratio::of(&beside(ours, sqlite), &self.unary), UNARY_CALLS)
        };
        let target = vec![SETS; self.together.len()];
        Report {
            machine: Machine::here(),
            rounds,
            slice_ms,
            value_bytes: plugin::VALUE_BYTES,
            set_us: shown(&self.set),
            get_us: shown(&self.get),
            bare_unary_us: shown(&self.unary),
            sqlite_set_us: shown(&self.sqlite_set),
            sqlite_get_us: shown(&self.sqlite_get),
            plugins: PLUGINS.len(),
            in_flight: IN_FLIGHT,
            sets_per_s: round(median(&self.together), 0),
            ratios: Ratios {
                set_without_sqlite_to_unary: ratio(&self.set, &self.sqlite_set),
                get_without_sqlite_to_unary: ratio(&self.get, &self.sqlite_get),
                sets_to_20_k: at_least(Ratio::of(&self.together, &target), 1.0),
            },
        }
    }
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}
