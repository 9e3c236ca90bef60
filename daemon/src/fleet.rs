//! All plugins of this daemon: which are loaded, what holds for each, who waits for whom.
//!
//! One task owns it and takes one wish after the other, so that no two operators ever change it at
//! once. It refuses to drive a plugin: each has a task of its own, to which conditions are told.

mod aboard;
mod alarms;
mod boot;
mod bypass;
mod change;
mod check;
mod conditions;
mod debug;
mod doctor;
mod faults;
mod grants;
mod load;
mod patterns;
mod privacy;
mod report;
mod settings;
mod stop;
mod storage;
mod users;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use outboard_linux::Spawner;
use outboard_proto::common::{Failure, Reason};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::audit::refusals::Refusals;
use crate::clock::Clock;
use crate::config::name::PluginName;
use crate::config::operator::{OperatorConfig, Reporting};
use crate::config::paths::Paths;
use crate::gate::Trees;
use crate::held::Held;
use crate::interactions::Interactions;
use crate::logs::Logs;
use crate::outbox::Outbox;
use crate::outlets::Outlets;
use crate::plugin::Move;
use crate::reflection::Reflection;
use crate::routing::Switchboard;
use crate::schedule::Timetable;
use crate::settings::Settings;
use crate::statistics::Recorder;
use crate::storage::Depot;
use crate::store::{Control, Journal, Quarantine, StoreError, Whole};

use aboard::Aboard;
pub use check::{check_as_json, look};
pub use debug::Invited;
use users::Users;

/// Wishes that may wait: operators and their scripts, not messages.
const WISHES: usize = 64;

/// How long the journal may take over its last orders.
const ORDERS: std::time::Duration = std::time::Duration::from_secs(2);

/// What every plugin of the fleet is given a part of.
pub struct Harbour {
    /// Folders.
    pub paths: Paths,
    /// The time.
    pub clock: Clock,
    /// Routes.
    pub switchboard: Switchboard,
    /// Starts processes.
    pub spawner: Spawner,
    /// Keeps plugins, grants, ends.
    pub control: Control,
    /// Keeps what is under way.
    pub journal: Journal,
    /// The journal before it, if that was damaged.
    pub quarantine: Option<Quarantine>,
    /// What plugins keep.
    pub depot: Depot,
    /// What is counted.
    pub recorder: Recorder,
    /// What was set for plugins.
    pub settings: Settings,
    /// The way to the app.
    pub outbox: Outbox,
    /// Fires schedules.
    pub timetable: Timetable,
    /// What plugins deferred.
    pub interactions: Interactions,
    /// What plugins hold.
    pub held: Held,
    /// What was done, and by whom.
    pub audit: Audit,
    /// What plugins were refused.
    pub refusals: Refusals,
    /// Where lines can be followed.
    pub lines: Logs,
    /// Who moved.
    pub moves: broadcast::Sender<Move>,
    /// Where the daemon tells others, as the files say it.
    pub reporting: watch::Sender<Reporting>,
    /// How those do.
    pub outlets: Outlets,
    /// Health and reflection.
    pub reflection: Reflection,
    /// Whose process trees may not come to other sockets.
    pub trees: Trees,
    /// This process's environment, as far as plugins may be given parts of it.
    pub environment: BTreeMap<String, String>,
    /// What is being written beside everything else; waited for at the end.
    pub writes: TaskTracker,
    /// When the daemon started, microseconds since the Unix epoch.
    pub started_us: i64,
}

impl Harbour {
    /// Everything that a backup holds.
    #[must_use]
    pub fn whole(&self) -> Whole {
        Whole {
            control: self.control.path().to_owned(),
            journal: self.journal.path().to_owned(),
            statistics: self.paths.statistics_db(),
            storage: self.depot.files().clone(),
        }
    }

    /// Waits until what was to be written is written, then closes all stores.
    pub async fn put_to_rest(&self) {
        self.writes.close();
        self.writes.wait().await;
        // What plugins acknowledged last is not to come again. A disk that does not answer holds
        // up nobody's end.
        let idle = self.switchboard.orders_idle();
        let _ = tokio::time::timeout(ORDERS, idle).await;
        self.recorder.close().await;
        self.control.close().await;
        self.journal.close().await;
        self.depot.close().await;
        self.audit.close().await;
    }
}

/// All plugins.
pub struct Fleet {
    harbour: Arc<Harbour>,
    config: OperatorConfig,
    /// What was set by commands: plugin, key, text.
    overrides: BTreeMap<String, BTreeMap<String, String>>,
    aboard: BTreeMap<PluginName, Box<Aboard>>,
    /// Known, but of no use as they are; with what is wrong.
    refused: BTreeMap<String, String>,
    users: Users,
    stopping: bool,
}

type Wish = Box<dyn for<'f> FnOnce(&'f mut Fleet) -> Done<'f> + Send>;
type Done<'f> = Pin<Box<dyn Future<Output = ()> + Send + 'f>>;

/// The way to the fleet; cheap to clone.
#[derive(Clone)]
pub struct Command {
    wishes: mpsc::Sender<Wish>,
    /// What can be used without asking.
    pub harbour: Arc<Harbour>,
}

impl Command {
    /// Has the fleet do something and waits for what came of it.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn ask<T, F>(&self, wish: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'f> FnOnce(&'f mut Fleet) -> Pin<Box<dyn Future<Output = T> + Send + 'f>>
            + Send
            + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let wish: Wish = Box::new(move |fleet| {
            let doing = wish(fleet);
            Box::pin(async move {
                // Whoever asked may have gone; it is done all the same.
                let _ = answer.send(doing.await);
            })
        });
        self.wishes.send(wish).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())
    }
}

impl Fleet {
    /// Starts the fleet's task with what was loaded before.
    ///
    /// # Errors
    /// The control database cannot be read.
    pub async fn launch(harbour: Harbour, config: OperatorConfig) -> Result<Command, StoreError> {
        let harbour = Arc::new(harbour);
        let (wishes, queue) = mpsc::channel(WISHES);
        let moves = harbour.moves.subscribe();
        let fleet = Box::pin(Self::from_store(Arc::clone(&harbour), config)).await?;
        tokio::spawn(fleet.run(queue, moves));
        Ok(Command { wishes, harbour })
    }

    async fn run(mut self, mut wishes: mpsc::Receiver<Wish>, mut moves: broadcast::Receiver<Move>) {
        self.tell_conditions().await;
        loop {
            tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => wish(&mut self).await,
                    None => return,
                },
                moved = moves.recv() => match moved {
                    // Lagging means that many moved: all are looked at anyway.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.tell_conditions().await;
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            }
        }
    }

    fn find(&self, name: &str) -> Result<&Aboard, Failure> {
        let found = name.parse::<PluginName>().ok().and_then(|name| self.aboard.get(&name));
        found.map(|it| &**it).ok_or_else(|| unknown(name, self.aboard.keys()))
    }
}

fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n PluginName>) -> Failure {
    let known: Vec<&str> = known.map(PluginName::as_str).collect();
    let text = match crate::config::nearest::nearest(name, known.iter().copied()) {
        Some(hint) => format!("no plugin {name} is loaded; {hint}"),
        None => format!("no plugin {name} is loaded"),
    };
    Failure::new(tonic::Code::NotFound, Reason::UnknownPlugin, text)
}

fn stopping() -> Failure {
    Failure::new(tonic::Code::Unavailable, Reason::Stopping, "the daemon is stopping")
}
