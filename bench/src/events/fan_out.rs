//! Events that ten plugins are told of at best effort, no faster than they take them: what is
//! dropped would be no delivery.
//!
//! It refuses to know lanes and queues, but for how much one plugin's may hold.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use outboard_app::App;
use tokio::runtime::LocalRuntime;
use tokio::task::JoinSet;

use super::durable::connect;
use crate::daemon::Daemon;
use crate::listener::Taken;
use crate::plugin_folder::Kind;
use crate::publisher::posted;
use crate::role::Role;

/// Who is told.
pub const SUBSCRIBERS: [&str; 10] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Events on their way to the daemon at once.
const IN_FLIGHT: usize = 256;

/// Events that the slowest plugin may be behind: 1,024 wait for it at most.
const BEHIND: u64 = 900;

/// How long the slowest may be behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// The case, running.
pub struct FanOut {
    _daemon: Daemon,
    app: App,
    gate: Rc<Gate>,
}

/// Lets no more through than everyone can take.
struct Gate {
    taken: Taken,
    published: Cell<u64>,
    allowed: Cell<u64>,
}

impl FanOut {
    /// Starts it.
    pub fn start(daemon: Daemon, runtime: &LocalRuntime) -> anyhow::Result<Self> {
        daemon.run(&SUBSCRIBERS, &Kind::told(Role::Listener, ""))?;
        let taken = Taken::of(daemon.house(), &SUBSCRIBERS)?;
        let app = runtime.block_on(connect(&daemon));
        let gate = Gate { taken, published: Cell::new(0), allowed: Cell::new(BEHIND) };
        Ok(Self { _daemon: daemon, app, gate: Rc::new(gate) })
    }

    /// Deliveries a second, for so long and until the last has come.
    pub async fn slice(&self, length: Duration) -> anyhow::Result<f64> {
        let (before, started) = (self.gate.published.get(), Instant::now());
        let mut lanes = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            lanes.spawn_local(publish(self.app.clone(), Rc::clone(&self.gate), started + length));
        }
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        self.gate.wait_taken(self.gate.published.get()).await?;
        let deliveries = (self.gate.published.get() - before) * SUBSCRIBERS.len() as u64;
        Ok(deliveries as f64 / started.elapsed().as_secs_f64())
    }
}

async fn publish(app: App, gate: Rc<Gate>, until: Instant) -> anyhow::Result<()> {
    while Instant::now() < until {
        let number = gate.pass().await?;
        let publication = app.publish(posted(number)).await?;
        let told = publication.subscriptions as usize;
        anyhow::ensure!(told == SUBSCRIBERS.len(), "{told} plugins were told");
    }
    Ok(())
}

impl Gate {
    /// The number of the next event, once it may come.
    async fn pass(&self) -> anyhow::Result<u64> {
        while self.published.get() >= self.allowed.get() {
            self.wait_taken(self.published.get().saturating_sub(BEHIND) + 1).await?;
        }
        let number = self.published.get();
        self.published.set(number + 1);
        Ok(number)
    }

    /// Waits until everyone has taken so many.
    async fn wait_taken(&self, wanted: u64) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let slowest = self.taken.counts().min().unwrap_or_default();
            self.allowed.set(slowest + BEHIND);
            if slowest >= wanted {
                return Ok(());
            }
            anyhow::ensure!(started.elapsed() < PATIENCE, "{slowest} of {wanted} events came");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
