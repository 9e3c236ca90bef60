//! Ours: an app on the app SDK, the real daemon with every feature on the path, and plugins on the
//! plugin SDK.
//!
//! It refuses to know anything of the daemon that an app could not know.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use outboard_app::common::{Message, StepResult};
use outboard_app::{App, By, Decision, Outcome, message};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::task::JoinSet;

use crate::case::{Case, Part};
use crate::daemon::{Daemon, House};
use crate::plugin_folder::Kind;
use crate::role::Role;
use crate::slice::{MESSAGE_BYTES, Recorder, Slice, Told, answer};

/// The plugin that is asked.
pub const NAME: &str = "bench";

/// How long the daemon may take to let the app in and tell it of the plugins.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a filter needs to look at, and finds in every message.
const FILTER: &str = "channels = [\"town-*\"], regex = \"(?i)mmm\"";

/// The case with one plugin, running.
pub fn start(program: &Path) -> anyhow::Result<Case> {
    let daemon = Daemon::start(program, House::new("")?)?;
    let plugins = daemon.run(&[NAME], &Kind::transform())?;
    case("ours", daemon, &plugins, Role::OursApp)
}

/// The case with two transforms and a validator, each behind filters that let the message through.
pub fn start_three(program: &Path) -> anyhow::Result<Case> {
    let daemon = Daemon::start(program, House::new("")?)?;
    let mut plugins = daemon.run(&["first", "second"], &Kind::hook("transform", FILTER))?;
    plugins.extend(daemon.run(&["third"], &Kind::hook("validate", FILTER))?);
    case("ours_three_plugins", daemon, &plugins, Role::ThreeApp)
}

/// A case around a daemon whose plugins run.
pub fn case(
    name: &'static str,
    daemon: Daemon,
    plugins: &[u32],
    app: Role,
) -> anyhow::Result<Case> {
    let mut case = Case::new(name);
    case.weigh(Part::Middle, daemon.pid());
    for plugin in plugins {
        case.weigh(Part::Plugin, *plugin);
    }
    case.start(Part::App, app, &daemon.runtime())?.wait_ready()?;
    Ok(case.keeping(daemon))
}

/// The app's end; so many plugins are asked about each message.
pub fn app(folder: &Path, asked: usize) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let app = runtime.block_on(connect(folder, asked))?;
    answer(|slice| runtime.block_on(drive(&app, asked, slice)))
}

/// What an app's tasks run on.
pub fn runtime() -> anyhow::Result<LocalRuntime> {
    Ok(Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?)
}

/// An app, once so many plugins are asked about its messages.
pub async fn connect(folder: &Path, asked: usize) -> anyhow::Result<App> {
    let app = App::builder("bench", env!("CARGO_PKG_VERSION"))
        .hooks(["message.before_post"])
        .connect(folder.join("app.sock"));
    wait_asked(&app, asked).await?;
    Ok(app)
}

/// Waits until so many plugins are asked.
pub async fn wait_asked(app: &App, asked: usize) -> anyhow::Result<()> {
    let all_asked = async {
        // The policy that says who intercepts may come a moment after the hello's answer.
        while check(&app.before_post(draft()).await, asked).is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_asked).await.context("not all plugins are asked")
}

/// A message of the usual size.
pub fn draft() -> Message {
    message::message("town-square", "ada", "m".repeat(MESSAGE_BYTES))
}

async fn drive(app: &App, asked: usize, slice: Slice) -> anyhow::Result<Told> {
    let recorder = Rc::new(RefCell::new(Recorder::start(slice)?));
    let mut lanes = JoinSet::new();
    for _ in 0..slice.in_flight {
        lanes.spawn_local(lane(app.clone(), asked, Rc::clone(&recorder)));
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    recorder.borrow().told()
}

/// Asks again as soon as it is answered.
async fn lane(app: App, asked: usize, recorder: Rc<RefCell<Recorder>>) -> anyhow::Result<()> {
    let draft = draft();
    let mut sent = Instant::now();
    loop {
        check(&app.before_post(draft.clone()).await, asked)?;
        let answered = Instant::now();
        if !recorder.borrow_mut().note(sent, answered) {
            return Ok(());
        }
        sent = answered;
    }
}

/// Whether so many plugins themselves let the message pass; anything else would be a fast lie.
fn check(outcome: &Outcome<Message>, asked: usize) -> anyhow::Result<()> {
    let with = |result: StepResult| {
        outcome.steps.iter().filter(|step| step.result == i32::from(result)).count()
    };
    let continued = with(StepResult::Continued);
    let by_plugins = outcome.by == By::Daemon
        && matches!(outcome.decision, Decision::Continued(_))
        && continued == asked
        && continued + with(StepResult::NotConcerned) == outcome.steps.len();
    anyhow::ensure!(by_plugins, "not the plugins' verdict: {:?} {:?}", outcome.by, outcome.steps);
    Ok(())
}
