//! Ours: an app on the app SDK, the real daemon with every feature on the path, and a plugin on the
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
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::JoinSet;

use crate::case::{Case, Part};
use crate::daemon::{Daemon, House};
use crate::role::Role;
use crate::slice::{MESSAGE_BYTES, Recorder, Slice, Told, answer};

const NAME: &str = "bench";

/// How long the daemon may take to let the app in and tell it of the plugin.
const PATIENCE: Duration = Duration::from_secs(10);

/// The case, running.
pub fn start(program: &Path) -> anyhow::Result<Case> {
    let daemon = Daemon::start(program, House::new("")?)?;
    daemon.operator().load(&daemon.house().plugin(NAME)?)?;
    let plugin = daemon.operator().wait_running(NAME)?;
    let mut case = Case::new("ours");
    case.weigh(Part::Middle, daemon.pid());
    case.weigh(Part::Plugin, plugin.pid);
    case.start(Part::App, Role::OursApp, &daemon.runtime())?.wait_ready()?;
    Ok(case.keeping(daemon))
}

/// The app's end.
pub fn app(folder: &Path) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let app = runtime.block_on(connect(folder))?;
    answer(|slice| runtime.block_on(drive(&app, slice)))
}

async fn connect(folder: &Path) -> anyhow::Result<App> {
    let app = App::builder("bench", env!("CARGO_PKG_VERSION")).hooks(["message.before_post"]);
    let app = app.connect(folder.join("app.sock"));
    let asked = async {
        // The policy that says who intercepts may come a moment after the hello's answer.
        while check(&app.before_post(draft()).await).is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.context("the plugin is never asked")?;
    Ok(app)
}

fn draft() -> Message {
    message::message("town-square", "ada", "m".repeat(MESSAGE_BYTES))
}

async fn drive(app: &App, slice: Slice) -> anyhow::Result<Told> {
    let recorder = Rc::new(RefCell::new(Recorder::start(slice)?));
    let mut lanes = JoinSet::new();
    for _ in 0..slice.in_flight {
        lanes.spawn_local(lane(app.clone(), Rc::clone(&recorder)));
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    recorder.borrow().told()
}

/// Asks again as soon as it is answered.
async fn lane(app: App, recorder: Rc<RefCell<Recorder>>) -> anyhow::Result<()> {
    let draft = draft();
    let mut asked = Instant::now();
    loop {
        check(&app.before_post(draft.clone()).await)?;
        let answered = Instant::now();
        if !recorder.borrow_mut().note(asked, answered) {
            return Ok(());
        }
        asked = answered;
    }
}

/// Whether the plugin itself let the message pass; anything else would be a fast lie.
fn check(outcome: &Outcome<Message>) -> anyhow::Result<()> {
    let continued = |step: &_| StepResult::try_from(*step) == Ok(StepResult::Continued);
    let by_plugin = outcome.by == By::Daemon
        && matches!(outcome.decision, Decision::Continued(_))
        && matches!(&outcome.steps[..], [step] if continued(&step.result));
    anyhow::ensure!(by_plugin, "not the plugin's verdict: {:?} {:?}", outcome.by, outcome.steps);
    Ok(())
}
