//! Events that one plugin is promised: published until the journal has each, taken meanwhile.
//!
//! It refuses to know the journal.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use outboard_app::App;
use tokio::runtime::LocalRuntime;
use tokio::task::JoinSet;

use crate::daemon::Daemon;
use crate::listener::Taken;
use crate::plugin_folder::Kind;
use crate::publisher::posted;
use crate::role::Role;

const NAME: &str = "listener";

/// Events on their way at once: what the app's credit lets out, nearly.
const IN_FLIGHT: usize = 512;

/// How long a backlog may take to be delivered.
const PATIENCE: Duration = Duration::from_secs(20);

/// The case, running.
pub struct Durable {
    daemon: Daemon,
    app: App,
    taken: Taken,
    published: Rc<Cell<u64>>,
}

impl Durable {
    /// Starts it.
    pub fn start(daemon: Daemon, runtime: &LocalRuntime) -> anyhow::Result<Self> {
        let promised = Kind::told(Role::Listener, "delivery = \"at-least-once\"");
        daemon.run(&[NAME], &promised)?;
        let taken = Taken::of(daemon.house(), &[NAME])?;
        let app = runtime.block_on(connect(&daemon));
        Ok(Self { daemon, app, taken, published: Rc::default() })
    }

    /// Where the journal is.
    pub fn state(&self) -> PathBuf {
        self.daemon.house().state()
    }

    /// Acknowledgements a second, for so long; ends when the plugin has taken all.
    pub async fn slice(&self, length: Duration) -> anyhow::Result<f64> {
        let (before, started) = (self.published.get(), Instant::now());
        let mut lanes = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let published = Rc::clone(&self.published);
            lanes.spawn_local(publish(self.app.clone(), published, started + length));
        }
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        let count = self.published.get() - before;
        let rate = count as f64 / started.elapsed().as_secs_f64();
        self.all_taken().await?;
        Ok(rate)
    }

    async fn all_taken(&self) -> anyhow::Result<()> {
        let published = self.published.get();
        let taken = async {
            while self.taken.counts().any(|taken| taken < published) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, taken).await.context("promised events do not come")
    }
}

async fn publish(app: App, published: Rc<Cell<u64>>, until: Instant) -> anyhow::Result<()> {
    while Instant::now() < until {
        let number = published.get();
        published.set(number + 1);
        let publication = app.publish(posted(number)).await?;
        anyhow::ensure!(publication.subscriptions == 1, "it was not for the plugin");
    }
    Ok(())
}

/// An app that publishes, connected.
pub async fn connect(daemon: &Daemon) -> App {
    let app = App::builder("bench", env!("CARGO_PKG_VERSION"))
        .events(["message.posted"])
        .connect(daemon.runtime().join("app.sock"));
    app.connected().await;
    app
}
